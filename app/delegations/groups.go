package delegations

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// A group has at least two people, and at most as many as fill a coach.
const (
	leastGroup = 2
	mostGroup  = 50
)

// RegisterGroup registers people who come all or not at all: in one transaction,
// all with places or all waiting, under numbers that follow one another. A group
// that waits is placed as soon as there are places for all of it; how it stands to
// those who wait behind it is said in places.go. Once placed each is a registration
// of their own.
//
// Faults: as of Register, a field's path beginning with people[n]; Invalid too when
// there are too few or too many people, or more than there are places at all.
func (s *Service) RegisterGroup(ctx context.Context, by accounts.Actor, event ident.ID, people []Input) (group ident.ID, done []Registered, err error) {
	if len(people) < leastGroup || len(people) > mostGroup {
		return ident.Nil, nil, fault.Fields(fault.Field{Path: "people", Key: "registration.group_size", Args: []any{leastGroup, mostGroup}})
	}
	p, err := s.admit(ctx, by, event, people)
	if err != nil {
		return ident.Nil, nil, err
	}
	group = s.newID()
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.neverFits(ctx, tx, p); err != nil {
			return err
		}
		done, err = s.register(ctx, tx, by, p, group)
		return err
	})
	if err != nil {
		return ident.Nil, nil, err
	}
	return group, done, nil
}

// neverFits refuses a group that asks for more places than there are at all.
func (s *Service) neverFits(ctx context.Context, tx *sqlx.Tx, p admitted) error {
	n := need{}
	for _, a := range p.people {
		n.add(a.category.ID, a.DelegationID, a.Role)
	}
	b := &book{tx: tx, event: p.event.ID, places: map[seat]places{}}
	if err := b.load(ctx, n); err != nil {
		return err
	}
	if !b.possible(n) {
		return fault.Fields(fault.Field{Path: "people", Key: "registration.group_too_large"})
	}
	return nil
}
