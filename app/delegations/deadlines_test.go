package delegations_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/mail"
)

// TestDaysLeft counts by the calendar of the place, whatever hour it is elsewhere.
func TestDaysLeft(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		due, now, zone string
		want           int
		past           bool
	}{
		{"2027-05-10T18:00:00+08:00", "2027-05-08T23:59:00+08:00", "Asia/Shanghai", 2, false},
		{"2027-05-10T18:00:00+08:00", "2027-05-09T00:00:00+08:00", "Asia/Shanghai", 1, false},
		{"2027-05-10T18:00:00+08:00", "2027-05-10T17:59:59+08:00", "Asia/Shanghai", 0, false},
		{"2027-05-10T18:00:00+08:00", "2027-05-10T18:00:00+08:00", "Asia/Shanghai", 0, true},
		{"2027-05-10T18:00:00+08:00", "2027-05-11T00:00:00+08:00", "Asia/Shanghai", -1, true},
		{"2027-05-10T02:00:00+08:00", "2027-05-09T20:00:00+02:00", "Asia/Shanghai", 0, true},      // it is the 10th there already
		{"2027-05-10T02:00:00+08:00", "2027-05-09T19:00:00+02:00", "Europe/Berlin", 0, false},     // and here the 9th still
		{"2027-10-31T12:00:00+01:00", "2027-10-30T12:00:00+02:00", "Europe/Berlin", 1, false},     // a day of 25 hours
		{"2027-03-28T12:00:00+02:00", "2027-03-27T12:00:00+01:00", "Europe/Berlin", 1, false},     // a day of 23 hours
		{"2028-02-29T00:00:00+08:00", "2028-02-28T00:00:00+08:00", "Asia/Shanghai", 1, false},     // leap day
		{"2027-05-10T18:00:00-03:00", "2027-05-11T04:00:00+08:00", "America/Sao_Paulo", 0, false}, // the 10th at 17 there
	} {
		at := func(s string) time.Time { return clock.At(s)() }
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		d := delegations.Deadline{Step: "nominate", DueAt: at(tt.due)}
		if got, past := d.DaysLeft(at(tt.now), zone), d.Past(at(tt.now)); got != tt.want || past != tt.past {
			t.Errorf("due %s, at %s in %s: %d days, past %v; want %d, %v", tt.due, tt.now, tt.zone, got, past, tt.want, tt.past)
		}
	}
}

// TestWhoIsLate moves the clock over the deadlines of an event.
func TestWhoIsLate(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	none, named, ready, done := g.delegation(t, "D01", 4), g.delegation(t, "D02", 4), g.delegation(t, "D03", 4), g.delegation(t, "D04", 4)
	declined := g.delegation(t, "D05", 4)
	declined.Status = "declined"
	if _, err := g.guests.Save(t.Context(), office, declined); err != nil {
		t.Fatal(err)
	}
	g.nominate(t, named, "head", "Named")
	g.complete(t, g.nominate(t, ready, "head", "Ready"))
	g.complete(t, g.nominate(t, done, "head", "Done"))
	if _, err := g.guests.Confirm(t.Context(), office, done.ID, true); err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time { return clock.At(s)() }
	due := map[string]time.Time{"nominate": at("2027-04-25T18:00:00+08:00"), "complete": at("2027-05-05T18:00:00+08:00"), "confirm": at("2027-05-10T18:00:00+08:00")}
	if err := g.guests.SetDeadlines(t.Context(), protocolIn(g.event.ID), g.event.ID, due); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ now, want string }{
		{"2027-04-25T17:59:59+08:00", "D01: D02: D03: D04:"},
		{"2027-04-25T18:00:00+08:00", "D01:nominate D02: D03: D04:"},
		{"2027-05-05T12:00:00+02:00", "D01:nominate D02:complete D03: D04:"},
		{"2027-06-01T00:00:00+08:00", "D01:nominate D02:complete,confirm D03:confirm D04:"},
	} {
		list, err := g.at(t, clock.At(tt.now)).Standings(t.Context(), office, g.event.ID)
		var got []string
		for _, x := range list {
			got = append(got, x.Code+":"+strings.Join(x.Late, ","))
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("at %s: %q, %v; want %q", tt.now, got, err, tt.want)
		}
	}
	list, err := g.guests.Standings(t.Context(), office, g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range list {
		got = append(got, fmt.Sprintf("%s %d %v %d %d %s", x.Code, x.Named, x.HasHead, x.Drafts, x.Incomplete, x.Due))
	}
	if want := "D01 0 false 0 0 nominate|D02 1 true 1 1 complete|D03 1 true 1 0 confirm|D04 1 true 0 0 "; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", got, want)
	}
	one, err := g.guests.Standing(t.Context(), g.officer(named, accounts.Accreditation), named)
	if err != nil || one.Incomplete != 1 || one.Due != "complete" {
		t.Errorf("the officer reads %+v, %v", one, err)
	}
	one, err = g.guests.Standing(t.Context(), g.officer(named, accounts.Media), named)
	if err != nil || one.Named != 0 || one.Incomplete != 0 || one.Due != "" || len(one.Late) > 0 {
		t.Errorf("who answers for the press reads of others %+v, %v", one, err)
	}
	if _, err := g.guests.Standing(t.Context(), g.officer(none, accounts.Media), named); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("an officer of another delegation: %v", err)
	}
	if list, err := g.guests.Deadlines(t.Context(), g.officer(ready, accounts.Liaison), g.event.ID); err != nil || len(list) != 3 || list[0].Step != "nominate" || list[2].Step != "confirm" {
		t.Errorf("deadlines are %+v, %v", list, err)
	}
	for _, tt := range []struct {
		by   accounts.Actor
		due  map[string]time.Time
		want fault.Code
	}{
		{g.officer(none, accounts.Accreditation), due, fault.Forbidden},
		{accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Auditor}}}, due, fault.Forbidden},
		{office, map[string]time.Time{"nominate": due["confirm"], "confirm": due["nominate"]}, fault.Invalid},
		{office, map[string]time.Time{"travel": due["confirm"]}, fault.Invalid},
		{office, map[string]time.Time{"confirm": due["confirm"]}, ""},
	} {
		if err := g.guests.SetDeadlines(t.Context(), tt.by, g.event.ID, tt.due); fault.CodeOf(err) != tt.want {
			t.Errorf("%s sets %v: %v, want %q", tt.by.Name(), tt.due, err, tt.want)
		}
	}
	if list, err := g.guests.Deadlines(t.Context(), office, g.event.ID); err != nil || len(list) != 1 {
		t.Errorf("what is not named stays: %+v, %v", list, err)
	}
}

// TestRemindersGoOnceADay reminds by several at once, and again on the next day of
// the event's calendar. The letter's address ends with the officer's link.
func TestRemindersGoOnceADay(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	late, fine, mute := g.delegation(t, "D01", 4), g.delegation(t, "D02", 4), g.delegation(t, "D03", 4)
	if err := g.guests.SetDeadlines(t.Context(), office, g.event.ID, map[string]time.Time{"nominate": clock.At("2027-04-19T18:00:00+08:00")()}); err != nil {
		t.Fatal(err)
	}
	g.nominate(t, fine, "head", "Fine")
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, g.event.Location())
	var links []delegations.Link
	for _, o := range []delegations.Officer{
		{Role: accounts.Accreditation, Holder: "Office", Email: "office@city.example", Lang: "zh"},
		{Role: accounts.Liaison, Holder: "Driver", Email: "driver@city.example"},
		{Role: accounts.Media, Holder: "Press", Email: "press@city.example"}, // nothing of theirs is open
		{Role: accounts.Accreditation, Holder: "No address"},
	} {
		for _, d := range []delegations.Delegation{late, fine} {
			l, _, err := g.guests.MakeOfficerLink(t.Context(), office, d.ID, o, until)
			if err != nil {
				t.Fatal(err)
			}
			links = append(links, l)
		}
	}
	var run sync.WaitGroup
	results := make([]delegations.Reminded, 4)
	for i := range results {
		run.Go(func() {
			var err error
			if results[i], err = g.guests.Remind(t.Context(), protocolIn(g.event.ID), g.event.ID); err != nil {
				t.Error(err)
			}
		})
	}
	run.Wait()
	sent, already := 0, 0
	for _, r := range results {
		sent, already = sent+r.Sent, already+r.Already
		if len(r.Nobody) != 1 || r.Nobody[0].ID != mute.ID {
			t.Errorf("nobody to write to in %+v", r.Nobody)
		}
	}
	list, _, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{Limit: 50})
	if err != nil || sent != 1 || already != 3 || len(list) != 1 || list[0].To != "office@city.example" || list[0].Lang != "zh" {
		t.Fatalf("sent %d, already %d, letters %+v, %v", sent, already, list, err)
	}
	secret := g.mailed(t, "delegation.reminder", "/delegation/")
	d, l, err := g.guests.DelegationByLink(t.Context(), secret)
	if err != nil || d.ID != late.ID || l.ID != links[0].ID || l.RemindedAt == nil {
		t.Errorf("the letter's link opens %s by %+v, %v", d.Code, l, err)
	}
	if kept, err := g.guests.DelegationLinks(t.Context(), office, late.ID); err != nil || len(kept) != 4 {
		t.Errorf("the desk lists %d links, %v", len(kept), err)
	}
	// One that is not late is reminded only by name; nobody but the office reminds.
	if r, err := g.guests.Remind(t.Context(), office, g.event.ID, fine.ID); err != nil || r.Sent != 1 {
		t.Errorf("by name: %+v, %v", r, err)
	}
	if _, err := g.guests.Remind(t.Context(), l.Actor(), g.event.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("an officer reminds: %v", err)
	}
	for _, tt := range []struct {
		now  string
		want bool
	}{{"2027-04-20T23:59:59+08:00", false}, {"2027-04-20T18:00:00+02:00", true}} {
		claimed, err := delegations.ClaimReminder(t.Context(), g.db, links[0].ID, clock.At(tt.now)(), g.event.TimeZone)
		if err != nil || claimed != tt.want {
			t.Errorf("at %s: %v, %v", tt.now, claimed, err)
		}
	}
	if _, err := g.guests.RevokeLink(t.Context(), office, g.event.ID, links[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.DelegationByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the letter's link outlives the officer's: %v", err)
	}
	if _, err := g.guests.RevokeLink(t.Context(), office, g.event.ID, ident.New()); fault.CodeOf(err) != fault.NotFound {
		t.Error(err)
	}
}
