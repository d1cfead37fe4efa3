package solver

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"qianshou/app/matchmaking/format"
)

// Looks at spots that one run may take: enough for the demo in a fraction of a
// second, and no more than some seconds for the largest.
const (
	looksPerChoice = 400 // for each meeting and slot
	leastLooks     = 40_000
	mostLooks      = 12_000_000
)

// press fills the plan: again and again an unplaced meeting is pressed in at the
// spot that pushes out the least, worse exchanges being taken more rarely as the
// temperature falls. It ends at the bound, with its looks, or with the context,
// at the best plan seen.
func (s *state) press(ctx context.Context, chance *rand.Rand, bound format.Bound) {
	s.pressGreedily()
	p := presser{state: s, chance: chance, impossible: make([]bool, len(s.meetings))}
	p.keepBest()
	looks := min(max(looksPerChoice*len(s.meetings)*s.slots, leastLooks), mostLooks)
	hot, cold := p.temperatures()
	total := looks
	for looks > 0 && !p.done(bound) && len(s.unplaced) > 0 {
		if ctx.Err() != nil {
			break
		}
		heat := hot * math.Pow(cold/hot, 1-float64(looks)/float64(total))
		for range 64 {
			if len(s.unplaced) == 0 {
				break
			}
			looks -= max(p.step(heat), 1)
			p.keepBest()
		}
	}
	p.restoreBest()
}

type presser struct {
	*state
	chance              *rand.Rand
	impossible          []bool // no spot at all, whatever goes
	best                []spot
	bestMust, bestValue int
	bestBelow           int
	buffer              []spot
	looks               int     // spots looked at in this step
	journal             []entry // of this step
}

func (p *presser) done(bound format.Bound) bool {
	return p.bestMust == bound.MustUnplaced && p.bestValue == bound.Value && p.bestBelow == 0
}

// temperatures are those of the first and the last step, in value.
func (p *presser) temperatures() (hot, cold float64) {
	sum := 0
	for i := range p.meetings {
		sum += p.meetings[i].value
	}
	mean := float64(sum) / float64(max(1, len(p.meetings)))
	return max(mean/2, 1), max(mean/100, 0.05)
}

// step presses one meeting in, or does not. It answers how many spots it looked at.
func (p *presser) step(heat float64) int {
	p.looks, p.journal = 0, p.journal[:0]
	m := p.pick()
	if p.impossible[m] {
		return 1
	}
	anyOther := p.chance.IntN(5) == 0 // not the cheapest, for once
	at, _, ok := p.cheapest(m, anyOther)
	if !ok {
		// With nobody before it, nothing that may go stands in its way: it never fits.
		p.impossible[m] = len(p.meetings[m].after) == 0
		return p.looks
	}
	must, value := p.mustOut, p.value
	p.seat(m, at)
	loss := float64(value-p.value) + mustWorth*float64(p.mustOut-must)
	if loss > 0 && p.chance.Float64() >= math.Exp(-loss/heat) {
		p.takeBack()
	}
	return p.looks
}

// pick chooses an unplaced meeting, a must every other time.
func (p *presser) pick() int {
	if p.mustOut > 0 && p.chance.IntN(2) == 0 {
		for _, i := range p.unplaced {
			if p.meetings[i].must && !p.impossible[i] {
				return i
			}
		}
	}
	return p.unplaced[p.chance.IntN(len(p.unplaced))]
}

// cheapest answers the spot that pushes out the least, by lot among equals, or
// any spot at all.
func (p *presser) cheapest(m int, anySpot bool) (best spot, cost int64, found bool) {
	ties := 0
	for _, slot := range p.meetings[m].slots {
		p.buffer = p.spotsAt(m, slot, p.buffer)
		for _, at := range p.buffer {
			p.looks++
			_, weight, ok := p.clash(m, at)
			switch {
			case !ok:
				continue
			case !found || weight < cost && !anySpot:
				best, cost, ties, found = at, weight, 1, true
			case weight == cost || anySpot:
				if ties++; p.chance.IntN(ties) == 0 {
					best, cost = at, weight
				}
			}
		}
	}
	return best, cost, found
}

// seat holds a meeting at a spot. What it pushes out looks for another seat, where
// it pushes out only lighter ones, and so on: weights fall, so this ends.
func (p *presser) seat(m int, at spot) {
	homeless := p.seatOne(m, at)
	for len(homeless) > 0 && len(p.journal) < longestJournal {
		heaviest := slices.MaxFunc(homeless, func(a, b int) int { return cmp.Compare(p.weight[a], p.weight[b]) })
		homeless = slices.DeleteFunc(homeless, func(h int) bool { return h == heaviest })
		if at, cost, ok := p.cheapest(heaviest, false); ok && cost < p.weight[heaviest] {
			homeless = append(homeless, p.seatOne(heaviest, at)...)
		}
	}
}

const longestJournal = 40

func (p *presser) seatOne(m int, at spot) []int {
	out, _, _ := p.clash(m, at)
	out = slices.Clone(out)
	for _, h := range out {
		p.journal = append(p.journal, entry{h, p.take(h), false})
	}
	p.put(m, at)
	p.journal = append(p.journal, entry{m, at, true})
	return out
}

// entry is one change of a step: held at a spot, or taken from it.
type entry struct {
	meeting int
	at      spot
	held    bool
}

// takeBack undoes the step.
func (p *presser) takeBack() {
	for _, e := range slices.Backward(p.journal) {
		if e.held {
			p.take(e.meeting)
		} else {
			p.put(e.meeting, e.at)
		}
	}
}

func (p *presser) keepBest() {
	if p.best != nil {
		if p.mustOut > p.bestMust || p.mustOut == p.bestMust && p.value < p.bestValue {
			return
		}
		if p.mustOut == p.bestMust && p.value == p.bestValue && (p.bestBelow == 0 || p.belowMin() >= p.bestBelow) {
			return
		}
	}
	p.best = append(p.best[:0], p.at...)
	p.bestMust, p.bestValue, p.bestBelow = p.mustOut, p.value, p.belowMin()
}

func (p *presser) restoreBest() { p.restore(p.best) }

// restore brings the state to spots that it held before.
func (s *state) restore(spots []spot) {
	for m, at := range spots {
		if s.at[m] != at && s.at[m].slot != none {
			s.take(m)
		}
	}
	for m, at := range spots {
		if s.at[m] != at {
			s.put(m, at)
		}
	}
}

// pressGreedily places what fits without pushing anything out: musts first, then
// by value, those with fewer choices before.
func (s *state) pressGreedily() {
	order := slices.Clone(s.unplaced)
	slices.SortStableFunc(order, func(a, b int) int {
		va, vb := &s.meetings[a], &s.meetings[b]
		switch {
		case va.must != vb.must:
			return boolOrder(va.must, vb.must)
		case va.value != vb.value:
			return vb.value - va.value
		case len(va.slots) != len(vb.slots):
			return len(va.slots) - len(vb.slots)
		}
		return a - b
	})
	s.fill(order, func() bool { return false })
}

// fillUp places what found room since; fairness is kept.
func (s *state) fillUp() { s.fill(slices.Sorted(slices.Values(s.unplaced)), s.unfair) }

func (s *state) fill(order []int, refused func() bool) {
	var buffer []spot
	for again := true; again; { // what waits for another may fit once that is held
		again = false
		for _, m := range order {
			if s.at[m].slot != none {
				continue
			}
			if at, ok := s.freeSpot(m, &buffer); ok {
				s.put(m, at)
				if refused() {
					s.take(m)
					continue
				}
				again = again || len(s.meetings[m].before) > 0
			}
		}
	}
}

// freeSpot answers a spot that pushes nothing out: where the fewest breaks come,
// the earliest of those.
func (s *state) freeSpot(m int, buffer *[]spot) (best spot, found bool) {
	fewest := unlimited
	v := &s.meetings[m]
	for _, slot := range v.slots {
		*buffer = s.spotsAt(m, slot, *buffer)
		for _, at := range *buffer {
			if out, _, ok := s.clash(m, at); !ok || len(out) > 0 {
				continue
			}
			s.put(m, at)
			breaks := s.breaks(v.parties[0]) + s.breaks(v.parties[1])
			s.take(m)
			if breaks < fewest {
				best, fewest, found = at, breaks, true
			}
			break
		}
	}
	return best, found
}

// unfair tells whether breaks differ by more than the problem allows.
func (s *state) unfair() bool {
	f := s.problem.Fairness
	if f == nil || f.MaxBreakSpread == nil {
		return false
	}
	spread, _ := s.idle()
	return spread > *f.MaxBreakSpread
}

// makeFair leaves meetings out until breaks differ by no more than allowed: the
// lightest of the party that waits most. False when what must stand is unfair.
func (s *state) makeFair() bool {
	for s.unfair() {
		order := make([]int, s.parties)
		for w := range order {
			order[w] = w
		}
		slices.SortStableFunc(order, func(a, b int) int { return s.breaks(b) - s.breaks(a) })
		gone := false
		for _, w := range order {
			if out, ok := s.pushCheapest(w, nil); ok {
				s.takeWith(out[0])
				gone = true
				break
			}
		}
		if !gone {
			return false
		}
	}
	return true
}

// takeWith removes a meeting and all that must come after it.
func (s *state) takeWith(m int) {
	s.take(m)
	for _, b := range s.meetings[m].before {
		if s.at[b].slot != none {
			s.takeWith(b)
		}
	}
}
