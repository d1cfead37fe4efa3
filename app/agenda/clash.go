package agenda

import (
	"context"
	"time"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// Clash is one person who is expected in two sessions at once.
type Clash struct {
	Person   locale.Text `db:"person"`
	Session  ident.ID    `db:"id"`
	Title    locale.Text `db:"title"`
	StartsAt time.Time   `db:"starts_at"`
	EndsAt   time.Time   `db:"ends_at"`
	TimeZone string      `db:"time_zone"`
	Hard     bool        `db:"hard"` // a speaker or a head of delegation: cannot be
}

// When is the other session's time on its own clock, in both languages.
func (c Clash) When() locale.Text { return when(c.StartsAt, c.EndsAt, c.TimeZone) }

func when(from, to time.Time, zone string) locale.Text {
	from, to = from.In(zoneOf(zone)), to.In(zoneOf(zone))
	hours := locale.ClockRange(from, to)
	return locale.Text{ZH: locale.Day(locale.ZH, from) + hours, EN: locale.Day(locale.EN, from) + ", " + hours}
}

// hardClash refuses a session of which a speaker or a head of delegation is
// elsewhere at that time. The lock on the event's agenda keeps two changes from
// passing each other.
func hardClash(ctx context.Context, q store.Querier, n Session) error {
	clashes, err := clashesOf(ctx, q, n)
	if err != nil {
		return err
	}
	for _, c := range clashes {
		if c.Hard {
			f := fault.New(fault.Conflict, "agenda.person_taken", c.Person, c.Title, c.When())
			f.Fields = []fault.Field{{Path: "starts_at", Key: f.Key, Args: f.Args}}
			return f
		}
	}
	return nil
}

// explain turns the database's refusal of a taken room into the sentence that
// names who holds it.
func (s *Service) explain(ctx context.Context, err error, n Session) error {
	switch store.Constraint(err) {
	case "sessions_room_free":
	case "sessions_once":
		return &fault.Fault{Code: fault.Conflict, Key: "constraint.sessions_once", Err: err,
			Fields: []fault.Field{{Path: "code", Key: "constraint.sessions_once"}}}
	default:
		return err
	}
	taken, lookErr := holderOf(ctx, s.db, n)
	if lookErr != nil { // it may have moved on meanwhile
		return err
	}
	f := taken.fault()
	f.Err = err
	return f
}

// Taken is a room that a session holds, and until when.
type Taken struct {
	Room     locale.Text `db:"room"`
	Session  ident.ID    `db:"id"`
	Title    locale.Text `db:"title"`
	StartsAt time.Time   `db:"starts_at"`
	EndsAt   time.Time   `db:"ends_at"`
	TimeZone string      `db:"time_zone"`
}

// When is the holder's time on its own clock, in both languages.
func (t Taken) When() locale.Text { return when(t.StartsAt, t.EndsAt, t.TimeZone) }

// fault is the refusal of the room.
func (t Taken) fault() *fault.Fault {
	f := fault.New(fault.Conflict, "agenda.room_taken", t.Room, t.Title, t.When())
	f.Fields = []fault.Field{{Path: "room_id", Key: f.Key, Args: f.Args}}
	return f
}
