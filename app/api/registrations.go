package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// registerLimit bounds how many one address may register, counted together with
// the form: an office behind one address sends a delegation.
var registerLimit = web.Limit{Times: 60, In: 10 * time.Minute, Name: "register", Guests: true}

// groupLimit bounds how many groups one address may register.
var groupLimit = web.Limit{Times: 10, In: 10 * time.Minute, Name: "register-group", Guests: true}

func (a *API) registrationOperations() {
	decide := web.Anywhere(accounts.DecideRegistration)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/registrations", id: "register", tag: "Registrations", rule: web.Public(), limit: &registerLimit, status: http.StatusCreated,
		summary: "Register one person", about: "Over the quota the registration is waitlisted. manage_url is the person's own page; it is told once."}, a.register)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/groups", id: "register-group", tag: "Registrations", rule: web.Public(), limit: &groupLimit, status: http.StatusCreated,
		summary: "Register people who come all or not at all",
		about: "2 to 50 people in one go: all are placed or all are waitlisted, and from the waiting list they are placed together, once there are places for all. " +
			"Others may take places that the group waits for, at most as many as it has people; then places are kept for it."}, a.registerGroup)
	add(a, description{method: http.MethodGet, path: "/api/v1/events/:event/registrations", id: "list-registrations", tag: "Registrations", rule: web.Right(accounts.SeeRegistrations),
		summary: "Registrations, in the order in which they came"}, a.listRegistrations)
	add(a, description{method: http.MethodGet, path: "/api/v1/registrations/:id", id: "registration", tag: "Registrations", rule: web.Anywhere(accounts.SeeRegistrations), summary: "One registration"}, a.oneRegistration)
	add(a, description{method: http.MethodPatch, path: "/api/v1/registrations/:id", id: "edit-registration", tag: "Registrations", rule: web.Anywhere(accounts.EditRegistration),
		summary: "Change values of a registration", about: "What is left out stays. A badge that shows one of the values is replaced, and the old one opens nothing from now on. Every change is kept in the registration's history."}, a.editRegistration)
	add(a, description{method: http.MethodPost, path: "/api/v1/registrations/:id/approve", id: "approve", tag: "Registrations", rule: decide, summary: "Approve, and issue the badge"}, a.approve)
	add(a, description{method: http.MethodPost, path: "/api/v1/registrations/:id/reject", id: "reject", tag: "Registrations", rule: decide, summary: "Refuse, for a reason that the person is told"}, a.reject)
	add(a, description{method: http.MethodPost, path: "/api/v1/registrations/:id/cancel", id: "cancel", tag: "Registrations", rule: decide, summary: "Call off, by the office",
		about: "The badge opens nothing from now on, and the place goes to whoever waits."}, a.cancel)
}

type registerInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Body  person
}

// person is who registers.
type person struct {
	Category     string               `json:"category" doc:"A category's code, see the event"`
	GivenName    string               `json:"given_name,omitempty" doc:"Latin letters; empty for one-name persons"`
	FamilyName   string               `json:"family_name" doc:"Latin letters"`
	NameNative   string               `json:"name_native,omitempty" doc:"As at home, in its own script"`
	NativeOrder  string               `json:"native_order,omitempty" enum:"family_first,given_first"`
	MRZSurname   string               `json:"mrz_surname,omitempty" doc:"As in the passport's machine-readable line: A to Z and space"`
	MRZGiven     string               `json:"mrz_given,omitempty" doc:"As in the passport's machine-readable line: A to Z and space"`
	NameZH       string               `json:"name_zh,omitempty" doc:"The Chinese rendering"`
	Sex          string               `json:"sex,omitempty" enum:"M,F,X"`
	Nationality  string               `json:"nationality" doc:"Two letters of the office's table"`
	Languages    []string             `json:"languages,omitempty" doc:"BCP 47"`
	Email        string               `json:"email"`
	Phone        string               `json:"phone,omitempty"`
	Title        locale.Text          `json:"title,omitempty"`
	Organisation string               `json:"organisation,omitempty" doc:"Required in the categories firm, press and consular"`
	BirthDate    string               `json:"birth_date,omitempty" format:"date"`
	Passport     delegations.Passport `json:"passport,omitempty"`
	MealPlan     string               `json:"meal_plan,omitempty"`
	AccessNeeds  []string             `json:"access_needs,omitempty"`
	Answers      answers              `json:"answers,omitempty" doc:"By the codes of the event's form, see /form"`
	Consent      bool                 `json:"consent" doc:"To the privacy notice; required"`
	Lang         string               `json:"lang,omitempty" enum:"zh,en" doc:"Of the letters"`
}

// input is a person as the service takes them; lang is what they did not choose.
func (b person) input(lang locale.Lang) delegations.Input {
	if b.Lang == "" {
		b.Lang = string(lang)
	}
	return delegations.Input{
		Category: b.Category, GivenName: b.GivenName, FamilyName: b.FamilyName, NameNative: b.NameNative, NativeOrder: b.NativeOrder, NameZH: b.NameZH,
		MRZSurname: b.MRZSurname, MRZGiven: b.MRZGiven,
		Sex: b.Sex, Nationality: b.Nationality, Languages: b.Languages, Email: b.Email, Phone: b.Phone, TitleEN: b.Title.EN, TitleZH: b.Title.ZH,
		Organisation: b.Organisation, BirthDate: b.BirthDate, Passport: b.Passport, MealPlan: b.MealPlan, AccessNeeds: b.AccessNeeds,
		Answers: forms.Answers(b.Answers), Consent: b.Consent, Lang: b.Lang, Source: "api",
	}
}

type registered struct {
	ID        string `json:"id"`
	Reference string `json:"reference"`
	Status    string `json:"status"`
	ManageURL string `json:"manage_url"`
}

func (a *API) register(ctx context.Context, c caller, in registerInput) (registered, error) {
	r, secret, err := a.Delegations.Register(ctx, c.actor, c.event.ID, in.Body.input(c.lang))
	if err != nil {
		return registered{}, err
	}
	return a.registered(r, secret), nil
}

func (a *API) registered(r delegations.Registration, secret string) registered {
	return registered{ID: r.ID.String(), Reference: r.Reference, Status: string(r.Status), ManageURL: a.PublicURL + "/me/" + secret}
}

type registerGroupInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Body  struct {
		People  []person `json:"people" minItems:"2" maxItems:"50" doc:"Without a token no two of them have one address, unless it is the contact's"`
		Contact string   `json:"contact,omitempty" doc:"Address of whoever registers them. People may have it in place of their own: then its letters are one, with the links of all"`
	}
}

type registeredGroup struct {
	ID     string       `json:"id"`
	People []registered `json:"people" doc:"In the order in which they were sent"`
}

func (a *API) registerGroup(ctx context.Context, c caller, in registerGroupInput) (registeredGroup, error) {
	var people []delegations.Input
	for _, p := range in.Body.People {
		people = append(people, p.input(c.lang))
	}
	id, done, err := a.Delegations.RegisterGroup(ctx, c.actor, c.event.ID, people, in.Body.Contact)
	if err != nil {
		return registeredGroup{}, err
	}
	out := registeredGroup{ID: id.String()}
	for _, r := range done {
		out.People = append(out.People, a.registered(r.Registration, r.Secret))
	}
	return out, nil
}

type registration struct {
	ID           string      `json:"id"`
	EventID      string      `json:"event_id"`
	Reference    string      `json:"reference"`
	Status       string      `json:"status"`
	StatusReason string      `json:"status_reason,omitempty"`
	Category     locale.Text `json:"category"`
	Role         string      `json:"role"`
	BadgeType    string      `json:"badge_type"`
	GivenName    string      `json:"given_name"`
	FamilyName   string      `json:"family_name"`
	NameNative   string      `json:"name_native"`
	NameZH       string      `json:"name_zh,omitempty"`
	Nationality  string      `json:"nationality,omitempty"`
	Title        locale.Text `json:"title"`
	Organisation string      `json:"organisation,omitempty"`
	Delegation   locale.Text `json:"delegation"`
	Firm         locale.Text `json:"firm" doc:"Of the city's register; empty: none"`
	FirmID       string      `json:"firm_id,omitempty"`
	Email        string      `json:"email"`
	Phone        string      `json:"phone,omitempty"`
	SubmittedAt  *time.Time  `json:"submitted_at,omitempty"`
	DecidedAt    *time.Time  `json:"decided_at,omitempty"`
	Pending      bool        `json:"pending_change" doc:"A change of the person's waits for the desk"`
	Version      int         `json:"version"`

	Answers givenAnswers `json:"answers,omitempty" doc:"To the questions of the event's form; not in lists"`
}

func (r registration) version() int { return r.Version }

func registrationOf(r delegations.Registration) registration {
	return registration{
		ID: r.ID.String(), EventID: r.EventID.String(), Reference: r.Reference, Status: string(r.Status), StatusReason: r.StatusReason, Category: r.Category,
		Role: r.Role, BadgeType: r.BadgeType, GivenName: r.GivenName, FamilyName: r.FamilyName, NameNative: r.NameNative, NameZH: r.NameZH,
		Nationality: r.Nationality, Title: r.Title(), Organisation: r.Organisation, Delegation: r.Delegation, Firm: r.Firm, FirmID: idOf(r.FirmID), Email: r.Email, Phone: r.Phone,
		SubmittedAt: r.SubmittedAt, DecidedAt: r.DecidedAt, Pending: r.Pending, Version: r.Version,
	}
}

type listRegistrationsInput struct {
	Event    string `path:"event" doc:"Slug or ID"`
	Status   string `query:"status" doc:"A status, or queue for all that wait to be decided"`
	Category string `query:"category" doc:"A category's code"`
	Search   string `query:"q" doc:"Name in any script, or reference"`
	Cursor   int    `query:"cursor" doc:"next_cursor of the page before"`
	Limit    int    `query:"limit" doc:"At most 100; 50 when left out"`
}

func (a *API) listRegistrations(ctx context.Context, c caller, in listRegistrationsInput) (list[registration], error) {
	n := size(in.Limit)
	page, err := a.Delegations.Registrations(ctx, c.actor, c.event.ID, delegations.Filter{
		Status: in.Status, Category: in.Category, Search: in.Search, Oldest: true, After: in.Cursor, Limit: n,
	})
	if err != nil {
		return list[registration]{}, err
	}
	out := list[registration]{Items: []registration{}}
	for _, r := range page.Rows {
		out.Items = append(out.Items, registrationOf(r))
	}
	if page.Next > 0 {
		out.NextCursor = strconv.Itoa(page.Next)
	}
	return out, nil
}

type byID struct {
	ID ident.ID `path:"id"`
}

func (a *API) oneRegistration(ctx context.Context, c caller, in byID) (registration, error) {
	r, err := a.Delegations.Registration(ctx, c.actor, in.ID)
	if err != nil {
		return registration{}, err
	}
	given, err := a.Delegations.Answers(ctx, c.actor, r)
	if err != nil {
		return registration{}, err
	}
	out := registrationOf(r)
	out.Answers = answersOf(given)
	return out, nil
}

type decided struct {
	ID        string       `json:"id"`
	Reference string       `json:"reference"`
	Status    string       `json:"status"`
	Badge     *issuedBadge `json:"badge,omitempty"`
}

type issuedBadge struct {
	ID     string `json:"id"`
	Serial string `json:"serial"`
	Token  string `json:"token" doc:"The text of the QR code"`
}

type approval struct {
	ID    ident.ID `path:"id"`
	Match match    `header:"If-Match" doc:"The version that was looked at; left out: whatever there is"`
}

func (a *API) approve(ctx context.Context, c caller, in approval) (decided, error) {
	r, issued, err := a.Delegations.ApproveSeen(ctx, c.actor, delegations.Seen{ID: in.ID, Version: int(in.Match)})
	if err != nil {
		return decided{}, err
	}
	out := decided{ID: r.ID.String(), Reference: r.Reference, Status: string(r.Status)}
	if issued.ID != ident.Nil {
		out.Badge = &issuedBadge{ID: issued.ID.String(), Serial: issued.Serial, Token: issued.Token}
	}
	return out, nil
}

type reasonInput struct {
	ID   ident.ID `path:"id"`
	Body struct {
		Reason string `json:"reason" doc:"Told to the person, in their language"`
	}
}

func (a *API) reject(ctx context.Context, c caller, in reasonInput) (decided, error) {
	return a.ended(a.Delegations.Reject(ctx, c.actor, in.ID, in.Body.Reason))
}

func (a *API) cancel(ctx context.Context, c caller, in reasonInput) (decided, error) {
	return a.ended(a.Delegations.Cancel(ctx, c.actor, in.ID, in.Body.Reason))
}

func (a *API) ended(r delegations.Registration, err error) (decided, error) {
	if err != nil {
		return decided{}, err
	}
	return decided{ID: r.ID.String(), Reference: r.Reference, Status: string(r.Status)}, nil
}

// idOf writes an ID; of nothing it is empty.
func idOf(id ident.ID) string {
	if id == ident.Nil {
		return ""
	}
	return id.String()
}
