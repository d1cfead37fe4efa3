package web

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

type grantsPage struct {
	Page
	Firm                 firms.Firm
	Kinds                []grantKind
	Do                   string   // give, review or revoke: the form that is open
	On                   string   // the kind that it gives
	Which                ident.ID // the grant that it is about
	Give, Review, Revoke Form
	Rewrite              bool // whoever reads may change grants
	History              []grantStep
}

// grantKind is a kind with what the firm holds of it.
type grantKind struct {
	Kind string
	Held []heldGrant // that are not over, the one in force first
}

// Free tells whether there is room for another of the kind: nothing of it is held or
// planned without an end.
func (k grantKind) Free() bool {
	return !slices.ContainsFunc(k.Held, func(g heldGrant) bool { return g.RevokedOn == nil })
}

// grantStep is a line of the history of a firm's grants.
type grantStep struct {
	firms.Step
	Kind string
}

func (s *Server) grantsPage(c *fiber.Ctx) (grantsPage, error) {
	f, err := s.firmOfPath(c)
	if err != nil {
		return grantsPage{}, err
	}
	today := firms.Day(s.Now())
	p := grantsPage{
		Page: s.page(c), Firm: f, Rewrite: actor(c).May(accounts.EditDelegation, ident.Nil),
		Give:   FormOf("valid_from", locale.ISO(today), "review_on", locale.ISO(today.AddDate(1, 0, 0))),
		Review: FormOf("review_on", locale.ISO(today.AddDate(1, 0, 0))),
		Revoke: FormOf("revoked_on", locale.ISO(today)),
	}
	list, err := s.Firms.Grants(c.UserContext(), actor(c), f.ID)
	if err != nil {
		return p, err
	}
	for _, kind := range firms.GrantKinds {
		k := grantKind{Kind: kind}
		for _, g := range heldGrants(list, s.Now()) {
			if g.Kind == kind && g.Now != firms.Ended {
				k.Held = append([]heldGrant{g}, k.Held...) // the earliest first
			}
		}
		p.Kinds = append(p.Kinds, k)
	}
	for _, g := range list {
		for _, step := range g.Steps {
			step.At = p.At(step.At)
			p.History = append(p.History, grantStep{step, g.Kind})
		}
	}
	slices.SortStableFunc(p.History, func(a, b grantStep) int { return b.At.Compare(a.At) })
	return p, nil
}

// grants shows what each grant is and what the firm holds of it; ?do= opens a form.
func (s *Server) grants(c *fiber.Ctx) error {
	p, err := s.grantsPage(c)
	if err != nil {
		return err
	}
	if p.Rewrite {
		switch do := c.Query("do"); do {
		case "give":
			p.Do, p.On = "give", c.Query("kind")
		case "review", "revoke":
			p.Do = do
			p.Which, _ = ident.Parse(c.Query("grant")) // what is none opens no form
		}
	}
	return s.render(c, "firms/grants", p)
}

// changeGrant is every form of the page; show puts what was typed back into it when
// it is refused.
func (s *Server) changeGrant(c *fiber.Ctx, do, done string, change func(firm, grant ident.ID, form *Form) (firms.Grant, error), show func(p *grantsPage, form Form)) error {
	firm, err := pathID(c, "firm")
	if err != nil {
		return err
	}
	grant := ident.Nil
	if do != "give" {
		if grant, err = pathID(c, "grant"); err != nil {
			return err
		}
	}
	form := readForm(c)
	g, err := change(firm, grant, &form)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.grantsPage(c)
		if pageErr != nil {
			return pageErr
		}
		p.Do, p.Which, p.On = do, grant, form.Text("kind")
		show(&p, form)
		return s.again(c, "firms/grants", p)
	}
	s.flash(c, "ok", done, s.words.T(lang(c), "firms.grant."+g.Kind))
	return s.done(c, firmURL(c, firm)+"/grants")
}

func (s *Server) giveGrant(c *fiber.Ctx) error {
	return s.changeGrant(c, "give", "firms.grant_given", func(firm, _ ident.ID, form *Form) (g firms.Grant, err error) {
		in := firms.Grant{FirmID: firm, Kind: form.Text("kind"), From: form.Date("valid_from"), ReviewOn: form.Date("review_on"), Basis: form.Raw("basis")}
		if err := form.Err(); err != nil {
			return g, err
		}
		return s.Firms.Give(c.UserContext(), actor(c), in)
	}, func(p *grantsPage, form Form) { p.Give = form })
}

func (s *Server) reviewGrant(c *fiber.Ctx) error {
	return s.changeGrant(c, "review", "firms.grant_reviewed", func(firm, grant ident.ID, form *Form) (firms.Grant, error) {
		return withDay(form, "review_on", func(day time.Time) (firms.Grant, error) {
			return s.Firms.Review(c.UserContext(), actor(c), firm, grant, day, form.Raw("reason"))
		})
	}, func(p *grantsPage, form Form) { p.Review = form })
}

func (s *Server) revokeGrant(c *fiber.Ctx) error {
	return s.changeGrant(c, "revoke", "firms.grant_revoked", func(firm, grant ident.ID, form *Form) (firms.Grant, error) {
		return withDay(form, "revoked_on", func(day time.Time) (firms.Grant, error) {
			return s.Firms.Revoke(c.UserContext(), actor(c), firm, grant, day, form.Raw("reason"))
		})
	}, func(p *grantsPage, form Form) { p.Revoke = form })
}

// withDay reads the day of a form before anything is done with it.
func withDay(form *Form, name string, do func(day time.Time) (firms.Grant, error)) (firms.Grant, error) {
	day := form.Date(name)
	if err := form.Err(); err != nil {
		return firms.Grant{}, err
	}
	return do(day)
}
