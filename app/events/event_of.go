package events

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOfCategory answers of which event a category is.
//
// Fault: NotFound.
func (s *Service) EventOfCategory(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "categories", id)
}
