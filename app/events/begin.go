package events

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Beginning is what an event is begun with beside what is said of itself.
type Beginning struct {
	Series Series      // a new one, when Input.Series names none
	Venue  locale.Text // of the house where it takes place; empty: not known yet
}

// SeriesKinds are what a series may be, in the order in which an office holds them.
var SeriesKinds = []string{"forum", "overseas_week", "fair", "reception"}

// prefixLetters begin the references of events of a kind.
var prefixLetters = map[string]string{"forum": "F", "overseas_week": "W", "fair": "M", "reception": "R"}

// SeriesList answers every series.
func (s *Service) SeriesList(ctx context.Context) ([]Series, error) { return seriesList(ctx, s.db) }

// Begin makes an event in preparation, with what it cannot be used without; and its
// series with it, when it is the first of its kind. A slug that is left empty is
// made from the English title, a prefix from the kind and the year: F27.
//
// Faults: Forbidden; Invalid with fields, those of a new series under series_….
func (s *Service) Begin(ctx context.Context, by accounts.Actor, in Input, with Beginning) (Event, error) {
	if !by.May(accounts.CreateEvent, ident.Nil) {
		return Event{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	id, made := s.newID(), with.Series
	in.Status = Preparing
	in.clean()
	if in.Slug == "" {
		in.Slug = slugOf(in.TitleEN)
	}
	made.Name, with.Venue = cleanText(made.Name), cleanText(with.Venue)
	made.ID, made.Slug = s.newID(), slugOf(made.Name.EN)
	if made.SinceYear == 0 && !in.StartsOn.IsZero() {
		made.SinceYear = in.StartsOn.Year()
	}
	err := s.write(ctx, by, id, "event.create", "event", id, map[string]any{"slug": in.Slug, "status": in.Status}, func(tx *sqlx.Tx) error {
		series, bad, err := s.seriesFor(ctx, tx, in.Series, made)
		if err != nil {
			return err
		}
		own := in.Prefix == ""
		if own {
			in.Prefix = s.freePrefix(ctx, tx, series.Kind, in, id)
		}
		bad = append(bad, in.checkBegun(own)...)
		if !with.Venue.Empty() {
			checkName(&bad, with.Venue, "venue", 120)
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if in.Series == "" {
			if err := insertSeries(ctx, tx, series); err != nil {
				return takenSeries(err)
			}
		}
		if err := s.make(ctx, tx, id, series, in); err != nil || with.Venue.Empty() {
			return err
		}
		_, err = upsertVenue(ctx, tx, Venue{EventID: id, ID: s.newID(), Code: "V1", Name: with.Venue, TimeZone: in.TimeZone}, true)
		return err
	})
	if err != nil {
		return Event{}, err
	}
	return s.ByID(ctx, id)
}

// seriesFor finds the series of a slug, or checks a new one.
func (s *Service) seriesFor(ctx context.Context, q store.Querier, slug string, made Series) (Series, fault.List, error) {
	var bad fault.List
	if slug != "" {
		found, err := seriesBySlug(ctx, q, slug)
		if fault.CodeOf(err) == fault.NotFound {
			bad.Add("series", "field.choice")
			return found, bad, nil
		}
		return found, nil, err
	}
	checkName(&bad, made.Name, "series_name", 200)
	bad.Check(strings.TrimSpace(made.Name.EN) == "" || slugForm.MatchString(made.Slug), "series_name_en", "events.slug_none")
	bad.Check(slices.Contains(SeriesKinds, made.Kind), "series_kind", "field.choice")
	bad.Check(made.SinceYear == 0 || made.SinceYear >= 1949 && made.SinceYear <= 2200, "series_since", "field.number_between", 1949, 2200)
	return made, bad, nil
}

func takenSeries(err error) error {
	if store.Constraint(err) == "series_slug" {
		return fault.Fields(fault.Field{Path: "series_name_en", Key: "field.taken"})
	}
	return err
}

// checkBegun is check, without a complaint about what was to be made of an answer
// that is itself complained of.
func (in Input) checkBegun(ownPrefix bool) (bad fault.List) {
	for _, f := range in.check() {
		switch {
		case f.Path == "slug" && strings.TrimSpace(in.TitleEN) == "" && in.Slug == "":
		case f.Path == "slug" && in.Slug == "":
			bad.Add("slug", "events.slug_none")
		case f.Path == "prefix" && ownPrefix:
		default:
			bad = append(bad, f)
		}
	}
	return bad
}

// freePrefix is the letter of the kind with the year, or with a sign of the ID's
// when that is taken.
func (s *Service) freePrefix(ctx context.Context, q store.Querier, kind string, in Input, id ident.ID) string {
	if in.StartsOn.IsZero() || prefixLetters[kind] == "" {
		return ""
	}
	usual := fmt.Sprintf("%s%02d", prefixLetters[kind], in.StartsOn.Year()%100)
	all, err := eventList(ctx, q)
	if err != nil || slices.ContainsFunc(all, func(e Event) bool { return e.Prefix == usual }) {
		return prefixOf(strings.ToLower(prefixLetters[kind]), id)
	}
	return usual
}

// slugOf makes an address of an English name: its words in small letters.
func slugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(text.Fold(name)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := strings.Join(words, "-")
	if len(slug) > 60 {
		slug = strings.TrimRight(slug[:60], "-")
	}
	return slug
}

func (in *Input) clean() {
	for _, line := range []*string{&in.TitleZH, &in.TitleEN, &in.PlaceZH, &in.PlaceEN} {
		*line = text.Clean(*line)
	}
	in.SummaryZH, in.SummaryEN = text.Paragraphs(in.SummaryZH), text.Paragraphs(in.SummaryEN)
}

// Edit changes what is said of an event, not how far it has come. version is the one
// that was read, zero whatever there is. Its address and prefix stay once guests may have seen them. What
// lasted as long as the event does so still: its only stop, and the badges that were
// good for all of its days.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed it
// since.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Input) (Event, error) {
	if !by.May(accounts.EditEvent, id) {
		return Event{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.clean()
	err := s.write(ctx, by, id, "event.edit", "event", id, map[string]any{"title_zh": in.TitleZH, "title_en": in.TitleEN}, func(tx *sqlx.Tx) error {
		before, err := lockEvent(ctx, tx, id)
		if err != nil {
			return err
		}
		if in.Status = before.Status; before.Shown() {
			in.Slug, in.Prefix = before.Slug, before.Prefix
		}
		if err := in.check().Err(); err != nil {
			return err
		}
		if version != 0 && before.Version != version {
			return fault.New(fault.Conflict, "error.changed")
		}
		if _, err := updateEvent(ctx, tx, id, before.Version, in); err != nil {
			return takenField(err)
		}
		return s.follow(ctx, tx, before, in)
	})
	if err != nil {
		return Event{}, err
	}
	return s.ByID(ctx, id)
}

// follow brings along what lasted as long as the event.
func (s *Service) follow(ctx context.Context, tx *sqlx.Tx, before Event, in Input) error {
	after := Event{StartsOn: in.StartsOn, EndsOn: in.EndsOn}
	stops, err := stopsOf(ctx, tx, before.ID)
	if err != nil {
		return err
	}
	if len(stops) == 1 && stops[0].StartsOn.Equal(before.StartsOn) && stops[0].EndsOn.Equal(before.EndsOn) {
		stop := stops[0]
		stop.StartsOn, stop.EndsOn = in.StartsOn, in.EndsOn
		if stop.TimeZone == before.TimeZone {
			stop.TimeZone = in.TimeZone
		}
		if _, err := upsertStop(ctx, tx, stop, false); err != nil {
			return err
		}
	}
	if before.Days() == after.Days() {
		return nil
	}
	types, err := badgeTypesOf(ctx, tx, before.ID)
	if err != nil {
		return err
	}
	for _, t := range types {
		whole := len(t.Days) == before.Days()
		t.Days = slices.DeleteFunc(t.Days, func(day int) bool { return day > after.Days() })
		if whole || len(t.Days) == 0 {
			t.Days = upTo(after.Days())
		}
		if err := upsertBadgeType(ctx, tx, t, false); err != nil {
			return err
		}
	}
	return nil
}

// moves are the states that an event may go to from each: onwards, over what it does
// not need, and back by one, but not out of sight of its guests.
var moves = map[Status][]Status{
	Preparing:          {RegistrationOpen},
	RegistrationOpen:   {RegistrationClosed, Frozen, Running},
	RegistrationClosed: {Frozen, Running, RegistrationOpen},
	Frozen:             {Running, RegistrationClosed},
	Running:            {Closed, Frozen},
	Closed:             {Reporting, Running},
	Reporting:          {Archived, Closed},
	Archived:           {Reporting},
}

// Moves are the states that an event may go to, the usual next one first.
func (e Event) Moves() []Status { return moves[e.Status] }

// SetStatus moves an event on, or back. version is the one that was read, zero
// whatever there is.
//
// Faults: Forbidden; NotFound; Invalid; Conflict, somebody changed it since, or it
// cannot be there yet: registration opens with a category that guests can choose.
func (s *Service) SetStatus(ctx context.Context, by accounts.Actor, id ident.ID, version int, to Status) error {
	if !by.May(accounts.EditEvent, id) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.write(ctx, by, id, "event.status", "event", id, map[string]any{"status": to}, func(tx *sqlx.Tx) error {
		e, err := lockEvent(ctx, tx, id)
		if err != nil {
			return err
		}
		if version != 0 && e.Version != version {
			return fault.New(fault.Conflict, "error.changed")
		}
		if !slices.Contains(e.Moves(), to) {
			return fault.Fields(fault.Field{Path: "status", Key: "events.no_move"})
		}
		categories, err := categoriesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if to == RegistrationOpen && !slices.ContainsFunc(categories, func(c Category) bool { return c.Public }) {
			return fault.New(fault.Conflict, "events.nobody_may_register")
		}
		return setStatus(ctx, tx, id, to)
	})
}
