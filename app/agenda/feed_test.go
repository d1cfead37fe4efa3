package agenda_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

func everything(string) bool { return true }

func (g *ground) feed() *agenda.Feed {
	f := agenda.NewFeed(g.streams, quiet)
	g.background(f.Run)
	return f
}

// announce appends changes whose Ref counts on, some in each transaction.
func (g *ground) announce(from, to int) {
	g.t.Helper()
	for n := from; n < to; {
		err := store.InTx(g.t.Context(), g.db, func(tx *sqlx.Tx) error {
			for end := min(n+50, to); n < end; n++ {
				if err := outbox.Append(g.t.Context(), tx, outbox.Change{EventID: g.event, Kind: "project", Ref: numbered(n)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			g.t.Fatal(err)
		}
	}
}

func numbered(n int) ident.ID { return ident.ID{0: 1, 14: byte(n >> 8), 15: byte(n)} }

func next(t testing.TB, sub *agenda.Subscription) agenda.Event {
	t.Helper()
	select {
	case e, open := <-sub.Events():
		if !open {
			t.Fatal("the feed ended")
		}
		return *e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came for 20 s")
	}
	return agenda.Event{}
}

// expect reads changes and holds their order against want.
func expect(t testing.TB, sub *agenda.Subscription, from, to int) (last string) {
	t.Helper()
	for n := from; n < to; n++ {
		e := next(t, sub)
		if e.Name != agenda.Moved || e.Change.Ref != numbered(n) {
			t.Fatalf("change %d: got %+v", n, e)
		}
		last = e.ID
	}
	return last
}

func TestResumeMissesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	g.relay()
	f := g.feed()
	first := ok(f.Subscribe(t.Context(), g.event, "", everything))
	if e := next(t, first); e.Name != agenda.Opened || e.ID == "" {
		t.Fatalf("got %+v", e)
	}
	g.announce(0, 10)
	last := expect(t, first, 0, 10)
	first.Cancel()
	first.Cancel() // twice is harmless

	g.announce(10, 25) // while nobody listens
	await(t, "the relay", func() bool {
		return len(ok(g.streams.After(t.Context(), g.event, last))) == 15
	})
	again := ok(f.Subscribe(t.Context(), g.event, last, everything))
	defer again.Cancel()
	expect(t, again, 10, 25)
	g.announce(25, 30)
	expect(t, again, 25, 30)

	other := agenda.NewFeed(g.streams, quiet) // another process, that never saw this stream
	g.background(other.Run)
	there := ok(other.Subscribe(t.Context(), g.event, last, everything))
	defer there.Cancel()
	expect(t, there, 10, 30)
}

func TestResumeFromATrimmedEntryResets(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	f := g.feed()
	if err := g.streams.Publish(t.Context(), []outbox.Change{{ID: 1, EventID: g.event, Kind: "agenda"}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1-0", "0-0", "no id at all", "9999999999999-0", "-", "1-1-1"} {
		sub := ok(f.Subscribe(t.Context(), g.event, id, everything))
		if e := next(t, sub); e.Name != agenda.Reset || e.ID == "" {
			t.Errorf("from %q: got %+v", id, e)
		}
		sub.Cancel()
	}
}

func TestAChangeIsPublishedOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	start := ok(g.streams.Newest(t.Context(), g.event))
	batch := []outbox.Change{{ID: 1, EventID: g.event, Kind: "agenda", Ref: numbered(1)}, {ID: 2, EventID: g.event, Kind: "agenda", Ref: numbered(2)}}
	for range 3 { // a relay whose commit failed repeats its batch
		if err := g.streams.Publish(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	entries := ok(g.streams.After(t.Context(), g.event, start))
	if len(entries) != 2 || entries[0].Change != batch[0] || entries[1].Change != batch[1] {
		t.Errorf("got %+v", entries)
	}
}

func TestOnlyWantedKindsArrive(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	g.relay()
	f := g.feed()
	sub := ok(f.Subscribe(t.Context(), g.event, "", func(kind string) bool { return kind == "agenda" }))
	defer sub.Cancel()
	next(t, sub)
	g.announce(0, 3) // projects
	n := g.publish(g.input("S08", "09:00", "10:00"))
	for range 2 { // made, published
		if e := next(t, sub); e.Change.Kind != "agenda" || e.Change.Ref != n.ID {
			t.Errorf("got %+v", e)
		}
	}
	if sub.Passed() == "" {
		t.Error("a heartbeat would carry no ID")
	}
}

// A browser that reads nothing is dropped; one that reads misses nothing. The
// changes come in parts that a queue holds, each when the one before was read:
// 2000 at once may overtake any reader that the machine does not let run.
func TestSlowBrowserIsDropped(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	g.relay()
	f := g.feed()
	slow := ok(f.Subscribe(t.Context(), g.event, "", everything))
	quick := ok(f.Subscribe(t.Context(), g.event, "", everything))
	defer quick.Cancel()
	next(t, quick)
	const all, part = 2000, 200
	for n := 0; n < all; n += part {
		g.announce(n, n+part)
		expect(t, quick, n, n+part)
	}
	for range slow.Events() { // what it had, then the end
	}
	if !slow.Dropped() || f.Subscribers() != 1 {
		t.Errorf("dropped %v, %d listen", slow.Dropped(), f.Subscribers())
	}
}

func TestCloseEndsEveryStream(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	f := g.feed()
	sub := ok(f.Subscribe(t.Context(), g.event, "", everything))
	f.Close()
	for range sub.Events() {
	}
	if sub.Dropped() {
		t.Error("it was not the browser's fault")
	}
	if _, err := f.Subscribe(t.Context(), g.event, "", everything); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

// Redis dies in the middle of the day: the agenda stays readable and says so,
// no change is lost, and everything heals when Redis is back, empty.
func TestRedisDiesAndComesBack(t *testing.T) {
	t.Parallel()
	server, rdb := ownRedis(t)
	g := newGround(t, rdb)
	relay := g.relay()
	f := g.feed()
	n := g.publish(g.input("S08", "09:10", "10:00"))
	sub := ok(f.Subscribe(t.Context(), g.event, "", everything))
	defer sub.Cancel()
	next(t, sub)
	await(t, "the first changes", func() bool { return ok(relay.Waiting(t.Context())) == 0 })
	if live := ok(g.service.Live(t.Context(), g.event)); live.Stale || live.Source != "redis" {
		t.Errorf("with Redis: %+v", live)
	}

	server.StopRedis()
	skipTo(t, sub, agenda.Degraded)
	moved, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, agenda.Move{StartsAt: at("09:30"), EndsAt: at("10:20"), RoomID: g.main.ID})
	if err != nil {
		t.Fatalf("a change without Redis: %v", err)
	}
	live := ok(g.service.Live(t.Context(), g.event))
	if !live.Stale || live.Source != "postgresql" || !live.Items()[0].StartsAt.Equal(moved.StartsAt) {
		t.Errorf("without Redis: %+v", live)
	}
	late := ok(f.Subscribe(t.Context(), g.event, "", everything)) // somebody opens the page now
	defer late.Cancel()
	if e := next(t, late); e.Name != agenda.Degraded {
		t.Errorf("a new page is told %+v", e)
	}
	if waiting := ok(relay.Waiting(t.Context())); waiting != 1 {
		t.Errorf("%d changes wait, want 1", waiting)
	}

	if err := server.StartRedis(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	skipTo(t, sub, agenda.Reset)
	skipTo(t, late, agenda.Reset)
	await(t, "the change", func() bool { return ok(relay.Waiting(t.Context())) == 0 })
	if live := ok(g.service.Live(t.Context(), g.event)); live.Stale || live.Source != "redis" || !live.Items()[0].StartsAt.Equal(moved.StartsAt) {
		t.Errorf("with Redis again: %+v", live)
	}
	g.announce(0, 1)
	skipTo(t, sub, agenda.Moved)
}

func skipTo(t testing.TB, sub *agenda.Subscription, name string) {
	t.Helper()
	for next(t, sub).Name != name {
	}
}

// The relay's connections are cut, as a restart of PostgreSQL cuts them.
func TestRelayOutlivesItsDatabaseConnections(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	relay := g.relay()
	start := ok(g.streams.Newest(t.Context(), g.event))
	for n := range 5 {
		if _, err := g.db.ExecContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
		var err error
		await(t, "a connection", func() bool {
			err = outbox.Append(t.Context(), g.db, outbox.Change{EventID: g.event, Kind: "project", Ref: numbered(n)})
			return err == nil
		})
	}
	await(t, "every change", func() bool { return len(ok(g.streams.After(t.Context(), g.event, start))) == 5 })
	await(t, "the relay to count them", func() bool { return relay.Stats().Published >= 5 })
}

// Several processes drain at once while many write: each event's changes arrive
// once, in the order of their commits.
func TestOneDrainerAtATime(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	start := ok(g.streams.Newest(t.Context(), g.event))
	for range 3 {
		g.relay()
	}
	n := g.publish(g.input("S08", "09:10", "10:00"))
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 25 {
				err := outbox.Append(context.Background(), g.db, outbox.Change{EventID: g.event, Kind: fmt.Sprintf("w%d", w), Ref: numbered(i)})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	var entries []outbox.Entry
	await(t, "every change", func() bool {
		entries = ok(g.streams.After(t.Context(), g.event, start))
		return len(entries) >= 102
	})
	seen := map[string][]ident.ID{}
	for _, e := range entries {
		seen[e.Change.Kind] = append(seen[e.Change.Kind], e.Change.Ref)
	}
	for w := range 4 {
		var want []ident.ID
		for i := range 25 {
			want = append(want, numbered(i))
		}
		if got := seen[fmt.Sprintf("w%d", w)]; !slices.Equal(got, want) {
			t.Errorf("writer %d: got %v", w, got)
		}
	}
	if got := seen["agenda"]; !slices.Equal(got, []ident.ID{n.ID, n.ID}) {
		t.Errorf("agenda: %v", got)
	}
}

// Readers never see an agenda older than one they saw, however many processes
// build it.
func TestAgendaNeverGoesBack(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	n := g.publish(g.input("S08", "09:10", "10:00"))
	ok(g.service.Live(t.Context(), g.event))
	ctx, stop := context.WithCancel(t.Context())
	var builders sync.WaitGroup
	for range 4 {
		builders.Go(func() {
			for ctx.Err() == nil {
				if err := g.service.Refresh(ctx, []outbox.Change{{EventID: g.event, Kind: "agenda"}}); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	builders.Go(func() {
		var last int64
		for ctx.Err() == nil {
			live, err := g.service.Live(ctx, g.event)
			if err != nil {
				continue // the end
			}
			if live.Version < last {
				t.Errorf("version %d after %d", live.Version, last)
			}
			last = live.Version
		}
	})
	for i := range 40 {
		to := agenda.Move{StartsAt: at("09:10").Add(time.Duration(i) * time.Minute), EndsAt: at("10:00").Add(time.Duration(i) * time.Minute), RoomID: g.main.ID}
		moved, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, to)
		if err != nil {
			t.Fatal(err)
		}
		n = moved
	}
	stop()
	builders.Wait()
}

// The longest way that a change goes: from the commit to the subscriber, with
// the agenda in Redis already new.
func TestFromCommitToSubscriber(t *testing.T) {
	g := newGround(t, nil)
	relay := g.relay()
	f := g.feed()
	n := g.publish(g.input("S08", "09:10", "10:00"))
	await(t, "the first changes", func() bool { return ok(relay.Waiting(t.Context())) == 0 })
	sub := ok(f.Subscribe(t.Context(), g.event, "", everything))
	defer sub.Cancel()
	next(t, sub)
	var took []time.Duration
	for i := range 40 {
		to := agenda.Move{StartsAt: at("09:10").Add(time.Duration(i+1) * time.Minute), EndsAt: at("10:00").Add(time.Duration(i+1) * time.Minute), RoomID: g.main.ID}
		moved, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, to)
		if err != nil {
			t.Fatal(err)
		}
		committed := time.Now()
		n = moved
		for next(t, sub).Change.Ref != n.ID {
		}
		took = append(took, time.Since(committed))
		if live := ok(g.service.Live(t.Context(), g.event)); !live.Items()[0].StartsAt.Equal(to.StartsAt) {
			t.Fatalf("told before the agenda was new: %v", live.Items()[0].StartsAt)
		}
	}
	slices.Sort(took)
	t.Logf("commit to subscriber: median %v, slowest %v", took[len(took)/2], took[len(took)-1])
	if slowest := took[len(took)-1]; slowest > time.Second {
		t.Errorf("the slowest took %v", slowest)
	}
}
