package agenda_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/private"
	"qianshou/app/kit/storetest"
)

var (
	system = accounts.SystemActor("test")
	quiet  = slog.New(slog.DiscardHandler)
)

// ground is one forum with two rooms, on a database and a Redis of its own.
type ground struct {
	t       testing.TB
	db      *sqlx.DB
	address string
	redis   redis.UniversalClient
	streams *outbox.Streams
	service *agenda.Service
	now     atomic.Value // time.Time
	event   ident.ID
	main    events.Room
	vip     events.Room
	people  int
}

func TestMain(m *testing.M) {
	logging.Disable() // a Redis that is stopped on purpose is no news
	os.Exit(m.Run())
}

// newGround takes the Redis that all tests share, or one of its own that can be
// stopped.
func newGround(t testing.TB, rdb redis.UniversalClient) *ground {
	t.Helper()
	g := &ground{t: t, address: storetest.URL(t), redis: rdb}
	if rdb == nil {
		g.redis = storetest.Redis(t)
	}
	db, err := sqlx.Open("postgres", g.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	g.db = db
	g.setNow("2027-06-08T12:00:00+08:00")
	g.streams = outbox.NewStreams(g.redis, "t:")
	g.service = agenda.New(g.db, g.redis, "t:", g.clock, ident.New, quiet)
	made := events.New(g.db, g.clock, ident.New)
	ctx := t.Context()
	ok(made.CreateSeries(ctx, system, events.Series{Slug: "forum", Name: both("论坛", "Forum"), Kind: "forum", SinceYear: 2019}))
	e := ok(made.Create(ctx, system, events.Input{Slug: "forum-2027", Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", PlaceZH: "宁波", PlaceEN: "Ningbo",
		StartsOn: day("2027-06-08"), EndsOn: day("2027-06-10"), TimeZone: "Asia/Shanghai", Status: events.Running}))
	g.event = e.ID
	venue := ok(made.SaveVenue(ctx, system, events.Venue{EventID: e.ID, Code: "VN", Name: both("会议中心", "Conference centre"), TimeZone: "Asia/Shanghai"}))
	zones := ok(made.Zones(ctx, e.ID))
	room := func(code, zh, en string) events.Room {
		return ok(made.SaveRoom(ctx, system, events.Room{EventID: e.ID, VenueID: venue.ID, ZoneID: zones[0].ID, Code: code, Name: both(zh, en), Kind: "plenary", Capacity: 100}))
	}
	g.main, g.vip = room("R-MAIN", "主会场", "Plenary hall"), room("R-VIP1", "贵宾一室", "VIP room 1")
	if _, err := db.ExecContext(ctx, `DELETE FROM outbox`); err != nil { // what making the event announced
		t.Fatal(err)
	}
	return g
}

// ownRedis starts a Redis that the test may stop.
func ownRedis(t testing.TB) (*private.Services, *redis.Client) {
	t.Helper()
	dir, err := os.MkdirTemp("", "qs-redis-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as an ordinary user
		t.Fatal(err)
	}
	s, err := private.Start(t.Context(), private.Options{DataDir: dir, Redis: true, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	opts, err := redis.ParseURL(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	opts.MaxRetries, opts.DialTimeout = -1, time.Second
	rdb := redis.NewClient(opts)
	t.Cleanup(func() {
		_ = rdb.Close()
		_ = s.Stop(context.Background())
		_ = os.RemoveAll(dir)
	})
	return s, rdb
}

func (g *ground) clock() time.Time { return g.now.Load().(time.Time) }
func (g *ground) setNow(at string) { g.now.Store(clock.At(at)()) }

// input is a session in the main hall, at hours of the forum's second day.
func (g *ground) input(code, from, to string) agenda.Input {
	return agenda.Input{Code: code, Kind: "plenary", Title: both("会议"+code, "Session "+code), RoomID: g.main.ID, StartsAt: at(from), EndsAt: at(to)}
}

func (g *ground) create(in agenda.Input) agenda.Session {
	g.t.Helper()
	return ok(g.service.Create(g.t.Context(), system, g.event, in))
}

func (g *ground) publish(in agenda.Input) agenda.Session {
	g.t.Helper()
	n := g.create(in)
	return ok(g.service.Publish(g.t.Context(), system, n.ID, n.Version))
}

// person registers somebody, approved.
func (g *ground) person(role, zh, given, family string) ident.ID {
	g.t.Helper()
	g.people++
	person, registration := ident.New(), ident.New()
	ctx := g.t.Context()
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO persons (id, given_name, family_name, name_native, native_order, name_zh, created_at) VALUES ($1, $2, $3, $2 || ' ' || $3, 'given_first', $4, now())`, []any{person, given, family, zh}},
		{`INSERT INTO registrations (event_id, id, reference, person_id, category_id, role, badge_type, status, lang, source, title_en, title_zh, created_at)
		  SELECT event_id, $2, $3, $4, id, $5, badge_type, 'approved', 'en', 'office', 'Mayor', '市长', now() FROM categories WHERE event_id = $1 ORDER BY position LIMIT 1`,
			[]any{g.event, registration, fmt.Sprintf("F27-%04d", g.people), person, role}},
	} {
		if _, err := g.db.ExecContext(ctx, q.sql, q.args...); err != nil {
			g.t.Fatal(err)
		}
	}
	return registration
}

// relay carries changes until the test ends.
func (g *ground) relay() *outbox.Relay {
	r := outbox.NewRelay(g.db, g.address, g.streams, g.service.Refresh, quiet)
	g.background(r.Run)
	return r
}

func (g *ground) background(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	g.t.Cleanup(func() {
		cancel()
		<-done
	})
}

func both(zh, en string) locale.Text { return locale.Text{ZH: zh, EN: en} }

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// at is an hour of the forum's second day, or a whole instant.
func at(s string) time.Time {
	if len(s) == 5 {
		s = "2027-06-09T" + s + ":00+08:00"
	}
	return clock.At(s)()
}

// ok answers a value that had to come without an error.
func ok[T any](v T, err error) T {
	if err != nil {
		panic(err) // the test that called it fails, with the stack
	}
	return v
}

// await waits for a condition that another goroutine brings about.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited 20 s for %s", what)
		}
	}
}
