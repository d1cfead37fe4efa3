package matchmaking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/matchmaking/format"
)

// Outcome is what became of a wish.
type Outcome string

// The outcomes. A wish that was answered otherwise (declined, expired …) has none.
const (
	WishWaiting  Outcome = "waiting" // for a plan, or for the next one
	WishPlaced   Outcome = "placed"
	WishUnplaced Outcome = "unplaced" // the published plan has no place for it
)

// Progress is how far an event's meetings have come, for everybody who may meet.
type Progress struct {
	HasSlots    bool       `db:"has_slots"`    // the event holds meetings at all
	PublishedAt *time.Time `db:"published_at"` // of the plan in force; nil: none is
}

// Progress answers whether a plan is in force. It is no secret: what it holds for
// whom is.
func (s *Service) Progress(ctx context.Context, event ident.ID) (Progress, error) {
	return progressOf(ctx, s.db, event)
}

// outcomes fills in what the published plan made of a firm's wishes.
func (s *Service) outcomes(ctx context.Context, by accounts.Actor, event, firm ident.ID, wishes []FirmWish) error {
	meetings, err := appointmentsOf(ctx, s.db, appointmentsOfFirm, event, firm)
	if err != nil {
		return fmt.Errorf("read meetings: %w", err)
	}
	left, err := s.leftOut(ctx, by, event, firm)
	if err != nil {
		return err
	}
	for i := range wishes {
		w := &wishes[i]
		if w.State != "open" && w.State != "accepted" {
			continue
		}
		w.Outcome = WishWaiting
		if at := slices.IndexFunc(meetings, func(m Appointment) bool { return m.DelegationID == w.DelegationID }); at >= 0 {
			w.Outcome, w.Meeting = WishPlaced, &meetings[at]
			continue
		}
		if why, known := left.reasons[w.DelegationID]; known && (why.Code != Blocked || w.CreatedAt.Before(left.plan.CreatedAt)) {
			w.Outcome, w.Reason, w.Who = WishUnplaced, why.Reason, why.Who
		}
	}
	return nil
}

// leftOut is what of a firm's requests the published plan has no place for, by
// delegation.
type leftOut struct {
	plan    Plan
	reasons map[ident.ID]Unplaced
}

func (s *Service) leftOut(ctx context.Context, by accounts.Actor, event, firm ident.ID) (left leftOut, err error) {
	p, err := publishedInFull(ctx, s.db, event)
	if fault.CodeOf(err) == fault.NotFound {
		return left, nil
	}
	if err != nil {
		return left, fmt.Errorf("read the published plan: %w", err)
	}
	problem, solution, err := p.read()
	if err != nil {
		return left, err
	}
	now, err := freeze(ctx, s.db, event)
	if err != nil {
		return left, fmt.Errorf("freeze matchmaking: %w", err)
	}
	left = leftOut{p.Plan, map[ident.ID]Unplaced{}}
	for _, u := range solution.Unplaced {
		m, known := find(problem.Meetings, func(m format.Meeting) bool { return m.ID == u.Meeting })
		if known && now.named(m.Parties[1]).ID == firm {
			left.reasons[now.named(m.Parties[0]).ID] = now.unplaced(m, u)
		}
	}
	for _, b := range now.blocked {
		if b.firm.ID == firm {
			left.reasons[b.delegation.ID] = Unplaced{Code: Blocked, Reason: blockedTo(by, event)}
		}
	}
	return left, nil
}

// blockedTo is what somebody reads of two who must not meet: that it was set so,
// or no more than that it is not possible.
func blockedTo(by accounts.Actor, event ident.ID) string {
	if by.May(accounts.EditMatchmaking, event) {
		return "blocked"
	}
	return "not_possible"
}
