package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/kit/locale"
)

// walker goes through pages as a browser without scripts does.
type walker struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (p program) walker(t *testing.T) *walker {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &walker{t, p.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signsIn signs somebody of the demo in, in a language, which their pages keep.
func (w *walker) signsIn(p program, who string, l locale.Lang) *walker {
	w.t.Helper()
	w.opens("/sign-in?lang="+string(l), http.StatusOK)
	if to := w.sends("/sign-in", http.StatusSeeOther, "email", who+"@demo.example", "password", p.password); to == nil {
		w.t.Fatalf("%s is not signed in", who)
	}
	return w
}

func (w *walker) does(method, path string, form url.Values, want int) (*goquery.Document, http.Header) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if answer.StatusCode != want {
		w.t.Fatalf("%s %s answers %d, want %d: %s", method, path, answer.StatusCode, want, textOf(page.Find("main")))
	}
	return page, answer.Header
}

func (w *walker) opens(path string, want int) *goquery.Document {
	w.t.Helper()
	page, _ := w.does(http.MethodGet, path, nil, want)
	return page
}

// sends posts a form, and follows where it leads: to a page of its own.
func (w *walker) sends(path string, want int, pairs ...string) *goquery.Document {
	w.t.Helper()
	token, _ := w.opens("/e/"+forum, http.StatusOK).Find(`meta[name="csrf-token"]`).Attr("content")
	form := url.Values{"_csrf": {token}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	page, header := w.does(http.MethodPost, path, form, want)
	if want == http.StatusSeeOther {
		to, _, _ := strings.Cut(header.Get("Location"), "#")
		return w.opens(to, http.StatusOK)
	}
	return page
}

func textOf(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func (w *walker) reads(page *goquery.Document, selector string, wants ...string) {
	w.t.Helper()
	got := textOf(page.Find(selector))
	for _, want := range wants {
		if !strings.Contains(got, want) {
			w.t.Errorf("%s reads %q, want %q", selector, got, want)
		}
	}
}

// TestOfficeKeepsTheRegister tells the story of a firm once in each language: the
// office enters it, gives, reviews and revokes a grant, the firm itself keeps its
// contacts, and the list leaves as CSV that no spreadsheet computes.
func TestOfficeKeepsTheRegister(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, tt := range []struct {
		lang                                                                      locale.Lang
		code, typed, name, wrong, given, reviewed, revoked, due, refused, history string
		step                                                                      []string
	}{
		{locale.ZH, "91330299K3DGFBAW36", "９１３３０２９９ k3dgfbaw36", "宁波<青屿>精工有限公司", "统一社会信用代码应为18位", "已授予：白名单企业。", "已复核：白名单企业。", "已撤销：白名单企业。", "白名单企业·2027-07-01复核", "复核日期须晚于生效日期。", "新增企业联系人",
			[]string{"撤销，2027年6月9日起终止", "复核，2027年6月9日", "授予，2027年1月1日起生效"}},
		{locale.EN, "52330299T453AQFR36", "52-330299-T453AQFR3-6", "Ningbo <Qingyu> Precision", "A unified social credit code has 18 signs", "Granted: Whitelisted.", "Reviewed: Whitelisted.", "Revoked: Whitelisted.", "Whitelisted: review by 2027-07-01", "The review must come after the grant begins.", "added a contact of the firm",
			[]string{"Revoked as of 9 June 2027", "Reviewed on 9 June 2027", "Granted from 1 January 2027"}},
	} {
		t.Run(string(tt.lang), func(t *testing.T) {
			desk := p.walker(t).signsIn(p, "protocol", tt.lang)
			const list = "/console/" + forum + "/firms"
			in := []string{
				"name_zh", "宁波<青屿>精工有限公司", "name_en", "Ningbo <Qingyu> Precision", "district_code", "330206", "sector_1", "AUTO", "ownership", "private",
				"languages", "zh", "languages", "de", "join", "yes",
			}
			refused := desk.sends(list+"/new", http.StatusUnprocessableEntity, append(in, "credit_code", tt.code[:17]+"Z")...)
			desk.reads(refused, "form .why", tt.wrong)
			if got, _ := refused.Find(`[name="name_en"]`).Attr("value"); got != "Ningbo <Qingyu> Precision" {
				t.Errorf("what was typed is %q", got)
			}
			firm := desk.sends(list+"/new", http.StatusSeeOther, append(in, "credit_code", tt.typed)...)
			desk.reads(firm, "main", tt.code, tt.name)
			desk.reads(firm, ".qs-flash", tt.name)
			at, _ := firm.Find(`.qs-head .actions a[href$="/edit"]`).Attr("href")
			at = strings.TrimSuffix(at, "/edit")
			for _, search := range []string{"qingyu", "nbqy", tt.typed, "青屿"} {
				if found := desk.opens(list+"?q="+url.QueryEscape(search)+"&sector=AUTO&district=330206", http.StatusOK); found.Find(`a.name[href="`+at+`"]`).Length() != 1 {
					t.Errorf("%q does not find it", search)
				}
			}

			grants := desk.opens(at+"/grants?do=give&kind=whitelist", http.StatusOK)
			if n := grants.Find(".fm-means").Length(); n != 3 || grants.Find(`form.fm-do [name="kind"][value="whitelist"]`).Length() != 1 {
				t.Errorf("%d grants are explained, or no form is open", n)
			}
			bad := desk.sends(at+"/grants", http.StatusUnprocessableEntity, "kind", "whitelist", "valid_from", "2027-01-01", "review_on", "2026-12-31", "basis", "No. 1")
			desk.reads(bad, `form.fm-do .why`, tt.refused)
			page := desk.sends(at+"/grants", http.StatusSeeOther, "kind", "whitelist", "valid_from", "2027-01-01", "review_on", "2027-07-01", "basis", "No. <1>")
			desk.reads(page, ".qs-flash", tt.given)
			desk.reads(page, "#whitelist .chip", tt.due)
			desk.reads(desk.opens(list+"?review=soon&grant=whitelist&q=qingyu", http.StatusOK), ".fm-list", tt.due)
			review, _ := page.Find(`#whitelist a[href*="do=review"]`).Attr("href")
			grant := regexp.MustCompile(`grant=([0-9a-f-]{36})`).FindStringSubmatch(review)[1]
			open := desk.opens(review, http.StatusOK)
			if open.Find("form.fm-do").Length() != 1 {
				t.Error("the form of the review is not open")
			}
			page = desk.sends(at+"/grants/"+grant+"/review", http.StatusSeeOther, "review_on", "2028-07-01", "reason", "checked")
			desk.reads(page, ".qs-flash", tt.reviewed)
			desk.sends(at+"/grants/"+grant+"/revoke", http.StatusUnprocessableEntity, "revoked_on", "2027-06-09", "reason", "")
			page = desk.sends(at+"/grants/"+grant+"/revoke", http.StatusSeeOther, "revoked_on", "2027-06-09", "reason", "misuse")
			desk.reads(page, ".qs-flash", tt.revoked)
			desk.reads(page, "#history", append(tt.step, "misuse", "checked", "No. <1>")...)
			if page.Find("#whitelist .chip").Length() != 0 {
				t.Error("a revoked grant stands as held")
			}
			desk.sends(at+"/grants/"+grant+"/review", http.StatusUnprocessableEntity, "review_on", "2029-01-01", "reason", "again")

			// Who may read only reads.
			reader := p.walker(t).signsIn(p, "matchmaking", tt.lang)
			if n := reader.opens(at+"/grants", http.StatusOK).Find("main form, main a.btn").Length(); n != 0 {
				t.Errorf("who may only read finds %d things to press", n)
			}
			reader.sends(at+"/grants", http.StatusForbidden, "kind", "direct_report", "valid_from", "2027-01-01", "review_on", "2028-01-01", "basis", "x")
			reader.sends(at+"/contacts/new", http.StatusForbidden, "name_zh", "某人", "email", "a@b.example")

			// The firm, without an account.
			made := desk.sends(at+"/links", http.StatusSeeOther, "holder", "Firm", "until", "2027-06-11")
			own := strings.TrimPrefix(textOf(made.Find("#link-address")), p.url)
			guest := p.walker(t)
			guest.opens("/e/"+forum+"?lang="+string(tt.lang), http.StatusOK)
			mine := guest.opens(own, http.StatusOK)
			guest.reads(mine, "#profile", tt.code)
			if mine.Find(`[name="name_zh"], [name="credit_code"]`).Length() != 0 {
				t.Error("the firm may type its own name")
			}
			guest.sends(own+"/contacts/new", http.StatusUnprocessableEntity, "name_zh", "林青屿")
			mine = guest.sends(own+"/contacts/new", http.StatusSeeOther, "name_zh", "林青屿", "name_en", "Lin Qingyu", "email", "lin@qingyu.example")
			guest.reads(mine, "#contacts", "林青屿", "Lin Qingyu", "lin@qingyu.example")
			contact, _ := mine.Find(`#contacts a[href*="/contacts/"]`).First().Attr("href")
			mine = guest.sends(contact, http.StatusSeeOther, "name_zh", "林青屿", "phone", "+999 574 0000 09", "version", "1")
			guest.reads(mine, "#contacts", "+999574000009")
			guest.sends(own+"/trade", http.StatusSeeOther, "version", "1", "offers_zh", "=HYPERLINK(\"http://x.example\")", "offers_en", "+1")
			firm = desk.opens(at, http.StatusOK)
			desk.reads(firm, "#contacts", "林青屿", "+999574000009")
			desk.reads(firm, "#history", tt.history, "=HYPERLINK")
			if strings.Contains(textOf(firm.Find("#history")), "lin@qingyu.example") {
				t.Error("the history keeps an address")
			}
			theirs, _ := desk.opens(list+"?q=F007", http.StatusOK).Find(".fm-list a.name").Attr("href")
			strange, _ := desk.opens(theirs, http.StatusOK).Find(`#contacts a[href*="/contacts/"]`).First().Attr("href")
			strange = strange[strings.LastIndexByte(strange, '/'):]
			guest.opens(own+"/contacts"+strange, http.StatusNotFound)
			guest.sends(own+"/contacts"+strange+"/remove", http.StatusNotFound)

			table := desk.table(list + ".csv?q=qingyu&grant=none")
			var row []string
			for _, line := range table[1:] {
				if line[1] == tt.code {
					row = line
				}
				for _, cell := range line {
					if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
						t.Errorf("a cell begins a formula: %q", cell)
					}
				}
			}
			if row == nil || row[2] != "宁波<青屿>精工有限公司" || row[10] != "'=HYPERLINK(\"http://x.example\")" || row[11] != "'+1" {
				t.Errorf("the table has %q", row)
			}
		})
	}
}

// table downloads a list.
func (w *walker) table(path string) [][]string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, `.csv"`) || !strings.Contains(answer.Header.Get("Cache-Control"), "no-store") {
		w.t.Errorf("the list comes as %q", got)
	}
	lines, err := csv.NewReader(answer.Body).ReadAll()
	if err != nil || len(lines) < 2 || !strings.HasPrefix(lines[0][0], "\uFEFF") {
		w.t.Fatalf("the list is %v, %v", lines, err)
	}
	return lines
}

// TestAPIFirms reads and writes firms as a program does.
func TestAPIFirms(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk, reader := p.caller(t, "protocol"), p.caller(t, "matchmaking")
	const firms, one = "/api/v1/firms", "/api/v1/firms/{id}"
	codes := func(query string) (list []string, next string) {
		t.Helper()
		page := reader.ask("GET", firms+query, firms, 200, nil)
		for _, item := range page["items"].([]any) {
			list = append(list, item.(object)["code"].(string))
		}
		next, _ = page["next_cursor"].(string)
		return list, next
	}
	var all []string
	for next, first := "", true; first || next != ""; first = false {
		var list []string
		list, next = codes("?limit=15&cursor=" + next)
		all = append(all, list...)
	}
	if len(all) != 40 || all[0] != "F001" || all[39] != "F040" {
		t.Errorf("in pages: %v", all)
	}
	for query, want := range map[string]string{
		"?q=kunyu": "[F007]", "?q=nbkyxny": "[F007]", "?review=due": "[F002 F007 F018]", "?review=soon&grant=direct_report": "[F003]", "?grant=auto_approve": "[F014]",
		"?event=" + forum + "&sector_code=ENER&district_code=330281": "[F007]", "?q=nothing+of+that": "[]",
	} {
		if list, _ := codes(query); fmt.Sprint(list) != want {
			t.Errorf("%s: %v, want %s", query, list, want)
		}
	}
	reader.ask("GET", firms+"?grant=gold", firms, 422, nil)
	reader.ask("GET", firms+"?event=nowhere", firms, 422, nil)
	reader.ask("GET", firms+"?cursor=%25", firms, 422, nil)

	body := object{
		"credit_code": "１２330299 9f5mjhl6x3", "name": object{"zh": "宁波青屿", "en": "Ningbo Qingyu"}, "district_code": "330206", "sectors": []string{"AUTO"}, "ownership": "private",
		"languages": []string{"zh", "de"}, "offers": object{"zh": "", "en": "Castings"}, "event": forum,
	}
	reader.ask("POST", firms, firms, 403, body)
	wrong := desk.ask("POST", firms, firms, 422, object{"credit_code": "123302999F5MJHL6X4", "name": object{"zh": "宁波青屿", "en": ""}})
	broken := map[any]bool{}
	for _, f := range wrong["errors"].([]any) {
		broken[f.(object)["field"]] = true
	}
	for _, field := range []string{"credit_code", "name.en", "district_code", "sectors", "ownership"} {
		if !broken[field] {
			t.Errorf("%s is not among the broken fields %v", field, wrong["errors"])
		}
	}
	made := desk.ask("POST", firms, firms, 201, body)
	if made["credit_code"] != "123302999F5MJHL6X3" || made["code"] != "F041" {
		t.Errorf("made %v", made)
	}
	desk.ask("POST", firms, firms, 422, body) // the credit code is known now
	at := firms + "/" + made["id"].(string)
	edited := desk.ask("PATCH", at, one, 200, object{"district_code": "330212", "moved_on": "2027-06-09", "employees": 12}, "If-Match", `"1"`)
	if got := fmt.Sprint(edited["district_code"], edited["employees"], edited["name"], len(edited["districts"].([]any))); got != fmt.Sprint("330212", "12", made["name"], 1) {
		t.Errorf("edited: %s", got) // moved on the day it was entered: it was never elsewhere
	}
	desk.ask("PATCH", at, one, 412, object{"employees": 13}, "If-Match", `"1"`)
	desk.ask("PATCH", at, one, 422, object{"moved_on": "soon", "district_code": "330206"})
	reader.ask("PATCH", at, one, 403, object{"employees": 13})
	list, _ := codes("?q=F007")
	page := reader.ask("GET", firms+"?q=F007", firms, 200, nil)
	known := reader.ask("GET", firms+"/"+page["items"].([]any)[0].(object)["id"].(string), one, 200, nil)
	states := map[any]any{}
	for _, g := range known["grants"].([]any) {
		states[g.(object)["kind"]] = g.(object)["state"]
	}
	if fmt.Sprint(list, len(known["contacts"].([]any)), states) != "[F007] 3 map[auto_approve:planned direct_report:held whitelist:due]" {
		t.Errorf("F007 is %v with %v", states, known["contacts"])
	}
	p.caller(t, "analyst").ask("GET", firms, firms, 403, nil)
}
