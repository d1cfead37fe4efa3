package delegations_test

import (
	"fmt"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// TestWhoReadsPassportsAndNeeds has every role of the office and of a delegation read
// what was said of one member: the passport's last signs, and what they eat.
func TestWhoReadsPassportsAndNeeds(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 5)
	r := g.complete(t, g.nominate(t, d, "member", "Réti"))
	edit := func(e delegations.Edit) {
		t.Helper()
		done, err := g.guests.Edit(t.Context(), office, r.ID, 0, e)
		if err != nil {
			t.Fatal(err)
		}
		r = done.Registration
	}
	edit(delegations.Edit{"meal_plan": "halal", "access_needs": "step_free"})
	edit(delegations.Edit{"passport.number": "TEST0SS77", "passport.issuer": "HU", "passport.expires_on": "2031-12-31", "meal_plan": "kosher"})

	said := func(d delegations.Details) string {
		return fmt.Sprintf("%s/%s/%s/%s", d.PassportMask, d.MealPlan, strings.Join(d.AccessNeeds, ","), d.Email)
	}
	type seen struct{ details, desk, changes string }
	read := func(by accounts.Actor) (s seen) {
		s = seen{"-", "-", "-"}
		if d, err := g.guests.DetailsOf(t.Context(), by, r); err == nil {
			s.details = said(d)
		} else if fault.CodeOf(err) != fault.Forbidden {
			t.Fatal(err)
		}
		if d, err := g.guests.DetailsForDesk(t.Context(), by, r); err == nil {
			s.desk = said(d)
		}
		if list, err := g.guests.Changes(t.Context(), by, r); err == nil {
			s.changes = ""
			for _, m := range list[0].Fields {
				if m.Field == "passport.number" || m.Field == "meal_plan" {
					s.changes += m.From + ">" + m.To + " "
				}
			}
		}
		return s
	}
	const all, last = "••••SS77/kosher/step_free/m@city.example", "••••0001>••••SS77 halal>kosher "
	staff := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
	}
	masked := seen{"••••///m@city.example", "••••///m@city.example", "••••>•••• ••••>•••• "}
	for name, tt := range map[string]struct {
		by   accounts.Actor
		want seen
	}{
		"owner":         {staff(accounts.Owner), seen{all, all, last}},
		"protocol":      {staff(accounts.Protocol), seen{all, all, last}},
		"programme":     {staff(accounts.Programme), masked},
		"auditor":       {staff(accounts.Auditor), masked},
		"matchmaking":   {staff(accounts.Matchmaking), seen{"-", "-", "-"}},
		"accreditation": {g.officer(d, accounts.Accreditation), seen{all, "-", "-"}},
		"liaison":       {g.officer(d, accounts.Liaison), seen{"/kosher/step_free/", "-", "-"}},
		"media":         {g.officer(d, accounts.Media), seen{"-", "-", "-"}},
		"host liaison":  {g.officer(d, accounts.HostLiaison), seen{"-", "-", "-"}},
	} {
		if got := read(tt.by); got != tt.want {
			t.Errorf("%s reads\n%+v, want\n%+v", name, got, tt.want)
		}
	}
	// Who does not see what somebody eats edits the rest without touching it.
	done, err := g.guests.Edit(t.Context(), staff(accounts.Programme), r.ID, 0, delegations.Edit{"title_en": "Deputy"})
	if err != nil {
		t.Fatal(err)
	}
	r = done.Registration
	if got, err := g.guests.DetailsForDesk(t.Context(), office, r); err != nil || said(got) != all {
		t.Errorf("afterwards %s, %v", said(got), err)
	}
}
