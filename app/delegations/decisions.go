package delegations

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

const (
	// UndoTime is how long a decision of the desk can be undone. Nothing changes
	// and no mail is written before it is over.
	UndoTime = 10 * time.Second
	// decisionMost is how many registrations one decision may be about.
	decisionMost = 500
	// decisionTries is how often a decision is tried that fails without a reason to
	// tell; then it is refused, and somebody may decide anew.
	decisionTries = 10
	// lookEvery is how often decisions that are due are looked for.
	lookEvery = time.Second
)

// Decision is what somebody at the desk decided about some registrations at once.
type Decision struct {
	ID          ident.ID    `db:"id"`
	EventID     ident.ID    `db:"event_id"`
	Decision    string      `db:"decision"` // approve, reject, return
	Reason      string      `db:"reason"`   // that the people are told; none for approve
	ByID        ident.ID    `db:"by_id"`
	ByKind      string      `db:"by_kind"`
	By          locale.Text `db:"by"`
	RequestedAt time.Time   `db:"requested_at"`
	DueAt       time.Time   `db:"due_at"` // from here on it is carried out
	UndoneAt    *time.Time  `db:"undone_at"`
	AppliedAt   *time.Time  `db:"applied_at"`
	Items       int         `db:"items"` // registrations
	Applied     int         `db:"applied"`
	Refused     int         `db:"refused"`
}

// Open tells whether the decision can still be undone.
func (d Decision) Open(now time.Time) bool {
	return d.UndoneAt == nil && d.AppliedAt == nil && now.Before(d.DueAt)
}

// actor is who decided, as the log names them when it is carried out. Their right
// was checked when they decided.
func (d Decision) actor() accounts.Actor {
	return accounts.Actor{Kind: accounts.Kind(d.ByKind), ID: d.ByID, NameZH: d.By.ZH, NameEN: d.By.EN}
}

// Refusal is one registration that a decision could not be carried out on, and why.
type Refusal struct {
	Registration
	FaultKey  string
	FaultArgs []any
}

// Seen is a registration in the version that somebody looked at; zero: as it is now.
type Seen struct {
	ID      ident.ID
	Version int
}

// Decide notes a decision about registrations of an event, which is carried out
// UndoTime later unless it is undone. Those about which another decision waits are
// left to that one. An approval holds for what was seen: one who changed their
// registration since then is left to the desk to look at again.
//
// Faults: Forbidden; NotFound, one is not of the event; Invalid with fields, no
// reason, none chosen or too many; Conflict, another decision waits about all of
// them.
func (s *Service) Decide(ctx context.Context, by accounts.Actor, event ident.ID, decision string, seen []Seen, reason string) (d Decision, err error) {
	if !by.May(accounts.DecideRegistration, event) {
		return d, fault.New(fault.Forbidden, "error.forbidden")
	}
	d = Decision{
		ID: s.newID(), EventID: event, Decision: decision, Reason: text.Paragraphs(reason), ByID: by.ID, ByKind: string(by.Kind), By: by.Called(),
		RequestedAt: s.now(), DueAt: s.now().Add(UndoTime),
	}
	var ids []ident.ID
	var versions []int
	for _, one := range seen {
		if !slices.Contains(ids, one.ID) { // ticked twice is meant once, as it was seen first
			ids, versions = append(ids, one.ID), append(versions, one.Version)
		}
	}
	var bad fault.List
	switch decision {
	case "approve":
		d.Reason = ""
	case "reject", "return":
		checkReason(&bad, d.Reason)
	default:
		bad.Add("decision", "field.choice")
	}
	if len(seen) == 0 || len(seen) > decisionMost {
		bad.Add("registrations", "desk.choose", decisionMost)
	}
	if err := bad.Err(); err != nil {
		return d, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		known, err := countIn(ctx, tx, event, ids)
		switch {
		case err != nil:
			return err
		case known < len(ids):
			return fault.New(fault.NotFound, "error.not_found")
		}
		if err := insertDecision(ctx, tx, d); err != nil {
			return err
		}
		if d.Items, err = insertItems(ctx, tx, d.ID, ids, versions); err != nil {
			return err
		}
		if d.Items == 0 {
			return fault.New(fault.Conflict, "constraint.decision_items_pending")
		}
		return s.record(ctx, tx, by, event, "decision.request", "decision", d.ID, nil, map[string]any{"decision": decision, "people": d.Items}, d.Reason)
	})
	return d, err
}

// Undo takes a decision back before it is carried out. Undoing it again changes
// nothing.
//
// Faults: NotFound; Forbidden; Conflict, it is too late.
func (s *Service) Undo(ctx context.Context, by accounts.Actor, id ident.ID) (d Decision, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockDecision(ctx, tx, id); err != nil {
			return err
		}
		if d, err = decisionByID(ctx, tx, id); err != nil {
			return err
		}
		now := s.now()
		switch {
		case !by.May(accounts.DecideRegistration, d.EventID):
			return fault.New(fault.Forbidden, "error.forbidden")
		case d.UndoneAt != nil:
			return nil
		case !d.Open(now):
			return fault.New(fault.Conflict, "desk.too_late")
		}
		d.UndoneAt = &now
		if err := updateUndone(ctx, tx, id, now); err != nil {
			return err
		}
		return s.record(ctx, tx, by, d.EventID, "decision.undo", "decision", id, nil, map[string]any{"decision": d.Decision, "people": d.Items}, "")
	})
	return d, err
}

// Decisions answers the latest decisions of an event: those that can be undone, and
// those before, ten at most.
//
// Fault: Forbidden.
func (s *Service) Decisions(ctx context.Context, by accounts.Actor, event ident.ID) ([]Decision, error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return latestDecisions(ctx, s.db, event, 10)
}

// DecisionOf finds a decision and whom it could not be carried out on.
//
// Faults: NotFound; Forbidden.
func (s *Service) DecisionOf(ctx context.Context, by accounts.Actor, id ident.ID) (d Decision, refused []Refusal, err error) {
	if d, err = decisionByID(ctx, s.db, id); err != nil {
		return d, nil, err
	}
	if !by.May(accounts.SeeRegistrations, d.EventID) {
		return Decision{}, nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	items, err := refusedItems(ctx, s.db, id)
	if err != nil {
		return d, nil, err
	}
	for _, i := range items {
		refusal := Refusal{FaultKey: i.FaultKey}
		for _, arg := range i.FaultArgs {
			refusal.FaultArgs = append(refusal.FaultArgs, arg)
		}
		if refusal.Registration, err = registrationByID(ctx, s.db, i.RegistrationID); err != nil {
			return d, nil, err
		}
		refusal.Registration = refusal.Registration.seenBy(by)
		if f, _ := fault.Of(heldBack(by, d.EventID)); refusal.FaultKey == "registration.held" {
			refusal.FaultKey = f.Key
		}
		refused = append(refused, refusal)
	}
	return d, refused, nil
}

// ApplyDue carries out the decisions whose time to undo is over, each registration
// in a transaction of its own: one that is refused keeps the reason, and the others
// go on. Several processes may do so at once.
func (s *Service) ApplyDue(ctx context.Context) error {
	due, err := dueDecisions(ctx, s.db, s.now())
	if err != nil {
		return fmt.Errorf("read decisions: %w", err)
	}
	var failed []error
	for _, d := range due {
		items, err := waitingItems(ctx, s.db, d.ID)
		if err != nil {
			return fmt.Errorf("read decision: %w", err)
		}
		for _, id := range items {
			if err := s.applyItem(ctx, d, id); err != nil {
				failed = append(failed, fmt.Errorf("carry out decision %s: %w", d.ID, err))
			}
		}
		if err := finishDecision(ctx, s.db, d.ID, s.now()); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// RunDecisions carries out decisions as they fall due, gives away the places that are
// left, and ends what events leave open, until the context ends. The rows are the queue,
// and the service's clock says when, so that neither a restart nor a clock of its own
// loses one.
func (s *Service) RunDecisions(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := s.ApplyDue(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "decisions of the desk", "err", err)
		}
		if err := s.GiveFreePlaces(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "free places", "err", err)
		}
		if err := s.CloseEvents(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "closed events", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// applyItem decides on one registration, and notes what came of it with it.
func (s *Service) applyItem(ctx context.Context, d Decision, id ident.ID) error {
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		waits, version, err := lockItem(ctx, tx, d.ID, id)
		if err != nil || !waits {
			return err
		}
		if _, err := s.inLocked(ctx, tx, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
			if d.Decision == "approve" && r.Version != version {
				return r, fault.New(fault.Conflict, "desk.changed_meanwhile")
			}
			return s.carryOut(ctx, tx, d, e, r)
		}); err != nil {
			return err
		}
		return updateItem(ctx, tx, d.ID, id, "applied", "", nil)
	})
	f, told := fault.Of(err)
	switch {
	case err == nil, ctx.Err() != nil, told && f.Code == fault.Unavailable:
		return err
	case !told: // ours to mend; nobody waits for that for ever
		return errors.Join(err, store.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return updateTried(ctx, tx, d.ID, id, decisionTries) }))
	}
	var args []string
	for _, arg := range f.Args {
		args = append(args, fmt.Sprint(arg))
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return updateItem(ctx, tx, d.ID, id, "refused", f.Key, args) })
}

func (s *Service) carryOut(ctx context.Context, tx *sqlx.Tx, d Decision, e events.Event, r Registration) (_ Registration, err error) {
	switch d.Decision {
	case "approve":
		r, _, err = s.approveLocked(ctx, tx, d.actor(), e, r)
	case "reject":
		r, err = s.refuseLocked(ctx, tx, d.actor(), e, r, Rejected, "rejected", d.Reason)
	case "return":
		r, err = s.refuseLocked(ctx, tx, d.actor(), e, r, Returned, "returned", d.Reason)
	}
	return r, err
}
