package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"qianshou/app/kit/ident"
)

// caller is another program: it knows the address, a token, and the API's own
// description, by which every answer is checked.
type caller struct {
	t       *testing.T
	program program
	token   string
	schemas *jsonschema.Compiler
	paths   map[string]map[string]json.RawMessage
}

func (p program) caller(t *testing.T, role string) *caller {
	t.Helper()
	c := &caller{t: t, program: p, token: p.tokenOf(t, role), schemas: jsonschema.NewCompiler()}
	_, body, _ := c.send(http.MethodGet, "/openapi.json", nil)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.schemas.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(body, &parsed); err != nil {
		t.Fatal(err)
	}
	c.paths = parsed.Paths
	return c
}

// tokenOf makes a token as `qianshou token create` does.
func (p program) tokenOf(t *testing.T, role string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := run(context.Background(), []string{"token", "create", "--name", "test", "--role", role}, stdio{out: &out, err: &problems, environ: p.environ}); code != 0 {
		t.Fatalf("token create: %d %s", code, &problems)
	}
	return strings.TrimSpace(out.String())
}

// send asks and answers as it is.
func (c *caller) send(method, path string, body any, headers ...string) (int, []byte, http.Header) {
	c.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.program.url+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Accept-Language", "en")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, answer, res.Header
}

// object is any JSON object.
type object = map[string]any

// ask sends a request of the described operation, checks status and answer
// against the description, and answers the body.
func (c *caller) ask(method, path, described string, want int, body any, headers ...string) object {
	c.t.Helper()
	status, answer, header := c.send(method, path, body, headers...)
	if status != want {
		c.t.Fatalf("%s %s: %d %s, want %d", method, path, status, answer, want)
	}
	media := strings.TrimSpace(strings.Split(header.Get("Content-Type"), ";")[0])
	if _, known := c.paths[described][strings.ToLower(method)]; !known {
		c.t.Fatalf("%s %s is not described", method, described)
	}
	response := fmt.Sprint(status)
	if status >= 400 {
		response = "default"
		if media != "application/problem+json" {
			c.t.Errorf("%s %s: an error of type %s", method, path, media)
		}
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace
	schema, err := c.schemas.Compile("openapi.json#/paths/" + escape(described) + "/" + strings.ToLower(method) + "/responses/" + response + "/content/" + escape(media) + "/schema")
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, described, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil {
		c.t.Fatalf("%s %s answers no JSON: %s", method, path, answer)
	}
	if err := schema.Validate(value); err != nil {
		c.t.Errorf("%s %s answers what is not described: %v\n%s", method, path, err, answer)
	}
	out, _ := value.(object)
	return out
}

const forum = "mayors-forum-2027"

// TestAPIStory goes the way of the pages by API: from the registration to the
// door.
func TestAPIStory(t *testing.T) {
	t.Parallel()
	p := start(t)
	owner := p.caller(t, "owner")
	guest := &caller{t: t, program: p, schemas: owner.schemas, paths: owner.paths}

	events := guest.ask("GET", "/api/v1/events", "/api/v1/events", 200, nil)["items"].([]any)
	if len(events) < 2 {
		t.Fatalf("%d events", len(events))
	}
	guest.ask("GET", "/api/v1/events/"+forum, "/api/v1/events/{event}", 200, nil)
	guest.ask("GET", "/api/v1/events/no-such-event", "/api/v1/events/{event}", 404, nil)

	const registrations = "/api/v1/events/{event}/registrations"
	person := object{
		"category": "press", "given_name": "Žofie", "family_name": "Novotná", "email": "zofie@tv.example", "nationality": "CZ",
		"title": object{"zh": "", "en": "Reporter"}, "organisation": "Vltava TV", "consent": true, "languages": []string{"cs", "en"},
		"answers": object{"interpreter": "yes", "interpreter_language": "cs", "equipment": "one camera", "photos": "1", "topics": []string{"ports"}},
	}
	form := guest.ask("GET", "/api/v1/events/"+forum+"/form", "/api/v1/events/{event}/form", 200, nil)
	if n := len(form["questions"].([]any)); n != 7 {
		t.Errorf("the form has %d questions", n)
	}
	const handIn = "/api/v1/events/{event}/form/files"
	card := object{"name": "press card.pdf", "content": []byte("%PDF-1.7\npress\n%%EOF")}
	person["answers"].(object)["press_card"] = guest.ask("POST", "/api/v1/events/"+forum+"/form/files", handIn, 201, card)["file"]
	strange := guest.ask("POST", "/api/v1/events/"+forum+"/form/files", handIn, 422, object{"name": "card.pdf", "content": []byte("MZ program")})
	if f := strange["errors"].([]any)[0].(object); f["field"] != "content" {
		t.Errorf("a program is refused by %v", strange)
	}
	at := "/api/v1/events/" + forum + "/registrations"
	first := guest.ask("POST", at, registrations, 201, person, "Idempotency-Key", "one")
	again := guest.ask("POST", at, registrations, 201, person, "Idempotency-Key", "one")
	if first["id"] != again["id"] || first["status"] != "submitted" || !strings.HasPrefix(first["manage_url"].(string), "http") {
		t.Errorf("registered as %v, and with the same key as %v", first, again)
	}
	person["given_name"] = "Žofia"
	guest.ask("POST", at, registrations, 409, person, "Idempotency-Key", "one")
	wrong := guest.ask("POST", at, registrations, 422, object{"category": "nobody", "family_name": "Новотна", "email": "zofie", "consent": false})
	fields := map[string]bool{}
	for _, f := range wrong["errors"].([]any) {
		fields[f.(object)["field"].(string)] = true
	}
	for _, name := range []string{"family_name", "email", "consent"} {
		if !fields[name] {
			t.Errorf("%s is not among the broken fields %v", name, wrong["errors"])
		}
	}
	torn := guest.ask("POST", at, registrations, 400, "{\n  \"category\": \"press\",\n  \"family_name\": }")
	if detail := torn["detail"].(string); !strings.Contains(detail, "line 3") {
		t.Errorf("a torn body is answered %q", detail)
	}
	unasked := guest.ask("POST", at, registrations, 422, object{"category": "press", "answers": object{"interpreter": []string{"yes", "no"}, "photos": "0", "shoe_size": "44"}})
	said := map[string]bool{}
	for _, f := range unasked["errors"].([]any) {
		said[f.(object)["field"].(string)] = true
	}
	if !said["answers.interpreter"] || !said["answers.photos"] || !said["answers.shoe_size"] {
		t.Errorf("wrong answers are told as %v", said)
	}
	guest.ask("POST", at, registrations, 400, object{"category": "press", "answers": object{"photos": true}})
	typo := guest.ask("POST", at, registrations, 400, object{"famly_name": "X"})
	if f := typo["errors"].([]any)[0].(object); f["field"] != "famly_name" {
		t.Errorf("a misspelt field is answered %v", typo)
	}
	guest.ask("POST", at, registrations, 413, strings.Repeat("a", 2<<20))
	guest.ask("GET", at, registrations, 401, nil)

	// Every registration once, page after page.
	seen, cursor := map[string]bool{}, ""
	for {
		page := owner.ask("GET", at+"?limit=20&cursor="+cursor, registrations, 200, nil)
		for _, item := range page["items"].([]any) {
			id := item.(object)["id"].(string)
			if seen[id] {
				t.Errorf("%s stands on two pages", id)
			}
			seen[id] = true
		}
		if cursor, _ = page["next_cursor"].(string); cursor == "" {
			break
		}
	}
	if len(seen) != 68 {
		t.Errorf("%d registrations in pages, want 60 members, 7 in the queue and the new one", len(seen))
	}

	id := first["id"].(string)
	kept := owner.ask("GET", "/api/v1/registrations/"+id, "/api/v1/registrations/{id}", 200, nil)["answers"].(object)
	paper := "/api/v1/files/" + fmt.Sprint(kept["press_card"])
	if status, body, header := owner.send("GET", paper, nil); status != 200 || string(body) != "%PDF-1.7\npress\n%%EOF" || header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the file of an answer: %d %q", status, body)
	}
	if status, _, _ := guest.send("GET", paper, nil); status != 401 {
		t.Errorf("a guest reads the file of an answer: %d", status)
	}
	delete(kept, "press_card")
	// The press is not asked for topics: what was said of them is dropped.
	if want := (object{"interpreter": "yes", "interpreter_language": "cs", "equipment": "one camera", "photos": "1"}); !reflect.DeepEqual(kept, want) {
		t.Errorf("the answers are %v, want %v", kept, want)
	}
	approved := owner.ask("POST", "/api/v1/registrations/"+id+"/approve", "/api/v1/registrations/{id}/approve", 200, nil)
	badge := approved["badge"].(object)
	if approved["status"] != "badge_issued" {
		t.Errorf("approved: %v", approved)
	}
	owner.ask("POST", "/api/v1/registrations/"+id+"/approve", "/api/v1/registrations/{id}/approve", 409, nil)
	for _, kind := range []string{"png", "svg", "pdf"} {
		status, body, header := owner.send("GET", "/api/v1/badges/"+badge["id"].(string)+"."+kind, nil)
		if status != 200 || !strings.Contains(header.Get("Content-Type"), kind) || len(body) < 100 {
			t.Errorf("badge.%s: %d %s, %d bytes", kind, status, header.Get("Content-Type"), len(body))
		}
	}

	const scans = "/api/v1/scans"
	scan := object{"gate": "P-1", "token": badge["token"], "scan_id": ident.New().String(), "scanned_at": "2027-06-09T10:40:00+08:00", "direction": "in"}
	verdict := owner.ask("POST", scans, scans, 200, scan)
	if verdict["verdict"] != "granted" || verdict["code"] != "OK" || verdict["person"].(object)["name"] != "Žofie Novotná" {
		t.Errorf("at the door: %v", verdict)
	}
	if twice := owner.ask("POST", scans, scans, 200, scan); twice["code"] != "OK" || twice["at"] != verdict["at"] {
		t.Errorf("the same scan again: %v, want the first verdict", twice)
	}
	scan["scan_id"] = ident.New().String()
	if repeat := owner.ask("POST", scans, scans, 200, scan); repeat["code"] != "DUPLICATE_READ" || repeat["verdict"] != "granted" {
		t.Errorf("a second reading: %v", repeat)
	}
	for gate, want := range map[string]string{"V-1": "WRONG_ZONE", "M-1": "OK"} {
		if v := owner.ask("POST", scans, scans, 200, object{"gate": gate, "token": badge["token"], "scan_id": ident.New().String(), "direction": "in"}); v["code"] != want {
			t.Errorf("at %s: %v, want %s", gate, v["code"], want)
		}
	}
	owner.ask("POST", scans, scans, 422, object{"gate": "nowhere", "token": badge["token"], "scan_id": ident.New().String()})
	batch := owner.ask("POST", "/api/v1/scans/batch", "/api/v1/scans/batch", 200, object{"scans": []object{
		{"gate": "D-1", "token": "torn", "scan_id": ident.New().String(), "scanned_at": "2027-06-09T10:00:00+08:00", "verdict": "denied", "code": "MALFORMED", "direction": "in"},
		{"gate": "D-1", "token": badge["token"], "scan_id": "no id", "scanned_at": "2027-06-09T10:00:00+08:00", "verdict": "denied", "code": "MALFORMED", "direction": "in"},
	}})["scans"].([]any)
	if batch[0].(object)["code"] != "MALFORMED" || batch[1].(object)["problem"] == nil {
		t.Errorf("a batch is answered %v", batch)
	}
	owner.ask("POST", "/api/v1/badges/"+badge["id"].(string)+"/revoke", "/api/v1/badges/{id}/revoke", 200, object{"reason": "lost"})
	if v := owner.ask("POST", scans, scans, 200, object{"gate": "P-2", "token": badge["token"], "scan_id": ident.New().String(), "direction": "in"}); v["code"] != "REVOKED" || v["verdict"] != "denied" {
		t.Errorf("revoked: %v", v)
	}

	// The agenda: read, move, refuse what cannot be.
	live := guest.ask("GET", "/api/v1/events/"+forum+"/agenda", "/api/v1/events/{event}/agenda", 200, nil)
	session := live["days"].([]any)[1].(object)["sessions"].([]any)[0].(object)
	const sessions = "/api/v1/sessions/{id}"
	where := "/api/v1/sessions/" + session["id"].(string)
	renamed := owner.ask("PATCH", where, sessions, 200, object{"title": object{"zh": "新题目", "en": "A new title"}})
	if renamed["title"].(object)["en"] != "A new title" {
		t.Errorf("renamed: %v", renamed)
	}
	version := fmt.Sprintf("%q", renamed["version"].(json.Number).String())
	owner.ask("PATCH", where, sessions, 200, object{"note": object{"zh": "", "en": "why"}}, "If-Match", version)
	owner.ask("PATCH", where, sessions, 412, object{"note": object{"zh": "", "en": "why"}}, "If-Match", version)
	owner.ask("PATCH", where, sessions, 422, object{"starts_at": "2031-01-01T10:00:00+08:00"})
	guest.ask("PATCH", where, sessions, 401, object{})
	p.caller(t, "analyst").ask("PATCH", where, sessions, 403, object{})

	created := owner.ask("POST", "/api/v1/events", "/api/v1/events", 201, object{
		"slug": "forum-2028", "series": "mayors-forum", "title": object{"zh": "论坛2028", "en": "Forum 2028"}, "starts_on": "2028-06-06", "ends_on": "2028-06-08", "time_zone": "Asia/Shanghai",
	})
	if created["status"] != "preparing" {
		t.Errorf("created: %v", created)
	}
	guest.ask("GET", "/api/v1/events/forum-2028", "/api/v1/events/{event}", 404, nil)
	owner.ask("POST", "/api/v1/events", "/api/v1/events", 422, object{"slug": "Forum 2028"})

	// It is put right, opened and shown.
	const one, next = "/api/v1/events/{event}", "/api/v1/events/forum-2028"
	begun := fmt.Sprintf("%q", created["version"].(json.Number).String())
	edited := owner.ask("PATCH", next, one, 200, object{"place": object{"zh": "宁波", "en": "Ningbo"}, "ends_on": "2028-06-09"}, "If-Match", begun)
	if edited["ends_on"] != "2028-06-09" || edited["starts_on"] != "2028-06-06" || edited["title"].(object)["en"] != "Forum 2028" {
		t.Errorf("edited: %v", edited)
	}
	owner.ask("PATCH", next, one, 412, object{"place": object{"zh": "宁波", "en": "Ningbo"}}, "If-Match", begun)
	owner.ask("PATCH", next, one, 422, object{"ends_on": "soon", "title": object{"zh": "", "en": ""}})
	p.caller(t, "protocol").ask("PATCH", next, one, 403, object{})
	owner.ask("POST", next+"/status", one+"/status", 422, object{"status": "archived"})
	owner.ask("POST", next+"/status", one+"/status", 200, object{"status": "registration_open"})
	guest.ask("GET", next, one, 200, nil)

	const series = "/api/v1/series"
	owner.ask("POST", series, series, 201, object{"slug": "harbour-forum", "name": object{"zh": "港口论坛", "en": "Harbour Forum"}, "kind": "forum", "since_year": 2027})
	owner.ask("POST", series, series, 422, object{"slug": "harbour-forum", "name": object{"zh": "港口论坛", "en": "Harbour Forum"}, "kind": "party", "since_year": 2027})
	p.caller(t, "programme").ask("POST", series, series, 403, object{})
	if n := len(owner.ask("GET", series, series, 200, nil)["items"].([]any)); n != 3 {
		t.Errorf("%d series", n)
	}
}

// TestEveryOperationStands asks for everything that the description lists: no
// path of it may lead nowhere.
func TestEveryOperationStands(t *testing.T) {
	t.Parallel()
	p := start(t)
	c := p.caller(t, "owner")
	for path, operations := range c.paths {
		for method := range operations {
			at := strings.NewReplacer("{event}", forum, "{id}", ident.New().String()).Replace(path)
			if status, code := c.reach(strings.ToUpper(method), at); status == http.StatusMethodNotAllowed || status >= 500 || strings.Contains(code, "method") {
				t.Errorf("%s %s is described and answers %d", method, path, status)
			}
		}
	}
}

// reach answers the status of a request, and the sentence of a refusal; it does
// not read a stream to its end.
func (c *caller) reach(method, path string) (status int, code string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.program.url+path, strings.NewReader("{}"))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 400 {
		var problem struct {
			Detail string `json:"detail"`
		}
		if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
			c.t.Errorf("%s %s: %d without problem details", method, path, res.StatusCode)
		}
		code = problem.Detail
	}
	return res.StatusCode, code
}

// TestGroupsByAPI registers people who come all or not at all: one place is free, so
// two wait together although one could come; and one broken form keeps all out.
func TestGroupsByAPI(t *testing.T) {
	t.Parallel()
	p := start(t)
	owner := p.caller(t, "owner")
	guest := &caller{t: t, program: p, schemas: owner.schemas, paths: owner.paths}
	const groups = "/api/v1/events/{event}/groups"
	at := "/api/v1/events/" + forum + "/groups"
	someone := func(family string) object {
		return object{
			"category": "press", "given_name": "Ilka", "family_name": family, "email": strings.ToLower(family) + "@tv.example", "nationality": "CZ",
			"organisation": "Vltava TV", "consent": true,
		}
	}
	statuses := func(answer object) (list []string) {
		for _, one := range answer["people"].([]any) {
			list = append(list, one.(object)["status"].(string))
			if !strings.HasPrefix(one.(object)["manage_url"].(string), "http") {
				t.Errorf("no page of their own: %v", one)
			}
		}
		return list
	}
	body := func(people ...object) object { return object{"people": people} }
	placed := guest.ask("POST", at, groups, 201, body(someone("Novotna"), someone("Dvorak")), "Idempotency-Key", "crew")
	if got := statuses(placed); !slices.Equal(got, []string{"submitted", "submitted"}) {
		t.Errorf("with places enough: %v", got)
	}
	if again := guest.ask("POST", at, groups, 201, body(someone("Novotna"), someone("Dvorak")), "Idempotency-Key", "crew"); again["id"] != placed["id"] {
		t.Errorf("sent again, registered anew: %v", again)
	}
	if _, err := p.ground(t).db.ExecContext(t.Context(), `
		UPDATE categories c SET quota = 1 + (SELECT count(*) FROM registrations r WHERE r.category_id = c.id AND r.status IN ('submitted', 'under_review', 'on_hold', 'returned', 'approved', 'badge_issued', 'checked_in', 'departed'))
		WHERE code = 'press'`); err != nil {
		t.Fatal(err)
	}
	if got := statuses(guest.ask("POST", at, groups, 201, body(someone("Cerna"), someone("Bila")))); !slices.Equal(got, []string{"waitlisted", "waitlisted"}) {
		t.Errorf("with one place free: %v", got)
	}
	broken := someone("Zelena")
	broken["email"] = "zelena"
	wrong := guest.ask("POST", at, groups, 422, body(someone("Modra"), broken))
	if field := wrong["errors"].([]any)[0].(object)["field"]; field != "people[1].email" {
		t.Errorf("a broken form is named %v", field)
	}
	guest.ask("POST", at, groups, 422, body(someone("Modra")))
	if found := owner.ask("GET", "/api/v1/events/"+forum+"/registrations?q=Modra", "/api/v1/events/{event}/registrations", 200, nil)["items"].([]any); len(found) != 0 {
		t.Errorf("half a group is registered: %v", found)
	}
}
