package seal

import (
	"bytes"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Ring is the keys as they rest, encrypted under the installation's secret.
type Ring struct {
	Fields  []byte `db:"fields"`  // Tink keyset of the keys that encrypt
	Indexes []byte `db:"indexes"` // Tink keyset of the keys of blind indexes
}

// ring is the keys in use. Encryption goes by the primary key, and every key
// opens; indexes go by the primary key alone, because equals must be equal.
type ring struct {
	fields, indexes *keyset.Handle
	aead            tink.AEAD
	index           prf.PRF
	primary         uint32
	ids             map[uint32]bool
}

// firstKey is the number of the key that the secret itself gives.
const firstKey = 1

var (
	fieldsPlace  = []byte("key_ring.fields")
	indexesPlace = []byte("key_ring.indexes")
)

func fieldParameters() (*aesgcm.Parameters, error) {
	return aesgcm.NewParameters(aesgcm.ParametersOpts{KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink})
}

func indexParameters() (*hmacprf.Parameters, error) { return hmacprf.NewParameters(32, hmacprf.SHA256) }

// firstRing is the ring of a secret whose keys were never renewed.
func firstRing(fields, indexes []byte) (*ring, error) {
	secret := func(b []byte) secretdata.Bytes {
		return secretdata.NewBytesFromData(b, insecuresecretdataaccess.Token{})
	}
	fp, err := fieldParameters()
	if err != nil {
		return nil, fmt.Errorf("make key ring: %w", err)
	}
	fk, err := aesgcm.NewKey(secret(fields), firstKey, fp)
	if err != nil {
		return nil, fmt.Errorf("make key ring: %w", err)
	}
	ip, err := indexParameters()
	if err != nil {
		return nil, fmt.Errorf("make key ring: %w", err)
	}
	ik, err := hmacprf.NewKey(secret(indexes), ip)
	if err != nil {
		return nil, fmt.Errorf("make key ring: %w", err)
	}
	of := func(k key.Key) (*keyset.Handle, error) {
		m := keyset.NewManager()
		id, err := m.AddKey(k)
		if err != nil {
			return nil, fmt.Errorf("make key ring: %w", err)
		}
		if err := m.SetPrimary(id); err != nil {
			return nil, fmt.Errorf("make key ring: %w", err)
		}
		return m.Handle()
	}
	f, err := of(fk)
	if err != nil {
		return nil, err
	}
	i, err := of(ik)
	if err != nil {
		return nil, err
	}
	return newRing(f, i)
}

func newRing(fields, indexes *keyset.Handle) (*ring, error) {
	r := &ring{fields: fields, indexes: indexes, primary: fields.KeysetInfo().GetPrimaryKeyId(), ids: map[uint32]bool{}}
	for _, k := range fields.KeysetInfo().GetKeyInfo() {
		r.ids[k.GetKeyId()] = true
	}
	var err error
	if r.aead, err = aead.New(fields); err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	set, err := prf.NewPRFSet(indexes)
	if err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	r.index = set.PRFs[set.PrimaryID]
	if trial, err := r.index.ComputePRF(nil, 32); err != nil || len(trial) != 32 {
		return nil, fmt.Errorf("read key ring: its index key does not work: %w", err)
	}
	return r, nil
}

func (r *ring) hash(kind, value string) []byte {
	sum, err := r.index.ComputePRF(indexed(kind, value), 32)
	if err != nil {
		panic(err) // a length that newRing has tried
	}
	return sum
}

// Take makes the box use the keys of a ring.
func (b *Box) Take(r Ring) error {
	fields, err := b.read(r.Fields, fieldsPlace)
	if err != nil {
		return err
	}
	indexes, err := b.read(r.Indexes, indexesPlace)
	if err != nil {
		return err
	}
	fresh, err := newRing(fields, indexes)
	if err == nil {
		b.ring.Store(fresh)
	}
	return err
}

// With answers another box of the same secret that uses the keys of a ring.
func (b *Box) With(r Ring) (*Box, error) {
	other := &Box{wrap: b.wrap, proof: b.proof}
	return other, other.Take(r)
}

func (b *Box) read(sealed, place []byte) (*keyset.Handle, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealed)), b.wrap, place)
	if err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	return h, nil
}

func (b *Box) rest(fields, indexes *keyset.Handle) (Ring, error) {
	var f, i bytes.Buffer
	if err := fields.WriteWithAssociatedData(keyset.NewBinaryWriter(&f), b.wrap, fieldsPlace); err != nil {
		return Ring{}, fmt.Errorf("keep key ring: %w", err)
	}
	if err := indexes.WriteWithAssociatedData(keyset.NewBinaryWriter(&i), b.wrap, indexesPlace); err != nil {
		return Ring{}, fmt.Errorf("keep key ring: %w", err)
	}
	return Ring{Fields: f.Bytes(), Indexes: i.Bytes()}, nil
}

// Renewed is the ring with a new key that encrypts from now on, and a new key for
// indexes that waits for Switched. The old keys stay and open what they sealed.
// The box itself changes only when it takes the ring.
func (b *Box) Renewed() (Ring, error) {
	now := b.ring.Load()
	fp, err := fieldParameters()
	if err != nil {
		return Ring{}, fmt.Errorf("renew keys: %w", err)
	}
	fields := keyset.NewManagerFromHandle(now.fields)
	id, err := fields.AddNewKeyFromParameters(fp)
	if err != nil {
		return Ring{}, fmt.Errorf("renew keys: %w", err)
	}
	if err := fields.SetPrimary(id); err != nil {
		return Ring{}, fmt.Errorf("renew keys: %w", err)
	}
	ip, err := indexParameters()
	if err != nil {
		return Ring{}, fmt.Errorf("renew keys: %w", err)
	}
	indexes := keyset.NewManagerFromHandle(now.indexes)
	if _, err := indexes.AddNewKeyFromParameters(ip); err != nil {
		return Ring{}, fmt.Errorf("renew keys: %w", err)
	}
	return b.restOf(fields, indexes)
}

// Switched is the ring whose newest key for indexes is the one that counts. Every
// index must be made anew in the same transaction. It tells whether there was
// such a key.
func (b *Box) Switched() (Ring, bool, error) {
	now := b.ring.Load()
	keys := now.indexes.KeysetInfo().GetKeyInfo()
	newest := keys[len(keys)-1].GetKeyId()
	indexes := keyset.NewManagerFromHandle(now.indexes)
	if err := indexes.SetPrimary(newest); err != nil {
		return Ring{}, false, fmt.Errorf("switch index keys: %w", err)
	}
	r, err := b.restOf(keyset.NewManagerFromHandle(now.fields), indexes)
	return r, newest != now.indexes.KeysetInfo().GetPrimaryKeyId(), err
}

// Dropped is the ring without the keys that are not in use any more, and how many
// of them encrypted. What they sealed can never be opened again.
func (b *Box) Dropped() (Ring, int, error) {
	now := b.ring.Load()
	fields, indexes := keyset.NewManagerFromHandle(now.fields), keyset.NewManagerFromHandle(now.indexes)
	for m, h := range map[*keyset.Manager]*keyset.Handle{fields: now.fields, indexes: now.indexes} {
		for _, k := range h.KeysetInfo().GetKeyInfo() {
			if k.GetKeyId() == h.KeysetInfo().GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(k.GetKeyId()); err != nil {
				return Ring{}, 0, fmt.Errorf("drop keys: %w", err)
			}
		}
	}
	r, err := b.restOf(fields, indexes)
	return r, len(now.ids) - 1, err
}

// Resting is the ring as it is.
func (b *Box) Resting() (Ring, error) {
	now := b.ring.Load()
	return b.rest(now.fields, now.indexes)
}

// Keys answers how many keys of the ring can open values.
func (b *Box) Keys() int { return len(b.ring.Load().ids) }

func (b *Box) restOf(fields, indexes *keyset.Manager) (Ring, error) {
	f, err := fields.Handle()
	if err != nil {
		return Ring{}, fmt.Errorf("keep key ring: %w", err)
	}
	i, err := indexes.Handle()
	if err != nil {
		return Ring{}, fmt.Errorf("keep key ring: %w", err)
	}
	return b.rest(f, i)
}
