package delegations

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Identity is what is sensitive about a person.
type Identity struct {
	BirthDate *time.Time // nil: not known
	Documents []Document
}

// Document is a passport or another travel document.
type Document struct {
	ID        ident.ID  `db:"id"`
	Kind      string    `db:"kind"`
	Number    string    `db:"-"`
	Last4     string    `db:"number_last4"`
	Issuer    string    `db:"issuer"`
	ExpiresOn time.Time `db:"expires_on"`
	Sealed    []byte    `db:"number_sealed"`
}

// Look is one look at what is sensitive about a person.
type Look struct {
	At   time.Time
	By   string
	What string // identity, passport_scan
}

// Reveal opens birth date and documents of a registered person. The look itself
// is written into the audit log first: who may not be named sees nothing.
//
// Faults: NotFound; Forbidden.
func (s *Service) Reveal(ctx context.Context, by accounts.Actor, registration ident.ID) (Identity, error) {
	r, err := registrationByID(ctx, s.db, registration)
	if err != nil {
		return Identity{}, err
	}
	if !by.May(accounts.SeeSensitive, r.EventID) {
		return Identity{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: r.EventID,
			Action: revealed, ObjectKind: "registration", ObjectID: r.ID, After: map[string]any{"what": "identity"},
		})
	})
	if err != nil {
		return Identity{}, err
	}
	birth, documents, err := sealedIdentity(ctx, s.db, r.PersonID)
	if err != nil {
		return Identity{}, fmt.Errorf("read identity: %w", err)
	}
	identity := Identity{Documents: documents}
	if birth != nil {
		plain, err := s.box.Open(birth, "persons.birth_date:"+r.PersonID.String())
		if err != nil {
			return Identity{}, err
		}
		day, err := time.Parse(time.DateOnly, string(plain))
		if err != nil {
			return Identity{}, fmt.Errorf("read birth date: %w", err)
		}
		identity.BirthDate = &day
	}
	for i, d := range documents {
		plain, err := s.box.Open(d.Sealed, "travel_documents.number:"+d.ID.String())
		if err != nil {
			return Identity{}, err
		}
		documents[i].Number, documents[i].Sealed = string(plain), nil
	}
	return identity, nil
}

// revealed is the action under which looks stand in the audit log.
const revealed = "person.revealed"

// Looks answers who looked at what is sensitive about a registered person, the
// latest first.
//
// Fault: Forbidden.
func (s *Service) Looks(ctx context.Context, by accounts.Actor, r Registration) (list []Look, err error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	entries, err := audit.History(ctx, s.db, r.ID)
	for i := len(entries) - 1; i >= 0; i-- {
		if e := entries[i]; e.Action == revealed {
			what, _ := e.After["what"].(string)
			list = append(list, Look{At: e.At, By: e.ActorName, What: what})
		}
	}
	return list, err
}
