package delegations

import (
	"context"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// listQuery is a filter of the desk's list in SQL. Only what is asked for stands in
// it, so that the planner may choose the index that leaves the fewest rows; one
// statement that could filter by everything would be planned for nothing.
type listQuery struct {
	conditions []string
	args       []any
	persons    bool // a condition is about the person
	country    bool // one is their country or region, and none their name
	oldest     bool
}

func newListQuery(event ident.ID, oldest bool) *listQuery {
	q := &listQuery{oldest: oldest}
	q.where("r.event_id = ?", event)
	return q
}

// where adds a condition; each ? in it is one of the args.
func (q *listQuery) where(condition string, args ...any) {
	for _, arg := range args {
		q.args = append(q.args, arg)
		condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(q.args)), 1)
	}
	q.conditions = append(q.conditions, condition)
}

func (q *listQuery) person(condition string, args ...any) {
	q.persons = true
	q.where(condition, args...)
}

// undecided leaves those who wait for a decision, as the index of that name has
// them.
func (q *listQuery) undecided() { q.where(`r.status IN ('submitted', 'under_review', 'on_hold')`) }

// categoryOf answers the category of a code; Nil when the event has none.
func categoryOf(ctx context.Context, q store.Querier, event ident.ID, code string) (id ident.ID, err error) {
	var found []ident.ID
	err = q.SelectContext(ctx, &found, `SELECT id FROM categories WHERE event_id = $1 AND code = $2`, event, code)
	if len(found) == 1 {
		id = found[0]
	}
	return id, err
}

// proposed leaves those of whom somebody has still to say whether they are
// registered twice.
func (q *listQuery) proposed() {
	q.where(`r.id IN (SELECT first_id FROM duplicate_pairs WHERE event_id = $1 AND settled = '' UNION ALL
		SELECT second_id FROM duplicate_pairs WHERE event_id = $1 AND settled = '')`)
}

// changing are those of whom a change or a replacement waits for the desk.
const changing = `SELECT w.registration_id FROM registration_changes w JOIN registrations c ON c.id = w.registration_id WHERE c.event_id = $1 AND w.state = 'pending'
	UNION SELECT x.from_registration_id FROM substitutions x JOIN delegations d ON d.id = x.delegation_id WHERE d.event_id = $1 AND x.state = 'asked'`

func (q *listQuery) changing() { q.where(`r.id IN (` + changing + `)`) }

// countChanging counts them.
func countChanging(ctx context.Context, q store.Querier, event ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM (`+changing+`) waiting`, event)
	return n, err
}

func (q *listQuery) after(number int) {
	if q.oldest {
		q.where("r.queue_no > ?", number)
	} else {
		q.where("r.queue_no < ?", number)
	}
}

func (q *listQuery) from() string {
	from := ` FROM registrations r`
	if q.persons {
		from += ` JOIN persons p ON p.id = r.person_id`
	}
	return from + ` WHERE ` + strings.Join(q.conditions, " AND ")
}

func (q *listQuery) order() string {
	if q.oldest {
		return ` ORDER BY r.queue_no`
	}
	return ` ORDER BY r.queue_no DESC`
}

// count counts rows, and stops at most.
func (q *listQuery) count(ctx context.Context, db store.Querier, most int) (n int, err error) {
	err = db.GetContext(ctx, &n, q.counting(most), q.args...)
	return n, err
}

// counting counts in the list's order, for which there are indexes: the planner
// then leaves off when it has counted enough. How many a country has it knows
// beforehand, and finds them sooner from there.
func (q *listQuery) counting(most int) string {
	order := q.order()
	if q.country {
		order = ""
	}
	return `SELECT count(*) FROM (SELECT 1` + q.from() + order + ` LIMIT ` + strconv.Itoa(most) + `) few`
}

// statement reads some rows: those of the page are found first, and what is shown
// of them is looked up for them alone.
func (q *listQuery) statement(limit int) string {
	return `WITH page AS MATERIALIZED (SELECT r.id` + q.from() + q.order() + ` LIMIT ` + strconv.Itoa(limit) + `)
		SELECT ` + registrationColumns + `, coalesce(w.decision, '') AS deciding, coalesce(w.id, '00000000-0000-0000-0000-000000000000') AS deciding_id,
			(SELECT count(*) FROM duplicate_pairs d WHERE d.first_id = r.id AND d.settled = '')
				+ (SELECT count(*) FROM duplicate_pairs d WHERE d.second_id = r.id AND d.settled = '') AS duplicates,
			EXISTS (` + sameName + `) AS namesake
		FROM page JOIN registrations r ON r.id = page.id` + registrationJoins + `
			LEFT JOIN decision_items i ON i.registration_id = r.id AND i.outcome = '' LEFT JOIN decisions w ON w.id = i.decision_id` + q.order()
}

func (q *listQuery) list(ctx context.Context, db store.Querier, limit int) (rows []Registration, err error) {
	err = db.SelectContext(ctx, &rows, q.statement(limit), q.args...)
	return rows, err
}

// planForMemory has the rest of a transaction planned for a database whose hot
// tables rest in memory, as the desk's do: PostgreSQL takes a single row for four
// times as dear as it is there, and would rather read a table whole. Nothing here
// takes long enough to be worth compiling.
func planForMemory(ctx context.Context, q store.Querier) error {
	_, err := q.ExecContext(ctx, `SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off`)
	return err
}

// sameName finds the other registrations of the event whose person has the same
// name as the person p of r's, whatever its order and accents, and no other
// country or region.
const sameName = `
	SELECT o.id FROM persons op JOIN registrations o ON o.event_id = r.event_id AND o.person_id = op.id
	WHERE op.name_key = p.name_key AND p.name_key <> '' AND (op.nationality = p.nationality OR op.nationality IS NULL OR p.nationality IS NULL)
		AND o.id <> r.id AND o.merged_into IS NULL`

func statusCounts(ctx context.Context, q store.Querier, event ident.ID) (map[Status]int, error) {
	var rows []struct {
		Status Status `db:"status"`
		N      int    `db:"n"`
	}
	err := q.SelectContext(ctx, &rows, `SELECT status, count(*) AS n FROM registrations WHERE event_id = $1 GROUP BY status`, event)
	counts := map[Status]int{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, err
}

// everyStatus is each that the schema knows.
var everyStatus = pq.StringArray{
	"draft", "submitted", "under_review", "approved", "badge_issued", "checked_in", "departed", "returned", "waitlisted", "rejected", "withdrawn", "cancelled", "no_show", "on_hold",
}

// statusCountsUpTo counts each status, and stops at most.
func statusCountsUpTo(ctx context.Context, q store.Querier, event ident.ID, most int) (map[Status]int, error) {
	var rows []struct {
		Status Status `db:"status"`
		N      int    `db:"n"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT s.status, few.n FROM unnest($2::text[]) AS s(status), LATERAL (
			SELECT count(*) AS n FROM (SELECT 1 FROM registrations r WHERE r.event_id = $1 AND r.status = s.status LIMIT $3) each
		) few WHERE few.n > 0`, event, everyStatus, most)
	counts := map[Status]int{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, err
}

// openPairs counts the registrations of whom somebody has still to say whether they
// are registered twice.
func openPairs(ctx context.Context, q store.Querier, event ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `
		SELECT count(*) FROM (SELECT first_id FROM duplicate_pairs WHERE event_id = $1 AND settled = ''
			UNION SELECT second_id FROM duplicate_pairs WHERE event_id = $1 AND settled = '') each`, event)
	return n, err
}
