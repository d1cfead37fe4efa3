package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// EndOfFirm calls off the registrations of a firm that does not take part in an event
// any more, within the caller's transaction, and ends its links. It answers how many
// registrations there were. Each person is told.
//
// Faults: Forbidden, somebody registered and the actor may not decide; Conflict,
// somebody came already, or joined or left the firm at this moment.
func (s *Service) EndOfFirm(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, firm ident.ID, reason string) (ended int, err error) {
	people, err := s.lockOfFirm(ctx, tx, event, firm)
	if err != nil {
		return 0, err
	}
	for _, r := range people {
		switch {
		case r.Status == CheckedIn || r.Status == Departed:
			return 0, fault.New(fault.Conflict, "firms.leave.came", r.Reference)
		case !by.May(accounts.DecideRegistration, event):
			return 0, fault.New(fault.Forbidden, "error.forbidden")
		}
		_, err := s.inLocked(ctx, tx, r.ID, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
			if !r.Cancellable() {
				return r, fault.New(fault.Conflict, "error.changed")
			}
			return s.end(ctx, tx, by, e, r, Cancelled, "cancelled", reason)
		})
		if err != nil {
			return 0, err
		}
		ended++
	}
	links, err := revokeLinksOfFirm(ctx, tx, event, firm, s.now())
	if err != nil {
		return 0, fmt.Errorf("end links of the firm: %w", err)
	}
	for _, l := range links {
		if err := s.recordLink(ctx, tx, by, "link.revoke", l); err != nil {
			return 0, err
		}
	}
	return ended, nil
}

// lockOfFirm answers who comes for a firm, in the order in which they are called off,
// and keeps others from changing them. It takes the event's counter, so that nobody
// joins the firm until the transaction ends; see stillThere.
//
// Fault: Conflict, somebody joined or left it before that.
func (s *Service) lockOfFirm(ctx context.Context, tx *sqlx.Tx, event, firm ident.ID) ([]Registration, error) {
	before, err := comingForFirm(ctx, tx, event, firm)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(before))
	for i, r := range before {
		ids[i] = r.ID
	}
	if err := lockRegistrations(ctx, tx, ids); err != nil { // all, before the first gives up a place
		return nil, err
	}
	if err := lockNumbers(ctx, tx, event); err != nil {
		return nil, fmt.Errorf("lock the event's order: %w", err)
	}
	people, err := comingForFirm(ctx, tx, event, firm)
	if err != nil {
		return nil, err
	}
	if len(people) != len(ids) || slices.ContainsFunc(people, func(r Registration) bool { return !slices.Contains(ids, r.ID) }) {
		return nil, fault.New(fault.Conflict, "error.changed")
	}
	// Who waits goes first: nobody is given a place only to lose it.
	place := map[bool]int{true: 0, false: 1}
	slices.SortStableFunc(people, func(a, b Registration) int { return place[a.Status == Waitlisted] - place[b.Status == Waitlisted] })
	return people, nil
}

func comingForFirm(ctx context.Context, tx *sqlx.Tx, event, firm ident.ID) ([]Registration, error) {
	people, err := ofFirm(ctx, tx, event, firm)
	if err != nil {
		return nil, fmt.Errorf("read people of the firm: %w", err)
	}
	return slices.DeleteFunc(people, Registration.Gone), nil
}
