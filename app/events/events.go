// Package events keeps events and the places they happen in: series, stops,
// tracks, venues, rooms, zones, tables, badge types and categories of guests,
// and the office's own tables of countries, cities, sectors and districts.
package events

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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

// Status is how far an event has come (domain 4.5).
type Status string

// The states of an event, in their order.
const (
	Preparing          Status = "preparing"
	RegistrationOpen   Status = "registration_open"
	RegistrationClosed Status = "registration_closed"
	Frozen             Status = "frozen"
	Running            Status = "running"
	Closed             Status = "closed"
	Reporting          Status = "reporting"
	Archived           Status = "archived"
)

// Event is one edition of a series.
type Event struct {
	ID       ident.ID    `db:"id"`
	Number   int         `db:"number"` // the short number inside badge tokens
	SeriesID ident.ID    `db:"series_id"`
	Slug     string      `db:"slug"`
	Prefix   string      `db:"prefix"` // begins each reference: F27-0148
	Title    locale.Text `db:"title"`
	Summary  locale.Text `db:"summary"`
	Place    locale.Text `db:"place"`
	StartsOn time.Time   `db:"starts_on"` // a date: midnight UTC
	EndsOn   time.Time   `db:"ends_on"`
	TimeZone string      `db:"time_zone"`
	Status   Status      `db:"status"`
	Version  int         `db:"version"`
}

// Location is the event's time zone. The zone was checked when it was written.
func (e Event) Location() *time.Location {
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Day is which day of the event an instant falls on in the event's zone, from 1;
// zero before the first and after the last.
func (e Event) Day(at time.Time) int {
	y, m, d := at.In(e.Location()).Date()
	day := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(e.StartsOn)/(24*time.Hour)) + 1
	if last := int(e.EndsOn.Sub(e.StartsOn)/(24*time.Hour)) + 1; day < 1 || day > last || at.Before(e.Opens()) {
		return 0
	}
	return day
}

// Opens is the first instant of the first day, in the event's zone.
func (e Event) Opens() time.Time { return midnight(e.StartsOn, e.Location()) }

// Ends is the first instant after the last day.
func (e Event) Ends() time.Time { return midnight(e.EndsOn.AddDate(0, 0, 1), e.Location()) }

func midnight(day time.Time, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
}

// Shown tells whether guests may see the event.
func (e Event) Shown() bool { return e.Status != Preparing }

// Series is a recurring brand.
type Series struct {
	ID        ident.ID    `db:"id"`
	Slug      string      `db:"slug"`
	Name      locale.Text `db:"name"`
	Kind      string      `db:"kind"` // forum, overseas_week, fair, reception
	SinceYear int         `db:"since_year"`
}

// Service is the one door to events.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// ByRef finds an event by its slug or its ID.
//
// Fault: NotFound.
func (s *Service) ByRef(ctx context.Context, ref string) (Event, error) {
	if id, err := ident.Parse(ref); err == nil {
		return eventByID(ctx, s.db, id)
	}
	return eventBySlug(ctx, s.db, ref)
}

// ByID finds an event.
//
// Fault: NotFound.
func (s *Service) ByID(ctx context.Context, id ident.ID) (Event, error) {
	return eventByID(ctx, s.db, id)
}

// In is ByID within the caller's transaction: one that asked for a second
// connection would wait for it while it holds the first, and so would all.
func In(ctx context.Context, tx store.Querier, id ident.ID) (Event, error) {
	return eventByID(ctx, tx, id)
}

// CategoriesIn is Categories within the caller's transaction.
func CategoriesIn(ctx context.Context, tx store.Querier, event ident.ID) ([]Category, error) {
	return categoriesOf(ctx, tx, event)
}

// List answers every event, the latest first.
func (s *Service) List(ctx context.Context) ([]Event, error) { return eventList(ctx, s.db) }

// Public answers the events that guests may see, the latest first.
func (s *Service) Public(ctx context.Context) ([]Event, error) {
	all, err := eventList(ctx, s.db)
	var shown []Event
	for _, e := range all {
		if e.Shown() {
			shown = append(shown, e)
		}
	}
	return shown, err
}

// SeriesBySlug finds a series.
//
// Fault: NotFound.
func (s *Service) SeriesBySlug(ctx context.Context, slug string) (Series, error) {
	return seriesBySlug(ctx, s.db, slug)
}

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,59}$`)

// CreateSeries makes a series.
//
// Faults: Forbidden; Invalid with fields; Conflict, the slug is taken.
func (s *Service) CreateSeries(ctx context.Context, by accounts.Actor, in Series) (Series, error) {
	if !by.May(accounts.CreateEvent, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	bad.Check(slugForm.MatchString(in.Slug), "slug", "field.slug")
	checkName(&bad, in.Name, "name", 200)
	bad.Check(slices.Contains(SeriesKinds, in.Kind), "kind", "field.choice")
	bad.Check(in.SinceYear >= 1949 && in.SinceYear <= 2200, "since_year", "field.number_between", 1949, 2200)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID = s.newID()
	return in, s.write(ctx, by, ident.Nil, "series.create", "series", in.ID, map[string]any{"slug": in.Slug}, func(tx *sqlx.Tx) error {
		err := insertSeries(ctx, tx, in)
		if store.Constraint(err) == "series_slug" {
			return fault.Fields(fault.Field{Path: "slug", Key: "field.taken"})
		}
		return err
	})
}

// Input is what somebody says of an event to make or change it.
type Input struct {
	Slug      string    `json:"slug"`
	Prefix    string    `json:"prefix"` // empty: made from the slug
	Series    string    `json:"series"` // slug
	TitleZH   string    `json:"title_zh"`
	TitleEN   string    `json:"title_en"`
	SummaryZH string    `json:"summary_zh"`
	SummaryEN string    `json:"summary_en"`
	PlaceZH   string    `json:"place_zh"`
	PlaceEN   string    `json:"place_en"`
	StartsOn  time.Time `json:"starts_on"`
	EndsOn    time.Time `json:"ends_on"`
	TimeZone  string    `json:"time_zone"`
	Status    Status    `json:"status"`
}

// longest is the most days an event may last.
const longest = 365

func (in Input) check() fault.List {
	var bad fault.List
	bad.Check(slugForm.MatchString(in.Slug), "slug", "field.slug")
	bad.Check(prefixForm.MatchString(in.Prefix), "prefix", "events.prefix_form")
	checkName(&bad, locale.Text{ZH: in.TitleZH, EN: in.TitleEN}, "title", 200)
	for path, text := range map[string]string{"summary_zh": in.SummaryZH, "summary_en": in.SummaryEN, "place_zh": in.PlaceZH, "place_en": in.PlaceEN} {
		bad.Check(utf8.RuneCountInString(text) <= 500, path, "field.too_long", 500)
	}
	bad.Check(!in.StartsOn.IsZero(), "starts_on", "field.date")
	bad.Check(!in.EndsOn.IsZero(), "ends_on", "field.date")
	if !in.StartsOn.IsZero() && !in.EndsOn.IsZero() {
		bad.Check(!in.EndsOn.Before(in.StartsOn), "ends_on", "field.order")
		bad.Check(in.EndsOn.Before(in.StartsOn.AddDate(0, 0, longest)), "ends_on", "events.too_long")
	}
	checkZone(&bad, in.TimeZone)
	bad.Check(statusOrder[in.Status] > 0, "status", "field.choice")
	return bad
}

var prefixForm = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,5}$`)

var statusOrder = map[Status]int{
	Preparing: 1, RegistrationOpen: 2, RegistrationClosed: 3, Frozen: 4, Running: 5, Closed: 6, Reporting: 7, Archived: 8,
}

func checkName(bad *fault.List, name locale.Text, path string, most int) {
	for lang, text := range map[string]string{"_zh": name.ZH, "_en": name.EN} {
		switch {
		case strings.TrimSpace(text) == "":
			bad.Add(path+lang, "field.required")
		case utf8.RuneCountInString(text) > most:
			bad.Add(path+lang, "field.too_long", most)
		}
	}
}

func checkZone(bad *fault.List, name string) {
	_, err := time.LoadLocation(name)
	bad.Check(err == nil && name != "" && name != "Local", "time_zone", "events.time_zone")
}

// Create makes an event that can be used at once: with a public zone, badge
// types, categories to register in, and one stop.
//
// Faults: Forbidden; Invalid with fields; NotFound, the series; Conflict, slug
// or prefix is taken.
func (s *Service) Create(ctx context.Context, by accounts.Actor, in Input) (Event, error) {
	if !by.May(accounts.CreateEvent, ident.Nil) {
		return Event{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if in.Status == "" {
		in.Status = Preparing
	}
	id := s.newID()
	in.clean()
	if in.Prefix == "" {
		in.Prefix = prefixOf(in.Slug, id)
	}
	if err := in.check().Err(); err != nil {
		return Event{}, err
	}
	err := s.write(ctx, by, id, "event.create", "event", id, map[string]any{"slug": in.Slug, "status": in.Status}, func(tx *sqlx.Tx) error {
		series, err := seriesBySlug(ctx, tx, in.Series)
		if fault.CodeOf(err) == fault.NotFound {
			return fault.Fields(fault.Field{Path: "series", Key: "field.choice"})
		}
		if err != nil {
			return err
		}
		return s.make(ctx, tx, id, series, in)
	})
	if err != nil {
		return Event{}, err
	}
	return s.ByID(ctx, id)
}

// make writes a new event and what it cannot be used without.
func (s *Service) make(ctx context.Context, tx *sqlx.Tx, id ident.ID, series Series, in Input) error {
	if err := insertEvent(ctx, tx, id, series.ID, in, s.now()); err != nil {
		return takenField(err)
	}
	return s.furnish(ctx, tx, id, series.Kind, in)
}

// prefixOf makes a prefix that no other event is likely to have: the slug's
// first letter and three signs of the ID.
func prefixOf(slug string, id ident.ID) string {
	letter := "E"
	if slug != "" && slug[0] >= 'a' && slug[0] <= 'z' {
		letter = strings.ToUpper(slug[:1])
	}
	return letter + strings.ToUpper(id.String()[32:36])
}

// takenField lays a refusal of the database beside the field that caused it.
func takenField(err error) error {
	switch store.Constraint(err) {
	case "events_slug":
		return fault.Fields(fault.Field{Path: "slug", Key: "field.taken"})
	case "events_prefix":
		return fault.Fields(fault.Field{Path: "prefix", Key: "field.taken"})
	}
	return err
}

// write is one transaction with its audit entry and its announcement.
func (s *Service) write(ctx context.Context, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, after map[string]any, change func(tx *sqlx.Tx) error) error {
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return s.log(ctx, tx, by, event, action, kind, object, after)
	})
}

// log writes the audit entry and the announcement of a change.
func (s *Service) log(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action, kind string, object ident.ID, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: object, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "event", Ref: object})
}
