package web

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// TestEveryFailureLeadsOn walks the statuses that a reader can meet: each page has
// a title and a next step of its own in both languages, and links that lead to
// where the reader was or works.
func TestEveryFailureLeadsOn(t *testing.T) {
	fails := func(err error) fiber.Handler { return func(*fiber.Ctx) error { return err } }
	once := Limit{Times: 1, In: time.Hour}
	s := withRoutes(t, newServer(t),
		get("/broken", public(), fails(errors.New("the pool is closed"))),
		get("/away", public(), fails(fault.New(fault.Unavailable, "error.unavailable"))),
		get("/often", public(), hello).limit(once),
		get("/me/:token/never", link(), fails(fault.New(fault.NotFound, "error.not_found"))),
		post("/styleguide/form", anywhere(accounts.SeeConsole), hello),
		post("/styleguide/taken", public(), fails(fault.New(fault.Conflict, "error.changed"))),
	)
	at := served(t, s)
	reach(t, at, "GET", "/often", "", "")
	const console = "/console/mayors-forum-2027"
	form := ask(t, s, "GET", "/styleguide", "")
	cookie := ""
	for _, c := range form.Cookies() {
		cookie += c.Name + "=" + c.Value + "; "
	}
	sent := url.Values{csrfField: {form.doc(t).Find("[name="+csrfField+"]").First().AttrOr("value", "")}}.Encode()
	for _, tt := range []struct {
		name, method, path, who, body string
		status                        int
		kind                          string
		ways                          []string
	}{
		{"a torn address", "GET", "/e/x?q=%00", "", "", 400, "request", []string{"/"}},
		{"a form whose sender was signed out", "POST", "/styleguide/form", "", sent, 401, "sign_in", []string{"/sign-in?return=%2Fstyleguide", "/"}},
		{"a form of another site", "POST", "/styleguide/form", "", "x=1", 403, "csrf", []string{"/styleguide", "/"}},
		{"a place of the console that is not the analyst's", "GET", console + "/accounts", "analyst", "", 403, "forbidden", []string{console}},
		{"another event's console", "GET", "/console/other", "owner", "", 404, "not_found", []string{"/console"}},
		{"a page that is not in the console", "GET", console + "/nothing", "owner", "", 404, "not_found", []string{console}},
		{"a page that is not of an event", "GET", "/e/mayors-forum-2027/nothing", "", "", 404, "not_found", []string{"/e/mayors-forum-2027"}},
		{"a page that is not", "GET", "/nothing", "", "", 404, "not_found", []string{"/"}},
		{"a link that ended", "GET", "/me/x/never", "", "", 404, "link", []string{"/"}},
		{"the address of a form", "GET", console + "/matchmaking/solve", "owner", "", 405, "method", []string{console + "/matchmaking", console}},
		{"what somebody changed meanwhile", "POST", "/styleguide/taken", "", sent, 409, "conflict", []string{"/styleguide", "/"}},
		{"a book", "POST", "/styleguide/form", "", strings.Repeat("a", maxBody+1), 413, "too_large", []string{"/styleguide", "/"}},
		{"once too often", "GET", "/often", "", "", 429, "throttled", []string{"/often", "/"}},
		{"a bug", "GET", "/broken?a=1", "", "", 500, "internal", []string{"/broken?a=1", "/"}},
		{"a database that is away", "GET", "/away", "", "", 503, "unavailable", []string{"/away", "/"}},
	} {
		for _, l := range locale.Langs {
			jar := cookie
			if tt.who != "" {
				jar += "qs_session=" + tt.who + "; "
			}
			a := reach(t, at, tt.method, tt.path, tt.body, jar+"qs_lang="+string(l))
			doc := a.doc(t)
			var ways []string
			for _, n := range doc.Find(".qs-do a").Nodes {
				ways = append(ways, attr(n, "href"))
				if n.FirstChild == nil {
					t.Errorf("%s: a link without words", tt.name)
				}
			}
			if a.StatusCode != tt.status || !slices.Equal(ways, tt.ways) {
				t.Errorf("%s: status %d, want %d; leads to %v, want %v", tt.name, a.StatusCode, tt.status, ways, tt.ways)
			}
			if got, want := doc.Find("h1").Text(), s.words.T(l, "error.title."+tt.kind); got != want || !s.words.Has(l, "error.title."+tt.kind) {
				t.Errorf("%s in %s is headed %q, want %q", tt.name, l, got, want)
			}
			if got, want := doc.Find("dd").Last().Text(), s.words.T(l, "error.next."+tt.kind); got != want || !s.words.Has(l, "error.next."+tt.kind) {
				t.Errorf("%s in %s ends with %q, want %q", tt.name, l, got, want)
			}
			if tt.status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
				t.Errorf("%s: not said how long to wait", tt.name)
			}
		}
	}
}

// served puts a server behind a real listener, which refuses what is too large
// before any handler sees it.
func served(t *testing.T, s *Server) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Serve(listener) }()
	t.Cleanup(func() {
		if err := s.App().Shutdown(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return "http://" + listener.Addr().String()
}

// reach asks a served server as a browser that follows nothing by itself.
func reach(t *testing.T, at, method, path, body, cookie string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, at+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if len(body) > maxBody { // refused by its length: the answer comes before the body went
		stays, ends := io.Pipe()
		defer func() { _ = ends.Close() }()
		req.Body, req.GetBody = stays, nil
	}
	req.Header.Set("Cookie", cookie)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return answer{res, string(raw)}
}
