package matchmaking

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

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

func rulesOrDefault(ctx context.Context, q store.Querier, event ident.ID) (Rules, error) {
	r, err := rulesOf(ctx, q, event)
	if fault.CodeOf(err) == fault.NotFound {
		return DefaultRules(event), nil
	}
	return r, err
}

// named is what an input names; zero names nothing.
type named struct{ Session, Slot, Delegation, Firm, Interpreter, Table, Registration ident.ID }

// partOf finds out whether everything that is named belongs to an event.
//
// Fault: NotFound.
func partOf(ctx context.Context, q store.Querier, event ident.ID, n named) error {
	for _, check := range []struct {
		id    ident.ID
		query string
	}{
		{n.Session, `SELECT EXISTS (SELECT 1 FROM sessions WHERE event_id = $1 AND id = $2)`},
		{n.Slot, `SELECT EXISTS (SELECT 1 FROM time_slots WHERE event_id = $1 AND id = $2)`},
		{n.Delegation, `SELECT EXISTS (SELECT 1 FROM delegations WHERE event_id = $1 AND id = $2)`},
		{n.Firm, `SELECT EXISTS (SELECT 1 FROM event_firms WHERE event_id = $1 AND firm_id = $2)`},
		{n.Interpreter, `SELECT EXISTS (SELECT 1 FROM interpreters WHERE event_id = $1 AND id = $2)`},
		{n.Table, `SELECT EXISTS (SELECT 1 FROM meeting_tables WHERE event_id = $1 AND id = $2)`},
		{n.Registration, `SELECT EXISTS (SELECT 1 FROM registrations WHERE event_id = $1 AND id = $2)`},
	} {
		if check.id == ident.Nil {
			continue
		}
		var known bool
		if err := q.GetContext(ctx, &known, check.query, event, check.id); err != nil {
			return err
		}
		if !known {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	return nil
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

// slotsOf answers the grid with its times as the clock at the place shows them:
// the solver's days are those of the place.
func slotsOf(ctx context.Context, q store.Querier, event ident.ID) ([]Slot, error) {
	var rows []struct {
		Slot
		TimeZone string `db:"time_zone"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT t.id, t.event_id, t.session_id, t.code, t.part, t.starts_at, t.ends_at, p.time_zone
		FROM time_slots t JOIN sessions s ON s.id = t.session_id JOIN stops p ON p.id = s.stop_id
		WHERE t.event_id = $1 AND s.status NOT IN ('cancelled', 'archived') ORDER BY t.starts_at, t.id`, event)
	if err != nil {
		return nil, err
	}
	slots := make([]Slot, 0, len(rows))
	for _, r := range rows {
		zone, err := time.LoadLocation(r.TimeZone)
		if err != nil {
			return nil, err
		}
		r.StartsAt, r.EndsAt = r.StartsAt.In(zone), r.EndsAt.In(zone)
		slots = append(slots, r.Slot)
	}
	return slots, nil
}

func upsertRequest(ctx context.Context, q store.Querier, r Request) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO meeting_requests (event_id, id, delegation_id, firm_id, side, kind, priority, topic, reason, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT ON CONSTRAINT meeting_requests_once DO UPDATE SET priority = $7, topic = $8, reason = $9, state = $10
		RETURNING id`,
		r.EventID, r.ID, r.DelegationID, r.FirmID, r.Side, r.Kind, r.Priority, r.Topic, r.Reason, r.State, r.CreatedAt)
	return id, err
}

func requestsOf(ctx context.Context, q store.Querier, event ident.ID) (list []Request, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, event_id, delegation_id, firm_id, side, kind, priority, topic, reason, state, created_at
		FROM meeting_requests WHERE event_id = $1 AND state IN ('open', 'accepted') ORDER BY delegation_id, firm_id, side`, event)
	return list, err
}

// wishesOfFirm answers what a firm itself asked for, most wanted first. What the
// organiser demands or forbids is not in it.
func wishesOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID) (list []FirmWish, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT w.id, w.delegation_id, w.priority, w.topic, w.state, w.created_at,
			coalesce(c.name_zh, d.name_zh) AS "delegation.zh", coalesce(c.name_en, d.name_en) AS "delegation.en",
			coalesce(k.name_zh, '') AS "country.zh", coalesce(k.name_en, '') AS "country.en"
		FROM meeting_requests w JOIN delegations d ON d.id = w.delegation_id LEFT JOIN cities c ON c.code = d.city_code LEFT JOIN countries k ON k.code = c.country_code
		WHERE w.event_id = $1 AND w.firm_id = $2 AND w.side = 'firm' AND w.kind = 'wish' AND w.state <> 'withdrawn'
		ORDER BY w.priority, d.code`, event, firm)
	return list, err
}

// wishHasPlace tells whether the meeting that a wish asks for is in the published
// plan.
func wishHasPlace(ctx context.Context, q store.Querier, event, firm, wish ident.ID) (has bool, err error) {
	err = q.GetContext(ctx, &has, `
		SELECT EXISTS (SELECT FROM meeting_requests w JOIN meetings m ON m.event_id = w.event_id AND m.delegation_id = w.delegation_id AND m.firm_id = w.firm_id
			WHERE w.event_id = $1 AND w.firm_id = $2 AND w.id = $3 AND w.side = 'firm' AND w.kind = 'wish' AND w.state = 'open' AND m.state <> 'cancelled')`,
		event, firm, wish)
	return has, err
}

// takeWishBack withdraws an open wish of a firm.
func takeWishBack(ctx context.Context, q store.Querier, event, firm, wish ident.ID) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE meeting_requests SET state = 'withdrawn'
		WHERE event_id = $1 AND firm_id = $2 AND id = $3 AND side = 'firm' AND kind = 'wish' AND state = 'open'`, event, firm, wish))
}

// lockFirmsWishes keeps two clerks of one firm from adding wishes at once.
func lockFirmsWishes(ctx context.Context, q store.Querier, event, firm ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT 1 FROM event_firms WHERE event_id = $1 AND firm_id = $2 ORDER BY stop_id FOR UPDATE`, event, firm)
	return err
}

func upsertInterpreter(ctx context.Context, q store.Querier, i Interpreter, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO interpreters (event_id, id, code, name_zh, name_en, languages, staff_id, registration_id, delegation_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT ON CONSTRAINT interpreters_once DO UPDATE SET name_zh = $4, name_en = $5, languages = $6, staff_id = $7, registration_id = $8, delegation_id = $9
		WHERE NOT $10::boolean
		RETURNING id`,
		i.EventID, i.ID, i.Code, i.Name.ZH, i.Name.EN, pq.Array(i.Languages), store.OrNull(i.StaffID), store.OrNull(i.RegistrationID), store.OrNull(i.DelegationID), fresh)
	return id, store.Fault(err)
}

func interpretersOf(ctx context.Context, q store.Querier, event ident.ID) ([]Interpreter, error) {
	var rows []struct {
		Interpreter
		Langs        pq.StringArray `db:"languages"`
		Delegation   uuid.NullUUID  `db:"delegation_id"`
		Staff        uuid.NullUUID  `db:"staff_id"`
		Registration uuid.NullUUID  `db:"registration_id"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT id, event_id, code, name_zh AS "name.zh", name_en AS "name.en", languages, delegation_id, staff_id, registration_id
		FROM interpreters WHERE event_id = $1 ORDER BY code`, event)
	list := make([]Interpreter, 0, len(rows))
	for _, r := range rows {
		r.Languages, r.DelegationID, r.StaffID, r.RegistrationID = r.Langs, r.Delegation.UUID, r.Staff.UUID, r.Registration.UUID
		list = append(list, r.Interpreter)
	}
	return list, err
}

func insertNeed(ctx context.Context, q store.Querier, delegation ident.ID, need Need) error {
	_, err := q.ExecContext(ctx, `INSERT INTO delegation_needs (delegation_id, need) VALUES ($1, $2) ON CONFLICT DO NOTHING`, delegation, need)
	return err
}

func upsertAbsence(ctx context.Context, q store.Querier, id ident.ID, a Absence) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO unavailable_slots (id, event_id, slot_id, delegation_id, firm_id, interpreter_id, table_id, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT ON CONSTRAINT unavailable_slots_once DO UPDATE SET reason = $8`,
		id, a.EventID, a.SlotID, store.OrNull(a.DelegationID), store.OrNull(a.FirmID), store.OrNull(a.InterpreterID), store.OrNull(a.TableID), a.Reason)
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
	TradeZH   string         `db:"trade_zh"` // a firm's first sector
	TradeEN   string         `db:"trade_en"`
	Languages pq.StringArray `db:"languages"`
	All       pq.StringArray `db:"all_languages"`
	Needs     pq.StringArray `db:"needs"`
	Group     string         `db:"competitor_group"`
	Rank      int            `db:"rank"`
}

func delegationsOf(ctx context.Context, q store.Querier, event ident.ID) (list []partyRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT d.id, d.code, coalesce(c.name_zh, d.name_zh) AS name_zh, coalesce(c.name_en, d.name_en) AS name_en,
			'' AS competitor_group, '' AS trade_zh, '' AS trade_en,
			coalesce((SELECT p.languages FROM registrations r JOIN persons p ON p.id = r.person_id
				WHERE r.delegation_id = d.id AND r.role = 'head' AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL), '{}') AS languages,
			coalesce((SELECT array_agg(DISTINCT l ORDER BY l) FROM registrations r JOIN persons p ON p.id = r.person_id, unnest(p.languages) l
				WHERE r.delegation_id = d.id AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL), '{}') AS all_languages,
			coalesce((SELECT array_agg(n.need ORDER BY n.need) FROM delegation_needs n WHERE n.delegation_id = d.id), '{}') AS needs,
			coalesce(d.precedence, row_number() OVER (ORDER BY d.accepted_on NULLS LAST, d.code)::int) AS rank
		FROM delegations d LEFT JOIN cities c ON c.code = d.city_code
		WHERE d.event_id = $1 AND d.status NOT IN ('declined', 'withdrawn') ORDER BY d.code`, event)
	return list, err
}

func firmsOf(ctx context.Context, q store.Querier, event ident.ID) (list []partyRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT f.id, f.code, f.name_zh, f.name_en, f.competitor_group, f.languages, f.languages AS all_languages,
			coalesce(s.name_zh, '') AS trade_zh, coalesce(s.name_en, '') AS trade_en, '{}'::text[] AS needs, 0 AS rank
		FROM firms f LEFT JOIN firm_sectors fs ON fs.firm_id = f.id AND fs.position = 1 LEFT JOIN sectors s ON s.code = fs.sector_code
		WHERE EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = f.id) ORDER BY f.code`, event)
	return list, err
}

type tableRow struct {
	ID       ident.ID `db:"id"`
	Code     string   `db:"code"`
	Room     string   `db:"room"`
	RoomZH   string   `db:"room_zh"`
	RoomEN   string   `db:"room_en"`
	StepFree bool     `db:"step_free"`
	VIP      bool     `db:"vip"`
}

func tablesOf(ctx context.Context, q store.Querier, event ident.ID) (list []tableRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT t.id, t.code, r.code AS room, r.name_zh AS room_zh, r.name_en AS room_en, r.step_free, t.vip
		FROM meeting_tables t JOIN rooms r ON r.id = t.room_id
		WHERE t.event_id = $1 ORDER BY t.code`, event)
	return list, err
}

type travelRow struct {
	From    string `db:"from_room"`
	To      string `db:"to_room"`
	Minutes int    `db:"minutes"`
}

// travelOf answers the walk between every two rooms with tables in different
// venues. A way that was noted in one direction alone takes as long back; where
// the two differ, the longer counts.
func travelOf(ctx context.Context, q store.Querier, event ident.ID) (list []travelRow, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT a.code AS from_room, b.code AS to_room, max(t.minutes) AS minutes
		FROM rooms a JOIN rooms b ON b.event_id = a.event_id AND a.code < b.code
			JOIN venue_travel t ON (t.from_id, t.to_id) IN ((a.venue_id, b.venue_id), (b.venue_id, a.venue_id))
		WHERE a.event_id = $1
			AND EXISTS (SELECT 1 FROM meeting_tables m WHERE m.room_id = a.id) AND EXISTS (SELECT 1 FROM meeting_tables m WHERE m.room_id = b.id)
		GROUP BY a.code, b.code ORDER BY a.code, b.code`, event)
	return list, err
}
