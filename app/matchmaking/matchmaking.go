// Package matchmaking brings visiting delegations and local firms to tables:
// who asks for whom, which rules hold, which plan is published, who meets whom
// when and where.
package matchmaking

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// Service is matchmaking's one door.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// Rules are the numbers that bound every plan of an event (domain rules 6, 11,
// 12, 13, 21).
type Rules struct {
	EventID           ident.ID `db:"event_id" json:"-"`
	MinPerFirm        int      `db:"min_per_firm" json:"min_per_firm"`                 // wished for each firm that asked
	MaxPerDelegation  int      `db:"max_per_delegation" json:"max_per_delegation"`     // at most
	MaxPerFirm        int      `db:"max_per_firm" json:"max_per_firm"`                 // at most
	MaxInARow         int      `db:"max_in_a_row" json:"max_in_a_row"`                 // slots of work without a pause
	InterpreterInARow int      `db:"interpreter_in_a_row" json:"interpreter_in_a_row"` // slots of work without a pause
	FreeSlots         int      `db:"free_slots" json:"free_slots"`                     // kept free per delegation for requests on the day
	RelayLanguage     string   `db:"relay_language" json:"relay_language"`             // spoken by both sides when no interpreter serves
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
	ID             ident.ID `db:"id"`
	EventID        ident.ID `db:"event_id"`
	Code           string   `db:"code"`
	NameZH         string   `db:"name_zh"`
	NameEN         string   `db:"name_en"`
	Languages      []string `db:"-"`
	StaffID        ident.ID `db:"-"`
	RegistrationID ident.ID `db:"-"`
	DelegationID   ident.ID `db:"-"` // serves this delegation only; zero serves all
}

// Need is what a delegation's table must offer.
type Need string

// The needs.
const (
	VIPRoom  Need = "vip"
	StepFree Need = "step_free"
)

// SaveRules sets an event's rules.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveRules(ctx context.Context, by accounts.Actor, r Rules) error {
	var bad fault.List
	bad.Check(r.MinPerFirm >= 0 && r.MinPerFirm <= 20, "min_per_firm", "field.range", 0, 20)
	bad.Check(r.MaxPerDelegation >= 1 && r.MaxPerDelegation <= 100, "max_per_delegation", "field.range", 1, 100)
	bad.Check(r.MaxPerFirm >= 1 && r.MaxPerFirm <= 100, "max_per_firm", "field.range", 1, 100)
	bad.Check(r.MinPerFirm <= r.MaxPerFirm, "min_per_firm", "matchmaking.min_above_max")
	bad.Check(r.MaxInARow >= 1 && r.MaxInARow <= 50, "max_in_a_row", "field.range", 1, 50)
	bad.Check(r.InterpreterInARow >= 1 && r.InterpreterInARow <= 50, "interpreter_in_a_row", "field.range", 1, 50)
	bad.Check(r.FreeSlots >= 0 && r.FreeSlots <= 20, "free_slots", "field.range", 0, 20)
	return s.write(ctx, by, r.EventID, "matchmaking.rules", "event", r.EventID, bad, func(tx *sqlx.Tx) error {
		return upsertRules(ctx, tx, r)
	})
}

// RulesOf answers an event's rules, or those it starts with.
func (s *Service) RulesOf(ctx context.Context, event ident.ID) (Rules, error) {
	r, err := rulesOf(ctx, s.db, event)
	if fault.CodeOf(err) == fault.NotFound {
		return DefaultRules(event), nil
	}
	return r, err
}

// SaveSlots lays the meeting grid of one session: every slot of it, in order.
// Slots that a published meeting uses cannot be taken away.
func (s *Service) SaveSlots(ctx context.Context, by accounts.Actor, event, session ident.ID, part string, starts []time.Time, length time.Duration) ([]Slot, error) {
	var bad fault.List
	bad.Check(part != "" && utf8.RuneCountInString(part) <= 20, "part", "field.required")
	bad.Check(len(starts) > 0 && len(starts) <= 200, "starts", "field.required")
	bad.Check(length >= 5*time.Minute && length <= 4*time.Hour, "minutes", "field.range", 5, 240)
	for i := 1; i < len(starts); i++ {
		bad.Check(!starts[i].Before(starts[i-1].Add(length)), "starts", "matchmaking.slots_overlap", i, i+1)
	}
	var slots []Slot
	for i, at := range starts {
		slots = append(slots, Slot{ID: s.newID(), EventID: event, SessionID: session, Code: fmt.Sprintf("%s:%d", part, i+1), Part: part, StartsAt: at, EndsAt: at.Add(length)})
	}
	err := s.write(ctx, by, event, "matchmaking.slots", "session", session, bad, func(tx *sqlx.Tx) error {
		if err := deleteSlots(ctx, tx, session); err != nil {
			return err
		}
		for _, slot := range slots {
			if err := insertSlot(ctx, tx, slot); err != nil {
				return err
			}
		}
		return nil
	})
	return slots, err
}

// SaveRequest asks for a meeting or, by the organiser, demands or forbids one.
// Asking again changes priority and topic of the first request.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveRequest(ctx context.Context, by accounts.Actor, r Request) (Request, error) {
	var bad fault.List
	bad.Check(slices.Contains([]Side{ByDelegation, ByFirm, ByOrganiser}, r.Side), "side", "field.choice")
	bad.Check(slices.Contains([]Kind{Wish, Must, Never}, r.Kind), "kind", "field.choice")
	bad.Check(r.Kind == Wish || r.Side == ByOrganiser, "kind", "constraint.meeting_requests_rule_by_organiser")
	bad.Check(r.Priority >= 1 && r.Priority <= 3, "priority", "field.range", 1, 3)
	bad.Check(utf8.RuneCountInString(r.Topic) <= 300, "topic", "field.too_long", 300)
	bad.Check(utf8.RuneCountInString(r.Reason) <= 300, "reason", "field.too_long", 300)
	r.ID, r.State, r.CreatedAt = s.newID(), "open", s.now()
	err := s.write(ctx, by, r.EventID, "matchmaking.request", "delegation", r.DelegationID, bad, func(tx *sqlx.Tx) error {
		return upsertRequest(ctx, tx, r)
	})
	return r, err
}

// SaveInterpreter adds an interpreter to an event's pool, or to one delegation.
func (s *Service) SaveInterpreter(ctx context.Context, by accounts.Actor, i Interpreter) (Interpreter, error) {
	var bad fault.List
	bad.Check(i.Code != "" && utf8.RuneCountInString(i.Code) <= 20, "code", "field.required")
	bad.Check(i.NameEN != "" && utf8.RuneCountInString(i.NameEN) <= 120, "name_en", "field.required")
	bad.Check(len(i.Languages) >= 2 && len(i.Languages) <= 20, "languages", "matchmaking.two_languages")
	i.ID = s.newID()
	err := s.write(ctx, by, i.EventID, "matchmaking.interpreter", "interpreter", i.ID, bad, func(tx *sqlx.Tx) error {
		return insertInterpreter(ctx, tx, i)
	})
	return i, err
}

// SaveNeed notes that a delegation's table must offer something.
func (s *Service) SaveNeed(ctx context.Context, by accounts.Actor, event, delegation ident.ID, need Need) error {
	var bad fault.List
	bad.Check(need == VIPRoom || need == StepFree, "need", "field.choice")
	return s.write(ctx, by, event, "matchmaking.need", "delegation", delegation, bad, func(tx *sqlx.Tx) error {
		return insertNeed(ctx, tx, delegation, need)
	})
}

// Absence says that somebody or something cannot be used in a slot. One of the
// four subjects is set.
type Absence struct {
	EventID                                      ident.ID
	SlotID                                       ident.ID
	DelegationID, FirmID, InterpreterID, TableID ident.ID
	Reason                                       string
}

// SaveAbsence notes an absence.
func (s *Service) SaveAbsence(ctx context.Context, by accounts.Actor, a Absence) error {
	var bad fault.List
	bad.Check(utf8.RuneCountInString(a.Reason) <= 300, "reason", "field.too_long", 300)
	return s.write(ctx, by, a.EventID, "matchmaking.absence", "slot", a.SlotID, bad, func(tx *sqlx.Tx) error {
		return insertAbsence(ctx, tx, s.newID(), a)
	})
}

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
		err := audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
			Action: action, ObjectKind: kind, ObjectID: object,
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "matchmaking", Ref: object})
	})
}
