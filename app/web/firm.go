package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
)

type firmPage struct {
	Page
	linksPart
	trades
	Firm     firms.Firm
	Part     bool     // it takes part in the event
	Targets  []string // countries and regions, as the page's language names them
	Grants   []heldGrant
	Contacts []firms.Contact
	Stays    []firms.Stay
	History  []auditRow                 // the latest first
	People   []delegations.Registration // for those who may see registrations
	Meetings []ownMeetingDay            // for those who may see matchmaking
	Wishes   []matchmaking.FirmWish
	Progress matchmaking.Progress
	Projects []projects.Project // for those who may see projects
}

// mostShown is how many rows of projects and of its history the page of a firm
// shows; the ledger and the log have them all.
const mostShown = 50

// URL is the address of a project, in the console of the event it counts at.
func (firmPage) URL(p projects.Project) string { return projectURL(p) }

// Employees is how many people the firm employs; empty when that is not known.
func (p firmPage) Employees() string {
	if p.Firm.Employees == nil {
		return ""
	}
	return locale.Number(int64(*p.Firm.Employees))
}

// ContactsAt is where the contacts are edited; empty for those who may not.
func (p firmPage) ContactsAt() string {
	if !p.May(accounts.EditDelegation) || !p.Part && !p.MayEverywhere(accounts.EditDelegation) {
		return ""
	}
	return p.Console() + "/firms/" + p.Firm.ID.String() + "/contacts"
}

// Holds answers the grants that are not over.
func (p firmPage) Holds() []heldGrant {
	return slices.DeleteFunc(slices.Clone(p.Grants), func(g heldGrant) bool { return g.Now == firms.Ended })
}

func (s *Server) newFirmPage(c *fiber.Ctx) (firmPage, error) {
	ctx, by, e := c.UserContext(), actor(c), event(c)
	id, err := pathID(c, "firm")
	if err != nil {
		return firmPage{}, err
	}
	p := firmPage{Page: s.page(c), linksPart: linksPart{LinksAt: firmURL(c, id) + "/links", LinkForm: FormOf("until", lastDayOfLinks(e))}}
	if p.Firm, err = s.Firms.ByID(ctx, by, id); err != nil {
		return p, err
	}
	if p.Part, err = s.Firms.TakesPart(ctx, e.ID, id); err != nil {
		return p, err
	}
	if p.trades, err = s.trades(c); err != nil {
		return p, err
	}
	if p.Targets, err = s.countryNames(c, p.Firm.TargetCountries); err != nil {
		return p, err
	}
	grants, err := s.Firms.Grants(ctx, by, id)
	if err != nil {
		return p, err
	}
	p.Grants = heldGrants(grants, s.Now())
	if p.Contacts, err = s.Firms.Contacts(ctx, by, e.ID, id); err != nil {
		return p, err
	}
	if p.Stays, err = s.Firms.Districts(ctx, by, id); err != nil {
		return p, err
	}
	if p.History, err = s.firmHistory(c, id); err != nil {
		return p, err
	}
	if err := s.firmAtEvent(c, &p); err != nil {
		return p, err
	}
	p.Links, err = s.Delegations.FirmLinks(ctx, by, e.ID, id)
	s.showMade(c, &p.linksPart, id)
	return p, err
}

// firmAtEvent adds who and what of a firm the event knows, as far as the reader may
// see it.
func (s *Server) firmAtEvent(c *fiber.Ctx, p *firmPage) (err error) {
	ctx, by, e, id := c.UserContext(), actor(c), event(c), p.Firm.ID
	if by.May(accounts.SeeRegistrations, e.ID) {
		if p.People, err = s.Delegations.OfFirm(ctx, by, e.ID, id); err != nil {
			return err
		}
	}
	if by.May(accounts.SeeMatchmaking, e.ID) {
		if p.Progress, err = s.progress(c, e.ID, e.Zone); err != nil {
			return err
		}
		meetings, err := s.Matchmaking.OfFirm(ctx, e.ID, id)
		if err != nil {
			return err
		}
		p.Meetings = ownMeetings(delegations.Registration{FirmID: id}, meetings, s.Now())
		if p.Wishes, err = s.Matchmaking.WishesOfFirm(ctx, by, e.ID, id); err != nil {
			return err
		}
	}
	if !by.May(accounts.SeeProjects, e.ID) {
		return nil
	}
	scope := projects.Scope{Kind: projects.OfEvent, EventID: e.ID}
	if by.May(accounts.SeeProjects, ident.Nil) {
		scope.Kind = projects.OfAll
	}
	list, err := s.Projects.List(ctx, by, projects.Filter{Scope: scope, Firm: id}, projects.Paging{Limit: mostShown})
	p.Projects = list.Rows
	return err
}

// firmHistory is what was done with a firm, the latest first, in words. Whoever may
// read it reads the names of those who did it.
func (s *Server) firmHistory(c *fiber.Ctx, id ident.ID) (rows []auditRow, err error) {
	list, err := s.Firms.History(c.UserContext(), actor(c), id)
	if err != nil {
		return nil, err
	}
	reader := &auditReader{s: s, c: c, lang: lang(c), event: event(c)}
	if reader.people, err = s.Accounts.Names(c.UserContext(), accounts.SystemActor("history")); err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(list) {
		row, err := reader.row(e)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, row); len(rows) == mostShown {
			break
		}
	}
	return rows, nil
}

// countryNames names countries and regions by their codes.
func (s *Server) countryNames(c *fiber.Ctx, codes []string) (names []string, err error) {
	if len(codes) == 0 {
		return nil, nil
	}
	list, err := s.Events.Countries(c.UserContext())
	if err != nil {
		return nil, err
	}
	known := map[string]locale.Text{}
	for _, x := range list {
		known[x.Code] = x.Name
	}
	for _, code := range codes {
		name := known[code].In(lang(c))
		if name == "" {
			name = code
		}
		names = append(names, name)
	}
	return names, nil
}

func (s *Server) firm(c *fiber.Ctx) error {
	p, err := s.newFirmPage(c)
	if err != nil {
		return err
	}
	return s.render(c, "firms/show", p)
}

// makeFirmLink makes a link; the page that follows shows its address for a while.
func (s *Server) makeFirmLink(c *fiber.Ctx) error {
	id, err := pathID(c, "firm")
	if err != nil {
		return err
	}
	form := readForm(c)
	l, secret, err := s.Delegations.MakeFirmLink(c.UserContext(), actor(c), event(c).ID, id, form.Raw("holder"), untilEndOf(&form, event(c).Zone))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.newFirmPage(c)
		if pageErr != nil {
			return pageErr
		}
		p.LinkForm = form
		return s.again(c, "firms/show", p)
	}
	if err := s.keepMade(c, madeLink{At: id, Link: l.ID, Kind: "firm", Secret: secret}); err != nil {
		return err
	}
	return s.done(c, firmURL(c, id)+"#links")
}
