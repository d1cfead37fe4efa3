package web

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestTitlesAreOfferedAndFilledIn: the office keeps the list, forms offer it, and a
// title that is sent in one language comes back in both.
func TestTitlesAreOfferedAndFilledIn(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/console/" + forum.Slug + "/titles"
	if a := s.post("owner", page, page, "en", "Emir", "zh", ""); a.StatusCode != 422 || a.doc(t).Find(".field.fix [name=zh]").Length() != 1 {
		t.Errorf("half a title: status %d", a.StatusCode)
	}
	if a := s.post("owner", page, page, "en", "Emir", "zh", "埃米尔", "addresses", "yes"); a.StatusCode != 303 {
		t.Fatalf("a title: status %d, %s", a.StatusCode, a.body)
	}
	edit := "/me/" + s.secret + "/edit"
	form := s.get("", edit).doc(t)
	if got := form.Find(`#f-title_en-offers option[value="Emir"]`).AttrOr("data-other", ""); got != "埃米尔" {
		t.Errorf("the form offers %q beside Emir", got)
	}
	if form.Find("[name=address_en]").Length() != 0 {
		t.Error("the guest is asked how letters address them")
	}
	of := "/console/" + forum.Slug + "/registrations/" + s.badge.RegistrationID.String()
	desk := s.get("owner", of+"/edit").doc(t)
	a := s.post("owner", of+"/edit", of+"/edit", "version", desk.Find("[name=version]").AttrOr("value", ""), "family_name", "Zelenković", "given_name", "Đorđe", "name_native", "Ђорђе Зеленковић",
		"native_order", "given_first", "nationality", "RS", "organisation", "Zelenković d.o.o.", "email", "m1@city.example", "lang", "en", "meal_plan", "none", "title_en", "emir", "title_zh", "", "address_en", "Emir Zelenković")
	if a.StatusCode != 303 {
		t.Fatalf("the desk's edit: status %d, %s", a.StatusCode, a.body)
	}
	now := s.get("owner", of+"/edit").doc(t)
	for field, want := range map[string]string{"title_en": "Emir", "title_zh": "埃米尔", "address_en": "Emir Zelenković"} {
		if got := now.Find("[name="+field+"]").AttrOr("value", ""); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if got := now.Find(`#f-address_en-offers option`).AttrOr("value", ""); got != "Emir Zelenković" {
		t.Errorf("the desk is proposed %q", got)
	}
	list := s.get("owner", page).doc(t)
	gone := list.Find("tbody tr").FilterFunction(func(_ int, row *goquery.Selection) bool { return strings.Contains(row.Text(), "Emir") }).Find("form").AttrOr("action", "")
	if a := s.post("owner", page, gone); a.StatusCode != 303 || strings.Contains(s.get("owner", page).doc(t).Find("tbody").Text(), "Emir") {
		t.Errorf("deleted: status %d", a.StatusCode)
	}
	if a := s.post("protocol@ningbo-week-2027", page, page, "en", "Emir", "zh", "埃米尔"); a.StatusCode != 403 {
		t.Errorf("by who has no right over all events: status %d", a.StatusCode)
	}
}
