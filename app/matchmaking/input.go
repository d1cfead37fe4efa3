package matchmaking

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// SaveRules sets an event's rules.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveRules(ctx context.Context, by accounts.Actor, r Rules) error {
	var bad fault.List
	for _, n := range []struct {
		field              string
		value, least, most int
	}{
		{"min_per_firm", r.MinPerFirm, 0, 20}, {"max_per_delegation", r.MaxPerDelegation, 1, 100}, {"max_per_firm", r.MaxPerFirm, 1, 100},
		{"max_in_a_row", r.MaxInARow, 1, 50}, {"interpreter_in_a_row", r.InterpreterInARow, 1, 50}, {"free_slots", r.FreeSlots, 0, 20},
	} {
		bad.Check(n.value >= n.least && n.value <= n.most, n.field, "field.number_between", n.least, n.most)
	}
	bad.Check(r.MinPerFirm <= r.MaxPerFirm, "min_per_firm", "matchmaking.min_above_max")
	bad.Check(len(r.RelayLanguage) <= 20, "relay_language", "field.choice")
	return s.write(ctx, by, r.EventID, "matchmaking.rules", "event", r.EventID, bad, func(tx *sqlx.Tx) error {
		return upsertRules(ctx, tx, r)
	})
}

// SaveSlots lays the meeting grid of one session: every slot of it, in order.
// Slots that a meeting uses cannot be taken away.
//
// Faults: Forbidden; NotFound, the event has no such session; Invalid with
// fields; Conflict, a meeting stands in a slot, or slots overlap.
func (s *Service) SaveSlots(ctx context.Context, by accounts.Actor, event, session ident.ID, part string, starts []time.Time, length time.Duration) ([]Slot, error) {
	var bad fault.List
	bad.Check(part != "" && utf8.RuneCountInString(part) <= 20, "part", "field.required")
	bad.Check(len(starts) > 0 && len(starts) <= 200, "starts", "field.required")
	bad.Check(length >= 5*time.Minute && length <= 4*time.Hour, "minutes", "field.number_between", 5, 240)
	for i := 1; i < len(starts); i++ {
		bad.Check(!starts[i].Before(starts[i-1].Add(length)), "starts", "matchmaking.slots_overlap", i, i+1)
	}
	var slots []Slot
	for i, at := range starts {
		slots = append(slots, Slot{ID: s.newID(), EventID: event, SessionID: session, Code: fmt.Sprintf("%s:%d", part, i+1), Part: part, StartsAt: at, EndsAt: at.Add(length)})
	}
	err := s.write(ctx, by, event, "matchmaking.slots", "session", session, bad, func(tx *sqlx.Tx) error {
		if err := partOf(ctx, tx, event, named{Session: session}); err != nil {
			return err
		}
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
// Asking again changes priority, topic and reason of the first request.
//
// Faults: Forbidden; NotFound, the delegation or firm is not of this event;
// Invalid with fields.
func (s *Service) SaveRequest(ctx context.Context, by accounts.Actor, r Request) (Request, error) {
	var bad fault.List
	bad.Check(slices.Contains([]Side{ByDelegation, ByFirm, ByOrganiser}, r.Side), "side", "field.choice")
	bad.Check(slices.Contains([]Kind{Wish, Must, Never}, r.Kind), "kind", "field.choice")
	bad.Check(r.Kind == Wish || r.Side == ByOrganiser, "kind", "constraint.meeting_requests_rule_by_organiser")
	bad.Check(r.Priority >= 1 && r.Priority <= 3, "priority", "field.number_between", 1, 3)
	bad.Check(utf8.RuneCountInString(r.Topic) <= 300, "topic", "field.too_long", 300)
	bad.Check(utf8.RuneCountInString(r.Reason) <= 300, "reason", "field.too_long", 300)
	r.ID, r.State, r.CreatedAt = s.newID(), "open", s.now()
	err := s.write(ctx, by, r.EventID, "matchmaking.request", "delegation", r.DelegationID, bad, func(tx *sqlx.Tx) (err error) {
		if err := partOf(ctx, tx, r.EventID, named{Delegation: r.DelegationID, Firm: r.FirmID}); err != nil {
			return err
		}
		r.ID, err = upsertRequest(ctx, tx, r)
		return err
	})
	return r, err
}

// SaveNeed notes that a delegation's table must offer something.
//
// Faults: Forbidden; NotFound, the delegation is not of this event; Invalid.
func (s *Service) SaveNeed(ctx context.Context, by accounts.Actor, event, delegation ident.ID, need Need) error {
	var bad fault.List
	bad.Check(need == VIPRoom || need == StepFree, "need", "field.choice")
	return s.write(ctx, by, event, "matchmaking.need", "delegation", delegation, bad, func(tx *sqlx.Tx) error {
		if err := partOf(ctx, tx, event, named{Delegation: delegation}); err != nil {
			return err
		}
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

// SaveAbsence notes an absence; noting it again changes its reason.
//
// Faults: Forbidden; NotFound, something named is not of this event; Invalid.
func (s *Service) SaveAbsence(ctx context.Context, by accounts.Actor, a Absence) error {
	var bad fault.List
	bad.Check(utf8.RuneCountInString(a.Reason) <= 300, "reason", "field.too_long", 300)
	subjects := 0
	for _, id := range []ident.ID{a.DelegationID, a.FirmID, a.InterpreterID, a.TableID} {
		if id != ident.Nil {
			subjects++
		}
	}
	bad.Check(subjects == 1, "subject", "constraint.unavailable_slots_one_subject")
	return s.write(ctx, by, a.EventID, "matchmaking.absence", "slot", a.SlotID, bad, func(tx *sqlx.Tx) error {
		err := partOf(ctx, tx, a.EventID, named{Slot: a.SlotID, Delegation: a.DelegationID, Firm: a.FirmID, Interpreter: a.InterpreterID, Table: a.TableID})
		if err != nil {
			return err
		}
		return upsertAbsence(ctx, tx, s.newID(), a)
	})
}
