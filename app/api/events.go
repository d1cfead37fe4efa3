package api

import (
	"context"
	"net/http"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

func (a *API) eventOperations() {
	add(a, description{method: http.MethodGet, path: "/api/v1/events", id: "list-events", tag: "Events", rule: web.Public(), summary: "Events, the latest first",
		about: "Events in preparation are listed for those who may see them."}, a.listEvents)
	add(a, description{method: http.MethodPost, path: "/api/v1/events", id: "create-event", tag: "Events", rule: web.Everywhere(accounts.CreateEvent), status: http.StatusCreated, summary: "Make an event"}, a.createEvent)
	add(a, description{method: http.MethodPatch, path: "/api/v1/events/:event", id: "edit-event", tag: "Events", rule: web.Right(accounts.EditEvent), summary: "Change what is said of an event",
		about: "What is left out stays. Slug and prefix stay once registration has opened."}, a.editEvent)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/status", id: "move-event", tag: "Events", rule: web.Right(accounts.EditEvent), summary: "Open registration, close it, and so on",
		about: "An event goes on, over states that it does not need, or back by one."}, a.moveEvent)
	add(a, description{method: http.MethodGet, path: "/api/v1/series", id: "list-series", tag: "Events", rule: web.Anywhere(accounts.SeeConsole), summary: "Series that events are editions of"}, a.listSeries)
	add(a, description{method: http.MethodPost, path: "/api/v1/series", id: "create-series", tag: "Events", rule: web.Everywhere(accounts.CreateEvent), status: http.StatusCreated, summary: "Make a series"}, a.createSeries)
	add(a, description{method: http.MethodGet, path: "/api/v1/events/:event", id: "event", tag: "Events", rule: web.Public(), summary: "One event, by slug or ID"}, a.oneEvent)
}

// EventHead is what an answer says of an event beside its own subject.
type EventHead struct {
	ID       string      `json:"id"`
	Slug     string      `json:"slug"`
	Title    locale.Text `json:"title"`
	Place    locale.Text `json:"place"`
	StartsOn string      `json:"starts_on" format:"date"`
	EndsOn   string      `json:"ends_on" format:"date"`
	TimeZone string      `json:"time_zone"`
	Status   string      `json:"status"`
}

type event struct {
	EventHead
	Summary    locale.Text `json:"summary"`
	Version    int         `json:"version"`
	Categories []category  `json:"categories"`
}

func (e event) version() int { return e.Version }

type category struct {
	Code     string      `json:"code"`
	Name     locale.Text `json:"name"`
	Quota    *int        `json:"quota" doc:"null: not limited"`
	Approval string      `json:"approval" enum:"automatic,whitelist,review"`
	Open     bool        `json:"open" doc:"The public form takes registrations now."`
}

func eventHeadOf(e events.Event) EventHead {
	return EventHead{ID: e.ID.String(), Slug: e.Slug, Title: e.Title, Place: e.Place, StartsOn: e.StartsOn.Format(time.DateOnly),
		EndsOn: e.EndsOn.Format(time.DateOnly), TimeZone: e.TimeZone, Status: string(e.Status)}
}

func (a *API) listEvents(ctx context.Context, c caller, _ struct{}) (list[EventHead], error) {
	all, err := a.Events.List(ctx)
	if err != nil {
		return list[EventHead]{}, err
	}
	out := list[EventHead]{Items: []EventHead{}}
	for _, e := range all {
		if e.Shown() || c.actor.May(accounts.SeeConsole, e.ID) {
			out.Items = append(out.Items, eventHeadOf(e))
		}
	}
	return out, nil
}

func (a *API) oneEvent(ctx context.Context, c caller, in struct {
	Event string `path:"event" doc:"Slug or ID"`
}) (event, error) {
	e, err := a.Events.ByID(ctx, c.event.ID)
	if err != nil {
		return event{}, err
	}
	if !e.Shown() && !c.actor.May(accounts.SeeConsole, e.ID) {
		return event{}, fault.New(fault.NotFound, "error.not_found")
	}
	return a.eventOf(ctx, e)
}

func (a *API) eventOf(ctx context.Context, e events.Event) (event, error) {
	categories, err := a.Events.Categories(ctx, e.ID)
	if err != nil {
		return event{}, err
	}
	out := event{EventHead: eventHeadOf(e), Summary: e.Summary, Version: e.Version, Categories: []category{}}
	for _, cat := range categories {
		if cat.Public {
			out.Categories = append(out.Categories, category{Code: cat.Code, Name: cat.Name, Quota: cat.Quota, Approval: cat.Approval, Open: cat.OpenAt(a.Now())})
		}
	}
	return out, nil
}

type createEventInput struct {
	Body struct {
		Slug     string      `json:"slug" doc:"In addresses: small letters, digits, hyphens"`
		Prefix   string      `json:"prefix,omitempty" doc:"Begins each reference, as F27 in F27-0148; made from the slug when left out"`
		Series   string      `json:"series" doc:"Slug of the series"`
		Title    locale.Text `json:"title"`
		Summary  locale.Text `json:"summary,omitempty"`
		Place    locale.Text `json:"place,omitempty"`
		StartsOn string      `json:"starts_on" format:"date"`
		EndsOn   string      `json:"ends_on" format:"date"`
		TimeZone string      `json:"time_zone" doc:"IANA name, as Asia/Shanghai"`
		Status   string      `json:"status,omitempty" doc:"preparing when left out"`
	}
}

func (a *API) createEvent(ctx context.Context, c caller, in createEventInput) (event, error) {
	b := in.Body
	create := events.Input{
		Slug: b.Slug, Prefix: b.Prefix, Series: b.Series, TitleZH: b.Title.ZH, TitleEN: b.Title.EN, SummaryZH: b.Summary.ZH, SummaryEN: b.Summary.EN,
		PlaceZH: b.Place.ZH, PlaceEN: b.Place.EN, TimeZone: b.TimeZone, Status: events.Status(b.Status),
	}
	// A date that is none stays zero: the service says so beside its field.
	create.StartsOn, _ = time.Parse(time.DateOnly, b.StartsOn)
	create.EndsOn, _ = time.Parse(time.DateOnly, b.EndsOn)
	if create.Status == "" {
		create.Status = events.Preparing
	}
	e, err := a.Events.Create(ctx, c.actor, create)
	if err != nil {
		return event{}, err
	}
	return a.eventOf(ctx, e)
}

type editEventInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Match match  `header:"If-Match" doc:"The ETag that the edit rests on; left out: whatever there is"`
	Body  struct {
		Slug     *string      `json:"slug,omitempty"`
		Prefix   *string      `json:"prefix,omitempty"`
		Title    *locale.Text `json:"title,omitempty"`
		Summary  *locale.Text `json:"summary,omitempty"`
		Place    *locale.Text `json:"place,omitempty"`
		StartsOn *string      `json:"starts_on,omitempty" format:"date"`
		EndsOn   *string      `json:"ends_on,omitempty" format:"date"`
		TimeZone *string      `json:"time_zone,omitempty" doc:"IANA name, as Asia/Shanghai"`
	}
}

func (a *API) editEvent(ctx context.Context, c caller, in editEventInput) (event, error) {
	e, err := a.Events.ByID(ctx, c.event.ID)
	if err != nil {
		return event{}, err
	}
	b, version := in.Body, int(in.Match)
	if version == 0 {
		version = e.Version // what is left out is as it was read here
	}
	to := events.Input{
		Slug: e.Slug, Prefix: e.Prefix, TitleZH: e.Title.ZH, TitleEN: e.Title.EN, SummaryZH: e.Summary.ZH, SummaryEN: e.Summary.EN,
		PlaceZH: e.Place.ZH, PlaceEN: e.Place.EN, StartsOn: e.StartsOn, EndsOn: e.EndsOn, TimeZone: e.TimeZone,
	}
	for at, given := range map[*string]*string{&to.Slug: b.Slug, &to.Prefix: b.Prefix, &to.TimeZone: b.TimeZone} {
		if given != nil {
			*at = *given
		}
	}
	for at, given := range map[[2]*string]*locale.Text{{&to.TitleZH, &to.TitleEN}: b.Title, {&to.SummaryZH, &to.SummaryEN}: b.Summary, {&to.PlaceZH, &to.PlaceEN}: b.Place} {
		if given != nil {
			*at[0], *at[1] = given.ZH, given.EN
		}
	}
	for at, given := range map[*time.Time]*string{&to.StartsOn: b.StartsOn, &to.EndsOn: b.EndsOn} {
		if given != nil { // a date that is none becomes zero: the service says so beside its field
			*at, _ = time.Parse(time.DateOnly, *given)
		}
	}
	if e, err = a.Events.Edit(ctx, c.actor, e.ID, version, to); err != nil {
		return event{}, err
	}
	return a.eventOf(ctx, e)
}

func (a *API) moveEvent(ctx context.Context, c caller, in struct {
	Event string `path:"event" doc:"Slug or ID"`
	Match match  `header:"If-Match" doc:"The ETag that the change rests on; left out: whatever there is"`
	Body  struct {
		Status string `json:"status" enum:"preparing,registration_open,registration_closed,frozen,running,closed,reporting,archived"`
	}
}) (event, error) {
	if err := a.Events.SetStatus(ctx, c.actor, c.event.ID, int(in.Match), events.Status(in.Body.Status)); err != nil {
		return event{}, err
	}
	e, err := a.Events.ByID(ctx, c.event.ID)
	if err != nil {
		return event{}, err
	}
	return a.eventOf(ctx, e)
}

type series struct {
	ID        string      `json:"id"`
	Slug      string      `json:"slug"`
	Name      locale.Text `json:"name"`
	Kind      string      `json:"kind" enum:"forum,overseas_week,fair,reception"`
	SinceYear int         `json:"since_year"`
}

func seriesOf(s events.Series) series {
	return series{ID: s.ID.String(), Slug: s.Slug, Name: s.Name, Kind: s.Kind, SinceYear: s.SinceYear}
}

func (a *API) listSeries(ctx context.Context, _ caller, _ struct{}) (list[series], error) {
	all, err := a.Events.SeriesList(ctx)
	out := list[series]{Items: []series{}}
	for _, s := range all {
		out.Items = append(out.Items, seriesOf(s))
	}
	return out, err
}

func (a *API) createSeries(ctx context.Context, c caller, in struct {
	Body struct {
		Slug      string      `json:"slug" doc:"Small letters, digits, hyphens"`
		Name      locale.Text `json:"name"`
		Kind      string      `json:"kind" enum:"forum,overseas_week,fair,reception"`
		SinceYear int         `json:"since_year"`
	}
}) (series, error) {
	b := in.Body
	made, err := a.Events.CreateSeries(ctx, c.actor, events.Series{Slug: b.Slug, Name: b.Name, Kind: b.Kind, SinceYear: b.SinceYear})
	return seriesOf(made), err
}
