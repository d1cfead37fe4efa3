package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

const firmsPerPage = 50

// trades are the names of the sectors and districts that firms are of.
type trades struct{ sectors, districts map[string]locale.Text }

func (s *Server) trades(c *fiber.Ctx) (trades, error) {
	n := trades{map[string]locale.Text{}, map[string]locale.Text{}}
	sectors, err := s.Events.Sectors(c.UserContext())
	if err != nil {
		return n, err
	}
	for _, x := range sectors {
		n.sectors[x.Code] = x.Name
	}
	districts, err := s.Events.Districts(c.UserContext())
	for _, x := range districts {
		n.districts[x.Code] = x.Name
	}
	return n, err
}

// District names the district of a firm.
func (n trades) District(f firms.Firm) locale.Text { return n.districts[f.District] }

// Sectors names the sectors of a firm, the most important first.
func (n trades) Sectors(f firms.Firm) (list []locale.Text) {
	for _, code := range f.Sectors {
		list = append(list, n.sectors[code])
	}
	return list
}

type firmsPage struct {
	Page
	trades
	Rows   []firms.Firm
	Pager  Pager
	Total  int
	Search string
}

// firmList lists the firms that take part in an event.
func (s *Server) firmList(c *fiber.Ctx) error {
	all, err := s.Firms.OfEvent(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	p := firmsPage{Page: s.page(c), Total: len(all), Search: strings.TrimSpace(c.Query("q"))}
	if p.trades, err = s.trades(c); err != nil {
		return err
	}
	p.Rows = slices.DeleteFunc(all, func(f firms.Firm) bool { return !f.Matches(p.Search) })
	number, found := pageNumber(c), len(p.Rows)
	p.Pager = pager(c, number, firmsPerPage, found)
	from := min((number-1)*firmsPerPage, found)
	p.Rows = p.Rows[from:min(from+firmsPerPage, found)]
	return s.render(c, "firms/list", p)
}

type firmPage struct {
	Page
	linksPart
	trades
	Firm     firms.Firm
	People   []delegations.Registration
	Wishes   []matchmaking.FirmWish // for those who may see matchmaking
	Progress matchmaking.Progress
}

func firmURL(c *fiber.Ctx, id ident.ID) string {
	return "/console/" + event(c).Slug + "/firms/" + id.String()
}

func (s *Server) newFirmPage(c *fiber.Ctx) (firmPage, error) {
	ctx, by, e := c.UserContext(), actor(c), event(c)
	id, err := pathID(c, "firm")
	if err != nil {
		return firmPage{}, err
	}
	p := firmPage{Page: s.page(c), linksPart: linksPart{LinksAt: firmURL(c, id) + "/links", LinkForm: FormOf("until", lastDayOfLinks(e))}}
	if p.Firm, err = s.Firms.InEvent(ctx, e.ID, id); err != nil {
		return p, err
	}
	if p.trades, err = s.trades(c); err != nil {
		return p, err
	}
	if by.May(accounts.SeeRegistrations, e.ID) {
		if p.People, err = s.Delegations.OfFirm(ctx, by, e.ID, id); err != nil {
			return p, err
		}
	}
	if by.May(accounts.SeeMatchmaking, e.ID) {
		if p.Progress, err = s.progress(c, e.ID, e.Zone); err != nil {
			return p, err
		}
		if p.Wishes, err = s.Matchmaking.WishesOfFirm(ctx, by, e.ID, id); err != nil {
			return p, err
		}
	}
	p.Links, err = s.Delegations.FirmLinks(ctx, by, e.ID, id)
	return p, err
}

func (s *Server) firm(c *fiber.Ctx) error {
	p, err := s.newFirmPage(c)
	if err != nil {
		return err
	}
	return s.render(c, "firms/show", p)
}

// makeFirmLink makes a link and shows its address, this once. Sending the form
// again makes another.
func (s *Server) makeFirmLink(c *fiber.Ctx) error {
	id, err := pathID(c, "firm")
	if err != nil {
		return err
	}
	form := readForm(c)
	_, secret, err := s.Delegations.MakeFirmLink(c.UserContext(), actor(c), event(c).ID, id, form.Raw("holder"), untilEndOf(&form, event(c).Zone))
	refused := err != nil && form.Refused(err)
	if err != nil && !refused {
		return err
	}
	p, err := s.newFirmPage(c)
	if err != nil {
		return err
	}
	if refused {
		p.LinkForm = form
		return s.again(c, "firms/show", p)
	}
	p.Address = s.PublicURL.JoinPath("firm", secret).String()
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.render(c, "firms/show", p)
}
