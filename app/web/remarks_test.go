package web

import (
	"encoding/json"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
)

// TestOddNamesAreTakenAndSaid edits names by the guest's link: what is odd is saved,
// and said beside the field, on the guest's page, and to the desk, which finds it.
func TestOddNamesAreTakenAndSaid(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	r, secret, err := s.services.Delegations.Register(t.Context(), accounts.GuestActor(), s.badge.EventID, delegations.Input{
		Category: "firm", GivenName: "Taro", FamilyName: "Yoshino", Email: "m2@city.example", Nationality: "RS", Organisation: "Drina", Consent: true, Lang: "en", Source: "web",
	})
	if err != nil {
		t.Fatal(err)
	}
	me, edit := "/me/"+secret, "/me/"+secret+"/edit"
	fields := []string{"version", s.get("", edit).doc(t).Find("[name=version]").AttrOr("value", ""), "family_name", "Yoshino", "given_name", "Taro", "native_order", "family_first",
		"nationality", "RS", "organisation", "Drina", "email", "m2@city.example", "lang", "en", "meal_plan", "none"}
	refused := s.post("", edit, edit, append(fields, "mrz_surname", "YÖSHINO")...)
	if refused.StatusCode != 422 || refused.doc(t).Find(".field.fix [name=mrz_surname]").Length() != 1 {
		t.Errorf("an umlaut in the passport's line: status %d", refused.StatusCode)
	}
	done := s.post("", edit, edit, append(fields, "mrz_surname", "yosino", "mrz_given", "TARO", "name_native", "𠮷野 太郎")...)
	if done.StatusCode != 303 || done.Header.Get("Location") != edit+"#f-mrz_surname" {
		t.Fatalf("status %d to %s, %s", done.StatusCode, done.Header.Get("Location"), done.body)
	}
	form := s.get("", edit).doc(t)
	if got := form.Find("#f-mrz_surname-remark").Text(); form.Find("[name=mrz_surname]").AttrOr("value", "") != "YOSINO" || !strings.Contains(got, "YOSHINO") {
		t.Errorf("beside the field stands %q", got)
	}
	if got := form.Find("#f-name_native-remark").Text(); !strings.Contains(got, "𠮷 (U+20BB7)") {
		t.Errorf("beside the native name stands %q", got)
	}
	if got := s.get("", me).doc(t).Find("#remarks li").Length(); got != 2 {
		t.Errorf("%d remarks on the guest's page", got)
	}
	base := "/console/" + forum.Slug + "/registrations"
	if got := s.get("protocol", base+"/"+r.ID.String()).doc(t).Find("#remarks li").Length(); got != 2 {
		t.Errorf("%d remarks on the desk", got)
	}
	list := s.get("protocol", base+"?status=all&names=unprintable").doc(t)
	if list.Find(".rd-list li").Length() != 1 || !strings.Contains(list.Find(".rd-on").Text(), "证件字库缺字") {
		t.Errorf("the desk finds %d, narrowed to %q", list.Find(".rd-list li").Length(), list.Find(".rd-on").Text())
	}
}

// TestGlyphsAreSaidAtOnce asks what a script asks while a name is typed.
func TestGlyphsAreSaidAtOnce(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/e/" + forum.Slug + "/register"
	for typed, want := range map[string]string{"Đorđe Зеленковић 应若岚": "", "𠮷野": "𠮷 (U+20BB7)", "": ""} {
		a := s.post("", page, "/glyphs", "text", typed)
		var said struct{ Says string }
		if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.StatusCode != 200 || !strings.Contains(said.Says, want) || (want == "") != (said.Says == "") {
			t.Errorf("%q: status %d, %q, %v", typed, a.StatusCode, said.Says, err)
		}
	}
	if a := ask(t, s.Server, "POST", "/glyphs", "text=x", "Content-Type", "application/x-www-form-urlencoded"); a.StatusCode != 403 {
		t.Errorf("without the token of a form: status %d", a.StatusCode)
	}
}
