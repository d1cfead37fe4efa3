package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qianshou/migrations"
)

// may lists, for each package under app, the others it may import. It is the
// map of the house: a new arrow is a decision, made here first.
var may = map[string][]string{
	"kit":                 {"kit/..."},
	"audit":               {"kit/..."},
	"accounts":            {"audit", "kit/..."},
	"installation":        {"kit/..."},
	"keys":                {"accounts", "audit", "kit/..."},
	"files":               {"accounts", "audit", "kit/..."},
	"mail":                {"accounts", "audit", "kit/..."},
	"events":              {"accounts", "audit", "kit/..."},
	"firms":               {"accounts", "audit", "events", "kit/..."},
	"forms":               {"accounts", "audit", "events", "kit/..."},
	"delegations":         {"accounts", "audit", "events", "firms", "forms", "mail", "kit/..."},
	"lists":               {"accounts", "audit", "events", "firms", "forms", "delegations", "kit/..."},
	"announcements":       {"accounts", "audit", "delegations", "events", "mail", "kit/..."},
	"agenda":              {"accounts", "audit", "events", "firms", "delegations", "mail", "kit/..."},
	"matchmaking":         {"accounts", "audit", "events", "firms", "delegations", "agenda", "matchmaking/...", "mail", "kit/..."},
	"matchmaking/format":  {},
	"matchmaking/solver":  {"matchmaking/format"},
	"matchmaking/checker": {"matchmaking/format"},
	"badges":              {"accounts", "audit", "delegations", "events", "kit/..."},
	"doors":               {"accounts", "audit", "badges", "events", "kit/..."},
	"projects":            {"accounts", "audit", "agenda", "events", "firms", "kit/..."},
	"privacy":             {"accounts", "audit", "events", "kit/..."},
	"protocol":            {"accounts", "audit", "agenda", "delegations", "events", "kit/..."},
	"demo/data":           {},
	"demo":                {"..."},
	"web":                 {"..."},
	"api":                 {"..."},
	"apptest":             {"..."},
}

const module = "qianshou/"

func TestImportMap(t *testing.T) {
	used := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		room := from
		if strings.HasPrefix(from, "kit/") {
			room = "kit"
		}
		if from == "." {
			return nil
		}
		allowed, known := may[room]
		if !known {
			t.Errorf("%s: package app/%s is not on the map", path, from)
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			to, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
			if !ours {
				if strings.HasPrefix(room, "matchmaking/") && strings.Contains(spec.Path.Value, ".") {
					t.Errorf("%s imports %s: solver and checker stand on the standard library alone", path, spec.Path.Value)
				}
				continue
			}
			to, inApp := strings.CutPrefix(to, "app/")
			if !inApp {
				continue // migrations, views, static: files, not rooms
			}
			used++
			if !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, to) }) {
				t.Errorf("%s: app/%s may not import app/%s", path, from, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if used == 0 {
		t.Fatal("no arrow was looked at")
	}
}

// Only queries.go files hold SQL, and only web and api know HTTP.
func TestFloors(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		path = filepath.ToSlash(path)
		room, _, _ := strings.Cut(path, "/")
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if room != "kit" && filepath.Base(path) != "queries.go" && !strings.HasSuffix(path, "_queries.go") {
			for _, call := range []string{".ExecContext(", ".SelectContext(", ".GetContext(", ".QueryContext(", ".QueryRowContext(", ".QueryxContext("} {
				if strings.Contains(string(source), call) {
					t.Errorf("%s holds SQL (%s): it belongs in queries.go", path, strings.Trim(call, ".("))
				}
			}
		}
		if room != "web" && room != "api" && room != "apptest" && strings.Contains(string(source), `"github.com/gofiber/fiber/v2"`) {
			t.Errorf("%s knows HTTP: only web and api do", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// owns says which package alone writes each table. A package of another name has
// none.
var owns = map[string][]string{
	"accounts": {"users", "role_grants", "api_tokens"},
	"audit":    {"audit_entries", "audit_seals"},
	"api":      {"idempotency_keys"},
	"events": {
		"countries", "cities", "sectors", "districts", "series", "series_years", "events", "stops", "tracks", "venues", "venue_travel", "zones", "rooms",
		"meeting_tables", "badge_types", "categories",
	},
	"firms": {"firms", "firm_sectors", "firm_districts", "firm_contacts", "firm_grants", "firm_grant_steps", "event_firms"},
	"forms": {"forms", "questions", "question_options", "consent_texts", "answers"},
	"delegations": {
		"staff", "delegations", "persons", "travel_documents", "registrations", "registration_numbers", "registration_steps", "consents", "magic_links",
		"registration_changes", "substitutions", "delegation_quotas", "deadlines", "travel_legs", "travel_leg_people",
		"registration_groups", "duplicate_pairs", "decisions", "decision_items", "saved_views", "link_requests", "free_places",
	},
	"mail":         {"mails", "mail_attempts", "mail_templates", "mail_pace"},
	"badges":       {"signing_keys", "badges", "badge_prints", "badge_backs"},
	"doors":        {"gates", "devices", "scans", "presence"},
	"agenda":       {"sessions", "session_people", "agenda_versions"},
	"matchmaking":  {"time_slots", "matchmaking_rules", "meeting_requests", "delegation_needs", "unavailable_slots", "interpreters", "plans", "meetings"},
	"projects":     {"fx_rates", "projects", "project_appearances", "stage_events", "stage_checks"},
	"installation": {"installation"},
	"files":        {"files", "blobs"},
	"keys":         {"key_ring"},
	"privacy":      {"retention_rules", "purges", "purge_runs", "legal_holds", "privacy_requests"},
	"lists":        {"imports", "import_rows"},
	"kit":          {"outbox"},

	"announcements": {"announcements"},
}

// reads says whose tables the queries of a package may join besides its own: a
// list or a board that took its names by one call for each row would be slow, and
// not of one moment. It only ever looks down the order of doc.go; the doors look at
// the agenda too, whose listed guests a gate lets in.
var reads = map[string][]string{
	"firms":        {"events"}, // whose end says when contacts are forgotten
	"forms":        {"events", "delegations"},
	"delegations":  {"events", "firms"},
	"agenda":       {"events", "delegations"},
	"matchmaking":  {"events", "firms", "delegations", "agenda"},
	"badges":       {"events", "firms", "delegations"},
	"doors":        {"events", "delegations", "agenda", "badges", "files"},
	"projects":     {"events", "firms"},
	"files":        {"events", "delegations"},
	"privacy":      {"events", "delegations"},
	"installation": {"accounts", "events"}, // whether anybody has used the database yet

	"announcements": {"events", "delegations"},
}

var (
	sqlText  = regexp.MustCompile("`[^`]*`")
	sqlTable = regexp.MustCompile(`(?i)\b(FROM|JOIN|INTO|UPDATE|USING)\s+(?:ONLY\s+)?([a-z_]+)`)
	created  = regexp.MustCompile(`CREATE TABLE (\w+)`)
	deleting = regexp.MustCompile(`(?i)DELETE\s+$`)
)

// TestTables holds every query against owns and reads.
func TestTables(t *testing.T) {
	owner := map[string]string{}
	for room, tables := range owns {
		for _, table := range tables {
			owner[table] = room
		}
	}
	schema, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil || len(schema) == 0 {
		t.Fatalf("%d migrations, %v", len(schema), err)
	}
	known := map[string]bool{}
	for _, name := range schema {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range created.FindAllSubmatch(text, -1) {
			known[string(m[1])] = true
			if owner[string(m[1])] == "" {
				t.Errorf("%s: nobody owns the table %s", name, m[1])
			}
		}
	}
	for table, room := range owner {
		if !known[table] {
			t.Errorf("app/%s owns %s, and there is no such table", room, table)
		}
	}
	looked := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		room, _, _ := strings.Cut(filepath.ToSlash(path), "/")
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, query := range sqlText.FindAllString(string(source), -1) {
			for _, at := range sqlTable.FindAllStringSubmatchIndex(query, -1) {
				word, table := strings.ToUpper(query[at[2]:at[3]]), query[at[4]:at[5]]
				its := owner[table]
				if its == "" || its == room {
					continue
				}
				looked++
				if word == "INTO" || word == "UPDATE" || deleting.MatchString(query[:at[0]]) {
					t.Errorf("%s writes %s, which is app/%s's", path, table, its)
				} else if !slices.Contains(reads[room], its) {
					t.Errorf("%s reads %s: app/%s may not read the tables of app/%s", path, table, room, its)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked < 50 {
		t.Fatalf("only %d joins were looked at", looked)
	}
}

func matches(pattern, to string) bool {
	if pattern == "..." {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return to == prefix || strings.HasPrefix(to, prefix+"/")
	}
	return pattern == to
}
