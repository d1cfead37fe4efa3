package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"qianshou/app/apptest"
)

// makeLink has the desk make a link on the page that it looks at, and answers its
// address.
func makeLink(desk *apptest.Browser, holder string) string {
	desk.Fill("holder", holder)
	desk.Press("form.dg-make button")
	return desk.Text("#link-address")
}

func statusOf(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if got := answer.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("%s may be kept: %q", address, got)
	}
	return answer.StatusCode
}

// The story of a liaison: the desk makes a link, the liaison opens it elsewhere,
// adds members up to the quota and beyond, withdraws one, and the link ends.
func TestLiaisonKeepsTheDelegation(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, liaison := apptest.Open(t), apptest.Open(t)
	desk.Desk()
	liaison.Desk()
	p.signIn(desk, "protocol")
	desk.Visit(p.url + "/console/" + forum + "/delegations?lang=en")
	desk.Fill("q", "亚琛")
	desk.Press(`form[role="search"] button`)
	if n := apptest.Eval[int](desk, `document.querySelectorAll(".dg-list tbody tr").length`); n != 1 {
		t.Fatalf("the search for Aachen in Chinese finds %d", n)
	}
	desk.Press(".dg-list tbody a.name")
	page := desk.At()
	if got := desk.Text(".dg-quota"); !strings.Contains(got, "5 of 6 used") {
		t.Errorf("the places are %q", got)
	}
	if got := desk.Text("#members tbody tr"); !strings.Contains(got, "Friederike Löffelholz") || !strings.Contains(got, "Head") {
		t.Errorf("the first in precedence is %q", got)
	}
	address := makeLink(desk, "Office of the Lord Mayor")
	if !strings.HasPrefix(address, p.url+"/delegation/") {
		t.Fatalf("the link is %q", address)
	}
	desk.Visit(page)
	if got := desk.Text("#links"); strings.Count(got, address) != 1 || strings.Count(got, "Office of the Lord Mayor") != 2 { // who holds it, and whose it is to revoke
		t.Errorf("loaded again: %q", got)
	}
	desk.Fill("arrives_at", "2027-06-07T16:40", "departs_at", "2027-06-06T09:00")
	desk.Press(`form.dg-stay button`)
	if got := desk.Text(`.field.fix:has([name="departs_at"]) .why`); got == "" || desk.Attribute(`[name="arrives_at"]`, "value") != "2027-06-07T16:40" {
		t.Errorf("a departure before arrival is answered %q", got)
	}
	desk.Fill("departs_at", "2027-06-11T09:00")
	desk.Press(`form.dg-stay button`)

	// The liaison, in Chinese.
	liaison.Visit(address + "?lang=zh")
	if got := liaison.Text("main"); !strings.Contains(got, "已用5个，共6个") || !strings.Contains(got, "有效期至2027年6月11日") || !strings.Contains(got, "16:40") {
		t.Errorf("the liaison reads %q", got)
	}
	own := liaison.Text(".dg-members")
	if strings.Contains(own, "TEST00056") || !strings.Contains(own, "••••0056") {
		t.Errorf("the passports are shown as %q", own)
	}
	if n := apptest.Eval[int](liaison, `document.querySelectorAll("#meetings li").length`); n != 9 {
		t.Errorf("the liaison sees %d meetings", n)
	}
	liaison.Visit(address + "?lang=zh")
	liaison.Press(`a[href$="/nominate"]`)
	liaison.Press(`a[href$="/members/new"]`)
	liaison.Visit(address + "/members/new?lang=zh")
	liaison.Fill("role", "business", "family_name", "Plettenstein", "given_name", "Gesinе", "email", "gesine@aachen.example", // the last letter is Cyrillic
		"nationality", "DE", "birth_date", "1984-02-17", "passport.number", "TEST00061", "passport.expires_on", "2031-10-01", "title_en", "Head of Department")
	liaison.Tap(`[name="consent"]`)
	liaison.Press(`form button.btn-primary`)
	if got := liaison.Text(`.field.fix:has([name="given_name"]) .why`); !strings.Contains(got, "е") || liaison.Attribute(`[name="family_name"]`, "value") != "Plettenstein" {
		t.Errorf("a Cyrillic letter is answered %q", got)
	}
	liaison.Fill("given_name", "Gesine")
	liaison.Press(`form button.btn-primary`)
	if got := liaison.Text(".qs-flash"); !strings.Contains(got, "已登记Gesine Plettenstein（F27-") {
		t.Fatalf("after adding: %q", got)
	}

	// In English, over the quota.
	liaison.Visit(address + "/members/new?lang=en")
	if got := liaison.Text(".qs-note"); !strings.Contains(got, "All places are taken") {
		t.Errorf("a full delegation says %q", got)
	}
	liaison.Fill("family_name", "Grünhagen", "given_name", "Sönke", "email", "soenke@aachen.example", "nationality", "DE",
		"birth_date", "1979-02-17", "passport.number", "TEST00062", "passport.expires_on", "2031-10-01", "title_en", "Director")
	liaison.Tap(`[name="consent"]`)
	liaison.Press(`form button.btn-primary`)
	if got := liaison.Text(".qs-flash"); !strings.Contains(got, "Sönke Grünhagen") || !strings.Contains(got, "waiting list") {
		t.Errorf("over quota: %q", got)
	}
	row := func(b *apptest.Browser, name string) string {
		return apptest.Eval[string](b, `[...document.querySelectorAll(".dg-members tbody tr")].find(r => r.innerText.includes("`+name+`")).innerText`)
	}
	if got := row(liaison, "Grünhagen"); !strings.Contains(got, "Waitlist") {
		t.Errorf("who waits stands as %q", got)
	}
	if got := row(liaison, "Löffelholz"); !strings.Contains(got, "Checked in") || strings.Contains(got, "Withdraw") {
		t.Errorf("who came stands as %q", got)
	}

	// The desk has the new member to review.
	reference := strings.Fields(row(liaison, "Plettenstein"))
	at := slices.IndexFunc(reference, func(word string) bool { return strings.HasPrefix(word, "F27-") })
	desk.Visit(p.url + "/console/" + forum + "/registrations?lang=en&status=queue&q=" + reference[at])
	if got := desk.Text(".rd-list li"); !strings.Contains(got, "Gesine Plettenstein") || !strings.Contains(got, "Aachen") {
		t.Errorf("the review queue shows %q", got)
	}

	// Withdrawing asks first; the place goes to who waits.
	apptest.Eval[any](liaison, `[...document.querySelectorAll(".dg-members tbody tr")].find(r => r.innerText.includes("Plettenstein")).querySelector("a[href*='?withdraw=']").id = "leaving"`)
	liaison.Press("#leaving")
	if got := liaison.Text("#withdraw"); !strings.Contains(got, "Withdraw Gesine Plettenstein") {
		t.Errorf("asked: %q", got)
	}
	liaison.Press(`#withdraw button`)
	if got := row(liaison, "Plettenstein"); !strings.Contains(got, "Withdrawn") {
		t.Errorf("withdrawn stands as %q", got)
	}
	if got := row(liaison, "Grünhagen"); !strings.Contains(got, "In review") {
		t.Errorf("who waited stands as %q", got)
	}

	desk.Visit(page + "?lang=en")
	desk.Press(`form[action$="/revoke"] button`)
	if got := desk.Text("#links"); !strings.Contains(got, "Revoked") {
		t.Errorf("after revoking: %q", got)
	}
	for _, path := range []string{"", "/members/new"} {
		if got := statusOf(t, address+path); got != http.StatusNotFound {
			t.Errorf("the revoked link answers %d at %q", got, path)
		}
	}
	for who, b := range map[string]*apptest.Browser{"desk": desk, "liaison": liaison} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", who, said)
		}
	}
}

// The story of a firm: it opens its link, says what it offers, and asks for a
// meeting.
func TestFirmKeepsItsPage(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, firm := apptest.Open(t), apptest.Open(t)
	desk.Desk()
	firm.Phone()
	p.signIn(desk, "protocol")
	desk.Visit(p.url + "/console/" + forum + "/firms?lang=en")
	desk.Visit(p.url + "/console/" + forum + "/firms?lang=en&q=F007")
	desk.Press(".dg-list tbody a.name")
	page := desk.At()
	address := makeLink(desk, "Export department")
	if !strings.HasPrefix(address, p.url+"/firm/") {
		t.Fatalf("the link is %q", address)
	}
	if got := statusOf(t, strings.Replace(address, "/firm/", "/delegation/", 1)); got != http.StatusNotFound {
		t.Errorf("a firm's link as a delegation's answers %d", got)
	}
	firm.Visit(address + "?lang=en")
	if got := firm.Text("#people"); !strings.Contains(got, "Zhengping Shao") || !strings.Contains(got, "Submitted") {
		t.Errorf("its people are %q", got)
	}
	if n := apptest.Eval[int](firm, `document.querySelectorAll("#meetings li").length`); n == 0 {
		t.Error("the firm sees none of its meetings")
	}
	firm.Phone()
	firm.Visit(address + "?lang=zh")
	before := apptest.Eval[int](firm, `document.querySelectorAll(".dg-wishes li").length`)
	firm.Fill("offers_zh", strings.Repeat("储", 301))
	firm.Press("form.dg-trade button")
	if got := firm.Text(`.field.fix:has([name="offers_zh"]) .why`); !strings.Contains(got, "300") {
		t.Errorf("an offer that is too long is answered %q", got)
	}
	firm.Fill("offers_zh", "储能电池与逆变器", "offers_en", "Storage batteries and inverters")
	firm.Press("form.dg-trade button")
	if got := firm.Text(".qs-flash"); !strings.Contains(got, "已保存") {
		t.Errorf("after saving: %q", got)
	}
	for apptest.Eval[bool](firm, `document.querySelectorAll(".dg-wishes li").length >= 3`) {
		firm.Press(`.dg-wishes form button`)
		before--
	}
	apptest.Eval[any](firm, `[...document.querySelectorAll('[name="delegation"] option')].find(o => o.text.startsWith("亚琛")).selected = true`)
	firm.Fill("topic", "家庭储能")
	firm.Press("form.dg-ask button")
	if got := firm.Text("#wishes"); !strings.Contains(got, "家庭储能") || !strings.Contains(got, "亚琛") {
		t.Errorf("its wishes are %q", got)
	}
	if n := apptest.Eval[int](firm, `document.querySelectorAll(".dg-wishes li").length`); n != before+1 {
		t.Errorf("%d wishes, before %d", n, before)
	}
	desk.Visit(strings.TrimSuffix(page, "?lang=en") + "?lang=zh")
	if got := desk.Text("main"); !strings.Contains(got, "储能电池与逆变器") {
		t.Errorf("the desk reads %q", got)
	}
	for who, b := range map[string]*apptest.Browser{"desk": desk, "firm": firm} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", who, said)
		}
	}
}
