package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

type agendaInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Match string `header:"If-None-Match" doc:"The ETag that the caller has: 304 when it still holds"`
}

type streamInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Last  string `header:"Last-Event-ID" doc:"Goes on after this id; reset is sent when it is too old"`
}

func (a *API) agendaOperations() {
	// These two stand with the pages, which read them too.
	a.describe(description{method: http.MethodGet, path: "/api/v1/events/:event/agenda", id: "agenda", tag: "Agenda", rule: web.Public(), status: http.StatusOK,
		summary: "The published agenda as Redis holds it", about: "With its version and an ETag. While Redis is away it comes from PostgreSQL, and source says so."},
		reflect.TypeFor[agendaInput](), reflect.TypeFor[agenda.Live]())
	a.describe(description{method: http.MethodGet, path: "/api/v1/events/:event/agenda/stream", id: "agenda-stream", tag: "Agenda", rule: web.Public(), status: http.StatusOK, media: "text/event-stream",
		summary: "Server-sent events: what moved", about: "Each has an id. An event says that something changed, not what: ask for the agenda again."},
		reflect.TypeFor[streamInput](), reflect.TypeFor[file]())
	add(a, description{method: http.MethodPatch, path: "/api/v1/sessions/:id", id: "revise-session", tag: "Agenda", rule: web.Anywhere(accounts.EditAgenda), summary: "Move or rename a session, or take it to another status",
		about: "What is left out stays; a start without an end keeps the length. An impossible change is 409 with the reason."}, a.reviseSession)
}

type reviseInput struct {
	ID    ident.ID `path:"id"`
	Match match    `header:"If-Match" doc:"The ETag that the edit rests on; left out: whatever there is"`
	Body  struct {
		Title    *locale.Text `json:"title,omitempty"`
		StartsAt *time.Time   `json:"starts_at,omitempty"`
		EndsAt   *time.Time   `json:"ends_at,omitempty"`
		RoomID   *ident.ID    `json:"room_id,omitempty"`
		Room     *string      `json:"room,omitempty" doc:"The room's code, instead of its ID"`
		Status   *string      `json:"status,omitempty" enum:"draft,planned,published,live,ended,archived,cancelled"`
		Note     *locale.Text `json:"note,omitempty" doc:"Why, for guests"`
	}
}

type session struct {
	ID       string      `json:"id"`
	EventID  string      `json:"event_id"`
	Code     string      `json:"code"`
	Kind     string      `json:"kind"`
	Title    locale.Text `json:"title"`
	StartsAt time.Time   `json:"starts_at"`
	EndsAt   time.Time   `json:"ends_at"`
	RoomID   string      `json:"room_id,omitempty"`
	Status   string      `json:"status"`
	Note     locale.Text `json:"note"`
	Version  int         `json:"version"`
	Clashes  []clash     `json:"clashes,omitempty" doc:"Who is in two places now, and was let pass"`
}

type clash struct {
	Person  locale.Text `json:"person"`
	Session locale.Text `json:"session"`
}

func (s session) version() int { return s.Version }

func (a *API) reviseSession(ctx context.Context, c caller, in reviseInput) (session, error) {
	b := in.Body
	r := agenda.Revision{Title: b.Title, StartsAt: b.StartsAt, EndsAt: b.EndsAt, RoomID: b.RoomID, Room: b.Room, Note: b.Note}
	if b.Status != nil {
		to := agenda.Status(*b.Status)
		r.Status = &to
	}
	n, clashes, err := a.Agenda.Revise(ctx, c.actor, in.ID, int(in.Match), r)
	if err != nil {
		return session{}, err
	}
	out := session{
		ID: n.ID.String(), EventID: n.EventID.String(), Code: n.Code, Kind: string(n.Kind), Title: n.Title, StartsAt: n.StartsAt, EndsAt: n.EndsAt,
		Status: string(n.Status), Note: n.Note, Version: n.Version,
	}
	if n.RoomID != ident.Nil {
		out.RoomID = n.RoomID.String()
	}
	for _, x := range clashes {
		out.Clashes = append(out.Clashes, clash{Person: x.Person, Session: x.Title})
	}
	return out, nil
}
