package matchmaking_test

import (
	"fmt"
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/matchmaking"
)

func TestFirmAsksForItself(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	firm := g.firms[0]
	by := delegations.Link{ID: ident.New(), EventID: g.event, FirmID: firm, Holder: "Sales"}.Actor()
	stands := func() (list []string) {
		t.Helper()
		wishes, err := g.s.WishesOfFirm(t.Context(), by, g.event, firm)
		fatal(t, err)
		for _, w := range wishes {
			list = append(list, fmt.Sprintf("%s %d %q %s", w.Delegation.EN, w.Priority, w.Topic, w.State))
		}
		return list
	}
	// What the organiser rules is not the firm's to see.
	g.wish(t, 1, 0, matchmaking.Never)
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[0], 2, " cold  chain "))
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[1], 3, ""))
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[1], 1, "ports")) // again: higher
	if got, want := stands(), []string{`Delegation 2 1 "ports" open`, `Delegation 1 2 "cold chain" open`}; !slices.Equal(got, want) {
		t.Errorf("wishes %q, want %q", got, want)
	}
	for _, tt := range []struct {
		name       string
		by         accounts.Actor
		delegation ident.ID
		priority   int
		topic      string
		want       fault.Code
	}{
		{"nobody", accounts.GuestActor(), g.delegations[0], 1, "", fault.Forbidden},
		{"the office has its own way", office, g.delegations[0], 1, "", fault.Forbidden},
		{"another firm", delegations.Link{EventID: g.event, FirmID: g.firms[1]}.Actor(), g.delegations[0], 1, "", fault.Forbidden},
		{"the link of another event", delegations.Link{EventID: ident.New(), FirmID: firm}.Actor(), g.delegations[0], 1, "", fault.Forbidden},
		{"a delegation of nowhere", by, ident.New(), 1, "", fault.NotFound},
		{"no such rank", by, g.delegations[0], 4, "", fault.Invalid},
		{"an invisible sign", by, g.delegations[0], 1, "a\u202eb", fault.Invalid},
	} {
		if err := g.s.Ask(t.Context(), tt.by, g.event, firm, tt.delegation, tt.priority, tt.topic); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	wishes, err := g.s.WishesOfFirm(t.Context(), by, g.event, firm)
	fatal(t, err)
	other := delegations.Link{EventID: g.event, FirmID: g.firms[1]}.Actor()
	if err := g.s.TakeBack(t.Context(), other, g.event, g.firms[1], wishes[0].ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("another firm's wish taken back: %v", err)
	}
	if _, err := g.s.WishesOfFirm(t.Context(), other, g.event, firm); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another firm's wishes read: %v", err)
	}
	fatal(t, g.s.TakeBack(t.Context(), by, g.event, firm, wishes[0].ID))
	if err := g.s.TakeBack(t.Context(), by, g.event, firm, wishes[0].ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("taken back twice: %v", err)
	}
	if got, want := stands(), []string{`Delegation 1 2 "cold chain" open`}; !slices.Equal(got, want) {
		t.Errorf("after taking back %q, want %q", got, want)
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE meeting_requests SET state = 'accepted' WHERE firm_id = $1 AND delegation_id = $2`, firm, g.delegations[0]); err != nil {
		t.Fatal(err)
	}
	if err := g.s.Ask(t.Context(), by, g.event, firm, g.delegations[0], 1, ""); keyOf(err) != "matchmaking.wish_decided" {
		t.Errorf("what is answered is asked again: %v", err)
	}
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[1], 1, "ports once more"))
}

// Each wish says what the published plan made of it.
func TestWhatBecameOfAWish(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	firm := g.firms[0]
	by := delegations.Link{ID: ident.New(), EventID: g.event, FirmID: firm, Holder: "Sales"}.Actor()
	stands := func(by accounts.Actor) (list []string) {
		t.Helper()
		wishes, err := g.s.WishesOfFirm(t.Context(), by, g.event, firm)
		fatal(t, err)
		for _, w := range wishes {
			at := ""
			if w.Meeting != nil {
				at = " at table " + w.Meeting.Table
			}
			list = append(list, fmt.Sprintf("%s %s%s%s", w.Delegation.EN, w.Outcome, at, w.Reason))
		}
		return list
	}
	expect := func(when string, by accounts.Actor, want ...string) {
		t.Helper()
		if got := stands(by); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	progress := func() matchmaking.Progress {
		t.Helper()
		p, err := g.s.Progress(t.Context(), g.event)
		fatal(t, err)
		return p
	}
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[0], 1, ""))
	expect("before any plan", by, "Delegation 1 waiting")
	if p := progress(); !p.HasSlots || p.PublishedAt != nil {
		t.Errorf("before any plan: %+v", p)
	}
	plan := g.publish(t)
	if p := progress(); p.PublishedAt == nil || !p.PublishedAt.Equal(*plan.PublishedAt) {
		t.Errorf("once published: %+v", p)
	}
	wishes, err := g.s.WishesOfFirm(t.Context(), by, g.event, firm)
	fatal(t, err)
	if w := wishes[0]; w.Outcome != matchmaking.WishPlaced || w.Meeting == nil || w.Meeting.StartsAt.IsZero() || w.Meeting.Table == "" {
		t.Errorf("a wish that was placed: %+v", w)
	}
	if err := g.s.TakeBack(t.Context(), by, g.event, firm, wishes[0].ID); keyOf(err) != "matchmaking.wish_placed" {
		t.Errorf("a published meeting was taken back: %v", err)
	}
	// What is asked later, or forbidden later, waits for the next plan.
	fatal(t, g.s.Ask(t.Context(), by, g.event, firm, g.delegations[1], 2, ""))
	g.wish(t, 1, 0, matchmaking.Never)
	for _, reader := range []accounts.Actor{by, office} {
		if got := stands(reader); len(got) != 2 || got[1] != "Delegation 2 waiting" {
			t.Errorf("asked after the plan: %q", got)
		}
	}
	g.s = matchmaking.New(g.db, clock.At("2027-05-11T10:00:00+08:00"), ident.New)
	g.publish(t)
	if got := stands(by); got[1] != "Delegation 2 unplacednot_possible" {
		t.Errorf("the firm reads %q", got)
	}
	if got := stands(office); got[1] != "Delegation 2 unplacedblocked" {
		t.Errorf("the desk reads %q", got)
	}
	// The third firm speaks no language of the heads: an interpreter is missing.
	other := delegations.Link{EventID: g.event, FirmID: g.firms[2]}.Actor()
	fatal(t, g.s.Ask(t.Context(), other, g.event, g.firms[2], g.delegations[0], 1, ""))
	g.s = matchmaking.New(g.db, clock.At("2027-05-12T10:00:00+08:00"), ident.New)
	g.publish(t)
	firm, by = g.firms[2], other
	expect("without an interpreter", other, "Delegation 1 unplacedinterpreter")
}
