package delegations

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func sealedIdentity(ctx context.Context, q store.Querier, person ident.ID) (birth []byte, documents []Document, err error) {
	if err := q.GetContext(ctx, &birth, `SELECT birth_date_sealed FROM persons WHERE id = $1`, person); err != nil {
		return nil, nil, store.Fault(err)
	}
	err = q.SelectContext(ctx, &documents, `
		SELECT id, kind, number_sealed, number_last4, issuer, expires_on FROM travel_documents WHERE person_id = $1 ORDER BY expires_on DESC, id`, person)
	return birth, documents, err
}
