package firms_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// Lists of firms, whoever edits one of them, and whoever adds another wait for each
// other and never block each other for good; every firm has a code of its own.
func TestLocksGoInOneOrder(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	one, two := g.firm(t, 0), g.firm(t, 1)
	const times = 20
	version := func(f firms.Firm) firms.Firm {
		now, err := g.ByID(t.Context(), office, f.ID)
		if err != nil {
			t.Error(err)
		}
		return now
	}
	var all sync.WaitGroup
	for n := range times {
		for _, do := range []func() error{
			func() error { // a list that names both, in either order
				rows := []firms.Row{{Line: 2, Firm: one}, {Line: 3, Firm: two}}
				rows[0].Firm.Needs.EN, rows[1].Firm.Needs.EN = fmt.Sprintf("Wine %d", n), fmt.Sprintf("Oil %d", n)
				if n%2 == 1 {
					rows[0], rows[1] = rows[1], rows[0]
				}
				return store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
					_, err := g.ApplyRows(t.Context(), tx, office, g.event, rows)
					return err
				})
			},
			func() error {
				f := version(one)
				f.Employees = &n
				_, err := g.Edit(t.Context(), office, f.ID, f.Version, f, date("2027-04-20"))
				return err
			},
			func() error {
				f := version(two)
				_, err := g.EditTrade(t.Context(), office, g.event, f.ID, f.Version, locale.Text{EN: fmt.Sprintf("Steel %d", n)}, f.Needs)
				return err
			},
		} {
			all.Go(func() {
				if err := do(); err != nil && fault.CodeOf(err) != fault.Conflict { // somebody else was first
					t.Errorf("%d: %v", n, err)
				}
			})
		}
	}
	all.Go(func() { g.firm(t, 2) })
	all.Go(func() { g.firm(t, 3) })
	all.Wait()
	if n := storetest.Deadlocks(t, g.db); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
}
