package solver

import (
	"context"
	"slices"
)

// settle exchanges places within a slot while fewer parties have to walk; from
// the plan as it is, and from one in which hosts sit at home, whichever ends better.
func (s *state) settle(ctx context.Context) {
	s.exchangePlaces(ctx)
	best, fewest := slices.Clone(s.at), s.allChanges()
	for m := range s.meetings {
		if home := s.meetings[m].places; s.at[m].slot != none && s.at[m].place != home[0] {
			s.moveTo(m, home[0], func(before, after int) bool { return true })
		}
	}
	s.exchangePlaces(ctx)
	if s.allChanges() >= fewest {
		s.restore(best)
	}
}

func (s *state) exchangePlaces(ctx context.Context) {
	for better := true; better && ctx.Err() == nil; {
		better = false
		for m := range s.meetings {
			if s.at[m].slot == none {
				continue
			}
			for _, p := range s.meetings[m].places {
				if p != s.at[m].place && s.moveTo(m, p, func(before, after int) bool { return after < before }) {
					better = true
				}
			}
		}
	}
}

func (s *state) allChanges() (n int) {
	for w := range s.parties {
		n += s.changes(w)
	}
	return n
}

// moveTo brings a meeting to another place of its slot, exchanging it with who is
// there, when the changes of place before and after are as wanted.
func (s *state) moveTo(m, p int, wanted func(before, after int) bool) bool {
	from := s.at[m]
	other := int(s.table[p*s.slots+from.slot])
	if s.stays(m) || other != none && (s.stays(other) || s.at[other].slot != from.slot || s.meetings[other].length != s.meetings[m].length) {
		return false
	}
	list, goal := []int{m}, []spot{{from.slot, p, from.interpreter}}
	if other != none {
		list, goal = append(list, other), append(goal, spot{from.slot, from.place, s.at[other].interpreter})
	}
	before := s.changesOf(list)
	was := make([]spot, len(list))
	for i, x := range list {
		was[i] = s.take(x)
	}
	held := 0
	for i, x := range list {
		if !s.canBeAt(x, goal[i]) {
			break
		}
		s.put(x, goal[i])
		held++
	}
	if held == len(list) && wanted(before, s.changesOf(list)) {
		return true
	}
	for _, x := range list[:held] {
		s.take(x)
	}
	for i, x := range list {
		s.put(x, was[i])
	}
	return false
}

func (s *state) canBeAt(m int, at spot) bool {
	if !slices.Contains(s.meetings[m].places, at.place) {
		return false
	}
	out, _, ok := s.clash(m, at)
	return ok && len(out) == 0
}

// changesOf counts the changes of place of the parties at some meetings.
func (s *state) changesOf(list []int) (n int) {
	var parties []int
	for _, m := range list {
		parties = append(parties, s.meetings[m].parties[:]...)
	}
	slices.Sort(parties)
	for _, w := range slices.Compact(parties) {
		n += s.changes(w)
	}
	return n
}
