package web

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// deskPage is the review desk: the list on the left, one registration on the
// right. A narrow window shows one of the two: the list at its own address, the
// registration at its.
type deskPage struct {
	Page
	deskQueue
	Form         Form // of the decision on the one
	Shown        bool // there is one on the right
	Registration delegations.Registration
	Steps        []delegations.Step
	Duplicates   []delegations.Duplicate
	Namesakes    []delegations.Registration
	Answers      []AnswerLine
	Side         *sideBySide // with the likeliest of the duplicates; nil: there is none
	Badge        badges.Badge
	HasBadge     bool
	Pending      *changeView // waits for the desk
	Changes      []changeView
	ChangeForm   Form
	Revealed     bool // the pending change is shown in full
	Remarks      []remarkLine
	Fields       []Choice                  // that the desk may ask to put right
	Picture      string                    // address of the portrait; empty: there is none
	Firms        []firms.Likely            // for which they may have come
	Lacks        bool                      // the portrait that the badge asks for
	Replacing    *delegations.Substitution // that waits for the office, or was done; nil: none
}

// sideBySide is the one that is shown beside another that may be the same person.
type sideBySide struct {
	delegations.Merge
	This, Other delegations.Registration
	Rows        []comparedRow
}

// comparedRow is one field of both, the one that is shown first.
type comparedRow struct {
	delegations.Compared
	This, Other locale.Text
}

// newSideBySide leaves out what both lack.
func newSideBySide(m delegations.Merge, shown ident.ID) *sideBySide {
	s := &sideBySide{Merge: m, This: m.First, Other: m.Second}
	turned := shown == m.SecondID
	if turned {
		s.This, s.Other = s.Other, s.This
	}
	for _, f := range m.Fields {
		row := comparedRow{f, f.First, f.Second}
		if turned {
			row.This, row.Other = row.Other, row.This
		}
		if f.Field != "photo" && (f.Hidden || !row.This.Empty() || !row.Other.Empty()) {
			s.Rows = append(s.Rows, row)
		}
	}
	return s
}

// registrations is the review desk's list, and beside it the first of it. A desk
// with a view that opens first is led there.
func (s *Server) registrations(c *fiber.Ctx) error {
	values := deskValues(string(c.Request().URI().QueryString()))
	p := deskPage{Page: s.page(c)}
	var err error
	if p.deskQueue, err = s.deskQueue(c, values); err != nil {
		return err
	}
	if len(c.Request().URI().QueryString()) == 0 {
		if i := slices.IndexFunc(p.Views, func(v delegations.View) bool { return v.Standard }); i >= 0 {
			return c.Redirect(p.View(p.Views[i]), fiber.StatusFound)
		}
	}
	if len(p.Rows) > 0 {
		if err := s.fillRegistration(c, &p, p.Rows[0].ID); err != nil {
			return err
		}
	}
	return s.render(c, "registrations/list", p)
}

// fillRegistration puts one registration on the right.
func (s *Server) fillRegistration(c *fiber.Ctx, p *deskPage, id ident.ID) (err error) {
	ctx, by := c.UserContext(), actor(c)
	if p.Registration, err = s.Delegations.Registration(ctx, by, id); err != nil {
		return err
	}
	p.Shown = true
	if p.Steps, err = s.Delegations.Steps(ctx, by, p.Registration); err != nil {
		return err
	}
	for i := range p.Steps {
		p.Steps[i].At = p.Steps[i].At.In(event(c).Zone)
	}
	given, err := s.Delegations.Answers(ctx, by, p.Registration)
	if err != nil {
		return err
	}
	if p.Answers, err = s.answerLines(c, by, id, given, p.Console()+"/files"); err != nil {
		return err
	}
	if p.Picture, p.Lacks, err = s.portraitOf(c, id); err != nil {
		return err
	}
	if by.May(accounts.SeeBadges, p.Registration.EventID) {
		if p.Badge, err = s.Badges.LivingOf(ctx, id); err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		p.HasBadge = err == nil
	}
	if err = s.likelyFirms(c, p); err != nil {
		return err
	}
	if p.Replacing, err = s.Delegations.SubstitutionOf(ctx, by, p.Registration); err != nil {
		return err
	}
	details, err := s.Delegations.DetailsForDesk(ctx, by, p.Registration)
	if err != nil {
		return err
	}
	p.Remarks = s.remarkLines(c, details.Remarks)
	changes, err := s.Delegations.Changes(ctx, by, p.Registration)
	if err != nil {
		return err
	}
	if p.Changes, err = s.changeViews(c, changes); err != nil {
		return err
	}
	for i := range p.Changes {
		if p.Changes[i].State == delegations.Pending {
			waits := p.Changes[i]
			p.Pending = &waits
		}
	}
	for _, field := range delegations.Requestable() {
		p.Fields = append(p.Fields, Choice{field, s.words.T(p.Lang, "registration.field."+field)})
	}
	_, questions, err := s.askedOf(c, p.Registration, false)
	if err != nil {
		return err
	}
	for _, q := range questions {
		p.Fields = append(p.Fields, Choice{delegations.AnswerTo(q.Code), q.Label.In(p.Lang)})
	}
	if p.Duplicates, p.Namesakes, err = s.Delegations.Duplicates(ctx, by, p.Registration); err != nil || len(p.Duplicates) == 0 {
		return err
	}
	m, err := s.Delegations.ForMerge(ctx, by, id, p.Duplicates[0].Other.ID)
	if fault.CodeOf(err) == fault.NotFound { // settled meanwhile
		return nil
	}
	p.Side = newSideBySide(m, id)
	return err
}

func (s *Server) deskPageOf(c *fiber.Ctx, id ident.ID, values url.Values) (deskPage, error) {
	p := deskPage{Page: s.page(c)}
	if err := s.fillRegistration(c, &p, id); err != nil {
		return p, err
	}
	var err error
	p.deskQueue, err = s.deskQueue(c, values)
	return p, err
}

func (s *Server) registration(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	p, err := s.deskPageOf(c, id, deskValues(string(c.Request().URI().QueryString())))
	if err != nil {
		return err
	}
	if p.Registration.MergedInto != ident.Nil {
		return c.Redirect(p.Row(p.Registration.MergedInto), fiber.StatusFound)
	}
	return s.render(c, "registrations/show", p)
}

// decideRegistration takes the desk's decision on one, at once, and leads back to
// the queue.
func (s *Server) decideRegistration(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	var r delegations.Registration
	switch c.Params("decision") {
	case "approve":
		version, _ := strconv.Atoi(form.Raw("version"))
		r, _, err = s.Delegations.ApproveSeen(ctx, by, delegations.Seen{ID: id, Version: version})
	case "reject":
		r, err = s.Delegations.Reject(ctx, by, id, form.Raw("reason"))
	case "return":
		r, err = s.Delegations.Return(ctx, by, id, form.Raw("reason"), form.All("fields")...)
	case "cancel":
		r, err = s.Delegations.Cancel(ctx, by, id, form.Raw("reason"))
	case "hold":
		r, err = s.Delegations.Hold(ctx, by, id)
	case "release":
		r, err = s.Delegations.Release(ctx, by, id)
	default:
		return fiber.ErrNotFound
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.deskPageOf(c, id, deskValues(form.Raw("query")))
		if pageErr != nil {
			return pageErr
		}
		p.Form = form
		return s.again(c, "registrations/show", p)
	}
	s.flash(c, "ok", "review.done."+c.Params("decision"), r.Called(), r.Reference)
	return s.done(c, deskList(c, form.Raw("query"), ident.Nil))
}

// deskList is where a form of the desk leads back to: the list with its filters,
// or one registration beside it.
func deskList(c *fiber.Ctx, query string, at ident.ID) string {
	to := "/console/" + event(c).Slug + "/registrations"
	if at != ident.Nil {
		to += "/" + at.String()
	}
	if values := deskValues(query).Encode(); values != "" {
		to += "?" + values
	}
	return to
}
