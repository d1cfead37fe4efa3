package privacy

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Request is what a person asks to have done with their data.
type Request struct {
	ID             ident.ID   `db:"id"`
	EventID        ident.ID   `db:"event_id"`
	RegistrationID ident.ID   `db:"registration_id"`
	Reference      string     `db:"reference"` // of the registration
	Kind           string     `db:"kind"`      // of Kinds
	Wish           string     `db:"wish"`      // in the person's words
	State          string     `db:"state"`     // open, done, refused, withdrawn
	At             time.Time  `db:"at"`
	DecidedAt      *time.Time `db:"decided_at"`
	DecidedBy      string     `db:"decided_by"`
	Note           string     `db:"note"` // that the person reads
	Held           bool       `db:"held"` // a legal hold keeps the data
}

// Kinds are what people may ask for.
var Kinds = []string{"rectify", "erase", "export"}

// Answer does what belongs to an answered request in other parts of the program,
// within its transaction: it tells the person, or ends their part in the event.
type Answer func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Request) error

// Ask notes what a person asks for, by the link to their own page.
//
// Faults: Forbidden, it is not their own; Invalid with fields; Conflict, they asked
// for it already.
func (s *Service) Ask(ctx context.Context, by accounts.Actor, event, registration ident.ID, kind, wish string) (Request, error) {
	if !by.ForRegistration(event, registration) {
		return Request{}, forbidden()
	}
	r := Request{ID: s.newID(), EventID: event, RegistrationID: registration, Kind: kind, Wish: text.Paragraphs(wish), State: "open", At: s.now()}
	var bad fault.List
	bad.Check(slices.Contains(Kinds, kind), "kind", "field.choice")
	bad.Check(kind != "rectify" || r.Wish != "", "wish", "field.required")
	checkParagraphs(&bad, "wish", r.Wish)
	if err := bad.Err(); err != nil {
		return r, err
	}
	return r, store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertRequest(ctx, tx, r); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "privacy.ask", r.ID, nil, map[string]any{"kind": kind}, "")
	})
}

// mostSigns is how long a wish and an answer may be.
const mostSigns = 1000

func checkParagraphs(bad *fault.List, path, typed string) {
	switch {
	case utf8.RuneCountInString(typed) > mostSigns:
		bad.Add(path, "field.too_long", mostSigns)
	case text.Unseen(typed):
		bad.Add(path, "field.control")
	}
}

// OwnRequests answers what a person asked for, the latest first.
//
// Fault: Forbidden, it is not their own.
func (s *Service) OwnRequests(ctx context.Context, by accounts.Actor, event, registration ident.ID) ([]Request, error) {
	if !by.ForRegistration(event, registration) {
		return nil, forbidden()
	}
	return requestsOf(ctx, s.db, event, registration)
}

// Requests answers what people of an event asked for, what is open first.
//
// Fault: Forbidden.
func (s *Service) Requests(ctx context.Context, by accounts.Actor, event ident.ID) ([]Request, error) {
	if !by.May(accounts.SeePrivacy, event) {
		return nil, forbidden()
	}
	return requestsOf(ctx, s.db, event, ident.Nil)
}

// TakeBack ends a person's own open request.
//
// Faults: Forbidden; NotFound; Conflict, it is answered.
func (s *Service) TakeBack(ctx context.Context, by accounts.Actor, id ident.ID) (Request, error) {
	return s.decide(ctx, by, id, "withdrawn", "", func(r Request) bool { return by.ForRegistration(r.EventID, r.RegistrationID) }, nil)
}

// Settle says that what was asked for is done; Erase is the way for an erasure. The
// note is for the person.
//
// Faults: Forbidden; NotFound; Conflict, it is answered; Invalid.
func (s *Service) Settle(ctx context.Context, by accounts.Actor, id ident.ID, note string, tell Answer) (Request, error) {
	return s.decide(ctx, by, id, "done", note, s.mayAnswer(by), func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Request) error {
		if r.Kind == "erase" {
			return fault.New(fault.Conflict, "privacy.erase_by_erasing")
		}
		return tell(ctx, tx, by, r)
	})
}

// Refuse turns a request down for a reason that the person reads.
//
// Faults: as of Settle.
func (s *Service) Refuse(ctx context.Context, by accounts.Actor, id ident.ID, note string, tell Answer) (Request, error) {
	if text.Paragraphs(note) == "" {
		return Request{}, fault.Fields(fault.Field{Path: "note", Key: "privacy.note"})
	}
	return s.decide(ctx, by, id, "refused", note, s.mayAnswer(by), tell)
}

// Erase does what a person asked for: it ends their part in the event, and then
// deletes what is kept of them, for good. What is left is that somebody registered,
// and what belongs to projects and to the law.
//
// Faults: Forbidden; NotFound; Conflict, it is answered, or a legal hold keeps the
// data.
func (s *Service) Erase(ctx context.Context, by accounts.Actor, id ident.ID, end Answer) (Request, error) {
	return s.decide(ctx, by, id, "done", "", s.mayAnswer(by), func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Request) error {
		held, err := eventHeld(ctx, tx, r.EventID)
		switch {
		case err != nil:
			return err
		case r.Kind != "erase":
			return fault.New(fault.Conflict, "privacy.no_erasure")
		case held || r.Held:
			return fault.New(fault.Conflict, "privacy.held_erasure")
		}
		if err := end(ctx, tx, by, r); err != nil {
			return err
		}
		same, err := mergedInto(ctx, tx, r.RegistrationID)
		if err != nil {
			return err
		}
		rows := 0
		for _, registration := range append(same, r.RegistrationID) {
			n, err := s.erase(ctx, tx, r.EventID, registration)
			if err != nil {
				return err
			}
			rows += n
		}
		return s.record(ctx, tx, by, r.EventID, "privacy.erase", r.ID, nil, map[string]any{"reference": r.Reference, "rows": rows}, "")
	})
}

// erase has every part of the program forget what is personal of one registration,
// and answers how many rows there were.
func (s *Service) erase(ctx context.Context, tx *sqlx.Tx, event, registration ident.ID) (rows int, err error) {
	for _, task := range s.tasks {
		if !slices.Contains(retention.Personal, task.Class) || task.Erase == nil {
			continue
		}
		n, err := task.Erase(ctx, tx, event, registration)
		if err != nil {
			return rows, fmt.Errorf("erase %s: %w", task.Class, err)
		}
		rows += n
	}
	return rows, nil
}

func (s *Service) mayAnswer(by accounts.Actor) func(Request) bool {
	return func(r Request) bool { return by.May(accounts.EditPrivacy, r.EventID) }
}

// decide ends an open request, with what belongs to it.
func (s *Service) decide(ctx context.Context, by accounts.Actor, id ident.ID, to, note string, may func(Request) bool, do Answer) (r Request, err error) {
	note = text.Paragraphs(note)
	var bad fault.List
	checkParagraphs(&bad, "note", note)
	if err := bad.Err(); err != nil {
		return r, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if r, err = lockRequest(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case !may(r):
			return forbidden()
		case r.State != "open":
			return fault.New(fault.Conflict, "privacy.answered")
		}
		now := s.now()
		r.State, r.Note, r.DecidedAt, r.DecidedBy = to, note, &now, by.Name()
		if err := updateRequest(ctx, tx, r); err != nil {
			return err
		}
		action := "privacy.settle"
		switch to {
		case "refused":
			action = "privacy.refuse"
		case "withdrawn":
			action = "privacy.take_back"
		}
		if err := s.record(ctx, tx, by, r.EventID, action, r.ID, nil, map[string]any{"reference": r.Reference, "kind": r.Kind}, ""); err != nil {
			return err
		}
		if do == nil {
			return nil
		}
		return do(ctx, tx, by, r)
	})
	return r, err
}
