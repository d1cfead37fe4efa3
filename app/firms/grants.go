package firms

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// The kinds of grant. Whitelist shortens the firm's invitations of guests from
// abroad, direct report the travel approvals of its own staff; they are two things,
// and neither holds the other. Auto approval is a policy of this program alone.
const (
	Whitelist    = "whitelist"
	DirectReport = "direct_report"
	AutoApprove  = "auto_approve"
)

// GrantKinds are the attributes that the office may give a firm.
var GrantKinds = []string{Whitelist, DirectReport, AutoApprove}

// Grant is a dated attribute of a firm, given by the office and revocable.
type Grant struct {
	ID        ident.ID   `db:"id"`
	FirmID    ident.ID   `db:"firm_id"`
	Kind      string     `db:"kind"`
	From      time.Time  `db:"valid_from"` // the first day; dates are midnight UTC
	ReviewOn  time.Time  `db:"review_on"`  // from this day it rests until somebody reviews it
	RevokedOn *time.Time `db:"revoked_on"` // the first day without it
	Basis     string     `db:"basis"`
	GrantedBy string     `db:"granted_by"`
	Steps     []Step     `db:"-"` // what was done with it, oldest first
}

// Step is one thing done with a grant.
type Step struct {
	ID        ident.ID    `db:"id"`
	GrantID   ident.ID    `db:"grant_id"`
	At        time.Time   `db:"at"`
	What      string      `db:"step"` // given, reviewed, revoked
	Effective time.Time   `db:"effective"`
	ReviewOn  *time.Time  `db:"review_on"`
	Reason    string      `db:"reason"`
	By        locale.Text `db:"by"`
}

// State is how a grant stands on a day.
type State string

// The states of a grant.
const (
	Planned State = "planned" // begins later
	Held    State = "held"
	Due     State = "due"   // rests until it is reviewed
	Ended   State = "ended" // revoked
)

// State answers how the grant stands on a day.
func (g Grant) State(on time.Time) State {
	switch {
	case g.RevokedOn != nil && (!g.RevokedOn.After(on) || !g.RevokedOn.After(g.From)): // over, or taken back before it began
		return Ended
	case g.From.After(on):
		return Planned
	case !g.ReviewOn.After(on):
		return Due
	}
	return Held
}

// soon is how long before its review a grant is called to attention.
const soon = 30 * 24 * time.Hour

// Soon tells whether a grant that is held must be reviewed within thirty days.
func (g Grant) Soon(on time.Time) bool { return g.State(on) == Held && !g.ReviewOn.After(on.Add(soon)) }

// Give grants a firm an attribute.
//
// Faults: Forbidden; NotFound, the firm; Invalid with fields, that the firm holds
// it in that time already among them.
func (s *Service) Give(ctx context.Context, by accounts.Actor, g Grant) (Grant, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return g, fault.New(fault.Forbidden, "error.forbidden")
	}
	g.Basis = text.Clean(g.Basis)
	var bad fault.List
	bad.Check(slices.Contains(GrantKinds, g.Kind), "kind", "field.choice")
	text.Line(&bad, "basis", g.Basis, true, 500)
	bad.Check(!g.From.IsZero(), "valid_from", "field.date")
	bad.Check(g.ReviewOn.After(g.From), "review_on", "firms.review_after")
	if err := bad.Err(); err != nil {
		return g, err
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if _, err := lockFirm(ctx, tx, g.FirmID); err != nil {
			return err
		}
		g, err = s.give(ctx, tx, by, g)
		return err
	})
	return g, err
}

// give writes a grant with its first step, within the caller's transaction.
func (s *Service) give(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, g Grant) (Grant, error) {
	g.ID, g.GrantedBy, g.RevokedOn = s.newID(), by.Name(), nil
	if err := insertGrant(ctx, tx, g); err != nil {
		return g, fieldOf(err)
	}
	step := s.step(by, g.ID, "given", g.From, g.Basis)
	step.ReviewOn = &g.ReviewOn
	if err := insertStep(ctx, tx, step); err != nil {
		return g, err
	}
	g.Steps = []Step{step}
	return g, s.recorded(ctx, tx, by, ident.Nil, "firm.grant", g.FirmID, moved{
		after: map[string]any{"grant": g.Kind, "valid_from": onDay(g.From), "review_on": onDay(g.ReviewOn)}, reason: g.Basis,
	})
}

// Review confirms a grant after somebody looked at it, until the next review.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, it is revoked.
func (s *Service) Review(ctx context.Context, by accounts.Actor, firm, grant ident.ID, next time.Time, reason string) (Grant, error) {
	return s.changeGrant(ctx, by, firm, grant, reason, func(tx *sqlx.Tx, g *Grant, reason string, bad fault.List) error {
		bad.Check(next.After(s.today()) && next.After(g.From), "review_on", "firms.review_ahead")
		if err := bad.Err(); err != nil {
			return err
		}
		m := moved{before: map[string]any{"review_on": onDay(g.ReviewOn)}, after: map[string]any{"grant": g.Kind, "review_on": onDay(next)}, reason: reason}
		step := s.step(by, g.ID, "reviewed", s.today(), reason)
		step.ReviewOn = &next
		g.ReviewOn, g.Steps = next, append(g.Steps, step)
		if err := updateGrant(ctx, tx, *g); err != nil {
			return err
		}
		if err := insertStep(ctx, tx, step); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, ident.Nil, "firm.review", g.FirmID, m)
	})
}

// Revoke ends a grant: on is the first day without it, today or later. One that has
// not begun by then never begins. An end that lies ahead may be brought forward.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, it is revoked already.
func (s *Service) Revoke(ctx context.Context, by accounts.Actor, firm, grant ident.ID, on time.Time, reason string) (Grant, error) {
	return s.changeGrant(ctx, by, firm, grant, reason, func(tx *sqlx.Tx, g *Grant, reason string, bad fault.List) error {
		bad.Check(!on.Before(s.today()), "revoked_on", "firms.revoked_ahead")
		before := map[string]any{}
		if g.RevokedOn != nil {
			bad.Check(on.Before(*g.RevokedOn), "revoked_on", "firms.revoked_forward", onDay(*g.RevokedOn))
			before["revoked_on"] = onDay(*g.RevokedOn)
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if on.Before(g.From) {
			on = g.From
		}
		m := moved{before: before, after: map[string]any{"grant": g.Kind, "revoked_on": onDay(on)}, reason: reason}
		step := s.step(by, g.ID, "revoked", on, reason)
		g.RevokedOn, g.Steps = &on, append(g.Steps, step)
		if err := updateGrant(ctx, tx, *g); err != nil {
			return err
		}
		if err := insertStep(ctx, tx, step); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, ident.Nil, "firm.revoke", g.FirmID, m)
	})
}

// changeGrant runs a change of a grant that is not over. change gets the reason
// cleaned, and what is broken so far.
func (s *Service) changeGrant(ctx context.Context, by accounts.Actor, firm, grant ident.ID, reason string,
	change func(tx *sqlx.Tx, g *Grant, reason string, bad fault.List) error) (g Grant, err error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return g, fault.New(fault.Forbidden, "error.forbidden")
	}
	reason = text.Clean(reason)
	var bad fault.List
	text.Line(&bad, "reason", reason, true, 500)
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if g, err = lockGrant(ctx, tx, firm, grant); err != nil {
			return err
		}
		if g.State(s.today()) == Ended {
			return fault.New(fault.Conflict, "firms.grant_over")
		}
		return change(tx, &g, reason, bad)
	})
	return g, err
}

func (s *Service) step(by accounts.Actor, grant ident.ID, what string, on time.Time, reason string) Step {
	return Step{ID: s.newID(), GrantID: grant, At: s.now(), What: what, Effective: on, Reason: reason, By: by.Called()}
}

func onDay(day time.Time) string { return day.Format(time.DateOnly) }

// Grants answers every grant that a firm ever had with what was done with it, the
// latest first within each kind.
//
// Fault: Forbidden.
func (s *Service) Grants(ctx context.Context, by accounts.Actor, firm ident.ID) ([]Grant, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	byFirm, err := grantsOf(ctx, s.db, []ident.ID{firm})
	if err != nil {
		return nil, err
	}
	list := byFirm[firm]
	steps, err := stepsOf(ctx, s.db, firm)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Steps = steps[list[i].ID]
	}
	return list, nil
}
