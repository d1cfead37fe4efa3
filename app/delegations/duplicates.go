package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Pair is two registrations of an event that may be one person's.
type Pair struct {
	EventID  ident.ID  `db:"event_id"`
	FirstID  ident.ID  `db:"first_id"` // the one that came first: its reference stays
	SecondID ident.ID  `db:"second_id"`
	Score    int       `db:"score"`   // from 60; the same document alone is 100
	Signs    []string  `db:"-"`       // what is the same: document, birth, email, name
	Settled  string    `db:"settled"` // empty: nobody decided yet; distinct, merged
	FoundAt  time.Time `db:"found_at"`
	Across   bool      `db:"across"` // two delegations, or a delegation and a firm, entered them
}

// Kind is what a pair is for the desk: "merge" proposes to make one of the two,
// "conflict" is two bodies that claim one person, whom somebody has to ask first,
// and "possible" is a person whose papers differ.
func (p Pair) Kind() string {
	switch {
	case p.Across:
		return "conflict"
	case slices.Contains(p.Signs, "document"):
		return "merge"
	}
	return "possible"
}

// Other is the registration of a pair that is not the one.
func (p Pair) Other(one ident.ID) ident.ID {
	if p.FirstID == one {
		return p.SecondID
	}
	return p.FirstID
}

// findDuplicates proposes who may be the same person as those of some registrations.
// The caller keeps the event's counter, so that of two who register at once the
// later sees the earlier.
func (s *Service) findDuplicates(ctx context.Context, tx *sqlx.Tx, registrations ...ident.ID) error {
	if err := insertPairs(ctx, tx, registrations, s.now()); err != nil {
		return fmt.Errorf("look for duplicates: %w", err)
	}
	return nil
}

// FindDuplicatesAnew proposes again after something about a person changed, within
// the transaction of the change. What the desk settled stays settled.
func (s *Service) FindDuplicatesAnew(ctx context.Context, tx *sqlx.Tx, r Registration) error {
	if err := lockNumbers(ctx, tx, r.EventID); err != nil {
		return fmt.Errorf("lock the event's order: %w", err)
	}
	return s.findDuplicatesAnew(ctx, tx, r.ID)
}

// findDuplicatesAnew is FindDuplicatesAnew of many, for who keeps the event's counter.
func (s *Service) findDuplicatesAnew(ctx context.Context, tx *sqlx.Tx, registrations ...ident.ID) error {
	if err := deleteStalePairs(ctx, tx, registrations); err != nil {
		return fmt.Errorf("forget duplicates: %w", err)
	}
	return s.findDuplicates(ctx, tx, registrations...)
}

// Duplicate is another registration that may be the same person's.
type Duplicate struct {
	Pair
	Other Registration
}

// Duplicates answers registrations of the same event that may be the same
// person, the likeliest first; and, weaker, those who only have the same name. What
// the desk called different people is not answered again. It proposes and never
// merges.
//
// Fault: Forbidden.
func (s *Service) Duplicates(ctx context.Context, by accounts.Actor, r Registration) (pairs []Duplicate, namesakes []Registration, err error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return nil, nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	all, err := pairsOf(ctx, s.db, r.ID)
	if err != nil {
		return nil, nil, err
	}
	var ids []ident.ID
	for _, p := range all {
		if p.Settled == "" {
			ids = append(ids, p.Other(r.ID))
		}
	}
	others, err := registrationsIn(ctx, s.db, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all {
		for _, o := range others {
			if p.Settled == "" && o.ID == p.Other(r.ID) {
				pairs = append(pairs, Duplicate{Pair: p, Other: o.seenBy(by)})
			}
		}
	}
	namesakes, err = namesakesOf(ctx, s.db, r)
	for i := range namesakes {
		namesakes[i] = namesakes[i].seenBy(by)
	}
	return pairs, namesakes, err
}

// Proposed counts the registrations of an event of whom somebody has still to say
// whether they are registered twice.
//
// Fault: Forbidden.
func (s *Service) Proposed(ctx context.Context, by accounts.Actor, event ident.ID) (int, error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	return openPairs(ctx, s.db, event)
}

// Distinct notes that two registrations are two people's; they are not proposed
// again.
//
// Faults: NotFound, they were never proposed; Forbidden; Conflict, settled already.
func (s *Service) Distinct(ctx context.Context, by accounts.Actor, one, other ident.ID) error {
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		p, err := lockPair(ctx, tx, one, other)
		switch {
		case err != nil:
			return err
		case !by.May(accounts.DecideRegistration, p.EventID):
			return fault.New(fault.Forbidden, "error.forbidden")
		case p.Settled != "":
			return fault.New(fault.Conflict, "registration.pair_settled")
		}
		if err := settlePair(ctx, tx, p, "distinct", s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, p.EventID, "registration.distinct", "registration", one, nil, map[string]any{"other": other}, "")
	})
}
