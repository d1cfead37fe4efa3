package web

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
	"qianshou/app/lists"
)

const linesPerPage = 50

// listLimit keeps one address from bringing list after list.
var listLimit = Limit{Times: 30, In: 10 * time.Minute}

// listPlace is where a list belongs: who brings it, for what, and under which
// address.
type listPlace struct {
	by         accounts.Actor
	event      ident.ID
	kind       string
	delegation ident.ID
	at         string // of the page that takes lists
	imports    string // of the lists that were brought
	back       string
	backName   locale.Text // Empty: the word for all delegations or firms
	page       linkPage
}

type listPage struct {
	linkPage
	Kind       string
	Delegation locale.Text // whose list it is; Empty: each line says
	At         string
	Imports    string
	Back       string
	BackName   locale.Text
	Form       Form
	Recent     []lists.Import

	Import lists.Import
	Why    string // it failed
	Lines  []listLine
	Counts map[string]int
	Filter string
	Pager  Pager
}

// Of is the address of an import.
func (p listPage) Of(i lists.Import) string { return p.Imports + "/" + i.ID.String() }

// To is the address of this import's lines with another filter.
func (p listPage) To(filter string) string {
	return p.Of(p.Import) + "?" + url.Values{"show": {filter}}.Encode()
}

// Clock is an instant on the event's clock.
func (p listPage) Clock(at time.Time) time.Time { return p.Page.At(at) }

type listLine struct {
	lists.Line
	Open  string // address of the registration; empty when there is none to open
	Cells []listCell
}

type listCell struct {
	lists.Cell
	Said string
}

// The places.

func (s *Server) ownList(c *fiber.Ctx) (listPlace, error) {
	d, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return listPlace{}, err
	}
	own := "/delegation/" + c.Params("token")
	p := listPlace{by: l.Actor(), event: d.EventID, kind: lists.Members, delegation: d.ID, at: own + "/import", imports: own + "/import", back: own, backName: d.Name}
	p.page, err = s.linkPage(c, own, l)
	return p, err
}

func (s *Server) consoleList(c *fiber.Ctx, kind string) listPlace {
	base := "/console/" + event(c).Slug
	p := listPlace{by: actor(c), event: event(c).ID, kind: kind, at: base + "/import/" + kind, imports: base + "/imports", back: base + "/delegations", page: linkPage{Page: s.page(c)}}
	if kind == lists.Firms {
		p.back = base + "/firms"
	}
	return p
}

func (s *Server) memberList(c *fiber.Ctx) (listPlace, error) {
	return s.consoleList(c, lists.Members), nil
}

func (s *Server) firmRegister(c *fiber.Ctx) (listPlace, error) {
	return s.consoleList(c, lists.Firms), nil
}

func (s *Server) listOfOne(c *fiber.Ctx) (listPlace, error) {
	d, err := s.delegationOf(c)
	if err != nil {
		return listPlace{}, err
	}
	return s.listOfDelegation(c, d), nil
}

func (s *Server) listOfDelegation(c *fiber.Ctx, d delegations.Delegation) listPlace {
	p := s.consoleList(c, lists.Members)
	p.delegation, p.at, p.back, p.backName = d.ID, delegationURL(c, d.ID)+"/import", delegationURL(c, d.ID), d.Name
	return p
}

// anyImport is the place of an import in the console.
func (s *Server) anyImport(c *fiber.Ctx) (listPlace, error) {
	id, err := pathID(c, "import")
	if err != nil {
		return listPlace{}, err
	}
	i, err := s.Lists.ByID(c.UserContext(), actor(c), id)
	if err != nil {
		return listPlace{}, err
	}
	if i.DelegationID == ident.Nil {
		return s.consoleList(c, i.Kind), nil
	}
	d, err := s.Delegations.ByID(c.UserContext(), actor(c), i.DelegationID)
	return s.listOfDelegation(c, d), err
}

// Handlers, each for every place.

type placeOf func(c *fiber.Ctx) (listPlace, error)

func (p listPlace) model() listPage {
	return listPage{linkPage: p.page, Kind: p.kind, Delegation: p.backName, At: p.at, Imports: p.imports, Back: p.back, BackName: p.backName}
}

// listForm shows where a list is brought.
func (s *Server) listForm(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := where(c)
		if err != nil {
			return err
		}
		p, err := s.newListPage(c, place, FormOf("lang", string(lang(c))))
		if err != nil {
			return err
		}
		return s.render(c, "lists/new", p)
	}
}

func (s *Server) newListPage(c *fiber.Ctx, place listPlace, form Form) (listPage, error) {
	p := place.model()
	p.Form = form
	var err error
	p.Recent, err = s.Lists.Recent(c.UserContext(), place.by, place.event, place.kind, place.delegation)
	return p, err
}

// bringList takes a list in, as a file or as rows that were pasted.
func (s *Server) bringList(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := where(c)
		if err != nil {
			return err
		}
		form := readForm(c)
		up := lists.Upload{
			EventID: place.event, Kind: place.kind, DelegationID: place.delegation, Lang: form.Text("lang"), Consent: form.Ticked("consent"),
		}
		if place.kind == lists.Firms {
			up.Lang = string(lang(c)) // nobody is written to
		}
		if up.FileName, up.File, err = uploaded(c, "file"); err != nil && fault.CodeOf(err) != fault.Invalid { // without a file there may be rows
			return err
		}
		if pasted := form.Raw("rows"); len(up.File) == 0 && pasted != "" {
			up.File, up.Pasted = []byte(pasted), true
		}
		i, err := s.Lists.Bring(c.UserContext(), place.by, up)
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			p, pageErr := s.newListPage(c, place, form)
			if pageErr != nil {
				return pageErr
			}
			return s.again(c, "lists/new", p)
		}
		return s.done(c, place.imports+"/"+i.ID.String())
	}
}

// list shows an import: how far it is, and its lines.
func (s *Server) list(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, i, err := s.listAt(c, where)
		if err != nil {
			return err
		}
		p := place.model()
		p.Import, p.Filter = i, c.Query("show")
		if i.Fault != nil {
			p.Why = s.words.T(p.Lang, i.Fault.Key, i.Fault.Args...)
		}
		if c.Query("fragment") == "status" {
			return s.render(c, "lists/_status", p)
		}
		if i.State == lists.Checked || i.State == lists.Done {
			if err := s.readLines(c, place, &p); err != nil {
				return err
			}
		}
		return s.render(c, "lists/show", p)
	}
}

// listAt finds the import of the address within its place.
func (s *Server) listAt(c *fiber.Ctx, where placeOf) (listPlace, lists.Import, error) {
	place, err := where(c)
	if err != nil {
		return place, lists.Import{}, err
	}
	id, err := pathID(c, "import")
	if err != nil {
		return place, lists.Import{}, err
	}
	i, err := s.Lists.ByID(c.UserContext(), place.by, id)
	if err == nil && (i.EventID != place.event || i.Kind != place.kind || i.DelegationID != place.delegation) {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return place, i, err
}

func (s *Server) readLines(c *fiber.Ctx, place listPlace, p *listPage) error {
	if p.Filter == "" && p.Import.Bad > 0 {
		p.Filter = "bad" // what needs a hand comes first
	}
	filter := p.Filter
	if filter == "all" {
		filter = ""
	}
	number := pageNumber(c)
	page, err := s.Lists.Lines(c.UserContext(), place.by, p.Import.ID, filter, (number-1)*linesPerPage, linesPerPage)
	if err != nil {
		return err
	}
	p.Counts = page.Counts
	p.Counts["all"] = p.Import.Rows
	shown := p.Counts[filter]
	if filter == "" {
		p.Filter, shown = "all", p.Import.Rows
	}
	p.Pager = pager(c, number, linesPerPage, shown)
	for _, l := range page.Lines {
		line := listLine{Line: l}
		if l.RegistrationID != ident.Nil && p.Own == "" {
			line.Open = p.Console() + "/registrations/" + l.RegistrationID.String()
		}
		for _, cell := range l.Cells {
			said := ""
			if cell.Problem.Key != "" {
				said = s.sentence(p.Lang, cell.Problem.Key, cell.Problem.Args)
			}
			line.Cells = append(line.Cells, listCell{cell, said})
		}
		p.Lines = append(p.Lines, line)
	}
	return nil
}

// commitList has the good lines taken over.
func (s *Server) commitList(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, i, err := s.listAt(c, where)
		if err != nil {
			return err
		}
		form := readForm(c)
		version := form.Whole("version", 1, 1<<30)
		if _, err := s.Lists.Commit(c.UserContext(), place.by, i.ID, version); err != nil {
			return err
		}
		return s.done(c, place.imports+"/"+i.ID.String())
	}
}

func (s *Server) cancelList(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, i, err := s.listAt(c, where)
		if err != nil {
			return err
		}
		if _, err := s.Lists.Cancel(c.UserContext(), place.by, i.ID); err != nil {
			return err
		}
		s.flash(c, "ok", "lists.cancelled")
		return s.done(c, place.at)
	}
}

// listRoutes are the pages of lists: in the console, and of a delegation's own link.
func (s *Server) listRoutes() []route {
	edit, firms := right(accounts.EditRegistration), everywhere(accounts.EditDelegation)
	see := right(accounts.SeeRegistrations)
	table := []route{
		get("/console/:event/registrations/export.xlsx", see, s.exportRegistrations(false)).limit(paperLimit),
		get("/console/:event/registrations/export.csv", see, s.exportRegistrations(true)).limit(paperLimit),
		get("/delegation/:token/roster.xlsx", link(), s.exportOwn(false)).limit(paperLimit),
		get("/delegation/:token/roster.csv", link(), s.exportOwn(true)).limit(paperLimit),
	}
	for _, form := range []struct {
		at    string
		rule  Rule
		where placeOf
	}{
		{"/console/:event/import/members", edit, s.memberList},
		{"/console/:event/import/firms", firms, s.firmRegister},
		{"/console/:event/delegations/:delegation/import", edit, s.listOfOne},
		{"/delegation/:token/import", link(), s.ownList},
	} {
		table = append(table,
			get(form.at, form.rule, s.listForm(form.where)),
			post(form.at, form.rule, s.bringList(form.where)).limit(listLimit).takes(sheet.Usual.Bytes),
			get(form.at+"/template.xlsx", form.rule, s.listTemplate(form.where)).limit(paperLimit),
		)
	}
	for _, shown := range []struct {
		at    string
		rule  Rule
		where placeOf
	}{
		{"/console/:event/imports/:import", right(accounts.EditDelegation), s.anyImport},
		{"/delegation/:token/import/:import", link(), s.ownList},
	} {
		table = append(table,
			get(shown.at, shown.rule, s.list(shown.where)),
			post(shown.at+"/commit", shown.rule, s.commitList(shown.where)),
			post(shown.at+"/cancel", shown.rule, s.cancelList(shown.where)),
			get(shown.at+"/returned.xlsx", shown.rule, s.returnedList(shown.where)).limit(paperLimit),
		)
	}
	return table
}
