package delegations

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
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
// contact is the address of whoever registers them, which people may have in place
// of one of their own; its letters are one. Other addresses stand once in a group,
// unless somebody signed in registers it: who registers can write anybody's.
//
// Faults: as of Register, a field's path beginning with people[n]; Invalid too when
// there are too few or too many people, or more than there are places at all.
func (s *Service) RegisterGroup(ctx context.Context, by accounts.Actor, event ident.ID, people []Input, contact string) (group ident.ID, done []Registered, err error) {
	if len(people) < leastGroup || len(people) > mostGroup {
		return ident.Nil, nil, fault.Fields(fault.Field{Path: "people", Key: "registration.group_size", Args: []any{leastGroup, mostGroup}})
	}
	if contact != "" {
		var ok bool
		if contact, ok = text.Email(contact); !ok {
			return ident.Nil, nil, fault.Fields(fault.Field{Path: "contact", Key: "field.email"})
		}
	}
	p, err := s.admit(ctx, by, event, people)
	if err == nil && unasked(by) {
		err = p.ownAddresses(contact)
	}
	if err != nil {
		return ident.Nil, nil, err
	}
	group = s.newID()
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.neverFits(ctx, tx, p); err != nil {
			return err
		}
		together := gather(s, contact)
		if done, err = together.register(ctx, tx, by, p, group); err != nil {
			return err
		}
		return together.send(ctx, tx)
	})
	if err != nil {
		return ident.Nil, nil, err
	}
	return group, done, nil
}

// ownAddresses tells whether nobody in a group has the address of another, unless it
// is the group's own.
//
// Fault: Invalid with fields.
func (p admitted) ownAddresses(contact string) error {
	var bad fault.List
	seen := map[string]bool{}
	for n, a := range p.people {
		address := strings.ToLower(a.Email)
		if address == "" || address == strings.ToLower(contact) {
			continue
		}
		if seen[address] {
			bad.Add(fmt.Sprintf("people[%d].email", n), "registration.group_address")
		}
		seen[address] = true
	}
	return bad.Err()
}

// fitAddresses refuses people under an address under which as many are registered as
// a group has at most: whoever has more to register asks the office.
//
// Fault: Conflict.
func (p admitted) fitAddresses(ctx context.Context, tx *sqlx.Tx) error {
	more := map[string]int{}
	for _, a := range p.people {
		if a.Email != "" {
			more[strings.ToLower(a.Email)]++
		}
	}
	for address, n := range more {
		there, err := livingOfAddress(ctx, tx, p.event.ID, address)
		if err != nil {
			return fmt.Errorf("count registrations of an address: %w", err)
		}
		if there+n > mostGroup {
			return fault.New(fault.Conflict, "registration.address_full", mostGroup)
		}
	}
	return nil
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
