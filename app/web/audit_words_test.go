package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/locale"
)

var (
	actionLike = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	recorders  = []string{"finish", "move", "record", "recorded", "recordLink", "write", "save", "change", "reference", "remove", "log"} // in every domain
)

// recordedWords reads the source of the domains for what they write into the log:
// actions, kinds of objects, and fields.
func recordedWords(t *testing.T) (actions, objects, fields map[string]token.Position) {
	t.Helper()
	actions, objects, fields = map[string]token.Position{}, map[string]token.Position{}, map[string]token.Position{}
	set := token.NewFileSet()
	text := func(e ast.Expr) string {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			return s
		}
		return ""
	}
	note := func(into map[string]token.Position, word string, at ast.Node) {
		if word != "" {
			into[word] = set.Position(at.Pos())
		}
	}
	action := func(e ast.Expr) bool {
		if s := text(e); actionLike.MatchString(s) {
			note(actions, s, e)
			return true
		}
		// What is put together from a state: every state may be recorded.
		if sum, ok := e.(*ast.BinaryExpr); ok && strings.HasSuffix(text(sum.X), ".") {
			for state := range states[strings.TrimSuffix(text(sum.X), ".")] {
				note(actions, text(sum.X)+state, e)
			}
			return true
		}
		return false
	}
	visit := func(domain string) func(n ast.Node) bool {
		return func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				switch key, _ := n.Key.(*ast.Ident); {
				case key == nil:
				case key.Name == "Action":
					action(n.Value)
				case key.Name == "ObjectKind":
					note(objects, text(n.Value), n)
				}
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if ok && f.Sel.Name == "saveCoded" {
					note(actions, text(n.Args[2])+".save", n)
				}
				if !ok || !slices.Contains(recorders, f.Sel.Name) {
					return true
				}
				for i, arg := range n.Args {
					passed, _ := arg.(*ast.Ident)
					if (action(arg) || passed != nil && passed.Name == "action") && i+1 < len(n.Args) {
						note(objects, text(n.Args[i+1]), n)
						break
					}
				}
			case *ast.ReturnStmt: // the doors answer what they did
				if domain == "doors" && len(n.Results) == 3 && action(n.Results[0]) {
					kind, _, _ := strings.Cut(text(n.Results[0]), ".")
					note(objects, kind, n)
				}
			case *ast.AssignStmt:
				if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == "action" && len(n.Rhs) == 1 {
					action(n.Rhs[0])
				}
				if object, ok := n.Lhs[len(n.Lhs)-1].(*ast.Ident); ok && object.Name == "object" && len(n.Lhs) == 2 && len(n.Rhs) == 2 { // kind, object = …
					note(objects, text(n.Rhs[0]), n)
				}
			case *ast.CompositeLit:
				m, ok := n.Type.(*ast.MapType)
				if !ok {
					return true
				}
				value, isAny := m.Value.(*ast.Ident)
				pair, isPair := m.Value.(*ast.ArrayType)
				if isPair {
					value, isAny = pair.Elt.(*ast.Ident)
				}
				if isAny && value.Name == "any" {
					for _, e := range n.Elts {
						note(fields, text(e.(*ast.KeyValueExpr).Key), e)
					}
				}
			}
			return true
		}
	}
	for _, domain := range []string{"accounts", "agenda", "announcements", "badges", "delegations", "doors", "events", "files", "firms", "forms", "keys", "lists", "mail", "matchmaking", "privacy", "projects"} {
		err := filepath.WalkDir("../"+domain, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err == nil {
				ast.Inspect(file, visit(domain))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return actions, objects, fields
}

// TestTheLogIsReadable fails on an action, an object or a field that the program
// records and no catalogue puts into words.
func TestTheLogIsReadable(t *testing.T) {
	words := newServer(t).words
	actions, objects, fields := recordedWords(t)
	if len(actions) < 90 || len(objects) < 25 || len(fields) < 60 {
		t.Fatalf("only %d actions, %d objects and %d fields are found in the source", len(actions), len(objects), len(fields))
	}
	kinds := map[string]token.Position{}
	for _, kind := range []accounts.Kind{accounts.User, accounts.Token, accounts.Device, accounts.Guest, accounts.System} {
		kinds[string(kind)] = token.Position{}
	}
	hidden := []string{"link", "wish"}
	for prefix, recorded := range map[string]map[string]token.Position{"audit.action.": actions, "audit.object.": objects, "audit.field.": fields, "audit.kind.": kinds} {
		for word, at := range recorded {
			for _, l := range locale.Langs {
				if !words.Has(l, prefix+word) && (prefix != "audit.field." || !slices.Contains(hidden, word)) {
					t.Errorf("%s: no sentence in %s for %q", at, l, prefix+word)
				}
			}
		}
		for _, key := range words.Keys(locale.ZH) {
			if word, ok := strings.CutPrefix(key, prefix); ok {
				if prefix == "audit.field." { // one of an object's own
					word = word[strings.LastIndexByte(word, '.')+1:]
				}
				if _, ok := recorded[word]; !ok {
					t.Errorf("%s is a sentence for what nobody records", key)
				}
			}
		}
	}
}

// TestValuesOfTheLogAreWords reads values as an auditor does: what was decided, the
// last day of a link, the name of a view.
func TestValuesOfTheLogAreWords(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	a := auditReader{s: newServer(t), lang: locale.EN, event: &EventHead{Zone: zone}}
	for _, c := range []struct{ kind, field, value, name, want string }{
		{"decision", "decision", "approve", "Decision", "Approve"},
		{"delegation", "expires_at", "2027-06-11T16:00:00Z", "Ends", "at the end of 2027-06-11"},
		{"delegation", "expires_at", "2027-06-11T10:00:00Z", "Ends", "2027-06-11 18:00"},
		{"view", "name", "媒体", "Name of the view", "媒体"},
	} {
		if got, err := a.value(c.kind, c.field, c.value); err != nil || got != c.want || a.field(c.kind, c.field) != c.name {
			t.Errorf("%s of %s: %q, %q, %v", c.field, c.kind, a.field(c.kind, c.field), got, err)
		}
	}
}
