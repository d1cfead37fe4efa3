// Package keys renews the keys under which passports, birth dates and files rest:
// a new key seals from now on, the old ones open what they sealed, everything is
// sealed anew, and then the old ones are dropped.
package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

// Column is one place in the database where sealed values rest. A column that is
// not declared would be lost when the key that sealed it is dropped.
type Column struct {
	Table  string
	Row    string // the column that names the row, and ends the place
	Sealed string
	Place  string // begins the place: "persons.birth_date:"
	// Index is the column of the blind index of the same value, if there is one;
	// Kind is its kind, and Before an SQL expression for what stands before the value.
	Index, Kind, Before string
}

// Columns are all sealed values of the database. A test holds the list against
// the schema.
var Columns = []Column{
	{Table: "persons", Row: "id", Sealed: "birth_date_sealed", Place: "persons.birth_date:", Index: "birth_date_index", Kind: "birth"},
	{Table: "travel_documents", Row: "id", Sealed: "number_sealed", Place: "travel_documents.number:", Index: "number_index", Kind: "passport", Before: "issuer || ':'"},
	{Table: "registration_changes", Row: "id", Sealed: "values_sealed", Place: "registration_changes.values:"},
	{Table: "link_requests", Row: "id", Sealed: "email_sealed", Place: "link_requests.email:"},
	{Table: "mails", Row: "id", Sealed: "content_sealed", Place: "mails.content:"},
	{Table: "signing_keys", Row: "id", Sealed: "private_sealed", Place: "signing_keys.private:"},
	{Table: "idempotency_keys", Row: "actor_id", Sealed: "body", Place: "idempotency_keys.body:"},
	{Table: "imports", Row: "id", Sealed: "file_sealed", Place: "imports.file:"},
	{Table: "import_rows", Row: "id", Sealed: "data_sealed", Place: "import_rows.data:"},
}

// Contents are sealed values outside the database: files.
type Contents interface {
	// Reseal seals a few of the contents anew that another key sealed, and answers
	// how many are left.
	Reseal(ctx context.Context) (left int, err error)
	// Sealed counts the contents that another key than the present one sealed.
	Sealed(ctx context.Context) (int, error)
}

// HearLimit is how long other processes may take to hear of a new key. Old keys
// are not dropped before: until then somebody may still seal by them.
const HearLimit = 10 * time.Minute

// listenEvery is how often a process reads the ring.
const listenEvery = 30 * time.Second

// Service is the one door to the keys.
type Service struct {
	db    *sqlx.DB
	box   *seal.Box
	files Contents // nil: there are none
	now   clock.Clock
	newID ident.Source
}

// New makes the service. It renews the keys of box and of every other process
// that Listens. The clock is the machine's, not a demonstration's.
func New(db *sqlx.DB, box *seal.Box, files Contents, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, box: box, files: files, now: now, newID: newID}
}

// Load makes the box use the ring of the database, and read it anew when it meets
// a key that it does not know.
func (s *Service) Load(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	s.box.OnUnknownKey(func() (seal.Ring, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		r, _, err := readRing(ctx, s.db)
		if err == nil && r.Fields == nil {
			return s.box.Resting()
		}
		return r.Ring, err
	})
	return nil
}

func (s *Service) take(ctx context.Context) error {
	r, there, err := readRing(ctx, s.db)
	if err != nil {
		return fmt.Errorf("read the key ring: %w", err)
	}
	if !there {
		return nil
	}
	return s.box.Take(r.Ring)
}

// Listen keeps the box at the ring of the database until the context ends.
func (s *Service) Listen(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.take(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Rotate puts a new key on the ring, by which everything is sealed from now on.
// What the old keys sealed can still be opened.
//
// Fault: Forbidden.
func (s *Service) Rotate(ctx context.Context, by accounts.Actor) error {
	return s.change(ctx, by, "keys.rotate", func(_ *sqlx.Tx, box *seal.Box) (seal.Ring, bool, error) {
		r, err := box.Renewed()
		return r, true, err
	})
}

// Progress tells how far sealing anew has come.
type Progress struct {
	What string // persons.birth_date_sealed, files
	Left int
}

// Reseal seals everything anew by the present key, a few rows at a time, while
// the site runs; then it makes all blind indexes anew by their newest key. It may
// be stopped and begun again.
//
// Fault: Forbidden.
func (s *Service) Reseal(ctx context.Context, by accounts.Actor, tell func(Progress)) error {
	if !by.May(accounts.EditAccounts, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := s.take(ctx); err != nil {
		return err
	}
	for _, c := range Columns {
		if err := s.resealColumn(ctx, c, tell); err != nil {
			return err
		}
	}
	for s.files != nil {
		left, err := s.files.Reseal(ctx)
		if err != nil {
			return fmt.Errorf("seal files anew: %w", err)
		}
		tell(Progress{"files", left})
		if left == 0 {
			break
		}
	}
	return s.change(ctx, by, "keys.reseal", func(tx *sqlx.Tx, box *seal.Box) (seal.Ring, bool, error) {
		r, _, err := box.Switched()
		if err != nil {
			return r, false, err
		}
		fresh, err := box.With(r)
		if err != nil {
			return r, false, err
		}
		for _, c := range Columns {
			if err := reindex(ctx, tx, fresh, c); err != nil {
				return r, false, err
			}
		}
		return r, false, nil
	})
}

// batch is how many rows are sealed anew at a time.
const batch = 200

// resealColumn seals the values of a column anew: first those that nobody writes, then,
// waiting for whoever does, the rest.
func (s *Service) resealColumn(ctx context.Context, c Column, tell func(Progress)) error {
	left, err := countStale(ctx, s.db, c, s.box.Prefix())
	if err != nil {
		return err
	}
	for _, wait := range []bool{false, true} {
		for {
			done, err := s.resealSome(ctx, c, wait)
			if err != nil {
				return err
			}
			if done == 0 {
				break
			}
			left = max(0, left-done) // servers that did not hear of the key yet add some
			tell(Progress{c.Table + "." + c.Sealed, left})
		}
	}
	return nil
}

// resealSome seals a few values anew and answers how many. It passes over rows that
// somebody writes, or waits for them.
func (s *Service) resealSome(ctx context.Context, c Column, wait bool) (done int, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		rows, err := staleRows(ctx, tx, c, s.box.Prefix(), batch, wait)
		if err != nil {
			return err
		}
		for _, r := range rows {
			plain, err := s.box.Open(r.Sealed, c.Place+r.Row)
			if err != nil {
				return fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Sealed, err)
			}
			sealed, err := s.box.Seal(plain, c.Place+r.Row)
			if err != nil {
				return err
			}
			if err := updateSealed(ctx, tx, c, r, sealed); err != nil {
				return err
			}
		}
		done = len(rows)
		return nil
	})
	return done, err
}

// reindex makes the blind indexes of a column anew: all of them in one
// transaction, because those of different keys never meet.
func reindex(ctx context.Context, tx *sqlx.Tx, box *seal.Box, c Column) error {
	if c.Index == "" {
		return nil
	}
	if err := lockTable(ctx, tx, c); err != nil {
		return err
	}
	rows, err := indexedRows(ctx, tx, c)
	if err != nil {
		return err
	}
	for _, r := range rows {
		plain, err := box.Open(r.Sealed, c.Place+r.Row)
		if err != nil {
			return fmt.Errorf("index %s.%s anew: %w", c.Table, c.Sealed, err)
		}
		if err := updateIndex(ctx, tx, c, r, box.Index(c.Kind, r.Before+string(plain))); err != nil {
			return err
		}
	}
	return nil
}

// ErrTooEarly says that other processes may not have heard of the new key yet.
var ErrTooEarly = fmt.Errorf("the key is younger than %s: a server may still seal by the old one; try again later", HearLimit)

// ErrStillUsed says that something is sealed by a key that would be dropped.
var ErrStillUsed = errors.New("old keys still seal something: run keys reseal first")

// Drop takes the old keys off the ring and answers how many there were. Nothing
// may be sealed by them any more.
//
// Faults: Forbidden. Errors: ErrTooEarly, ErrStillUsed.
func (s *Service) Drop(ctx context.Context, by accounts.Actor) (n int, err error) {
	err = s.change(ctx, by, "keys.drop", func(tx *sqlx.Tx, box *seal.Box) (r seal.Ring, _ bool, err error) {
		kept, there, err := readRing(ctx, tx)
		if err != nil {
			return r, false, err
		}
		if there && s.now().Sub(kept.RenewedAt) < HearLimit {
			return r, false, ErrTooEarly
		}
		for _, c := range Columns {
			left, err := countStale(ctx, tx, c, box.Prefix())
			if err != nil {
				return r, false, err
			}
			if left > 0 {
				return r, false, ErrStillUsed
			}
		}
		if s.files != nil {
			if left, err := s.files.Sealed(ctx); err != nil || left > 0 {
				return r, false, errors.Join(err, ErrStillUsed)
			}
		}
		if _, waits, err := box.Switched(); err != nil || waits {
			return r, false, errors.Join(err, ErrStillUsed)
		}
		r, n, err = box.Dropped()
		return r, false, err
	})
	return n, err
}

// change replaces the ring within a transaction, and then the box's.
func (s *Service) change(ctx context.Context, by accounts.Actor, action string, fn func(tx *sqlx.Tx, box *seal.Box) (r seal.Ring, renewed bool, err error)) error {
	if !by.May(accounts.EditAccounts, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	var after seal.Ring
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockRing(ctx, tx); err != nil {
			return err
		}
		box, err := s.present(ctx, tx)
		if err != nil {
			return err
		}
		var renewed bool
		if after, renewed, err = fn(tx, box); err != nil {
			return err
		}
		if err := upsertRing(ctx, tx, after, renewed, s.now()); err != nil {
			return err
		}
		id := s.newID()
		err = audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), Action: action, ObjectKind: "keys", ObjectID: id,
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{Kind: "keys", Ref: id})
	})
	if err != nil {
		return err
	}
	return s.box.Take(after)
}

// present is a box at the ring as the transaction sees it.
func (s *Service) present(ctx context.Context, tx *sqlx.Tx) (*seal.Box, error) {
	r, there, err := readRing(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("read the key ring: %w", err)
	}
	if !there {
		if r.Ring, err = s.box.Resting(); err != nil {
			return nil, err
		}
	}
	return s.box.With(r.Ring)
}
