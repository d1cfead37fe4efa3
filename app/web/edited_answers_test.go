package web

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/accounts"
	"qianshou/app/forms"
)

// filled are the fields of a form as a browser would send them again.
func filled(doc *goquery.Document, form string) map[string]string {
	fields := map[string]string{}
	for _, el := range doc.Find(form + " [name]").EachIter() {
		name, kind := el.AttrOr("name", ""), el.AttrOr("type", "")
		_, ticked := el.Attr("checked")
		switch {
		case name == csrfField || name == dropField || kind == "file" || (kind == "radio" || kind == "checkbox") && !ticked:
		case goquery.NodeName(el) == "select":
			fields[name] = el.Find("option[selected]").AttrOr("value", "")
		case goquery.NodeName(el) == "textarea":
			fields[name] = el.Text()
		default:
			fields[name] = el.AttrOr("value", "")
		}
	}
	return fields
}

// dense is what somebody reads, without blanks.
func dense(sel *goquery.Selection) string { return strings.Join(strings.Fields(sel.Text()), "") }

// TestAnswersAreEditedOnEveryPage changes answers by the guest's page and the desk's:
// after approval the old ones stay until the desk decides, a file among them, and the
// history reads them in words.
func TestAnswersAreEditedOnEveryPage(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm", "press")
	by := accounts.SystemActor("test")
	for _, d := range []forms.Definition{
		{Code: "portfolio", Kind: forms.File, Label: label("Portfolio"), Categories: []string{"firm"}},
		{Code: "interpreter", Kind: forms.Choose, Label: label("Interpreter?"), Options: []forms.Option{{Code: "yes", Label: label("Yes, please")}, {Code: "no", Label: label("No")}}},
		{Code: "photos", Kind: forms.Consent, Label: label("Photos"), Agreement: label("We take photos.")},
		{Code: "camera", Kind: forms.Text, Label: label("Camera"), Categories: []string{"press"}},
	} {
		if _, err := s.services.Forms.Add(t.Context(), by, s.badge.EventID, d); err != nil {
			t.Fatal(err)
		}
	}
	register, paper := "/e/"+forum.Slug+"/register", []byte("%PDF-1.7\nold\n%%EOF")
	done := s.sendForm(register, map[string]string{
		"category": "firm", "family_name": "Fântână", "nationality": "RS", "organisation": "TV", "consent": "yes", "email": "i@tv.example",
		"answers.interpreter": "no",
	}, "answers.portfolio", paper)
	if done.StatusCode != 303 {
		t.Fatalf("register: %d %s", done.StatusCode, done.body)
	}
	me := done.Header.Get("Location")
	secret := strings.TrimPrefix(me, "/me/")
	r, err := s.services.Delegations.ByLink(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	form := s.get("", me+"/edit").doc(t)
	fields := filled(form, "#details")
	if form.Find("[name='answers.camera']").Length() != 0 || fields["answers.interpreter"] != "no" || fields["answers.portfolio"] == "" || !strings.Contains(form.Find(".qs-sent").Text(), "On record: cv.pdf") {
		t.Fatalf("the form begins with %v, %q", fields, form.Find(".qs-sent").Text())
	}
	if fields["answers.photos"] = "1"; s.sendForm(me+"/edit", fields, "answers.portfolio", nil).StatusCode != 303 {
		t.Error("an agreement is not taken")
	}
	answers := func() string {
		return dense(s.get("", me).doc(t).Find("#answers"))
	}
	if got := answers(); !strings.Contains(got, "Portfoliocv.pdf") || !strings.Contains(got, "Interpreter?No") || !strings.Contains(got, "Agreedtoversion1") {
		t.Errorf("the guest reads %q", got)
	}

	if _, _, err := s.services.Delegations.Approve(t.Context(), by, r.ID); err != nil {
		t.Fatal(err)
	}
	old := s.get("", me).doc(t).Find("#answers a").AttrOr("href", "")
	again := func() map[string]string { return filled(s.get("", me+"/edit").doc(t), "#details") }
	fields = again()
	fields["answers.interpreter"] = "yes"
	refused := s.sendForm(me+"/edit", map[string]string{"version": fields["version"], "email": "nobody", "answers.interpreter": "yes"}, "answers.portfolio", []byte("%PDF-1.7\nlost\n%%EOF"))
	if refused.StatusCode != 422 || !strings.Contains(refused.doc(t).Find(".qs-sent").Text(), "Sent already: cv.pdf") || refused.doc(t).Find("[name='answers.interpreter'][value=yes][checked]").Length() != 1 {
		t.Errorf("with a field to put right: %d, %q", refused.StatusCode, refused.doc(t).Find(".qs-sent").Text())
	}
	if a := s.sendForm(me+"/edit", fields, "answers.portfolio", []byte("%PDF-1.7\nnew\n%%EOF")); a.StatusCode != 303 {
		t.Fatalf("edit: %d %s", a.StatusCode, a.doc(t).Find(".qs-note.fix").Text())
	}
	if got := answers(); !strings.Contains(got, "Interpreter?No") || s.get("", old).body != string(paper) {
		t.Errorf("before the desk decides, the guest reads %q", got)
	}
	if got := dense(s.get("", me).doc(t).Find("#pending")); !strings.Contains(got, "Interpreter?NoYes,please") || !strings.Contains(got, "Portfoliocv.pdfcv.pdf") {
		t.Errorf("what waits reads %q", got)
	}
	of := "/console/" + forum.Slug + "/registrations/" + r.ID.String()
	desk := s.get("protocol", of).doc(t)
	link := desk.Find("#pending a.qs-file").AttrOr("href", "")
	if got := s.get("protocol", link).body; !strings.Contains(got, "new") {
		t.Errorf("the desk opens %q: %q", link, got)
	}
	approve := desk.Find(`#pending form[action$="/approve"]`).AttrOr("action", "")
	if a := s.post("protocol", of, approve); a.StatusCode != 303 {
		t.Fatalf("approve: %d %s", a.StatusCode, a.body)
	}
	if got := answers(); !strings.Contains(got, "Interpreter?Yes,please") || s.get("", old).StatusCode != 404 {
		t.Errorf("afterwards the guest reads %q", got)
	}
	if now := s.get("", me).doc(t).Find("#answers a").AttrOr("href", ""); !strings.Contains(s.get("", now).body, "new") {
		t.Errorf("the new file is not at %q", now)
	}

	// Another file that waits goes when the guest takes the wish back.
	fields = again()
	s.sendForm(me+"/edit", fields, "answers.portfolio", []byte("%PDF-1.7\nthird\n%%EOF"))
	waits := s.get("", me).doc(t).Find("#pending a.qs-file").AttrOr("href", "")
	if got := s.get("", waits).body; !strings.Contains(got, "third") {
		t.Errorf("the guest opens what waits at %q: %q", waits, got)
	}
	s.post("", me, me+"/change/withdraw")
	if got := s.get("", waits).StatusCode; got != 404 {
		t.Errorf("what was taken back is still there: %d", got)
	}

	// The desk changes at once, and has no agreement to give.
	page := s.get("protocol", of+"/edit").doc(t)
	fields = filled(page, "#details")
	if _, agreed := fields["answers.photos"]; agreed || page.Find("[name='answers.photos']").Length() != 0 {
		t.Error("the desk may agree for the guest")
	}
	var pairs []string
	fields["answers.interpreter"] = "no"
	for name, value := range fields {
		if value != "" {
			pairs = append(pairs, name, value)
		}
	}
	if a := s.post("protocol", of+"/edit", of+"/edit", pairs...); a.StatusCode != 303 {
		t.Fatalf("the desk: %d %s", a.StatusCode, a.doc(t).Find(".qs-note.fix").Text())
	}
	if got := answers(); !strings.Contains(got, "Interpreter?No") || !strings.Contains(got, "Agreedtoversion1") {
		t.Errorf("the guest reads %q", got)
	}
	history := dense(s.get("protocol", of).doc(t).Find("#changes"))
	for _, want := range []string{"Interpreter?（中）No（中）Yes,please（中）", "Interpreter?（中）Yes,please（中）No（中）", "Portfolio（中）cv.pdfcv.pdf", "Photos（中）未填写已同意第1版"} {
		if !strings.Contains(history, want) {
			t.Errorf("the history lacks %q: %s", want, history)
		}
	}

	// What the guest takes home says it too.
	var held heldData
	if err := json.Unmarshal([]byte(s.get("", me+"/data.json").body), &held); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, section := range held.Sections {
		for _, row := range section.Rows {
			if section.Key == "answers" {
				have[row.Key] = row.Value
			}
		}
	}
	if have["portfolio"] != "cv.pdf" || have["interpreter"] != "No" || !strings.Contains(have["photos"], "We take photos.") {
		t.Errorf("the data says %v", have)
	}
	if got := textOf(t, s.get("", me+"/data.pdf").body); !strings.Contains(got, "Interpreter?") || !strings.Contains(got, "cv.pdf") {
		t.Errorf("the paper reads %s", got)
	}
}
