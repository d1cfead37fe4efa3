package checker_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"qianshou/app/matchmaking/checker"
	"qianshou/app/matchmaking/format"
)

// grid makes two days: three slots before coffee, two after it, two after
// lunch; and one slot on the second day.
func grid() (slots []format.Slot) {
	day := time.Date(2027, 6, 9, 0, 0, 0, 0, time.FixedZone("", 8*3600))
	for i, start := range []struct{ day, hour, minute int }{{0, 9, 0}, {0, 9, 25}, {0, 9, 50}, {0, 10, 35}, {0, 11, 0}, {0, 13, 30}, {0, 13, 55}, {1, 9, 0}} {
		at := day.AddDate(0, 0, start.day).Add(time.Duration(start.hour)*time.Hour + time.Duration(start.minute)*time.Minute)
		part := "am"
		if start.hour > 12 {
			part = "pm"
		}
		slots = append(slots, format.Slot{ID: fmt.Sprint("s", i+1), StartsAt: at, EndsAt: at.Add(20 * time.Minute), Part: part})
	}
	return slots
}

// good is a problem in which every rule is at work, and a plan that keeps all.
func good() (format.Problem, format.Plan) {
	p := format.Problem{
		Format: format.ProblemFormat, Slots: grid(),
		Places: []format.Place{
			{ID: "T1", Room: "hall", StepFree: true, Unavailable: []string{"s7"}}, {ID: "T2", Room: "hall", StepFree: true},
			{ID: "V1", Room: "vip", StepFree: true, VIP: true}, {ID: "T9", Room: "far"},
		},
		Travel: []format.Travel{{From: "hall", To: "far", Minutes: 15}, {From: "vip", To: "far", Minutes: 15}},
		Parties: []format.Party{
			{ID: "D1", Side: "host", Rank: 1, Parallel: 1, Max: new(5), MaxRun: new(3), Unavailable: []string{"s5"}},
			{ID: "D2", Side: "host", Rank: 2, Parallel: 1, Needs: []string{"vip", "step_free"}},
			{ID: "F1", Side: "guest", Parallel: 2, Min: 2}, {ID: "F2", Side: "guest", Parallel: 1, Max: new(3), Min: 3}, {ID: "F3", Side: "guest", Parallel: 1},
		},
		Interpreters: []format.Interpreter{
			{ID: "I1", Pairs: [][2]string{{"hu", "zh"}}, Max: new(2), MaxRun: new(1), Unavailable: []string{"s4"}}, {ID: "I2", Pairs: [][2]string{{"pl", "zh"}}},
		},
		Meetings: []format.Meeting{
			meeting("A", "D1", "F1", 10), meeting("B", "D1", "F2", 20), meeting("C", "D1", "F3", 30),
			meeting("E", "D2", "F1", 5), meeting("G", "D2", "F2", 7), meeting("H", "D2", "F3", 9), meeting("J", "D1", "F2", 1),
		},
		Fairness: &format.Fairness{MaxBreakSpread: new(1)},
		Previous: []format.Placed{{Meeting: "A", Slot: "s1", Place: "T1", Pinned: true}, {Meeting: "B", Slot: "s3", Place: "T1", Interpreter: "I1"}},
	}
	p.Meetings[0].Tier, p.Meetings[0].Slots = format.Fixed, []string{"s1"}
	p.Meetings[1].Tier, p.Meetings[1].Interpreter, p.Meetings[1].After = format.Must, &[2]string{"zh", "hu"}, []string{"A"}
	p.Meetings[2].Places = []string{"T1", "T9"}
	p.Meetings[4].Interpreter = &[2]string{"hu", "zh"}
	p.Meetings[5].Length = 2
	plan := format.Plan{
		Format: format.PlanFormat, Status: format.Feasible,
		Meetings: []format.Placed{
			{Meeting: "A", Slot: "s1", Place: "T1"}, {Meeting: "B", Slot: "s2", Place: "T1", Interpreter: "I1"}, {Meeting: "C", Slot: "s3", Place: "T1"},
			{Meeting: "E", Slot: "s2", Place: "V1"}, {Meeting: "G", Slot: "s6", Place: "V1", Interpreter: "I1"}, {Meeting: "H", Slot: "s4", Place: "V1"},
		},
		Unplaced: []format.Unplaced{{Meeting: "J", Reason: format.LowerValue, Because: []string{"B"}}},
		// D2 idles in s3: one break; F2 between s2 and s6: one. B left its place in time. F2 and F3 change places.
		Objective: format.Objective{Moved: 1, Value: 81, BelowMin: 1, Spread: 1, Breaks: 2, PlaceChanges: 2},
		Bound:     format.Bound{Value: 82},
	}
	return p, plan
}

func meeting(id, a, b string, value int) format.Meeting {
	return format.Meeting{ID: id, Parties: []string{a, b}, Tier: format.Wish, Value: value, Length: 1}
}

func TestGoodPlan(t *testing.T) {
	t.Parallel()
	p, plan := good()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if broken := checker.Check(p, plan); len(broken) > 0 {
		t.Errorf("a good plan is refused: %v", broken)
	}
	if got := checker.Measure(p, plan); got != plan.Objective {
		t.Errorf("measured %+v, want %+v", got, plan.Objective)
	}
}

// TestMutations breaks one thing of the good plan at a time: the referee must
// name the rule, and nothing but the rules given (a figure is wrong too when the
// change moves one; it is not asked here).
func TestMutations(t *testing.T) {
	t.Parallel()
	at := func(i int, slot, place string) func(*format.Problem, *format.Plan) {
		return func(_ *format.Problem, plan *format.Plan) {
			plan.Meetings[i].Slot, plan.Meetings[i].Place = slot, place
		}
	}
	problem := func(change func(p *format.Problem)) func(*format.Problem, *format.Plan) {
		return func(p *format.Problem, _ *format.Plan) { change(p) }
	}
	plan := func(change func(plan *format.Plan)) func(*format.Problem, *format.Plan) {
		return func(_ *format.Problem, plan *format.Plan) { change(plan) }
	}
	for _, tt := range []struct {
		name   string
		change func(*format.Problem, *format.Plan)
		want   []checker.Rule
	}{
		{"an unknown meeting", plan(func(p *format.Plan) { p.Meetings[3].Meeting = "Z" }), []checker.Rule{checker.UnknownID, checker.Missing}},
		{"an unknown slot", at(3, "s99", "V1"), []checker.Rule{checker.UnknownID, checker.Missing}},
		{"an unknown place", at(3, "s2", "T99"), []checker.Rule{checker.UnknownID, checker.Missing}},
		{"an unknown interpreter", plan(func(p *format.Plan) { p.Meetings[4].Interpreter = "I9" }), []checker.Rule{checker.UnknownID, checker.Missing}},
		{"a meeting twice", plan(func(p *format.Plan) { p.Meetings = append(p.Meetings, p.Meetings[3]) }), []checker.Rule{checker.Twice}},
		{"held and left out", plan(func(p *format.Plan) { p.Unplaced[0].Meeting = "E" }), []checker.Rule{checker.Twice, checker.Missing}},
		{"left out without a word", plan(func(p *format.Plan) { p.Unplaced = nil }), []checker.Rule{checker.Missing}},
		{"left out for a reason unheard of", plan(func(p *format.Plan) { p.Unplaced[0].Reason = "rain" }), []checker.Rule{checker.WrongReason}},
		{"a fixed meeting left out", plan(func(p *format.Plan) {
			p.Meetings = p.Meetings[1:]
			p.Unplaced = append(p.Unplaced, format.Unplaced{Meeting: "A", Reason: format.LowerValue})
		}), []checker.Rule{checker.NotFixed, checker.PinnedMoved, checker.TooEarly}},
		{"a pinned meeting at another table", at(0, "s1", "T2"), []checker.Rule{checker.PinnedMoved}},
		{"not at its slot", problem(func(p *format.Problem) { p.Meetings[3].Slots = []string{"s1"} }), []checker.Rule{checker.WrongSlot}},
		{"not at its place", at(2, "s3", "T2"), []checker.Rule{checker.WrongPlace}},
		{"over the end of the part", at(5, "s5", "V1"), []checker.Rule{checker.TooLong, checker.PartyBusy, checker.PlaceBusy}},
		{"over the end of the day", at(5, "s8", "V1"), []checker.Rule{checker.TooLong}},
		{"at a closed table", at(2, "s7", "T1"), []checker.Rule{checker.PlaceClosed}},
		{"two at one table", at(3, "s5", "V1"), []checker.Rule{checker.PlaceBusy, checker.PartyBusy}},
		{"a room without a VIP table", at(3, "s2", "T2"), []checker.Rule{checker.PlaceLacks}},
		{"away", at(1, "s5", "T1"), []checker.Rule{checker.PartyAway, checker.Unfair}},
		{"in two places", at(2, "s2", "T9"), []checker.Rule{checker.PartyBusy, checker.TooFar}},
		{"too many meetings", problem(func(p *format.Problem) { p.Parties[0].Max = new(2) }), []checker.Rule{checker.PartyFull}},
		{"too many in a row", problem(func(p *format.Problem) { p.Parties[0].MaxRun = new(2) }), []checker.Rule{checker.PartyRun}},
		{"no interpreter", plan(func(p *format.Plan) { p.Meetings[4].Interpreter = "" }), []checker.Rule{checker.NoInterpreter}},
		{"an interpreter nobody needs", plan(func(p *format.Plan) { p.Meetings[2].Interpreter = "I2" }), []checker.Rule{checker.NotAsked}},
		{"the wrong languages", plan(func(p *format.Plan) { p.Meetings[4].Interpreter = "I2" }), []checker.Rule{checker.WrongLanguage}},
		{"an interpreter who is away", at(4, "s4", "T2"), []checker.Rule{checker.InterpreterAway, checker.PlaceLacks, checker.PartyBusy}},
		{"an interpreter at two tables", func(p *format.Problem, plan *format.Plan) {
			p.Interpreters[0].Max, p.Meetings[3].Interpreter, plan.Meetings[3].Interpreter = nil, &[2]string{"hu", "zh"}, "I1"
		}, []checker.Rule{checker.InterpreterBusy}},
		{"too much for the interpreter", problem(func(p *format.Problem) { p.Interpreters[0].Max = new(1) }), []checker.Rule{checker.InterpreterFull}},
		{"the interpreter too long in a row", at(4, "s3", "V1"), []checker.Rule{checker.InterpreterRun}},
		{"no time to walk", at(2, "s3", "T9"), []checker.Rule{checker.TooFar}},
		{"before what must come first", problem(func(p *format.Problem) { p.Meetings[1].After = []string{"C"} }), []checker.Rule{checker.TooEarly}},
		{"unfair", problem(func(p *format.Problem) { p.Fairness.MaxBreakSpread = new(0) }), []checker.Rule{checker.Unfair}},
		{"a wrong figure", plan(func(p *format.Plan) { p.Objective.PlaceChanges = 0 }), []checker.Rule{checker.WrongFigure}},
		{"above its bound", plan(func(p *format.Plan) { p.Bound.Value = 80 }), []checker.Rule{checker.WrongBound}},
		{"better than its bound", plan(func(p *format.Plan) { p.Bound.MustUnplaced = 1 }), []checker.Rule{checker.WrongBound}},
		{"said to be optimal", plan(func(p *format.Plan) { p.Status = format.Optimal }), []checker.Rule{checker.WrongStatus}},
		{"infeasible with meetings", plan(func(p *format.Plan) { p.Status = format.Infeasible }), []checker.Rule{checker.WrongStatus}},
		{"a status unheard of", plan(func(p *format.Plan) { p.Status = "fine" }), []checker.Rule{checker.WrongStatus}},
		{"a conflict of nobody", plan(func(p *format.Plan) {
			p.Status, p.Meetings, p.Conflict = format.Infeasible, nil, []string{"nobody"}
		}), []checker.Rule{checker.UnknownID}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, plan := good()
			tt.change(&p, &plan)
			var got []checker.Rule
			for _, b := range checker.Check(p, plan) {
				if b.Rule != checker.WrongFigure || slices.Contains(tt.want, checker.WrongFigure) {
					got = append(got, b.Rule)
				}
			}
			slices.Sort(got)
			got = slices.Compact(got)
			want := slices.Compact(slices.Sorted(slices.Values(tt.want)))
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestCoffeeIsRest: a pause as long as a slot ends a row; a changeover does not;
// a night always does.
func TestCoffeeIsRest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		slots []string
		bad   bool
	}{
		{[]string{"s1", "s2", "s3"}, true}, {[]string{"s2", "s3", "s4"}, false}, {[]string{"s4", "s5", "s6"}, false},
		{[]string{"s6", "s7", "s8"}, false}, {[]string{"s1", "s2", "s4"}, false},
	} {
		p := format.Problem{Format: format.ProblemFormat, Slots: grid(), Places: []format.Place{{ID: "T1"}},
			Parties: []format.Party{{ID: "D", Parallel: 1, MaxRun: new(2)}, {ID: "F", Parallel: 1}}}
		plan := format.Plan{Format: format.PlanFormat, Status: format.Feasible}
		for i, slot := range tt.slots {
			id := fmt.Sprint("M", i)
			p.Meetings = append(p.Meetings, meeting(id, "D", "F", 1))
			plan.Meetings = append(plan.Meetings, format.Placed{Meeting: id, Slot: slot, Place: "T1"})
		}
		plan.Objective, plan.Bound.Value = checker.Measure(p, plan), 3
		broken := checker.Check(p, plan)
		if bad := len(broken) == 1 && broken[0].Rule == checker.PartyRun; bad != tt.bad || !tt.bad && len(broken) > 0 {
			t.Errorf("%v: %v", tt.slots, broken)
		}
	}
}
