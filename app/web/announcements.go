package web

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/announcements"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

type announcementsPage struct {
	Page
	Rows []announcements.Announcement
}

// announcements lists what the office wrote to many at once.
func (s *Server) announcements(c *fiber.Ctx) error {
	list, err := s.Announcements.List(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return err
	}
	return s.render(c, "mails/announcements", announcementsPage{Page: s.page(c), Rows: list})
}

type announcementPage struct {
	Page
	Form         Form
	Categories   []Choice
	Delegations  []Choice
	Standings    []Choice
	Placeholders []string
	Checked      bool // Count is of what the form says now
	Count        int
	Seen         string // what was counted, for the hidden field
	Once         string // names this sending
	Kept         bool   // no mail leaves: there is no server
	Address      string // of the reader's account, for trials; empty: it has none
	PerMinute    int
}

// audience is to whom a form writes.
func (s *Server) audience(c *fiber.Ctx, form *Form) (to delegations.Audience, category events.Category, err error) {
	categories, err := s.Events.Categories(c.UserContext(), event(c).ID)
	if err != nil {
		return to, category, err
	}
	to.Standing = form.Text("standing")
	if code := form.Text("category"); code != "" {
		i := slices.IndexFunc(categories, func(c events.Category) bool { return c.Code == code })
		if i < 0 {
			form.Add("category", "field.choice")
			return to, category, form.Err()
		}
		category = categories[i]
		to.CategoryID = category.ID
	} else if len(categories) > 0 {
		category = categories[0] // of the sample
	}
	if form.Text("delegation") != "" {
		to.DelegationID = form.ID("delegation")
	}
	return to, category, form.Err()
}

// counted is what was counted: a number holds for these people alone.
func counted(to delegations.Audience, n int) string {
	return fmt.Sprintf("%s %s %s %d", to.CategoryID, to.DelegationID, to.Standing, n)
}

func (s *Server) announcementPage(c *fiber.Ctx, form Form) (announcementPage, error) {
	ctx, l := c.UserContext(), lang(c)
	p := announcementPage{
		Page: s.page(c), Form: form, Placeholders: mail.Placeholders(mail.Announcement), Kept: s.Mail.SMTPURL == "", PerMinute: s.Mail.PerMinute,
		Categories: []Choice{{"", s.words.T(l, "announcements.every_category")}}, Delegations: []Choice{{"", s.words.T(l, "announcements.everybody")}},
	}
	if own, err := s.Accounts.Own(ctx, actor(c)); err == nil {
		p.Address = own.Email
	} else if fault.CodeOf(err) != fault.Forbidden {
		return p, err
	}
	categories, err := s.Events.Categories(ctx, event(c).ID)
	if err != nil {
		return p, err
	}
	for _, one := range categories {
		p.Categories = append(p.Categories, newChoice(one.Code, one.Name.In(l)))
	}
	if actor(c).May(accounts.SeeDelegations, event(c).ID) {
		all, err := s.Delegations.List(ctx, actor(c), event(c).ID)
		if err != nil {
			return p, err
		}
		for _, d := range all {
			p.Delegations = append(p.Delegations, newChoice(d.ID, d.Code+" · "+d.Name.In(l)))
		}
	}
	for _, standing := range delegations.Standings {
		p.Standings = append(p.Standings, newChoice(standing, s.words.T(l, "announcements.standing."+standing)))
	}
	return p, nil
}

// newAnnouncement is where the office writes to many at once.
func (s *Server) newAnnouncement(c *fiber.Ctx) error {
	p, err := s.announcementPage(c, FormOf("reads", string(lang(c)), "as", "html", "standing", "coming"))
	if err != nil {
		return err
	}
	frames(c)
	return s.render(c, "mails/announcement", p)
}

// announce counts whom an announcement would go to, and sends it when the sender
// has seen the number.
func (s *Server) announce(c *fiber.Ctx) error {
	form, ctx, by, e := readForm(c), c.UserContext(), actor(c), event(c).ID
	texts := typedTexts(form)
	to, _, err := s.audience(c, &form)
	n := 0
	if err == nil {
		n, err = s.Announcements.Count(ctx, by, e, to)
	}
	if err == nil {
		err = announcements.Check(texts)
	}
	if err == nil && form.Text("do") == "send" {
		once, unnamed := ident.Parse(form.Text("once"))
		if form.Text("seen") != counted(to, n) || unnamed != nil {
			err = fault.New(fault.Conflict, "announcements.look_again")
		} else if _, err = s.Announcements.Send(ctx, by, once, e, to, texts, n); err == nil {
			s.flash(c, "ok", "announcements.sent", n)
			return s.done(c, "/console/"+event(c).Slug+"/mails/announcements")
		}
	}
	if err != nil && !form.Refused(err) {
		return err
	}
	p, pageErr := s.announcementPage(c, form)
	if pageErr != nil {
		return pageErr
	}
	frames(c)
	_, wrong := form.Problem("category")
	if !wrong {
		p.Checked, p.Count, p.Seen, p.Once = true, n, counted(to, n), s.NewID().String()
	}
	if err != nil {
		return s.again(c, "mails/announcement", p)
	}
	return s.render(c, "mails/announcement", p)
}

// tryAnnouncement sends what was typed to whoever wrote it, and to nobody else.
func (s *Server) tryAnnouncement(c *fiber.Ctx) error {
	form := readForm(c)
	e, category, reads, err := s.specimenOf(c, &form)
	p, pageErr := s.announcementPage(c, form)
	if pageErr != nil {
		return pageErr
	}
	frames(c)
	if err == nil {
		err = s.Announcements.Try(c.UserContext(), actor(c), e, category, reads, typedTexts(form), p.Address)
	}
	if err != nil {
		if !p.Form.Refused(err) {
			return err
		}
		return s.again(c, "mails/announcement", p)
	}
	p.Flash = &Flash{Tone: "ok", Text: s.words.T(lang(c), "announcements.tried", p.Address)}
	if p.Kept {
		p.Flash = &Flash{Tone: "fix", Text: s.words.T(lang(c), "announcements.tried_kept")}
	}
	return s.render(c, "mails/announcement", p)
}

// specimenOf is as whom and in which language somebody invented reads what a form
// says.
func (s *Server) specimenOf(c *fiber.Ctx, form *Form) (e events.Event, category events.Category, reads locale.Lang, err error) {
	if _, category, err = s.audience(c, form); err != nil {
		return e, category, reads, err
	}
	reads, ok := locale.Parse(form.Text("reads"))
	if !ok {
		reads = lang(c)
	}
	e, err = s.Events.ByID(c.UserContext(), event(c).ID)
	return e, category, reads, err
}

// previewAnnouncement draws what was typed, for the frame of the page.
func (s *Server) previewAnnouncement(c *fiber.Ctx) error {
	form := readForm(c)
	e, category, reads, err := s.specimenOf(c, &form)
	if err != nil {
		return s.frameRefused(c, form, err)
	}
	m, err := s.Announcements.Preview(actor(c), e, category, reads, typedTexts(form))
	if err != nil {
		return s.frameRefused(c, form, err)
	}
	if form.Text("as") == "text" {
		return framedText(c, m.Subject+"\n\n"+m.Text)
	}
	return frame(c, m.Framed(true))
}

// Minutes is how long the announcement takes to leave, rounded up.
func (p announcementPage) Minutes() string {
	if p.PerMinute <= 0 {
		return "1"
	}
	return strconv.Itoa((p.Count + p.PerMinute - 1) / p.PerMinute)
}
