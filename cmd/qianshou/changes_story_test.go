package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qianshou/app/apptest"
)

// The story of a guest who changes their mind: the desk returns a registration and
// names a field, the guest puts it right and is approved, then becomes somebody
// else; the badge stays until the desk accepts, and a new one takes its place.
func TestGuestChangesWhatIsApproved(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, guest := apptest.Open(t), apptest.Open(t)
	desk.Desk()
	guest.Phone()
	p.signIn(desk, "protocol")

	guest.Visit(p.url + "/e/" + forum + "/register?lang=en")
	guest.Tap(`[name="category"][value="press"] + span`)
	guest.Fill("family_name", "Dimitrova", "given_name", "Stavroula", "nationality", "GR", "organisation", "River Herald", "email", "stavroula@river.example")
	guest.Tap(`[name="consent"]`)
	guest.Press("form button.btn-primary")
	me, _, _ := strings.Cut(guest.At(), "?")
	if !strings.Contains(me, "/me/") {
		t.Fatalf("registered, led to %s", me)
	}

	queue := p.url + "/console/" + forum + "/registrations"
	open := func(query string) {
		desk.Visit(queue + query)
		desk.Press(".rd-list a.name")
	}
	open("?q=Dimitrova&lang=en")
	desk.Tap(".rg-box details summary")
	desk.Tap(`[name="fields"][value="title_en"]`)
	desk.Do("say why", chromedp.SetValue(chromedp.CSS(`.rg-box [name="reason"]`), "As what do you come?"))
	desk.Press(`button[formaction$="/return"]`)

	guest.Visit(me + "?lang=en")
	if got := guest.Text("#returned"); !strings.Contains(got, "As what do you come?") || !strings.Contains(got, "Title") {
		t.Errorf("the guest reads %q", got)
	}
	guest.Press("#returned a.btn-primary")
	if got := guest.Text(".field.asked"); !strings.Contains(got, "The organiser asks for this") {
		t.Errorf("the field that is asked for says %q", got)
	}
	guest.Press("form button.btn-primary")
	if got := guest.Text(`.field.fix:has([name="title_en"]) .why`); got == "" {
		t.Error("nothing is said of what is still missing")
	}
	guest.Fill("title_en", "Reporter")
	guest.Press("form button.btn-primary")
	if got := guest.Text(".qs-flash"); !strings.Contains(got, "Sent again") {
		t.Errorf("sent again: %q", got)
	}

	open("?q=Dimitrova&lang=en")
	desk.Press(`form[action$="/approve"] button`)
	guest.Visit(me + "?lang=en")
	first := guest.Attribute("[data-badge]", "data-badge")

	guest.Press("#details a.btn")
	guest.Fill("family_name", "Dimitrova-Hall", "phone", "+30 210 0000000")
	guest.Press("form button.btn-primary")
	if got := guest.Text("#pending"); !strings.Contains(got, "Dimitrova-Hall") || strings.Contains(got, "210") {
		t.Errorf("what waits is %q", got)
	}
	if got := guest.Attribute("[data-badge]", "data-badge"); got != first {
		t.Error("the badge changed before anybody decided")
	}

	open("?status=pending&lang=en")
	if got := desk.Text("#pending"); !strings.Contains(got, "Dimitrova-Hall") {
		t.Errorf("the desk compares %q", got)
	}
	desk.Press(`#pending form[action$="/approve"] button`)
	if got := desk.Text(".qs-flash"); !strings.Contains(got, "Stavroula Dimitrova-Hall") {
		t.Errorf("the desk reads %q", got)
	}

	guest.Visit(me + "?lang=zh")
	if got := guest.Attribute("[data-badge]", "data-badge"); got == first {
		t.Error("the badge stayed the old one")
	}
	if got := guest.Text("main"); !strings.Contains(got, "Stavroula Dimitrova-Hall") || strings.Contains(got, "正在审核") {
		t.Errorf("at last the guest reads %q", got)
	}
	for _, b := range []*apptest.Browser{desk, guest} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages complained: %q", said)
		}
	}
}

// TestRegistrationIsEditedByPrograms edits by the API, over the version that was
// read and over an old one.
func TestRegistrationIsEditedByPrograms(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk := p.caller(t, "protocol")
	const one = "/api/v1/registrations/{id}"
	list := desk.ask("GET", "/api/v1/events/"+forum+"/registrations?q=F27-0001", "/api/v1/events/{event}/registrations", 200, nil)
	first := list["items"].([]any)[0].(object)
	at, version := "/api/v1/registrations/"+first["id"].(string), fmt.Sprintf("%q", first["version"].(json.Number).String())
	edited := desk.ask("PATCH", at, one, 200, object{"title_en": "Lord Mayor", "languages": []string{"hu", "en"}}, "If-Match", version)
	if edited["title"].(object)["en"] != "Lord Mayor" || edited["given_name"] != first["given_name"] || edited["pending_change"] != false {
		t.Errorf("%v", edited)
	}
	desk.ask("PATCH", at, one, 412, object{"title_en": "Mayor"}, "If-Match", version)
	desk.ask("PATCH", at, one, 422, object{"email": "nobody"})
	desk.ask("PATCH", at, one, 400, object{"badge_type": "VIP"})
	p.caller(t, "analyst").ask("PATCH", at, one, 403, object{"phone": ""})
	p.caller(t, "auditor").ask("PATCH", at, one, 403, object{"phone": ""})
}
