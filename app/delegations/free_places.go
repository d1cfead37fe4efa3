package delegations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/store"
)

// GiveFreePlaces gives away places that became free while whoever was next was being
// changed. Several processes may do so at once.
func (s *Service) GiveFreePlaces(ctx context.Context) error {
	list, err := eventsWithFreePlaces(ctx, s.db)
	if err != nil {
		return fmt.Errorf("read free places: %w", err)
	}
	var failed []error
	for _, event := range list {
		failed = append(failed, store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			b, err := openBook(ctx, tx, event)
			if err != nil {
				return err
			}
			free, err := takeFreePlaces(ctx, tx, event)
			if err != nil {
				return err
			}
			for _, place := range free {
				of := need{seat{of: place.Of}: 1}
				if err := b.load(ctx, of); err != nil {
					return fmt.Errorf("count places: %w", err)
				}
				if _, err := s.fill(ctx, b, of, place.Reason); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return errors.Join(failed...)
}
