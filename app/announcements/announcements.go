// Package announcements is how the office writes to many guests at once: to whom,
// in both languages, and what was sent when.
package announcements

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

// Announcement is one that was sent.
type Announcement struct {
	ID         ident.ID
	EventID    ident.ID
	To         delegations.Audience
	Texts      mail.Texts
	Recipients int // people; several may share an address
	SentAt     time.Time
	SentBy     locale.Text
	Category   locale.Text // read only; empty: every one
	Delegation locale.Text // read only; empty: every one
}

// Service sends announcements.
type Service struct {
	db      *sqlx.DB
	letters *delegations.Letters
	now     clock.Clock
	newID   ident.Source
}

// New makes the service.
func New(db *sqlx.DB, letters *delegations.Letters, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, letters: letters, now: now, newID: newID}
}

// most is the most people that one announcement may go to.
const most = 20_000

// List answers the announcements of an event, the latest first.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID) ([]Announcement, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return listOf(ctx, s.db, event)
}

// Count answers how many people an announcement would go to.
//
// Faults: Forbidden; Invalid, the audience.
func (s *Service) Count(ctx context.Context, by accounts.Actor, event ident.ID, to delegations.Audience) (int, error) {
	if err := may(by, event, to); err != nil {
		return 0, err
	}
	return delegations.AudienceSize(ctx, s.db, event, to)
}

// Check holds the texts of an announcement against their rules.
//
// Fault: Invalid with fields.
func Check(texts mail.Texts) error {
	_, err := texts.Clean(mail.Announcement)
	return err
}

// Preview draws an announcement as somebody invented would get it.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) Preview(by accounts.Actor, e events.Event, c events.Category, reads locale.Lang, texts mail.Texts) (mail.Mail, error) {
	return s.letters.Preview(by, s.letters.Sample(e, c, mail.Announcement, reads), texts)
}

// Try queues an announcement as somebody invented would get it to whoever writes it,
// at the address to.
//
// Faults: Forbidden; Invalid, the texts or the address.
func (s *Service) Try(ctx context.Context, by accounts.Actor, e events.Event, c events.Category, reads locale.Lang, texts mail.Texts, to string) error {
	return s.letters.SendTest(ctx, by, s.letters.Sample(e, c, mail.Announcement, reads), texts, to)
}

// Send queues an announcement to everybody it is for. expected is how many that
// were when the sender was shown the number, and id names this sending: who
// presses twice sends once.
//
// Faults: Forbidden; Invalid with fields; Conflict, there are more or fewer of
// them now, or none, or it was sent already.
func (s *Service) Send(ctx context.Context, by accounts.Actor, id, event ident.ID, to delegations.Audience, texts mail.Texts, expected int) (Announcement, error) {
	a := Announcement{ID: id, EventID: event, To: to, SentAt: s.now(), SentBy: by.Called()}
	if err := may(by, event, to); err != nil {
		return a, err
	}
	var err error
	if a.Texts, err = texts.Clean(mail.Announcement); err != nil {
		return a, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		e, err := events.In(ctx, tx, event)
		if err != nil {
			return err
		}
		// Counted before anybody is read: of too many, nobody is.
		if a.Recipients, err = delegations.AudienceSize(ctx, tx, event, to); err != nil {
			return fmt.Errorf("count an audience: %w", err)
		}
		if err := a.fits(expected); err != nil {
			return err
		}
		people, err := delegations.InAudience(ctx, tx, event, to)
		if err != nil {
			return fmt.Errorf("read an audience: %w", err)
		}
		a.Recipients = len(people)
		if err := a.fits(expected); err != nil { // somebody came or went meanwhile
			return err
		}
		if err := insert(ctx, tx, a); err != nil {
			return err
		}
		if err := s.letters.WriteMany(ctx, tx, e, people, a.Texts); err != nil {
			return err
		}
		err = audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: a.SentAt, ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
			Action: "announcement.send", ObjectKind: "announcement", ObjectID: a.ID,
			After: map[string]any{"recipients": a.Recipients, "subject_zh": a.Texts[locale.ZH].Subject, "subject_en": a.Texts[locale.EN].Subject},
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "mail", Ref: a.ID})
	})
	if store.Constraint(err) == "announcements_pkey" {
		err = fault.Wrap(err, fault.Conflict, "announcements.sent_already")
	}
	return a, err
}

// fits tells whether an announcement goes to as many as its sender was shown.
func (a Announcement) fits(expected int) error {
	switch {
	case a.Recipients == 0:
		return fault.New(fault.Conflict, "announcements.nobody")
	case a.Recipients > most:
		return fault.New(fault.Conflict, "announcements.too_many", most)
	case a.Recipients != expected:
		return fault.New(fault.Conflict, "announcements.changed", a.Recipients, expected)
	}
	return nil
}

func may(by accounts.Actor, event ident.ID, to delegations.Audience) error {
	switch {
	case !by.May(accounts.SendMails, event):
		return fault.New(fault.Forbidden, "error.forbidden")
	case !slices.Contains(delegations.Standings, to.Standing):
		return fault.Fields(fault.Field{Path: "standing", Key: "field.choice"})
	}
	return nil
}
