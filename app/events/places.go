package events

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Stop is one city leg of an event.
type Stop struct {
	EventID     ident.ID    `db:"event_id"`
	ID          ident.ID    `db:"id"`
	Position    int         `db:"position"`
	CityCode    string      `db:"city_code"` // empty for a forum at home
	Name        locale.Text `db:"name"`
	TimeZone    string      `db:"time_zone"`
	StartsOn    time.Time   `db:"starts_on"`
	EndsOn      time.Time   `db:"ends_on"`
	HostPartner string      `db:"host_partner"`
}

// Location is the stop's time zone.
func (p Stop) Location() *time.Location { return Event{TimeZone: p.TimeZone}.Location() }

// Track is a topic of a forum, or a kind of cooperation of an overseas week.
type Track struct {
	EventID ident.ID    `db:"event_id"`
	ID      ident.ID    `db:"id"`
	Code    string      `db:"code"`
	Name    locale.Text `db:"name"`
}

// Venue is a house with rooms.
type Venue struct {
	EventID  ident.ID    `db:"event_id"`
	ID       ident.ID    `db:"id"`
	Code     string      `db:"code"`
	Name     locale.Text `db:"name"`
	TimeZone string      `db:"time_zone"`
}

// Zone is an area with its own rule of entry. Whoever enters it passed through
// its parent.
type Zone struct {
	EventID      ident.ID    `db:"event_id"`
	ID           ident.ID    `db:"id"`
	Code         string      `db:"code"`
	Name         locale.Text `db:"name"`
	ParentID     ident.ID    `db:"parent_id"` // zero: stands alone
	Capacity     int         `db:"capacity"`  // zero: not limited
	AntiPassback bool        `db:"anti_passback"`
	EscortFor    []string    `db:"-"` // badge types that enter only with an escort
}

// Room is where sessions are held.
type Room struct {
	EventID  ident.ID    `db:"event_id"`
	ID       ident.ID    `db:"id"`
	VenueID  ident.ID    `db:"venue_id"`
	ZoneID   ident.ID    `db:"zone_id"`
	Code     string      `db:"code"`
	Name     locale.Text `db:"name"`
	Kind     string      `db:"kind"`
	Capacity int         `db:"capacity"`
	StepFree bool        `db:"step_free"`
	Booths   int         `db:"booths"` // for interpreters
}

// MeetingTable is a place of a meeting (洽谈桌).
type MeetingTable struct {
	EventID ident.ID `db:"event_id"`
	ID      ident.ID `db:"id"`
	RoomID  ident.ID `db:"room_id"`
	Code    string   `db:"code"`
	VIP     bool     `db:"vip"`
}

// BadgeType says what a kind of badge looks like, where and when it opens doors.
type BadgeType struct {
	EventID       ident.ID    `db:"event_id"`
	Code          string      `db:"code"`
	Name          locale.Text `db:"name"`
	Colour        string      `db:"colour"` // #RRGGBB
	Pattern       string      `db:"pattern"`
	Zones         []string    `db:"-"` // codes
	Days          []int       `db:"-"` // of the event, from 1
	PhotoRequired bool        `db:"photo_required"`
}

// Category is a way to register.
type Category struct {
	EventID   ident.ID    `db:"event_id"`
	ID        ident.ID    `db:"id"`
	Code      string      `db:"code"`
	Name      locale.Text `db:"name"`
	BadgeType string      `db:"badge_type"`
	Quota     *int        `db:"quota"`    // nil: not limited
	Approval  string      `db:"approval"` // automatic, whitelist, review
	Public    bool        `db:"public"`   // offered on the public form
	OpensAt   *time.Time  `db:"opens_at"`
	ClosesAt  *time.Time  `db:"closes_at"`
	Position  int         `db:"position"`
	Photo     string      `db:"photo"` // badge_type: as the badge type says; required, optional. Empty is badge_type
	Version   int         `db:"version"`
}

// NeedsPhoto tells whether somebody of the category and a role brings a photo for
// a badge of a type. Heads of delegations never need one.
func (c Category) NeedsPhoto(badge BadgeType, role string) bool {
	switch {
	case role == "head":
		return false
	case c.Photo == "required" || c.Photo == "optional":
		return c.Photo == "required"
	}
	return badge.PhotoRequired
}

// OpenAt tells whether people can register in the category at an instant.
func (c Category) OpenAt(at time.Time) bool {
	return (c.OpensAt == nil || !at.Before(*c.OpensAt)) && (c.ClosesAt == nil || at.Before(*c.ClosesAt))
}

// Stops answers an event's stops in order.
func (s *Service) Stops(ctx context.Context, event ident.ID) ([]Stop, error) {
	return stopsOf(ctx, s.db, event)
}

// Tracks answers an event's tracks.
func (s *Service) Tracks(ctx context.Context, event ident.ID) ([]Track, error) {
	return tracksOf(ctx, s.db, event)
}

// Venues answers an event's venues.
func (s *Service) Venues(ctx context.Context, event ident.ID) ([]Venue, error) {
	return venuesOf(ctx, s.db, event)
}

// Rooms answers an event's rooms.
func (s *Service) Rooms(ctx context.Context, event ident.ID) ([]Room, error) {
	return roomsOf(ctx, s.db, event)
}

// Zones answers an event's zones.
func (s *Service) Zones(ctx context.Context, event ident.ID) ([]Zone, error) {
	return zonesOf(ctx, s.db, event)
}

// BadgeTypes answers an event's badge types in order of code.
func (s *Service) BadgeTypes(ctx context.Context, event ident.ID) ([]BadgeType, error) {
	return badgeTypesOf(ctx, s.db, event)
}

// Categories answers an event's categories in order.
func (s *Service) Categories(ctx context.Context, event ident.ID) ([]Category, error) {
	return categoriesOf(ctx, s.db, event)
}

// SaveStop adds a stop, or replaces the one of the same position.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveStop(ctx context.Context, by accounts.Actor, in Stop) (Stop, error) {
	var bad fault.List
	bad.Check(in.Position >= 1, "position", "field.number_between", 1, 99)
	checkName(&bad, in.Name, "name", 120)
	checkZone(&bad, in.TimeZone)
	bad.Check(!in.EndsOn.Before(in.StartsOn), "ends_on", "field.order")
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "stop.save", "stop", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertStop(ctx, tx, in)
		return err
	})
	return in, err
}

// SaveTrack adds a track, or renames the one of the same code.
func (s *Service) SaveTrack(ctx context.Context, by accounts.Actor, in Track) (Track, error) {
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 200)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "track.save", "track", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertTrack(ctx, tx, in)
		return err
	})
	return in, err
}

// SaveVenue adds a venue, or changes the one of the same code.
func (s *Service) SaveVenue(ctx context.Context, by accounts.Actor, in Venue) (Venue, error) {
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	checkZone(&bad, in.TimeZone)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "venue.save", "venue", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertVenue(ctx, tx, in)
		return err
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
	return s.save(ctx, by, event, "travel.save", "venue", from, bad, func(tx *sqlx.Tx) error {
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

// SaveZone adds a zone, or changes the one of the same code.
func (s *Service) SaveZone(ctx context.Context, by accounts.Actor, in Zone) (Zone, error) {
	var bad fault.List
	bad.Check(zoneForm.MatchString(in.Code), "code", "constraint.zones_code")
	checkName(&bad, in.Name, "name", 120)
	bad.Check(in.Capacity >= 0, "capacity", "field.number_between", 0, 1_000_000)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "zone.save", "zone", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertZone(ctx, tx, in)
		return err
	})
	return in, err
}

// SaveRoom adds a room, or changes the one of the same code.
func (s *Service) SaveRoom(ctx context.Context, by accounts.Actor, in Room) (Room, error) {
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	bad.Check(in.Capacity >= 1, "capacity", "field.number_between", 1, 100_000)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "room.save", "room", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertRoom(ctx, tx, in)
		return err
	})
	return in, err
}

// SaveMeetingTable adds a table, or moves the one of the same code.
func (s *Service) SaveMeetingTable(ctx context.Context, by accounts.Actor, in MeetingTable) (MeetingTable, error) {
	var bad fault.List
	checkCode(&bad, in.Code)
	in.ID = s.newID()
	err := s.save(ctx, by, in.EventID, "table.save", "table", in.ID, bad, func(tx *sqlx.Tx) (err error) {
		in.ID, err = upsertTable(ctx, tx, in)
		return err
	})
	return in, err
}

// Patterns are the bands that tell badge types apart in a grey copy.
var Patterns = []string{"double", "solid", "diagonal", "dots", "vertical", "grid", "horizontal", "checker"}

var (
	badgeTypeForm = regexp.MustCompile(`^[A-Z]{2,4}$`)
	colourForm    = regexp.MustCompile(`^#[0-9A-F]{6}$`)
)

// SaveBadgeType adds a badge type, or changes the one of the same code.
func (s *Service) SaveBadgeType(ctx context.Context, by accounts.Actor, in BadgeType) error {
	var bad fault.List
	bad.Check(badgeTypeForm.MatchString(in.Code), "code", "constraint.badge_types_code")
	checkName(&bad, in.Name, "name", 60)
	bad.Check(colourForm.MatchString(in.Colour), "colour", "constraint.badge_types_colour")
	bad.Check(slices.Contains(Patterns, in.Pattern), "pattern", "field.choice")
	bad.Check(len(in.Zones) > 0, "zones", "field.required")
	bad.Check(len(in.Days) > 0, "days", "field.required")
	known, err := zonesOf(ctx, s.db, in.EventID)
	if err != nil {
		return err
	}
	for _, code := range in.Zones {
		bad.Check(slices.ContainsFunc(known, func(z Zone) bool { return z.Code == code }), "zones", "events.no_zone", code)
	}
	return s.save(ctx, by, in.EventID, "badge_type.save", "event", in.EventID, bad, func(tx *sqlx.Tx) error {
		return upsertBadgeType(ctx, tx, in)
	})
}

func (s *Service) save(ctx context.Context, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, bad fault.List, change func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditEvent, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.write(ctx, by, event, action, kind, object, nil, change)
}

func checkCode(bad *fault.List, code string) {
	bad.Check(code != "" && len(code) <= 20, "code", "field.required")
}

// furnish gives a new event what it cannot be used without.
func (s *Service) furnish(ctx context.Context, tx *sqlx.Tx, event ident.ID, in Input) error {
	place := locale.Text{ZH: in.PlaceZH, EN: in.PlaceEN}
	if place.Empty() {
		place = locale.Text{ZH: in.TitleZH, EN: in.TitleEN}
	}
	if _, err := upsertStop(ctx, tx, Stop{
		EventID: event, ID: s.newID(), Position: 1, Name: locale.Text{ZH: place.In(locale.ZH), EN: place.In(locale.EN)},
		TimeZone: in.TimeZone, StartsOn: in.StartsOn, EndsOn: in.EndsOn,
	}); err != nil {
		return err
	}
	if _, err := upsertZone(ctx, tx, Zone{EventID: event, ID: s.newID(), Code: "P", Name: locale.Text{ZH: "公共区", EN: "Public area"}}); err != nil {
		return err
	}
	var days []int
	for day := range int(in.EndsOn.Sub(in.StartsOn)/(24*time.Hour)) + 1 {
		days = append(days, day+1)
	}
	for _, t := range starterTypes {
		t.EventID, t.Zones, t.Days = event, []string{"P"}, days
		if err := upsertBadgeType(ctx, tx, t); err != nil {
			return err
		}
	}
	for i, c := range starterCategories {
		c.EventID, c.ID, c.Position = event, s.newID(), i+1
		c.clean()
		if _, err := upsertCategory(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// What a new event starts with; the office changes it to its needs. Colours are
// those of the office's badges.
var (
	starterTypes = []BadgeType{
		{Code: "VIP", Name: locale.Text{ZH: "贵宾", EN: "VIP"}, Colour: "#8A1538", Pattern: "double"},
		{Code: "DEL", Name: locale.Text{ZH: "代表", EN: "Delegate"}, Colour: "#005A9C", Pattern: "solid"},
		{Code: "BIZ", Name: locale.Text{ZH: "企业代表", EN: "Business"}, Colour: "#1B7F4B", Pattern: "diagonal"},
		{Code: "CMP", Name: locale.Text{ZH: "随行人员", EN: "Accompanying person"}, Colour: "#6A4C93", Pattern: "dots"},
		{Code: "MED", Name: locale.Text{ZH: "媒体", EN: "Media"}, Colour: "#B35C00", Pattern: "vertical"},
		{Code: "ORG", Name: locale.Text{ZH: "工作人员", EN: "Organiser"}, Colour: "#333333", Pattern: "grid"},
	}
	starterCategories = []Category{
		{Code: "head", Name: locale.Text{ZH: "团长", EN: "Head of delegation"}, BadgeType: "VIP", Approval: "review"},
		{Code: "member", Name: locale.Text{ZH: "团员", EN: "Member of a delegation"}, BadgeType: "DEL", Approval: "review", Public: true},
		{Code: "firm", Name: locale.Text{ZH: "企业代表", EN: "Firm"}, BadgeType: "BIZ", Approval: "review", Public: true},
		{Code: "press", Name: locale.Text{ZH: "媒体", EN: "Press"}, BadgeType: "MED", Approval: "review", Public: true},
		{Code: "companion", Name: locale.Text{ZH: "随行人员", EN: "Accompanying person"}, BadgeType: "CMP", Approval: "review"},
		{Code: "staff", Name: locale.Text{ZH: "工作人员", EN: "Organiser"}, BadgeType: "ORG", Approval: "review"},
	}
)
