// Package checker is the referee of matchmaking: it reads a problem and a plan
// and says every hard rule that the plan breaks, and what the plan is worth. It
// is written from the definitions of the format alone and shares no code with
// the solver, so that one mistake cannot hide in both.
package checker

import (
	"cmp"
	"fmt"
	"slices"

	"qianshou/app/matchmaking/format"
)

// Rule names a hard rule.
type Rule string

// The rules.
const (
	UnknownID       Rule = "unknown_id"            // names what the problem does not have
	Twice           Rule = "twice"                 // a meeting is held, or left out, twice
	Missing         Rule = "missing"               // a meeting is neither held nor left out
	NotFixed        Rule = "fixed"                 // a fixed meeting is not held
	PinnedMoved     Rule = "pinned"                // a pinned meeting is elsewhere
	WrongSlot       Rule = "slot"                  // not one of the meeting's slots
	TooLong         Rule = "length"                // runs over the end of its part
	WrongPlace      Rule = "place"                 // not one of the meeting's places
	PlaceClosed     Rule = "place_unavailable"     //
	PlaceBusy       Rule = "place_busy"            // two meetings at one place
	PlaceLacks      Rule = "place_need"            // lacks what a party needs
	PartyAway       Rule = "party_unavailable"     //
	PartyBusy       Rule = "party_busy"            // more meetings at once than parallel
	PartyFull       Rule = "party_max"             // more meetings than max
	PartyRun        Rule = "party_run"             // more in a row than max_run
	NoInterpreter   Rule = "interpreter"           // needs one, has none
	NotAsked        Rule = "interpreter_not_asked" // has one, needs none
	WrongLanguage   Rule = "interpreter_pair"      //
	InterpreterAway Rule = "interpreter_unavailable"
	InterpreterBusy Rule = "interpreter_busy"
	InterpreterFull Rule = "interpreter_max"
	InterpreterRun  Rule = "interpreter_run"
	TooFar          Rule = "travel" // no time to walk from one room to the next
	TooEarly        Rule = "after"  // before the end of what must come first
	Unfair          Rule = "spread" // breaks differ by more than the problem allows
	WrongReason     Rule = "reason" // an unplaced meeting without a reason of the format
	WrongFigure     Rule = "figure" // the plan says another value of itself
	WrongBound      Rule = "bound"  // the plan is better than what it says cannot be bettered
	WrongStatus     Rule = "status" // the plan's status does not fit the rest
)

// Broken is one hard rule that a plan breaks.
type Broken struct {
	Rule    Rule
	Meeting string // the meeting at which it shows; may be empty
	What    string // the ids and figures of it
}

// String writes it on one line.
func (b Broken) String() string {
	if b.Meeting == "" {
		return fmt.Sprintf("%s: %s", b.Rule, b.What)
	}
	return fmt.Sprintf("%s: %s: %s", b.Rule, b.Meeting, b.What)
}

// Check answers every rule that a plan breaks, in an order that does not depend
// on chance; none when the plan stands. The problem must be valid.
func Check(p format.Problem, plan format.Plan) []Broken {
	r := newReferee(p)
	r.status(plan)
	if plan.Status == format.Infeasible || plan.Status == format.Unknown {
		return r.broken
	}
	r.take(plan)
	r.left(plan)
	for _, h := range r.held {
		r.where(h)
	}
	r.order()
	r.parties()
	r.interpreters()
	r.places()
	r.figures(plan)
	return r.broken
}

// Measure computes what a plan is worth, from its meetings alone. Meetings that
// name what the problem does not have are passed over.
func Measure(p format.Problem, plan format.Plan) format.Objective {
	r := newReferee(p)
	r.take(plan)
	return r.measure()
}

// held is one meeting of the plan with what it refers to.
type held struct {
	placed      format.Placed
	meeting     format.Meeting
	first, last int // slots it takes
	place       format.Place
}

type referee struct {
	p            format.Problem
	slot         map[string]int
	place        map[string]format.Place
	party        map[string]format.Party
	interpreter  map[string]format.Interpreter
	meeting      map[string]format.Meeting
	walk         map[[2]string]int
	held         []held
	broken       []Broken
	byMeeting    map[string]held
	partyMeets   map[string][]held // in order of time
	interpretsIn map[string][]held
}

func newReferee(p format.Problem) *referee {
	r := &referee{
		p: p, slot: map[string]int{}, place: map[string]format.Place{}, party: map[string]format.Party{}, interpreter: map[string]format.Interpreter{},
		meeting: map[string]format.Meeting{}, walk: map[[2]string]int{}, byMeeting: map[string]held{}, partyMeets: map[string][]held{}, interpretsIn: map[string][]held{},
	}
	for i, s := range p.Slots {
		r.slot[s.ID] = i
	}
	for _, x := range p.Places {
		r.place[x.ID] = x
	}
	for _, x := range p.Parties {
		r.party[x.ID] = x
	}
	for _, x := range p.Interpreters {
		r.interpreter[x.ID] = x
	}
	for _, x := range p.Meetings {
		r.meeting[x.ID] = x
	}
	for _, t := range p.Travel {
		r.walk[[2]string{t.From, t.To}], r.walk[[2]string{t.To, t.From}] = t.Minutes, t.Minutes
	}
	return r
}

func (r *referee) note(rule Rule, meeting, what string, args ...any) {
	r.broken = append(r.broken, Broken{rule, meeting, fmt.Sprintf(what, args...)})
}

// take reads the plan's meetings; what cannot be understood is noted and left
// out of every other rule.
func (r *referee) take(plan format.Plan) {
	for _, m := range plan.Meetings {
		meeting, known := r.meeting[m.Meeting]
		at, slotKnown := r.slot[m.Slot]
		place, placeKnown := r.place[m.Place]
		_, interpreterKnown := r.interpreter[m.Interpreter]
		switch {
		case !known:
			r.note(UnknownID, m.Meeting, "no such meeting")
		case !slotKnown:
			r.note(UnknownID, m.Meeting, "no slot %q", m.Slot)
		case !placeKnown:
			r.note(UnknownID, m.Meeting, "no place %q", m.Place)
		case m.Interpreter != "" && !interpreterKnown:
			r.note(UnknownID, m.Meeting, "no interpreter %q", m.Interpreter)
		case r.byMeeting[m.Meeting].placed.Meeting != "":
			r.note(Twice, m.Meeting, "held twice")
		default:
			h := held{m, meeting, at, min(at+meeting.Length, len(r.p.Slots)) - 1, place}
			r.held = append(r.held, h)
			r.byMeeting[m.Meeting] = h
		}
	}
	slices.SortStableFunc(r.held, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.placed.Meeting, b.placed.Meeting))
	})
	for _, h := range r.held {
		for _, who := range h.meeting.Parties {
			r.partyMeets[who] = append(r.partyMeets[who], h)
		}
		if h.placed.Interpreter != "" {
			r.interpretsIn[h.placed.Interpreter] = append(r.interpretsIn[h.placed.Interpreter], h)
		}
	}
}

// left holds the list of the unplaced against the meetings.
func (r *referee) left(plan format.Plan) {
	out := map[string]bool{}
	for _, u := range plan.Unplaced {
		_, known := r.meeting[u.Meeting]
		_, isHeld := r.byMeeting[u.Meeting]
		switch {
		case !known:
			r.note(UnknownID, u.Meeting, "no such meeting among the unplaced")
		case isHeld:
			r.note(Twice, u.Meeting, "held, and among the unplaced")
		case out[u.Meeting]:
			r.note(Twice, u.Meeting, "among the unplaced twice")
		case !slices.Contains(format.Reasons, u.Reason):
			r.note(WrongReason, u.Meeting, "%q", u.Reason)
		}
		out[u.Meeting] = true
	}
	for _, m := range r.p.Meetings {
		_, isHeld := r.byMeeting[m.ID]
		if !isHeld && m.Tier == format.Fixed {
			r.note(NotFixed, m.ID, "is not held")
		}
		if !isHeld && !out[m.ID] {
			r.note(Missing, m.ID, "neither held nor among the unplaced")
		}
	}
	for _, before := range r.p.Previous {
		now := r.byMeeting[before.Meeting]
		if before.Pinned && (now.placed.Slot != before.Slot || now.placed.Place != before.Place) {
			r.note(PinnedMoved, before.Meeting, "was at %s %s", before.Slot, before.Place)
		}
	}
}

// where holds one meeting against what it may have.
func (r *referee) where(h held) {
	id, m := h.placed.Meeting, h.meeting
	if len(m.Slots) > 0 && !slices.Contains(m.Slots, h.placed.Slot) {
		r.note(WrongSlot, id, "%s", h.placed.Slot)
	}
	if len(m.Places) > 0 && !slices.Contains(m.Places, h.placed.Place) {
		r.note(WrongPlace, id, "%s", h.placed.Place)
	}
	if h.first+m.Length > len(r.p.Slots) {
		r.note(TooLong, id, "ends after the last slot")
	}
	for at := h.first; at <= h.last; at++ {
		slot := r.p.Slots[at]
		first := r.p.Slots[h.first]
		if slot.Part != first.Part || !sameDay(slot, first) {
			r.note(TooLong, id, "runs into %s", slot.ID)
		}
		if slices.Contains(h.place.Unavailable, slot.ID) {
			r.note(PlaceClosed, id, "%s %s", h.place.ID, slot.ID)
		}
		for _, who := range m.Parties {
			if slices.Contains(r.party[who].Unavailable, slot.ID) {
				r.note(PartyAway, id, "%s %s", who, slot.ID)
			}
		}
		if slices.Contains(r.interpreter[h.placed.Interpreter].Unavailable, slot.ID) {
			r.note(InterpreterAway, id, "%s %s", h.placed.Interpreter, slot.ID)
		}
	}
	for _, who := range m.Parties {
		for _, need := range r.party[who].Needs {
			if !h.place.Has(need) {
				r.note(PlaceLacks, id, "%s lacks %s for %s", h.place.ID, need, who)
			}
		}
	}
	switch by := h.placed.Interpreter; {
	case m.Interpreter == nil && by != "":
		r.note(NotAsked, id, "%s", by)
	case m.Interpreter != nil && by == "":
		r.note(NoInterpreter, id, "%s-%s", m.Interpreter[0], m.Interpreter[1])
	case m.Interpreter != nil && !r.interpreter[by].Serves(*m.Interpreter):
		r.note(WrongLanguage, id, "%s does not serve %s-%s", by, m.Interpreter[0], m.Interpreter[1])
	}
}

// order holds meetings against those that must come before them.
func (r *referee) order() {
	for _, h := range r.held {
		for _, before := range h.meeting.After {
			b, isHeld := r.byMeeting[before]
			if !isHeld || r.p.Slots[b.last].EndsAt.After(r.p.Slots[h.first].StartsAt) {
				r.note(TooEarly, h.placed.Meeting, "%s does not end before", before)
			}
		}
	}
}

func (r *referee) places() {
	taken := map[[2]string]string{}
	for _, h := range r.held {
		for at := h.first; at <= h.last; at++ {
			key := [2]string{h.place.ID, r.p.Slots[at].ID}
			if other, busy := taken[key]; busy {
				r.note(PlaceBusy, h.placed.Meeting, "%s %s has %s", key[0], key[1], other)
			}
			taken[key] = h.placed.Meeting
		}
	}
}

func (r *referee) parties() {
	for _, party := range r.p.Parties {
		meets := r.partyMeets[party.ID]
		rules := limits{PartyBusy, PartyFull, PartyRun, party.Parallel, party.Max, party.MaxRun}
		r.work(party.ID, meets, rules)
		if party.Parallel == 1 {
			r.walks(party.ID, meets)
		}
	}
	if f := r.p.Fairness; f != nil && f.MaxBreakSpread != nil {
		if spread := r.measure().Spread; spread > *f.MaxBreakSpread {
			r.note(Unfair, "", "%d, at most %d", spread, *f.MaxBreakSpread)
		}
	}
}

func (r *referee) interpreters() {
	for _, i := range r.p.Interpreters {
		meets := r.interpretsIn[i.ID]
		r.work(i.ID, meets, limits{InterpreterBusy, InterpreterFull, InterpreterRun, 1, i.Max, i.MaxRun})
		r.walks(i.ID, meets)
	}
}

// limits bound somebody's work: the rule each breaks, and the figures.
type limits struct {
	busy, full, row Rule
	parallel        int
	max, maxRun     *int
}

func (r *referee) work(who string, meets []held, l limits) {
	load := r.load(meets)
	for at, n := range load {
		if n > l.parallel {
			r.note(l.busy, "", "%s has %d meetings at %s, at most %d", who, n, r.p.Slots[at].ID, l.parallel)
		}
	}
	if l.max != nil && len(meets) > *l.max {
		r.note(l.full, "", "%s has %d meetings, at most %d", who, len(meets), *l.max)
	}
	if l.maxRun == nil {
		return
	}
	row := 0
	for at, n := range load {
		switch {
		case n == 0:
			row = 0
			continue
		case row > 0 && !r.inARow(at):
			row = 0
		}
		if row++; row == *l.maxRun+1 {
			r.note(l.row, "", "%s works more than %d slots in a row up to %s", who, *l.maxRun, r.p.Slots[at].ID)
		}
	}
}

// load counts meetings in each slot.
func (r *referee) load(meets []held) []int {
	load := make([]int, len(r.p.Slots))
	for _, h := range meets {
		for at := h.first; at <= h.last; at++ {
			load[at]++
		}
	}
	return load
}

// inARow tells whether a slot follows the one before it without rest between.
func (r *referee) inARow(at int) bool {
	before, slot := r.p.Slots[at-1], r.p.Slots[at]
	pause := slot.StartsAt.Sub(before.EndsAt)
	return sameDay(before, slot) && pause < min(before.EndsAt.Sub(before.StartsAt), slot.EndsAt.Sub(slot.StartsAt))
}

// walks holds each two meetings of a person against the way between their rooms.
func (r *referee) walks(who string, meets []held) {
	for i, a := range meets {
		for _, b := range meets[i+1:] { // starts no earlier
			pause := r.p.Slots[b.first].StartsAt.Sub(r.p.Slots[a.last].EndsAt).Minutes()
			if need := r.walk[[2]string{a.place.Room, b.place.Room}]; pause >= 0 && pause < float64(need) {
				r.note(TooFar, b.placed.Meeting, "%s needs %d minutes from %s", who, need, a.place.Room)
			}
		}
	}
}

func sameDay(a, b format.Slot) bool {
	ay, am, ad := a.StartsAt.Date()
	by, bm, bd := b.StartsAt.Date()
	return ay == by && am == bm && ad == bd
}
