package delegations

import (
	"context"
	"strings"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// updateOrder writes the order of precedence within a delegation.
func updateOrder(ctx context.Context, q store.Querier, d Delegation, order []ident.ID) error {
	if _, err := q.ExecContext(ctx, `
		UPDATE registrations r SET delegation_order = o.position
		FROM unnest($2::uuid[]) WITH ORDINALITY AS o (id, position) WHERE r.id = o.id AND r.delegation_id = $1`, d.ID, pq.Array(order)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE delegations SET version = $2 WHERE id = $1`, d.ID, d.Version)
	return err
}

// joined writes numbers of registrations as the audit log keeps them.
func joined(references []string) string { return strings.Join(references, " · ") }
