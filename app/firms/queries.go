package firms

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func upsertFirm(ctx context.Context, q store.Querier, f Firm, at time.Time) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO firms (id, code, credit_code, name_zh, name_en, district_code, ownership, employees, languages, offers_zh, offers_en,
			needs_zh, needs_en, target_countries, competitor_group, contact_email, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT ON CONSTRAINT firms_code DO UPDATE SET credit_code = $3, name_zh = $4, name_en = $5, district_code = $6, ownership = $7,
			employees = $8, languages = $9, offers_zh = $10, offers_en = $11, needs_zh = $12, needs_en = $13, target_countries = $14,
			competitor_group = $15, contact_email = $16, version = firms.version + 1
		RETURNING id`,
		f.ID, f.Code, f.CreditCode, f.Name.ZH, f.Name.EN, f.District, f.Ownership, f.Employees, pq.Array(orEmpty(f.Languages)), f.Offers.ZH, f.Offers.EN,
		f.Needs.ZH, f.Needs.EN, pq.Array(orEmpty(f.TargetCountries)), f.CompetitorGroup, f.Email, at)
	return id, err
}

func replaceSectors(ctx context.Context, q store.Querier, firm ident.ID, sectors []string) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM firm_sectors WHERE firm_id = $1`, firm); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_sectors (firm_id, sector_code, position) SELECT $1, s.code, s.n FROM unnest($2::text[]) WITH ORDINALITY AS s (code, n)`,
		firm, pq.Array(sectors))
	return err
}

func insertGrant(ctx context.Context, q store.Querier, g Grant) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_grants (id, firm_id, kind, valid_from, review_on, basis, granted_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		g.ID, g.FirmID, g.Kind, g.From, g.ReviewOn, g.Basis, g.GrantedBy)
	return err
}

func insertParticipation(ctx context.Context, q store.Querier, event, firm, stop ident.ID) error {
	_, err := q.ExecContext(ctx, `INSERT INTO event_firms (event_id, firm_id, stop_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		event, firm, store.OrNull(stop))
	return err
}

const firmSelect = `
	SELECT id, code, credit_code, name_zh AS "name.zh", name_en AS "name.en", district_code, ownership, employees, languages,
		offers_zh AS "offers.zh", offers_en AS "offers.en", needs_zh AS "needs.zh", needs_en AS "needs.en", target_countries,
		competitor_group, contact_email, version,
		ARRAY(SELECT sector_code FROM firm_sectors s WHERE s.firm_id = firms.id ORDER BY position) AS sectors
	FROM firms `

type firmRow struct {
	Firm
	SectorCodes pq.StringArray `db:"sectors"`
	Langs       pq.StringArray `db:"languages"`
	Targets     pq.StringArray `db:"target_countries"`
}

func (r firmRow) firm() Firm {
	f := r.Firm
	f.Sectors, f.Languages, f.TargetCountries = r.SectorCodes, r.Langs, r.Targets
	return f
}

const takesPart = `EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = firms.id)`

func firmList(ctx context.Context, q store.Querier) ([]Firm, error) {
	return firmsWhere(ctx, q, ``)
}

func firmsOfEvent(ctx context.Context, q store.Querier, event ident.ID) ([]Firm, error) {
	return firmsWhere(ctx, q, `WHERE `+takesPart, event)
}

func firmsWhere(ctx context.Context, q store.Querier, where string, args ...any) ([]Firm, error) {
	var rows []firmRow
	err := q.SelectContext(ctx, &rows, firmSelect+where+` ORDER BY code`, args...)
	list := make([]Firm, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.firm())
	}
	return list, err
}

func firmInEvent(ctx context.Context, q store.Querier, event, id ident.ID) (Firm, error) {
	var r firmRow
	err := q.GetContext(ctx, &r, firmSelect+`WHERE `+takesPart+` AND id = $2`, event, id)
	return r.firm(), store.Fault(err)
}

// lockFirm finds a firm of an event and keeps others from changing it.
func lockFirm(ctx context.Context, q store.Querier, event, id ident.ID) (Firm, error) {
	var r firmRow
	err := q.GetContext(ctx, &r, firmSelect+`WHERE `+takesPart+` AND id = $2 FOR UPDATE`, event, id)
	return r.firm(), store.Fault(err)
}

func updateTrade(ctx context.Context, q store.Querier, f Firm) error {
	_, err := q.ExecContext(ctx, `
		UPDATE firms SET offers_zh = $2, offers_en = $3, needs_zh = $4, needs_en = $5, version = version + 1 WHERE id = $1`,
		f.ID, f.Offers.ZH, f.Offers.EN, f.Needs.ZH, f.Needs.EN)
	return err
}

// lockFirms keeps others from adding firms, so that codes are given once.
func lockFirms(ctx context.Context, q store.Querier) error {
	_, err := q.ExecContext(ctx, `LOCK TABLE firms IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

func grantsByFirm(ctx context.Context, q store.Querier) (map[ident.ID][]Grant, error) {
	var list []Grant
	err := q.SelectContext(ctx, &list, `SELECT id, firm_id, kind, valid_from, review_on, revoked_on, basis, granted_by FROM firm_grants ORDER BY valid_from`)
	held := map[ident.ID][]Grant{}
	for _, g := range list {
		held[g.FirmID] = append(held[g.FirmID], g)
	}
	return held, err
}
