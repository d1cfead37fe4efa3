package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"qianshou/app/apptest"
)

const deskOfMeetings = "/console/mayors-forum-2027/matchmaking"

// The story of the desk of matchmaking: what is published, a run, a look, and
// publishing; and of a head of delegation, who sees own meetings.
func TestDeskPlansAndDelegateSeesMeetings(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk := apptest.Open(t)
	desk.Desk()
	p.signIn(desk, "matchmaking")
	desk.Visit(p.url + deskOfMeetings + "?lang=en")
	if got := desk.Text(".mm-head"); !strings.Contains(got, "Plan 1") || !strings.Contains(got, "Published") || !strings.Contains(got, "Proven") {
		t.Errorf("the demo begins with %q", got)
	}
	pictures(t, desk, "desk-published")
	desk.Press(`form[action$="/solve"] button`)
	if got := desk.Text(".qs-flash"); got != "Plan 2: 89 of 92 meetings placed." {
		t.Errorf("after the run: %q", got)
	}
	if held, seats := apptest.Eval[int](desk, `document.querySelectorAll(".mm-grid .m").length`), apptest.Eval[int](desk, `document.querySelectorAll(".mm-grid td").length`); held != 89 || seats != 140 {
		t.Errorf("the timetable shows %d meetings on %d seats", held, seats)
	}
	if got := desk.Text(".mm-left"); !strings.Contains(got, "Aachen already has as many meetings as the rules allow it") || !strings.Contains(got, "must not meet") {
		t.Errorf("the requests without a place: %q", got)
	}
	pictures(t, desk, "desk-draft")

	guest := apptest.Open(t)
	guest.Phone()
	link := p.linkOf(t, "m056@delegate.example")
	guest.Visit(link + "?lang=zh")
	before := guest.Text("#meetings")
	if n := apptest.Eval[int](guest, `document.querySelectorAll("#meetings li").length`); n != 9 || !strings.Contains(before, "2027年6月10日") || !strings.Contains(before, "贵宾一室 · V1号桌") {
		t.Errorf("the head of D12 sees %d meetings: %q", n, before)
	}
	apptest.Eval[any](guest, `document.querySelector("#meetings").scrollIntoView({behavior: "instant"})`)
	pictures(t, guest, "me")

	desk.Press(`form[action$="/publish"] button`)
	if got := desk.Text(".qs-flash"); got != "Plan 2 is published; its 89 meetings now show on everybody's own page." {
		t.Errorf("after publishing: %q", got)
	}
	if got := desk.Text("tbody tr[aria-selected]"); !strings.Contains(got, "Plan 2") || !strings.Contains(got, "Published") {
		t.Errorf("the list shows %q", got)
	}
	desk.Press(`form[action$="/repair"] button`)
	if got := desk.Text(".mm-head"); !strings.Contains(got, "moves no published meeting") {
		t.Errorf("a repair of what needs none: %q", got)
	}
	guest.Visit(link + "?lang=en")
	if n := apptest.Eval[int](guest, `document.querySelectorAll("#meetings li").length`); n != 9 {
		t.Errorf("after publishing the head of D12 sees %d meetings", n)
	}
	for who, b := range map[string]*apptest.Browser{"desk": desk, "guest": guest} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", who, said)
		}
	}
}

// linkOf answers a guest's own page, from the mail that was written to the guest.
func (p program) linkOf(t *testing.T, address string) string {
	t.Helper()
	b := apptest.Open(t)
	p.signIn(b, "protocol")
	for page := 1; page < 10; page++ {
		b.Visit(fmt.Sprintf("%s/console/mayors-forum-2027/mails?page=%d", p.url, page))
		mail := apptest.Eval[string](b, `[...document.querySelectorAll("tbody tr")].find(r => r.innerText.includes("`+address+`"))?.querySelector("a")?.href ?? ""`)
		if mail == "" {
			continue
		}
		b.Visit(mail)
		if link := regexp.MustCompile(`/me/[\w-]+`).FindString(b.Text("pre")); link != "" {
			return p.url + link
		}
	}
	t.Fatalf("no mail to %s leads to a page", address)
	return ""
}

// pictures shows a page in both languages and at both sizes, for people to look
// at, where a folder for them is given.
func pictures(t *testing.T, b *apptest.Browser, name string) {
	t.Helper()
	dir := os.Getenv("TEST_PICTURES")
	if dir == "" {
		return
	}
	back := b.At()
	base, fragment, _ := strings.Cut(back, "?")
	fragment = regexp.MustCompile(`lang=\w+`).ReplaceAllString(fragment, "")
	for _, lang := range []string{"zh", "en"} {
		for size, set := range map[string]func(){"phone": b.Phone, "desk": b.Desk} {
			set()
			b.Visit(base + "?" + fragment + "&lang=" + lang)
			for part, to := range map[string]string{"top": "0", "middle": "window.innerHeight", "end": "document.body.scrollHeight"} {
				apptest.Eval[any](b, "window.scrollTo({top: "+to+", behavior: 'instant'})")
				b.Picture(filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%s.png", name, size, lang, part)))
			}
		}
	}
	b.Desk()
	b.Visit(base + "?" + fragment + "&lang=en")
}
