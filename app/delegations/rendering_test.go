package delegations_test

import (
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
)

// owner is the guest of a registration's own page.
func owner(r delegations.Registration) accounts.Actor {
	a := accounts.GuestActor()
	a.ID, a.LinkEventID, a.RegistrationID = r.ID, r.EventID, r.ID
	return a
}

// A rendering that the office proposed is approved by the person or an officer of
// theirs, and by nobody else; another rendering asks again.
func TestRenderingIsApproved(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "member", nil)
	d, other := g.delegation(t, "D01", 3), g.delegation(t, "D02", 3)
	in := member(1, "member")
	in.NameZH = "德内什·豪尔莫希"
	r, err := g.guests.AddMember(t.Context(), office, d.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if r = g.read(t, r); !r.NameZHOpen || r.NameZHApprovedAt != nil {
		t.Fatalf("proposed: %+v", r)
	}
	find := func() int {
		page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Names: delegations.RenderingOpen})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	if find() != 1 {
		t.Error("the desk does not find it")
	}
	approve := func(by accounts.Actor, shown string) error {
		_, err := g.guests.ApproveRendering(t.Context(), by, r.ID, shown)
		return err
	}
	for name, by := range map[string]accounts.Actor{"another's officer": g.liaison(other), "the office": office, "a guest": accounts.GuestActor()} {
		if err := approve(by, in.NameZH); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := approve(owner(r), "德内什·哈尔莫希"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("another rendering than there is: %v", err)
	}
	if err := approve(g.liaison(d), in.NameZH); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); now.NameZHOpen || now.NameZHApprovedBy != delegations.ByOfficer || now.NameZHApprovedAt == nil || find() != 0 {
		t.Errorf("approved: %+v", now)
	}
	if err := approve(owner(r), in.NameZH); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved twice: %v", err)
	}
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"phone": "+36301234567"}); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); now.NameZHOpen {
		t.Error("a new phone number ended the approval")
	}
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"name_zh": "德内什·哈尔莫希"}); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); !now.NameZHOpen || now.NameZHApprovedAt != nil || now.NameZHApprovedBy != "" {
		t.Errorf("another rendering: %+v", now)
	}
	// The database holds it, whoever writes.
	if err := approve(owner(r), "德内什·哈尔莫希"); err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE persons SET name_zh = '别人', name_zh_approved_at = now(), name_zh_approved_by = 'person' WHERE id = $1`, r.PersonID); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); !now.NameZHOpen || now.NameZHApprovedAt != nil {
		t.Errorf("written past the service: %+v", now)
	}
}

// Whoever writes their own Chinese name need not approve it.
func TestOwnRenderingIsApproved(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"name_zh": "米洛"}); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); now.NameZHOpen || now.NameZHApprovedBy != delegations.ByPerson {
		t.Errorf("before the decision: %+v", now)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"name_zh": "米罗"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), office, r.ID, g.changes(t, r)[0].ID, nil); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); now.NameZH != "米罗" || now.NameZHOpen || now.NameZHApprovedBy != delegations.ByPerson {
		t.Errorf("after it: %+v", now)
	}
}

// A wish for another rendering waits for the desk, beside whatever else waits, and
// is answered with a rendering or refused.
func TestAnotherRenderingIsAskedFor(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"name_zh": "米洛"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.AskRendering(t.Context(), owner(r), r.ID, " "); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("without a word: %v", err)
	}
	if _, err := g.guests.AskRendering(t.Context(), accounts.GuestActor(), r.ID, "no"); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("by nobody: %v", err)
	}
	if _, err := g.guests.AskRendering(t.Context(), owner(r), r.ID, "My friends write 米罗."); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"title_en": "Director"}); err != nil {
		t.Fatal(err)
	}
	pending := g.changes(t, r)[0]
	var fields []string
	for _, m := range pending.Fields {
		fields = append(fields, m.Field)
	}
	if pending.State != delegations.Pending || !slices.Equal(fields, []string{"title_en", delegations.NameWish}) || pending.Wish() != "My friends write 米罗." {
		t.Fatalf("waiting: %+v", pending)
	}
	if _, _, err := g.guests.ApproveChange(t.Context(), office, r.ID, pending.ID, nil); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("approved without an answer: %v", err)
	}
	if _, _, err := g.guests.GrantRendering(t.Context(), office, r.ID, pending.ID, "Milo", nil); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("answered in Latin letters: %v", err)
	}
	if _, _, err := g.guests.GrantRendering(t.Context(), office, r.ID, pending.ID, "米罗", nil); err != nil {
		t.Fatal(err)
	}
	now := g.read(t, r)
	if now.NameZH != "米罗" || now.TitleEN != "Director" || !now.NameZHOpen || now.Pending {
		t.Errorf("granted: %+v", now)
	}
	if _, err := g.guests.ApproveRendering(t.Context(), owner(r), r.ID, "米罗"); err != nil {
		t.Error(err)
	}
}

// Whoever writes down somebody else's Chinese name approves nothing for them: a firm,
// or one of several who register together.
func TestOthersRenderingIsOpen(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
	mine := g.joined(t, "F001", "91330299J3NW4AM187", false)
	in := func(n int) delegations.Input {
		one := firm(n)
		one.NameZH = "米洛"
		return one
	}
	alone, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in(1))
	if err != nil {
		t.Fatal(err)
	}
	of := in(2)
	of.FirmID = mine.ID
	person, _, err := g.guests.Register(t.Context(), ofFirm(g.event.ID, mine.ID), g.event.ID, of)
	if err != nil {
		t.Fatal(err)
	}
	_, group, err := g.guests.RegisterGroup(t.Context(), accounts.GuestActor(), g.event.ID, []delegations.Input{in(3), in(4)}, in(3).Email)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		r    delegations.Registration
		by   string
	}{
		{"alone", alone, delegations.ByPerson},
		{"by a firm", person, ""},
		{"the first of a group", group[0].Registration, ""},
		{"the second of a group", group[1].Registration, ""},
	} {
		if now := g.read(t, tt.r); now.NameZHApprovedBy != tt.by || now.NameZHOpen != (tt.by == "") {
			t.Errorf("%s: approved by %q, open %v", tt.name, now.NameZHApprovedBy, now.NameZHOpen)
		}
	}
}

// A change that waits approves the name in it if the person asked for it, and not if
// whoever holds a firm's link did.
func TestWaitingRenderingIsApprovedByItsAuthor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ asker, by string }{{"", delegations.ByPerson}, {"Ningbo Lanyu", ""}} {
		g := newGround(t, 5)
		r, secret, err := g.register(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"name_zh": "米罗"}); err != nil {
			t.Fatal(err)
		}
		if _, err := g.db.ExecContext(t.Context(), `
			UPDATE registration_changes SET actor_zh = $1, actor_en = $1 WHERE $1 <> '' AND state = 'pending'`, tt.asker); err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.guests.ApproveChange(t.Context(), office, r.ID, g.changes(t, r)[0].ID, nil); err != nil {
			t.Fatal(err)
		}
		if now := g.read(t, r); now.NameZH != "米罗" || now.NameZHApprovedBy != tt.by {
			t.Errorf("asked for by %q: %s, approved by %q", tt.asker, now.NameZH, now.NameZHApprovedBy)
		}
	}
}

// The log outlives erasure: it says that a rendering was approved, and not which.
func TestLogKeepsNoRendering(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	in := firm(1)
	in.NameZH = "米洛绝密"
	r, secret, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"name_zh": "米洛机密"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"name_zh": "米洛私密"}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.ApproveRendering(t.Context(), owner(r), r.ID, "米洛私密"); err != nil {
		t.Fatal(err)
	}
	var said, names []string
	if err := g.db.SelectContext(t.Context(), &said, `
		SELECT after::text FROM audit_entries WHERE action = 'registration.approve_rendering' ORDER BY at, id`); err != nil {
		t.Fatal(err)
	}
	if want := slices.Repeat([]string{`{"changed": "name_zh"}`}, 3); !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
	err = g.db.SelectContext(t.Context(), &names, `SELECT action FROM audit_entries WHERE concat(before, after, reason) LIKE '%米洛%'`)
	if err != nil || len(names) != 0 {
		t.Errorf("the log says names at %q, %v", names, err)
	}
}
