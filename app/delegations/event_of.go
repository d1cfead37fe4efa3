package delegations

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOf answers of which event a registration is. It, and those below, are for
// whoever has to know before anything else: they tell nothing but that.
//
// Fault: NotFound.
func (s *Service) EventOf(ctx context.Context, registration ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "registrations", registration)
}

// EventOfDelegation is EventOf for a delegation.
func (s *Service) EventOfDelegation(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "delegations", id)
}

// EventOfLeg is EventOf for a journey.
func (s *Service) EventOfLeg(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "travel_legs", id)
}

// EventOfLink is EventOf for a link.
func (s *Service) EventOfLink(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "magic_links", id)
}

// EventOfDecision is EventOf for a decision about several.
func (s *Service) EventOfDecision(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "decisions", id)
}

// EventOfView is EventOf for a saved view.
func (s *Service) EventOfView(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "saved_views", id)
}

// EventOfSubstitution is EventOf for a substitution.
func (s *Service) EventOfSubstitution(ctx context.Context, id ident.ID) (ident.ID, error) {
	return eventOfSubstitution(ctx, s.db, id)
}
