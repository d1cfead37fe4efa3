package delegations

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// unasked tells whether a letter is caused by somebody of whom nobody knows who they
// are: mailboxes are protected from those. The holder of a delegation's or a firm's
// link is known to the desk, which gave it to them.
func unasked(by accounts.Actor) bool {
	return !by.SignedIn() && !by.HoldsLink(by.LinkEventID, by.DelegationID) && !by.ForFirm(by.LinkEventID, by.FirmID)
}

// gathered is the service while it does something for several people at once who
// have one address: the letters to it become one.
type gathered struct {
	Service
	writer  Writer
	address string
	letters []Letter
}

// gather has the letters to an address wait until send; with none, none wait.
func gather(s *Service, address string) *gathered {
	g := &gathered{Service: *s, writer: s.mail, address: address}
	g.mail = gathering{s.mail, g}
	return g
}

type gathering struct {
	Writer
	of *gathered
}

// Write keeps a letter to the address for send.
func (w gathering) Write(ctx context.Context, tx *sqlx.Tx, l Letter) error {
	if w.of.address == "" || !strings.EqualFold(l.Registration.Email, w.of.address) {
		return w.Writer.Write(ctx, tx, l)
	}
	w.of.letters = append(w.of.letters, l)
	return nil
}

// send writes what was gathered: one letter as it is, more as one.
func (g *gathered) send(ctx context.Context, tx *sqlx.Tx) error {
	switch len(g.letters) {
	case 0:
		return nil
	case 1:
		return g.writer.Write(ctx, tx, g.letters[0])
	}
	return g.writer.Together(ctx, tx, g.address, g.letters)
}

// Together queues one mail in place of several letters to an address. It names
// nobody, only their references, and is kept under no registration: it outlives each
// of them.
func (w *Letters) Together(ctx context.Context, tx *sqlx.Tx, to string, letters []Letter) error {
	first := letters[0]
	lang, ok := locale.Parse(first.Registration.Lang)
	if !ok {
		lang = locale.EN
	}
	block := func(lang locale.Lang) mail.Block {
		t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
		b := mail.Block{
			Lang: lang.Tag(), Subject: t("mail.registration.several.subject", first.Event.Title), Foot: t("mail.registration.several.foot"),
			Paragraphs: strings.Split(t("mail.registration.several.body", len(letters), first.Event.Title), "\n"),
		}
		for _, l := range letters {
			b.Facts = append(b.Facts, mail.Fact{
				Name: l.Registration.Reference, Value: t("state.registration." + string(l.Registration.forGuests().Status)),
				URL: w.PublicURL + "/me/" + l.ManageSecret + "?lang=" + string(lang),
			})
		}
		return b
	}
	return w.Mail.Queue(ctx, tx, mail.Letter{
		EventID: first.Event.ID, Template: "registration.several", To: to, Lang: lang, Unasked: first.Unasked,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: block(locale.ZH), locale.EN: block(locale.EN)},
	})
}
