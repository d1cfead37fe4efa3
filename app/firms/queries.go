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

const firmColumns = `id, code, credit_code, name_zh, name_en, district_code, ownership, employees, languages, offers_zh, offers_en,
			needs_zh, needs_en, target_countries, competitor_group, contact_email, search`

// values are what firmColumns hold, $1 to $17.
func (in *Firm) values() []any {
	return []any{
		in.ID, in.Code, in.CreditCode, in.Name.ZH, in.Name.EN, in.District, in.Ownership, in.Employees, pq.Array(orEmpty(in.Languages)), in.Offers.ZH, in.Offers.EN,
		in.Needs.ZH, in.Needs.EN, pq.Array(orEmpty(in.TargetCountries)), in.CompetitorGroup, in.Email, in.found(),
	}
}

const firmSet = `credit_code = $3, name_zh = $4, name_en = $5, district_code = $6, ownership = $7,
			employees = $8, languages = $9, offers_zh = $10, offers_en = $11, needs_zh = $12, needs_en = $13, target_countries = $14,
			competitor_group = $15, contact_email = $16, search = $17, version = firms.version + 1`

const firmInsert = `INSERT INTO firms (` + firmColumns + `, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`

func insertFirm(ctx context.Context, q store.Querier, f Firm, at time.Time) error {
	_, err := q.ExecContext(ctx, firmInsert, append(f.values(), at)...)
	return err
}

func upsertFirm(ctx context.Context, q store.Querier, f Firm, at time.Time) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, firmInsert+` ON CONFLICT ON CONSTRAINT firms_code DO UPDATE SET `+firmSet+` RETURNING id`, append(f.values(), at)...)
	return id, err
}

func updateFirm(ctx context.Context, q store.Querier, f Firm) error {
	_, err := q.ExecContext(ctx, `UPDATE firms SET code = $2, `+firmSet+` WHERE id = $1`, f.values()...)
	return err
}

// lockCodes keeps others from adding firms, so that codes are given once. Whoever
// changes one firm need not wait. It is taken before any firm is locked.
func lockCodes(ctx context.Context, q store.Querier) error {
	_, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('codes of firms', 0))`)
	return err
}

// lockNamed keeps others from changing the firms that have one of these codes or
// credit codes.
func lockNamed(ctx context.Context, q store.Querier, codes, creditCodes []string) error {
	_, err := q.ExecContext(ctx, `SELECT 1 FROM firms WHERE code = ANY($1) OR credit_code = ANY($2) ORDER BY id FOR NO KEY UPDATE`, pq.Array(codes), pq.Array(creditCodes))
	return err
}

// nextCode is the first code after all that are a number behind an F.
func nextCode(ctx context.Context, q store.Querier) (code string, err error) {
	err = q.GetContext(ctx, &code, `
		SELECT 'F' || CASE WHEN n < 1000 THEN lpad(n::text, 3, '0') ELSE n::text END
		FROM (SELECT coalesce(max(substr(code, 2)::int), 0) + 1 AS n FROM firms WHERE code ~ '^F[0-9]{1,6}$') AS last`)
	return code, err
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

func insertParticipation(ctx context.Context, q store.Querier, event, firm, stop ident.ID) error {
	_, err := q.ExecContext(ctx, `INSERT INTO event_firms (event_id, firm_id, stop_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		event, firm, store.OrNull(stop))
	return err
}

func deleteParticipation(ctx context.Context, q store.Querier, event, firm ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM event_firms WHERE event_id = $1 AND firm_id = $2`, event, firm)
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
	return oneFirm(ctx, q, `WHERE `+takesPart+` AND id = $2`, event, id)
}

func oneFirm(ctx context.Context, q store.Querier, where string, args ...any) (Firm, error) {
	var r firmRow
	err := q.GetContext(ctx, &r, firmSelect+where, args...)
	return r.firm(), store.Fault(err)
}

// lockFirm finds a firm and keeps others from changing it.
func lockFirm(ctx context.Context, q store.Querier, id ident.ID) (Firm, error) {
	return oneFirm(ctx, q, `WHERE id = $1 FOR NO KEY UPDATE`, id)
}

// lockFirmOf is lockFirm of one that takes part in an event.
func lockFirmOf(ctx context.Context, q store.Querier, event, id ident.ID) (Firm, error) {
	return oneFirm(ctx, q, `WHERE `+takesPart+` AND id = $2 FOR NO KEY UPDATE`, event, id)
}

func updateTrade(ctx context.Context, q store.Querier, f Firm) error {
	_, err := q.ExecContext(ctx, `
		UPDATE firms SET offers_zh = $2, offers_en = $3, needs_zh = $4, needs_en = $5, search = $6, version = version + 1 WHERE id = $1`,
		f.ID, f.Offers.ZH, f.Offers.EN, f.Needs.ZH, f.Needs.EN, f.found())
	return err
}

// insertDistrict notes where a firm belongs from a day on, unless it belongs there
// already.
func insertDistrict(ctx context.Context, q store.Querier, firm ident.ID, district string, since time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_districts (firm_id, since, district_code)
		SELECT $1::uuid, $2::date, $3::text WHERE $3::text IS DISTINCT FROM (SELECT district_code FROM firm_districts WHERE firm_id = $1 ORDER BY since DESC LIMIT 1)
		ON CONFLICT (firm_id, since) DO UPDATE SET district_code = EXCLUDED.district_code`, firm, since, district)
	return err
}

func districtsOf(ctx context.Context, q store.Querier, firm ident.ID) (list []Stay, err error) {
	err = q.SelectContext(ctx, &list, `SELECT since, district_code FROM firm_districts WHERE firm_id = $1 ORDER BY since DESC`, firm)
	for i := range list {
		list[i].Since = list[i].Since.UTC()
	}
	return list, err
}
