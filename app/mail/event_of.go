package mail

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// EventOf answers of which event a mail is.
//
// Fault: NotFound.
func (s *Service) EventOf(ctx context.Context, id ident.ID) (ident.ID, error) {
	return store.EventOf(ctx, s.DB, "mails", id)
}
