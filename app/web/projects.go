package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
)

const projectsPerPage = 50

type projectsPage struct {
	Page
	List    projects.List
	Filter  projects.Filter
	Sort    projects.Sort
	Pager   Pager
	Options projectOptions
	Pills   []filterLink      // filters that are on and have no select of their own; each leads to the list without it
	Hidden  []Choice          // the same, for the form
	Heads   map[string]string // what a column head leads to
	Any     bool              // a filter is on
	Wide    bool              // several events are shown
}

// projectOptions are what the selects of projects offer.
type projectOptions struct {
	Countries, Cities, Sectors, Districts, Firms []Choice
	Years                                        []int
}

// Direction is the aria-sort of a column.
func (p projectsPage) Direction(column string) string {
	switch {
	case !p.Sort.Is(column):
		return "none"
	case string(p.Sort) == column:
		return "ascending"
	}
	return "descending"
}

// projectList is the ledger; its filters stand in the address, so that a figure
// of the statistics can open the rows it counted.
func (s *Server) projectList(c *fiber.Ctx) error {
	f, number := projectFilter(c), pageNumber(c)
	paging := projects.Paging{
		Sort: projects.Sort(c.Query("sort", string(projects.Sorts[0]))), Lang: string(lang(c)),
		Offset: (number - 1) * projectsPerPage, Limit: projectsPerPage,
	}
	list, err := s.Projects.List(c.UserContext(), actor(c), f, paging)
	if err != nil {
		return err
	}
	options, err := s.projectOptions(c)
	if err != nil {
		return err
	}
	p := projectsPage{
		Page: s.page(c), List: list, Filter: f, Sort: paging.Sort, Pager: pager(c, number, projectsPerPage, list.Total), Options: options,
		Wide: f.Scope.Kind != projects.OfEvent,
	}
	p.filters(s.words)
	return s.render(c, "projects/list", p)
}

// projectFilter reads the filter of a list from its address.
func projectFilter(c *fiber.Ctx) projects.Filter {
	return projects.Filter{
		Scope: projectScope(c), Document: projects.Document(c.Query("document")), Kind: projects.Kind(c.Query("kind")),
		Direction: projects.Direction(c.Query("direction")), Sector: c.Query("sector"), District: c.Query("district"), Country: c.Query("country"),
		Stage: projects.Stage(c.Query("stage")), Reached: projects.Reach(c.Query("reached")), Verified: c.Query("verified") == "yes",
		Checking: c.Query("checking") == "yes", Having: projects.Having(c.Query("having")), Rows: projects.Rows(c.Query("rows")), Search: c.Query("q"),
	}
}

// projectScope reads ?scope=, ?year= and ?as_of=; without a year it is the
// event's, without a day all that is on record.
func projectScope(c *fiber.Ctx) projects.Scope {
	e := event(c)
	scope := projects.Scope{Kind: projects.ScopeKind(c.Query("scope", string(projects.OfEvent))), EventID: e.ID}
	if scope.Kind == projects.OfYear {
		scope.Year = c.QueryInt("year", e.FirstDay.Year())
	}
	if day, err := time.Parse(time.DateOnly, c.Query(asOfField)); err == nil && day.Year() >= 1900 && day.Year() <= 2200 { // what is no day asks for none
		scope.AsOf = day
	}
	return scope
}

// asOfField is the last day that counts, in the address.
const asOfField = "as_of"

// projectQuery is projectFilter the other way.
func projectQuery(f projects.Filter) url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Scope.Kind != projects.OfEvent {
		set("scope", string(f.Scope.Kind))
	}
	if f.Scope.Kind == projects.OfYear {
		set("year", strconv.Itoa(f.Scope.Year))
	}
	if !f.Scope.AsOf.IsZero() {
		set(asOfField, f.Scope.AsOf.Format(time.DateOnly))
	}
	yes := map[bool]string{true: "yes"}
	for name, value := range map[string]string{
		"document": string(f.Document), "kind": string(f.Kind), "direction": string(f.Direction), "sector": f.Sector, "district": f.District,
		"country": f.Country, "stage": string(f.Stage), "reached": string(f.Reached), "verified": yes[f.Verified], "checking": yes[f.Checking],
		"having": string(f.Having), "rows": string(f.Rows), "q": f.Search,
	} {
		set(name, value)
	}
	return q
}

func projectsURL(base string, q url.Values) string {
	if len(q) == 0 {
		return base + "/projects"
	}
	return base + "/projects?" + q.Encode()
}

// filters makes what leads from this list to its neighbours.
func (p *projectsPage) filters(words *locale.Catalogue) {
	here := projectQuery(p.Filter)
	p.Any = p.Filter != projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent, EventID: p.Filter.Scope.EventID}}
	without := func(names ...string) string {
		q := projectQuery(p.Filter)
		for _, name := range names {
			q.Del(name)
		}
		return projectsURL(p.Console(), q)
	}
	pill := func(key, value string, names ...string) {
		p.Pills = append(p.Pills, filterLink{Text: words.T(p.Lang, key+"."+value), URL: without(names...), Here: true})
		for _, name := range names {
			if here.Has(name) {
				p.Hidden = append(p.Hidden, Choice{name, here.Get(name)})
			}
		}
	}
	if p.Filter.Reached != "" {
		key := "projects.reached"
		if p.Filter.Verified {
			key = "projects.reached_verified"
		}
		pill(key, string(p.Filter.Reached), "reached", "verified")
	}
	if day := p.Filter.Scope.AsOf; !day.IsZero() {
		p.Pills = append(p.Pills, filterLink{Text: words.T(p.Lang, "projects.as_of", locale.Date(p.Lang, day)), URL: without(asOfField), Here: true})
		p.Hidden = append(p.Hidden, Choice{asOfField, here.Get(asOfField)})
	}
	if p.Filter.Having != "" {
		pill("projects.having", string(p.Filter.Having), "having")
	}
	p.Heads = map[string]string{}
	for column, first := range map[string]projects.Sort{"code": "code", "name": "name", "signed": "-signed", "amount": "-amount", "stage": "-stage"} {
		next := first
		if p.Sort == first {
			next = projects.Sorts[slices.Index(projects.Sorts, first)^1] // the two ways of a column stand together
		}
		q := projectQuery(p.Filter)
		q.Set("sort", string(next))
		p.Heads[column] = projectsURL(p.Console(), q)
	}
}

// projectOptions reads the office's tables for selects.
func (s *Server) projectOptions(c *fiber.Ctx) (o projectOptions, err error) {
	ctx, l := c.UserContext(), lang(c)
	countries, err := s.Events.Countries(ctx)
	if err != nil {
		return o, err
	}
	names := map[string]locale.Text{}
	for _, n := range countries {
		names[n.Code] = n.Name
		o.Countries = append(o.Countries, Choice{n.Code, n.Name.In(l)})
	}
	sortChoices(l, o.Countries)
	cities, err := s.Events.Cities(ctx)
	if err != nil {
		return o, err
	}
	for _, n := range cities {
		o.Cities = append(o.Cities, Choice{n.Code, n.Name.In(l) + " · " + names[n.CountryCode].In(l)})
	}
	sectors, err := s.Events.Sectors(ctx)
	if err != nil {
		return o, err
	}
	districts, err := s.Events.Districts(ctx)
	if err != nil {
		return o, err
	}
	o.Sectors, o.Districts = codedChoices(sectors, l), codedChoices(districts, l)
	firms, err := s.Firms.List(ctx)
	if err != nil {
		return o, err
	}
	for _, f := range firms {
		o.Firms = append(o.Firms, Choice{f.ID.String(), f.Code + " · " + f.Name.In(l)})
	}
	o.Years, err = s.Projects.Years(ctx, actor(c))
	return o, err
}

func codedChoices(list []events.Coded, l locale.Lang) (choices []Choice) {
	for _, n := range list {
		choices = append(choices, Choice{n.Code, n.Name.In(l)})
	}
	return choices
}

// Documents, Kinds and the rest are what the selects of a list offer beside the
// office's tables.
func (projectsPage) Documents() []projects.Document   { return projects.Documents }
func (projectsPage) Kinds() []projects.Kind           { return projects.Kinds }
func (projectsPage) Directions() []projects.Direction { return projects.Directions }
func (projectsPage) Stages() []projects.Stage         { return projects.Stages }
func (projectsPage) Ledgers() []projects.Rows {
	return []projects.Rows{projects.Duplicates, projects.Ledger}
}

// Scopes are how wide the reader may look: a total of all events that left some
// out would be a wrong number.
func (p projectsPage) Scopes() []projects.ScopeKind {
	if p.Actor.May(accounts.SeeProjects, ident.Nil) {
		return projects.ScopeKinds
	}
	return []projects.ScopeKind{projects.OfEvent}
}

// URL is the address of a project, in the console of the event it counts at.
func (projectsPage) URL(p projects.Project) string { return projectURL(p) }

func projectURL(p projects.Project) string {
	return "/console/" + p.Event.Slug + "/projects/" + p.ID.String()
}

// rates is the office's table of rates.

type ratesPage struct {
	Page
	Form  Form
	Rates []projects.Rate
	Edit  bool
}

func (s *Server) ratesPage(c *fiber.Ctx, form Form) (ratesPage, error) {
	list, err := s.Projects.Rates(c.UserContext(), actor(c))
	return ratesPage{Page: s.page(c), Form: form, Rates: list, Edit: actor(c).May(accounts.EditProject, ident.Nil)}, err
}

func (s *Server) rates(c *fiber.Ctx) error {
	today := s.Now().In(event(c).Zone)
	p, err := s.ratesPage(c, FormOf("rate_date", locale.ISO(today), "units", "100"))
	if err != nil {
		return err
	}
	return s.render(c, "projects/rates", p)
}

func (s *Server) saveRate(c *fiber.Ctx) error {
	form := readForm(c)
	in := projects.Rate{On: form.Date("rate_date"), Currency: form.Text("currency"), Units: form.Whole("units", 1, 10_000), Source: form.Raw("source")}
	in.CNY = form.Decimal("cny_per_units", "projects.rate").Decimal
	err := form.Err()
	if err == nil {
		err = s.Projects.SaveRate(c.UserContext(), actor(c), in)
	}
	if err == nil {
		s.flash(c, "ok", "projects.rate_saved", in.Currency, locale.ISO(in.On))
		return s.done(c, "/console/"+event(c).Slug+"/projects/rates")
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.ratesPage(c, form)
	if err != nil {
		return err
	}
	return s.again(c, "projects/rates", p)
}
