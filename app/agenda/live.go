package agenda

import (
	"slices"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Live is the agenda as guests may see it: only what is published, not under
// embargo, and not backstage. It is built from PostgreSQL, kept in Redis, and
// can be built again at any time.
type Live struct {
	Event   Head      `json:"event"`
	Version int64     `json:"version"` // rises with every change of the event's agenda
	AsOf    time.Time `json:"as_of"`
	Digest  string    `json:"digest"` // changes with whatever a reader can see
	Source  string    `json:"source"` // redis or postgresql
	Stale   bool      `json:"stale"`  // changes are not being announced: Redis is away
	Stops   []Stop    `json:"stops"`
	Tracks  []Track   `json:"tracks"`
	Days    []Day     `json:"days"`
}

// ETag names this state of the agenda for HTTP.
func (l Live) ETag() string { return `"` + l.Digest + "-" + l.Source + `"` }

// Head is the event that an agenda belongs to.
type Head struct {
	ID       ident.ID    `json:"id" db:"id"`
	Slug     string      `json:"slug" db:"slug"`
	Title    locale.Text `json:"title" db:"title"`
	TimeZone string      `json:"time_zone" db:"time_zone"`
	StartsOn string      `json:"starts_on" db:"starts_on"`
	EndsOn   string      `json:"ends_on" db:"ends_on"`
}

// Stop is one city of an event; its clock is the one that its sessions go by.
type Stop struct {
	ID       ident.ID    `json:"id"`
	Position int         `json:"position"`
	Name     locale.Text `json:"name"`
	TimeZone string      `json:"time_zone"`
	StartsOn string      `json:"starts_on"`
	EndsOn   string      `json:"ends_on"`
}

// Track is one subject of an event.
type Track struct {
	Code string      `json:"code" db:"code"`
	Name locale.Text `json:"name" db:"name"`
}

// Day is one date at one stop.
type Day struct {
	Date     string `json:"date"`   // 2027-06-08, at the stop
	Number   int    `json:"number"` // of the event, from 1
	Stop     int    `json:"stop"`   // its position
	TimeZone string `json:"time_zone"`
	Sessions []Item `json:"sessions"`
}

// Item is one session as guests see it. Times carry the offset of its stop.
type Item struct {
	ID        ident.ID    `json:"id"`
	Code      string      `json:"code"`
	Kind      Kind        `json:"kind"`
	Title     locale.Text `json:"title"`
	StartsAt  time.Time   `json:"starts_at"`
	EndsAt    time.Time   `json:"ends_at"`
	TimeZone  string      `json:"time_zone"`
	Room      *Place      `json:"room,omitempty"`
	MeetPoint *Place      `json:"meet_point,omitempty"`
	Track     string      `json:"track,omitempty"`
	Languages []string    `json:"languages,omitempty"` // of simultaneous interpretation
	ListOnly  bool        `json:"list_only,omitempty"` // by invitation
	Speakers  []Speaker   `json:"speakers,omitempty"`
	Cancelled bool        `json:"cancelled,omitempty"`
	Changed   *Change     `json:"changed,omitempty"` // where it was before it was moved
	Note      locale.Text `json:"note"`
	Version   int         `json:"version"`
}

// Place is a room in its venue.
type Place struct {
	Code  string      `json:"code"`
	Name  locale.Text `json:"name"`
	Venue locale.Text `json:"venue"`
}

// Speaker is somebody who speaks, as the programme writes them.
type Speaker struct {
	Name  locale.Text `json:"name"`
	Title locale.Text `json:"title"`
	City  locale.Text `json:"city"`
}

// Change is where a session was before it was last moved, and when that was.
type Change struct {
	At       time.Time `json:"at"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	Room     *Place    `json:"room,omitempty"`
}

// Now tells whether a session goes on at an instant.
func (i Item) Now(at time.Time) bool {
	return !i.Cancelled && !at.Before(i.StartsAt) && at.Before(i.EndsAt)
}

// Past tells whether it is over.
func (i Item) Past(at time.Time) bool { return !at.Before(i.EndsAt) }

// Items lists every session in order of time.
func (l Live) Items() (items []Item) {
	for _, d := range l.Days {
		items = append(items, d.Sessions...)
	}
	slices.SortStableFunc(items, func(a, b Item) int { return a.StartsAt.Compare(b.StartsAt) })
	return items
}

// longBlock is from when on a session is a frame (registration desks, open all
// day) rather than what a hall is gathered for.
const longBlock = 6 * time.Hour

// NowNext answers what goes on at an instant, the shorter before the frame
// around it, and the next sessions after it: so many, and with the last of them
// all that start together with it.
func (l Live) NowNext(at time.Time, next int) (now, then []Item) {
	for _, i := range l.Items() {
		switch {
		case i.Cancelled:
		case i.Now(at):
			now = append(now, i)
		case i.StartsAt.After(at) && (len(then) < next || next > 0 && i.StartsAt.Equal(then[len(then)-1].StartsAt)):
			then = append(then, i)
		}
	}
	slices.SortStableFunc(now, func(a, b Item) int {
		frame := func(i Item) int {
			if i.Frame() {
				return 1
			}
			return 0
		}
		return frame(a) - frame(b)
	})
	return now, then
}

// Frame tells whether the session is a frame around others.
func (i Item) Frame() bool { return i.EndsAt.Sub(i.StartsAt) >= longBlock }

// localise sets every time to its stop's clock: JSON keeps only the offset.
func (l *Live) localise() {
	for d := range l.Days {
		for i := range l.Days[d].Sessions {
			s := &l.Days[d].Sessions[i]
			zone := zoneOf(s.TimeZone)
			s.StartsAt, s.EndsAt = s.StartsAt.In(zone), s.EndsAt.In(zone)
			if s.Changed != nil {
				s.Changed.StartsAt, s.Changed.EndsAt, s.Changed.At = s.Changed.StartsAt.In(zone), s.Changed.EndsAt.In(zone), s.Changed.At.In(zone)
			}
		}
	}
	l.AsOf = l.AsOf.In(zoneOf(l.Event.TimeZone))
}
