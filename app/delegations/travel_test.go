package delegations_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// TestOrderWithinADelegation arranges members, and refuses an order that is not of
// all of them.
func TestOrderWithinADelegation(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 9)
	a, b, head, deputy := g.nominate(t, d, "member", "A"), g.nominate(t, d, "member", "B"), g.nominate(t, d, "head", "H"), g.nominate(t, d, "deputy_head", "D")
	by := g.officer(d, accounts.Accreditation)
	names := func() (s string) {
		list, err := g.guests.Members(t.Context(), by, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			s += r.FamilyName
		}
		return s
	}
	if got := names(); got != "HDAB" {
		t.Fatalf("at first %s", got)
	}
	ids := func(list ...delegations.Registration) (ids []ident.ID) {
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		return ids
	}
	for _, tt := range []struct {
		by      accounts.Actor
		version int
		order   []ident.ID
		want    fault.Code
		then    string
	}{
		{g.officer(d, accounts.Liaison), 1, ids(head, b, a, deputy), fault.Forbidden, "HDAB"},
		{by, 1, ids(head, b, a), fault.Conflict, "HDAB"},
		{by, 1, ids(head, b, a, a), fault.Conflict, "HDAB"},
		{by, 1, append(ids(head, b, a), ident.New()), fault.Conflict, "HDAB"},
		{by, 1, ids(b, head, a, deputy), fault.Invalid, "HDAB"},
		{by, 1, ids(head, b, a, deputy), "", "HBAD"},
		{by, 1, ids(head, a, b, deputy), fault.Conflict, "HBAD"}, // of a version before
		{protocolIn(d.EventID), 2, ids(head, a, b, deputy), "", "HABD"},
	} {
		if _, err := g.guests.Arrange(t.Context(), tt.by, d.ID, tt.version, tt.order); fault.CodeOf(err) != tt.want {
			t.Errorf("%s, version %d: %v, want %q", tt.by.Name(), tt.version, err, tt.want)
		}
		if got := names(); got != tt.then {
			t.Errorf("then %s, want %s", got, tt.then)
		}
	}
	g.nominate(t, d, "member", "Z")
	if got := names(); got != "HABDZ" {
		t.Errorf("a new one stands in %s", got)
	}
}

// TestLegs adds, delays and removes journeys.
func TestLegs(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d, other := g.delegation(t, "D01", 9), g.delegation(t, "D02", 9)
	head, stranger := g.nominate(t, d, "head", "H"), g.nominate(t, other, "head", "S")
	at := func(s string) time.Time { return clock.At(s)() }
	seats := 3
	in := delegations.Leg{
		Direction: "arrival", Kind: "flight", Number: " lh 728 ", From: "Frankfurt", To: "Shanghai  Pudong", PlannedAt: at("2027-06-08T07:35:00+08:00"),
		Seats: &seats, PickUp: "Bus 3", People: []ident.ID{head.ID},
	}
	liaison, host := g.officer(d, accounts.Liaison), g.officer(d, accounts.HostLiaison)
	first, err := g.guests.SaveLeg(t.Context(), liaison, d.ID, in)
	if err != nil || first.Number != "LH 728" || first.To != "Shanghai Pudong" || first.PickUp != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	late := at("2027-06-08T09:50:00+08:00")
	first.ActualAt, first.PickUp = &late, "Bus 3, gate 12"
	moved, err := g.guests.SaveLeg(t.Context(), host, d.ID, first)
	if err != nil || moved.PickUp != "Bus 3, gate 12" || moved.Moved() != 135*time.Minute || moved.Version != 2 {
		t.Fatalf("%+v, %v", moved, err)
	}
	var told int
	if err := g.db.GetContext(t.Context(), &told, `SELECT count(*) FROM outbox WHERE kind = 'delegation' AND ref = $1`, d.ID.String()); err != nil || told < 3 {
		t.Errorf("told %d times, %v", told, err)
	}
	list, err := g.guests.Legs(t.Context(), host, d)
	if err != nil || len(list) != 1 || list[0].At().Equal(first.PlannedAt) || !reflect.DeepEqual(list[0].People, []ident.ID{head.ID}) {
		t.Errorf("%+v, %v", list, err)
	}
	change := func(fn func(l *delegations.Leg)) delegations.Leg {
		l := moved
		fn(&l)
		return l
	}
	for _, tt := range []struct {
		name string
		by   accounts.Actor
		of   delegations.Delegation
		in   delegations.Leg
		code fault.Code
		want string
	}{
		{"the version before", liaison, d, first, fault.Conflict, ""},
		{"of another delegation", g.officer(other, accounts.Liaison), other, moved, fault.NotFound, ""},
		{"by another delegation", g.officer(other, accounts.Liaison), d, moved, fault.Forbidden, ""},
		{"by the accreditation", g.officer(d, accounts.Accreditation), d, moved, fault.Forbidden, ""},
		{"by the media", g.officer(d, accounts.Media), d, moved, fault.Forbidden, ""},
		{"a stranger travels", liaison, d, change(func(l *delegations.Leg) { l.People = []ident.ID{stranger.ID} }), fault.Invalid, "people"},
		{"nothing is said", liaison, d, delegations.Leg{}, fault.Invalid, "direction kind number from to planned_at"},
		{"a car has no number", liaison, d, delegations.Leg{Direction: "departure", Kind: "car", From: "Hotel", To: "Airport", PlannedAt: late}, "", ""},
	} {
		_, err := g.guests.SaveLeg(t.Context(), tt.by, tt.of.ID, tt.in)
		var fields []string
		if f, ok := fault.Of(err); ok {
			for _, field := range f.Fields {
				fields = append(fields, field.Path)
			}
		}
		if fault.CodeOf(err) != tt.code || strings.Join(fields, " ") != tt.want {
			t.Errorf("%s: %v %q, want %q %q", tt.name, err, fields, tt.code, tt.want)
		}
	}
	if f, _ := fault.Of(delegations.Leg{Kind: "car"}.Check()); len(f.Fields) != 4 {
		t.Errorf("what is wrong is not known before: %+v", f.Fields)
	}
	if err := g.guests.RemoveLeg(t.Context(), g.officer(d, accounts.Accreditation), d.ID, moved.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("removed by the accreditation: %v", err)
	}
	for _, want := range []fault.Code{"", fault.NotFound} {
		if err := g.guests.RemoveLeg(t.Context(), liaison, d.ID, moved.ID); fault.CodeOf(err) != want {
			t.Errorf("removed: %v, want %q", err, want)
		}
	}
	if _, err := g.guests.Legs(t.Context(), g.officer(d, accounts.Media), d); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the media officer reads journeys: %v", err)
	}
}

// TestNeedsAreTold counts what is needed, and names people only to those who may
// know.
func TestNeedsAreTold(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 9)
	for i, edit := range []delegations.Edit{
		{"meal_plan": "vegan", "languages": "hu,de"}, {"meal_plan": "halal", "access_needs": "large_print,step_free", "languages": "de"}, {"meal_plan": "halal"}, {},
	} {
		r := g.complete(t, g.nominate(t, d, "member", "Réti "+string(rune('A'+i))))
		if _, err := g.guests.Edit(t.Context(), office, r.ID, 0, edit); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.guests.Confirm(t.Context(), office, d.ID, true); err != nil {
		t.Fatal(err)
	}
	g.nominate(t, d, "member", "Draft")
	who := func(letters string) (list []locale.Name) {
		for _, l := range letters {
			name := "Zsófia Réti " + string(l)
			list = append(list, locale.Name{Latin: name, Native: name})
		}
		return list
	}
	named := delegations.Needs{
		People: 4,
		Meals:  []delegations.Tally{{Code: "vegan", N: 1, Who: who("A")}, {Code: "halal", N: 2, Who: who("BC")}},
		Access: []delegations.Tally{{Code: "step_free", N: 1, Who: who("B")}, {Code: "large_print", N: 1, Who: who("B")}},
		Languages: []delegations.Tally{
			{Code: "de", N: 2, Who: who("AB")}, {Code: "hu", N: 1, Who: who("A")},
		},
	}
	silent := delegations.Needs{People: 4}
	for _, part := range []struct{ from, to *[]delegations.Tally }{{&named.Meals, &silent.Meals}, {&named.Access, &silent.Access}, {&named.Languages, &silent.Languages}} {
		for _, tally := range *part.from {
			*part.to = append(*part.to, delegations.Tally{Code: tally.Code, N: tally.N})
		}
	}
	staff := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, NameEN: string(role), Grants: []accounts.Grant{{EventID: d.EventID, Role: role}}}
	}
	for _, tt := range []struct {
		by   accounts.Actor
		want delegations.Needs
		code fault.Code
	}{
		{staff(accounts.Protocol), named, ""},
		{staff(accounts.Programme), silent, ""},
		{staff(accounts.Auditor), silent, ""},
		{staff(accounts.Analyst), delegations.Needs{}, fault.Forbidden},
		{g.officer(d, accounts.Liaison), named, ""},
		{g.officer(d, accounts.HostLiaison), named, ""},
		{g.officer(d, accounts.Media), delegations.Needs{}, fault.Forbidden},
	} {
		got, err := g.guests.NeedsOf(t.Context(), tt.by, d)
		if fault.CodeOf(err) != tt.code || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %s reads %+v, %v; want %+v", tt.by.NameEN, tt.by.Officer, got, err, tt.want)
		}
		if tt.by.Kind != accounts.User {
			continue
		}
		all, each, err := g.guests.Needs(t.Context(), tt.by, d.EventID)
		if fault.CodeOf(err) != tt.code || !reflect.DeepEqual(all, tt.want) || err == nil && (len(each) != 1 || !reflect.DeepEqual(each[0].Needs, tt.want)) {
			t.Errorf("%s reads of all %+v, %+v, %v", tt.by.NameEN, all, each, err)
		}
	}
}
