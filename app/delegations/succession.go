package delegations

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
)

// succeed does it: the one leaves, the other takes over.
func (s *Service) succeed(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, x *Succession, follow []Handover) error {
	if x.Deputy.Status == OnHold && by.May(accounts.DecideRegistration, e.ID) { // nobody else learns of it
		return heldBack(by, e.ID)
	}
	r := x.Deputy
	if x.Fresh() {
		r.Version = 1
	}
	if _, err := openBook(ctx, tx, e.ID); err != nil {
		return err
	}
	gone, err := s.depart(ctx, tx, by, e, x.Gone, r)
	if err != nil {
		return err
	}
	if x.Left, err = registrationByID(ctx, tx, gone.ID); err != nil {
		return err
	}
	if r, x.Issued, err = s.seat(ctx, tx, by, e, x.Gone, r); err != nil {
		return err
	}
	if x.AsRank == "representative" {
		if err := takeOrder(ctx, tx, x.Gone.ID, r.ID); err != nil {
			return err
		}
	}
	if x.Deputy.holdsPlace() { // of the two places one is left
		if err := s.promote(ctx, tx, e, x.Deputy); err != nil {
			return err
		}
	}
	for _, hand := range follow {
		if err := hand(ctx, tx, by, gone, r); err != nil {
			return err
		}
	}
	if x.After, err = registrationByID(ctx, tx, r.ID); err != nil {
		return err
	}
	if x.Order, err = comingOf(ctx, tx, x.DelegationID); err != nil {
		return err
	}
	return s.tellAll(ctx, tx, e, gone, x)
}

// depart ends the part of whoever is replaced. Whoever came already has been there; the
// place that they took is the deputy's from now on.
func (s *Service) depart(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r, deputy Registration) (Registration, error) {
	to := Withdrawn
	if r.Status == CheckedIn {
		to = Departed
	}
	number := r.QueueNo
	if r.Status == Waitlisted { // the deputy waits at this one
		number = deputy.QueueNo
	}
	asked, err := askedAbout(ctx, tx, r.ID)
	if err != nil {
		return r, fmt.Errorf("read who is asked for: %w", err)
	}
	if r, err = s.leave(ctx, tx, by, r, to, "@registration.because.replaced "+deputy.Reference); err != nil {
		return r, err
	}
	if err := s.tellDropped(ctx, tx, by, e, asked); err != nil {
		return r, err
	}
	r.ReplacedBy = deputy.ID
	return r, updateReplaced(ctx, tx, r.ID, deputy.ID, number)
}

// seat brings the deputy as far as the one they replace had come: with a badge of
// that badge's type, or still before the desk, with a place, or waiting for one where
// the other did.
func (s *Service) seat(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, gone, r Registration) (Registration, Issued, error) {
	from, was := r.Status, r
	r.Role, r.CategoryID, r.Category, r.BadgeType, r.DelegationID = gone.Role, gone.CategoryID, gone.Category, gone.BadgeType, gone.DelegationID
	switch {
	case (r.Settled() || r.Status == Returned) && gone.Status == Waitlisted:
		return r, Issued{}, fault.New(fault.Conflict, "substitution.has_place", r.Name())
	case gone.Status == Waitlisted:
		r.Status, r.QueueNo, r.GroupID = Waitlisted, gone.QueueNo, gone.GroupID
	case gone.Settled() && !r.Settled(): // accepted below
	case from == Draft:
		r.Status = Submitted
	case from == Waitlisted:
		r.Status = UnderReview
	}
	r.Version++
	if err := updateDeputy(ctx, tx, r, s.now()); err != nil {
		return r, Issued{}, err
	}
	if was.newcomer() {
		if err := s.findDuplicates(ctx, tx, r.ID); err != nil {
			return r, Issued{}, err
		}
	}
	because := "@registration.because.takes_place " + gone.Reference
	switch {
	case r.Settled():
		issued, err := s.badges.ReplaceFor(ctx, tx, by, e, r, "comes in the place of "+gone.Reference)
		if err != nil {
			return r, issued, fmt.Errorf("replace badge: %w", err)
		}
		return r, issued, nil
	case gone.Settled():
		return s.accept(ctx, tx, by, e, r, because)
	case r.Status != from:
		return r, Issued{}, s.step(ctx, tx, by, r, from, sourceOf(by), because)
	}
	return r, Issued{}, nil
}
