package accounts

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// ByEmail finds an account, with its roles.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByEmail(ctx context.Context, by Actor, email string) (Account, error) {
	if !by.May(EditAccounts, ident.Nil) {
		return Account{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	found, err := accountByEmail(ctx, s.db, email)
	if err != nil {
		return Account{}, err
	}
	if found.Grants, err = grantsOf(ctx, s.db, found.ID); err != nil {
		return Account{}, fmt.Errorf("list roles: %w", err)
	}
	return found.Account, nil
}

// Disable shuts an account out: its sessions are over at once, and stay over when
// it is enabled again. Disabling it twice changes nothing.
//
// Faults: Forbidden; NotFound; Conflict, nobody would be left who owns every event.
func (s *Service) Disable(ctx context.Context, by Actor, id ident.ID) (a Account, err error) {
	if !by.May(EditAccounts, ident.Nil) {
		return a, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		owners, err := lockOwners(ctx, tx) // all of them: two who disable one another wait here
		if err != nil {
			return fmt.Errorf("lock owners: %w", err)
		}
		if a, err = lockAccount(ctx, tx, id); err != nil || a.DisabledAt != nil {
			return err
		}
		if slices.Equal(owners, []ident.ID{id}) {
			return fault.New(fault.Conflict, "accounts.last_owner")
		}
		now := s.now()
		if err := updateDisabled(ctx, tx, id, now); err != nil {
			return err
		}
		a.DisabledAt = &now
		return s.record(ctx, tx, by, ident.Nil, "account.disable", "account", id, nil)
	})
	return a, err
}

// Enable lets a disabled account sign in again, with the password and the roles it
// had. Enabling it twice changes nothing.
//
// Faults: Forbidden; NotFound.
func (s *Service) Enable(ctx context.Context, by Actor, id ident.ID) (a Account, err error) {
	if !by.May(EditAccounts, ident.Nil) {
		return a, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if a, err = lockAccount(ctx, tx, id); err != nil || a.DisabledAt == nil {
			return err
		}
		if err := updateEnabled(ctx, tx, id); err != nil {
			return err
		}
		a.DisabledAt = nil
		return s.record(ctx, tx, by, ident.Nil, "account.enable", "account", id, nil)
	})
	return a, err
}
