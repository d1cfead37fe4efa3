package privacy

import (
	"context"
	"time"

	"github.com/google/uuid"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func rules(ctx context.Context, q store.Querier) (list []Rule, err error) {
	err = q.SelectContext(ctx, &list, `SELECT class, days, default_days, changed_at, changed_by FROM retention_rules ORDER BY default_days, class`)
	return list, err
}

func updateRule(ctx context.Context, q store.Querier, class string, days int, at time.Time, by string) error {
	_, err := q.ExecContext(ctx, `UPDATE retention_rules SET days = $2, changed_at = $3, changed_by = $4 WHERE class = $1`, class, days, at, by)
	return err
}

func insertPurge(ctx context.Context, q store.Querier, id, event ident.ID, p Purged) error {
	_, err := q.ExecContext(ctx, `INSERT INTO purges (id, class, event_id, at, rows) VALUES ($1, $2, $3, $4, $5)`, id, p.Class, event, p.At, p.Rows)
	return err
}

func lastPurges(ctx context.Context, q store.Querier, event ident.ID) (list []Purged, err error) {
	err = q.SelectContext(ctx, &list, `SELECT DISTINCT ON (class) class, at, rows FROM purges WHERE event_id = $1 ORDER BY class, at DESC`, event)
	return list, err
}

// claimRun makes the caller the one who purges today.
func claimRun(ctx context.Context, q store.Querier, at, stale time.Time) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO purge_runs AS r (day, begun_at) VALUES (($1::timestamptz AT TIME ZONE 'UTC')::date, $1)
		ON CONFLICT (day) DO UPDATE SET begun_at = $1 WHERE r.ended_at IS NULL AND r.begun_at < $2`, at, stale)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func endRun(ctx context.Context, q store.Querier, begun, ended time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE purge_runs SET ended_at = $2 WHERE day = ($1::timestamptz AT TIME ZONE 'UTC')::date`, begun, ended)
	return err
}

func lastRun(ctx context.Context, q store.Querier) (at *time.Time, err error) {
	err = q.GetContext(ctx, &at, `SELECT max(ended_at) FROM purge_runs`)
	return at, err
}

func registrationByReference(ctx context.Context, q store.Querier, event ident.ID, reference string) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `SELECT id FROM registrations WHERE event_id = $1 AND upper(reference) = upper($2)`, event, reference)
	return id, store.Fault(err)
}

func insertHold(ctx context.Context, q store.Querier, h Hold) error {
	_, err := q.ExecContext(ctx, `INSERT INTO legal_holds (id, event_id, registration_id, reason, placed_at, placed_by) VALUES ($1, $2, $3, $4, $5, $6)`,
		h.ID, h.EventID, uuid.NullUUID{UUID: h.RegistrationID, Valid: h.RegistrationID != ident.Nil}, h.Reason, h.PlacedAt, h.PlacedBy)
	return err
}

func liftHold(ctx context.Context, q store.Querier, event, id ident.ID, at time.Time, by string) error {
	res, err := q.ExecContext(ctx, `UPDATE legal_holds SET lifted_at = $3, lifted_by = $4 WHERE event_id = $1 AND id = $2 AND lifted_at IS NULL`, event, id, at, by)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.New(fault.NotFound, "error.not_found")
}

func holdsOf(ctx context.Context, q store.Querier, event ident.ID) (list []Hold, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT h.id, h.event_id, coalesce(h.registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id, coalesce(r.reference, '') AS reference,
			h.reason, h.placed_at, h.placed_by, h.lifted_at, h.lifted_by
		FROM legal_holds h LEFT JOIN registrations r ON r.id = h.registration_id
		WHERE h.event_id = $1 ORDER BY h.lifted_at IS NOT NULL, h.placed_at DESC, h.id LIMIT 200`, event)
	return list, err
}

func eventHeld(ctx context.Context, q store.Querier, event ident.ID) (held bool, err error) {
	err = q.GetContext(ctx, &held, `SELECT EXISTS (SELECT 1 FROM legal_holds WHERE event_id = $1 AND registration_id IS NULL AND lifted_at IS NULL)`, event)
	return held, err
}
