// Package seal encrypts single fields (a passport number, a birth date, what
// a mail says, a private key) and whole files, and makes the keyed hashes by which equals are
// found unread. Its keys form a ring that can be renewed while the program runs;
// the ring itself rests encrypted under the installation's secret.
package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/crypto/hkdf"
)

// KeySize is the least length of the installation's secret, in bytes.
const KeySize = 32

// ErrUnknownKey says that a value was sealed by a key that the ring does not hold.
var ErrUnknownKey = errors.New("sealed by a key that is not on the ring")

// Box seals and opens with the keys of its ring. It is safe for use by many at
// once, also while the ring is replaced.
type Box struct {
	wrap   tink.AEAD // under which the ring rests
	proof  []byte
	ring   atomic.Pointer[ring]
	reload atomic.Pointer[func() (Ring, error)]
}

// New makes a box whose ring holds the keys that the secret itself gives: those
// of an installation that never renewed them. The secret must have at least
// KeySize bytes.
func New(secret []byte) (*Box, error) {
	if len(secret) < KeySize {
		return nil, fmt.Errorf("the secret has %d bytes, at least %d are needed", len(secret), KeySize)
	}
	var keys [3][]byte
	for i, purpose := range []string{"qianshou field encryption 1", "qianshou blind index 1", "qianshou key ring 1"} {
		var err error
		if keys[i], err = derive(secret, purpose); err != nil {
			return nil, err
		}
	}
	wrap, err := subtle.NewAESGCM(keys[2])
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	first, err := firstRing(keys[0], keys[1])
	if err != nil {
		return nil, err
	}
	b := &Box{wrap: wrap, proof: hash(keys[1], "installation", "this secret seals this database")}
	b.ring.Store(first)
	return b, nil
}

// Proof is the same for every box of one secret, and tells nothing of it.
func (b *Box) Proof() []byte { return b.proof }

// Seal encrypts a value and binds it to a place ("travel_documents.number:" and
// the row's id), so that it cannot be copied to another row.
func (b *Box) Seal(plain []byte, place string) ([]byte, error) {
	sealed, err := b.ring.Load().aead.Encrypt(plain, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", place, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made for the same place. When the value is of a key
// that another process put on the ring, the ring is read anew first.
//
// It answers ErrUnknownKey for a key that was dropped.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	if !b.knows(sealed) {
		if reload := b.reload.Load(); reload != nil {
			fresh, err := (*reload)()
			if err != nil {
				return nil, fmt.Errorf("open %s: read the key ring: %w", place, err)
			}
			if err := b.Take(fresh); err != nil {
				return nil, fmt.Errorf("open %s: %w", place, err)
			}
		}
		if !b.knows(sealed) {
			return nil, fmt.Errorf("open %s: %w", place, ErrUnknownKey)
		}
	}
	plain, err := b.ring.Load().aead.Decrypt(sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, err)
	}
	return plain, nil
}

// OnUnknownKey tells where the ring can be read anew.
func (b *Box) OnUnknownKey(read func() (Ring, error)) { b.reload.Store(&read) }

// Index is the keyed hash of a value within a kind ("passport"): equal for equal
// values, and of no use to anyone without the key.
func (b *Box) Index(kind, value string) []byte {
	return b.ring.Load().hash(kind, value)
}

// prefixSize is how many bytes name the key in front of a sealed value.
const prefixSize = 5

// Prefix is what every value begins with that the box seals now.
func (b *Box) Prefix() []byte { return prefix(b.KeyID()) }

// KeyID is the number of the key by which the box seals now.
func (b *Box) KeyID() uint32 { return b.ring.Load().primary }

func prefix(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{1}, id)
}

func (b *Box) knows(sealed []byte) bool {
	if len(sealed) <= prefixSize || sealed[0] != 1 {
		return false
	}
	return b.ring.Load().ids[binary.BigEndian.Uint32(sealed[1:prefixSize])]
}

func hash(key []byte, kind, value string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(indexed(kind, value))
	return mac.Sum(nil)
}

func indexed(kind, value string) []byte { return []byte(kind + "\x00" + value) }

// Key derives a further key for one purpose, such as signing form tokens.
func Key(secret []byte, purpose string) ([]byte, error) { return derive(secret, purpose) }

func derive(secret []byte, purpose string) ([]byte, error) {
	key := make([]byte, 32)
	if _, err := io.ReadFull(hkdf.New(sha256.New, secret, nil, []byte(purpose)), key); err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}
