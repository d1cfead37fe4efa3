package firms

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// conditions are the parts of a WHERE with their arguments; each ? is the next one.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string, args ...any) {
	for _, arg := range args {
		c.args = append(c.args, arg)
		part = strings.Replace(part, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.parts = append(c.parts, part)
}

func (c *conditions) String() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

// A grant counts from its first day until it is revoked, but rests from the day of
// its review on until that is done: Grant.State says the same.
const (
	anyGrant   = `SELECT 1 FROM firm_grants g WHERE g.firm_id = firms.id`
	unrevoked  = ` AND (g.revoked_on IS NULL OR g.revoked_on > ?)`
	isHeld     = ` AND g.valid_from <= ? AND g.review_on > ?` + unrevoked
	reviewedBy = ` AND g.valid_from <= ? AND g.review_on > ? AND g.review_on <= ?` + unrevoked
)

func (f Filter) where(today time.Time) *conditions {
	c := &conditions{}
	if f.Event != ident.Nil {
		c.add(`EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = ? AND e.firm_id = firms.id)`, f.Event)
	}
	for word := range strings.FieldsSeq(f.Search) {
		c.add(`strpos(search, ?) > 0`, word)
	}
	if f.Sector != "" {
		c.add(`EXISTS (SELECT 1 FROM firm_sectors s WHERE s.firm_id = firms.id AND s.sector_code = ?)`, f.Sector)
	}
	if f.District != "" {
		c.add(`district_code = ?`, f.District)
	}
	ofKind, kind := "", []any{}
	if f.Grant != "" && f.Grant != NoGrant {
		ofKind, kind = ` AND g.kind = ?`, []any{f.Grant}
	}
	switch {
	case f.Review != "":
		after, by := time.Time{}, today
		if f.Review == ReviewSoon {
			after, by = today, today.Add(soon)
		}
		c.add(`EXISTS (`+anyGrant+ofKind+reviewedBy+`)`, append(kind, today, after, by, today)...)
	case f.Grant == NoGrant:
		c.add(`NOT EXISTS (`+anyGrant+isHeld+`)`, today, today, today)
	case f.Grant != "":
		c.add(`EXISTS (`+anyGrant+ofKind+isHeld+`)`, append(kind, today, today, today)...)
	}
	return c
}

func countFirms(ctx context.Context, q store.Querier, f Filter, today time.Time) (n int, err error) {
	where := f.where(today)
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM firms`+where.String(), where.args...)
	return n, err
}

func findFirms(ctx context.Context, q store.Querier, f Filter, p Paging, today time.Time) ([]Firm, error) {
	where := f.where(today)
	if p.After != "" {
		where.add(`code > ?`, p.After)
	}
	column, down := strings.CutPrefix(p.Sort, "-")
	key := map[string]string{"code": "code", "name": `lower(name_en) COLLATE "C"`, "district": "district_code"}[column]
	if column == "name" && p.Lang == "zh" {
		key = `name_zh COLLATE "zh-x-icu"`
	}
	if column == "review" {
		where.args = append(where.args, today)
		key = fmt.Sprintf(`(SELECT min(g.review_on) FROM firm_grants g WHERE g.firm_id = firms.id AND (g.revoked_on IS NULL OR g.revoked_on > $%d AND g.revoked_on > g.valid_from))`, len(where.args))
	}
	if down {
		key += ` DESC`
	}
	order := ` ORDER BY ` + key + ` NULLS LAST, code`
	if p.Limit > 0 {
		order += fmt.Sprintf(` LIMIT %d OFFSET %d`, p.Limit, p.Offset)
	}
	var rows []firmRow
	err := q.SelectContext(ctx, &rows, firmSelect+where.String()+order, where.args...)
	list := make([]Firm, len(rows))
	for i, r := range rows {
		list[i] = r.firm()
	}
	return list, err
}
