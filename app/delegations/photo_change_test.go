package delegations_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Another portrait waits beside whatever else waits, and taking it replaces the badge
// that shows it.
func TestAnotherPortraitWaits(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	ctx := t.Context()
	r, secret, err := g.register(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	own := accounts.GuestActor()
	own.LinkEventID, own.RegistrationID = r.EventID, r.ID
	file, another := ident.New(), ident.New()
	ask := func(by accounts.Actor, file ident.ID) error {
		return store.InTx(ctx, g.db, func(tx *sqlx.Tx) error { return g.guests.AskPhoto(ctx, tx, by, r.ID, file) })
	}
	if err := ask(own, file); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("before anything is approved: %v", err)
	}
	if _, _, err := g.guests.Approve(ctx, office, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := ask(accounts.GuestActor(), file); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("nobody asks: %v", err)
	}
	pending := func() []string {
		t.Helper()
		var list []string
		for _, c := range g.changes(t, r) {
			if c.State != delegations.Pending {
				continue
			}
			for _, m := range c.Fields {
				list = append(list, m.Field+"="+m.To)
			}
		}
		return list
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := pending(); !slices.Equal(got, want) {
			t.Errorf("%s %q waits, want %q", when, got, want)
		}
	}
	if err := ask(own, file); err != nil {
		t.Fatal(err)
	}
	check("a portrait:", "photo="+file.String())
	if _, err := g.guests.EditOwn(ctx, secret, 0, delegations.Edit{"title_en": "Director"}); err != nil {
		t.Fatal(err)
	}
	check("and a title:", "title_en=Director", "photo="+file.String())
	if err := ask(own, another); err != nil {
		t.Fatal(err)
	}
	check("another portrait:", "title_en=Director", "photo="+another.String())
	if _, err := g.guests.EditOwn(ctx, secret, 0, delegations.Edit{"title_en": ""}); err != nil {
		t.Fatal(err)
	}
	check("the title as it was:", "photo="+another.String())

	i := slices.IndexFunc(g.changes(t, r), func(c delegations.Change) bool { return c.State == delegations.Pending })
	before := g.livingBadges(t)
	took := 0
	_, issued, err := g.guests.ApproveChange(ctx, office, r.ID, g.changes(t, r)[i].ID, func(_ context.Context, _ *sqlx.Tx, _ accounts.Actor, of ident.ID) error {
		if took++; of != r.ID {
			t.Errorf("the portrait of %s is taken", of)
		}
		return nil
	})
	if err != nil || took != 1 || issued.Serial == "" || slices.Equal(before, g.livingBadges(t)) {
		t.Errorf("taken %d times, badge %q, %v", took, issued.Serial, err)
	}
	check("afterwards:")
}
