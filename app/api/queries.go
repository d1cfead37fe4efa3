package api

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// claimKey makes the caller the first to use a key, or answers false when
// another request with it ran or runs. A key that is older than life is free again.
func claimKey(ctx context.Context, q store.Querier, who ident.ID, key string, request []byte, at time.Time, life time.Duration) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		INSERT INTO idempotency_keys AS k (actor_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (actor_id, key) DO UPDATE
		SET request_hash = excluded.request_hash, created_at = excluded.created_at, status = NULL, body = NULL, content_type = NULL
		WHERE k.created_at < $5`,
		who, key, request, at, at.Add(-life)))
}

func keepAnswer(ctx context.Context, q store.Querier, who ident.ID, key string, status int, contentType string, body []byte) error {
	_, err := q.ExecContext(ctx, `
		UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5 WHERE actor_id = $1 AND key = $2`,
		who, key, status, contentType, body)
	return err
}

func dropKey(ctx context.Context, q store.Querier, who ident.ID, key string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE actor_id = $1 AND key = $2`, who, key)
	return err
}

type keptAnswer struct {
	RequestHash []byte    `db:"request_hash"`
	Status      *int      `db:"status"`
	ContentType string    `db:"content_type"`
	Body        []byte    `db:"body"`
	CreatedAt   time.Time `db:"created_at"`
}

func answerOf(ctx context.Context, q store.Querier, who ident.ID, key string) (a keptAnswer, err error) {
	err = q.GetContext(ctx, &a, `
		SELECT request_hash, status, coalesce(content_type, '') AS content_type, body, created_at
		FROM idempotency_keys WHERE actor_id = $1 AND key = $2`, who, key)
	return a, store.Fault(err)
}

// purgeKeys forgets answers that are too old to be repeated.
func purgeKeys(ctx context.Context, q store.Querier, before time.Time) error {
	_, err := q.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, before)
	return err
}
