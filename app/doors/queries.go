package doors

import (
	"context"
	"strings"
	"time"

	"github.com/lib/pq"

	"qianshou/app/badges"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

const gateColumns = `g.event_id, g.id, g.code, g.name_zh AS "name.zh", g.name_en AS "name.en", g.zone_id,
	COALESCE(g.session_id, '00000000-0000-0000-0000-000000000000') AS session_id, g.direction, g.open,
	z.name_zh AS "zone.zh", z.name_en AS "zone.en", z.code AS zone_code`

func gateByID(ctx context.Context, q store.Querier, id ident.ID) (g Gate, err error) {
	err = q.GetContext(ctx, &g, `SELECT `+gateColumns+` FROM gates g JOIN zones z ON z.id = g.zone_id WHERE g.id = $1`, id)
	return g, store.Fault(err)
}

func gatesOf(ctx context.Context, q store.Querier, event ident.ID, since time.Time) (list []Gate, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT `+gateColumns+`, COALESCE(s.title_zh, '') AS "session.zh", COALESCE(s.title_en, '') AS "session.en",
			(SELECT count(*) FROM devices d WHERE d.gate_id = g.id AND d.secret_hash IS NOT NULL AND d.revoked_at IS NULL) AS devices,
			(SELECT count(*) FROM scans c WHERE c.gate_id = g.id AND c.judged_at > $2) AS last_scans
		FROM gates g JOIN zones z ON z.id = g.zone_id LEFT JOIN sessions s ON s.id = g.session_id
		WHERE g.event_id = $1 ORDER BY g.code`, event, since)
	return list, err
}

// placesBelong tells whether a gate's zone and session are its event's.
func placesBelong(ctx context.Context, q store.Querier, g Gate) (ok bool, err error) {
	err = q.GetContext(ctx, &ok, `
		SELECT EXISTS (SELECT 1 FROM zones WHERE id = $1 AND event_id = $3)
			AND ($2::uuid IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id = $2 AND event_id = $3))`, g.ZoneID, store.OrNull(g.SessionID), g.EventID)
	return ok, err
}

func insertGate(ctx context.Context, q store.Querier, g Gate) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO gates (event_id, id, code, name_zh, name_en, zone_id, session_id, direction) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		g.EventID, g.ID, g.Code, g.Name.ZH, g.Name.EN, g.ZoneID, store.OrNull(g.SessionID), g.Direction)
	return err
}

func updateGate(ctx context.Context, q store.Querier, g Gate) (found bool, err error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE gates SET name_zh = $3, name_en = $4, zone_id = $5, session_id = $6, direction = $7 WHERE id = $1 AND event_id = $2`,
		g.ID, g.EventID, g.Name.ZH, g.Name.EN, g.ZoneID, store.OrNull(g.SessionID), g.Direction))
}

func updateOpen(ctx context.Context, q store.Querier, gate ident.ID, open bool) error {
	_, err := q.ExecContext(ctx, `UPDATE gates SET open = $2 WHERE id = $1`, gate, open)
	return err
}

// post is a gate with all that a scan there asks of the place.
type post struct {
	Gate
	EventNumber  int            `db:"event_number"`
	TimeZone     string         `db:"time_zone"`
	StartsOn     time.Time      `db:"starts_on"`
	EndsOn       time.Time      `db:"ends_on"`
	AntiPassback bool           `db:"anti_passback"`
	Capacity     int            `db:"capacity"`
	EscortFor    pq.StringArray `db:"escort_for"`
	PublicKey    []byte         `db:"public_key"` // of the token's signing key; nil when the ring lacks it
}

// event is as much of the gate's event as its days need.
func (p post) event() events.Event {
	return events.Event{TimeZone: p.TimeZone, StartsOn: p.StartsOn, EndsOn: p.EndsOn}
}

// postsOf finds the gate of an ID, or all of a code.
func postsOf(ctx context.Context, q store.Querier, id ident.ID, code string, key int) (list []post, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT `+gateColumns+`, e.number AS event_number, e.time_zone, e.starts_on, e.ends_on,
			z.anti_passback, COALESCE(z.capacity, 0) AS capacity, z.escort_for, k.public_key
		FROM gates g JOIN zones z ON z.id = g.zone_id JOIN events e ON e.id = g.event_id LEFT JOIN signing_keys k ON k.id = $3
		WHERE g.id = $1 OR $1 = '00000000-0000-0000-0000-000000000000' AND g.code = $2`, id, code, key)
	return list, err
}

const personColumns = `r.id AS registration_id, r.reference, trim(p.given_name || ' ' || p.family_name) AS name, p.name_native, p.name_zh, r.role,
	r.title_zh AS "title.zh", r.title_en AS "title.en", r.organisation,
	COALESCE(d.name_zh, '') AS "delegation.zh", COALESCE(d.name_en, '') AS "delegation.en",
	COALESCE(co.name_zh, '') AS "country.zh", COALESCE(co.name_en, '') AS "country.en",
	COALESCE((SELECT f.id FROM files f WHERE f.registration_id = r.id AND f.purpose = 'photo' AND f.deleted_at IS NULL AND NOT f.waits), '00000000-0000-0000-0000-000000000000') AS photo_id`

const personTables = ` registrations r JOIN persons p ON p.id = r.person_id
	LEFT JOIN delegations d ON d.id = r.delegation_id LEFT JOIN cities c ON c.code = d.city_code
	LEFT JOIN countries co ON co.code = COALESCE(c.country_code, p.nationality)`

// credential is a badge with its holder.
type credential struct {
	Person
	ID         ident.ID       `db:"id"`
	State      badges.State   `db:"state"`
	ValidFrom  time.Time      `db:"valid_from"`
	ValidTo    time.Time      `db:"valid_to"`
	ExtraZones pq.StringArray `db:"extra_zones"`
	Zones      pq.StringArray `db:"zones"`
	DayList    pq.Int64Array  `db:"days"`
}

func (c credential) days() (days []int) {
	for _, d := range c.DayList {
		days = append(days, int(d))
	}
	return days
}

func (c credential) person() *Person {
	if c.RegistrationID == ident.Nil {
		return nil
	}
	p := c.Person
	return &p
}

const credentialColumns = `b.id, b.serial, b.badge_type, bt.name_zh AS "badge.zh", bt.name_en AS "badge.en", b.state, b.valid_from, b.valid_to,
	b.extra_zones, b.days, bt.zones, ` + personColumns

const credentialTables = ` badges b JOIN badge_types bt ON bt.event_id = b.event_id AND bt.code = b.badge_type
	JOIN ` + personTables + ` ON r.id = b.registration_id`

// locked finds a badge and locks its holder's registration, so that the scans of
// one person are judged one after the other; whoever changes the registration or
// its badges locks it first as well. What the badge is, is read after that.
func locked(ctx context.Context, q store.Querier, where string, args ...any) (c credential, found bool, err error) {
	var ids []ident.ID
	err = q.SelectContext(ctx, &ids, `SELECT b.id FROM badges b JOIN registrations r ON r.id = b.registration_id WHERE `+where+` LIMIT 1 FOR NO KEY UPDATE OF r`, args...)
	if err != nil || len(ids) == 0 {
		return c, false, err
	}
	err = q.GetContext(ctx, &c, `SELECT `+credentialColumns+` FROM (`+credentialTables+`) WHERE b.id = $1`, ids[0])
	return c, err == nil, err
}

func credentialByToken(ctx context.Context, q store.Querier, event ident.ID, secret []byte) (credential, bool, error) {
	return locked(ctx, q, `b.event_id = $1 AND b.credential = $2`, event, secret)
}

// credentialByReference finds the badge of a typed serial, or the living one of a
// registration's reference, or its last one; or the person alone, who has none yet.
func credentialByReference(ctx context.Context, q store.Querier, event ident.ID, typed string) (credential, bool, error) {
	c, found, err := locked(ctx, q, `b.event_id = $1 AND b.serial = $2`, event, typed)
	if err != nil || found {
		return c, found, err
	}
	c, found, err = locked(ctx, q, `b.event_id = $1 AND r.reference = $2
		ORDER BY b.state IN ('active', 'suspended', 'produced', 'requested') DESC, b.issued_at DESC`, event, typed)
	if err != nil || found {
		return c, found, err
	}
	return withoutBadge(ctx, q, `r.event_id = $1 AND r.reference = $2`, event, typed)
}

// credentialOf finds a person of the event with their latest badge, if they have
// one.
func credentialOf(ctx context.Context, q store.Querier, event, registration ident.ID) (c credential, found bool, err error) {
	c, found, err = locked(ctx, q, `b.event_id = $1 AND r.id = $2 ORDER BY b.issued_at DESC`, event, registration)
	if err != nil || found {
		return c, found, err
	}
	return withoutBadge(ctx, q, `r.event_id = $1 AND r.id = $2`, event, registration)
}

// withoutBadge finds a person who holds no badge; its ID and state are empty.
func withoutBadge(ctx context.Context, q store.Querier, where string, args ...any) (c credential, found bool, err error) {
	var rows []credential
	err = q.SelectContext(ctx, &rows, `
		SELECT r.badge_type, bt.name_zh AS "badge.zh", bt.name_en AS "badge.en", `+personColumns+`
		FROM `+personTables+` JOIN badge_types bt ON bt.event_id = r.event_id AND bt.code = r.badge_type
		WHERE `+where, args...)
	if err != nil || len(rows) == 0 {
		return c, false, err
	}
	return rows[0], true, nil
}

func personOf(ctx context.Context, q store.Querier, registration, badge ident.ID) (*Person, error) {
	var p Person
	err := q.GetContext(ctx, &p, `
		SELECT `+personColumns+`, COALESCE(b.serial, '') AS serial, bt.code AS badge_type, bt.name_zh AS "badge.zh", bt.name_en AS "badge.en"
		FROM `+personTables+` LEFT JOIN badges b ON b.id = $2
			JOIN badge_types bt ON bt.event_id = r.event_id AND bt.code = COALESCE(b.badge_type, r.badge_type)
		WHERE r.id = $1`, registration, badge)
	return &p, store.Fault(err)
}

// endedOf answers why a registration ended; who was replaced by somebody who was
// replaced themselves is told the last of them.
func endedOf(ctx context.Context, q store.Querier, registration ident.ID) (e Ended, found bool, err error) {
	var rows []Ended
	err = q.SelectContext(ctx, &rows, `
		WITH RECURSIVE held AS (
			SELECT coalesce(replaced_by, merged_into) AS id FROM registrations WHERE id = $1
			UNION SELECT coalesce(r.replaced_by, r.merged_into) FROM registrations r JOIN held h ON h.id = r.id)
		SELECT CASE WHEN p.pseudonymous THEN 'erased' WHEN r.replaced_by IS NOT NULL THEN 'replaced' WHEN r.merged_into IS NOT NULL THEN 'merged' ELSE r.status END AS how,
			r.decided_at AS at, coalesce(o.reference, '') AS reference, coalesce(trim(n.given_name || ' ' || n.family_name), '') AS "called.latin",
			coalesce(n.name_native, '') AS "called.native", coalesce(n.name_zh, '') AS "called.zh",
			coalesce((SELECT b.serial FROM badges b WHERE b.registration_id = o.id AND b.state = 'active' LIMIT 1), '') AS serial
		FROM registrations r JOIN persons p ON p.id = r.person_id
			LEFT JOIN registrations o ON o.replaced_by IS NULL AND o.merged_into IS NULL AND o.id IN (SELECT id FROM held)
			LEFT JOIN persons n ON n.id = o.person_id
		WHERE r.id = $1 AND (p.pseudonymous OR r.status IN ('cancelled', 'withdrawn', 'rejected', 'departed'))`, registration)
	if err != nil || len(rows) == 0 {
		return e, false, err
	}
	return rows[0], true, nil
}

// trail is what is known of a badge and its holder at a gate.
type trail struct {
	BeforeGranted bool        `db:"before_granted"`
	BeforeCode    Code        `db:"before_code"` // empty: not read here a moment ago
	OnList        bool        `db:"on_list"`
	Escorted      bool        `db:"escorted"`
	Since         *time.Time  `db:"since"` // nil: not inside
	SinceGate     locale.Text `db:"gate"`
}

func trailOf(ctx context.Context, q store.Querier, g post, c credential, f Facts) (t trail, err error) {
	err = q.GetContext(ctx, &t, `
		SELECT COALESCE(b.granted, false) AS before_granted, COALESCE(b.code, '') AS before_code,
			EXISTS (SELECT 1 FROM session_people WHERE session_id = $4 AND registration_id = $3 AND part = 'listed') AS on_list,
			EXISTS (SELECT 1 FROM scans s JOIN badges o ON o.id = s.badge_id
				WHERE s.gate_id = $1 AND s.judged_at > $6 AND s.judged_at <= $7 AND s.granted AND s.direction = 'in' AND o.badge_type = $8) AS escorted,
			i.since, COALESCE(w.name_zh, '') AS "gate.zh", COALESCE(w.name_en, '') AS "gate.en"
		FROM (SELECT) one
		LEFT JOIN LATERAL (SELECT granted, code FROM scans
			WHERE badge_id = $2 AND gate_id = $1 AND direction = $9 AND judged_at > $5 AND judged_at <= $7 AND code <> 'DUPLICATE_READ'
			ORDER BY judged_at DESC LIMIT 1) b ON true
		LEFT JOIN presence i ON i.zone_id = $10 AND i.registration_id = $3 AND i.inside AND i.since >= $11 AND i.since <= $7
		LEFT JOIN gates w ON w.id = i.gate_id`,
		g.ID, store.OrNull(c.ID), c.RegistrationID, store.OrNull(g.SessionID), f.At.Add(-RepeatWithin), f.At.Add(-EscortWithin), f.At, EscortType,
		f.Direction, g.ZoneID, dayStart(g, f.At))
	return t, err
}

func insideZone(ctx context.Context, q store.Querier, zone ident.ID, since time.Time) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM presence WHERE zone_id = $1 AND inside AND since >= $2`, zone, since)
	return n, err
}

// lockZone makes the scans of a zone that is nearly full wait for one another.
func lockZone(ctx context.Context, q store.Querier, zone ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('zone ' || $1::text, 0))`, zone)
	return err
}

// scanRow is one reading as it is kept.
type scanRow struct {
	EventID        ident.ID  `db:"event_id"`
	ID             ident.ID  `db:"id"`
	ScanID         ident.ID  `db:"scan_id"`
	GateID         ident.ID  `db:"gate_id"`
	DeviceID       ident.ID  `db:"device_id"`
	BadgeID        ident.ID  `db:"badge_id"`
	RegistrationID ident.ID  `db:"registration_id"`
	Direction      Direction `db:"direction"`
	Granted        bool      `db:"granted"`
	Code           Code      `db:"code"`
	FirstCode      Code      `db:"first_code"`
	ReadBy         string    `db:"read_by"`
	Mode           string    `db:"mode"`
	ScannedAt      time.Time `db:"scanned_at"`
	JudgedAt       time.Time `db:"judged_at"`
	ReceivedAt     time.Time `db:"received_at"`
	OverrideReason string    `db:"override_reason"`
	ServerCode     Code      `db:"server_code"`
}

// enters tells whether the scan moved a person.
func (r scanRow) enters() bool { return Ruling{Granted: r.Granted, Code: r.Code}.Enters() }

func insertScan(ctx context.Context, q store.Querier, r scanRow) (inserted bool, err error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		INSERT INTO scans (event_id, id, scan_id, gate_id, device_id, badge_id, registration_id, direction, granted, code, first_code,
			read_by, mode, scanned_at, judged_at, received_at, override_reason, server_code)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT ON CONSTRAINT scans_scan_id DO NOTHING`,
		r.EventID, r.ID, r.ScanID, r.GateID, store.OrNull(r.DeviceID), store.OrNull(r.BadgeID), store.OrNull(r.RegistrationID), r.Direction, r.Granted, r.Code,
		r.FirstCode, r.ReadBy, r.Mode, r.ScannedAt, r.JudgedAt, r.ReceivedAt, r.OverrideReason, r.ServerCode))
}

func scanByScanID(ctx context.Context, q store.Querier, scan ident.ID) (r scanRow, seen bool, err error) {
	const none = `'00000000-0000-0000-0000-000000000000'`
	var rows []scanRow
	err = q.SelectContext(ctx, &rows, `
		SELECT event_id, id, scan_id, gate_id, COALESCE(device_id, `+none+`) AS device_id, COALESCE(badge_id, `+none+`) AS badge_id,
			COALESCE(registration_id, `+none+`) AS registration_id, direction, granted, code, first_code, read_by, mode,
			scanned_at, judged_at, received_at, override_reason, server_code
		FROM scans WHERE scan_id = $1`, scan)
	if err != nil || len(rows) == 0 {
		return r, false, err
	}
	return rows[0], true, nil
}

// move notes that a person went through a gate. Leaving a zone leaves those
// inside it too. What is known to be later stays: an offline scan may come in
// after it.
func move(ctx context.Context, q store.Querier, g post, r scanRow) error {
	if r.Direction == Out {
		_, err := q.ExecContext(ctx, `
			WITH RECURSIVE nested AS (
				SELECT id FROM zones WHERE id = $1 UNION ALL SELECT z.id FROM zones z JOIN nested n ON z.parent_id = n.id)
			UPDATE presence SET inside = false, since = $3, gate_id = $4
			WHERE zone_id IN (SELECT id FROM nested) AND registration_id = $2 AND since <= $3`, g.ZoneID, r.RegistrationID, r.JudgedAt, g.ID)
		return err
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO presence (event_id, zone_id, registration_id, inside, since, gate_id) VALUES ($1, $2, $3, true, $4, $5)
		ON CONFLICT (zone_id, registration_id) DO UPDATE SET inside = true, since = $4, gate_id = $5 WHERE presence.since <= $4`,
		g.EventID, g.ZoneID, r.RegistrationID, r.JudgedAt, g.ID)
	return err
}

// ZoneCount is how many are inside a zone.
type ZoneCount struct {
	ZoneID   ident.ID    `db:"zone_id"`
	Code     string      `db:"code"`
	Name     locale.Text `db:"name"`
	Inside   int         `db:"inside"`
	Capacity int         `db:"capacity"` // zero: not limited
}

func zoneCounts(ctx context.Context, q store.Querier, event ident.ID, since time.Time) (list []ZoneCount, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT z.id AS zone_id, z.code, z.name_zh AS "name.zh", z.name_en AS "name.en", COALESCE(z.capacity, 0) AS capacity,
			(SELECT count(*) FROM presence p WHERE p.zone_id = z.id AND p.inside AND p.since >= $2) AS inside
		FROM zones z WHERE z.event_id = $1 AND EXISTS (SELECT 1 FROM gates g WHERE g.zone_id = z.id) ORDER BY z.code`, event, since)
	return list, err
}

const readingColumns = `s.id, s.scan_id, s.judged_at, s.received_at, s.direction, s.granted, s.code, s.first_code, s.server_code, s.mode, s.read_by,
	s.override_reason, g.code AS gate_code, g.name_zh AS "gate.zh", g.name_en AS "gate.en", COALESCE(v.name, '') AS device,
	COALESCE(b.serial, '') AS serial, COALESCE(r.reference, '') AS reference, COALESCE(r.id, '00000000-0000-0000-0000-000000000000') AS registration_id,
	COALESCE(trim(p.given_name || ' ' || p.family_name), '') AS name, COALESCE(p.name_zh, '') AS name_zh, COALESCE(r.role, '') AS role`

const readingTables = ` scans s JOIN gates g ON g.id = s.gate_id LEFT JOIN devices v ON v.id = s.device_id LEFT JOIN badges b ON b.id = s.badge_id
	LEFT JOIN registrations r ON r.id = s.registration_id LEFT JOIN persons p ON p.id = r.person_id`

func readings(ctx context.Context, q store.Querier, event ident.ID, f LogFilter) (list []Reading, total int, err error) {
	const where = ` WHERE s.event_id = $1 AND ($2 = '' OR g.code = $2) AND ($3 <> 'denied' OR NOT s.granted) AND ($3 <> 'conflict' OR s.server_code <> '')
		AND ($3 <> 'override' OR s.code = 'MANUAL_OVERRIDE')
		AND ($4 = '' OR b.serial ILIKE $4 OR r.reference ILIKE $4 OR $5 <> '%%' AND p.search LIKE $5)`
	pattern, name := "", "%%"
	if typed := strings.TrimSpace(f.Search); typed != "" {
		pattern, name = "%"+store.Literal(typed)+"%", "%"+store.Literal(text.Fold(typed))+"%"
	}
	if err = q.GetContext(ctx, &total, `SELECT count(*) FROM`+readingTables+where, event, f.Gate, f.Kind, pattern, name); err != nil {
		return nil, 0, err
	}
	err = q.SelectContext(ctx, &list, `SELECT `+readingColumns+` FROM`+readingTables+where+` ORDER BY s.received_at DESC, s.id DESC LIMIT $6 OFFSET $7`,
		event, f.Gate, f.Kind, pattern, name, f.Limit, f.Offset)
	return list, total, err
}

func personsFor(ctx context.Context, q store.Querier, event ident.ID, folded, typed string, limit int) (list []Person, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT `+personColumns+`, COALESCE(b.serial, '') AS serial, bt.code AS badge_type, bt.name_zh AS "badge.zh", bt.name_en AS "badge.en"
		FROM `+personTables+` LEFT JOIN badges b ON b.registration_id = r.id AND b.state IN ('requested', 'produced', 'active', 'suspended')
			JOIN badge_types bt ON bt.event_id = r.event_id AND bt.code = r.badge_type
		WHERE r.event_id = $1 AND r.status IN ('approved', 'badge_issued', 'checked_in') AND (p.search LIKE $2 OR r.reference = upper($3))
		ORDER BY r.role = 'head' DESC, p.family_name, p.given_name LIMIT $4`, event, "%"+store.Literal(folded)+"%", typed, limit)
	return list, err
}

// deviceRow is a device as it is kept.
type deviceRow struct {
	Device
	SecretHash []byte `db:"secret_hash"`
}

const deviceColumns = `d.event_id, d.id, d.gate_id, d.name, d.duty, d.pairing_ends, d.created_at, d.paired_at, d.revoked_at, d.last_seen_at, d.secret_hash,
	g.code AS gate_code, g.name_zh AS "gate.zh", g.name_en AS "gate.en"`

func oneDevice(ctx context.Context, q store.Querier, where string, args ...any) (d deviceRow, err error) {
	err = q.GetContext(ctx, &d, `SELECT `+deviceColumns+` FROM devices d JOIN gates g ON g.id = d.gate_id WHERE `+where, args...)
	return d, store.Fault(err)
}

func devicesOf(ctx context.Context, q store.Querier, event ident.ID) (list []Device, err error) {
	var rows []deviceRow
	err = q.SelectContext(ctx, &rows, `SELECT `+deviceColumns+` FROM devices d JOIN gates g ON g.id = d.gate_id
		WHERE d.event_id = $1 ORDER BY d.revoked_at IS NOT NULL, g.code, d.created_at`, event)
	for _, r := range rows {
		list = append(list, r.Device)
	}
	return list, err
}

func insertDevice(ctx context.Context, q store.Querier, d Device, pairing []byte) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO devices (event_id, id, gate_id, name, duty, pairing_hash, pairing_ends, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		d.EventID, d.ID, d.GateID, d.Name, d.Duty, pairing, d.PairingEnds, d.CreatedAt)
	return err
}

func updatePairing(ctx context.Context, q store.Querier, device ident.ID, pairing []byte, ends time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE devices SET pairing_hash = $2, pairing_ends = $3, secret_hash = NULL, paired_at = NULL WHERE id = $1 AND revoked_at IS NULL`, device, pairing, ends)
	return err
}

func pairDevice(ctx context.Context, q store.Querier, pairing, secret []byte, at time.Time) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		UPDATE devices SET pairing_hash = NULL, pairing_ends = NULL, secret_hash = $2, paired_at = $3, last_seen_at = $3
		WHERE pairing_hash = $1 AND pairing_ends > $3 AND revoked_at IS NULL RETURNING id`, pairing, secret, at)
	return ids, err
}

func revokeDevice(ctx context.Context, q store.Querier, device ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE devices SET revoked_at = $2, secret_hash = NULL, pairing_hash = NULL WHERE id = $1 AND revoked_at IS NULL`, device, at)
	return err
}

// touchDevice notes that a device is alive, twice a minute at most.
func touchDevice(ctx context.Context, q store.Querier, device ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE devices SET last_seen_at = $2::timestamptz WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2::timestamptz - interval '30 seconds')`, device, at)
	return err
}

func scansSince(ctx context.Context, q store.Querier, gate ident.ID, since time.Time) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM scans WHERE gate_id = $1 AND judged_at > $2`, gate, since)
	return n, err
}

// typedSince counts the references that a device at a gate typed.
func typedSince(ctx context.Context, q store.Querier, gate, device ident.ID, since time.Time) (n int, err error) {
	err = q.GetContext(ctx, &n, `
		SELECT count(*) FROM scans WHERE gate_id = $1 AND judged_at > $3 AND device_id = $2 AND read_by = 'reference'`, gate, device, since)
	return n, err
}

// tally is how many readings the log holds, and how many of them ask for a look.
func tally(ctx context.Context, q store.Querier, event ident.ID) (denied, conflicts int, err error) {
	var n struct {
		Denied    int `db:"denied"`
		Conflicts int `db:"conflicts"`
	}
	err = q.GetContext(ctx, &n, `
		SELECT (SELECT count(*) FROM scans WHERE event_id = $1 AND NOT granted) AS denied,
			(SELECT count(*) FROM scans WHERE event_id = $1 AND server_code <> '') AS conflicts`, event)
	return n.Denied, n.Conflicts, err
}

// latestReadings answers the newest lines of the log, without counting the rest.
func latestReadings(ctx context.Context, q store.Querier, event ident.ID, limit int) (list []Reading, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+readingColumns+` FROM`+readingTables+` WHERE s.event_id = $1 ORDER BY s.received_at DESC, s.id DESC LIMIT $2`, event, limit)
	return list, err
}
