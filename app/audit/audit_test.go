package audit_test

import (
	"testing"
	"time"

	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

var key = []byte("a key that the database does not know")

func TestLogIsAppendOnlyAndSealed(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	noon := clock.At("2027-06-09T12:00:00+08:00")
	object := ident.New()
	for i := range 3 {
		err := audit.Record(t.Context(), db, audit.Entry{
			ID: ident.New(), At: noon().Add(time.Duration(i) * time.Second), ActorKind: "user", ActorName: "Desk",
			Action: "session.move", ObjectKind: "session", ObjectID: object,
			Before: map[string]any{"room": "R-MAIN"}, After: map[string]any{"room": "R-SIGN"}, Reason: "雨",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	history, err := audit.History(t.Context(), db, object)
	if err != nil || len(history) != 3 || history[0].After["room"] != "R-SIGN" || history[2].Reason != "雨" {
		t.Fatalf("history %+v, %v", history, err)
	}
	for _, statement := range []string{
		`UPDATE audit_entries SET reason = ''`, `DELETE FROM audit_entries`, `TRUNCATE audit_entries CASCADE`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); store.Constraint(err) != "audit_entries_append_only" {
			t.Errorf("%s: %v, want a refusal", statement, err)
		}
	}
	if n, err := audit.Seal(t.Context(), db, key); n != 3 || err != nil {
		t.Fatalf("sealed %d, %v", n, err)
	}
	if n, err := audit.Seal(t.Context(), db, key); n != 0 || err != nil {
		t.Fatalf("sealed %d again, %v", n, err)
	}
	if v, err := audit.Verify(t.Context(), db, key); v.Sealed != 3 || v.Unsealed != 0 || v.Broken != "" || len(v.Head) != 32 || err != nil {
		t.Fatalf("verdict %+v, %v", v, err)
	}
	if v, err := audit.Verify(t.Context(), db, []byte("another key")); v.Broken == "" || err != nil {
		t.Errorf("sealed under another key: %+v, %v; want it to be told", v, err)
	}
	// Whoever owns the database can take the trigger away; the chain tells.
	for _, statement := range []string{
		`ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only`,
		`UPDATE audit_entries SET reason = 'sun' WHERE id = (SELECT id FROM audit_entries ORDER BY id OFFSET 1 LIMIT 1)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	v, err := audit.Verify(t.Context(), db, key)
	if err != nil || v.Sealed != 1 || v.Broken != history[1].ID.String() {
		t.Errorf("after a change: %+v, %v; want the second entry named", v, err)
	}
}
