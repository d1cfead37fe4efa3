package store_test

import (
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

// Two that lock the same rows in opposite orders both come through: PostgreSQL ends
// one, and it is run again. Who loses each time is told so, and begins no fourth time.
func TestEndedForOthersIsRunAgain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := storetest.New(t)
	if _, err := db.ExecContext(ctx, `CREATE TABLE counted (id int PRIMARY KEY, n int NOT NULL); INSERT INTO counted VALUES (1, 0), (2, 0)`); err != nil {
		t.Fatal(err)
	}
	add := func(tx *sqlx.Tx, id int) error {
		_, err := tx.ExecContext(ctx, `UPDATE counted SET n = n + 1 WHERE id = $1`, id)
		return err
	}
	var both sync.WaitGroup
	var first [2]sync.Once
	met := make(chan struct{}, 2)
	var runs [2]int
	for who, order := range [2][2]int{{1, 2}, {2, 1}} {
		both.Go(func() {
			err := store.InTx(ctx, db, func(tx *sqlx.Tx) error {
				runs[who]++
				if err := add(tx, order[0]); err != nil {
					return err
				}
				first[who].Do(func() { // each has one row before either wants the other's
					met <- struct{}{}
					for len(met) < 2 {
						if ctx.Err() != nil {
							return
						}
					}
				})
				return add(tx, order[1])
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	var counts []int
	if err := db.SelectContext(ctx, &counts, `SELECT n FROM counted ORDER BY id`); err != nil || len(counts) != 2 || counts[0] != 2 || counts[1] != 2 {
		t.Errorf("counted %v, %v; want each twice", counts, err)
	}
	if runs[0]+runs[1] != 3 {
		t.Errorf("run %v times; want one of them twice", runs)
	}
	tries := 0
	err := store.InTx(ctx, db, func(tx *sqlx.Tx) error {
		tries++
		_, err := tx.ExecContext(ctx, `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$`)
		return err
	})
	if fault.CodeOf(err) != fault.Unavailable || tries != 3 {
		t.Errorf("%v after %d tries; want unavailable after three", err, tries)
	}
}
