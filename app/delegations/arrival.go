package delegations

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// Arrive notes a person's first granted entry, within the transaction of the
// scan. Later entries change nothing.
func (s *Service) Arrive(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID) error {
	arrived, err := checkIn(ctx, tx, registration)
	if err != nil || !arrived {
		return err
	}
	r, err := registrationByID(ctx, tx, registration)
	if err != nil {
		return err
	}
	return s.step(ctx, tx, by, r, BadgeIssued, "door", "")
}
