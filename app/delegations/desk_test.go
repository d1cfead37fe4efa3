package delegations_test

import (
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// A delegation is invited from a city that nobody knew, both at once or neither, and
// is edited at the version that was read.
func TestDelegationIsInvited(t *testing.T) {
	t.Parallel()
	g := newGround(t, 30)
	ctx := t.Context()
	ev := events.New(g.db, april, nil)
	turin := &events.City{Name: locale.Text{ZH: "都灵", EN: "Turin"}, Native: "Torino", CountryCode: "IT"}
	refuse := func(what, want string, err error) {
		t.Helper()
		got := ""
		if f, known := fault.Of(err); known {
			for _, b := range f.Fields {
				got += b.Path + " " + b.Key + "; "
			}
			if got == "" {
				got = f.Key
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	in := delegations.Delegation{EventID: g.event.ID, Code: "D01", Quota: 8, Status: "invited"}

	wrong := in
	wrong.Code = "d 1"
	_, err := g.guests.Add(ctx, office, wrong, turin)
	refuse("a code with a blank", "code events.code_form; ", err)
	_, err = g.guests.Add(ctx, office, in, &events.City{Name: locale.Text{EN: "Turin"}})
	refuse("a bare city", "name_zh field.required; name_en field.required; city_name_zh field.required; city_country_code field.choice; ", err)
	for _, role := range []accounts.Role{accounts.Analyst, accounts.Matchmaking, accounts.Auditor} {
		_, err = g.guests.Add(ctx, accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: role}}}, in, nil)
		refuse(string(role), "error.forbidden", err)
	}
	// Whoever edits the delegations of one event alone makes no city for all.
	_, err = g.guests.Add(ctx, accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Protocol, EventID: g.event.ID}}}, in, turin)
	refuse("a city by one event's protocol", "error.forbidden", err)
	if cities, err := ev.Cities(ctx); err != nil || len(cities) != 0 {
		t.Errorf("refused, and %d cities are there, %v", len(cities), err)
	}

	made, err := g.guests.Add(ctx, office, in, turin)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.guests.Add(ctx, office, in, nil)
	refuse("nobody", "name_zh field.required; name_en field.required; ", err)
	twice := in
	twice.CityCode = "TUR"
	_, err = g.guests.Add(ctx, office, twice, nil)
	refuse("a code twice", "code field.taken; ", err)
	if code, err := g.guests.NextCode(ctx, office, g.event.ID); err != nil || code != "D02" {
		t.Errorf("the next is %s, %v", code, err)
	}
	found, err := g.guests.ByID(ctx, office, made.ID)
	if err != nil || found.Name != (locale.Text{ZH: "都灵代表团", EN: "Delegation of Turin"}) || found.CityCode != "TUR" || found.Native != "Torino" || found.Country.EN != "Italy" {
		t.Errorf("invited: %+v, %v", found, err)
	}

	// A liaison officer is named, and whoever read it before is told.
	_, err = g.guests.AddStaff(ctx, office, delegations.Staff{Code: "S01", Name: locale.Text{ZH: "李四", EN: "Li Si"}, Role: "liaison", Languages: []string{"it"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.guests.AddStaff(ctx, office, delegations.Staff{Code: "S01", Name: locale.Text{ZH: "李四", EN: "Li Si"}})
	refuse("a person twice", "code field.taken; ", err)
	staff, err := g.guests.StaffList(ctx, office)
	if err != nil || len(staff) != 1 || staff[0].Languages[0] != "it" {
		t.Fatalf("staff %+v, %v", staff, err)
	}
	edit := found
	edit.LiaisonID, edit.Status, edit.Name.EN, edit.Quota = staff[0].ID, "accepted", "City of Turin", 99
	if err := g.guests.EditDelegation(ctx, office, edit, nil); err != nil {
		t.Fatal(err)
	}
	refuse("by what was read before", "error.changed", g.guests.EditDelegation(ctx, office, edit, nil))
	edited, err := g.guests.ByID(ctx, office, made.ID)
	if err != nil || edited.Liaison.EN != "Li Si" || edited.Status != "accepted" || edited.Name.EN != "City of Turin" || edited.Quota != 8 {
		t.Errorf("edited: %+v, %v", edited, err)
	}
}
