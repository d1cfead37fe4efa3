package delegations

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func viewsOf(ctx context.Context, q store.Querier, event, user ident.ID) (list []View, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT event_id, id, user_id, name, query, shared, standard AND user_id = $2 AS standard FROM saved_views
		WHERE event_id = $1 AND (user_id = $2 OR shared) ORDER BY user_id <> $2, lower(name), id LIMIT 50`, event, user)
	return list, err
}

func clearStandard(ctx context.Context, q store.Querier, event, user ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE saved_views SET standard = false WHERE event_id = $1 AND user_id = $2 AND standard`, event, user)
	return err
}

func upsertView(ctx context.Context, q store.Querier, v View) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO saved_views (event_id, id, user_id, name, query, shared, standard) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT ON CONSTRAINT saved_views_once DO UPDATE SET query = $5, shared = $6, standard = $7 RETURNING id`,
		v.EventID, v.ID, v.UserID, v.Name, v.Query, v.Shared, v.Standard)
	return id, err
}

// deleteView removes a user's view and answers what it was.
//
// Fault: NotFound.
func deleteView(ctx context.Context, q store.Querier, id, user ident.ID) (v View, err error) {
	err = q.GetContext(ctx, &v, `DELETE FROM saved_views WHERE id = $1 AND user_id = $2 RETURNING event_id, id, user_id, name, query, shared, standard`, id, user)
	return v, store.Fault(err)
}
