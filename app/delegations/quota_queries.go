package delegations

import (
	"context"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// classPlaces counts the places of each class of a delegation.
func classPlaces(ctx context.Context, q store.Querier, delegation ident.ID) (list []ClassPlaces, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT c.class, k.quota, (SELECT count(*) FROM registrations r WHERE r.delegation_id = $1 AND r.role = c.class AND `+holds("r")+`) AS taken
		FROM unnest($2::text[]) WITH ORDINALITY AS c (class, position)
		LEFT JOIN delegation_quotas k ON k.delegation_id = $1 AND k.class = c.class
		ORDER BY c.position`, delegation, pq.Array(MemberRoles))
	return list, err
}

// updatePlaces writes the places of a delegation and of its classes.
func updatePlaces(ctx context.Context, q store.Querier, delegation ident.ID, quota int, classes map[string]int) error {
	if _, err := q.ExecContext(ctx, `UPDATE delegations SET quota = $2, version = version + 1 WHERE id = $1`, delegation, quota); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM delegation_quotas WHERE delegation_id = $1`, delegation); err != nil {
		return err
	}
	for class, n := range classes {
		if _, err := q.ExecContext(ctx, `INSERT INTO delegation_quotas (delegation_id, class, quota) VALUES ($1, $2, $3)`, delegation, class, n); err != nil {
			return err
		}
	}
	return nil
}
