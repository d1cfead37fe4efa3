package solver

import (
	"cmp"
	"math"
	"slices"

	"qianshou/app/matchmaking/format"
)

// none marks an index that is not set; unlimited a limit that is not.
const (
	none      = -1
	unlimited = math.MaxInt32
)

// worker is whoever has meetings: a party, or an interpreter. Parties come
// first, in the order of the problem.
type worker struct {
	parallel, max, maxRun int
	least                 int // wished at least
	rank                  int // of a host, from 1
	open                  []bool
	meetings              []int // all that may need the worker
}

// place is a table or a room.
type place struct {
	room  int
	open  []bool
	spare int // features that other places lack: used last by those who need none
}

// meeting is one wish in indices.
type meeting struct {
	parties       [2]int
	must, fixed   bool
	value, length int
	slots         []int // where it may start, as far as itself and its parties tell
	places        []int // that have what its parties need; the home of its host first
	interpreters  []int // workers; empty when it needs none
	interpreted   bool
	after, before []int
	was           struct{ slot, place, interpreter int } // in the previous plan; slot is none without one
	pinned        bool
}

// model is a problem in indices.
type model struct {
	problem      *format.Problem
	slots        int
	follows      []bool // the slot is in a row with the one before it
	day          []int
	block        []int   // slots of one day and part
	starts, ends []int64 // seconds
	workers      []worker
	parties      int
	places       []place
	meetings     []meeting
	walk         [][]int64 // seconds between rooms
	far          bool      // some way takes time
	hosts        []int     // ranked hosts, highest first
}

func newModel(p *format.Problem) *model {
	m := &model{problem: p, slots: len(p.Slots), parties: len(p.Parties)}
	slotAt := m.readSlots(p)
	open := func(closed []string) []bool {
		list := make([]bool, m.slots)
		for i := range list {
			list[i] = true
		}
		for _, id := range closed {
			list[slotAt[id]] = false
		}
		return list
	}
	placeAt := m.readPlaces(p, open)
	partyAt := map[string]int{}
	for i, party := range p.Parties {
		partyAt[party.ID] = i
		w := worker{parallel: party.Parallel, max: orUnlimited(party.Max), maxRun: orUnlimited(party.MaxRun), least: party.Min, open: open(party.Unavailable)}
		if party.Side == format.HostSide {
			w.rank = party.Rank
		}
		m.workers = append(m.workers, w)
		if w.rank > 0 {
			m.hosts = append(m.hosts, i)
		}
	}
	slices.SortStableFunc(m.hosts, func(a, b int) int { return cmp.Compare(m.workers[a].rank, m.workers[b].rank) })
	for _, i := range p.Interpreters {
		m.workers = append(m.workers, worker{parallel: 1, max: orUnlimited(i.Max), maxRun: orUnlimited(i.MaxRun), open: open(i.Unavailable)})
	}
	m.readMeetings(p, slotAt, placeAt, partyAt)
	return m
}

func orUnlimited(n *int) int {
	if n == nil {
		return unlimited
	}
	return *n
}

func (m *model) readSlots(p *format.Problem) map[string]int {
	at := map[string]int{}
	for i, s := range p.Slots {
		at[s.ID] = i
		m.starts, m.ends = append(m.starts, s.StartsAt.Unix()), append(m.ends, s.EndsAt.Unix())
		day, block, follows := 0, 0, false
		if i > 0 {
			before := p.Slots[i-1]
			day, block = m.day[i-1], m.block[i-1]
			switch {
			case before.StartsAt.Format("2006-01-02") != s.StartsAt.Format("2006-01-02"):
				day, block = day+1, block+1
			case before.Part != s.Part:
				block++
			}
			pause := m.starts[i] - m.ends[i-1]
			follows = day == m.day[i-1] && pause < min(m.ends[i]-m.starts[i], m.ends[i-1]-m.starts[i-1])
		}
		m.day, m.block, m.follows = append(m.day, day), append(m.block, block), append(m.follows, follows)
	}
	return at
}

func (m *model) readPlaces(p *format.Problem, open func([]string) []bool) map[string]int {
	at, rooms := map[string]int{}, map[string]int{}
	room := func(name string) int {
		if _, known := rooms[name]; !known {
			rooms[name] = len(rooms)
		}
		return rooms[name]
	}
	for i, x := range p.Places {
		at[x.ID] = i
		spare := 0
		for _, need := range []string{format.NeedVIP, format.NeedStepFree} {
			if x.Has(need) {
				spare++
			}
		}
		m.places = append(m.places, place{room: room(x.Room), open: open(x.Unavailable), spare: spare})
	}
	for _, t := range p.Travel {
		room(t.From)
		room(t.To)
	}
	m.walk = make([][]int64, len(rooms))
	for i := range m.walk {
		m.walk[i] = make([]int64, len(rooms))
	}
	for _, t := range p.Travel {
		a, b := rooms[t.From], rooms[t.To]
		m.walk[a][b], m.walk[b][a] = int64(t.Minutes)*60, int64(t.Minutes)*60
		m.far = m.far || t.Minutes > 0
	}
	return at
}

func (m *model) readMeetings(p *format.Problem, slotAt, placeAt, partyAt map[string]int) {
	at := map[string]int{}
	for i, x := range p.Meetings {
		at[x.ID] = i
	}
	for i, x := range p.Meetings {
		v := meeting{
			parties: [2]int{partyAt[x.Parties[0]], partyAt[x.Parties[1]]}, value: x.Value, length: x.Length,
			must: x.Tier != format.Wish, fixed: x.Tier == format.Fixed, interpreted: x.Interpreter != nil,
		}
		v.was.slot = none
		v.slots = m.startsOf(v, x, slotAt)
		for j, spot := range p.Places {
			if m.suits(v, x, spot) {
				v.places = append(v.places, j)
			}
		}
		if x.Interpreter != nil {
			for j, in := range p.Interpreters {
				if in.Serves(*x.Interpreter) {
					v.interpreters = append(v.interpreters, m.parties+j)
				}
			}
		}
		for _, w := range append(slices.Clone(v.interpreters), v.parties[:]...) {
			m.workers[w].meetings = append(m.workers[w].meetings, i)
		}
		for _, id := range x.After {
			v.after = append(v.after, at[id])
		}
		m.meetings = append(m.meetings, v)
	}
	for i, v := range m.meetings {
		for _, a := range v.after {
			m.meetings[a].before = append(m.meetings[a].before, i)
		}
	}
	interpreterAt := map[string]int{"": none}
	for i, x := range p.Interpreters {
		interpreterAt[x.ID] = m.parties + i
	}
	for _, before := range p.Previous {
		v := &m.meetings[at[before.Meeting]]
		v.was.slot, v.was.place, v.was.interpreter, v.pinned = slotAt[before.Slot], placeAt[before.Place], none, before.Pinned
		if who, known := interpreterAt[before.Interpreter]; known {
			v.was.interpreter = who
		}
	}
	m.giveHomes()
}

// startsOf answers the slots at which a meeting may start.
func (m *model) startsOf(v meeting, x format.Meeting, slotAt map[string]int) (list []int) {
	allowed := make([]bool, m.slots)
	for i := range allowed {
		allowed[i] = len(x.Slots) == 0
	}
	for _, id := range x.Slots {
		allowed[slotAt[id]] = true
	}
	for s := range m.slots {
		ok := allowed[s] && s+v.length <= m.slots
		for t := s; ok && t < s+v.length; t++ {
			ok = m.block[t] == m.block[s] && m.workers[v.parties[0]].open[t] && m.workers[v.parties[1]].open[t]
		}
		if ok {
			list = append(list, s)
		}
	}
	return list
}

func (m *model) suits(v meeting, x format.Meeting, spot format.Place) bool {
	if len(x.Places) > 0 && !slices.Contains(x.Places, spot.ID) {
		return false
	}
	for _, party := range v.parties {
		for _, need := range m.problem.Parties[party].Needs {
			if !spot.Has(need) {
				return false
			}
		}
	}
	return true
}

// giveHomes gives each party that has many meetings a place of its own as far as
// there are places, so that one side stays seated, and orders the places of each
// meeting by it; after it come those with the fewest features to spare.
func (m *model) giveHomes() {
	home := make([]int, m.parties)
	order := make([]int, m.parties)
	options := make([][]int, m.parties) // places that suit all meetings of the party
	for i := range order {
		order[i], home[i] = i, none
		for n, x := range m.workers[i].meetings {
			if n == 0 {
				options[i] = slices.Clone(m.meetings[x].places)
				continue
			}
			options[i] = slices.DeleteFunc(options[i], func(p int) bool { return !slices.Contains(m.meetings[x].places, p) })
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(len(options[a]), len(options[b])), cmp.Compare(len(m.workers[b].meetings), len(m.workers[a].meetings)), cmp.Compare(a, b))
	})
	load := make([]int, len(m.places))
	for _, side := range []string{format.HostSide, "", format.GuestSide} {
		for _, i := range order {
			if m.problem.Parties[i].Side != side || len(options[i]) == 0 {
				continue
			}
			home[i] = slices.MinFunc(options[i], func(a, b int) int {
				return cmp.Or(cmp.Compare(load[a], load[b]), cmp.Compare(m.places[a].spare, m.places[b].spare), cmp.Compare(a, b))
			})
			load[home[i]] += len(m.workers[i].meetings)
		}
	}
	for i := range m.meetings {
		v := &m.meetings[i]
		at := home[v.parties[0]]
		if m.problem.Parties[v.parties[1]].Side == format.HostSide && m.problem.Parties[v.parties[0]].Side != format.HostSide {
			at = home[v.parties[1]]
		}
		slices.SortStableFunc(v.places, func(a, b int) int {
			if a == at || b == at {
				return boolOrder(a == at, b == at)
			}
			return cmp.Compare(m.places[a].spare, m.places[b].spare)
		})
	}
}

// boolOrder sorts what is before what is not.
func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
