package web

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
)

// sentFields are what a form of a page sends, hidden fields too, but for the CSRF
// field.
func sentFields(t *testing.T, a answer, form string) (pairs []string) {
	t.Helper()
	found := a.doc(t).Find(form)
	for i := range found.Find("input").Nodes {
		if field := found.Find("input").Eq(i); field.AttrOr("name", "") != csrfField {
			pairs = append(pairs, field.AttrOr("name", ""), field.AttrOr("value", ""))
		}
	}
	return pairs
}

// TestDeputyTakesOver lets the liaison of a delegation ask that a deputy come in
// the place of the mayor, which the desk then confirms: nothing changes before, and
// everything at once, the programme too.
func TestDeputyTakesOver(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, guests, ctx := accounts.SystemActor("test"), s.services.Delegations, t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := guests.Save(ctx, by, delegations.Delegation{
		EventID: s.badge.EventID, Code: "D01", Name: locale.Text{ZH: "诺维萨德市代表团", EN: "Delegation of Novi Sad"}, Quota: 3, Status: "confirmed",
	})
	must(err)
	l, secret, err := guests.MakeDelegationLink(ctx, by, d.ID, "City hall", april().Add(48*time.Hour))
	must(err)
	people := map[string]delegations.Registration{}
	for _, one := range [][2]string{{"head", "Čolakov"}, {"deputy_head", "Njegovan"}} {
		role, name := one[0], one[1]
		r, err := guests.AddMember(ctx, l.Actor(), d.ID, delegations.Input{
			Role: role, FamilyName: name, Email: "m@city.example", Nationality: "RS", Consent: true, Lang: "en", TitleEN: "Mayor", BirthDate: "1970-02-03",
			Passport: delegations.Passport{Number: "TEST" + name[len(name)-3:] + "1", Issuer: "RS", ExpiresOn: "2031-01-01"},
		})
		must(err)
		r, _, err = guests.Approve(ctx, by, r.ID)
		must(err)
		people[role] = r
	}
	e, err := s.services.Events.ByID(ctx, d.EventID)
	must(err)
	from := e.Opens().Add(10 * time.Hour)
	talk, err := s.services.Agenda.Create(ctx, by, e.ID, agenda.Input{
		Code: "S01", Kind: "plenary", Title: locale.Text{ZH: "开幕", EN: "Opening"}, StartsAt: from, EndsAt: from.Add(time.Hour),
		Speakers: []ident.ID{people["head"].ID},
	})
	must(err)

	own := "/delegation/" + secret
	form := own + "/members/" + people["head"].ID.String() + "/substitute"
	if got := s.get("", own).doc(t).Find(`a[href="` + form + `"]`).Length(); got != 1 {
		t.Fatalf("%d ways to replace the head", got)
	}
	if a := s.post("", form, form, "to", "", "as_rank", "own"); a.StatusCode != 422 || a.doc(t).Find(".field.fix [name=to]").Length() != 1 {
		t.Errorf("nobody instead: status %d", a.StatusCode)
	}
	preview := s.post("", form, form, "to", people["deputy_head"].ID.String(), "as_rank", "representative", "note", "council sits")
	if got := preview.doc(t).Find("#preview").Text(); preview.StatusCode != 200 || !strings.Contains(got, "Head") || !strings.Contains(got, "A new badge") || strings.Contains(got, "Opening") {
		t.Fatalf("the liaison looks at %q", got)
	}
	if a := s.post("", form, form, append(sentFields(t, preview, "#preview form"), "do", "yes")...); a.StatusCode != 303 || a.Header.Get("Location") != own {
		t.Fatalf("asked: status %d, %s", a.StatusCode, a.body)
	}
	if now, err := guests.Registration(ctx, by, people["deputy_head"].ID); err != nil || now.Role != "deputy_head" {
		t.Errorf("asking made them %s, %v", now.Role, err)
	}

	desk := "/console/" + forum.Slug + "/delegations/" + d.ID.String()
	link := s.get("protocol", desk).doc(t).Find("#substitutions a").AttrOr("href", "")
	if link == "" || s.get("auditor", desk).doc(t).Find("#substitutions a").Length() != 0 {
		t.Fatalf("the desk finds %q", link)
	}
	page := s.get("protocol", link)
	if got := page.doc(t).Find(".dg-preview").Text(); !strings.Contains(got, "开幕") || !strings.Contains(got, "作为正式代表") {
		t.Errorf("the desk looks at %q", got)
	}
	for _, who := range []string{"auditor", "analyst", "protocol@ningbo-week-2027"} {
		if a := s.get(who, link); a.StatusCode != 403 {
			t.Errorf("%s opens it: status %d", who, a.StatusCode)
		}
	}
	if a := s.post("protocol", link, link+"/refuse", "reason", ""); a.StatusCode != 422 {
		t.Errorf("refused for no reason: status %d", a.StatusCode)
	}
	if a := s.post("protocol", link, link+"/confirm"); a.StatusCode != 303 || a.Header.Get("Location") != desk {
		t.Fatalf("confirm: status %d, %s", a.StatusCode, a.body)
	}
	if now, err := guests.Registration(ctx, by, people["deputy_head"].ID); err != nil || now.Role != "head" {
		t.Errorf("the deputy is %s, %v", now.Role, err)
	}
	gone, err := guests.Registration(ctx, by, people["head"].ID)
	must(err)
	if x, err := guests.SubstitutionOf(ctx, by, gone); err != nil || x == nil || x.State != "done" || x.To != people["deputy_head"].Called() {
		t.Errorf("who came instead: %+v, %v", x, err)
	}
	if got := s.get("protocol", "/console/"+forum.Slug+"/registrations/"+gone.ID.String()).doc(t).Find("#replacing").Text(); !strings.Contains(got, people["deputy_head"].FamilyName) {
		t.Errorf("the desk reads of whom was replaced: %q", got)
	}
	if who, err := s.services.Agenda.People(ctx, by, e.ID); err != nil || len(who[talk.ID]) != 1 || who[talk.ID][0].RegistrationID != people["deputy_head"].ID {
		t.Errorf("who speaks: %+v, %v", who, err)
	}
	if a := s.post("protocol", link, link+"/confirm"); a.StatusCode != 422 {
		t.Errorf("confirmed twice: status %d", a.StatusCode)
	}
	for _, path := range []string{"/me/" + s.secret + "/substitute", "/me/nobody/substitute"} { // of no delegation; no link
		if a := s.get("", path); a.StatusCode != 404 {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
}

// TestSomebodyNewAnswersToo registers somebody new in another's place, who answers the
// event's questions, by the preview and the button below it.
func TestSomebodyNewAnswersToo(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, guests, ctx := accounts.SystemActor("test"), s.services.Delegations, t.Context()
	d, err := guests.Save(ctx, by, delegations.Delegation{EventID: s.badge.EventID, Code: "D01", Name: locale.Text{ZH: "诺维萨德市代表团", EN: "Delegation of Novi Sad"}, Quota: 3, Status: "confirmed"})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := guests.AddMember(ctx, by, d.ID, delegations.Input{Role: "deputy_head", FamilyName: "Njegovan", Email: "m@city.example", Nationality: "RS", Consent: true, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	for code, kind := range map[string]forms.Kind{"flight": forms.Text, "letter": forms.File} {
		if _, err := s.services.Forms.Add(ctx, by, s.badge.EventID, forms.Definition{Code: code, Kind: kind, Label: label(code), Required: true}); err != nil {
			t.Fatal(err)
		}
	}
	_, secret, err := guests.MakeDelegationLink(ctx, by, d.ID, "City hall", april().Add(48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	form := "/delegation/" + secret + "/members/" + gone.ID.String() + "/substitute"
	fields := map[string]string{"to": "new", "as_rank": "own", "family_name": "Pantić", "given_name": "Mila", "nationality": "RS", "email": "p@city.example", "lang": "en", "consent": "yes"}
	refused := s.sendForm(form, fields, "answers.letter", []byte("%PDF-1.7\n%%EOF"))
	if refused.StatusCode != 422 || refused.doc(t).Find(".field.fix [name='answers.flight']").Length() != 1 || refused.doc(t).Find(".qs-sent").Length() != 1 {
		t.Fatalf("nothing answered: %d", refused.StatusCode)
	}
	fields["answers.flight"], fields["answers.letter"] = "LH 728", refused.doc(t).Find("input[name='answers.letter'][type=hidden]").AttrOr("value", "")
	preview := s.sendForm(form, fields, "answers.letter", nil)
	if preview.StatusCode != 200 || preview.doc(t).Find("#preview").Length() != 1 {
		t.Fatalf("the preview: %d, %s", preview.StatusCode, preview.doc(t).Find(".qs-note.fix").Text())
	}
	if a := s.post("", form, form, append(sentFields(t, preview, "#preview form"), "do", "yes")...); a.StatusCode != 303 {
		t.Fatalf("asked: %d, %q, %v", a.StatusCode, a.doc(t).Find(".field.fix").Text(), sentFields(t, preview, "#preview form"))
	}
	asked, err := guests.Substitutions(ctx, by, d)
	if err != nil || len(asked) != 1 {
		t.Fatalf("asked for: %+v, %v", asked, err)
	}
	fresh, err := guests.Registration(ctx, by, asked[0].ToID)
	if err != nil || fresh.FamilyName != "Pantić" || fresh.Status != delegations.Draft {
		t.Fatalf("who is to come: %+v, %v", fresh, err)
	}
	if got := s.get("protocol", "/console/"+forum.Slug+"/registrations/"+fresh.ID.String()).doc(t).Find("#replacing a").AttrOr("href", ""); !strings.HasSuffix(got, "/substitutions/"+asked[0].ID.String()) {
		t.Errorf("their registration points to %q", got)
	}
	if given, err := guests.Answers(ctx, by, fresh); err != nil || len(given) != 2 {
		t.Errorf("they answered %+v, %v", given, err)
	}
}

// TestALetterNamesTheDeputy hands in the city's letter with the wish for a deputy: it
// rests with the wish, and the event's staff alone reads it.
func TestALetterNamesTheDeputy(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, guests, ctx := accounts.SystemActor("test"), s.services.Delegations, t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := guests.Save(ctx, by, delegations.Delegation{EventID: s.badge.EventID, Code: "D01", Name: locale.Text{ZH: "诺维萨德市代表团", EN: "Delegation of Novi Sad"}, Quota: 3, Status: "confirmed"})
	must(err)
	var people []delegations.Registration
	for _, name := range []string{"Njegovan", "Pantić"} {
		r, err := guests.AddMember(ctx, by, d.ID, delegations.Input{Role: "deputy_head", FamilyName: name, Email: "m@city.example", Nationality: "RS", Consent: true, Lang: "en"})
		must(err)
		people = append(people, r)
	}
	_, secret, err := guests.MakeDelegationLink(ctx, by, d.ID, "City hall", april().Add(48*time.Hour))
	must(err)
	form := "/delegation/" + secret + "/members/" + people[0].ID.String() + "/substitute"
	fields := map[string]string{"to": people[1].ID.String(), "as_rank": "own"}
	letter := []byte("%PDF-1.7\nthe council names Pantić\n%%EOF")
	if strange := s.sendForm(form, fields, "letter", []byte("MZ program")); strange.StatusCode != 422 || strange.doc(t).Find(".field.fix [name=letter]").Length() != 1 {
		t.Errorf("a program: %d", strange.StatusCode)
	}
	preview := s.sendForm(form, fields, "letter", letter)
	if preview.StatusCode != 200 || preview.doc(t).Find("#preview").Length() != 1 {
		t.Fatalf("the preview: %d, %s", preview.StatusCode, preview.doc(t).Find(".qs-note.fix").Text())
	}
	kept := func() (n int) {
		t.Helper()
		must(s.db.GetContext(ctx, &n, `SELECT count(*) FROM files WHERE purpose = 'succession' AND deleted_at IS NULL`))
		return n
	}
	if n := kept(); n != 0 {
		t.Errorf("a look keeps %d letters", n)
	}
	if a := s.post("", form, form, append(sentFields(t, preview, "#preview form"), "do", "yes")...); a.StatusCode != 303 || kept() != 1 {
		t.Fatalf("asked: %d, %q", a.StatusCode, a.doc(t).Find(".field.fix").Text())
	}
	list, err := guests.Substitutions(ctx, by, d)
	must(err)
	page := s.get("protocol", "/console/"+forum.Slug+"/substitutions/"+list[0].ID.String()).doc(t)
	link := page.Find("a.qs-file").AttrOr("href", "")
	if got := s.get("protocol", link); got.body != string(letter) || !strings.Contains(page.Find("a.qs-file").Text(), "cv.pdf") {
		t.Errorf("the desk opens %q: %d", link, got.StatusCode)
	}
	for who, want := range map[string]int{"doors_lead": 403, "protocol@ningbo-week-2027": 403, "": 303} {
		if a := s.get(who, link); a.StatusCode != want {
			t.Errorf("%q opens the letter: %d, want %d", who, a.StatusCode, want)
		}
	}
	if a := s.post("", form, form, "to", people[1].ID.String(), "as_rank", "own", "letter", "forged", "do", "yes"); a.StatusCode == 303 {
		t.Error("a token that is none is taken")
	}
	for _, task := range s.services.Files.Retention() {
		if task.Class == retention.Letters {
			must(store.InTx(ctx, s.db, func(tx *sqlx.Tx) error { _, err := task.Purge(ctx, tx, s.badge.EventID); return err }))
		}
	}
	if page := s.get("protocol", "/console/"+forum.Slug+"/substitutions/"+list[0].ID.String()).doc(t); kept() != 0 || page.Find("a.qs-file").Length() != 0 {
		t.Errorf("%d letters outlive their time", kept())
	}
}

// TestLinkIsAskedFor answers the same to whoever is registered and to whoever is
// not.
func TestLinkIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/e/" + forum.Slug + "/link"
	if a := s.post("", page, page, "email", "nobody"); a.StatusCode != 422 || a.doc(t).Find(".field.fix [name=email]").AttrOr("value", "") != "nobody" {
		t.Errorf("no address: status %d", a.StatusCode)
	}
	said := map[string]bool{}
	for _, email := range []string{"m1@city.example", "nobody@city.example"} {
		a := s.post("", page, page, "email", email)
		if a.StatusCode != 303 || a.Header.Get("Location") != page {
			t.Fatalf("%s: status %d", email, a.StatusCode)
		}
		said[s.after("", a).doc(t).Find(".qs-flash").Text()] = true
	}
	if len(said) != 1 || said[""] {
		t.Errorf("it says %v", said)
	}
}
