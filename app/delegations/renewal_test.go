package delegations_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/mail"
)

// Whoever lost their link gets a fresh one by mail, and the old one stops; nobody
// else's does. Who was written to just now is not written to again.
func TestLinksAreRenewed(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ctx := t.Context()
	r, old, err := g.register(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := g.register(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := g.guests.RenewLinks(ctx, g.event.ID, "m1@city.example"); err != nil || n != 0 {
		t.Errorf("at once: %d, %v", n, err)
	}
	if _, err := g.db.ExecContext(ctx, `UPDATE magic_links SET created_at = created_at - interval '6 minutes'`); err != nil {
		t.Fatal(err)
	}
	for email, want := range map[string]int{"M1@City.example": 1, "nobody@city.example": 0} {
		if n, err := g.guests.RenewLinks(ctx, g.event.ID, email); err != nil || n != want {
			t.Errorf("%s: %d, %v", email, n, err)
		}
	}
	if n, err := g.guests.RenewLinks(ctx, g.event.ID, "m1@city.example"); err != nil || n != 0 {
		t.Errorf("again at once: %d, %v", n, err)
	}
	if _, err := g.guests.ByLink(ctx, old); err != nil { // anybody may ask who knows the address
		t.Errorf("the old link, before the new one is opened: %v", err)
	}
	if _, err := g.guests.ByLink(ctx, other); err != nil {
		t.Errorf("another's link: %v", err)
	}
	if got := g.letters(t, r); fmt.Sprint(got) != "[registration.received registration.link]" {
		t.Errorf("letters %q", got)
	}
	mails, _, err := g.mail.List(ctx, office, g.event.ID, mail.Filter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		if m.Template != "registration.link" {
			continue
		}
		full, err := g.mail.ByID(ctx, office, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, _ := strings.Cut(full.Text, "/me/")
		secret, _, _ = strings.Cut(secret, "?")
		if found, err := g.guests.ByLink(ctx, secret); err != nil || found.ID != r.ID {
			t.Errorf("the new link opens %s, %v", found.Reference, err)
		}
	}
	if _, err := g.guests.ByLink(ctx, old); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the old link, once the new one is opened: %v", err)
	}
	if _, err := g.guests.ByLink(ctx, other); err != nil {
		t.Errorf("another's link: %v", err)
	}
}

// Who asked is answered although the program ended in between; nothing is left of them
// then, and what waits never grows without bound.
func TestRenewalsWait(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ctx := t.Context()
	r, _, err := g.register(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.db.ExecContext(ctx, `UPDATE magic_links SET created_at = created_at - interval '6 minutes'`); err != nil {
		t.Fatal(err)
	}
	before := delegations.NewRenewals(g.guests, slog.New(slog.DiscardHandler))
	if err := before.Ask(ctx, g.event.ID, "no address"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("no address: %v", err)
	}
	if err := before.Ask(ctx, g.event.ID, "m1@city.example"); err != nil {
		t.Fatal(err)
	}
	full := 1
	for ; full < 1000; full++ {
		if err := before.Ask(ctx, g.event.ID, "nobody@city.example"); err != nil {
			if fault.CodeOf(err) != fault.Unavailable {
				t.Error(err)
			}
			break
		}
	}
	if full == 1000 {
		t.Error("the queue has no end")
	}
	var readable bool
	if err := g.db.GetContext(ctx, &readable, `SELECT bool_or(position('city.example'::bytea in email_sealed) > 0) FROM link_requests`); err != nil || readable {
		t.Errorf("addresses are kept as they are: %v", err)
	}
	left := func() (n int) {
		t.Helper()
		if err := g.db.GetContext(ctx, &n, `SELECT count(*) FROM link_requests`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 3 { // processes that start anew share the work
		go delegations.NewRenewals(g.guests, slog.New(slog.DiscardHandler)).Run(ctx)
	}
	for deadline := time.Now().Add(20 * time.Second); left() > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait", left())
		}
	}
	if got := g.letters(t, r); fmt.Sprint(got) != "[registration.received registration.link]" {
		t.Errorf("letters %q", got)
	}
}

// One that cannot be answered rests, holds up nobody, and is forgotten after a day.
func TestARenewalThatFails(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ctx := t.Context()
	queue := delegations.NewRenewals(g.guests, slog.New(slog.DiscardHandler))
	for range 2 {
		if err := queue.Ask(ctx, g.event.ID, "nobody@city.example"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.db.ExecContext(ctx, `UPDATE link_requests SET email_sealed = 'broken' WHERE id = (SELECT id FROM link_requests ORDER BY asked_at, id LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	until := func(queue *delegations.Renewals, what string) {
		t.Helper()
		done, stop := context.WithCancel(ctx)
		defer stop()
		go queue.Run(done)
		for deadline := time.Now().Add(20 * time.Second); ; {
			var is bool
			if err := g.db.GetContext(ctx, &is, `SELECT `+what); err != nil {
				t.Fatal(err)
			}
			if is {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until(queue, `(SELECT count(*) FROM link_requests) = 1 AND EXISTS (SELECT 1 FROM link_requests WHERE tried_at IS NOT NULL)`)
	tomorrow := g.clocked(func() time.Time { return april().Add(25 * time.Hour) })
	until(delegations.NewRenewals(tomorrow, slog.New(slog.DiscardHandler)), `NOT EXISTS (SELECT 1 FROM link_requests)`)
}

// Asked several times at once, the registrations of an address get one link each, in one
// letter.
func TestRenewalsDoNotDouble(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ctx := t.Context()
	in := firm(1)
	for n := range 2 {
		in.FamilyName = []string{"Early", "Late"}[n]
		if _, _, err := g.guests.Register(ctx, accounts.GuestActor(), g.event.ID, in); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.db.ExecContext(ctx, `UPDATE magic_links SET created_at = created_at - interval '6 minutes'`); err != nil {
		t.Fatal(err)
	}
	before := g.mails(t)
	var all sync.WaitGroup
	var sent atomic.Int64
	for range 3 {
		all.Go(func() {
			n, err := g.guests.RenewLinks(ctx, g.event.ID, in.Email)
			if err != nil {
				t.Error(err)
			}
			sent.Add(int64(n))
		})
	}
	all.Wait()
	var links int
	if err := g.db.GetContext(ctx, &links, `SELECT count(*) FROM magic_links WHERE revoked_at IS NULL`); err != nil {
		t.Fatal(err)
	}
	if letters := g.mails(t) - before; sent.Load() != 2 || links != 4 || letters != 1 { // the older links end when the new ones are opened
		t.Errorf("%d links sent in %d letters, %d open; want 2 in one, and 4", sent.Load(), letters, links)
	}
}
