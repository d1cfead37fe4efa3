package main

import (
	"log/slog"
	"testing"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// TestPagesAreAccessible holds every page, on the phone in Chinese and at the desk
// in English, to the rules of accessibility; the further faces of a page are
// looked at in one of the two. Nothing of them may be broken, no page may be wider
// than its window, and none may show a key of the catalogue.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	words, err := web.Words(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	g, s := newGuide(t, start(t, "DEV=true"))
	all := looks(t, s.web.Routes())
	for lang, size := range map[locale.Lang]func(*apptest.Browser){locale.ZH: (*apptest.Browser).Phone, locale.EN: (*apptest.Browser).Desk} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			as := g.visitors(t, size)
			for i, l := range all {
				if l.face && (i%2 == 0) != (lang == locale.ZH) {
					continue
				}
				b := as(l.who)
				g.open(t, b, l, string(lang))
				for _, barrier := range b.Barriers() {
					t.Errorf("%s: %s", l.name, barrier)
				}
				seen := sightsOf(b)
				if seen.Over > 0 {
					t.Errorf("%s: %d px wider than the window: %s", l.name, seen.Over, seen.Widest)
				}
				for _, key := range seen.keysIn(words) {
					t.Errorf("%s shows the key %s", l.name, key)
				}
			}
		})
	}
}
