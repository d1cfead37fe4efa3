package matchmaking

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// EndOfFirm calls off the published meetings of a firm that does not take part in an
// event any more, within the caller's transaction, and withdraws what was asked of
// and by it. It answers how many meetings there were. Drafts that reckon with the
// firm are stale from now on.
//
// Fault: Conflict, one of its meetings has begun, or was held.
func (s *Service) EndOfFirm(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, firm ident.ID, _ string) (ended int, err error) {
	if err := lockPublishing(ctx, tx, event); err != nil {
		return 0, err
	}
	list, err := meetingsOfFirm(ctx, tx, event, firm, s.now())
	if err != nil {
		return 0, fmt.Errorf("read meetings of the firm: %w", err)
	}
	for _, m := range list {
		if m.begun() || m.Began {
			return 0, fault.New(fault.Conflict, "firms.leave.met")
		}
		if err := cancelMeeting(ctx, tx, m.ID); err != nil {
			return 0, err
		}
	}
	withdrawn, err := withdrawRequestsOfFirm(ctx, tx, event, firm)
	if err != nil {
		return 0, fmt.Errorf("withdraw requests of the firm: %w", err)
	}
	if len(list) == 0 && withdrawn == 0 {
		return 0, nil
	}
	return len(list), s.record(ctx, tx, by, event, "matchmaking.firm_left", "firm", firm, map[string]any{"meetings": len(list), "requests": withdrawn})
}
