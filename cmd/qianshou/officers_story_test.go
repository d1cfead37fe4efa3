package main

import (
	"strings"
	"testing"

	"qianshou/app/apptest"
)

// The story of a delegation that two officers lead: one nominates, completes and
// confirms; the liaison sees it all, may do none of that, says that the flight is
// late and what somebody eats. The desk reads it, and reminds who is late, once.
func TestOfficersLeadADelegation(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, officer, liaison := apptest.Open(t), apptest.Open(t), apptest.Open(t)
	desk.Desk()
	officer.Desk()
	liaison.Phone()
	p.signIn(desk, "protocol")

	list := p.url + "/console/" + forum + "/delegations"
	desk.Visit(list + "?q=D07&lang=en")
	desk.Press("tbody a.name")
	page, _, _ := strings.Cut(desk.At(), "?")
	link := func(role string) string {
		desk.Visit(page + "?lang=en")
		desk.Tap("#f-role-" + role)
		desk.Fill("holder", "Town hall, "+role)
		desk.Press("#links form.dg-make button.btn-primary")
		return desk.Text("#link-address")
	}
	accreditation, own := link("accreditation"), link("liaison")

	// Nominated by a name, completed, confirmed; the other draft stays.
	officer.Visit(accreditation + "/nominate?lang=en")
	officer.Fill("family_name", "Hvězdárna", "given_name", "Radomíra", "email", "radomira@plzen.example")
	officer.Press("#nominate button.btn-primary")
	row := `tr:has(a[href$="/complete"]):last-of-type`
	if got := officer.Text("#members"); !strings.Contains(got, "Radomíra Hvězdárna") || !strings.Contains(got, "Missing: country or region · birth date · passport number · title") {
		t.Errorf("the nominee is listed as %q", got)
	}
	officer.Press(row + ` a[href$="/complete"]`)
	officer.Fill("nationality", "CZ", "birth_date", "1980-05-04", "passport.number", "TEST90007", "passport.expires_on", "2031-12-31", "title_en", "Head of Culture")
	officer.Press("#details button.btn-primary")
	if got := officer.Text(".qs-flash"); !strings.Contains(got, "complete and can be confirmed") {
		t.Errorf("completed: %q", got)
	}
	officer.Press("#confirm button.btn-primary")
	if got := officer.Text("#consent-why"); got == "" {
		t.Error("confirmed without anybody's consent")
	}
	officer.Tap("#f-consent")
	officer.Press("#confirm button.btn-primary")
	if got := officer.Text(".qs-flash"); !strings.Contains(got, "Confirmed: 1.") || !strings.Contains(got, "Still incomplete: 1.") {
		t.Errorf("confirmed: %q", got)
	}

	// The order is changed by the arrow keys on a grip, and kept once it is saved.
	second := func() string { return officer.Text(`#members tbody tr:nth-child(2) .name`) }
	first := second()
	apptest.Eval[any](officer, `(() => { const g = document.querySelector("#members tbody tr:nth-child(2) [data-grip]"); g.focus(); g.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true})); })()`)
	if second() == first {
		t.Error("the arrow key moved nobody")
	}
	officer.Press("[data-order-save] button")
	if got := officer.Text(".qs-flash"); !strings.Contains(got, "The order is saved") || second() == first {
		t.Errorf("saved: %q; the second is %s as before", got, second())
	}

	// The liaison sees all and does what is theirs.
	liaison.Visit(own + "?lang=en")
	if got := liaison.Text("main"); !strings.Contains(got, "Radomíra Hvězdárna") || strings.Contains(got, "Nominate a member") || strings.Contains(got, "••••") {
		t.Errorf("the liaison reads %q", got)
	}
	for _, path := range []string{"/nominate", "/members/new"} {
		liaison.Visit(own + path + "?lang=en")
		if got := liaison.Status(); got != 403 {
			t.Errorf("the liaison opens %s: %d", path, got)
		}
	}
	liaison.Visit(own + "?lang=en")
	liaison.Press("#travel .dg-legs li:first-child a.btn")
	liaison.Fill("actual_at", "2027-06-08T23:15")
	liaison.Press("#leg button.btn-primary")
	if got := liaison.Text("#travel"); !strings.Contains(got, "Time changed") || !strings.Contains(got, "23:15") {
		t.Errorf("the flight is late: %q", got)
	}
	liaison.Press(`#members tbody tr:first-child a[href$="/care"]`)
	liaison.Fill("meal_plan", "halal")
	liaison.Press("#care button.btn-primary")
	if got := liaison.Text("#needs"); !strings.Contains(got, "Halal") {
		t.Errorf("what is needed: %q", got)
	}

	// The desk reads it, and reminds whoever is late.
	desk.Visit(page + "?lang=en")
	if got := desk.Text("#travel"); !strings.Contains(got, "23:15") {
		t.Errorf("the desk reads of the journey %q", got)
	}
	desk.Visit(list + "/deadlines?show=late&lang=en")
	desk.Press(".qs-head form button")
	if got := desk.Text(".qs-flash"); !strings.Contains(got, "Letters sent: 2. Reminded today already: 0. Nobody to write to: D03.") {
		t.Errorf("reminded: %q", got)
	}
	desk.Press(".qs-head form button")
	if got := desk.Text(".qs-flash"); !strings.Contains(got, "Letters sent: 0. Reminded today already: 2.") {
		t.Errorf("reminded again: %q", got)
	}
	for name, b := range map[string]*apptest.Browser{"desk": desk, "officer": officer} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", name, said)
		}
	}
}
