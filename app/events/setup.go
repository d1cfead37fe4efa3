package events

import (
	"context"
	"regexp"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// What stands under a code can be saved, which replaces the one of the same code, or
// added, which is refused when the code is taken.

// SaveStop adds a stop, or replaces the one of the same position.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveStop(ctx context.Context, by accounts.Actor, in Stop) (Stop, error) {
	return s.putStop(ctx, by, in, false)
}

// AddStop adds a stop; Invalid beside position when there is one at its place.
func (s *Service) AddStop(ctx context.Context, by accounts.Actor, in Stop) (Stop, error) {
	return s.putStop(ctx, by, in, true)
}

func (s *Service) putStop(ctx context.Context, by accounts.Actor, in Stop, fresh bool) (Stop, error) {
	in.Name, in.HostPartner = cleanText(in.Name), text.Clean(in.HostPartner)
	var bad fault.List
	bad.Check(in.Position >= 1 && in.Position <= 99, "position", "field.number_between", 1, 99)
	checkName(&bad, in.Name, "name", 120)
	checkZone(&bad, in.TimeZone)
	bad.Check(!in.EndsOn.Before(in.StartsOn), "ends_on", "field.order")
	text.Line(&bad, "host_partner", in.HostPartner, false, 200)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "stop.save", "stop", in.ID, bad, noted("number", in.Position, in.Name), func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertStop(ctx, tx, in, fresh)
		return takenCode(err, "position")
	})
	return in, err
}

// SaveTrack adds a track, or renames the one of the same code.
func (s *Service) SaveTrack(ctx context.Context, by accounts.Actor, in Track) (Track, error) {
	return s.putTrack(ctx, by, in, false)
}

// AddTrack adds a track.
func (s *Service) AddTrack(ctx context.Context, by accounts.Actor, in Track) (Track, error) {
	return s.putTrack(ctx, by, in, true)
}

func (s *Service) putTrack(ctx context.Context, by accounts.Actor, in Track, fresh bool) (Track, error) {
	in.Name = cleanText(in.Name)
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 200)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "track.save", "track", in.ID, bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertTrack(ctx, tx, in, fresh)
		return takenCode(err, "code")
	})
	return in, err
}

// SaveVenue adds a venue, or changes the one of the same code.
func (s *Service) SaveVenue(ctx context.Context, by accounts.Actor, in Venue) (Venue, error) {
	return s.putVenue(ctx, by, in, false)
}

// AddVenue adds a venue.
func (s *Service) AddVenue(ctx context.Context, by accounts.Actor, in Venue) (Venue, error) {
	return s.putVenue(ctx, by, in, true)
}

func (s *Service) putVenue(ctx context.Context, by accounts.Actor, in Venue, fresh bool) (Venue, error) {
	in.Name = cleanText(in.Name)
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	checkZone(&bad, in.TimeZone)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "venue.save", "venue", in.ID, bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertVenue(ctx, tx, in, fresh)
		return takenCode(err, "code")
	})
	return in, err
}

// SaveTravel notes how many whole minutes it takes from one venue of an event to
// another.
//
// Faults: Forbidden; Invalid with fields, a venue that is not the event's too.
func (s *Service) SaveTravel(ctx context.Context, by accounts.Actor, event, from, to ident.ID, minutes int) error {
	var bad fault.List
	bad.Check(minutes >= 0 && minutes <= 1440, "minutes", "field.number_between", 0, 1440)
	return s.save(ctx, by, event, "travel.save", "venue", from, bad, nil, func(tx *sqlx.Tx) error {
		venues, err := venuesOf(ctx, tx, event)
		if err != nil {
			return err
		}
		var bad fault.List
		for path, id := range map[string]ident.ID{"from_id": from, "to_id": to} {
			bad.Check(slices.ContainsFunc(venues, func(v Venue) bool { return v.ID == id }), path, "field.choice")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		return upsertTravel(ctx, tx, from, to, minutes)
	})
}

var zoneForm = regexp.MustCompile(`^[A-Z0-9]{1,3}$`)

// SaveZone adds a zone, or changes the one of the same code. Its parent is a zone of
// the same event that does not lie within it.
func (s *Service) SaveZone(ctx context.Context, by accounts.Actor, in Zone) (Zone, error) {
	return s.putZone(ctx, by, in, false)
}

// AddZone adds a zone.
func (s *Service) AddZone(ctx context.Context, by accounts.Actor, in Zone) (Zone, error) {
	return s.putZone(ctx, by, in, true)
}

func (s *Service) putZone(ctx context.Context, by accounts.Actor, in Zone, fresh bool) (Zone, error) {
	in.Name = cleanText(in.Name)
	var bad fault.List
	bad.Check(zoneForm.MatchString(in.Code), "code", "constraint.zones_code")
	checkName(&bad, in.Name, "name", 120)
	bad.Check(in.Capacity >= 0 && in.Capacity <= mostPlaces, "capacity", "field.number_between", 0, mostPlaces)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "zone.save", "zone", in.ID, bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) error {
		all, err := lockZones(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		if !liesWell(in, all) {
			return fault.Fields(fault.Field{Path: "parent_id", Key: "events.zone_within"})
		}
		in.ID, err = upsertZone(ctx, tx, in, fresh)
		return takenCode(err, "code")
	})
	return in, err
}

// liesWell tells whether a zone's parents are zones of its event, and none of them is
// itself.
func liesWell(in Zone, all []Zone) bool {
	within := in.ParentID
	for range len(all) + 1 {
		if within == ident.Nil {
			return true
		}
		i := slices.IndexFunc(all, func(z Zone) bool { return z.ID == within })
		if i < 0 || all[i].Code == in.Code {
			return false
		}
		within = all[i].ParentID
	}
	return false
}

// SaveRoom adds a room, or changes the one of the same code. Its venue and its zone
// are of the same event.
func (s *Service) SaveRoom(ctx context.Context, by accounts.Actor, in Room) (Room, error) {
	return s.putRoom(ctx, by, in, false)
}

// AddRoom adds a room.
func (s *Service) AddRoom(ctx context.Context, by accounts.Actor, in Room) (Room, error) {
	return s.putRoom(ctx, by, in, true)
}

func (s *Service) putRoom(ctx context.Context, by accounts.Actor, in Room, fresh bool) (Room, error) {
	in.Name = cleanText(in.Name)
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	bad.Check(slices.Contains(RoomKinds, in.Kind), "kind", "field.choice")
	bad.Check(in.Capacity >= 1 && in.Capacity <= 100_000, "capacity", "field.number_between", 1, 100_000)
	bad.Check(in.Booths >= 0 && in.Booths <= 50, "booths", "field.number_between", 0, 50)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "room.save", "room", in.ID, bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) error {
		venues, err := venuesOf(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		zones, err := zonesOf(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		var bad fault.List
		bad.Check(slices.ContainsFunc(venues, func(v Venue) bool { return v.ID == in.VenueID }), "venue_id", "field.choice")
		bad.Check(slices.ContainsFunc(zones, func(z Zone) bool { return z.ID == in.ZoneID }), "zone_id", "field.choice")
		if err := bad.Err(); err != nil {
			return err
		}
		in.ID, err = upsertRoom(ctx, tx, in, fresh)
		return takenCode(err, "code")
	})
	return in, err
}

// SaveMeetingTable adds a table, or moves the one of the same code to another room of
// the event.
func (s *Service) SaveMeetingTable(ctx context.Context, by accounts.Actor, in MeetingTable) (MeetingTable, error) {
	return s.putTable(ctx, by, in, false)
}

// AddMeetingTable adds a table.
func (s *Service) AddMeetingTable(ctx context.Context, by accounts.Actor, in MeetingTable) (MeetingTable, error) {
	return s.putTable(ctx, by, in, true)
}

func (s *Service) putTable(ctx context.Context, by accounts.Actor, in MeetingTable, fresh bool) (MeetingTable, error) {
	var bad fault.List
	checkCode(&bad, in.Code)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "table.save", "table", in.ID, bad, map[string]any{"code": in.Code}, func(tx *sqlx.Tx) error {
		rooms, err := roomsOf(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rooms, func(r Room) bool { return r.ID == in.RoomID }) {
			return fault.Fields(fault.Field{Path: "room_id", Key: "field.choice"})
		}
		in.ID, err = upsertTable(ctx, tx, in, fresh)
		return takenCode(err, "code")
	})
	return in, err
}

// Patterns are the bands that tell badge types apart in a grey copy.
var Patterns = []string{"double", "solid", "diagonal", "dots", "vertical", "grid", "horizontal", "checker"}

// RoomKinds are what rooms are for.
var RoomKinds = []string{"plenary", "breakout", "matchmaking", "vip_meeting", "ceremony", "press", "banquet", "desk"}

var (
	badgeTypeForm = regexp.MustCompile(`^[A-Z]{2,4}$`)
	colourForm    = regexp.MustCompile(`^#[0-9A-F]{6}$`)
)

// SaveBadgeType adds a badge type, or changes the one of the same code.
func (s *Service) SaveBadgeType(ctx context.Context, by accounts.Actor, in BadgeType) error {
	return s.putBadgeType(ctx, by, in, false)
}

// AddBadgeType adds a badge type.
func (s *Service) AddBadgeType(ctx context.Context, by accounts.Actor, in BadgeType) error {
	return s.putBadgeType(ctx, by, in, true)
}

func (s *Service) putBadgeType(ctx context.Context, by accounts.Actor, in BadgeType, fresh bool) error {
	in.Name = cleanText(in.Name)
	var bad fault.List
	bad.Check(badgeTypeForm.MatchString(in.Code), "code", "constraint.badge_types_code")
	checkName(&bad, in.Name, "name", 60)
	bad.Check(colourForm.MatchString(in.Colour), "colour", "constraint.badge_types_colour")
	bad.Check(slices.Contains(Patterns, in.Pattern), "pattern", "field.choice")
	bad.Check(len(in.Zones) > 0, "zones", "field.required")
	bad.Check(len(in.Days) > 0, "days", "field.required")
	return s.save(ctx, by, in.EventID, "badge_type.save", "event", in.EventID, bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) error {
		known, err := zonesOf(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		e, err := eventByID(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		var bad fault.List
		for _, code := range in.Zones {
			bad.Check(slices.ContainsFunc(known, func(z Zone) bool { return z.Code == code }), "zones", "events.no_zone", code)
		}
		for _, day := range in.Days {
			bad.Check(day >= 1 && day <= e.Days(), "days", "field.number_between", 1, e.Days())
		}
		if err := bad.Err(); err != nil {
			return err
		}
		return takenCode(upsertBadgeType(ctx, tx, in, fresh), "code")
	})
}

func (s *Service) save(ctx context.Context, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, bad fault.List, after map[string]any, change func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditEvent, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.write(ctx, by, event, action, kind, object, after, change)
}

// noted is what the log keeps of something with a code and two names.
func noted(code string, value any, name locale.Text) map[string]any {
	return map[string]any{code: value, "name_zh": name.ZH, "name_en": name.EN}
}

// takenCode lays the refusal to add what is there already beside the field that
// names it: the write then answers no row.
func takenCode(err error, path string) error {
	if fault.CodeOf(err) == fault.NotFound {
		return fault.Fields(fault.Field{Path: path, Key: "field.taken"})
	}
	return err
}

func cleanText(t locale.Text) locale.Text {
	return locale.Text{ZH: text.Clean(t.ZH), EN: text.Clean(t.EN)}
}

var codeForm = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,19}$`)

func checkCode(bad *fault.List, code string) {
	bad.Check(code != "", "code", "field.required")
	bad.Check(code == "" || codeForm.MatchString(code), "code", "events.code_form")
}
