package storetest

import (
	"testing"

	"github.com/jmoiron/sqlx"
)

// AwaitLock returns once somebody in the database waits for a lock that another
// holds, so that a test knows where the other is.
func AwaitLock(t testing.TB, db *sqlx.DB) {
	t.Helper()
	for waiting := 0; waiting == 0; {
		if err := db.GetContext(t.Context(), &waiting, `
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
	}
}
