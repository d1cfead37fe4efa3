package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/storetest"
	"qianshou/static"
)

// withRoutes adds routes to the table of a test's server.
func withRoutes(t *testing.T, s *Server, more ...route) *Server {
	t.Helper()
	for _, r := range more {
		s.add(r)
		s.table = append(s.table, r)
	}
	return s
}

func hello(c *fiber.Ctx) error { return c.SendString("hello") }

// TestEveryRouteHasARule walks the router, not the table: a route that came in
// by another way fails.
func TestEveryRouteHasARule(t *testing.T) {
	s := newServer(t)
	rules := map[string]Rule{}
	for _, r := range s.table {
		if _, twice := rules[r.Method+" "+r.Path]; twice {
			t.Errorf("%s %s stands twice in the table", r.Method, r.Path)
		}
		rules[r.Method+" "+r.Path] = r.Rule
	}
	for _, r := range s.App().GetRoutes(true) {
		method := r.Method
		if method == fiber.MethodHead {
			method = fiber.MethodGet
		}
		rule, ok := rules[method+" "+r.Path]
		switch {
		case !ok:
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		case rule.who == nobody:
			t.Errorf("%s %s has no rule", r.Method, r.Path)
		case rule.who == may && !strings.Contains(r.Path, ":event"):
			t.Errorf("%s %s asks for a right in an event that its path does not name", r.Method, r.Path)
		case strings.HasPrefix(r.Path, "/console") && rule.who <= linkHolder:
			t.Errorf("%s %s lets strangers into the console", r.Method, r.Path)
		}
	}
}

// TestEveryRoleOnEveryRoute asks for each route of the table as each role and
// as nobody, and compares the answer with the rule.
func TestEveryRoleOnEveryRoute(t *testing.T) {
	people := staff()
	for _, r := range newServer(t).table {
		for name, a := range people {
			want := r.Rule.who == anyone || r.Rule.who == linkHolder ||
				r.Rule.who == may && a.May(r.Rule.right, forum.ID) ||
				r.Rule.who == mayAnywhere && a.MayAnywhere(r.Rule.right) ||
				r.Rule.who == mayEverywhere && a.May(r.Rule.right, ident.Nil)
			if got := r.Rule.admits(a, forum.ID) == nil; got != want {
				t.Errorf("%s on %s %s: let in %v, want %v", name, r.Method, r.Path, got, want)
			}
		}
		if err := r.Rule.admits(accounts.GuestActor(), forum.ID); r.Rule.who > linkHolder && fault.CodeOf(err) != fault.SignIn {
			t.Errorf("a guest on %s %s: %v", r.Method, r.Path, err)
		}
	}
}

func TestRules(t *testing.T) {
	s := withRoutes(t, newServer(t),
		route{Method: "GET", Path: "/t/none", Handler: hello},
		get("/t/public", public(), hello),
		get("/t/seen", anywhere(accounts.SeeConsole), hello),
		get("/console/:event/t", right(accounts.EditAgenda), hello),
		get("/t/anywhere", anywhere(accounts.EditAgenda), hello),
		get("/t/everywhere", everywhere(accounts.EditAgenda), hello),
	)
	for _, tt := range []struct {
		who, path string
		want      int
	}{
		{"", "/t/public", 200},
		{"", "/t/seen", 303},
		{"", "/t/none", 303},
		{"owner", "/t/none", 403},
		{"analyst", "/t/seen", 200},
		{"", "/console/mayors-forum-2027/t", 303},
		{"", "/console/no-such-event/t", 303}, // strangers do not learn which events there are
		{"programme", "/console/mayors-forum-2027/t", 200},
		{"owner", "/console/mayors-forum-2027/t", 200},
		{"analyst", "/console/mayors-forum-2027/t", 403},
		{"owner", "/console/no-such-event/t", 404},
		{"programme", "/t/anywhere", 200},
		{"analyst", "/t/anywhere", 403},
		{"programme", "/t/everywhere", 403}, // a grant in one event is not one in all
		{"forged", "/t/seen", 303},
	} {
		a := ask(t, s, "GET", tt.path, "", "Cookie", "qs_session="+tt.who)
		if a.StatusCode != tt.want {
			t.Errorf("%q on %s: status %d, want %d", tt.who, tt.path, a.StatusCode, tt.want)
		}
	}
	a := ask(t, s, "GET", "/t/seen?page=2", "")
	if got := a.Header.Get("Location"); got != "/sign-in?return=%2Ft%2Fseen%3Fpage%3D2" {
		t.Errorf("leads to %q", got)
	}
}

func TestFailures(t *testing.T) {
	s := newServer(t)
	for code := range statuses {
		withRoutes(t, s,
			get("/t/"+string(code), public(), func(*fiber.Ctx) error { return fault.Wrap(errors.New("secret cause"), code, "error.conflict") }),
			get("/api/v1/"+string(code), public(), func(*fiber.Ctx) error {
				return &fault.Fault{Code: code, Key: "error.fields", Fields: []fault.Field{{Path: "email", Key: "field.email"}}}
			}))
	}
	withRoutes(t, s, get("/t/panic", public(), func(*fiber.Ctx) error { panic("secret cause") }),
		get("/t/plain", public(), func(*fiber.Ctx) error { return errors.New("secret cause") }))
	for code, status := range statuses {
		a := ask(t, s, "GET", "/t/"+string(code), "", "Accept-Language", "en")
		if code == fault.SignIn {
			status = 303
		}
		if a.StatusCode != status || strings.Contains(a.body, "secret") {
			t.Errorf("%s: status %d, want %d; body %s", code, a.StatusCode, status, a.body)
		}
		if code != fault.SignIn && a.doc(t).Find("dt").Length() != 3 {
			t.Errorf("%s: the page does not say what happened, what was kept and what is next", code)
		}
		a = ask(t, s, "GET", "/api/v1/"+string(code), "", "Accept-Language", "zh")
		var p ProblemDetails
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v in %s", code, err, a.body)
		}
		want := ProblemField{"email", "field.email", "请写成name@example.org这样的邮箱地址。"}
		if p.Status != statuses[code] || p.Code != code || !slices.Equal(p.Errors, []ProblemField{want}) {
			t.Errorf("%s: problem %+v", code, p)
		}
	}
	for _, path := range []string{"/t/panic", "/t/plain"} {
		if a := ask(t, s, "GET", path, ""); a.StatusCode != 500 || strings.Contains(a.body, "secret") {
			t.Errorf("%s: status %d, body %s", path, a.StatusCode, a.body)
		}
	}
	if a := ask(t, s, "DELETE", "/styleguide", ""); a.StatusCode != 403 && a.StatusCode != 405 {
		t.Errorf("a method that nobody serves: status %d", a.StatusCode)
	}
	if a := ask(t, s, "GET", "/t/conflict", "", "HX-Request", "true"); a.StatusCode != 409 || strings.Contains(a.body, "<html") {
		t.Errorf("a fragment got a whole page: %s", a.body)
	}
}

func TestLanguage(t *testing.T) {
	s := newServer(t)
	for _, tt := range []struct{ target, cookie, accept, want string }{
		{"/styleguide", "", "", "zh-CN"},
		{"/styleguide", "", "en-GB,en;q=0.8", "en"},
		{"/styleguide", "qs_lang=zh", "en", "zh-CN"},
		{"/styleguide?lang=en", "qs_lang=zh", "zh", "en"},
		{"/styleguide?lang=xx", "qs_lang=en", "zh", "en"},
		{"/styleguide", "qs_session=owner", "en", "zh-CN"}, // what the account chose
		{"/styleguide", "qs_session=owner; qs_lang=en", "zh", "en"},
	} {
		a := ask(t, s, "GET", tt.target, "", "Cookie", tt.cookie, "Accept-Language", tt.accept)
		if got := a.doc(t).Find("html").AttrOr("lang", ""); got != tt.want {
			t.Errorf("%+v: lang %q", tt, got)
		}
	}
	a := ask(t, s, "GET", "/styleguide?page=2&lang=en", "")
	if !slices.ContainsFunc(a.Cookies(), func(c *http.Cookie) bool { return c.Name == "qs_lang" && c.Value == "en" && c.MaxAge > 0 }) {
		t.Errorf("the choice is not remembered: %v", a.Cookies())
	}
	if got := a.doc(t).Find("a.qs-lang").AttrOr("href", ""); got != "/styleguide?lang=zh&page=2" {
		t.Errorf("the switch leads to %q", got)
	}
}

func TestForgedPosts(t *testing.T) {
	s := newServer(t)
	page := ask(t, s, "GET", "/styleguide", "")
	token := page.doc(t).Find("input[name=_csrf]").AttrOr("value", "")
	cookie := ""
	for _, c := range page.Cookies() {
		if c.Name == "qs_csrf" {
			cookie = c.Value
		}
	}
	if token == "" || cookie == "" {
		t.Fatal("no token in the page or no cookie")
	}
	good := url.Values{"_csrf": {token}, "birth_date": {"1964-11-07"}}.Encode()
	for _, tt := range []struct {
		name, body string
		headers    []string
		want       int
	}{
		{"the page's own form", good, []string{"Cookie", "qs_csrf=" + cookie}, 303},
		{"with the browser's word", good, []string{"Cookie", "qs_csrf=" + cookie, "Origin", "http://example.com", "Sec-Fetch-Site", "same-origin"}, 303},
		{"the token in a header", "birth_date=1964-11-07", []string{"Cookie", "qs_csrf=" + cookie, "X-CSRF-Token", token}, 303},
		{"no token", "birth_date=1964-11-07", []string{"Cookie", "qs_csrf=" + cookie}, 403},
		{"no cookie", good, nil, 403},
		{"another browser's cookie", good, []string{"Cookie", "qs_csrf=other"}, 403},
		{"another session", good, []string{"Cookie", "qs_csrf=" + cookie + "; qs_session=owner"}, 403},
		{"another site, by origin", good, []string{"Cookie", "qs_csrf=" + cookie, "Origin", "https://evil.example"}, 403},
		{"another site, by fetch metadata", good, []string{"Cookie", "qs_csrf=" + cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"no origin at all", good, []string{"Cookie", "qs_csrf=" + cookie, "Origin", "null"}, 403},
	} {
		if a := ask(t, s, "POST", "/styleguide", tt.body, tt.headers...); a.StatusCode != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, a.StatusCode, tt.want)
		}
	}
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	s := newServer(t)
	page := ask(t, s, "GET", "/styleguide?lang=en", "")
	body := url.Values{"_csrf": {page.doc(t).Find("input[name=_csrf]").AttrOr("value", "")}, "birth_date": {"07/11/1964"}, "native": {"<Стоимен>"}}.Encode()
	headers := []string{"Accept-Language", "en"}
	for _, c := range page.Cookies() {
		headers = append(headers, "Cookie", c.Name+"="+c.Value)
	}
	a := ask(t, s, "POST", "/styleguide", body, headers...)
	doc := a.doc(t)
	if a.StatusCode != 422 || doc.Find("#f-birth_date").AttrOr("value", "") != "07/11/1964" || doc.Find("#f-native").AttrOr("value", "") != "<Стоимен>" {
		t.Errorf("status %d, page %s", a.StatusCode, a.body)
	}
	if got := doc.Find("[data-focus] a").AttrOr("href", ""); got != "#f-birth_date" {
		t.Errorf("the summary leads to %q", got)
	}
	if got := doc.Find("#f-birth_date-why").Text(); got != "Write 1964-11-07." {
		t.Errorf("the field says %q", got)
	}
}

func TestFlashIsSaidOnce(t *testing.T) {
	s := newServer(t)
	withRoutes(t, s, get("/t/leave", public(), func(c *fiber.Ctx) error {
		s.flash(c, "ok", "styleguide.toast", 3)
		return s.done(c, "/styleguide")
	}))
	left := ask(t, s, "GET", "/t/leave", "").Cookies()
	if len(left) != 1 {
		t.Fatalf("cookies %v", left)
	}
	said := ask(t, s, "GET", "/styleguide?lang=en", "", "Cookie", left[0].Name+"="+left[0].Value)
	if got := said.doc(t).Find(".qs-flash").Text(); got != "3 people approved, letters sent" {
		t.Errorf("said %q", got)
	}
	if !slices.ContainsFunc(said.Cookies(), func(c *http.Cookie) bool { return c.Name == left[0].Name && c.MaxAge < 0 }) {
		t.Error("the flash is not forgotten")
	}
	forged := ask(t, s, "GET", "/styleguide", "", "Cookie", left[0].Name+"=e30.forged")
	if forged.doc(t).Find(".qs-flash").Length() != 0 {
		t.Error("a forged flash was said")
	}
}

func TestThrottle(t *testing.T) {
	s := withRoutes(t, newServer(t), get("/t/often", public(), hello).limit(Limit{Times: 2, In: time.Minute}))
	for i, want := range []int{200, 200, 429} {
		a := ask(t, s, "GET", "/t/often", "")
		if a.StatusCode != want {
			t.Errorf("call %d: status %d, want %d", i+1, a.StatusCode, want)
		}
		if want == 429 && a.Header.Get("Retry-After") != "60" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
	}
	now := s.Now()
	l := newLimiter(nil, func() time.Time { return now })
	take := func() time.Duration { return l.take(context.Background(), "k", 1, time.Minute) }
	if take() != 0 || take() != time.Minute {
		t.Error("the second call of one was let through")
	}
	now = now.Add(time.Minute)
	if take() != 0 {
		t.Error("a new window did not open")
	}
}

func TestHeaders(t *testing.T) {
	s := newServer(t, func(o *Options) { o.PublicURL = &url.URL{Scheme: "https", Host: "forum.example"} })
	withRoutes(t, s, get("/door", public(), hello), get("/firm/:token/probe", link(), hello))
	page := ask(t, s, "GET", "/styleguide", "")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(page.Header.Get("Content-Security-Policy"), want) {
			t.Errorf("policy lacks %s", want)
		}
	}
	if page.Header.Get("X-Content-Type-Options") != "nosniff" || page.Header.Get("Strict-Transport-Security") == "" || page.Header.Get("X-Request-ID") == "" {
		t.Errorf("headers %v", page.Header)
	}
	for _, c := range page.Cookies() {
		if !c.Secure || !c.HttpOnly || !strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("cookie %v", c)
		}
	}
	door := ask(t, s, "GET", "/door", "")
	if !strings.Contains(door.Header.Get("Content-Security-Policy"), "'wasm-unsafe-eval'") || !strings.Contains(door.Header.Get("Permissions-Policy"), "camera=(self)") {
		t.Errorf("the door cannot scan: %v", door.Header)
	}
	if strings.Contains(page.Header.Get("Content-Security-Policy"), "unsafe") || !strings.Contains(page.Header.Get("Permissions-Policy"), "camera=()") {
		t.Errorf("a page may more than it needs: %v", page.Header)
	}
	me := ask(t, s, "GET", "/firm/secret/probe", "")
	if me.Header.Get("Referrer-Policy") != "strict-origin" || !strings.Contains(me.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("a secret address may leak: %v", me.Header)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	withRoutes(t, s, get("/firm/:token/probe", link(), hello))
	ask(t, s, "GET", "/firm/very-secret/probe?email=a@b.example", "", "Cookie", "qs_session=owner")
	line := log.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "/firm/:token/probe") || strings.Contains(line, "very-secret") || strings.Contains(line, "@") || strings.Contains(line, "Staff") {
		t.Errorf("log: %s", line)
	}
}

func TestStaticFiles(t *testing.T) {
	s := newServer(t)
	css, err := s.assets.URL("vendor/tabler-core-1.6.1/tabler.min.css")
	if err != nil {
		t.Fatal(err)
	}
	a := ask(t, s, "GET", css, "", "Accept-Encoding", "gzip, br")
	if a.StatusCode != 200 || a.Header.Get("Content-Encoding") != "br" || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("status %d, headers %v", a.StatusCode, a.Header)
	}
	if b := ask(t, s, "GET", css, "", "If-None-Match", a.Header.Get("ETag")); b.StatusCode != 304 || b.body != "" {
		t.Errorf("asked again: status %d", b.StatusCode)
	}
	old := ask(t, s, "GET", "/static/0123456789abcdef/css/tokens.css", "")
	if old.StatusCode != 200 || old.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an older release's address: status %d, %q", old.StatusCode, old.Header.Get("Cache-Control"))
	}
	for _, path := range []string{"/static/x/embed.go", "/static/x/../embed.go", "/static/x/", "/static/x/css"} {
		if got := ask(t, s, "GET", path, ""); got.StatusCode != 404 {
			t.Errorf("%s: status %d", path, got.StatusCode)
		}
	}
	if _, err := s.assets.Icon("no-such-icon"); err == nil {
		t.Error("an unknown icon was drawn")
	}
}

// TestPagesAreLight holds what every public page loads against its budget.
func TestPagesAreLight(t *testing.T) {
	s := newServer(t)
	total := 0
	for _, name := range []string{"vendor/tabler-core-1.6.1/tabler.min.css", "css/tokens.css", "css/components.css", "js/theme.js", "js/site.js", "icons/sprite.svg"} {
		total += len(s.assets.files[name].gzip)
	}
	if total > 120_000 { // which leaves 30 kB for the page
		t.Errorf("a public page loads %d bytes before its own", total)
	}
}

func TestVendoredFiles(t *testing.T) {
	sums, err := fs.ReadFile(static.FS, "vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	table, err := fs.ReadFile(static.FS, "vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed, licensed := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed[name] = sum
	}
	err = fs.WalkDir(static.FS, "vendor", func(path string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, "vendor/")
		folder, file, inFolder := strings.Cut(name, "/")
		if err != nil || d.IsDir() || !inFolder {
			return err
		}
		raw, err := fs.ReadFile(static.FS, path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		if listed[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not the file of SHA256SUMS", name)
		}
		delete(listed, name)
		licensed[folder] = licensed[folder] || strings.HasPrefix(file, "LICENSE")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range listed {
		t.Errorf("%s is listed but absent", name)
	}
	for folder, ok := range licensed {
		if !ok || !bytes.Contains(table, []byte("| "+folder+" |")) {
			t.Errorf("%s has no licence or no row in README.md", folder)
		}
	}
}

// TestThrottleTogether lets two processes share one count in Redis, and each go
// on alone when Redis is gone.
func TestThrottleTogether(t *testing.T) {
	rdb := storetest.Redis(t)
	one, two := newLimiter(rdb, clock.At("2027-06-09T10:05:00+08:00")), newLimiter(rdb, clock.At("2027-06-09T10:05:00+08:00"))
	key := t.Name() + randomText()
	if one.take(t.Context(), key, 1, time.Minute) != 0 {
		t.Error("the first call was refused")
	}
	if wait := two.take(t.Context(), key, 1, time.Minute); wait <= 0 || wait > time.Minute {
		t.Errorf("the second call, at another process: wait %v", wait)
	}
	if err := rdb.Close(); err != nil {
		t.Fatal(err)
	}
	if one.take(t.Context(), key, 1, time.Minute) != 0 || one.take(t.Context(), key, 1, time.Minute) == 0 {
		t.Error("without Redis a process does not count for itself")
	}
}
