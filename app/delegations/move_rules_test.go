package delegations_test

import (
	"reflect"
	"testing"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// A delegation of another event is none.
func TestNobodyJoinsADelegationOfAnotherEvent(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	day := time.Date(2028, 6, 8, 0, 0, 0, 0, time.UTC)
	next, err := eventsOf(g).Create(t.Context(), office, events.Input{
		Slug: "forum-2028", Prefix: "F28", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day, EndsOn: day, TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{EventID: next.ID, Code: "D01", Name: locale.Text{ZH: "代表团", EN: "Delegation"}, Quota: 3, Status: "confirmed"})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Role: "member", DelegationID: d.ID}); !broken(err, "delegation") {
		t.Errorf("moved: %v", err)
	}
	in := member(2, "member")
	in.DelegationID = d.ID
	if _, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in); !broken(err, "delegation") {
		t.Errorf("registered: %v", err)
	}
}

// The desk is told beside the field that a delegation does not come.
func TestDeskIsToldWhoDoesNotCome(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 5)
	if _, err := g.db.ExecContext(t.Context(), `UPDATE delegations SET status = 'declined' WHERE id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	in := member(1, "member")
	in.DelegationID = d.ID
	if _, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in); !broken(err, "delegation") {
		t.Errorf("%v", err)
	}
}

// Whoever is replaced, or replaces somebody, is not moved before that is decided.
func TestNobodyMovesWhoseReplacementWaits(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	if _, err := g.guests.Substitute(t.Context(), g.liaison(d), delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []delegations.Registration{head, deputy} {
		_, err := g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "firm"})
		if f, _ := fault.Of(err); f == nil || f.Key != "registration.move_replacement" {
			t.Errorf("%s: %v", r.Reference, err)
		}
	}
}

// Places that somebody has already are not asked for again: another role in a delegation
// that has more people than places.
func TestAnotherRoleNeedsNoPlace(t *testing.T) {
	t.Parallel()
	g, d, _, deputy, waits := newCity(t)
	if _, err := g.db.ExecContext(t.Context(), `UPDATE delegations SET quota = 1 WHERE id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	moved, err := g.guests.Move(t.Context(), office, deputy.ID, 0, delegations.Belonging{Role: "interpreter", DelegationID: d.ID})
	if err != nil || moved.Role != "interpreter" || moved.Status != delegations.BadgeIssued {
		t.Errorf("%s %s, %v", moved.Role, moved.Status, err)
	}
	if got := g.status(t, waits.ID); got != delegations.Waitlisted {
		t.Errorf("who waits is %s", got)
	}
}

// Who is held back is not put on the waiting list, from which they would be approved.
func TestHeldDoNotWait(t *testing.T) {
	t.Parallel()
	g, none := newGround(t, 5), 0
	g.category(t, "guest", &none)
	r, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	g.set(t, r, delegations.OnHold)
	if _, err := g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "guest"}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	if got := g.status(t, r.ID); got != delegations.OnHold {
		t.Errorf("they are %s", got)
	}
}

// In another delegation nobody is ranked yet, and nobody travels with the one before.
func TestNothingOfTheDelegationBeforeIsKept(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, waits := newCity(t)
	other := g.delegation(t, "D09", 9)
	read, err := g.guests.ByID(t.Context(), office, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Arrange(t.Context(), office, d.ID, read.Version, []ident.ID{head.ID, waits.ID, deputy.ID}); err != nil {
		t.Fatal(err)
	}
	leg, err := g.guests.SaveLeg(t.Context(), office, d.ID, delegations.Leg{
		Direction: "arrival", Kind: "car", From: "Hotel", To: "Airport", PlannedAt: clock.At("2027-06-08T07:35:00+08:00")(), People: []ident.ID{head.ID, deputy.ID},
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := func() (ranked, travels bool) {
		t.Helper()
		if err := g.db.QueryRowContext(t.Context(), `
			SELECT delegation_order IS NOT NULL, EXISTS (SELECT 1 FROM travel_leg_people WHERE leg_id = $2 AND registration_id = $1) FROM registrations WHERE id = $1`,
			deputy.ID, leg.ID).Scan(&ranked, &travels); err != nil {
			t.Fatal(err)
		}
		return ranked, travels
	}
	for _, tt := range []struct {
		to   delegations.Belonging
		kept bool
	}{
		{delegations.Belonging{Role: "interpreter", DelegationID: d.ID}, true},
		{delegations.Belonging{Role: "member", DelegationID: other.ID}, false},
	} {
		if _, err := g.guests.Move(t.Context(), office, deputy.ID, 0, tt.to); err != nil {
			t.Fatal(err)
		}
		if ranked, travels := kept(); ranked != tt.kept || travels != tt.kept {
			t.Errorf("moved to %s: ranked %v, travels %v", tt.to.Role, ranked, travels)
		}
	}
}

// A firm's link registers in the firms' categories and in no other, offered to the public
// or not.
func TestFirmsRegisterInTheirCategories(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	mine := g.joined(t, "F001", "91330299J3NW4AM187", false)
	for code, change := range map[string]func(c *events.Category){
		"guest": func(c *events.Category) { c.Public = true }, "press": func(*events.Category) {}, "trusted": func(c *events.Category) { c.Approval = "whitelist" },
	} {
		g.category(t, code, nil)
		g.changed(t, code, change)
	}
	for n, tt := range []struct {
		category string
		may      bool
	}{{"firm", true}, {"trusted", true}, {"guest", false}, {"press", false}} {
		in := firm(n)
		in.Category, in.FirmID = tt.category, mine.ID
		_, _, err := g.guests.Register(t.Context(), ofFirm(g.event.ID, mine.ID), g.event.ID, in)
		if (err == nil) != tt.may || !tt.may && !broken(err, "category") {
			t.Errorf("%s: %v", tt.category, err)
		}
	}
}

// What waits for whoever decides is counted, and the replacement that waits longest
// named, until it is decided. All three of the city were born on one day.
func TestWhatWaitsForADecision(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	waits := func() delegations.ToDecide {
		t.Helper()
		w, err := g.guests.ToDecide(t.Context(), protocolIn(g.event.ID), g.event.ID)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	if got, want := waits(), (delegations.ToDecide{Duplicates: 3}); got != want {
		t.Errorf("at first %+v", got)
	}
	x, err := g.guests.Substitute(t.Context(), g.liaison(d), delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.AskRendering(t.Context(), owner(deputy), deputy.ID, "another"); err != nil {
		t.Fatal(err)
	}
	if got, want := waits(), (delegations.ToDecide{Changes: 1, Replacements: 1, Replacement: x.ID, Duplicates: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, err := g.guests.ToDecide(t.Context(), g.liaison(d), g.event.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("an officer: %v", err)
	}
	// A closed event leaves no replacement open.
	if _, err := g.db.ExecContext(t.Context(), `UPDATE events SET status = 'closed' WHERE id = $1`, g.event.ID); err != nil {
		t.Fatal(err)
	}
	if err := g.clocked(clock.At("2027-06-11T00:01:00+08:00")).CloseEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := waits(), (delegations.ToDecide{Duplicates: 3}); got != want {
		t.Errorf("afterwards %+v", got)
	}
	if read, _, err := g.guests.Substitution(t.Context(), office, x.ID); err != nil || read.State != "refused" {
		t.Errorf("the replacement is %s, %v", read.State, err)
	}
}

// The history names where somebody belonged, though it takes no part any more.
func TestMovesAreNamed(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d, f := g.delegation(t, "D01", 5), g.joined(t, "F001", "91330299J3NW4AM187", false)
	r, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []delegations.Belonging{{Role: "member", DelegationID: d.ID, FirmID: f.ID}, {Category: "firm"}} {
		if _, err := g.guests.Move(t.Context(), office, r.ID, 0, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, write := range []string{`UPDATE delegations SET status = 'declined'`, `DELETE FROM event_firms`} {
		if _, err := g.db.ExecContext(t.Context(), write); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string][]delegations.NamedInMove{}
	for _, m := range g.changes(t, r)[0].Fields {
		if got[m.Field], err = g.guests.NamesInMove(t.Context(), g.event.ID, m); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]delegations.NamedInMove{
		"category":   {{Code: "firm", Name: locale.Text{ZH: "企业", EN: "Firm"}}, {Code: "member", Name: locale.Text{ZH: "类别", EN: "member"}}},
		"role":       nil,
		"delegation": {{Code: "D01", Name: d.Name}},
		"firm":       {{Code: "F001", Name: f.Name, CreditCode: f.CreditCode}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}
