package installation

import (
	"context"
	"time"

	"qianshou/app/kit/store"
)

type state struct {
	DemoBegunAt  *time.Time `db:"demo_begun_at"`
	DemoLoadedAt *time.Time `db:"demo_loaded_at"`
	ClockAhead   int64      `db:"clock_ahead_s"`
}

func read(ctx context.Context, q store.Querier) (s state, err error) {
	err = q.GetContext(ctx, &s, `SELECT demo_begun_at, demo_loaded_at, clock_ahead_s FROM installation`)
	return s, err
}

// claimSecret answers the proof that holds after the call: the first one wins.
func claimSecret(ctx context.Context, q store.Querier, proof []byte) (known []byte, err error) {
	err = q.GetContext(ctx, &known, `
		UPDATE installation SET secret_check = coalesce(secret_check, $1) RETURNING secret_check`, proof)
	return known, err
}

func markDemo(ctx context.Context, q store.Querier, at time.Time, ahead int64) error {
	_, err := q.ExecContext(ctx, `
		UPDATE installation SET demo_loaded_at = coalesce(demo_loaded_at, $1), clock_ahead_s = $2`, at, ahead)
	return err
}

func beginDemo(ctx context.Context, q store.Querier, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE installation SET demo_begun_at = $1`, at)
	return err
}

// setupLock keeps processes that start at once from setting a database up side by
// side. The number only has to differ from other users of the same database.
const setupLock = 5_872_310_469

// lockSetup waits for the lock, as long as it takes; it goes with the connection.
func lockSetup(ctx context.Context, conn store.Querier) error {
	if _, err := conn.ExecContext(ctx, `SET statement_timeout = 0`); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(setupLock))
	return err
}

// clear takes every table away; migrating makes them anew.
func clear(ctx context.Context, q store.Querier) error {
	_, err := q.ExecContext(ctx, `DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	return err
}

func empty(ctx context.Context, q store.Querier) (yes bool, err error) {
	err = q.GetContext(ctx, &yes, `
		SELECT NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM events)`)
	return yes, err
}
