package files_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/files"
	"qianshou/app/keys"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// The whole life of the keys, with everything that is sealed: rotate, read old,
// seal anew, drop old, read all.
func TestKeysAreRenewed(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	_, _, err := g.guests.Approve(ctx, office, g.member.ID) // makes a signing key
	must(t, err)
	photo, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700)})
	must(t, err)
	_, want, err := g.files.Read(ctx, office, photo.ID)
	must(t, err)
	now := april()
	ring := keys.New(g.db, g.box, g.files, func() time.Time { return now }, ident.New)
	must(t, ring.Load(ctx))
	indexes := func() (list []string) {
		must(t, g.db.SelectContext(ctx, &list, `SELECT encode(birth_date_index, 'hex') FROM persons ORDER BY id`))
		return list
	}
	before := indexes()
	if before[0] != before[1] {
		t.Fatal("two of one birthday are told apart")
	}
	reads := func(when string) {
		t.Helper()
		if _, got, err := g.files.Read(ctx, office, photo.ID); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the photo is %d bytes, %v", when, len(got), err)
		}
		var sealed []struct {
			ID    string `db:"id"`
			Birth []byte `db:"birth_date_sealed"`
		}
		must(t, g.db.SelectContext(ctx, &sealed, `SELECT id::text, birth_date_sealed FROM persons`))
		for _, p := range sealed {
			if day, err := g.box.Open(p.Birth, "persons.birth_date:"+p.ID); err != nil || string(day) != "1980-02-29" {
				t.Errorf("%s: a birth date is %q, %v", when, day, err)
			}
		}
		if _, err := g.guests.Registration(ctx, office, g.member.ID); err != nil {
			t.Error(err)
		}
	}
	if err := ring.Rotate(ctx, staff(g.event.ID, accounts.Owner)); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("the owner of one event turned the keys: %v", err)
	}
	old := g.box.KeyID()
	must(t, ring.Rotate(ctx, office))
	if g.box.KeyID() == old {
		t.Fatal("the old key still seals")
	}
	reads("rotated")
	if _, err := ring.Drop(ctx, office); !errors.Is(err, keys.ErrTooEarly) {
		t.Errorf("dropped at once: %v", err)
	}
	now = now.Add(keys.HearLimit)
	if _, err := ring.Drop(ctx, office); !errors.Is(err, keys.ErrStillUsed) {
		t.Errorf("dropped while in use: %v", err)
	}
	told := map[string]int{}
	must(t, ring.Reseal(ctx, office, func(p keys.Progress) { told[p.What]++ }))
	if told["files"] == 0 || told["persons.birth_date_sealed"] == 0 || told["signing_keys.private_sealed"] == 0 {
		t.Errorf("it told of %v", told)
	}
	reads("sealed anew")
	after := indexes()
	if after[0] != after[1] || after[0] == before[0] {
		t.Errorf("indexes went from %v to %v", before, after)
	}
	if n, err := ring.Drop(ctx, office); err != nil || n != 1 {
		t.Errorf("%d keys dropped, %v", n, err)
	}
	reads("dropped")

	// A process that starts now reads the ring; the secret alone opens nothing.
	fresh, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(t, err)
	must(t, keys.New(g.db, fresh, nil, april, ident.New).Load(ctx))
	g.box = fresh
	reads("after a restart")
	_, _, err = g.guests.Approve(ctx, office, g.guest.ID) // by the signing key that was sealed anew
	must(t, err)
	if n := g.blobs(t); n != 1 {
		t.Errorf("%d contents are kept", n)
	}
	var trail []string
	must(t, g.db.SelectContext(ctx, &trail, `SELECT action FROM audit_entries WHERE object_kind = 'keys' ORDER BY id`))
	if len(trail) != 3 || trail[0] != "keys.rotate" || trail[1] != "keys.reseal" || trail[2] != "keys.drop" {
		t.Errorf("the log says %q", trail)
	}
}

// Sealing anew waits for whoever writes a row, and asks the database no more than it
// must meanwhile.
func TestResealWaitsForWhoeverWrites(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	ring := keys.New(g.db, g.box, nil, april, ident.New)
	must(t, ring.Load(ctx))
	must(t, ring.Rotate(ctx, office))
	writer, err := g.db.BeginTxx(ctx, nil)
	must(t, err)
	_, err = writer.ExecContext(ctx, `SELECT 1 FROM persons WHERE birth_date_sealed IS NOT NULL FOR UPDATE`)
	must(t, err)
	told, done := 0, make(chan error, 1)
	go func() {
		done <- ring.Reseal(ctx, office, func(p keys.Progress) {
			if p.What == "persons.birth_date_sealed" {
				told++
			}
		})
	}()
	until := time.Now().Add(20 * time.Second)
	for waiting := 0; waiting == 0; {
		must(t, g.db.GetContext(ctx, &waiting, `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`))
		if time.Now().After(until) {
			t.Fatal("nobody waits for the rows that are being written")
		}
	}
	must(t, writer.Rollback())
	must(t, <-done)
	if told > 2 {
		t.Errorf("it told %d times of two rows", told)
	}
	var left int
	must(t, g.db.GetContext(ctx, &left, `SELECT count(*) FROM persons WHERE substring(birth_date_sealed FROM 1 FOR 5) <> $1`, g.box.Prefix()))
	if left != 0 {
		t.Errorf("%d rows are still sealed by the old key", left)
	}
}

// A sealed column that is not declared would be lost with the key that sealed it.
func TestEverySealedColumnIsDeclared(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	var found []string
	must(t, db.SelectContext(t.Context(), &found, `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND (column_name LIKE '%\_sealed' OR table_name = 'idempotency_keys' AND column_name = 'body') ORDER BY 1`))
	declared := map[string]bool{}
	for _, c := range keys.Columns {
		declared[c.Table+"."+c.Sealed] = true
		var rows []string
		err := db.SelectContext(t.Context(), &rows, `SELECT `+c.Row+`::text FROM `+c.Table+` WHERE `+c.Sealed+` IS NULL`)
		must(t, store.Fault(err))
	}
	for _, name := range found {
		if !declared[name] {
			t.Errorf("%s is sealed but not declared in keys.Columns", name)
		}
	}
	if len(found) != len(declared) {
		t.Errorf("%d columns are sealed, %d declared", len(found), len(declared))
	}
}
