package delegations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// SoundKey is soundKey.
func SoundKey(names ...string) string { return soundKey(names...) }

// ExplainList answers how PostgreSQL reads a page of the desk's list, and how it
// counts it.
func ExplainList(ctx context.Context, db *sqlx.DB, event ident.ID, f Filter, now time.Time) (plan string, err error) {
	err = store.InTx(ctx, db, func(tx *sqlx.Tx) error {
		if err := planForMemory(ctx, tx); err != nil {
			return err
		}
		q, err := f.query(ctx, tx, event, now)
		if err != nil {
			return err
		}
		for _, statement := range []string{q.statement(51), q.counting(countMost + 1)} {
			var lines []string
			if err := tx.SelectContext(ctx, &lines, `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS) `+statement, q.args...); err != nil {
				return err
			}
			plan += strings.Join(lines, "\n") + "\n"
		}
		return nil
	})
	return plan, err
}

// ListScript is the transaction in which a page of the desk's list is read, for a
// client without our program: its values stand in the text.
func ListScript(ctx context.Context, db *sqlx.DB, event ident.ID, f Filter, now time.Time) (script string, err error) {
	err = store.InTx(ctx, db, func(tx *sqlx.Tx) error {
		q, err := f.query(ctx, tx, event, now)
		if err != nil {
			return err
		}
		script = "BEGIN;\nSET LOCAL random_page_cost = 1.1;\nSET LOCAL jit = off;\n" + q.counting(countMost+1) + ";\n" + q.statement(51) + ";\nCOMMIT;\n"
		for i := len(q.args); i > 0; i-- {
			script = strings.ReplaceAll(script, fmt.Sprintf("$%d", i), fmt.Sprintf("'%v'", q.args[i-1]))
		}
		return nil
	})
	return script, err
}
