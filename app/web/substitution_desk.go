package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// withdrawSubstitution takes back what an officer of the delegation asked for.
func (s *Server) withdrawSubstitution(c *fiber.Ctx) error {
	id, err := pathID(c, "substitution")
	if err != nil {
		return err
	}
	_, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	return s.tookBack(c, l.Actor(), id, "/delegation/"+c.Params("token"))
}

// withdrawOwnSubstitution takes back what the person asked for themselves.
func (s *Server) withdrawOwnSubstitution(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	waits, err := s.Delegations.Waiting(c.UserContext(), h.actor, h.registration)
	if err == nil && waits == nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return err
	}
	return s.tookBack(c, h.actor, waits.ID, h.base)
}

func (s *Server) tookBack(c *fiber.Ctx, by accounts.Actor, id ident.ID, back string) error {
	x, err := s.Delegations.WithdrawSubstitution(c.UserContext(), by, id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "substitution.taken_back", x.To, x.From)
	return s.done(c, back)
}

type substitutionPage struct {
	Page
	Form         Form
	Substitution delegations.Substitution
	Delegation   delegations.Delegation
	Preview      *succession // nil when it is decided, or cannot be done
	Letter       *files.File // nil: none, or its time is over
	Two          []oneOfTwo  // once it is decided
}

// oneOfTwo is one of the two of a substitution, as they are now.
type oneOfTwo struct {
	Label string
	R     delegations.Registration
}

func (s *Server) substitutionPage(c *fiber.Ctx, form Form) (substitutionPage, error) {
	p := substitutionPage{Page: s.page(c), Form: form}
	id, err := pathID(c, "substitution")
	if err != nil {
		return p, err
	}
	if p.Substitution, p.Delegation, err = s.Delegations.Substitution(c.UserContext(), actor(c), id); err != nil {
		return p, err
	}
	if p.Delegation.EventID != event(c).ID {
		return p, fault.New(fault.NotFound, "error.not_found")
	}
	if p.Substitution.LetterID != ident.Nil {
		f, err := s.Files.ByID(c.UserContext(), actor(c), p.Substitution.LetterID)
		if err == nil {
			p.Letter = &f
		} else if code := fault.CodeOf(err); code != fault.NotFound && code != fault.Forbidden {
			return p, err
		}
	}
	if p.Substitution.State != "asked" {
		for label, id := range map[string]ident.ID{"mail.notice.gone": p.Substitution.FromID, "mail.notice.instead": p.Substitution.ToID} {
			r, err := s.Delegations.Registration(c.UserContext(), actor(c), id)
			if err != nil {
				return p, err
			}
			p.Two = append(p.Two, oneOfTwo{s.words.T(p.Lang, label), r})
		}
		slices.SortFunc(p.Two, func(a, b oneOfTwo) int { // who goes first
			return slices.Index([]ident.ID{p.Substitution.FromID, p.Substitution.ToID}, a.R.ID) - slices.Index([]ident.ID{p.Substitution.FromID, p.Substitution.ToID}, b.R.ID)
		})
		return p, nil
	}
	x, err := s.Delegations.PreviewAsked(c.UserContext(), actor(c), id, s.handOver)
	if err != nil {
		if !p.Form.Refused(err) {
			return p, err
		}
		return p, nil
	}
	p.Preview, err = s.succession(c, x)
	return p, err
}

// substitution shows what the office is asked to confirm, and all that it changes.
func (s *Server) substitution(c *fiber.Ctx) error {
	p, err := s.substitutionPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "delegations/substitution", p)
}

func (s *Server) decideSubstitution(c *fiber.Ctx) error {
	id, err := pathID(c, "substitution")
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	var done delegations.Succession
	key := "substitution.done"
	switch c.Params("decision") {
	case "confirm":
		done, err = s.Delegations.ConfirmSubstitution(ctx, by, id, s.handOver)
	case "refuse":
		key = "substitution.was_refused"
		done, err = s.Delegations.RefuseSubstitution(ctx, by, id, form.Raw("reason"))
	default:
		return fiber.ErrNotFound
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.substitutionPage(c, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "delegations/substitution", p)
	}
	s.flash(c, "ok", key, done.To, done.From)
	return s.done(c, delegationURL(c, done.DelegationID))
}
