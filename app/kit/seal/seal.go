// Package seal encrypts single fields (a passport number, a birth date, what a
// mail says, a private key) and makes the keyed hashes by which equals are found unread.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"golang.org/x/crypto/hkdf"
)

// KeySize is the least length of the installation's secret, in bytes.
const KeySize = 32

// version begins every sealed value, so that a later key or scheme can be told
// apart from this one.
const version = 1

// Box seals and opens fields with keys derived from the installation's secret.
type Box struct {
	aead  *subtle.AESGCM
	index []byte
}

// New derives the keys. The secret must have at least KeySize bytes.
func New(secret []byte) (*Box, error) {
	if len(secret) < KeySize {
		return nil, fmt.Errorf("the secret has %d bytes, at least %d are needed", len(secret), KeySize)
	}
	key, err := derive(secret, "qianshou field encryption 1")
	if err != nil {
		return nil, err
	}
	index, err := derive(secret, "qianshou blind index 1")
	if err != nil {
		return nil, err
	}
	gcm, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return &Box{aead: gcm, index: index}, nil
}

// Seal encrypts a value and binds it to a place ("travel_documents.number:" and
// the row's id), so that it cannot be copied to another row.
func (b *Box) Seal(plain []byte, place string) ([]byte, error) {
	sealed, err := b.aead.Encrypt(plain, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", place, err)
	}
	return append([]byte{version}, sealed...), nil
}

// Open decrypts what Seal made for the same place.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != version {
		return nil, errors.New("open: not a sealed value of this version")
	}
	plain, err := b.aead.Decrypt(sealed[1:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, err)
	}
	return plain, nil
}

// Index is the keyed hash of a value within a kind ("passport"): equal for equal
// values, and of no use to anyone without the secret.
func (b *Box) Index(kind, value string) []byte {
	mac := hmac.New(sha256.New, b.index)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// Key derives a further key for one purpose, such as signing form tokens.
func Key(secret []byte, purpose string) ([]byte, error) { return derive(secret, purpose) }

func derive(secret []byte, purpose string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(hkdf.New(sha256.New, secret, nil, []byte(purpose)), key); err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}
