package web

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// linkLimit bounds how often one address may ask for links.
var linkLimit = Limit{Times: 10, In: 10 * time.Minute, Name: "link", Guests: true}

type renewPage struct {
	Page
	Form Form
}

// renewLinkForm is where people who lost the link to their own page ask for a new
// one.
func (s *Server) renewLinkForm(c *fiber.Ctx) error {
	p := renewPage{Page: s.page(c)}
	p.LangForm = "renew"
	return s.render(c, "public/link", p)
}

// renewLink answers the same whether anybody is registered under an address or not.
func (s *Server) renewLink(c *fiber.Ctx) error {
	form := readForm(c)
	p := renewPage{Page: s.page(c), Form: form}
	p.LangForm = "renew"
	if form.Translates() {
		return s.render(c, "public/link", p)
	}
	if err := s.Renewals.Ask(c.UserContext(), event(c).ID, form.Raw("email")); err != nil {
		if !p.Form.Refused(err) {
			return err
		}
		return s.again(c, "public/link", p)
	}
	s.flash(c, "ok", "link.sent")
	return s.done(c, "/e/"+event(c).Slug+"/link")
}
