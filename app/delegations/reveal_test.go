package delegations_test

import (
	"reflect"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// What is sensitive is opened for those who need it, and each look is named.
func TestReveal(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.category(t, "press", nil)
	r, _, err := g.guests.Register(t.Context(), office, g.event.ID, delegations.Input{
		Category: "press", FamilyName: "Réti", Nationality: "HU", Organisation: "City Radio", Email: "m@city.example", Consent: true, Lang: "en", Source: "office", BirthDate: "1980-02-29",
		Passport: delegations.Passport{Number: "test 00001", Issuer: "HU", ExpiresOn: "2030-01-31"},
	})
	if err != nil {
		t.Fatal(err)
	}
	desk := protocolIn(g.event.ID)
	for role, by := range map[string]accounts.Actor{
		"programme":                 {Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Programme}}},
		"auditor":                   {Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Auditor}}},
		"protocol of another event": protocolIn(ident.New()), "guest": accounts.GuestActor(),
	} {
		if got, err := g.guests.Reveal(t.Context(), by, r.ID); fault.CodeOf(err) != fault.Forbidden || len(got.Documents) > 0 || got.BirthDate != nil {
			t.Errorf("%s sees %+v, %v", role, got, err)
		}
	}
	got, err := g.guests.Reveal(t.Context(), desk, r.ID)
	if err != nil || len(got.Documents) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Documents[0].ID = ident.Nil
	day := func(s string) time.Time {
		d, _ := time.Parse(time.DateOnly, s)
		return d
	}
	birth := day("1980-02-29")
	want := delegations.Identity{BirthDate: &birth, Documents: []delegations.Document{{Kind: "ordinary", Number: "TEST00001", Last4: "0001", Issuer: "HU", ExpiresOn: day("2030-01-31")}}}
	got.Documents[0].ExpiresOn = got.Documents[0].ExpiresOn.UTC()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("revealed %+v, want %+v", got, want)
	}
	looks, err := g.guests.Looks(t.Context(), desk, r)
	if err != nil || len(looks) != 1 || looks[0].By != desk.Name() || looks[0].What != "identity" {
		t.Errorf("the looks are %+v, %v", looks, err)
	}
	if _, err := g.guests.Looks(t.Context(), accounts.GuestActor(), r); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest reads who looked: %v", err)
	}
}
