package matchmaking_test

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking"
)

// A firm that leaves takes its meetings and requests with it, of both sides, unless one
// of them has begun; a draft that reckons with it is stale.
func TestAFirmLeavesWithItsMeetings(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 0, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Must)
	g.wish(t, 0, 1, matchmaking.Wish)
	g.publish(t)
	firm := g.firms[0]
	draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 2})
	fatal(t, err)
	end := func(s *matchmaking.Service) (n int, err error) {
		err = store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
			n, err = s.EndOfFirm(t.Context(), tx, office, g.event, firm, "")
			return err
		})
		return n, err
	}
	if _, err := end(matchmaking.New(g.db, clock.At("2027-06-10T09:30:00+08:00"), ident.New)); keyOf(err) != "firms.leave.met" {
		t.Errorf("on the day: %v", err)
	}
	if n, err := end(g.s); err != nil || n != 2 {
		t.Fatalf("%d meetings end, %v", n, err)
	}
	if list, err := g.s.OfFirm(t.Context(), g.event, firm); err != nil || len(list) != 0 {
		t.Errorf("%d meetings stand, %v", len(list), err)
	}
	if list, err := g.s.OfFirm(t.Context(), g.event, g.firms[1]); err != nil || len(list) != 1 {
		t.Errorf("another firm has %d meetings, %v", len(list), err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); err == nil {
		t.Error("a draft that reckons with the firm is published")
	}
	if n, err := end(g.s); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
}
