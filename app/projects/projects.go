// Package projects keeps what was signed: each project once, with its parties,
// its amounts at the rate of the signing day, and the stages it has reached,
// reported by one person and verified by another. It also answers the figures
// of every report about them.
package projects

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Kind says what the parties do together.
type Kind string

// Investment is the one kind whose stages lead through landing and funds.
const Investment Kind = "investment"

// Friendship is the one kind that may be worth nothing.
const Friendship Kind = "friendship"

// Kinds lists the kinds as forms show them.
var Kinds = []Kind{Investment, "trade_order", "trade_service", "tech_licence", "rd", "education", "talent", "contracting", Friendship}

// Direction says which way capital or cooperation goes.
type Direction string

// Inbound is into the host city.
const Inbound Direction = "inbound"

// Directions lists the directions.
var Directions = []Direction{Inbound, "outbound", "two_way"}

// Document is what was signed; only a contract binds.
type Document string

// The documents, from the loosest to the tightest.
const (
	Intention Document = "intention"
	Framework Document = "framework"
	Contract  Document = "contract"
)

// Documents lists the documents in that order.
var Documents = []Document{Intention, Framework, Contract}

// Visibilities are whether a project may be named in public; it is counted
// either way.
var Visibilities = []string{"public", "internal"}

// Project is one row of the ledger, with what it takes to show it.
type Project struct {
	ID         ident.ID      `db:"id"`
	Code       string        `db:"code"` // P001
	EventID    ident.ID      `db:"event_id"`
	Event      EventName     `db:"event"`
	MergedInto uuid.NullUUID `db:"merged_into"` // a duplicate: counts nowhere
	MergedCode string        `db:"merged_code"`
	// MergedEvent is the slug of the event at which the master counts.
	MergedEvent string      `db:"merged_event"`
	Name        locale.Text `db:"name"`
	Kind        Kind        `db:"kind"`
	Direction   Direction   `db:"direction"`
	Document    Document    `db:"document_type"`
	Sector      string      `db:"sector_code"`
	SectorName  locale.Text `db:"sector_name"`
	District    string      `db:"district_code"`
	// DistrictName is of the district that answers for the landing.
	DistrictName locale.Text `db:"district_name"`
	FirmID       ident.ID    `db:"firm_id"`
	FirmCode     string      `db:"firm_code"`
	Firm         locale.Text `db:"firm_name"`
	PartnerName  string      `db:"partner_name"`
	City         string      `db:"partner_city"` // code; empty when only the partner is known
	CityName     locale.Text `db:"city_name"`
	Country      string      `db:"partner_country"`
	CountryName  locale.Text `db:"country_name"`
	SignedOn     time.Time   `db:"signed_on"` // a date: midnight UTC

	Currency string `db:"currency"` // ISO 4217; empty without an amount
	// Total is the whole investment, Contracted the foreign side's share of it.
	// They are never added to one another, nor to what was paid in.
	Total       decimal.NullDecimal `db:"total_investment"`
	Contracted  decimal.NullDecimal `db:"contracted_foreign"`
	Share       decimal.NullDecimal `db:"share_percent"`
	Undisclosed string              `db:"undisclosed_reason"`
	Rate        FrozenRate          `db:"rate"`

	Stage          Stage               `db:"stage"`          // as reported
	VerifiedStage  Stage               `db:"verified_stage"` // by verified reports alone; empty when none is
	PaidIn         decimal.NullDecimal `db:"paid_in"`        // cumulative, in Currency, as reported
	VerifiedPaidIn decimal.NullDecimal `db:"verified_paid_in"`
	Termination    string              `db:"termination_reason"`
	Visibility     string              `db:"visibility"`
	Note           string              `db:"note"`
	CreatedAt      time.Time           `db:"created_at"`
	Version        int                 `db:"version"`
}

// EventName is how a row names its event.
type EventName struct {
	Slug     string      `db:"slug"`
	Title    locale.Text `db:"title"`
	TimeZone string      `db:"time_zone"`
}

// Merged tells whether the row is a duplicate that counts nowhere.
func (p Project) Merged() bool { return p.MergedInto.Valid }

// Unverified tells whether the stage shown rests on a report that nobody has
// verified yet.
func (p Project) Unverified() bool { return p.Stage != p.VerifiedStage }

// USD is the whole investment in US dollars at the rate of the signing day; not
// valid when there is no amount.
func (p Project) USD() decimal.NullDecimal { return p.Rate.InUSD(p.Total) }

// CNY is the whole investment in yuan.
func (p Project) CNY() decimal.NullDecimal { return p.Rate.InCNY(p.Total) }

// today is the date at the project's event.
func (n EventName) today(now time.Time) time.Time {
	zone, err := time.LoadLocation(n.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Service is the one door to signed projects.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// Record enters a project that was signed at an event. The signed document is
// its first stage event, reported by whoever records it; the rate of the signing
// day is frozen with it.
//
// Faults: Forbidden; NotFound, the event; Invalid with fields, a rate that is
// missing or older than seven days among them; Conflict, the code is taken.
func (s *Service) Record(ctx context.Context, by accounts.Actor, event ident.ID, in Input) (Project, error) {
	if !by.May(accounts.EditProject, event) {
		return Project{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	id := s.newID()
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		name, err := eventName(ctx, tx, event)
		if err != nil {
			return err
		}
		rate, err := in.check(ctx, tx, name.today(s.now()))
		if err != nil {
			return err
		}
		if in.Code == "" {
			if in.Code, err = nextCode(ctx, tx); err != nil {
				return err
			}
		}
		search, err := searchText(ctx, tx, in)
		if err != nil {
			return err
		}
		p := Project{ID: id, EventID: event, Rate: rate, Stage: Stage(in.Document), CreatedAt: s.now()}
		if err := insertProject(ctx, tx, p, in, search); err != nil {
			return fieldOf(err)
		}
		if err := insertAppearance(ctx, tx, Appearance{ProjectID: id, EventID: event, Role: "signed"}); err != nil {
			return err
		}
		signed := StageEvent{
			ID: s.newID(), ProjectID: id, Stage: Stage(in.Document), On: in.SignedOn, Evidence: Stage(in.Document).Evidence()[0],
			EvidenceRef: in.EvidenceRef, ReporterID: store.OrNull(by.ID), Reporter: nameOf(by), ReportedAt: s.now(),
		}
		if err := insertStageEvent(ctx, tx, signed); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, "project.record", p, nil, in.record(), "")
	})
	if err != nil {
		return Project{}, err
	}
	return projectByID(ctx, s.db, id)
}

// Edit changes what a project says of itself; its stages are changed by reports.
// version is the one that was shown.
//
// Faults: Forbidden; NotFound; Conflict, somebody changed it meanwhile, or it is
// merged into another; Invalid with fields.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Input) (Project, error) {
	return s.change(ctx, by, id, version, accounts.EditProject, func(tx *sqlx.Tx, p Project) error {
		in.Code = p.Code
		in.EvidenceRef = "-" // the document was registered when the project was recorded
		rate, err := in.check(ctx, tx, p.Event.today(s.now()))
		if err != nil {
			return err
		}
		if p.Rate.On != nil && in.Total.Valid && in.Currency == p.Currency && in.SignedOn.Equal(p.SignedOn) {
			rate = p.Rate // frozen is frozen, also when the table was put right since
		}
		events, err := stageEvents(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := in.fits(events); err != nil {
			return err
		}
		search, err := searchText(ctx, tx, in)
		if err != nil {
			return err
		}
		before, after := difference(p.Input().record(), in.record())
		if len(after) == 0 {
			return nil
		}
		if err := updateProject(ctx, tx, p, in, rate, search); err != nil {
			return fieldOf(err)
		}
		return s.recorded(ctx, tx, by, "project.edit", p, before, after, "")
	})
}

// change locks a project, sees that nobody changed it since version and that it
// is no duplicate, and runs fn. A version of zero takes whatever stands.
func (s *Service) change(ctx context.Context, by accounts.Actor, id ident.ID, version int, right accounts.Right, fn func(tx *sqlx.Tx, p Project) error) (Project, error) {
	return s.changeLocked(ctx, by, []ident.ID{id}, version, right, fn)
}

// changeLocked is change of the first of several projects that are all locked.
func (s *Service) changeLocked(ctx context.Context, by accounts.Actor, ids []ident.ID, version int, right accounts.Right, fn func(tx *sqlx.Tx, p Project) error) (Project, error) {
	id := ids[0]
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockProjects(ctx, tx, ids); err != nil {
			return err
		}
		p, err := projectByID(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case !by.May(right, p.EventID):
			return fault.New(fault.Forbidden, "error.forbidden")
		case version != 0 && version != p.Version:
			return fault.New(fault.Conflict, "error.changed")
		case p.Merged():
			return fault.New(fault.Conflict, "projects.is_merged", p.MergedCode)
		}
		return fn(tx, p)
	})
	if err != nil {
		return Project{}, err
	}
	return projectByID(ctx, s.db, id)
}

// ByID finds a project, a duplicate too.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Project, error) {
	p, err := projectByID(ctx, s.db, id)
	if err != nil {
		return Project{}, err
	}
	if !by.May(accounts.SeeProjects, p.EventID) {
		return Project{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return p, nil
}

// ByCode finds a project by its number, P003.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByCode(ctx context.Context, by accounts.Actor, code string) (Project, error) {
	id, err := idByCode(ctx, s.db, strings.ToUpper(text.Halfwidth(code)))
	if err != nil {
		return Project{}, err
	}
	return s.ByID(ctx, by, id)
}

// Detail is everything about one project.
type Detail struct {
	Project
	Appearances []Appearance
	Stages      []StageEvent // in the order of their dates
	// Rows that were merged into it, and rows that may be the same project; only
	// those of events that the reader may see.
	Duplicates []Project
	Similar    []Project
}

// Detail answers everything about one project.
//
// Faults: Forbidden; NotFound.
func (s *Service) Detail(ctx context.Context, by accounts.Actor, id ident.ID) (d Detail, err error) {
	if d.Project, err = s.ByID(ctx, by, id); err != nil {
		return Detail{}, err
	}
	if d.Appearances, err = appearancesOf(ctx, s.db, id); err != nil {
		return Detail{}, err
	}
	if d.Stages, err = stageEvents(ctx, s.db, id); err != nil {
		return Detail{}, err
	}
	sortByDate(d.Stages)
	duplicates, err := mergedInto(ctx, s.db, id)
	if err != nil {
		return Detail{}, err
	}
	d.Duplicates = visible(by, duplicates)
	if d.Merged() {
		return d, nil
	}
	similar, err := similarTo(ctx, s.db, d.Project)
	d.Similar = visible(by, similar)
	return d, err
}

// visible leaves out projects of events that are not the actor's to see.
func visible(by accounts.Actor, list []Project) (kept []Project) {
	for _, p := range list {
		if by.May(accounts.SeeProjects, p.EventID) {
			kept = append(kept, p)
		}
	}
	return kept
}

// recorded writes the audit entry of a change and announces it.
func (s *Service) recorded(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, action string, p Project, before, after map[string]any, reason string) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: p.EventID,
		Action: action, ObjectKind: "project", ObjectID: p.ID, Before: before, After: after, Reason: reason,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: p.EventID, Kind: "project", Ref: p.ID})
}

func nameOf(by accounts.Actor) locale.Text { return locale.Text{ZH: by.NameZH, EN: by.NameEN} }
