package matchmaking

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func orNull(id ident.ID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != ident.Nil} }

func upsertRules(ctx context.Context, q store.Querier, r Rules) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO matchmaking_rules (event_id, min_per_firm, max_per_delegation, max_per_firm, max_in_a_row, interpreter_in_a_row, free_slots, relay_language)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (event_id) DO UPDATE SET min_per_firm = $2, max_per_delegation = $3, max_per_firm = $4,
			max_in_a_row = $5, interpreter_in_a_row = $6, free_slots = $7, relay_language = $8`,
		r.EventID, r.MinPerFirm, r.MaxPerDelegation, r.MaxPerFirm, r.MaxInARow, r.InterpreterInARow, r.FreeSlots, r.RelayLanguage)
	return err
}

func rulesOf(ctx context.Context, q store.Querier, event ident.ID) (r Rules, err error) {
	err = q.GetContext(ctx, &r, `
		SELECT event_id, min_per_firm, max_per_delegation, max_per_firm, max_in_a_row, interpreter_in_a_row, free_slots, relay_language
		FROM matchmaking_rules WHERE event_id = $1`, event)
	return r, store.Fault(err)
}

func deleteSlots(ctx context.Context, q store.Querier, session ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM time_slots WHERE session_id = $1`, session)
	return err
}

func insertSlot(ctx context.Context, q store.Querier, s Slot) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO time_slots (event_id, id, session_id, code, part, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.EventID, s.ID, s.SessionID, s.Code, s.Part, s.StartsAt, s.EndsAt)
	return err
}

func slotsOf(ctx context.Context, q store.Querier, event ident.ID) (slots []Slot, err error) {
	err = q.SelectContext(ctx, &slots, `
		SELECT id, event_id, session_id, code, part, starts_at, ends_at FROM time_slots WHERE event_id = $1 ORDER BY starts_at, id`, event)
	return slots, err
}

func upsertRequest(ctx context.Context, q store.Querier, r Request) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO meeting_requests (event_id, id, delegation_id, firm_id, side, kind, priority, topic, reason, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT ON CONSTRAINT meeting_requests_once DO UPDATE SET priority = $7, topic = $8, reason = $9, state = $10`,
		r.EventID, r.ID, r.DelegationID, r.FirmID, r.Side, r.Kind, r.Priority, r.Topic, r.Reason, r.State, r.CreatedAt)
	return err
}

func requestsOf(ctx context.Context, q store.Querier, event ident.ID) (list []Request, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, event_id, delegation_id, firm_id, side, kind, priority, topic, reason, state, created_at
		FROM meeting_requests WHERE event_id = $1 AND state IN ('open', 'accepted') ORDER BY delegation_id, firm_id, side`, event)
	return list, err
}

func insertInterpreter(ctx context.Context, q store.Querier, i Interpreter) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO interpreters (event_id, id, code, name_zh, name_en, languages, staff_id, registration_id, delegation_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		i.EventID, i.ID, i.Code, i.NameZH, i.NameEN, pq.Array(i.Languages), orNull(i.StaffID), orNull(i.RegistrationID), orNull(i.DelegationID))
	return err
}

type interpreterRow struct {
	Interpreter
	Langs      pq.StringArray `db:"languages"`
	Delegation uuid.NullUUID  `db:"delegation_id"`
}

func interpretersOf(ctx context.Context, q store.Querier, event ident.ID) ([]Interpreter, error) {
	var rows []interpreterRow
	err := q.SelectContext(ctx, &rows, `
		SELECT id, event_id, code, name_zh, name_en, languages, delegation_id FROM interpreters WHERE event_id = $1 ORDER BY code`, event)
	list := make([]Interpreter, 0, len(rows))
	for _, r := range rows {
		r.Interpreter.Languages, r.Interpreter.DelegationID = r.Langs, r.Delegation.UUID
		list = append(list, r.Interpreter)
	}
	return list, err
}

func insertNeed(ctx context.Context, q store.Querier, delegation ident.ID, need Need) error {
	_, err := q.ExecContext(ctx, `INSERT INTO delegation_needs (delegation_id, need) VALUES ($1, $2) ON CONFLICT DO NOTHING`, delegation, need)
	return err
}

func insertAbsence(ctx context.Context, q store.Querier, id ident.ID, a Absence) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO unavailable_slots (id, event_id, slot_id, delegation_id, firm_id, interpreter_id, table_id, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, a.EventID, a.SlotID, orNull(a.DelegationID), orNull(a.FirmID), orNull(a.InterpreterID), orNull(a.TableID), a.Reason)
	return err
}

type absenceRow struct {
	SlotID        ident.ID      `db:"slot_id"`
	DelegationID  uuid.NullUUID `db:"delegation_id"`
	FirmID        uuid.NullUUID `db:"firm_id"`
	InterpreterID uuid.NullUUID `db:"interpreter_id"`
	TableID       uuid.NullUUID `db:"table_id"`
}

func absencesOf(ctx context.Context, q store.Querier, event ident.ID) (list []absenceRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT slot_id, delegation_id, firm_id, interpreter_id, table_id FROM unavailable_slots WHERE event_id = $1 ORDER BY slot_id, id`, event)
	return list, err
}

// partyRow is a delegation or a firm as the solver needs it. Languages of a
// delegation are those of its head; all holds those of every member.
type partyRow struct {
	ID        ident.ID       `db:"id"`
	Code      string         `db:"code"`
	NameZH    string         `db:"name_zh"`
	NameEN    string         `db:"name_en"`
	Country   string         `db:"country"`
	Trade     string         `db:"trade"`
	Languages pq.StringArray `db:"languages"`
	All       pq.StringArray `db:"all_languages"`
	Needs     pq.StringArray `db:"needs"`
	Group     string         `db:"competitor_group"`
	Rank      int            `db:"rank"`
}

func delegationsOf(ctx context.Context, q store.Querier, event ident.ID) (list []partyRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT d.id, d.code, coalesce(c.name_zh, d.name_zh) AS name_zh, coalesce(c.name_en, d.name_en) AS name_en,
			coalesce(c.country_code, '') AS country, '' AS trade, '' AS competitor_group,
			coalesce((SELECT p.languages FROM registrations r JOIN persons p ON p.id = r.person_id
				WHERE r.delegation_id = d.id AND r.role = 'head' AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled')), '{}') AS languages,
			coalesce((SELECT array_agg(DISTINCT l ORDER BY l) FROM registrations r JOIN persons p ON p.id = r.person_id, unnest(p.languages) l
				WHERE r.delegation_id = d.id AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled')), '{}') AS all_languages,
			coalesce((SELECT array_agg(n.need ORDER BY n.need) FROM delegation_needs n WHERE n.delegation_id = d.id), '{}') AS needs,
			coalesce(d.precedence, row_number() OVER (ORDER BY d.accepted_on NULLS LAST, d.code)::int) AS rank
		FROM delegations d LEFT JOIN cities c ON c.code = d.city_code
		WHERE d.event_id = $1 AND d.status NOT IN ('declined', 'withdrawn') ORDER BY d.code`, event)
	return list, err
}

func firmsOf(ctx context.Context, q store.Querier, event ident.ID) (list []partyRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT f.id, f.code, f.name_zh, f.name_en, '' AS country, f.competitor_group, f.languages, f.languages AS all_languages,
			coalesce((SELECT s.name_zh FROM firm_sectors fs JOIN sectors s ON s.code = fs.sector_code WHERE fs.firm_id = f.id AND fs.position = 1), '') AS trade,
			'{}'::text[] AS needs, 0 AS rank
		FROM firms f WHERE EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = f.id) ORDER BY f.code`, event)
	return list, err
}

type tableRow struct {
	ID       ident.ID `db:"id"`
	Code     string   `db:"code"`
	Room     string   `db:"room"`
	Venue    string   `db:"venue"`
	StepFree bool     `db:"step_free"`
	VIP      bool     `db:"vip"`
}

func tablesOf(ctx context.Context, q store.Querier, event ident.ID) (list []tableRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT t.id, t.code, r.code AS room, v.code AS venue, r.step_free, t.vip
		FROM meeting_tables t JOIN rooms r ON r.id = t.room_id JOIN venues v ON v.id = r.venue_id
		WHERE t.event_id = $1 ORDER BY t.code`, event)
	return list, err
}

type travelRow struct {
	From    string `db:"from_room"`
	To      string `db:"to_room"`
	Minutes int    `db:"minutes"`
}

// travelOf answers the walk between every two rooms with tables in different
// venues.
func travelOf(ctx context.Context, q store.Querier, event ident.ID) (list []travelRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT a.code AS from_room, b.code AS to_room, max(t.minutes) AS minutes
		FROM venue_travel t JOIN rooms a ON a.venue_id = t.from_id JOIN rooms b ON b.venue_id = t.to_id
		WHERE a.event_id = $1 AND b.event_id = $1 AND a.code < b.code
			AND EXISTS (SELECT 1 FROM meeting_tables m WHERE m.room_id = a.id) AND EXISTS (SELECT 1 FROM meeting_tables m WHERE m.room_id = b.id)
		GROUP BY a.code, b.code ORDER BY a.code, b.code`, event)
	return list, err
}

func insertPlan(ctx context.Context, q store.Querier, p storedPlan) (number int, err error) {
	err = q.GetContext(ctx, &number, `
		INSERT INTO plans (event_id, id, number, status, problem, solution, input_digest, placed, requested, value, bound, created_by, created_at)
		SELECT $1, $2, coalesce(max(number), 0) + 1, 'draft', $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM plans WHERE event_id = $1
		RETURNING number`,
		p.EventID, p.ID, string(p.Problem), string(p.Solution), p.InputDigest, p.Placed, p.Requested, p.Value, p.Bound, p.CreatedBy, p.CreatedAt)
	return number, err
}

const planColumns = `event_id, id, number, status, placed, requested, value, bound, created_by, created_at, published_at`

func plansOf(ctx context.Context, q store.Querier, event ident.ID) (list []Plan, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+planColumns+` FROM plans WHERE event_id = $1 ORDER BY number DESC LIMIT 50`, event)
	return list, err
}

func planByID(ctx context.Context, q store.Querier, id ident.ID) (p storedPlan, err error) {
	err = q.GetContext(ctx, &p, `SELECT `+planColumns+`, problem, solution, input_digest FROM plans WHERE id = $1`, id)
	return p, store.Fault(err)
}

// lockPublishing lets one publication of an event go at a time.
func lockPublishing(ctx context.Context, q store.Querier, event ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT 1 FROM events WHERE id = $1 FOR NO KEY UPDATE`, event)
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

func meetingsOf(ctx context.Context, q store.Querier, event ident.ID) (list []meetingRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, event_id, delegation_id, firm_id, slot_id, table_id, interpreter_id, state, must, mutual, pinned, version
		FROM meetings WHERE event_id = $1 AND state <> 'cancelled'`, event)
	return list, err
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

// Appointment rows join what a person needs to find a meeting.
const appointmentSelect = `
	SELECT m.id, m.state, m.must, m.mutual, m.version, s.starts_at, s.ends_at, t.code AS table_code, r.name_zh AS room_zh, r.name_en AS room_en,
		d.id AS delegation_id, d.code AS delegation_code, coalesce(c.name_zh, d.name_zh) AS delegation_zh, coalesce(c.name_en, d.name_en) AS delegation_en,
		coalesce(c.country_code, '') AS country,
		f.id AS firm_id, f.code AS firm_code, f.name_zh AS firm_zh, f.name_en AS firm_en,
		coalesce(i.name_zh, '') AS interpreter_zh, coalesce(i.name_en, '') AS interpreter_en
	FROM meetings m JOIN time_slots s ON s.id = m.slot_id JOIN meeting_tables t ON t.id = m.table_id JOIN rooms r ON r.id = t.room_id
		JOIN delegations d ON d.id = m.delegation_id LEFT JOIN cities c ON c.code = d.city_code JOIN firms f ON f.id = m.firm_id
		LEFT JOIN interpreters i ON i.id = m.interpreter_id
	WHERE m.state <> 'cancelled' AND `

func appointmentsOfDelegation(ctx context.Context, q store.Querier, delegation ident.ID) (list []Appointment, err error) {
	err = q.SelectContext(ctx, &list, appointmentSelect+`m.delegation_id = $1 ORDER BY s.starts_at, t.code`, delegation)
	return list, err
}

func appointmentsOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID) (list []Appointment, err error) {
	err = q.SelectContext(ctx, &list, appointmentSelect+`m.event_id = $1 AND m.firm_id = $2 ORDER BY s.starts_at, t.code`, event, firm)
	return list, err
}
