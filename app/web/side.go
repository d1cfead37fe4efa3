package web

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// side is from where somebody works on a delegation: an officer on its own page, or
// the office in the console. Both use the same forms.
type side struct {
	Page
	Delegation delegations.Delegation
	Base       string // address of the delegation's page on this side
	by         accounts.Actor
	views      string // what the names of this side's views end with
	zone       *time.Location
}

// sideOf finds the side that a request comes from.
type sideOf func(c *fiber.Ctx) (side, error)

// officerSide is the delegation's own page, which the link of the address opens.
func (s *Server) officerSide(c *fiber.Ctx) (side, error) {
	d, l, err := s.Delegations.DelegationByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return side{}, err
	}
	base := "/delegation/" + c.Params("token")
	p, err := s.linkPage(c, base, l)
	return side{Page: p.Page, Delegation: d, Base: base, by: l.Actor(), zone: zoneOf(p.Page)}, err
}

// deskSide is the delegation's page in the console.
func (s *Server) deskSide(c *fiber.Ctx) (side, error) {
	d, err := s.delegationOf(c)
	if err != nil {
		return side{}, err
	}
	return side{Page: s.page(c), Delegation: d, Base: delegationURL(c, d.ID), by: actor(c), views: "-desk", zone: event(c).Zone}, nil
}

// Whole is the address of the form that says everything of a member at once; empty in
// the console, where nobody needs it.
func (v side) Whole() string {
	if v.views != "" {
		return ""
	}
	return v.Base + "/members/new"
}

// zoneOf is the zone of the page's event.
func zoneOf(p Page) *time.Location {
	if p.Event == nil {
		return time.UTC
	}
	return p.Event.Zone
}

// mayFor tells whether whoever works on this side does a duty about members of a
// role; in the console the right stands for it.
func (v side) mayFor(d accounts.Duty, right accounts.Right, role string) bool {
	return v.by.May(right, v.Delegation.EventID) || v.by.MayFor(d, v.Delegation.EventID, v.Delegation.ID, role)
}

// roles are the roles of members whom this side nominates.
func (v side) roles(t func(key string, args ...any) string) (list []Choice) {
	for _, role := range delegations.MemberRoles {
		if v.mayFor(accounts.Nominate, accounts.EditRegistration, role) {
			list = append(list, Choice{role, t("delegations.role." + role)})
		}
	}
	return list
}

// stepView is one step until accreditation, with its deadline.
type stepView struct {
	Step string
	Due  *time.Time // on the event's clock; nil: none
	Days int        // left; negative: since
	Open int
	Past bool
	Late bool // past, with something open
}

// legView is a journey with the names of who travels.
type legView struct {
	delegations.Leg
	Who []locale.Name // empty: the whole delegation
}

// delegationParts are what the page of a delegation shows on either side.
type delegationParts struct {
	Base       string // address below which its forms post
	Steps      []stepView
	Standing   delegations.Standing
	Places     []delegations.ClassPlaces // of the classes that are bound
	Lacks      map[ident.ID][]string     // what drafts lack
	Hosts      map[ident.ID]locale.Name  // whom companions come with
	Legs       []legView
	Needs      *delegations.Needs
	Ready      int  // drafts that could be confirmed now
	Nominates  bool // may name members
	Completes  map[ident.ID]bool
	Cares      bool // looks after needs
	Arranges   bool // may order members
	Travels    bool // may edit journeys
	Stays      bool // may edit the stay
	SeesAll    bool // places, stay, journeys, needs
	ConsentFix bool // asked to confirm without saying that the persons agreed
}

// Journeys tells whether the section of journeys has something to show or to do.
func (p delegationParts) Journeys() bool { return p.SeesAll || len(p.Legs) > 0 }

// parts reads what the page of a delegation shows.
func (s *Server) parts(c *fiber.Ctx, v side, members []delegations.Registration) (p delegationParts, err error) {
	ctx, d := c.UserContext(), v.Delegation
	p = delegationParts{
		Base: v.Base, Lacks: map[ident.ID][]string{}, Hosts: map[ident.ID]locale.Name{}, Completes: map[ident.ID]bool{},
		Nominates: d.Coming() && len(v.roles(func(key string, _ ...any) string { return key })) > 0,
		Cares:     v.by.MayFor(accounts.EditNeeds, d.EventID, d.ID, ""),
		Arranges:  v.mayFor(accounts.Arrange, accounts.EditDelegation, ""),
		Travels:   v.mayFor(accounts.EditTravel, accounts.EditDelegation, ""),
		Stays:     v.mayFor(accounts.EditStay, accounts.EditDelegation, ""),
		SeesAll:   v.mayFor(accounts.SeeDelegation, accounts.SeeDelegations, ""),
	}
	if p.Standing, err = s.Delegations.Standing(ctx, v.by, d); err != nil {
		return p, err
	}
	deadlines, err := s.Delegations.Deadlines(ctx, v.by, d.EventID)
	if err != nil {
		return p, err
	}
	p.Steps = stepViews(deadlines, p.Standing, s.Now(), v.zone)
	drafts, err := s.Delegations.Drafts(ctx, v.by, d)
	if err != nil {
		return p, err
	}
	for _, draft := range drafts {
		p.Lacks[draft.ID] = draft.Lacks
		p.Completes[draft.ID] = v.mayFor(accounts.Complete, accounts.EditRegistration, draft.Role)
		if len(draft.Lacks) == 0 && v.mayFor(accounts.Confirm, accounts.EditRegistration, draft.Role) {
			p.Ready++
		}
	}
	for _, r := range members {
		if i := slices.IndexFunc(members, func(host delegations.Registration) bool {
			return r.CompanionOf != ident.Nil && host.ID == r.CompanionOf
		}); i >= 0 {
			p.Hosts[r.ID] = members[i].Called()
		}
	}
	if err := s.placesPart(c, v, &p); err != nil || !p.SeesAll {
		return p, err
	}
	return p, s.stayParts(c, v, members, &p)
}

// placesPart adds the places of the classes that are bound and that this side is
// about.
func (s *Server) placesPart(c *fiber.Ctx, v side, p *delegationParts) error {
	places, err := s.Delegations.ClassPlaces(c.UserContext(), v.by, v.Delegation)
	for _, class := range places {
		if class.Quota != nil && v.mayFor(accounts.SeeMember, accounts.SeeDelegations, class.Class) {
			p.Places = append(p.Places, class)
		}
	}
	return err
}

// stayParts adds journeys and needs.
func (s *Server) stayParts(c *fiber.Ctx, v side, members []delegations.Registration, p *delegationParts) error {
	legs, err := s.Delegations.Legs(c.UserContext(), v.by, v.Delegation)
	if err != nil {
		return err
	}
	for _, leg := range legs {
		view := legView{Leg: leg}
		for _, id := range leg.People {
			if i := slices.IndexFunc(members, func(r delegations.Registration) bool { return r.ID == id }); i >= 0 {
				view.Who = append(view.Who, members[i].Called())
			}
		}
		p.Legs = append(p.Legs, view)
	}
	needs, err := s.Delegations.NeedsOf(c.UserContext(), v.by, v.Delegation)
	p.Needs = &needs
	return err
}

// stepViews puts the steps of a delegation beside their deadlines.
func stepViews(deadlines []delegations.Deadline, x delegations.Standing, now time.Time, zone *time.Location) (list []stepView) {
	for _, step := range delegations.Steps {
		view := stepView{Step: step, Open: x.Open(step), Late: x.IsLate(step)}
		if i := slices.IndexFunc(deadlines, func(d delegations.Deadline) bool { return d.Step == step }); i >= 0 {
			due := deadlines[i].DueAt.In(zone)
			view.Due, view.Days, view.Past = &due, deadlines[i].DaysLeft(now, zone), deadlines[i].Past(now)
		}
		list = append(list, view)
	}
	return list
}

// draftPart is what can be done with a draft.
type draftPart struct {
	Page         Page
	Base         string
	Registration delegations.Registration
}

func newDraft(p Page, base string, r delegations.Registration) draftPart {
	return draftPart{p, base, r}
}
