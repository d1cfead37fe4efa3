// Package privacy sees to it that nothing is kept longer than it may be: rules for
// each class of data, a purge once a day, and legal holds that it leaves alone.
package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Rule says how long a class of data is kept.
type Rule struct {
	Class     string     `db:"class"`
	Days      int        `db:"days"` // after the event's end
	Default   int        `db:"default_days"`
	ChangedAt *time.Time `db:"changed_at"`
	ChangedBy string     `db:"changed_by"`
}

// Due is the moment from which the class may be purged.
func (r Rule) Due(e events.Event) time.Time { return e.Ends().AddDate(0, 0, r.Days) }

// Purged is what was purged, or would be: how much, never what.
type Purged struct {
	Class string    `db:"class"`
	At    time.Time `db:"at"`
	Rows  int       `db:"rows"`
}

// Hold keeps the data of one registration, or of a whole event, from being purged.
type Hold struct {
	ID             ident.ID   `db:"id"`
	EventID        ident.ID   `db:"event_id"`
	RegistrationID ident.ID   `db:"registration_id"` // Nil: the whole event
	Reference      string     `db:"reference"`       // of the registration
	Reason         string     `db:"reason"`
	PlacedAt       time.Time  `db:"placed_at"`
	PlacedBy       string     `db:"placed_by"`
	LiftedAt       *time.Time `db:"lifted_at"`
	LiftedBy       string     `db:"lifted_by"`
}

// Service is the one door to retention.
type Service struct {
	db     *sqlx.DB
	events *events.Service
	tasks  []retention.Task
	now    clock.Clock
	newID  ident.Source
	log    *slog.Logger
}

// New makes the service with the tasks of every part of the program.
func New(db *sqlx.DB, ev *events.Service, tasks []retention.Task, now clock.Clock, newID ident.Source, log *slog.Logger) *Service {
	return &Service{db: db, events: ev, tasks: tasks, now: now, newID: newID, log: log}
}

// Rules answers how long each class is kept, the shortest first.
//
// Fault: Forbidden.
func (s *Service) Rules(ctx context.Context, by accounts.Actor, event ident.ID) ([]Rule, error) {
	if !by.May(accounts.SeePrivacy, event) {
		return nil, forbidden()
	}
	return rules(ctx, s.db)
}

// Days is how long a class is kept after an event's end, for whoever hands in data
// of it.
func (s *Service) Days(ctx context.Context, class string) (int, error) {
	all, err := rules(ctx, s.db)
	if err != nil {
		return 0, fmt.Errorf("read retention rules: %w", err)
	}
	i := slices.IndexFunc(all, func(r Rule) bool { return r.Class == class })
	if i < 0 {
		return 0, fmt.Errorf("there is no retention rule for %q", class)
	}
	return all[i].Days, nil
}

// mostDays is a century: longer is for ever, and nothing is for ever here.
const mostDays = 36500

// SetRule changes how long a class is kept, in every event.
//
// Faults: Forbidden; NotFound, the class; Invalid on "days".
func (s *Service) SetRule(ctx context.Context, by accounts.Actor, class string, days int) error {
	if !by.May(accounts.EditPrivacy, ident.Nil) {
		return forbidden()
	}
	if days < 0 || days > mostDays {
		return fault.Fields(fault.Field{Path: "days", Key: "field.number_between", Args: []any{0, mostDays}})
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		all, err := rules(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(r Rule) bool { return r.Class == class })
		if i < 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if err := updateRule(ctx, tx, class, days, s.now(), by.Name()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, ident.Nil, "privacy.rule", s.newID(), map[string]any{"class": class, "days": all[i].Days}, map[string]any{"class": class, "days": days}, "")
	})
}

// Last answers the latest purge of each class of an event that found something.
//
// Fault: Forbidden.
func (s *Service) Last(ctx context.Context, by accounts.Actor, event ident.ID) (map[string]Purged, error) {
	if !by.May(accounts.SeePrivacy, event) {
		return nil, forbidden()
	}
	list, err := lastPurges(ctx, s.db, event)
	last := map[string]Purged{}
	for _, p := range list {
		last[p.Class] = p
	}
	return last, err
}

// LastRun is when the purge last came to its end; nil: it never did.
func (s *Service) LastRun(ctx context.Context) (*time.Time, error) { return lastRun(ctx, s.db) }

// Holds answers the legal holds of an event, those that stand first.
//
// Fault: Forbidden.
func (s *Service) Holds(ctx context.Context, by accounts.Actor, event ident.ID) ([]Hold, error) {
	if !by.May(accounts.SeePrivacy, event) {
		return nil, forbidden()
	}
	return holdsOf(ctx, s.db, event)
}

// Hold keeps the data of a registration from being purged, or that of the whole
// event when no reference is given.
//
// Faults: Forbidden; Invalid with fields; Conflict, it is held already.
func (s *Service) Hold(ctx context.Context, by accounts.Actor, event ident.ID, reference, reason string) error {
	if !by.May(accounts.EditPrivacy, event) {
		return forbidden()
	}
	reference, reason = text.Clean(reference), text.Clean(reason)
	var bad fault.List
	text.Line(&bad, "reason", reason, true, 500)
	h := Hold{ID: s.newID(), EventID: event, Reason: reason, PlacedAt: s.now(), PlacedBy: by.Name()}
	if reference != "" {
		id, err := registrationByReference(ctx, s.db, event, reference)
		if fault.CodeOf(err) == fault.NotFound {
			bad.Add("reference", "privacy.no_reference")
		} else if err != nil {
			return err
		}
		h.RegistrationID = id
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertHold(ctx, tx, h); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "privacy.hold", h.ID, nil, map[string]any{"reference": reference}, reason)
	})
}

// Lift ends a hold: the next purge takes what is due.
//
// Faults: Forbidden; NotFound, the event has no such standing hold.
func (s *Service) Lift(ctx context.Context, by accounts.Actor, event, id ident.ID) error {
	if !by.May(accounts.EditPrivacy, event) {
		return forbidden()
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := liftHold(ctx, tx, event, id, s.now(), by.Name()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "privacy.lift", id, nil, nil, "")
	})
}

// Trial answers what a purge would take from an event at an instant, each class for
// itself. It counts by the same words by which the purge takes, and locks nothing.
//
// Fault: Forbidden.
func (s *Service) Trial(ctx context.Context, by accounts.Actor, event ident.ID, at time.Time) (list []Purged, err error) {
	if !by.May(accounts.SeePrivacy, event) {
		return nil, forbidden()
	}
	e, err := s.events.ByID(ctx, event)
	if err != nil {
		return nil, err
	}
	err = store.InReadTx(ctx, s.db, func(tx *sqlx.Tx) error {
		list = nil
		all, err := rules(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range all {
			if at.Before(r.Due(e)) {
				continue
			}
			n, err := s.each(ctx, tx, e, r, func(t retention.Task) (int, error) { return t.Count(ctx, tx, e.ID) })
			if err != nil {
				return err
			}
			list = append(list, Purged{Class: r.Class, At: at, Rows: n})
		}
		return nil
	})
	return list, err
}

// each has the tasks of a class do something about an event, unless the event is held,
// and answers how many rows there were.
func (s *Service) each(ctx context.Context, tx *sqlx.Tx, e events.Event, r Rule, do func(retention.Task) (int, error)) (rows int, err error) {
	held, err := eventHeld(ctx, tx, e.ID)
	if err != nil || held {
		return 0, err
	}
	for _, task := range s.tasks {
		if task.Class != r.Class {
			continue
		}
		n, err := do(task)
		if err != nil {
			return 0, fmt.Errorf("purge %s: %w", r.Class, err)
		}
		rows += n
	}
	return rows, nil
}

// Purge takes from every event what is due, each class of each event in a
// transaction of its own, and answers how many rows there were.
func (s *Service) Purge(ctx context.Context) (rows int, err error) {
	by := accounts.SystemActor("retention")
	list, err := s.events.List(ctx)
	if err != nil {
		return 0, fmt.Errorf("list events to purge: %w", err)
	}
	all, err := rules(ctx, s.db)
	if err != nil {
		return 0, fmt.Errorf("read retention rules: %w", err)
	}
	var failed error
	for _, e := range list {
		for _, r := range all {
			if s.now().Before(r.Due(e)) {
				continue
			}
			n, err := s.take(ctx, by, e, r)
			rows += n
			failed = errors.Join(failed, err) // one class that fails keeps no other
		}
	}
	return rows, failed
}

func (s *Service) take(ctx context.Context, by accounts.Actor, e events.Event, r Rule) (n int, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if n, err = s.each(ctx, tx, e, r, func(t retention.Task) (int, error) { return t.Purge(ctx, tx, e.ID) }); err != nil || n == 0 {
			return err
		}
		id := s.newID()
		if err := insertPurge(ctx, tx, id, e.ID, Purged{Class: r.Class, At: s.now(), Rows: n}); err != nil {
			return err
		}
		return s.record(ctx, tx, by, e.ID, "privacy.purge", id, nil, map[string]any{"class": r.Class, "rows": n}, "")
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// staleRun is how long a run may take: after that its process died.
const staleRun = time.Hour

// PurgeDaily purges unless it was done today, by this process or another. It tells
// whether it did.
func (s *Service) PurgeDaily(ctx context.Context) (bool, error) {
	now := s.now()
	mine, err := claimRun(ctx, s.db, now, now.Add(-staleRun))
	if err != nil || !mine {
		return false, err
	}
	rows, err := s.Purge(ctx)
	if err != nil {
		return true, err
	}
	if rows > 0 {
		s.log.Info("purged what may not be kept any longer", "rows", rows)
	}
	return true, endRun(ctx, s.db, now, s.now())
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action string, object ident.ID, before, after map[string]any, reason string) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: "privacy", ObjectID: object, Before: before, After: after, Reason: reason,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "privacy", Ref: object})
}

func forbidden() error { return fault.New(fault.Forbidden, "error.forbidden") }
