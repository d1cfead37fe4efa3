// Package installation knows what this installation is: which secret its
// database was sealed with, and whether it is a demonstration with its own clock.
package installation

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

// ErrOtherSecret says that the database was set up with another SECRET_KEY.
var ErrOtherSecret = errors.New("SECRET_KEY is not the one this database was set up with: " +
	"passports and signing keys could not be read. Give the first one (kept in DATA_DIR/secret.key unless you set it)")

// ClaimSecret binds the database to a secret at the first start, and afterwards
// refuses every other.
func ClaimSecret(ctx context.Context, db *sqlx.DB, box *seal.Box) error {
	proof := box.Proof()
	return store.InTx(ctx, db, func(tx *sqlx.Tx) error {
		known, err := claimSecret(ctx, tx, proof)
		if err != nil {
			return fmt.Errorf("check SECRET_KEY: %w", err)
		}
		if !hmac.Equal(known, proof) {
			return ErrOtherSecret
		}
		return nil
	})
}

// Clock answers the clock to serve by: the machine's, or the demonstration's,
// which runs ahead of it by a fixed time.
func Clock(ctx context.Context, db *sqlx.DB, machine clock.Clock) (c clock.Clock, demo bool, err error) {
	state, err := read(ctx, db)
	if err != nil {
		return nil, false, fmt.Errorf("read installation: %w", err)
	}
	ahead := time.Duration(state.ClockAhead) * time.Second
	return func() time.Time { return machine().Add(ahead) }, state.DemoLoadedAt != nil, nil
}

// BeginDemo notes that the demo is being loaded into an empty database.
func BeginDemo(ctx context.Context, q store.Querier, machine clock.Clock) error {
	return beginDemo(ctx, q, machine())
}

// HalfLoaded tells that a load of the demo was begun and never finished.
func HalfLoaded(ctx context.Context, db *sqlx.DB) (bool, error) {
	state, err := read(ctx, db)
	return state.DemoBegunAt != nil && state.DemoLoadedAt == nil, err
}

// Alone runs fn while no other process sets this database up: a demo that another
// copy is loading is not half-loaded. It has a connection of its own, so that fn
// finds the whole pool.
func Alone(ctx context.Context, address string, fn func() error) error {
	db, err := store.Open(ctx, address, 1)
	if err != nil {
		return fmt.Errorf("wait for other processes: %w", err)
	}
	defer db.Close()
	if err := lockSetup(ctx, db); err != nil {
		return fmt.Errorf("wait for other processes: %w", err)
	}
	return fn()
}

// Clear empties a database in which only a half-loaded demo lies.
func Clear(ctx context.Context, db *sqlx.DB) error { return clear(ctx, db) }

// MarkDemo notes that the demo was loaded and sets its clock so that it shows
// opens now and runs on.
func MarkDemo(ctx context.Context, q store.Querier, machine clock.Clock, opens time.Time) error {
	return markDemo(ctx, q, machine(), int64(opens.Sub(machine())/time.Second))
}

// Empty tells whether nobody has used this database yet: it has no account and
// no event.
func Empty(ctx context.Context, db *sqlx.DB) (bool, error) { return empty(ctx, db) }
