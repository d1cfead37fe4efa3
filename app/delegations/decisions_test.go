package delegations_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

func (g ground) queue(t *testing.T, n int) (ids []ident.ID) {
	t.Helper()
	for i := range n {
		r, _, err := g.register(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	return ids
}

func (g ground) mails(t *testing.T) (n int) {
	t.Helper()
	if err := g.db.GetContext(t.Context(), &n, `SELECT count(*) FROM mails`); err != nil {
		t.Fatal(err)
	}
	return n
}

// lettersSince lists the letters after the first so many: what each is, and to whom.
func (g ground) lettersSince(t *testing.T, n int) (list []string) {
	t.Helper()
	if err := g.db.SelectContext(t.Context(), &list, `SELECT template || ' ' || recipient FROM mails ORDER BY created_at, id OFFSET $1`, n); err != nil {
		t.Fatal(err)
	}
	return list
}

// asNow are registrations as they are.
func asNow(ids []ident.ID) (list []delegations.Seen) {
	for _, id := range ids {
		list = append(list, delegations.Seen{ID: id})
	}
	return list
}

var afterUndo = clock.At("2027-04-20T10:00:10+08:00")

// A decision changes nothing and writes no mail until the time to undo is over; then
// each is decided as it would be alone, and one that is refused says why while the
// others go on.
func TestDecisionsWaitAndThenApply(t *testing.T) {
	t.Parallel()
	g := newGround(t, 3)
	ids := g.queue(t, 4) // the fourth waits for a place
	before := g.mails(t)
	twice := append(asNow(ids), asNow(ids[:2])...) // as forms send what was ticked in two places
	d, err := g.guests.Decide(t.Context(), office, g.event.ID, "approve", twice, "not told")
	if err != nil || d.Items != 4 || d.Reason != "" || d.DueAt.Sub(d.RequestedAt) != 10*time.Second {
		t.Fatalf("%+v, %v", d, err)
	}
	if err := g.clocked(clock.At("2027-04-20T10:00:09+08:00")).ApplyDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := g.status(t, ids[0]); got != delegations.Submitted || g.mails(t) != before {
		t.Errorf("before it is due: %s and %d mails more", got, g.mails(t)-before)
	}
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{})
	if err != nil || page.Rows[0].Deciding != "approve" || page.Rows[0].DecidingID != d.ID {
		t.Errorf("the list says %q, %v; want that an approval waits", page.Rows[0].Deciding, err)
	}
	if _, err := g.guests.Decide(t.Context(), office, g.event.ID, "reject", asNow(ids[:2]), "too late"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("decided twice: %v", err)
	}
	later := g.clocked(afterUndo)
	var all sync.WaitGroup
	for range 4 { // several processes look at once
		all.Go(func() {
			if err := later.ApplyDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, want := range []delegations.Status{delegations.BadgeIssued, delegations.BadgeIssued, delegations.BadgeIssued, delegations.Waitlisted} {
		if got := g.status(t, ids[i]); got != want {
			t.Errorf("number %d is %s; want %s", i+1, got, want)
		}
	}
	if g.mails(t) != before+3 {
		t.Errorf("%d mails; want one for each approved", g.mails(t)-before)
	}
	d, refused, err := g.guests.DecisionOf(t.Context(), office, d.ID)
	if err != nil || d.Applied != 3 || d.Refused != 1 || d.AppliedAt == nil || len(refused) != 1 || refused[0].ID != ids[3] || refused[0].FaultKey != "registration.no_place" {
		t.Errorf("%+v, refused %+v, %v", d, refused, err)
	}
	if _, err := later.Undo(t.Context(), office, d.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("undone after the end: %v", err)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ids := g.queue(t, 3)
	before := g.mails(t)
	d, err := g.guests.Decide(t.Context(), office, g.event.ID, "reject", asNow(ids), "No places for this trade.")
	if err != nil {
		t.Fatal(err)
	}
	reader := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{Role: accounts.Auditor}}}
	if _, err := g.guests.Undo(t.Context(), reader, d.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("who may not decide undoes: %v", err)
	}
	for range 2 {
		if d, err = g.guests.Undo(t.Context(), office, d.ID); err != nil || d.UndoneAt == nil {
			t.Fatalf("%+v, %v", d, err)
		}
	}
	if err := g.clocked(afterUndo).ApplyDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if got := g.status(t, id); got != delegations.Submitted {
			t.Errorf("undone, and still %s", got)
		}
	}
	if g.mails(t) != before {
		t.Errorf("%d mails were written", g.mails(t)-before)
	}
	if _, err := g.guests.Decide(t.Context(), office, g.event.ID, "approve", asNow(ids), ""); err != nil {
		t.Errorf("decided anew: %v", err)
	}
}

// Undoing and carrying out at the same moment: one of them, for all or for none.
func TestUndoRaces(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	ids := g.queue(t, 8)
	d, err := g.guests.Decide(t.Context(), office, g.event.ID, "approve", asNow(ids), "")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var undone error
	all.Go(func() { _, undone = g.guests.Undo(t.Context(), office, d.ID) })
	all.Go(func() {
		if err := g.clocked(afterUndo).ApplyDue(t.Context()); err != nil {
			t.Error(err)
		}
	})
	all.Wait()
	if err := g.clocked(afterUndo).ApplyDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	d, _, err = g.guests.DecisionOf(t.Context(), office, d.ID)
	if err != nil || (undone == nil) != (d.UndoneAt != nil) || (d.UndoneAt == nil) == (d.AppliedAt == nil) {
		t.Errorf("undo said %v; %+v, %v", undone, d, err)
	}
	approved := 0
	for _, id := range ids {
		if g.status(t, id) == delegations.BadgeIssued {
			approved++
		}
	}
	if approved != d.Applied || undone != nil && approved != len(ids) {
		t.Errorf("%d are approved, the decision says %d", approved, d.Applied)
	}
}

func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ids := g.queue(t, 1)
	reader := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{Role: accounts.Auditor}}}
	for _, tt := range []struct {
		name     string
		by       accounts.Actor
		decision string
		ids      []ident.ID
		reason   string
		want     fault.Code
	}{
		{"who may only read", reader, "approve", ids, "", fault.Forbidden},
		{"a guest", accounts.GuestActor(), "approve", ids, "", fault.Forbidden},
		{"nobody chosen", office, "approve", nil, "", fault.Invalid},
		{"too many", office, "approve", slices.Repeat(ids, 501), "", fault.Invalid},
		{"no reason", office, "reject", ids, " ", fault.Invalid},
		{"no such decision", office, "forget", ids, "why", fault.Invalid},
		{"of another event", office, "approve", []ident.ID{ids[0], ident.New()}, "", fault.NotFound},
	} {
		if _, err := g.guests.Decide(t.Context(), tt.by, g.event.ID, tt.decision, asNow(tt.ids), tt.reason); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Who is held back is seen as such by those who vet alone, and nobody decides on
// them before they are released.
func TestHold(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ids := g.queue(t, 2)
	as := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: string(role), Grants: []accounts.Grant{{Role: role, EventID: g.event.ID}}}
	}
	programme, protocol := as(accounts.Programme), as(accounts.Protocol)
	if _, err := g.guests.Hold(t.Context(), programme, ids[0]); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("who may not vet holds: %v", err)
	}
	if _, err := g.guests.Hold(t.Context(), protocol, ids[0]); err != nil {
		t.Fatal(err)
	}
	for by, want := range map[string]delegations.Status{"programme": delegations.UnderReview, "protocol": delegations.OnHold} {
		actor := map[string]accounts.Actor{"programme": programme, "protocol": protocol}[by]
		r, err := g.guests.Registration(t.Context(), actor, ids[0])
		if err != nil || r.Status != want {
			t.Errorf("%s sees %s, %v; want %s", by, r.Status, err, want)
		}
		steps, err := g.guests.Steps(t.Context(), actor, r)
		if seen := slices.ContainsFunc(steps, func(s delegations.Step) bool { return s.To == delegations.OnHold }); err != nil || seen != (want == delegations.OnHold) {
			t.Errorf("%s reads the hold in the history: %v, %v", by, seen, err)
		}
		counts, err := g.guests.Counts(t.Context(), actor, g.event.ID)
		if err != nil || counts[want] != 1 {
			t.Errorf("%s counts %v, %v", by, counts, err)
		}
		page, err := g.guests.Registrations(t.Context(), actor, g.event.ID, delegations.Filter{Status: string(delegations.OnHold)})
		if err != nil || (len(page.Rows) == 1) != (want == delegations.OnHold) {
			t.Errorf("%s lists %d held, %v", by, len(page.Rows), err)
		}
		page, err = g.guests.Registrations(t.Context(), actor, g.event.ID, delegations.Filter{Status: string(want)})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].Status != want {
			t.Errorf("%s lists %v as %s, %v", by, page.Rows, want, err)
		}
	}
	if _, _, err := g.guests.Approve(t.Context(), protocol, ids[0]); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved while held: %v", err)
	}
	if _, err := g.guests.Reject(t.Context(), programme, ids[0], "why"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("rejected while held: %v", err)
	}
	if _, err := g.guests.Release(t.Context(), protocol, ids[1]); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("released who is not held: %v", err)
	}
	if _, err := g.guests.Release(t.Context(), protocol, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), programme, ids[0]); err != nil {
		t.Errorf("released, and not approved: %v", err)
	}
}

// RC10: a reporter without a journalist's visa is held for the press officer; a hold
// is told to nobody, keeps the place, and no approval passes it.
func TestPressIsHeldForTheirVisa(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "press", nil)
	r, _, err := g.guests.Register(t.Context(), office, g.event.ID, delegations.Input{
		Category: "press", GivenName: "Stavroula", FamilyName: "Dimitrova", Organisation: "River Herald", Nationality: "HU", Email: "m29@city.example", Consent: true, Lang: "en", Source: "web",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Hold(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved past the press officer: %v", err)
	}
	if now := g.read(t, r); now.Status != delegations.OnHold {
		t.Errorf("%s", now.Status)
	}
	if _, err := g.guests.Release(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Error(err)
	}
}

func TestViews(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	as := func() accounts.Actor {
		return accounts.Actor{Kind: accounts.User, ID: ident.New(), NameEN: "Desk", Grants: []accounts.Grant{{Role: accounts.Protocol, EventID: g.event.ID}}}
	}
	one, other := as(), as()
	save := func(by accounts.Actor, v delegations.View) delegations.View {
		v.EventID = g.event.ID
		saved, err := g.guests.SaveView(t.Context(), by, v)
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	press := save(one, delegations.View{Name: "Press", Query: "category=press", Shared: true, Standard: true})
	save(one, delegations.View{Name: "Mine", Query: "q=a", Standard: true})
	again := save(one, delegations.View{Name: " Press ", Query: "category=press&status=queue", Shared: true})
	names := func(by accounts.Actor) (list []string) {
		views, err := g.guests.Views(t.Context(), by, g.event.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			name := v.Name + " " + v.Query
			if v.Standard {
				name += " first"
			}
			list = append(list, name)
		}
		return list
	}
	if got := names(one); again.ID != press.ID || !slices.Equal(got, []string{"Mine q=a first", "Press category=press&status=queue"}) {
		t.Errorf("their owner has %q", got)
	}
	if got := names(other); !slices.Equal(got, []string{"Press category=press&status=queue"}) {
		t.Errorf("another has %q", got)
	}
	if err := g.guests.DeleteView(t.Context(), other, press.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another deletes it: %v", err)
	}
	if err := g.guests.DeleteView(t.Context(), one, press.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.SaveView(t.Context(), accounts.GuestActor(), delegations.View{EventID: g.event.ID, Name: "x"}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest saves: %v", err)
	}
}

// An approval holds for what was looked at: who changes their registration after that,
// or while the decision waits, is looked at again. A rejection holds for them too.
func TestApprovalHoldsForWhatWasSeen(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ids := g.queue(t, 4)
	seen := make([]delegations.Seen, len(ids))
	for i, id := range ids {
		r, err := g.guests.Registration(t.Context(), office, id)
		if err != nil {
			t.Fatal(err)
		}
		seen[i] = delegations.Seen{ID: id, Version: r.Version}
	}
	change := func(i int) {
		t.Helper()
		if _, err := g.guests.Edit(t.Context(), office, ids[i], 0, delegations.Edit{"family_name": "Switch"}); err != nil {
			t.Fatal(err)
		}
	}
	change(0) // before the decision
	if _, err := g.guests.Decide(t.Context(), office, g.event.ID, "approve", seen[:3], ""); err != nil {
		t.Fatal(err)
	}
	change(1) // while it waits
	if _, err := g.guests.Decide(t.Context(), office, g.event.ID, "reject", seen[3:], "No places."); err != nil {
		t.Fatal(err)
	}
	change(3)
	if err := g.clocked(afterUndo).ApplyDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []delegations.Status{delegations.Submitted, delegations.Submitted, delegations.BadgeIssued, delegations.Rejected} {
		if got := g.status(t, ids[i]); got != want {
			t.Errorf("the %d. is %s, want %s", i+1, got, want)
		}
	}
	if _, _, err := g.guests.ApproveSeen(t.Context(), office, seen[0]); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved as it was before: %v", err)
	}
	if r, _, err := g.guests.Approve(t.Context(), office, ids[0]); err != nil || r.Status != delegations.BadgeIssued {
		t.Errorf("approved as it is: %s, %v", r.Status, err)
	}
}

// A decision that cannot be carried out, for no reason that could be told, ends: the
// registration is free for another.
func TestADecisionThatFailsEnds(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ids := g.queue(t, 2)
	if _, err := g.db.ExecContext(t.Context(), `
		CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
		CREATE TRIGGER broken BEFORE UPDATE ON registrations FOR EACH ROW WHEN (NEW.id = '`+ids[0].String()+`') EXECUTE FUNCTION broken()`); err != nil {
		t.Fatal(err)
	}
	d, err := g.guests.Decide(t.Context(), office, g.event.ID, "reject", asNow(ids), "no room")
	if err != nil {
		t.Fatal(err)
	}
	later := g.clocked(func() time.Time { return april().Add(delegations.UndoTime + time.Second) })
	tries := 0
	for ; d.AppliedAt == nil && tries < 50; tries++ {
		if err := later.ApplyDue(t.Context()); err == nil {
			t.Error("nobody is told that it failed")
		}
		if d, _, err = g.guests.DecisionOf(t.Context(), office, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	d, refused, err := g.guests.DecisionOf(t.Context(), office, d.ID)
	if err != nil || tries != 10 || d.Applied != 1 || len(refused) != 1 || refused[0].ID != ids[0] || refused[0].FaultKey != "error.internal" {
		t.Errorf("after %d tries %+v, %+v, %v", tries, d, refused, err)
	}
	if _, err := g.guests.Decide(t.Context(), office, g.event.ID, "approve", asNow(ids[:1]), ""); err != nil {
		t.Errorf("another decision: %v", err)
	}
}
