package agenda

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// tags is a list of language tags as PostgreSQL keeps it.
type tags []string

func (t *tags) Scan(src any) error { return (*pq.StringArray)(t).Scan(src) }

func (t tags) Value() (driver.Value, error) {
	if t == nil {
		t = tags{}
	}
	return pq.StringArray(t).Value()
}

const none = `'00000000-0000-0000-0000-000000000000'::uuid`

const sessionColumns = `s.id, s.event_id, s.code, s.stop_id, COALESCE(s.track_id, ` + none + `) AS track_id,
	COALESCE(s.room_id, ` + none + `) AS room_id, COALESCE(s.zone_id, ` + none + `) AS zone_id,
	COALESCE(s.meet_point_id, ` + none + `) AS meet_point_id, s.kind, s.title_zh AS "title.zh", s.title_en AS "title.en",
	s.starts_at, s.ends_at, COALESCE(s.capacity, 0) AS capacity, s.languages, s.access, s.status, s.embargo_until,
	s.change_note_zh AS "note.zh", s.change_note_en AS "note.en", s.published_at, s.moved_at, s.changed_at, s.version,
	st.time_zone FROM sessions s JOIN stops st ON st.id = s.stop_id`

func sessionByID(ctx context.Context, q store.Querier, id ident.ID) (n Session, err error) {
	err = q.GetContext(ctx, &n, `SELECT `+sessionColumns+` WHERE s.id = $1`, id)
	return n, store.Fault(err)
}

func sessionsOf(ctx context.Context, q store.Querier, event ident.ID) (all []Session, err error) {
	err = q.SelectContext(ctx, &all, `SELECT `+sessionColumns+` WHERE s.event_id = $1 ORDER BY s.starts_at, s.code`, event)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return all, nil
}

// following lists the sessions of a room that start on the same day at or after
// one of them, that one first.
func following(ctx context.Context, q store.Querier, n Session) (all []Session, err error) {
	err = q.SelectContext(ctx, &all, `SELECT `+sessionColumns+`
		WHERE s.event_id = $1 AND s.room_id = $2 AND s.starts_at >= $3 AND s.status NOT IN ('cancelled', 'archived', 'ended')
		  AND (s.starts_at AT TIME ZONE st.time_zone)::date = ($3 AT TIME ZONE st.time_zone)::date
		ORDER BY s.starts_at`, n.EventID, n.RoomID, n.StartsAt)
	if err != nil {
		return nil, fmt.Errorf("list what follows: %w", err)
	}
	return all, nil
}

func insertSession(ctx context.Context, q store.Querier, n Session) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO sessions (event_id, id, code, stop_id, track_id, room_id, zone_id, meet_point_id, kind, title_zh, title_en,
		  starts_at, ends_at, capacity, languages, access, status, embargo_until, created_at, changed_at, version)
		VALUES ($1, $2, $3, $4, NULLIF($5, `+none+`), NULLIF($6, `+none+`), NULLIF($7, `+none+`), NULLIF($8, `+none+`), $9, $10, $11,
		  $12, $13, NULLIF($14, 0), $15, $16, $17, $18, $19, $19, $20)`,
		n.EventID, n.ID, n.Code, n.StopID, n.TrackID, n.RoomID, n.ZoneID, n.MeetPointID, n.Kind, n.Title.ZH, n.Title.EN,
		n.StartsAt, n.EndsAt, n.Capacity, n.Languages, n.Access, n.Status, n.EmbargoUntil, n.ChangedAt, n.Version)
	return store.Fault(err)
}

func updateSession(ctx context.Context, q store.Querier, n Session) error {
	_, err := q.ExecContext(ctx, `
		UPDATE sessions SET code = $2, stop_id = $3, track_id = NULLIF($4, `+none+`), room_id = NULLIF($5, `+none+`),
		  zone_id = NULLIF($6, `+none+`), meet_point_id = NULLIF($7, `+none+`), kind = $8, title_zh = $9, title_en = $10,
		  starts_at = $11, ends_at = $12, capacity = NULLIF($13, 0), languages = $14, access = $15, status = $16, embargo_until = $17,
		  change_note_zh = $18, change_note_en = $19, published_at = $20, changed_at = $21, version = $22
		WHERE id = $1`,
		n.ID, n.Code, n.StopID, n.TrackID, n.RoomID, n.ZoneID, n.MeetPointID, n.Kind, n.Title.ZH, n.Title.EN,
		n.StartsAt, n.EndsAt, n.Capacity, n.Languages, n.Access, n.Status, n.EmbargoUntil,
		n.Note.ZH, n.Note.EN, n.PublishedAt, n.ChangedAt, n.Version)
	return store.Fault(err)
}

// keepPlace remembers where a session was before it is moved.
func keepPlace(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE sessions SET moved_at = $2, was_starts_at = starts_at, was_ends_at = ends_at, was_room_id = room_id WHERE id = $1`, id, at)
	return store.Fault(err)
}

// bump takes an event's agenda for this transaction and raises its version:
// writers go one after another, so that versions rise in the order of commits.
func bump(ctx context.Context, q store.Querier, event ident.ID) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO agenda_versions (event_id, version) VALUES ($1, 1)
		ON CONFLICT (event_id) DO UPDATE SET version = agenda_versions.version + 1`, event)
	return store.Fault(err)
}

func replacePeople(ctx context.Context, q store.Querier, session ident.ID, part string, list []ident.ID) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM session_people WHERE session_id = $1 AND part = $2`, session, part); err != nil {
		return store.Fault(err)
	}
	ids := make([]string, len(list))
	for i, id := range list {
		ids[i] = id.String()
	}
	// Only registrations of the same event: others are not there to be listed.
	_, err := q.ExecContext(ctx, `
		INSERT INTO session_people (session_id, registration_id, part, position)
		SELECT $1, r.id, $2, given.position
		FROM unnest($3::uuid[]) WITH ORDINALITY AS given (id, position)
		JOIN registrations r ON r.id = given.id
		JOIN sessions s ON s.id = $1 AND s.event_id = r.event_id
		ON CONFLICT DO NOTHING`, session, part, pq.Array(ids))
	return store.Fault(err)
}

// Person is somebody of a session.
type Person struct {
	SessionID      ident.ID    `db:"session_id"`
	RegistrationID ident.ID    `db:"registration_id"`
	Part           string      `db:"part"` // speaker or listed
	Name           locale.Text `db:"name"`
	Title          locale.Text `db:"title"`
	City           locale.Text `db:"city"`
	Hidden         bool        `db:"hidden"` // not to be named in public
}

// personName is how a person is written: Latin letters, and the Chinese
// rendering where there is one.
const personName = `COALESCE(NULLIF(p.name_zh, ''), p.name_native) AS "%[1]s.zh",
	trim(CASE WHEN p.native_order = 'family_first' AND p.nationality = 'CN' THEN p.family_name || ' ' || p.given_name
	     ELSE p.given_name || ' ' || p.family_name END) AS "%[1]s.en"`

func peopleOf(ctx context.Context, q store.Querier, event ident.ID) (people []Person, err error) {
	err = q.SelectContext(ctx, &people, `
		SELECT sp.session_id, sp.registration_id, sp.part, `+fmt.Sprintf(personName, "name")+`,
		  r.title_zh AS "title.zh", r.title_en AS "title.en", COALESCE(c.name_zh, '') AS "city.zh", COALESCE(c.name_en, '') AS "city.en",
		  r.visibility = 'hidden' AS hidden
		FROM session_people sp
		JOIN sessions s ON s.id = sp.session_id
		JOIN registrations r ON r.id = sp.registration_id AND r.status IN ('approved', 'badge_issued', 'checked_in', 'departed')
		JOIN persons p ON p.id = r.person_id
		LEFT JOIN delegations d ON d.id = r.delegation_id
		LEFT JOIN cities c ON c.code = d.city_code
		WHERE s.event_id = $1 ORDER BY sp.session_id, sp.part DESC, sp.position`, event)
	if err != nil {
		return nil, fmt.Errorf("list people of sessions: %w", err)
	}
	return people, nil
}

// clashesOf finds everybody of a session who is expected in another one at the
// same time.
func clashesOf(ctx context.Context, q store.Querier, n Session) (clashes []Clash, err error) {
	if n.Status == Cancelled || n.Status == Archived {
		return nil, nil
	}
	err = q.SelectContext(ctx, &clashes, `
		SELECT o.id, o.title_zh AS "title.zh", o.title_en AS "title.en", o.starts_at, o.ends_at, st.time_zone,
		  min(COALESCE(NULLIF(p.name_zh, ''), p.name_native)) AS "person.zh", min(trim(p.given_name || ' ' || p.family_name)) AS "person.en",
		  bool_or(r.role = 'head' OR mine.part = 'speaker' OR theirs.part = 'speaker') AS hard
		FROM session_people mine
		JOIN session_people theirs ON theirs.registration_id = mine.registration_id AND theirs.session_id <> mine.session_id
		JOIN sessions o ON o.id = theirs.session_id AND o.status NOT IN ('cancelled', 'archived')
		JOIN stops st ON st.id = o.stop_id
		JOIN registrations r ON r.id = mine.registration_id AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
		JOIN persons p ON p.id = r.person_id
		WHERE mine.session_id = $1 AND tstzrange(o.starts_at, o.ends_at) && tstzrange($2, $3)
		GROUP BY o.id, st.time_zone, mine.registration_id ORDER BY hard DESC, o.starts_at, o.id`, n.ID, n.StartsAt, n.EndsAt)
	if err != nil {
		return nil, fmt.Errorf("find clashes: %w", err)
	}
	return clashes, nil
}

// holderOf answers which session holds the room that n wants, then; those that
// move away with it do not.
//
// Fault: NotFound, none does.
func holderOf(ctx context.Context, q store.Querier, n Session, besides ...ident.ID) (t Taken, err error) {
	err = q.GetContext(ctx, &t, `
		SELECT o.id, r.name_zh AS "room.zh", r.name_en AS "room.en", o.title_zh AS "title.zh", o.title_en AS "title.en", o.starts_at, o.ends_at, st.time_zone
		FROM sessions o JOIN rooms r ON r.id = o.room_id JOIN stops st ON st.id = o.stop_id
		WHERE o.room_id = $1 AND o.id <> ALL ($2) AND o.status NOT IN ('cancelled', 'archived')
		  AND tstzrange(o.starts_at, o.ends_at) && tstzrange($3, $4)
		ORDER BY o.starts_at LIMIT 1`, n.RoomID, pq.Array(append(besides, n.ID)), n.StartsAt, n.EndsAt)
	return t, store.Fault(err)
}

type stopRow struct {
	ID       ident.ID    `db:"id"`
	Position int         `db:"position"`
	Name     locale.Text `db:"name"`
	TimeZone string      `db:"time_zone"`
	StartsOn time.Time   `db:"starts_on"`
	EndsOn   time.Time   `db:"ends_on"`
}

// places is everything of an event that a session may name.
type places struct {
	Stops  []stopRow
	Tracks []ident.ID
	Rooms  []ident.ID
	Zones  []ident.ID
}

func stopsOf(ctx context.Context, q store.Querier, event ident.ID) (stops []stopRow, err error) {
	err = q.SelectContext(ctx, &stops, `
		SELECT id, position, name_zh AS "name.zh", name_en AS "name.en", time_zone, starts_on, ends_on
		FROM stops WHERE event_id = $1 ORDER BY position`, event)
	if err != nil {
		return nil, fmt.Errorf("list stops: %w", err)
	}
	return stops, nil
}

func placesOf(ctx context.Context, q store.Querier, event ident.ID) (p places, err error) {
	if p.Stops, err = stopsOf(ctx, q, event); err != nil {
		return p, err
	}
	for table, list := range map[string]*[]ident.ID{"tracks": &p.Tracks, "rooms": &p.Rooms, "zones": &p.Zones} {
		if err := q.SelectContext(ctx, list, `SELECT id FROM `+table+` WHERE event_id = $1`, event); err != nil {
			return p, fmt.Errorf("list %s: %w", table, err)
		}
	}
	return p, nil
}

func eventIDs(ctx context.Context, q store.Querier) (ids []ident.ID, err error) {
	if err := q.SelectContext(ctx, &ids, `SELECT id FROM events ORDER BY starts_on, id`); err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return ids, nil
}

// headOf answers an event and the version of its agenda.
func headOf(ctx context.Context, q store.Querier, event ident.ID) (Head, int64, error) {
	var row struct {
		Head
		Version int64 `db:"version"`
	}
	err := q.GetContext(ctx, &row, `
		SELECT e.id, e.slug, e.title_zh AS "title.zh", e.title_en AS "title.en", e.time_zone,
		  e.starts_on::text AS starts_on, e.ends_on::text AS ends_on, COALESCE(v.version, 0) AS version
		FROM events e LEFT JOIN agenda_versions v ON v.event_id = e.id WHERE e.id = $1`, event)
	return row.Head, row.Version, store.Fault(err)
}

func tracksOf(ctx context.Context, q store.Querier, event ident.ID) (tracks []Track, err error) {
	err = q.SelectContext(ctx, &tracks, `SELECT code, name_zh AS "name.zh", name_en AS "name.en" FROM tracks WHERE event_id = $1 ORDER BY code`, event)
	if err != nil {
		return nil, fmt.Errorf("list tracks: %w", err)
	}
	if tracks == nil {
		tracks = []Track{}
	}
	return tracks, nil
}

type publicRow struct {
	Session
	Position    int         `db:"position"`
	Track       string      `db:"track"`
	Room        string      `db:"room"`
	RoomName    locale.Text `db:"room_name"`
	Venue       locale.Text `db:"venue"`
	Meet        string      `db:"meet"`
	MeetName    locale.Text `db:"meet_name"`
	MeetVenue   locale.Text `db:"meet_venue"`
	WasRoom     string      `db:"was_room"`
	WasRoomName locale.Text `db:"was_room_name"`
	WasVenue    locale.Text `db:"was_venue"`
	WasStartsAt *time.Time  `db:"was_starts_at"`
	WasEndsAt   *time.Time  `db:"was_ends_at"`
}

// publicSessions is the one place that says what guests may see: sessions that
// were published and are not under embargo at that instant, none backstage.
func publicSessions(ctx context.Context, q store.Querier, event ident.ID, at time.Time) (rows []publicRow, err error) {
	hidden := make([]string, len(backstage))
	for i, k := range backstage {
		hidden[i] = string(k)
	}
	err = q.SelectContext(ctx, &rows, publicSelect+`
		WHERE s.event_id = $1 AND s.published_at IS NOT NULL AND s.status IN ('published', 'live', 'ended', 'cancelled')
		  AND (s.embargo_until IS NULL OR s.embargo_until <= $2) AND s.kind <> ALL ($3)
		ORDER BY s.starts_at, s.ends_at, s.code`, event, at, pq.Array(hidden))
	if err != nil {
		return nil, fmt.Errorf("read public sessions: %w", err)
	}
	return rows, nil
}

// publicSelect reads sessions with the words that readers are shown.
var publicSelect = `
		SELECT s.id, s.event_id, s.code, s.kind, s.title_zh AS "title.zh", s.title_en AS "title.en", s.starts_at, s.ends_at,
		  s.languages, s.access, s.status, s.change_note_zh AS "note.zh", s.change_note_en AS "note.en", s.moved_at, s.version,
		  s.was_starts_at, s.was_ends_at, st.time_zone, st.position, COALESCE(t.code, '') AS track,
		  ` + placeColumns("r", "v", "room", "room_name", "venue") + `,
		  ` + placeColumns("m", "mv", "meet", "meet_name", "meet_venue") + `,
		  ` + placeColumns("w", "wv", "was_room", "was_room_name", "was_venue") + `
		FROM sessions s
		JOIN stops st ON st.id = s.stop_id
		LEFT JOIN tracks t ON t.id = s.track_id
		LEFT JOIN rooms r ON r.id = s.room_id LEFT JOIN venues v ON v.id = r.venue_id
		LEFT JOIN rooms m ON m.id = s.meet_point_id LEFT JOIN venues mv ON mv.id = m.venue_id
		LEFT JOIN rooms w ON w.id = s.was_room_id LEFT JOIN venues wv ON wv.id = w.venue_id`

func placeColumns(room, venue, code, name, of string) string {
	return fmt.Sprintf(`COALESCE(%[1]s.code, '') AS %[3]s, COALESCE(%[1]s.name_zh, '') AS "%[4]s.zh", COALESCE(%[1]s.name_en, '') AS "%[4]s.en",
		COALESCE(%[2]s.name_zh, '') AS "%[5]s.zh", COALESCE(%[2]s.name_en, '') AS "%[5]s.en"`, room, venue, code, name, of)
}

// eventsToLift lists the events with an embargo that ended and was not yet
// announced.
func eventsToLift(ctx context.Context, q store.Querier, now time.Time) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT DISTINCT s.event_id FROM sessions s JOIN agenda_versions v ON v.event_id = s.event_id
		WHERE s.embargo_until <= $1 AND s.embargo_until > v.lifted_until`, now)
	if err != nil {
		return nil, fmt.Errorf("find ended embargoes: %w", err)
	}
	return ids, nil
}

// lift notes that embargoes up to now were announced and answers whose they were.
func lift(ctx context.Context, q store.Querier, event ident.ID, now time.Time) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT s.id FROM sessions s JOIN agenda_versions v ON v.event_id = s.event_id
		WHERE s.event_id = $1 AND s.embargo_until <= $2 AND s.embargo_until > v.lifted_until AND s.status <> 'draft'
		ORDER BY s.id`, event, now)
	if err != nil {
		return nil, fmt.Errorf("find ended embargoes: %w", err)
	}
	if _, err := q.ExecContext(ctx, `UPDATE agenda_versions SET lifted_until = $2 WHERE event_id = $1`, event, now); err != nil {
		return nil, fmt.Errorf("note ended embargoes: %w", err)
	}
	return ids, nil
}

// arrivals counts, for each delegation that comes, who is expected and who
// collected a badge and was let in.
func arrivals(ctx context.Context, q store.Querier, event ident.ID) (all []Arrival, err error) {
	err = q.SelectContext(ctx, &all, `
		SELECT COALESCE(c.name_zh, d.name_zh) AS "city.zh", COALESCE(c.name_en, d.name_en) AS "city.en",
		  COALESCE(k.name_zh, '') AS "country.zh", COALESCE(k.name_en, '') AS "country.en",
		  count(r.id) FILTER (WHERE r.status IN ('checked_in', 'departed')) AS here, count(r.id) AS due
		FROM delegations d
		LEFT JOIN cities c ON c.code = d.city_code LEFT JOIN countries k ON k.code = c.country_code
		LEFT JOIN registrations r ON r.delegation_id = d.id AND r.status IN ('approved', 'badge_issued', 'checked_in', 'departed', 'no_show') AND r.replaced_by IS NULL
		WHERE d.event_id = $1 AND d.status IN ('accepted', 'confirmed')
		GROUP BY d.id, c.code, k.code ORDER BY d.precedence NULLS LAST, d.code`, event)
	if err != nil {
		return nil, fmt.Errorf("count arrivals: %w", err)
	}
	return all, nil
}

// Option is one place or subject that a form offers.
type Option struct {
	ID   ident.ID    `db:"id"`
	Code string      `db:"code"`
	Name locale.Text `db:"name"`
}

// Options is everything of an event that a session may name.
type Options struct {
	Stops  []Option
	Tracks []Option
	Rooms  []Option
	Zones  []Option
}

func optionsOf(ctx context.Context, q store.Querier, event ident.ID) (o Options, err error) {
	for _, list := range []struct {
		into         *[]Option
		table, code  string
		inTheOrderOf string
	}{
		{&o.Stops, "stops", "position::text", "position"}, {&o.Tracks, "tracks", "code", "code"},
		{&o.Rooms, "rooms", "code", "code"}, {&o.Zones, "zones", "code", "code"},
	} {
		err := q.SelectContext(ctx, list.into, `SELECT id, `+list.code+` AS code, name_zh AS "name.zh", name_en AS "name.en"
			FROM `+list.table+` WHERE event_id = $1 ORDER BY `+list.inTheOrderOf, event)
		if err != nil {
			return Options{}, fmt.Errorf("list %s: %w", list.table, err)
		}
	}
	return o, nil
}

func roomByCode(ctx context.Context, q store.Querier, event ident.ID, code string) (id ident.ID, found bool, err error) {
	var ids []ident.ID
	err = q.SelectContext(ctx, &ids, `SELECT id FROM rooms WHERE event_id = $1 AND code = $2`, event, code)
	if err != nil || len(ids) == 0 {
		return ident.Nil, false, err
	}
	return ids[0], true, nil
}
