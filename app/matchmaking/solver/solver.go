// Package solver makes plans: which meetings are held, when, where, and with
// whose interpretation. It is pure: no database, no clock, no chance but its
// seed. The same problem and seed give the same plan, unless the context ends
// first; then it is the best found until then.
//
// It works in four steps. What must stand (fixed, pinned, and what must come
// before) is placed by a complete search, which proves a conflict where there is
// one. Then meetings are pressed in at the cheapest spot, pushing out lighter
// ones, under a falling temperature. Then chains of exchanges between two slots
// shorten the waiting, and exchanges of tables the walking. Beside that, flows
// prove what no plan can exceed.
package solver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"qianshou/app/matchmaking/format"
)

// Options of a run.
type Options struct {
	Seed int64
}

// Solve answers a plan that keeps every hard rule of the problem, or says what
// cannot stand together. Its Seconds are the caller's to measure.
//
// The error is the problem's own (*format.Error), when it is not valid.
func Solve(ctx context.Context, p format.Problem, opts Options) (format.Plan, error) {
	if err := p.Validate(); err != nil {
		return format.Plan{}, fmt.Errorf("solve: %w", err)
	}
	plan := format.Plan{Format: format.PlanFormat, Seed: opts.Seed, Meetings: []format.Placed{}}
	m := newModel(&p)
	s := newState(m)
	switch conflict, verdict := s.placeRequired(ctx); verdict {
	case format.Infeasible:
		plan.Status = format.Infeasible
		for _, i := range conflict {
			plan.Conflict = append(plan.Conflict, p.Meetings[i].ID)
		}
		return plan, nil
	case format.Unknown:
		plan.Status = format.Unknown
		return plan, nil
	}
	s.keepPrevious()
	chance := rand.New(rand.NewPCG(uint64(opts.Seed), 0x9ea5)) //nolint:gosec // a search, not a secret
	first, stop := share(ctx, 0.2)
	bound := m.bound(first)
	stop()
	second, stop := share(ctx, 0.55)
	s.press(second, chance, bound)
	stop()
	third, stop := share(ctx, 0.8)
	s.shorten(third, chance)
	stop()
	if !s.makeFair() {
		plan.Status = format.Unknown
		return plan, nil
	}
	s.fillUp()
	s.settle(ctx)
	plan.Status, plan.Objective, plan.Bound = format.Feasible, s.objective(), bound
	if o := plan.Objective; o.Moved == 0 && o.MustUnplaced == bound.MustUnplaced && o.Value == bound.Value && o.BelowMin == 0 && o.Spread == 0 && o.Breaks == bound.Breaks {
		plan.Status = format.Optimal
	}
	s.write(&plan)
	return plan, nil
}

// share is a context for one step: it has a part of the time that is left, so
// that later steps have some too.
func share(ctx context.Context, part float64) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(part*float64(time.Until(deadline))))
}

// write lists the plan by time and place, and the unplaced in the order of the
// problem.
func (s *state) write(plan *format.Plan) {
	order := make([]int, 0, len(s.meetings))
	for i := range s.meetings {
		if s.at[i].slot != none {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if s.at[a].slot != s.at[b].slot {
			return s.at[a].slot - s.at[b].slot
		}
		return s.at[a].place - s.at[b].place
	})
	for _, i := range order {
		at := s.at[i]
		placed := format.Placed{Meeting: s.problem.Meetings[i].ID, Slot: s.problem.Slots[at.slot].ID, Place: s.problem.Places[at.place].ID, Pinned: s.meetings[i].pinned}
		if at.interpreter != none {
			placed.Interpreter = s.problem.Interpreters[at.interpreter-s.parties].ID
		}
		plan.Meetings = append(plan.Meetings, placed)
	}
	for _, i := range slices.Sorted(slices.Values(s.unplaced)) {
		plan.Unplaced = append(plan.Unplaced, s.explain(i))
	}
}

// objective is what the state is worth.
func (s *state) objective() (o format.Objective) {
	for i := range s.meetings {
		if was := s.meetings[i].was; was.slot != none && (s.at[i].slot != was.slot || s.at[i].place != was.place) {
			o.Moved++
		}
	}
	o.MustUnplaced, o.Value, o.BelowMin = s.mustOut, s.value, s.belowMin()
	o.Spread, o.Breaks = s.idle()
	for w := range s.parties {
		o.PlaceChanges += s.changes(w)
	}
	o.Rank = s.rank()
	return o
}

func (s *state) belowMin() (n int) {
	for w := range s.parties {
		n += max(0, s.workers[w].least-s.count[w])
	}
	return n
}

// idle answers the spread of the breaks over parties with meetings, and their sum.
func (s *state) idle() (spread, sum int) {
	most, fewest := -1, unlimited
	for w := range s.parties {
		if s.count[w] == 0 {
			continue
		}
		b := s.breaks(w)
		sum += b
		most, fewest = max(most, b), min(fewest, b)
	}
	return max(0, most-fewest), sum
}

// breaks counts the idle runs between two meetings of a party in one day.
func (s *state) breaks(w int) (n int) {
	last := none
	for t := range s.slots {
		if len(s.load[w*s.slots+t]) == 0 {
			continue
		}
		if last != none && t > last+1 && s.day[last] == s.day[t] {
			n++
		}
		last = t
	}
	return n
}

// changes counts how often a party goes to another place from one meeting to the
// next within a day.
func (s *state) changes(w int) (n int) {
	if s.workers[w].parallel != 1 {
		return 0
	}
	last, before := none, none
	for t := range s.slots {
		list := s.load[w*s.slots+t]
		if len(list) == 0 || int(list[0]) == before {
			continue
		}
		m := int(list[0])
		if before != none && s.day[last] == s.day[t] && s.at[before].place != s.at[m].place {
			n++
		}
		last, before = t, m
	}
	return n
}

// rank counts pairs of hosts of which the lower ranked one meets in the first
// slot and the higher ranked one, who has meetings, does not.
func (s *state) rank() (n int) {
	waiting, equal, before := 0, 0, 0
	for _, h := range s.hosts { // highest first; equals do not count against each other
		if s.workers[h].rank != before {
			waiting, equal, before = waiting+equal, 0, s.workers[h].rank
		}
		switch {
		case s.startsFirst(h):
			n += waiting
		case s.count[h] > 0:
			equal++
		}
	}
	return n
}

func (s *state) startsFirst(w int) bool { return s.slots > 0 && len(s.load[w*s.slots]) > 0 }
