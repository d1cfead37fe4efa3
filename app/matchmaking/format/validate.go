package format

import "fmt"

// Most that a problem may hold, so that a hostile file cannot stop the machine.
const (
	maxSlots    = 2_000
	maxEntries  = 200_000
	maxValue    = 1_000
	maxIDLength = 200
)

// Validate says what is wrong with a problem as a *Error that names the field,
// or nil. Whether any plan answers it is the solver's to say.
func (p Problem) Validate() error {
	v := &validator{ids: map[string]map[string]bool{}}
	v.problem(p)
	if v.err != nil {
		return v.err
	}
	return nil
}

// validator keeps the first fault, and the ids of each list.
type validator struct {
	err *Error
	ids map[string]map[string]bool
}

func (v *validator) check(ok bool, path, what string, args ...any) {
	if !ok && v.err == nil {
		v.err = &Error{Path: path, What: fmt.Sprintf(what, args...)}
	}
}

func (v *validator) id(list string, i int, id string) {
	path := fmt.Sprintf("%s[%d].id", list, i)
	v.check(id != "" && len(id) <= maxIDLength, path, "want 1 to %d bytes", maxIDLength)
	if v.ids[list] == nil {
		v.ids[list] = map[string]bool{}
	}
	v.check(!v.ids[list][id], path, "%q stands twice", id)
	v.ids[list][id] = true
}

func (v *validator) refs(list string, names []string, path string, args ...any) {
	path = fmt.Sprintf(path, args...)
	seen := map[string]bool{}
	for i, name := range names {
		v.check(v.ids[list][name], fmt.Sprintf("%s[%d]", path, i), "there is no %q in %s", name, list)
		v.check(!seen[name], fmt.Sprintf("%s[%d]", path, i), "%q stands twice", name)
		seen[name] = true
	}
}

func (v *validator) problem(p Problem) {
	v.check(p.Format == ProblemFormat, "format", "is %q, want %q", p.Format, ProblemFormat)
	v.check(len(p.Slots) <= maxSlots, "slots", "more than %d", maxSlots)
	for name, n := range map[string]int{
		"places": len(p.Places), "travel": len(p.Travel), "parties": len(p.Parties), "interpreters": len(p.Interpreters),
		"meetings": len(p.Meetings), "previous": len(p.Previous),
	} {
		v.check(n <= maxEntries, name, "more than %d", maxEntries)
	}
	if v.err != nil {
		return
	}
	v.slots(p)
	v.places(p)
	v.parties(p)
	v.interpreters(p)
	v.meetings(p)
	v.previous(p)
	if p.Fairness != nil {
		atLeast(v, p.Fairness.MaxBreakSpread, 0, "fairness.max_break_spread")
	}
}

func atLeast(v *validator, n *int, least int, path string, args ...any) {
	v.check(n == nil || *n >= least && *n <= maxEntries, fmt.Sprintf(path, args...), "want %d to %d", least, maxEntries)
}

func (v *validator) slots(p Problem) {
	for i, s := range p.Slots {
		v.id("slots", i, s.ID)
		v.check(s.EndsAt.After(s.StartsAt), fmt.Sprintf("slots[%d].ends_at", i), "is not after the start")
		if i > 0 {
			v.check(!s.StartsAt.Before(p.Slots[i-1].EndsAt), fmt.Sprintf("slots[%d].starts_at", i), "is before the end of slots[%d]", i-1)
		}
	}
}

func (v *validator) places(p Problem) {
	for i, place := range p.Places {
		v.id("places", i, place.ID)
		v.refs("slots", place.Unavailable, "places[%d].unavailable", i)
	}
	seen := map[[2]string]bool{}
	for i, t := range p.Travel {
		path := fmt.Sprintf("travel[%d]", i)
		v.check(t.Minutes >= 0 && t.Minutes <= 24*60, path+".minutes", "want 0 to 1440")
		v.check(t.From != t.To, path, "leads from a room to itself")
		v.check(!seen[[2]string{t.From, t.To}] && !seen[[2]string{t.To, t.From}], path, "this way stands twice")
		seen[[2]string{t.From, t.To}] = true
	}
}

func (v *validator) parties(p Problem) {
	for i, party := range p.Parties {
		v.id("parties", i, party.ID)
		v.check(party.Side == "" || party.Side == HostSide || party.Side == GuestSide, fmt.Sprintf("parties[%d].side", i), "want host or guest")
		v.check(party.Rank >= 0, fmt.Sprintf("parties[%d].rank", i), "want 0 or more")
		v.check(party.Parallel >= 1 && party.Parallel <= maxEntries, fmt.Sprintf("parties[%d].parallel", i), "want 1 or more")
		v.check(party.Min >= 0 && party.Min <= maxEntries, fmt.Sprintf("parties[%d].min", i), "want 0 or more")
		atLeast(v, party.Max, 0, "parties[%d].max", i)
		atLeast(v, party.MaxRun, 1, "parties[%d].max_run", i)
		v.check(party.Max == nil || party.Min <= *party.Max, fmt.Sprintf("parties[%d].min", i), "is above max")
		v.refs("slots", party.Unavailable, "parties[%d].unavailable", i)
		for j, need := range party.Needs {
			v.check(need == NeedVIP || need == NeedStepFree, fmt.Sprintf("parties[%d].needs[%d]", i, j), "want vip or step_free")
		}
	}
}

func (v *validator) interpreters(p Problem) {
	for i, in := range p.Interpreters {
		v.id("interpreters", i, in.ID)
		atLeast(v, in.Max, 0, "interpreters[%d].max", i)
		atLeast(v, in.MaxRun, 1, "interpreters[%d].max_run", i)
		v.refs("slots", in.Unavailable, "interpreters[%d].unavailable", i)
	}
}

func (v *validator) meetings(p Problem) {
	for i, m := range p.Meetings {
		v.id("meetings", i, m.ID)
	}
	for i, m := range p.Meetings {
		path := fmt.Sprintf("meetings[%d]", i)
		v.check(len(m.Parties) == 2, path+".parties", "want two")
		v.refs("parties", m.Parties, "meetings[%d].parties", i)
		v.check(m.Tier == Fixed || m.Tier == Must || m.Tier == Wish, path+".tier", "want fixed, must or wish")
		v.check(m.Value >= 1 && m.Value <= maxValue, path+".value", "want 1 to %d", maxValue)
		v.check(m.Length >= 1 && m.Length <= maxSlots, path+".length", "want 1 or more")
		v.check(m.Tier != Fixed || len(m.Slots) == 1, path+".slots", "a fixed meeting has one slot")
		v.refs("slots", m.Slots, "meetings[%d].slots", i)
		v.refs("places", m.Places, "meetings[%d].places", i)
		v.refs("meetings", m.After, "meetings[%d].after", i)
	}
	v.circles(p)
}

// circles refuses meetings that are to come before themselves.
func (v *validator) circles(p Problem) {
	waits, next := make([]int, len(p.Meetings)), map[string][]int{}
	for i, m := range p.Meetings {
		waits[i] = len(m.After)
		for _, a := range m.After {
			next[a] = append(next[a], i)
		}
	}
	var free []int
	for i := range waits {
		if waits[i] == 0 {
			free = append(free, i)
		}
	}
	done := 0
	for ; len(free) > 0; done++ {
		m := p.Meetings[free[0]].ID
		free = free[1:]
		for _, i := range next[m] {
			if waits[i]--; waits[i] == 0 {
				free = append(free, i)
			}
		}
	}
	if done == len(p.Meetings) {
		return
	}
	for i := range waits {
		v.check(waits[i] <= 0, fmt.Sprintf("meetings[%d].after", i), "leads round in a circle")
	}
}

func (v *validator) previous(p Problem) {
	seen := map[string]bool{}
	for i, m := range p.Previous {
		path := fmt.Sprintf("previous[%d]", i)
		v.refs("meetings", []string{m.Meeting}, "previous[%d].meeting", i)
		v.refs("slots", []string{m.Slot}, "previous[%d].slot", i)
		v.refs("places", []string{m.Place}, "previous[%d].place", i)
		v.check(!seen[m.Meeting], path, "%q stands twice", m.Meeting)
		seen[m.Meeting] = true
	}
}
