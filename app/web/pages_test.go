package web

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	tree "text/template/parse"
	"unicode"

	"golang.org/x/net/html"

	"qianshou/app/kit/locale"
	"qianshou/views"
)

// sample makes the model of a view from the frame's Page: with everything in it,
// or empty.
type sample func(p Page, full bool) any

// samples has a model for every view; each part's table stands in its own
// <part>_pages_test.go and is listed here.
var samples = []map[string]sample{
	framePages,
	agendaPages,
	accountPages,
	guestPages, deskPages,
	doorPages,
	badgePages,
	projectPages,
	statisticsPages,
	matchmakingPages,
	delegationPages,
	formPages,
	setupPages,
	editPages, registerPages,
	substitutionPages,
	titlePages,
	officerPages,
	filePages,
	listPages,
	mailPages,
}

var framePages = map[string]sample{
	"error/show":  errorSample,
	"error/_note": errorSample,
	"styleguide/show": func(p Page, full bool) any {
		if !full {
			return styleguidePage{Page: p}
		}
		form := FormOf("given", "Stoimen", "passport", "••••0058", "consent", "yes")
		form.Add("birth_date", "field.date")
		m := newStyleguide(p, form)
		m.Pager = Pager{From: 1, To: 3, Total: 60, Next: "?page=2", Pages: []PagerLink{{1, "?page=1", true}, {2, "?page=2", false}, {}, {20, "?page=20", false}}}
		return m
	},
}

func errorSample(p Page, full bool) any {
	if !full {
		return errorPage{Page: p, Kind: "internal"}
	}
	return errorPage{Page: p, Status: 409, Kind: "conflict", What: "…", Kept: "…", Ways: []wayOut{{"error.to.again", "/"}, {"error.home", "/"}}, RequestID: "1"}
}

// frames are the pages that a model may stand in: nobody signed in and nothing
// around it, and everything at once.
func framed(s *Server, l locale.Lang, full bool) Page {
	p := Page{Lang: l, Path: "/", OtherLangURL: "/?lang=" + string(l.Other()), Now: s.Now()}
	if full {
		p.Path, p.CSRF, p.Event, p.Actor = "/console/"+forum.Slug, "token", &forum, staff()["owner"]
		p.Now = s.Now().In(forum.Zone)
		p.Flash = &Flash{"ok", "…", "/file", "…"}
		p.Nav = navigation(p)
	}
	return p
}

func TestEveryPageRenders(t *testing.T) {
	missing := map[string]bool{}
	s := newServer(t)
	words, err := locale.Load(localesFS(t), func(_ locale.Lang, key string) { missing[key] = true })
	if err != nil {
		t.Fatal(err)
	}
	engine, err := NewViews(views.FS, words, s.assets)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]sample{}
	for _, part := range samples {
		for name, f := range part {
			all[name] = f
		}
	}
	for _, name := range engine.Names() {
		model, ok := all[name]
		if !ok {
			t.Errorf("view %s has no sample", name)
			continue
		}
		for _, l := range locale.Langs {
			for _, full := range []bool{true, false} {
				var out bytes.Buffer
				if err := engine.Render(&out, name, model(framed(s, l, full), full)); err != nil {
					t.Errorf("%s in %s, full %v: %v", name, l, full, err)
					continue
				}
				checkMarkup(t, name, out.String())
			}
		}
	}
	for key := range missing {
		t.Errorf("a view asks for %q, which no catalogue has", key)
	}
}

// checkMarkup holds a rendered page against what the policy and assistive
// technology need.
func checkMarkup(t *testing.T, name, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: <%s %s> is forbidden by the policy", name, n.Data, a.Key)
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s: id %q twice", name, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			}
		}
		if n.Data == "script" && n.FirstChild != nil && attr(n, "type") != "application/json" || n.Data == "style" {
			t.Errorf("%s: inline <%s> is forbidden by the policy", name, n.Data)
		}
		if n.Data == "form" && strings.EqualFold(attr(n, "method"), "post") && !slices.ContainsFunc(slices.Collect(n.Descendants()), func(c *html.Node) bool { return attr(c, "name") == csrfField }) {
			t.Errorf("%s: a form posts without {{template \"csrf\" .}}", name)
		}
		if n.Data == "img" && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "alt" }) {
			t.Errorf("%s: <img> without alt", name)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestCataloguesAgree(t *testing.T) {
	words, err := locale.Load(localesFS(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range words.Faults() {
		t.Error(f)
	}
}

func localesFS(t *testing.T) fs.FS {
	t.Helper()
	sub, err := fs.Sub(views.FS, "locales")
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

var spoken = map[string]bool{"title": true, "placeholder": true, "alt": true, "aria-label": true, "aria-description": true, "aria-roledescription": true, "label": true}

// TestNoTextInViews fails on words that are written into a view instead of a
// catalogue.
func TestNoTextInViews(t *testing.T) {
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	files, err := fs.Glob(views.FS, "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := fs.ReadFile(views.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		text := action.ReplaceAll(raw, nil)
		if strings.HasSuffix(file, "-attributes.html") { // a partial that stands inside a tag
			text = []byte("<i " + string(text) + ">")
		}
		z := html.NewTokenizer(bytes.NewReader(text))
		for raw := ""; ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			tok := z.Token()
			switch {
			case kind == html.StartTagToken && (tok.Data == "script" || tok.Data == "style"):
				raw = tok.Data
			case kind == html.EndTagToken:
				raw = ""
			case kind == html.TextToken && raw == "" && hasLetters(tok.Data):
				t.Errorf("%s: text %q is not from a catalogue", file, strings.TrimSpace(tok.Data))
			}
			for _, a := range tok.Attr {
				if spoken[a.Key] && hasLetters(a.Val) {
					t.Errorf("%s: %s=%q is not from a catalogue", file, a.Key, a.Val)
				}
			}
		}
	}
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// TestKeysInViews fails on a key that a view names but no catalogue has, also in
// branches that no sample reaches.
func TestKeysInViews(t *testing.T) {
	s := newServer(t)
	for name, set := range s.app.Config().Views.(*Views).sets {
		if name.lang != locale.ZH {
			continue
		}
		for _, tmpl := range set.Templates() {
			if tmpl.Tree == nil {
				continue
			}
			eachCommand(tmpl.Tree.Root, func(c *tree.CommandNode) {
				id, ok := c.Args[0].(*tree.IdentifierNode)
				if !ok || id.Ident != "t" && id.Ident != "tb" || len(c.Args) < 2 {
					return
				}
				if key, ok := c.Args[1].(*tree.StringNode); ok && !s.words.Has(locale.ZH, key.Text) {
					t.Errorf("%s: no sentence for %q", tmpl.Name(), key.Text)
				}
			})
		}
	}
}

func eachCommand(n tree.Node, f func(*tree.CommandNode)) {
	list := func(l *tree.ListNode) {
		if l != nil {
			for _, c := range l.Nodes {
				eachCommand(c, f)
			}
		}
	}
	branch := func(b *tree.BranchNode) {
		eachCommand(b.Pipe, f)
		list(b.List)
		list(b.ElseList)
	}
	switch n := n.(type) {
	case *tree.ListNode:
		list(n)
	case *tree.ActionNode:
		eachCommand(n.Pipe, f)
	case *tree.IfNode:
		branch(&n.BranchNode)
	case *tree.RangeNode:
		branch(&n.BranchNode)
	case *tree.WithNode:
		branch(&n.BranchNode)
	case *tree.TemplateNode:
		if n.Pipe != nil {
			eachCommand(n.Pipe, f)
		}
	case *tree.PipeNode:
		for _, c := range n.Cmds {
			eachCommand(c, f)
		}
	case *tree.CommandNode:
		f(n)
		for _, a := range n.Args {
			if p, ok := a.(*tree.PipeNode); ok {
				eachCommand(p, f)
			}
		}
	}
}

var keyLike = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// TestKeysInGo fails on a sentence that Go code names in a fault, a broken rule
// or a flash, but no catalogue has.
func TestKeysInGo(t *testing.T) {
	s := newServer(t)
	// Where the key stands among the arguments.
	position := map[string]int{"fault.New": 1, "fault.Wrap": 2, ".Add": 1, ".Check": 2, ".flash": 2}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var at ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				sel, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				from := ""
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == "fault" {
					from = "fault"
				}
				if i, ok := position[from+"."+sel.Sel.Name]; ok && i < len(n.Args) {
					at = n.Args[i]
				}
			case *ast.KeyValueExpr:
				if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Key" {
					at = n.Value
				}
			}
			lit, ok := at.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			key, err := strconv.Unquote(lit.Value)
			if err == nil && keyLike.MatchString(key) && !s.words.Has(locale.ZH, key) {
				t.Errorf("%s: no sentence for %q", set.Position(lit.Pos()), key)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryLayoutRenders puts a bare page into each layout, also into those that
// no page uses yet.
func TestEveryLayoutRenders(t *testing.T) {
	s := newServer(t)
	fsys := fstest.MapFS{}
	for _, pattern := range []string{"layouts/*.html", "partials/*.html"} {
		files, err := fs.Glob(views.FS, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := fs.ReadFile(views.FS, file)
			if err != nil {
				t.Fatal(err)
			}
			fsys[file] = &fstest.MapFile{Data: raw}
			if name, ok := strings.CutPrefix(file, "layouts/"); ok {
				page := `{{template "` + viewName(file) + `" .}}{{define "title"}}1{{end}}{{define "main"}}<p id="probe">2</p>{{end}}`
				fsys["probe/"+name] = &fstest.MapFile{Data: []byte(page)}
			}
		}
	}
	engine, err := NewViews(fsys, s.words, s.assets)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range engine.Names() {
		for _, full := range []bool{true, false} {
			var out bytes.Buffer
			if err := engine.Render(&out, name, struct{ Page }{framed(s, locale.EN, full)}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			checkMarkup(t, name, out.String())
			if got := strings.Count(out.String(), `id="probe"`); got != 1 {
				t.Errorf("%s shows its page %d times", name, got)
			}
		}
	}
	fsys["probe/bare.html"] = &fstest.MapFile{Data: []byte(`{{define "main"}}no layout{{end}}`)}
	if _, err := NewViews(fsys, s.words, s.assets); err == nil {
		t.Error("a page without a layout was taken")
	}
}
