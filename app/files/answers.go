package files

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// Names answers what the files of a registration are called that answer questions.
func (s *Service) Names(ctx context.Context, tx *sqlx.Tx, registration ident.ID) (map[ident.ID]string, error) {
	list, err := filesOf(ctx, tx, registration)
	names := map[ident.ID]string{}
	for _, f := range list {
		if f.Purpose == Answer {
			names[f.ID] = f.Name
		}
	}
	return names, err
}

// Drop deletes files of a registration that answered questions, within the caller's
// transaction, whose rules decide on it. Their contents go with the next Sweep. One
// that is gone already is no failure.
func (s *Service) Drop(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID, ids []ident.ID) error {
	list, err := filesOf(ctx, tx, registration)
	if err != nil {
		return err
	}
	for _, f := range list {
		for _, id := range ids {
			if f.ID != id || f.Purpose != Answer {
				continue
			}
			if _, err := deleteFile(ctx, tx, id, s.now()); err != nil {
				return err
			}
			if err := s.record(ctx, tx, by, "file.remove", f); err != nil {
				return err
			}
		}
	}
	return nil
}
