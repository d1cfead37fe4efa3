package main

import (
	"testing"

	"qianshou/app/apptest"
)

// TestPagesAreAccessible holds the pages, on the phone in Chinese and at the desk
// in English, to the rules of accessibility. Nothing of them may be broken.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	p := start(t)
	const console = "/console/" + forum
	for _, visit := range []struct {
		who   string
		pages []string
	}{
		{"", []string{"/", "/e/" + forum, "/e/" + forum + "/agenda", "/e/" + forum + "/register", "/e/" + forum + "/wall", "/sign-in", "/door"}},
		{"owner", []string{
			console, console + "/registrations", console + "/delegations", console + "/firms", console + "/import/members", console + "/import/firms", console + "/matchmaking", console + "/agenda", console + "/agenda/new", console + "/badges",
			console + "/badges/back", console + "/doors", console + "/doors/log", console + "/doors/gates/new", console + "/doors/devices/new",
			console + "/projects", console + "/projects/new", console + "/projects/rates", console + "/statistics", console + "/mails",
			console + "/accounts", console + "/audit",
		}},
	} {
		b := apptest.Open(t)
		if visit.who != "" {
			p.signIn(b, visit.who)
		}
		for size, set := range map[string]func(){"zh": b.Phone, "en": b.Desk} {
			set()
			for _, page := range visit.pages {
				b.Visit(p.url + page + "?lang=" + size)
				for _, barrier := range b.Barriers() {
					t.Errorf("%s in %s: %s", page, size, barrier)
				}
				if wide := apptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s in %s: %d px wider than the window", page, size, wide)
				}
			}
		}
	}
}
