package badges_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"qianshou/app/badges"
)

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func sample() badges.Token {
	t := badges.Token{KeyID: 1, Event: 42, Expires: time.Date(2027, 6, 10, 16, 0, 0, 0, time.UTC)}
	copy(t.Credential[:], "credential12")
	return badges.Sign(key, t)
}

func TestToken(t *testing.T) {
	ring := map[uint8]ed25519.PublicKey{1: key.Public().(ed25519.PublicKey)}
	text := sample().String()
	if len(text) != 131 || strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") != "" {
		t.Errorf("%d signs, not all of QR's alphanumeric mode: %q", len(text), text)
	}
	got, err := badges.Parse(" " + text + "\r\n")
	if err != nil || got != sample() {
		t.Fatalf("read %+v, %v", got, err)
	}
	if err := got.Verify(ring); err != nil {
		t.Errorf("verified: %v", err)
	}
	forged := got
	forged.Event = 43
	if err := forged.Verify(ring); !errors.Is(err, badges.ErrBadSignature) {
		t.Errorf("another event: %v", err)
	}
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
	if err := badges.Sign(other, got).Verify(ring); !errors.Is(err, badges.ErrBadSignature) {
		t.Errorf("signed by another key: %v", err)
	}
	got.KeyID = 2
	if err := badges.Sign(key, got).Verify(ring); !errors.Is(err, badges.ErrBadSignature) {
		t.Errorf("a key that is not in the ring: %v", err)
	}
	for _, wrong := range []string{"", "QS", "https://example.org", strings.ToLower(text), text[:len(text)-3], text + "000", "XX" + text[2:], strings.Repeat("A", 10_000), "QS\x00\xff"} {
		if _, err := badges.Parse(wrong); !errors.Is(err, badges.ErrMalformed) {
			t.Errorf("%.20q: %v, want malformed", wrong, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().String())
	f.Fuzz(func(t *testing.T, s string) {
		token, err := badges.Parse(s)
		if err != nil {
			return
		}
		if token.String() != strings.TrimSpace(s) {
			t.Errorf("%q reads as %q", s, token.String())
		}
	})
}
