package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

func (a *API) firmOperations() {
	see, edit := web.Anywhere(accounts.SeeDelegations), web.Everywhere(accounts.EditDelegation)
	add(a, description{method: http.MethodGet, path: "/api/v1/firms", id: "list-firms", tag: "Firms", rule: see, summary: "Firms of the host city, in order of their codes",
		about: "The whole register, or those that take part in an event. Words are found in any script: Chinese, pinyin and its initials, Latin without diacritics, credit codes."}, a.listFirms)
	add(a, description{method: http.MethodPost, path: "/api/v1/firms", id: "create-firm", tag: "Firms", rule: edit, status: http.StatusCreated, summary: "Enter a firm",
		about: "The credit code is checked by its check sign (GB 32100-2015) and stored in capitals, half-width. Without a code of its own the firm gets the next one."}, a.createFirm)
	add(a, description{method: http.MethodGet, path: "/api/v1/firms/:id", id: "firm", tag: "Firms", rule: see, summary: "One firm, with its grants and contacts"}, a.oneFirm)
	add(a, description{method: http.MethodPatch, path: "/api/v1/firms/:id", id: "edit-firm", tag: "Firms", rule: edit, summary: "Edit a firm",
		about: "What is left out stays. Grants are given and revoked in the console, by people who say why."}, a.editFirm)
}

// FirmHead is what a list says of a firm.
type FirmHead struct {
	ID              string      `json:"id"`
	Code            string      `json:"code" doc:"The office's own, as F001"`
	CreditCode      string      `json:"credit_code" doc:"Unified social credit code, GB 32100-2015"`
	Name            locale.Text `json:"name"`
	District        string      `json:"district_code"`
	Sectors         []string    `json:"sectors" doc:"Codes, one to three, the most important first"`
	Ownership       string      `json:"ownership" enum:"private,state_owned,state_controlled,joint_venture,foreign_invested,public_institution"`
	Employees       *int        `json:"employees,omitempty"`
	Languages       []string    `json:"languages"`
	Offers          locale.Text `json:"offers"`
	Needs           locale.Text `json:"needs"`
	TargetCountries []string    `json:"target_countries" doc:"Two letters each"`
	CompetitorGroup string      `json:"competitor_group,omitempty"`
	Mailbox         string      `json:"contact_email,omitempty" doc:"The firm's shared mailbox"`
	Grants          []firmGrant `json:"grants" doc:"Those that are not over. Each is one of its own; none holds another."`
	Version         int         `json:"version"`
}

type firm struct {
	FirmHead
	Contacts  []firmContact `json:"contacts"`
	Districts []firmStay    `json:"districts" doc:"Where it has belonged, the latest first"`
}

func (f firm) version() int { return f.Version }

type firmGrant struct {
	Kind      string `json:"kind" enum:"whitelist,direct_report,auto_approve"`
	State     string `json:"state" enum:"planned,held,due" doc:"On today's date in the host city. One that is due rests until it is reviewed."`
	From      string `json:"valid_from" format:"date"`
	ReviewOn  string `json:"review_on" format:"date"`
	RevokedOn string `json:"revoked_on,omitempty" format:"date" doc:"The first day without it, when its end is known"`
	Basis     string `json:"basis"`
}

type firmContact struct {
	Name  locale.Text `json:"name" doc:"In Chinese, and in Latin letters"`
	Post  locale.Text `json:"post"`
	Email string      `json:"email,omitempty"`
	Phone string      `json:"phone,omitempty" doc:"E.164"`
	Main  bool        `json:"main"`
}

type firmStay struct {
	District string `json:"district_code"`
	Since    string `json:"since" format:"date"`
}

func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (a *API) firmHeadOf(f firms.Firm, grants []firms.Grant) FirmHead {
	h := FirmHead{
		ID: f.ID.String(), Code: f.Code, CreditCode: f.CreditCode, Name: f.Name, District: f.District, Sectors: filled(f.Sectors), Ownership: f.Ownership,
		Employees: f.Employees, Languages: filled(f.Languages), Offers: f.Offers, Needs: f.Needs, TargetCountries: filled(f.TargetCountries),
		CompetitorGroup: f.CompetitorGroup, Mailbox: f.Email, Version: f.Version, Grants: []firmGrant{},
	}
	today := firms.Day(a.Now())
	for _, g := range grants {
		state := g.State(today)
		if state == firms.Ended {
			continue
		}
		out := firmGrant{Kind: g.Kind, State: string(state), From: locale.ISO(g.From), ReviewOn: locale.ISO(g.ReviewOn), Basis: g.Basis}
		if g.RevokedOn != nil {
			out.RevokedOn = locale.ISO(*g.RevokedOn)
		}
		h.Grants = append(h.Grants, out)
	}
	return h
}

type listFirmsInput struct {
	Event    string `query:"event" doc:"Slug or ID: only those that take part"`
	Search   string `query:"q"`
	Sector   string `query:"sector_code"`
	District string `query:"district_code"`
	Grant    string `query:"grant" doc:"whitelist, direct_report or auto_approve: held today; none: no grant is"`
	Review   string `query:"review" doc:"due: a review has come; soon: one comes within thirty days"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit"`
}

func (a *API) listFirms(ctx context.Context, c caller, in listFirmsInput) (out list[FirmHead], err error) {
	f := firms.Filter{Search: in.Search, Sector: in.Sector, District: in.District, Grant: in.Grant, Review: in.Review}
	if in.Event != "" {
		if f.Event, err = a.eventOfFirms(ctx, in.Event); err != nil {
			return out, err
		}
	}
	after, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err != nil {
		return out, fault.Fields(fault.Field{Path: "cursor", Key: "projects.cursor"})
	}
	limit := size(in.Limit)
	found, err := a.Firms.Find(ctx, c.actor, f, firms.Paging{After: string(after), Limit: limit + 1})
	if err != nil {
		return out, err
	}
	out.Items = []FirmHead{}
	for i, row := range found.Rows {
		if i == limit {
			out.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(found.Rows[i-1].Code))
			break
		}
		out.Items = append(out.Items, a.firmHeadOf(row.Firm, row.Grants))
	}
	return out, nil
}

func (a *API) eventOfFirms(ctx context.Context, ref string) (ident.ID, error) {
	e, err := a.Events.ByRef(ctx, ref)
	if fault.CodeOf(err) == fault.NotFound {
		return ident.Nil, fault.Fields(fault.Field{Path: "event", Key: "field.choice"})
	}
	return e.ID, err
}

func (a *API) oneFirm(ctx context.Context, c caller, in byID) (firm, error) {
	f, err := a.Firms.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return firm{}, err
	}
	return a.firmOf(ctx, c, f)
}

func (a *API) firmOf(ctx context.Context, c caller, f firms.Firm) (out firm, err error) {
	grants, err := a.Firms.Grants(ctx, c.actor, f.ID)
	if err != nil {
		return out, err
	}
	out = firm{FirmHead: a.firmHeadOf(f, grants), Contacts: []firmContact{}, Districts: []firmStay{}}
	contacts, err := a.Firms.Contacts(ctx, c.actor, ident.Nil, f.ID)
	if err != nil {
		return out, err
	}
	for _, x := range contacts {
		out.Contacts = append(out.Contacts, firmContact{Name: x.Name, Post: x.Post, Email: x.Email, Phone: x.Phone, Main: x.Main})
	}
	stays, err := a.Firms.Districts(ctx, c.actor, f.ID)
	for _, s := range stays {
		out.Districts = append(out.Districts, firmStay{District: s.District, Since: locale.ISO(s.Since)})
	}
	return out, err
}

// FirmBody is a firm as a program writes it; nil stays when it is edited.
type FirmBody struct {
	CreditCode      *string      `json:"credit_code,omitempty"`
	Name            *locale.Text `json:"name,omitempty"`
	District        *string      `json:"district_code,omitempty"`
	Sectors         *[]string    `json:"sectors,omitempty" doc:"Codes, one to three, the most important first"`
	Ownership       *string      `json:"ownership,omitempty" enum:"private,state_owned,state_controlled,joint_venture,foreign_invested,public_institution"`
	Employees       *int         `json:"employees,omitempty"`
	Languages       *[]string    `json:"languages,omitempty"`
	Offers          *locale.Text `json:"offers,omitempty"`
	Needs           *locale.Text `json:"needs,omitempty"`
	TargetCountries *[]string    `json:"target_countries,omitempty" doc:"Two letters each"`
	CompetitorGroup *string      `json:"competitor_group,omitempty"`
	Mailbox         *string      `json:"contact_email,omitempty" doc:"The firm's shared mailbox"`
}

func (b FirmBody) onto(f *firms.Firm) {
	put(&f.CreditCode, b.CreditCode)
	put(&f.Name, b.Name)
	put(&f.District, b.District)
	put(&f.Sectors, b.Sectors)
	put(&f.Ownership, b.Ownership)
	put(&f.Languages, b.Languages)
	put(&f.Offers, b.Offers)
	put(&f.Needs, b.Needs)
	put(&f.TargetCountries, b.TargetCountries)
	put(&f.CompetitorGroup, b.CompetitorGroup)
	put(&f.Email, b.Mailbox)
	if b.Employees != nil {
		f.Employees = b.Employees
	}
}

// put writes what was said over what there is.
func put[T any](to *T, said *T) {
	if said != nil {
		*to = *said
	}
}

type createFirmInput struct {
	Body struct {
		FirmBody
		Code  string `json:"code,omitempty" doc:"The office's own; the next one when left out"`
		Event string `json:"event,omitempty" doc:"Slug or ID of an event that it takes part in at once"`
	}
}

func (a *API) createFirm(ctx context.Context, c caller, in createFirmInput) (out firm, err error) {
	event := ident.Nil
	if in.Body.Event != "" {
		if event, err = a.eventOfFirms(ctx, in.Body.Event); err != nil {
			return out, err
		}
	}
	f := firms.Firm{Code: in.Body.Code}
	in.Body.onto(&f)
	if f, err = a.Firms.Create(ctx, c.actor, event, f); err != nil {
		return out, err
	}
	return a.firmOf(ctx, c, f)
}

type editFirmInput struct {
	ID    ident.ID `path:"id"`
	Match match    `header:"If-Match" doc:"The ETag that the edit rests on; left out: whatever there is"`
	Body  struct {
		FirmBody
		MovedOn string `json:"moved_on,omitempty" format:"date" doc:"With another district: the first day there; today when left out"`
	}
}

func (a *API) editFirm(ctx context.Context, c caller, in editFirmInput) (firm, error) {
	f, err := a.Firms.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return firm{}, err
	}
	version, moved := int(in.Match), time.Time{}
	if version == 0 {
		version = f.Version
	}
	if in.Body.MovedOn != "" {
		if moved, err = time.Parse(time.DateOnly, in.Body.MovedOn); err != nil {
			return firm{}, fault.Fields(fault.Field{Path: "moved_on", Key: "field.date"})
		}
	}
	in.Body.onto(&f)
	if f, err = a.Firms.Edit(ctx, c.actor, in.ID, version, f, moved); err != nil {
		return firm{}, err
	}
	return a.firmOf(ctx, c, f)
}
