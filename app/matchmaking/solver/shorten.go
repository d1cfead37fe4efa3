package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// Exchanges that one run may try.
const (
	exchangesPerMeeting = 1_500
	leastExchanges      = 20_000
	mostExchanges       = 600_000
	longestChain        = 14
)

// shorten lowers spread and breaks without leaving a meeting out: a meeting goes
// to another slot, and what is in its way goes to the slot it left, back and
// forth, until all are seated again (a Kempe chain where parties alone are in the
// way). Worse plans are taken more rarely as the temperature falls.
func (s *state) shorten(ctx context.Context, chance *rand.Rand) {
	var movable []int
	for m := range s.meetings {
		if s.at[m].slot != none && len(s.meetings[m].slots) > 1 && !s.stays(m) {
			movable = append(movable, m)
		}
	}
	if len(movable) == 0 {
		return
	}
	x := exchanger{state: s, chance: chance, was: map[int]spot{}}
	for w := range s.parties {
		x.cost += x.costOf(w)
	}
	x.cost += x.rankCost()
	best := slices.Clone(s.at)
	spread, breaks := s.idle()
	rank := s.rank()
	tries := min(max(exchangesPerMeeting*len(movable), leastExchanges), mostExchanges)
	const hot, cold = 6.0, 0.15
	for i := range tries {
		if i%128 == 0 && (ctx.Err() != nil || spread == 0 && breaks == 0 && rank == 0) {
			break
		}
		heat := hot * math.Pow(cold/hot, float64(i)/float64(tries))
		if !x.try(movable[chance.IntN(len(movable))], heat) {
			continue
		}
		if sp, br := s.idle(); sp < spread || sp == spread && (br < breaks || br == breaks && s.rank() < rank) {
			spread, breaks, rank = sp, br, s.rank()
			best = append(best[:0], s.at...)
		}
	}
	s.restore(best)
}

// stays tells whether a meeting must not be moved: it is pinned, or where the
// previous plan had it.
func (s *state) stays(m int) bool {
	was := s.meetings[m].was
	return was.slot != none && (s.meetings[m].pinned || s.at[m].slot == was.slot && s.at[m].place == was.place)
}

type exchanger struct {
	*state
	chance *rand.Rand
	cost   float64
	was    map[int]spot // what the running exchange moved, and from where
	order  []int        // its keys in order
	queue  []move
	buffer []spot
}

// move is a meeting that looks for a seat: first in one slot, else anywhere.
type move struct{ meeting, slot, back int }

// costOf grows faster than breaks, so that nobody waits much more than others.
func (x *exchanger) costOf(w int) float64 {
	b := float64(x.breaks(w))
	return 3*b + b*b
}

func (x *exchanger) rankCost() float64 { return 0.2 * float64(x.rank()) }

// try makes one exchange and keeps it, or not.
func (x *exchanger) try(m int, heat float64) bool {
	v, from := &x.meetings[m], x.at[m].slot
	to := v.slots[x.chance.IntN(len(v.slots))]
	if to == from {
		return false
	}
	clear(x.was)
	x.order, x.queue = x.order[:0], x.queue[:0]
	before := x.rankCost()
	if !x.chain(m, from, to) {
		x.undo()
		return false
	}
	delta := x.rankCost() - before
	for _, w := range x.touched() {
		delta += x.costOf(w)
	}
	now := slices.Clone(x.order)
	after := make([]spot, len(now))
	for i, k := range now {
		after[i] = x.at[k]
	}
	x.undo()
	for _, w := range x.touched() {
		delta -= x.costOf(w)
	}
	if delta > 0 && x.chance.Float64() >= math.Exp(-delta/heat) {
		return false
	}
	for _, k := range now {
		if x.at[k].slot != none {
			x.take(k)
		}
	}
	for i, k := range now {
		x.put(k, after[i])
	}
	x.cost += delta
	return true
}

// touched lists the parties of the meetings that moved.
func (x *exchanger) touched() (list []int) {
	for _, m := range x.order {
		for _, w := range x.meetings[m].parties {
			if !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}

// lift takes a meeting, and what comes after it, from their seats.
func (x *exchanger) lift(m, slot, back int) bool {
	if x.stays(m) || len(x.order) > longestChain {
		return false
	}
	if _, known := x.was[m]; !known {
		x.was[m] = x.at[m]
		x.order = append(x.order, m)
	}
	x.take(m)
	x.queue = append(x.queue, move{m, slot, back})
	for _, b := range x.meetings[m].before {
		if x.at[b].slot != none && !x.lift(b, x.at[b].slot, none) {
			return false
		}
	}
	return true
}

// chain seats m in another slot, and whatever that unseats; false when that does
// not come to an end.
func (x *exchanger) chain(m, from, to int) bool {
	if !x.lift(m, to, from) {
		return false
	}
	for steps := 0; len(x.queue) > 0; steps++ {
		if steps > longestChain {
			return false
		}
		next := x.queue[0]
		x.queue = x.queue[1:]
		if x.at[next.meeting].slot == none && !x.seat(next) {
			return false
		}
	}
	return true
}

// seat finds a spot in the slot that a meeting is to go to.
func (x *exchanger) seat(n move) bool {
	if !slices.Contains(x.meetings[n.meeting].slots, n.slot) {
		return x.seatAnywhere(n.meeting)
	}
	best, fewest := nowhere, unlimited
	x.buffer = x.spotsAt(n.meeting, n.slot, x.buffer)
	for _, at := range x.buffer {
		if out, _, ok := x.clash(n.meeting, at); ok && len(out) < fewest {
			best, fewest = at, len(out)
			if fewest == 0 {
				break
			}
		}
	}
	if best == nowhere || fewest > 3 {
		return false
	}
	if fewest > 0 && n.back == none {
		return x.seatAnywhere(n.meeting)
	}
	out, _, _ := x.clash(n.meeting, best)
	for _, h := range slices.Clone(out) {
		if x.at[h].slot == none {
			continue
		}
		if _, again := x.was[h]; again {
			return false
		}
		if !x.lift(h, n.back, n.slot) {
			return false
		}
	}
	x.put(n.meeting, best)
	return true
}

func (x *exchanger) seatAnywhere(m int) bool {
	at, ok := x.freeSpot(m, &x.buffer)
	if ok {
		x.put(m, at)
	}
	return ok
}

// undo puts everything back where it was.
func (x *exchanger) undo() {
	for _, m := range x.order {
		if x.at[m].slot != none {
			x.take(m)
		}
	}
	for _, m := range x.order {
		x.put(m, x.was[m])
	}
}
