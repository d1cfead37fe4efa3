// Package doors lets people in: gates, the devices at them, and one verdict for
// each scan of a badge.
package doors

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Gate is a place where badges are read: it guards a zone, or one session in it.
type Gate struct {
	EventID   ident.ID    `db:"event_id"`
	ID        ident.ID    `db:"id"`
	Code      string      `db:"code"`
	Name      locale.Text `db:"name"`
	ZoneID    ident.ID    `db:"zone_id"`
	SessionID ident.ID    `db:"session_id"` // zero, or the session whose access list is asked
	Direction Direction   `db:"direction"`
	Open      bool        `db:"open"`

	// Read only, for lists.
	Zone      locale.Text `db:"zone"`
	ZoneCode  string      `db:"zone_code"`
	Session   locale.Text `db:"session"`
	Devices   int         `db:"devices"`    // paired and not revoked
	LastScans int         `db:"last_scans"` // in the last minute
}

// Arrivals is told of a person's first granted entry, within the transaction of
// the scan. delegations.Service is.
type Arrivals interface {
	Arrive(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID) error
}

// Service is the one door to doors.
type Service struct {
	db       *sqlx.DB
	events   *events.Service
	arrivals Arrivals
	now      clock.Clock
	newID    ident.Source
}

// New makes the service.
func New(db *sqlx.DB, ev *events.Service, arrivals Arrivals, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, events: ev, arrivals: arrivals, now: now, newID: newID}
}

var gateCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,19}$`)

// SaveGate changes the gate of in.ID, whose code stays, or adds a gate when it has
// none. A new gate is open.
//
// Faults: Forbidden; Invalid with fields, the code is taken among them; NotFound.
func (s *Service) SaveGate(ctx context.Context, by accounts.Actor, in Gate) (Gate, error) {
	in.Code = strings.ToUpper(strings.TrimSpace(in.Code))
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	var bad fault.List
	bad.Check(gateCode.MatchString(in.Code), "code", "gate.code_form")
	text.Line(&bad, "name_zh", in.Name.ZH, true, 60)
	text.Line(&bad, "name_en", in.Name.EN, true, 60)
	bad.Check(in.ZoneID != ident.Nil, "zone_id", "field.choice")
	bad.Check(in.Direction == In || in.Direction == Out || in.Direction == Both, "direction", "field.choice")
	if err := bad.Err(); err != nil {
		return in, err
	}
	fresh := in.ID == ident.Nil
	if fresh {
		in.ID = s.newID()
	}
	err := s.change(ctx, by, in.EventID, func(tx *sqlx.Tx) (action string, gate ident.ID, err error) {
		belongs, err := placesBelong(ctx, tx, in)
		if err != nil {
			return "", ident.Nil, err
		}
		if !belongs {
			return "", ident.Nil, fault.Fields(fault.Field{Path: "zone_id", Key: "field.choice"})
		}
		if fresh {
			if err = insertGate(ctx, tx, in); store.Constraint(err) == "gates_once" {
				err = fault.Fields(fault.Field{Path: "code", Key: "constraint.gates_once"})
			}
			return "gate.add", in.ID, err
		}
		found, err := updateGate(ctx, tx, in)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "error.not_found")
		}
		return "gate.edit", in.ID, err
	})
	return in, err
}

// SetOpen opens or closes a gate. A closed gate refuses every scan.
//
// Faults: Forbidden; NotFound.
func (s *Service) SetOpen(ctx context.Context, by accounts.Actor, gate ident.ID, open bool) (g Gate, err error) {
	if g, err = gateByID(ctx, s.db, gate); err != nil {
		return g, err
	}
	g.Open = open
	action := "gate.close"
	if open {
		action = "gate.open"
	}
	return g, s.change(ctx, by, g.EventID, func(tx *sqlx.Tx) (string, ident.ID, error) {
		return action, g.ID, updateOpen(ctx, tx, g.ID, open)
	})
}

// Gates answers an event's gates in order of code.
//
// Fault: Forbidden.
func (s *Service) Gates(ctx context.Context, by accounts.Actor, event ident.ID) ([]Gate, error) {
	if !by.May(accounts.SeeDoors, event) {
		return nil, forbidden()
	}
	return gatesOf(ctx, s.db, event, s.now().Add(-time.Minute))
}

// change runs one change of the doors' furniture with its audit entry and its
// announcement.
func (s *Service) change(ctx context.Context, by accounts.Actor, event ident.ID, fn func(tx *sqlx.Tx) (action string, ref ident.ID, err error)) error {
	if !by.May(accounts.EditDoors, event) {
		return forbidden()
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		action, ref, err := fn(tx)
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(action, ".")
		if err := s.record(ctx, tx, by, event, action, kind, ref, ""); err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "gate", Ref: ref})
	})
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action, kind string, ref ident.ID, reason string) error {
	return audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: ref, Reason: reason,
	})
}

func forbidden() error { return fault.New(fault.Forbidden, "error.forbidden") }
