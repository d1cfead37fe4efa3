package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"qianshou/app/kit/fault"
)

// Querier is a database or a transaction; queries take it and need not know.
type Querier interface {
	sqlx.ExtContext
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// InTx runs fn in one READ COMMITTED transaction: commit when fn returns nil,
// roll back on an error or a panic. Nothing outside PostgreSQL may happen in fn;
// announce through outbox.Append, which rides in the same transaction.
//
// A transaction that PostgreSQL ended so that others could go on is begun anew: fn
// runs up to three times, and begins its own results anew each time. This is a second
// net; the first is that everybody takes locks in one order.
//
// Fault: Unavailable when every try lost its race.
func InTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return inTries(ctx, db, nil, raceTries, fn)
}

// InReadTx runs fn in one READ ONLY transaction that sees one moment: it locks no row
// and keeps nobody waiting.
func InReadTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return inTries(ctx, db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, raceTries, fn)
}

const (
	// raceTries is how often a transaction may be ended for others' sake before the
	// caller is told to try later: each time costs them a second.
	raceTries = 3
	// serialTries is how often a serialisable transaction may lose a race before the
	// caller is told to try later.
	serialTries = 5
)

// InSerialTx runs fn in a SERIALIZABLE transaction, for decisions that rest on
// rows read before writing. It may run fn up to five times, so fn only writes
// rows and its own results.
//
// Fault: Unavailable when every try lost its race.
func InSerialTx(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return inTries(ctx, db, &sql.TxOptions{Isolation: sql.LevelSerializable}, serialTries, fn)
}

// inTries runs a whole transaction again as long as it lost a race.
func inTries(ctx context.Context, db *sqlx.DB, opts *sql.TxOptions, tries int, fn func(tx *sqlx.Tx) error) error {
	var err error
	for range tries {
		if err = inTx(ctx, db, opts, fn); !lostRace(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func inTx(ctx context.Context, db *sqlx.DB, opts *sql.TxOptions, fn func(tx *sqlx.Tx) error) (err error) {
	tx, err := db.BeginTxx(ctx, opts)
	if err != nil {
		return Fault(fmt.Errorf("begin: %w", err))
	}
	done := false
	defer func() {
		if !done { // fn failed or panicked
			_ = tx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return Fault(err)
	}
	done = true
	if err := tx.Commit(); err != nil {
		return Fault(fmt.Errorf("commit: %w", err))
	}
	return nil
}

func lostRace(err error) bool {
	var pqErr *pq.Error
	return errors.As(err, &pqErr) && (pqErr.Code == "40001" || pqErr.Code == "40P01")
}

// Fault translates what PostgreSQL refused into what a person can be told: no
// row is NotFound, a broken constraint is a Conflict whose sentence is named
// after the constraint, a lost race or a lost connection is Unavailable. Every
// other error, and every Fault, passes through.
func Fault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.Of(err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Wrap(err, fault.NotFound, "error.not_found")
	}
	var pqErr *pq.Error
	if !errors.As(err, &pqErr) {
		return err
	}
	switch pqErr.Code.Class() {
	case "22": // data exception: a text or a number that the column cannot hold
		return fault.Wrap(err, fault.Invalid, "error.request")
	case "23": // integrity constraint violation
		return fault.Wrap(err, fault.Conflict, "constraint."+pqErr.Constraint)
	case "40", "08", "53", "57":
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return err
}

// Constraint answers the name of the database constraint that err broke, or "".
// A service uses it to lay the refusal beside the field that caused it.
func Constraint(err error) string {
	var pqErr *pq.Error
	if errors.As(err, &pqErr) && pqErr.Code.Class() == "23" {
		return pqErr.Constraint
	}
	return ""
}
