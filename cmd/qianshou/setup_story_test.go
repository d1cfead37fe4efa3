package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"qianshou/app/apptest"
	"qianshou/app/kit/locale"
)

const ownersPassword = "correct horse battery staple"

// owner makes the first account of an installation, as the README says.
func (p program) owner(t *testing.T) {
	t.Helper()
	log := &testLog{t: t}
	code := run(context.Background(), []string{"user", "create", "--email", "owner@office.example", "--name-zh", "张三", "--name-en", "Zhang San", "--role", "owner"},
		stdio{in: strings.NewReader(ownersPassword + "\n"), out: log, err: log, environ: p.environ})
	log.end()
	if code != 0 {
		t.Fatalf("the owner was not made: exit code %d", code)
	}
}

// TestInstallationBegins is the first day of a real installation, in both languages,
// in Chinese without scripts: from an empty database to a guest's badge, in the
// browser alone but for the first account.
func TestInstallationBegins(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Langs {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			p := start(t, "DEMO=off")
			p.owner(t)
			owner := p.newPerson(t, lang)
			if lang == locale.ZH {
				owner.NoScripts()
			}
			first := time.Now().AddDate(0, 3, 0)
			slug := "harbour-forum-" + first.Format("2006")
			makesFirstEvent(owner, first, slug)
			setsUp(owner, slug)
			invitesDelegation(owner, slug)

			guest := owner.meets((*apptest.Browser).Phone)
			early := owner.meets((*apptest.Browser).Phone)
			if early.opens("/e/" + slug); early.Status() != http.StatusNotFound {
				t.Errorf("before registration opens the event answers %d", early.Status())
			}
			owner.opens("/console/" + slug + "/setup")
			owner.presses("setup.move.registration_open")
			owner.reads("#status", owner.says("setup.stands.registration_open"))

			reference := registersFromItaly(guest, slug)
			if want := "F" + first.Format("06") + "-"; !strings.HasPrefix(reference, want) {
				t.Errorf("the reference is %s, want one of %s", reference, want)
			}
			own := guest.At()
			owner.opens("/console/" + slug + "/registrations")
			owner.Press(".rd-list a.name")
			owner.presses("review.approve")
			owner.reads(".qs-flash", reference)
			guest.opens(own)
			paper := textOfBadge(t, p.url+guest.Attribute(`a[href$="/badge.pdf"]`, "href"))
			for _, want := range []string{"ROSSI", "Giulia", map[locale.Lang]string{locale.ZH: "意大利", locale.EN: "Italy"}[lang]} {
				if !strings.Contains(paper, want) {
					t.Errorf("the badge reads %q, without %q", paper, want)
				}
			}
			for _, somebody := range []person{owner, guest} {
				if said := somebody.Complaints(); len(said) > 0 {
					t.Errorf("pages complained: %q", said)
				}
			}
		})
	}
}

// makesFirstEvent signs in where there is none, and is led to make one.
func makesFirstEvent(owner person, first time.Time, slug string) {
	owner.t.Helper()
	owner.opens("/console")
	owner.writes("signin.email", "owner@office.example", "signin.password", ownersPassword)
	owner.presses("signin.do")
	owner.reads("h1", owner.says("setup.first"))
	owner.presses("setup.begin_do")
	owner.reads(".qs-note.fix", owner.says("form.problems", 6), owner.says("setup.field.title_zh"), owner.says("setup.field.series_name_en"), owner.says("setup.field.ends_on"))
	owner.writes("setup.field.series_name_zh", "港口城市论坛", "setup.field.series_name_en", "Harbour Forum",
		"setup.field.title_zh", "港口城市论坛"+first.Format("2006"), "setup.field.title_en", "Harbour Forum "+first.Format("2006"),
		"setup.field.starts_on", first.Format(time.DateOnly), "setup.field.ends_on", first.AddDate(0, 0, 1).Format(time.DateOnly),
		"setup.field.venue_zh", "国际会议中心", "setup.field.venue_en", "Convention Centre")
	owner.presses("setup.begin_do")
	if at := owner.At(); !strings.Contains(at, "/console/"+slug+"/setup") {
		owner.t.Fatalf("the event made, led to %s", at)
	}
	owner.reads(".qs-flash", owner.says("setup.begun", locale.Text{ZH: "港口城市论坛" + first.Format("2006"), EN: "Harbour Forum " + first.Format("2006")}))
}

// setsUp sees to what the checklist asks for.
func setsUp(owner person, slug string) {
	owner.t.Helper()
	owner.reads(".su-check", owner.says("setup.to_do"))
	owner.follows("setup.event_edit")
	owner.writes("setup.field.place_zh", "宁波", "setup.field.place_en", "Ningbo", "setup.field.summary_zh", "港口与城市。", "setup.field.summary_en", "Ports and cities.")
	owner.presses("action.save")
	owner.reads(".su-check", owner.says("setup.says.event"))

	// A room, its number of seats typed with a Chinese keyboard; its code cannot be
	// given twice.
	owner.follows("setup.title.rooms")
	for range 2 {
		owner.follows("setup.add.rooms")
		owner.writes("setup.field.code", "R1", "setup.field.name_zh", "主会场", "setup.field.name_en", "Main hall", "setup.field.capacity", "２００")
		owner.presses("action.save")
	}
	owner.reads(`.field.fix:has([name="code"]) .why`, owner.says("field.taken"))
	owner.opens("/console/" + slug + "/setup/rooms")
	owner.reads(".su-list", "R1", owner.says("setup.holds", 200))

	// A badge type that opens one zone more, and a zone that is in use and stays.
	owner.opens("/console/" + slug + "/setup/badge-types/MED")
	owner.Tap(`[name="zones"][value="B"] + span`)
	owner.presses("action.save")
	owner.reads(`.su-list a[href$="/MED"]`, map[locale.Lang]string{locale.ZH: "对接洽谈区", locale.EN: "Matchmaking area"}[owner.lang])
	owner.opens("/console/" + slug + "/setup/zones/P")
	owner.Tap(".su-remove summary")
	owner.presses("setup.remove_yes")
	owner.reads(".qs-note.fix", owner.says("events.in_use", "P"))

	owner.opens("/console/" + slug + "/doors/gates/new")
	owner.writes("gate.code", "A-1", "gate.name_zh", "一号门", "gate.name_en", "Gate one")
	owner.presses("action.save")
	owner.opens("/console/" + slug + "/setup")
	owner.reads(".su-check", owner.says("setup.says.gates", 1))
}

// invitesDelegation adds one from a city that nobody knew.
func invitesDelegation(owner person, slug string) {
	owner.t.Helper()
	owner.opens("/console/" + slug + "/delegations")
	owner.PressNamed(apptest.Link, owner.says("setup.delegation_new"))
	owner.Fill("city_code", "new")
	apptest.Eval[any](owner.Browser, `document.querySelector('[name="city_code"]').dispatchEvent(new Event("change", {bubbles: true}))`)
	owner.presses("action.save")
	owner.reads(".qs-note.fix", owner.says("setup.field.city_name_zh"), owner.says("setup.field.country_code"))
	owner.Fill("city_name_zh", "都灵", "city_name_en", "Turin", "city_name_native", "Torino", "city_country_code", "IT")
	owner.presses("action.save")
	owner.reads("main", "D01", map[locale.Lang]string{locale.ZH: "都灵代表团", locale.EN: "Delegation of Turin"}[owner.lang])
	owner.opens("/console/" + slug + "/setup/cities")
	owner.reads(".su-list", "TUR", "Europe/Rome")
}

// registersFromItaly sends the public form and answers the reference.
func registersFromItaly(guest person, slug string) string {
	guest.t.Helper()
	guest.opens("/e/" + slug)
	guest.follows("event.register")
	guest.Tap(`[name="category"][value="press"] + span`)
	guest.writes("register.family_name", "Rossi", "register.given_name", "Giulia", "register.email", "giulia@giornale.example", "register.organisation", "Il Giornale del Porto")
	guest.Fill("nationality", "IT")
	guest.ticks("register.consent")
	guest.presses("register.send")
	return regexp.MustCompile(`[A-Z]\d\d-\d+`).FindString(guest.Text("main"))
}

// textOfBadge reads the words of a badge on paper.
func textOfBadge(t *testing.T, address string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "badge.pdf")
	(&forumStory{T: t}).download(address, file)
	out, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, out))
	}
	return string(out)
}
