package privacy

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOfHold answers of which event a legal hold is.
//
// Fault: NotFound.
func (s *Service) EventOfHold(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "legal_holds", id)
}

// EventOfRequest answers of which event a request is.
//
// Fault: NotFound.
func (s *Service) EventOfRequest(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "privacy_requests", id)
}
