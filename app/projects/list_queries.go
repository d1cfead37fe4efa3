package projects

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// where is a condition over p with its arguments.
type where struct {
	join  string // what the condition needs beside p
	now   string // whose stage and money paid in count: p, or a as of a day
	parts []string
	args  []any
}

// add appends a condition in which ? stands for the next argument.
func (w *where) add(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.parts = append(w.parts, condition)
}

func (w *where) String() string { return w.join + "WHERE " + strings.Join(w.parts, " AND ") + " " }

// of writes a query that names the columns of a project for what the condition
// counts.
func (w *where) of(query string) string {
	if w.now == "p" {
		return query
	}
	for _, column := range []string{"stage", "verified_stage", "paid_in", "verified_paid_in"} {
		query = strings.ReplaceAll(query, "p."+column, w.now+"."+column)
	}
	return query
}

// asOf lets the condition count projects as they stood on a day.
func (w *where) asOf(day time.Time, then standings) {
	w.add("p.signed_on <= ?", day.Format(time.DateOnly))
	first := len(w.args) + 1
	w.args = append(w.args, pq.Array(then.ids), pq.Array(then.stages), pq.Array(then.verified), pq.Array(then.paid), pq.Array(then.verifiedPaid))
	w.join = fmt.Sprintf(`JOIN unnest($%d::uuid[], $%d::text[], $%d::text[], $%d::numeric[], $%d::numeric[]) AS a (id, stage, verified_stage, paid_in, verified_paid_in) ON a.id = p.id `,
		first, first+1, first+2, first+3, first+4)
	w.now = "a"
}

// where is the filter as a condition: the one that lists, totals and figures
// share, so that a figure always opens the rows it counted.
// then is how projects stood on the day of the scope, if it has one.
func (f Filter) where(by seen, then standings) *where {
	w := &where{now: "p", parts: []string{"true"}}
	if !f.Scope.AsOf.IsZero() {
		w.asOf(f.Scope.AsOf, then)
	}
	if !by.all {
		w.add("p.event_id = ANY(?)", pq.Array(by.events))
	}
	switch f.Scope.Kind {
	case OfEvent:
		w.add("p.event_id = ?", f.Scope.EventID)
	case OfSeries:
		w.add("p.event_id IN (SELECT o.id FROM events o JOIN events here ON here.series_id = o.series_id WHERE here.id = ?)", f.Scope.EventID)
	case OfYear:
		w.add("p.signed_on >= make_date(?, 1, 1) AND p.signed_on < make_date(? + 1, 1, 1)", f.Scope.Year, f.Scope.Year)
	}
	for column, value := range map[string]string{
		"document_type": string(f.Document), "kind": string(f.Kind), "direction": string(f.Direction), "sector_code": f.Sector,
		"district_code": f.District, "partner_country": f.Country, "stage": string(f.Stage),
	} {
		if value != "" {
			w.add(w.of("p."+column+" = ?"), value)
		}
	}
	if f.Firm != ident.Nil {
		w.add("p.firm_id = ?", f.Firm)
	}
	if f.Reached != "" {
		column := "stage"
		if f.Verified {
			column = "verified_stage"
		}
		w.add(w.of("p."+column+" = ANY(?)"), pq.Array(f.Reached.stages()))
	}
	if f.Checking {
		w.add(w.of("p.stage <> p.verified_stage"))
	}
	if amount := map[Having]string{
		HavingTotal: "p.total_investment IS NOT NULL", HavingContracted: "p.contracted_foreign > 0",
		HavingPaidIn: "p.verified_paid_in > 0", HavingNone: "p.total_investment IS NULL",
	}[f.Having]; amount != "" {
		w.add(w.of(amount))
	}
	switch f.Rows {
	case Counting:
		w.add("p.merged_into IS NULL")
	case Duplicates:
		w.add("p.merged_into IS NOT NULL")
	}
	for word := range strings.FieldsSeq(f.Search) {
		w.add("strpos(p.search, ?) > 0", word)
	}
	return w
}

func talliesOf(ctx context.Context, q store.Querier, w *where) (list []tally, err error) {
	err = q.SelectContext(ctx, &list, w.of(`
		SELECT p.id, p.event_id, p.firm_id, p.merged_into IS NOT NULL AS merged, p.kind, p.direction, p.document_type, p.sector_code, p.district_code,
			p.partner_country, p.stage, p.verified_stage, p.signed_on, p.total_investment, p.contracted_foreign, p.verified_paid_in,
			p.rate_units AS "rate.units", p.rate_cny AS "rate.cny", p.rate_cny_per_usd AS "rate.cny_per_usd", p.rate_source AS "rate.source"
		FROM projects p `)+w.String()+`ORDER BY p.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count projects: %w", err)
	}
	return list, nil
}

// sortKeys is what each order goes by, and its type; two rows of the same key
// stand in the order of their identifiers.
var sortKeys = map[string][2]string{
	"signed": {"p.signed_on", "date"},
	"amount": {"coalesce(p.total_investment * p.rate_cny / (p.rate_units * p.rate_cny_per_usd), -1)", "numeric"},
	"code":   {"p.code", "text"},
	"stage": {`array_position(ARRAY['intention', 'framework', 'contract', 'landed', 'started', 'funds_arrived', 'milestone', 'construction',
		'operating', 'completed', 'terminated'], p.stage)`, "int"},
}

type keyed struct {
	Project
	Key string `db:"sort_key"`
}

// pageOf answers one row more than the page holds, if there is one.
func pageOf(ctx context.Context, q store.Querier, w *where, page Paging) ([]keyed, error) {
	key, cast := sortKeys[page.Sort.what()][0], sortKeys[page.Sort.what()][1]
	if page.Sort.Is("name") {
		key, cast = `lower(p.name_en) COLLATE "C"`, "text"
		if page.Lang == "zh" {
			key = `p.name_zh COLLATE "zh-x-icu"`
		}
	}
	direction, further := "ASC", ">"
	if page.Sort.down() {
		direction, further = "DESC", "<"
	}
	key = w.of(key)
	conditions := &where{join: w.join, now: w.now, parts: append([]string{}, w.parts...), args: append([]any{}, w.args...)}
	if page.After != "" {
		c, err := parseCursor(page.After, page.order(), cast)
		if err != nil {
			return nil, err
		}
		conditions.add("("+key+", p.id) "+further+" (?::"+cast+", ?::uuid)", c.Key, c.ID)
		page.Offset = 0
	}
	query := strings.Replace(w.of(projectSelect), "SELECT ", "SELECT ("+key+")::text AS sort_key, ", 1) + conditions.String() +
		fmt.Sprintf("ORDER BY %s %s, p.id %s LIMIT %d OFFSET %d", key, direction, direction, page.Limit+1, page.Offset)
	var list []keyed
	if err := q.SelectContext(ctx, &list, query, conditions.args...); err != nil {
		return nil, fmt.Errorf("list projects: %w", err)
	}
	for i := range list {
		list[i].Project = list[i].dated()
	}
	return list, nil
}

func signingYears(ctx context.Context, q store.Querier) (years []int, err error) {
	err = q.SelectContext(ctx, &years, `SELECT DISTINCT extract(year FROM signed_on)::int FROM projects ORDER BY 1 DESC`)
	return years, err
}

// latestDay is the latest day on which anything was signed or a stage reached, up
// to asOf when that is given.
func latestDay(ctx context.Context, q store.Querier, w *where, asOf time.Time) (day time.Time, err error) {
	upTo := "infinity"
	if !asOf.IsZero() {
		upTo = asOf.Format(time.DateOnly)
	}
	var found *time.Time
	err = q.GetContext(ctx, &found, fmt.Sprintf(`
		SELECT max(greatest(p.signed_on, (SELECT max(occurred_on) FROM stage_events v WHERE v.project_id = p.id AND occurred_on <= $%d)))
		FROM projects p `, len(w.args)+1)+w.String(), append(slices.Clone(w.args), upTo)...)
	if err != nil {
		return day, fmt.Errorf("latest day: %w", err)
	}
	if found != nil {
		day = found.UTC()
	}
	return day, nil
}

func periodOf(ctx context.Context, q store.Querier, event ident.ID) (p Period, err error) {
	err = q.GetContext(ctx, &p, `
		SELECT e.title_zh AS "title.zh", e.title_en AS "title.en", e.starts_on, e.ends_on, s.name_zh AS "series.zh", s.name_en AS "series.en", s.since_year
		FROM events e JOIN series s ON s.id = e.series_id WHERE e.id = $1`, event)
	return p, store.Fault(err)
}

// namesOf answers the names of countries, sectors and districts by their codes.
func namesOf(ctx context.Context, q store.Querier) (map[string]map[string]locale.Text, error) {
	names := map[string]map[string]locale.Text{}
	for by, table := range map[string]string{"country": "countries", "sector": "sectors", "district": "districts"} {
		var rows []struct {
			Code string
			Name locale.Text
		}
		if err := q.SelectContext(ctx, &rows, `SELECT code, name_zh AS "name.zh", name_en AS "name.en" FROM `+table); err != nil {
			return nil, fmt.Errorf("names of %s: %w", table, err)
		}
		names[by] = map[string]locale.Text{}
		for _, r := range rows {
			names[by][r.Code] = r.Name
		}
	}
	return names, nil
}

// signingsOf counts the documents of an event and lists the latest that are
// public, up to a date.
func signingsOf(ctx context.Context, q store.Querier, event ident.ID, today string) (all Signings, err error) {
	err = q.GetContext(ctx, &all, `
		SELECT count(*) AS documents, count(*) FILTER (WHERE signed_on <= $2) AS signed, count(*) FILTER (WHERE document_type = 'contract') AS contracts,
		  count(*) FILTER (WHERE document_type = 'contract' AND signed_on <= $2) AS signed_contracts
		FROM projects WHERE event_id = $1 AND merged_into IS NULL`, event, today)
	if err != nil {
		return Signings{}, fmt.Errorf("count signings: %w", err)
	}
	err = q.SelectContext(ctx, &all.Latest, `
		SELECT p.name_zh AS "name.zh", p.name_en AS "name.en", COALESCE(c.name_zh, '') AS "city.zh", COALESCE(c.name_en, '') AS "city.en",
		  p.total_investment AS amount, COALESCE(p.currency, '') AS currency
		FROM projects p LEFT JOIN cities c ON c.code = p.partner_city
		WHERE p.event_id = $1 AND p.merged_into IS NULL AND p.visibility = 'public' AND p.signed_on <= $2
		ORDER BY p.signed_on DESC, p.code LIMIT 3`, event, today)
	if err != nil {
		return Signings{}, fmt.Errorf("list signings: %w", err)
	}
	return all, nil
}
