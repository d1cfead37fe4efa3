package solver

import "slices"

// spot is where a meeting is: interpreter is a worker, or none.
type spot struct{ slot, place, interpreter int }

var nowhere = spot{none, none, none}

// state is a plan under work. It keeps every hard rule at all times, but for
// fairness, which is judged on whole plans.
type state struct {
	*model
	at       []spot
	load     [][]int32 // worker × slots: the meetings there
	count    []int     // meetings of each worker
	table    []int32   // place × slots: the meeting there, or none
	weight   []int64   // what it costs to push a meeting out; below zero: never
	value    int
	mustOut  int
	unplaced []int // meetings, in no order
	posOut   []int // of a meeting in unplaced
	scratch  []int
}

// never is the weight of what is not pushed out.
const never = -1

func newState(m *model) *state {
	s := &state{model: m, load: make([][]int32, len(m.workers)*m.slots), count: make([]int, len(m.workers)), table: make([]int32, len(m.places)*m.slots)}
	for i := range s.table {
		s.table[i] = none
	}
	for i, v := range m.meetings {
		s.at = append(s.at, nowhere)
		s.weight = append(s.weight, v.worth())
		s.unplaced, s.posOut = append(s.unplaced, i), append(s.posOut, i)
		if v.must {
			s.mustOut++
		}
	}
	return s
}

// mustWorth outweighs any number of wishes that one meeting can push out.
const mustWorth = 1 << 30

func (v *meeting) worth() int64 {
	if v.must {
		return mustWorth + int64(v.value)
	}
	return int64(v.value)
}

// workersOf lists who is at a meeting.
func (s *state) workersOf(m, interpreter int) ([3]int, int) {
	v := &s.meetings[m]
	if interpreter == none {
		return [3]int{v.parties[0], v.parties[1]}, 2
	}
	return [3]int{v.parties[0], v.parties[1], interpreter}, 3
}

// put holds a meeting at a spot that is free.
func (s *state) put(m int, at spot) {
	v := &s.meetings[m]
	s.at[m] = at
	who, n := s.workersOf(m, at.interpreter)
	for _, w := range who[:n] {
		s.count[w]++
	}
	for t := at.slot; t < at.slot+v.length; t++ {
		s.table[at.place*s.slots+t] = int32(m) //nolint:gosec // there are at most 200,000
		for _, w := range who[:n] {
			s.load[w*s.slots+t] = append(s.load[w*s.slots+t], int32(m)) //nolint:gosec // as above
		}
	}
	s.value += v.value
	if v.must {
		s.mustOut--
	}
	last := len(s.unplaced) - 1
	moved := s.unplaced[last]
	s.unplaced[s.posOut[m]], s.posOut[moved] = moved, s.posOut[m]
	s.unplaced = s.unplaced[:last]
}

// take removes a meeting that is held. What must come after it is the caller's
// to remove too.
func (s *state) take(m int) spot {
	at, v := s.at[m], &s.meetings[m]
	who, n := s.workersOf(m, at.interpreter)
	for _, w := range who[:n] {
		s.count[w]--
	}
	for t := at.slot; t < at.slot+v.length; t++ {
		s.table[at.place*s.slots+t] = none
		for _, w := range who[:n] {
			list := s.load[w*s.slots+t]
			i := slices.Index(list, int32(m)) //nolint:gosec // as above
			list[i] = list[len(list)-1]
			s.load[w*s.slots+t] = list[:len(list)-1]
		}
	}
	s.value -= v.value
	if v.must {
		s.mustOut++
	}
	s.at[m] = nowhere
	s.posOut[m] = len(s.unplaced)
	s.unplaced = append(s.unplaced, m)
	return at
}

// clash finds what must go so that a meeting can be at a spot. It answers the
// meetings to push out, in a buffer that the next call overwrites, their weight,
// and false when something that never moves is in the way.
func (s *state) clash(m int, at spot) ([]int, int64, bool) {
	out, v := s.scratch[:0], &s.meetings[m]
	who, n := s.workersOf(m, at.interpreter)
	end := at.slot + v.length
	defer func() { s.scratch = out[:0] }()
	for _, a := range v.after {
		if s.at[a].slot == none || s.ends[s.at[a].slot+s.meetings[a].length-1] > s.starts[at.slot] {
			return nil, 0, false
		}
	}
	for t := at.slot; t < end; t++ {
		if !s.places[at.place].open[t] {
			return nil, 0, false
		}
		if h := int(s.table[at.place*s.slots+t]); h != none && !slices.Contains(out, h) {
			if s.weight[h] == never {
				return nil, 0, false
			}
			out = append(out, h)
		}
	}
	for _, w := range who[:n] {
		var ok bool
		if out, ok = s.clashOf(w, at, end, out); !ok {
			return nil, 0, false
		}
	}
	// What comes after something pushed out goes with it.
	var weight int64
	for i := 0; i < len(out); i++ {
		for _, b := range s.meetings[out[i]].before {
			if s.at[b].slot != none && !slices.Contains(out, b) {
				if s.weight[b] == never {
					return nil, 0, false
				}
				out = append(out, b)
			}
		}
		if slices.Contains(v.after, out[i]) {
			return nil, 0, false
		}
		weight += s.weight[out[i]]
	}
	return out, weight, true
}

// clashOf adds what one worker's rules push out.
func (s *state) clashOf(w int, at spot, end int, out []int) ([]int, bool) {
	x := &s.workers[w]
	var ok bool
	for t := at.slot; t < end; t++ {
		if !x.open[t] {
			return out, false
		}
		if out, ok = s.makeRoom(w, t, x.parallel-1, out); !ok {
			return out, false
		}
	}
	if s.count[w] >= x.max {
		for s.remaining(w, out) >= x.max {
			if out, ok = s.pushCheapest(w, out); !ok {
				return out, false
			}
		}
	}
	if x.maxRun < s.slots {
		if out, ok = s.shortenRow(w, at.slot, end, out); !ok {
			return out, false
		}
	}
	if s.far && x.parallel == 1 {
		return s.clashOnWay(w, at, end, out)
	}
	return out, true
}

// makeRoom pushes the lightest meetings of a worker out of a slot until at most
// keep stay.
func (s *state) makeRoom(w, t, keep int, out []int) ([]int, bool) {
	list := s.load[w*s.slots+t]
	if len(list) <= keep {
		return out, true
	}
	for {
		stay, lightest := 0, none
		for _, h := range list {
			if slices.Contains(out, int(h)) {
				continue
			}
			stay++
			if s.weight[h] != never && (lightest == none || s.weight[h] < s.weight[lightest]) {
				lightest = int(h)
			}
		}
		if stay <= keep {
			return out, true
		}
		if lightest == none {
			return out, false
		}
		out = append(out, lightest)
	}
}

// isAt tells whether a worker is at a meeting.
func (s *state) isAt(w, m int) bool {
	at := s.at[m]
	return at.slot != none && (s.meetings[m].parties[0] == w || s.meetings[m].parties[1] == w || at.interpreter == w)
}

func (s *state) remaining(w int, out []int) int {
	n := s.count[w]
	for _, h := range out {
		if s.isAt(w, h) {
			n--
		}
	}
	return n
}

func (s *state) pushCheapest(w int, out []int) ([]int, bool) {
	lightest := none
	for t := range s.slots {
		for _, x := range s.load[w*s.slots+t] {
			h := int(x)
			if s.weight[h] != never && (lightest == none || s.weight[h] < s.weight[lightest]) && !slices.Contains(out, h) {
				lightest = h
			}
		}
	}
	if lightest == none {
		return out, false
	}
	return append(out, lightest), true
}

// busy tells whether a worker works in a slot, apart from what goes out.
func (s *state) busy(w, t int, out []int) bool {
	for _, h := range s.load[w*s.slots+t] {
		if !slices.Contains(out, int(h)) {
			return true
		}
	}
	return false
}

// shortenRow pushes meetings out until no row through the slots from … end-1 is
// longer than the worker may work.
func (s *state) shortenRow(w, from, end int, out []int) ([]int, bool) {
	limit := s.workers[w].maxRun
	for t := from; t < end; t++ {
		for {
			first, last := t, t
			for first > 0 && s.follows[first] && (first > from || s.busy(w, first-1, out)) {
				first--
			}
			for last+1 < s.slots && s.follows[last+1] && (last+1 < end || s.busy(w, last+1, out)) {
				last++
			}
			if last-first+1 <= limit {
				break
			}
			cheapest, price := none, int64(0)
			for u := first; u <= last; u++ {
				if u >= from && u < end {
					continue
				}
				cost, ok := s.price(w, u, out)
				if ok && (cheapest == none || cost < price) {
					cheapest, price = u, cost
				}
			}
			if cheapest == none {
				return out, false
			}
			out, _ = s.makeRoom(w, cheapest, 0, out)
		}
	}
	return out, true
}

// price is what it costs to clear a worker's slot; false when it cannot be.
func (s *state) price(w, t int, out []int) (cost int64, ok bool) {
	for _, h := range s.load[w*s.slots+t] {
		if slices.Contains(out, int(h)) {
			continue
		}
		if s.weight[h] == never {
			return 0, false
		}
		cost += s.weight[h]
	}
	return cost, true
}

// clashOnWay pushes out what leaves no time to walk.
func (s *state) clashOnWay(w int, at spot, end int, out []int) ([]int, bool) {
	room := s.places[at.place].room
	for t := range s.slots { // at most one meeting in each
		list := s.load[w*s.slots+t]
		if len(list) == 0 || slices.Contains(out, int(list[0])) {
			continue
		}
		h := int(list[0])
		o := s.at[h]
		need := s.walk[room][s.places[o.place].room]
		before := s.starts[at.slot] - s.ends[o.slot+s.meetings[h].length-1]
		after := s.starts[o.slot] - s.ends[end-1]
		if need > 0 && max(before, after) < need {
			if s.weight[h] == never {
				return out, false
			}
			out = append(out, h)
		}
	}
	return out, true
}

// spotsAt lists the spots worth a look in one slot: free places and interpreters
// as they are preferred, else every one. With ways between rooms one of each room.
func (s *state) spotsAt(m, slot int, buffer []spot) []spot {
	v := &s.meetings[m]
	buffer = buffer[:0]
	interpreters := []int{none}
	if v.interpreted {
		interpreters = s.freeFirst(v.interpreters, slot, v.length)
	}
	free := 0
	for pass := range 2 {
		if pass == 1 && free > 0 {
			break
		}
		for _, p := range v.places {
			open := true
			for t := slot; open && t < slot+v.length; t++ {
				open = s.places[p].open[t] && (pass == 1 || s.table[p*s.slots+t] == none)
			}
			if !open || pass == 0 && slices.ContainsFunc(buffer, func(b spot) bool { return s.places[b.place].room == s.places[p].room || !s.far }) {
				continue
			}
			free++
			for _, i := range interpreters {
				buffer = append(buffer, spot{slot, p, i})
			}
		}
	}
	return buffer
}

// freeFirst answers the interpreters that are free in a slot, or when none is,
// those that could be.
func (s *state) freeFirst(list []int, slot, length int) []int {
	var free, taken []int
	for _, w := range list {
		open, idle := true, true
		for t := slot; t < slot+length; t++ {
			open = open && s.workers[w].open[t]
			idle = idle && len(s.load[w*s.slots+t]) == 0
		}
		switch {
		case open && idle && s.count[w] < s.workers[w].max:
			free = append(free, w)
		case open:
			taken = append(taken, w)
		}
	}
	// A free one may still lack rest; then somebody else's meeting goes.
	return append(free, taken...)
}
