// Package delegations keeps who comes: delegations, the persons in them, and each
// person's registration from the first form to departure.
package delegations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Delegation is a group that comes in the name of one city or body.
type Delegation struct {
	EventID    ident.ID    `db:"event_id"`
	ID         ident.ID    `db:"id"`
	Code       string      `db:"code"` // D01
	CityCode   string      `db:"city_code"`
	Name       locale.Text `db:"name"`
	Native     string      `db:"name_native"`
	Quota      int         `db:"quota"`
	AcceptedOn *time.Time  `db:"accepted_on"`
	ArrivesAt  *time.Time  `db:"arrives_at"`
	DepartsAt  *time.Time  `db:"departs_at"`
	Hotel      locale.Text `db:"hotel"`
	LiaisonID  ident.ID    `db:"liaison_id"`
	Sectors    []string    `db:"-"`
	Status     string      `db:"status"`     // invited, accepted, confirmed, declined, withdrawn
	Precedence *int        `db:"precedence"` // its rank among the delegations, pinned by hand; nil: by the event's rule
	Version    int         `db:"version"`

	// Read only, for lists.
	City        locale.Text `db:"city"`
	Country     locale.Text `db:"country"`
	CountryCode string      `db:"country_code"`
	Members     int         `db:"members"` // who hold a place
	Head        locale.Name `db:"head"`
	Liaison     locale.Text `db:"liaison"`
}

// Stay is when a delegation comes and goes, and where it sleeps.
type Stay struct {
	ArrivesAt *time.Time // nil: not known
	DepartsAt *time.Time // nil: not known
	Hotel     locale.Text
}

func (in Stay) check(bad *fault.List) {
	text.Line(bad, "hotel_zh", in.Hotel.ZH, false, 120)
	text.Line(bad, "hotel_en", in.Hotel.EN, false, 120)
	bad.Check(in.ArrivesAt == nil || in.DepartsAt == nil || in.DepartsAt.After(*in.ArrivesAt), "departs_at", "field.order")
}

// Staff is a liaison officer or an interpreter of the office.
type Staff struct {
	ID        ident.ID    `db:"id"`
	Code      string      `db:"code"`
	Name      locale.Text `db:"name"`
	Role      string      `db:"role"`
	Languages []string    `db:"-"` // beside Chinese
}

// Issued is what approving a registration gives: a badge that opens doors.
type Issued struct {
	ID     ident.ID
	Serial string
	Token  string
}

// Issuer makes and ends badges within the transaction that decides on a
// registration.
type Issuer interface {
	IssueFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration) (Issued, error)
	// ReplaceFor gives a registration another badge instead of its living one, which
	// opens nothing from now on; the new one is of the registration's badge type.
	// Holding none is no failure. One on hold stays so, and its token is not told.
	ReplaceFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, reason string) (Issued, error)
	EndAllOf(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID, reason string) error
}

// Papers are the files that people hand in.
type Papers interface {
	// Kinds answers of which kinds there are files about a registration: photo,
	// passport_scan, answer.
	Kinds(ctx context.Context, tx *sqlx.Tx, registration ident.ID) ([]string, error)
	// Move makes the files of some kinds about one registration those about another,
	// in the place of what it had.
	Move(ctx context.Context, tx *sqlx.Tx, from, to ident.ID, kinds []string) error
	// Waits tells whether a token stands for a file that was handed in with a form of
	// the event. Fault: Invalid.
	Waits(event ident.ID, token string) error
	// Names answers what the files of a registration are called that answer questions.
	Names(ctx context.Context, tx *sqlx.Tx, registration ident.ID) (map[ident.ID]string, error)
	// Drop deletes files of a registration that answered questions.
	Drop(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID, ids []ident.ID) error
	// Attach gives that file to a registration and answers its ID. Fault: Invalid.
	Attach(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, token string) (ident.ID, error)
	// AttachLetter does the same with the letter that names who comes instead. Fault:
	// Invalid.
	AttachLetter(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, token string) (ident.ID, error)
}

// Writer tells a person by mail what was decided, within the same transaction.
type Writer interface {
	Write(ctx context.Context, tx *sqlx.Tx, l Letter) error
	// Together writes one mail to an address in place of several letters to it: the
	// links to the own pages of all of them.
	Together(ctx context.Context, tx *sqlx.Tx, to string, letters []Letter) error
	// Remind tells an officer of a delegation what is open.
	Remind(ctx context.Context, tx *sqlx.Tx, r Reminder) error
	// Notify tells somebody of a replacement who is not one of the two.
	Notify(ctx context.Context, tx *sqlx.Tx, n Notice) error
	// Invite sends an officer of a delegation their link.
	Invite(ctx context.Context, tx *sqlx.Tx, i Invitation) error
}

// Letter is one mail about a registration. Kind names its template.
type Letter struct {
	Kind         string // received, waitlisted, approved, returned, rejected, cancelled, change_approved …
	Event        events.Event
	Registration Registration
	ManageSecret string // of the link to the person's own page; empty: the letter carries none
	BadgeToken   string // for the QR; empty: none
	Reason       string
	Fields       []string      // that the letter names, of Fields
	Questions    []locale.Text // that it names too, in place of answers among Fields
	Other        locale.Name   // of a replacement: who comes instead, or in whose place; empty: it is none
	Unasked      bool          // nobody caused it who proved who they are; see unasked

	draft bool // of a preview: nothing in it opens anything
}

// Service is the one door to delegations and registrations.
type Service struct {
	db     *sqlx.DB
	box    *seal.Box
	events *events.Service
	badges Issuer
	mail   Writer
	papers Papers
	now    clock.Clock
	newID  ident.Source
}

// New makes the service.
func New(db *sqlx.DB, box *seal.Box, ev *events.Service, badges Issuer, mail Writer, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, box: box, events: ev, badges: badges, mail: mail, now: now, newID: newID}
}

// With has the service know the files that people hand in; without, there are none.
func (s *Service) With(papers Papers) *Service {
	s.papers = papers
	return s
}

// List answers an event's delegations in order of code.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID) ([]Delegation, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return delegationsOf(ctx, s.db, event)
}

// Public answers the delegations that a public page may name: those that said
// they come.
func (s *Service) Public(ctx context.Context, event ident.ID) ([]Delegation, error) {
	all, err := delegationsOf(ctx, s.db, event)
	var shown []Delegation
	for _, d := range all {
		if d.Status == "accepted" || d.Status == "confirmed" {
			shown = append(shown, d)
		}
	}
	return shown, err
}

// ByID finds a delegation, for the office and for whoever holds a link of it.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Delegation, error) {
	d, err := delegationByID(ctx, s.db, id)
	if err == nil && !by.May(accounts.SeeDelegations, d.EventID) && !by.HoldsLink(d.EventID, d.ID) {
		return Delegation{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return d, err
}

// Save adds a delegation, or changes the one of the same code. Places that a higher
// quota brings go at once to those who wait longest; whoever registers at this moment
// is told whether it still comes.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) Save(ctx context.Context, by accounts.Actor, in Delegation) (Delegation, error) {
	if !by.May(accounts.EditDelegation, in.EventID) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	in.Native, in.Hotel = text.Clean(in.Native), cleanText(in.Hotel)
	var bad fault.List
	bad.Check(in.Code != "" && len(in.Code) <= 20, "code", "field.required")
	text.Line(&bad, "name_zh", in.Name.ZH, true, 120)
	text.Line(&bad, "name_en", in.Name.EN, true, 120)
	text.Line(&bad, "name_native", in.Native, false, 120)
	bad.Check(in.Quota >= 0 && in.Quota <= 500, "quota", "field.number_between", 0, 500)
	Stay{in.ArrivesAt, in.DepartsAt, in.Hotel}.check(&bad)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID = s.newID()
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if in.ID, err = upsertDelegation(ctx, tx, in, s.now()); err != nil {
			return err
		}
		b, err := openBook(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		added := need{seat{of: in.ID}: 1}
		if err := b.load(ctx, added); err != nil {
			return fmt.Errorf("count places: %w", err)
		}
		if _, err := s.fill(ctx, b, added, "@registration.because.places_added"); err != nil {
			return err
		}
		return s.record(ctx, tx, by, in.EventID, "delegation.save", "delegation", in.ID, nil, map[string]any{"code": in.Code, "status": in.Status, "quota": in.Quota}, "")
	})
	return in, err
}

func cleanText(t locale.Text) locale.Text {
	return locale.Text{ZH: text.Clean(t.ZH), EN: text.Clean(t.EN)}
}

// Called is the delegation's city, or itself when it comes in no city's name.
func (d Delegation) Called() locale.Name {
	return locale.Name{Latin: d.City.EN, Native: d.Native, ZH: d.City.ZH}
}

// loggedReason is what the log says of a reason: what the program itself gives. What
// people wrote about a person stands with the registration, where it can be forgotten;
// the log never forgets.
func loggedReason(reason string) string {
	if strings.HasPrefix(reason, "@") {
		return reason
	}
	return ""
}

// record writes the audit entry and the announcement of a change.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, before, after map[string]any, reason string) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: object, Before: before, After: after, Reason: loggedReason(reason),
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: kind, Ref: object})
}
