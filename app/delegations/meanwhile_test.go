package delegations_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// meanwhile has something done that waits for the event's counter, and something else
// written by whoever has it: do sees that before it goes on.
func (g ground) meanwhile(t *testing.T, do func() error, write string, args ...any) error {
	t.Helper()
	first, err := g.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Rollback() }()
	if _, err := first.ExecContext(t.Context(), `UPDATE registration_numbers SET next = next WHERE event_id = $1`, g.event.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	storetest.AwaitLock(t, g.db)
	if _, err := first.ExecContext(t.Context(), write, args...); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	return <-done
}

// A delegation calls off while somebody waits to register its members: nobody is
// registered any more, by whichever way.
func TestNobodyComesOfADelegationThatCalledOff(t *testing.T) {
	t.Parallel()
	for name, register := range map[string]func(g ground, d delegations.Delegation, guest delegations.Registration) error{
		"confirming": func(g ground, d delegations.Delegation, guest delegations.Registration) error {
			_, err := g.guests.Confirm(t.Context(), office, d.ID, true)
			return err
		},
		"adding": func(g ground, d delegations.Delegation, guest delegations.Registration) error {
			_, err := g.guests.AddMember(t.Context(), office, d.ID, member(7, "member"))
			return err
		},
		"moving": func(g ground, d delegations.Delegation, guest delegations.Registration) error {
			_, err := g.guests.Move(t.Context(), office, guest.ID, 0, delegations.Belonging{Role: "member", DelegationID: d.ID})
			return err
		},
		"nominating": func(g ground, d delegations.Delegation, guest delegations.Registration) error {
			_, err := g.guests.Nominate(t.Context(), office, d.ID, delegations.Nomination{Role: "member", GivenName: "Dénes", FamilyName: "Halmosi"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t, 5)
			g.memberCategories(t)
			d := g.delegation(t, "D01", 10)
			g.complete(t, g.nominate(t, d, "member", "Draft"))
			guest, _, err := g.register(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			err = g.meanwhile(t, func() error { return register(g, d, guest) }, `UPDATE delegations SET status = 'withdrawn' WHERE id = $1`, d.ID)
			if fault.CodeOf(err) != fault.Conflict {
				t.Errorf("%v; want a conflict", err)
			}
		})
	}
}

// Registration ends while somebody waits for their number: they are too late.
func TestNobodyRegistersAfterTheEnd(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	if _, _, err := g.register(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	err := g.meanwhile(t, func() error {
		_, _, err := g.register(t.Context(), 2)
		return err
	}, `UPDATE events SET status = 'registration_closed' WHERE id = $1`, g.event.ID)
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("%v; want a conflict", err)
	}
}

// A firm leaves the event while somebody waits to come for it: nobody does any more.
func TestNobodyComesForAFirmThatLeft(t *testing.T) {
	t.Parallel()
	for name, come := range map[string]func(g ground, link accounts.Actor, guest ident.ID) error{
		"registering by its link": func(g ground, link accounts.Actor, _ ident.ID) error {
			in := firm(2)
			in.FirmID = link.FirmID
			_, _, err := g.guests.Register(t.Context(), link, g.event.ID, in)
			return err
		},
		"registering at the desk": func(g ground, link accounts.Actor, _ ident.ID) error {
			in := firm(2)
			in.FirmID = link.FirmID
			_, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in)
			return err
		},
		"being linked": func(g ground, link accounts.Actor, guest ident.ID) error {
			_, err := g.guests.LinkFirm(t.Context(), office, guest, link.FirmID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t, 5)
			g.changed(t, "firm", func(c *events.Category) { c.Approval = "whitelist" })
			mine := g.joined(t, "F001", "91330299J3NW4AM187", true)
			guest, _, err := g.register(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			err = g.meanwhile(t, func() error { return come(g, ofFirm(g.event.ID, mine.ID), guest.ID) }, `DELETE FROM event_firms WHERE firm_id = $1`, mine.ID)
			if fault.CodeOf(err) != fault.Conflict {
				t.Errorf("%v; want a conflict", err)
			}
			if people, err := g.guests.OfFirm(t.Context(), office, g.event.ID, mine.ID); err != nil || len(people) != 0 {
				t.Errorf("%d people, %v", len(people), err)
			}
		})
	}
}

// Somebody comes for a firm while it waits to leave, or goes over to another: whoever
// has it leave is told that they see other people than there are.
func TestFirmLeavesWithThoseWhoComeForIt(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]string{
		"somebody more": `UPDATE registrations SET firm_id = $1 WHERE firm_id IS NULL`,
		"nobody":        `UPDATE registrations SET firm_id = firm_id WHERE firm_id = $1`,
	} {
		g := newGround(t, 5)
		mine := g.joined(t, "F001", "91330299J3NW4AM187", false)
		if _, _, err := g.register(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		err := g.meanwhile(t, func() error {
			return store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
				_, err := g.guests.EndOfFirm(t.Context(), tx, office, g.event.ID, mine.ID, "")
				return err
			})
		}, write, mine.ID)
		if (fault.CodeOf(err) == fault.Conflict) != (name == "somebody more") {
			t.Errorf("%s joins: %v", name, err)
		}
	}
}
