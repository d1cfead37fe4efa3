package delegations

import (
	"context"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const ofAudience = registrationFrom + `WHERE r.event_id = $1 AND NOT p.pseudonymous AND r.status = ANY ($2) AND ($3::uuid IS NULL OR r.category_id = $3) AND ($4::uuid IS NULL OR r.delegation_id = $4)`

func (a Audience) args(event ident.ID) []any {
	return []any{event, pq.Array(a.statuses()), store.OrNull(a.CategoryID), store.OrNull(a.DelegationID)}
}

func audienceOf(ctx context.Context, q store.Querier, event ident.ID, a Audience) (list []Registration, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+registrationColumns+ofAudience+` ORDER BY r.id`, a.args(event)...)
	return list, err
}

func audienceSize(ctx context.Context, q store.Querier, event ident.ID, a Audience) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*)`+ofAudience, a.args(event)...)
	return n, err
}
