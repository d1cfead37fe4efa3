package delegations

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// LegKinds and LegDirections are what a leg may be.
var (
	LegKinds      = []string{"flight", "train", "car"}
	LegDirections = []string{"arrival", "departure"}
)

// Leg is how a delegation, or some of it, comes or goes.
type Leg struct {
	ID           ident.ID   `db:"id"`
	EventID      ident.ID   `db:"event_id"`
	DelegationID ident.ID   `db:"delegation_id"`
	Direction    string     `db:"direction"`
	Kind         string     `db:"kind"`
	Number       string     `db:"number"` // LH 728, G7501
	From         string     `db:"from_place"`
	To           string     `db:"to_place"`
	PlannedAt    time.Time  `db:"planned_at"` // of an arrival when it arrives, of a departure when it leaves
	ActualAt     *time.Time `db:"actual_at"`  // as it is expected now, or was; nil: as planned
	Seats        *int       `db:"seats"`      // nil: as many as travel
	Note         string     `db:"note"`
	PickUp       string     `db:"pick_up"` // who meets them, where, with which car
	Version      int        `db:"version"`
	People       []ident.ID `db:"-"` // registrations; none: the whole delegation
}

// At is when the leg arrives or leaves, as far as is known now.
func (l Leg) At() time.Time {
	if l.ActualAt != nil {
		return *l.ActualAt
	}
	return l.PlannedAt
}

// SeatCount is for how many there are seats; 0: not said.
func (l Leg) SeatCount() int {
	if l.Seats == nil {
		return 0
	}
	return *l.Seats
}

// Moved is how much later than planned it is; negative: earlier.
func (l Leg) Moved() time.Duration { return l.At().Sub(l.PlannedAt) }

// Check tells what is wrong with what a journey says.
//
// Fault: Invalid with fields.
func (l Leg) Check() error { return l.check() }

func (l *Leg) check() error {
	for _, field := range []*string{&l.Number, &l.From, &l.To} {
		*field = text.Clean(*field)
	}
	l.Number = strings.ToUpper(text.Halfwidth(l.Number))
	l.Note, l.PickUp = text.Clean(l.Note), text.Clean(l.PickUp)
	var bad fault.List
	bad.Check(slices.Contains(LegDirections, l.Direction), "direction", "field.choice")
	bad.Check(slices.Contains(LegKinds, l.Kind), "kind", "field.choice")
	text.Line(&bad, "number", l.Number, l.Kind != "car", 20)
	text.Line(&bad, "from", l.From, true, 120)
	text.Line(&bad, "to", l.To, true, 120)
	bad.Check(!l.PlannedAt.IsZero(), "planned_at", "field.required")
	bad.Check(l.Seats == nil || *l.Seats >= 1 && *l.Seats <= mostPlaces, "seats", "field.number_between", 1, mostPlaces)
	text.Line(&bad, "note", l.Note, false, 500)
	text.Line(&bad, "pick_up", l.PickUp, false, 500)
	return bad.Err()
}

// Legs answers the journeys of a delegation in order of time.
//
// Fault: Forbidden.
func (s *Service) Legs(ctx context.Context, by accounts.Actor, d Delegation) ([]Leg, error) {
	if !by.May(accounts.SeeDelegations, d.EventID) && !by.MayFor(accounts.SeeDelegation, d.EventID, d.ID, "") {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return legsOf(ctx, s.db, d.ID)
}

// Leg finds one journey of a delegation; see Legs.
//
// Faults: Forbidden; NotFound, the delegation has no such journey.
func (s *Service) Leg(ctx context.Context, by accounts.Actor, d Delegation, id ident.ID) (Leg, error) {
	list, err := s.Legs(ctx, by, d)
	if err != nil {
		return Leg{}, err
	}
	i := slices.IndexFunc(list, func(l Leg) bool { return l.ID == id })
	if i < 0 {
		return Leg{}, fault.New(fault.NotFound, "error.not_found")
	}
	return list[i], nil
}

// SaveLeg adds a journey to a delegation, or changes the one of its ID over the
// version that was shown, by the office or by an officer who arranges journeys. What
// is said of the pick-up only the city's side changes: from others it stays.
//
// Faults: NotFound; Forbidden; Invalid with fields; Conflict, somebody changed it
// meanwhile.
func (s *Service) SaveLeg(ctx context.Context, by accounts.Actor, delegation ident.ID, in Leg) (Leg, error) {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return in, err
	}
	office := by.May(accounts.EditDelegation, d.EventID)
	if !office && !by.MayFor(accounts.EditTravel, d.EventID, d.ID, "") {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := in.check(); err != nil {
		return in, err
	}
	in.EventID, in.DelegationID = d.EventID, d.ID
	slices.SortFunc(in.People, func(a, b ident.ID) int { return slices.Compare(a[:], b[:]) })
	in.People = slices.Compact(in.People)
	said := in
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		in = said
		var before map[string]any
		var was Leg
		if in.ID == ident.Nil {
			in.ID, in.Version = s.newID(), 1
		} else {
			if was, err = lockLeg(ctx, tx, d.ID, in.ID); err != nil {
				return err
			}
			if was.Version != in.Version {
				return fault.New(fault.Conflict, "error.changed")
			}
			before, in.Version = was.audited(), in.Version+1
		}
		if !office && !by.MayFor(accounts.EditPickUp, d.EventID, d.ID, "") {
			in.PickUp = was.PickUp
		}
		if err := s.saveLeg(ctx, tx, in); err != nil {
			return err
		}
		return s.record(ctx, tx, by, d.EventID, "delegation.travel", "delegation", d.ID, before, in.audited(), "")
	})
	return in, err
}

func (s *Service) saveLeg(ctx context.Context, tx *sqlx.Tx, l Leg) error {
	if err := upsertLeg(ctx, tx, l, s.now()); err != nil {
		return err
	}
	named, err := savePeople(ctx, tx, l)
	if err == nil && named != len(l.People) {
		err = fault.Fields(fault.Field{Path: "people", Key: "field.choice"})
	}
	return err
}

// RemoveLeg takes a journey back; see SaveLeg.
//
// Faults: NotFound; Forbidden.
func (s *Service) RemoveLeg(ctx context.Context, by accounts.Actor, delegation, id ident.ID) error {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return err
	}
	if !by.May(accounts.EditDelegation, d.EventID) && !by.MayFor(accounts.EditTravel, d.EventID, d.ID, "") {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		was, err := lockLeg(ctx, tx, d.ID, id)
		if err != nil {
			return err
		}
		if err := deleteLeg(ctx, tx, id); err != nil {
			return err
		}
		before, after := was.audited(), map[string]any{}
		for field := range before {
			after[field] = nil
		}
		return s.record(ctx, tx, by, d.EventID, "delegation.remove_travel", "delegation", d.ID, before, after, "")
	})
}

// audited is a journey as the audit log keeps it.
func (l Leg) audited() map[string]any {
	kept := map[string]any{
		"direction": l.Direction, "travel": l.Kind, "number": l.Number, "from": l.From, "to": l.To, "planned_at": l.PlannedAt,
		"expected_at": nil, "seats": nil, "people": len(l.People), "pick_up": l.PickUp,
	}
	if l.ActualAt != nil {
		kept["expected_at"] = *l.ActualAt
	}
	if l.Seats != nil {
		kept["seats"] = *l.Seats
	}
	return kept
}
