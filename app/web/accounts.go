package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// signInPage asks for the address and the password of an account.
type signInPage struct {
	Page
	Form   Form
	Return string
}

func (s *Server) signInForm(c *fiber.Ctx) error {
	to := localPath(c.Query("return"), "/console")
	if actor(c).SignedIn() {
		return s.done(c, to)
	}
	return s.render(c, "accounts/sign_in", signInPage{Page: s.page(c), Return: to})
}

func (s *Server) signIn(c *fiber.Ctx) error {
	form := readForm(c)
	to := localPath(form.Text("return"), "/console")
	a, secret, err := s.Accounts.SignIn(c.UserContext(), form.Text("email"), form.Raw("password"))
	if err != nil {
		if form.Refused(err) {
			return s.again(c, "accounts/sign_in", signInPage{Page: s.page(c), Form: form, Return: to})
		}
		return err
	}
	if _, known := locale.Parse(c.Cookies(s.cookieName("lang"))); !known && a.Lang != "" {
		s.setCookie(c, s.cookieName("lang"), a.Lang, 365*24*3600)
	}
	s.openSession(c, secret)
	return s.done(c, to)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	secret := s.closeSession(c)
	if err := s.Accounts.SignOut(c.UserContext(), secret); err != nil && fault.CodeOf(err) != fault.Unavailable {
		return err
	}
	return s.done(c, "/sign-in")
}
