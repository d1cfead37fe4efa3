package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

const registrationsPerPage = 50

type registrationsPage struct {
	Page
	Rows       []delegations.Registration
	Pager      Pager
	Total      int
	Status     string
	Search     string
	Counts     map[string]int
	Categories []events.Category
}

// registrations is the review desk's list; its filters stand in the address.
func (s *Server) registrations(c *fiber.Ctx) error {
	ctx, e, number := c.UserContext(), event(c).ID, pageNumber(c)
	status := c.Query("status", "queue")
	if c.Query("status") == "" && c.Query("q") != "" {
		status = "all" // whoever looks for somebody looks everywhere
	}
	f := delegations.Filter{
		Status: status, Category: c.Query("category"), Search: c.Query("q"),
		Offset: (number - 1) * registrationsPerPage, Limit: registrationsPerPage,
	}
	if f.Status == "all" {
		f.Status = ""
	}
	page, err := s.Delegations.Registrations(ctx, actor(c), e, f)
	if err != nil {
		return err
	}
	counts, err := s.Delegations.Counts(ctx, actor(c), e)
	if err != nil {
		return err
	}
	p := registrationsPage{
		Page: s.page(c), Rows: page.Rows, Total: page.Total, Status: status, Search: f.Search,
		Pager: pager(c, number, registrationsPerPage, page.Total), Counts: deskCounts(counts),
	}
	return s.render(c, "registrations/list", p)
}

// deskCounts adds to the registrations of each status what the desk asks for: all
// of them, those that wait for a decision (queue), and those with a badge
// (holding).
func deskCounts(counts map[delegations.Status]int) map[string]int {
	desk := map[string]int{}
	for status, n := range counts {
		desk[string(status)] = n
		if status != delegations.Draft { // a delegation's own business yet
			desk["all"] += n
		}
		switch status {
		case delegations.Submitted, delegations.UnderReview, delegations.OnHold:
			desk["queue"] += n
		case delegations.Approved, delegations.BadgeIssued, delegations.CheckedIn:
			desk["holding"] += n
		}
	}
	return desk
}

type registrationPage struct {
	Page
	Form         Form
	Registration delegations.Registration
	Steps        []delegations.Step
	Duplicates   []delegations.Registration // by their papers
	Namesakes    []delegations.Registration
	Answers      []AnswerLine
	Badge        badges.Badge
	HasBadge     bool
	Pending      *changeView // waits for the desk
	Changes      []changeView
	ChangeForm   Form
	Revealed     bool                      // the pending change is shown in full
	Fields       []Choice                  // that the desk may ask to put right
	Picture      string                    // address of the portrait; empty: there is none
	Lacks        bool                      // the portrait that the badge asks for
	Replacing    *delegations.Substitution // that waits for the office; nil: none
}

func (s *Server) registrationPage(c *fiber.Ctx, id ident.ID, form Form) (registrationPage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := registrationPage{Page: s.page(c), Form: form}
	var err error
	if p.Registration, err = s.Delegations.Registration(ctx, by, id); err != nil {
		return p, err
	}
	if p.Steps, err = s.Delegations.Steps(ctx, by, p.Registration); err != nil {
		return p, err
	}
	for i := range p.Steps {
		p.Steps[i].At = p.Steps[i].At.In(event(c).Zone)
	}
	given, err := s.Delegations.Answers(ctx, by, p.Registration)
	if err != nil {
		return p, err
	}
	if p.Answers, err = s.answerLines(c, by, id, given, p.Console()+"/files"); err != nil {
		return p, err
	}
	if p.Picture, p.Lacks, err = s.portraitOf(c, id); err != nil {
		return p, err
	}
	if by.May(accounts.SeeBadges, p.Registration.EventID) {
		if p.Badge, err = s.Badges.LivingOf(ctx, id); err != nil && fault.CodeOf(err) != fault.NotFound {
			return p, err
		}
		p.HasBadge = err == nil
	}
	if p.Replacing, err = s.Delegations.SubstitutionAsked(ctx, by, p.Registration); err != nil {
		return p, err
	}
	changes, err := s.Delegations.Changes(ctx, by, p.Registration)
	if err != nil {
		return p, err
	}
	if p.Changes, err = s.changeViews(c, changes); err != nil {
		return p, err
	}
	for i := range p.Changes {
		if p.Changes[i].State == delegations.Pending {
			waits := p.Changes[i]
			p.Pending = &waits
		}
	}
	for _, field := range delegations.Fields {
		p.Fields = append(p.Fields, Choice{field, s.words.T(p.Lang, "registration.field."+field)})
	}
	p.Duplicates, p.Namesakes, err = s.Delegations.Duplicates(ctx, by, p.Registration)
	return p, err
}

func (s *Server) registration(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	p, err := s.registrationPage(c, id, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "registrations/show", p)
}

// decideRegistration takes the desk's decision and leads back to the queue.
func (s *Server) decideRegistration(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	form, ctx, by := readForm(c), c.UserContext(), actor(c)
	var r delegations.Registration
	switch c.Params("decision") {
	case "approve":
		r, _, err = s.Delegations.Approve(ctx, by, id)
	case "reject":
		r, err = s.Delegations.Reject(ctx, by, id, form.Raw("reason"))
	case "return":
		r, err = s.Delegations.Return(ctx, by, id, form.Raw("reason"), form.All("fields")...)
	case "cancel":
		r, err = s.Delegations.Cancel(ctx, by, id, form.Raw("reason"))
	default:
		return fiber.ErrNotFound
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.registrationPage(c, id, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "registrations/show", p)
	}
	s.flash(c, "ok", "review.done."+c.Params("decision"), r.Called(), r.Reference)
	return s.done(c, "/console/"+event(c).Slug+"/registrations")
}
