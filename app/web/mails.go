package web

import (
	"regexp"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/mail"
)

const mailsPerPage = 50

type mailsPage struct {
	Page
	Rows  []mail.Mail
	Total int
	Pager Pager
	Kept  bool // no mail leaves: there is no server
}

func (s *Server) mails(c *fiber.Ctx) error {
	number := pageNumber(c)
	list, total, err := s.Mail.List(c.UserContext(), actor(c), event(c).ID, mail.Filter{Offset: (number - 1) * mailsPerPage, Limit: mailsPerPage})
	if err != nil {
		return err
	}
	for i := range list {
		list[i].CreatedAt = list[i].CreatedAt.In(event(c).Zone)
	}
	return s.render(c, "mails/list", mailsPage{Page: s.page(c), Rows: list, Total: total, Pager: pager(c, number, mailsPerPage, total), Kept: s.Mail.SMTPURL == ""})
}

type mailPage struct {
	Page
	Mail   mail.Mail
	Letter string // the text, as far as the reader may see it
}

func (s *Server) mailShown(c *fiber.Ctx) error {
	id, err := pathID(c, "mail")
	if err != nil {
		return err
	}
	m, err := s.Mail.ByID(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	m.CreatedAt = m.CreatedAt.In(event(c).Zone)
	p := mailPage{Page: s.page(c), Mail: m, Letter: m.Text}
	// Whoever has the link acts as the guest: it is shown to those alone who may act
	// for guests anyway, where a letter has to be handed on.
	if !actor(c).May(accounts.EditRegistration, event(c).ID) {
		p.Letter = guestLink.ReplaceAllString(p.Letter, "$1…")
	}
	return s.render(c, "mails/show", p)
}

// guestLink finds the secrets of guests' links in a letter.
var guestLink = regexp.MustCompile(`(/(?:me|delegation|firm)/)[A-Za-z0-9_-]{16,}`)

func (s *Server) resendMail(c *fiber.Ctx) error {
	id, err := pathID(c, "mail")
	if err != nil {
		return err
	}
	if err := s.Mail.Resend(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	s.flash(c, "ok", "mail.resent")
	return s.done(c, "/console/"+event(c).Slug+"/mails/"+id.String())
}
