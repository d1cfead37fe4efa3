package files

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/ident"
)

// Kinds answers of which kinds there are files about a registration.
func (s *Service) Kinds(ctx context.Context, tx *sqlx.Tx, registration ident.ID) ([]string, error) {
	return kindsOf(ctx, tx, registration)
}

// Move makes the files of some kinds about one registration those about another,
// when the two turned out to be one person's. A portrait and a scan take the place
// of what was there; the content of that one is swept away later.
func (s *Service) Move(ctx context.Context, tx *sqlx.Tx, from, to ident.ID, kinds []string) error {
	return moveKinds(ctx, tx, from, to, kinds, s.now())
}
