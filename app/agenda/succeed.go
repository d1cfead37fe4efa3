package agenda

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// Succeed puts one registrant in the place of another wherever the other was to
// speak or is let in, in what is still to come, within the caller's transaction.
//
// Fault: Conflict, they are expected elsewhere at that time.
func (s *Service) Succeed(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, from, to ident.ID) error {
	if err := bump(ctx, tx, event); err != nil {
		return err
	}
	changed, err := succeedIn(ctx, tx, event, from, to, s.now())
	if err != nil {
		return err
	}
	for _, id := range changed {
		before, err := sessionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		after := before
		after.Version, after.ChangedAt = before.Version+1, s.now()
		if err := updateSession(ctx, tx, after); err != nil {
			return err
		}
		if err := hardClash(ctx, tx, after); err != nil {
			return err
		}
		if err := s.record(ctx, tx, by, "session.succeed", before, after); err != nil {
			return err
		}
	}
	return nil
}

// Part is where somebody is expected: as a speaker, or as one who is listed.
type Part struct {
	Session
	Part string `db:"part"`
}

// PartsOf answers where a registrant is expected in what is still to come, in order
// of time. Whoever may see the registration may see them.
func (s *Service) PartsOf(ctx context.Context, registration ident.ID) ([]Part, error) {
	return partsOf(ctx, s.db, registration, s.now())
}
