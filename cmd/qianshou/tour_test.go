package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/apptest"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/kit/ident"
	"qianshou/app/lists"
)

const week = "ningbo-week-2027"

// look is one page of the tour: who opens which address of the demo, and what
// they do there before they look.
type look struct {
	name   string // as in file names
	who    string // a login of the demo; empty: a guest; atDoor: a paired phone
	path   string // with parameters as the route has them
	status int    // that it answers; 0: 200
	then   func(guide, *apptest.Browser)
	face   bool // a further face of a page that is on the tour
}

// atDoor is who stands at the door of the demo with a paired phone.
const atDoor = "at the door"

// notAPage are the GET routes that answer files, streams and programs.
var notAPage = regexp.MustCompile(`^/(static|api)/|^/(healthz|readyz|metrics)$|/stream$|/files/:file$|/mails/.*/(letter|preview)$|\.(csv|ics|ico|jpg|json|pdf|png|svg|txt|xlsx)$`)

// specimens find, for each parameter of a page's route, one of the demo that shows
// as much as possible.
var specimens = map[string]string{
	":event":        `SELECT slug FROM events WHERE slug = '` + forum + `'`,
	":registration": `SELECT id FROM registrations WHERE status IN ('submitted', 'under_review') ORDER BY reference LIMIT 1`,
	":first":        `SELECT first_id FROM duplicate_pairs ORDER BY score DESC, first_id LIMIT 1`,
	":second":       `SELECT second_id FROM duplicate_pairs ORDER BY score DESC, first_id LIMIT 1`,
	":approved":     `SELECT id FROM registrations WHERE reference = 'F27-0001'`,
	":member":       `SELECT r.id FROM registrations r JOIN delegations d ON d.id = r.delegation_id WHERE d.code = 'D12' ORDER BY r.reference LIMIT 1`,
	":replaced":     `SELECT r.id FROM registrations r JOIN delegations d ON d.id = r.delegation_id WHERE d.code = 'D12' ORDER BY r.reference OFFSET 2 LIMIT 1`,
	":delegation":   `SELECT id FROM delegations WHERE code = 'D12'`,
	":leg":          `SELECT l.id FROM travel_legs l JOIN delegations d ON d.id = l.delegation_id WHERE d.code = 'D12' ORDER BY l.planned_at LIMIT 1`,
	":draft":        `SELECT r.id FROM registrations r JOIN delegations d ON d.id = r.delegation_id WHERE d.code = 'D12' AND r.status = 'draft' ORDER BY r.reference DESC LIMIT 1`,
	":category":     `SELECT id FROM categories WHERE code = 'press' AND event_id = (SELECT id FROM events WHERE slug = '` + forum + `')`,
	":question":     `SELECT id FROM questions WHERE code = 'topics'`,
	":firm":         `SELECT id FROM firms WHERE code = 'F007'`,
	":colleague":    `SELECT r.id FROM registrations r JOIN firms f ON f.id = r.firm_id WHERE f.code = 'F007' ORDER BY r.reference LIMIT 1`,
	":contact":      `SELECT c.id FROM firm_contacts c JOIN firms f ON f.id = c.firm_id WHERE f.code = 'F007' ORDER BY c.created_at, c.id LIMIT 1`,
	":session":      `SELECT id FROM sessions WHERE code = 'S16'`,
	":badge":        `SELECT b.id FROM badges b JOIN registrations r ON r.id = b.registration_id WHERE r.reference = 'F27-0001'`,
	":gate":         `SELECT id FROM gates WHERE code = 'A-1'`,
	":project":      `SELECT id FROM projects WHERE code = 'P001'`,
	":unlanded":     `SELECT id FROM projects WHERE code = 'P004'`,
	":kind":         `SELECT 'returned'`,
	":stop":         `SELECT '1'`,
	":venue":        `SELECT code FROM venues WHERE event_id = (SELECT id FROM events WHERE slug = '` + forum + `') ORDER BY code LIMIT 1`,
	":room":         `SELECT 'R-MAIN'`,
	":table":        `SELECT 'T01'`,
	":zone":         `SELECT 'V'`,
	":type":         `SELECT 'VIP'`,
	":track":        `SELECT 'T1'`,
	":person":       `SELECT 'ST01'`,
	":interpreter":  `SELECT code FROM interpreters WHERE event_id = (SELECT id FROM events WHERE slug = '` + forum + `') ORDER BY code LIMIT 1`,
	":grid":         `SELECT session_id FROM time_slots ORDER BY starts_at, id LIMIT 1`,
	":city":         `SELECT 'VAR'`,
	":country":      `SELECT 'IT'`,
	":sector":       `SELECT 'LOGI'`,
	":district":     `SELECT '330203'`,
	":mail":         `SELECT id FROM mails WHERE template = 'registration.approved' ORDER BY created_at, recipient LIMIT 1`,
}

// secrets are the parameters of which the database keeps no copy: guide makes
// them.
var secrets = []string{":device", ":substitution", ":import", "/me/:token", "/delegation/:token", "/delegation/:liaison", "/firm/:token"}

// liaisons are the pages of a delegation that its liaison officer opens.
var liaisons = regexp.MustCompile(`/(stay|care|travel)(/|$)`)

// looks answers the whole tour: every page of the route table, and the further
// faces of those that have several. The test fails on a page whose parameters
// have no specimen.
func looks(t *testing.T, routes [][2]string) []look {
	t.Helper()
	console := "/console/:event"
	var all []look
	for _, r := range routes {
		method, path := r[0], r[1]
		if method != http.MethodGet || notAPage.MatchString(path) {
			continue
		}
		who := ""
		if strings.HasPrefix(path, "/console") {
			who = "owner"
		}
		if strings.HasPrefix(path, "/delegation/") && liaisons.MatchString(path) {
			path = strings.Replace(path, ":token", ":liaison", 1)
		}
		path = strings.Replace(path, "/members/:registration/complete", "/members/:draft/complete", 1)
		path = strings.Replace(path, "/members/:registration", "/members/:member", 1)         // of the delegation that the link opens
		path = strings.Replace(path, "/people/:registration", "/people/:colleague", 1)        // of the firm that the link opens
		path = strings.Replace(path, "/:registration/substitute", "/:approved/substitute", 1) // of a delegation
		all = append(all, look{name: nameOf(path), who: who, path: path})
	}
	if len(all) < 40 {
		t.Fatalf("the table has %d pages: the tour overlooks some", len(all))
	}
	press := func(selector string) func(guide, *apptest.Browser) {
		return func(_ guide, b *apptest.Browser) { b.Press(selector) }
	}
	faces := []look{
		{name: "event-week", path: "/e/" + week},
		{name: "event-week-agenda", path: "/e/" + week + "/agenda"},
		{name: "event-week-wall", path: "/e/" + week + "/wall"},
		{name: "event-register-refused", path: "/e/:event/register", status: 422, then: press(`main form[method="post"] button.btn-primary`)},
		{name: "sign-in-refused", path: "/sign-in", status: 422, then: press(`form[action="/sign-in"] button`)},
		{name: "delegation-liaison", path: "/delegation/:liaison"},
		{name: "console-deadlines-late", who: "owner", path: console + "/delegations/deadlines?show=late"},
		{name: "delegation-nominate-refused", path: "/delegation/:token/nominate", status: 422, then: press(`#nominate button.btn-primary`)},
		{name: "delegation-member-refused", path: "/delegation/:token/members/new", status: 422, then: press(`main form[method="post"] button.btn-primary`)},
		{name: "delegation-replace-preview", path: "/delegation/:token/members/:member/substitute", then: previewSubstitution},
		{name: "console-replace-preview", who: "owner", path: console + "/registrations/:approved/substitute", then: previewSubstitution},
		{name: "not-found", path: "/e/nowhere", status: 404},
		{name: "link-ended", path: "/me/nobody", status: 404},
		{name: "console-forbidden", who: "analyst", path: console + "/accounts", status: 403},
		{name: "console-week", who: "owner", path: "/console/" + week},
		{name: "console-week-empty", who: "owner", path: "/console/" + week + "/registrations"},
		{name: "console-registrations-all", who: "owner", path: console + "/registrations?status=all"},
		{name: "console-registration-approved", who: "owner", path: console + "/registrations/:approved"},
		{name: "console-session-edit", who: "owner", path: console + "/agenda/:session?do=edit"},
		{name: "console-session-delay", who: "owner", path: console + "/agenda/:session?do=delay&minutes=15"},
		{name: "console-session-cancel", who: "owner", path: console + "/agenda/:session?do=cancel"},
		{name: "console-session-refused", who: "owner", path: console + "/agenda/new", status: 422, then: press(`main form[method="post"] button.btn-primary`)},
		{name: "console-badge-revoke", who: "owner", path: console + "/badges/:badge?do=revoke"},
		{name: "console-form-refused", who: "owner", path: console + "/form/new", status: 422, then: press(`form.fb-form button.btn-primary`)},
		{name: "console-category-refused", who: "owner", path: console + "/categories/new", status: 422, then: press(`form.fb-category button.btn-primary`)},
		{name: "console-device-code", who: "owner", path: console + "/doors/devices/:device", then: press(`form[action$="/code"] button`)},
		{name: "console-doors-log-denied", who: "owner", path: console + "/doors/log?kind=denied"},
		{name: "console-project-report", who: "owner", path: console + "/projects/:unlanded?report=landed"},
		{name: "console-project-refused", who: "owner", path: console + "/projects/new", status: 422, then: press(`form.pr-edit button.btn-primary`)},
		{name: "console-imports-all", who: "owner", path: console + "/imports/:import?show=all"},
		{name: "delegation-import-refused", path: "/delegation/:token/import", status: 422, then: press(`main form[method="post"] button.btn-primary`)},
		{name: "console-accounts-refused", who: "owner", path: console + "/accounts", status: 422, then: press(`#new form button.btn-primary`)},
		{name: "styleguide-dark", path: "/styleguide?theme=dark"},
		{name: "door-ready", who: atDoor, path: "/door", then: pairDoor},
		{name: "door-denied", who: atDoor, path: "/door", then: typeAtDoor("F27-0002")},
		{name: "door-calm", who: atDoor, path: "/door", then: typeAtDoor("F27-0001")},
	}
	for _, l := range faces {
		l.face = true
		all = append(all, l)
	}
	for i, l := range all {
		if slices.ContainsFunc(all[:i], func(other look) bool { return other.name == l.name }) {
			t.Errorf("two pages of the tour are called %s", l.name)
		}
		for _, name := range parameter.FindAllString(l.path, -1) {
			if specimens[name] == "" && !slices.ContainsFunc(secrets, func(s string) bool { return strings.HasPrefix(l.path, strings.TrimSuffix(s, name)) || s == name }) {
				t.Errorf("%s: the tour has no specimen of %s", l.path, name)
			}
		}
	}
	return all
}

// pairDoor gives the page the secret that pairing would have given it.
func pairDoor(g guide, b *apptest.Browser) {
	apptest.Eval[any](b, `localStorage.setItem("qianshou.door", "`+g.doorSecret+`")`)
	b.Visit(b.At())
	b.Await("the door to be ready", `!document.querySelector('[data-view="ready"]').hidden && !document.querySelector("[data-nocam]").hidden`)
}

// typeAtDoor has the door answer a typed reference.
func typeAtDoor(reference string) func(guide, *apptest.Browser) {
	return func(g guide, b *apptest.Browser) {
		pairDoor(g, b)
		b.Fill("reference", reference)
		b.Tap("[data-typed] button")
		b.Await("the answer", `!document.querySelector('[data-view="answer"]').hidden`)
	}
}

// nameOf makes a route's path a name: /console/:event/agenda/:session is
// console-agenda-session.
func nameOf(path string) string {
	words := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	switch path {
	case "/":
		return "home"
	case "/console/:event":
		return "console-overview"
	}
	var kept []string
	for _, w := range words {
		switch w {
		case "e", ":token":
		case ":event":
			if len(kept) == 0 {
				kept = append(kept, "event")
			}
		default:
			kept = append(kept, strings.TrimPrefix(w, ":"))
		}
	}
	return strings.Join(kept, "-")
}

// guide fills the addresses of a tour of a running demo.
type guide struct {
	p          program
	values     map[string]string
	doorSecret string
}

// previewSubstitution chooses the first who may come instead, and looks at what
// that changes.
func previewSubstitution(_ guide, b *apptest.Browser) {
	b.Fill("to", b.Attribute("select[name=to] option:nth-child(2)", "value"))
	b.Press("#stand button.btn-primary")
}

// newGuide looks for the specimens, and makes what only who makes it can know:
// the links of a guest, a delegation and a firm, and a device at a gate; and a list
// that waits to be taken over.
func newGuide(t *testing.T, p program) (guide, *site) {
	t.Helper()
	s := p.site(t)
	g := guide{p: p, values: map[string]string{}}
	for name, query := range specimens {
		var value string
		if err := s.g.db.GetContext(t.Context(), &value, query); err != nil {
			t.Fatalf("specimen of %s: %v", name, err)
		}
		g.values[name] = value
	}
	id := func(name string) ident.ID {
		id, err := ident.Parse(g.values[name])
		if err != nil {
			t.Fatalf("specimen of %s: %v", name, err)
		}
		return id
	}
	by, ctx := accounts.SystemActor("test"), t.Context()
	event, err := s.web.Event(ctx, forum)
	if err != nil {
		t.Fatal(err)
	}
	until := event.LastDay.Add(48 * time.Hour)
	link, secret, err := s.web.Delegations.MakeDelegationLink(ctx, by, id(":delegation"), "Tour", until)
	if err != nil {
		t.Fatal(err)
	}
	g.values["/delegation/:token"] = "/delegation/" + secret
	_, secret, err = s.web.Delegations.MakeOfficerLink(ctx, by, id(":delegation"), delegations.Officer{Role: accounts.Liaison, Holder: "Tour"}, until)
	if err != nil {
		t.Fatal(err)
	}
	g.values["/delegation/:liaison"] = "/delegation/" + secret
	instead := delegations.Stand{From: id(":replaced"), AsRank: "own", New: delegations.Input{
		FamilyName: "Sonnenfeld", GivenName: "Annika", Nationality: "DE", Email: "annika@aachen.example", TitleEN: "Deputy Mayor", Consent: true, Lang: "en",
	}}
	asked, err := s.web.Delegations.Substitute(ctx, link.Actor(), instead)
	if err != nil {
		t.Fatal(err)
	}
	g.values[":substitution"] = asked.ID.String()
	if _, secret, err = s.web.Delegations.MakeFirmLink(ctx, by, event.ID, id(":firm"), "Tour", until); err != nil {
		t.Fatal(err)
	}
	g.values["/firm/:token"] = "/firm/" + secret
	// One device is shown in the console, where its code is asked for anew; another
	// stands at the door.
	device, _, err := s.web.Doors.AddDevice(ctx, by, id(":gate"), "Phone 1", doors.Supervisor)
	if err != nil {
		t.Fatal(err)
	}
	g.values[":device"] = device.ID.String()
	_, code, err := s.web.Doors.AddDevice(ctx, by, id(":gate"), "Phone 2", doors.Supervisor)
	if err != nil {
		t.Fatal(err)
	}
	if _, g.doorSecret, err = s.web.Doors.Pair(ctx, code); err != nil {
		t.Fatal(err)
	}
	g.values[":import"] = bringTourList(t, s, by, event.ID, id(":delegation")).String()
	var letter ident.ID
	if err := s.g.db.GetContext(ctx, &letter, `SELECT id FROM mails WHERE recipient = 'm056@delegate.example' LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	mail, err := s.web.Mail.ByID(ctx, by, letter)
	if err != nil {
		t.Fatal(err)
	}
	if g.values["/me/:token"] = regexp.MustCompile(`/me/[\w-]+`).FindString(mail.Text); g.values["/me/:token"] == "" {
		t.Fatal("the letter to a delegate has no link")
	}
	return g, s
}

// bringTourList brings a list to a delegation, of which every sort of line comes:
// new, changed, the same person twice, and wrong in several cells.
func bringTourList(t *testing.T, s *site, by accounts.Actor, event, delegation ident.ID) ident.ID {
	t.Helper()
	d, err := s.web.Delegations.ByID(t.Context(), by, delegation)
	if err != nil {
		t.Fatal(err)
	}
	members, err := s.web.Delegations.Members(t.Context(), by, d)
	if err != nil || len(members) == 0 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	known := members[len(members)-1]
	file := rosterHead +
		"Member," + known.FamilyName + "," + known.GivenName + ",,,,,," + known.Email + ",+999000000099\n" +
		"Business,Quastenbeck,Henrike,德国,1984-02-17,TEST77001,2027-10-01,Head of Department,henrike@aachen.example,＋９９９００００００６１\n" +
		"Member,Brömmelhaus,Tilo,Germany,17/02/1979,TEST77002,2031-10-01,Director,tilo@aachen.example,\n" +
		"Member,Рanke,Gesa,Atlantis,1990-05-01,TEST77003,2027-01-01,Officer,gesa aachen example,\n" +
		"Business,Quastenbeck,Henrike,德国,1984-02-17,TEST77001,2027-10-01,Head of Department,henrike@aachen.example,\n"
	list, err := s.web.Lists.Bring(t.Context(), by, lists.Upload{
		EventID: event, Kind: lists.Members, DelegationID: delegation, FileName: "roster-2027.csv", File: []byte(file), Lang: "en", Consent: true,
	})
	if err == nil {
		err = s.web.Lists.Work(t.Context(), list.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list.ID
}

// address is where a page of the tour stands, in a language.
func (g guide) address(l look, lang string) string {
	path := l.path
	for _, link := range secrets {
		if strings.Contains(link, "/") && strings.HasPrefix(path, link) {
			path = g.values[link] + strings.TrimPrefix(path, link)
		}
	}
	path = parameter.ReplaceAllStringFunc(path, func(name string) string { return g.values[name] })
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	return g.p.url + path + join + "lang=" + lang
}

// visitors answers a browser for each login, opened and signed in when it is
// first asked for.
func (g guide) visitors(t *testing.T, size func(*apptest.Browser)) func(who string) *apptest.Browser {
	open := map[string]*apptest.Browser{}
	return func(who string) *apptest.Browser {
		if open[who] == nil {
			b := apptest.Open(t)
			size(b)
			if who != "" && who != atDoor {
				g.p.signIn(b, who)
			}
			open[who] = b
		}
		return open[who]
	}
}

// open shows a page of the tour and holds its status.
func (g guide) open(t *testing.T, b *apptest.Browser, l look, lang string) {
	t.Helper()
	b.Visit(g.address(l, lang))
	if l.then != nil {
		l.then(g, b)
	}
	b.Settled()
	want := l.status
	if want == 0 {
		want = http.StatusOK
	}
	if got := b.Status(); got != want {
		t.Errorf("%s in %s answers %d, want %d, at %s", l.name, lang, got, want, b.At())
	}
}
