package web

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/forms"
)

// TestGuestsChangeWaitsForTheDesk edits what stands on a badge by the guest's link:
// the badge stays until the desk decides, in either language.
func TestGuestsChangeWaitsForTheDesk(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	me, edit := "/me/"+s.secret, "/me/"+s.secret+"/edit"
	form := s.get("", edit).doc(t)
	if got := form.Find("[name=family_name]").AttrOr("value", ""); got != "Zelenković" || form.Find("[name=version]").AttrOr("value", "") == "" || form.Find(`[name="passport.number"]`).Length() != 0 {
		t.Fatalf("the form begins with %q", got)
	}
	version := form.Find("[name=version]").AttrOr("value", "")
	fields := []string{"version", version, "family_name", "Petrović", "given_name", "Đorđe", "name_native", "Ђорђе Петровић", "native_order", "given_first",
		"nationality", "RS", "organisation", "Zelenković d.o.o.", "email", "m1@city.example", "phone", "+381 11 000 0000", "lang", "en", "meal_plan", "vegan", "access_needs", "step_free"}
	refused := s.post("", edit, edit, append(fields, "family_name", "Пetrović")...)
	if refused.StatusCode != 422 || refused.doc(t).Find(`.field.fix [name=family_name]`).AttrOr("value", "") != "Пetrović" || refused.doc(t).Find(`[name=access_needs][checked]`).Length() != 1 {
		t.Errorf("a Cyrillic letter: status %d", refused.StatusCode)
	}
	done := s.post("", edit, edit, fields...)
	if done.StatusCode != 303 || done.Header.Get("Location") != me {
		t.Fatalf("status %d, %s", done.StatusCode, done.body)
	}
	if again := s.post("", edit, edit, fields...); again.StatusCode != 422 || !strings.Contains(again.body, "A colleague changed this") && !strings.Contains(again.body, "changed") {
		t.Errorf("a stale version: status %d", again.StatusCode)
	}
	page := s.get("", me).doc(t)
	if got := page.Find("#pending").Text(); !strings.Contains(got, "Zelenković") || !strings.Contains(got, "Petrović") || strings.Contains(got, "Phone") {
		t.Errorf("the guest reads %q", got)
	}
	if got := page.Find("[data-badge]").AttrOr("data-badge", ""); got != s.badge.Token {
		t.Error("the badge changed before the desk decided")
	}
	if got := textOf(t, s.get("", me+"/badge.pdf").body); !strings.Contains(got, "ZELENKOVIĆ") {
		t.Errorf("the paper reads %s", got)
	}

	base := "/console/" + forum.Slug + "/registrations"
	list := s.get("protocol", base+"?status=pending").doc(t)
	if list.Find(".rd-list li").Length() != 1 {
		t.Fatal("the desk does not find the change")
	}
	of := base + "/" + s.badge.RegistrationID.String()
	desk := s.get("protocol", of).doc(t)
	approve := desk.Find(`#pending form[action$="/approve"]`).AttrOr("action", "")
	if approve == "" || desk.Find("#changes li").Length() != 2 {
		t.Fatalf("the desk sees %q and %d changes", approve, desk.Find("#changes li").Length())
	}
	if got := s.get("auditor", of).doc(t).Find("#pending form").Length(); got != 0 {
		t.Error("an auditor may decide")
	}
	refuse := strings.TrimSuffix(approve, "approve") + "refuse"
	if a := s.post("protocol", of, refuse, "reason", ""); a.StatusCode != 422 || a.doc(t).Find("#f-refuse-reason").Length() != 1 {
		t.Errorf("refused without a reason: status %d", a.StatusCode)
	}
	if a := s.post("protocol", of, approve); a.StatusCode != 303 {
		t.Fatalf("approve: status %d, %s", a.StatusCode, a.body)
	}
	if now := s.get("", me).doc(t); now.Find("#pending").Length() != 0 || now.Find("[data-badge]").AttrOr("data-badge", "") == s.badge.Token {
		t.Error("the guest has no new badge")
	}
	if old, err := s.services.Badges.ByID(t.Context(), accounts.SystemActor("test"), s.badge.ID); err != nil || old.State != badges.Superseded {
		t.Errorf("the old badge is %s, %v", old.State, err)
	}
	if got := textOf(t, s.get("", me+"/badge.pdf").body); !strings.Contains(got, "PETROVIĆ") {
		t.Errorf("the paper reads %s", got)
	}
	chinese := ask(t, s.Server, "GET", of, "", "Cookie", "qs_session=protocol", "Accept-Language", "zh")
	if !strings.Contains(chinese.body, "信息变更记录") || !strings.Contains(chinese.body, "已生效") {
		t.Error("the history is not in Chinese")
	}
}

// TestReturnedIsPutRight returns a registration with fields and sends it again by
// the guest's page; that vetting holds it is nobody's to see.
func TestReturnedIsPutRight(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by := accounts.SystemActor("test")
	r, secret, err := s.services.Delegations.Register(t.Context(), accounts.GuestActor(), s.badge.EventID, delegations.Input{
		Category: "firm", FamilyName: "Petrović", Email: "m2@city.example", Nationality: "RS", Organisation: "Drina", Consent: true, Lang: "en", Source: "web",
	})
	if err != nil {
		t.Fatal(err)
	}
	of := "/console/" + forum.Slug + "/registrations/" + r.ID.String()
	if a := s.post("protocol", of, of+"/return", "reason", "Your title, please.", "fields", "title_en"); a.StatusCode != 303 {
		t.Fatalf("return: status %d, %s", a.StatusCode, a.body)
	}
	me := "/me/" + secret
	if got := s.get("", me).doc(t).Find("#returned").Text(); !strings.Contains(got, "Your title, please.") || !strings.Contains(got, "Title") {
		t.Errorf("the guest reads %q", got)
	}
	form := s.get("", me+"/edit").doc(t)
	if form.Find(".field.asked").Length() != 1 || form.Find(".field.asked [name=title_en]").Length() != 1 {
		t.Errorf("%d fields are marked", form.Find(".field.asked").Length())
	}
	version := form.Find("[name=version]").AttrOr("value", "")
	fields := []string{"version", version, "family_name", "Petrović", "nationality", "RS", "organisation", "Drina", "email", "m2@city.example", "lang", "en", "meal_plan", "none"}
	if a := s.post("", me+"/edit", me+"/edit", append(fields, "title_en", "")...); a.StatusCode != 422 || a.doc(t).Find(".field.fix [name=title_en]").Length() != 1 {
		t.Errorf("without what was asked for: status %d", a.StatusCode)
	}
	if a := s.post("", me+"/edit", me+"/edit", append(fields, "title_en", "Director")...); a.StatusCode != 303 {
		t.Fatalf("sent again: status %d, %s", a.StatusCode, a.body)
	}
	if now, err := s.services.Delegations.Registration(t.Context(), by, r.ID); err != nil || now.Status != delegations.Submitted || now.TitleEN != "Director" {
		t.Errorf("%+v, %v", now, err)
	}
	for _, path := range []string{"/me/nobody/edit", "/delegation/" + secret + "/members/" + r.ID.String() + "/edit"} {
		if a := s.get("", path); a.StatusCode != 404 {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
	for _, who := range []string{"analyst", "auditor", "protocol@ningbo-week-2027"} {
		if a := s.get(who, of+"/edit"); a.StatusCode != 403 {
			t.Errorf("%s opens the desk's form: status %d", who, a.StatusCode)
		}
	}
}

// TestOnlyWhoNeedsNoneMayLeaveOrganisation reads what the forms say beside it, and
// languages by their names.
func TestOnlyWhoNeedsNoneMayLeaveOrganisation(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	edit := "/me/" + s.secret + "/edit"
	form := s.get("", edit).doc(t)
	if form.Find("#f-organisation[required]").Length() != 1 || strings.Contains(form.Find("label[for=f-organisation]").Text(), "optional") {
		t.Errorf("a firm's own form says %q", form.Find("label[for=f-organisation]").Text())
	}
	fields := []string{"version", form.Find("[name=version]").AttrOr("value", ""), "family_name", "Zelenković", "given_name", "Đorđe", "nationality", "RS",
		"organisation", "Zelenković d.o.o.", "email", "m1@city.example", "lang", "en", "meal_plan", "none"}
	if a := s.post("", edit, edit, append(fields, "languages", "German, Klingonish")...); a.StatusCode != 422 || !strings.Contains(a.doc(t).Find("#f-languages-why").Text(), "Klingonish") {
		t.Errorf("a language that nobody knows: status %d", a.StatusCode)
	}
	if a := s.post("", edit, edit, append(fields, "languages", "德语，Serbian")...); a.StatusCode != 303 {
		t.Fatalf("languages by name: status %d, %s", a.StatusCode, a.body)
	}
	if got := s.get("", edit).doc(t).Find("#f-languages").AttrOr("value", ""); got != "German, Serbian" {
		t.Errorf("the form says %q", got)
	}
	if got := s.get("", "/me/"+s.secret+"/data").doc(t).Find(".ph-data").Text(); !strings.Contains(got, "German, Serbian") {
		t.Errorf("the data say %q", got)
	}
	desk := s.get("protocol", "/console/"+forum.Slug+"/registrations/new").doc(t)
	if hint := desk.Find("#f-organisation-hint").Text(); hint == "" || strings.Contains(desk.Find("label[for=f-organisation]").Text(), "optional") {
		t.Errorf("the desk's form says %q", hint)
	}
}

// TestQuestionsAreAskedForAgain returns a registration for answers: the desk ticks the
// questions, the guest's page names them and the form marks them.
func TestQuestionsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by := accounts.SystemActor("test")
	for _, d := range []forms.Definition{
		{Code: "invitation", Kind: forms.File, Label: label("Letter of invitation")},
		{Code: "topics", Kind: forms.Choices, Label: label("Topics"), Options: []forms.Option{{Code: "port", Label: label("Port")}, {Code: "green", Label: label("Green")}}},
		{Code: "photos", Kind: forms.Consent, Label: label("Photos"), Agreement: label("We take photos.")},
	} {
		if _, err := s.services.Forms.Add(t.Context(), by, s.badge.EventID, d); err != nil {
			t.Fatal(err)
		}
	}
	r, secret, err := s.services.Delegations.Register(t.Context(), accounts.GuestActor(), s.badge.EventID, delegations.Input{
		Category: "firm", FamilyName: "Petrović", Email: "m2@city.example", Nationality: "RS", Organisation: "Drina", Consent: true, Lang: "en", Source: "web",
	})
	if err != nil {
		t.Fatal(err)
	}
	of, me := "/console/"+forum.Slug+"/registrations/"+r.ID.String(), "/me/"+secret
	boxes := s.get("protocol", of).doc(t).Find(".rg-fields [name=fields]")
	offered := strings.Join(boxes.Map(func(_ int, el *goquery.Selection) string { return el.AttrOr("value", "") }), " ")
	if !strings.HasSuffix(offered, " answers.invitation answers.topics") {
		t.Errorf("the desk may name %s", offered)
	}
	if a := s.post("protocol", of, of+"/return", "reason", "Your papers, please.", "fields", "answers.photos"); a.StatusCode != 422 {
		t.Errorf("an agreement is asked for again: status %d", a.StatusCode)
	}
	if _, err := s.services.Delegations.Return(t.Context(), by, r.ID, "Your papers, please.", "answers.topics", "answers.invitation"); err != nil {
		t.Fatal(err)
	}
	if got := s.get("", me).doc(t).Find("#returned li").Text(); got != "Letter of invitationTopics" {
		t.Errorf("the guest reads %q", got)
	}
	form := s.get("", me+"/edit").doc(t)
	if form.Find(".field.asked").Length() != 2 || form.Find(".field.asked [type=file]").Length() != 1 || form.Find(".field.asked [type=checkbox]").Length() != 2 {
		t.Errorf("%d fields are marked", form.Find(".field.asked").Length())
	}
	fields := []string{"version", form.Find("[name=version]").AttrOr("value", ""), "family_name", "Petrović", "nationality", "RS", "organisation", "Drina", "email", "m2@city.example", "lang", "en", "meal_plan", "none"}
	a := s.post("", me+"/edit", me+"/edit", append(fields, "answers.topics", "port")...)
	if a.StatusCode != 422 || a.doc(t).Find(".field.fix [type=file]").Length() != 1 || !strings.Contains(a.doc(t).Find("a[href='#f-answers.invitation']").Text(), "Letter of invitation") {
		t.Errorf("without the letter: status %d", a.StatusCode)
	}
}
