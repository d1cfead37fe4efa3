package web

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"qianshou/app/files"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/sheet"
)

// send posts a file as the form of a page does.
func (s *badgeSite) send(who, page, path, name string, content []byte) answer {
	s.t.Helper()
	shown := s.get(who, page)
	token, _ := shown.doc(s.t).Find(`form input[name=_csrf]`).First().Attr("value")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField(csrfField, token)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = form.Close()
	req := httptest.NewRequest(http.MethodPost, path, &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Cookie", "qs_session="+who)
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

func snapshot(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A guest hands in portrait and passport by their link; the office sees them, and
// each look at the passport is on the page.
func TestGuestHandsInPapers(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	own := "/me/" + s.secret
	page := own + "/photo"
	if a := s.get("", page); a.StatusCode != 200 || !strings.Contains(a.body, "No photo yet") {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	heavy := append(snapshot(t, 2000, 2600), make([]byte, 3<<20)...) // more than other forms may hold
	if a := s.send("", page, page, "me.jpg", heavy); a.StatusCode != 303 || a.Header.Get("Location") != page {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if a := s.send("", page, own+"/passport", "passport.pdf", []byte("%PDF-1.7\n%%EOF")); a.StatusCode != 303 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if a := s.get("", page); !strings.Contains(a.body, "No photo yet") || !strings.Contains(a.body, "What was approved stays valid") {
		t.Error("the page does not say that the portrait waits")
	}
	s.takesChange(t)
	if a := s.get("", page); strings.Contains(a.body, "No photo yet") || !strings.Contains(a.body, "Handed in on") {
		t.Error("the page does not show what was handed in")
	}
	picture := s.get("", own+"/photo.jpg")
	if _, err := jpeg.Decode(strings.NewReader(picture.body)); err != nil || picture.StatusCode != 200 {
		t.Errorf("the portrait: %d, %v", picture.StatusCode, err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Content-Disposition": "inline; filename=photo.jpg", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Cache-Control": "private, no-store",
	} {
		if got := picture.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}

	console := "/console/" + forum.Slug
	papers := console + "/registrations/" + s.badge.RegistrationID.String() + "/papers"
	shown := s.get("protocol", papers)
	scan, there := shown.doc(t).Find(`a[href^="` + console + `/files/"]`).Attr("href")
	if !there || shown.doc(t).Find(".ph-kv, #looks tr").Length() != 0 {
		t.Fatalf("the office's page: %d %s", shown.StatusCode, shown.body)
	}
	for who, want := range map[string]int{"protocol": 200, "programme": 403, "auditor": 403, "doors_lead": 403, "": 303, "protocol@ningbo-week-2027": 403} {
		if a := s.get(who, scan); a.StatusCode != want {
			t.Errorf("%q opens the scan: %d, want %d", who, a.StatusCode, want)
		}
	}
	if a := s.get("protocol", scan); a.Header.Get("Content-Disposition") != "attachment; filename=passport.pdf" || a.body != "%PDF-1.7\n%%EOF" {
		t.Errorf("the scan comes as %q", a.Header.Get("Content-Disposition"))
	}
	if a := s.get("protocol", strings.Replace(scan, forum.Slug, s.other.Slug, 1)); a.StatusCode != 404 {
		t.Errorf("the scan under another event: %d", a.StatusCode)
	}
	if a := s.post("programme", papers, papers+"/reveal"); a.StatusCode != 403 {
		t.Errorf("programme reveals: %d", a.StatusCode)
	}
	if a := s.post("protocol", papers, papers+"/reveal"); a.StatusCode != 200 || a.doc(t).Find(".ph-kv").Length() != 1 || a.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("protocol reveals: %d, %s", a.StatusCode, a.Header.Get("Cache-Control"))
	}
	if n := s.get("auditor", papers).doc(t).Find("#looks tbody tr").Length(); n != 3 {
		t.Errorf("%d looks are shown, want 3", n)
	}
}

// takesChange has the desk take the change that waits.
func (s *badgeSite) takesChange(t *testing.T) {
	t.Helper()
	of := "/console/" + forum.Slug + "/registrations/" + s.badge.RegistrationID.String()
	approve := s.get("protocol", of).doc(t).Find(`#pending form[action$="/approve"]`).AttrOr("action", "")
	if a := s.post("protocol", of, approve); a.StatusCode != 303 {
		t.Fatalf("approve %q: status %d", approve, a.StatusCode)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/me/" + s.secret + "/photo"
	for name, c := range map[string]struct {
		path    string
		content []byte
		status  int
		says    string
	}{
		"a program":             {page, []byte("MZ program"), 422, "neither a JPEG nor a PNG"},
		"nothing":               {page, nil, 422, "Choose a file"},
		"more than its purpose": {page, make([]byte, 5<<20+1), 422, "larger than 5 MB"},
	} {
		a := s.send("", page, c.path, "me.jpg", c.content)
		if a.StatusCode != c.status || !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %d, want %d and %q", name, a.StatusCode, c.status, c.says)
		}
	}
	if a := s.get("", "/me/"+s.secret+"/photo.jpg"); a.StatusCode != 404 {
		t.Errorf("a portrait that nobody handed in: %d", a.StatusCode)
	}
	if a := s.get("", "/me/somebody-else/photo"); a.StatusCode != 404 {
		t.Errorf("a link that is none: %d", a.StatusCode)
	}
}

// Only routes that take files may be sent more than a form holds; it is known
// before anything is read.
func TestLargeRequests(t *testing.T) {
	s := newServer(t)
	photo, scan := files.Most(files.Photo)+formRoom, files.Most(files.PassportScan)+formRoom
	list := sheet.Usual.Bytes + formRoom
	member := "/delegation/secret/members/" + ident.Nil.String()
	papers := "/console/" + forum.Slug + "/registrations/" + ident.Nil.String() + "/papers"
	for request, want := range map[string]int{
		"POST /me/secret/photo": photo, "POST /me/secret/photo?lang=en": photo, "POST /me/secret/passport": scan,
		"POST " + member + "/photo": photo, "POST " + papers + "/passport": scan,
		"POST /delegation/secret/import": list, "POST /console/" + forum.Slug + "/import/firms": list, "POST /delegation/secret/import/" + ident.Nil.String() + "/commit": maxBody,
		"POST /me/secret/cancel": maxBody, "POST /sign-in": maxBody, "POST /me/secret/photo/remove": maxBody, "PUT /me/secret/photo": maxBody,
		"GET /me/secret/photo": maxBody, "POST /api/v1/scans": maxBody, "POST " + papers + "/reveal": maxBody, "POST //me/secret/photo": maxBody,
	} {
		method, path, _ := strings.Cut(request, " ")
		var h fasthttp.RequestHeader
		h.SetMethod(method)
		h.SetRequestURI(path)
		h.SetContentLength(100 << 20)
		if got := s.bodyLimit(&h); got.MaxRequestBodySize != want || (got.ReadTimeout > 0) != (want > maxBody) {
			t.Errorf("%s may hold %d bytes, want %d", request, got.MaxRequestBodySize, want)
		}
	}
	for _, r := range s.table {
		if r.Body > maxBody && r.Rule.who == linkHolder && r.Limit == nil {
			t.Errorf("%s takes as many files as anybody likes", r.Path)
		}
	}
}

// A guest who was approved hands in a portrait: the desk sees it, and decides; until
// then the badge stays as it is.
func TestAnotherPortraitWaitsForTheDesk(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	me := "/me/" + s.secret
	of := "/console/" + forum.Slug + "/registrations/" + s.badge.RegistrationID.String()
	send := func() {
		t.Helper()
		if a := s.send("", me+"/photo", me+"/photo", "a.jpg", snapshot(t, 500, 700)); a.StatusCode != 303 {
			t.Fatalf("status %d, %s", a.StatusCode, a.body)
		}
	}
	send() // the first one, which nobody looked at either
	if a := s.get("", me+"/photo.jpg"); a.StatusCode != 404 {
		t.Fatalf("the first portrait is in use unseen: %d", a.StatusCode)
	}
	s.takesChange(t)
	first := s.get("", me+"/photo.jpg")
	if a := s.post("", me+"/photo", me+"/photo/remove"); a.StatusCode != 409 || s.get("", me+"/photo.jpg").StatusCode != 200 {
		t.Fatalf("the guest removes what was approved: %d", a.StatusCode)
	}
	picture := func() string { return s.get("protocol", of).doc(t).Find("#pending img").AttrOr("src", "") }
	send()
	shown := picture()
	if shown == "" || s.get("", me+"/photo.jpg").Header.Get("ETag") != first.Header.Get("ETag") {
		t.Fatalf("the desk is shown %q", shown)
	}
	if a := s.get("protocol", shown); a.StatusCode != 200 || a.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the picture: status %d, %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	if got := s.get("", me).doc(t).Find("#pending").Text(); !strings.Contains(got, "Another photo") {
		t.Errorf("the guest reads %q", got)
	}
	refuse := s.get("protocol", of).doc(t).Find(`#pending form[action$="/refuse"]`).AttrOr("action", "")
	if a := s.post("protocol", of, refuse, "reason", "We do not see your face."); a.StatusCode != 303 {
		t.Fatalf("refuse: status %d", a.StatusCode)
	}
	if a := s.get("protocol", shown); a.StatusCode != 404 {
		t.Errorf("the refused picture: status %d", a.StatusCode)
	}
	send()
	shown = picture()
	approve := s.get("protocol", of).doc(t).Find(`#pending form[action$="/approve"]`).AttrOr("action", "")
	if a := s.post("protocol", of, approve); a.StatusCode != 303 {
		t.Fatalf("approve: status %d, %s", a.StatusCode, a.body)
	}
	page := s.get("protocol", of).doc(t)
	if got := page.Find(".rg-head img").AttrOr("src", ""); got != shown || page.Find("#pending").Length() != 0 {
		t.Errorf("the portrait is %q, want %q", got, shown)
	}
	if now := s.get("", me).doc(t).Find("[data-badge]").AttrOr("data-badge", ""); now == "" || now == s.badge.Token {
		t.Error("the badge is the old one")
	}
}
