package delegations

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func titles(ctx context.Context, q store.Querier) (list []Title, err error) {
	err = q.SelectContext(ctx, &list, `SELECT id, zh, en, addresses, version FROM titles ORDER BY position, id`)
	return list, err
}

func titleByID(ctx context.Context, q store.Querier, id ident.ID) (t Title, err error) {
	err = q.GetContext(ctx, &t, `SELECT id, zh, en, addresses, version FROM titles WHERE id = $1 FOR NO KEY UPDATE`, id)
	return t, store.Fault(err)
}

func insertTitle(ctx context.Context, q store.Querier, t Title) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO titles (id, zh, en, addresses, position) SELECT $1, $2, $3, $4, coalesce(max(position), 0) + 1 FROM titles`, t.ID, t.ZH, t.EN, t.Addresses)
	return err
}

// updateTitle writes a title over the version that was shown.
//
// Fault: Conflict.
func updateTitle(ctx context.Context, q store.Querier, t Title) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE titles SET zh = $3, en = $4, addresses = $5, version = version + 1 WHERE id = $1 AND version = $2`, t.ID, t.Version, t.ZH, t.EN, t.Addresses))
}

func deleteTitle(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM titles WHERE id = $1`, id)
	return err
}
