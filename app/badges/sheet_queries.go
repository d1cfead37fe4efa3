package badges

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

const living = `('requested', 'produced', 'active', 'suspended')`

// chosen is the part of a query that finds an event's badges by a Filter; its
// arguments are those of Filter.args.
const chosen = ` FROM badges b JOIN registrations r ON r.id = b.registration_id JOIN persons p ON p.id = r.person_id
	JOIN categories c ON c.id = r.category_id JOIN badge_types t ON t.event_id = b.event_id AND t.code = b.badge_type
	LEFT JOIN delegations d ON d.id = r.delegation_id
	WHERE b.event_id = $1
	AND ($2 = '' OR b.serial ILIKE '%' || $2 || '%' OR r.reference ILIKE '%' || $2 || '%' OR ($3 <> '' AND p.search LIKE '%' || $3 || '%'))
	AND CASE $4 WHEN '' THEN true WHEN 'living' THEN b.state IN ` + living + `
		WHEN 'unprinted' THEN b.state IN ` + living + ` AND b.printed_at IS NULL ELSE b.state = $4 END
	AND ($5 = '' OR c.code = $5) AND ($6::uuid IS NULL OR r.delegation_id = $6) AND ($7::uuid[] IS NULL OR b.id = ANY($7)) `

func (f Filter) args(event ident.ID) []any {
	return []any{
		event, store.Literal(strings.TrimSpace(f.Search)), store.Literal(text.Fold(f.Search)), f.Show, f.Category,
		store.OrNull(f.DelegationID), idArray(f.IDs),
	}
}

// idArray writes identifiers for PostgreSQL; nil is NULL.
func idArray(ids []ident.ID) any {
	if ids == nil {
		return nil
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return pq.Array(list)
}

func heldBadges(ctx context.Context, q store.Querier, event ident.ID, f Filter) ([]Held, int, error) {
	var total int
	args := f.args(event)
	if err := q.GetContext(ctx, &total, `SELECT count(*)`+chosen, args...); err != nil {
		return nil, 0, fmt.Errorf("count badges: %w", err)
	}
	var rows []struct {
		badgeRow
		heldRow
	}
	err := q.SelectContext(ctx, &rows, `SELECT `+badgeColumns+`, `+heldColumns+chosen+` ORDER BY b.issued_at DESC, b.id LIMIT $8 OFFSET $9`,
		append(args, f.Limit, f.Offset)...)
	list := make([]Held, 0, len(rows))
	for _, r := range rows {
		list = append(list, Held{Badge: r.badge(), Holder: Holder(r.heldRow)})
	}
	return list, total, err
}

const heldColumns = `r.reference, p.given_name, p.family_name, p.name_native, p.name_zh, c.name_zh AS "category.zh", c.name_en AS "category.en",
	t.name_zh AS "type.zh", t.name_en AS "type.en", coalesce(d.name_zh, '') AS "delegation.zh", coalesce(d.name_en, '') AS "delegation.en"`

type heldRow Holder

func holderOf(ctx context.Context, q store.Querier, b Badge) (Holder, error) {
	var row heldRow
	err := q.GetContext(ctx, &row, `SELECT `+heldColumns+chosen, Filter{IDs: []ident.ID{b.ID}}.args(b.EventID)...)
	return Holder(row), store.Fault(err)
}

func stateCounts(ctx context.Context, q store.Querier, event ident.ID) (map[string]int, error) {
	var rows []struct {
		Show string `db:"show"`
		N    int    `db:"n"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT show, count(*) AS n FROM badges b CROSS JOIN LATERAL unnest(ARRAY['all', b.state,
			CASE WHEN b.state IN `+living+` THEN 'living' END, CASE WHEN b.state IN `+living+` AND b.printed_at IS NULL THEN 'unprinted' END]) AS show
		WHERE b.event_id = $1 AND show IS NOT NULL GROUP BY show`, event)
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Show] = r.N
	}
	return counts, err
}

// faceRow is one badge with all that its paper says.
type faceRow struct {
	badgeRow
	GivenName    string         `db:"given_name"`
	FamilyName   string         `db:"family_name"`
	NameNative   string         `db:"name_native"`
	NameZH       string         `db:"name_zh"`
	Nationality  string         `db:"nationality"`
	Title        locale.Text    `db:"title"`
	Organisation locale.Text    `db:"organisation"`
	City         locale.Text    `db:"city"`
	Country      locale.Text    `db:"country"`
	Liaison      locale.Text    `db:"liaison"`
	Role         locale.Text    `db:"role"`
	Colour       string         `db:"colour"`
	Pattern      string         `db:"pattern"`
	TypeZones    pq.StringArray `db:"type_zones"`
	Framed       bool           `db:"framed"`
}

// faceRows answers badges in the order in which they are handed out: by
// delegation, its head first, then by name.
func faceRows(ctx context.Context, q store.Querier, event ident.ID, f Filter) (rows []faceRow, err error) {
	err = q.SelectContext(ctx, &rows, `
		WITH picked AS (SELECT b.id`+chosen+`)
		SELECT `+badgeColumns+`, p.given_name, p.family_name, p.name_native, p.name_zh, coalesce(p.nationality, '') AS nationality,
			r.title_zh AS "title.zh", r.title_en AS "title.en",
			coalesce(f.name_zh, '') AS "organisation.zh", coalesce(f.name_en, r.organisation) AS "organisation.en",
			coalesce(y.name_zh, '') AS "city.zh", coalesce(y.name_en, '') AS "city.en",
			coalesce(k.name_zh, '') AS "country.zh", coalesce(k.name_en, '') AS "country.en",
			coalesce(l.name_zh, '') AS "liaison.zh", coalesce(l.name_en, '') AS "liaison.en",
			t.name_zh AS "role.zh", t.name_en AS "role.en", t.colour, t.pattern, t.zones AS type_zones,
			needs_photo(g.photo, t.photo_required, r.role) AS framed
		FROM picked JOIN badges b ON b.id = picked.id JOIN registrations r ON r.id = b.registration_id JOIN persons p ON p.id = r.person_id
		JOIN badge_types t ON t.event_id = b.event_id AND t.code = b.badge_type JOIN categories g ON g.id = r.category_id
		LEFT JOIN delegations d ON d.id = r.delegation_id LEFT JOIN staff l ON l.id = d.liaison_id
		LEFT JOIN cities y ON y.code = d.city_code LEFT JOIN countries k ON k.code = coalesce(y.country_code, p.nationality)
		LEFT JOIN firms f ON f.id = r.firm_id
		ORDER BY d.code NULLS LAST, array_position(ARRAY['head', 'deputy_head'], r.role), p.family_name, p.given_name, b.serial`, f.args(event)...)
	return rows, err
}

// occasionRow is what all badges of an event say alike.
type occasionRow struct {
	Title     locale.Text `db:"title"`
	Place     locale.Text `db:"place"`
	FirstDay  time.Time   `db:"starts_on"`
	LastDay   time.Time   `db:"ends_on"`
	TimeZone  string      `db:"time_zone"`
	Emergency string      `db:"emergency"`
	Finder    locale.Text `db:"finder"`
}

func occasionOf(ctx context.Context, q store.Querier, event ident.ID) (o occasionRow, err error) {
	err = q.GetContext(ctx, &o, `
		SELECT e.title_zh AS "title.zh", e.title_en AS "title.en", e.place_zh AS "place.zh", e.place_en AS "place.en", e.starts_on, e.ends_on, e.time_zone,
			coalesce(k.emergency, '') AS emergency, coalesce(k.finder_zh, '') AS "finder.zh", coalesce(k.finder_en, '') AS "finder.en"
		FROM events e LEFT JOIN badge_backs k ON k.event_id = e.id WHERE e.id = $1`, event)
	return o, store.Fault(err)
}

type zoneRow struct {
	Code string      `db:"code"`
	Name locale.Text `db:"name"`
}

// zoneRows answers an event's zones in the order in which the office made them.
func zoneRows(ctx context.Context, q store.Querier, event ident.ID) (rows []zoneRow, err error) {
	err = q.SelectContext(ctx, &rows, `SELECT code, name_zh AS "name.zh", name_en AS "name.en" FROM zones WHERE event_id = $1 ORDER BY id`, event)
	return rows, err
}

func upsertBack(ctx context.Context, q store.Querier, b Back) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO badge_backs (event_id, emergency, finder_zh, finder_en) VALUES ($1, $2, $3, $4)
		ON CONFLICT (event_id) DO UPDATE SET emergency = EXCLUDED.emergency, finder_zh = EXCLUDED.finder_zh, finder_en = EXCLUDED.finder_en`,
		b.EventID, b.Emergency, b.Finder.ZH, b.Finder.EN)
	return err
}

type printRow struct {
	Print
	Badges pq.StringArray `db:"badge_ids"`
}

func (r printRow) print() (Print, error) {
	p := r.Print
	for _, s := range r.Badges {
		id, err := ident.Parse(s)
		if err != nil {
			return p, fmt.Errorf("print %s: %w", p.ID, err)
		}
		p.Badges = append(p.Badges, id)
	}
	return p, nil
}

// insertPrint keeps a run of the printer and notes its time on each badge that is
// drawn.
func insertPrint(ctx context.Context, q store.Querier, p Print, drawn []ident.ID) error {
	_, err := q.ExecContext(ctx, `INSERT INTO badge_prints (event_id, id, printed_at, printed_by, layout, badge_ids) VALUES ($1, $2, $3, $4, $5, $6)`,
		p.EventID, p.ID, p.At, p.By, p.Layout, idArray(p.Badges))
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE badges SET printed_at = $2 WHERE id = ANY($1)`, idArray(drawn), p.At)
	return err
}

func printByID(ctx context.Context, q store.Querier, event, id ident.ID) (Print, error) {
	var r printRow
	err := q.GetContext(ctx, &r, `SELECT event_id, id, printed_at, printed_by, layout, badge_ids FROM badge_prints WHERE event_id = $1 AND id = $2`, event, id)
	if err != nil {
		return Print{}, store.Fault(err)
	}
	return r.print()
}

func latestPrints(ctx context.Context, q store.Querier, event ident.ID, limit int) (list []Print, err error) {
	var rows []printRow
	err = q.SelectContext(ctx, &rows, `
		SELECT event_id, id, printed_at, printed_by, layout, badge_ids FROM badge_prints WHERE event_id = $1 ORDER BY printed_at DESC, id DESC LIMIT $2`, event, limit)
	for _, r := range rows {
		p, err := r.print()
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, err
}
