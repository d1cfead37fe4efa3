// Package outbox announces changes: a row in the transaction that made the
// change, carried to Redis after the commit by the relay.
package outbox

import (
	"context"
	"fmt"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Change says what moved, never its new value: readers look it up, so repeats,
// delays and reordering cost nothing.
type Change struct {
	ID      int64    `db:"id"`       // given by the database
	EventID ident.ID `db:"event_id"` // the event it belongs to; zero for what belongs to none
	Kind    string   `db:"kind"`     // "agenda", "gate.scan", "matchmaking", "registration" …
	Ref     ident.ID `db:"ref"`      // the row that moved
}

// quiet are the kinds that do not ring the relay's bell. A notification makes
// the commits of all connections queue behind one another; that is nothing for
// an edit, and too much for scans, of which many come in a second and whose
// counts may be seen at the relay's next round.
var quiet = map[string]bool{"gate.scan": true}

// Append announces a change when the caller's transaction commits, and not
// otherwise.
func Append(ctx context.Context, q store.Querier, c Change) error {
	query := `WITH announced AS (` + insertChange + `) SELECT pg_notify('` + bell + `', '')`
	if quiet[c.Kind] {
		query = insertChange
	}
	if _, err := q.ExecContext(ctx, query, c.EventID, c.Kind, c.Ref); err != nil {
		return fmt.Errorf("announce %s: %w", c.Kind, err)
	}
	return nil
}

// bell is the PostgreSQL channel on which a commit wakes the relay.
const bell = "outbox"

const insertChange = `INSERT INTO outbox (event_id, kind, ref) VALUES (NULLIF($1, '00000000-0000-0000-0000-000000000000'::uuid), $2, $3)`
