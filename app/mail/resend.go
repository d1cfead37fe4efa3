package mail

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Resend queues a mail once more. It gets a Message-ID of its own, since programs
// hide a second mail with the same; tries that are still to come of the round
// before are dropped.
//
// Faults: Forbidden; NotFound; Conflict, there is no SMTP server to send it by, it
// has no address, or its time is over and what it said is purged.
func (s *Service) Resend(ctx context.Context, by accounts.Actor, id ident.ID) error {
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		m, err := s.resendable(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if m.To == "" {
			return fault.New(fault.Conflict, "mail.no_address")
		}
		m.Round++
		if err := updateRound(ctx, tx, m); err != nil {
			return err
		}
		if err := insertAttempt(ctx, tx, Attempt{ID: s.NewID(), MailID: id, Round: m.Round, At: s.Now(), Outcome: OutcomeAgain}); err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, m); err != nil {
			return err
		}
		return s.record(ctx, tx, by, m.EventID, "mail.resend", "mail", id, nil)
	})
}

// ResendTo queues a copy of a mail to another address: that of somebody who hands
// it on, or of a person who mistyped theirs. The first mail stays what it is.
//
// Faults: as of Resend; Invalid, the address.
func (s *Service) ResendTo(ctx context.Context, by accounts.Actor, id ident.ID, address string) (ident.ID, error) {
	var copied ident.ID
	err := store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		m, err := s.resendable(ctx, tx, by, id)
		if err != nil {
			return err
		}
		to, ok := text.Email(address)
		if !ok {
			return fault.Fields(fault.Field{Path: "email", Key: "field.email"})
		}
		m.ID, m.CopyOf, m.To, m.ToName, m.OnBehalf = ident.Nil, id, to, "", true
		if err := s.put(ctx, tx, &m); err != nil {
			return err
		}
		copied = m.ID
		return s.record(ctx, tx, by, m.EventID, "mail.copy", "mail", m.ID, nil)
	})
	return copied, err
}

// QueueTest queues a letter that only tries how it arrives.
//
// Faults: Forbidden; Invalid, the address.
func (s *Service) QueueTest(ctx context.Context, by accounts.Actor, l Letter) error {
	switch {
	case !by.May(accounts.SendMails, l.EventID):
		return fault.New(fault.Forbidden, "error.forbidden")
	case l.To == "":
		return fault.Fields(fault.Field{Path: "email", Key: "field.email"})
	}
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		l.ID = s.NewID()
		if err := s.Queue(ctx, tx, l); err != nil {
			return err
		}
		return s.record(ctx, tx, by, l.EventID, "mail.test", "mail", l.ID, nil)
	})
}

// resendable finds a mail that can be sent once more, and keeps others from
// changing it.
func (s *Service) resendable(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, id ident.ID) (Mail, error) {
	if err := lockMail(ctx, tx, id); err != nil {
		return Mail{}, err
	}
	m, err := s.readIn(ctx, tx, id)
	switch {
	case err != nil:
		return Mail{}, err
	case !by.May(accounts.SendMails, m.EventID):
		return Mail{}, fault.New(fault.Forbidden, "error.forbidden")
	case m.Purged:
		return Mail{}, fault.New(fault.Conflict, "mail.purged")
	case s.SMTPURL == "":
		return Mail{}, fault.New(fault.Conflict, "mail.no_server")
	}
	return m, nil
}

// record writes the audit entry and the announcement of a change.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.NewID(), At: s.Now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: object, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "mail", Ref: object})
}
