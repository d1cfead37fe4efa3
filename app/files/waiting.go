package files

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// TakeWaiting puts the portrait that waits in the place of the one in use, within the
// caller's transaction, whose rules decide on it. The content of the old one goes
// with the next Sweep.
//
// Fault: NotFound, none waits.
func (s *Service) TakeWaiting(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID) error {
	f, err := waitingPhoto(ctx, tx, registration)
	if err != nil {
		return err
	}
	if _, err := deleteOfKind(ctx, tx, registration, Photo, false, s.now()); err != nil {
		return err
	}
	if err := useFile(ctx, tx, f.ID); err != nil {
		return err
	}
	return s.record(ctx, tx, by, "file.add", f)
}

// DropWaiting deletes the portrait that waits, by whoever may hand one in. That none
// waits is no failure.
//
// Fault: Forbidden.
func (s *Service) DropWaiting(ctx context.Context, by accounts.Actor, registration ident.ID) error {
	o, err := ownerByID(ctx, s.db, registration)
	if err != nil {
		return err
	}
	if !by.May(rules[Photo].add, o.EventID) && !o.holds(by) {
		return forbidden()
	}
	var keys []string
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		f, err := waitingPhoto(ctx, tx, registration)
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if keys, err = deleteOfKind(ctx, tx, registration, Photo, true, s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, "file.remove", f)
	})
	if err == nil {
		s.forget(ctx, keys...)
	}
	return err
}
