package keys

import (
	"context"
	"time"

	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

type ringRow struct {
	seal.Ring
	RenewedAt time.Time `db:"renewed_at"`
}

func readRing(ctx context.Context, q store.Querier) (r ringRow, there bool, err error) {
	var rows []ringRow
	err = q.SelectContext(ctx, &rows, `SELECT fields, indexes, renewed_at FROM key_ring`)
	if err != nil || len(rows) == 0 {
		return r, false, err
	}
	return rows[0], true, nil
}

// ringLock keeps processes from changing the ring side by side, also while it has
// no row. The number only has to differ from other users of the same database.
const ringLock = 5_872_310_471

func lockRing(ctx context.Context, q store.Querier) error {
	if _, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(ringLock)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `SET LOCAL statement_timeout = 0`) // indexes are made anew in one go
	return err
}

func upsertRing(ctx context.Context, q store.Querier, r seal.Ring, renewed bool, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO key_ring AS k (fields, indexes, renewed_at) VALUES ($1, $2, $3)
		ON CONFLICT (singleton) DO UPDATE SET fields = $1, indexes = $2, renewed_at = CASE WHEN $4 THEN $3 ELSE k.renewed_at END`,
		r.Fields, r.Indexes, at, renewed)
	return err
}

// sealedRow is one sealed value; the names in the queries below are those of
// Columns and come from nowhere else.
type sealedRow struct {
	Row    string `db:"row"`
	Sealed []byte `db:"sealed"`
	Before string `db:"before"`
}

// stale finds values that another key sealed.
func (c Column) stale() string {
	return ` FROM ` + c.Table + ` WHERE ` + c.Sealed + ` IS NOT NULL AND substring(` + c.Sealed + ` FROM 1 FOR 5) <> $1`
}

func staleRows(ctx context.Context, q store.Querier, c Column, prefix []byte, limit int, wait bool) (rows []sealedRow, err error) {
	lock := ` FOR UPDATE SKIP LOCKED`
	if wait {
		lock = ` FOR UPDATE`
	}
	err = q.SelectContext(ctx, &rows, `SELECT `+c.Row+`::text AS row, `+c.Sealed+` AS sealed, '' AS before`+c.stale()+` LIMIT $2`+lock, prefix, limit)
	return rows, err
}

func countStale(ctx context.Context, q store.Querier, c Column, prefix []byte) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*)`+c.stale(), prefix)
	return n, err
}

func updateSealed(ctx context.Context, q store.Querier, c Column, r sealedRow, sealed []byte) error {
	_, err := q.ExecContext(ctx, `UPDATE `+c.Table+` SET `+c.Sealed+` = $1 WHERE `+c.Row+` = $2 AND `+c.Sealed+` = $3`, sealed, r.Row, r.Sealed)
	return err
}

// lockTable lets others read while nobody writes.
func lockTable(ctx context.Context, q store.Querier, c Column) error {
	_, err := q.ExecContext(ctx, `LOCK TABLE `+c.Table+` IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

func indexedRows(ctx context.Context, q store.Querier, c Column) (rows []sealedRow, err error) {
	before := c.Before
	if before == "" {
		before = `''`
	}
	err = q.SelectContext(ctx, &rows, `SELECT `+c.Row+`::text AS row, `+c.Sealed+` AS sealed, `+before+` AS before FROM `+c.Table+` WHERE `+c.Sealed+` IS NOT NULL`)
	return rows, err
}

func updateIndex(ctx context.Context, q store.Querier, c Column, r sealedRow, index []byte) error {
	_, err := q.ExecContext(ctx, `UPDATE `+c.Table+` SET `+c.Index+` = $1 WHERE `+c.Row+` = $2 AND `+c.Index+` IS DISTINCT FROM $1`, index, r.Row)
	return err
}
