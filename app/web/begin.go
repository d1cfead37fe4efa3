package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// beginPage is the form of a new event.
type beginPage struct {
	Page
	Form   Form
	First  bool // there is no event yet
	Series []Choice
	Kinds  []Choice
	Zones  []Choice
}

func (s *Server) beginPage(c *fiber.Ctx, form Form, first bool) (beginPage, error) {
	p := beginPage{Page: s.page(c), Form: form, First: first, Zones: zoneChoices()}
	for _, kind := range events.SeriesKinds {
		p.Kinds = append(p.Kinds, Choice{kind, s.words.T(p.Lang, "setup.series_kind."+kind)})
	}
	list, err := s.Events.SeriesList(c.UserContext())
	for _, series := range list {
		p.Series = append(p.Series, Choice{series.Slug, series.Name.In(p.Lang)})
	}
	if len(p.Series) > 0 {
		p.Series = append(p.Series, Choice{"", s.words.T(p.Lang, "setup.series_new")})
	}
	return p, err
}

// zoneChoices are the time zones for a select, in the order of the alphabet: each
// once, though several countries may keep it.
func zoneChoices() (list []Choice) {
	for _, z := range events.TimeZones {
		list = append(list, Choice{z.Name, z.Name})
	}
	sortChoices(locale.EN, list)
	return list
}

// begun is how the form of a new event stands before anybody typed.
func begun(series []Choice) Form {
	form := FormOf("series_kind", events.SeriesKinds[0], "time_zone", "Asia/Shanghai")
	if len(series) > 0 {
		form.values.Set("series", series[0].Value)
	}
	return form
}

func (s *Server) newEvent(c *fiber.Ctx) error { return s.showBegin(c, false) }

func (s *Server) showBegin(c *fiber.Ctx, first bool) error {
	p, err := s.beginPage(c, Form{}, first)
	if err != nil {
		return err
	}
	p.Form = begun(p.Series)
	return s.render(c, "setup/begin", p)
}

func (s *Server) beginEvent(c *fiber.Ctx) error {
	form := readForm(c)
	in := eventInput(&form)
	in.Series = form.Text("series")
	with := events.Beginning{
		Series: events.Series{Name: locale.Text{ZH: form.Raw("series_name_zh"), EN: form.Raw("series_name_en")}, Kind: form.Text("series_kind")},
		Venue:  locale.Text{ZH: form.Raw("venue_zh"), EN: form.Raw("venue_en")},
	}
	if form.Text("series_since") != "" {
		if with.Series.SinceYear = form.Whole("series_since", 1949, 2200); form.wrong("series_since") {
			with.Series.SinceYear = -1 // refused with all else that is wrong
		}
	}
	e, err := s.Events.Begin(c.UserContext(), actor(c), in, with)
	if err == nil {
		s.flash(c, "ok", "setup.begun", e.Title)
		return s.done(c, "/console/"+e.Slug+"/setup")
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.beginPage(c, form, false)
	if err != nil {
		return err
	}
	return s.again(c, "setup/begin", p)
}

// eventInput reads what is said of an event. Dates that are none stay zero: the
// service says so beside each, with all else.
func eventInput(form *Form) events.Input {
	return events.Input{
		Slug: form.Code("slug"), Prefix: form.Capitals("prefix"), TitleZH: form.Raw("title_zh"), TitleEN: form.Raw("title_en"),
		SummaryZH: form.Raw("summary_zh"), SummaryEN: form.Raw("summary_en"), PlaceZH: form.Raw("place_zh"), PlaceEN: form.Raw("place_en"),
		StartsOn: form.Date("starts_on"), EndsOn: form.Date("ends_on"), TimeZone: form.Text("time_zone"),
	}
}

// consoleHome leads to the one event that somebody works at, lets them choose, or
// begins with the first.
func (s *Server) consoleHome(c *fiber.Ctx) error {
	all, err := s.EventList(c.UserContext())
	if err != nil {
		return err
	}
	p := consoleHomePage{Page: s.page(c), Begins: actor(c).May(accounts.CreateEvent, ident.Nil)}
	for _, e := range all {
		if actor(c).May(accounts.SeeConsole, e.ID) {
			p.Events = append(p.Events, e)
		}
	}
	switch {
	case len(p.Events) == 1 && c.Query("all") == "":
		return c.Redirect("/console/"+p.Events[0].Slug, fiber.StatusSeeOther)
	case len(p.Events) == 0 && p.Begins:
		return s.showBegin(c, true)
	case len(p.Events) == 0 && !actor(c).MayAnywhere(accounts.SeeConsole):
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.render(c, "console/home", p)
}

type consoleHomePage struct {
	Page
	Events []EventHead
	Begins bool // may make an event
}
