package agenda

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Revision is what changes of a session; what is nil stays.
type Revision struct {
	Title            *locale.Text
	StartsAt, EndsAt *time.Time
	RoomID           *ident.ID
	Room             *string // the room's code, instead of its ID
	Status           *Status
	Note             *locale.Text // why, for guests
}

// Revise moves and renames a session in one step. A start without an end keeps
// the session's length. Version zero takes whatever there is.
//
// Faults: as Move; Invalid, no such room, or it is cancelled without a note.
func (s *Service) Revise(ctx context.Context, by accounts.Actor, id ident.ID, version int, r Revision) (Session, []Clash, error) {
	if version == 0 {
		now, err := s.byID(ctx, id)
		if err != nil {
			return Session{}, nil, err
		}
		version = now.Version
	}
	after, err := s.change(ctx, by, id, version, "session.revise", func(tx *sqlx.Tx, now *Session) error {
		if r.changes() {
			if err := now.open(); err != nil {
				return err
			}
		}
		in := now.input()
		if err := r.onto(ctx, tx, now.EventID, &in); err != nil {
			return err
		}
		if err := in.check(ctx, tx, now.EventID); err != nil {
			return err
		}
		if r.Note != nil {
			if err := now.noted(*r.Note); err != nil {
				return err
			}
		}
		now.Title = in.Title
		if err := now.moveTo(ctx, tx, in.StartsAt, in.EndsAt, in.RoomID, s.now()); err != nil {
			return err
		}
		switch {
		case r.Status == nil || *r.Status == now.Status:
			return nil
		case *r.Status == Cancelled && r.Note == nil:
			return now.cancel(locale.Text{}, s.now())
		case *r.Status == Cancelled:
			return now.cancel(*r.Note, s.now())
		}
		return now.lead(*r.Status, s.now())
	})
	if err != nil {
		return Session{}, nil, err
	}
	clashes, err := clashesOf(ctx, s.db, after)
	return after, clashes, err
}

// changes tells whether anything but the status is to change.
func (r Revision) changes() bool {
	r.Status = nil
	return r != Revision{}
}

func (r Revision) onto(ctx context.Context, tx *sqlx.Tx, event ident.ID, in *Input) error {
	if r.Title != nil {
		in.Title = *r.Title
	}
	length := in.EndsAt.Sub(in.StartsAt)
	if r.StartsAt != nil {
		in.StartsAt, in.EndsAt = *r.StartsAt, r.StartsAt.Add(length)
	}
	if r.EndsAt != nil {
		in.EndsAt = *r.EndsAt
	}
	if r.RoomID != nil {
		in.RoomID = *r.RoomID
	}
	if r.Room != nil {
		room, found, err := roomByCode(ctx, tx, event, *r.Room)
		if err != nil {
			return err
		}
		if !found {
			return fault.Fields(fault.Field{Path: "room", Key: "field.choice"})
		}
		in.RoomID = room
	}
	return nil
}
