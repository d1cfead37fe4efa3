package web

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/locale"
)

// styleguidePage shows each component, in the language and on the ground that
// the reader asks for.
type styleguidePage struct {
	Page
	Form          Form
	Colours       []string
	Registrations []string
	Stages        []string
	People        []styleguidePerson
	Pager         Pager
	Total         decimal.Decimal
	Contracts     decimal.Decimal
}

type styleguidePerson struct {
	Latin, Chinese string
	Country        locale.Text
	Meetings       int
	State          string
	Selected       bool
}

// newStyleguide fills the page; its bar is that of a console in the middle of an
// event, whoever looks.
func newStyleguide(p Page, form Form) styleguidePage {
	p.Event = &EventHead{
		Slug: "specimen", Title: locale.Text{ZH: "市长论坛", EN: "Mayors Forum"}, Zone: p.Now.Location(),
		FirstDay: p.Now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1), LastDay: p.Now.UTC().AddDate(0, 0, 2),
	}
	p.Nav = consoleNav("/console/specimen", "/console/specimen/registrations", func(accounts.Right) bool { return true })
	return styleguidePage{
		Page: p, Form: form,
		Colours: []string{"ground", "paper", "sunk", "ink", "ink-2", "ink-3", "blue", "red", "amber", "green"},
		Registrations: []string{
			"draft", "submitted", "under_review", "returned", "on_hold", "waitlisted", "approved", "pending", "badge_issued",
			"checked_in", "departed", "no_show", "withdrawn", "cancelled", "rejected",
		},
		Stages: []string{
			"intention", "framework", "contract", "landed", "funds_arrived", "construction", "operating", "started",
			"milestone", "completed", "terminated", "reported", "verified",
		},
		People: []styleguidePerson{
			{"Maximilian-Alexander von Schwarzenfels-Hohenberg", "马克西米利安-亚历山大·冯·施瓦芩费尔斯-霍恩贝格", locale.Text{ZH: "德国", EN: "Germany"}, 8, "checked_in", false},
			{"Stelios Magkaniaris", "斯泰利奥斯·曼加尼亚里斯", locale.Text{ZH: "希腊", EN: "Greece"}, 7, "under_review", true},
			{"Octavian Țăranu", "奥克塔维安·策拉努", locale.Text{ZH: "罗马尼亚", EN: "Romania"}, 11, "approved", false},
		},
		Total: decimal.RequireFromString("217130000"), Contracts: decimal.RequireFromString("185220000"),
	}
}

func (s *Server) styleguide(c *fiber.Ctx) error {
	form := FormOf("given", "Stoimen", "birth_date", "07/11/1964", "passport", "••••0058", "native", "Стоимен Радулов", "order", "given_first")
	form.Add("birth_date", "field.date")
	return s.render(c, "styleguide/show", s.styleguidePage(c, form))
}

func (s *Server) styleguidePost(c *fiber.Ctx) error {
	form := readForm(c)
	form.Date("birth_date")
	if form.Bad() {
		return s.again(c, "styleguide/show", s.styleguidePage(c, form))
	}
	s.flash(c, "ok", "styleguide.note.ok")
	return s.done(c, "/styleguide")
}

func (s *Server) styleguidePage(c *fiber.Ctx, form Form) styleguidePage {
	p := newStyleguide(s.page(c), form)
	if theme := c.Query("theme"); theme == "light" || theme == "dark" {
		p.Theme = theme
	}
	p.Pager = pager(c, pageNumber(c), 3, 60)
	return p
}
