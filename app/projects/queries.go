package projects

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// projectSelect names everything a Project shows. Its tables are p, e, m, f, c,
// k, s and d for whoever adds a condition.
const projectSelect = `
	SELECT p.id, p.code, p.event_id, e.slug AS "event.slug", e.title_zh AS "event.title.zh", e.title_en AS "event.title.en", e.time_zone AS "event.time_zone",
		p.merged_into, coalesce(m.code, '') AS merged_code, coalesce((SELECT slug FROM events o WHERE o.id = m.event_id), '') AS merged_event, p.name_zh AS "name.zh", p.name_en AS "name.en", p.kind, p.direction, p.document_type,
		p.sector_code, s.name_zh AS "sector_name.zh", s.name_en AS "sector_name.en",
		p.district_code, d.name_zh AS "district_name.zh", d.name_en AS "district_name.en",
		p.firm_id, f.code AS firm_code, f.name_zh AS "firm_name.zh", f.name_en AS "firm_name.en", p.partner_name,
		coalesce(p.partner_city, '') AS partner_city, coalesce(c.name_zh, '') AS "city_name.zh", coalesce(c.name_en, '') AS "city_name.en",
		p.partner_country, k.name_zh AS "country_name.zh", k.name_en AS "country_name.en", p.signed_on,
		coalesce(p.currency, '') AS currency, p.total_investment, p.contracted_foreign, p.share_percent, p.undisclosed_reason,
		p.rate_date AS "rate.date", p.rate_units AS "rate.units", p.rate_cny AS "rate.cny", p.rate_cny_per_usd AS "rate.cny_per_usd", p.rate_source AS "rate.source",
		p.stage, p.verified_stage, p.paid_in, p.verified_paid_in, p.termination_reason, p.visibility, p.note, p.created_at, p.version
	FROM projects p JOIN events e ON e.id = p.event_id LEFT JOIN projects m ON m.id = p.merged_into JOIN firms f ON f.id = p.firm_id
		LEFT JOIN cities c ON c.code = p.partner_city JOIN countries k ON k.code = p.partner_country
		JOIN sectors s ON s.code = p.sector_code JOIN districts d ON d.code = p.district_code `

func projectByID(ctx context.Context, q store.Querier, id ident.ID) (p Project, err error) {
	err = q.GetContext(ctx, &p, projectSelect+`WHERE p.id = $1`, id)
	return p.dated(), store.Fault(err)
}

func projectList(ctx context.Context, q store.Querier, rest string, args ...any) (list []Project, err error) {
	if err = q.SelectContext(ctx, &list, projectSelect+rest, args...); err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	for i := range list {
		list[i] = list[i].dated()
	}
	return list, nil
}

// dated writes dates in the one form that compares: midnight UTC.
func (p Project) dated() Project {
	p.SignedOn = p.SignedOn.UTC()
	if p.Rate.On != nil {
		on := p.Rate.On.UTC()
		p.Rate.On = &on
	}
	return p
}

// mergedInto answers the duplicates of a project.
func mergedInto(ctx context.Context, q store.Querier, id ident.ID) ([]Project, error) {
	return projectList(ctx, q, `WHERE p.merged_into = $1 ORDER BY p.code`, id)
}

// similarTo answers what may be the same project: the same firm with the same
// partner's city, or with the same country and kind, or under the same name.
func similarTo(ctx context.Context, q store.Querier, p Project) ([]Project, error) {
	return projectList(ctx, q, `
		WHERE p.id <> $1 AND p.merged_into IS NULL AND
			(p.firm_id = $2 AND (p.partner_city = $3 OR p.partner_country = $4 AND p.kind = $5) OR lower(p.name_en) = lower($6) OR p.name_zh = $7)
		ORDER BY p.signed_on DESC, p.code LIMIT 10`, p.ID, p.FirmID, p.City, p.Country, p.Kind, p.Name.EN, p.Name.ZH)
}

// idByCode answers the row of a number.
func idByCode(ctx context.Context, q store.Querier, code string) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `SELECT id FROM projects WHERE code = $1`, code)
	return id, store.Fault(err)
}

func eventName(ctx context.Context, q store.Querier, event ident.ID) (n EventName, err error) {
	err = q.GetContext(ctx, &n, `SELECT slug, title_zh AS "title.zh", title_en AS "title.en", time_zone FROM events WHERE id = $1`, event)
	return n, store.Fault(err)
}

func lockProjects(ctx context.Context, q store.Querier, ids []ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT id FROM projects WHERE id = ANY($1) ORDER BY id FOR UPDATE`, pq.Array(ids))
	return err
}

// nextCode answers the next free number. It holds a lock until the transaction
// ends, so that two records never take the same one.
func nextCode(ctx context.Context, q store.Querier) (string, error) {
	if _, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(5872310471)`); err != nil {
		return "", fmt.Errorf("next project number: %w", err)
	}
	var last int
	err := q.GetContext(ctx, &last, `SELECT coalesce(max(substring(code FROM 2)::int), 0) FROM projects WHERE code ~ '^P[0-9]{1,6}$'`)
	return fmt.Sprintf("P%03d", last+1), err
}

func insertProject(ctx context.Context, q store.Querier, p Project, in Input, search string) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO projects (id, code, event_id, name_zh, name_en, kind, direction, document_type, sector_code, district_code, firm_id,
			partner_name, partner_city, partner_country, signed_on, currency, total_investment, contracted_foreign, share_percent, undisclosed_reason,
			rate_date, rate_units, rate_cny, rate_cny_per_usd, rate_source, stage, visibility, note, search, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULLIF($13, ''), $14, $15, NULLIF($16, ''), $17, $18, $19, $20,
			$21, $22, $23, $24, $25, $26, $27, $28, $29, $30)`,
		p.ID, in.Code, p.EventID, in.Name.ZH, in.Name.EN, in.Kind, in.Direction, in.Document, in.Sector, in.District, in.FirmID,
		in.PartnerName, in.City, in.Country, in.SignedOn, in.Currency, in.Total, in.Contracted, in.Share, in.Undisclosed,
		p.Rate.On, p.Rate.Units, p.Rate.CNY, p.Rate.CNYPerUSD, p.Rate.Source, p.Stage, in.Visibility, in.Note, search, p.CreatedAt)
	return err
}

func updateProject(ctx context.Context, q store.Querier, p Project, in Input, rate FrozenRate, search string) error {
	_, err := q.ExecContext(ctx, `
		UPDATE projects SET name_zh = $2, name_en = $3, kind = $4, direction = $5, document_type = $6, sector_code = $7, district_code = $8, firm_id = $9,
			partner_name = $10, partner_city = NULLIF($11, ''), partner_country = $12, signed_on = $13, currency = NULLIF($14, ''),
			total_investment = $15, contracted_foreign = $16, share_percent = $17, undisclosed_reason = $18,
			rate_date = $19, rate_units = $20, rate_cny = $21, rate_cny_per_usd = $22, rate_source = $23, visibility = $24, note = $25, search = $26,
			version = version + 1
		WHERE id = $1`,
		p.ID, in.Name.ZH, in.Name.EN, in.Kind, in.Direction, in.Document, in.Sector, in.District, in.FirmID,
		in.PartnerName, in.City, in.Country, in.SignedOn, in.Currency, in.Total, in.Contracted, in.Share, in.Undisclosed,
		rate.On, rate.Units, rate.CNY, rate.CNYPerUSD, rate.Source, in.Visibility, in.Note, search)
	return err
}

func updateStanding(ctx context.Context, q store.Querier, p Project, now standing) error {
	_, err := q.ExecContext(ctx, `
		UPDATE projects SET stage = $2, verified_stage = $3, paid_in = $4, verified_paid_in = $5, termination_reason = $6, version = version + 1
		WHERE id = $1`, p.ID, now.Stage, now.VerifiedStage, now.PaidIn, now.VerifiedPaidIn, now.Termination)
	return err
}

// mergeProject ends a duplicate, and hands its own duplicates to the master.
func mergeProject(ctx context.Context, q store.Querier, duplicate, master ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE projects SET merged_into = $2, version = version + 1 WHERE id = $1 OR merged_into = $1`, duplicate, master)
	return err
}

func insertAppearance(ctx context.Context, q store.Querier, a Appearance) error {
	_, err := q.ExecContext(ctx, `INSERT INTO project_appearances (project_id, event_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		a.ProjectID, a.EventID, a.Role)
	return err
}

func appearancesOf(ctx context.Context, q store.Querier, id ident.ID) (list []Appearance, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT a.project_id, a.event_id, a.role, e.slug AS "event.slug", e.title_zh AS "event.title.zh", e.title_en AS "event.title.en",
			e.time_zone AS "event.time_zone", a.event_id = p.event_id AND a.role = 'signed' AS is_primary
		FROM project_appearances a JOIN events e ON e.id = a.event_id JOIN projects p ON p.id = a.project_id
		WHERE a.project_id = $1 ORDER BY e.starts_on, a.role`, id)
	return list, err
}

func insertStageEvent(ctx context.Context, q store.Querier, e StageEvent) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO stage_events (id, project_id, stage, occurred_on, evidence_kind, evidence_ref, paid_in, currency, correction, reason, note,
			reporter_id, reporter_zh, reporter_en, reported_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, NULLIF($8, ''), $9, $10, $11, $12, $13, $14, $15)`,
		e.ID, e.ProjectID, e.Stage, e.On, e.Evidence, e.EvidenceRef, e.PaidIn, e.Currency, e.Correction, e.Reason, e.Note,
		e.ReporterID, e.Reporter.ZH, e.Reporter.EN, e.ReportedAt)
	return err
}

// stageEvents answers the reports of a project in the order in which they were
// made, each with its latest check.
func stageEvents(ctx context.Context, q store.Querier, id ident.ID) (list []StageEvent, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT v.id, v.project_id, v.position, v.stage, v.occurred_on, v.evidence_kind, v.evidence_ref, v.paid_in, coalesce(v.currency, '') AS currency,
			v.correction, v.reason, v.note, v.reporter_id, v.reporter_zh AS "reporter.zh", v.reporter_en AS "reporter.en", v.reported_at,
			coalesce(c.verdict, 'reported') AS verdict, coalesce(c.checker_zh, '') AS "checker.zh", coalesce(c.checker_en, '') AS "checker.en",
			c.checked_at, coalesce(c.note, '') AS check_note
		FROM stage_events v LEFT JOIN LATERAL (
			SELECT * FROM stage_checks WHERE stage_event_id = v.id ORDER BY position DESC LIMIT 1) c ON true
		WHERE v.project_id = $1 ORDER BY v.position`, id)
	for i := range list {
		list[i].On = list[i].On.UTC()
	}
	return list, err
}

// eventsUpTo answers the reports of all projects that were signed by a day, as far
// as they speak of that day or earlier, project by project in the order in which
// they were made. A project without one has a row with no stage.
func eventsUpTo(ctx context.Context, q store.Querier, day time.Time) (list []datedEvent, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT p.id AS of, p.document_type AS document, coalesce(v.stage, '') AS stage, v.paid_in, coalesce(v.correction, false) AS correction,
			coalesce(c.verdict, 'reported') AS verdict
		FROM projects p LEFT JOIN stage_events v ON v.project_id = p.id AND v.occurred_on <= $1
			LEFT JOIN LATERAL (SELECT verdict FROM stage_checks WHERE stage_event_id = v.id ORDER BY position DESC LIMIT 1) c ON true
		WHERE p.signed_on <= $1 ORDER BY p.id, v.position`, day.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read stages up to a day: %w", err)
	}
	return list, nil
}

func insertCheck(ctx context.Context, q store.Querier, id, event ident.ID, verdict Verdict, by accounts.Actor, note string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO stage_checks (id, stage_event_id, verdict, checker_id, checker_zh, checker_en, checked_at, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, event, verdict, store.OrNull(by.ID), by.NameZH, by.NameEN, at, note)
	return err
}

// known is which of the codes of an input are in the office's tables.
type known struct {
	Firm        bool   `db:"firm"`
	Sector      bool   `db:"sector"`
	District    bool   `db:"district"`
	Country     bool   `db:"country"`
	CityCountry string `db:"city_country"` // empty when there is no such city
}

func knownParties(ctx context.Context, q store.Querier, in Input) (k known, err error) {
	err = q.GetContext(ctx, &k, `
		SELECT EXISTS (SELECT 1 FROM firms WHERE id = $1) AS firm, EXISTS (SELECT 1 FROM sectors WHERE code = $2) AS sector,
			EXISTS (SELECT 1 FROM districts WHERE code = $3) AS district, EXISTS (SELECT 1 FROM countries WHERE code = $4) AS country,
			coalesce((SELECT country_code FROM cities WHERE code = $5), '') AS city_country`,
		in.FirmID, in.Sector, in.District, in.Country, in.City)
	return k, err
}

// partyNames answers the names of the firm, the city and the country of an
// input, for searching.
func partyNames(ctx context.Context, q store.Querier, in Input) ([]string, error) {
	var n struct {
		FirmZH string `db:"firm_zh"`
		FirmEN string `db:"firm_en"`
		City   locale.Text
		Land   locale.Text
	}
	err := q.GetContext(ctx, &n, `
		SELECT f.name_zh AS firm_zh, f.name_en AS firm_en, coalesce(c.name_zh, '') AS "city.zh", coalesce(c.name_en, '') AS "city.en",
			k.name_zh AS "land.zh", k.name_en AS "land.en"
		FROM firms f JOIN countries k ON k.code = $2 LEFT JOIN cities c ON c.code = $3 WHERE f.id = $1`, in.FirmID, in.Country, in.City)
	return []string{n.FirmZH, n.FirmEN, n.City.ZH, n.City.EN, n.Land.ZH, n.Land.EN}, err
}

// rateOn answers the latest rate of a currency up to a day, and how many yuan a
// US dollar was worth on that same day.
func rateOn(ctx context.Context, q store.Querier, currency string, on time.Time) (r Rate, cnyPerUSD decimal.Decimal, found bool, err error) {
	var list []struct {
		Rate
		CNYPerUSD decimal.Decimal `db:"cny_per_usd"`
	}
	err = q.SelectContext(ctx, &list, `
		SELECT r.rate_date, r.currency, r.units, r.cny_per_units, r.source, u.cny_per_units / u.units AS cny_per_usd
		FROM fx_rates r JOIN fx_rates u ON u.currency = 'USD' AND u.rate_date = r.rate_date
		WHERE r.currency = $1 AND r.rate_date <= $2::date ORDER BY r.rate_date DESC LIMIT 1`, currency, on.Format(time.DateOnly))
	if err != nil || len(list) == 0 {
		return r, cnyPerUSD, false, err
	}
	r = list[0].Rate
	r.On = r.On.UTC()
	return r, list[0].CNYPerUSD, true, nil
}

func upsertRate(ctx context.Context, q store.Querier, r Rate) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO fx_rates (rate_date, currency, units, cny_per_units, source) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (currency, rate_date) DO UPDATE SET units = $3, cny_per_units = $4, source = $5`, r.On, r.Currency, r.Units, r.CNY, r.Source)
	return err
}

func rateList(ctx context.Context, q store.Querier) (list []Rate, err error) {
	err = q.SelectContext(ctx, &list, `SELECT rate_date, currency, units, cny_per_units, source FROM fx_rates ORDER BY rate_date DESC, currency`)
	for i := range list {
		list[i].On = list[i].On.UTC()
	}
	return list, err
}
