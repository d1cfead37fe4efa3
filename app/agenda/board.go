package agenda

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

// The two places that a reader's agenda can come from.
const (
	fromRedis      = "redis"
	fromPostgreSQL = "postgresql"
)

// redisPatience is how long a page waits for Redis before it asks PostgreSQL.
const redisPatience = 400 * time.Millisecond

// Live answers the agenda that guests see: from Redis, and from PostgreSQL when
// Redis is away, which Stale then says.
//
// Fault: NotFound, no such event.
func (s *Service) Live(ctx context.Context, event ident.ID) (Live, error) {
	l, err := s.kept(ctx, event)
	if err == nil {
		return l, nil
	}
	away := !errors.Is(err, redis.Nil)
	if l, err = s.Build(ctx, event); err != nil {
		return Live{}, err
	}
	if away || s.keep(ctx, l) != nil {
		l.Stale = true
		return l, nil
	}
	l.Source = fromRedis
	return l, nil
}

func (s *Service) key(event ident.ID) string { return s.prefix + "{" + event.String() + "}:agenda" }

func (s *Service) kept(ctx context.Context, event ident.ID) (l Live, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	raw, err := s.redis.HGet(ctx, s.key(event), "live").Bytes()
	if err != nil {
		return Live{}, fmt.Errorf("read agenda: %w", err)
	}
	if err := json.Unmarshal(raw, &l); err != nil { // written by another release: build it anew
		return Live{}, fmt.Errorf("%w: read agenda: %w", redis.Nil, err)
	}
	l.Source = fromRedis
	l.localise()
	return l, nil
}

// forward replaces the kept agenda unless it is newer already: two processes may
// build at once, and the later reading of PostgreSQL wins whoever is slower.
// KEYS: agenda. ARGV: version, as of in microseconds, JSON.
var forward = redis.NewScript(`
local version, at = tonumber(redis.call('HGET', KEYS[1], 'version') or -1), tonumber(redis.call('HGET', KEYS[1], 'at') or -1)
local newVersion, newAt = tonumber(ARGV[1]), tonumber(ARGV[2])
if newVersion < version or (newVersion == version and newAt < at) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'at', ARGV[2], 'live', ARGV[3])
return 1`)

func (s *Service) keep(ctx context.Context, l Live) error {
	l.Source = fromRedis
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write agenda: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err = forward.Run(ctx, s.redis, []string{s.key(l.Event.ID)}, l.Version, strconv.FormatInt(l.AsOf.UnixMicro(), 10), raw).Err()
	if err != nil {
		return fmt.Errorf("keep agenda: %w", err)
	}
	return nil
}

// shown are the kinds of change after which an agenda may look different.
var shown = []string{"agenda", "event", "registration", "delegation"}

// Refresh brings the kept agendas up to date with a batch of changes, before
// readers are told of them. An agenda that cannot be built is taken away, so
// that the next reader builds it; only a Redis that is away is an error.
func (s *Service) Refresh(ctx context.Context, changes []outbox.Change) error {
	done := map[ident.ID]bool{ident.Nil: true}
	for _, c := range changes {
		if done[c.EventID] || !slices.Contains(shown, c.Kind) {
			continue
		}
		done[c.EventID] = true
		l, err := s.Build(ctx, c.EventID)
		if err != nil {
			s.log.ErrorContext(ctx, "build agenda", "event", c.EventID, "err", err)
			if err := s.redis.Del(ctx, s.key(c.EventID)).Err(); err != nil {
				return fmt.Errorf("take agenda away: %w", err)
			}
			continue
		}
		if err := s.keep(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild builds the agendas of every event anew, whatever Redis holds, and
// answers how many: the command `agenda rebuild`.
func (s *Service) Rebuild(ctx context.Context) (n int, err error) {
	events, err := eventIDs(ctx, s.db)
	if err != nil {
		return 0, err
	}
	for _, event := range events {
		if err := s.redis.Del(ctx, s.key(event)).Err(); err != nil {
			return n, fmt.Errorf("take agenda away: %w", err)
		}
		l, err := s.Build(ctx, event)
		if err != nil {
			return n, err
		}
		if err := s.keep(ctx, l); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// LiftEmbargoes announces the sessions whose embargo ended since it was last
// called, in any process. Time alone shows them; this tells open pages to look.
func (s *Service) LiftEmbargoes(ctx context.Context) error {
	now := s.now()
	events, err := eventsToLift(ctx, s.db, now)
	if err != nil {
		return err
	}
	for _, event := range events {
		err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			if err := bump(ctx, tx, event); err != nil {
				return err
			}
			lifted, err := lift(ctx, tx, event, now)
			if err != nil || len(lifted) == 0 {
				return err
			}
			by := accounts.SystemActor("embargo")
			for _, id := range lifted {
				entry := audit.Entry{ID: s.newID(), At: now, ActorKind: string(by.Kind), ActorName: by.Name(), EventID: event,
					Action: "session.embargo_ended", ObjectKind: "session", ObjectID: id}
				if err := audit.Record(ctx, tx, entry); err != nil {
					return err
				}
			}
			return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "agenda", Ref: lifted[0]})
		})
		if err != nil {
			return fmt.Errorf("lift embargoes of %s: %w", event, err)
		}
	}
	return nil
}

// Run lifts embargoes as they end, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for failing := false; ; {
		err := s.LiftEmbargoes(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.WarnContext(ctx, "lift embargoes", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Build reads an event's public agenda from PostgreSQL, all of it at one moment.
//
// Fault: NotFound.
func (s *Service) Build(ctx context.Context, event ident.ID) (Live, error) {
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Live{}, store.Fault(fmt.Errorf("read agenda: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	l := Live{AsOf: s.now(), Source: fromPostgreSQL, Stops: []Stop{}, Tracks: []Track{}, Days: []Day{}}
	if l.Event, l.Version, err = headOf(ctx, tx, event); err != nil {
		return Live{}, err
	}
	stops, err := stopsOf(ctx, tx, event)
	if err != nil {
		return Live{}, err
	}
	for _, r := range stops {
		l.Stops = append(l.Stops, Stop{r.ID, r.Position, r.Name, r.TimeZone, r.StartsOn.Format(time.DateOnly), r.EndsOn.Format(time.DateOnly)})
	}
	if l.Tracks, err = tracksOf(ctx, tx, event); err != nil {
		return Live{}, err
	}
	rows, err := publicSessions(ctx, tx, event, l.AsOf)
	if err != nil {
		return Live{}, err
	}
	people, err := peopleOf(ctx, tx, event)
	if err != nil {
		return Live{}, err
	}
	speakers := map[ident.ID][]Speaker{}
	for _, p := range people {
		if p.Part == "speaker" && !p.Hidden {
			speakers[p.SessionID] = append(speakers[p.SessionID], Speaker{p.Name, p.Title, p.City})
		}
	}
	first := parseDate(l.Event.StartsOn)
	for _, r := range rows {
		l.place(r, speakers[r.ID], first)
	}
	l.Digest = l.digest()
	l.localise()
	return l, nil
}

// place puts a session into its day.
func (l *Live) place(r publicRow, speakers []Speaker, first time.Time) {
	date := r.StartsAt.In(zoneOf(r.TimeZone)).Format(time.DateOnly)
	at := slices.IndexFunc(l.Days, func(d Day) bool { return d.Date == date && d.Stop == r.Position })
	if at < 0 {
		day := parseDate(date)
		l.Days = append(l.Days, Day{Date: date, Number: int(day.Sub(first)/(24*time.Hour)) + 1, Stop: r.Position, TimeZone: r.TimeZone})
		at = len(l.Days) - 1
	}
	l.Days[at].Sessions = append(l.Days[at].Sessions, r.item(speakers))
}

func (r publicRow) item(speakers []Speaker) Item {
	i := Item{
		ID: r.ID, Code: r.Code, Kind: r.Kind, Title: r.Title, StartsAt: r.StartsAt, EndsAt: r.EndsAt, TimeZone: r.TimeZone,
		Room: place(r.Room, r.RoomName, r.Venue), MeetPoint: place(r.Meet, r.MeetName, r.MeetVenue), Track: r.Track, Languages: r.Languages,
		ListOnly: r.Access == "list", Speakers: speakers, Cancelled: r.Status == Cancelled, Note: r.Note, Version: r.Version,
	}
	if r.MovedAt != nil && r.WasStartsAt != nil && r.WasEndsAt != nil {
		i.Changed = &Change{At: *r.MovedAt, StartsAt: *r.WasStartsAt, EndsAt: *r.WasEndsAt, Room: place(r.WasRoom, r.WasRoomName, r.WasVenue)}
	}
	return i
}

func place(code string, name, venue locale.Text) *Place {
	if code == "" {
		return nil
	}
	return &Place{Code: code, Name: name, Venue: venue}
}

// digest is the checksum of all that a reader can see.
func (l Live) digest() string {
	l.AsOf, l.Source, l.Stale, l.Digest = time.Time{}, "", false, ""
	raw, err := json.Marshal(l)
	if err != nil { // only strings, numbers and times in it
		return strconv.FormatInt(l.Version, 10)
	}
	sum := sha256.Sum256(raw)
	return strconv.FormatInt(l.Version, 10) + "-" + hex.EncodeToString(sum[:6])
}

// parseDate reads a date as PostgreSQL and we ourselves write it.
func parseDate(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}
