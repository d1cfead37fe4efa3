package delegations_test

import (
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Who may be the same person is told by their papers; who only has the same name
// is told too, as the weaker thing that it is.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	if err := events.New(g.db, april, ident.New).SaveCountry(t.Context(), office, events.Country{Code: "RO", Code3: "ROU", Name: locale.Text{ZH: "罗马尼亚", EN: "Romania"}}); err != nil {
		t.Fatal(err)
	}
	references := map[string]string{}
	ids := map[string]delegations.Registration{}
	for _, who := range []struct {
		name string
		with func(in *delegations.Input)
	}{
		{"first", func(in *delegations.Input) { in.BirthDate = "1974-01-05" }},
		{"turned round, without accents", func(in *delegations.Input) { in.GivenName, in.FamilyName = "RETI", "Zsofia" }},
		{"of another country", func(in *delegations.Input) { in.Nationality = "RO" }},
		{"another name, the same day", func(in *delegations.Input) { in.FamilyName, in.BirthDate = "Bárány", "1974-01-05" }},
		{"somebody else", func(in *delegations.Input) { in.FamilyName = "Halmosi" }},
	} {
		in := firm(1)
		in.FamilyName = "Réti"
		who.with(&in)
		r, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		references[r.Reference], ids[who.name] = who.name, r
	}
	named := func(list []delegations.Registration) (names []string) {
		for _, r := range list {
			names = append(names, references[r.Reference])
		}
		return names
	}
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][2]int{}
	for _, r := range page.Rows {
		listed[references[r.Reference]] = [2]int{r.Duplicates, r.Namesakes}
	}
	for name, want := range map[string]struct{ papers, name []string }{
		"first":                         {[]string{"another name, the same day"}, []string{"turned round, without accents"}},
		"turned round, without accents": {nil, []string{"first"}},
		"of another country":            {},
		"another name, the same day":    {[]string{"first"}, nil},
		"somebody else":                 {},
	} {
		papers, namesakes, err := g.guests.Duplicates(t.Context(), office, ids[name])
		if err != nil || !slices.Equal(named(papers), want.papers) || !slices.Equal(named(namesakes), want.name) {
			t.Errorf("%s: by papers %q, by name %q, %v; want %q and %q", name, named(papers), named(namesakes), err, want.papers, want.name)
		}
		if listed[name] != [2]int{len(want.papers), len(want.name)} {
			t.Errorf("%s is listed with %v", name, listed[name])
		}
	}
}
