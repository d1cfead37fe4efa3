package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
)

// types presses keys, one after another, on a page that stays.
func (p person) types(keys string) {
	p.t.Helper()
	p.Settled()
	p.Do("type "+keys, chromedp.KeyEvent(keys))
}

// keys presses a key that leads to another page.
func (p person) keys(key string) {
	p.t.Helper()
	p.Settled()
	apptest.Eval[bool](p.Browser, `window.before = true`)
	p.Do("press the key "+key, chromedp.KeyEvent(key))
	p.Await("the page after the key "+key, `!window.before`)
	p.Settled()
}

// shown is the number of the one on the right of the desk.
func (p person) shown() string { return p.Text(".rg-head .rg-state .tnum") }

// row is what the list says of the nth, from 1.
func (p person) row(n int) string { return p.Text(fmt.Sprintf(".rd-list li:nth-child(%d)", n)) }

// TestDeskByKeys is a morning at the review desk without a mouse, in both
// languages: look through the queue, approve two and think better of it, approve
// one and see it done, ask one for changes, keep a view.
func TestDeskByKeys(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Langs {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			p := start(t)
			desk := p.newPerson(t, lang)
			desk.signsIn("protocol", p.password)
			desk.opens("/console/" + forum + "/registrations")
			waiting := desk.counts(".rd-list li")
			first := desk.shown()
			if waiting < 5 || !strings.Contains(desk.row(1), first) {
				t.Fatalf("%d wait; beside %q stands %s", waiting, desk.row(1), first)
			}

			// Down and up, the list of keys, the search.
			desk.keys("j")
			second := desk.shown()
			if second == first || !strings.Contains(desk.row(2), second) {
				t.Errorf("after j: %s beside %q", second, desk.row(2))
			}
			desk.keys("k")
			if desk.shown() != first {
				t.Errorf("after k: %s, want %s again", desk.shown(), first)
			}
			desk.types("?")
			desk.reads("#rd-keys", desk.says("desk.keys_about"))
			desk.taps("action.close")
			desk.types("/")
			desk.types("zzz")
			if got := apptest.Eval[string](desk.Browser, `document.activeElement.value`); !strings.HasSuffix(got, "zzz") {
				t.Errorf("in the search stands %q", got)
			}

			// Two are ticked and approved, and it is undone: nothing happened.
			desk.opens("/console/" + forum + "/registrations")
			desk.types("x")
			desk.keys("j")
			desk.types("x")
			desk.reads(".rd-bulk", desk.says("desk.selected", 2))
			desk.keys("a")
			desk.reads(".rd-recent", desk.says("desk.soon.approve", 2))
			desk.reads(".rd-list li:nth-child(1)", desk.says("desk.pending.approve"))
			desk.keys("u")
			desk.reads(".qs-flash", desk.says("desk.undone", 2))
			if got := desk.row(1); strings.Contains(got, desk.says("desk.pending.approve")) {
				t.Errorf("undone, and the list says %q", got)
			}

			// One is approved by key, and the desk goes on to the next; ten seconds later
			// it is done, and the list says so by itself.
			desk.opens("/console/" + forum + "/registrations")
			desk.keys("a")
			desk.reads(".rd-recent", desk.says("desk.soon.approve", 1))
			if got := desk.shown(); got != second {
				t.Errorf("after approving %s the desk shows %s, want %s", first, got, second)
			}
			desk.Await("the approval", `document.querySelector(".rd-recent")?.innerText.includes(`+fmt.Sprintf("%q", desk.says("desk.done.approve", 1))+`)`)
			desk.Settled()
			if n := desk.counts(".rd-list li"); n != waiting-1 || strings.Contains(desk.row(1), first) {
				t.Errorf("%d wait, the first is %q; want %s gone", n, desk.row(1), first)
			}

			// To ask for changes opens the field of the reason; without one it is refused.
			desk.opens("/console/" + forum + "/registrations")
			desk.types("c")
			desk.types("Please send a photo")
			desk.presses("review.return")
			desk.reads(".rd-recent", desk.says("desk.soon.return", 1))
			desk.opens("/console/" + forum + "/registrations")
			desk.keys("j")
			desk.types("r")
			if got := apptest.Eval[string](desk.Browser, `document.activeElement.name`); got != "reason" {
				t.Errorf("after r the field %q has the keys", got)
			}
			// Without a reason it is refused; the desk stays with the same one, who is named.
			asked := desk.shown()
			name := strings.TrimSpace(apptest.Eval[string](desk.Browser, `document.querySelector(".rd-list [aria-current] a.name").textContent`))
			apptest.Eval[any](desk.Browser, `document.activeElement.value = ""`) // a driven browser types the key into the field, too
			desk.presses("review.reject")
			desk.reads(".rd-why .why", desk.says("registration.reason"))
			desk.reads(".rd-why [data-whom]", desk.says("desk.ask.reject", name))
			if got := desk.shown(); got != asked {
				t.Errorf("refused without a reason, the desk shows %s, want %s", got, asked)
			}
			desk.types("\x1b")
			if n := desk.counts(".rd-list input:checked"); n != 0 {
				t.Errorf("Escape leaves %d ticked", n)
			}
			if open := apptest.Eval[bool](desk.Browser, `document.querySelector(".rd-why").open`); open {
				t.Error("Escape leaves the reason open")
			}

			desk.keepsAView(p)
			if said := desk.Complaints(); len(said) > 0 {
				t.Errorf("pages complained: %q", said)
			}
		})
	}
}

// keepsAView saves the filters under a name, shared; a colleague finds it.
func (p person) keepsAView(site program) {
	p.t.Helper()
	p.opens("/console/" + forum + "/registrations?status=all&category=press")
	p.Tap(".rd-more > summary")
	p.writes("desk.view_name", "Presse 媒体")
	p.ticks("desk.view_shared")
	p.ticks("desk.view_standard")
	p.presses("desk.view_save")
	p.reads(".qs-flash", "Presse 媒体")
	p.opens("/console/" + forum)
	p.follows("nav.registrations")
	if at := p.At(); !strings.Contains(at, "category=press") {
		p.t.Errorf("the desk opens at %s, not with its view", at)
	}
	colleague := p.meets((*apptest.Browser).Desk)
	colleague.signsIn("programme", site.password)
	colleague.follows("nav.registrations")
	colleague.PressNamed(apptest.Link, "Presse 媒体")
	if at := colleague.At(); !strings.Contains(at, "category=press") {
		p.t.Errorf("the colleague's view leads to %s", at)
	}
}

// TestDeskWithoutScripts decides on a telephone whose browser runs none: list, then
// one; ticks and buttons.
func TestDeskWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk := p.newPerson(t, locale.EN)
	desk.Phone()
	desk.NoScripts()
	desk.signsIn("protocol", p.password)
	desk.opens("/console/" + forum + "/registrations")
	desk.Tap(".rd-list li:nth-child(1) input")
	desk.Tap(".rd-list li:nth-child(3) input")
	desk.Press(`.rd-bulk button[value="approve"]`)
	desk.reads(".rd-recent", desk.says("desk.soon.approve", 2))
	desk.presses("desk.undo")
	desk.reads(".qs-flash", desk.says("desk.undone", 2))

	desk.Press(".rd-list li:nth-child(2) a.name")
	reference := desk.shown()
	desk.presses("desk.hold")
	desk.reads(".qs-flash", reference)
	outside := desk.meets((*apptest.Browser).Desk)
	outside.signsIn("programme", p.password)
	outside.opens("/console/" + forum + "/registrations?q=" + reference)
	outside.reads(".rd-list li", outside.says("state.registration.under_review"))
	if got := outside.Text("main"); strings.Contains(got, outside.says("state.registration.on_hold")) {
		t.Errorf("who does not vet reads of the hold: %q", got)
	}
	desk.opens("/console/" + forum + "/registrations?status=on_hold")
	desk.Press(".rd-list li a.name")
	desk.presses("desk.release")
	desk.reads(".qs-flash", desk.says("review.done.release", "", "")[:1], reference)
}

// TestTwoFormsOfOnePerson lays two forms side by side and makes them one; the links of
// the address that is kept lead to it, those of the other end.
func TestTwoFormsOfOnePerson(t *testing.T) {
	t.Parallel()
	p := start(t)
	desk := p.newPerson(t, locale.EN)
	owner := p.caller(t, "owner")
	guest := &caller{t: t, program: p, schemas: owner.schemas, paths: owner.paths}
	form := func(family, email string, passport string) object {
		return guest.ask(http.MethodPost, "/api/v1/events/"+forum+"/registrations", "/api/v1/events/{event}/registrations", 201, object{
			"category": "press", "given_name": "Kosmas", "family_name": family, "email": email, "nationality": "GR", "birth_date": "1971-03-14",
			"organisation": "Harbour Courier", "consent": true, "lang": "en", "passport": object{"number": passport, "issuer": "GR", "expires_on": "2031-12-31"},
		})
	}
	first, second := form("Vergkopoulos", "a@courier.example", "TEST90048"), form("Vergopoulos", "b@courier.example", "TEST93915")
	kept, gone := first["reference"].(string), second["reference"].(string)

	desk.signsIn("protocol", p.password)
	desk.opens("/console/" + forum + "/registrations?q=" + gone)
	desk.reads(".rg-same", "Vergkopoulos", desk.says("desk.sign.birth"), desk.says("desk.sign.name"))
	desk.reads(".rd-side", "Vergkopoulos", "Vergopoulos", desk.says("desk.merge.differs"))
	desk.follows("desk.merge.go", kept)
	desk.reads(".rd-cmp", "Vergkopoulos", "Vergopoulos", "a@courier.example", "b@courier.example")
	desk.Tap(`.rd-cmp input[name="email"][value="second"]`)
	desk.Tap(`.rd-cmp input[name="document"][value="second"]`)
	desk.presses("desk.merge.do", kept)
	desk.reads(".qs-flash", desk.says("desk.merge.done", gone, kept))
	desk.reads("main", "Vergkopoulos", "b@courier.example")
	if got := desk.shown(); got != kept {
		t.Errorf("merged, and %s is shown, want %s", got, kept)
	}
	person := desk.meets((*apptest.Browser).Phone)
	person.opens(second["manage_url"].(string))
	person.reads("main", kept)
	if got := statusOf(t, first["manage_url"].(string)); got != http.StatusNotFound {
		t.Errorf("the link of the address that is not kept answers %d", got)
	}
	desk.opens("/console/" + forum + "/registrations/" + second["id"].(string))
	if got := desk.shown(); got != kept {
		t.Errorf("the address of the one that is gone shows %s, want %s", got, kept)
	}
}
