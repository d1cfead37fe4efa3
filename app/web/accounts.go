package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// Guessing passwords: this often from one address, and at one account from
// anywhere.
var (
	signInByAddress = Limit{Times: 20, In: 10 * time.Minute}
	signInByAccount = Limit{Times: 10, In: 10 * time.Minute, By: func(c *fiber.Ctx) string {
		sum := sha256.Sum256([]byte(strings.ToLower(readForm(c).Text("email")))) // the posted one: an address in the query is nobody's
		return hex.EncodeToString(sum[:8])
	}}
)

type signInPage struct {
	Page
	Form   Form
	Return string
	Demo   bool
}

func (s *Server) signInForm(c *fiber.Ctx) error {
	back := localPath(c.Query("return"), "/console")
	if actor(c).SignedIn() {
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	return s.render(c, "accounts/signin", signInPage{Page: s.page(c), Return: back, Demo: s.Demo})
}

func (s *Server) signIn(c *fiber.Ctx) error {
	form := readForm(c)
	back := localPath(form.Raw("return"), "/console")
	if err := s.throttle(c, "sign-in:account", signInByAccount); err != nil {
		return err
	}
	_, secret, err := s.Accounts.SignIn(c.UserContext(), form.Text("email"), form.Raw("password"))
	if err != nil {
		if form.Refused(err) {
			return s.again(c, "accounts/signin", signInPage{Page: s.page(c), Form: form, Return: back, Demo: s.Demo})
		}
		return err
	}
	s.openSession(c, secret) // a new secret at each sign-in
	return s.done(c, back)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	if secret := s.closeSession(c); secret != "" {
		if err := s.Accounts.SignOut(c.UserContext(), secret); err != nil {
			return err
		}
	}
	return s.done(c, "/sign-in")
}

type accountsPage struct {
	Page
	Form   Form
	Switch Form // why an account was not disabled or enabled
	List   []accounts.Account
	Roles  []accounts.Role
}

func (s *Server) accountsPage(c *fiber.Ctx, form Form) (accountsPage, error) {
	list, err := s.Accounts.List(c.UserContext(), actor(c))
	return accountsPage{Page: s.page(c), Form: form, List: list, Roles: accounts.Roles}, err
}

func (s *Server) accountList(c *fiber.Ctx) error {
	p, err := s.accountsPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "accounts/list", p)
}

func (s *Server) createAccount(c *fiber.Ctx) error {
	form := readForm(c)
	grant := accounts.Grant{Role: accounts.Role(form.Text("role"))}
	if form.Text("scope") != "all" {
		grant.EventID = event(c).ID
	}
	a := accounts.Account{
		Email: form.Text("email"), NameZH: form.Text("name_zh"), NameEN: form.Text("name_en"), Lang: string(lang(c)),
		Grants: []accounts.Grant{grant},
	}
	_, err := s.Accounts.Create(c.UserContext(), actor(c), a, form.Raw("password"))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, listErr := s.accountsPage(c, form)
		if listErr != nil {
			return listErr
		}
		return s.again(c, "accounts/list", p)
	}
	s.flash(c, "ok", "accounts.created", a.Email)
	return s.done(c, c.Path())
}

func (s *Server) disableAccount(c *fiber.Ctx) error {
	return s.switchAccount(c, "accounts.was_disabled", s.Accounts.Disable)
}

func (s *Server) enableAccount(c *fiber.Ctx) error {
	return s.switchAccount(c, "accounts.was_enabled", s.Accounts.Enable)
}

// switchAccount disables or enables the account that the path names, or shows the
// list again with why not.
func (s *Server) switchAccount(c *fiber.Ctx, said string, do func(context.Context, accounts.Actor, ident.ID) (accounts.Account, error)) error {
	id, err := pathID(c, "account")
	if err != nil {
		return err
	}
	a, err := do(c.UserContext(), actor(c), id)
	if err == nil {
		s.flash(c, "ok", said, a.Email)
		return s.done(c, "/console/"+event(c).Slug+"/accounts")
	}
	form := readForm(c)
	if !form.Refused(err) {
		return err
	}
	p, err := s.accountsPage(c, Form{})
	if err != nil {
		return err
	}
	p.Switch = form
	return s.again(c, "accounts/list", p)
}
