package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Steps are what a delegation does until its members are accredited, in order.
var Steps = []string{"nominate", "complete", "confirm"}

// Deadline is until when delegations take a step. Nothing is locked by it: whoever
// is late is late.
type Deadline struct {
	Step  string    `db:"step"`
	DueAt time.Time `db:"due_at"`
}

// DaysLeft counts the days from today to the deadline as a calendar of that place
// does: 0 on the day itself, negative afterwards.
func (d Deadline) DaysLeft(now time.Time, zone *time.Location) int {
	day := func(at time.Time) time.Time {
		y, m, d := at.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(d.DueAt).Sub(day(now)) / (24 * time.Hour))
}

// Past tells whether the deadline is over.
func (d Deadline) Past(now time.Time) bool { return !now.Before(d.DueAt) }

// Deadlines answers the deadlines of an event in the order of Steps, to the office
// and to officers.
//
// Fault: Forbidden.
func (s *Service) Deadlines(ctx context.Context, by accounts.Actor, event ident.ID) ([]Deadline, error) {
	if !by.May(accounts.SeeDelegations, event) && !by.HoldsLink(event, by.DelegationID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return deadlinesOf(ctx, s.db, event)
}

// SetDeadlines sets until when the delegations of an event take each step. A step
// that is not named has no deadline.
//
// Faults: NotFound; Forbidden; Invalid, no such step, or one before an earlier one.
func (s *Service) SetDeadlines(ctx context.Context, by accounts.Actor, event ident.ID, due map[string]time.Time) error {
	if !by.May(accounts.EditDelegation, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	var last time.Time
	for _, step := range Steps {
		if at, set := due[step]; set {
			bad.Check(!at.Before(last), step, "deadlines.order")
			last = at
		}
	}
	for step := range due {
		bad.Check(slices.Contains(Steps, step), "step", "field.choice")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := events.In(ctx, tx, event); err != nil {
			return err
		}
		list, err := lockDeadlines(ctx, tx, event)
		if err != nil {
			return err
		}
		before := map[string]time.Time{}
		for _, d := range list {
			before[d.Step] = d.DueAt
		}
		if err := saveDeadlines(ctx, tx, event, due); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "event.deadlines", "event", event, dueAudited(before), dueAudited(due), "")
	})
}

// dueAudited are deadlines as the audit log keeps them.
func dueAudited(due map[string]time.Time) map[string]any {
	at := func(step string) any {
		if at, set := due[step]; set {
			return at
		}
		return nil
	}
	return map[string]any{"due_nominate": at("nominate"), "due_complete": at("complete"), "due_confirm": at("confirm")}
}

// Standing is how far a delegation has come, and where it is late.
type Standing struct {
	Delegation
	Named      int  // members who come, drafts too
	HasHead    bool // one of them leads
	Drafts     int
	Incomplete int      // drafts that lack something
	Late       []string // of Steps: past their deadline with something open
	Due        string   // of Steps: the first with something open; empty: none
	Writable   int      // officers who can act on it and have an address

	members   []memberCount
	deadlines []Deadline
	now       time.Time
}

// standing is how far the members have come whom all or some roles count.
func standing(d Delegation, members []memberCount, deadlines []Deadline, now time.Time, leads bool) Standing {
	x := Standing{Delegation: d, HasHead: !leads, members: members, deadlines: deadlines, now: now}
	for _, n := range members {
		x.Named, x.Drafts, x.Incomplete = x.Named+n.Named, x.Drafts+n.Drafts, x.Incomplete+n.incomplete
		x.HasHead = x.HasHead || n.Role == "head"
	}
	for _, deadline := range deadlines {
		if deadline.Past(now) && x.Open(deadline.Step) > 0 {
			x.Late = append(x.Late, deadline.Step)
		}
	}
	if i := slices.IndexFunc(Steps, func(step string) bool { return x.Open(step) > 0 }); i >= 0 {
		x.Due = Steps[i]
	}
	return x
}

// of is how far the members have come whom an officer's role lets them see: what is
// open about others is not theirs to know, or to do.
func (x Standing) of(role accounts.OfficerRole) Standing {
	var seen []memberCount
	for _, n := range x.members {
		if role.Covers(accounts.SeeMember, n.Role) {
			seen = append(seen, n)
		}
	}
	return standing(x.Delegation, seen, x.deadlines, x.now, role.Covers(accounts.SeeMember, "head"))
}

// Open is how much of a step is left to do.
func (x Standing) Open(step string) int {
	switch step {
	case "nominate":
		if x.HasHead {
			return 0
		}
		return 1
	case "complete":
		return x.Incomplete
	}
	return x.Drafts
}

// IsLate tells whether a step is late.
func (x Standing) IsLate(step string) bool { return slices.Contains(x.Late, step) }

// Standings answers how far the delegations of an event have come that said they
// come, in order of code.
//
// Fault: Forbidden.
func (s *Service) Standings(ctx context.Context, by accounts.Actor, event ident.ID) ([]Standing, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	e, err := s.events.ByID(ctx, event)
	if err != nil {
		return nil, err
	}
	list, err := delegationsOf(ctx, s.db, event)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(d Delegation) bool { return d.Status != "accepted" && d.Status != "confirmed" })
	return s.standings(ctx, s.db, e, list)
}

// Standing answers how far one delegation has come, to the office, and to its
// officers as far as their role sees members.
//
// Fault: Forbidden.
func (s *Service) Standing(ctx context.Context, by accounts.Actor, d Delegation) (Standing, error) {
	if !by.May(accounts.SeeDelegations, d.EventID) && !by.HoldsLink(d.EventID, d.ID) {
		return Standing{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	e, err := s.events.ByID(ctx, d.EventID)
	if err != nil {
		return Standing{}, err
	}
	list, err := s.standings(ctx, s.db, e, []Delegation{d})
	if err != nil {
		return Standing{}, err
	}
	if !by.May(accounts.SeeDelegations, d.EventID) {
		return list[0].of(by.Officer), nil
	}
	return list[0], nil
}

func (s *Service) standings(ctx context.Context, q store.Querier, e events.Event, of []Delegation) ([]Standing, error) {
	one := ident.Nil
	if len(of) == 1 {
		one = of[0].ID
	}
	deadlines, err := deadlinesOf(ctx, q, e.ID)
	if err != nil {
		return nil, fmt.Errorf("read deadlines: %w", err)
	}
	counts, err := memberCounts(ctx, q, e.ID, one)
	if err != nil {
		return nil, fmt.Errorf("count members: %w", err)
	}
	officers, err := officerCounts(ctx, q, e.ID, one, accounts.OfficersWith(accounts.Confirm), s.now())
	if err != nil {
		return nil, fmt.Errorf("count officers: %w", err)
	}
	lacks, drafts, err := s.lackingOf(ctx, q, e, one, ident.Nil)
	if err != nil {
		return nil, err
	}
	for _, k := range drafts {
		i := slices.IndexFunc(counts, func(n memberCount) bool { return n.Delegation == k.DelegationID && n.Role == k.Role })
		if i >= 0 && len(lacks[k.ID]) > 0 {
			counts[i].incomplete++
		}
	}
	members := map[ident.ID][]memberCount{}
	for _, n := range counts {
		members[n.Delegation] = append(members[n.Delegation], n)
	}
	list := make([]Standing, 0, len(of))
	for _, d := range of {
		x := standing(d, members[d.ID], deadlines, s.now(), true)
		for _, o := range officers {
			if o.Delegation == d.ID && (x.Due == "" || x.of(o.Role).Due != "") {
				x.Writable += o.Officers
			}
		}
		list = append(list, x)
	}
	return list, nil
}
