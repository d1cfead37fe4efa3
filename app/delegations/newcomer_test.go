package delegations_test

import (
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// Of somebody new who comes instead no more is asked than of a member who is added: the
// delegation speaks for them.
func TestNewcomerIsAskedWhatMembersAre(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	g.category(t, "press", nil)
	if _, err := g.guests.Move(t.Context(), office, deputy.ID, 0, delegations.Belonging{Category: "press", Role: "press", DelegationID: d.ID}); err != nil {
		t.Fatal(err)
	}
	bare := member(30, "member")
	bare.Email, bare.Organisation = "", ""
	for _, tt := range []struct {
		name string
		by   accounts.Actor
		gone delegations.Registration
	}{{"the office", office, head}, {"an officer", g.liaison(d), head}, {"of the press", office, deputy}} {
		x, err := g.guests.PreviewSubstitution(t.Context(), tt.by, delegations.Stand{From: tt.gone.ID, New: bare, AsRank: "own"})
		if err != nil || x.After.DelegationID != d.ID {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	bare.FamilyName = ""
	_, err := g.guests.PreviewSubstitution(t.Context(), office, delegations.Stand{From: head.ID, New: bare, AsRank: "own"})
	if f, _ := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Path != "family_name" {
		t.Errorf("without a name: %v", err)
	}
	// As long as they are only asked for they belong to no delegation.
	bare.FamilyName = "Halmosi"
	x, err := g.guests.Substitute(t.Context(), g.liaison(d), delegations.Stand{From: head.ID, New: bare, AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	if asked := g.read(t, x.Deputy); asked.DelegationID == d.ID || asked.Status != delegations.Draft {
		t.Errorf("asked for: %+v", asked)
	}
}

// The desk finds a newcomer whom no badge can print, as it finds everybody.
func TestUnprintableNewcomerIsFound(t *testing.T) {
	t.Parallel()
	g, _, head, _, _ := newCity(t)
	in := member(30, "member")
	in.NameNative = "𠮷田太郎"
	done, err := g.guests.Substitute(t.Context(), office, delegations.Stand{From: head.ID, New: in, AsRank: "own"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Names: delegations.Unprintable})
	if err != nil || page.Total != 1 || page.Rows[0].ID != done.ToID || done.After.Unprintable != "𠮷 (U+20BB7)" {
		t.Errorf("found %+v, %v; theirs is %q", page.Rows, err, done.After.Unprintable)
	}
}
