package matchmaking

import (
	"cmp"
	"slices"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/matchmaking/format"
)

// past is a published meeting in the words of a problem; what the problem does
// not know is empty.
type past struct{ meeting, slot, place, delegation, firm, interpreter string }

// worker tells parties and interpreters apart, whose codes may be the same.
type worker struct {
	interprets bool
	code       string
}

// who lists those who were at it.
func (p past) who() []worker {
	list := []worker{{code: p.delegation}, {code: p.firm}}
	if p.interpreter != "" {
		list = append(list, worker{true, p.interpreter})
	}
	return list
}

// keep hands published meetings to the solver: all of them for a repair, else
// those alone that are pinned or have begun, which never move.
func (f *frozen) keep(published []meetingRow, all bool, now time.Time) {
	names := f.names()
	var begun []past
	for _, m := range published {
		p := names.of(m)
		switch {
		case m.begun() || p.slot != "" && !f.slots[p.slot].StartsAt.After(now):
			begun = append(begun, p)
		case p.meeting == "" || p.slot == "" || p.place == "" || !all && !m.Pinned:
		default:
			if m.Pinned {
				f.meeting(p.meeting).Slots = []string{p.slot}
			}
			f.before(p, m.Pinned)
		}
	}
	f.remember(begun)
	slices.SortFunc(f.problem.Previous, func(a, b format.Placed) int { return cmp.Compare(a.Meeting, b.Meeting) })
}

func (f *frozen) before(p past, pinned bool) {
	f.problem.Previous = append(f.problem.Previous, format.Placed{Meeting: p.meeting, Slot: p.slot, Place: p.place, Interpreter: p.interpreter, Pinned: pinned})
}

// remember writes what has begun into the problem. It is history: no rule or
// absence that was noted since makes it impossible. It stands in its slot with
// the limits of that slot lifted, so that rests and walks after it count. What
// cannot stand beside today's rules even so is left out, the oldest first, and
// taken off what its parties may still have.
func (f *frozen) remember(begun []past) {
	index := f.slotIndex()
	slices.SortStableFunc(begun, func(a, b past) int { return cmp.Compare(index[b.slot], index[a.slot]) })
	var kept []past
	left, met, gone := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, p := range begun {
		if p.interpreter != "" && !f.serves(p) {
			p.interpreter = ""
		}
		count := gone
		if f.stands(p, kept, index) {
			kept, count = append(kept, p), met
		} else {
			left[p.meeting] = true
		}
		count[p.delegation]++
		count[p.firm]++
	}
	for _, p := range kept {
		f.pin(p)
	}
	f.problem.Meetings = slices.DeleteFunc(f.problem.Meetings, func(m format.Meeting) bool { return left[m.ID] })
	for i, party := range f.problem.Parties {
		if party.Max == nil || met[party.ID]+gone[party.ID] == 0 {
			continue
		}
		most := max(*party.Max-gone[party.ID], met[party.ID])
		f.problem.Parties[i].Max, f.problem.Parties[i].Min = &most, min(most, max(0, party.Min-gone[party.ID]))
	}
}

// stands tells whether a meeting that has begun fits the rules of today beside
// the later ones that do, absences and maxima aside.
func (f *frozen) stands(p past, later []past, index map[string]int) bool {
	if p.meeting == "" || p.slot == "" || p.place == "" {
		return false
	}
	table, _ := find(f.problem.Places, func(x format.Place) bool { return x.ID == p.place })
	most := map[worker]*int{}
	for _, party := range f.problem.Parties {
		most[worker{code: party.ID}] = party.MaxRun
		if (party.ID == p.delegation || party.ID == p.firm) && slices.ContainsFunc(party.Needs, func(need string) bool { return !table.Has(need) }) {
			return false
		}
	}
	for _, i := range f.problem.Interpreters {
		most[worker{true, i.ID}] = i.MaxRun
	}
	for _, who := range p.who() {
		busy := map[int]bool{index[p.slot]: true}
		for _, other := range later {
			if !slices.Contains(other.who(), who) {
				continue
			}
			busy[index[other.slot]] = true
			if !f.walks(p, other) {
				return false
			}
		}
		if limit := most[who]; limit != nil && f.row(index[p.slot], busy) > *limit {
			return false
		}
	}
	return true
}

// walks tells whether there is time to go from one meeting to a later one.
func (f *frozen) walks(p, later past) bool {
	from, to := f.tables[p.place].Room, f.tables[later.place].Room
	pause := f.slots[later.slot].StartsAt.Sub(f.slots[p.slot].EndsAt)
	return !slices.ContainsFunc(f.problem.Travel, func(t format.Travel) bool {
		way := t.From == from && t.To == to || t.From == to && t.To == from
		return way && pause < time.Duration(t.Minutes)*time.Minute
	})
}

// row is how many slots are worked in a row from one on, as the format counts.
func (f *frozen) row(at int, busy map[int]bool) (n int) {
	for n = 1; busy[at+n]; n++ {
		before, slot := f.problem.Slots[at+n-1], f.problem.Slots[at+n]
		rest := min(before.EndsAt.Sub(before.StartsAt), slot.EndsAt.Sub(slot.StartsAt))
		if before.StartsAt.Format(time.DateOnly) != slot.StartsAt.Format(time.DateOnly) || slot.StartsAt.Sub(before.EndsAt) >= rest {
			break
		}
	}
	return n
}

// serves tells whether who interpreted still serves that pair of languages.
func (f *frozen) serves(p past) bool {
	m := f.meeting(p.meeting)
	i, known := find(f.problem.Interpreters, func(x format.Interpreter) bool { return x.ID == p.interpreter })
	return known && m != nil && m.Interpreter != nil && i.Serves(*m.Interpreter)
}

// pin holds a meeting that has begun where it is, whatever was noted for its
// slot since.
func (f *frozen) pin(p past) {
	m := f.meeting(p.meeting)
	m.Slots = []string{p.slot}
	if p.interpreter == "" { // nobody need be found for what is over
		m.Interpreter = nil
	}
	open := func(closed []string) []string {
		return slices.DeleteFunc(slices.Clone(closed), func(slot string) bool { return slot == p.slot })
	}
	for i, x := range f.problem.Parties {
		if x.ID == p.delegation || x.ID == p.firm {
			f.problem.Parties[i].Unavailable = open(x.Unavailable)
		}
	}
	for i, x := range f.problem.Places {
		if x.ID == p.place {
			f.problem.Places[i].Unavailable = open(x.Unavailable)
		}
	}
	for i, x := range f.problem.Interpreters {
		if x.ID == p.interpreter {
			f.problem.Interpreters[i].Unavailable = open(x.Unavailable)
		}
	}
	f.before(p, true)
}

// meeting answers the problem's entry, to be changed; nil when there is none.
func (f *frozen) meeting(id string) *format.Meeting {
	i := slices.IndexFunc(f.problem.Meetings, func(m format.Meeting) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &f.problem.Meetings[i]
}

func (f *frozen) slotIndex() map[string]int {
	index := map[string]int{"": -1}
	for i, s := range f.problem.Slots {
		index[s.ID] = i
	}
	return index
}

func find[T any](list []T, is func(T) bool) (found T, known bool) {
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return found, false
	}
	return list[i], true
}

// codes leads from ids to what the problem calls them.
type codes struct {
	slot, table, interpreter, party map[ident.ID]string
	pair                            map[[2]ident.ID]string // delegation and firm → meeting
}

func (f *frozen) names() codes {
	n := codes{map[ident.ID]string{}, map[ident.ID]string{}, map[ident.ID]string{}, map[ident.ID]string{}, map[[2]ident.ID]string{}}
	for code, d := range f.slots {
		n.slot[d.ID] = code
	}
	for code, d := range f.tables {
		n.table[d.ID] = code
	}
	for code, d := range f.delegations {
		n.party[d.ID] = code
	}
	for code, d := range f.firms {
		n.party[d.ID] = code
	}
	for code, d := range f.interpreters {
		n.interpreter[d.ID] = code
	}
	for id, p := range f.pairs {
		n.pair[[2]ident.ID{p.delegation.ID, p.firm.ID}] = id
	}
	return n
}

func (c codes) of(m meetingRow) past {
	return past{
		meeting: c.pair[[2]ident.ID{m.DelegationID, m.FirmID}], slot: c.slot[m.SlotID], place: c.table[m.TableID],
		delegation: c.party[m.DelegationID], firm: c.party[m.FirmID], interpreter: c.interpreter[m.InterpreterID.UUID],
	}
}
