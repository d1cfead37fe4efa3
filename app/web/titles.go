package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Offer is a value that a field offers, and what it is in the other language.
type Offer struct{ Value, Other string }

// titleOffers are the titles of the list as the two fields of a form offer them.
type titleOffers struct{ EN, ZH []Offer }

func (s *Server) titleOffers(c *fiber.Ctx) (o titleOffers, err error) {
	list, err := s.Delegations.Titles(c.UserContext())
	zh := map[string]bool{}
	for _, t := range list {
		o.EN = append(o.EN, Offer{t.EN, t.ZH})
		if !zh[t.ZH] { // of several that are one in Chinese, the first
			o.ZH, zh[t.ZH] = append(o.ZH, Offer{t.ZH, t.EN}), true
		}
	}
	return o, err
}

// pairTitles fills in the other language of a title that was typed in one, as the
// form's script does. What stood there before in one language alone stays so.
func (s *Server) pairTitles(c *fiber.Ctx, form *Form, before delegations.Input) error {
	typed := locale.Text{ZH: form.Text("title_zh"), EN: form.Text("title_en")}
	if typed.EN == before.TitleEN && typed.EN != "" || typed.ZH == before.TitleZH && typed.ZH != "" {
		return nil
	}
	pair, err := s.Delegations.PairTitle(c.UserContext(), typed)
	if err != nil || pair.EN == "" || pair.ZH == "" {
		return err
	}
	form.values.Set("title_en", pair.EN)
	form.values.Set("title_zh", pair.ZH)
	return nil
}

// proposedAddress is how letters might address whom a form is about.
func (s *Server) proposedAddress(c *fiber.Ctx, in delegations.Input) (locale.Text, error) {
	list, err := s.Delegations.Titles(c.UserContext())
	return in.ProposedAddress(list), err
}

// titlesPage is the list of titles, and the form of one of them.
type titlesPage struct {
	Page
	Rows  []delegations.Title
	Form  Form
	Known bool // the form is of a title in the list
}

func (s *Server) titlesPage(c *fiber.Ctx, form Form) (p titlesPage, err error) {
	p = titlesPage{Page: s.page(c), Form: form, Known: form.Text("id") != ""}
	p.LangForm = "title"
	p.Rows, err = s.Delegations.Titles(c.UserContext())
	return p, err
}

// titleList is the list of titles; ?title= opens the form with one of them.
func (s *Server) titleList(c *fiber.Ctx) error {
	p, err := s.titlesPage(c, Form{})
	if err != nil {
		return err
	}
	for _, t := range p.Rows {
		if t.ID.String() == c.Query("title") && p.MayEverywhere(accounts.EditDelegation) {
			p.Known = true
			p.Form = FormOf("id", t.ID.String(), "version", strconv.Itoa(t.Version), "en", t.EN, "zh", t.ZH)
			if t.Addresses {
				p.Form.values.Set("addresses", "yes")
			}
		}
	}
	return s.render(c, "titles/list", p)
}

func (s *Server) saveTitle(c *fiber.Ctx) error {
	form := readForm(c)
	if form.Translates() {
		p, err := s.titlesPage(c, form)
		if err != nil {
			return err
		}
		return s.render(c, "titles/list", p)
	}
	in := delegations.Title{EN: form.Raw("en"), ZH: form.Raw("zh"), Addresses: form.Ticked("addresses")}
	if form.Text("id") != "" {
		var err error
		if in.ID, err = ident.Parse(form.Text("id")); err != nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		in.Version = form.Whole("version", 1, 1<<30)
	}
	saved, err := s.Delegations.SaveTitle(c.UserContext(), actor(c), in)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, err := s.titlesPage(c, form)
		if err != nil {
			return err
		}
		return s.again(c, "titles/list", p)
	}
	s.flash(c, "ok", "titles.saved", locale.Text{ZH: saved.ZH, EN: saved.EN})
	return s.done(c, "/console/"+event(c).Slug+"/titles")
}

func (s *Server) deleteTitle(c *fiber.Ctx) error {
	id, err := pathID(c, "title")
	if err != nil {
		return err
	}
	t, err := s.Delegations.DeleteTitle(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "titles.deleted", locale.Text{ZH: t.ZH, EN: t.EN})
	return s.done(c, "/console/"+event(c).Slug+"/titles")
}
