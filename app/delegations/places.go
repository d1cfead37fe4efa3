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
	categories, err := events.CategoriesIn(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	waiting, err := waitingFor(ctx, tx, e.ID, gone.CategoryID, gone.DelegationID)
	if err != nil {
		return fmt.Errorf("read waitlist: %w", err)
	}
	if err := lockPlaces(ctx, tx, waiting); err != nil {
		return fmt.Errorf("lock places: %w", err)
	}
	for _, id := range waiting {
		waits, err := lockWaiting(ctx, tx, id)
		if err != nil {
			return err
		}
		if !waits {
			continue
		}
		r, err := registrationByID(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == r.CategoryID })
		if i < 0 {
			continue
		}
		full, err := s.full(ctx, tx, e.ID, categories[i], r.DelegationID, r.Role)
		if err != nil {
			return err
		}
		if full {
			continue
		}
		from := r.Status
		r.Status, r.Version = UnderReview, r.Version+1
		if err := updateStatus(ctx, tx, r); err != nil {
			return err
		}
		if err := s.step(ctx, tx, accounts.SystemActor("waitlist"), r, from, "office", because(gone)); err != nil {
			return err
		}
	}
	return nil
}

// because is why somebody who waited has a place now.
func because(gone Registration) string {
	if gone.Reference == "" {
		return "places were added"
	}
	return "a place became free: " + gone.Reference
}
