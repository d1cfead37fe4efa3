package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// may lists, for each package under app, the others it may import. It is the
// map of the house: a new arrow is a decision, made here first.
var may = map[string][]string{
	"kit":                 {"kit/..."},
	"audit":               {"kit/..."},
	"accounts":            {"audit", "kit/..."},
	"installation":        {"kit/..."},
	"mail":                {"accounts", "audit", "kit/..."},
	"events":              {"accounts", "audit", "kit/..."},
	"firms":               {"accounts", "audit", "events", "kit/..."},
	"delegations":         {"accounts", "audit", "events", "firms", "mail", "kit/..."},
	"lists":               {"accounts", "audit", "events", "firms", "delegations", "kit/..."},
	"agenda":              {"accounts", "audit", "events", "firms", "delegations", "mail", "kit/..."},
	"matchmaking":         {"accounts", "audit", "events", "firms", "delegations", "agenda", "matchmaking/...", "mail", "kit/..."},
	"matchmaking/format":  {},
	"matchmaking/solver":  {"matchmaking/format"},
	"matchmaking/checker": {"matchmaking/format"},
	"badges":              {"accounts", "audit", "delegations", "events", "kit/..."},
	"doors":               {"accounts", "audit", "badges", "events", "kit/..."},
	"projects":            {"accounts", "audit", "agenda", "events", "firms", "kit/..."},
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

func matches(pattern, to string) bool {
	if pattern == "..." {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return to == prefix || strings.HasPrefix(to, prefix+"/")
	}
	return pattern == to
}
