package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// mostPlaces is more than any delegation has.
const mostPlaces = 500

// ClassPlaces are the places of one class of a delegation's members: of a role.
type ClassPlaces struct {
	Class string `db:"class"`
	Quota *int   `db:"quota"` // nil: as many as the delegation has
	Taken int    `db:"taken"`
}

// Bound is the quota of a class that has one.
func (p ClassPlaces) Bound() int {
	if p.Quota == nil {
		return 0
	}
	return *p.Quota
}

// ClassPlaces answers the places of each class of a delegation, in the order of
// MemberRoles.
//
// Fault: Forbidden.
func (s *Service) ClassPlaces(ctx context.Context, by accounts.Actor, d Delegation) ([]ClassPlaces, error) {
	if !by.May(accounts.SeeDelegations, d.EventID) && !by.HoldsLink(d.EventID, d.ID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return classPlaces(ctx, s.db, d.ID)
}

// SetPlaces changes how many places a delegation has, in all and of some classes. A
// class that classes does not name is bound by the whole alone. Nobody loses a
// place; new ones go at once to those who wait for them longest. version is the one
// that was shown.
//
// Faults: NotFound; Forbidden; Invalid with fields; Conflict, somebody changed the
// delegation meanwhile.
func (s *Service) SetPlaces(ctx context.Context, by accounts.Actor, id ident.ID, version, quota int, classes map[string]int) (d Delegation, err error) {
	var bad fault.List
	bad.Check(quota >= 0 && quota <= mostPlaces, "quota", "field.number_between", 0, mostPlaces)
	for class, n := range classes {
		bad.Check(slices.Contains(MemberRoles, class), "class", "field.choice")
		bad.Check(n >= 0 && n <= quota, "quota."+class, "field.number_between", 0, max(quota, 0))
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if d, err = delegationByID(ctx, tx, id); err != nil {
			return err
		}
		if !by.May(accounts.EditDelegation, d.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if err := lockDelegation(ctx, tx, id); err != nil {
			return err
		}
		b, err := openBook(ctx, tx, d.EventID) // those who wait are given places before this ends
		if err != nil {
			return err
		}
		if d, err = delegationByID(ctx, tx, id); err != nil {
			return err
		}
		if version != d.Version {
			return fault.New(fault.Conflict, "error.changed")
		}
		return s.setPlaces(ctx, b, by, &d, quota, classes)
	})
	return d, err
}

func (s *Service) setPlaces(ctx context.Context, b *book, by accounts.Actor, d *Delegation, quota int, classes map[string]int) error {
	tx := b.tx
	list, err := classPlaces(ctx, tx, d.ID)
	if err != nil {
		return err
	}
	was := map[string]int{}
	for _, p := range list {
		if p.Quota != nil {
			was[p.Class] = *p.Quota
		}
	}
	if err := updatePlaces(ctx, tx, d.ID, quota, classes); err != nil {
		return err
	}
	if err := s.record(ctx, tx, by, d.EventID, "delegation.places", "delegation", d.ID, placesAudited(d.Quota, was), placesAudited(quota, classes), ""); err != nil {
		return err
	}
	added := need{seat{of: d.ID}: 1}
	if err := b.load(ctx, added); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	if _, err := s.fill(ctx, b, added, "@registration.because.places_added"); err != nil {
		return err
	}
	*d, err = delegationByID(ctx, tx, d.ID)
	return err
}

// placesAudited are the places of a delegation as the audit log keeps them.
func placesAudited(quota int, classes map[string]int) map[string]any {
	of := func(class string) any {
		if n, bound := classes[class]; bound {
			return n
		}
		return nil
	}
	return map[string]any{
		"quota": quota, "quota_head": of("head"), "quota_deputy_head": of("deputy_head"), "quota_member": of("member"), "quota_business": of("business"),
		"quota_interpreter": of("interpreter"), "quota_entourage": of("entourage"), "quota_press": of("press"), "quota_companion": of("companion"),
	}
}
