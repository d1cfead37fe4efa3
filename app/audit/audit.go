// Package audit keeps the append-only log of every change: who, what, when,
// before and after, why. An entry is written in the transaction of its change.
package audit

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Entry is one change. Before and After hold the fields that moved and nothing
// else; a sensitive value (passport, birth date) never, only that it changed.
type Entry struct {
	ID         ident.ID
	At         time.Time
	ActorKind  string
	ActorID    ident.ID // zero for guests and the program itself
	ActorName  string
	EventID    ident.ID // zero for what belongs to no event
	Action     string   // "registration.approve"
	ObjectKind string
	ObjectID   ident.ID
	Before     map[string]any
	After      map[string]any
	Reason     string
}

// Record writes an entry when the caller's transaction commits, and not
// otherwise.
func Record(ctx context.Context, tx store.Querier, e Entry) error {
	return insertEntry(ctx, tx, e)
}

// History answers what happened to one thing, oldest first: how tests and tools
// read the trail of a change.
func History(ctx context.Context, q store.Querier, object ident.ID) ([]Entry, error) {
	return entriesOf(ctx, q, object)
}

// Log reads the log of events.
type Log struct{ db *sqlx.DB }

// NewLog makes a reader.
func NewLog(db *sqlx.DB) *Log { return &Log{db} }

// Recent answers entries of an event, newest first, older than the entry before
// (Nil: from the newest), at most limit. general adds what belongs to no event:
// accounts, tokens. That is for whoever may see the log of every event.
func (l *Log) Recent(ctx context.Context, event, before ident.ID, general bool, limit int) ([]Entry, error) {
	return recent(ctx, l.db, event, before, general, limit)
}
