package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func staffList(ctx context.Context, q store.Querier) (list []Staff, err error) {
	var rows []struct {
		Staff
		Spoken pq.StringArray `db:"languages"`
	}
	err = q.SelectContext(ctx, &rows, `SELECT id, code, name_zh AS "name.zh", name_en AS "name.en", role, languages FROM staff ORDER BY code`)
	for _, r := range rows {
		r.Staff.Languages = r.Spoken
		list = append(list, r.Staff)
	}
	return list, err
}

func insertDelegation(ctx context.Context, q store.Querier, d Delegation, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO delegations (event_id, id, code, city_code, name_zh, name_en, name_native, quota, accepted_on, liaison_id, sectors, status, created_at)
		VALUES ($1, $2, $3, NULLIF($4, ''), $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		d.EventID, d.ID, d.Code, d.CityCode, d.Name.ZH, d.Name.EN, d.Native, d.Quota, d.AcceptedOn, store.OrNull(d.LiaisonID), pq.Array(orEmpty(d.Sectors)), d.Status, at)
	return err
}

// updateDelegation changes who a delegation is; its places and its stay have forms of
// their own.
func updateDelegation(ctx context.Context, q store.Querier, d Delegation) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE delegations SET city_code = NULLIF($3, ''), name_zh = $4, name_en = $5, name_native = $6, accepted_on = $7, liaison_id = $8, sectors = $9,
			status = $10, version = version + 1
		WHERE id = $1 AND version = $2`,
		d.ID, d.Version, d.CityCode, d.Name.ZH, d.Name.EN, d.Native, d.AcceptedOn, store.OrNull(d.LiaisonID), pq.Array(orEmpty(d.Sectors)), d.Status))
}

func nextCode(ctx context.Context, q store.Querier, event ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT coalesce(max(substring(code FROM '^D([0-9]{1,6})$')::int), 0) + 1 FROM delegations WHERE event_id = $1`, event)
	return n, err
}
