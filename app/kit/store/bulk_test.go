package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// A connection for bulk work prepares a statement once, and is otherwise like any
// other: values go in and come out, what fails fails, what is rolled back is gone.
func TestBulkConnection(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := store.OpenBulk(ctx, storetest.URL(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	undone := errors.New("undone")
	err = store.InTx(ctx, db, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE kept (n int CONSTRAINT kept_n UNIQUE, words text[], raw bytea)`); err != nil {
			return err
		}
		for n := range 500 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO kept VALUES ($1, $2, $3)`, n, pq.Array([]string{"甲", fmt.Sprint(n)}), []byte{0, byte(n)}); err != nil {
				return err
			}
			// More statements than a connection keeps.
			var got int
			if err := tx.GetContext(ctx, &got, fmt.Sprintf(`SELECT %d + $1::int`, n), 1); err != nil || got != n+1 {
				t.Errorf("%d: %d, %v", n, got, err)
			}
		}
		var prepared int
		if err := tx.GetContext(ctx, &prepared, `SELECT count(*) FROM pg_prepared_statements`); err != nil || prepared == 0 || prepared > 200 {
			t.Errorf("%d statements are kept, %v", prepared, err)
		}
		var row struct {
			N     int            `db:"n"`
			Words pq.StringArray `db:"words"`
			Raw   []byte         `db:"raw"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT * FROM kept WHERE n = $1`, 7); err != nil || row.Words[1] != "7" || len(row.Raw) != 2 || row.Raw[0] != 0 {
			t.Errorf("%+v, %v", row, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO kept VALUES ($1, $2, $3)`, 7, nil, nil); store.Constraint(err) != "kept_n" {
			t.Errorf("a broken rule is answered %v", err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, `SELECT nothing FROM nowhere WHERE n = $1`, 1); err == nil {
		t.Error("nonsense was run")
	}
	var left bool
	if err := db.GetContext(ctx, &left, `SELECT to_regclass('kept') IS NOT NULL`); err != nil || left {
		t.Errorf("what was rolled back is left: %v, %v", left, err)
	}
}
