package delegations_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// in moves a registration to a status, past the rules where the program has no way
// yet.
func (g ground) in(t *testing.T, r delegations.Registration, status delegations.Status) delegations.Registration {
	t.Helper()
	var err error
	switch status {
	case delegations.BadgeIssued:
		_, _, err = g.guests.Approve(t.Context(), office, r.ID)
	case delegations.Returned:
		_, err = g.guests.Return(t.Context(), office, r.ID, "please look again", "title_en")
	case delegations.Rejected:
		_, err = g.guests.Reject(t.Context(), office, r.ID, "no")
	case delegations.CheckedIn:
		_, _, err = g.guests.Approve(t.Context(), office, r.ID)
		g.set(t, r, status)
	default:
		g.set(t, r, status)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g.read(t, r)
}

func (g ground) set(t *testing.T, r delegations.Registration, status delegations.Status) {
	t.Helper()
	if _, err := g.db.ExecContext(t.Context(), `UPDATE registrations SET status = $2 WHERE id = $1`, r.ID, status); err != nil {
		t.Fatal(err)
	}
}

func (g ground) read(t *testing.T, r delegations.Registration) delegations.Registration {
	t.Helper()
	r, err := g.guests.Registration(t.Context(), office, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (g ground) changes(t *testing.T, r delegations.Registration) []delegations.Change {
	t.Helper()
	list, err := g.guests.Changes(t.Context(), office, r)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (g ground) letters(t *testing.T, r delegations.Registration) (kinds []string) {
	t.Helper()
	if err := g.db.SelectContext(t.Context(), &kinds, `SELECT template FROM mails WHERE registration_id = $1 ORDER BY created_at, id`, r.ID); err != nil {
		t.Fatal(err)
	}
	return kinds
}

// TestWhatAnEditDoes is the table of states and fields: what a person changes
// holds at once, waits for the desk, or is refused.
func TestWhatAnEditDoes(t *testing.T) {
	t.Parallel()
	g := newGround(t, 200)
	const applied, pending, refused = "applied", "pending", "refused"
	values := delegations.Edit{
		"family_name": "Kovács", "given_name": "Ilona", "name_native": "Kovács Ilona", "native_order": "family_first", "name_zh": "科瓦奇·伊洛娜", "sex": "F",
		"birth_date": "1971-02-03", "organisation": "Bakony Wool", "title_en": "Director", "title_zh": "总经理",
		"email": "new@city.example", "phone": "+3610000000", "lang": "zh", "languages": "hu,en", "meal_plan": "vegan", "access_needs": "step_free",
	}
	n := 0
	for _, status := range []delegations.Status{
		delegations.Submitted, delegations.UnderReview, delegations.OnHold, delegations.Waitlisted, delegations.Returned,
		delegations.Approved, delegations.BadgeIssued, delegations.CheckedIn, delegations.Rejected, delegations.Withdrawn, delegations.Cancelled,
	} {
		for field, value := range values {
			n++
			want := applied
			settled := slices.Contains([]delegations.Status{delegations.Approved, delegations.BadgeIssued, delegations.CheckedIn}, status)
			switch {
			case slices.Contains([]delegations.Status{delegations.Rejected, delegations.Withdrawn, delegations.Cancelled}, status):
				want = refused
			case settled && delegations.Key(field):
				want = pending
			}
			t.Run(fmt.Sprint(status, " ", field), func(t *testing.T) {
				r, secret, err := g.register(t.Context(), n)
				if err != nil {
					t.Fatal(err)
				}
				r = g.in(t, r, status)
				edit := delegations.Edit{field: value}
				if status == delegations.Returned && field != "title_en" {
					edit["title_en"] = "Head of sales"
				}
				done, err := g.guests.EditOwn(t.Context(), secret, r.Version, edit)
				if want == refused {
					if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || f.Key != "registration.decided" || len(g.changes(t, r)) != 0 {
						t.Fatalf("%v with %d changes", err, len(g.changes(t, r)))
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				after, list := g.read(t, r), g.changes(t, r)
				if len(list) != 1 || string(list[0].State) != want || list[0].Source != "web" || list[0].ActorKind != "guest" {
					t.Fatalf("history: %+v", list)
				}
				if names := append(done.Applied, done.Asked...); !slices.Contains(names, field) {
					t.Errorf("it says that %v changed", names)
				}
				if after.Pending != (want == pending) {
					t.Errorf("pending is %v", after.Pending)
				}
				wantStatus := status
				if status == delegations.Returned {
					wantStatus = delegations.Submitted
				}
				if after.Status != wantStatus || after.Version != r.Version+1 {
					t.Errorf("it is %s of version %d, was %s of version %d", after.Status, after.Version, r.Status, r.Version)
				}
				held, err := g.guests.DetailsOf(t.Context(), office, after)
				if err != nil {
					t.Fatal(err)
				}
				moved := list[0].Fields[slices.IndexFunc(list[0].Fields, func(m delegations.Moved) bool { return m.Field == field })]
				if field == "birth_date" {
					if moved != (delegations.Moved{Field: field, To: "••••"}) || held.BirthDate != "" {
						t.Errorf("a birth date is shown: %+v, %q", moved, held.BirthDate)
					}
				} else if moved.To != value || held.Value(field) != value {
					t.Errorf("the change says %+v, the form %q", moved, held.Value(field))
				}
				if wait := after.FamilyName; want == pending && field == "family_name" && wait == value {
					t.Error("an approved name changed before the desk decided")
				}
			})
		}
	}
}

func TestPendingChange(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r = g.in(t, r, delegations.BadgeIssued)
	first, err := g.badges.LivingOf(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(version int, e delegations.Edit) delegations.Edited {
		t.Helper()
		done, err := g.guests.EditOwn(t.Context(), secret, version, e)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	done := edit(r.Version, delegations.Edit{"family_name": "Kovács", "phone": "+36 1 000 0000"})
	if !slices.Equal(done.Applied, []string{"phone"}) || !slices.Equal(done.Asked, []string{"family_name", "name_native"}) {
		t.Errorf("%+v", done)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, r.Version, delegations.Edit{"title_en": "Mayor"}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("an edit of an old version: %v", err)
	}
	// A second wish goes on from the first, and takes its place.
	edit(0, delegations.Edit{"title_en": "Mayor", "passport.number": "TEST12345", "passport.issuer": "HU", "passport.expires_on": "2031-12-31"})
	list := g.changes(t, r)
	states := []delegations.ChangeState{}
	for _, c := range list {
		states = append(states, c.State)
	}
	slices.Sort(states)
	if want := []delegations.ChangeState{delegations.Applied, delegations.Pending, delegations.Overwritten}; !slices.Equal(states, want) {
		t.Fatalf("states %v", states)
	}
	pending := list[slices.IndexFunc(list, func(c delegations.Change) bool { return c.State == delegations.Pending })]
	want := []delegations.Moved{
		{Field: "family_name", From: "Réti B", To: "Kovács"}, {Field: "name_native", From: "Zsófia Réti B", To: "Zsófia Kovács"}, {Field: "passport.number", To: "••••2345"}, {Field: "passport.issuer", To: "••••"},
		{Field: "passport.expires_on", To: "••••"}, {Field: "title_en", To: "Mayor"},
	}
	if !slices.Equal(pending.Fields, want) {
		t.Errorf("the pending change wants %+v", pending.Fields)
	}
	var stored string
	if err := g.db.GetContext(t.Context(), &stored, `SELECT string_agg(fields::text, ' ') FROM registration_changes`); err != nil || strings.Contains(stored, "TEST12345") || strings.Contains(stored, "2031-12-31") {
		t.Errorf("a passport is readable in the history: %v", err)
	}
	if b, err := g.badges.LivingOf(t.Context(), r.ID); err != nil || b.ID != first.ID || g.read(t, r).FamilyName != "Réti B" {
		t.Error("what was approved does not stay valid")
	}
	// Wanting the same once more changes nothing.
	before := g.read(t, r).Version
	edit(before, delegations.Edit{"title_en": "Mayor"})
	if after := g.read(t, r); after.Version != before || len(g.changes(t, r)) != 3 {
		t.Errorf("version %d, was %d; %d changes", after.Version, before, len(g.changes(t, r)))
	}

	for name, by := range map[string]accounts.Actor{
		"a guest":    accounts.GuestActor(),
		"an auditor": {Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Auditor}}},
		"elsewhere":  {Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Owner, EventID: ident.New()}}},
	} {
		if _, _, err := g.guests.ApproveChange(t.Context(), by, r.ID, pending.ID, nil); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s approves: %v", name, err)
		}
		if _, err := g.guests.RefuseChange(t.Context(), by, r.ID, pending.ID, "no"); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s refuses: %v", name, err)
		}
		if _, err := g.guests.Edit(t.Context(), by, r.ID, 0, delegations.Edit{"phone": ""}); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s edits: %v", name, err)
		}
	}

	programme := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Programme}}}
	if _, err := g.guests.RevealChange(t.Context(), programme, r.ID, pending.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("who may not see passports reveals one: %v", err)
	}
	if c, err := g.guests.RevealChange(t.Context(), office, r.ID, pending.ID); err != nil || !slices.Contains(c.Fields, delegations.Moved{Field: "passport.number", To: "TEST12345"}) {
		t.Errorf("revealed: %+v, %v", c.Fields, err)
	}

	approved, issued, err := g.guests.ApproveChange(t.Context(), office, r.ID, pending.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if approved.FamilyName != "Kovács" || approved.NameNative != "Zsófia Kovács" || approved.TitleEN != "Mayor" || approved.Pending || issued.Token == "" {
		t.Errorf("approved: %+v, %+v", approved, issued)
	}
	now, err := g.badges.LivingOf(t.Context(), r.ID)
	if err != nil || now.ID != issued.ID || now.Serial != first.Serial+"-R1" {
		t.Errorf("badge %+v, %v", now, err)
	}
	if old, err := g.badges.ByID(t.Context(), office, first.ID); err != nil || old.State != badges.Superseded {
		t.Errorf("the old badge is %s, %v", old.State, err)
	}
	if got := g.letters(t, r); !slices.Equal(got, []string{"registration.received", "registration.approved", "registration.change_approved"}) {
		t.Errorf("letters %v", got)
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), office, r.ID, pending.ID, nil); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved twice: %v", err)
	}
	if d, err := g.guests.OwnDetails(t.Context(), secret); err != nil || d.PassportMask != "••••2345" || d.Passport != (delegations.Passport{}) {
		t.Errorf("details %+v, %v", d, err)
	}
	entries, err := audit.History(t.Context(), g.db, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if text := fmt.Sprint(e.Before, e.After); strings.Contains(text, "TEST12345") || strings.Contains(text, "Kovács") {
			t.Errorf("the log keeps a value: %s", text)
		}
	}
}

func TestPendingChangeEnds(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	n := 0
	asked := func(status delegations.Status) (delegations.Registration, string, delegations.Change) {
		t.Helper()
		n++
		r, secret, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		r = g.in(t, r, status)
		if _, err := g.guests.EditOwn(t.Context(), secret, r.Version, delegations.Edit{"title_en": "Mayor"}); err != nil {
			t.Fatal(err)
		}
		return r, secret, g.changes(t, r)[0]
	}
	state := func(r delegations.Registration) delegations.ChangeState { return g.changes(t, r)[0].State }

	r, _, change := asked(delegations.BadgeIssued)
	if _, err := g.guests.RefuseChange(t.Context(), office, r.ID, change.ID, " "); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("refused without reason: %v", err)
	}
	if _, err := g.guests.RefuseChange(t.Context(), office, r.ID, change.ID, "We know another title."); err != nil || state(r) != delegations.Refused || g.read(t, r).TitleEN != "" {
		t.Errorf("refused: %v, %s", err, state(r))
	}
	if got := g.letters(t, r); got[len(got)-1] != "registration.change_refused" {
		t.Errorf("letters %v", got)
	}
	r, secret, _ := asked(delegations.BadgeIssued)
	if _, err := g.guests.WithdrawChange(t.Context(), secret); err != nil || state(r) != delegations.TakenBack {
		t.Errorf("taken back: %v, %s", err, state(r))
	}
	if _, err := g.guests.WithdrawChange(t.Context(), secret); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("taken back twice: %v", err)
	}
	r, secret, _ = asked(delegations.BadgeIssued)
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"title_en": ""}); err != nil || state(r) != delegations.TakenBack || g.read(t, r).Pending {
		t.Errorf("the approved value again: %v, %s", err, state(r))
	}
	r, secret, change = asked(delegations.BadgeIssued)
	if _, err := g.guests.Withdraw(t.Context(), secret); err != nil || state(r) != delegations.TakenBack {
		t.Errorf("withdrawn: %v, %s", err, state(r))
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), office, r.ID, change.ID, nil); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved for somebody who does not come: %v", err)
	}

	// The office changes what is approved at once; a badge on hold stays so.
	r, _, _ = asked(delegations.BadgeIssued)
	b, err := g.badges.LivingOf(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.badges.Suspend(t.Context(), office, b.ID, "asked by security"); err != nil {
		t.Fatal(err)
	}
	done, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"name_zh": "雷蒂·若菲亚"})
	if err != nil || !slices.Equal(done.Applied, []string{"name_zh"}) || len(done.Asked) != 0 || !done.Registration.Pending {
		t.Errorf("%+v, %v", done, err)
	}
	if now, err := g.badges.LivingOf(t.Context(), r.ID); err != nil || now.ID == b.ID || now.State != badges.Suspended {
		t.Errorf("badge %+v, %v", now, err)
	}
}

func TestOnlyOneChangeIsPending(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r = g.in(t, r, delegations.BadgeIssued)
	errs := make([]error, 12)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, errs[i] = g.guests.EditOwn(t.Context(), secret, r.Version, delegations.Edit{"title_en": fmt.Sprint("Title ", i)})
		})
	}
	all.Wait()
	taken := 0
	for _, err := range errs {
		switch {
		case err == nil:
			taken++
		case fault.CodeOf(err) != fault.Conflict:
			t.Error(err)
		}
	}
	if list := g.changes(t, r); taken != 1 || len(list) != 1 || list[0].State != delegations.Pending {
		t.Errorf("%d were taken; history %+v", taken, list)
	}
}

// The end or the issuer of a passport that nobody knows is kept nowhere, and so is in no
// history either.
func TestAPassportIsWhole(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"passport.issuer": "DE", "passport.expires_on": "nonsense"})
	if f, ok := fault.Of(err); !ok || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "passport.number" {
		t.Errorf("an end without a number: %v", err)
	}
	if done, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"passport.issuer": "DE"}); err != nil || len(done.Applied) != 0 {
		t.Errorf("an issuer without a number: %+v, %v", done.Applied, err)
	}
	if list := g.changes(t, r); len(list) != 0 {
		t.Errorf("history %+v", list)
	}
}
