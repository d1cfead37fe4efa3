package web

import (
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// TestJourneysOfWhoeverTravels sends an empty journey and hears all that is wrong at
// once; who is only thought of or came home is not asked about. The liaison's page has
// no empty columns.
func TestJourneysOfWhoeverTravels(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, guests, ctx := accounts.SystemActor("test"), s.services.Delegations, t.Context()
	d, err := guests.Save(ctx, by, delegations.Delegation{
		EventID: s.badge.EventID, Code: "D01", Name: locale.Text{ZH: "诺维萨德市代表团", EN: "Delegation of Novi Sad"}, Quota: 3, Status: "confirmed",
	})
	if err != nil {
		t.Fatal(err)
	}
	var members []ident.ID
	for _, name := range []string{"Comes", "Departs"} {
		r, err := guests.AddMember(ctx, by, d.ID, delegations.Input{
			Role: "member", FamilyName: name, Nationality: "RS", Consent: true, Lang: "en", Passport: delegations.Passport{Number: "TEST0001" + name[:1], Issuer: "RS", ExpiresOn: "2031-01-01"},
		})
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, r.ID)
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE registrations SET status = 'departed' WHERE id = $1`, members[1]); err != nil {
		t.Fatal(err)
	}
	links := map[accounts.OfficerRole]string{}
	for _, role := range []accounts.OfficerRole{accounts.Liaison, accounts.Accreditation} {
		_, secret, err := guests.MakeOfficerLink(ctx, by, d.ID, delegations.Officer{Role: role, Holder: "City hall", Lang: "en"}, april().Add(48*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		links[role] = "/delegation/" + secret
	}
	form := links[accounts.Liaison] + "/travel/new"
	if got := s.get("", form).doc(t).Find(`[name=people]`); got.Length() != 1 || got.AttrOr("value", "") != members[0].String() {
		t.Errorf("%d people may travel", got.Length())
	}
	a := s.post("", form, form, "direction", "arrival", "kind", "flight")
	for _, field := range []string{"number", "from", "to", "planned_at"} {
		if a.StatusCode != 422 || a.doc(t).Find(".field.fix [name="+field+"]").Length() != 1 {
			t.Errorf("an empty journey, status %d: nothing stands beside %s", a.StatusCode, field)
		}
	}
	for role, want := range map[accounts.OfficerRole]bool{accounts.Liaison: false, accounts.Accreditation: true} {
		page := s.get("", links[role]).doc(t)
		heads := page.Find(".dg-members thead").Text()
		if strings.Contains(heads, "Passport") != want || strings.Contains(heads, "Photo") != want {
			t.Errorf("%s reads the heads %q", role, heads)
		}
		if head, row := page.Find(".dg-members thead tr").Children().Length(), page.Find(".dg-members tbody tr").First().Children().Length(); head != row {
			t.Errorf("%s: %d heads over %d cells", role, head, row)
		}
	}
}
