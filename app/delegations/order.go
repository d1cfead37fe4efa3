package delegations

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Arrange sets the order of precedence within a delegation, by the office or by an
// officer. order names every member who comes, once; the head stays first. version
// is that of the delegation that was shown.
//
// Faults: NotFound; Forbidden; Conflict, the delegation or who belongs to it changed
// meanwhile; Invalid, somebody stands before the head.
func (s *Service) Arrange(ctx context.Context, by accounts.Actor, delegation ident.ID, version int, order []ident.ID) (d Delegation, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockDelegation(ctx, tx, delegation); err != nil {
			return err
		}
		if d, err = delegationByID(ctx, tx, delegation); err != nil {
			return err
		}
		if !by.May(accounts.EditDelegation, d.EventID) && !by.MayFor(accounts.Arrange, d.EventID, d.ID, "") {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		members, err := membersOf(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		members = slices.DeleteFunc(members, Registration.Left)
		of := map[ident.ID]Registration{}
		for _, r := range members {
			of[r.ID] = r
		}
		sorted := slices.Clone(order)
		slices.SortFunc(sorted, func(a, b ident.ID) int { return slices.Compare(a[:], b[:]) })
		known := !slices.ContainsFunc(order, func(id ident.ID) bool { return of[id].ID == ident.Nil })
		if version != d.Version || !known || len(slices.Compact(sorted)) != len(members) || len(order) != len(members) {
			return fault.New(fault.Conflict, "error.changed")
		}
		for i, id := range order {
			if of[id].Role == "head" && i > 0 {
				return fault.Fields(fault.Field{Path: "order", Key: "delegations.head_first"})
			}
		}
		return s.arrange(ctx, tx, by, &d, members, order, of)
	})
	return d, err
}

func (s *Service) arrange(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, d *Delegation, members []Registration, order []ident.ID, of map[ident.ID]Registration) error {
	var before, after []string
	for i, id := range order {
		before, after = append(before, members[i].Reference), append(after, of[id].Reference)
	}
	if slices.Equal(before, after) {
		return nil
	}
	d.Version++
	if err := lockRegistrations(ctx, tx, order); err != nil {
		return err
	}
	if err := updateOrder(ctx, tx, *d, order); err != nil {
		return err
	}
	return s.record(ctx, tx, by, d.EventID, "delegation.order", "delegation", d.ID, map[string]any{"order": joined(before)}, map[string]any{"order": joined(after)}, "")
}

// Pinned is the delegation's rank among the others, set by hand; 0: by the rule.
func (d Delegation) Pinned() int {
	if d.Precedence == nil {
		return 0
	}
	return *d.Precedence
}
