package firms

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Ending lets another part of the program end what it keeps of a firm at an event,
// within the transaction that ends the firm's part in it. It answers how much of
// people and meetings there was.
type Ending func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, firm ident.ID, reason string) (ended int, err error)

// Leaving is a firm that does not take part in an event any more.
type Leaving struct {
	Event, Firm ident.ID
	Reason      string // that its people are told; empty: none
	Withdraw    bool   // with it go its people's registrations and its meetings; otherwise it stays while there are any
	Seen        int    // how many of those were shown to whoever withdraws them
}

// errLook takes back what was only to be looked at.
var errLook = errors.New("this was a look")

// Leave ends a firm's part in an event, and what stands of it there, if that is
// chosen. Its entry in the register stays, and so does what is past.
//
// Faults: Forbidden; NotFound, it takes no part; Invalid with fields; Conflict,
// something stands, or other things than were shown, or some of it is past.
func (s *Service) Leave(ctx context.Context, by accounts.Actor, in Leaving, endings ...Ending) error {
	_, err := s.leave(ctx, by, in, func(ended int) error {
		switch {
		case ended > 0 && !in.Withdraw:
			return fault.New(fault.Conflict, "firms.leave.stands", ended)
		case ended != in.Seen && in.Withdraw:
			return fault.New(fault.Conflict, "firms.leave.changed", ended, in.Seen)
		}
		return nil
	}, endings)
	return err
}

// LookAtLeave answers how many registrations and meetings Leave would end. It does
// what Leave does and takes it back, so that the two cannot differ.
//
// Faults: as of Leave.
func (s *Service) LookAtLeave(ctx context.Context, by accounts.Actor, event, firm ident.ID, endings ...Ending) (int, error) {
	ended, err := s.leave(ctx, by, Leaving{Event: event, Firm: firm}, func(int) error { return errLook }, endings)
	if errors.Is(err, errLook) {
		err = nil
	}
	return ended, err
}

func (s *Service) leave(ctx context.Context, by accounts.Actor, in Leaving, settled func(ended int) error, endings []Ending) (ended int, err error) {
	if !by.May(accounts.EditDelegation, in.Event) {
		return 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Reason = text.Clean(in.Reason)
	var bad fault.List
	text.Line(&bad, "reason", in.Reason, false, 1000)
	if err := bad.Err(); err != nil {
		return 0, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		ended = 0
		if _, err := lockFirmOf(ctx, tx, in.Event, in.Firm); err != nil {
			return err
		}
		for _, end := range endings {
			n, err := end(ctx, tx, by, in.Event, in.Firm, in.Reason)
			if err != nil {
				return err
			}
			ended += n
		}
		if err := settled(ended); err != nil {
			return err
		}
		if err := deleteParticipation(ctx, tx, in.Event, in.Firm); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, in.Event, "firm.leave", in.Firm, moved{after: map[string]any{"ended": ended}, reason: in.Reason})
	})
	return ended, err
}
