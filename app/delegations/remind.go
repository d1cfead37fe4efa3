package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// Reminder is a letter to an officer about what is open.
type Reminder struct {
	Event     events.Event
	Standing  Standing
	Deadlines []Deadline
	Officer   Link
	Secret    string // of a fresh address of the officer's link
	Now       time.Time
}

// Reminded is what reminding came to.
type Reminded struct {
	Sent    int          // letters
	Already int          // officers who had one today
	Nobody  []Delegation // that have nobody to write to
}

// Remind writes to the officers who answer for members of delegations: those that
// are late, or only the named ones when something of theirs is open. Each officer
// gets at most one letter a day, on the event's calendar, however often somebody
// asks and however many do.
//
// Faults: NotFound; Forbidden.
func (s *Service) Remind(ctx context.Context, by accounts.Actor, event ident.ID, only ...ident.ID) (done Reminded, err error) {
	if !by.May(accounts.EditDelegation, event) {
		return done, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := s.Standings(ctx, by, event)
	if err != nil {
		return done, err
	}
	open := func(x Standing) bool { return len(x.Late) > 0 }
	if len(only) > 0 {
		open = func(x Standing) bool { return x.Due != "" && slices.Contains(only, x.ID) }
	}
	list = slices.DeleteFunc(list, func(x Standing) bool { return !open(x) })
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		done = Reminded{}
		e, err := events.In(ctx, tx, event)
		if err != nil {
			return err
		}
		deadlines, err := deadlinesOf(ctx, tx, event)
		if err != nil {
			return err
		}
		for _, x := range list {
			if err := s.remind(ctx, tx, by, Reminder{Event: e, Standing: x, Deadlines: deadlines, Now: s.now()}, open, &done); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// remind writes to the officers of one delegation who can act on what is open, to
// each of what they can act on.
func (s *Service) remind(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Reminder, open func(Standing) bool, done *Reminded) error {
	links, err := linksOfDelegation(ctx, tx, r.Standing.ID)
	if err != nil {
		return fmt.Errorf("read officers: %w", err)
	}
	slices.SortFunc(links, func(a, b Link) int { return slices.Compare(a.ID[:], b.ID[:]) }) // rows are locked in one order
	found, all := false, r.Standing
	for _, l := range links {
		if l.Email == "" || l.State(s.now()) != "open" || !l.Role.Has(accounts.Confirm) {
			continue
		}
		if r.Standing = all.of(l.Role); !open(r.Standing) {
			continue
		}
		found = true
		claimed, err := claimReminder(ctx, tx, l.ID, s.now(), r.Event.TimeZone)
		if err != nil {
			return fmt.Errorf("note reminder: %w", err)
		}
		if !claimed {
			done.Already++
			continue
		}
		r.Officer, r.Secret = l, newSecret()
		if err := insertCopy(ctx, tx, s.newID(), hashOf(r.Secret), l.ID, s.now()); err != nil {
			return err
		}
		if err := s.mail.Remind(ctx, tx, r); err != nil {
			return err
		}
		if err := s.recordLink(ctx, tx, by, "link.remind", l); err != nil {
			return err
		}
		done.Sent++
	}
	if !found {
		done.Nobody = append(done.Nobody, all.Delegation)
	}
	return nil
}

// Remind queues a letter to an officer, in their language first.
func (w *Letters) Remind(ctx context.Context, tx *sqlx.Tx, r Reminder) error {
	lang, ok := locale.Parse(r.Officer.Lang)
	if !ok {
		lang = locale.EN
	}
	return w.Mail.Queue(ctx, tx, mail.Letter{
		EventID: r.Event.ID, Template: "delegation.reminder", To: r.Officer.Email, Lang: lang,
		Blocks: map[locale.Lang]mail.Block{locale.ZH: w.reminder(r, locale.ZH), locale.EN: w.reminder(r, locale.EN)},
	})
}

func (w *Letters) reminder(r Reminder, lang locale.Lang) mail.Block {
	t := func(key string, args ...any) string { return w.Words.T(lang, key, args...) }
	b := mail.Block{
		Lang: lang.Tag(), Subject: t("mail.delegation.reminder.subject", r.Standing.Name, r.Event.Title), Hello: t("mail.hello", r.Officer.Holder),
		Paragraphs: []string{t("mail.delegation.reminder.body", r.Standing.Name, r.Event.Title)},
		Action:     t("mail.delegation.reminder.open"), URL: w.PublicURL + "/delegation/" + r.Secret + "?lang=" + string(lang), Foot: t("mail.foot"),
	}
	for _, step := range Steps {
		open := r.Standing.Open(step)
		if open == 0 {
			continue
		}
		value := t("mail.delegation.reminder."+step, open)
		if i := slices.IndexFunc(r.Deadlines, func(d Deadline) bool { return d.Step == step }); i >= 0 {
			due := r.Deadlines[i].DueAt.In(r.Event.Location())
			key := "mail.delegation.reminder.due"
			if r.Deadlines[i].Past(r.Now) {
				key = "mail.delegation.reminder.late"
			}
			value = t(key, value, locale.Moment(lang, due), locale.Zone(due))
		}
		b.Facts = append(b.Facts, mail.Fact{Name: t("deadlines.step." + step), Value: value})
	}
	return b
}
