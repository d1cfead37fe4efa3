package matchmaking

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func insertPlan(ctx context.Context, q store.Querier, p storedPlan) (number int, err error) {
	err = q.GetContext(ctx, &number, `
		INSERT INTO plans (event_id, id, number, status, problem, solution, input_digest, placed, requested, value, bound, breaks, moved, repair, proven, milliseconds, created_by, created_at)
		SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM plans WHERE event_id = $1
		RETURNING number`,
		p.EventID, p.ID, p.Status, string(p.Problem), string(p.Solution), p.InputDigest, p.Placed, p.Requested, p.Value, p.Bound,
		p.Breaks, p.Moved, p.Repair, p.Proven, p.Milliseconds, p.CreatedBy, p.CreatedAt)
	return number, err
}

const planColumns = `event_id, id, number, status, placed, requested, value, bound, breaks, moved, repair, proven, milliseconds, created_by, created_at, published_at`

func plansOf(ctx context.Context, q store.Querier, event ident.ID) (list []storedPlan, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+planColumns+`, input_digest FROM plans WHERE event_id = $1 ORDER BY number DESC LIMIT 50`, event)
	return list, err
}

func planByID(ctx context.Context, q store.Querier, event, id ident.ID) (p storedPlan, err error) {
	err = q.GetContext(ctx, &p, `SELECT `+planColumns+`, problem, solution, input_digest FROM plans WHERE event_id = $1 AND id = $2`, event, id)
	return p, store.Fault(err)
}

func publishedPlan(ctx context.Context, q store.Querier, event ident.ID) (p Plan, err error) {
	err = q.GetContext(ctx, &p, `SELECT `+planColumns+` FROM plans WHERE event_id = $1 AND status = 'published'`, event)
	return p, store.Fault(err)
}

// publishedInFull is publishedPlan with its problem and solution.
func publishedInFull(ctx context.Context, q store.Querier, event ident.ID) (p storedPlan, err error) {
	err = q.GetContext(ctx, &p, `SELECT `+planColumns+`, problem, solution, input_digest FROM plans WHERE event_id = $1 AND status = 'published'`, event)
	return p, store.Fault(err)
}

// progressOf answers how far an event's meetings have come.
func progressOf(ctx context.Context, q store.Querier, event ident.ID) (p Progress, err error) {
	err = q.GetContext(ctx, &p, `
		SELECT EXISTS (SELECT FROM time_slots WHERE event_id = $1) AS has_slots,
			(SELECT published_at FROM plans WHERE event_id = $1 AND status = 'published') AS published_at`, event)
	return p, err
}

// lockPublishing lets one run or publication of an event be written at a time.
func lockPublishing(ctx context.Context, q store.Querier, event ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT 1 FROM events WHERE id = $1 FOR NO KEY UPDATE`, event)
	return err
}

// solverLock is held by the one run of the installation. The number only has to
// differ from other locks of the same database.
const solverLock = 5_872_310_472

// lockSolver waits for the lock, which lasts as long as the connection's session.
func lockSolver(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(solverLock))
	return err
}

func setPublished(ctx context.Context, q store.Querier, p ident.ID, event ident.ID, at time.Time) error {
	if _, err := q.ExecContext(ctx, `UPDATE plans SET status = 'superseded' WHERE event_id = $1 AND status = 'published'`, event); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE plans SET status = 'published', published_at = $2 WHERE id = $1`, p, at)
	return err
}

type meetingRow struct {
	ID            ident.ID      `db:"id"`
	EventID       ident.ID      `db:"event_id"`
	DelegationID  ident.ID      `db:"delegation_id"`
	FirmID        ident.ID      `db:"firm_id"`
	SlotID        ident.ID      `db:"slot_id"`
	TableID       ident.ID      `db:"table_id"`
	InterpreterID uuid.NullUUID `db:"interpreter_id"`
	State         string        `db:"state"`
	Must          bool          `db:"must"`
	Mutual        bool          `db:"mutual"`
	Pinned        bool          `db:"pinned"`
	Version       int           `db:"version"`
}

// begun tells whether the meeting's own state says that it took place or was to.
func (m meetingRow) begun() bool {
	switch m.State {
	case "proposed", "scheduled", "confirmed", "rescheduled":
		return false
	}
	return true
}

func meetingsOf(ctx context.Context, q store.Querier, event ident.ID) (list []meetingRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, event_id, delegation_id, firm_id, slot_id, table_id, interpreter_id, state, must, mutual, pinned, version
		FROM meetings WHERE event_id = $1 AND state <> 'cancelled' ORDER BY id`, event)
	return list, err
}

// firmMeeting is a meeting with whether its time has come.
type firmMeeting struct {
	meetingRow
	Began bool `db:"began"`
}

func meetingsOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID, now time.Time) (list []firmMeeting, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT m.id, m.event_id, m.delegation_id, m.firm_id, m.slot_id, m.table_id, m.interpreter_id, m.state, m.must, m.mutual, m.pinned, m.version, t.starts_at <= $3 AS began
		FROM meetings m JOIN time_slots t ON t.id = m.slot_id WHERE m.event_id = $1 AND m.firm_id = $2 AND m.state <> 'cancelled' ORDER BY m.id`, event, firm, now)
	return list, err
}

// withdrawRequestsOfFirm ends what was asked of a firm or by it, by whichever side.
func withdrawRequestsOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID) (int64, error) {
	res, err := q.ExecContext(ctx, `UPDATE meeting_requests SET state = 'withdrawn' WHERE event_id = $1 AND firm_id = $2 AND state IN ('open', 'accepted')`, event, firm)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func upsertMeeting(ctx context.Context, q store.Querier, m meetingRow, plan ident.ID) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO meetings (event_id, id, delegation_id, firm_id, slot_id, table_id, interpreter_id, state, must, mutual, plan_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'scheduled', $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET slot_id = $5, table_id = $6, interpreter_id = $7, must = $8, mutual = $9, plan_id = $10,
			state = CASE WHEN meetings.slot_id <> $5 THEN 'rescheduled' ELSE meetings.state END,
			version = meetings.version + 1`,
		m.EventID, m.ID, m.DelegationID, m.FirmID, m.SlotID, m.TableID, m.InterpreterID, m.Must, m.Mutual, plan)
	return err
}

func cancelMeeting(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE meetings SET state = 'cancelled', version = version + 1 WHERE id = $1`, id)
	return err
}

// Whose appointments; each takes its ids from $1 on.
const (
	appointmentsOfDelegation   = `m.delegation_id = $1`
	appointmentsOfFirm         = `m.event_id = $1 AND m.firm_id = $2`
	appointmentsInterpretedBy  = `i.registration_id = $1`
	appointmentsDeserted       = `m.event_id = $1 AND EXISTS (SELECT 1 FROM registrations g WHERE g.id = i.registration_id AND ` + interpreterGone + `)`
	appointmentsOfRegistration = `EXISTS (SELECT 1 FROM registrations r WHERE r.id = $1 AND r.event_id = m.event_id
		AND r.status NOT IN ('draft', 'rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
		AND (r.delegation_id = m.delegation_id AND r.role <> 'press' AND r.role <> 'companion' OR r.firm_id = m.firm_id OR i.registration_id = r.id))`
)

// interpreterGone holds for an interpreter i who registered as g and does not come, or
// not with the delegation for which they interpret.
const interpreterGone = `(g.status IN ('draft', 'rejected', 'withdrawn', 'cancelled', 'departed', 'no_show') OR g.replaced_by IS NOT NULL
	OR i.delegation_id IS NOT NULL AND g.delegation_id IS DISTINCT FROM i.delegation_id)`

// appointmentsOf joins what a person needs to find a meeting. Meetings are what
// was published: nothing of a draft is among them.
func appointmentsOf(ctx context.Context, q store.Querier, whose string, ids ...any) (list []Appointment, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT m.id, m.state, m.must, m.mutual, m.version, s.starts_at, s.ends_at, p.time_zone, t.code AS table_code,
			r.name_zh AS "room.zh", r.name_en AS "room.en",
			d.id AS delegation_id, coalesce(c.name_zh, d.name_zh) AS "delegation.zh", coalesce(c.name_en, d.name_en) AS "delegation.en",
			coalesce(n.name_zh, '') AS "country.zh", coalesce(n.name_en, '') AS "country.en",
			f.id AS firm_id, f.name_zh AS "firm.zh", f.name_en AS "firm.en",
			coalesce(i.name_zh, '') AS "interpreter.zh", coalesce(i.name_en, '') AS "interpreter.en",
			EXISTS (SELECT 1 FROM registrations g WHERE g.id = i.registration_id AND `+interpreterGone+`) AS deserted
		FROM meetings m JOIN time_slots s ON s.id = m.slot_id JOIN sessions n1 ON n1.id = s.session_id JOIN stops p ON p.id = n1.stop_id
			JOIN meeting_tables t ON t.id = m.table_id JOIN rooms r ON r.id = t.room_id
			JOIN delegations d ON d.id = m.delegation_id LEFT JOIN cities c ON c.code = d.city_code LEFT JOIN countries n ON n.code = c.country_code
			JOIN firms f ON f.id = m.firm_id LEFT JOIN interpreters i ON i.id = m.interpreter_id
		WHERE m.state <> 'cancelled' AND `+whose+` ORDER BY s.starts_at, t.code`, ids...)
	return list, err
}

func figuresOf(ctx context.Context, q store.Querier, event ident.ID) (f Figures, err error) {
	err = q.GetContext(ctx, &f, `
		WITH pairs AS (
			SELECT delegation_id, firm_id, bool_or(kind <> 'never') AS asked, bool_or(kind = 'never') AS never, bool_or(kind = 'must') AS must
			FROM meeting_requests WHERE event_id = $1 AND state IN ('open', 'accepted') GROUP BY delegation_id, firm_id)
		SELECT count(*) FILTER (WHERE asked) AS wishes, count(*) FILTER (WHERE asked AND never) AS blocked,
			count(*) FILTER (WHERE must AND NOT never) AS musts,
			count(DISTINCT delegation_id) FILTER (WHERE asked) AS delegations, count(DISTINCT firm_id) FILTER (WHERE asked) AS firms,
			(SELECT count(*) FROM time_slots WHERE event_id = $1) AS slots, (SELECT count(*) FROM meeting_tables WHERE event_id = $1) AS tables,
			(SELECT count(*) FROM interpreters WHERE event_id = $1) AS interpreters
		FROM pairs`, event)
	return f, err
}
