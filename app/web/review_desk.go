package web

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// decideMany takes one decision about the registrations that are ticked. It can be
// undone for some seconds, at the desk to which this leads back.
func (s *Server) decideMany(c *fiber.Ctx) error {
	form := readForm(c)
	var ids []ident.ID
	var seen []delegations.Seen
	for _, typed := range form.All("id") {
		id, err := ident.Parse(typed)
		if err != nil || slices.Contains(ids, id) {
			continue
		}
		version, _ := strconv.Atoi(form.Raw("v." + typed))
		ids, seen = append(ids, id), append(seen, delegations.Seen{ID: id, Version: version})
	}
	at, _ := ident.Parse(form.Raw("at")) // empty: the list
	back := deskList(c, form.Raw("query"), at)
	d, err := s.Delegations.Decide(c.UserContext(), actor(c), event(c).ID, form.Raw("decision"), seen, form.Raw("reason"))
	f, told := fault.Of(err)
	switch {
	case told && f.Code == fault.Invalid && form.Refused(err) && form.Bad():
		return s.decideManyAgain(c, form)
	case told && (f.Code == fault.Invalid || f.Code == fault.Conflict):
		s.flash(c, "fix", f.Key, f.Args...)
		return s.done(c, back)
	case err != nil:
		return err
	}
	if d.Decision == "approve" {
		lacking, err := s.Files.WithoutPhoto(c.UserContext(), ids)
		if err != nil {
			return err
		}
		if len(lacking) > 0 {
			s.flash(c, "fix", "desk.without_photo", len(lacking))
		}
	}
	return s.done(c, back) // the decision stands above the list
}

// decideManyAgain shows the desk as it was when a decision was refused: the same
// person beside the same list, the same ones ticked, and what was written.
func (s *Server) decideManyAgain(c *fiber.Ctx, form Form) (err error) {
	p := deskPage{Page: s.page(c)}
	if p.deskQueue, err = s.deskQueue(c, deskValues(form.Raw("query"))); err != nil {
		return err
	}
	p.ManyForm = form
	shown, err := ident.Parse(form.Raw("shown"))
	if err != nil && len(p.Rows) > 0 {
		shown = p.Rows[0].ID
	}
	if shown != ident.Nil {
		if err := s.fillRegistration(c, &p, shown); err != nil {
			return err
		}
	}
	return s.again(c, "registrations/list", p)
}

// undoDecision takes a decision back.
func (s *Server) undoDecision(c *fiber.Ctx) error {
	id, err := pathID(c, "batch")
	if err != nil {
		return err
	}
	form := readForm(c)
	back := deskList(c, form.Raw("query"), ident.Nil)
	d, err := s.Delegations.Undo(c.UserContext(), actor(c), id)
	if fault.CodeOf(err) == fault.Conflict {
		s.flash(c, "fix", "desk.too_late")
		return s.done(c, back)
	}
	if err != nil {
		return err
	}
	s.flash(c, "ok", "desk.undone", d.Items)
	return s.done(c, back)
}

// saveView keeps the filters of the desk under a name.
func (s *Server) saveView(c *fiber.Ctx) error {
	form := readForm(c)
	values := deskValues(form.Raw("query"))
	values.Del("after")
	if len(values) == 0 {
		values.Set("status", "queue")
	}
	v, err := s.Delegations.SaveView(c.UserContext(), actor(c), delegations.View{
		EventID: event(c).ID, Name: form.Raw("name"), Query: values.Encode(), Shared: form.Ticked("shared"), Standard: form.Ticked("standard"),
	})
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p := deskPage{Page: s.page(c)}
		if p.deskQueue, err = s.deskQueue(c, values); err != nil {
			return err
		}
		p.ViewForm = form
		return s.again(c, "registrations/list", p)
	}
	s.flash(c, "ok", "desk.view_saved", v.Name)
	return s.done(c, deskList(c, v.Query, ident.Nil))
}

func (s *Server) deleteView(c *fiber.Ctx) error {
	id, err := pathID(c, "view")
	if err != nil {
		return err
	}
	if err := s.Delegations.DeleteView(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	s.flash(c, "ok", "desk.view_deleted")
	return s.done(c, deskList(c, "status=queue", ident.Nil))
}

type mergePage struct {
	Page
	delegations.Merge
	Form     Form
	Pictures [2]string // addresses of the portraits; empty: there is none
}

// Picture is the address of the portrait of the first or the second.
func (p mergePage) Picture(side string) string {
	if side == "second" {
		return p.Pictures[1]
	}
	return p.Pictures[0]
}

// Taken tells whether a field is to be taken from the second: before anybody chose,
// what the first lacks. To which body somebody belongs is never proposed.
func (p mergePage) Taken(field string) bool {
	if asked := p.Form.Value(field); asked != "" {
		return asked == "second"
	}
	switch field {
	case "photo":
		return p.Pictures[0] == "" && p.Pictures[1] != ""
	case "body", "category":
		return false
	}
	i := slices.IndexFunc(p.Fields, func(f delegations.Compared) bool { return f.Field == field })
	return i >= 0 && !p.Fields[i].Hidden && p.Fields[i].First.Empty() && !p.Fields[i].Second.Empty()
}

func (s *Server) mergePair(c *fiber.Ctx) (first, second ident.ID, err error) {
	if first, err = pathID(c, "first"); err != nil {
		return first, second, err
	}
	second, err = pathID(c, "second")
	return first, second, err
}

func (s *Server) newMergePage(c *fiber.Ctx, first, second ident.ID, form Form) (mergePage, error) {
	m, err := s.Delegations.ForMerge(c.UserContext(), actor(c), first, second)
	if err == nil && m.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	p := mergePage{Page: s.page(c), Merge: m, Form: form}
	for i, id := range []ident.ID{m.FirstID, m.SecondID} {
		if err == nil {
			p.Pictures[i], _, err = s.portraitOf(c, id)
		}
	}
	return p, err
}

// mergeForm lays two registrations side by side.
func (s *Server) mergeForm(c *fiber.Ctx) error {
	first, second, err := s.mergePair(c)
	if err != nil {
		return err
	}
	p, err := s.newMergePage(c, first, second, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "registrations/merge", p)
}

// merge makes two registrations one, or notes that they are two people's.
func (s *Server) merge(c *fiber.Ctx) error {
	first, second, err := s.mergePair(c)
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	p, err := s.newMergePage(c, first, second, form) // of this event?
	if err != nil {
		return err
	}
	if form.Raw("do") == "distinct" {
		if err := s.Delegations.Distinct(ctx, by, first, second); err != nil {
			return err
		}
		s.flash(c, "ok", "desk.merge.distinct_done", p.First.Reference, p.Second.Reference)
		return s.done(c, deskList(c, "", second))
	}
	var taken []string
	for _, field := range delegations.MergeFields {
		if form.Raw(field) == "second" {
			taken = append(taken, field)
		}
	}
	kept, err := s.Delegations.Merge(ctx, by, first, second, taken)
	if err != nil {
		if !p.Form.Refused(err) {
			return err
		}
		return s.again(c, "registrations/merge", p)
	}
	s.flash(c, "ok", "desk.merge.done", p.Second.Reference, kept.Reference)
	return s.done(c, deskList(c, "", kept.ID))
}
