package delegations_test

import (
	"slices"
	"testing"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
)

// Whoever was asked to put something right is approved by somebody who looks at it, or
// hands it in again: not by way of a waiting list, on which nobody puts them.
func TestReturnedDoNotWait(t *testing.T) {
	t.Parallel()
	g, one := newGround(t, 5), 1
	g.category(t, "guest", &one)
	g.changed(t, "guest", func(c *events.Category) { c.Approval = "automatic" })
	in := firm(9)
	in.Category = "guest"
	holder, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Return(t.Context(), office, r.ID, "The passport is another's.", "passport.number"); err != nil {
		t.Fatal(err)
	}
	guest := delegations.Belonging{Category: "guest"}
	if _, err := g.guests.Move(t.Context(), office, r.ID, 0, guest); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("without a place: %v", err)
	}
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "ill"); err != nil {
		t.Fatal(err)
	}
	asked := func(now delegations.Registration) []string { return now.Requested.All() }
	now, err := g.guests.Move(t.Context(), office, r.ID, 0, guest)
	if err != nil || now.Status != delegations.Returned || !slices.Equal(asked(now), []string{"passport.number"}) {
		t.Errorf("with a place: %s, asked for %q, %v", now.Status, asked(now), err)
	}
	if _, err := g.guests.EditOwn(t.Context(), secret, 0, delegations.Edit{"passport.number": "TEST00002", "passport.issuer": "HU", "passport.expires_on": "2031-12-31"}); err != nil {
		t.Fatal(err)
	}
	if now := g.read(t, r); now.Status != delegations.Submitted || len(asked(now)) != 0 {
		t.Errorf("handed in again: %s, asked for %q", now.Status, asked(now))
	}
}

// Nothing is asked for any more of who is approved as they are, or does not come; nor
// does a place go from who was asked to who waits.
func TestNothingIsAskedOfTheDecided(t *testing.T) {
	t.Parallel()
	g := newGround(t, 9)
	for n, decide := range []func(r delegations.Registration) error{
		func(r delegations.Registration) error {
			_, _, err := g.guests.Approve(t.Context(), office, r.ID)
			return err
		},
		func(r delegations.Registration) error {
			_, err := g.guests.Cancel(t.Context(), office, r.ID, "")
			return err
		},
	} {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		if r, err = g.guests.Return(t.Context(), office, r.ID, "Which post is it?", "title_en"); err != nil {
			t.Fatal(err)
		}
		if err := decide(r); err != nil {
			t.Fatal(err)
		}
		if now := g.read(t, r); len(now.Requested.All()) != 0 {
			t.Errorf("%s, asked for %q", now.Status, now.Requested.All())
		}
	}
}

// Who was asked to put something right has a place, and does not go and wait in that of
// another.
func TestReturnedDoNotReplaceWhoWaits(t *testing.T) {
	t.Parallel()
	g, _, _, deputy, waits := newCity(t)
	g.set(t, deputy, delegations.Returned)
	_, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: waits.ID, To: deputy.ID, AsRank: "own"})
	if f, _ := fault.Of(err); f == nil || f.Key != "substitution.has_place" {
		t.Errorf("%v", err)
	}
}
