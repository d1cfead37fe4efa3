package main

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"qianshou/app/apptest"
)

const rosterHead = "Role,Family name,Given name,Country or region,Birth date,Passport number,Passport expiry,Title in English,E-mail,Phone\n"

// done is the note of a list that was taken over. The page loads itself anew until it
// stands there.
const done = `.ls-status[data-state="done"]`

// The story of an officer with a list: it is brought, looked at, taken over; what was
// wrong comes back as a file, and is pasted once it is mended.
func TestOfficerBringsAList(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, officer := apptest.Open(t), apptest.Open(t)
	desk.Desk()
	officer.Desk()
	p.signIn(desk, "protocol")
	desk.Visit(p.url + "/console/" + forum + "/delegations?lang=en&q=D12")
	desk.Press(".dg-list tbody a.name")
	page := desk.At()
	address := makeLink(desk, "City of Aachen")

	file := filepath.Join(t.TempDir(), "roster.csv")
	rows := rosterHead +
		"Business,Plettenstein,Gesine,德国,1984-02-17,TEST77001,2031-10-01,Head of Department,gesine@aachen.example,＋９９９００００００６１\n" +
		"Member,Grünhagen,Sönke,Germany,17/02/1979,TEST77002,2031-10-01,Director,soenke@aachen.example,\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	officer.Visit(address + "?lang=zh")
	officer.Press(`a[href$="/import"]`)
	officer.Visit(address + "/import?lang=zh")
	officer.Press("form.qs-form button.btn-primary")
	if got := officer.Text(".qs-note"); !strings.Contains(got, "请选择文件") || !strings.Contains(got, "需要") {
		t.Errorf("without a file: %q", got)
	}
	officer.Do("choose the file", chromedp.SetUploadFiles(`[name="file"]`, []string{file}))
	officer.Tap(`[name="consent"]`)
	officer.Press("form.qs-form button.btn-primary")
	if got := officer.Text(".ls-lines tbody"); !strings.Contains(got, "Sönke Grünhagen") || !strings.Contains(got, "17/02/1979") || !strings.Contains(got, "E3") || strings.Contains(got, "Plettenstein") {
		t.Errorf("what is wrong: %q", got)
	}
	officer.Visit(strings.Split(officer.At(), "?")[0] + "?show=all&lang=zh")
	officer.Press(`form[action$="/commit"] button`)
	if got := officer.Text(done); !strings.Contains(got, "已导入1行") || !strings.Contains(got, "还有1行") {
		t.Errorf("taken over: %q", got)
	}

	// What was wrong comes back, with the reason on its cell.
	returned := download(t, officer.Attribute(`a[href$="returned.xlsx"]`, "href"), p.url)
	f, err := excelize.OpenReader(bytes.NewReader(returned))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if notes, err := f.GetComments(f.GetSheetName(0)); err != nil || len(notes) != 1 || notes[0].Cell != "F2" {
		t.Errorf("comments %+v, %v", notes, err)
	}

	// Mended and pasted, on a phone and in English.
	officer.Phone()
	officer.Visit(address + "/import?lang=en")
	officer.Tap("details.ls-paste summary")
	officer.Fill("rows", strings.ReplaceAll(strings.Replace(rows, "17/02/1979", "1979-02-17", 1), ",", "\t"))
	officer.Tap(`[name="consent"]`)
	officer.Press("form.qs-form button.btn-primary")
	if got := officer.Text(".qs-tools"); !strings.Contains(got, "New 1") || !strings.Contains(got, "Unchanged 1") || !strings.Contains(got, "All 2") {
		t.Errorf("pasted: %q", got)
	}
	officer.Press(`form[action$="/commit"] button`)
	officer.Text(done)
	officer.Visit(address + "?lang=en")
	if got := officer.Text(".dg-members"); strings.Count(got, "\nGesine Plettenstein\n") != 1 || strings.Count(got, "\nSönke Grünhagen\n") != 1 || !strings.Contains(got, "••••7002") || !strings.Contains(got, "Waitlist") {
		t.Errorf("the members are %q", got)
	}
	roster := string(download(t, strings.TrimPrefix(address, p.url)+"/roster.csv?lang=en", p.url))
	if !strings.Contains(roster, "Plettenstein") || strings.Contains(roster, "TEST") || strings.Contains(roster, "Birth date") {
		t.Errorf("the roster is %q", roster)
	}

	// The desk sees from where they came.
	desk.Visit(page + "?lang=en")
	if got := desk.Text("#members"); !strings.Contains(got, "Grünhagen") {
		t.Errorf("the desk sees %q", got)
	}
	for who, b := range map[string]*apptest.Browser{"desk": desk, "officer": officer} {
		for _, said := range b.Complaints() {
			if !strings.Contains(said, "422") { // the form without a file
				t.Errorf("pages of the %s complained: %q", who, said)
			}
		}
	}
}

func download(t *testing.T, path, base string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%s: %d %s, %v", path, answer.StatusCode, answer.Header.Get("Content-Disposition"), err)
	}
	return body
}

// Only the addresses that take files read large requests, and they end at ten
// megabytes too.
func TestLargeRequests(t *testing.T) {
	t.Parallel()
	p := start(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(path string, form map[string]string, size int) int {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, value := range form {
			if err := w.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", "../../list.csv")
		if err == nil {
			_, err = part.Write(bytes.Repeat([]byte("a,"), size/2))
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, &body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", w.FormDataContentType())
		answer, err := client.Do(request)
		if err != nil {
			return http.StatusRequestEntityTooLarge // the server hung up on the rest
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	desk := apptest.Open(t)
	p.signIn(desk, "protocol")
	desk.Visit(p.url + "/console/" + forum + "/delegations?lang=en&q=D12")
	desk.Press(".dg-list tbody a.name")
	own := strings.TrimPrefix(makeLink(desk, "City of Aachen"), p.url)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+own+"/import", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	form := map[string]string{"_csrf": string(regexp.MustCompile(`name="csrf-token" content="([^"]+)"`).FindSubmatch(page)[1]), "consent": "yes", "lang": "en"}
	for _, tt := range []struct {
		name string
		path string
		size int
		want int
	}{
		{"a list of five megabytes", own + "/import", 5 << 20, http.StatusSeeOther},
		{"a list of ten megabytes", own + "/import", 10 << 20, http.StatusSeeOther},
		{"two bytes more", own + "/import", 10<<20 + 2, http.StatusUnprocessableEntity},
		{"much more", own + "/import", 12 << 20, http.StatusRequestEntityTooLarge},
		{"elsewhere", own + "/nominate", 2 << 20, http.StatusRequestEntityTooLarge},
		{"a link that there is not", "/delegation/x/import", 1000, http.StatusNotFound},
	} {
		if got := send(tt.path, form, tt.size); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
