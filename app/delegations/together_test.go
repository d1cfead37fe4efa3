package delegations_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/mail"
)

// to answers the mails to an address, the latest last, with what they say.
func (g ground) to(t *testing.T, address string) (list []mail.Mail) {
	t.Helper()
	rows, _, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{Search: address, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b mail.Mail) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, row := range rows {
		m, err := g.mail.ByID(t.Context(), office, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func statuses(list []mail.Mail) string {
	n := map[string]int{}
	for _, m := range list {
		n[m.Status]++
	}
	return fmt.Sprintf("kept %d, held %d", n[mail.Kept], n[mail.Held])
}

// Guests cause a few letters an hour to one address; more are held for the desk. What
// the office causes is never held.
func TestLettersToOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1000).speak(t)
	in := func(n int) delegations.Input {
		one := firm(n)
		one.Email = "Flood@victim.example"
		return one
	}
	var last delegations.Registration
	var secret string
	for n := range 10 {
		var err error
		if last, secret, err = g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := statuses(g.to(t, "victim.example")); got != "kept 6, held 4" {
		t.Errorf("ten people register: %s", got)
	}
	if _, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, firm(20)); err != nil {
		t.Fatal(err)
	}
	if got := statuses(g.lettersOf(t, g.newest(t).ID)); got != "kept 1, held 0" {
		t.Errorf("another address: %s", got)
	}
	for _, address := range []string{"a@x.example", "flood@victim.example", "a@x.example"} { // to and fro
		if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"email": address}); err != nil {
			t.Fatal(err)
		}
	}
	if got := statuses(g.to(t, "victim.example")); got != "kept 6, held 6" {
		t.Errorf("an address changes to and fro: %s", got)
	}
	if _, err := g.guests.Edit(t.Context(), office, last.ID, 0, delegations.Edit{"email": "flood@victim.example"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, last.ID); err != nil {
		t.Fatal(err)
	}
	if got := statuses(g.to(t, "victim.example")); got != "kept 8, held 6" { // a link to the address that the office put right, and the badge
		t.Errorf("the office decides: %s", got)
	}
	if counts, err := g.mail.Counts(t.Context(), office, g.event.ID); err != nil || counts[mail.Held] != 6 || counts["trouble"] < 6 {
		t.Errorf("the desk is shown %v, %v", counts, err)
	}
}

func (g ground) newest(t *testing.T) delegations.Registration {
	t.Helper()
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows[0]
}

// A group under the address of who registers it gets one letter with every link, and
// so does who asks for the links of many again. Strangers' addresses stand once.
func TestAGroupGetsOneLetter(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1000).speak(t)
	group := func(by accounts.Actor, from, size int, address, contact string) ([]delegations.Registered, error) {
		var people []delegations.Input
		for n := range size {
			one := firm(from + n)
			if address != "" {
				one.Email = address
			}
			people = append(people, one)
		}
		_, done, err := g.guests.RegisterGroup(t.Context(), by, g.event.ID, people, contact)
		return done, err
	}
	_, err := group(accounts.GuestActor(), 0, 3, "stranger@victim.example", "")
	if f, ok := fault.Of(err); !ok || len(f.Fields) != 2 || f.Fields[0].Path != "people[1].email" || f.Fields[0].Key != "registration.group_address" {
		t.Errorf("strangers' addresses: %v", err)
	}
	if _, err := group(accounts.GuestActor(), 0, 3, "", "no address"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("no contact: %v", err)
	}
	done, err := group(accounts.GuestActor(), 0, 12, "office@firm.example", "Office@firm.example")
	if err != nil {
		t.Fatal(err)
	}
	opens := func(list []mail.Mail, people []delegations.Registered) {
		t.Helper()
		m := list[len(list)-1]
		if m.Template != "registration.several" || m.Status != mail.Kept || m.RegistrationID != ident.Nil {
			t.Fatalf("%s %s, %d letters", m.Template, m.Status, len(list))
		}
		for _, r := range people {
			_, after, found := strings.Cut(m.Text, r.Reference)
			_, link, _ := strings.Cut(after, "/me/")
			secret, _, _ := strings.Cut(link, "?")
			own, err := g.guests.ByLink(t.Context(), secret)
			if !found || err != nil || own.ID != r.ID || strings.Contains(m.Text+m.HTML, r.FamilyName) {
				t.Errorf("%s: %v, %v in\n%s", r.Reference, own.Reference, err, m.Text)
			}
		}
	}
	list := g.to(t, "office@firm.example")
	if len(list) != 1 {
		t.Fatalf("%d letters", len(list))
	}
	opens(list, done)
	if n, err := g.guests.RenewLinks(t.Context(), g.event.ID, "office@firm.example"); err != nil || n != 0 {
		t.Errorf("at once: %d, %v", n, err)
	}
	now := func() time.Time { return april().Add(10 * time.Minute) }
	later := g.clocked(now)
	if n, err := later.RenewLinks(t.Context(), g.event.ID, "office@firm.example"); err != nil || n != 12 {
		t.Errorf("ten minutes later: %d, %v", n, err)
	}
	if list = g.to(t, "office@firm.example"); len(list) != 2 {
		t.Fatalf("%d letters", len(list))
	}
	opens(list, done)
	if _, err := g.guests.ByLink(t.Context(), done[0].Secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the older link: %v", err)
	}
	// As many as a coach holds under one address, and no more.
	if _, err := group(accounts.GuestActor(), 20, 38, "office@firm.example", "office@firm.example"); err != nil {
		t.Fatal(err)
	}
	if _, err := group(accounts.GuestActor(), 80, 2, "office@firm.example", "office@firm.example"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("fifty-two under one address: %v", err)
	}
	if _, err := group(office, 90, 3, "office@firm.example", ""); err != nil {
		t.Errorf("the office may: %v", err)
	}
}
