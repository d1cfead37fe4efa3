package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/matchmaking"
)

// linkPage is what the own pages of delegations and firms have in common: the
// event that their link belongs to, and the link.
type linkPage struct {
	Page
	Own  string // the page's own address
	Link delegations.Link
}

// linkPage makes the Page of an own page. The frame names the event, but has no
// menu: the link opens this one thing.
func (s *Server) linkPage(c *fiber.Ctx, own string, l delegations.Link) (linkPage, error) {
	e, err := s.Events.ByID(c.UserContext(), l.EventID)
	if err != nil {
		return linkPage{}, err
	}
	p := linkPage{Page: s.page(c), Own: own, Link: l}
	head := HeadOf(e)
	p.Event, p.Nav, p.Now = &head, nil, p.Now.In(head.Zone)
	return p, nil
}

// Until is the last day on which the link works.
func (p linkPage) Until() time.Time {
	return delegations.LastDay(p.Link.ExpiresAt, p.At(p.Link.ExpiresAt).Location())
}

type ownDelegationPage struct {
	linkPage
	Delegation    delegations.Delegation
	Members       []delegations.Registration
	Meetings      []ownMeetingDay
	Progress      matchmaking.Progress
	Substitutions []delegations.Substitution
	Leaving       *delegations.Registration // whose withdrawal waits to be confirmed
	Photos        map[ident.ID]bool         // who has handed in a portrait
	Lacking       map[ident.ID]bool         // whose badge asks for one that is missing
	delegationParts
}

// ShowsPassports tells whether there is anything to see of passports for whoever holds
// the link.
func (p ownDelegationPage) ShowsPassports() bool {
	return slices.ContainsFunc(p.Members, func(r delegations.Registration) bool { return r.PassportLast4 != "" })
}

// ShowsPhotos tells the same of portraits, or whether any can be handed in.
func (p ownDelegationPage) ShowsPhotos() bool {
	return len(p.Photos) > 0 || slices.ContainsFunc(p.Members, func(r delegations.Registration) bool { return p.Does(accounts.Complete, r.Role) })
}

// AskedFor tells whether somebody waits to come in a member's place.
func (p ownDelegationPage) AskedFor(member ident.ID) bool { return askedFor(p.Substitutions, member) }

// WithdrawAt is where a replacement that waits is taken back; empty: not by the reader.
func (p ownDelegationPage) WithdrawAt(x delegations.Substitution) string {
	i := slices.IndexFunc(p.Members, func(r delegations.Registration) bool { return r.ID == x.FromID })
	if i < 0 || !x.Withdrawable(p.Link.Actor(), p.Link.EventID, p.Members[i].Role) {
		return ""
	}
	return p.Own + "/substitutions/" + x.ID.String() + "/withdraw"
}

func askedFor(list []delegations.Substitution, member ident.ID) bool {
	return slices.ContainsFunc(list, func(x delegations.Substitution) bool { return x.FromID == member && x.State == "asked" })
}

// Does tells whether the officer has a duty about members of a role. It decides what
// is shown, never what is allowed.
func (p linkPage) Does(d accounts.Duty, member string) bool { return p.Link.Role.Covers(d, member) }

// ownDelegation is the page of a delegation's liaison. The link is the right to
// see it.
func (s *Server) ownDelegation(c *fiber.Ctx) error {
	ctx := c.UserContext()
	d, l, err := s.Delegations.DelegationByLink(ctx, c.Params("token"))
	if err != nil {
		return err
	}
	p := ownDelegationPage{Delegation: d}
	if p.linkPage, err = s.linkPage(c, c.Path(), l); err != nil {
		return err
	}
	if p.Members, err = s.Delegations.Members(ctx, l.Actor(), d); err != nil {
		return err
	}
	v := side{Page: p.Page, Delegation: d, Base: p.Own, by: l.Actor(), zone: zoneOf(p.Page)}
	if p.delegationParts, err = s.parts(c, v, p.Members); err != nil {
		return err
	}
	p.ConsentFix = c.Query("confirm") != ""
	if p.Photos, p.Lacking, err = s.portraits(c, p.Members); err != nil {
		return err
	}
	if id, err := ident.Parse(c.Query("withdraw")); err == nil {
		if i := slices.IndexFunc(p.Members, func(r delegations.Registration) bool { return r.ID == id && r.Cancellable() }); i >= 0 {
			p.Leaving = &p.Members[i]
		}
	}
	if !p.SeesAll {
		return s.render(c, "delegations/own", p)
	}
	if p.Substitutions, err = s.Delegations.Substitutions(ctx, l.Actor(), d); err != nil {
		return err
	}
	meetings, err := s.Matchmaking.OfDelegation(ctx, d.ID)
	if err != nil {
		return err
	}
	p.Meetings = ownMeetings(delegations.Registration{DelegationID: d.ID}, meetings, s.Now())
	if p.Progress, err = s.progress(c, l.EventID, p.Event.Zone); err != nil {
		return err
	}
	return s.render(c, "delegations/own", p)
}

type memberPage struct {
	linkPage
	Form       Form
	Delegation delegations.Delegation
	Countries  []Choice
	Roles      []Choice
	MealPlans  []Choice
	Questions  []Asked
	Titles     titleOffers
}

func (s *Server) memberPage(c *fiber.Ctx, d delegations.Delegation, l delegations.Link, form Form) (memberPage, error) {
	p := memberPage{Form: form, Delegation: d}
	var err error
	if p.linkPage, err = s.linkPage(c, "/delegation/"+c.Params("token"), l); err != nil {
		return p, err
	}
	p.LangForm = "member"
	for _, role := range delegations.MemberRoles {
		if !p.Does(accounts.Nominate, role) {
			continue
		}
		p.Roles = append(p.Roles, Choice{role, s.words.T(p.Lang, "delegations.role."+role)})
	}
	if len(p.Roles) == 0 {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	for _, plan := range delegations.MealPlans {
		p.MealPlans = append(p.MealPlans, Choice{plan, s.words.T(p.Lang, "delegations.meal."+plan)})
	}
	categories, err := s.Events.Categories(c.UserContext(), d.EventID)
	if err != nil {
		return p, err
	}
	asked, err := s.Forms.Asked(c.UserContext(), d.EventID)
	if err != nil {
		return p, err
	}
	p.Questions = s.ask(byRole(p.Lang, categories), &p.Form, asked.Questions)
	if p.Titles, err = s.titleOffers(c); err != nil {
		return p, err
	}
	p.Countries, err = s.countryChoices(c)
	return p, err
}

// Full tells whether whoever is added now will wait for a place.
func (p memberPage) Full() bool { return p.Delegation.Members >= p.Delegation.Quota }

func (s *Server) newMember(c *fiber.Ctx) error {
	d, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	p, err := s.memberPage(c, d, l, FormOf("role", l.Role.First("member"), "lang", string(lang(c))))
	if err != nil {
		return err
	}
	return s.render(c, "delegations/member", p)
}

// addMember registers a person into the delegation, and says whether they wait.
func (s *Server) addMember(c *fiber.Ctx) error {
	d, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := readForm(c)
	asked, err := s.Forms.Asked(c.UserContext(), d.EventID)
	if err != nil {
		return err
	}
	answers, err := s.takeAnswers(c, &form, asked.Questions)
	if err != nil {
		return err
	}
	if form.Translates() {
		p, err := s.memberPage(c, d, l, form)
		if err != nil {
			return err
		}
		return s.render(c, "delegations/member", p)
	}
	if err := s.pairTitles(c, &form, delegations.Input{}); err != nil {
		return err
	}
	r, err := s.Delegations.AddMember(c.UserContext(), l.Actor(), d.ID, delegations.Input{
		Role: form.Text("role"), GivenName: form.Raw("given_name"), FamilyName: form.Raw("family_name"), NameNative: form.Raw("name_native"),
		NativeOrder: form.Text("native_order"), NameZH: form.Raw("name_zh"), Nationality: form.Text("nationality"), Email: form.Raw("email"),
		MRZSurname: form.Raw("mrz_surname"), MRZGiven: form.Raw("mrz_given"),
		Phone: form.Raw("phone"), TitleEN: form.Raw("title_en"), TitleZH: form.Raw("title_zh"), Organisation: form.Raw("organisation"),
		BirthDate: form.Text("birth_date"), MealPlan: form.Text("meal_plan"), Answers: answers, Consent: form.Ticked("consent"), Lang: form.Text("lang"),
		Passport: delegations.Passport{Number: form.Raw("passport.number"), Issuer: form.Text("nationality"), ExpiresOn: form.Text("passport.expires_on")},
	})
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.memberPage(c, d, l, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "delegations/member", p)
	}
	switch r.Status {
	case delegations.Draft:
		drafts, err := s.Delegations.Drafts(c.UserContext(), l.Actor(), d)
		if err != nil {
			return err
		}
		for _, d := range drafts {
			if d.ID == r.ID {
				s.flash(c, "fix", "delegations.own.nominated", r.Called(), r.Reference, strconv.Itoa(len(d.Lacks)))
			}
		}
	case delegations.Waitlisted:
		s.flash(c, "fix", "delegations.own.waits", r.Called(), r.Reference)
	default:
		s.flash(c, "ok", "delegations.own.added", r.Called(), r.Reference)
	}
	own := "/delegation/" + c.Params("token")
	if !r.Editable() || !l.Actor().MayFor(accounts.Complete, d.EventID, d.ID, r.Role) {
		return s.done(c, own)
	}
	now, err := s.Delegations.DetailsOf(c.UserContext(), l.Actor(), r)
	if err != nil {
		return err
	}
	return s.doneEditing(c, nil, now.Remarks, own+"/members/"+r.ID.String()+"/edit", own)
}

func (s *Server) withdrawMember(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	d, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	r, err := s.Delegations.WithdrawMember(c.UserContext(), l.Actor(), d.ID, id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "delegations.own.withdrawn", r.Called(), r.Reference)
	return s.done(c, "/delegation/"+c.Params("token"))
}
