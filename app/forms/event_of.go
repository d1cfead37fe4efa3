package forms

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOfQuestion answers of which event a question is.
//
// Fault: NotFound.
func (s *Service) EventOfQuestion(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "questions", id)
}
