package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func insertEntry(ctx context.Context, q store.Querier, e Entry) error {
	before, err := asJSON(e.Before)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	after, err := asJSON(e.After)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO audit_entries (id, at, actor_kind, actor_id, actor_name, event_id, action, object_kind, object_id, before, after, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.ID, e.At, e.ActorKind, store.OrNull(e.ActorID), e.ActorName, store.OrNull(e.EventID), e.Action, e.ObjectKind, e.ObjectID, before, after, e.Reason)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

type row struct {
	ID         ident.ID      `db:"id"`
	At         time.Time     `db:"at"`
	ActorKind  string        `db:"actor_kind"`
	ActorID    uuid.NullUUID `db:"actor_id"`
	ActorName  string        `db:"actor_name"`
	EventID    uuid.NullUUID `db:"event_id"`
	Action     string        `db:"action"`
	ObjectKind string        `db:"object_kind"`
	ObjectID   ident.ID      `db:"object_id"`
	Before     []byte        `db:"before"`
	After      []byte        `db:"after"`
	Reason     string        `db:"reason"`
}

const columns = `id, at, actor_kind, actor_id, actor_name, event_id, action, object_kind, object_id, before, after, reason`

func entriesOf(ctx context.Context, q store.Querier, object ident.ID) ([]Entry, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, `SELECT `+columns+` FROM audit_entries WHERE object_id = $1 ORDER BY id`, object); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return entries(rows)
}

func recent(ctx context.Context, q store.Querier, event, before ident.ID, general bool, limit int) ([]Entry, error) {
	var rows []row
	err := q.SelectContext(ctx, &rows, `
		SELECT `+columns+` FROM audit_entries
		WHERE (event_id = $1 OR event_id IS NULL AND $4) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`, event, store.OrNull(before), limit, general)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return entries(rows)
}

func entries(rows []row) ([]Entry, error) {
	list := make([]Entry, 0, len(rows))
	for _, r := range rows {
		e := Entry{
			ID: r.ID, At: r.At, ActorKind: r.ActorKind, ActorID: r.ActorID.UUID, ActorName: r.ActorName, EventID: r.EventID.UUID,
			Action: r.Action, ObjectKind: r.ObjectKind, ObjectID: r.ObjectID, Reason: r.Reason,
		}
		if err := fromJSON(r.Before, &e.Before); err != nil {
			return nil, err
		}
		if err := fromJSON(r.After, &e.After); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// unsealed answers committed entries that no seal holds yet, oldest first.
func unsealed(ctx context.Context, q store.Querier, limit int) ([]row, error) {
	var rows []row
	err := q.SelectContext(ctx, &rows, `
		SELECT `+columns+` FROM audit_entries e
		WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.entry_id = e.id)
		ORDER BY id LIMIT $1`, limit)
	return rows, err
}

func unsealedCount(ctx context.Context, q store.Querier) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM audit_entries e WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.entry_id = e.id)`)
	return n, err
}

type seal struct {
	Position int64    `db:"position"`
	EntryID  ident.ID `db:"entry_id"`
	Digest   []byte   `db:"digest"`
}

func lastSeal(ctx context.Context, q store.Querier) (s seal, found bool, err error) {
	var seals []seal
	err = q.SelectContext(ctx, &seals, `SELECT position, entry_id, digest FROM audit_seals ORDER BY position DESC LIMIT 1`)
	if err != nil || len(seals) == 0 {
		return seal{}, false, err
	}
	return seals[0], true, nil
}

func insertSeal(ctx context.Context, q store.Querier, s seal) error {
	_, err := q.ExecContext(ctx, `INSERT INTO audit_seals (position, entry_id, digest) VALUES ($1, $2, $3)`, s.Position, s.EntryID, s.Digest)
	return err
}

func lockSeals(ctx context.Context, q store.Querier) error {
	_, err := q.ExecContext(ctx, `SELECT pg_advisory_xact_lock(5872310470)`)
	return err
}

type sealedRow struct {
	row
	Position int64  `db:"position"`
	Digest   []byte `db:"digest"`
}

func sealedAfter(ctx context.Context, q store.Querier, position int64, limit int) ([]sealedRow, error) {
	var rows []sealedRow
	err := q.SelectContext(ctx, &rows, `
		SELECT s.position, s.digest, `+columns+`
		FROM audit_seals s JOIN audit_entries e ON e.id = s.entry_id
		WHERE s.position > $1 ORDER BY s.position LIMIT $2`, position, limit)
	return rows, err
}

// asJSON is text, not bytes: lib/pq would send bytes as bytea.
func asJSON(m map[string]any) (*string, error) {
	if m == nil {
		return nil, nil
	}
	b, err := json.Marshal(m)
	s := string(b)
	return &s, err
}

func fromJSON(b []byte, m *map[string]any) error {
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, m)
}
