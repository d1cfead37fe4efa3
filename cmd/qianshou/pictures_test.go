package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
	"qianshou/app/web"
)

var picturesTo = flag.String("pictures", "", "photograph every page into this folder")

// TestPictures photographs every page as a reader sees it, at the desk and on the
// phone, in both languages, and writes what looks wrong to a machine beside the
// pictures: this is how a release is looked at. Without -pictures it holds the
// tour against the route table.
func TestPictures(t *testing.T) {
	t.Parallel()
	if *picturesTo == "" {
		p := program{environ: []string{"ADDR=127.0.0.1:0", "DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + storetest.URL(t), "REDIS_URL=" + storetest.RedisURL(t), "DEV=true"}}
		looks(t, p.site(t).web.Routes())
		return
	}
	if err := os.MkdirAll(*picturesTo, 0o755); err != nil {
		t.Fatal(err)
	}
	words, err := web.Words(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	g, s := newGuide(t, start(t, "DEV=true"))
	all := looks(t, s.web.Routes())
	r := &report{words: words, names: s.names(t), said: map[string]bool{}}
	t.Run("at", func(t *testing.T) {
		for size, set := range map[string]func(*apptest.Browser){"390": (*apptest.Browser).Phone, "1440": (*apptest.Browser).Desk} {
			t.Run(size, func(t *testing.T) {
				t.Parallel()
				g.photograph(t, all, size, set, r)
			})
		}
		t.Run("2560", func(t *testing.T) {
			t.Parallel()
			g.photograph(t, slices.DeleteFunc(slices.Clone(all), func(l look) bool { return !strings.HasSuffix(l.path, "/wall") }), "2560", (*apptest.Browser).Wall, r)
		})
	})
	slices.Sort(r.lines)
	text := strings.Join(r.lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(*picturesTo, "report.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pages are in %s; to look at:\n%s", len(all), *picturesTo, text)
}

// names answers everything that the data name in two languages.
func (s *site) names(t *testing.T) map[string]bool {
	t.Helper()
	var columns []struct {
		Table  string `db:"table_name"`
		Column string `db:"column_name"`
	}
	if err := s.g.db.SelectContext(t.Context(), &columns, `
		SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND column_name ~ '_(zh|en)$'`); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range columns {
		var all []string
		if err := s.g.db.SelectContext(t.Context(), &all, `SELECT DISTINCT `+c.Column+` FROM `+c.Table+` WHERE `+c.Column+` IS NOT NULL`); err != nil {
			t.Fatal(err)
		}
		for _, name := range all {
			names[name] = true
		}
	}
	return names
}

func (g guide) photograph(t *testing.T, all []look, size string, set func(*apptest.Browser), r *report) {
	as := g.visitors(t, set)
	for _, lang := range locale.Langs {
		for _, l := range all {
			b := as(l.who)
			g.open(t, b, l, string(lang))
			r.note(l.name+" "+size+" "+string(lang), lang, sightsOf(b))
			b.WholePicture(filepath.Join(*picturesTo, fmt.Sprintf("%s.%s.%s.png", l.name, size, lang)))
		}
	}
}

// sights is what a page shows, as far as a machine sees.
type sights struct {
	Over    int         // how many pixels it is wider than the window
	Widest  string      // what makes it so
	Texts   [][2]string // each visible text, with its language; none: a code
	Clipped []string    // texts of which a part cannot be seen
}

// look at what is drawn: texts, names that are only spoken, and what sticks out.
const sightsScript = `(() => {
	const wide = document.documentElement.clientWidth, out = { Over: document.documentElement.scrollWidth - wide, Widest: "", Texts: [], Clipped: [] };
	const cut = new Set();
	const tell = (el) => el.tagName.toLowerCase() + (el.className && el.getAttribute("class") ? "." + el.getAttribute("class").trim().replace(/\s+/g, ".") : "");
	const lang = (el) => el.closest("code, .mono") ? "" : el.closest("[lang]").lang.slice(0, 2);
	const seen = (el) => el.tagName === "OPTION" || el.checkVisibility({ visibilityProperty: true, opacityProperty: true });
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = texts.nextNode()); ) {
		const el = n.parentElement, text = n.data.trim();
		if (!text || el.closest("script, style, template") || !seen(el)) continue;
		out.Texts.push([lang(el), text]);
		for (let box = el; box && box !== document.body; box = box.parentElement) {
			const style = getComputedStyle(box);
			if (box.offsetWidth <= 1) break; // for screen readers alone
			if (style.overflowX !== "hidden" || box.scrollWidth <= box.clientWidth + 1 || cut.has(box)) continue;
			cut.add(box);
			out.Clipped.push(tell(box) + ": " + text);
		}
	}
	for (const el of document.body.querySelectorAll("*")) {
		for (const name of ["placeholder", "aria-label", "title", "alt"]) if (el.getAttribute(name) && seen(el)) out.Texts.push([lang(el), el.getAttribute(name)]);
		if (out.Over > 0 && !out.Widest && el.getBoundingClientRect().right > wide + 1) out.Widest = tell(el);
	}
	return out;
})()`

func sightsOf(b *apptest.Browser) sights { return apptest.Eval[sights](b, sightsScript) }

// keysIn answers the keys of the catalogue that a page shows in place of their
// sentences.
func (s sights) keysIn(words *locale.Catalogue) (keys []string) {
	for _, text := range s.Texts {
		if text[0] == "" {
			continue
		}
		for _, word := range strings.Fields(text[1]) {
			if strings.Contains(word, ".") && words.Has(locale.ZH, word) {
				keys = append(keys, word)
			}
		}
	}
	return keys
}

var (
	// Names begin with capitals; three small words in a row are a sentence.
	latinSentence = regexp.MustCompile(`(?:\b[a-z]['’a-z-]*[ ,;:]+){2,}[a-z]+`)
	// Names have few signs and no points of a sentence.
	hanSentence = regexp.MustCompile(`[，。！？：；]|\p{Han}{9,}`)
	anyHan      = regexp.MustCompile(`\p{Han}`)
)

// report gathers what somebody should look at, each thing once.
type report struct {
	words *locale.Catalogue
	names map[string]bool // what the data are called; shown in the other language too

	mu    sync.Mutex
	said  map[string]bool
	lines []string
}

func (r *report) note(page string, lang locale.Lang, s sights) {
	r.mu.Lock()
	defer r.mu.Unlock()
	say := func(kind, what string) {
		if !r.said[kind+what] {
			r.said[kind+what] = true
			if signs := []rune(strings.Join(strings.Fields(what), " ")); len(signs) > 160 {
				what = string(signs[:160]) + "…"
			}
			r.lines = append(r.lines, kind+": "+page+": "+strings.Join(strings.Fields(what), " "))
		}
	}
	if s.Over > 0 {
		say("wide", fmt.Sprintf("%d px over, %s, %s", s.Over, s.Widest, page))
	}
	for _, key := range s.keysIn(r.words) {
		say("key", key)
	}
	for _, what := range s.Clipped {
		say("clipped", what)
	}
	for _, text := range s.Texts {
		switch {
		case text[0] != string(lang), r.names[text[1]]: // marked as the other language, or a name
		case lang == locale.ZH && latinSentence.MatchString(text[1]) && !anyHan.MatchString(text[1]),
			lang == locale.EN && hanSentence.MatchString(text[1]):
			say("untranslated", text[1])
		}
	}
}
