package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/doors"
	"qianshou/app/kit/fault"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
)

// overviewPage holds what the reader may see; what they may not is nil.
type overviewPage struct {
	Page
	Counts      map[string]int // as deskCounts
	Delegations int
	Open        []openThing // that waits for whoever looks
	OnNow, Next []agenda.Item
	Zones       []doors.ZoneCount
	Plan        *matchmaking.Plan
	Projects    *projects.List
}

// openThing is something that waits for somebody.
type openThing struct {
	Key string // of its sentence
	N   int
	URL string
}

// waits notes what waits, if something does.
func (p *overviewPage) waits(key string, n int, url string) {
	if n > 0 {
		p.Open = append(p.Open, openThing{key, n, p.Console() + url})
	}
}

// overviewOpen collects what waits for whoever looks, by what they may do.
func (s *Server) overviewOpen(c *fiber.Ctx, p *overviewPage) error {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	if by.May(accounts.DecideRegistration, e) {
		open, err := s.Delegations.ToDecide(ctx, by, e)
		if err != nil {
			return err
		}
		replacements := "/substitutions/" + open.Replacement.String()
		if open.Replacements > 1 {
			replacements = "/registrations?status=pending"
		}
		p.waits("overview.open.replacements", open.Replacements, replacements)
		p.waits("overview.open.changes", open.Changes, "/registrations?status=pending")
		p.waits("overview.open.duplicates", open.Duplicates, "/registrations?dup=1&status=all")
	}
	if by.May(accounts.EditDelegation, e) {
		list, err := s.Delegations.Standings(ctx, by, e)
		if err != nil {
			return err
		}
		late := 0
		for _, x := range list {
			if len(x.Late) > 0 {
				late++
			}
		}
		p.waits("overview.open.late", late, "/delegations/deadlines?show=late")
	}
	if by.May(accounts.EditMatchmaking, e) || by.May(accounts.DecideRegistration, e) && by.May(accounts.SeeMatchmaking, e) {
		deserted, err := s.Matchmaking.Deserted(ctx, by, e)
		if err != nil {
			return err
		}
		p.waits("overview.open.interpreters", len(deserted), "/matchmaking")
	}
	if by.May(accounts.EditPrivacy, e) {
		requests, err := s.Privacy.Requests(ctx, by, e)
		if err != nil {
			return err
		}
		open := 0
		for _, r := range requests {
			if r.State == "open" {
				open++
			}
		}
		p.waits("overview.open.requests", open, "/privacy")
	}
	if by.May(accounts.SeeMails, e) {
		mails, err := s.Mail.Counts(ctx, by, e)
		if err != nil {
			return err
		}
		p.waits("overview.open.letters", mails["trouble"], "/mails?fate=trouble")
	}
	return nil
}

// overview is where an organizer's day begins: what waits, what is on, who is
// inside, and what has come of it.
func (s *Server) overview(c *fiber.Ctx) error {
	p := overviewPage{Page: s.page(c)}
	for _, part := range []func(*fiber.Ctx, *overviewPage) error{s.overviewGuests, s.overviewOpen, s.overviewDay, s.overviewResults} {
		if err := part(c, &p); err != nil {
			return err
		}
	}
	return s.render(c, "console/overview", p)
}

func (s *Server) overviewGuests(c *fiber.Ctx, p *overviewPage) error {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	counts, err := s.Delegations.Counts(ctx, by, e)
	if err != nil {
		return err
	}
	p.Counts = deskCounts(counts)
	if by.May(accounts.SeeDelegations, e) {
		list, err := s.Delegations.List(ctx, by, e)
		if err != nil {
			return err
		}
		p.Delegations = len(list)
	}
	return nil
}

func (s *Server) overviewDay(c *fiber.Ctx, p *overviewPage) error {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	live, err := s.Agenda.Live(ctx, e)
	if err != nil {
		return err
	}
	p.OnNow, p.Next = live.NowNext(p.Now, 3)
	if by.May(accounts.SeeDoors, e) {
		if p.Zones, err = s.Doors.Counts(ctx, by, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) overviewResults(c *fiber.Ctx, p *overviewPage) error {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	if by.May(accounts.SeeMatchmaking, e) {
		plan, err := s.Matchmaking.Published(ctx, by, e)
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
		if err == nil {
			p.Plan = &plan
		}
	}
	if by.May(accounts.SeeProjects, e) {
		list, err := s.Projects.List(ctx, by, projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent, EventID: e}}, projects.Paging{Limit: 1})
		if err != nil {
			return err
		}
		p.Projects = &list
	}
	return nil
}
