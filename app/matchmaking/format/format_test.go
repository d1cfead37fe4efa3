package format_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"qianshou/app/matchmaking/format"
)

// whole uses every field of a problem.
const whole = `{
  "format": "qianshou-problem/1",
  "slots": [{"id": "d1-0900", "starts_at": "2027-06-09T09:00:00+08:00", "ends_at": "2027-06-09T09:20:00+08:00", "part": "morning"},
            {"id": "d1-0920", "starts_at": "2027-06-09T09:20:00+08:00", "ends_at": "2027-06-09T09:40:00+08:00"}],
  "places": [{"id": "T01", "room": "R-B", "step_free": true, "vip": false, "unavailable": ["d1-0920"]}],
  "travel": [{"from": "R-B", "to": "R-V", "minutes": 6}],
  "parties": [{"id": "D01", "side": "host", "rank": 1, "parallel": 1, "min": 0, "max": 10, "max_run": 3, "languages": ["hu"], "needs": ["vip"], "unavailable": ["d1-0920"], "group": null},
              {"id": "F003", "side": "guest", "parallel": 2, "group": "G"}],
  "interpreters": [{"id": "I01", "pairs": [["hu", "zh"]], "max": 12, "max_run": 3, "unavailable": []}],
  "meetings": [{"id": "M001", "parties": ["D01", "F003"], "tier": "must", "value": 900, "length": 1, "slots": ["d1-0900"], "places": null, "interpreter": ["hu", "zh"], "after": ["M007"]},
               {"id": "M007", "parties": ["F003", "D01"]}],
  "fairness": {"max_break_spread": 2},
  "previous": [{"meeting": "M001", "slot": "d1-0900", "place": "T01", "interpreter": "I01", "pinned": true}]
}`

func TestReadProblem(t *testing.T) {
	t.Parallel()
	got, err := format.ReadProblem(strings.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", 8*3600)
	at := func(minute int) time.Time { return time.Date(2027, 6, 9, 9, minute, 0, 0, zone) }
	want := format.Problem{
		Format: format.ProblemFormat,
		Slots: []format.Slot{
			{ID: "d1-0900", StartsAt: at(0), EndsAt: at(20), Part: "morning"}, {ID: "d1-0920", StartsAt: at(20), EndsAt: at(40)},
		},
		Places: []format.Place{{ID: "T01", Room: "R-B", StepFree: true, Unavailable: []string{"d1-0920"}}},
		Travel: []format.Travel{{From: "R-B", To: "R-V", Minutes: 6}},
		Parties: []format.Party{
			{ID: "D01", Side: "host", Rank: 1, Parallel: 1, Max: new(10), MaxRun: new(3), Languages: []string{"hu"}, Needs: []string{"vip"}, Unavailable: []string{"d1-0920"}},
			{ID: "F003", Side: "guest", Parallel: 2, Group: new("G")},
		},
		Interpreters: []format.Interpreter{{ID: "I01", Pairs: [][2]string{{"hu", "zh"}}, Max: new(12), MaxRun: new(3), Unavailable: []string{}}},
		Meetings: []format.Meeting{
			{ID: "M001", Parties: []string{"D01", "F003"}, Tier: "must", Value: 900, Length: 1, Slots: []string{"d1-0900"}, Interpreter: &[2]string{"hu", "zh"}, After: []string{"M007"}},
			{ID: "M007", Parties: []string{"F003", "D01"}, Tier: "wish", Value: 1, Length: 1},
		},
		Fairness: &format.Fairness{MaxBreakSpread: new(2)},
		Previous: []format.Placed{{Meeting: "M001", Slot: "d1-0900", Place: "T01", Interpreter: "I01", Pinned: true}},
	}
	// Offsets are the same, their names need not be.
	for i := range got.Slots {
		if !got.Slots[i].StartsAt.Equal(want.Slots[i].StartsAt) || !got.Slots[i].EndsAt.Equal(want.Slots[i].EndsAt) {
			t.Errorf("slot %d: %v", i, got.Slots[i])
		}
		got.Slots[i].StartsAt, got.Slots[i].EndsAt = want.Slots[i].StartsAt, want.Slots[i].EndsAt
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestBadProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, new, path string }{
		{"an unknown field", `"vip": false`, `"wip": false`, "places[0].wip"},
		{"a field twice", `"vip": false`, `"vip": false, "vip": true`, "places[0].vip"},
		{"a missing field", `"id": "T01", `, ``, "places[0]"},
		{"a text for a number", `"rank": 1`, `"rank": "1"`, "parties[0].rank"},
		{"half a meeting", `"max": 10`, `"max": 1.5`, "parties[0].max"},
		{"a list for an object", `"fairness": {"max_break_spread": 2}`, `"fairness": []`, "fairness"},
		{"a pair of three", `[["hu", "zh"]]`, `[["hu", "zh", "en"]]`, "interpreters[0].pairs[0]"},
		{"a pair of one", `[["hu", "zh"]]`, `[["hu"]]`, "interpreters[0].pairs[0]"},
		{"a time without zone", `"2027-06-09T09:00:00+08:00"`, `"2027-06-09T09:00:00"`, "slots[0].starts_at"},
		{"another format", `qianshou-problem/1`, `qianshou-problem/2`, "format"},
		{"slots out of order", `"2027-06-09T09:20:00+08:00", "ends_at": "2027-06-09T09:40:00+08:00"`, `"2027-06-09T09:10:00+08:00", "ends_at": "2027-06-09T09:40:00+08:00"`, "slots[1].starts_at"},
		{"a slot that ends before it starts", `"ends_at": "2027-06-09T09:20:00+08:00"`, `"ends_at": "2027-06-09T08:20:00+08:00"`, "slots[0].ends_at"},
		{"an id twice", `{"id": "F003",`, `{"id": "D01",`, "parties[1].id"},
		{"an empty id", `{"id": "F003",`, `{"id": "",`, "parties[1].id"},
		{"a slot that is not there", `"slots": ["d1-0900"]`, `"slots": ["d9"]`, "meetings[0].slots[0]"},
		{"no meetings at once", `"parallel": 2`, `"parallel": 0`, "parties[1].parallel"},
		{"a value of nothing", `"value": 900`, `"value": 0`, "meetings[0].value"},
		{"a value above its tier", `"value": 900`, `"value": 1001`, "meetings[0].value"},
		{"a fixed meeting anywhere", `"tier": "must", "value": 900, "length": 1, "slots": ["d1-0900"]`, `"tier": "fixed"`, "meetings[0].slots"},
		{"an unknown tier", `"tier": "must"`, `"tier": "may"`, "meetings[0].tier"},
		{"an unknown need", `["vip"]`, `["sauna"]`, "parties[0].needs[0]"},
		{"alone at the table", `"parties": ["F003", "D01"]`, `"parties": ["F003"]`, "meetings[1].parties"},
		{"with itself", `"parties": ["F003", "D01"]`, `"parties": ["F003", "F003"]`, "meetings[1].parties[1]"},
		{"a circle", `{"id": "M007", "parties": ["F003", "D01"]`, `{"id": "M007", "parties": ["F003", "D01"], "after": ["M001"]`, "meetings[0].after"},
		{"a minimum above the maximum", `"min": 0, "max": 10`, `"min": 11, "max": 10`, "parties[0].min"},
		{"a previous place that is not there", `"place": "T01"`, `"place": "T99"`, "previous[0].place[0]"},
		{"something behind it", "\"pinned\": true}]\n}", "\"pinned\": true}]\n} {}", ""},
		{"cut off", "\"pinned\": true}]\n}", "\"pinned\": true", "previous[0]"},
		{"not JSON", `"format":`, `format:`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(whole, tt.old) != 1 {
				t.Fatalf("%q stands %d times in the problem", tt.old, strings.Count(whole, tt.old))
			}
			_, err := format.ReadProblem(strings.NewReader(strings.Replace(whole, tt.old, tt.new, 1)))
			var bad *format.Error
			if !errors.As(err, &bad) || bad.Path != tt.path {
				t.Errorf("got %v, want an error at %q", err, tt.path)
			}
		})
	}
}

func TestErrorSaysWhere(t *testing.T) {
	t.Parallel()
	_, err := format.ReadProblem(strings.NewReader("{\n  \"format\": \"qianshou-problem/1\",\n  \"slot\": []}"))
	if got, want := err.Error(), `line 3, column 8: slot: there is no such field`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestObjectiveOrder(t *testing.T) {
	t.Parallel()
	base := format.Objective{Moved: 1, MustUnplaced: 1, Value: 10, BelowMin: 1, Spread: 1, Breaks: 1, PlaceChanges: 1, Rank: 1}
	better := []func(o *format.Objective){
		func(o *format.Objective) { o.Rank-- }, func(o *format.Objective) { o.PlaceChanges--; o.Rank = 99 },
		func(o *format.Objective) { o.Breaks--; o.PlaceChanges = 99 }, func(o *format.Objective) { o.Spread--; o.Breaks = 99 },
		func(o *format.Objective) { o.BelowMin--; o.Spread = 99 }, func(o *format.Objective) { o.Value++; o.BelowMin = 99 },
		func(o *format.Objective) { o.MustUnplaced--; o.Value = 0 }, func(o *format.Objective) { o.Moved--; o.MustUnplaced = 99 },
	}
	for i, change := range better {
		o := base
		change(&o)
		if o.Compare(base) != -1 || base.Compare(o) != 1 || o.Compare(o) != 0 {
			t.Errorf("change %d is not better: %+v", i, o)
		}
	}
}

// What was read can be written and read again, and is the same.
func FuzzReadProblem(f *testing.F) {
	f.Add(whole)
	f.Add(`{"format": "qianshou-problem/1", "slots": [], "places": [], "parties": [], "meetings": []}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := format.ReadProblem(strings.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := format.Write(&out, p); err != nil {
			t.Fatal(err)
		}
		again, err := format.ReadProblem(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		var out2 bytes.Buffer
		if err := format.Write(&out2, again); err != nil || out.String() != out2.String() {
			t.Errorf("%v\n%s\n%s", err, out.String(), out2.String())
		}
	})
}

func FuzzReadPlan(f *testing.F) {
	f.Add(`{"format": "qianshou-plan/1", "status": "optimal", "meetings": [{"meeting": "M001", "slot": "d1-0900", "place": "T01", "interpreter": "I01"}],
	  "unplaced": [{"meeting": "M044", "reason": "interpreter", "because": ["I01"], "would_allow": "one more hu-zh interpreter"}],
	  "objective": {"moved": 0, "value": 48210}, "bound": {"value": 48350}, "seconds": 0.84, "seed": 1}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := format.ReadPlan(strings.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := format.Write(&out, p); err != nil {
			t.Fatal(err)
		}
		if _, err := format.ReadPlan(&out); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
	})
}
