package badges

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOf answers of which event a badge is.
//
// Fault: NotFound.
func (s *Service) EventOf(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "badges", id)
}

// EventOfPrint answers of which event a run of the printer is.
//
// Fault: NotFound.
func (s *Service) EventOfPrint(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "badge_prints", id)
}
