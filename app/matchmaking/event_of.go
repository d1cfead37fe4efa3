package matchmaking

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOfPlan answers of which event a plan is.
//
// Fault: NotFound.
func (s *Service) EventOfPlan(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "plans", id)
}
