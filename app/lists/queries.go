package lists

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

func orNull(id ident.ID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != ident.Nil} }

func insertImport(ctx context.Context, q store.Querier, i Import, file []byte) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO imports (id, event_id, kind, delegation_id, file_name, file_sealed, pasted, lang, state, actor_kind, actor_id, actor_zh, actor_en, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		i.ID, i.EventID, i.Kind, orNull(i.DelegationID), i.FileName, file, i.Pasted, i.Lang, i.State, i.actor.Kind, orNull(i.actor.ID), i.By.ZH, i.By.EN, i.CreatedAt)
	return err
}

const importSelect = `
	SELECT id, event_id, kind, coalesce(delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id, file_name, pasted, lang, heads, state, rows,
		done_rows, good, bad, unchanged, fault, actor_kind, coalesce(actor_id, '00000000-0000-0000-0000-000000000000') AS actor_id, actor_zh AS "by.zh", actor_en AS "by.en",
		created_at, ended_at, version
	FROM imports `

type importRow struct {
	ID           ident.ID      `db:"id"`
	EventID      ident.ID      `db:"event_id"`
	Kind         string        `db:"kind"`
	DelegationID ident.ID      `db:"delegation_id"`
	FileName     string        `db:"file_name"`
	Pasted       bool          `db:"pasted"`
	Lang         string        `db:"lang"`
	Heads        []byte        `db:"heads"`
	State        State         `db:"state"`
	Rows         int           `db:"rows"`
	DoneRows     int           `db:"done_rows"`
	Good         int           `db:"good"`
	Bad          int           `db:"bad"`
	Unchanged    int           `db:"unchanged"`
	Fault        []byte        `db:"fault"`
	ActorKind    accounts.Kind `db:"actor_kind"`
	ActorID      ident.ID      `db:"actor_id"`
	By           locale.Text   `db:"by"`
	CreatedAt    time.Time     `db:"created_at"`
	EndedAt      *time.Time    `db:"ended_at"`
	Version      int           `db:"version"`
}

func (r importRow) imported() (Import, error) {
	i := Import{
		ID: r.ID, EventID: r.EventID, Kind: r.Kind, DelegationID: r.DelegationID, FileName: r.FileName, Pasted: r.Pasted, Lang: r.Lang, State: r.State,
		Rows: r.Rows, DoneRows: r.DoneRows, Good: r.Good, Bad: r.Bad, Unchanged: r.Unchanged, By: r.By, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt, Version: r.Version,
	}
	i.actor = actsFor(i, r.ActorKind, r.ActorID, r.DelegationID, r.By)
	if err := json.Unmarshal(r.Heads, &i.Heads); err != nil {
		return i, fmt.Errorf("read columns of list: %w", err)
	}
	if r.Fault != nil {
		var t told
		if err := json.Unmarshal(r.Fault, &t); err != nil {
			return i, fmt.Errorf("read fault of list: %w", err)
		}
		i.Fault = &fault.Field{Key: t.Key, Args: t.words()}
	}
	return i, nil
}

func importByID(ctx context.Context, q store.Querier, id ident.ID) (Import, error) {
	var r importRow
	if err := q.GetContext(ctx, &r, importSelect+`WHERE id = $1`, id); err != nil {
		return Import{}, store.Fault(err)
	}
	return r.imported()
}

func recentImports(ctx context.Context, q store.Querier, event ident.ID, kind string, delegation ident.ID) ([]Import, error) {
	var rows []importRow
	err := q.SelectContext(ctx, &rows, importSelect+`
		WHERE event_id = $1 AND kind = $2 AND delegation_id IS NOT DISTINCT FROM $3 ORDER BY created_at DESC, id DESC LIMIT 10`, event, kind, orNull(delegation))
	if err != nil {
		return nil, err
	}
	list := make([]Import, 0, len(rows))
	for _, r := range rows {
		i, err := r.imported()
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	return list, nil
}

func runningImports(ctx context.Context, q store.Querier) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `SELECT id FROM imports WHERE state IN ('reading', 'committing') ORDER BY created_at`)
	return ids, err
}

// takeTurn lets one work on an import at a time, without locking its row.
func takeTurn(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('import ' || $1::text, 0))`, id)
	return err
}

func lockImport(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM imports WHERE id = $1 FOR UPDATE`, id))
}

func updateState(ctx context.Context, q store.Querier, i Import) error {
	var why []byte
	if i.Fault != nil {
		var err error
		if why, err = json.Marshal(told{i.Fault.Key, i.Fault.Args}); err != nil {
			return fmt.Errorf("keep fault of list: %w", err)
		}
	}
	_, err := q.ExecContext(ctx, `
		UPDATE imports SET state = $2, done_rows = $3, fault = $4, ended_at = $5, version = $6, actor_kind = $7, actor_id = $8, actor_zh = $9, actor_en = $10 WHERE id = $1`,
		i.ID, i.State, i.DoneRows, nullJSON(why), i.EndedAt, i.Version, i.actor.Kind, orNull(i.actor.ID), i.By.ZH, i.By.EN)
	return err
}

func nullJSON(raw []byte) *string {
	if raw == nil {
		return nil
	}
	text := string(raw)
	return &text
}

// updateProgress notes how far a step is; false when it is not under way any more.
func updateProgress(ctx context.Context, q store.Querier, i Import, done int) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE imports SET rows = $3, done_rows = $4 WHERE id = $1 AND state = $2`, i.ID, i.State, i.Rows, done)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// updateEnd writes how a step ended; false when it is not under way any more.
func updateEnd(ctx context.Context, q store.Querier, i Import, from State) (bool, error) {
	heads, err := json.Marshal(i.Heads)
	if err != nil {
		return false, fmt.Errorf("keep columns of list: %w", err)
	}
	res, err := q.ExecContext(ctx, `
		UPDATE imports SET state = $3, heads = $4, rows = $5, done_rows = $5, good = $6, bad = $7, unchanged = $8, ended_at = $9, version = $10
		WHERE id = $1 AND state = $2`, i.ID, from, i.State, string(heads), i.Rows, i.Good, i.Bad, i.Unchanged, i.EndedAt, i.Version)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func fileOf(ctx context.Context, q store.Querier, id ident.ID) (file []byte, err error) {
	err = q.GetContext(ctx, &file, `SELECT file_sealed FROM imports WHERE id = $1 AND file_sealed IS NOT NULL`, id)
	return file, store.Fault(err)
}

// forget deletes what an import held: the file, and every line that was not taken
// over.
func forget(ctx context.Context, q store.Querier, id ident.ID) error {
	if err := forgetFile(ctx, q, id); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `DELETE FROM import_rows WHERE import_id = $1 AND NOT done`, id)
	return err
}

// forgetFile deletes the file, and the lines that came to nothing new.
func forgetFile(ctx context.Context, q store.Querier, id ident.ID) error {
	if _, err := q.ExecContext(ctx, `UPDATE imports SET file_sealed = NULL WHERE id = $1`, id); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE import_rows SET data_sealed = NULL WHERE import_id = $1 AND verdict = 'same'`, id)
	return err
}

func deleteRows(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM import_rows WHERE import_id = $1`, id)
	return err
}

// purge forgets what imports from before an instant held.
func purge(ctx context.Context, q store.Querier, before, now time.Time) error {
	if _, err := q.ExecContext(ctx, `
		DELETE FROM import_rows r USING imports i WHERE i.id = r.import_id AND i.created_at < $1 AND i.state <> 'committing'`, before); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `
		UPDATE imports SET file_sealed = NULL, ended_at = coalesce(ended_at, $2), state = CASE WHEN state IN ('reading', 'checked') THEN 'cancelled' ELSE state END
		WHERE created_at < $1 AND state <> 'committing' AND (file_sealed IS NOT NULL OR state IN ('reading', 'checked'))`, before, now)
	return err
}

// problem is what is to say about a line, as it is kept.
type problem struct {
	told
	Column  string `json:"column,omitempty"`
	Warning bool   `json:"warning,omitempty"`
}

// rowOf is a line as it is kept.
type rowOf struct {
	ID           ident.ID
	Line         int
	Verdict      delegations.Verdict
	Problems     []problem
	Data         []byte
	Registration ident.ID
	Turn         int // see line.turn
}

// arrays are the columns of many rows, to write them at once.
func arrays(rows []rowOf) (args []any, err error) {
	ids, lines, verdicts := make([]string, len(rows)), make([]int64, len(rows)), make([]string, len(rows))
	problems, data, about, turns := make([]string, len(rows)), make([][]byte, len(rows)), make([]string, len(rows)), make([]int64, len(rows))
	for n, r := range rows {
		raw, err := json.Marshal(r.Problems)
		if err != nil {
			return nil, fmt.Errorf("keep line %d: %w", r.Line, err)
		}
		ids[n], lines[n], verdicts[n] = r.ID.String(), int64(r.Line), string(r.Verdict)
		problems[n], data[n], about[n] = string(raw), r.Data, r.Registration.String()
		turns[n] = int64(r.Turn)
	}
	return []any{pq.Array(ids), pq.Array(lines), pq.Array(verdicts), pq.Array(problems), pq.ByteaArray(data), pq.Array(about), pq.Array(turns)}, nil
}

const manyRows = `unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::int[]) AS r (id, line, verdict, problems, data, about, turn)`

func insertRows(ctx context.Context, q store.Querier, id ident.ID, rows []rowOf) error {
	args, err := arrays(rows)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO import_rows (import_id, id, line, turn, verdict, problems, data_sealed, registration_id)
		SELECT $1, r.id, r.line, r.turn, r.verdict, r.problems::jsonb, r.data, NULLIF(r.about::uuid, '00000000-0000-0000-0000-000000000000') FROM `+manyRows, append([]any{id}, args...)...)
	return err
}

// updateRows writes what became of lines that were taken over, or left out then.
func updateRows(ctx context.Context, q store.Querier, id ident.ID, rows []rowOf) error {
	args, err := arrays(rows)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `
		UPDATE import_rows w SET done = true, verdict = r.verdict, problems = r.problems::jsonb, data_sealed = NULLIF(r.data, ''),
			registration_id = NULLIF(r.about::uuid, '00000000-0000-0000-0000-000000000000')
		FROM `+manyRows+` WHERE w.import_id = $1 AND w.id = r.id`, append([]any{id}, args...)...)
	return err
}

const rowSelect = `
	SELECT id, line, verdict, problems, data_sealed AS data, coalesce(registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id FROM import_rows `

func rowsWhere(ctx context.Context, q store.Querier, where string, args ...any) ([]rowOf, error) {
	var found []struct {
		ID           ident.ID            `db:"id"`
		Line         int                 `db:"line"`
		Verdict      delegations.Verdict `db:"verdict"`
		Problems     []byte              `db:"problems"`
		Data         []byte              `db:"data"`
		Registration ident.ID            `db:"registration_id"`
	}
	if err := q.SelectContext(ctx, &found, rowSelect+where, args...); err != nil {
		return nil, err
	}
	rows := make([]rowOf, len(found))
	for n, f := range found {
		rows[n] = rowOf{ID: f.ID, Line: f.Line, Verdict: f.Verdict, Data: f.Data, Registration: f.Registration}
		if err := json.Unmarshal(f.Problems, &rows[n].Problems); err != nil {
			return nil, fmt.Errorf("read line %d: %w", f.Line, err)
		}
	}
	return rows, nil
}

// goodRows answers the next lines that are still to be taken over.
func goodRows(ctx context.Context, q store.Querier, id ident.ID, most int) ([]rowOf, error) {
	return rowsWhere(ctx, q, `WHERE import_id = $1 AND verdict IN ('new', 'changed') AND NOT done ORDER BY turn, line LIMIT $2`, id, most)
}

// outcome answers how many lines an import has, how many of them were taken over, and
// how many could not be.
func outcome(ctx context.Context, q store.Querier, id ident.ID) (rows, good, bad int, err error) {
	var n struct {
		Rows int `db:"rows"`
		Good int `db:"good"`
		Bad  int `db:"bad"`
	}
	err = q.GetContext(ctx, &n, `
		SELECT count(*) AS rows, count(*) FILTER (WHERE done AND verdict NOT IN ('bad', 'duplicate')) AS good, count(*) FILTER (WHERE verdict = 'bad') AS bad
		FROM import_rows WHERE import_id = $1`, id)
	return n.Rows, n.Good, n.Bad, err
}

func badRows(ctx context.Context, q store.Querier, id ident.ID) ([]rowOf, error) {
	return rowsWhere(ctx, q, `WHERE import_id = $1 AND verdict = 'bad' ORDER BY line`, id)
}

// shownFilter narrows the lines that are looked at: those worth a look, those that
// nominate somebody, or those of one verdict.
const shownFilter = `WHERE import_id = $1 AND ($2 = '' OR $2 = 'warned' AND verdict NOT IN ('bad', 'duplicate') AND problems @> '[{"warning": true}]' OR $2 = 'nominated' AND verdict IN ('new', 'changed') AND problems @> '[{"key": "` + nominated + `"}]' OR verdict = $2) `

func shownRows(ctx context.Context, q store.Querier, id ident.ID, filter string, offset, limit int) ([]rowOf, error) {
	return rowsWhere(ctx, q, shownFilter+`ORDER BY line LIMIT $3 OFFSET $4`, id, filter, limit, offset)
}

// rowCounts answers how many lines there are of each verdict, and how many good ones
// are worth a look.
func rowCounts(ctx context.Context, q store.Querier, id ident.ID) (map[string]int, error) {
	var rows []struct {
		Verdict string `db:"verdict"`
		N       int    `db:"n"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT verdict, count(*) AS n FROM import_rows WHERE import_id = $1 GROUP BY verdict
		UNION ALL SELECT $2, count(*) FROM import_rows `+shownFilter+`
		UNION ALL SELECT 'nominated', count(*) FROM import_rows `+strings.ReplaceAll(shownFilter, "$2", "$3"), id, "warned", "nominated")
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Verdict] = r.N
	}
	return counts, err
}
