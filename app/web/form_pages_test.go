package web

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/locale"
)

var (
	included  = regexp.MustCompile(`\{\{template "([^"]+)"[^}]*\}\}`)
	fieldCall = regexp.MustCompile(`\(field \$?(\.\w+) "([^"]+)"`)
	summary   = regexp.MustCompile(`\(problems \$?(\.\w+) (.*?)\)\}\}`)
	listed    = regexp.MustCompile(`"([^"]+)" \(t `)
)

// TestSummariesFollowTheirForms holds the summary above each form against the
// form: every field is in it, in the order in which the fields stand.
func TestSummariesFollowTheirForms(t *testing.T) {
	for name, set := range newServer(t).app.Config().Views.(*Views).sets {
		if name.lang != locale.ZH || strings.HasPrefix(name.name, "styleguide/") || set.Lookup("main") == nil {
			continue
		}
		body := whole(set, "main", map[string]bool{})
		for _, found := range summary.FindAllStringSubmatch(body, -1) {
			var want, got []string
			for _, field := range fieldCall.FindAllStringSubmatch(body, -1) {
				if field[1] == found[1] && !slices.Contains(want, field[2]) {
					want = append(want, field[2])
				}
			}
			for _, label := range listed.FindAllStringSubmatch(found[2], -1) {
				if slices.Contains(want, label[1]) || !strings.Contains(body, `name="`+label[1]+`"`) { // fields drawn by hand stand where they like
					got = append(got, label[1])
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: the summary lists\n%v\nand the form has\n%v", name.name, found[1], got, want)
			}
		}
	}
}

// whole is the text of a template with those that it includes in their places.
func whole(set *template.Template, name string, within map[string]bool) string {
	part := set.Lookup(name)
	if part == nil || part.Tree == nil || within[name] || name == "field" || name == "problems" {
		return ""
	}
	within[name] = true
	defer delete(within, name)
	return included.ReplaceAllStringFunc(part.Tree.Root.String(), func(call string) string {
		return call + whole(set, included.FindStringSubmatch(call)[1], within)
	})
}

// offer opens more categories of the forum to the public.
func (s *badgeSite) offer(codes ...string) {
	s.t.Helper()
	for i, code := range codes {
		_, err := s.services.Events.SaveCategory(s.t.Context(), accounts.SystemActor("test"), events.Category{
			EventID: s.badge.EventID, Code: code, Name: locale.Text{ZH: code, EN: code}, BadgeType: "BIZ", Approval: "review", Public: true, Position: i + 1,
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// registered counts the forum's registrations.
func (s *badgeSite) registered() int {
	s.t.Helper()
	page, err := s.services.Delegations.Registrations(s.t.Context(), accounts.SystemActor("test"), s.badge.EventID, delegations.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Total
}

// TestSwitchingTheLanguageKeepsWhatWasTyped sends the registration form by its
// language switch: the page comes back in the other language, filled in and
// unchecked, and nobody is registered.
func TestSwitchingTheLanguageKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm", "press")
	page := "/e/" + forum.Slug + "/register"
	shown := s.get("", page)
	doc := shown.doc(t)
	if n := doc.Find("input[type=radio][checked]").Length(); n != 0 {
		t.Errorf("%d categories are chosen before anybody chose", n)
	}
	button := doc.Find(`button[name=_lang]`)
	if button.AttrOr("form", "") != doc.Find("main form").AttrOr("id", "none") || button.AttrOr("value", "") != "zh" {
		t.Errorf("the switch sends %q of the form %q", button.AttrOr("value", ""), button.AttrOr("form", ""))
	}
	if first := doc.Find(`button[form=registration]`).First(); first.AttrOr("name", "") != "" {
		t.Error("Enter in a field presses the language switch")
	}
	typed := map[string]string{
		"family_name": "Аndersson", "given_name": "Łucja", "name_native": "Łucja", "native_order": "family_first", "name_zh": "露琪亚",
		"nationality": "RS", "organisation": "<Vltava> TV", "title_en": "Reporter", "email": "nobody", "phone": "12", "consent": "yes", "category": "press",
	}
	fields := url.Values{"_lang": {"zh"}, csrfField: {doc.Find("[name="+csrfField+"]").First().AttrOr("value", "")}}
	for name, value := range typed {
		fields.Set(name, value)
	}
	cookie := ""
	for _, c := range shown.Cookies() {
		cookie += c.Name + "=" + c.Value + "; "
	}
	before := s.registered()
	again := ask(t, s.Server, http.MethodPost, page+"?lang=en", fields.Encode(), "Cookie", cookie, "Accept-Language", "en")
	doc = again.doc(t)
	if again.StatusCode != http.StatusOK || doc.Find("html").AttrOr("lang", "") != "zh-CN" || doc.Find(".qs-note.fix").Length() != 0 {
		t.Fatalf("status %d in %s: %s", again.StatusCode, doc.Find("html").AttrOr("lang", ""), doc.Find(".qs-note.fix").Text())
	}
	got := map[string]string{}
	for name := range typed {
		control := doc.Find("main [name='" + name + "']")
		switch {
		case control.Is("select"):
			got[name] = control.Find("[selected]").AttrOr("value", "")
		case control.Is("[type=radio], [type=checkbox]"):
			got[name] = control.Filter("[checked]").AttrOr("value", "")
		default:
			got[name] = control.AttrOr("value", "")
		}
	}
	for name, want := range typed {
		if got[name] != want {
			t.Errorf("%s comes back as %q, want %q", name, got[name], want)
		}
	}
	if after := s.registered(); after != before {
		t.Errorf("%d are registered, before %d", after, before)
	}
	for asked, want := range map[string]string{"press": "press", "head": "", "nobody": ""} {
		if got := s.get("", page+"?category="+asked).doc(t).Find("input[type=radio][checked]").AttrOr("value", ""); got != want {
			t.Errorf("?category=%s chooses %q, want %q", asked, got, want)
		}
	}
}

// TestRegistrationSaysWhatIsMissing sends the empty form: each field that must be
// filled says so, the summary in the order of the fields.
func TestRegistrationSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm", "press")
	page := "/e/" + forum.Slug + "/register"
	doc := s.post("", page, page, "category", "press").doc(t)
	var got []string
	doc.Find(".qs-note.fix a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
	want := []string{"#f-family_name", "#f-nationality", "#f-organisation", "#f-email", "#f-consent"}
	if !slices.Equal(got, want) {
		t.Errorf("the summary leads to %v, want %v", got, want)
	}
	for _, to := range got {
		if doc.Find("main ["+"id='"+to[1:]+"']").Length() != 1 {
			t.Errorf("%s leads nowhere", to)
		}
	}
}
