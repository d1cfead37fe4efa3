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
	"qianshou/app/kit/storetest"
)

// A portrait that waits stands beside the one in use until the desk takes it.
func TestPortraitWaits(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx, by := t.Context(), own(g.guest)
	in := files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700), Ask: g.guests.AskPhoto}
	add := func(waits bool) files.File {
		t.Helper()
		f, err := g.files.Add(ctx, by, in)
		if err != nil || f.Waits != waits {
			t.Fatalf("it waits: %t, want %t, %v", f.Waits, waits, err)
		}
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
	_, _, err := g.guests.Approve(ctx, office, g.guest.ID)
	must(t, err)
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

// What was approved stays in use whatever its owner does: nobody takes the portrait
// away to have the next one taken unseen, and one that was missing is looked at too.
func TestApprovedPortraitStays(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	in := files.Input{RegistrationID: g.member.ID, Purpose: files.Photo, Content: portrait(t, 500, 700), Ask: g.guests.AskPhoto}
	first, err := g.files.Add(ctx, own(g.member), in)
	must(t, err)
	for _, r := range []ident.ID{g.member.ID, g.guest.ID} {
		_, _, err = g.guests.Approve(ctx, office, r)
		must(t, err)
	}
	for name, by := range map[string]accounts.Actor{"the guest": own(g.member), "their officer": officer(g.member)} {
		if _, err := g.files.Remove(ctx, by, first.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s removes what was approved: %v", name, err)
		}
		f, err := g.files.Add(ctx, by, in)
		if err != nil || !f.Waits {
			t.Errorf("%s puts another in use: %v", name, err)
		}
		if _, err := g.files.Remove(ctx, by, f.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s removes what a change names: %v", name, err)
		}
	}
	photos, err := g.files.Photos(ctx, []ident.ID{g.member.ID})
	if err != nil || photos[g.member.ID].ID != first.ID {
		t.Errorf("%v is in use, %v", photos, err)
	}
	in.RegistrationID = g.guest.ID
	if f, err := g.files.Add(ctx, own(g.guest), in); err != nil || !f.Waits {
		t.Errorf("a first portrait after the approval is in use: %v", err)
	}
	if _, err := g.files.Remove(ctx, office, first.ID); err != nil {
		t.Errorf("the desk removes it: %v", err)
	}
	in.Ask, in.RegistrationID = nil, g.member.ID
	if _, err := g.files.Add(ctx, own(g.member), in); err == nil {
		t.Error("one waits and nobody is asked")
	}
}

// A file that is handed in while its owner is erased does not come after: right and
// state are asked once more when nothing can change them.
func TestNoFileComesAfterTheErasure(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	tx, err := g.db.BeginTxx(ctx, nil) // the erasure, which has begun
	must(t, err)
	_, err = tx.ExecContext(ctx, `SELECT 1 FROM registrations WHERE id = $1 FOR NO KEY UPDATE`, g.guest.ID)
	must(t, err)
	added := make(chan error, 1)
	go func() {
		_, err := g.files.Add(context.WithoutCancel(ctx), own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.PassportScan, Content: pdf})
		added <- err
	}()
	storetest.AwaitLock(t, g.db)
	_, err = tx.ExecContext(ctx, `UPDATE persons SET pseudonymous = true WHERE id = $1`, g.guest.PersonID)
	must(t, err)
	must(t, tx.Commit())
	if err := <-added; fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the scan is kept: %v", err)
	}
	if n := g.blobs(t); n != 0 {
		t.Errorf("%d contents are kept", n)
	}
}
