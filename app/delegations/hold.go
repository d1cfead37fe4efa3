package delegations

import (
	"context"
	"maps"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Hold keeps a registration back for vetting, which only those who vet see: to
// everybody else it is in review. No reason is kept.
//
// Faults: Forbidden; NotFound; Conflict, it does not wait for a decision.
func (s *Service) Hold(ctx context.Context, by accounts.Actor, id ident.ID) (Registration, error) {
	return s.vet(ctx, by, id, []Status{Submitted, UnderReview}, OnHold)
}

// Release ends a hold: the registration is in review.
//
// Faults: Forbidden; NotFound; Conflict, it is not held.
func (s *Service) Release(ctx context.Context, by accounts.Actor, id ident.ID) (Registration, error) {
	return s.vet(ctx, by, id, []Status{OnHold}, UnderReview)
}

func (s *Service) vet(ctx context.Context, by accounts.Actor, id ident.ID, from []Status, to Status) (Registration, error) {
	return s.locked(ctx, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !by.May(accounts.VetRegistration, e.ID) {
			return r, fault.New(fault.Forbidden, "error.forbidden")
		}
		for _, status := range from {
			if r.Status != status {
				continue
			}
			r.Status, r.Version = to, r.Version+1
			if err := updateStatus(ctx, tx, r); err != nil {
				return r, err
			}
			return r, s.step(ctx, tx, by, r, status, "office", "")
		}
		return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
	})
}

// heldBack refuses a decision about somebody who is held back. Who does not vet
// learns no more than that others have it in hand.
func heldBack(by accounts.Actor, event ident.ID) error {
	if by.May(accounts.VetRegistration, event) {
		return fault.New(fault.Conflict, "registration.held")
	}
	return fault.New(fault.Conflict, "registration.elsewhere")
}

// LogSeenBy leaves out of entries of the log what vetting did, for who does not vet
// in their event.
func LogSeenBy(by accounts.Actor, list []audit.Entry) (seen []audit.Entry) {
	held := func(fields map[string]any) bool { return fields["status"] == string(OnHold) }
	for _, e := range list {
		if e.ObjectKind == "registration" && !by.May(accounts.VetRegistration, e.EventID) {
			switch {
			case held(e.After), held(e.Before) && e.After["status"] == string(UnderReview):
				continue
			case held(e.Before):
				e.Before = maps.Clone(e.Before)
				e.Before["status"] = string(UnderReview)
			}
		}
		seen = append(seen, e)
	}
	return seen
}

// seenBy is a registration as an actor may know it.
func (r Registration) seenBy(by accounts.Actor) Registration {
	if !by.May(accounts.SeeSensitive, r.EventID) {
		r.PassportLast4 = ""
	}
	if by.May(accounts.VetRegistration, r.EventID) {
		return r
	}
	return r.forGuests()
}
