package delegations

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/store"
)

// overMost is how many registrations are ended at a time.
const overMost = 100

// CloseEvents ends what an event leaves open that the office closed and whose last day is
// over: whoever came has departed, and whoever was expected did not come. An event that is
// closed too early, by mistake, can be opened again until then. Several processes may do
// so at once.
func (s *Service) CloseEvents(ctx context.Context) error {
	for more := true; more; {
		err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			ids, err := lockLeftOpen(ctx, tx, s.now(), overMost)
			if err != nil {
				return fmt.Errorf("read whom closed events left: %w", err)
			}
			more = len(ids) == overMost
			for _, id := range ids {
				r, err := registrationByID(ctx, tx, id)
				if err != nil {
					return err
				}
				from := r.Status
				if r.Status = NoShow; from == CheckedIn {
					r.Status = Departed
				}
				r.Version++
				if err := updateStatus(ctx, tx, r); err != nil {
					return err
				}
				if err := s.dropPending(ctx, tx, accounts.SystemActor("closing"), r); err != nil {
					return err
				}
				if err := s.dropAsked(ctx, tx, accounts.SystemActor("closing"), r); err != nil {
					return err
				}
				if err := s.step(ctx, tx, accounts.SystemActor("closing"), r, from, "office", "@registration.because.event_over"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
