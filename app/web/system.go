package web

import "github.com/gofiber/fiber/v2"

// favicon answers the address that browsers ask unasked.
func (s *Server) favicon(c *fiber.Ctx) error {
	to, err := s.assets.URL("icons/mark.svg")
	if err != nil {
		return err
	}
	return c.Redirect(to, fiber.StatusFound)
}

// robots keeps search engines to the public pages.
func (s *Server) robots(c *fiber.Ctx) error {
	return c.SendString("User-agent: *\nDisallow: /console\nDisallow: /me\nDisallow: /delegation\nDisallow: /firm\nDisallow: /door\nDisallow: /api\n")
}
