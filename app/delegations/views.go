package delegations

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// View is a filter of the desk's list under a name.
type View struct {
	EventID  ident.ID `db:"event_id"`
	ID       ident.ID `db:"id"`
	UserID   ident.ID `db:"user_id"` // whose it is
	Name     string   `db:"name"`
	Query    string   `db:"query"`    // as it stands in the address
	Shared   bool     `db:"shared"`   // everybody at the event's desk sees it
	Standard bool     `db:"standard"` // its owner's desk opens with it
}

// Views answers whose views somebody may use: their own first, then those that
// others share.
//
// Fault: Forbidden.
func (s *Service) Views(ctx context.Context, by accounts.Actor, event ident.ID) ([]View, error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return viewsOf(ctx, s.db, event, by.ID)
}

// SaveView keeps a view of one's own; one of the same name is replaced.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveView(ctx context.Context, by accounts.Actor, in View) (View, error) {
	if !by.SignedIn() || !by.May(accounts.SeeRegistrations, in.EventID) {
		return View{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.ID, in.UserID, in.Name = s.newID(), by.ID, text.Clean(in.Name)
	var bad fault.List
	text.Line(&bad, "name", in.Name, true, 60)
	bad.Check(len(in.Query) <= 1000 && !text.Unseen(in.Query), "query", "constraint.saved_views_query_length")
	if err := bad.Err(); err != nil {
		return View{}, err
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if in.Standard {
			if err := clearStandard(ctx, tx, in.EventID, by.ID); err != nil {
				return err
			}
		}
		if in.ID, err = upsertView(ctx, tx, in); err != nil {
			return err
		}
		return s.record(ctx, tx, by, in.EventID, "view.save", "view", in.ID, nil, map[string]any{"name": in.Name}, "")
	})
	return in, err
}

// DeleteView forgets a view of one's own.
//
// Fault: NotFound, it is nobody's, or another's.
func (s *Service) DeleteView(ctx context.Context, by accounts.Actor, id ident.ID) error {
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		v, err := deleteView(ctx, tx, id, by.ID)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, by, v.EventID, "view.delete", "view", id, map[string]any{"name": v.Name}, nil, "")
	})
}
