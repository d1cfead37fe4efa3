package web

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/privacy"
)

type privacyPage struct {
	Page
	Form     Form // of a legal hold
	RuleFor  string
	Rule     Form // of the rule RuleFor
	Rules    []privacyRule
	Holds    []privacy.Hold
	Requests []privacy.Request // what people asked to have done with their data
	Answer   Form              // to the request AnswerTo
	AnswerTo string
	LastRun  *time.Time
	On       string // day of the trial, YYYY-MM-DD; empty: none was asked for
	Trial    bool
	Edits    bool // holds of this event
	Rewrite  bool // rules, which are of all events
}

// privacyRule is one line of the page.
type privacyRule struct {
	privacy.Rule
	Due   time.Time // on the event's clock
	Ripe  bool      // it is due
	Last  *privacy.Purged
	Would *privacy.Purged // in a trial: nil when it is not due then
}

func (s *Server) privacyPage(c *fiber.Ctx, form Form) (privacyPage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := privacyPage{Page: s.page(c), Form: form, Edits: by.May(accounts.EditPrivacy, event(c).ID), Rewrite: by.May(accounts.EditPrivacy, ident.Nil)}
	e, err := s.Events.ByID(ctx, event(c).ID)
	if err != nil {
		return p, err
	}
	rules, err := s.Privacy.Rules(ctx, by, e.ID)
	if err != nil {
		return p, err
	}
	last, err := s.Privacy.Last(ctx, by, e.ID)
	if err != nil {
		return p, err
	}
	would, err := s.trial(c, e, &p)
	if err != nil {
		return p, err
	}
	for _, r := range rules {
		line := privacyRule{Rule: r, Due: p.At(r.Due(e)), Ripe: !s.Now().Before(r.Due(e))}
		if was, there := last[r.Class]; there {
			was.At = p.At(was.At)
			line.Last = &was
		}
		if n, there := would[r.Class]; there {
			line.Would = &n
		}
		p.Rules = append(p.Rules, line)
	}
	if p.LastRun, err = s.Privacy.LastRun(ctx); err != nil {
		return p, err
	}
	if p.Requests, err = s.Privacy.Requests(ctx, by, e.ID); err != nil {
		return p, err
	}
	p.Holds, err = s.Privacy.Holds(ctx, by, e.ID)
	return p, err
}

// trial tries a purge on the day that the address names.
func (s *Server) trial(c *fiber.Ctx, e events.Event, p *privacyPage) (map[string]privacy.Purged, error) {
	day, err := time.ParseInLocation(time.DateOnly, c.Query("on"), e.Location())
	if err != nil || c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		return nil, nil //nolint:nilerr // what is no day asks for no trial
	}
	p.On, p.Trial = day.Format(time.DateOnly), true
	list, err := s.Privacy.Trial(c.UserContext(), actor(c), e.ID, day.AddDate(0, 0, 1).Add(-time.Second))
	would := map[string]privacy.Purged{}
	for _, n := range list {
		would[n.Class] = n
	}
	return would, err
}

// privacy shows what is kept how long, what was purged, and what is held.
func (s *Server) privacy(c *fiber.Ctx) error {
	p, err := s.privacyPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "privacy/show", p)
}

// setRule changes how long a class is kept.
func (s *Server) setRule(c *fiber.Ctx) error {
	form, class := readForm(c), c.Params("class")
	days := form.Whole("days", 0, 36500)
	err := form.Err()
	if err == nil {
		err = s.Privacy.SetRule(c.UserContext(), actor(c), class, days)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.privacyPage(c, Form{})
		if pageErr != nil {
			return pageErr
		}
		p.RuleFor, p.Rule = class, form
		return s.again(c, "privacy/show", p)
	}
	s.flash(c, "ok", "privacy.rule_set", days)
	return s.done(c, privacyURL(c))
}

func privacyURL(c *fiber.Ctx) string { return "/console/" + event(c).Slug + "/privacy" }

func (s *Server) placeHold(c *fiber.Ctx) error {
	form := readForm(c)
	if err := s.Privacy.Hold(c.UserContext(), actor(c), event(c).ID, form.Text("reference"), form.Raw("reason")); err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.privacyPage(c, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "privacy/show", p)
	}
	s.flash(c, "ok", "privacy.held")
	return s.done(c, privacyURL(c)+"#holds")
}

func (s *Server) liftHold(c *fiber.Ctx) error {
	id, err := pathID(c, "hold")
	if err != nil {
		return err
	}
	if err := s.Privacy.Lift(c.UserContext(), actor(c), event(c).ID, id); err != nil {
		return err
	}
	s.flash(c, "ok", "privacy.lifted")
	return s.done(c, privacyURL(c)+"#holds")
}

// answerRequest takes the desk's answer to what a person asked to have done with
// their data.
func (s *Server) answerRequest(c *fiber.Ctx) error {
	id, err := pathID(c, "request")
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	tell := func(ctx context.Context, tx *sqlx.Tx, _ accounts.Actor, r privacy.Request) error {
		return s.Delegations.TellAnswer(ctx, tx, r.RegistrationID, r.State == "done", r.Note)
	}
	switch c.Params("decision") {
	case "settle":
		_, err = s.Privacy.Settle(ctx, by, id, form.Raw("note"), tell)
	case "refuse":
		_, err = s.Privacy.Refuse(ctx, by, id, form.Raw("note"), tell)
	case "erase":
		_, err = s.Privacy.Erase(ctx, by, id, func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r privacy.Request) error {
			return s.Delegations.EndForErasure(ctx, tx, by, r.RegistrationID)
		})
	default:
		return fiber.ErrNotFound
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.privacyPage(c, Form{})
		if pageErr != nil {
			return pageErr
		}
		p.Answer, p.AnswerTo = form, id.String()
		return s.again(c, "privacy/show", p)
	}
	s.flash(c, "ok", "privacy.done."+c.Params("decision"))
	return s.done(c, privacyURL(c)+"#requests")
}
