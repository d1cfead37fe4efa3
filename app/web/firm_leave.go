package web

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

type leavePage struct {
	Page
	Form     Form
	Firm     firms.Firm
	People   []delegations.Registration // who come for it; for those who may see registrations
	Meetings []ownMeetingDay            // for those who may see matchmaking
	Ended    int                        // how many of both, seen or not
	Barred   string                     // why the firm cannot leave, whatever is chosen; empty: it can
}

// leavePage asks before a firm leaves the event, and names what stands.
func (s *Server) leavePage(c *fiber.Ctx, form Form) (leavePage, error) {
	p, ctx, by, e := leavePage{Page: s.page(c), Form: form}, c.UserContext(), actor(c), event(c)
	p.LangForm = "leave"
	id, err := pathID(c, "firm")
	if err != nil {
		return p, err
	}
	if p.Firm, err = s.Firms.InEvent(ctx, e.ID, id); err != nil {
		return p, err
	}
	if by.May(accounts.SeeRegistrations, e.ID) {
		if p.People, err = s.Delegations.OfFirm(ctx, by, e.ID, id); err != nil {
			return p, err
		}
		p.People = slices.DeleteFunc(p.People, delegations.Registration.Gone)
	}
	if by.May(accounts.SeeMatchmaking, e.ID) {
		meetings, err := s.Matchmaking.OfFirm(ctx, e.ID, id)
		if err != nil {
			return p, err
		}
		p.Meetings = ownMeetings(delegations.Registration{FirmID: id}, meetings, s.Now())
	}
	p.Ended, err = s.Firms.LookAtLeave(ctx, by, e.ID, id, s.firmEndings()...)
	switch f, ok := fault.Of(err); {
	case ok && f.Code == fault.Conflict:
		p.Barred, err = s.words.T(p.Lang, f.Key, f.Args...), nil
	case ok && f.Code == fault.Forbidden:
		p.Barred, err = s.words.T(p.Lang, "firms.leave.not_yours"), nil
	}
	return p, err
}

// firmEndings are the parts of the program that keep something of a firm at an event.
func (s *Server) firmEndings() []firms.Ending {
	return []firms.Ending{s.Matchmaking.EndOfFirm, s.Delegations.EndOfFirm}
}

func (s *Server) leaveForm(c *fiber.Ctx) error {
	p, err := s.leavePage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "firms/leave", p)
}

// leaveEvent ends a firm's part in the event.
func (s *Server) leaveEvent(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.leavePage(c, form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "firms/leave", p)
	}
	seen, err := strconv.Atoi(form.Text("seen"))
	if err != nil {
		seen = -1 // nobody saw so few
	}
	in := firms.Leaving{Event: event(c).ID, Firm: p.Firm.ID, Reason: form.Raw("reason"), Withdraw: form.Ticked("withdraw"), Seen: seen}
	if err := s.Firms.Leave(c.UserContext(), actor(c), in, s.firmEndings()...); err != nil {
		if !p.Form.Refused(err) {
			return err
		}
		return s.again(c, "firms/leave", p)
	}
	s.flash(c, "ok", "firms.leave.done", p.Firm.Name)
	return s.done(c, firmURL(c, p.Firm.ID))
}

// Any tells whether something of the firm stands.
func (p leavePage) Any() bool { return p.Ended > 0 && p.Firm.ID != ident.Nil }
