package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"

	"qianshou/app/kit/locale"
)

// Views renders the pages. It keeps one set of templates for each page and
// language, built once with every function already bound to the language, so
// that nothing is parsed, cloned or bound while serving, and two pages may both
// define "title". It fulfils fiber.Views.
//
// A page is views/<domain>/<page>.html and starts by naming its layout:
//
//	{{template "layouts/console" .}}
//	{{define "title"}}{{t "gate.title"}}{{end}}
//	{{define "main"}} … {{end}}
//
// A file whose name starts with an underscore is a fragment: every page of its
// folder may include it, and it can be rendered alone for a live refresh.
type Views struct {
	sets map[view]*template.Template
}

type view struct {
	name string
	lang locale.Lang
}

// localized is what every model is, because it embeds Page.
type localized interface{ language() locale.Lang }

// NewViews parses every page below fsys in every language.
func NewViews(fsys fs.FS, words *locale.Catalogue, assets *Assets) (*Views, error) {
	v := &Views{sets: map[view]*template.Template{}}
	shared, err := glob(fsys, "layouts/*.html", "partials/*.html")
	if err != nil {
		return nil, err
	}
	all, err := glob(fsys, "*/*.html")
	if err != nil {
		return nil, err
	}
	for _, l := range locale.Langs {
		base := template.New("").Option("missingkey=error").Funcs(functions(l, words, assets))
		for _, file := range shared {
			name := viewName(file)
			if path.Dir(file) == "partials" {
				name = path.Base(name)
			}
			if err := parse(base, fsys, file, name); err != nil {
				return nil, err
			}
		}
		for _, file := range all {
			if dir := path.Dir(file); dir == "layouts" || dir == "partials" {
				continue
			}
			set, err := pageSet(base, fsys, file)
			if err != nil {
				return nil, err
			}
			v.sets[view{viewName(file), l}] = set
		}
	}
	return v, nil
}

// pageSet adds one page, and the fragments of its folder, to a copy of base.
func pageSet(base *template.Template, fsys fs.FS, file string) (*template.Template, error) {
	set, err := base.Clone()
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", file, err)
	}
	fragments, err := glob(fsys, path.Dir(file)+"/_*.html")
	if err != nil {
		return nil, err
	}
	for _, f := range fragments {
		if f != file {
			if err := parse(set, fsys, f, viewName(f)); err != nil {
				return nil, err
			}
		}
	}
	name := viewName(file)
	if err := parse(set, fsys, file, name); err != nil {
		return nil, err
	}
	if set.Lookup(name) == nil || strings.TrimSpace(set.Lookup(name).Tree.Root.String()) == "" {
		return nil, fmt.Errorf("view %s: the first line names no layout, such as {{template \"layouts/base\" .}}", file)
	}
	return set, nil
}

func parse(set *template.Template, fsys fs.FS, file, name string) error {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return fmt.Errorf("view %s: %w", file, err)
	}
	if _, err := set.New(name).Parse(string(text)); err != nil {
		return fmt.Errorf("view %s: %w", file, err)
	}
	return nil
}

func glob(fsys fs.FS, patterns ...string) (files []string, err error) {
	for _, p := range patterns {
		found, err := fs.Glob(fsys, p)
		if err != nil {
			return nil, fmt.Errorf("list views: %w", err)
		}
		files = append(files, found...)
	}
	return files, nil
}

func viewName(file string) string { return strings.TrimSuffix(file, ".html") }

// Load is part of fiber.Views; NewViews has loaded everything.
func (v *Views) Load() error { return nil }

// Render writes a view in the language of its model. It writes nothing when the
// template fails, so that an error page is never appended to half a page.
func (v *Views) Render(w io.Writer, name string, model any, _ ...string) error {
	m, ok := model.(localized)
	if !ok {
		return fmt.Errorf("view %s: model %T does not embed Page", name, model)
	}
	set, ok := v.sets[view{name, m.language()}]
	if !ok {
		return fmt.Errorf("view %s: %w", name, errNoView)
	}
	var page bytes.Buffer
	if err := set.ExecuteTemplate(&page, name, model); err != nil {
		return fmt.Errorf("view %s: %w", name, err)
	}
	_, err := page.WriteTo(w)
	return err
}

// Names lists every view.
func (v *Views) Names() (names []string) {
	for k := range v.sets {
		if k.lang == locale.ZH {
			names = append(names, k.name)
		}
	}
	return names
}

var errNoView = errors.New("no such view")
