package web

import (
	"bytes"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/forms"
)

// sendForm posts a form in parts, with one file of which the content may be nil:
// none was chosen then.
func (s *badgeSite) sendForm(page string, fields map[string]string, field string, content []byte) answer {
	s.t.Helper()
	shown := s.get("", page)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	token, _ := shown.doc(s.t).Find(`input[name=_csrf]`).First().Attr("value")
	_ = form.WriteField(csrfField, token)
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	called := ""
	if content != nil {
		called = "cv.pdf"
	}
	part, err := form.CreateFormFile(field, called)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = form.Close()
	req := httptest.NewRequest(http.MethodPost, page, &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Accept-Language", "en")
	for _, c := range shown.Cookies() {
		req.Header.Add("Cookie", c.Name+"="+c.Value)
	}
	res, err := s.App().Test(req, -1)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return answer{res, string(raw)}
}

// A file that answers a question is taken with the form, or waits while another
// field is put right; then the guest and the desk can open it, and nobody else.
func TestAFileAnswersAQuestion(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm", "press")
	_, err := s.services.Forms.Add(t.Context(), accounts.SystemActor("test"), s.badge.EventID, forms.Definition{
		Code: "portfolio", Kind: forms.File, Label: label("Portfolio"), Required: true, Categories: []string{"firm"},
	})
	if err != nil {
		t.Fatal(err)
	}
	page, paper := "/e/"+forum.Slug+"/register", []byte("%PDF-1.7\nwhat we build\n%%EOF")
	if kind := s.get("", page).doc(t).Find("#registration").AttrOr("enctype", ""); kind != "multipart/form-data" {
		t.Errorf("the form is sent as %q", kind)
	}
	typed := map[string]string{"category": "firm", "family_name": "Fântână", "nationality": "RS", "organisation": "TV", "consent": "yes"}
	with := func(more map[string]string) map[string]string {
		all := maps.Clone(typed)
		maps.Copy(all, more)
		return all
	}
	said := func(a answer) string {
		return strings.Join(strings.Fields(a.doc(t).Find(".qs-note.fix").Text()), " ")
	}
	held := func(a answer) string {
		return a.doc(t).Find(".qs-sent input[name='answers.portfolio']").AttrOr("value", "")
	}

	none := s.sendForm(page, typed, "answers.portfolio", nil)
	if says := said(none); none.StatusCode != 422 || !strings.Contains(says, "Portfolio") || !strings.Contains(says, "E-mail") {
		t.Errorf("without a file: %d %s", none.StatusCode, says)
	}
	strange := s.sendForm(page, typed, "answers.portfolio", []byte("MZ program"))
	if says := said(strange); strange.StatusCode != 422 || !strings.Contains(says, "no PDF") || !strings.Contains(says, "E-mail") || held(strange) != "" {
		t.Errorf("with a program: %d %s", strange.StatusCode, says)
	}
	waits := s.sendForm(page, typed, "answers.portfolio", paper)
	token := held(waits)
	if says := said(waits); waits.StatusCode != 422 || strings.Contains(says, "Portfolio") || token == "" || !strings.Contains(waits.body, "Sent already: cv.pdf (1 KB)") {
		t.Fatalf("with a field to put right: %d %s", waits.StatusCode, says)
	}
	turned := s.sendForm(page, with(map[string]string{languageField: "zh"}), "answers.portfolio", paper)
	if turned.StatusCode != 200 || held(turned) == "" {
		t.Errorf("the language switch lost the file: %d", turned.StatusCode)
	}
	turned = s.sendForm(page+"?lang=en", with(map[string]string{languageField: "zh", "answers.portfolio": token}), "answers.portfolio", nil)
	if held(turned) != token || turned.doc(t).Find("html").AttrOr("lang", "") != "zh-CN" {
		t.Errorf("the language switch of an address that names one: %d, %q, file %q of %q", turned.StatusCode, turned.doc(t).Find("html").AttrOr("lang", ""), held(turned), token)
	}
	right := with(map[string]string{"email": "i@tv.example", "answers.portfolio": token})
	done := s.sendForm(page, right, "answers.portfolio", nil)
	if done.StatusCode != 303 {
		t.Fatalf("put right: %d %s", done.StatusCode, said(done))
	}
	if twice := s.sendForm(page, right, "answers.portfolio", nil); twice.StatusCode != 422 || !strings.Contains(said(twice), "not at hand any more") {
		t.Errorf("the same file for somebody else: %d %s", twice.StatusCode, said(twice))
	}
	press := s.sendForm(page, with(map[string]string{"category": "press", "email": "p@tv.example"}), "answers.portfolio", []byte("MZ program"))
	if press.StatusCode != 303 {
		t.Errorf("a strange file to a question that is not asked: %d %s", press.StatusCode, said(press))
	}

	own := done.Header.Get("Location")
	link := s.get("", own).doc(t).Find("#answers a").AttrOr("href", "")
	read := s.get("", link)
	if read.body != string(paper) || read.Header.Get("Content-Disposition") != "attachment; filename=cv.pdf" {
		t.Errorf("the guest opens %q: %d %q", link, read.StatusCode, read.body)
	}
	id := link[strings.LastIndex(link, "/")+1:]
	if other := s.get("", "/me/"+s.secret+"/files/"+id); other.StatusCode != 404 {
		t.Errorf("another guest opens the file: %d", other.StatusCode)
	}
	console := "/console/" + forum.Slug + "/files/" + id
	for who, want := range map[string]int{"protocol": 200, "doors_lead": 403, "": 303, "protocol@ningbo-week-2027": 403} {
		if a := s.get(who, console); a.StatusCode != want {
			t.Errorf("%q opens the file: %d, want %d", who, a.StatusCode, want)
		}
	}
}

// A file that may be left out can be, after it was sent.
func TestAFileIsLeftOutAfterAll(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	s.offer("firm")
	_, err := s.services.Forms.Add(t.Context(), accounts.SystemActor("test"), s.badge.EventID, forms.Definition{Code: "portfolio", Kind: forms.File, Label: label("Portfolio")})
	if err != nil {
		t.Fatal(err)
	}
	page := "/e/" + forum.Slug + "/register"
	waits := s.sendForm(page, map[string]string{"category": "firm"}, "answers.portfolio", []byte("%PDF-1.7\n%%EOF")).doc(t)
	token := waits.Find(".qs-sent input[name='answers.portfolio']").AttrOr("value", "")
	drop := waits.Find(".qs-sent input[type=checkbox]")
	a := s.sendForm(page, map[string]string{"category": "firm", "answers.portfolio": token, drop.AttrOr("name", ""): drop.AttrOr("value", "")}, "answers.portfolio", nil)
	if n := a.doc(t).Find(".qs-sent").Length(); token == "" || a.StatusCode != 422 || n != 0 {
		t.Errorf("%d, %d files are still there", a.StatusCode, n)
	}
}
