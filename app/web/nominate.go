package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// nominatePage is the short form that names a member.
type nominatePage struct {
	side
	Form  Form
	Roles []Choice
	Hosts []Choice // whom a companion may come with
}

func (s *Server) nominatePage(c *fiber.Ctx, v side, form Form) (nominatePage, error) {
	v.LangForm = "nominate"
	p := nominatePage{side: v, Form: form, Roles: v.roles(s.in(v.Lang))}
	if len(p.Roles) == 0 {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	var err error
	p.Hosts, err = s.hosts(c, v, ident.Nil)
	return p, err
}

// in answers the words of a language.
func (s *Server) in(l locale.Lang) func(key string, args ...any) string {
	return func(key string, args ...any) string { return s.words.T(l, key, args...) }
}

// hosts are whom a companion may come with: members who come, but no companions.
func (s *Server) hosts(c *fiber.Ctx, v side, but ident.ID) ([]Choice, error) {
	members, err := s.Delegations.Members(c.UserContext(), v.by, v.Delegation)
	list := []Choice{{"", s.words.T(v.Lang, "nominate.nobody")}}
	for _, r := range members {
		if r.ID != but && r.Role != "companion" && !r.Gone() {
			list = append(list, Choice{r.ID.String(), s.words.T(v.Lang, "substitution.member", r.Called(), s.words.T(v.Lang, "delegations.role."+r.Role), r.Reference)})
		}
	}
	return list, err
}

// nominateForm is the form on one side.
func (s *Server) nominateForm(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		p, err := s.nominatePage(c, v, FormOf("role", v.by.Officer.First("member"), "lang", string(v.Lang)))
		if err != nil {
			return err
		}
		return s.render(c, "delegations/nominate"+v.views, p)
	}
}

// nominate names a member. Whoever has more to name is led back to the form.
func (s *Server) nominate(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		form := readForm(c)
		p, err := s.nominatePage(c, v, form)
		if err != nil {
			return err
		}
		if form.Translates() {
			return s.render(c, "delegations/nominate"+v.views, p)
		}
		in := delegations.Nomination{
			Role: form.Text("role"), GivenName: form.Raw("given_name"), FamilyName: form.Raw("family_name"), Email: form.Raw("email"), Lang: form.Text("lang"),
		}
		if form.Text("companion_of") != "" {
			in.CompanionOf = form.ID("companion_of")
		}
		var r delegations.Registration
		if err = form.Err(); err == nil {
			r, err = s.Delegations.Nominate(c.UserContext(), v.by, v.Delegation.ID, in)
		}
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			p.Form = form
			return s.again(c, "delegations/nominate"+v.views, p)
		}
		s.flash(c, "ok", "nominate.done", r.Called(), r.Reference)
		if form.Ticked("more") {
			return s.done(c, v.Base+"/nominate")
		}
		return s.done(c, v.Base+"#members")
	}
}

// completePage is the form that completes a draft.
type completePage struct {
	side
	Form      Form
	Edit      detailsForm
	Lacks     []string
	Roles     []Choice
	Hosts     []Choice
	Questions []Asked // of the event's own form
}

func (s *Server) completePage(c *fiber.Ctx, v side, typed *Form) (p completePage, err error) {
	ctx := c.UserContext()
	v.LangForm = "details"
	p = completePage{side: v, Roles: v.roles(s.in(v.Lang))}
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	r, err := s.Delegations.Member(ctx, v.by, v.Delegation, id)
	if err != nil {
		return p, err
	}
	if !v.mayFor(accounts.Complete, accounts.EditRegistration, r.Role) {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	details, err := s.Delegations.DetailsOf(ctx, v.by, r)
	if err != nil {
		return p, err
	}
	if p.Edit, err = s.detailsForm(c, r, details, typed); err != nil {
		return p, err
	}
	drafts, err := s.Delegations.Drafts(ctx, v.by, v.Delegation)
	if err != nil {
		return p, err
	}
	for _, draft := range drafts {
		if draft.ID == id {
			p.Lacks = draft.Lacks
		}
	}
	p.Form = p.Edit.Form
	if typed == nil {
		p.Form.values.Set("role", r.Role)
		p.Form.values.Set("guardian", r.Guardian)
		if r.CompanionOf != ident.Nil {
			p.Form.values.Set("companion_of", r.CompanionOf.String())
		}
	}
	if err := s.askDraft(c, v, &p, r, typed == nil); err != nil {
		return p, err
	}
	p.Hosts, err = s.hosts(c, v, r.ID)
	return p, err
}

// askDraft adds the event's own questions, with what is answered already when the
// form is shown first.
func (s *Server) askDraft(c *fiber.Ctx, v side, p *completePage, r delegations.Registration, first bool) error {
	ctx := c.UserContext()
	categories, err := s.Events.Categories(ctx, r.EventID)
	if err != nil {
		return err
	}
	asked, err := s.Forms.Asked(ctx, r.EventID)
	if err != nil {
		return err
	}
	if first {
		answers, err := s.Delegations.DraftAnswers(ctx, v.by, r)
		if err != nil {
			return err
		}
		for code, answer := range answers {
			p.Form.values["answers."+code] = answer
		}
	}
	p.Questions = s.ask(byRole(v.Lang, categories), &p.Form, asked.Questions)
	return nil
}

// completeForm is the form of a draft on one side; who is a draft no more is edited
// like everybody.
func (s *Server) completeForm(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		p, err := s.completePage(c, v, nil)
		if err != nil {
			return err
		}
		if p.Edit.Registration.Status != delegations.Draft {
			return s.done(c, v.Base+"#members")
		}
		return s.render(c, "delegations/complete"+v.views, p)
	}
}

func (s *Server) complete(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		form := readForm(c)
		asked, err := s.Forms.Asked(c.UserContext(), v.Delegation.EventID)
		if err != nil {
			return err
		}
		answers, err := s.takeAnswers(c, &form, asked.Questions)
		if err != nil {
			return err
		}
		p, err := s.completePage(c, v, &form)
		if err != nil {
			return err
		}
		if form.Translates() {
			return s.render(c, "delegations/complete"+v.views, p)
		}
		if err := s.pairTitles(c, &form, p.Edit.Details.Input); err != nil {
			return err
		}
		version, edit := editOf(form)
		more := delegations.Particulars{Role: form.Text("role"), Guardian: form.Raw("guardian"), Answers: answers}
		if form.Text("companion_of") != "" {
			more.CompanionOf = form.ID("companion_of")
		}
		var r delegations.Registration
		var missing []string
		if err = form.Err(); err == nil {
			r, missing, err = s.Delegations.Complete(c.UserContext(), v.by, p.Edit.Registration.ID, version, edit, more)
		}
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			if p, err = s.completePage(c, v, &form); err != nil {
				return err
			}
			return s.again(c, "delegations/complete"+v.views, p)
		}
		if len(missing) > 0 {
			s.flash(c, "fix", "nominate.saved", r.Called(), strconv.Itoa(len(missing)))
		} else {
			s.flash(c, "ok", "nominate.complete", r.Called())
		}
		now, err := s.Delegations.DetailsOf(c.UserContext(), v.by, r)
		if err != nil {
			return err
		}
		return s.doneEditing(c, p.Edit.Details.Remarks, now.Remarks, v.Base+"/members/"+r.ID.String()+"/complete", v.Base+"#members")
	}
}

// invite mails a draft's person the link to their own page.
func (s *Server) invite(of sideOf) fiber.Handler {
	return s.onMember(of, func(c *fiber.Ctx, v side, id ident.ID) (delegations.Registration, string, error) {
		r, err := s.Delegations.Invite(c.UserContext(), v.by, id)
		return r, "nominate.invited", err
	})
}

// removeDraft takes a nomination back.
func (s *Server) removeDraft(of sideOf) fiber.Handler {
	return s.onMember(of, func(c *fiber.Ctx, v side, id ident.ID) (delegations.Registration, string, error) {
		r, err := s.Delegations.WithdrawMember(c.UserContext(), v.by, v.Delegation.ID, id)
		return r, "nominate.removed", err
	})
}

// onMember does something to one member and says so.
func (s *Server) onMember(of sideOf, do func(c *fiber.Ctx, v side, id ident.ID) (delegations.Registration, string, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		id, err := pathID(c, "registration")
		if err != nil {
			return err
		}
		if _, err := s.Delegations.Member(c.UserContext(), v.by, v.Delegation, id); err != nil {
			return err
		}
		r, said, err := do(c, v, id)
		if err != nil {
			return err
		}
		s.flash(c, "ok", said, r.Called(), r.Email)
		return s.done(c, v.Base+"#members")
	}
}

// confirmDrafts hands in all complete drafts and says what became of them.
func (s *Server) confirmDrafts(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		done, err := s.Delegations.Confirm(c.UserContext(), v.by, v.Delegation.ID, readForm(c).Ticked("consent"))
		if fault.CodeOf(err) == fault.Invalid {
			s.flash(c, "fix", "nominate.consent")
			return s.done(c, v.Base+"?confirm=1#confirm")
		}
		if err != nil {
			return err
		}
		tone := "ok"
		if len(done.Waiting)+len(done.Incomplete) > 0 {
			tone = "fix"
		}
		s.flash(c, tone, "nominate.confirmed", strconv.Itoa(len(done.Placed)), strconv.Itoa(len(done.Waiting)), strconv.Itoa(len(done.Incomplete)))
		return s.done(c, v.Base+"#members")
	}
}

// arrange sets the order within a delegation. Scripts send the order that rows were
// dragged into; without them a button moves one member.
func (s *Server) arrange(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		form := readForm(c)
		var order []ident.ID
		for _, one := range form.All("order") {
			id, err := ident.Parse(one)
			if err != nil {
				return fault.New(fault.Conflict, "error.changed")
			}
			order = append(order, id)
		}
		for name, by := range map[string]int{"up": -1, "down": 1} {
			if id, err := ident.Parse(form.Text(name)); err == nil {
				order = moved(order, id, by)
			}
		}
		version := form.Whole("version", 1, 1<<30)
		if _, err := s.Delegations.Arrange(c.UserContext(), v.by, v.Delegation.ID, version, order); err != nil {
			f, ok := fault.Of(err)
			if !ok || f.Code != fault.Invalid {
				return err
			}
			s.flash(c, "fix", "delegations.head_first")
			return s.done(c, v.Base+"#members")
		}
		s.flash(c, "ok", "delegations.ordered")
		return s.done(c, v.Base+"#members")
	}
}

// moved is a list with one of it moved by a place.
func moved(list []ident.ID, id ident.ID, by int) []ident.ID {
	for i := range list {
		if to := i + by; list[i] == id && to >= 0 && to < len(list) {
			list[i], list[to] = list[to], list[i]
			break
		}
	}
	return list
}
