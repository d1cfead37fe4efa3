package delegations_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// TestLocksGoInOneOrder runs operations that need the same rows against each other
// (see the order of locks in places.go): none fails for another's sake, and
// PostgreSQL never has to end one so that the others go on, which a repeated
// transaction would hide.
func TestLocksGoInOneOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		make func(t *testing.T, g ground) (one, other func(n int) error)
	}{
		{"an edit and a list", editAndList},
		{"a substitution and a registration", substitutionAndRegistration},
		{"a merge and an edit of a third double", mergeAndEdit},
		{"an order of members, a confirmation and new places", orderAndConfirm},
		{"a withdrawal and a list", withdrawalAndList},
		{"a firm that leaves and an edit", leavingAndEdit},
		{"a firm that leaves and who comes for it", leavingAndComing},
		{"a move and a withdrawal", moveAndCancel},
		{"a decision on a newcomer and a withdrawal", newcomerAndCancel},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t, 500)
			g.memberCategories(t)
			one, other := tt.make(t, g)
			const times = 20
			var both sync.WaitGroup
			for _, do := range []func(int) error{one, other} {
				for n := range times {
					both.Go(func() {
						if err := do(n); err != nil && fault.CodeOf(err) != fault.Conflict { // it came too late
							t.Errorf("%d: %v", n, err)
						}
					})
				}
			}
			both.Wait()
			if n := storetest.Deadlocks(t, g.db); n > 0 {
				t.Errorf("%d deadlocks", n)
			}
		})
	}
}

// list takes one line over by the office.
func (g ground) list(t *testing.T, d delegations.Delegation, in delegations.Input) (found delegations.Found, err error) {
	t.Helper()
	err = store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
		all, err := g.guests.ApplyRows(t.Context(), tx, office, g.event.ID, []delegations.Row{{Line: 2, DelegationID: d.ID, Input: in}})
		if err == nil {
			found = all[0]
		}
		return err
	})
	return found, err
}

func editAndList(t *testing.T, g ground) (one, other func(n int) error) {
	d := g.delegation(t, "D01", 50)
	r, err := g.guests.AddMember(t.Context(), office, d.ID, member(1, "member"))
	if err != nil {
		t.Fatal(err)
	}
	return func(n int) error {
			_, err := g.guests.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"title_en": fmt.Sprintf("Mayor %d", n)})
			return err
		}, func(n int) error {
			in := member(1, "member")
			in.Organisation = fmt.Sprintf("Office %d", n)
			_, err := g.list(t, d, in)
			return err
		}
}

func withdrawalAndList(t *testing.T, g ground) (one, other func(n int) error) {
	d := g.delegation(t, "D01", 5)
	var members []ident.ID
	for n := range 20 {
		r, err := g.guests.AddMember(t.Context(), office, d.ID, member(n, "member"))
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, r.ID)
	}
	return func(n int) error {
			_, err := g.guests.WithdrawMember(t.Context(), office, d.ID, members[n])
			return err
		}, func(n int) error {
			in := member(19-n, "member")
			in.Organisation = "Another office"
			_, err := g.list(t, d, in)
			return err
		}
}

func substitutionAndRegistration(t *testing.T, g ground) (one, other func(n int) error) {
	_, head, deputy, _ := g.city(t, "D01")
	passport := delegations.Passport{Number: "TEST77777", Issuer: "HU", ExpiresOn: "2031-12-31"}
	if _, err := g.guests.Edit(t.Context(), office, deputy.ID, 0, delegations.Edit{
		"passport.number": passport.Number, "passport.issuer": passport.Issuer, "passport.expires_on": passport.ExpiresOn,
	}); err != nil {
		t.Fatal(err)
	}
	return func(int) error {
			_, err := g.guests.PreviewSubstitution(t.Context(), office, delegations.Stand{From: head.ID, To: deputy.ID, AsRank: "own"})
			return err
		}, func(n int) error {
			in := firm(n)
			in.Passport = passport
			_, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
			return err
		}
}

func mergeAndEdit(t *testing.T, g ground) (one, other func(n int) error) {
	type three struct{ first, second, third ident.ID }
	var all []three
	for n := range 20 {
		var ids [3]ident.ID
		for i := range ids {
			in := firm(n)
			in.Email = fmt.Sprintf("m%d-%d@city.example", n, i)
			in.Passport = delegations.Passport{Number: fmt.Sprintf("TEST%05d", n), Issuer: "HU", ExpiresOn: "2031-12-31"}
			r, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = r.ID
		}
		all = append(all, three{ids[0], ids[1], ids[2]})
	}
	return func(n int) error {
			_, err := g.guests.Merge(t.Context(), office, all[n].first, all[n].second, []string{"phone"})
			return err
		}, func(n int) error {
			_, err := g.guests.Edit(t.Context(), office, all[n].third, 0, delegations.Edit{"phone": fmt.Sprintf("+36301234%03d", n)})
			return err
		}
}

func orderAndConfirm(t *testing.T, g ground) (one, other func(n int) error) {
	d := g.delegation(t, "D01", 50)
	var order []ident.ID
	for n := range 4 {
		order = append(order, g.complete(t, g.nominate(t, d, "member", fmt.Sprintf("Réti %c", 'A'+n))).ID)
	}
	version := func() int {
		now, err := g.guests.ByID(t.Context(), office, d.ID)
		if err != nil {
			t.Error(err)
		}
		return now.Version
	}
	return func(n int) error {
			to := append(append([]ident.ID{}, order[n%4:]...), order[:n%4]...)
			_, err := g.guests.Arrange(t.Context(), office, d.ID, version(), to)
			return err
		}, func(n int) error {
			if n%2 == 0 {
				_, err := g.guests.Confirm(t.Context(), office, d.ID, true)
				return err
			}
			_, err := g.guests.SetPlaces(t.Context(), office, d.ID, version(), 50+n, nil)
			return err
		}
}

// looksAtLeaving ends what there is of a firm, and takes it back.
func (g ground) looksAtLeaving(t *testing.T, firm ident.ID) error {
	t.Helper()
	looked := errors.New("only looked at")
	err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
		if _, err := g.guests.EndOfFirm(t.Context(), tx, office, g.event.ID, firm, "ill"); err != nil {
			return err
		}
		return looked
	})
	if errors.Is(err, looked) {
		return nil
	}
	return err
}

func leavingAndEdit(t *testing.T, g ground) (one, other func(n int) error) {
	f := g.firm(t, "F001", "91330299J3NW4AM187")
	if err := firms.New(g.db, april, ident.New).Join(t.Context(), office, g.event.ID, f.ID, ident.Nil); err != nil {
		t.Fatal(err)
	}
	var people []ident.ID
	for n := range 5 {
		in := firm(n)
		in.FirmID = f.ID
		r, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, r.ID)
	}
	return func(int) error { return g.looksAtLeaving(t, f.ID) }, func(n int) error {
		_, err := g.guests.Edit(t.Context(), office, people[4-n%5], 0, delegations.Edit{"title_en": fmt.Sprintf("Director %d", n)})
		return err
	}
}

func leavingAndComing(t *testing.T, g ground) (one, other func(n int) error) {
	f := g.joined(t, "F001", "91330299J3NW4AM187", false)
	var people []ident.ID
	for n := range 10 {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, r.ID)
	}
	return func(int) error { return g.looksAtLeaving(t, f.ID) }, func(n int) error {
		if n%2 == 0 {
			_, err := g.guests.LinkFirm(t.Context(), office, people[n/2], f.ID)
			return err
		}
		in := firm(n)
		in.FirmID = f.ID
		_, err := g.guests.RegisterAtDesk(t.Context(), office, g.event.ID, in)
		return err
	}
}

func moveAndCancel(t *testing.T, g ground) (one, other func(n int) error) {
	d, next := g.delegation(t, "D01", 3), g.delegation(t, "D02", 3)
	var people []ident.ID
	for n := range 20 {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, r.ID)
	}
	return func(n int) error {
			for _, to := range []ident.ID{d.ID, next.ID} {
				if _, err := g.guests.Move(t.Context(), office, people[n], 0, delegations.Belonging{Role: "member", DelegationID: to}); err != nil {
					return err
				}
			}
			return nil
		}, func(n int) error {
			_, err := g.guests.Cancel(t.Context(), office, people[19-n], "")
			return err
		}
}

func newcomerAndCancel(t *testing.T, g ground) (one, other func(n int) error) {
	d := g.delegation(t, "D01", 50)
	var gone, asked []ident.ID
	for n := range 20 {
		r, err := g.guests.AddMember(t.Context(), office, d.ID, member(n, "member"))
		if err != nil {
			t.Fatal(err)
		}
		x, err := g.guests.Substitute(t.Context(), g.liaison(d), delegations.Stand{From: r.ID, New: member(100+n, "member"), AsRank: "own"})
		if err != nil {
			t.Fatal(err)
		}
		gone, asked = append(gone, r.ID), append(asked, x.ID)
	}
	return func(n int) error {
			if n%2 == 0 {
				_, err := g.guests.ConfirmSubstitution(t.Context(), office, asked[n])
				return err
			}
			_, err := g.guests.RefuseSubstitution(t.Context(), office, asked[n], "no")
			return err
		}, func(n int) error {
			_, err := g.guests.Cancel(t.Context(), office, gone[n], "")
			return err
		}
}
