package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
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

// Place names a district.
func (n trades) Place(code string) locale.Text { return n.districts[code] }

// Sectors names the sectors of a firm, the most important first.
func (n trades) Sectors(f firms.Firm) (list []locale.Text) {
	for _, code := range f.Sectors {
		list = append(list, n.sectors[code])
	}
	return list
}

// heldGrant is a grant as it stands today.
type heldGrant struct {
	firms.Grant
	Now  firms.State
	Soon bool // must be reviewed within thirty days
}

// Until is the first day without a grant whose end is known.
func (g heldGrant) Until() time.Time { return *g.RevokedOn }

func heldGrants(list []firms.Grant, now time.Time) (held []heldGrant) {
	today := firms.Day(now)
	for _, g := range list {
		held = append(held, heldGrant{g, g.State(today), g.Soon(today)})
	}
	return held
}

type firmsPage struct {
	Page
	trades
	Rows                []listedFirm
	Pager               Pager
	Total, Due, Soon    int
	Filter              firms.Filter
	Register            bool // every firm, not the event's alone
	Sort                string
	InSectors, InPlaces []Choice
	Heads               map[string]string // what a column head leads to
	Table               string            // address of the list as CSV
	Any                 bool              // a filter is on
}

type listedFirm struct {
	firms.Firm
	Grants []heldGrant
}

// Kinds and Direction are for the view.
func (firmsPage) Kinds() []string { return firms.GrantKinds }

// Direction is the aria-sort of a column.
func (p firmsPage) Direction(column string) string {
	switch p.Sort {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

// To is the address of the list with one part of it changed.
func (p firmsPage) To(name, value string) string {
	q := p.query()
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	return "?" + q.Encode()
}

func (p firmsPage) query() url.Values {
	q := url.Values{}
	scope := ""
	if p.Register {
		scope = "register"
	}
	sort := p.Sort
	if sort == firms.Sorts[0] {
		sort = ""
	}
	for name, value := range map[string]string{
		"q": p.Filter.Search, "sector": p.Filter.Sector, "district": p.Filter.District, "grant": p.Filter.Grant, "review": p.Filter.Review, "scope": scope, "sort": sort,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// firmFilter reads which firms are asked for from the address. What means nothing
// asks for nothing, so that an address made long ago still opens.
func firmFilter(c *fiber.Ctx) (f firms.Filter, register bool, sort string) {
	one := func(name string, of ...string) string {
		if value := c.Query(name); slices.Contains(of, value) {
			return strings.Clone(value)
		}
		return ""
	}
	f = firms.Filter{
		Event: event(c).ID, Search: strings.TrimSpace(strings.Clone(c.Query("q"))), Sector: strings.Clone(c.Query("sector")), District: strings.Clone(c.Query("district")),
		Grant: one("grant", append([]string{firms.NoGrant}, firms.GrantKinds...)...), Review: one("review", firms.ReviewDue, firms.ReviewSoon),
	}
	if register = c.Query("scope") == "register"; register {
		f.Event = ident.Nil
	}
	if sort = one("sort", firms.Sorts...); sort == "" {
		sort = firms.Sorts[0]
	}
	return f, register, sort
}

// firmList lists the firms of an event, or of the register; filters and order stand
// in the address.
func (s *Server) firmList(c *fiber.Ctx) error {
	f, register, sort := firmFilter(c)
	number := pageNumber(c)
	found, err := s.Firms.Find(c.UserContext(), actor(c), f, firms.Paging{Sort: sort, Lang: string(lang(c)), Offset: (number - 1) * firmsPerPage, Limit: firmsPerPage})
	if err != nil {
		return err
	}
	p := firmsPage{
		Page: s.page(c), Total: found.Total, Due: found.Due, Soon: found.Soon, Filter: f, Register: register, Sort: sort,
		Pager: pager(c, number, firmsPerPage, found.Total), Heads: map[string]string{},
	}
	p.Any = f != firms.Filter{Event: f.Event}
	for _, row := range found.Rows {
		p.Rows = append(p.Rows, listedFirm{row.Firm, heldGrants(row.Grants, s.Now())})
	}
	for _, column := range []string{"code", "name", "district", "review"} {
		next := column
		if sort == column {
			next = "-" + column
		}
		p.Heads[column] = p.To("sort", next)
	}
	p.Table = p.Console() + "/firms.csv?" + p.query().Encode()
	if p.InSectors, p.InPlaces, err = s.tradeChoices(c); err != nil {
		return err
	}
	if p.trades, err = s.trades(c); err != nil {
		return err
	}
	return s.render(c, "firms/list", p)
}

// tradeChoices are the sectors and districts as selects offer them.
func (s *Server) tradeChoices(c *fiber.Ctx) (sectors, districts []Choice, err error) {
	inSectors, err := s.Events.Sectors(c.UserContext())
	if err != nil {
		return nil, nil, err
	}
	inPlaces, err := s.Events.Districts(c.UserContext())
	return codedChoices(inSectors, lang(c)), codedChoices(inPlaces, lang(c)), err
}

// joinFirm has a firm of the register take part in the event.
func (s *Server) joinFirm(c *fiber.Ctx) error {
	id, err := pathID(c, "firm")
	if err != nil {
		return err
	}
	f, err := s.Firms.ByID(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	if err := s.Firms.Join(c.UserContext(), actor(c), event(c).ID, id, ident.Nil); err != nil {
		return err
	}
	s.flash(c, "ok", "firms.joined", f.Name)
	return s.done(c, firmURL(c, id))
}

func firmURL(c *fiber.Ctx, id ident.ID) string {
	return "/console/" + event(c).Slug + "/firms/" + id.String()
}
