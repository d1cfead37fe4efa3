// Package firms keeps the host city's firms: what they offer and seek, and which
// grants of the office they hold.
package firms

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// Firm is a firm of the host city.
type Firm struct {
	ID              ident.ID    `db:"id"`
	Code            string      `db:"code"`        // F001
	CreditCode      string      `db:"credit_code"` // unified social credit code
	Name            locale.Text `db:"name"`
	District        string      `db:"district_code"`
	Sectors         []string    `db:"-"` // one to three codes, the most important first
	Ownership       string      `db:"ownership"`
	Employees       *int        `db:"employees"`
	Languages       []string    `db:"-"`
	Offers          locale.Text `db:"offers"`
	Needs           locale.Text `db:"needs"`
	TargetCountries []string    `db:"-"`
	CompetitorGroup string      `db:"competitor_group"`
	Email           string      `db:"contact_email"`
	Version         int         `db:"version"`
}

// Service is the one door to firms.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// Save adds a firm, or changes the one of the same code.
//
// Faults: Forbidden; Invalid with fields, a credit code that another firm has among
// them.
func (s *Service) Save(ctx context.Context, by accounts.Actor, in Firm) (Firm, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	in.check(&bad)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID = s.newID()
	err := s.write(ctx, by, ident.Nil, "firm.save", in.ID, func(tx *sqlx.Tx) (err error) {
		in.ID, err = s.save(ctx, tx, in)
		return err
	})
	return in, err
}

// Join has a firm take part in an event; at a stop of an overseas week, or
// everywhere when stop is Nil.
func (s *Service) Join(ctx context.Context, by accounts.Actor, event, firm, stop ident.ID) error {
	if !by.May(accounts.EditDelegation, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.write(ctx, by, event, "firm.join", firm, func(tx *sqlx.Tx) error { return insertParticipation(ctx, tx, event, firm, stop) })
}

// List answers every firm in order of code.
func (s *Service) List(ctx context.Context) ([]Firm, error) { return firmList(ctx, s.db) }

// OfEvent answers the firms that take part in an event in order of code.
func (s *Service) OfEvent(ctx context.Context, event ident.ID) ([]Firm, error) {
	return firmsOfEvent(ctx, s.db, event)
}

// InEvent finds a firm that takes part in an event.
//
// Fault: NotFound.
func (s *Service) InEvent(ctx context.Context, event, id ident.ID) (Firm, error) {
	return firmInEvent(ctx, s.db, event, id)
}

// write runs a change of a firm in one transaction with its entry in the log.
func (s *Service) write(ctx context.Context, by accounts.Actor, event ident.ID, action string, firm ident.ID, change func(tx *sqlx.Tx) error) error {
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, action, firm)
	})
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action string, firm ident.ID) error {
	return s.recorded(ctx, tx, by, event, action, firm, moved{})
}

// moved is which fields of a firm were what before, and are what now.
type moved struct {
	before, after map[string]any
	reason        string
}

func (s *Service) recorded(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action string, firm ident.ID, m moved) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: "firm", ObjectID: firm, Before: m.before, After: m.after, Reason: m.reason,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "firm", Ref: firm})
}
