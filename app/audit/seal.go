package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/store"
)

// sealBatch is how many entries one transaction seals.
const sealBatch = 1000

// Seal chains every entry that is not chained yet, under a key that the database
// does not know, and answers how many it was. Several processes may call it at
// once; they take turns.
func Seal(ctx context.Context, db *sqlx.DB, key []byte) (int, error) {
	total := 0
	for {
		n := 0
		err := store.InTx(ctx, db, func(tx *sqlx.Tx) error {
			if err := lockSeals(ctx, tx); err != nil {
				return err
			}
			last, _, err := lastSeal(ctx, tx)
			if err != nil {
				return err
			}
			rows, err := unsealed(ctx, tx, sealBatch)
			if err != nil {
				return err
			}
			for _, r := range rows {
				last = seal{Position: last.Position + 1, EntryID: r.ID, Digest: digest(key, last.Digest, r)}
				if err := insertSeal(ctx, tx, last); err != nil {
					return err
				}
			}
			n = len(rows)
			return nil
		})
		if err != nil {
			return total, fmt.Errorf("seal audit log: %w", err)
		}
		total += n
		if n < sealBatch {
			return total, nil
		}
	}
}

// Verdict is what Verify found.
type Verdict struct {
	Sealed   int    // entries whose place in the chain is right
	Unsealed int    // entries that no seal guards yet
	Head     []byte // the last seal: written down elsewhere, it proves that nothing was cut off after it
	Broken   string // the first entry that was changed, moved or removed; empty when none
}

// Verify reads the whole chain again and finds the first entry that is not as it
// was sealed.
func Verify(ctx context.Context, db *sqlx.DB, key []byte) (Verdict, error) {
	var v Verdict
	rest, err := unsealedCount(ctx, db)
	if err != nil {
		return v, fmt.Errorf("count audit entries: %w", err)
	}
	v.Unsealed = rest
	var previous []byte
	position := int64(0)
	for {
		rows, err := sealedAfter(ctx, db, position, sealBatch)
		if err != nil {
			return v, fmt.Errorf("read audit log: %w", err)
		}
		for _, r := range rows {
			if r.Position != position+1 || !hmac.Equal(digest(key, previous, r.row), r.Digest) {
				v.Broken = r.ID.String()
				return v, nil
			}
			position, previous = r.Position, r.Digest
			v.Head = r.Digest
			v.Sealed++
		}
		if len(rows) < sealBatch {
			return v, nil
		}
	}
}

// digest is HMAC-SHA-256 over the previous digest and every column, each with
// its length before it, so that no two entries read alike. Whoever owns the
// tables can rewrite them, but cannot make the seals fit again.
func digest(key, previous []byte, r row) []byte {
	h := hmac.New(sha256.New, key)
	put := func(b []byte) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(b)))
		h.Write(size[:])
		h.Write(b)
	}
	put(previous)
	put(r.ID[:])
	put([]byte(r.At.UTC().Format(time.RFC3339Nano)))
	put([]byte(r.ActorKind))
	put(r.ActorID.UUID[:])
	put([]byte(r.ActorName))
	put(r.EventID.UUID[:])
	put([]byte(r.Action))
	put([]byte(r.ObjectKind))
	put(r.ObjectID[:])
	put(r.Before)
	put(r.After)
	put([]byte(r.Reason))
	return h.Sum(nil)
}
