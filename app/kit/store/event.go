package store

import (
	"context"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
)

// EventOf answers of which event a row is; Nil when of none. table is one of the
// caller's own.
//
// Fault: NotFound.
func EventOf(ctx context.Context, q Querier, table string, id ident.ID) (event ident.ID, err error) {
	err = q.GetContext(ctx, &event, `
		SELECT coalesce(event_id, '00000000-0000-0000-0000-000000000000') FROM `+pq.QuoteIdentifier(table)+` WHERE id = $1`, id)
	return event, Fault(err)
}
