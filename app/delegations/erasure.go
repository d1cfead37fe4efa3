package delegations

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
)

// EndForErasure ends a registration whose person asked to be erased, within the
// caller's transaction: who has not come yet is withdrawn, no badge opens a door any
// more, and a last letter says so. The letter is kept under no registration: it
// proves that the wish was fulfilled, and goes with the other mails.
func (s *Service) EndForErasure(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID) error {
	e, r, err := s.lockedIn(ctx, tx, registration)
	if err != nil {
		return err
	}
	address := r
	address.ID = ident.Nil
	switch {
	case r.Cancellable():
		if r, err = s.leave(ctx, tx, by, r, Withdrawn, ""); err != nil {
			return err
		}
		if err := s.promote(ctx, tx, e, r); err != nil {
			return err
		}
	case r.Status == Draft: // whom nobody waits for, nor reminds anybody of
		if _, err = s.leave(ctx, tx, by, r, Withdrawn, ""); err != nil {
			return err
		}
	default:
		if err := s.dropPending(ctx, tx, by, r); err != nil {
			return err
		}
		if err := s.badges.EndAllOf(ctx, tx, by, r.ID, ""); err != nil {
			return fmt.Errorf("end badges: %w", err)
		}
	}
	if address.Email == "" {
		return nil
	}
	return s.mail.Write(ctx, tx, Letter{Kind: "erased", Event: e, Registration: address})
}

// TellAnswer writes to a person what became of what they asked for their data,
// within the caller's transaction.
func (s *Service) TellAnswer(ctx context.Context, tx *sqlx.Tx, registration ident.ID, done bool, note string) error {
	e, r, err := s.lockedIn(ctx, tx, registration)
	if err != nil {
		return err
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return err
	}
	kind := "privacy_refused"
	if done {
		kind = "privacy_done"
	}
	return s.mail.Write(ctx, tx, Letter{Kind: kind, Event: e, Registration: r, ManageSecret: secret, Reason: note})
}

// lockedIn finds a registration and keeps others from changing it.
func (s *Service) lockedIn(ctx context.Context, tx *sqlx.Tx, id ident.ID) (e events.Event, r Registration, err error) {
	if err := lockRegistration(ctx, tx, id); err != nil {
		return e, r, err
	}
	if r, err = registrationByID(ctx, tx, id); err != nil {
		return e, r, err
	}
	e, err = events.In(ctx, tx, r.EventID)
	return e, r, err
}
