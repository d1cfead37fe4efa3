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
