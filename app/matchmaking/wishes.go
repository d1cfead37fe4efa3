package matchmaking

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
	"qianshou/app/kit/text"
)

// FirmWish is a meeting that a firm itself asked for.
type FirmWish struct {
	ID           ident.ID    `db:"id"`
	DelegationID ident.ID    `db:"delegation_id"`
	Delegation   locale.Text `db:"delegation"`
	Country      locale.Text `db:"country"`
	Priority     int         `db:"priority"` // 1 highest, 3 lowest
	Topic        string      `db:"topic"`
	State        string      `db:"state"`
	CreatedAt    time.Time   `db:"created_at"`

	// What came of it in the published plan.
	Outcome Outcome      `db:"-"`
	Meeting *Appointment `db:"-"` // of a wish that was placed
	Reason  string       `db:"-"` // of one that was not: of the format, or blocked, or not_possible
	Who     locale.Text  `db:"-"` // whom the reason speaks of; empty for most
}

// Withdrawable tells whether the firm may take the wish back.
func (w FirmWish) Withdrawable() bool { return w.State == "open" && w.Outcome != WishPlaced }

// MaxOwnWishes is how many wishes a firm may have open that it adds itself; the
// office may note more.
const MaxOwnWishes = 3

// WishesOfFirm answers what a firm asked for, most wanted first, for the desk or
// for whoever holds the firm's link. What the organiser demands or forbids is not
// in it; of two who must not meet, the firm reads no more than that it is not
// possible.
//
// Fault: Forbidden.
func (s *Service) WishesOfFirm(ctx context.Context, by accounts.Actor, event, firm ident.ID) ([]FirmWish, error) {
	if !by.May(accounts.SeeMatchmaking, event) && !by.ForFirm(event, firm) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	wishes, err := wishesOfFirm(ctx, s.db, event, firm)
	if err != nil {
		return nil, fmt.Errorf("read wishes: %w", err)
	}
	return wishes, s.outcomes(ctx, by, event, firm, wishes)
}

// Ask notes that a firm wishes to meet a delegation, by whoever holds the firm's
// link. Asking for the same again changes priority and topic.
//
// Faults: Forbidden; NotFound, the delegation or the firm is not of the event;
// Invalid with fields; Conflict, the earlier wish is decided, or the firm has as
// many wishes as it may add.
func (s *Service) Ask(ctx context.Context, by accounts.Actor, event, firm, delegation ident.ID, priority int, topic string) error {
	if !by.ForFirm(event, firm) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	topic = text.Clean(topic)
	var bad fault.List
	bad.Check(priority >= 1 && priority <= 3, "priority", "field.number_between", 1, 3)
	text.Line(&bad, "topic", topic, false, 300)
	if err := bad.Err(); err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := partOf(ctx, tx, event, named{Delegation: delegation, Firm: firm}); err != nil {
			return err
		}
		if err := lockFirmsWishes(ctx, tx, event, firm); err != nil {
			return err
		}
		wishes, err := wishesOfFirm(ctx, tx, event, firm)
		if err != nil {
			return err
		}
		earlier := slices.IndexFunc(wishes, func(w FirmWish) bool { return w.DelegationID == delegation })
		open := 0
		for _, w := range wishes {
			if w.State == "open" {
				open++
			}
		}
		switch {
		case earlier >= 0 && wishes[earlier].State != "open":
			return fault.New(fault.Conflict, "matchmaking.wish_decided")
		case earlier < 0 && open >= MaxOwnWishes:
			return fault.New(fault.Conflict, "matchmaking.wishes_full", MaxOwnWishes)
		}
		_, err = upsertRequest(ctx, tx, Request{
			ID: s.newID(), EventID: event, DelegationID: delegation, FirmID: firm, Side: ByFirm, Kind: Wish, Priority: priority, Topic: topic,
			State: "open", CreatedAt: s.now(),
		})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "matchmaking.wish", "delegation", delegation, map[string]any{"firm": firm, "priority": priority})
	})
}

// TakeBack withdraws a wish that is still open, by whoever holds the firm's link.
//
// Faults: Forbidden; NotFound, the firm has no such wish, or it is decided;
// Conflict, its meeting is published, with which the other side reckons.
func (s *Service) TakeBack(ctx context.Context, by accounts.Actor, event, firm, wish ident.ID) error {
	if !by.ForFirm(event, firm) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		has, err := wishHasPlace(ctx, tx, event, firm, wish)
		if err != nil {
			return fmt.Errorf("find the meeting of a wish: %w", err)
		}
		if has {
			return fault.New(fault.Conflict, "matchmaking.wish_placed")
		}
		withdrawn, err := takeWishBack(ctx, tx, event, firm, wish)
		if err != nil {
			return err
		}
		if !withdrawn {
			return fault.New(fault.NotFound, "error.not_found")
		}
		return s.record(ctx, tx, by, event, "matchmaking.wish_back", "firm", firm, map[string]any{"wish": wish})
	})
}
