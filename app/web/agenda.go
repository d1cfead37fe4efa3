package web

import (
	"fmt"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/agenda"
	"qianshou/app/kit/locale"
)

// agendaPage is the public agenda.
type agendaPage struct {
	Page
	Live       agenda.Live
	Days       []agendaDay
	OnNow      []agendaItem // everything that goes on
	Next       []agendaItem // what starts next, and after it
	Tracks     []filterLink
	Rooms      []filterLink
	Filtered   bool
	NextChange time.Time // when what goes on now changes by itself
	ManyZones  bool
}

type agendaDay struct {
	agenda.Day
	At    time.Time // midnight, for its name
	Stop  agenda.Stop
	Zone  string // UTC+8
	Items []agendaItem
}

type agendaItem struct {
	agenda.Item
	State string // past, now or next
	Track locale.Text
}

type filterLink struct {
	Text string
	URL  string
	Here bool
}

// oneRow is how many cards stand side by side: what comes after the next is left
// out when it would begin another row.
const oneRow = 4

// After tells whether a session starts later than the first of those to come.
func (p agendaPage) After(i agendaItem) bool { return i.StartsAt.After(p.Next[0].StartsAt) }

// Moved tells whether the old place is still worth showing: not once it is over.
func (i agendaItem) Moved() bool { return i.Changed != nil && !i.Cancelled && i.State != "past" }

// OtherDay tells whether it was moved to another day.
func (i agendaItem) OtherDay() bool {
	return i.Changed.StartsAt.Format(time.DateOnly) != i.StartsAt.Format(time.DateOnly)
}

func (s *Server) publicAgenda(c *fiber.Ctx) error {
	live, err := s.Agenda.Live(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	p := newAgendaPage(s.page(c), live, c.Query("track"), c.Query("room"))
	if c.Query("fragment") == "agenda" {
		return s.render(c, "agenda/_public", p)
	}
	return s.render(c, "agenda/public", p)
}

// newAgendaPage sorts an agenda into the days of a page, as far as the filters
// let through.
func newAgendaPage(p Page, live agenda.Live, track, room string) agendaPage {
	m := agendaPage{Page: p, Live: live, Filtered: track != "" || room != ""}
	names := map[string]locale.Text{}
	for _, t := range live.Tracks {
		names[t.Code] = t.Name
	}
	stops := map[int]agenda.Stop{}
	for _, st := range live.Stops {
		stops[st.Position] = st
		m.ManyZones = m.ManyZones || st.TimeZone != live.Stops[0].TimeZone
	}
	item := func(i agenda.Item) agendaItem {
		a := agendaItem{Item: i, State: "next", Track: names[i.Track]}
		switch {
		case i.Now(p.Now):
			a.State = "now"
		case i.Past(p.Now):
			a.State = "past"
		}
		return a
	}
	for _, d := range live.Days {
		day := agendaDay{Day: d, Stop: stops[d.Stop]}
		for _, i := range d.Sessions {
			if track != "" && i.Track != track || room != "" && (i.Room == nil || i.Room.Code != room) {
				continue
			}
			day.At, day.Zone = i.StartsAt, locale.Zone(i.StartsAt)
			day.Items = append(day.Items, item(i))
		}
		if len(day.Items) > 0 {
			m.Days = append(m.Days, day)
		}
	}
	now, next := live.NowNext(p.Now, 2)
	for _, i := range now {
		m.OnNow = append(m.OnNow, item(i))
	}
	for _, i := range next {
		if later := i.StartsAt.After(next[0].StartsAt); later && len(m.OnNow)+len(m.Next) >= oneRow {
			break
		}
		m.Next = append(m.Next, item(i))
	}
	m.NextChange = nextChange(live, p.Now)
	m.Tracks, m.Rooms = agendaFilters(p, live, track, room)
	return m
}

// nextChange is when the next session starts or ends.
func nextChange(live agenda.Live, now time.Time) (at time.Time) {
	for _, i := range live.Items() {
		for _, t := range []time.Time{i.StartsAt, i.EndsAt} {
			if t.After(now) && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
	}
	return at
}

// agendaFilters are links, so that they work without scripts and can be shared.
func agendaFilters(p Page, live agenda.Live, track, room string) (tracks, rooms []filterLink) {
	link := func(track, room string) string {
		q := url.Values{}
		if track != "" {
			q.Set("track", track)
		}
		if room != "" {
			q.Set("room", room)
		}
		if len(q) == 0 {
			return p.Path
		}
		return p.Path + "?" + q.Encode()
	}
	for _, t := range live.Tracks {
		f := filterLink{t.Name.In(p.Lang), link(t.Code, room), track == t.Code}
		if f.Here { // pressing what is chosen takes it off
			f.URL = link("", room)
		}
		tracks = append(tracks, f)
	}
	seen := map[string]bool{}
	for _, i := range live.Items() {
		if i.Room != nil && !seen[i.Room.Code] {
			seen[i.Room.Code] = true
			f := filterLink{i.Room.Name.In(p.Lang), link(track, i.Room.Code), room == i.Room.Code}
			if f.Here {
				f.URL = link(track, "")
			}
			rooms = append(rooms, f)
		}
	}
	return tracks, rooms
}

// agendaFile is the agenda for calendar programs, which ask for it again and
// again.
func (s *Server) agendaFile(c *fiber.Ctx) error {
	live, err := s.Agenda.Live(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	site := ""
	if s.PublicURL != nil {
		site = s.PublicURL.Scheme + "://" + s.PublicURL.Host
	}
	c.Set(fiber.HeaderETag, live.ETag())
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Get(fiber.HeaderIfNoneMatch) == live.ETag() {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`inline; filename="%s.ics"`, live.Event.Slug))
	return c.SendString(live.Calendar(lang(c), site))
}
