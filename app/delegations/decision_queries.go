package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// countIn counts how many of some IDs are registrations of an event.
func countIn(ctx context.Context, q store.Querier, event ident.ID, ids []ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM registrations WHERE id = ANY($1) AND event_id = $2`, pq.Array(ids), event)
	return n, err
}

func insertDecision(ctx context.Context, q store.Querier, d Decision) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO decisions (event_id, id, decision, reason, by_id, by_kind, by_zh, by_en, requested_at, due_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.EventID, d.ID, d.Decision, d.Reason, d.ByID, d.ByKind, d.By.ZH, d.By.EN, d.RequestedAt, d.DueAt)
	return err
}

// insertItems puts registrations into a decision, but for those about which
// another waits, and answers how many those are.
func insertItems(ctx context.Context, q store.Querier, decision ident.ID, ids []ident.ID, versions []int) (int, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO decision_items (decision_id, registration_id, version)
		SELECT $1, r.id, coalesce(nullif(seen.version, 0), r.version) FROM registrations r JOIN unnest($2::uuid[], $3::integer[]) AS seen (id, version) ON seen.id = r.id ORDER BY r.queue_no
		ON CONFLICT DO NOTHING`, decision, pq.Array(ids), pq.Array(versions))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

const decisionSelect = `
	SELECT d.id, d.event_id, d.decision, d.reason, d.by_id, d.by_kind, d.by_zh AS "by.zh", d.by_en AS "by.en", d.requested_at, d.due_at, d.undone_at, d.applied_at,
		i.items, i.applied, i.refused
	FROM decisions d, LATERAL (SELECT count(*) AS items, count(*) FILTER (WHERE outcome = 'applied') AS applied, count(*) FILTER (WHERE outcome = 'refused') AS refused
		FROM decision_items WHERE decision_id = d.id) i `

func decisionByID(ctx context.Context, q store.Querier, id ident.ID) (d Decision, err error) {
	err = q.GetContext(ctx, &d, decisionSelect+`WHERE d.id = $1`, id)
	return d, store.Fault(err)
}

func latestDecisions(ctx context.Context, q store.Querier, event ident.ID, most int) (list []Decision, err error) {
	err = q.SelectContext(ctx, &list, decisionSelect+`WHERE d.event_id = $1 ORDER BY d.requested_at DESC, d.id DESC LIMIT $2`, event, most)
	return list, err
}

func dueDecisions(ctx context.Context, q store.Querier, at time.Time) (list []Decision, err error) {
	err = q.SelectContext(ctx, &list, decisionSelect+`WHERE d.due_at <= $1 AND d.undone_at IS NULL AND d.applied_at IS NULL ORDER BY d.due_at, d.id`, at)
	return list, err
}

func lockDecision(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM decisions WHERE id = $1 FOR NO KEY UPDATE`, id))
}

// updateUndone ends a decision that nobody carried out.
func updateUndone(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		WITH items AS (UPDATE decision_items SET outcome = 'undone' WHERE decision_id = $1 AND outcome = '')
		UPDATE decisions SET undone_at = $2 WHERE id = $1`, id, at)
	return err
}

func waitingItems(ctx context.Context, q store.Querier, decision ident.ID) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT i.registration_id FROM decision_items i JOIN registrations r ON r.id = i.registration_id
		WHERE i.decision_id = $1 AND i.outcome = '' ORDER BY r.queue_no`, decision)
	return ids, err
}

// lockItem tells whether a registration of a decision still waits for it, and in
// which version it was decided about, and keeps others from carrying it out. The decision cannot be undone meanwhile.
func lockItem(ctx context.Context, q store.Querier, decision, registration ident.ID) (waits bool, version int, err error) {
	var decided []ident.ID
	var found []int
	err = q.SelectContext(ctx, &decided, `SELECT id FROM decisions WHERE id = $1 AND undone_at IS NULL FOR SHARE`, decision)
	if err != nil || len(decided) == 0 {
		return false, 0, err
	}
	err = q.SelectContext(ctx, &found, `
		SELECT version FROM decision_items WHERE decision_id = $1 AND registration_id = $2 AND outcome = '' FOR UPDATE SKIP LOCKED`, decision, registration)
	if err != nil || len(found) == 0 {
		return false, 0, err
	}
	return true, found[0], nil
}

func updateItem(ctx context.Context, q store.Querier, decision, registration ident.ID, outcome, key string, args []string) error {
	_, err := q.ExecContext(ctx, `
		UPDATE decision_items SET outcome = $3, fault_key = $4, fault_args = $5 WHERE decision_id = $1 AND registration_id = $2 AND outcome = ''`,
		decision, registration, outcome, key, pq.Array(orEmpty(args)))
	return err
}

// updateTried counts a try that failed, and refuses the decision with the last one.
func updateTried(ctx context.Context, q store.Querier, decision, registration ident.ID, most int) error {
	_, err := q.ExecContext(ctx, `
		UPDATE decision_items SET tries = tries + 1, outcome = CASE WHEN tries + 1 >= $3 THEN 'refused' ELSE '' END,
			fault_key = CASE WHEN tries + 1 >= $3 THEN 'error.internal' ELSE '' END
		WHERE decision_id = $1 AND registration_id = $2 AND outcome = ''`, decision, registration, most)
	return err
}

func finishDecision(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE decisions SET applied_at = $2 WHERE id = $1 AND undone_at IS NULL AND applied_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM decision_items WHERE decision_id = $1 AND outcome = '')`, id, at)
	return err
}

type refusedItem struct {
	RegistrationID ident.ID       `db:"registration_id"`
	FaultKey       string         `db:"fault_key"`
	FaultArgs      pq.StringArray `db:"fault_args"`
}

func refusedItems(ctx context.Context, q store.Querier, decision ident.ID) (list []refusedItem, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT i.registration_id, i.fault_key, i.fault_args FROM decision_items i JOIN registrations r ON r.id = i.registration_id
		WHERE i.decision_id = $1 AND i.outcome = 'refused' ORDER BY r.queue_no`, decision)
	return list, err
}
