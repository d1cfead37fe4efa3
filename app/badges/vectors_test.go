package badges_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"qianshou/app/badges"
)

// TestVectors holds the token to docs/badge-token.md: what is read, what is
// refused and with which code, and that signing again gives the same text.
func TestVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/badge-token-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Keys []struct {
			Number       uint8
			Seed, Public string
		}
		Vectors []struct {
			Name, Text, Code string
			Says             *struct {
				Key        uint8
				Event      uint32
				Credential string
				Expires    time.Time
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	ring, private := map[uint8]ed25519.PublicKey{}, map[uint8]ed25519.PrivateKey{}
	for _, k := range file.Keys {
		private[k.Number] = ed25519.NewKeyFromSeed(unhex(t, k.Seed))
		ring[k.Number] = unhex(t, k.Public)
		if !ring[k.Number].Equal(private[k.Number].Public()) {
			t.Errorf("key %d: the public key is not that of the seed", k.Number)
		}
	}
	tried := map[string]int{}
	for _, v := range file.Vectors {
		token, err := badges.Parse(v.Text)
		if err == nil {
			err = token.Verify(ring)
		}
		code := map[error]string{nil: "", badges.ErrMalformed: "MALFORMED", badges.ErrBadSignature: "BAD_SIGNATURE"}[err]
		tried[v.Code]++
		if err != nil && code == "" || code != v.Code || (v.Says != nil) != (v.Code == "") {
			t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
			continue
		}
		if v.Says == nil {
			continue
		}
		want := badges.Token{KeyID: v.Says.Key, Event: v.Says.Event, Expires: v.Says.Expires}
		copy(want.Credential[:], unhex(t, v.Says.Credential))
		want = badges.Sign(private[v.Says.Key], want)
		if token != want || want.String() != strings.TrimSpace(v.Text) {
			t.Errorf("%s: says %+v, want %+v", v.Name, token, want)
		}
	}
	if tried[""] < 5 || tried["MALFORMED"] < 15 || tried["BAD_SIGNATURE"] < 10 {
		t.Errorf("too few vectors: %v", tried)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(errors.Join(errors.New(s), err))
	}
	return b
}
