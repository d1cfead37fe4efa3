package checker

import (
	"slices"

	"qianshou/app/matchmaking/format"
)

// measure computes every figure of the objective from its definition.
func (r *referee) measure() format.Objective {
	var o format.Objective
	for _, before := range r.p.Previous {
		now := r.byMeeting[before.Meeting].placed
		if now.Slot != before.Slot || now.Place != before.Place {
			o.Moved++
		}
	}
	for _, m := range r.p.Meetings {
		_, isHeld := r.byMeeting[m.ID]
		if isHeld {
			o.Value += m.Value
		} else if m.Tier != format.Wish {
			o.MustUnplaced++
		}
	}
	most, fewest, any := 0, 0, false
	for _, party := range r.p.Parties {
		meets := r.partyMeets[party.ID]
		o.BelowMin += max(0, party.Min-len(meets))
		if len(meets) == 0 {
			continue
		}
		breaks := r.breaks(meets)
		o.Breaks += breaks
		if !any {
			most, fewest, any = breaks, breaks, true
		}
		most, fewest = max(most, breaks), min(fewest, breaks)
		if party.Parallel == 1 {
			o.PlaceChanges += r.changes(meets)
		}
	}
	o.Spread = most - fewest
	o.Rank = r.rank()
	return o
}

// breaks counts maximal idle runs between two meetings of one day.
func (r *referee) breaks(meets []held) (n int) {
	last := -1 // the last busy slot
	for at, load := range r.load(meets) {
		if load == 0 {
			continue
		}
		if last >= 0 && at > last+1 && sameDay(r.p.Slots[last], r.p.Slots[at]) {
			n++
		}
		last = at
	}
	return n
}

// changes counts moves to another place between successive meetings of one day.
func (r *referee) changes(meets []held) (n int) {
	for i := 1; i < len(meets); i++ {
		a, b := meets[i-1], meets[i]
		if a.place.ID != b.place.ID && sameDay(r.p.Slots[a.first], r.p.Slots[b.first]) {
			n++
		}
	}
	return n
}

// rank counts pairs of hosts of which the lower ranked meets in the first slot
// and the higher ranked, who has meetings, does not.
func (r *referee) rank() (n int) {
	first := func(who string) bool {
		return slices.ContainsFunc(r.partyMeets[who], func(h held) bool { return h.first == 0 })
	}
	for _, low := range r.p.Parties {
		if low.Side != format.HostSide || low.Rank == 0 || !first(low.ID) {
			continue
		}
		for _, high := range r.p.Parties {
			if high.Side == format.HostSide && high.Rank > 0 && high.Rank < low.Rank && len(r.partyMeets[high.ID]) > 0 && !first(high.ID) {
				n++
			}
		}
	}
	return n
}

// figures holds what the plan says of itself against what it is.
func (r *referee) figures(plan format.Plan) {
	is := r.measure()
	if plan.Objective != is {
		r.note(WrongFigure, "", "says %+v, is %+v", plan.Objective, is)
	}
	if is.Value > plan.Bound.Value {
		r.note(WrongBound, "", "value %d above its bound %d", is.Value, plan.Bound.Value)
	}
	if is.MustUnplaced < plan.Bound.MustUnplaced {
		r.note(WrongBound, "", "%d must-meetings unplaced, the bound says %d", is.MustUnplaced, plan.Bound.MustUnplaced)
	}
	if len(r.held) == len(r.p.Meetings) && is.Breaks < plan.Bound.Breaks {
		r.note(WrongBound, "", "%d breaks below the bound %d", is.Breaks, plan.Bound.Breaks)
	}
	if plan.Status == format.Optimal && (is.Moved > 0 || is.MustUnplaced != plan.Bound.MustUnplaced || is.Value != plan.Bound.Value || is.Breaks != plan.Bound.Breaks) {
		r.note(WrongStatus, "", "optimal, but not at its bound")
	}
}

// status holds the status against the rest of the plan.
func (r *referee) status(plan format.Plan) {
	switch plan.Status {
	case format.Optimal, format.Feasible:
		if len(plan.Conflict) > 0 {
			r.note(WrongStatus, "", "%s, with a conflict", plan.Status)
		}
	case format.Infeasible:
		if len(plan.Conflict) == 0 || len(plan.Meetings) > 0 {
			r.note(WrongStatus, "", "infeasible names a conflict and holds no meeting")
		}
	case format.Unknown:
		if len(plan.Meetings) > 0 {
			r.note(WrongStatus, "", "unknown, with meetings")
		}
	default:
		r.note(WrongStatus, "", "%q", plan.Status)
	}
	for _, id := range plan.Conflict {
		_, meeting := r.meeting[id]
		_, party := r.party[id]
		_, slot := r.slot[id]
		_, place := r.place[id]
		_, interpreter := r.interpreter[id]
		if !meeting && !party && !slot && !place && !interpreter {
			r.note(UnknownID, "", "no %q to be in conflict", id)
		}
	}
}
