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

// full tells whether no place is left, and keeps others from taking one until the
// transaction ends.
func (s *Service) full(ctx context.Context, tx *sqlx.Tx, event ident.ID, category events.Category, delegation ident.ID, role string) (bool, error) {
	if category.Quota != nil {
		quota, taken, err := categoryPlaces(ctx, tx, category.ID)
		if err != nil {
			return false, fmt.Errorf("count places: %w", err)
		}
		if taken >= quota {
			return true, nil
		}
	}
	if delegation != ident.Nil {
		quota, taken, err := delegationPlaces(ctx, tx, event, delegation)
		if fault.CodeOf(err) == fault.NotFound {
			return false, fault.Fields(fault.Field{Path: "delegation", Key: "field.choice"})
		}
		if err != nil {
			return false, fmt.Errorf("count places: %w", err)
		}
		if taken >= quota {
			return true, nil
		}
		return classFull(ctx, tx, delegation, role)
	}
	return false, nil
}

// promote gives the places that became free, one of the category and one of the
// delegation, to those who wait longest and now have one of each that they need.
func (s *Service) promote(ctx context.Context, tx *sqlx.Tx, e events.Event, gone Registration) error {
	_, err := s.fill(ctx, tx, e, gone.CategoryID, gone.DelegationID, "a place became free: "+gone.Reference)
	return err
}

// Places are how many of a category hold a place, and how many wait for one.
type Places struct{ Taken, Waiting int }

// Places answers how full an event's categories are, by their IDs.
//
// Fault: Forbidden.
func (s *Service) Places(ctx context.Context, by accounts.Actor, event ident.ID) (map[ident.ID]Places, error) {
	if !by.May(accounts.SeeConsole, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return placesOf(ctx, s.db, event)
}

// EditCategory changes a category, see events.EditCategory; places that a higher
// quota brings go at once to those who wait longest.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed the
// category meanwhile.
func (s *Service) EditCategory(ctx context.Context, by accounts.Actor, in events.Category) (events.Category, error) {
	return s.events.EditCategory(ctx, by, in, func(tx *sqlx.Tx, before events.Category) error {
		if before.Quota == nil || in.Quota != nil && *in.Quota <= *before.Quota {
			return nil
		}
		e, err := events.In(ctx, tx, in.EventID)
		for more := 1; err == nil && more > 0; { // fill looks at so many at a time
			more, err = s.fill(ctx, tx, e, in.ID, ident.Nil, "the quota was raised")
		}
		return err
	})
}

// fill gives free places of a category and of a delegation to those who wait
// longest, and answers how many it gave.
func (s *Service) fill(ctx context.Context, tx *sqlx.Tx, e events.Event, category, delegation ident.ID, reason string) (given int, err error) {
	categories, err := events.CategoriesIn(ctx, tx, e.ID)
	if err != nil {
		return 0, err
	}
	waiting, err := waitingFor(ctx, tx, e.ID, category, delegation)
	if err != nil {
		return 0, fmt.Errorf("read waitlist: %w", err)
	}
	if err := lockPlaces(ctx, tx, waiting); err != nil {
		return 0, fmt.Errorf("lock places: %w", err)
	}
	for _, id := range waiting {
		waits, err := lockWaiting(ctx, tx, id)
		if err != nil {
			return given, err
		}
		if !waits {
			continue
		}
		r, err := registrationByID(ctx, tx, id)
		if err != nil {
			return given, err
		}
		i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == r.CategoryID })
		if i < 0 {
			continue
		}
		full, err := s.full(ctx, tx, e.ID, categories[i], r.DelegationID, r.Role)
		if err != nil {
			return given, err
		}
		if full {
			continue
		}
		from := r.Status
		r.Status, r.Version = UnderReview, r.Version+1
		if err := updateStatus(ctx, tx, r); err != nil {
			return given, err
		}
		if err := s.step(ctx, tx, accounts.SystemActor("waitlist"), r, from, "office", reason); err != nil {
			return given, err
		}
		given++
	}
	return given, nil
}
