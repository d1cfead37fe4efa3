package files_test

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// A portrait that waits stands beside the one in use until the desk takes it.
func TestPortraitWaits(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx, by := t.Context(), own(g.guest)
	add := func(waits bool) files.File {
		t.Helper()
		f, err := g.files.Add(ctx, by, files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700), Waits: waits})
		must(t, err)
		return f
	}
	inUse := func() ident.ID {
		t.Helper()
		photos, err := g.files.Photos(ctx, []ident.ID{g.guest.ID})
		must(t, err)
		list, err := g.files.Of(ctx, by, g.guest.ID)
		must(t, err)
		if len(list) != 1 || list[0].ID != photos[g.guest.ID].ID {
			t.Errorf("%d files beside %s", len(list), photos[g.guest.ID].ID)
		}
		return photos[g.guest.ID].ID
	}
	take := func(ctx context.Context) error {
		return store.InTx(ctx, g.db, func(tx *sqlx.Tx) error { return g.files.TakeWaiting(ctx, tx, office, g.guest.ID) })
	}
	first := add(false)
	second := add(true)
	third := add(true) // in the place of the second
	if inUse() != first.ID {
		t.Error("what waits is in use")
	}
	if _, _, err := g.files.Read(ctx, office, second.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("two wait: %v", err)
	}
	if _, content, err := g.files.Read(ctx, office, third.ID); err != nil || len(content) == 0 {
		t.Errorf("the desk cannot look at what waits: %v", err)
	}
	must(t, take(ctx))
	if inUse() != third.ID {
		t.Error("what was taken is not in use")
	}
	if err := take(ctx); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("taken twice: %v", err)
	}
	fourth := add(true)
	if err := g.files.DropWaiting(ctx, accounts.GuestActor(), g.guest.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("nobody drops it: %v", err)
	}
	must(t, g.files.DropWaiting(ctx, by, g.guest.ID))
	must(t, g.files.DropWaiting(ctx, by, g.guest.ID))
	if _, _, err := g.files.Read(ctx, office, fourth.ID); fault.CodeOf(err) != fault.NotFound || inUse() != third.ID {
		t.Errorf("dropped: %v", err)
	}
}
