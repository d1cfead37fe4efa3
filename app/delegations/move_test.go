package delegations_test

import (
	"slices"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// joined has a firm take part in the event, with automatic approval if it is granted.
func (g ground) joined(t *testing.T, code, credit string, granted bool) firms.Firm {
	t.Helper()
	f := g.firm(t, code, credit)
	service := firms.New(g.db, april, ident.New)
	if err := service.Join(t.Context(), office, g.event.ID, f.ID, ident.Nil); err != nil {
		t.Fatal(err)
	}
	if granted {
		day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		if _, err := service.Give(t.Context(), office, firms.Grant{FirmID: f.ID, Kind: "auto_approve", From: day, ReviewOn: day.AddDate(1, 0, 0), Basis: "letter"}); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// ofFirm is whoever holds a firm's link.
func ofFirm(event, firm ident.ID) accounts.Actor {
	a := accounts.GuestActor()
	a.LinkEventID, a.FirmID = event, firm
	return a
}

// TestFirmRegistersItsPeople registers by a firm's link: for that firm only, in its
// name, and approved where it was granted.
func TestFirmRegistersItsPeople(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.changed(t, "firm", func(c *events.Category) { c.Approval, c.Public = "whitelist", false })
	mine := g.joined(t, "F001", "91330299J3NW4AM187", true)
	other := g.joined(t, "F002", "91330299K3DGFBAW36", false)
	link := ofFirm(g.event.ID, mine.ID)

	in := firm(1)
	in.FirmID, in.Organisation = mine.ID, "Somebody else Ltd"
	r, _, err := g.guests.Register(t.Context(), link, g.event.ID, in)
	if err != nil || r.Status != delegations.BadgeIssued || r.FirmID != mine.ID || r.Organisation != mine.Name.EN {
		t.Errorf("%s for %s as %q, %v", r.Status, r.FirmID, r.Organisation, err)
	}
	if people, err := g.guests.OfFirm(t.Context(), link, g.event.ID, mine.ID); err != nil || len(people) != 1 {
		t.Errorf("%d people, %v", len(people), err)
	}
	in = firm(2)
	in.FirmID = other.ID
	if _, _, err := g.guests.Register(t.Context(), link, g.event.ID, in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("for another firm: %v", err)
	}
	if _, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("without a link: %v", err)
	}
	in = firm(3)
	in.FirmID, in.Quiet = mine.ID, true
	if _, _, err := g.guests.Register(t.Context(), link, g.event.ID, in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("without a letter: %v", err)
	}
}

// How letters address somebody is said by the office and by officers of delegations:
// what others write of it is kept nowhere, and it is never a link.
func TestWhoSaysHowLettersAddress(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	g.memberCategories(t)
	g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
	mine, d := g.joined(t, "F001", "91330299J3NW4AM187", false), g.delegation(t, "D01", 9)
	in := func(n int, change func(in *delegations.Input)) delegations.Input {
		one := firm(n)
		one.AddressEN, one.AddressZH = "winner, call me", "请致电"
		change(&one)
		return one
	}
	register := func(by accounts.Actor, one delegations.Input) (delegations.Registration, error) {
		r, _, err := g.guests.Register(t.Context(), by, g.event.ID, one)
		return r, err
	}
	for n, tt := range []struct {
		name     string
		register func(n int) (delegations.Registration, error)
		kept     bool
	}{
		{"a firm", func(n int) (delegations.Registration, error) {
			return register(ofFirm(g.event.ID, mine.ID), in(n, func(one *delegations.Input) { one.FirmID = mine.ID }))
		}, false},
		{"a guest", func(n int) (delegations.Registration, error) {
			return register(accounts.GuestActor(), in(n, func(*delegations.Input) {}))
		}, false},
		{"the desk", func(n int) (delegations.Registration, error) {
			return register(office, in(n, func(*delegations.Input) {}))
		}, true},
		{"an officer", func(n int) (delegations.Registration, error) {
			return register(g.liaison(d), in(n, func(one *delegations.Input) {
				one.DelegationID, one.Role, one.Category = d.ID, "member", "member"
			}))
		}, true},
	} {
		r, err := tt.register(n)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if now := g.read(t, r); (now.AddressEN == "winner, call me") != tt.kept || (now.AddressZH == "请致电") != tt.kept {
			t.Errorf("%s: letters address them as %q, %q", tt.name, now.AddressEN, now.AddressZH)
		}
	}
	for _, field := range []string{"address_en", "address_zh"} {
		r, err := register(office, firm(20))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{field: "evil.example"}); !broken(err, field) {
			t.Errorf("a link as %s: %v", field, err)
		}
		if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{field: "H.E. Mayor Halmosi"}); err != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestDeskRegisters registers somebody in a category that the public form does not
// offer, without an address and without a letter.
func TestDeskRegisters(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "staff", nil)
	in := firm(1)
	in.Category, in.Email, in.Organisation, in.Quiet = "staff", "", "", true
	r, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in)
	if err != nil || r.Status != delegations.Submitted || r.Role != "staff" {
		t.Fatalf("%s as %s, %v", r.Status, r.Role, err)
	}
	if got := g.letters(t, r); len(got) != 0 {
		t.Errorf("letters %q", got)
	}
	if _, err := g.guests.RegisterAtDesk(t.Context(), accounts.GuestActor(), g.event.ID, in); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest: %v", err)
	}
	in.FirmID = ident.New()
	if _, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in); !broken(err, "firm") {
		t.Errorf("a firm that is not there: %v", err)
	}
}

func broken(err error, path string) bool {
	f, ok := fault.Of(err)
	return ok && slices.ContainsFunc(f.Fields, func(f fault.Field) bool { return f.Path == path })
}

// TestLinkedToAFirm links who registered in public to their firm: from then on its
// grant counts.
func TestLinkedToAFirm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		granted bool
		want    delegations.Status
	}{{true, delegations.BadgeIssued}, {false, delegations.Submitted}} {
		g := newGround(t, 5)
		g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
		f := g.joined(t, "F001", "91330299J3NW4AM187", tt.granted)
		r, _, err := g.register(t.Context(), 1)
		if err != nil || r.Status != delegations.Submitted {
			t.Fatalf("%s, %v", r.Status, err)
		}
		if _, err := g.guests.LinkFirm(t.Context(), accounts.GuestActor(), r.ID, f.ID); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("a guest links: %v", err)
		}
		if r, err = g.guests.LinkFirm(t.Context(), office, r.ID, f.ID); err != nil || r.Status != tt.want || r.FirmID != f.ID || r.Organisation != "Bakony Textiles" {
			t.Errorf("granted %v: %s for %s as %q, %v", tt.granted, r.Status, r.FirmID, r.Organisation, err)
		}
		changes, err := g.guests.Changes(t.Context(), office, r)
		if err != nil || len(changes) != 1 || !slices.Equal(changes[0].Fields, []delegations.Moved{{Field: "firm", To: "F001"}}) {
			t.Errorf("history %+v, %v", changes, err)
		}
	}
}

// TestMoved moves people into another category: to a place, to the waiting list, or
// not at all; and what they leave goes to who waits. Holders of places are counted
// after each.
func TestMoved(t *testing.T) {
	t.Parallel()
	g, one := newGround(t, 2), 1
	g.category(t, "guest", &one)
	held := func(guest, firm, waiting int) {
		t.Helper()
		var got [3]int
		if err := g.db.QueryRowContext(t.Context(), `
			SELECT count(*) FILTER (WHERE c.code = 'guest' AND r.status <> 'waitlisted'), count(*) FILTER (WHERE c.code = 'firm' AND r.status <> 'waitlisted'),
				count(*) FILTER (WHERE r.status = 'waitlisted') FROM registrations r JOIN categories c ON c.id = r.category_id`).Scan(&got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if want := [3]int{guest, firm, waiting}; got != want {
			t.Errorf("guest, firm, waiting: %v, want %v", got, want)
		}
	}
	var people []delegations.Registration
	for n := range 3 {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, r)
	}
	held(0, 2, 1)
	approved, _, err := g.guests.Approve(t.Context(), office, people[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	before, err := g.badges.LivingOf(t.Context(), approved.ID)
	if err != nil {
		t.Fatal(err)
	}

	// Approved, with a place: another badge, and the place goes to who waits.
	guest := delegations.Belonging{Category: "guest"}
	moved, err := g.guests.Move(t.Context(), office, approved.ID, approved.Version, guest)
	if err != nil || moved.Status != delegations.BadgeIssued || moved.BadgeType != "DEL" || moved.Role != "guest" {
		t.Fatalf("%+v, %v", moved, err)
	}
	held(1, 2, 0)
	if after, err := g.badges.LivingOf(t.Context(), approved.ID); err != nil || after.ID == before.ID || after.BadgeType != "DEL" {
		t.Errorf("badge %+v, %v", after, err)
	}
	if _, err := g.guests.Move(t.Context(), office, approved.ID, approved.Version, delegations.Belonging{Category: "firm"}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("an old version: %v", err)
	}

	// Not approved, without a place: waits, and is told.
	waits, err := g.guests.Move(t.Context(), office, people[1].ID, 0, guest)
	if err != nil || waits.Status != delegations.Waitlisted {
		t.Errorf("%s, %v", waits.Status, err)
	}
	held(1, 1, 1)
	if got := g.letters(t, waits); !slices.Equal(got, []string{"registration.received", "registration.waitlisted"}) {
		t.Errorf("letters %q", got)
	}

	// Approved, without a place: refused.
	third, _, err := g.guests.Approve(t.Context(), office, people[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Move(t.Context(), office, third.ID, 0, guest); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("full: %v", err)
	}
	held(1, 1, 1)

	// Who waits moves to where there is a place, and has it.
	back, err := g.guests.Move(t.Context(), office, waits.ID, 0, delegations.Belonging{Category: "firm"})
	if err != nil || back.Status != delegations.UnderReview {
		t.Errorf("%s, %v", back.Status, err)
	}
	held(1, 2, 0)
	if again, err := g.guests.Move(t.Context(), office, back.ID, 0, delegations.Belonging{Category: "firm"}); err != nil || again.Version != back.Version {
		t.Errorf("moved to where they are: version %d, %v", again.Version, err)
	}
	if _, err := g.guests.Move(t.Context(), accounts.GuestActor(), back.ID, 0, guest); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest: %v", err)
	}
}

// TestCategoryFollowsRole chooses a category beside a delegation: the one somebody had
// follows the role without a word, another one is refused and the right one named, and
// those that only delegations have ask for one.
func TestCategoryFollowsRole(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	for _, code := range []string{"member", "head", "press", "guest"} {
		g.category(t, code, nil)
	}
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{EventID: g.event.ID, Code: "D01", Name: locale.Text{ZH: "代表团", EN: "Delegation"}, Quota: 9, Status: "accepted"})
	if err != nil {
		t.Fatal(err)
	}
	for n, tt := range []struct {
		category, role string
		in             bool
		field          string // refused there; empty: not
		desk           string // where the desk is refused, who has no category yet
		want           string
	}{
		{"firm", "interpreter", true, "", "category", "member"}, // it was theirs
		{"", "interpreter", true, "", "", "member"},
		{"member", "interpreter", true, "", "", "member"},
		{"press", "press", true, "", "", "press"},
		{"press", "interpreter", true, "category", "category", ""},
		{"guest", "", true, "category", "category", ""},
		{"member", "", false, "delegation", "delegation", ""},
		{"head", "head", false, "delegation", "delegation", ""},
		{"guest", "", false, "", "", "guest"},
	} {
		to := delegations.Belonging{Category: tt.category, Role: tt.role}
		in := firm(100 + n)
		in.Category, in.Role = tt.category, tt.role
		if tt.in {
			to.DelegationID, in.DelegationID = d.ID, d.ID
		}
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		moved, err := g.guests.Move(t.Context(), office, r.ID, 0, to)
		if tt.field == "" && (err != nil || moved.Category.EN != tt.want) || tt.field != "" && !broken(err, tt.field) {
			t.Errorf("%+v: moved to %q, %v", tt, moved.Category.EN, err)
		}
		made, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in)
		if tt.desk == "" && (err != nil || made.Category.EN != tt.want) || tt.desk != "" && !broken(err, tt.desk) {
			t.Errorf("%+v: registered as %q, %v", tt, made.Category.EN, err)
		}
	}
}

// TestMovedWithOrganisation moves somebody who has no organisation to where one is asked
// for, and somebody of one firm to another, in whose name they come then.
func TestMovedWithOrganisation(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "guest", nil)
	g.category(t, "press", nil)
	one, other := g.joined(t, "F001", "91330299J3NW4AM187", false), g.joined(t, "F002", "91330299K3DGFBAW36", false)
	in := firm(1)
	in.Category, in.Organisation = "guest", ""
	r, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "press"}); !broken(err, "organisation") {
		t.Errorf("without an organisation: %v", err)
	}
	paper, none := " Evening  Post 𠮷 ", ""
	if r, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "press", Organisation: &paper}); err != nil || r.Organisation != "Evening Post 𠮷" || r.Unprintable == "" {
		t.Fatalf("%q, unprintable %q, %v", r.Organisation, r.Unprintable, err)
	}
	list, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Search: "evening post"})
	if err != nil || len(list.Rows) != 1 {
		t.Errorf("found %+v, %v", list, err)
	}
	if r, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "firm", FirmID: one.ID, Organisation: &none}); err != nil || r.Organisation != one.Name.EN || r.Unprintable != "" {
		t.Fatalf("%q, unprintable %q, %v", r.Organisation, r.Unprintable, err)
	}
	kept := r.Organisation
	if r, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "firm", FirmID: other.ID, Organisation: &kept}); err != nil || r.Organisation != other.Name.EN {
		t.Errorf("%q, %v", r.Organisation, err)
	}
}

// TestMovedIntoDelegation moves a guest into a delegation, whose category follows from
// the role, and out of it; a second head is refused.
func TestMovedIntoDelegation(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "member", nil)
	g.category(t, "head", nil)
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{EventID: g.event.ID, Code: "D01", Name: locale.Text{ZH: "代表团", EN: "Delegation"}, Quota: 3, Status: "accepted"})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []bool{true, false} {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		r, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "firm", Role: "head", DelegationID: d.ID})
		if want != (err == nil) || err != nil && !broken(err, "role") {
			t.Fatalf("head %d: %v", n, err)
		}
		if !want {
			continue
		}
		if r.DelegationID != d.ID || r.Role != "head" || r.Category.EN != "head" {
			t.Errorf("%+v", r)
		}
		if r, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Category: "firm"}); err != nil || r.DelegationID != ident.Nil || r.Role != "firm" {
			t.Errorf("%+v, %v", r, err)
		}
		if _, err = g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Role: "head", DelegationID: d.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

// Nobody goes over to another delegation from whoever accompanies them.
func TestHostsLeaveNobody(t *testing.T) {
	t.Parallel()
	g, d, head, _, _ := newCity(t)
	g.category(t, "companion", nil)
	other := g.delegation(t, "D09", 9)
	if _, err := g.db.ExecContext(t.Context(), `UPDATE delegations SET quota = 20 WHERE id = $1`, d.ID); err != nil {
		t.Fatal(err)
	}
	companion, err := g.guests.AddMember(t.Context(), office, d.ID, member(50, "companion"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE registrations SET companion_of = $2 WHERE id = $1`, companion.ID, head.ID); err != nil {
		t.Fatal(err)
	}
	move := func(r delegations.Registration, to delegations.Delegation) error {
		_, err := g.guests.Move(t.Context(), office, r.ID, 0, delegations.Belonging{Role: r.Role, DelegationID: to.ID})
		return err
	}
	if f, _ := fault.Of(move(head, other)); f == nil || f.Key != "registration.move_companion" || f.Args[0] != companion.Name() {
		t.Errorf("with a companion: %v", f)
	}
	if err := move(companion, other); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, companion); now.CompanionOf != ident.Nil || now.DelegationID != other.ID {
		t.Errorf("the companion: %+v", now)
	}
	if err := move(head, other); err != nil {
		t.Errorf("without one: %v", err)
	}
}

// A badge in somebody's hand is good as long as it says the same.
func TestBadgeIsKeptThatShowsTheSame(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 9)
	same, other := g.joined(t, "F001", "91330299J3NW4AM187", false), g.joined(t, "F002", "91330299K3DGFBAW36", false)
	if _, err := g.db.ExecContext(t.Context(), `UPDATE firms SET name_zh = 'Bakony Textiles', name_en = 'Bakony Textiles' WHERE id = $1`, same.ID); err != nil {
		t.Fatal(err)
	}
	for n, tt := range []struct {
		name string
		of   ident.ID // delegation
		to   delegations.Belonging
		kept bool
	}{
		{"to the firm that it names", ident.Nil, delegations.Belonging{Category: "firm", FirmID: same.ID}, true},
		{"to another firm", ident.Nil, delegations.Belonging{Category: "firm", FirmID: other.ID}, false},
		{"to another role of the category", d.ID, delegations.Belonging{Role: "interpreter", DelegationID: d.ID}, true},
		{"to a delegation", ident.Nil, delegations.Belonging{Role: "member", DelegationID: d.ID}, false},
	} {
		in := firm(n)
		if tt.of != ident.Nil {
			in = member(n, "member")
			in.Category, in.DelegationID = "member", tt.of
		}
		r, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
			t.Fatal(err)
		}
		before, err := g.badges.LivingOf(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.guests.Move(t.Context(), office, r.ID, 0, tt.to); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if after, err := g.badges.LivingOf(t.Context(), r.ID); err != nil || (after.ID == before.ID) != tt.kept {
			t.Errorf("%s: %s became %s, %v", tt.name, before.Serial, after.Serial, err)
		}
	}
}
