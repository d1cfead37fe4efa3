package matchmaking_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

func TestNewPlanKeepsIdentities(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for f := range 2 {
		g.wish(t, 0, f, matchmaking.Wish)
		g.wish(t, 1, f, matchmaking.Wish)
	}
	first := g.publish(t)
	before := map[ident.ID]matchmaking.Appointment{}
	for _, d := range g.delegations {
		list, err := g.s.OfDelegation(t.Context(), d)
		fatal(t, err)
		for _, a := range list {
			before[a.ID] = a
		}
	}
	// The first delegation is away when it would meet first.
	mine, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	fatal(t, err)
	away := slices.IndexFunc(g.slots, func(s matchmaking.Slot) bool { return s.StartsAt.Equal(mine[0].StartsAt) })
	fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[away].ID, DelegationID: g.delegations[0]}))
	repair, err := g.s.Repair(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 1})
	if err != nil || !repair.Repair || repair.Placed != 4 || repair.Moved != 1 {
		t.Fatalf("the repair is %+v, %v; want one meeting moved", repair, err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, repair.ID); err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, d := range g.delegations {
		list, err := g.s.OfDelegation(t.Context(), d)
		fatal(t, err)
		for _, a := range list {
			was, known := before[a.ID]
			if !known {
				t.Errorf("meeting %v has a new identity", a)
			}
			if !a.StartsAt.Equal(was.StartsAt) {
				moved++
				if a.State != "rescheduled" || a.Version != was.Version+1 {
					t.Errorf("a moved meeting is %s, version %d", a.State, a.Version)
				}
			} else if a != was {
				t.Errorf("a meeting that stayed changed from %+v to %+v", was, a)
			}
		}
	}
	if moved != 1 {
		t.Errorf("%d meetings moved", moved)
	}
	plans, err := g.s.Plans(t.Context(), office, g.event)
	if err != nil || len(plans) != 2 || plans[0].Status != matchmaking.PublishedPlan || plans[1].Status != matchmaking.SupersededPlan || plans[1].ID != first.ID {
		t.Errorf("plans: %+v, %v", plans, err)
	}
	// A pair that must not meet any more loses its meeting.
	g.wish(t, 0, 0, matchmaking.Never)
	g.publish(t)
	if list, err := g.s.OfDelegation(t.Context(), g.delegations[0]); err != nil || len(list) != 1 || list[0].FirmID != g.firms[1] {
		t.Errorf("after a never: %+v, %v", list, err)
	}
}

func TestNothingToPlan(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	if _, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.nothing_to_plan" {
		t.Errorf("without wishes: %v", err)
	}
	g.wish(t, 0, 0, matchmaking.Wish)
	if _, err := g.s.Repair(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.nothing_to_repair" {
		t.Errorf("repair without a published plan: %v", err)
	}
	late := matchmaking.New(g.db, clock.At("2027-06-11T10:00:00+08:00"), ident.New)
	if _, err := late.Solve(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.all_past" {
		t.Errorf("after the event: %v", err)
	}
}

// On the day itself what has begun stays, whatever changes.
func TestWhatHasBegunStays(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 0, matchmaking.Wish)
	g.wish(t, 0, 1, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Wish)
	g.publish(t)
	first, err := g.s.OfFirm(t.Context(), g.event, g.firms[0])
	fatal(t, err)
	during := matchmaking.New(g.db, func() time.Time { return g.slots[0].StartsAt.Add(time.Minute) }, ident.New)
	g.s = during
	g.wish(t, 1, 1, matchmaking.Must)
	g.publish(t)
	after, err := during.OfFirm(t.Context(), g.event, g.firms[0])
	fatal(t, err)
	for _, a := range first {
		begun := !a.StartsAt.After(g.slots[0].StartsAt)
		if begun && !slices.Contains(after, a) {
			t.Errorf("%+v has begun and is now %+v", a, after)
		}
	}
	for _, d := range g.delegations {
		list, err := during.OfDelegation(t.Context(), d)
		fatal(t, err)
		if len(list) != 2 {
			t.Errorf("%d meetings, want 2", len(list))
		}
	}
}

// What has begun is history: whatever is noted or ruled after it, the rest of the
// day is planned around it and it stays as it was.
func TestHistoryBlocksNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	rule := func(change func(*matchmaking.Rules)) func(t *testing.T, g *ground) {
		return func(t *testing.T, g *ground) {
			rules := matchmaking.DefaultRules(g.event)
			rules.FreeSlots = 0
			change(&rules)
			fatal(t, g.s.SaveRules(ctx, office, rules))
		}
	}
	away := func(set func(g *ground, a *matchmaking.Absence)) func(t *testing.T, g *ground) {
		return func(t *testing.T, g *ground) {
			for _, slot := range g.slots {
				a := matchmaking.Absence{EventID: g.event, SlotID: slot.ID}
				set(g, &a)
				fatal(t, g.s.SaveAbsence(ctx, office, a))
			}
		}
	}
	for _, tt := range []struct {
		name   string
		begun  int // slots
		change func(t *testing.T, g *ground)
		ahead  int // meetings of the first delegation that are still to come
	}{
		{"nothing changed", 1, func(*testing.T, *ground) {}, 2},
		{"the delegation is away", 1, away(func(g *ground, a *matchmaking.Absence) { a.DelegationID = g.delegations[0] }), 0},
		{"the tables are closed", 1, func(t *testing.T, g *ground) {
			for _, table := range g.tables {
				away(func(_ *ground, a *matchmaking.Absence) { a.TableID = table })(t, g)
			}
		}, 0},
		{"the interpreter is away", 1, away(func(g *ground, a *matchmaking.Absence) { a.InterpreterID = g.interpreter }), 0},
		{"the interpreter serves other languages", 1, func(t *testing.T, g *ground) {
			_, err := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"de", "zh"}})
			fatal(t, err)
		}, 0},
		{"no more than one meeting each", 1, rule(func(r *matchmaking.Rules) { r.MaxPerDelegation, r.MaxPerFirm = 1, 1 }), 0},
		{"no more than one, and two have been", 2, rule(func(r *matchmaking.Rules) { r.MaxPerDelegation, r.MaxPerFirm = 1, 1 }), 0},
		{"none in a row, and two have been", 2, rule(func(r *matchmaking.Rules) { r.MaxInARow, r.InterpreterInARow = 1, 1 }), 0},
		{"two in a row, and one has been", 1, rule(func(r *matchmaking.Rules) { r.MaxInARow, r.InterpreterInARow = 2, 2 }), 1},
		{"it needs another table", 1, func(t *testing.T, g *ground) {
			fatal(t, g.s.SaveNeed(ctx, office, g.event, g.delegations[0], matchmaking.VIPRoom))
		}, 0},
		{"it must not meet whom it met", 1, func(t *testing.T, g *ground) {
			list, err := g.s.OfDelegation(ctx, g.delegations[0])
			fatal(t, err)
			g.wish(t, 0, slices.Index(g.firms, list[0].FirmID), matchmaking.Never)
		}, 2},
	} {
		for _, repair := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, repair %v", tt.name, repair), func(t *testing.T) {
				t.Parallel()
				g := newGround(t)
				// The firms share a language with nobody else: each meeting is interpreted.
				if _, err := g.db.ExecContext(ctx, `UPDATE firms SET languages = '{zh}'`); err != nil {
					t.Fatal(err)
				}
				i, err := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"hu", "zh"}})
				fatal(t, err)
				g.interpreter = i.ID
				for firm := range 3 {
					g.wish(t, 0, firm, matchmaking.Wish)
				}
				if plan := g.publish(t); plan.Placed != 3 {
					t.Fatalf("%d meetings to begin with", plan.Placed)
				}
				before, err := g.s.OfDelegation(ctx, g.delegations[0])
				fatal(t, err)
				now := g.slots[tt.begun-1].StartsAt.Add(time.Minute)
				g.s = matchmaking.New(g.db, func() time.Time { return now }, ident.New)
				tt.change(t, g)
				run := g.s.Solve
				if repair {
					run = g.s.Repair
				}
				plan, err := run(ctx, office, g.event, matchmaking.RunOptions{Seed: 1})
				if err != nil {
					t.Fatalf("planning is blocked: %v", err)
				}
				if _, err := g.s.Publish(ctx, office, g.event, plan.ID); err != nil {
					t.Fatal(err)
				}
				after, err := g.s.OfDelegation(ctx, g.delegations[0])
				fatal(t, err)
				if len(after) != tt.begun+tt.ahead || !slices.Equal(after[:tt.begun], before[:tt.begun]) {
					t.Errorf("%+v became %+v; want %d begun and %d to come", before, after, tt.begun, tt.ahead)
				}
			})
		}
	}
}

// On the day too a draft that was left behind is refused with its reason, and not
// for what the run itself did with what has begun.
func TestStaleOnTheDay(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	for firm := range 2 {
		g.wish(t, 0, firm, matchmaking.Wish)
		g.wish(t, 1, firm, matchmaking.Wish)
	}
	g.publish(t)
	now := g.slots[0].StartsAt.Add(time.Minute)
	g.s = matchmaking.New(g.db, func() time.Time { return now }, ident.New)
	for _, table := range g.tables { // lifted in the slot that has begun
		fatal(t, g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[0].ID, TableID: table}))
	}
	draft, err := g.s.Repair(ctx, office, g.event, matchmaking.RunOptions{Seed: 1})
	fatal(t, err)
	fatal(t, g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[2].ID, DelegationID: g.delegations[0]}))
	if _, err := g.s.Publish(ctx, office, g.event, draft.ID); keyOf(err) != "matchmaking.stale_parties" {
		t.Errorf("refused with %v", err)
	}
}

// A draft that would move a meeting which began while the draft lay is refused.
func TestLateDraftMovesNothingThatBegan(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	g.wish(t, 0, 0, matchmaking.Wish)
	g.publish(t)
	before, err := g.s.OfDelegation(ctx, g.delegations[0])
	fatal(t, err)
	at := slices.IndexFunc(g.slots, func(s matchmaking.Slot) bool { return s.StartsAt.Equal(before[0].StartsAt) })
	fatal(t, g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[at].ID, DelegationID: g.delegations[0]}))
	draft, err := g.s.Repair(ctx, office, g.event, matchmaking.RunOptions{Seed: 1})
	if err != nil || draft.Moved != 1 {
		t.Fatalf("the draft is %+v, %v; want one meeting moved", draft, err)
	}
	g.s = matchmaking.New(g.db, func() time.Time { return before[0].StartsAt.Add(time.Minute) }, ident.New)
	if _, err := g.s.Publish(ctx, office, g.event, draft.ID); keyOf(err) != "matchmaking.begun" {
		t.Errorf("published, or refused for another reason: %v", err)
	}
	if after, err := g.s.OfDelegation(ctx, g.delegations[0]); err != nil || !slices.Equal(after, before) {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
}

// The third firm speaks Chinese alone: without an interpreter there is no
// meeting, and the desk is told so.
func TestInterpretersAndReasons(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 2, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Never)
	table := func() matchmaking.Timetable {
		plan, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
		fatal(t, err)
		table, err := g.s.Timetable(t.Context(), office, g.event, plan.ID)
		fatal(t, err)
		return table
	}
	name := func(kind string, zh string, n int) locale.Text {
		return locale.Text{ZH: fmt.Sprint(zh, n), EN: fmt.Sprint(kind, " ", n)}
	}
	blocked := matchmaking.Unplaced{Delegation: name("Delegation", "代表团", 2), Firm: name("Firm", "企业", 1), Code: matchmaking.Blocked, Reason: "blocked"}
	want := []matchmaking.Unplaced{{Delegation: name("Delegation", "代表团", 1), Firm: name("Firm", "企业", 3), Code: matchmaking.NoInterpreter, Reason: "interpreter"}, blocked}
	if got := table().Unplaced; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// Whoever may not set rules is not told that the two must not meet.
	plans, err := g.s.Plans(t.Context(), office, g.event)
	fatal(t, err)
	reader := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event, Role: accounts.Programme}}}
	seen, err := g.s.Timetable(t.Context(), reader, g.event, plans[0].ID)
	if err != nil || len(seen.Unplaced) != 2 || seen.Unplaced[1].Reason != "not_possible" {
		t.Errorf("the programme reads %+v, %v", seen.Unplaced, err)
	}
	if f, err := g.s.Figures(t.Context(), reader, g.event); err != nil || f.Blocked != 0 || f.Wishes != 2 {
		t.Errorf("the programme counts %+v, %v", f, err)
	}
	_, err = g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{ZH: "钟", EN: "Zhong"}, Languages: []string{"hu", "zh"}})
	fatal(t, err)
	got := table()
	if !slices.Equal(got.Unplaced, []matchmaking.Unplaced{blocked}) {
		t.Errorf("with an interpreter: %+v", got.Unplaced)
	}
	for _, row := range got.Rows {
		for _, cell := range row.Cells {
			if cell != nil && cell.Interpreter != (locale.Text{ZH: "钟", EN: "Zhong"}) {
				t.Errorf("interpreted by %v", cell.Interpreter)
			}
		}
	}
}

// A way is a way in both directions, however it was noted; the longer one counts.
// Between slots that leave five minutes nobody walks for ten.
func TestTravelCountsBothWays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		there, back int // minutes; negative: not noted
		placed      int
	}{
		{"not noted", -1, -1, 2}, {"there alone", 10, -1, 1}, {"back alone", -1, 10, 1}, {"both, back is longer", 1, 10, 1}, {"both, there is longer", 10, 1, 1}, {"both are short", 5, 5, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			ctx := t.Context()
			ev := events.New(g.db, may, ident.New)
			venues, err := ev.Venues(ctx, g.event)
			fatal(t, err)
			zones, err := ev.Zones(ctx, g.event)
			fatal(t, err)
			far, err := ev.SaveVenue(ctx, office, events.Venue{EventID: g.event, Code: "W", Name: locale.Text{ZH: "港区", EN: "Port"}, TimeZone: "Asia/Shanghai"})
			fatal(t, err)
			room, err := ev.SaveRoom(ctx, office, events.Room{EventID: g.event, VenueID: far.ID, ZoneID: zones[0].ID, Code: "R2", Name: locale.Text{ZH: "港区厅", EN: "Port hall"}, Kind: "matchmaking", Capacity: 50})
			fatal(t, err)
			_, err = ev.SaveMeetingTable(ctx, office, events.MeetingTable{EventID: g.event, RoomID: room.ID, Code: "T02"}) // the other stays in R1
			fatal(t, err)
			for _, way := range []struct {
				from, to ident.ID
				minutes  int
			}{{venues[0].ID, far.ID, tt.there}, {far.ID, venues[0].ID, tt.back}} {
				if way.minutes >= 0 {
					fatal(t, ev.SaveTravel(ctx, office, g.event, way.from, way.to, way.minutes))
				}
			}
			// One delegation, two slots that follow each other, a table in each venue.
			for _, a := range []matchmaking.Absence{
				{SlotID: g.slots[2].ID, DelegationID: g.delegations[0]}, {SlotID: g.slots[0].ID, TableID: g.tables[0]}, {SlotID: g.slots[1].ID, TableID: g.tables[1]},
			} {
				a.EventID = g.event
				fatal(t, g.s.SaveAbsence(ctx, office, a))
			}
			g.wish(t, 0, 0, matchmaking.Wish)
			g.wish(t, 0, 1, matchmaking.Wish)
			if plan := g.publish(t); plan.Placed != tt.placed {
				t.Errorf("%d meetings, want %d", plan.Placed, tt.placed)
			}
		})
	}
	t.Run("a venue of another event", func(t *testing.T) {
		t.Parallel()
		g := newGround(t)
		ev := events.New(g.db, may, ident.New)
		here, err := ev.Venues(t.Context(), g.event)
		fatal(t, err)
		event := g.event
		g.addEvent(t, "forum-2028", "F28")
		there, err := ev.Venues(t.Context(), g.event)
		fatal(t, err)
		for _, way := range [][2]ident.ID{{here[0].ID, there[0].ID}, {there[0].ID, here[0].ID}} {
			if err := ev.SaveTravel(t.Context(), office, event, way[0], way[1], 5); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("noted a way out of the event: %v", err)
			}
		}
	})
}

func TestBadInputIsNamedByField(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	long := string(bytes.Repeat([]byte("x"), 301))
	rules := matchmaking.DefaultRules(g.event)
	rules.MinPerFirm, rules.MaxInARow = 5, 0
	_, request := g.s.SaveRequest(ctx, office, matchmaking.Request{EventID: g.event, DelegationID: g.delegations[0], FirmID: g.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Never, Priority: 4, Topic: long})
	_, slots := g.s.SaveSlots(ctx, office, g.event, g.session, "AM", []time.Time{may(), may().Add(10 * time.Minute)}, 20*time.Minute)
	_, interpreter := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Languages: []string{"zh"}})
	for _, tt := range []struct {
		err    error
		fields []string
	}{
		{g.s.SaveRules(ctx, office, rules), []string{"max_in_a_row", "min_per_firm"}},
		{request, []string{"kind", "priority", "topic"}},
		{slots, []string{"starts"}},
		{interpreter, []string{"code", "languages", "name_en"}},
		{g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[0].ID}), []string{"subject"}},
		{g.s.SaveNeed(ctx, office, g.event, g.delegations[0], "sauna"), []string{"need"}},
	} {
		var got []string
		if f, ok := fault.Of(tt.err); ok {
			for _, field := range f.Fields {
				got = append(got, field.Path)
			}
		}
		slices.Sort(got)
		if fault.CodeOf(tt.err) != fault.Invalid || !slices.Equal(got, tt.fields) {
			t.Errorf("got %v, want the fields %v", tt.err, tt.fields)
		}
	}
}
