package main

import (
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestAccess walks every route of the program, pages and API, with every role,
// and holds who got in against the table in testdata/access.txt. A change of that
// file is a change of who may do what.
func TestAccess(t *testing.T) {
	t.Parallel()
	p := start(t)
	s := p.site(t)
	g := s.g

	people := accounts.New(g.db, g.redis, g.now, ident.New)
	visitors := []*visitor{{name: "guest"}}
	for _, role := range accounts.Roles {
		login := strings.TrimSuffix(string(role), "_lead")
		_, secret, err := people.SignIn(t.Context(), login+"@demo.example", p.password)
		if err != nil {
			t.Fatalf("%s: %v", login, err)
		}
		visitors = append(visitors, &visitor{name: string(role), session: secret, token: p.tokenOf(t, string(role))})
	}
	// An owner of another event has no business in this one.
	var other ident.ID
	if err := g.db.GetContext(t.Context(), &other, `SELECT id FROM events WHERE slug <> $1 LIMIT 1`, forum); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Create(t.Context(), accounts.SystemActor("test"), accounts.Account{
		Email: "elsewhere@demo.example", NameZH: "别处", NameEN: "Elsewhere", Grants: []accounts.Grant{{EventID: other, Role: accounts.Owner}},
	}, p.password); err != nil {
		t.Fatal(err)
	}
	_, secret, err := people.SignIn(t.Context(), "elsewhere@demo.example", p.password)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := people.CreateToken(t.Context(), accounts.SystemActor("test"), "elsewhere", accounts.Owner, other, nil)
	if err != nil {
		t.Fatal(err)
	}
	visitors = append(visitors, &visitor{name: "elsewhere", session: secret, token: token})

	happenings := events.New(g.db, g.now, ident.New)
	gates := doors.New(g.db, happenings, nil, g.now, ident.New)
	var gate ident.ID
	if err := g.db.GetContext(t.Context(), &gate, `SELECT id FROM gates WHERE code = 'A-1'`); err != nil {
		t.Fatal(err)
	}
	for _, duty := range []doors.Duty{doors.Steward, doors.Supervisor} {
		_, code, err := gates.AddDevice(t.Context(), accounts.SystemActor("test"), gate, "Phone", duty)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := gates.Pair(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		visitors = append(visitors, &visitor{name: string(duty), token: secret, device: true})
	}
	// A stream that was let in to would go on for ever; one that is closed says so.
	s.endStreams()

	var lines []string
	for _, route := range s.web.Routes() {
		in, asked := []string{}, 0
		for _, v := range visitors {
			if v.device && !strings.HasPrefix(route[1], "/api/") {
				continue // a device holds no session
			}
			asked++
			if v.admitted(t, s, route[0], route[1]) {
				in = append(in, v.name)
			}
		}
		who := strings.Join(in, " ")
		if len(in) == asked {
			who = "everybody"
		}
		if strings.Contains(route[1], ":event") && !strings.HasPrefix(who, "everybody") && slices.Contains(in, "elsewhere") {
			t.Errorf("%s %s lets in the owner of another event", route[0], route[1])
		}
		lines = append(lines, route[0]+" "+route[1]+": "+who)
	}
	got := strings.Join(lines, "\n") + "\n"
	golden := filepath.Join("testdata", "access.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, line := range strings.Split(string(want), "\n") {
		known[line] = true
	}
	for _, line := range lines {
		if !known[line] {
			t.Errorf("not in the table: %s", line)
		}
		delete(known, line)
	}
	for line := range known {
		if line != "" {
			t.Errorf("in the table, and not so: %s", line)
		}
	}
}

// site puts the program together a second time on the same data, for what a test
// has to ask of its parts.
func (p program) site(t *testing.T) *site {
	t.Helper()
	cfg, err := readConfig(p.environ)
	if err != nil {
		t.Fatal(err)
	}
	g, err := attach(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	g.cfg.PublicURL = p.url
	s, err := build(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// visitor is somebody at the door of a route.
type visitor struct {
	name, session, token string
	cookie, csrf         string
	device               bool
}

var (
	parameter = regexp.MustCompile(`:[a-z]+`)
	formToken = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)
)

// admitted tells whether a visitor gets past the rule of a route. What the
// handler says after that, that there is no such thing or that the form is empty,
// is not asked here.
func (v *visitor) admitted(t *testing.T, s *site, method, path string) bool {
	t.Helper()
	at := parameter.ReplaceAllStringFunc(path, func(name string) string {
		switch name {
		case ":event":
			return forum
		case ":decision":
			return "approve"
		case ":state":
			return "open"
		case ":sum", ":token":
			return "x"
		}
		return ident.New().String()
	})
	at = strings.ReplaceAll(at, "*", "x")
	if at == "/sign-out" { // it would end the visit
		return true
	}
	api := strings.HasPrefix(path, "/api/")
	if !api && method != http.MethodGet {
		v.fetchToken(t, s)
	}
	req := httptest.NewRequest(method, at, strings.NewReader(""))
	req.Host = "example.com"
	switch {
	case api && v.token != "":
		req.Header.Set("Authorization", "Bearer "+v.token)
	case !api:
		req.Header.Set("Cookie", v.cookies())
		req.Header.Set("X-CSRF-Token", v.csrf)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.web.App().Test(req, 20_000)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		t.Fatalf("%s %s: too many requests for %s", method, path, v.name)
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		return false
	case res.StatusCode == http.StatusSeeOther && strings.HasPrefix(res.Header.Get("Location"), "/sign-in"):
		return false
	}
	return true
}

func (v *visitor) cookies() string {
	all := v.cookie
	if v.session != "" {
		all += "; qs_session=" + v.session
	}
	return strings.TrimPrefix(all, "; ")
}

// fetchToken reads the token that forms carry from a page that everybody may see.
func (v *visitor) fetchToken(t *testing.T, s *site) {
	t.Helper()
	if v.csrf != "" {
		return
	}
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Cookie", v.cookies())
	res, err := s.web.App().Test(req, 5000)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	for _, c := range res.Cookies() {
		if c.Name == "qs_csrf" {
			v.cookie = "qs_csrf=" + c.Value
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := formToken.FindStringSubmatch(string(body))
	if found == nil {
		t.Fatalf("%s: the page has no form token", v.name)
	}
	v.csrf = found[1]
}
