package delegations_test

import (
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// TestFirmRegistersNobodyTwice sends the same person again by a firm's link: refused as
// long as the first still comes, and told by which number.
func TestFirmRegistersNobodyTwice(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
	mine, other := g.joined(t, "F001", "91330299J3NW4AM187", false), g.joined(t, "F002", "91330299K3DGFBAW36", false)
	of := func(f firms.Firm) accounts.Actor {
		link := accounts.GuestActor()
		link.LinkEventID, link.FirmID = g.event.ID, f.ID
		return link
	}
	send := func(f firms.Firm, change func(in *delegations.Input)) (delegations.Registration, error) {
		in := firm(1)
		in.FirmID, in.Passport = f.ID, delegations.Passport{Number: "HU0000001", Issuer: "HU", ExpiresOn: "2030-01-01"}
		change(&in)
		r, _, err := g.guests.Register(t.Context(), of(f), g.event.ID, in)
		return r, err
	}
	first, err := send(mine, func(*delegations.Input) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		firm   firms.Firm
		change func(in *delegations.Input)
		twice  bool
	}{
		"as it was":             {mine, func(*delegations.Input) {}, true},
		"name and address":      {mine, func(in *delegations.Input) { in.Passport, in.Email = delegations.Passport{}, strings.ToUpper(in.Email) }, true},
		"passport":              {mine, func(in *delegations.Input) { in.Email, in.FamilyName = "other@firm.example", "Other" }, true},
		"address":               {mine, func(in *delegations.Input) { in.Passport, in.FamilyName = delegations.Passport{}, "Sibling" }, false},
		"another firm's person": {other, func(*delegations.Input) {}, false},
	} {
		_, err := send(tt.firm, tt.change)
		f, _ := fault.Of(err)
		if tt.twice && (f == nil || f.Key != "registration.firm_twice" || !slices.Equal(f.Args, []any{first.Reference})) || !tt.twice && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := g.guests.WithdrawOfFirm(t.Context(), of(mine), g.event.ID, mine.ID, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := send(mine, func(*delegations.Input) {}); err != nil {
		t.Errorf("after the first was withdrawn: %v", err)
	}
}

// TestFirmLooksAfterItsPeople corrects and withdraws by a firm's link: its own people
// alone, and nothing that is theirs to say.
func TestFirmLooksAfterItsPeople(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
	mine, other := g.joined(t, "F001", "91330299J3NW4AM187", false), g.joined(t, "F002", "91330299K3DGFBAW36", false)
	link, stranger := accounts.GuestActor(), accounts.GuestActor()
	link.LinkEventID, link.FirmID = g.event.ID, mine.ID
	stranger.LinkEventID, stranger.FirmID = g.event.ID, other.ID
	in := firm(1)
	in.FirmID, in.MealPlan = mine.ID, "vegan"
	in.Passport = delegations.Passport{Number: "HU0000001", Issuer: "HU", ExpiresOn: "2030-01-01"}
	r, _, err := g.guests.Register(t.Context(), link, g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := g.guests.DetailsOf(t.Context(), link, r); err != nil || d.PassportMask != delegations.Masked || d.MealPlan != "" || d.Email != in.Email {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := g.guests.DetailsOf(t.Context(), stranger, r); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another firm reads: %v", err)
	}
	done, err := g.guests.Edit(t.Context(), link, r.ID, r.Version, delegations.Edit{"title_en": "Director", "family_name": "Kovács"})
	if err != nil || !slices.Equal(done.Applied, []string{"family_name", "name_native", "title_en"}) {
		t.Errorf("%+v, %v", done, err)
	}
	for _, edit := range []delegations.Edit{
		{"email": "firm@firm.example"}, {"organisation": "X"}, {"meal_plan": "none"}, {"passport.number": "HU0000002"}, {"address_en": "Boss"}, {"answers.photos": "yes"},
	} {
		if _, err := g.guests.Edit(t.Context(), link, r.ID, 0, edit); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", edit, err)
		}
	}
	if _, err := g.guests.Edit(t.Context(), stranger, r.ID, 0, delegations.Edit{"title_en": "Thief"}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another firm edits: %v", err)
	}
	for name, by := range map[string]accounts.Actor{"another firm": stranger, "a guest": accounts.GuestActor(), "another delegation's officer": {Kind: accounts.Guest, LinkEventID: g.event.ID, DelegationID: ident.New()}} {
		for _, f := range []firms.Firm{mine, other} {
			if _, err := g.guests.WithdrawOfFirm(t.Context(), by, g.event.ID, f.ID, r.ID); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s withdraws: %v", name, err)
			}
		}
	}
	if r, err = g.guests.WithdrawOfFirm(t.Context(), link, g.event.ID, mine.ID, r.ID); err != nil || r.Status != delegations.Withdrawn {
		t.Errorf("%s, %v", r.Status, err)
	}
	if _, err = g.guests.WithdrawOfFirm(t.Context(), link, g.event.ID, mine.ID, r.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	if got := g.letters(t, r); !slices.Equal(got, []string{"registration.received", "registration.cancelled"}) {
		t.Errorf("letters %q", got)
	}
}
