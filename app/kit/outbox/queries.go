package outbox

import (
	"context"
	"fmt"

	"qianshou/app/kit/store"
)

// drainLock is held by the one transaction that carries changes to Redis. The
// number only has to differ from other locks of the same database.
const drainLock = 5_872_310_501

// soleDrainer takes the lock until the transaction ends, and answers whether it
// was free.
func soleDrainer(ctx context.Context, q store.Querier) (ok bool, err error) {
	if err := q.GetContext(ctx, &ok, `SELECT pg_try_advisory_xact_lock($1)`, int64(drainLock)); err != nil {
		return false, fmt.Errorf("lock outbox: %w", err)
	}
	return ok, nil
}

// take removes the oldest changes and answers them in the order in which they
// were announced.
func take(ctx context.Context, q store.Querier, limit int) (changes []Change, err error) {
	err = q.SelectContext(ctx, &changes, `
		WITH taken AS (
		  DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1)
		  RETURNING id, COALESCE(event_id, '00000000-0000-0000-0000-000000000000') AS event_id, kind, ref)
		SELECT id, event_id, kind, ref FROM taken ORDER BY id`, limit)
	if err != nil {
		return nil, fmt.Errorf("take changes: %w", err)
	}
	return changes, nil
}

// waiting counts the changes that are committed and not yet carried.
func waiting(ctx context.Context, q store.Querier) (n int64, err error) {
	if err := q.GetContext(ctx, &n, `SELECT count(*) FROM outbox`); err != nil {
		return 0, fmt.Errorf("count changes: %w", err)
	}
	return n, nil
}
