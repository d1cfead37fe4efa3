package solver

import "context"

// settle exchanges places within a slot while fewer parties have to walk.
func (s *state) settle(ctx context.Context) {
	for better := true; better && ctx.Err() == nil; {
		better = false
		for m := range s.meetings {
			if s.at[m].slot == none || s.stays(m) {
				continue
			}
			for _, p := range s.meetings[m].places {
				if p != s.at[m].place && s.moveTo(m, p) {
					better = true
				}
			}
		}
	}
}

// moveTo brings a meeting to another place of its slot, exchanging it with who is
// there, when that leaves fewer changes.
func (s *state) moveTo(m, p int) bool {
	from := s.at[m]
	other := int(s.table[p*s.slots+from.slot])
	if other != none && (s.stays(other) || s.at[other].slot != from.slot || s.meetings[other].length != s.meetings[m].length) {
		return false
	}
	list := []int{m}
	if other != none {
		list = append(list, other)
	}
	before := s.changesOf(list)
	var was []spot
	for _, x := range list {
		was = append(was, s.take(x))
	}
	goal := []spot{{from.slot, p, from.interpreter}}
	if other != none {
		goal = append(goal, spot{from.slot, from.place, was[1].interpreter})
	}
	ok := true
	held := 0
	for i, x := range list {
		if !s.canBeAt(x, goal[i]) {
			ok = false
			break
		}
		s.put(x, goal[i])
		held++
	}
	if ok && s.changesOf(list) < before {
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
	fits := false
	for _, p := range s.meetings[m].places {
		fits = fits || p == at.place
	}
	if !fits {
		return false
	}
	out, _, ok := s.clash(m, at)
	return ok && len(out) == 0
}

func (s *state) changesOf(list []int) (n int) {
	var seen []int
	for _, m := range list {
	parties:
		for _, w := range s.meetings[m].parties {
			for _, x := range seen {
				if x == w {
					continue parties
				}
			}
			seen = append(seen, w)
			n += s.changes(w)
		}
	}
	return n
}
