package web

import "github.com/gofiber/fiber/v2"

// styleguidePage shows each component.
type styleguidePage struct {
	Page
	Form Form
}

func (s *Server) styleguide(c *fiber.Ctx) error {
	return s.render(c, "styleguide/show", styleguidePage{Page: s.page(c)})
}

func (s *Server) styleguidePost(c *fiber.Ctx) error {
	form := readForm(c)
	form.Add("birth_date", "field.date")
	return s.again(c, "styleguide/show", styleguidePage{Page: s.page(c), Form: form})
}
