package delegations

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// Letters writes the mails about registrations. It is the Writer of the program.
type Letters struct {
	Mail      *mail.Service
	Words     *locale.Catalogue
	PublicURL string
	QR        func(token string) (png []byte, err error)
}

// Write queues one letter, in the person's language first. A member of a
// delegation who has no address is told through whoever holds the delegation's
// link, as far as their address is known; an officer who may not act for the member
// gets the letter without what opens their page or a door.
func (w *Letters) Write(ctx context.Context, tx *sqlx.Tx, l Letter) error {
	texts, err := w.textsIn(ctx, tx, mail.Place{EventID: l.Event.ID, CategoryID: l.Registration.CategoryID, Kind: l.Kind})
	if err != nil {
		return err
	}
	if r := &l.Registration; r.ID != ident.Nil && (r.DelegationID != ident.Nil && r.Delegation.Empty() || r.FirmID != ident.Nil && r.Firm.Empty()) {
		full, err := registrationByID(ctx, tx, r.ID)
		if err != nil {
			return fmt.Errorf("read whom a letter is about: %w", err)
		}
		r.Delegation, r.Firm = full.Delegation, full.Firm
	}
	officer := ""
	if r := l.Registration; r.Email == "" && r.DelegationID != ident.Nil {
		acts := ident.Nil
		if officer, acts, err = speakerFor(ctx, tx, r.DelegationID, r.Role, w.Mail.Now()); err != nil {
			return err
		}
		switch {
		case officer != "" && acts == ident.Nil:
			l.ManageSecret, l.BadgeToken = "", ""
		case officer != "" && l.ManageSecret != "":
			if err := updateThrough(ctx, tx, hashOf(l.ManageSecret), acts); err != nil {
				return fmt.Errorf("note who got a link: %w", err)
			}
		}
	}
	out, err := w.compose(l, texts)
	if err != nil {
		return err
	}
	out.through(officer)
	return w.Mail.Queue(ctx, tx, out.Letter)
}

// together is how many letters of an announcement are drawn and queued at a time.
const together = 250

// WriteMany queues an announcement to many people, to each in their own language
// first. Whom nobody can be told for is shown to the desk with the mails.
func (w *Letters) WriteMany(ctx context.Context, tx *sqlx.Tx, e events.Event, to []Registration, texts mail.Texts) (err error) {
	type members struct {
		delegation ident.ID
		role       string
	}
	officers := map[members]string{}
	letters := make([]mail.Letter, 0, together)
	for _, r := range to {
		out, err := w.compose(Letter{Kind: mail.Announcement, Event: e, Registration: r}, texts)
		if err != nil {
			return err
		}
		of := members{r.DelegationID, r.Role}
		if _, asked := officers[of]; !asked && r.Email == "" && r.DelegationID != ident.Nil {
			if officers[of], _, err = speakerFor(ctx, tx, r.DelegationID, r.Role, w.Mail.Now()); err != nil {
				return err
			}
		}
		out.through(officers[of])
		if letters = append(letters, out.Letter); len(letters) == together {
			if err := w.Mail.QueueMany(ctx, tx, letters); err != nil {
				return err
			}
			letters = letters[:0]
		}
	}
	return w.Mail.QueueMany(ctx, tx, letters)
}

// composed is a letter that may go to whoever speaks for its person.
type composed struct{ mail.Letter }

// through has an officer told in place of a person without an address.
func (c *composed) through(officer string) {
	if c.To == "" && officer != "" {
		c.To, c.ToName, c.OnBehalf = officer, "", true
	}
}

// textsIn is the text that holds for a letter: the office's, or the built-in one.
func (w *Letters) textsIn(ctx context.Context, q store.Querier, at mail.Place) (mail.Texts, error) {
	texts, written, err := mail.TextsIn(ctx, q, at)
	if err == nil && !written {
		texts = mail.Builtin(w.Words, at.Kind)
	}
	return texts, err
}

// Texts answers the text that holds at a place, and the one that would without
// what was written at this very place.
//
// Fault: Forbidden.
func (w *Letters) Texts(ctx context.Context, by accounts.Actor, at mail.Place) (holds, beneath mail.Texts, err error) {
	if !by.May(accounts.SeeMails, at.EventID) {
		return nil, nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	if holds, err = w.textsIn(ctx, w.Mail.DB, at); err != nil {
		return nil, nil, err
	}
	beneath = mail.Builtin(w.Words, at.Kind)
	if at.CategoryID != ident.Nil {
		at.CategoryID = ident.Nil
		beneath, err = w.textsIn(ctx, w.Mail.DB, at)
	}
	return holds, beneath, err
}

// Preview draws a letter by texts that need not hold. Its link leads to the
// event's page and its code opens nothing.
//
// Faults: Forbidden; Invalid, the texts.
func (w *Letters) Preview(by accounts.Actor, l Letter, texts mail.Texts) (mail.Mail, error) {
	out, err := w.draft(by, l, texts)
	if err != nil {
		return mail.Mail{}, err
	}
	return w.Mail.Draw(out.Letter)
}

// SendTest queues a letter by texts that need not hold to whoever asks for it; see
// Preview.
//
// Faults: Forbidden; Invalid, the texts or the address.
func (w *Letters) SendTest(ctx context.Context, by accounts.Actor, l Letter, texts mail.Texts, to string) error {
	out, err := w.draft(by, l, texts)
	if err != nil {
		return err
	}
	// It stays under the registration that it shows: it goes when that does.
	out.Template, out.To, out.ToName = mail.Trial, to, by.Called().In(out.Lang)
	return w.Mail.QueueTest(ctx, by, out.Letter)
}

// The letters that bring a badge, and those that open no page any more.
var (
	withBadge   = []string{"approved", "change_approved", "took_place"}
	withoutLink = []string{"address_changed", "erased", "merged"}
)

// draft composes a letter that may be read by others than the person.
func (w *Letters) draft(by accounts.Actor, l Letter, texts mail.Texts) (composed, error) {
	if !by.May(accounts.SendMails, l.Event.ID) {
		return composed{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	clean, err := texts.Clean(l.Kind)
	if err != nil {
		return composed{}, err
	}
	l.draft = true
	if l.BadgeToken = ""; slices.Contains(withBadge, l.Kind) {
		l.BadgeToken = w.PublicURL + "/e/" + l.Event.Slug
	}
	return w.compose(l, clean)
}

// Sample is a letter to somebody invented, for a preview.
func (w *Letters) Sample(e events.Event, category events.Category, kind string, lang locale.Lang) Letter {
	word := func(l locale.Lang, key string) string { return w.Words.T(l, "mail.sample."+key) }
	l := Letter{Kind: kind, Event: e, Registration: Registration{
		EventID: e.ID, Reference: fmt.Sprintf("%s-%04d", e.Prefix, 0), CategoryID: category.ID, Category: category.Name, Lang: string(lang),
		GivenName: word(locale.EN, "given"), FamilyName: word(locale.EN, "family"), NameZH: word(locale.ZH, "name"), Organisation: word(lang, "organisation"),
		Delegation: locale.Text{ZH: word(locale.ZH, "delegation"), EN: word(locale.EN, "delegation")},
	}}
	for _, p := range mail.Placeholders(kind) {
		if p == "reason" {
			l.Reason = word(lang, "reason")
		}
	}
	return l
}

// compose writes a letter by its texts.
func (w *Letters) compose(l Letter, texts mail.Texts) (composed, error) {
	lang, ok := locale.Parse(l.Registration.Lang)
	if !ok {
		lang = locale.EN
	}
	r := l.Registration
	template := "registration." + l.Kind
	if l.Kind == mail.Announcement {
		template = l.Kind
	}
	out := composed{mail.Letter{
		EventID: l.Event.ID, RegistrationID: r.ID, Template: template, Unasked: l.Unasked, To: r.Email, ToName: r.Called().In(lang), Lang: lang,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: w.block(l, locale.ZH, texts[locale.ZH]), locale.EN: w.block(l, locale.EN, texts[locale.EN])},
	}}
	if l.BadgeToken != "" && w.QR != nil {
		png, err := w.QR(l.BadgeToken)
		if err != nil {
			return out, fmt.Errorf("draw QR of letter: %w", err)
		}
		out.Parts = append(out.Parts, mail.Part{Name: "qr.png", Type: "image/png", ContentID: "qr", Data: png})
	}
	if l.Kind == "approved" || l.Kind == "took_place" {
		out.Parts = append(out.Parts, mail.Part{Name: l.Event.Slug + ".ics", Type: "text/calendar; charset=utf-8; method=PUBLISH", Data: w.calendar(l.Event, lang)})
	}
	return out, nil
}

// values are what the placeholders of a text stand for.
func values(l Letter, lang locale.Lang) map[string]string {
	e, r := l.Event, l.Registration
	return map[string]string{
		"name": r.Called().In(lang), "event": e.Title.In(lang), "dates": locale.DateRange(lang, e.StartsOn, e.EndsOn), "place": e.Place.In(lang),
		"category": r.Category.In(lang), "delegation": r.Delegation.In(lang), "organisation": r.Body().In(lang), "reference": r.Reference, "reason": l.Reason,
	}
}

// replacementFacts says who comes instead, or to the one who comes in whose place, as
// what, and how far they have come.
func (w *Letters) replacementFacts(l Letter, lang locale.Lang, fact func(label, value string)) {
	other := l.Other.In(lang)
	if other == "" {
		return
	}
	if l.Kind == "replaced" {
		fact("mail.notice.instead", other)
		return
	}
	r := l.Registration
	fact("mail.notice.gone", other)
	fact("mail.delegation", r.Delegation.In(lang))
	fact("mail.notice.role", w.Words.T(lang, "delegations.role."+r.Role))
	fact("mail.state", w.Words.T(lang, "state.registration."+string(r.forGuests().Status)))
}

func (w *Letters) block(l Letter, lang locale.Lang, written mail.Text) mail.Block {
	t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
	is := values(l, lang)
	b := mail.Block{
		Lang: lang.Tag(), Foot: t("mail.foot"),
		Facts: []mail.Fact{{Name: t("mail.reference"), Value: is["reference"]}, {Name: t("mail.event"), Value: is["event"]}, {Name: t("mail.dates"), Value: is["dates"]}},
	}
	b.Subject, b.Hello, b.Paragraphs = written.Fill(is)
	if address := l.Registration.Address(lang); address != "" { // the greeting alone; elsewhere people have their names
		greets := maps.Clone(is)
		greets["name"] = address
		_, b.Hello, _ = written.Fill(greets)
	}
	fact := func(label, value string) {
		if value != "" {
			b.Facts = append(b.Facts, mail.Fact{Name: t(label), Value: value})
		}
	}
	fact("mail.category", is["category"])
	fact("mail.place", is["place"])
	w.replacementFacts(l, lang, fact)
	var fields []string
	for _, field := range strings.FieldsFunc(logged(l.Fields), func(r rune) bool { return r == ',' }) {
		if field != "answers" || len(l.Questions) == 0 {
			fields = append(fields, t("registration.field."+field))
		}
	}
	for _, question := range l.Questions {
		fields = append(fields, question.In(lang))
	}
	fact("mail.fields", strings.Join(fields, t("mail.fields_between")))
	if !written.Uses("reason") {
		fact("mail.reason", l.Reason)
	}
	switch {
	case l.Kind == mail.Announcement:
		b.Action, b.URL = t("mail.event_page"), w.PublicURL+"/e/"+l.Event.Slug+"?lang="+string(lang)
	case l.draft && !slices.Contains(withoutLink, l.Kind):
		b.Action, b.URL = t("mail.manage"), w.PublicURL+"/e/"+l.Event.Slug+"?lang="+string(lang)
	case l.ManageSecret != "":
		b.Action, b.URL = t("mail.manage"), w.PublicURL+"/me/"+l.ManageSecret+"?lang="+string(lang)
	}
	if l.BadgeToken != "" {
		b.QR = t("mail.qr")
	}
	return b
}
