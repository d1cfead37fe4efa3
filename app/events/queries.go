package events

import (
	"context"
	"database/sql"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const seriesColumns = `id, slug, name_zh AS "name.zh", name_en AS "name.en", kind, since_year`

func insertSeries(ctx context.Context, q store.Querier, s Series) error {
	_, err := q.ExecContext(ctx, `INSERT INTO series (id, slug, name_zh, name_en, kind, since_year) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.ID, s.Slug, s.Name.ZH, s.Name.EN, s.Kind, s.SinceYear)
	return err
}

func seriesBySlug(ctx context.Context, q store.Querier, slug string) (s Series, err error) {
	err = q.GetContext(ctx, &s, `SELECT `+seriesColumns+` FROM series WHERE slug = $1`, slug)
	return s, store.Fault(err)
}

const eventColumns = `id, number, series_id, slug, prefix, title_zh AS "title.zh", title_en AS "title.en",
	summary_zh AS "summary.zh", summary_en AS "summary.en", place_zh AS "place.zh", place_en AS "place.en",
	starts_on, ends_on, time_zone, status, version`

func insertEvent(ctx context.Context, q store.Querier, id, series ident.ID, in Input, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO events (id, series_id, slug, prefix, title_zh, title_en, summary_zh, summary_en, place_zh, place_en,
			starts_on, ends_on, time_zone, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		id, series, in.Slug, in.Prefix, in.TitleZH, in.TitleEN, in.SummaryZH, in.SummaryEN, in.PlaceZH, in.PlaceEN,
		in.StartsOn, in.EndsOn, in.TimeZone, in.Status, at)
	return err
}

func updateEvent(ctx context.Context, q store.Querier, id ident.ID, version int, in Input) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE events SET slug = $3, prefix = $4, title_zh = $5, title_en = $6, summary_zh = $7, summary_en = $8, place_zh = $9, place_en = $10,
			starts_on = $11, ends_on = $12, time_zone = $13, status = $14, version = version + 1
		WHERE id = $1 AND version = $2`,
		id, version, in.Slug, in.Prefix, in.TitleZH, in.TitleEN, in.SummaryZH, in.SummaryEN, in.PlaceZH, in.PlaceEN,
		in.StartsOn, in.EndsOn, in.TimeZone, in.Status))
}

func upsertSeriesYear(ctx context.Context, q store.Querier, y SeriesYear) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO series_years (series_id, year, editions, firms, signed_projects, total_usd, definition) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (series_id, year) DO UPDATE SET editions = $3, firms = $4, signed_projects = $5, total_usd = $6, definition = $7`,
		y.SeriesID, y.Year, y.Editions, y.Firms, y.Projects, y.TotalUSD, y.Definition)
	return err
}

func seriesYears(ctx context.Context, q store.Querier, series ident.ID) (list []SeriesYear, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT series_id, year, editions, firms, signed_projects, total_usd, definition FROM series_years WHERE series_id = $1 ORDER BY year`, series)
	return list, err
}

func eventByID(ctx context.Context, q store.Querier, id ident.ID) (e Event, err error) {
	err = q.GetContext(ctx, &e, `SELECT `+eventColumns+` FROM events WHERE id = $1`, id)
	return e, store.Fault(err)
}

func eventBySlug(ctx context.Context, q store.Querier, slug string) (e Event, err error) {
	err = q.GetContext(ctx, &e, `SELECT `+eventColumns+` FROM events WHERE slug = $1`, slug)
	return e, store.Fault(err)
}

func eventList(ctx context.Context, q store.Querier) (list []Event, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+eventColumns+` FROM events ORDER BY starts_on DESC, slug`)
	return list, err
}

func seriesList(ctx context.Context, q store.Querier) (list []Series, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+seriesColumns+` FROM series ORDER BY slug`)
	return list, err
}

func lockEvent(ctx context.Context, q store.Querier, id ident.ID) (e Event, err error) {
	err = q.GetContext(ctx, &e, `SELECT `+eventColumns+` FROM events WHERE id = $1 FOR NO KEY UPDATE`, id)
	return e, store.Fault(err)
}

func setStatus(ctx context.Context, q store.Querier, id ident.ID, to Status) error {
	_, err := q.ExecContext(ctx, `UPDATE events SET status = $2, version = version + 1 WHERE id = $1`, id, to)
	return err
}

func upsertStop(ctx context.Context, q store.Querier, p Stop, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO stops (event_id, id, position, city_code, name_zh, name_en, time_zone, starts_on, ends_on, host_partner)
		VALUES ($1, $2, $3, NULLIF($4, ''), $5, $6, $7, $8, $9, $10)
		ON CONFLICT ON CONSTRAINT stops_once DO UPDATE SET city_code = NULLIF($4, ''), name_zh = $5, name_en = $6, time_zone = $7,
			starts_on = $8, ends_on = $9, host_partner = $10
		WHERE NOT $11::boolean
		RETURNING id`,
		p.EventID, p.ID, p.Position, p.CityCode, p.Name.ZH, p.Name.EN, p.TimeZone, p.StartsOn, p.EndsOn, p.HostPartner, fresh)
	return id, store.Fault(err)
}

func stopsOf(ctx context.Context, q store.Querier, event ident.ID) (list []Stop, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT event_id, id, position, coalesce(city_code, '') AS city_code, name_zh AS "name.zh", name_en AS "name.en", time_zone, starts_on, ends_on, host_partner
		FROM stops WHERE event_id = $1 ORDER BY position`, event)
	return list, err
}

func upsertTrack(ctx context.Context, q store.Querier, t Track, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO tracks (event_id, id, code, name_zh, name_en) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT tracks_once DO UPDATE SET name_zh = $4, name_en = $5
		WHERE NOT $6::boolean
		RETURNING id`,
		t.EventID, t.ID, t.Code, t.Name.ZH, t.Name.EN, fresh)
	return id, store.Fault(err)
}

func tracksOf(ctx context.Context, q store.Querier, event ident.ID) (list []Track, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT event_id, id, code, name_zh AS "name.zh", name_en AS "name.en" FROM tracks WHERE event_id = $1 ORDER BY code`, event)
	return list, err
}

func upsertVenue(ctx context.Context, q store.Querier, v Venue, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO venues (event_id, id, code, name_zh, name_en, time_zone) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT ON CONSTRAINT venues_once DO UPDATE SET name_zh = $4, name_en = $5, time_zone = $6
		WHERE NOT $7::boolean
		RETURNING id`,
		v.EventID, v.ID, v.Code, v.Name.ZH, v.Name.EN, v.TimeZone, fresh)
	return id, store.Fault(err)
}

func venuesOf(ctx context.Context, q store.Querier, event ident.ID) (list []Venue, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT event_id, id, code, name_zh AS "name.zh", name_en AS "name.en", time_zone FROM venues WHERE event_id = $1 ORDER BY code`, event)
	return list, err
}

func upsertTravel(ctx context.Context, q store.Querier, from, to ident.ID, minutes int) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO venue_travel (from_id, to_id, minutes) VALUES ($1, $2, $3)
		ON CONFLICT (from_id, to_id) DO UPDATE SET minutes = $3`, from, to, minutes)
	return err
}

func upsertZone(ctx context.Context, q store.Querier, z Zone, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO zones (event_id, id, code, name_zh, name_en, parent_id, capacity, anti_passback, escort_for)
		VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, 0), $8, $9)
		ON CONFLICT ON CONSTRAINT zones_once DO UPDATE SET name_zh = $4, name_en = $5, parent_id = $6, capacity = NULLIF($7, 0),
			anti_passback = $8, escort_for = $9
		WHERE NOT $10::boolean
		RETURNING id`,
		z.EventID, z.ID, z.Code, z.Name.ZH, z.Name.EN, store.OrNull(z.ParentID), z.Capacity, z.AntiPassback, pq.Array(orEmpty(z.EscortFor)), fresh)
	return id, store.Fault(err)
}

// lockZones locks the event's zones, so that no two changes lay each within the
// other, and answers them.
func lockZones(ctx context.Context, q store.Querier, event ident.ID) ([]Zone, error) {
	if _, err := q.ExecContext(ctx, `SELECT 1 FROM events WHERE id = $1 FOR NO KEY UPDATE`, event); err != nil {
		return nil, err
	}
	return zonesOf(ctx, q, event)
}

func zonesOf(ctx context.Context, q store.Querier, event ident.ID) ([]Zone, error) {
	var rows []struct {
		Zone
		Escort pq.StringArray `db:"escort_for"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT event_id, id, code, name_zh AS "name.zh", name_en AS "name.en",
			coalesce(parent_id, '00000000-0000-0000-0000-000000000000') AS parent_id, coalesce(capacity, 0) AS capacity, anti_passback, escort_for
		FROM zones WHERE event_id = $1 ORDER BY code`, event)
	var list []Zone
	for _, r := range rows {
		r.Zone.EscortFor = r.Escort
		list = append(list, r.Zone)
	}
	return list, err
}

func upsertRoom(ctx context.Context, q store.Querier, r Room, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO rooms (event_id, id, venue_id, zone_id, code, name_zh, name_en, kind, capacity, step_free, booths)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT ON CONSTRAINT rooms_once DO UPDATE SET venue_id = $3, zone_id = $4, name_zh = $6, name_en = $7, kind = $8,
			capacity = $9, step_free = $10, booths = $11
		WHERE NOT $12::boolean
		RETURNING id`,
		r.EventID, r.ID, r.VenueID, r.ZoneID, r.Code, r.Name.ZH, r.Name.EN, r.Kind, r.Capacity, r.StepFree, r.Booths, fresh)
	return id, store.Fault(err)
}

func tablesOf(ctx context.Context, q store.Querier, event ident.ID) (list []MeetingTable, err error) {
	err = q.SelectContext(ctx, &list, `SELECT event_id, id, room_id, code, vip FROM meeting_tables WHERE event_id = $1 ORDER BY code`, event)
	return list, err
}

func roomsOf(ctx context.Context, q store.Querier, event ident.ID) (list []Room, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT event_id, id, venue_id, zone_id, code, name_zh AS "name.zh", name_en AS "name.en", kind, capacity, step_free, booths
		FROM rooms WHERE event_id = $1 ORDER BY code`, event)
	return list, err
}

func upsertTable(ctx context.Context, q store.Querier, t MeetingTable, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO meeting_tables (event_id, id, room_id, code, vip) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT ON CONSTRAINT meeting_tables_once DO UPDATE SET room_id = $3, vip = $5
		WHERE NOT $6::boolean
		RETURNING id`,
		t.EventID, t.ID, t.RoomID, t.Code, t.VIP, fresh)
	return id, store.Fault(err)
}

func upsertBadgeType(ctx context.Context, q store.Querier, t BadgeType, fresh bool) error {
	return orTaken(q.ExecContext(ctx, `
		INSERT INTO badge_types (event_id, code, name_zh, name_en, colour, pattern, zones, days, photo_required)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (event_id, code) DO UPDATE SET name_zh = $3, name_en = $4, colour = $5, pattern = $6, zones = $7, days = $8, photo_required = $9
		WHERE NOT $10::boolean`,
		t.EventID, t.Code, t.Name.ZH, t.Name.EN, t.Colour, t.Pattern, pq.Array(t.Zones), pq.Array(t.Days), t.PhotoRequired, fresh))
}

func upsertCountry(ctx context.Context, q store.Querier, c Country, fresh bool) error {
	return orTaken(q.ExecContext(ctx, `
		INSERT INTO countries (code, code3, name_zh, name_en) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET code3 = $2, name_zh = $3, name_en = $4
		WHERE NOT $5::boolean`, c.Code, c.Code3, c.Name.ZH, c.Name.EN, fresh))
}

func countryList(ctx context.Context, q store.Querier) (list []Country, err error) {
	err = q.SelectContext(ctx, &list, `SELECT code, code3, name_zh AS "name.zh", name_en AS "name.en" FROM countries ORDER BY name_en`)
	return list, err
}

func upsertCity(ctx context.Context, q store.Querier, c City, fresh bool) error {
	return orTaken(q.ExecContext(ctx, `
		INSERT INTO cities (code, country_code, name_zh, name_en, name_native, languages, time_zone, country_group, relation_status, relation_since, relation_basis, relation_source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (code) DO UPDATE SET country_code = $2, name_zh = $3, name_en = $4, name_native = $5, languages = $6, time_zone = $7,
			country_group = $8, relation_status = $9, relation_since = $10, relation_basis = $11, relation_source = $12
		WHERE NOT $13::boolean`,
		c.Code, c.CountryCode, c.Name.ZH, c.Name.EN, c.Native, pq.Array(orEmpty(c.Languages)), c.TimeZone, c.Group,
		c.RelationStatus, c.RelationSince, c.RelationBasis, c.RelationSource, fresh))
}

func cityList(ctx context.Context, q store.Querier) ([]City, error) {
	var rows []struct {
		City
		Langs pq.StringArray `db:"languages"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT code, country_code, name_zh AS "name.zh", name_en AS "name.en", name_native, languages, time_zone, country_group,
			relation_status, relation_since, relation_basis, relation_source
		FROM cities ORDER BY name_en`)
	var list []City
	for _, r := range rows {
		r.City.Languages = r.Langs
		list = append(list, r.City)
	}
	return list, err
}

func upsertCoded(ctx context.Context, q store.Querier, table string, c Coded, fresh bool) error {
	return orTaken(q.ExecContext(ctx, `
		INSERT INTO `+table+` (code, name_zh, name_en, kind) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET name_zh = $2, name_en = $3, kind = $4
		WHERE NOT $5::boolean`, c.Code, c.Name.ZH, c.Name.EN, c.Kind, fresh))
}

func codedList(ctx context.Context, q store.Querier, table string) (list []Coded, err error) {
	err = q.SelectContext(ctx, &list, `SELECT code, name_zh AS "name.zh", name_en AS "name.en", kind FROM `+table+` ORDER BY code`)
	return list, err
}

// orTaken answers NotFound for a write that met a row which it may not replace.
func orTaken(res sql.Result, err error) error {
	if changed, err := store.ChangedOne(res, err); err != nil || changed {
		return err
	}
	return store.Fault(sql.ErrNoRows)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func deleteCoded(ctx context.Context, q store.Querier, table string, event ident.ID, code string) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `DELETE FROM `+table+` WHERE event_id = $1 AND code = $2`, event, code))
}
