package delegations

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// Letters writes the mails about registrations. It is the Writer of the program.
type Letters struct {
	Mail      *mail.Service
	Words     *locale.Catalogue
	PublicURL string
	QR        func(token string) (png []byte, err error)
}

// Write queues one letter, in the person's language first.
func (w *Letters) Write(ctx context.Context, tx *sqlx.Tx, l Letter) error {
	lang, ok := locale.Parse(l.Registration.Lang)
	if !ok {
		lang = locale.EN
	}
	out := mail.Letter{
		EventID: l.Event.ID, RegistrationID: l.Registration.ID, Template: "registration." + l.Kind, To: l.Registration.Email, Lang: lang,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: w.block(l, locale.ZH), locale.EN: w.block(l, locale.EN)},
	}
	if l.BadgeToken != "" && w.QR != nil {
		png, err := w.QR(l.BadgeToken)
		if err != nil {
			return fmt.Errorf("draw QR of letter: %w", err)
		}
		out.Parts = append(out.Parts, mail.Part{Name: "qr.png", Type: "image/png", ContentID: "qr", Data: png})
	}
	return w.Mail.Queue(ctx, tx, out)
}

func (w *Letters) block(l Letter, lang locale.Lang) mail.Block {
	t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
	e, r := l.Event, l.Registration
	b := mail.Block{
		Lang: lang.Tag(), Subject: t("mail."+l.Kind+".subject", e.Title), Hello: t("mail.hello", r.Called()),
		Paragraphs: strings.Split(t("mail."+l.Kind+".body", e.Title), "\n"),
		Facts: []mail.Fact{
			{Name: t("mail.reference"), Value: r.Reference},
			{Name: t("mail.event"), Value: e.Title.In(lang)},
			{Name: t("mail.dates"), Value: locale.DateRange(lang, e.StartsOn, e.EndsOn)},
			{Name: t("mail.category"), Value: r.Category.In(lang)},
		},
		Foot: t("mail.foot"),
	}
	if place := e.Place.In(lang); place != "" {
		b.Facts = append(b.Facts, mail.Fact{Name: t("mail.place"), Value: place})
	}
	if len(l.Fields) > 0 {
		var names []string
		for _, field := range l.Fields {
			names = append(names, t("registration.field."+field))
		}
		b.Facts = append(b.Facts, mail.Fact{Name: t("mail.fields"), Value: strings.Join(names, t("mail.fields_between"))})
	}
	if l.Reason != "" {
		b.Facts = append(b.Facts, mail.Fact{Name: t("mail.reason"), Value: l.Reason})
	}
	if l.ManageSecret != "" {
		b.Action, b.URL = t("mail.manage"), w.PublicURL+"/me/"+l.ManageSecret+"?lang="+string(lang)
	}
	if l.BadgeToken != "" {
		b.QR = t("mail.qr")
	}
	return b
}
