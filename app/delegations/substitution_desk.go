package delegations

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// ConfirmSubstitution does what the holder of a delegation's link asked for.
//
// Faults: NotFound; Forbidden; Conflict, it is decided, or the two cannot change
// places any more.
func (s *Service) ConfirmSubstitution(ctx context.Context, by accounts.Actor, id ident.ID, follow ...Handover) (Succession, error) {
	return s.asked(ctx, by, id, "done", "", func(tx *sqlx.Tx, e events.Event, x *Succession) error {
		if err := x.fits(); err != nil {
			return err
		}
		return s.succeed(ctx, tx, by, e, x, follow)
	})
}

// PreviewAsked answers all that confirming would change; see PreviewSubstitution.
//
// Faults: as of ConfirmSubstitution.
func (s *Service) PreviewAsked(ctx context.Context, by accounts.Actor, id ident.ID, follow ...Handover) (Succession, error) {
	x, err := s.asked(ctx, by, id, "done", "", func(tx *sqlx.Tx, e events.Event, x *Succession) error {
		if err := x.fits(); err != nil {
			return err
		}
		if err := s.succeed(ctx, tx, by, e, x, follow); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	x.Issued.Token = ""
	return x, err
}

// RefuseSubstitution turns down what was asked for, for a reason that whoever holds
// the delegation's link reads. Both stay what they are; a newcomer goes.
//
// Faults: as of ConfirmSubstitution; Invalid, no reason.
func (s *Service) RefuseSubstitution(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (Succession, error) {
	reason, err := checkedNote(reason)
	if err != nil {
		return Succession{}, err
	}
	return s.asked(ctx, by, id, "refused", reason, func(tx *sqlx.Tx, e events.Event, x *Succession) error {
		if err := s.dropNewcomer(ctx, tx, by, x.Deputy); err != nil {
			return err
		}
		return s.tellRefused(ctx, tx, e, *x)
	})
}

// asked decides on a substitution that waits for it, and does what follows.
func (s *Service) asked(ctx context.Context, by accounts.Actor, id ident.ID, state, reason string, follow func(tx *sqlx.Tx, e events.Event, x *Succession) error) (x Succession, err error) {
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
		e, err := events.In(ctx, tx, x.Gone.EventID)
		switch {
		case err != nil:
			return err
		case !by.May(accounts.DecideRegistration, e.ID):
			return fault.New(fault.Forbidden, "error.forbidden")
		case sub.State != "asked":
			return fault.New(fault.Conflict, "substitution.decided")
		}
		x.settle(state, by, s.now()) // first: who is replaced leaves, and what is still asked about them goes
		x.Reason = reason
		if err := updateSubstitution(ctx, tx, x.Substitution); err != nil {
			return err
		}
		if err := follow(tx, e, &x); err != nil {
			return err
		}
		return s.recordSubstitution(ctx, tx, by, e, x)
	})
	return x, err
}

// Substitutions answers who came in whose place in a delegation, and who is to, the
// latest first.
//
// Fault: Forbidden.
func (s *Service) Substitutions(ctx context.Context, by accounts.Actor, d Delegation) ([]Substitution, error) {
	if !by.May(accounts.SeeDelegations, d.EventID) && !by.MayFor(accounts.SeeDelegation, d.EventID, d.ID, "") {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return substitutionsOf(ctx, s.db, d.ID)
}

func (s *Service) recordSubstitution(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, x Succession) error {
	action := "delegation.ask_substitute"
	switch x.State {
	case "done":
		action = "delegation.substitute"
	case "refused":
		action = "delegation.refuse_substitute"
	case "withdrawn":
		action = "delegation.withdraw_substitute"
	}
	after := map[string]any{"instead_of": x.Gone.Reference, "deputy": x.Deputy.Reference, "as_rank": x.AsRank}
	return s.record(ctx, tx, by, e.ID, action, "delegation", x.DelegationID, nil, after, x.Reason)
}

// SubstitutionOf answers who came in the place of a registration, or is to come if
// somebody asked for that; of a newcomer, in whose place they are to come. Nil: nobody.
//
// Fault: Forbidden.
func (s *Service) SubstitutionOf(ctx context.Context, by accounts.Actor, r Registration) (*Substitution, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) && !by.ForRegistration(r.EventID, r.ID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	where := `s.from_registration_id = $1 AND s.state = 'asked'`
	switch {
	case r.ReplacedBy != ident.Nil:
		where = `s.from_registration_id = $1 AND s.state = 'done'`
	case r.newcomer():
		where = `s.to_registration_id = $1 AND s.state = 'asked'`
	}
	list, err := substitutionsWhere(ctx, s.db, where, r.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// Substitution finds one that the office decides, or decided, on, and its
// delegation.
//
// Faults: Forbidden; NotFound.
func (s *Service) Substitution(ctx context.Context, by accounts.Actor, id ident.ID) (Substitution, Delegation, error) {
	x, err := substitutionByID(ctx, s.db, id)
	if err != nil {
		return x, Delegation{}, err
	}
	d, err := delegationByID(ctx, s.db, x.DelegationID)
	if err == nil && !by.May(accounts.DecideRegistration, d.EventID) {
		return Substitution{}, Delegation{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return x, d, err
}
