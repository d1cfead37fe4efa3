package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// auditPerPage is how many entries one page shows.
const auditPerPage = 50

type auditPage struct {
	Page
	Entries []auditRow
	Older   string // address of the entries before these; empty at the end
}

// auditRow is an entry of the log as people read it.
type auditRow struct {
	At      time.Time // on the event's clock
	Who     locale.Text
	Kind    string // of actor: audit.kind.<kind>; empty when the name says it
	What    string
	Object  auditObject
	Changes []auditChange
	Reason  string
}

// fewChanges is how many changed fields are shown before the rest is folded.
const fewChanges = 4

// Folded tells whether the changed fields are too many to stand open.
func (r auditRow) Folded() bool { return len(r.Changes) > fewChanges }

func (s *Server) auditLog(c *fiber.Ctx) error {
	before, err := ident.Parse(c.Query("before"))
	if err != nil {
		before = ident.Nil
	}
	ctx, by := c.UserContext(), actor(c)
	list, err := s.Audit.Recent(ctx, event(c).ID, before, by.May(accounts.SeeAudit, ident.Nil), auditPerPage)
	if err != nil {
		return err
	}
	reader := &auditReader{s: s, c: c, lang: lang(c), event: event(c)}
	if reader.people, err = s.Accounts.Names(ctx, by); err != nil {
		return err
	}
	p := auditPage{Page: s.page(c)}
	for _, e := range delegations.LogSeenBy(by, list) {
		row, err := reader.row(e)
		if err != nil {
			return err
		}
		p.Entries = append(p.Entries, row)
	}
	if len(list) == auditPerPage {
		p.Older = c.Path() + "?before=" + list[len(list)-1].ID.String()
	}
	return s.render(c, "accounts/audit", p)
}

// auditReader turns entries of the log into what people read, and looks up each
// thing once.
type auditReader struct {
	s      *Server
	c      *fiber.Ctx
	lang   locale.Lang
	event  *EventHead
	people map[ident.ID]locale.Text // accounts
	seen   map[ident.ID]auditObject
	lists  map[string]map[string]locale.Text // names by code or ID, by what they are of
}

func (a *auditReader) row(e audit.Entry) (auditRow, error) {
	row := auditRow{At: e.At.In(a.event.Zone), Who: a.who(e), Kind: e.ActorKind, What: a.words("audit.action.", e.Action), Reason: because(func(key string, args ...any) string { return a.s.words.T(a.lang, key, args...) }, e.Reason)}
	if row.Who == accounts.GuestActor().Called() {
		row.Kind = ""
	}
	var err error
	if row.Object, err = a.object(e); err != nil {
		return row, err
	}
	row.Changes, err = a.changes(e, row.Object.Number)
	return row, err
}

// words is the sentence of a code, or the code where nobody wrote one.
func (a *auditReader) words(prefix, code string) string {
	if !a.s.words.Has(a.lang, prefix+code) {
		return code
	}
	return a.s.words.T(a.lang, prefix+code)
}

// who names the actor in both languages, as far as the program knows them.
func (a *auditReader) who(e audit.Entry) locale.Text {
	switch name, known := a.people[e.ActorID]; {
	case known:
		return name
	case e.ActorKind == string(accounts.System):
		return accounts.SystemName(e.ActorName)
	case e.ActorName == accounts.GuestActor().NameEN:
		return accounts.GuestActor().Called()
	}
	return locale.Text{ZH: e.ActorName, EN: e.ActorName}
}
