package delegations

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// Invitation is a letter to an officer with their link.
type Invitation struct {
	Event      events.Event
	Delegation Delegation
	Officer    Link
	Secret     string // of a fresh address of the officer's link
}

// SendLink mails whoever holds a delegation's link a fresh address of it, which opens
// the same and lives as long.
//
// Faults: Forbidden; NotFound, the event has no such link; Conflict, it ended, or no
// address is known. With a Conflict the link is answered too.
func (s *Service) SendLink(ctx context.Context, by accounts.Actor, event, id ident.ID) (l Link, err error) {
	if !by.May(accounts.EditDelegation, event) {
		return l, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if l, err = lockLink(ctx, tx, event, id); err != nil {
			return err
		}
		switch {
		case l.State(s.now()) != "open":
			return fault.New(fault.Conflict, "links.over")
		case l.Email == "" || l.DelegationID == ident.Nil:
			return fault.New(fault.Conflict, "links.no_email", l.Holder)
		}
		letter := Invitation{Officer: l, Secret: newSecret()}
		if letter.Event, err = events.In(ctx, tx, event); err != nil {
			return err
		}
		if letter.Delegation, err = delegationByID(ctx, tx, l.DelegationID); err != nil {
			return err
		}
		if err := insertCopy(ctx, tx, s.newID(), hashOf(letter.Secret), l.ID, s.now()); err != nil {
			return err
		}
		if err := s.mail.Invite(ctx, tx, letter); err != nil {
			return err
		}
		return s.recordLink(ctx, tx, by, "link.send", l)
	})
	return l, err
}

// Invite queues a letter with an officer's link, in their language first.
func (w *Letters) Invite(ctx context.Context, tx *sqlx.Tx, i Invitation) error {
	lang, ok := locale.Parse(i.Officer.Lang)
	if !ok {
		lang = locale.EN
	}
	return w.Mail.Queue(ctx, tx, mail.Letter{
		EventID: i.Event.ID, Template: "delegation.link", To: i.Officer.Email, Lang: lang,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: w.invitation(i, locale.ZH), locale.EN: w.invitation(i, locale.EN)},
	})
}

func (w *Letters) invitation(i Invitation, lang locale.Lang) mail.Block {
	t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
	last := LastDay(i.Officer.ExpiresAt, i.Event.Location())
	return mail.Block{
		Lang: lang.Tag(), Subject: t("mail.delegation.link.subject", i.Delegation.Name, i.Event.Title), Hello: t("mail.hello", i.Officer.Holder),
		Paragraphs: []string{t("mail.delegation.link.body", i.Delegation.Name, i.Event.Title)},
		Facts: []mail.Fact{
			{Name: t("officers.role"), Value: t("officers.role." + string(i.Officer.Role))}, {Name: t("links.until_last"), Value: locale.Date(lang, last)},
		},
		Action: t("mail.delegation.reminder.open"), URL: w.PublicURL + "/delegation/" + i.Secret + "?lang=" + string(lang), Foot: t("mail.foot"),
	}
}
