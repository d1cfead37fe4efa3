package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

type meEditPage struct {
	Page
	Token string
	Head  EventHead
	Edit  detailsForm
}

func (s *Server) meEditPage(c *fiber.Ctx, typed *Form) (meEditPage, error) {
	p, ctx := meEditPage{Page: s.page(c), Token: c.Params("token")}, c.UserContext()
	r, err := s.Delegations.ByLink(ctx, p.Token)
	if err != nil {
		return p, err
	}
	e, err := s.Events.ByID(ctx, r.EventID)
	if err != nil {
		return p, err
	}
	d, err := s.Delegations.OwnDetails(ctx, p.Token)
	if err != nil {
		return p, err
	}
	h, err := s.holderOf(c)
	if err != nil {
		return p, err
	}
	p.Head, p.LangForm = HeadOf(e), "details"
	if p.Edit, err = s.detailsForm(c, r, d, typed); err != nil {
		return p, err
	}
	return p, s.askEdit(c, h.actor, true, &p.Edit, typed)
}

// myDetails is the form by which a guest changes their own registration. The link
// is the right to it.
func (s *Server) myDetails(c *fiber.Ctx) error {
	p, err := s.meEditPage(c, nil)
	if err != nil {
		return err
	}
	if !p.Edit.Registration.Editable() {
		return s.done(c, "/me/"+p.Token)
	}
	return s.render(c, "me/edit", p)
}

func (s *Server) editMyDetails(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.meEditPage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "me/edit", p)
	}
	version, edit := editOf(form)
	p.Edit.answered(edit)
	done, err := s.Delegations.EditOwn(c.UserContext(), p.Token, version, edit)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Edit.Form = form
		s.drawEdit(&p.Edit)
		return s.again(c, "me/edit", p)
	}
	s.flashEdited(c, p.Edit.Registration, done)
	return s.done(c, "/me/"+p.Token)
}

// takeChangeBack ends the guest's own pending change.
func (s *Server) takeChangeBack(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	if _, err := s.Delegations.WithdrawChange(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	if err := s.Files.DropWaiting(c.UserContext(), h.actor, h.registration.ID); err != nil {
		return err
	}
	s.flash(c, "ok", "edit.taken_back")
	return s.done(c, "/me/"+c.Params("token"))
}

type memberEditPage struct {
	linkPage
	Delegation delegations.Delegation
	Edit       detailsForm
}

func (s *Server) memberEditPage(c *fiber.Ctx, typed *Form) (memberEditPage, error) {
	ctx, p := c.UserContext(), memberEditPage{}
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	d, l, err := s.Delegations.DelegationByLink(ctx, c.Params("token"))
	if err != nil {
		return p, err
	}
	p.Delegation = d
	if p.linkPage, err = s.linkPage(c, "/delegation/"+c.Params("token"), l); err != nil {
		return p, err
	}
	p.LangForm = "details"
	r, err := s.Delegations.Member(ctx, l.Actor(), d, id)
	if err != nil {
		return p, err
	}
	if !l.Actor().MayFor(accounts.Complete, d.EventID, d.ID, r.Role) {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	details, err := s.Delegations.DetailsOf(ctx, l.Actor(), r)
	if err != nil {
		return p, err
	}
	if p.Edit, err = s.detailsForm(c, r, details, typed); err != nil {
		return p, err
	}
	return p, s.askEdit(c, l.Actor(), false, &p.Edit, typed)
}

// memberDetails is the form by which the liaison of a delegation changes one of its
// members. The link is the right to it.
func (s *Server) memberDetails(c *fiber.Ctx) error {
	p, err := s.memberEditPage(c, nil)
	if err != nil {
		return err
	}
	if !p.Edit.Registration.Editable() {
		return s.done(c, p.Own)
	}
	return s.render(c, "delegations/edit", p)
}

func (s *Server) editMember(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.memberEditPage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "delegations/edit", p)
	}
	version, edit := editOf(form)
	p.Edit.answered(edit)
	done, err := s.Delegations.Edit(c.UserContext(), p.Link.Actor(), p.Edit.Registration.ID, version, edit)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Edit.Form = form
		s.drawEdit(&p.Edit)
		return s.again(c, "delegations/edit", p)
	}
	s.flashEdited(c, p.Edit.Registration, done)
	return s.done(c, p.Own)
}
