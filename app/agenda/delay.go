package agenda

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// maxDelay is the longest that a session may run late before it must be moved
// by hand.
const maxDelay = 4 * time.Hour

// Shift is what a delay does to one session.
type Shift struct {
	Session  Session
	StartsAt time.Time // as it would be
	EndsAt   time.Time
	Clashes  []Clash // who would be in two places
	Taken    *Taken  // which session holds the room then; nil: it is free
}

// Hard tells whether the shift cannot be: another session holds the room then,
// or a speaker or a head of delegation is elsewhere.
func (s Shift) Hard() bool { return s.refusal() != nil }

// refusal is why the shift cannot be.
func (s Shift) refusal() *fault.Fault {
	if s.Taken != nil {
		return s.Taken.fault()
	}
	for _, c := range s.Clashes {
		if c.Hard {
			return fault.New(fault.Conflict, "agenda.person_taken", c.Person, c.Title, c.When())
		}
	}
	return nil
}

// PreviewDelay answers what running late would move: the session itself, and
// those after it in its room that day as far as the breaks between them do not
// take the delay up; and what each of them would meet there. Nothing is changed.
//
// Faults: NotFound; Forbidden; Invalid, no whole minutes from 1 to 240, the
// session has no room, or one of them would leave the days of its stop;
// Conflict, the session is over or cancelled.
func (s *Service) PreviewDelay(ctx context.Context, by accounts.Actor, id ident.ID, delay time.Duration) ([]Shift, error) {
	n, err := sessionByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if !by.May(accounts.EditAgenda, n.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return shifts(ctx, s.db, n, delay)
}

func shifts(ctx context.Context, q store.Querier, n Session, delay time.Duration) (moved []Shift, err error) {
	var bad fault.List
	bad.Check(delay >= time.Minute && delay <= maxDelay && delay%time.Minute == 0, "minutes", "field.number_between", 1, int(maxDelay/time.Minute))
	bad.Check(n.RoomID != ident.Nil, "room_id", "agenda.delay_needs_room")
	if err := bad.Err(); err != nil {
		return nil, err
	}
	row, err := following(ctx, q, n)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(row, func(next Session) bool { return next.ID == n.ID }) {
		return nil, fault.New(fault.Conflict, "agenda.delay_over")
	}
	places, err := placesOf(ctx, q, n.EventID)
	if err != nil {
		return nil, err
	}
	if moved, err = pushed(row, n.ID, delay, places); err != nil {
		return nil, err
	}
	return moved, meets(ctx, q, moved)
}

// pushed is where a delay of the first of a row, which is id, puts each of it.
func pushed(row []Session, id ident.ID, delay time.Duration, places places) (moved []Shift, err error) {
	var free time.Time // from when on the room is free
	for _, next := range row {
		late := delay
		if next.ID != id {
			if late = free.Sub(next.StartsAt); late <= 0 {
				break // the breaks took it up
			}
		}
		shift := Shift{Session: next, StartsAt: next.StartsAt.Add(late), EndsAt: next.EndsAt.Add(late)}
		if err := shift.check(places); err != nil {
			return nil, err
		}
		free = shift.EndsAt
		moved = append(moved, shift)
	}
	return moved, nil
}

// meets fills in whom and what each shift would meet. Sessions that move together
// do not meet one another.
func meets(ctx context.Context, q store.Querier, moved []Shift) (err error) {
	var together []ident.ID
	for _, shift := range moved {
		together = append(together, shift.Session.ID)
	}
	for i, shift := range moved {
		at := shift.Session
		at.StartsAt, at.EndsAt = shift.StartsAt, shift.EndsAt
		clashes, err := clashesOf(ctx, q, at)
		if err != nil {
			return err
		}
		moved[i].Clashes = slices.DeleteFunc(clashes, func(c Clash) bool { return slices.Contains(together, c.Session) })
		taken, err := holderOf(ctx, q, at, together...)
		switch {
		case err == nil:
			moved[i].Taken = &taken
		case fault.CodeOf(err) != fault.NotFound:
			return fmt.Errorf("find who holds the room: %w", err)
		}
	}
	return nil
}

// check refuses a shift to where Move could not take the session either. All of
// it stands beside the minutes: they are what can be put right.
func (s Shift) check(p places) error {
	in := s.Session.input()
	in.StartsAt, in.EndsAt = s.StartsAt, s.EndsAt
	var bad fault.List
	in.checkTimes(&bad)
	in.checkPlaces(&bad, p)
	for i, f := range bad {
		bad[i].Path = "minutes"
		if f.Key == "agenda.outside_stop" {
			bad[i].Key, bad[i].Args = "agenda.delay_outside", append([]any{s.Session.Title}, f.Args...)
		}
	}
	return bad.Err()
}

// Delay moves what PreviewDelay shows, all of it or nothing.
//
// Faults: as PreviewDelay; Conflict, somebody changed the session meanwhile, the
// room is taken then, or a speaker or head of delegation would be in two places.
func (s *Service) Delay(ctx context.Context, by accounts.Actor, id ident.ID, version int, delay time.Duration, note locale.Text) (moved []Shift, err error) {
	var refused Session // where it would have stood
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		n, err := sessionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !by.May(accounts.EditAgenda, n.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := bump(ctx, tx, n.EventID); err != nil {
			return err
		}
		if n, err = sessionByID(ctx, tx, id); err != nil {
			return err
		}
		if n.Version != version {
			return fault.New(fault.Conflict, "agenda.changed_meanwhile")
		}
		if moved, err = shifts(ctx, tx, n, delay); err != nil {
			return err
		}
		for _, shift := range moved {
			if refusal := shift.refusal(); refusal != nil {
				return refusal
			}
		}
		for _, shift := range slices.Backward(moved) { // the last first: each finds its room free
			if err := s.shift(ctx, tx, by, shift, note); err != nil {
				refused = shift.Session
				refused.StartsAt, refused.EndsAt = shift.StartsAt, shift.EndsAt
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.explain(ctx, err, refused)
	}
	return moved, nil
}

func (s *Service) shift(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, shift Shift, note locale.Text) error {
	before, after := shift.Session, shift.Session
	if err := after.noted(note); err != nil {
		return err
	}
	if err := after.moveTo(ctx, tx, shift.StartsAt, shift.EndsAt, after.RoomID, s.now()); err != nil {
		return err
	}
	after.Version, after.ChangedAt = before.Version+1, s.now()
	if err := updateSession(ctx, tx, after); err != nil {
		return err
	}
	return s.record(ctx, tx, by, "session.delay", before, after)
}
