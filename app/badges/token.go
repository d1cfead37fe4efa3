package badges

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// The signed text of a badge's QR code. Its layout is described, with test
// vectors, in docs/badge-token.md:
//
//	byte  0      version, 1
//	byte  1      number of the signing key
//	bytes 2–5    number of the event, big endian
//	bytes 6–17   credential, 96 random bits
//	bytes 18–21  last second of its life, Unix time, big endian
//	bytes 22–85  Ed25519 signature over "qianshou badge 1\n" and bytes 0–21
//
// As text: "QS" and base45 (RFC 9285), 131 signs that QR codes hold in their
// alphanumeric mode: version 6 at error level M.

const (
	tokenVersion = 1
	bodySize     = 22
	tokenSize    = bodySize + ed25519.SignatureSize
	tokenMark    = "QS"
	tokenDomain  = "qianshou badge 1\n"
)

// CredentialSize is how many random bytes tell one badge from all others.
const CredentialSize = 12

// Token is what a badge's QR code says: no name and no passport.
type Token struct {
	KeyID      uint8
	Event      uint32 // the event's short number
	Credential [CredentialSize]byte
	Expires    time.Time // whole seconds, UTC
	signature  [ed25519.SignatureSize]byte
}

// ErrMalformed says that a text is no badge token of a version we know.
var ErrMalformed = errors.New("not a badge token")

// ErrBadSignature says that a token was not signed by a key of the ring.
var ErrBadSignature = errors.New("the signature of the badge is not ours")

// Sign makes a token with its signature.
func Sign(key ed25519.PrivateKey, t Token) Token {
	t.Expires = t.Expires.UTC().Truncate(time.Second)
	copy(t.signature[:], ed25519.Sign(key, t.signed()))
	return t
}

// Verify tells whether a key of the ring signed the token.
//
// Error: ErrBadSignature, also when the key is not in the ring.
func (t Token) Verify(ring map[uint8]ed25519.PublicKey) error {
	key, known := ring[t.KeyID]
	if !known || !ed25519.Verify(key, t.signed(), t.signature[:]) {
		return ErrBadSignature
	}
	return nil
}

func (t Token) body() []byte {
	b := make([]byte, bodySize, tokenSize)
	b[0], b[1] = tokenVersion, t.KeyID
	binary.BigEndian.PutUint32(b[2:], t.Event)
	copy(b[6:], t.Credential[:])
	binary.BigEndian.PutUint32(b[18:], uint32(t.Expires.Unix()))
	return b
}

func (t Token) signed() []byte { return append([]byte(tokenDomain), t.body()...) }

// String is the text of the QR code.
func (t Token) String() string { return tokenMark + base45(append(t.body(), t.signature[:]...)) }

// blanks may stand around a token: what scanners add. Exactly these, so that every
// implementation agrees.
const blanks = " \t\r\n\v\f"

// Parse reads the text of a QR code. Blanks around it are the scanner's; anything
// else that String would not have written is refused, so that one badge has one
// text.
//
// Error: ErrMalformed.
func Parse(text string) (Token, error) {
	text, marked := strings.CutPrefix(strings.Trim(text, blanks), tokenMark)
	if !marked {
		return Token{}, ErrMalformed
	}
	raw, ok := unbase45(text)
	if !ok || len(raw) != tokenSize || raw[0] != tokenVersion {
		return Token{}, ErrMalformed
	}
	t := Token{KeyID: raw[1], Event: binary.BigEndian.Uint32(raw[2:]), Expires: time.Unix(int64(binary.BigEndian.Uint32(raw[18:])), 0).UTC()}
	copy(t.Credential[:], raw[6:])
	copy(t.signature[:], raw[bodySize:])
	return t, nil
}

// base45Signs are the signs of QR's alphanumeric mode in the order of RFC 9285.
const base45Signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

func base45(raw []byte) string {
	var b strings.Builder
	for len(raw) >= 2 {
		n := int(raw[0])<<8 | int(raw[1])
		b.WriteByte(base45Signs[n%45])
		b.WriteByte(base45Signs[n/45%45])
		b.WriteByte(base45Signs[n/45/45])
		raw = raw[2:]
	}
	if len(raw) == 1 {
		b.WriteByte(base45Signs[int(raw[0])%45])
		b.WriteByte(base45Signs[int(raw[0])/45])
	}
	return b.String()
}

func unbase45(text string) (raw []byte, ok bool) {
	for len(text) > 0 {
		size := min(3, len(text))
		if size == 1 {
			return nil, false
		}
		n, scale := 0, 1
		for i := range size {
			value := strings.IndexByte(base45Signs, text[i])
			if value < 0 {
				return nil, false
			}
			n += value * scale
			scale *= 45
		}
		switch {
		case size == 3 && n <= 0xFFFF:
			raw = append(raw, byte(n>>8), byte(n))
		case size == 2 && n <= 0xFF:
			raw = append(raw, byte(n))
		default:
			return nil, false
		}
		text = text[size:]
	}
	return raw, true
}
