package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
)

// Notice is a letter about a replacement to somebody who is not one of the two.
type Notice struct {
	Kind     string // delegation.replaced, delegation.not_replaced, delegation.replacement_fell to an officer; firm.counterpart to a firm that meets the delegation
	Event    events.Event
	Gone     Registration // who does not come, or should not have
	Deputy   Registration // who comes instead, or should have
	Reason   string       // of a refusal
	To       string       // address
	Called   string       // of whoever reads it; empty: not known
	CalledEN string       // the same in Latin letters, for the English part; empty: as Called
	Lang     string
	Secret   string // of a fresh address of an officer's link; empty: the letter carries none
	Meeting  int    // firm.counterpart: how many meetings are ahead
}

// tellAll writes to whoever has to know: the two, and the officers of the delegation
// who see them. Whom they meet is told by whoever keeps the meetings: see TellFirms.
func (s *Service) tellAll(ctx context.Context, tx *sqlx.Tx, e events.Event, gone Registration, x *Succession) error {
	secret, err := s.newLink(ctx, tx, e, gone.ID)
	if err != nil {
		return err
	}
	if err := s.mail.Write(ctx, tx, Letter{Kind: "replaced", Event: e, Registration: gone, ManageSecret: secret, Other: x.After.Called()}); err != nil {
		return err
	}
	if secret, err = s.newLink(ctx, tx, e, x.ToID); err != nil {
		return err
	}
	kind := "took_place"
	if x.After.Status == Waitlisted {
		kind = "waitlisted"
	}
	if err := s.mail.Write(ctx, tx, Letter{Kind: kind, Event: e, Registration: x.After, ManageSecret: secret, BadgeToken: x.Issued.Token, Other: gone.Called()}); err != nil {
		return err
	}
	x.Officers, err = s.tellOfficers(ctx, tx, Notice{Kind: "delegation.replaced", Event: e, Gone: x.Left, Deputy: x.After}, accounts.SeeMember)
	return err
}

// tellRefused writes to whoever asked that nobody comes instead.
func (s *Service) tellRefused(ctx context.Context, tx *sqlx.Tx, e events.Event, x Succession) error {
	if !x.Own {
		_, err := s.tellOfficers(ctx, tx, Notice{Kind: "delegation.not_replaced", Event: e, Gone: x.Gone, Deputy: x.Deputy, Reason: x.Reason}, accounts.Substitute)
		return err
	}
	secret, err := s.newLink(ctx, tx, e, x.FromID)
	if err != nil {
		return err
	}
	return s.mail.Write(ctx, tx, Letter{Kind: "not_replaced", Event: e, Registration: x.Gone, ManageSecret: secret, Reason: x.Reason})
}

// tellOfficers writes to the officers of a delegation who have a duty towards whoever
// goes, each once, and answers what they are called.
func (s *Service) tellOfficers(ctx context.Context, tx *sqlx.Tx, n Notice, duty accounts.Duty) (told []string, err error) {
	links, err := linksOfDelegation(ctx, tx, n.Gone.DelegationID)
	if err != nil {
		return nil, fmt.Errorf("read officers: %w", err)
	}
	var addresses []string
	for _, l := range links {
		address := strings.ToLower(l.Email)
		if l.Email == "" || l.State(s.now()) != "open" || !n.Gone.officerOf(l.Actor(), duty) || slices.Contains(addresses, address) {
			continue
		}
		n.To, n.Called, n.Lang, n.Secret = l.Email, l.Holder, l.Lang, newSecret()
		if err := insertCopy(ctx, tx, s.newID(), hashOf(n.Secret), l.ID, s.now()); err != nil {
			return nil, err
		}
		if err := s.mail.Notify(ctx, tx, n); err != nil {
			return nil, err
		}
		addresses, told = append(addresses, address), append(told, l.Holder)
	}
	return told, nil
}

// TellFirms writes to firms that another leads the delegation that they meet: to those
// given, with how many meetings are ahead of each. It is for a Handover; who may
// substitute may.
func (s *Service) TellFirms(ctx context.Context, tx *sqlx.Tx, from, to Registration, ahead map[ident.ID]int) error {
	e, err := events.In(ctx, tx, from.EventID)
	if err != nil {
		return err
	}
	deputy, err := registrationByID(ctx, tx, to.ID)
	if err != nil {
		return err
	}
	ids := make([]ident.ID, 0, len(ahead))
	for id := range ahead {
		ids = append(ids, id)
	}
	firms, err := firmAddresses(ctx, tx, ids)
	if err != nil {
		return fmt.Errorf("read whom a delegation meets: %w", err)
	}
	for _, f := range firms {
		n := Notice{Kind: "firm.counterpart", Event: e, Gone: from, Deputy: deputy, To: f.Email, Called: f.Name, CalledEN: f.NameEN, Lang: string(locale.ZH), Meeting: ahead[f.ID]}
		if err := s.mail.Notify(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Notify queues a notice, in the reader's language first.
func (w *Letters) Notify(ctx context.Context, tx *sqlx.Tx, n Notice) error {
	lang, ok := locale.Parse(n.Lang)
	if !ok {
		lang = locale.EN
	}
	return w.Mail.Queue(ctx, tx, mail.Letter{
		EventID: n.Event.ID, Template: n.Kind, To: n.To, Lang: lang,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: w.notice(n, locale.ZH), locale.EN: w.notice(n, locale.EN)},
	})
}

func (w *Letters) notice(n Notice, lang locale.Lang) mail.Block {
	t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
	of := n.Deputy.Delegation
	if of.Empty() {
		of = n.Gone.Delegation
	}
	called := n.Called
	if lang == locale.EN && n.CalledEN != "" {
		called = n.CalledEN
	}
	b := mail.Block{
		Lang: lang.Tag(), Subject: t("mail."+n.Kind+".subject", of, n.Event.Title), Hello: t("mail.hello", called),
		Paragraphs: []string{t("mail."+n.Kind+".body", n.Deputy.Called(), n.Gone.Called(), of, n.Event.Title)}, Foot: t("mail.foot_plain"),
		Facts: []mail.Fact{{Name: t("mail.notice.instead"), Value: n.Deputy.Called().In(lang)}, {Name: t("mail.notice.gone"), Value: n.Gone.Called().In(lang)}},
	}
	fact := func(key, value string) {
		if value != "" {
			b.Facts = append(b.Facts, mail.Fact{Name: t(key), Value: value})
		}
	}
	fact("mail.notice.title", n.Deputy.Title().In(lang))
	fact("mail.notice.role", t("delegations.role."+n.Gone.Role))
	fact("mail.reason", n.Reason)
	if n.Meeting > 0 {
		fact("mail.notice.meetings", t("mail.notice.ahead", n.Meeting))
	}
	if n.Secret != "" {
		b.Foot = t("mail.foot")
		b.Action, b.URL = t("mail.delegation.reminder.open"), w.PublicURL+"/delegation/"+n.Secret+"?lang="+string(lang)
	}
	return b
}
