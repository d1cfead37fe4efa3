package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

type ownFirmPage struct {
	linkPage
	trades
	Form     Form // of offers and needs
	WishForm Form
	Firm     firms.Firm
	Contacts []firms.Contact
	People   []delegations.Registration
	Meetings []ownMeetingDay
	Progress matchmaking.Progress
	Wishes   []matchmaking.FirmWish
	Cities   []Choice                  // whom the firm may still ask for
	Leaving  *delegations.Registration // whose withdrawal waits to be confirmed
}

// ownFirmPage is the page of a firm at an event. The link is the right to see it.
func (s *Server) ownFirmPage(c *fiber.Ctx, l delegations.Link) (ownFirmPage, error) {
	ctx := c.UserContext()
	var p ownFirmPage
	var err error
	if p.linkPage, err = s.linkPage(c, "/firm/"+c.Params("token"), l); err != nil {
		return p, err
	}
	if p.Firm, err = s.Firms.InEvent(ctx, l.EventID, l.FirmID); err != nil {
		return p, err
	}
	if p.trades, err = s.trades(c); err != nil {
		return p, err
	}
	if p.Contacts, err = s.Firms.Contacts(ctx, l.Actor(), l.EventID, l.FirmID); err != nil {
		return p, err
	}
	if p.People, err = s.Delegations.OfFirm(ctx, l.Actor(), l.EventID, l.FirmID); err != nil {
		return p, err
	}
	meetings, err := s.Matchmaking.OfFirm(ctx, l.EventID, l.FirmID)
	if err != nil {
		return p, err
	}
	p.Meetings = ownMeetings(delegations.Registration{FirmID: l.FirmID}, meetings, s.Now())
	if p.Progress, err = s.progress(c, l.EventID, p.Event.Zone); err != nil {
		return p, err
	}
	if p.Wishes, err = s.Matchmaking.WishesOfFirm(ctx, l.Actor(), l.EventID, l.FirmID); err != nil {
		return p, err
	}
	f := p.Firm
	p.Form = FormOf("offers_zh", f.Offers.ZH, "offers_en", f.Offers.EN, "needs_zh", f.Needs.ZH, "needs_en", f.Needs.EN)
	p.WishForm = FormOf("priority", "1")
	return p, s.askable(c, &p)
}

// ContactsAt is where the contacts are edited.
func (p ownFirmPage) ContactsAt() string { return p.Own + "/contacts" }

// askable fills in the delegations that the firm may still ask for: those whose
// coming is public, unless an earlier wish is decided or has its place.
func (s *Server) askable(c *fiber.Ctx, p *ownFirmPage) error {
	all, err := s.Delegations.Public(c.UserContext(), p.Link.EventID)
	if err != nil {
		return err
	}
	p.Cities = []Choice{{"", s.words.T(p.Lang, "register.choose")}}
	for _, d := range all {
		decided := slices.ContainsFunc(p.Wishes, func(w matchmaking.FirmWish) bool { return w.DelegationID == d.ID && !w.Withdrawable() })
		if !decided {
			p.Cities = append(p.Cities, Choice{d.ID.String(), s.words.T(p.Lang, "firms.own.city", d.City, d.Country)})
		}
	}
	return nil
}

// MayAsk tells whether the firm may add one more wish.
func (p ownFirmPage) MayAsk() bool {
	open := 0
	for _, w := range p.Wishes {
		if w.State == "open" {
			open++
		}
	}
	return open < matchmaking.MaxOwnWishes && len(p.Cities) > 1
}

func (s *Server) ownFirm(c *fiber.Ctx) error {
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	p, err := s.ownFirmPage(c, l)
	if err != nil {
		return err
	}
	if id, err := ident.Parse(c.Query("withdraw")); err == nil {
		if i := slices.IndexFunc(p.People, func(r delegations.Registration) bool { return r.ID == id && r.Cancellable() }); i >= 0 {
			p.Leaving = &p.People[i]
		}
	}
	return s.render(c, "firms/own", p)
}

// changeOwnFirm is every form of the firm's page; show puts what was typed back
// into the page when it is refused.
func (s *Server) changeOwnFirm(c *fiber.Ctx, done string, change func(l delegations.Link, form *Form) error, show func(p *ownFirmPage, form Form)) error {
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := readForm(c)
	if err := change(l, &form); err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.ownFirmPage(c, l)
		if pageErr != nil {
			return pageErr
		}
		show(&p, form)
		return s.again(c, "firms/own", p)
	}
	s.flash(c, "ok", done)
	return s.done(c, "/firm/"+c.Params("token"))
}

func (s *Server) editTrade(c *fiber.Ctx) error {
	return s.changeOwnFirm(c, "firms.own.saved", func(l delegations.Link, form *Form) error {
		version := form.Whole("version", 1, 1<<30)
		if err := form.Err(); err != nil {
			return err
		}
		_, err := s.Firms.EditTrade(c.UserContext(), l.Actor(), l.EventID, l.FirmID, version,
			locale.Text{ZH: form.Raw("offers_zh"), EN: form.Raw("offers_en")}, locale.Text{ZH: form.Raw("needs_zh"), EN: form.Raw("needs_en")})
		return err
	}, func(p *ownFirmPage, form Form) { p.Form = form })
}

func (s *Server) askForMeeting(c *fiber.Ctx) error {
	return s.changeOwnFirm(c, "firms.own.asked", func(l delegations.Link, form *Form) error {
		priority, delegation := form.Whole("priority", 1, 3), form.ID("delegation")
		if err := form.Err(); err != nil {
			return err
		}
		return s.Matchmaking.Ask(c.UserContext(), l.Actor(), l.EventID, l.FirmID, delegation, priority, form.Raw("topic"))
	}, func(p *ownFirmPage, form Form) { p.WishForm = form })
}

func (s *Server) takeWishBack(c *fiber.Ctx) error {
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	wish, err := ident.Parse(c.Params("wish"))
	if err != nil {
		return fiber.ErrNotFound
	}
	if err := s.Matchmaking.TakeBack(c.UserContext(), l.Actor(), l.EventID, l.FirmID, wish); err != nil {
		return err
	}
	s.flash(c, "ok", "firms.own.taken_back")
	return s.done(c, "/firm/"+c.Params("token"))
}
