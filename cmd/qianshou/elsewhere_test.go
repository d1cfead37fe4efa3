package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// thingsOf says where a parameter of an address is kept, and how to make one in an
// event that has none: $1 is the event, $2 its ID.
var thingsOf = map[string]struct{ table, make string }{
	"registration": {"registrations", ""},
	"first":        {"registrations", ""},
	"second":       {"registrations", ""},
	"delegation":   {"delegations", ""},
	"session":      {"sessions", ""},
	"badge":        {"badges", ""},
	"category":     {"categories", ""},
	"question":     {"questions", ""},
	"gate":         {"gates", ""},
	"mail":         {"mails", ""},
	"project":      {"projects", ""},
	"link":         {"magic_links", ""},
	"leg":          {"travel_legs", ""},
	"substitution": {"substitutions", `INSERT INTO substitutions (id, delegation_id, from_registration_id, to_registration_id, as_rank, state, asked_at, asked_by_zh, asked_by_en)
		SELECT $2, a.delegation_id, a.id, b.id, 'own', 'asked', now(), '', '' FROM registrations a JOIN registrations b USING (event_id, delegation_id)
		WHERE a.event_id = $1 AND a.id < b.id LIMIT 1`},
	"batch": {"decisions", `INSERT INTO decisions (event_id, id, decision, by_id, by_kind, by_zh, by_en, requested_at, due_at)
		VALUES ($1, $2, 'approve', $2, 'user', '', '', now(), now() + interval '1 day')`},
	"view":    {"saved_views", `INSERT INTO saved_views (event_id, id, user_id, name, query) VALUES ($1, $2, $2, 'a view', '')`},
	"print":   {"badge_prints", `INSERT INTO badge_prints SELECT $1, $2, now(), '', 'a6', ARRAY[id] FROM badges WHERE event_id = $1 LIMIT 1`},
	"device":  {"devices", `INSERT INTO devices (event_id, id, gate_id, name, duty, created_at) SELECT $1, $2, id, 'a phone', 'steward', now() FROM gates WHERE event_id = $1 LIMIT 1`},
	"hold":    {"legal_holds", `INSERT INTO legal_holds (id, event_id, reason, placed_at, placed_by) VALUES ($2, $1, 'a claim', now(), '')`},
	"request": {"privacy_requests", `INSERT INTO privacy_requests (id, event_id, registration_id, kind, state, at) SELECT $2, $1, id, 'rectify', 'open', now() FROM registrations WHERE event_id = $1 LIMIT 1`},
	"import": {"imports", `INSERT INTO imports (id, event_id, kind, file_name, lang, state, actor_kind, actor_zh, actor_en, created_at)
		VALUES ($2, $1, 'members', '', 'en', 'checked', 'user', '', '', now())`},
	"file": {"files", `WITH kept AS (INSERT INTO blobs (key, made_at) VALUES ('elsewhere', now()) RETURNING key)
		INSERT INTO files (event_id, id, purpose, name, mime, size, sha256, key, sealed_by, created_at, created_by)
		SELECT $1, $2, 'letter', '', 'application/pdf', 1, decode(repeat('00', 32), 'hex'), key, 1, now(), '' FROM kept`},
	"plan": {"plans", `INSERT INTO plans (event_id, id, number, status, problem, solution, input_digest, placed, requested, value, bound, breaks, created_by, created_at)
		VALUES ($1, $2, 999, 'draft', '{}', '{}', '', 0, 0, 0, 0, 0, '', now())`},
}

// TestThingsOfOtherEvents walks every route of an event with a thing of another
// event, by somebody who may do everything in both. What is shown and what may be
// done goes by the event of the address, so that there is no such thing.
func TestThingsOfOtherEvents(t *testing.T) {
	t.Parallel()
	p := start(t)
	s := p.site(t)
	g := s.g
	var there struct {
		ID   ident.ID `db:"id"`
		Slug string   `db:"slug"`
	}
	if err := g.db.GetContext(t.Context(), &there, `SELECT id, slug FROM events WHERE slug <> $1 ORDER BY slug LIMIT 1`, forum); err != nil {
		t.Fatal(err)
	}
	var here ident.ID
	if err := g.db.GetContext(t.Context(), &here, `SELECT id FROM events WHERE slug = $1`, forum); err != nil {
		t.Fatal(err)
	}
	things := map[string]string{}
	for name, kept := range thingsOf {
		if kept.make != "" {
			id := ident.New()
			if res, err := g.db.ExecContext(t.Context(), kept.make, here, id); err != nil {
				t.Fatalf("%s: %v", name, err)
			} else if n, _ := res.RowsAffected(); n != 1 {
				t.Fatalf("%s: %d were made", name, n)
			}
			things[name] = id.String()
			continue
		}
		var id ident.ID
		if err := g.db.GetContext(t.Context(), &id, `SELECT id FROM `+kept.table+` WHERE event_id = $1 ORDER BY id LIMIT 1`, here); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		things[name] = id.String()
	}
	_, secret, err := accounts.New(g.db, g.redis, g.now, ident.New).SignIn(t.Context(), "owner@demo.example", p.password)
	if err != nil {
		t.Fatal(err)
	}
	owner := &visitor{name: "owner", session: secret, token: p.tokenOf(t, "owner")}
	owner.fetchToken(t, s)
	names := regexp.MustCompile(`:[a-z]+`)
	ask := func(method, path, slug string) int {
		t.Helper()
		at := names.ReplaceAllStringFunc(path, func(name string) string {
			if id, known := things[name[1:]]; known {
				return id
			}
			switch name {
			case ":event":
				return slug
			case ":decision":
				return "approve"
			case ":state":
				return "open"
			}
			return ident.New().String()
		})
		req := httptest.NewRequest(method, at, strings.NewReader(""))
		req.Host = "example.com"
		if strings.HasPrefix(path, "/api/") {
			req.Header.Set("Authorization", "Bearer "+owner.token)
		} else {
			req.Header.Set("Cookie", owner.cookies())
			req.Header.Set("X-CSRF-Token", owner.csrf)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := s.web.App().Test(req, 20_000)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	asked := map[string]bool{}
	for _, route := range s.web.Routes() {
		method, path := route[0], route[1]
		_, behind, _ := strings.Cut(path, ":event")
		known := false
		for _, m := range names.FindAllString(behind, -1) {
			if _, is := things[m[1:]]; is {
				known, asked[m[1:]] = true, true
			}
		}
		if !known {
			continue
		}
		if status := ask(method, path, there.Slug); status != http.StatusNotFound {
			t.Errorf("%s %s answers %d for a thing of another event", method, path, status)
		}
	}
	for name := range things {
		if !asked[name] {
			t.Errorf("no route names a %s", name)
		}
	}
	// Where it belongs each of these is there, so that the walk above asked for something.
	for _, path := range []string{
		"/console/:event/registrations/:registration", "/console/:event/registrations/:registration/edit", "/console/:event/mails/:mail", "/console/:event/mails/:mail/letter",
		"/console/:event/delegations/:delegation", "/console/:event/agenda/:session", "/console/:event/badges/:badge", "/console/:event/doors/devices/:device",
		"/console/:event/imports/:import", "/console/:event/projects/:project", "/console/:event/form/:question",
	} {
		if status := ask(http.MethodGet, path, forum); status != http.StatusOK {
			t.Errorf("%s answers %d where it belongs", path, status)
		}
	}
}
