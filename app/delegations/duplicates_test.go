package delegations_test

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func (g ground) country(t *testing.T, code, code3, name string) {
	t.Helper()
	ev := events.New(g.db, april, ident.New)
	if err := ev.SaveCountry(t.Context(), office, events.Country{Code: code, Code3: code3, Name: locale.Text{ZH: name, EN: name}}); err != nil {
		t.Fatal(err)
	}
}

// Who may be the same person follows from the score of the office's rules; who only
// has the same name is told too, as the weaker thing that it is.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	g := newGround(t, 30)
	g.country(t, "GR", "GRC", "Greece")
	type pair struct {
		score int
		kind  string
	}
	base := func(in *delegations.Input) {
		in.GivenName, in.FamilyName, in.Nationality, in.BirthDate, in.Email = "Stelios", "Magkaniaris", "GR", "1974-01-05", "a@city.example"
		in.Passport = delegations.Passport{Number: "TEST00048", Issuer: "GR", ExpiresOn: "2031-12-31"}
	}
	cases := []struct {
		name  string
		with  func(in *delegations.Input)
		pairs map[string]pair // with those before
		named []string        // namesakes before
	}{
		{"the first", func(*delegations.Input) {}, nil, nil},
		{"a form by an assistant: same address, same passport", func(in *delegations.Input) { in.BirthDate = "" }, map[string]pair{"the first": {140, "merge"}}, nil},
		{"a renewed passport, transliterated otherwise", func(in *delegations.Input) {
			in.FamilyName, in.Email, in.Passport.Number = "Manganiaris", "b@city.example", "TEST03915"
		}, map[string]pair{"the first": {60, "possible"}}, nil},
		{"somebody else born that day in the same country", func(in *delegations.Input) {
			in.GivenName, in.FamilyName, in.Email, in.Passport = "Dimitra", "Katsarou", "c@city.example", delegations.Passport{}
		}, nil, nil},
		{"the same name in another country", func(in *delegations.Input) {
			in.Nationality, in.Email, in.Passport = "HU", "d@city.example", delegations.Passport{}
		}, nil, nil},
		{"the same name, words turned round, nothing else known", func(in *delegations.Input) {
			in.GivenName, in.FamilyName, in.Email, in.BirthDate, in.Passport = "MAGKANIARIS", "Stelios", "e@city.example", "", delegations.Passport{}
		}, nil, []string{"the first", "a form by an assistant: same address, same passport"}},
		{"another name on the same passport", func(in *delegations.Input) {
			in.GivenName, in.FamilyName, in.BirthDate, in.Email = "Ioanna", "Petrou", "", "f@city.example"
		}, map[string]pair{"the first": {100, "merge"}, "a form by an assistant: same address, same passport": {100, "merge"}}, nil},
	}
	name, byName := map[ident.ID]string{}, map[string]delegations.Registration{}
	for i, tt := range cases {
		in := firm(i)
		base(&in)
		tt.with(&in)
		r, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		name[r.ID], byName[tt.name] = tt.name, r
		pairs, namesakes, err := g.guests.Duplicates(t.Context(), office, r)
		if err != nil {
			t.Fatal(err)
		}
		got, named := map[string]pair{}, []string(nil)
		for _, d := range pairs {
			got[name[d.Other.ID]] = pair{d.Score, d.Kind()}
		}
		for _, n := range namesakes {
			named = append(named, name[n.ID])
		}
		if !maps.Equal(got, tt.pairs) {
			t.Errorf("%s: proposes %v; want %v", tt.name, got, tt.pairs)
		}
		if !slices.Equal(named, tt.named) && (tt.named != nil || len(pairs) == 0 && len(named) > 0 && i != 4) {
			t.Errorf("%s: has the name of %q; want %q", tt.name, named, tt.named)
		}
	}

	// Two people stay two people.
	one, other := byName["the first"], byName["another name on the same passport"]
	if err := g.guests.Distinct(t.Context(), accounts.GuestActor(), one.ID, other.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest settles: %v", err)
	}
	if err := g.guests.Distinct(t.Context(), office, other.ID, one.ID); err != nil {
		t.Fatal(err)
	}
	if err := g.guests.Distinct(t.Context(), office, one.ID, other.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("settled twice: %v", err)
	}
	pairs, _, err := g.guests.Duplicates(t.Context(), office, one)
	if err != nil || slices.ContainsFunc(pairs, func(d delegations.Duplicate) bool { return d.Other.ID == other.ID }) {
		t.Errorf("settled, and still proposed, %v", err)
	}
}

// Of two forms for one person sent at the same moment one sees the other.
func TestDuplicatesAtTheSameMoment(t *testing.T) {
	t.Parallel()
	g := newGround(t, 30)
	var all sync.WaitGroup
	ids := make([]delegations.Registration, 12)
	for i := range ids {
		all.Go(func() {
			in := firm(i / 2)
			in.Passport = delegations.Passport{Number: "TEST1000" + string(rune('0'+i/2)), Issuer: "HU", ExpiresOn: "2031-12-31"}
			r, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
			if err != nil {
				t.Error(err)
			}
			ids[i] = r
		})
	}
	all.Wait()
	for i, r := range ids {
		pairs, _, err := g.guests.Duplicates(t.Context(), office, r)
		if err != nil || len(pairs) != 1 || pairs[0].Other.ID != ids[i^1].ID || pairs[0].Score != 140 {
			t.Errorf("%s: %v, %v; want the other form of the same passport", r.Reference, pairs, err)
		}
	}
}
