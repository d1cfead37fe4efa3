package main

import (
	"log/slog"
	"strings"
	"testing"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// person sits before a window and reads one language. What they press and fill
// they find by the words that the catalogue has for it in that language.
type person struct {
	*apptest.Browser
	t     *testing.T
	home  string
	lang  locale.Lang
	words *locale.Catalogue
}

// newPerson opens a browser for somebody at a desk.
func (p program) newPerson(t *testing.T, lang locale.Lang) person {
	t.Helper()
	words, err := web.Words(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := apptest.Open(t)
	b.Desk()
	return person{b, t, p.url, lang, words}
}

// meets is somebody else of the same language, on a machine of their own.
func (p person) meets(size func(*apptest.Browser)) person {
	p.t.Helper()
	p.Browser = p.Stranger()
	size(p.Browser)
	return p
}

// says answers a sentence of the catalogue as this person reads it.
func (p person) says(key string, args ...any) string {
	p.t.Helper()
	if !p.words.Has(p.lang, key) {
		p.t.Fatalf("no sentence %s", key)
	}
	return p.words.T(p.lang, key, args...)
}

// opens an address of the site.
func (p person) opens(path string) {
	p.t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	p.Visit(p.home + strings.TrimPrefix(path, p.home) + join + "lang=" + string(p.lang))
}

// presses a button that leads on.
func (p person) presses(key string, args ...any) {
	p.t.Helper()
	p.PressNamed(apptest.Button, p.says(key, args...))
}

// taps a button that changes this page.
func (p person) taps(key string, args ...any) {
	p.t.Helper()
	p.TapNamed(apptest.Button, p.says(key, args...))
}

// follows a link.
func (p person) follows(key string, args ...any) {
	p.t.Helper()
	p.PressNamed(apptest.Link, p.says(key, args...))
}

// ticks a box.
func (p person) ticks(key string) {
	p.t.Helper()
	p.TapNamed(apptest.Field, p.says(key))
}

// writes into fields: their labels' keys, and what to write.
func (p person) writes(pairs ...string) {
	p.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		p.FillNamed(p.says(pairs[i]), pairs[i+1])
	}
}

// reads what a part of the page says and misses what is not there.
func (p person) reads(selector string, wants ...string) {
	p.t.Helper()
	got := p.Text(selector)
	for _, want := range wants {
		if !strings.Contains(got, want) {
			p.t.Errorf("%s reads %q, without %q", selector, got, want)
		}
	}
}

// counts elements.
func (p person) counts(selector string) int {
	p.t.Helper()
	return apptest.Eval[int](p.Browser, `document.querySelectorAll('`+selector+`').length`)
}

// signsIn opens the console by the form, which leads back to where they wanted.
func (p person) signsIn(who, password string) {
	p.t.Helper()
	p.opens("/console/" + forum)
	p.writes("signin.email", who+"@demo.example", "signin.password", password)
	p.presses("signin.do")
	if at := p.At(); !strings.HasPrefix(at, p.home+"/console/"+forum) {
		p.t.Fatalf("signed in as %s, led to %s", who, at)
	}
}
