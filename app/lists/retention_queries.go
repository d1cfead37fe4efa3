package lists

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/lib/pq"

	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

// Retention is what of lists is not kept for ever: that somebody brought one, with
// the file's name. What was in it goes after a week already, see Purge, and lines about
// somebody who is erased go with them. It has to come before what forgets by what those
// lines would be known.
func Retention(box *seal.Box) []retention.Task {
	task := retention.Statement(retention.Persons, retention.Rows{Table: "imports", Where: "event_id = $1"})
	task.Erase = func(ctx context.Context, tx store.Querier, event, registration ident.ID) (int, error) {
		lines, err := linesAbout(ctx, tx, box, event, registration)
		if err != nil || len(lines) == 0 {
			return 0, err
		}
		return len(lines), dropLines(ctx, tx, lines)
	}
	return []retention.Task{task}
}

// linesAbout answers the lines of an event's lists that are about somebody: those that
// were found to be, and those that name the same address or passport.
func linesAbout(ctx context.Context, q store.Querier, box *seal.Box, event, registration ident.ID) ([]string, error) {
	marks, err := delegations.MarksOf(ctx, q, box, registration)
	if err != nil {
		return nil, err
	}
	rows, err := rowsWhere(ctx, q, `WHERE import_id IN (SELECT id FROM imports WHERE event_id = $1 AND kind = 'members') AND (registration_id = $2 OR NOT done)`, event, registration)
	if err != nil {
		return nil, fmt.Errorf("read lines of lists: %w", err)
	}
	var about []string
	for _, row := range rows {
		same := row.Registration == registration
		if !same && row.Data != nil {
			var k kept
			raw, err := box.Open(row.Data, rowPlace(row.ID))
			if err == nil {
				err = json.Unmarshal(raw, &k)
			}
			if err != nil {
				return nil, fmt.Errorf("read line %d: %w", row.Line, err)
			}
			same = marks.Are(k.Values["email"], delegations.Passport{Number: k.Values["passport.number"], Issuer: cmp.Or(k.Values["passport.issuer"], k.Values["nationality"])})
		}
		if same {
			about = append(about, row.ID.String())
		}
	}
	return about, nil
}

// dropLines deletes lines, the files that they stood in, and counts anew what waits.
func dropLines(ctx context.Context, q store.Querier, lines []string) error {
	var lists []string
	if err := q.SelectContext(ctx, &lists, `SELECT DISTINCT import_id::text FROM import_rows WHERE id = ANY ($1::uuid[])`, pq.Array(lines)); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM import_rows WHERE id = ANY ($1::uuid[])`, pq.Array(lines)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `
		UPDATE imports i SET file_sealed = CASE WHEN state = 'reading' THEN file_sealed END,
			rows = CASE WHEN state = 'checked' THEN n.all ELSE i.rows END, done_rows = CASE WHEN state = 'checked' THEN n.all ELSE i.done_rows END,
			good = CASE WHEN state = 'checked' THEN n.good ELSE i.good END, bad = CASE WHEN state = 'checked' THEN n.bad ELSE i.bad END,
			unchanged = CASE WHEN state = 'checked' THEN n.same ELSE i.unchanged END
		FROM (
			SELECT l.id, count(r.id) AS all, count(*) FILTER (WHERE verdict IN ('new', 'changed')) AS good, count(*) FILTER (WHERE verdict = 'bad') AS bad,
				count(*) FILTER (WHERE verdict = 'same') AS same
			FROM unnest($1::uuid[]) AS l (id) LEFT JOIN import_rows r ON r.import_id = l.id GROUP BY l.id) n
		WHERE i.id = n.id`, pq.Array(lists))
	return err
}
