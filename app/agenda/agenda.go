// Package agenda is the programme of an event: who meets where and when, what
// the public may see of it, and how a change reaches every open page.
package agenda

import (
	"context"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// Kind is what sort of session it is.
type Kind string

// Kinds lists every kind in the order in which forms offer them.
var Kinds = []Kind{
	"plenary", "ceremony", "matchmaking", "round_table", "roadshow", "courtesy_call", "site_visit", "signing", "press", "meal",
	"reception", "group_photo", "holding", "accreditation", "desk", "briefing", "internal",
}

// backstage are the kinds that no guest is ever shown.
var backstage = []Kind{"internal", "briefing", "holding"}

// Session is one item of the programme. IDs that are zero say "none".
type Session struct {
	ID           ident.ID    `db:"id"`
	EventID      ident.ID    `db:"event_id"`
	Code         string      `db:"code"` // S08
	StopID       ident.ID    `db:"stop_id"`
	TrackID      ident.ID    `db:"track_id"`
	RoomID       ident.ID    `db:"room_id"`
	ZoneID       ident.ID    `db:"zone_id"`
	MeetPointID  ident.ID    `db:"meet_point_id"`
	Kind         Kind        `db:"kind"`
	Title        locale.Text `db:"title"`
	StartsAt     time.Time   `db:"starts_at"`
	EndsAt       time.Time   `db:"ends_at"`
	Capacity     int         `db:"capacity"` // zero: not limited
	Languages    tags        `db:"languages"`
	Access       string      `db:"access"` // open, or list: only those who are listed
	Status       Status      `db:"status"`
	EmbargoUntil *time.Time  `db:"embargo_until"`
	Note         locale.Text `db:"note"` // why it was last changed
	PublishedAt  *time.Time  `db:"published_at"`
	MovedAt      *time.Time  `db:"moved_at"`
	ChangedAt    time.Time   `db:"changed_at"`
	Version      int         `db:"version"`
	TimeZone     string      `db:"time_zone"` // of its stop
}

// Zone is where the session's clock stands. A zone that this machine does not
// know is shown as UTC.
func (s Session) Zone() *time.Location { return zoneOf(s.TimeZone) }

func zoneOf(name string) *time.Location {
	if loc, err := time.LoadLocation(name); err == nil {
		return loc
	}
	return time.UTC
}

// Service changes the agenda and shows it.
type Service struct {
	db     *sqlx.DB
	redis  redis.UniversalClient
	prefix string
	now    clock.Clock
	newID  ident.Source
	log    *slog.Logger
}

// New makes the service. prefix begins its keys in Redis.
func New(db *sqlx.DB, rdb redis.UniversalClient, prefix string, now clock.Clock, newID ident.Source, log *slog.Logger) *Service {
	return &Service{db: db, redis: rdb, prefix: prefix, now: now, newID: newID, log: log}
}

// Create adds a session as a draft.
//
// Faults: Forbidden; Invalid; Conflict, the room is taken, the code is used, or
// a speaker or head of delegation is elsewhere then.
func (s *Service) Create(ctx context.Context, by accounts.Actor, event ident.ID, in Input) (Session, error) {
	if !by.May(accounts.EditAgenda, event) {
		return Session{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	made := Session{ID: s.newID(), EventID: event, Status: Draft, Version: 1}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := bump(ctx, tx, event); err != nil {
			return err
		}
		if err := in.check(ctx, tx, event); err != nil {
			return err
		}
		in.into(&made)
		made.ChangedAt = s.now()
		if err := insertSession(ctx, tx, made); err != nil {
			return err
		}
		if err := in.people(ctx, tx, made.ID); err != nil {
			return err
		}
		if err := hardClash(ctx, tx, made); err != nil {
			return err
		}
		return s.record(ctx, tx, by, "session.create", Session{}, made)
	})
	if err != nil {
		return Session{}, s.explain(ctx, err, made)
	}
	return s.byID(ctx, made.ID)
}

// Edit changes everything about a session but its time and room, for which
// there is Move. version is the one that the editor saw.
//
// Faults: as Create; NotFound; Conflict, somebody else changed it meanwhile, or
// it was cancelled or archived.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Input) (Session, error) {
	return s.change(ctx, by, id, version, "session.edit", func(tx *sqlx.Tx, now *Session) error {
		if err := now.open(); err != nil {
			return err
		}
		in.StartsAt, in.EndsAt, in.RoomID = now.StartsAt, now.EndsAt, now.RoomID
		if err := in.check(ctx, tx, now.EventID); err != nil {
			return err
		}
		in.into(now)
		return in.people(ctx, tx, now.ID)
	})
}

// Move is a session's new time and place, and why.
type Move struct {
	StartsAt, EndsAt time.Time
	RoomID           ident.ID
	Note             locale.Text
}

// Move gives a session another time or room. Guests who saw it published are
// shown the old place and the reason. The clashes it answers are those that were
// let pass: somebody listed, and neither a speaker nor a head of delegation, is
// in two places.
//
// Faults: as Edit.
func (s *Service) Move(ctx context.Context, by accounts.Actor, id ident.ID, version int, to Move) (Session, []Clash, error) {
	moved, err := s.change(ctx, by, id, version, "session.move", func(tx *sqlx.Tx, now *Session) error {
		if err := now.open(); err != nil {
			return err
		}
		in := now.input()
		in.StartsAt, in.EndsAt, in.RoomID = to.StartsAt, to.EndsAt, to.RoomID
		if err := in.check(ctx, tx, now.EventID); err != nil {
			return err
		}
		if err := now.noted(to.Note); err != nil {
			return err
		}
		at := s.now()
		return now.moveTo(ctx, tx, in.StartsAt, in.EndsAt, in.RoomID, at)
	})
	if err != nil {
		return Session{}, nil, err
	}
	clashes, err := clashesOf(ctx, s.db, moved)
	return moved, clashes, err
}

// moveTo changes time and room, and keeps the old ones when guests knew them.
func (n *Session) moveTo(ctx context.Context, tx *sqlx.Tx, from, to time.Time, room ident.ID, at time.Time) error {
	if n.StartsAt.Equal(from) && n.EndsAt.Equal(to) && n.RoomID == room {
		return nil
	}
	if n.PublishedAt != nil {
		if err := keepPlace(ctx, tx, n.ID, at); err != nil {
			return err
		}
	}
	n.StartsAt, n.EndsAt, n.RoomID = from, to, room
	return nil
}

// change is every edit of one session: lock the event's agenda, look, change,
// check who is in two places, write, record, announce.
func (s *Service) change(ctx context.Context, by accounts.Actor, id ident.ID, version int, action string, fn func(tx *sqlx.Tx, now *Session) error) (Session, error) {
	var after Session
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		before, err := sessionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !by.May(accounts.EditAgenda, before.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := bump(ctx, tx, before.EventID); err != nil {
			return err
		}
		if before, err = sessionByID(ctx, tx, id); err != nil { // again, now that nobody else writes
			return err
		}
		if before.Version != version {
			return fault.New(fault.Conflict, "agenda.changed_meanwhile")
		}
		after = before
		if err := fn(tx, &after); err != nil {
			return err
		}
		after.Version, after.ChangedAt = before.Version+1, s.now()
		if err := updateSession(ctx, tx, after); err != nil {
			return err
		}
		if err := hardClash(ctx, tx, after); err != nil {
			return err
		}
		return s.record(ctx, tx, by, action, before, after)
	})
	if err != nil {
		return Session{}, s.explain(ctx, err, after)
	}
	return s.byID(ctx, id)
}

// record writes the audit entry and announces the change.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, action string, before, after Session) error {
	entry := audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: after.EventID,
		Action: action, ObjectKind: "session", ObjectID: after.ID, Reason: after.Note.In(locale.ZH),
	}
	entry.Before, entry.After = difference(before, after)
	if err := audit.Record(ctx, tx, entry); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: after.EventID, Kind: "agenda", Ref: after.ID})
}

// difference lists the fields that two states of a session do not share.
func difference(before, after Session) (was, is map[string]any) {
	was, is = map[string]any{}, map[string]any{}
	for name, pair := range map[string][2]any{
		"code": {before.Code, after.Code}, "kind": {before.Kind, after.Kind}, "status": {before.Status, after.Status},
		"title_zh": {before.Title.ZH, after.Title.ZH}, "title_en": {before.Title.EN, after.Title.EN},
		"starts_at": {instant(&before.StartsAt), instant(&after.StartsAt)}, "ends_at": {instant(&before.EndsAt), instant(&after.EndsAt)},
		"room": {before.RoomID, after.RoomID}, "track": {before.TrackID, after.TrackID}, "zone": {before.ZoneID, after.ZoneID},
		"capacity": {before.Capacity, after.Capacity}, "access": {before.Access, after.Access},
		"embargo_until": {instant(before.EmbargoUntil), instant(after.EmbargoUntil)},
	} {
		if pair[0] != pair[1] {
			was[name], is[name] = pair[0], pair[1]
		}
	}
	if before.ID == ident.Nil {
		was = nil
	}
	return was, is
}

func instant(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (s *Service) byID(ctx context.Context, id ident.ID) (Session, error) {
	return sessionByID(ctx, s.db, id)
}

// ByID answers one session as the organisers see it.
//
// Faults: NotFound; Forbidden.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Session, error) {
	found, err := s.byID(ctx, id)
	if err == nil && !by.May(accounts.SeeAgenda, found.EventID) {
		return Session{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return found, err
}

// List answers every session of an event in order of time, drafts and embargoes
// included.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID) ([]Session, error) {
	if !by.May(accounts.SeeAgenda, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return sessionsOf(ctx, s.db, event)
}

// Options answers what the forms of an event's agenda offer.
//
// Fault: Forbidden.
func (s *Service) Options(ctx context.Context, by accounts.Actor, event ident.ID) (Options, error) {
	if !by.May(accounts.SeeAgenda, event) {
		return Options{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return optionsOf(ctx, s.db, event)
}

// People answers who speaks at an event's sessions and who is listed in them.
//
// Fault: Forbidden.
func (s *Service) People(ctx context.Context, by accounts.Actor, event ident.ID) (map[ident.ID][]Person, error) {
	if !by.May(accounts.SeeAgenda, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	people, err := peopleOf(ctx, s.db, event)
	if err != nil {
		return nil, err
	}
	bySession := map[ident.ID][]Person{}
	for _, p := range people {
		bySession[p.SessionID] = append(bySession[p.SessionID], p)
	}
	return bySession, nil
}
