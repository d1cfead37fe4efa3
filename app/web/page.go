package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Page is what every page has. Page models embed it.
type Page struct {
	Lang         locale.Lang
	Path         string // of this page, without the query
	OtherLangURL string // this page in the other language
	LangForm     string // id of the form that the language switch sends along; empty: the switch is a link
	CSRF         string // for the hidden field of every form that posts
	Flash        *Flash
	Actor        accounts.Actor
	Event        *EventHead // the event that the address names, or nil
	Nav          []NavItem
	Now          time.Time // the server's clock, in the event's zone if there is one
	Version      string
	Dev          bool
	Theme        string // light or dark; empty: the reader's, where the layout follows it
}

func (p Page) language() locale.Lang { return p.Lang }

// ActorName is the person signed in, as the page's language writes them; empty
// when nobody is.
func (p Page) ActorName() string {
	if !p.Actor.SignedIn() {
		return ""
	}
	return p.Actor.Called().In(p.Lang)
}

// May tells whether whoever reads the page has a right in its event, or in any
// event when the page has none. It decides what is shown, never what is allowed.
func (p Page) May(right accounts.Right) bool {
	if p.Event == nil {
		return p.Actor.MayAnywhere(right)
	}
	return p.Actor.May(right, p.Event.ID)
}

// MayEverywhere tells whether whoever reads the page has a right over all events.
func (p Page) MayEverywhere(right accounts.Right) bool { return p.Actor.May(right, ident.Nil) }

// EventHead is what the frame of a page says of its event.
type EventHead struct {
	ID       ident.ID
	Slug     string
	Title    locale.Text
	Place    locale.Text
	FirstDay time.Time
	LastDay  time.Time
	Zone     *time.Location
	Hidden   bool // in preparation: for staff alone
}

// DayNumber is which day of the event an instant falls on, counted from one in
// the event's zone; zero before and after the event.
func (e *EventHead) DayNumber(at time.Time) int {
	y, m, d := at.In(e.Zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if day.Before(e.FirstDay) || day.After(e.LastDay) {
		return 0
	}
	return int(day.Sub(e.FirstDay)/(24*time.Hour)) + 1
}

// NavItem is one place in the bar.
type NavItem struct {
	Key, URL string // Key is the catalogue's
	Here     bool
	More     bool // stands in the menu at every width
}

// Console is the address of the event's console.
func (p Page) Console() string {
	if p.Event == nil {
		return "/console"
	}
	return "/console/" + p.Event.Slug
}

// At is an instant on the event's clock.
func (p Page) At(at time.Time) time.Time {
	if p.Event == nil {
		return at
	}
	return at.In(p.Event.Zone)
}

// OffsetMinutes is how far the page's clock is ahead of UTC, for scripts that
// keep it going.
func (p Page) OffsetMinutes() int {
	_, seconds := p.Now.Zone()
	return seconds / 60
}

// page makes the Page of a request.
func (s *Server) page(c *fiber.Ctx) Page {
	v := visitOf(c)
	p := Page{
		Lang: v.lang, Path: c.Path(), OtherLangURL: s.otherLang(c, v.lang), CSRF: s.csrfToken(c), Flash: s.takeFlash(c, v.lang),
		Actor: v.actor, Event: v.event, Now: s.Now(), Version: s.Version, Dev: s.Dev,
	}
	if p.Event != nil {
		p.Now = p.Now.In(p.Event.Zone)
	}
	p.Nav = navigation(p)
	return p
}

// otherLang is the address of this page in the other language, with its filters.
// A page that answers a form stands at an address that cannot be opened: the
// nearest one above it that can is answered.
func (s *Server) otherLang(c *fiber.Ctx, l locale.Lang) string {
	query := url.Values{}
	if safe(c.Method()) {
		for k, v := range c.Request().URI().QueryArgs().All() {
			query.Add(string(k), string(v))
		}
	}
	query.Set("lang", string(l.Other()))
	if !safe(c.Method()) {
		return s.opens(c.Path()) + "?" + query.Encode()
	}
	return "/" + strings.TrimLeft(c.Path(), "/") + "?" + query.Encode()
}

// opens answers the longest part of a path that a page stands at.
func (s *Server) opens(path string) string {
	for path != "" {
		for _, r := range s.table {
			if r.Method == fiber.MethodGet && matches(r.Path, path) {
				return path
			}
		}
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return "/"
}

// matches tells whether a path is of a route's pattern.
func matches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, part := range want {
		if part != have[i] && (!strings.HasPrefix(part, ":") || have[i] == "") {
			return false
		}
	}
	return true
}

// consolePlaces are the places of the console's bar, in the order of the work.
var consolePlaces = []struct {
	path  string
	right accounts.Right
	more  bool
	also  []string // further addresses that belong there
}{
	{"", accounts.SeeConsole, false, nil},
	{"registrations", accounts.SeeRegistrations, false, nil},
	{"delegations", accounts.SeeDelegations, false, []string{"import/members", "imports"}},
	{"matchmaking", accounts.SeeMatchmaking, false, nil},
	{"agenda", accounts.SeeAgenda, false, nil},
	{"badges", accounts.SeeBadges, false, nil},
	{"doors", accounts.SeeDoors, false, nil},
	{"projects", accounts.SeeProjects, false, nil},
	{"statistics", accounts.SeeStatistics, false, nil},
	{"firms", accounts.SeeDelegations, true, []string{"import/firms"}},
	{"setup", accounts.EditEvent, true, nil},
	{"categories", accounts.EditEvent, true, nil},
	{"form", accounts.EditEvent, true, nil},
	{"mails", accounts.SeeMails, true, nil},
	{"accounts", accounts.EditAccounts, true, nil},
	{"audit", accounts.SeeAudit, true, nil},
	{"privacy", accounts.SeePrivacy, true, nil},
}

// navigation lists the places that the reader may go to from a page.
func navigation(p Page) (items []NavItem) {
	if p.Event == nil {
		return nil
	}
	if !strings.HasPrefix(p.Path, "/console/") {
		base := "/e/" + p.Event.Slug
		return []NavItem{
			{Key: "nav.public.event", URL: base, Here: p.Path == base},
			{Key: "nav.public.agenda", URL: base + "/agenda", Here: p.Path == base+"/agenda"},
			{Key: "nav.public.register", URL: base + "/register", Here: p.Path == base+"/register"},
		}
	}
	return consoleNav("/console/"+p.Event.Slug, p.Path, func(r accounts.Right) bool { return p.Actor.May(r, p.Event.ID) })
}

// consoleNav lists the console's places below base, as far as may lets.
func consoleNav(base, here string, may func(accounts.Right) bool) (items []NavItem) {
	for _, place := range consolePlaces {
		if !may(place.right) {
			continue
		}
		item := NavItem{Key: "nav.overview", URL: base, Here: here == base, More: place.more}
		if place.path != "" {
			item.URL = base + "/" + place.path
			item.Key = "nav." + place.path
			item.Here = under(here, item.URL) || slices.ContainsFunc(place.also, func(also string) bool { return under(here, base+"/"+also) })
		}
		items = append(items, item)
	}
	return items
}

// Pager leads through a long list by numbered pages.
type Pager struct {
	From, To, Total int
	Prev, Next      string
	Pages           []PagerLink
}

// PagerLink is one numbered page; a gap has no URL.
type PagerLink struct {
	Number int
	URL    string
	Here   bool
}

// pager makes the links of page number (from 1) of total rows, per on each; the
// address keeps its filters.
func pager(c *fiber.Ctx, number, per, total int) Pager {
	last := max(1, (total+per-1)/per)
	number = min(max(1, number), last)
	link := func(n int) string {
		query := url.Values{}
		for k, v := range c.Request().URI().QueryArgs().All() {
			query.Add(string(k), string(v))
		}
		query.Del("lang")
		query.Set("page", strconv.Itoa(n))
		return c.Path() + "?" + query.Encode()
	}
	p := Pager{From: min(total, (number-1)*per+1), To: min(total, number*per), Total: total}
	if number > 1 {
		p.Prev = link(number - 1)
	}
	if number < last {
		p.Next = link(number + 1)
	}
	gap := false
	for n := 1; n <= last; n++ {
		if n == 1 || n == last || n >= number-1 && n <= number+1 {
			p.Pages = append(p.Pages, PagerLink{Number: n, URL: link(n), Here: n == number})
			gap = false
		} else if !gap {
			p.Pages = append(p.Pages, PagerLink{})
			gap = true
		}
	}
	return p
}

// pageNumber reads ?page=, from 1.
func pageNumber(c *fiber.Ctx) int { return min(max(1, c.QueryInt("page", 1)), mostPages) }

// mostPages is further than anybody leafs.
const mostPages = 100_000
