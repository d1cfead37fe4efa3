package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// trialLimit bounds how often one address may send itself a trial.
var trialLimit = Limit{Times: 20, In: 10 * time.Minute}

type mailTextsPage struct {
	Page
	Kinds []mailTextRow
}

// mailTextRow is one letter: whether the office wrote it, and for which
// categories besides.
type mailTextRow struct {
	Kind       string
	Own        *mail.Template // nil: the built-in text holds
	Categories []mailTextOf
}

type mailTextOf struct {
	events.Category
	Own mail.Template
}

// mailTexts lists the letters whose text the office may write.
func (s *Server) mailTexts(c *fiber.Ctx) error {
	ctx, e := c.UserContext(), event(c).ID
	categories, err := s.Events.Categories(ctx, e)
	if err != nil {
		return err
	}
	written, err := s.Mail.Written(ctx, actor(c), e)
	if err != nil {
		return err
	}
	p := mailTextsPage{Page: s.page(c)}
	for _, kind := range mail.Kinds {
		row := mailTextRow{Kind: kind}
		for _, t := range written {
			i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == t.CategoryID })
			switch {
			case t.Kind != kind || t.Restored:
			case t.CategoryID == ident.Nil:
				row.Own = &t
			case i >= 0:
				row.Categories = append(row.Categories, mailTextOf{categories[i], t})
			}
		}
		p.Kinds = append(p.Kinds, row)
	}
	return s.render(c, "mails/texts", p)
}

type mailTextPage struct {
	Page
	Form         Form
	Kind         string
	Category     events.Category // zero: every category without a text of its own
	Categories   []Choice
	Newest       int  // version; zero: the office wrote none
	Own          bool // the office's text of this very place holds
	Shown        int  // the older version that fills the form; zero: what holds
	Placeholders []string
	History      []mail.Template
	Address      string // of the reader, for a trial
	Kept         bool   // no mail leaves: there is no server
}

// Path is the address of the text, without the query.
func (p mailTextPage) Base() string { return p.Console() + "/mails/texts/" + p.Kind }

// Query names the category in addresses.
func (p mailTextPage) Query() string {
	if p.Category.Code == "" {
		return ""
	}
	return "?" + url.Values{"category": {p.Category.Code}}.Encode()
}

// textPlace reads which text the address means.
func (s *Server) textPlace(c *fiber.Ctx) (at mail.Place, category events.Category, all []events.Category, err error) {
	at = mail.Place{EventID: event(c).ID, Kind: c.Params("kind")}
	if !slices.Contains(mail.Kinds, at.Kind) {
		return at, category, nil, fault.New(fault.NotFound, "error.not_found")
	}
	if all, err = s.Events.Categories(c.UserContext(), at.EventID); err != nil {
		return at, category, nil, err
	}
	if code := c.Query("category"); code != "" {
		i := slices.IndexFunc(all, func(c events.Category) bool { return c.Code == code })
		if i < 0 {
			return at, category, nil, fault.New(fault.NotFound, "error.not_found")
		}
		category = all[i]
		at.CategoryID = category.ID
	}
	return at, category, all, nil
}

func (s *Server) mailTextPage(c *fiber.Ctx, form *Form) (mailTextPage, error) {
	ctx, by := c.UserContext(), actor(c)
	at, category, all, err := s.textPlace(c)
	if err != nil {
		return mailTextPage{}, err
	}
	p := mailTextPage{Page: s.page(c), Kind: at.Kind, Category: category, Placeholders: mail.Placeholders(at.Kind), Kept: s.Mail.SMTPURL == ""}
	p.Categories = []Choice{{"", s.words.T(lang(c), "mail.text.every_category")}}
	for _, one := range all {
		p.Categories = append(p.Categories, newChoice(one.Code, one.Name.In(lang(c))))
	}
	if p.History, err = s.Mail.History(ctx, by, at); err != nil {
		return p, err
	}
	if len(p.History) > 0 {
		p.Newest, p.Own = p.History[0].Version, !p.History[0].Restored
	}
	if own, err := s.Accounts.Own(ctx, by); err == nil {
		p.Address = own.Email
	} else if fault.CodeOf(err) != fault.Forbidden {
		return p, err
	}
	if form != nil {
		p.Form = *form
		return p, nil
	}
	texts, _, err := s.Letters.Texts(ctx, by, at)
	if err != nil {
		return p, err
	}
	for _, old := range p.History {
		if strconv.Itoa(old.Version) == c.Query("version") && !old.Restored {
			texts, p.Shown = old.Texts, old.Version
		}
	}
	p.Form = FormOf("reads", string(lang(c)), "as", "html")
	for _, l := range locale.Langs {
		p.Form.values.Set("subject_"+string(l), texts[l].Subject)
		p.Form.values.Set("body_"+string(l), texts[l].Body)
	}
	return p, nil
}

// mailText is where the office writes a letter.
func (s *Server) mailText(c *fiber.Ctx) error {
	p, err := s.mailTextPage(c, nil)
	if err != nil {
		return err
	}
	frames(c)
	return s.render(c, "mails/text", p)
}

// textAgain shows a text that was refused.
func (s *Server) textAgain(c *fiber.Ctx, form Form, err error) error {
	if !form.Refused(err) {
		return err
	}
	p, err := s.mailTextPage(c, &form)
	if err != nil {
		return err
	}
	frames(c)
	return s.again(c, "mails/text", p)
}

// typedTexts are the texts of a form.
func typedTexts(form Form) mail.Texts {
	texts := mail.Texts{}
	for _, l := range locale.Langs {
		texts[l] = mail.Text{Subject: form.Raw("subject_" + string(l)), Body: form.Raw("body_" + string(l))}
	}
	return texts
}

func (s *Server) saveMailText(c *fiber.Ctx) error {
	at, _, _, err := s.textPlace(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	version, _ := strconv.Atoi(form.Text("version"))
	if err := s.Mail.WriteText(c.UserContext(), actor(c), at, version, typedTexts(form)); err != nil {
		return s.textAgain(c, form, err)
	}
	s.flash(c, "ok", "mail.text.saved")
	return s.done(c, string(c.Request().URI().RequestURI()))
}

func (s *Server) restoreMailText(c *fiber.Ctx) error {
	at, _, _, err := s.textPlace(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	version, _ := strconv.Atoi(form.Text("version"))
	if err := s.Mail.RestoreText(c.UserContext(), actor(c), at, version); err != nil {
		return err
	}
	s.flash(c, "ok", "mail.text.restored")
	return s.done(c, strings.Replace(string(c.Request().URI().RequestURI()), "/restore", "", 1))
}

// specimen is the letter that a preview shows: to the registration that the form
// names, or to somebody invented.
func (s *Server) specimen(c *fiber.Ctx, form *Form) (delegations.Letter, mail.Texts, error) {
	at, category, all, err := s.textPlace(c)
	if err != nil {
		return delegations.Letter{}, nil, err
	}
	e, err := s.Events.ByID(c.UserContext(), at.EventID)
	if err != nil {
		return delegations.Letter{}, nil, err
	}
	if category.Code == "" && len(all) > 0 {
		category = all[0]
	}
	reads, ok := locale.Parse(form.Text("reads"))
	if !ok {
		reads = lang(c)
	}
	l := s.Letters.Sample(e, category, at.Kind, reads)
	if reference := strings.ToUpper(form.Text("reference")); reference != "" {
		r, err := s.byReference(c, reference)
		if err != nil {
			return l, nil, err
		}
		r.Lang = string(reads)
		l.Registration = r
	}
	return l, typedTexts(*form), nil
}

// byReference finds a registration of the event by its number.
//
// Fault: Invalid.
func (s *Server) byReference(c *fiber.Ctx, reference string) (delegations.Registration, error) {
	page, err := s.Delegations.Registrations(c.UserContext(), actor(c), event(c).ID, delegations.Filter{Search: reference, Limit: 10})
	if err != nil {
		return delegations.Registration{}, err
	}
	for _, r := range page.Rows {
		if r.Reference == reference {
			return r, nil
		}
	}
	return delegations.Registration{}, fault.Fields(fault.Field{Path: "reference", Key: "mail.text.no_reference"})
}

// previewMailText draws what was typed, or what holds, for the frame of the page.
func (s *Server) previewMailText(c *fiber.Ctx) error {
	form := readForm(c)
	l, texts, err := s.specimen(c, &form)
	if err == nil && c.Method() != fiber.MethodPost {
		at := mail.Place{EventID: l.Event.ID, CategoryID: l.Registration.CategoryID, Kind: l.Kind}
		if c.Query("category") == "" {
			at.CategoryID = ident.Nil
		}
		texts, _, err = s.Letters.Texts(c.UserContext(), actor(c), at)
	}
	if err != nil {
		return s.frameRefused(c, form, err)
	}
	m, err := s.Letters.Preview(actor(c), l, texts)
	if err != nil {
		return s.frameRefused(c, form, err)
	}
	if form.Text("as") == "text" {
		return framedText(c, m.Subject+"\n\n"+m.Text)
	}
	return frame(c, m.Framed(true))
}

// frameRefused says in the frame what must be put right.
func (s *Server) frameRefused(c *fiber.Ctx, form Form, err error) error {
	if !form.Refused(err) {
		return err
	}
	var lines []string
	for _, b := range form.problems {
		lines = append(lines, s.words.T(lang(c), b.Key, b.Args...))
	}
	slices.Sort(lines)
	c.Status(fiber.StatusUnprocessableEntity)
	return framedText(c, strings.Join(slices.Compact(lines), "\n"))
}

// tryMailText sends what was typed to whoever asks.
func (s *Server) tryMailText(c *fiber.Ctx) error {
	form := readForm(c)
	l, texts, err := s.specimen(c, &form)
	if err != nil {
		return s.textAgain(c, form, err)
	}
	own, err := s.Accounts.Own(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	if err := s.Letters.SendTest(c.UserContext(), actor(c), l, texts, own.Email); err != nil {
		return s.textAgain(c, form, err)
	}
	p, err := s.mailTextPage(c, &form)
	if err != nil {
		return err
	}
	p.Flash = &Flash{Tone: "ok", Text: s.words.T(lang(c), "mail.text.tried", own.Email)}
	if p.Kept {
		p.Flash = &Flash{Tone: "fix", Text: s.words.T(lang(c), "mail.text.tried_kept")}
	}
	frames(c)
	return s.render(c, "mails/text", p) // what was typed is not saved: it stays in the form
}
