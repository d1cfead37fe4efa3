package solver

import (
	"context"
	"slices"

	"qianshou/app/matchmaking/format"
)

// most steps of the complete search for what must stand.
const requiredSteps = 300_000

// placeRequired places fixed and pinned meetings and whatever must come before
// them, by a complete search. It answers "" when they stand, Infeasible with the
// meetings that cannot stand together, or Unknown when the search was cut short.
func (s *state) placeRequired(ctx context.Context) (conflict []int, verdict string) {
	required := s.required(func(int) bool { return true })
	if len(required) == 0 {
		return nil, ""
	}
	search := requiredSearch{state: s, ctx: ctx, left: requiredSteps}
	switch search.run(required) {
	case found:
		for _, m := range required {
			s.weight[m] = never
		}
		return nil, ""
	case gaveUp:
		return nil, format.Unknown
	}
	return s.smallest(ctx, required), format.Infeasible
}

// required lists what must stand among the fixed and pinned that are wanted, and
// all that must come before them; what comes first, first.
func (s *state) required(wanted func(int) bool) (list []int) {
	seen := make([]bool, len(s.meetings))
	var add func(m int)
	add = func(m int) {
		if seen[m] {
			return
		}
		seen[m] = true
		for _, a := range s.meetings[m].after {
			add(a)
		}
		list = append(list, m)
	}
	for m := range s.meetings {
		if (s.meetings[m].fixed || s.meetings[m].pinned) && wanted(m) {
			add(m)
		}
	}
	return list
}

// smallest leaves out of a conflict whatever it stands without.
func (s *state) smallest(ctx context.Context, conflict []int) []int {
	left := slices.DeleteFunc(slices.Clone(conflict), func(m int) bool { return !s.meetings[m].fixed && !s.meetings[m].pinned })
	for _, m := range slices.Clone(left) {
		without := slices.DeleteFunc(slices.Clone(left), func(x int) bool { return x == m })
		search := requiredSearch{state: newState(s.model), ctx: ctx, left: requiredSteps / 10}
		if search.run(search.required(func(x int) bool { return slices.Contains(without, x) })) == impossible {
			left = without
		}
	}
	return left
}

type outcome int

const (
	found outcome = iota
	impossible
	gaveUp
)

type requiredSearch struct {
	*state
	ctx  context.Context //nolint:containedctx // lives as long as the one call
	left int
}

// run places a list in its order, or leaves the state as it was.
func (r *requiredSearch) run(list []int) outcome {
	if len(list) == 0 {
		return found
	}
	m := list[0]
	for _, at := range r.every(m) {
		if r.left--; r.left < 0 || r.left%1024 == 0 && r.ctx.Err() != nil {
			return gaveUp
		}
		if out, _, ok := r.clash(m, at); !ok || len(out) > 0 {
			continue
		}
		r.put(m, at)
		switch got := r.run(list[1:]); got {
		case found, gaveUp:
			if got == gaveUp {
				r.take(m)
			}
			return got
		}
		r.take(m)
	}
	return impossible
}

// every lists each spot of a meeting; the previous one first.
func (r *requiredSearch) every(m int) (list []spot) {
	v := &r.meetings[m]
	interpreters := v.interpreters
	if !v.interpreted {
		interpreters = []int{none}
	}
	for _, slot := range v.slots {
		for _, p := range v.places {
			if v.pinned && (slot != v.was.slot || p != v.was.place) {
				continue
			}
			for _, i := range interpreters {
				list = append(list, spot{slot, p, i})
			}
		}
	}
	if i := slices.Index(list, spot(v.was)); i > 0 {
		list[0], list[i] = list[i], list[0]
	}
	return list
}

// keepPrevious holds the meetings of the previous plan where they were, as far
// as the rules let. They stay: moving one costs more than anything else.
func (s *state) keepPrevious() {
	for range s.meetings { // what comes after something waits for the next round
		again := false
		for m := range s.meetings {
			v := &s.meetings[m]
			if v.was.slot == none || s.at[m].slot != none || !slices.Contains(v.slots, v.was.slot) || !slices.Contains(v.places, v.was.place) {
				continue
			}
			for _, i := range s.sameInterpreterFirst(m) {
				at := spot{v.was.slot, v.was.place, i}
				if out, _, ok := s.clash(m, at); ok && len(out) == 0 {
					s.put(m, at)
					s.weight[m] = never
					again = true
					break
				}
			}
		}
		if !again {
			return
		}
	}
}

func (s *state) sameInterpreterFirst(m int) []int {
	v := &s.meetings[m]
	if !v.interpreted {
		return []int{none}
	}
	list := slices.Clone(v.interpreters)
	slices.SortStableFunc(list, func(a, b int) int { return boolOrder(a == v.was.interpreter, b == v.was.interpreter) })
	return list
}
