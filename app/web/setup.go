package web

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/events"
)

// Console: a new event, and what an event needs before its guests come.

func (s *Server) setupRoutes() []route {
	edit, register := right(accounts.EditEvent), right(accounts.EditDelegation)
	table := []route{
		get("/console/events/new", everywhere(accounts.CreateEvent), s.newEvent),
		post("/console/events/new", everywhere(accounts.CreateEvent), s.beginEvent),
		get("/console/:event/setup", edit, s.setup),
		get("/console/:event/setup/event", edit, s.eventForm),
		post("/console/:event/setup/event", edit, s.editEvent),
		post("/console/:event/setup/status", edit, s.moveEvent),
		get("/console/:event/delegations/new", register, s.delegationForm),
		post("/console/:event/delegations/new", register, s.saveDelegation),
		get("/console/:event/delegations/:delegation/edit", register, s.delegationForm),
		post("/console/:event/delegations/:delegation/edit", register, s.saveDelegation),
	}
	return append(table, s.thingRoutes()...)
}

// setupItem is one line of the checklist. State is done, lack or spare: what an event
// can do without.
type setupItem struct {
	Key, State, Says string
	Links            []Choice // addresses and their words
}

type setupPage struct {
	Page
	Of     events.Event
	Items  []setupItem
	Lacks  int
	Moves  []Choice // states that the event may go to
	Form   Form     // why it did not
	Ready  bool     // guests can register once it is open
	Begins bool     // may make another event
}

func (s *Server) setup(c *fiber.Ctx) error {
	p, err := s.setupPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "setup/checklist", p)
}

func (s *Server) setupPage(c *fiber.Ctx, form Form) (setupPage, error) {
	p := setupPage{Page: s.page(c), Form: form}
	p.Begins = p.MayEverywhere(accounts.CreateEvent)
	var err error
	if p.Of, err = s.Events.ByID(c.UserContext(), p.Event.ID); err != nil {
		return p, err
	}
	for _, to := range p.Of.Moves() {
		p.Moves = append(p.Moves, Choice{string(to), s.words.T(p.Lang, "setup.move."+string(to))})
	}
	for _, part := range []func(*fiber.Ctx, *setupPage) error{s.setupGuests, s.setupPlaces, s.setupPeople} {
		if err := part(c, &p); err != nil {
			return p, err
		}
	}
	for _, item := range p.Items {
		if item.State == "lack" {
			p.Lacks++
		}
	}
	return p, nil
}

// add puts a line into the checklist; done is whether it is seen to, needed whether
// an event cannot do without. Links are pairs of a path below the console and a key.
func (s *Server) item(p *setupPage, key string, done, needed bool, says string, links ...string) {
	item := setupItem{Key: key, State: "done", Says: says}
	switch {
	case !done && needed:
		item.State = "lack"
	case !done:
		item.State = "spare"
	}
	for i := 0; i+1 < len(links); i += 2 {
		item.Links = append(item.Links, Choice{p.Console() + links[i], s.words.T(p.Lang, links[i+1])})
	}
	p.Items = append(p.Items, item)
}

func (s *Server) setupGuests(c *fiber.Ctx, p *setupPage) error {
	ctx, t := c.UserContext(), func(key string, args ...any) string { return s.words.T(p.Lang, key, args...) }
	told := !p.Of.Place.Empty() && !p.Of.Summary.Empty()
	says := t("setup.says.event")
	if !told {
		says = t("setup.says.event_bare")
	}
	s.item(p, "event", told, true, says, "/setup/event", "setup.event_edit")
	categories, err := s.Events.Categories(ctx, p.Event.ID)
	if err != nil {
		return err
	}
	public, lasting := 0, 0
	for _, k := range categories {
		if k.Public {
			public++
			if k.ClosesAt == nil || k.ClosesAt.After(p.Now) {
				lasting++
			}
		}
	}
	p.Ready = lasting > 0
	s.item(p, "categories", lasting > 0, true, t("setup.says.categories", len(categories), public), "/categories", "categories.title")
	asked, err := s.Forms.Asked(ctx, p.Event.ID)
	if err != nil {
		return err
	}
	s.item(p, "form", len(asked.Questions) > 0, false, t("setup.says.form", len(asked.Questions)), "/form", "forms.title")
	kept := ""
	if s.Mail.SMTPURL == "" {
		kept = "_kept"
	}
	s.item(p, "letters", kept == "", true, t("setup.says.letters"+kept), "/mails/texts", "mail.texts")
	return nil
}

func (s *Server) setupPlaces(c *fiber.Ctx, p *setupPage) error {
	ctx, e := c.UserContext(), p.Event.ID
	t := func(key string, args ...any) string { return s.words.T(p.Lang, key, args...) }
	stops, err := s.Events.Stops(ctx, e)
	if err != nil {
		return err
	}
	venues, err := s.Events.Venues(ctx, e)
	if err != nil {
		return err
	}
	rooms, err := s.Events.Rooms(ctx, e)
	if err != nil {
		return err
	}
	tables, err := s.Events.MeetingTables(ctx, e)
	if err != nil {
		return err
	}
	s.item(p, "places", len(rooms) > 0, true, t("setup.says.places", len(stops), len(venues), len(rooms), len(tables)),
		"/setup/stops", "setup.title.stops", "/setup/venues", "setup.title.venues", "/setup/rooms", "setup.title.rooms", "/setup/tables", "setup.title.tables")
	zones, err := s.Events.Zones(ctx, e)
	if err != nil {
		return err
	}
	types, err := s.Events.BadgeTypes(ctx, e)
	if err != nil {
		return err
	}
	s.item(p, "badges", len(types) > 0 && len(zones) > 0, true, t("setup.says.badges", len(types), len(zones)),
		"/setup/badge-types", "setup.title.badge-types", "/setup/zones", "setup.title.zones")
	if p.May(accounts.SeeDoors) {
		gates, err := s.Doors.Gates(ctx, actor(c), e)
		if err != nil {
			return err
		}
		s.item(p, "gates", len(gates) > 0, true, t("setup.says.gates", len(gates)), "/doors", "nav.doors")
	}
	tracks, err := s.Events.Tracks(ctx, e)
	if err != nil {
		return err
	}
	sessions, err := s.Agenda.List(ctx, actor(c), e)
	if err != nil {
		return err
	}
	s.item(p, "agenda", len(sessions) > 0, true, t("setup.says.agenda", len(sessions), len(tracks)), "/agenda", "nav.agenda", "/setup/tracks", "setup.title.tracks")
	return nil
}

func (s *Server) setupPeople(c *fiber.Ctx, p *setupPage) error {
	ctx, by := c.UserContext(), actor(c)
	t := func(key string, args ...any) string { return s.words.T(p.Lang, key, args...) }
	if p.May(accounts.SeeDelegations) {
		groups, err := s.Delegations.List(ctx, by, p.Event.ID)
		if err != nil {
			return err
		}
		staff, err := s.Delegations.StaffList(ctx, by)
		if err != nil {
			return err
		}
		links := []string{"/delegations", "nav.delegations"}
		if p.MayEverywhere(accounts.EditDelegation) {
			links = append(links, "/setup/staff", "setup.title.staff", "/setup/cities", "setup.title.cities")
		}
		s.item(p, "delegations", len(groups) > 0, false, t("setup.says.delegations", len(groups), len(staff)), links...)
	}
	if p.MayEverywhere(accounts.EditEvent) {
		s.item(p, "office", true, false, t("setup.says.office"),
			"/setup/countries", "setup.title.countries", "/setup/sectors", "setup.title.sectors", "/setup/districts", "setup.title.districts")
	}
	if p.MayEverywhere(accounts.EditAccounts) {
		people, err := s.Accounts.List(ctx, by)
		if err != nil {
			return err
		}
		s.item(p, "accounts", len(people) > 1, false, t("setup.says.accounts", len(people)), "/accounts", "nav.accounts")
	}
	return nil
}

// moveEvent opens registration, closes it, and so on.
func (s *Server) moveEvent(c *fiber.Ctx) error {
	form := readForm(c)
	to := events.Status(form.Text("status"))
	version := form.Whole("version", 1, 1<<30)
	err := form.Err()
	if err == nil {
		err = s.Events.SetStatus(c.UserContext(), actor(c), event(c).ID, version, to)
	}
	if err == nil {
		s.flash(c, "ok", "setup.moved", s.words.T(lang(c), "state.event."+string(to)))
		return s.done(c, "/console/"+event(c).Slug+"/setup")
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.setupPage(c, form)
	if err != nil {
		return err
	}
	return s.again(c, "setup/checklist", p)
}

type eventFormPage struct {
	Page
	Form  Form
	Of    events.Event
	Zones []Choice
}

func (s *Server) eventForm(c *fiber.Ctx) error {
	e, err := s.Events.ByID(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	form := FormOf("slug", e.Slug, "prefix", e.Prefix, "title_zh", e.Title.ZH, "title_en", e.Title.EN, "summary_zh", e.Summary.ZH, "summary_en", e.Summary.EN,
		"place_zh", e.Place.ZH, "place_en", e.Place.EN, "starts_on", e.StartsOn.Format(time.DateOnly), "ends_on", e.EndsOn.Format(time.DateOnly),
		"time_zone", e.TimeZone, "version", fmt.Sprint(e.Version))
	return s.render(c, "setup/event", eventFormPage{Page: s.page(c), Form: form, Of: e, Zones: zoneChoices()})
}

func (s *Server) editEvent(c *fiber.Ctx) error {
	form := readForm(c)
	in := eventInput(&form)
	e, err := s.Events.Edit(c.UserContext(), actor(c), event(c).ID, form.Whole("version", 1, 1<<30), in)
	if err == nil {
		s.flash(c, "ok", "setup.saved")
		return s.done(c, "/console/"+e.Slug+"/setup")
	}
	if !form.Refused(err) {
		return err
	}
	if e, err = s.Events.ByID(c.UserContext(), event(c).ID); err != nil {
		return err
	}
	return s.again(c, "setup/event", eventFormPage{Page: s.page(c), Form: form, Of: e, Zones: zoneChoices()})
}
