package web

import (
	"bufio"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

const (
	badgesPerPage = 50
	printsShown   = 10
)

// paperLimit bounds how often one address may have a badge drawn.
var paperLimit = Limit{Times: 30, In: 10 * time.Minute}

type badgesPage struct {
	Page
	Form        Form // the filters, for their fields
	Rows        []badges.Held
	Total       int
	Pager       Pager
	Shows       []badgeShow
	Show        string
	Categories  []Choice
	Delegations []Choice
	Prints      []badges.Print
	Printable   bool // what is listed can be printed as it is listed
}

// badgeShow is one pill of the list.
type badgeShow struct {
	Name, URL string
	Count     int
}

// badgeFilter reads the filters of the list, from its address or from the form
// that prints it.
func badgeFilter(value func(name string) string) badges.Filter {
	f := badges.Filter{Search: value("q"), Show: value("show"), Category: value("category")}
	if f.Show == "" {
		f.Show = "living"
	}
	if f.Show == "all" {
		f.Show = ""
	}
	if id, err := ident.Parse(value("delegation")); err == nil {
		f.DelegationID = id
	}
	return f
}

// badgeListURL is the list with its filters.
func badgeListURL(c *fiber.Ctx, value func(name string) string, show string) string {
	query := url.Values{}
	for _, name := range []string{"q", "category", "delegation"} {
		if v := value(name); v != "" {
			query.Set(name, v)
		}
	}
	if show != "" && show != "living" {
		query.Set("show", show)
	}
	to := "/console/" + event(c).Slug + "/badges"
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return to
}

// badgeList is every badge of the event; its filters stand in the address and
// choose what is printed.
func (s *Server) badgeList(c *fiber.Ctx) error {
	ctx, by, e, number := c.UserContext(), actor(c), event(c), pageNumber(c)
	query := func(name string) string { return c.Query(name) }
	f := badgeFilter(query)
	f.Offset, f.Limit = (number-1)*badgesPerPage, badgesPerPage
	rows, total, err := s.Badges.List(ctx, by, e.ID, f)
	if err != nil {
		return err
	}
	counts, err := s.Badges.Counts(ctx, by, e.ID)
	if err != nil {
		return err
	}
	p := badgesPage{
		Page: s.page(c), Rows: rows, Total: total, Pager: pager(c, number, badgesPerPage, total), Show: c.Query("show", "living"),
		Form: FormOf("q", f.Search, "category", f.Category, "delegation", c.Query("delegation"), "layout", string(badges.FourUp)),
	}
	p.Printable = total > 0 && (p.Show == "living" || p.Show == "unprinted")
	for i := range p.Rows {
		p.Rows[i].Badge = inZone(p.Rows[i].Badge, e.Zone)
	}
	for _, show := range append(slices.Clone(badges.Shows), "all") {
		p.Shows = append(p.Shows, badgeShow{Name: show, URL: badgeListURL(c, query, show), Count: counts[show]})
	}
	if p.Prints, err = s.Badges.Prints(ctx, by, e.ID, printsShown); err != nil {
		return err
	}
	for i := range p.Prints {
		p.Prints[i].At = p.Prints[i].At.In(e.Zone)
	}
	if err := s.badgeChoices(c, &p); err != nil {
		return err
	}
	return s.render(c, "badges/list", p)
}

// badgeChoices fills the list's selects.
func (s *Server) badgeChoices(c *fiber.Ctx, p *badgesPage) error {
	ctx, by, e, l := c.UserContext(), actor(c), event(c).ID, lang(c)
	categories, err := s.Events.Categories(ctx, e)
	if err != nil {
		return err
	}
	p.Categories = []Choice{{"", s.words.T(l, "badge.any_category")}}
	for _, category := range categories {
		p.Categories = append(p.Categories, Choice{category.Code, category.Name.In(l)})
	}
	if !by.May(accounts.SeeDelegations, e) {
		return nil
	}
	list, err := s.Delegations.List(ctx, by, e)
	if err != nil {
		return err
	}
	p.Delegations = []Choice{{"", s.words.T(l, "badge.any_delegation")}}
	for _, d := range list {
		p.Delegations = append(p.Delegations, Choice{d.ID.String(), d.Code + " " + d.Name.In(l)})
	}
	return nil
}

// inZone shows a badge's times as the event's clocks do.
func inZone(b badges.Badge, zone *time.Location) badges.Badge {
	b.IssuedAt, b.ValidFrom, b.ValidTo = b.IssuedAt.In(zone), b.ValidFrom.In(zone), b.ValidTo.In(zone)
	if b.PrintedAt != nil {
		at := b.PrintedAt.In(zone)
		b.PrintedAt = &at
	}
	return b
}

// printBadges notes a run of the printer, and says on the page that it came from
// what was printed and where its paper is.
func (s *Server) printBadges(c *fiber.Ctx) error {
	form, base := readForm(c), "/console/"+event(c).Slug+"/badges"
	f, back := badgeFilter(form.Text), badgeListURL(c, form.Text, form.Text("show"))
	if id, err := ident.Parse(form.Text("badge")); err == nil { // one badge, from its own page
		f, back = badges.Filter{IDs: []ident.ID{id}}, base+"/"+id.String()
	}
	run, err := s.Badges.Print(c.UserContext(), actor(c), event(c).ID, f, badges.Layout(form.Text("layout")))
	if refused, ok := fault.Of(err); ok && refused.Code == fault.Conflict {
		s.flash(c, "fix", refused.Key, refused.Args...)
		return s.done(c, back)
	}
	if err != nil {
		return err
	}
	said, papers := "badge.printed_run", s.words.T(lang(c), "badge.papers."+string(run.Layout), run.Papers())
	if run.Drawn < len(run.Badges) {
		said = "badge.printed_run_without"
	}
	s.flashFile(c, base+"/prints/"+run.ID.String()+"/badges.pdf", "badge.prints_open", said, run.Drawn, papers, len(run.Badges)-run.Drawn)
	return s.done(c, back)
}

// printedSheet is the paper of a run.
func (s *Server) printedSheet(c *fiber.Ctx) error {
	id, err := pathID(c, "print")
	if err != nil {
		return err
	}
	sheet, layout, err := s.Badges.PrintSheet(c.UserContext(), actor(c), event(c).ID, id, s.words.T)
	if err != nil {
		return err
	}
	return s.paper(c, sheet, layout, "inline", event(c).Slug+"-badges-"+sheet.PrintedAt.Format("20060102-1504"))
}

// paper answers with a sheet as PDF, written while it is drawn.
func (s *Server) paper(c *fiber.Ctx, sheet badges.Sheet, layout badges.Layout, disposition, name string) error {
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`%s; filename="%s.pdf"`, disposition, name))
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	log := s.Log
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { // runs after all middleware
		defer func() {
			if p := recover(); p != nil {
				log.Error("badges were not all written", "err", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		if err := sheet.Write(w, layout); err != nil {
			log.Error("badges were not all written", "badges", len(sheet.Faces), "err", err)
		}
	})
	return nil
}

// One badge.

type badgePage struct {
	Page
	Form        Form
	Badge       badges.Badge
	Holder      badges.Holder
	Unprintable string   // what of the badge the printing face lacks
	Does        []string // what can be done with the badge now, by whoever reads
	Do          string   // of those, which is asked to be confirmed
}

// badgeDeeds are the changes of a badge: who may make them, and from which
// states they begin.
var badgeDeeds = []struct {
	name  string
	right accounts.Right
	from  []badges.State
}{
	{"suspend", accounts.RevokeBadge, []badges.State{badges.Active}},
	{"release", accounts.RevokeBadge, []badges.State{badges.Suspended}},
	{"reissue", accounts.IssueBadge, []badges.State{badges.Produced, badges.Active, badges.Suspended}},
	{"revoke", accounts.RevokeBadge, []badges.State{badges.Produced, badges.Active, badges.Suspended}},
}

// badgeOf finds the badge that the address names, in the event that it names.
func (s *Server) badgeOf(c *fiber.Ctx) (badges.Badge, error) {
	id, err := pathID(c, "badge")
	if err != nil {
		return badges.Badge{}, err
	}
	b, err := s.Badges.ByID(c.UserContext(), actor(c), id)
	if err == nil && b.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return b, err
}

func (s *Server) newBadgePage(c *fiber.Ctx, b badges.Badge, form Form, do string) (badgePage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := badgePage{Page: s.page(c), Form: form, Badge: inZone(b, event(c).Zone)}
	var err error
	if p.Holder, err = s.Badges.HolderOf(ctx, by, b); err != nil {
		return p, err
	}
	for _, deed := range badgeDeeds {
		if by.May(deed.right, b.EventID) && slices.Contains(deed.from, b.State) {
			p.Does = append(p.Does, deed.name)
		}
	}
	if slices.Contains(p.Does, do) {
		p.Do = do
	}
	if p.Unprintable, err = s.Badges.Unprintable(ctx, by, b); err != nil {
		return p, err
	}
	return p, nil
}

func (s *Server) badge(c *fiber.Ctx) error {
	b, err := s.badgeOf(c)
	if err != nil {
		return err
	}
	p, err := s.newBadgePage(c, b, Form{}, c.Query("do"))
	if err != nil {
		return err
	}
	return s.render(c, "badges/show", p)
}

// badgePDF is one badge on A6, to be looked at; printing is a form, which notes
// the run.
func (s *Server) badgePDF(c *fiber.Ctx) error {
	b, err := s.badgeOf(c)
	if err != nil {
		return err
	}
	sheet, err := s.Badges.Sheet(c.UserContext(), actor(c), b.EventID, badges.Filter{IDs: []ident.ID{b.ID}}, s.words.T)
	if err != nil {
		return err
	}
	return s.paper(c, sheet, badges.A6, "inline", b.Serial)
}

// changeBadge makes the handler of one deed.
func (s *Server) changeBadge(deed string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		b, err := s.badgeOf(c)
		if err != nil {
			return err
		}
		form, ctx, by := readForm(c), c.UserContext(), actor(c)
		after := b
		switch deed {
		case "revoke":
			after, err = s.Badges.Revoke(ctx, by, b.ID, form.Raw("reason"))
		case "suspend":
			after, err = s.Badges.Suspend(ctx, by, b.ID, form.Raw("reason"))
		case "release":
			after, err = s.Badges.Release(ctx, by, b.ID)
		case "reissue":
			after, err = s.Badges.Reissue(ctx, by, b.ID, form.Raw("reason"))
		}
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			p, pageErr := s.newBadgePage(c, b, form, deed)
			if pageErr != nil {
				return pageErr
			}
			return s.again(c, "badges/show", p)
		}
		s.flash(c, "ok", "badge.done."+deed, after.Serial)
		return s.done(c, "/console/"+event(c).Slug+"/badges/"+after.ID.String())
	}
}

// The back of all badges.

type badgeBackPage struct {
	Page
	Form Form
}

func (s *Server) badgeBack(c *fiber.Ctx) error {
	b, err := s.Badges.Back(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return err
	}
	form := FormOf("emergency", b.Emergency, "finder_zh", b.Finder.ZH, "finder_en", b.Finder.EN)
	return s.render(c, "badges/back", badgeBackPage{Page: s.page(c), Form: form})
}

func (s *Server) saveBadgeBack(c *fiber.Ctx) error {
	form := readForm(c)
	_, err := s.Badges.SaveBack(c.UserContext(), actor(c), badges.Back{
		EventID: event(c).ID, Emergency: form.Raw("emergency"), Finder: locale.Text{ZH: form.Raw("finder_zh"), EN: form.Raw("finder_en")},
	})
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		return s.again(c, "badges/back", badgeBackPage{Page: s.page(c), Form: form})
	}
	s.flash(c, "ok", "badge.back_saved")
	return s.done(c, "/console/"+event(c).Slug+"/badges")
}

// myBadgePDF is a registrant's own badge on paper. The link is the right to it.
func (s *Server) myBadgePDF(c *fiber.Ctx) error {
	r, err := s.Delegations.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	sheet, err := s.Badges.HolderSheet(c.UserContext(), r.ID, s.words.T)
	if err != nil {
		return err
	}
	return s.paper(c, sheet, badges.A6, "attachment", sheet.Faces[0].Serial)
}

// myBadgePNG is a registrant's QR code as a picture to keep on the phone.
func (s *Server) myBadgePNG(c *fiber.Ctx) error {
	r, err := s.Delegations.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	b, err := s.Badges.LivingOf(c.UserContext(), r.ID)
	if err != nil {
		return err
	}
	if b.State != badges.Active {
		return fault.New(fault.NotFound, "error.not_found")
	}
	picture, err := badges.QRPNG(b.Token)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s.png"`, b.Serial))
	return c.Send(picture)
}
