package main

import (
	"regexp"
	"strings"
	"testing"

	"qianshou/app/apptest"
)

// codeLike is a code of the program where a sentence should stand: an action, a
// field, an identifier, an instant as machines write it.
var codeLike = regexp.MustCompile(`\b[a-z]+[._][a-z_]+\b|[0-9a-f]{8}-[0-9a-f]{4}-|\dT\d\d:\d\d|[{}"]`)

// TestAuditorReadsTheLog leafs through the demo's log in both languages: it is in
// words from end to end, and leads to what it is about.
func TestAuditorReadsTheLog(t *testing.T) {
	t.Parallel()
	p := start(t)
	auditor := apptest.Open(t)
	auditor.Desk()
	p.signIn(auditor, "auditor")
	for lang, system := range map[string]string{"zh": "演示数据", "en": "Demo data"} {
		auditor.Visit(p.url + "/console/" + forum + "/audit?lang=" + lang)
		pages, linked := 0, map[string]bool{}
		for ; ; pages++ {
			text := apptest.Eval[string](auditor, `[...document.querySelectorAll(".au-log tbody tr")].map(r => r.textContent).join("\n")`)
			for _, line := range strings.Split(text, "\n") {
				if found := codeLike.FindString(strings.ReplaceAll(line, "@demo.example", "")); found != "" {
					t.Errorf("%s, page %d: %q in %q", lang, pages+1, found, line)
				}
			}
			if pages == 0 && !strings.Contains(text, system) {
				t.Errorf("in %s the demo does not call itself %q", lang, system)
			}
			for _, at := range apptest.Eval[[]string](auditor, `[...document.querySelectorAll(".au-log tbody td a")].map(a => a.getAttribute("href").split("/").slice(0, 4).join("/"))`) {
				linked[strings.TrimPrefix(at, "/console/"+forum+"/")] = true
			}
			if apptest.Eval[int](auditor, `document.querySelectorAll(".au-older a").length`) == 0 {
				break
			}
			auditor.Press(".au-older a")
		}
		if pages < 10 {
			t.Errorf("in %s the log has %d pages", lang, pages)
		}
		for _, place := range []string{"registrations", "delegations", "badges", "agenda", "projects", "firms", "matchmaking", "doors"} {
			if !linked[place] {
				t.Errorf("in %s nothing leads to %s", lang, place)
			}
		}
	}
	auditor.Visit(p.url + "/console/" + forum + "/audit?lang=en")
	auditor.Press(`.au-log a[href*="/matchmaking"], .au-log a[href*="/agenda/"]`)
	if got := auditor.Text("h1"); got == "" {
		t.Error("the log leads to an empty page")
	}
}
