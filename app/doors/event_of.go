package doors

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOfGate answers of which event a gate is.
//
// Fault: NotFound.
func (s *Service) EventOfGate(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "gates", id)
}

// EventOfDevice answers of which event a device is.
//
// Fault: NotFound.
func (s *Service) EventOfDevice(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.db, "devices", id)
}
