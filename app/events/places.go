package events

import (
	"context"
	"time"

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

// MeetingTables answers an event's tables of meetings.
func (s *Service) MeetingTables(ctx context.Context, event ident.ID) ([]MeetingTable, error) {
	return tablesOf(ctx, s.db, event)
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
