package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

const delegationsPerPage = 50

type delegationsPage struct {
	Page
	Rows         []delegations.Delegation
	Pager        Pager
	Total        int // of the event, whatever the filter
	Used, Quota  int // places, of the event
	Status       string
	Search, Sort string
	Counts       map[string]int        // by status; "all", "late"
	Late         map[ident.ID][]string // steps that a delegation is late with
}

// Direction is the aria-sort of a column.
func (p delegationsPage) Direction(column string) string {
	if p.Sort == column {
		return "ascending"
	}
	return "none"
}

// To is the address of the list with one part of it changed.
func (p delegationsPage) To(name, value string) string {
	q := url.Values{}
	for k, v := range map[string]string{"status": p.Status, "q": p.Search, "sort": p.Sort, name: value} {
		if v != "" && v != "all" && v != "code" {
			q.Set(k, v)
		}
	}
	return "?" + q.Encode()
}

// delegationList lists an event's delegations; search, filter and order stand in
// the address.
func (s *Server) delegationList(c *fiber.Ctx) error {
	all, err := s.Delegations.List(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return err
	}
	late, err := s.late(c)
	if err != nil {
		return err
	}
	p := delegationsPage{
		Page: s.page(c), Late: late, Total: len(all), Status: c.Query("status", "all"), Search: strings.TrimSpace(c.Query("q")), Sort: c.Query("sort", "code"),
		Counts: map[string]int{"all": len(all), "late": len(late)},
	}
	for _, d := range all {
		p.Used, p.Quota = p.Used+d.Members, p.Quota+d.Quota
		p.Counts[d.Status]++
		if (p.Status == "all" || p.Status == d.Status || p.Status == "late" && len(late[d.ID]) > 0) && d.Matches(p.Search) {
			p.Rows = append(p.Rows, d)
		}
	}
	slices.SortStableFunc(p.Rows, delegationOrder(p.Sort, func(d delegations.Delegation) string { return d.City.In(p.Lang) }))
	number, found := pageNumber(c), len(p.Rows)
	p.Pager = pager(c, number, delegationsPerPage, found)
	from := min((number-1)*delegationsPerPage, found)
	p.Rows = p.Rows[from:min(from+delegationsPerPage, found)]
	return s.render(c, "delegations/list", p)
}

// late answers which delegations of the event are late, and with what.
func (s *Server) late(c *fiber.Ctx) (map[ident.ID][]string, error) {
	list, err := s.Delegations.Standings(c.UserContext(), actor(c), event(c).ID)
	late := map[ident.ID][]string{}
	for _, x := range list {
		if len(x.Late) > 0 {
			late[x.ID] = x.Late
		}
	}
	return late, err
}

// delegationOrder compares delegations by a column; they come in order of code.
func delegationOrder(column string, city func(delegations.Delegation) string) func(a, b delegations.Delegation) int {
	return func(a, b delegations.Delegation) int {
		switch column {
		case "city":
			return cmp.Compare(city(a), city(b))
		case "places": // those with most places left first
			return cmp.Compare(b.Quota-b.Members, a.Quota-a.Members)
		case "arrival":
			if a.ArrivesAt == nil || b.ArrivesAt == nil { // the unknown ones last
				return cmp.Compare(missing(a.ArrivesAt), missing(b.ArrivesAt))
			}
			return a.ArrivesAt.Compare(*b.ArrivesAt)
		}
		return 0
	}
}

func missing(at *time.Time) int {
	if at == nil {
		return 1
	}
	return 0
}

// linksPart is what the partial "links" draws: the links of a delegation or a
// firm, the form that makes one, and the one just made.
type linksPart struct {
	LinkForm Form
	Links    []delegations.Link
	LinksAt  string           // where the form posts
	Address  string           // of the link that the reader just made; empty: none
	Made     delegations.Link // that one
}

// LastDay is the last day on which a link works, on the event's clock.
func (p Page) LastDay(l delegations.Link) time.Time {
	return delegations.LastDay(l.ExpiresAt, p.At(l.ExpiresAt).Location())
}

type delegationPage struct {
	Page
	linksPart
	Form          Form // of the stay
	Delegation    delegations.Delegation
	Members       []delegations.Registration
	Substitutions []delegations.Substitution
	delegationParts
	PlacesForm Form
	Taken      map[string]int // places of each class
}

// AskedFor tells whether somebody waits to come in a member's place.
func (p delegationPage) AskedFor(member ident.ID) bool { return askedFor(p.Substitutions, member) }

// WithdrawAt is where whoever asked takes a replacement back, which the office refuses.
func (p delegationPage) WithdrawAt(delegations.Substitution) string { return "" }

// delegationOf finds the delegation of the address within its event.
func (s *Server) delegationOf(c *fiber.Ctx) (delegations.Delegation, error) {
	id, err := pathID(c, "delegation")
	if err != nil {
		return delegations.Delegation{}, err
	}
	d, err := s.Delegations.ByID(c.UserContext(), actor(c), id)
	if err == nil && d.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return d, err
}

func (s *Server) newDelegationPage(c *fiber.Ctx, d delegations.Delegation) (delegationPage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := delegationPage{
		Page: s.page(c), Delegation: d, linksPart: linksPart{LinksAt: delegationURL(c, d.ID) + "/links", LinkForm: FormOf("until", lastDayOfLinks(event(c)), "role", string(accounts.Accreditation), "lang", "en")},
		Form: FormOf("arrives_at", momentField(d.ArrivesAt, event(c).Zone), "departs_at", momentField(d.DepartsAt, event(c).Zone), "hotel_zh", d.Hotel.ZH, "hotel_en", d.Hotel.EN),
	}
	var err error
	if p.Members, err = s.Delegations.Members(ctx, by, d); err != nil {
		return p, err
	}
	if p.Substitutions, err = s.Delegations.Substitutions(ctx, by, d); err != nil {
		return p, err
	}
	if p.Links, err = s.Delegations.DelegationLinks(ctx, by, d.ID); err != nil {
		return p, err
	}
	s.showMade(c, &p.linksPart, d.ID)
	v := side{Page: p.Page, Delegation: d, Base: delegationURL(c, d.ID), by: by, zone: event(c).Zone}
	if p.delegationParts, err = s.parts(c, v, p.Members); err != nil {
		return p, err
	}
	p.PlacesForm = FormOf("quota", strconv.Itoa(d.Quota))
	p.Taken = map[string]int{}
	classes, err := s.Delegations.ClassPlaces(ctx, by, d)
	for _, class := range classes {
		p.Taken[class.Class] = class.Taken
		if class.Quota != nil {
			p.PlacesForm.values.Set("quota."+class.Class, strconv.Itoa(*class.Quota))
		}
	}
	return p, err
}

func delegationURL(c *fiber.Ctx, id ident.ID) string {
	return "/console/" + event(c).Slug + "/delegations/" + id.String()
}

// momentField is an instant as a datetime-local field has it; empty for none.
func momentField(at *time.Time, zone *time.Location) string {
	if at == nil {
		return ""
	}
	return at.In(zone).Format("2006-01-02T15:04")
}

// lastDayOfLinks is what a new link's form proposes: the day after the event.
func lastDayOfLinks(e *EventHead) string { return e.LastDay.AddDate(0, 0, 1).Format(time.DateOnly) }

func (s *Server) delegation(c *fiber.Ctx) error {
	d, err := s.delegationOf(c)
	if err != nil {
		return err
	}
	p, err := s.newDelegationPage(c, d)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/show", p)
}

// editStay takes when a delegation comes and goes. What is left empty is not
// known.
func (s *Server) editStay(c *fiber.Ctx) error {
	d, err := s.delegationOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	in := delegations.Stay{Hotel: locale.Text{ZH: form.Raw("hotel_zh"), EN: form.Raw("hotel_en")}}
	for name, to := range map[string]**time.Time{"arrives_at": &in.ArrivesAt, "departs_at": &in.DepartsAt} {
		if form.Text(name) != "" {
			at := form.Moment(name, event(c).Zone)
			*to = &at
		}
	}
	version := form.Whole("version", 1, 1<<30)
	if err = form.Err(); err == nil {
		_, err = s.Delegations.EditStay(c.UserContext(), actor(c), d.ID, version, in)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.newDelegationPage(c, d)
		if pageErr != nil {
			return pageErr
		}
		p.Form = form
		return s.again(c, "delegations/show", p)
	}
	s.flash(c, "ok", "delegations.stay_saved")
	return s.done(c, delegationURL(c, d.ID))
}

// makeDelegationLink makes a link for an officer; the page that follows shows its
// address for a while.
func (s *Server) makeDelegationLink(c *fiber.Ctx) error {
	d, err := s.delegationOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	l, secret, err := s.Delegations.MakeOfficerLink(c.UserContext(), actor(c), d.ID, delegations.Officer{
		Role: accounts.OfficerRole(form.Text("role")), Holder: form.Raw("holder"), Email: form.Raw("email"), Lang: form.Text("lang"),
	}, untilEndOf(&form, event(c).Zone))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.newDelegationPage(c, d)
		if pageErr != nil {
			return pageErr
		}
		p.LinkForm = form
		return s.again(c, "delegations/show", p)
	}
	if err := s.keepMade(c, madeLink{At: d.ID, Link: l.ID, Kind: "delegation", Secret: secret}); err != nil {
		return err
	}
	return s.done(c, delegationURL(c, d.ID)+"#links")
}

// untilEndOf reads the last day on which a link works, as the instant at which it
// ends. What is no day is noted, and ends long ago.
func untilEndOf(form *Form, zone *time.Location) time.Time {
	day := form.Date("until")
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone)
}

// revokeLink ends a link of a delegation or of a firm.
func (s *Server) revokeLink(c *fiber.Ctx) error {
	id, err := pathID(c, "link")
	if err != nil {
		return err
	}
	l, err := s.Delegations.RevokeLink(c.UserContext(), actor(c), event(c).ID, id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "links.revoked", l.Holder)
	if l.FirmID != ident.Nil {
		return s.done(c, firmURL(c, l.FirmID))
	}
	return s.done(c, delegationURL(c, l.DelegationID))
}
