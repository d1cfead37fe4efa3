package solver

import (
	"fmt"
	"slices"

	"qianshou/app/matchmaking/format"
)

// explain says why a meeting is not held: first what forbids it whatever the
// rest of the plan is, then what the plan has in its way.
func (s *state) explain(m int) format.Unplaced {
	v, x := &s.meetings[m], s.problem.Meetings[m]
	u := format.Unplaced{Meeting: x.ID}
	switch {
	case len(v.slots) == 0:
		u.Reason, u.Because, u.WouldAllow = format.NoCommonSlot, slices.Clone(x.Parties), "one slot in which both are free"
	case len(v.places) == 0:
		u.Reason, u.Because, u.WouldAllow = format.NoPlace, slices.Clone(x.Parties), "a place that has what they need"
	case v.interpreted && len(v.interpreters) == 0:
		u.Reason, u.WouldAllow = format.NoInterpret, "one "+x.Interpreter[0]+"-"+x.Interpreter[1]+" interpreter"
	default:
		s.explainPlan(m, &u)
	}
	return u
}

func (s *state) explainPlan(m int, u *format.Unplaced) {
	v, x := &s.meetings[m], s.problem.Meetings[m]
	for _, w := range v.parties {
		if s.count[w] >= s.workers[w].max {
			u.Reason, u.Because = format.PartyFull, []string{s.problem.Parties[w].ID}
			u.WouldAllow = fmt.Sprintf("one meeting more for %s", s.problem.Parties[w].ID)
			return
		}
	}
	for i, a := range v.after {
		if s.at[a].slot == none {
			u.Reason, u.Because, u.WouldAllow = format.Precedence, []string{x.After[i]}, "holding "+x.After[i]
			return
		}
	}
	// What stands in the way, slot by slot; the slot nearest to working tells.
	found := map[string][]string{}
	for _, slot := range v.slots {
		reason, because := s.obstacle(m, slot)
		found[reason] = append(found[reason], because...)
	}
	for _, reason := range []string{format.NoInterpret, format.NoPlace, format.TooFar, format.NeedsRest, format.Precedence, format.LowerValue} {
		because, known := found[reason]
		if !known {
			continue
		}
		slices.Sort(because)
		u.Reason, u.Because = reason, slices.Compact(because)
		switch reason {
		case format.NoInterpret:
			u.WouldAllow = "one more " + x.Interpreter[0] + "-" + x.Interpreter[1] + " interpreter"
		case format.NoPlace:
			u.WouldAllow = "one more place that has what they need"
		case format.LowerValue:
			u.WouldAllow = "a wider spread of the breaks"
			if len(u.Because) > 0 {
				u.WouldAllow = "leaving out " + u.Because[0]
			}
		default:
			u.WouldAllow = "one more slot"
		}
		return
	}
}

// obstacle answers the reason that keeps a meeting from one slot, and the ids.
func (s *state) obstacle(m, slot int) (reason string, because []string) {
	v := &s.meetings[m]
	end := slot + v.length
	for _, w := range v.parties {
		for t := slot; t < end; t++ {
			if list := s.load[w*s.slots+t]; len(list) >= s.workers[w].parallel {
				because = append(because, s.problem.Meetings[list[0]].ID)
			}
		}
	}
	if len(because) > 0 {
		return format.LowerValue, because
	}
	for _, a := range v.after {
		if s.ends[s.at[a].slot+s.meetings[a].length-1] > s.starts[slot] {
			return format.Precedence, []string{s.problem.Meetings[a].ID}
		}
	}
	for _, w := range v.parties {
		if out, ok := s.shortenRow(w, slot, end, nil); !ok || len(out) > 0 {
			return format.NeedsRest, []string{s.problem.Parties[w].ID}
		}
	}
	free := s.freePlaces(m, slot)
	if len(free) == 0 {
		return format.NoPlace, []string{s.problem.Slots[slot].ID}
	}
	if v.interpreted && !s.someInterpreter(m, slot, free) {
		for _, i := range v.interpreters {
			because = append(because, s.problem.Interpreters[i-s.parties].ID)
		}
		return format.NoInterpret, append(because, s.problem.Slots[slot].ID)
	}
	if s.far && !s.reachable(m, slot, free) {
		return format.TooFar, []string{s.problem.Slots[slot].ID}
	}
	// It fits, and would only be unfair: what its parties have already is why, or,
	// when they have nothing, what makes others wait.
	for _, w := range v.parties {
		because = append(because, s.held(w)...)
	}
	if len(because) == 0 {
		because = s.longestWaiting()
	}
	return format.LowerValue, because
}

// held answers the ids of the meetings that a party has.
func (s *state) held(w int) (ids []string) {
	for _, m := range s.workers[w].meetings {
		if s.isAt(w, m) {
			ids = append(ids, s.problem.Meetings[m].ID)
		}
	}
	return ids
}

// longestWaiting answers the ids of the meetings of those parties who have the
// most breaks; none when nobody has a meeting.
func (s *state) longestWaiting() (ids []string) {
	most := 0
	for w := range s.parties {
		if s.count[w] == 0 {
			continue
		}
		switch b := s.breaks(w); {
		case b > most:
			most, ids = b, s.held(w)
		case b == most:
			ids = append(ids, s.held(w)...)
		}
	}
	return ids
}

// reachable tells whether both parties can walk to one of the places in time.
func (s *state) reachable(m, slot int, places []int) bool {
	v := &s.meetings[m]
	return slices.ContainsFunc(places, func(p int) bool {
		for _, w := range v.parties {
			if out, ok := s.clashOf(w, spot{slot, p, none}, slot+v.length, nil); !ok || len(out) > 0 {
				return false
			}
		}
		return true
	})
}

func (s *state) freePlaces(m, slot int) (list []int) {
	v := &s.meetings[m]
	for _, p := range v.places {
		free := true
		for t := slot; free && t < slot+v.length; t++ {
			free = s.places[p].open[t] && s.table[p*s.slots+t] == none
		}
		if free {
			list = append(list, p)
		}
	}
	return list
}

// someInterpreter tells whether anybody could interpret, the walk of the parties
// aside.
func (s *state) someInterpreter(m, slot int, places []int) bool {
	for _, i := range s.meetings[m].interpreters {
		for _, p := range places {
			if out, ok := s.clashOf(i, spot{slot, p, i}, slot+s.meetings[m].length, nil); ok && len(out) == 0 {
				return true
			}
		}
	}
	return false
}
