package store_test

import (
	"errors"
	"log/slog"
	"sync"
	"testing"

	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// Several processes start at once on an empty database: one migrates, and all
// find the newest schema.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	address := storetest.EmptyURL(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			db, err := store.Open(t.Context(), address, 6)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if err := store.Migrate(t.Context(), db.DB, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
			var tables int
			if err := db.GetContext(t.Context(), &tables, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); err != nil || tables < 50 {
				t.Errorf("%d tables, %v", tables, err)
			}
		})
	}
	all.Wait()
}

// A database whose steps were others is refused, untouched.
func TestMigrateRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"another step":       `UPDATE migration_steps SET sha256 = '\x00' WHERE name LIKE '0004%'`,
		"steps nobody noted": `DROP TABLE migration_steps`,
	} {
		db := storetest.New(t)
		if _, err := db.ExecContext(t.Context(), spoil); err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context(), db.DB, slog.New(slog.DiscardHandler)); !errors.Is(err, store.ErrOtherSchema) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
