package delegations

import (
	"context"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// ToDecide counts what waits for whoever decides on registrations of an event, beside
// the queue.
type ToDecide struct {
	Changes      int      `db:"changes"`
	Replacements int      `db:"replacements"`
	Replacement  ident.ID `db:"replacement"` // the one that waits longest
	Duplicates   int      `db:"-"`
}

// ToDecide answers what waits for a decision.
//
// Fault: Forbidden.
func (s *Service) ToDecide(ctx context.Context, by accounts.Actor, event ident.ID) (w ToDecide, err error) {
	if !by.May(accounts.DecideRegistration, event) {
		return w, fault.New(fault.Forbidden, "error.forbidden")
	}
	if w, err = waitingToDecide(ctx, s.db, event); err != nil {
		return w, err
	}
	w.Duplicates, err = openPairs(ctx, s.db, event)
	return w, err
}
