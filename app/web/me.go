package web

import (
	"slices"

	"html/template"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/matchmaking"
)

type mePage struct {
	Page
	Registration delegations.Registration
	Badge        badges.Badge
	HasBadge     bool
	QR           template.HTML
	Token        string // of the address
	Rung         int    // how far on the ladder: 1 received … 4 inside
	Head         EventHead
	Until        time.Time // the last day on which the link works
	Meetings     []ownMeetingDay
	Progress     matchmaking.Progress
	Answers      []AnswerLine
	Pending      *changeView // waits for the desk
	Requested    []string    // fields and questions to be put right
	Refused      *changeView // the guest's latest wish, which the desk turned down
	Papers       photoPart
	Remarks      []remarkLine
	Rendering    renderingPart
	Replacing    *delegations.Substitution // that waits for the office, or was done; nil: none
	Parts        []agenda.Part             // of the published programme, that the guest has
}

// Meets tells whether the registrant is of a side that meetings are planned for.
func (p mePage) Meets() bool {
	of := p.Registration
	return p.Progress.HasSlots && of.ReplacedBy == ident.Nil && (of.DelegationID != ident.Nil || of.FirmID != ident.Nil)
}

// rungs are the plain steps that a guest sees of the fine states.
var rungs = map[delegations.Status]int{
	delegations.Submitted: 2, delegations.UnderReview: 2, delegations.OnHold: 2, delegations.Returned: 2, delegations.Waitlisted: 1,
	delegations.Approved: 3, delegations.BadgeIssued: 3, delegations.CheckedIn: 4,
}

// me is a registrant's own page. The link is the right to see it.
func (s *Server) me(c *fiber.Ctx) error {
	p, err := s.mePage(c)
	if err != nil {
		return err
	}
	return s.render(c, "me/show", p)
}

// Replaced tells whether somebody else comes instead, which the page says on its own.
func (p mePage) Replaced() bool { return p.Replacing != nil && p.Replacing.State == "done" }

// ownParts are what a guest has to do with of the published programme, by the clock of
// the place. What is under embargo is nobody's to read here.
func (s *Server) ownParts(c *fiber.Ctx, r delegations.Registration) ([]agenda.Part, error) {
	if r.Gone() || r.ReplacedBy != ident.Nil {
		return nil, nil
	}
	parts, err := s.Agenda.PartsOf(c.UserContext(), r.ID)
	parts = slices.DeleteFunc(parts, func(p agenda.Part) bool {
		return p.Status != agenda.Published && p.Status != agenda.Running || p.EmbargoUntil != nil && p.EmbargoUntil.After(s.Now())
	})
	return inPlace(parts), err
}

func (s *Server) mePage(c *fiber.Ctx) (p mePage, err error) {
	ctx, token := c.UserContext(), c.Params("token")
	r, ends, err := s.Delegations.OwnPage(ctx, token)
	if err != nil {
		return p, err
	}
	e, err := s.Events.ByID(ctx, r.EventID)
	if err != nil {
		return p, err
	}
	if r.Status == delegations.OnHold { // vetting is nobody's business but the desk's
		r.Status = delegations.UnderReview
	}
	p = mePage{Page: s.page(c), Registration: r, Token: token, Rung: rungs[r.Status], Head: HeadOf(e), Until: delegations.LastDay(ends, e.Location())}
	if p.Requested, err = s.requestedWords(c, r); err != nil {
		return p, err
	}
	if err := s.ownChanges(c, &p); err != nil {
		return p, err
	}
	h, err := s.holderOf(c)
	if err != nil {
		return p, err
	}
	if p.Replacing, err = s.Delegations.SubstitutionOf(ctx, h.actor, r); err != nil {
		return p, err
	}
	if p.Parts, err = s.ownParts(c, r); err != nil {
		return p, err
	}
	if p.Replacing != nil && p.Replacing.DecidedAt != nil {
		since := p.Replacing.DecidedAt.In(e.Location())
		p.Replacing.DecidedAt = &since
	}
	given, err := s.Delegations.OwnAnswers(ctx, token)
	if err != nil {
		return p, err
	}
	if p.Answers, err = s.answerLines(c, h.actor, r.ID, given, h.base+"/files"); err != nil {
		return p, err
	}
	p.Papers = photoPart{Page: p.Page, Base: h.base, Picture: h.base + "/photo.jpg", Edits: !r.Gone() && r.ReplacedBy == ident.Nil}
	if err := s.papersOf(c, h.actor, r, &p.Papers); err != nil {
		return p, err
	}
	meetings, err := s.Matchmaking.OfRegistration(ctx, r.ID)
	if err != nil {
		return p, err
	}
	p.Meetings = ownMeetings(r, meetings, s.Now())
	if p.Progress, err = s.progress(c, r.EventID, p.Head.Zone); err != nil {
		return p, err
	}
	b, err := s.Badges.LivingOf(ctx, r.ID)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return p, err
	}
	if err == nil && b.State == badges.Active {
		svg, err := badges.QRSVG(b.Token)
		if err != nil {
			return p, err
		}
		p.Badge, p.HasBadge, p.QR = b, true, template.HTML(svg) //nolint:gosec // drawn by us from signs of base45
	}
	return p, nil
}

// ownChanges adds to a guest's page what became of what they want changed.
func (s *Server) ownChanges(c *fiber.Ctx, p *mePage) error {
	d, err := s.Delegations.OwnDetails(c.UserContext(), p.Token)
	if err != nil {
		return err
	}
	if p.Registration.Editable() || p.Registration.Status == delegations.Draft {
		p.Remarks = s.remarkLines(c, d.Remarks)
	}
	p.Rendering = renderingPart{Page: p.Page, Base: "/me/" + p.Token, Of: p.Registration, Wished: wished(d.Pending)}
	view := func(change *delegations.Change) (*changeView, error) {
		v, err := s.changeView(c, p.Registration.EventID, *change)
		return &v, err
	}
	switch {
	case d.Pending != nil:
		p.Pending, err = view(d.Pending)
	case d.Last != nil && d.Last.State == delegations.Refused:
		p.Refused, err = view(d.Last)
	}
	return err
}

func (s *Server) withdraw(c *fiber.Ctx) error {
	if _, err := s.Delegations.Withdraw(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	s.flash(c, "ok", "me.cancelled")
	return s.done(c, "/me/"+c.Params("token"))
}
