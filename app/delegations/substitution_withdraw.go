package delegations

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Withdrawable tells whether an officer of the delegation who replaces a member of a role
// may take back what was asked for; what the person asked for is theirs to take back.
func (x Substitution) Withdrawable(by accounts.Actor, event ident.ID, role string) bool {
	if x.State != "asked" {
		return false
	}
	if x.Own {
		return by.ForRegistration(event, x.FromID)
	}
	return by.MayFor(accounts.Substitute, event, x.DelegationID, role)
}

// WithdrawSubstitution takes back what was asked for, by the delegation's officers, or by
// the person who asked. Both stay what they are; a newcomer, whom nobody wrote to, goes.
//
// Faults: NotFound, nobody of theirs; Conflict, it is decided.
func (s *Service) WithdrawSubstitution(ctx context.Context, by accounts.Actor, id ident.ID) (x Succession, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		sub, err := substitutionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := lockRegistrations(ctx, tx, []ident.ID{sub.FromID, sub.ToID}); err != nil {
			return err
		}
		if sub, err = substitutionByID(ctx, tx, id); err != nil { // again, now that nobody else decides
			return err
		}
		x = Succession{Substitution: sub}
		if x.Gone, err = registrationByID(ctx, tx, sub.FromID); err != nil {
			return err
		}
		if x.Deputy, err = registrationByID(ctx, tx, sub.ToID); err != nil {
			return err
		}
		decided := sub.State
		sub.State = "asked"
		switch {
		case !sub.Withdrawable(by, x.Gone.EventID, x.Gone.Role):
			return fault.New(fault.NotFound, "error.not_found")
		case decided != "asked":
			return fault.New(fault.Conflict, "substitution.decided")
		}
		e, err := events.In(ctx, tx, x.Gone.EventID)
		if err != nil {
			return err
		}
		x.settle("withdrawn", by, s.now()) // first: a newcomer leaves, and what is still asked about them goes
		if err := updateSubstitution(ctx, tx, x.Substitution); err != nil {
			return err
		}
		if err := s.dropNewcomer(ctx, tx, by, x.Deputy); err != nil {
			return err
		}
		return s.recordSubstitution(ctx, tx, by, e, x)
	})
	return x, err
}

// Waiting answers what is asked for about somebody who is to be replaced; nil: nothing.
//
// Fault: Forbidden, for those who replace nobody.
func (s *Service) Waiting(ctx context.Context, by accounts.Actor, r Registration) (*Substitution, error) {
	if !by.May(accounts.EditRegistration, r.EventID) && !r.officerOf(by, accounts.Substitute) && !by.ForRegistration(r.EventID, r.ID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return askedOf(ctx, s.db, r.ID)
}
