package web

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
	"qianshou/app/mail"
)

const mailsPerPage = 50

type mailsPage struct {
	Page
	Rows      []mail.Mail
	Total     int
	Pager     Pager
	Kept      bool // no mail leaves: there is no server
	Fate      string
	Fates     []string // that the list can be narrowed to
	Counts    map[string]int
	Template  string
	Templates []Choice
	Called    map[string]string // templates
	Search    string
}

func (s *Server) mails(c *fiber.Ctx) error {
	ctx, by, e, number := c.UserContext(), actor(c), event(c).ID, pageNumber(c)
	p := mailsPage{Page: s.page(c), Fate: c.Query("fate"), Template: c.Query("template"), Search: text.Clean(c.Query("q")), Kept: s.Mail.SMTPURL == ""}
	f := mail.Filter{Fate: p.Fate, Template: p.Template, Search: p.Search, Offset: (number - 1) * mailsPerPage, Limit: mailsPerPage}
	f.RegistrationID, _ = ident.Parse(c.Query("registration"))
	var err error
	if f.Found, err = s.meant(c, p.Search); err != nil {
		return err
	}
	if p.Rows, p.Total, err = s.Mail.List(ctx, by, e, f); err != nil {
		return err
	}
	if p.Counts, err = s.Mail.Counts(ctx, by, e); err != nil {
		return err
	}
	used, err := s.Mail.TemplatesUsed(ctx, by, e)
	if err != nil {
		return err
	}
	p.Called = map[string]string{}
	for _, template := range used {
		p.Called[template] = s.templateName(c, template)
		p.Templates = append(p.Templates, newChoice(template, p.Called[template]))
	}
	for _, fate := range append([]string{"trouble"}, mail.Statuses...) {
		if p.Counts[fate] > 0 || fate == p.Fate {
			p.Fates = append(p.Fates, fate)
		}
	}
	p.Pager = pager(c, number, mailsPerPage, p.Total)
	return s.render(c, "mails/list", p)
}

// meant are the registrations that a search for mails means: by a name in any script
// or by the number, which the mail itself does not say.
func (s *Server) meant(c *fiber.Ctx, search string) (ids []ident.ID, err error) {
	if search == "" {
		return nil, nil
	}
	page, err := s.Delegations.Registrations(c.UserContext(), actor(c), event(c).ID, delegations.Filter{Search: search, Limit: 200})
	if fault.CodeOf(err) == fault.Forbidden {
		return nil, nil
	}
	for _, r := range page.Rows {
		ids = append(ids, r.ID)
	}
	return ids, err
}

// templateName is what a template is called in lists.
func (s *Server) templateName(c *fiber.Ctx, template string) string {
	for _, key := range []string{"mail.template." + template, "mail.kind." + strings.TrimPrefix(template, "registration.")} {
		if s.words.Has(lang(c), key) {
			return s.words.T(lang(c), key)
		}
	}
	return template
}

type mailPage struct {
	Page
	Form     Form // of the copy to another address
	Mail     mail.Mail
	Called   string // the template
	Letter   string // the text, as far as the reader may see it
	Attempts []mail.Attempt
	Copies   []mail.Mail
	CanSend  bool // once more
	CanCopy  bool // to another address
}

func (s *Server) mailPage(c *fiber.Ctx, form Form) (mailPage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := mailPage{Page: s.page(c), Form: form}
	m, err := s.shownMail(c)
	if err != nil {
		return p, err
	}
	p.Mail, p.Letter, p.Called = m, m.Text, s.templateName(c, m.Template)
	if p.Attempts, err = s.Mail.Attempts(ctx, by, m.ID); err != nil {
		return p, err
	}
	if p.Copies, err = s.Mail.Copies(ctx, by, m.ID); err != nil {
		return p, err
	}
	may := by.May(accounts.SendMails, m.EventID) && s.Mail.SMTPURL != "" && !m.Purged
	p.CanSend, p.CanCopy = may && m.To != "" && m.Status != mail.Queued, may
	return p, nil
}

// shownMail finds the mail that the address names, as far as the reader may see
// it. Whoever has a link of it acts as the guest: such are shown to those alone
// who may act for guests anyway, where a letter has to be handed on.
func (s *Server) shownMail(c *fiber.Ctx) (mail.Mail, error) {
	id, err := pathID(c, "mail")
	if err != nil {
		return mail.Mail{}, err
	}
	m, err := s.Mail.ByID(c.UserContext(), actor(c), id)
	if err != nil {
		return mail.Mail{}, err
	}
	if !actor(c).May(accounts.EditRegistration, event(c).ID) {
		m.Text = guestLink.ReplaceAllString(m.Text, "$1…")
		m.HTML = guestLink.ReplaceAllString(m.HTML, "$1…")
	}
	return m, nil
}

func (s *Server) mailShown(c *fiber.Ctx) error {
	p, err := s.mailPage(c, Form{})
	if err != nil {
		return err
	}
	frames(c)
	return s.render(c, "mails/show", p)
}

// guestLink finds the secrets of guests' links in a letter.
var guestLink = regexp.MustCompile(`(/(?:me|delegation|firm)/)[A-Za-z0-9_-]{16,}`)

// letterShown is a mail as a mail program shows it, for the frame of its page.
func (s *Server) letterShown(c *fiber.Ctx) error {
	m, err := s.shownMail(c)
	if err != nil {
		return err
	}
	return frame(c, m.Framed(actor(c).May(accounts.EditRegistration, event(c).ID)))
}

// frames lets a page show documents of this site in frames.
func frames(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, c.GetRespHeader(fiber.HeaderContentSecurityPolicy)+"; frame-src 'self'")
}

// inFrame is the policy of a letter: it may be framed by our pages and brings its
// own styles and pictures; no script, no form and no link of it works.
const inFrame = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"

// frame answers a letter as a document of its own.
func frame(c *fiber.Ctx, html string) error {
	c.Set(fiber.HeaderContentSecurityPolicy, inFrame)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.SendString(html)
}

// framedText is frame for what is no HTML.
func framedText(c *fiber.Ctx, text string) error {
	c.Set(fiber.HeaderContentSecurityPolicy, inFrame)
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.SendString(text)
}

func mailURL(c *fiber.Ctx, id ident.ID) string {
	return "/console/" + event(c).Slug + "/mails/" + id.String()
}

func (s *Server) resendMail(c *fiber.Ctx) error {
	id, err := pathID(c, "mail")
	if err != nil {
		return err
	}
	if err := s.Mail.Resend(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	s.flash(c, "ok", "mail.resent")
	return s.done(c, mailURL(c, id))
}

// copyMail sends a mail to another address too.
func (s *Server) copyMail(c *fiber.Ctx) error {
	id, err := pathID(c, "mail")
	if err != nil {
		return err
	}
	form := readForm(c)
	copied, err := s.Mail.ResendTo(c.UserContext(), actor(c), id, form.Text("email"))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.mailPage(c, form)
		if pageErr != nil {
			return pageErr
		}
		frames(c)
		return s.again(c, "mails/show", p)
	}
	s.flash(c, "ok", "mail.copied")
	return s.done(c, mailURL(c, copied))
}

// Troubled tells whether somebody has to see to the mail.
func (p mailPage) Troubled() bool { return slices.Contains(mail.Trouble, p.Mail.Status) }

// HasRegistration tells whether the mail is about somebody's registration.
func (p mailPage) HasRegistration() bool { return p.Mail.RegistrationID != ident.Nil }

// IsCopy tells whether the mail went to another address first.
func (p mailPage) IsCopy() bool { return p.Mail.CopyOf != ident.Nil }
