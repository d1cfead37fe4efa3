// Package matchmaking brings visiting delegations and local firms to tables:
// who asks for whom, which rules hold, which plan is published, who meets whom
// when and where.
package matchmaking

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// Service is matchmaking's one door.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
	turn  chan struct{} // full while a run of this process is under way, or waits for another process
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID, turn: make(chan struct{}, 1)}
}

// Rules are the numbers that bound every plan of an event (domain rules 6, 11,
// 12, 13, 21).
type Rules struct {
	EventID           ident.ID `db:"event_id"`
	MinPerFirm        int      `db:"min_per_firm"`         // wished for each firm that asked
	MaxPerDelegation  int      `db:"max_per_delegation"`   // at most
	MaxPerFirm        int      `db:"max_per_firm"`         // at most
	MaxInARow         int      `db:"max_in_a_row"`         // slots of work without a pause
	InterpreterInARow int      `db:"interpreter_in_a_row"` // slots of work without a pause
	FreeSlots         int      `db:"free_slots"`           // kept free per delegation for requests on the day
	RelayLanguage     string   `db:"relay_language"`       // spoken by both sides when nobody interprets for the head; empty: none
}

// DefaultRules are those an event starts with.
func DefaultRules(event ident.ID) Rules {
	return Rules{EventID: event, MinPerFirm: 1, MaxPerDelegation: 9, MaxPerFirm: 4, MaxInARow: 3, InterpreterInARow: 3, FreeSlots: 1, RelayLanguage: "en"}
}

// Slot is a unit of the meeting grid.
type Slot struct {
	ID        ident.ID  `db:"id"`
	EventID   ident.ID  `db:"event_id"`
	SessionID ident.ID  `db:"session_id"`
	Code      string    `db:"code"` // MM-AM:1
	Part      string    `db:"part"` // idle time between two parts is not a break
	StartsAt  time.Time `db:"starts_at"`
	EndsAt    time.Time `db:"ends_at"`
}

// Side says who asks.
type Side string

// The sides of a request.
const (
	ByDelegation Side = "delegation"
	ByFirm       Side = "firm"
	ByOrganiser  Side = "organiser"
)

// Kind says how strong a request is.
type Kind string

// The kinds of request. Must and never are the organiser's; a never and its
// reason are not shown to either side.
const (
	Wish  Kind = "wish"
	Must  Kind = "must"
	Never Kind = "never"
)

// Request asks that a delegation and a firm meet, or forbids it.
type Request struct {
	ID           ident.ID  `db:"id"`
	EventID      ident.ID  `db:"event_id"`
	DelegationID ident.ID  `db:"delegation_id"`
	FirmID       ident.ID  `db:"firm_id"`
	Side         Side      `db:"side"`
	Kind         Kind      `db:"kind"`
	Priority     int       `db:"priority"` // 1 highest, 3 lowest
	Topic        string    `db:"topic"`
	Reason       string    `db:"reason"`
	State        string    `db:"state"`
	CreatedAt    time.Time `db:"created_at"`
}

// Interpreter can be assigned to meetings.
type Interpreter struct {
	ID             ident.ID    `db:"id"`
	EventID        ident.ID    `db:"event_id"`
	Code           string      `db:"code"`
	Name           locale.Text `db:"name"`
	Languages      []string    `db:"-"`
	StaffID        ident.ID    `db:"-"`
	RegistrationID ident.ID    `db:"-"`
	DelegationID   ident.ID    `db:"-"` // serves this delegation only; zero serves all
}

// Need is what a delegation's table must offer.
type Need string

// The needs.
const (
	VIPRoom  Need = "vip"
	StepFree Need = "step_free"
)

// write is the shape of every small change here: right, rules, one transaction
// with its audit entry and its announcement.
func (s *Service) write(ctx context.Context, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, bad fault.List, change func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditMatchmaking, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, action, kind, object, nil)
	})
}

// record writes the audit entry of a change and announces it.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: object, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "matchmaking", Ref: object})
}
