package delegations

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// needsOf reads what people need who hold a place in a delegation of an event, or
// in one delegation.
func needsOf(ctx context.Context, q store.Querier, event, delegation ident.ID) (list []needRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT r.delegation_id, trim(p.given_name || ' ' || p.family_name) AS "called.latin", p.name_native AS "called.native", p.name_zh AS "called.zh",
			r.meal_plan, array_to_string(r.access_needs, ',') AS access_needs, array_to_string(p.languages, ',') AS languages
		FROM registrations r JOIN persons p ON p.id = r.person_id
		WHERE r.event_id = $1 AND r.delegation_id IS NOT NULL AND ($2::uuid IS NULL OR r.delegation_id = $2) AND `+holds("r")+`
		ORDER BY r.reference`, event, store.OrNull(delegation))
	return list, err
}
