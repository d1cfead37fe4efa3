package matchmaking_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking"
)

func TestPlanIsSeenOnceItIsPublished(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for d := range 2 {
		for f := range 2 {
			g.wish(t, d, f, matchmaking.Wish)
		}
	}
	draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 1})
	if err != nil || draft.Status != matchmaking.DraftPlan || draft.Placed != 4 || draft.Requested != 4 || draft.Number != 1 || !draft.Proven {
		t.Fatalf("the draft is %+v, %v", draft, err)
	}
	mine, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	if err != nil || len(mine) != 0 {
		t.Errorf("a draft is seen by its delegation: %v, %v", mine, err)
	}
	if _, err := g.s.Published(t.Context(), office, g.event); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a draft is published: %v", err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); keyOf(err) != "matchmaking.already_published" {
		t.Errorf("published twice: %v", err)
	}
	mine, err = g.s.OfRegistration(t.Context(), g.heads[0])
	if err != nil || len(mine) != 2 {
		t.Fatalf("the head sees %v, %v", mine, err)
	}
	got := mine[0]
	got.ID, got.FirmID = ident.Nil, ident.Nil
	first := mine[0].Firm
	want := matchmaking.Appointment{
		State: "scheduled", Version: 1, StartsAt: got.StartsAt, EndsAt: got.StartsAt.Add(20 * time.Minute), TimeZone: "Asia/Shanghai", Table: got.Table,
		Room: locale.Text{ZH: "洽谈厅", EN: "Hall"}, DelegationID: g.delegations[0], Delegation: locale.Text{ZH: "代表团1", EN: "Delegation 1"}, Firm: first,
	}
	if got.EndsAt = got.EndsAt.In(got.StartsAt.Location()); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	firm, err := g.s.OfFirm(t.Context(), g.event, g.firms[0])
	if err != nil || len(firm) != 2 || firm[0].StartsAt.Equal(firm[1].StartsAt) {
		t.Errorf("the firm sees %v, %v", firm, err)
	}
}

func TestStaleDraftIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 0, matchmaking.Wish)
	for _, tt := range []struct {
		key    string
		change func(t *testing.T)
	}{
		{"matchmaking.stale_requests", func(t *testing.T) { g.wish(t, 0, 1, matchmaking.Wish) }},
		{"matchmaking.stale_requests", func(t *testing.T) { g.wish(t, 0, 1, matchmaking.Never) }},
		{"matchmaking.stale_parties", func(t *testing.T) {
			fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[2].ID, DelegationID: g.delegations[0]}))
		}},
		{"matchmaking.stale_tables", func(t *testing.T) {
			fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[2].ID, TableID: g.tables[0]}))
		}},
		{"matchmaking.stale_interpreters", func(t *testing.T) {
			_, err := g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"hu", "zh"}})
			fatal(t, err)
		}},
		{"matchmaking.stale_slots", func(t *testing.T) {
			var starts []time.Time
			for _, s := range g.slots[:2] {
				starts = append(starts, s.StartsAt.Add(time.Minute))
			}
			_, err := g.s.SaveSlots(t.Context(), office, g.event, g.session, "AM", starts, 20*time.Minute)
			fatal(t, err)
		}},
	} {
		draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
		fatal(t, err)
		tt.change(t)
		plans, err := g.s.Plans(t.Context(), office, g.event)
		if err != nil || !plans[0].Stale {
			t.Errorf("%s: the list says %+v, %v", tt.key, plans[0], err)
		}
		if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); fault.CodeOf(err) != fault.Conflict || keyOf(err) != tt.key {
			t.Errorf("published, or refused for another reason: %v, want %s", err, tt.key)
		}
	}
	if meetings, err := g.s.OfDelegation(t.Context(), g.delegations[0]); err != nil || len(meetings) > 0 {
		t.Errorf("something of a stale draft is published: %v, %v", meetings, err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	first := *g
	g.wish(t, 0, 0, matchmaking.Wish)
	draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
	fatal(t, err)
	g.addEvent(t, "forum-2028", "F28")
	staff := func(role accounts.Role, event ident.ID) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, NameEN: "A", Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	for _, tt := range []struct {
		name     string
		by       accounts.Actor
		see, run bool
	}{
		{"a guest", accounts.GuestActor(), false, false},
		{"nobody", accounts.Actor{}, false, false},
		{"a door device", accounts.Actor{Kind: accounts.Device, Supervisor: true, Grants: []accounts.Grant{{EventID: first.event, Role: accounts.DoorsLead}}}, false, false},
		{"the doors", staff(accounts.DoorsLead, first.event), false, false},
		{"an analyst", staff(accounts.Analyst, first.event), false, false},
		{"protocol", staff(accounts.Protocol, first.event), true, false},
		{"an auditor", staff(accounts.Auditor, ident.Nil), true, false},
		{"the desk of another event", staff(accounts.Matchmaking, g.event), false, false},
		{"the desk", staff(accounts.Matchmaking, first.event), true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			_, plans := first.s.Plans(ctx, tt.by, first.event)
			_, table := first.s.Timetable(ctx, tt.by, first.event, draft.ID)
			_, figures := first.s.Figures(ctx, tt.by, first.event)
			for _, err := range []error{plans, table, figures} {
				if (fault.CodeOf(err) == fault.Forbidden) == tt.see {
					t.Errorf("seeing is answered with %v", err)
				}
			}
			_, solve := first.s.Solve(ctx, tt.by, first.event, matchmaking.RunOptions{})
			_, repair := first.s.Repair(ctx, tt.by, first.event, matchmaking.RunOptions{})
			_, publish := first.s.Publish(ctx, tt.by, first.event, ident.New())
			_, request := first.s.SaveRequest(ctx, tt.by, matchmaking.Request{EventID: first.event, DelegationID: first.delegations[0], FirmID: first.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Wish, Priority: 1})
			absence := first.s.SaveAbsence(ctx, tt.by, matchmaking.Absence{EventID: first.event, SlotID: first.slots[0].ID, FirmID: first.firms[0]})
			for _, err := range []error{solve, repair, publish, request, absence} {
				if (fault.CodeOf(err) == fault.Forbidden) == tt.run {
					t.Errorf("running is answered with %v", err)
				}
			}
		})
	}
	// Nothing of one event is reached through another, by whoever may do all in both.
	ctx := t.Context()
	_, table := g.s.Timetable(ctx, office, g.event, draft.ID)
	_, publish := g.s.Publish(ctx, office, g.event, draft.ID)
	_, request := g.s.SaveRequest(ctx, office, matchmaking.Request{EventID: g.event, DelegationID: first.delegations[0], FirmID: g.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Wish, Priority: 1})
	_, interpreter := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Code: "X", Name: locale.Text{EN: "X"}, Languages: []string{"hu", "zh"}, DelegationID: first.delegations[0]})
	absence := g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: first.slots[0].ID, TableID: g.tables[0]})
	need := g.s.SaveNeed(ctx, office, g.event, first.delegations[0], matchmaking.StepFree)
	_, slots := g.s.SaveSlots(ctx, office, g.event, first.session, "AM", []time.Time{may()}, 20*time.Minute)
	for i, err := range []error{table, publish, request, interpreter, absence, need, slots} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%d: what belongs to another event is answered with %v", i, err)
		}
	}
}

// Whatever program writes it, the database refuses that somebody or something is
// in two meetings at once.
func TestTheDatabaseRefusesDoubleBooking(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	interpreter, err := g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"hu", "zh"}})
	fatal(t, err)
	g.wish(t, 0, 2, matchmaking.Wish) // D01 meets F003, interpreted
	plan := g.publish(t)
	held, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	fatal(t, err)
	slot := g.slots[slices.IndexFunc(g.slots, func(s matchmaking.Slot) bool { return s.StartsAt.Equal(held[0].StartsAt) })].ID
	here, elsewhere := g.tables[0], g.tables[1]
	if held[0].Table != "T01" {
		here, elsewhere = elsewhere, here
	}
	for _, tt := range []struct {
		constraint         string
		d, f               int
		table, interpreter any
	}{
		{"", 1, 0, elsewhere, nil},
		{"meetings_delegation_free", 0, 1, elsewhere, nil},
		{"meetings_firm_free", 1, 2, elsewhere, nil},
		{"meetings_table_free", 1, 0, here, nil},
		{"meetings_interpreter_free", 1, 0, elsewhere, interpreter.ID},
		{"meetings_pair_once", 0, 2, elsewhere, nil},
	} {
		err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO meetings (event_id, id, delegation_id, firm_id, slot_id, table_id, interpreter_id, state, plan_id)
				VALUES ($1, $2, $3, $4, $5, $6, $7, 'scheduled', $8)`, g.event, ident.New(), g.delegations[tt.d], g.firms[tt.f], slot, tt.table, tt.interpreter, plan.ID)
			if err != nil || tt.constraint != "" {
				return err
			}
			_, err = tx.ExecContext(t.Context(), `DELETE FROM meetings WHERE delegation_id = $1`, g.delegations[tt.d])
			return err
		})
		if got := store.Constraint(err); got != tt.constraint {
			t.Errorf("got %q, %v; want %q", got, err, tt.constraint)
		}
	}
}
