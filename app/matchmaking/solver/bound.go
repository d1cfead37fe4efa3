package solver

import (
	"context"
	"fmt"
	"slices"

	"qianshou/app/matchmaking/format"
)

// Sizes at which the bound stays within a second or two.
const (
	flowMeetings  = 4_000
	pricedRounds  = 60
	priceMeetings = 1_500
	scale         = 1_000 // prices are thousandths of value
)

// bound proves what no plan can exceed.
//
// The value: each party has at most so many meetings (its maximum, and the slots
// it can work in with its rests), so the meetings of a plan are a b-matching of
// the parties, whose greatest value is a flow. What flows do not see (places and
// interpreters shared by many) enters with a price per use: for any prices, the
// value of the best flow after paying, plus what all there is would cost, is a
// bound (Lagrange); the prices are improved round by round.
func (m *model) bound(ctx context.Context) (b format.Bound) {
	caps := make([]int, m.parties)
	total, musts := 0, 0
	worth, must := make([]int64, len(m.meetings)), make([]int64, len(m.meetings))
	for i := range m.meetings {
		if !m.possible(i) {
			if m.meetings[i].must {
				musts++
			}
			continue
		}
		total += m.meetings[i].value
		worth[i] = int64(m.meetings[i].value) * scale
		if m.meetings[i].must {
			musts++
			must[i] = 1
		}
	}
	for w := range caps {
		caps[w] = m.capacity(w, worth)
	}
	if len(m.meetings) > flowMeetings {
		b.Value = min(total, m.halfSum(caps, worth))
	} else {
		value, _ := m.flow(caps, worth)
		b.Value = min(total, int(min(value, m.priced(ctx, caps, worth, value))/scale))
		held, _ := m.flow(caps, must)
		b.MustUnplaced = musts - int(held)
	}
	all := 0
	for i := range m.meetings {
		all += m.meetings[i].value
	}
	if b.Value == all {
		b.Breaks = m.forcedBreaks()
	}
	return b
}

// possible tells whether a meeting has a slot, a place and an interpreter at all.
func (m *model) possible(i int) bool {
	v := &m.meetings[i]
	return len(v.slots) > 0 && len(v.places) > 0 && (!v.interpreted || len(v.interpreters) > 0)
}

// capacity is the most meetings a worker can have, by its maximum, its slots and
// its rests.
func (m *model) capacity(w int, worth []int64) int {
	x := &m.workers[w]
	usable := make([]bool, m.slots)
	n := 0
	for _, i := range x.meetings {
		if worth[i] == 0 {
			continue
		}
		n++
		for _, s := range m.meetings[i].slots {
			for t := s; t < s+m.meetings[i].length; t++ {
				usable[t] = x.open[t]
			}
		}
	}
	return min(n, x.max, x.parallel*m.workable(usable, x.maxRun))
}

// workable is how many slots somebody can work in, with at most maxRun in a row.
func (m *model) workable(usable []bool, maxRun int) int {
	longest := min(maxRun, m.slots)
	const no = -1
	best := make([]int, longest+1) // by the length of the row that ends here
	for r := 1; r <= longest; r++ {
		best[r] = no
	}
	for t := range m.slots {
		next := slices.Repeat([]int{no}, longest+1)
		for r, n := range best {
			if n == no {
				continue
			}
			next[0] = max(next[0], n)
			row := r + 1
			if !m.follows[t] {
				row = 1
			}
			if usable[t] && row <= longest {
				next[row] = max(next[row], n+1)
			}
		}
		best = next
	}
	return slices.Max(best)
}

// halfSum bounds the value without a flow: each meeting counts half at either party.
func (m *model) halfSum(caps []int, worth []int64) int {
	var sum int64
	for w := range caps {
		var list []int64
		for _, i := range m.workers[w].meetings {
			list = append(list, worth[i])
		}
		slices.Sort(list)
		for i := max(0, len(list)-caps[w]); i < len(list); i++ {
			sum += list[i]
		}
	}
	return int(sum / 2 / scale)
}

// shared is a group of places or interpreters that some meetings cannot do without.
type shared struct {
	uses  []int // of it by each meeting
	most  int   // uses that there are
	price int64
}

// priced improves the flow's bound by prices on what many share.
func (m *model) priced(ctx context.Context, caps []int, worth []int64, start int64) int64 {
	best := start
	if len(m.meetings) > priceMeetings {
		return best
	}
	groups := m.sharedGroups(worth)
	if len(groups) == 0 {
		return best
	}
	for round := range pricedRounds {
		if ctx.Err() != nil {
			break
		}
		paid, cost := slices.Clone(worth), int64(0)
		for _, g := range groups {
			cost += g.price * int64(g.most)
			for i, n := range g.uses {
				paid[i] = max(0, paid[i]-g.price*int64(n))
			}
		}
		value, held := m.flow(caps, paid)
		best = min(best, value+cost)
		over := 0
		excess := make([]int, len(groups))
		for k, g := range groups {
			excess[k] = -g.most
			for i, n := range g.uses {
				if held[i] {
					excess[k] += n
				}
			}
			over += excess[k] * excess[k]
		}
		if over == 0 {
			break
		}
		step := int64(20*scale) / int64(round+1)
		for k := range groups {
			groups[k].price = max(0, groups[k].price+step*int64(excess[k])/2)
		}
	}
	return best
}

// sharedGroups lists the groups of places and interpreters of which meetings ask
// for more than there is.
func (m *model) sharedGroups(worth []int64) (groups []*shared) {
	add := func(options func(i int) []int, length func(i int) int, most func(k int) int) {
		seen := map[string]bool{}
		for i := range m.meetings {
			set := slices.Sorted(slices.Values(options(i)))
			key := fmt.Sprint(set)
			if len(set) == 0 || seen[key] {
				continue
			}
			seen[key] = true
			g := &shared{uses: make([]int, len(m.meetings))}
			for _, k := range set {
				g.most += most(k)
			}
			asked := 0
			for j := range m.meetings {
				if other := options(j); worth[j] > 0 && len(other) > 0 && isSubset(other, set) {
					g.uses[j] = length(j)
					asked += g.uses[j]
				}
			}
			if asked > g.most {
				groups = append(groups, g)
			}
		}
	}
	add(func(i int) []int { return m.meetings[i].places }, func(i int) int { return m.meetings[i].length }, func(k int) int {
		n := 0
		for _, open := range m.places[k].open {
			if open {
				n++
			}
		}
		return n
	})
	add(func(i int) []int { return m.meetings[i].interpreters }, func(int) int { return 1 }, func(k int) int { return m.capacity(k, worth) })
	return groups
}

func isSubset(list, set []int) bool {
	for _, k := range list {
		if _, found := slices.BinarySearch(set, k); !found {
			return false
		}
	}
	return true
}

// forcedBreaks is how many breaks the parties have at least when all their
// meetings are held: for each, the fewest rows of slots that hold them.
func (m *model) forcedBreaks() (sum int) {
	for w := range m.parties {
		x := &m.workers[w]
		if x.parallel != 1 {
			continue
		}
		need := 0
		usable := make([]bool, m.slots)
		for _, i := range x.meetings {
			need += m.meetings[i].length
			for _, s := range m.meetings[i].slots {
				for t := s; t < s+m.meetings[i].length; t++ {
					usable[t] = true
				}
			}
		}
		sum += m.fewestBreaks(usable, need)
	}
	return sum
}

// fewestBreaks is the least number of breaks with which n usable slots can be
// worked. Rests are left out of it, so it may be less than what is true.
func (m *model) fewestBreaks(usable []bool, n int) int {
	type at struct{ used, state int } // state: 0 nothing yet today, 1 working, 2 idle after work today
	cost := map[at]int{{0, 0}: 0}
	keep := func(to map[at]int, k at, c int) {
		if old, known := to[k]; k.used <= n && (!known || c < old) {
			to[k] = c
		}
	}
	for t := range m.slots {
		next := map[at]int{}
		for k, c := range cost {
			if t > 0 && m.day[t] != m.day[t-1] {
				k.state = 0
			}
			idle := k
			if k.state == 1 {
				idle.state = 2
			}
			keep(next, idle, c)
			if usable[t] {
				more := 0
				if k.state == 2 {
					more = 1
				}
				keep(next, at{k.used + 1, 1}, c+more)
			}
		}
		cost = next
	}
	fewest := unlimited
	for k, c := range cost {
		if k.used == n {
			fewest = min(fewest, c)
		}
	}
	if fewest == unlimited { // cannot be held at all: no bound from here
		return 0
	}
	return fewest
}
