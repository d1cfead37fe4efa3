package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
)

// renderingPart is what a page shows of the Chinese rendering of somebody's name to
// those who may approve it.
type renderingPart struct {
	Page
	Asking  Form   // of the wish for another
	Base    string // address that /chinese-name stands under
	Of      delegations.Registration
	Officer bool   // reads it for a member
	Wished  string // what waits for the desk; empty: nothing
}

// Shown tells whether there is a rendering to speak of.
func (p renderingPart) Shown() bool {
	return p.Of.Rendered() && (p.Of.Editable() || p.Of.Status == delegations.Draft)
}

// wished is what a pending change says about another rendering.
func wished(pending *delegations.Change) string {
	if pending == nil {
		return ""
	}
	return pending.Wish()
}

// approveRendering takes the approval of the person, or of an officer for them.
func (s *Server) approveRendering(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	r, err := s.Delegations.ApproveRendering(c.UserContext(), h.actor, h.registration.ID, readForm(c).Raw("name_zh"))
	if err != nil {
		return err
	}
	s.flash(c, "ok", "names.approved", r.NameZH)
	return s.done(c, renderingAt(h))
}

// askRendering takes what the person, or an officer for them, says about another
// rendering.
func (s *Server) askRendering(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	if _, err := s.Delegations.AskRendering(c.UserContext(), h.actor, h.registration.ID, form.Raw(delegations.NameWish)); err != nil {
		if !form.Refused(err) {
			return err
		}
		return s.renderingAgain(c, h, form)
	}
	s.flash(c, "ok", "names.asked_for")
	return s.done(c, renderingAt(h))
}

// renderingAgain shows the page again on which a wish was refused.
func (s *Server) renderingAgain(c *fiber.Ctx, h holder, form Form) error {
	if !isOfficer(h.actor) {
		p, err := s.mePage(c)
		if err != nil {
			return err
		}
		p.Rendering.Asking = form
		return s.again(c, "me/show", p)
	}
	p, err := s.memberEditPage(c, nil)
	if err != nil {
		return err
	}
	p.Rendering.Asking = form
	return s.again(c, "delegations/edit", p)
}

func isOfficer(a accounts.Actor) bool { return a.Officer != "" }

// renderingAt is where the rendering stands on the page of a link.
func renderingAt(h holder) string {
	if isOfficer(h.actor) {
		return h.base + "/edit#rendering"
	}
	return h.base + "#rendering"
}
