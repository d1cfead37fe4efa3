package agenda

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
)

const (
	// backlog is how many events a slow browser may be behind before it is
	// dropped: more than the relay carries at once, so that a busy door does not
	// look like a slow browser.
	backlog = 512
	// lookAround is how often the feed reads the streams without having been
	// woken, and so the longest that a lost wake-up or a dead Redis goes unseen.
	lookAround = 2 * time.Second
	// feedPatience bounds one reading of Redis.
	feedPatience = 3 * time.Second
)

// What a subscriber is told.
const (
	Opened   = "hello"    // the stream stands; ID is where it goes on from
	Moved    = "change"   // something moved; look it up
	Reset    = "reset"    // something may have been missed: read everything anew
	Degraded = "degraded" // Redis is away, changes do not arrive
)

// Event is what a subscriber is told. ID is the entry to come back with; it may
// be empty.
type Event struct {
	Name   string
	ID     string
	Change outbox.Change
}

// Feed hands the changes of all events to many browsers. One goroutine of the
// process reads Redis; each subscriber has a bounded queue, and whoever does not
// keep up is dropped, not waited for.
type Feed struct {
	streams *outbox.Streams
	log     *slog.Logger

	mu     sync.Mutex
	topics map[ident.ID]*topic
	closed bool

	down atomic.Bool
	size atomic.Int64
}

// topic is one event's stream and who follows it. Its lock also covers reading
// Redis, so that each subscriber sees every entry once and in order.
type topic struct {
	mu   sync.Mutex
	last string // the entry that all subscribers were given, or passed over
	subs map[*Subscription]struct{}
}

// Subscription is one browser's place in the feed.
type Subscription struct {
	events  chan *Event // shared by all who are told the same
	keep    func(kind string) bool
	topic   *topic
	passed  atomic.Value // string: the last entry that was sent or passed over
	dropped atomic.Bool
	size    *atomic.Int64
}

// NewFeed makes a feed. Nothing arrives before Run.
func NewFeed(streams *outbox.Streams, log *slog.Logger) *Feed {
	return &Feed{streams: streams, log: log, topics: map[ident.ID]*topic{}}
}

// Subscribers counts who listens in this process.
func (f *Feed) Subscribers() int64 { return f.size.Load() }

// Down tells whether Redis is away, as far as this process knows.
func (f *Feed) Down() bool { return f.down.Load() }

// Subscribe follows an event's changes of the kinds that keep lets through. With
// the ID of an entry seen before, everything after it comes first; when that
// entry is gone, a Reset. The caller must call Cancel.
//
// Fault: Unavailable, the server is shutting down.
func (f *Feed) Subscribe(ctx context.Context, event ident.ID, lastID string, keep func(kind string) bool) (*Subscription, error) {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, fault.New(fault.Unavailable, "error.unavailable")
	}
	t := f.topics[event]
	if t == nil {
		t = &topic{subs: map[*Subscription]struct{}{}}
		f.topics[event] = t
	}
	f.mu.Unlock()

	sub := &Subscription{events: make(chan *Event, backlog), keep: keep, topic: t, size: &f.size}
	sub.passed.Store("")
	ctx, cancel := context.WithTimeout(ctx, feedPatience)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := f.begin(ctx, event, t, sub, lastID); err != nil {
		f.log.WarnContext(ctx, "feed", "event", event, "err", err)
		sub.events <- &Event{Name: Degraded} // the queue is new: there is room
	}
	t.subs[sub] = struct{}{}
	f.size.Add(1)
	return sub, nil
}

// begin brings the topic up to now and gives the new subscriber what it missed.
func (f *Feed) begin(ctx context.Context, event ident.ID, t *topic, sub *Subscription, lastID string) error {
	if f.down.Load() {
		return errors.New("redis is away")
	}
	if err := f.catchUp(ctx, event, t); err != nil {
		return err
	}
	hello := &Event{Name: Opened, ID: t.last}
	if lastID == "" || lastID == t.last {
		sub.give(hello)
		return nil
	}
	missed, err := f.streams.After(ctx, event, lastID)
	if errors.Is(err, outbox.ErrGap) || len(missed) > backlog/2 {
		sub.give(&Event{Name: Reset, ID: t.last})
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range missed { // up to t.last: what came since goes to everybody
		sub.offer(moved(e))
		if e.ID == t.last {
			break
		}
	}
	return nil
}

// catchUp gives everybody what the stream got since it was last read.
func (f *Feed) catchUp(ctx context.Context, event ident.ID, t *topic) error {
	if t.last != "" {
		entries, err := f.streams.After(ctx, event, t.last)
		if err == nil {
			for _, e := range entries {
				told := moved(e)
				for sub := range t.subs {
					sub.offer(told)
				}
				t.last = e.ID
			}
			return nil
		}
		if !errors.Is(err, outbox.ErrGap) {
			return err
		}
	}
	return f.restart(ctx, event, t)
}

// restart goes on from the stream's present end and tells everybody to read
// anew.
func (f *Feed) restart(ctx context.Context, event ident.ID, t *topic) error {
	newest, err := f.streams.Newest(ctx, event)
	if err != nil {
		return err
	}
	t.last = newest
	reset := &Event{Name: Reset, ID: newest}
	for sub := range t.subs {
		sub.give(reset)
	}
	return nil
}

func moved(e outbox.Entry) *Event { return &Event{Name: Moved, ID: e.ID, Change: e.Change} }

// offer gives an entry to a subscriber who wants its kind.
func (s *Subscription) offer(e *Event) {
	if s.keep(e.Change.Kind) {
		s.give(e)
	}
	s.passed.Store(e.ID)
}

// give queues an event, or drops a subscriber whose queue is full. Only under
// the topic's lock.
func (s *Subscription) give(e *Event) {
	if s.dropped.Load() {
		return
	}
	select {
	case s.events <- e:
		if e.ID != "" {
			s.passed.Store(e.ID)
		}
	default:
		s.dropped.Store(true)
		s.leave()
	}
}

// leave takes the subscriber out. Only under the topic's lock.
func (s *Subscription) leave() {
	if _, in := s.topic.subs[s]; in {
		delete(s.topic.subs, s)
		s.size.Add(-1)
		close(s.events)
	}
}

// Events is what the subscriber is told, in order; not to be changed. It is closed when the server
// shuts down or the subscriber was dropped.
func (s *Subscription) Events() <-chan *Event { return s.events }

// Dropped tells that the subscriber did not keep up: it must read everything
// anew.
func (s *Subscription) Dropped() bool { return s.dropped.Load() }

// Passed answers the last entry up to which nothing more will come, when the
// queue is empty: heartbeats carry it, so that a browser that hears nothing of
// its own still comes back close to the end of the stream. Empty while the
// queue holds something.
func (s *Subscription) Passed() string {
	id, _ := s.passed.Load().(string)
	if len(s.events) > 0 {
		return ""
	}
	return id
}

// Cancel ends the subscription. It may be called twice.
func (s *Subscription) Cancel() {
	s.topic.mu.Lock()
	defer s.topic.mu.Unlock()
	s.leave()
}

// Close ends every subscription and takes no more: shutting down starts here,
// because a server waits for its open streams.
func (f *Feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.each(func(_ ident.ID, t *topic) {
		for sub := range t.subs {
			sub.leave()
		}
	})
}

// each visits every topic under its lock.
func (f *Feed) each(fn func(event ident.ID, t *topic)) {
	f.mu.Lock()
	topics := make(map[ident.ID]*topic, len(f.topics))
	for event, t := range f.topics {
		topics[event] = t
	}
	f.mu.Unlock()
	for event, t := range topics {
		t.mu.Lock()
		fn(event, t)
		t.mu.Unlock()
	}
}

// Run reads Redis until ctx ends. When Redis goes away everybody is told, and
// when it is back everybody reads anew.
func (f *Feed) Run(ctx context.Context) {
	wake := f.streams.Listen(ctx)
	defer wake.Close()
	for ctx.Err() == nil {
		message, err := wake.ReceiveTimeout(ctx, lookAround)
		switch m := message.(type) {
		case *redis.Message:
			f.grew(ctx, m.Payload)
			continue
		case *redis.Subscription: // connected, or connected again: wake-ups may have been lost
			err = nil
		}
		var timeout net.Error
		if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
			f.lost(ctx, err)
			f.pause(ctx)
			continue
		}
		f.lookAround(ctx)
	}
}

func (f *Feed) pause(ctx context.Context) {
	timer := time.NewTimer(200 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// grew follows a wake-up for one event.
func (f *Feed) grew(ctx context.Context, payload string) {
	event, err := ident.Parse(payload)
	if err != nil {
		return
	}
	f.mu.Lock()
	t := f.topics[event]
	f.mu.Unlock()
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.read(ctx, event, t)
}

// lookAround reads every stream that somebody follows.
func (f *Feed) lookAround(ctx context.Context) {
	back := f.down.Load()
	ok := true
	if back { // with nobody following, a stream still tells whether Redis answers
		probe, cancel := context.WithTimeout(ctx, feedPatience)
		defer cancel()
		if _, err := f.streams.Newest(probe, ident.Nil); err != nil {
			return
		}
	}
	f.each(func(event ident.ID, t *topic) {
		if len(t.subs) == 0 {
			t.last = ""
			return
		}
		if back {
			ctx, cancel := context.WithTimeout(ctx, feedPatience)
			defer cancel()
			if err := f.restart(ctx, event, t); err != nil {
				ok = false
			}
			return
		}
		f.read(ctx, event, t)
	})
	if back && ok {
		f.down.Store(false)
		f.log.InfoContext(ctx, "feed: redis is back")
	}
}

func (f *Feed) read(ctx context.Context, event ident.ID, t *topic) {
	if len(t.subs) == 0 {
		t.last = ""
		return
	}
	ctx, cancel := context.WithTimeout(ctx, feedPatience)
	defer cancel()
	if err := f.catchUp(ctx, event, t); err != nil && ctx.Err() == nil {
		f.log.WarnContext(ctx, "feed", "event", event, "err", err)
	}
}

// lost tells everybody, once, that Redis is away.
func (f *Feed) lost(ctx context.Context, err error) {
	if ctx.Err() != nil || f.down.Swap(true) {
		return
	}
	f.log.WarnContext(ctx, "feed: redis is away", "err", err)
	f.each(func(_ ident.ID, t *topic) {
		for sub := range t.subs {
			sub.give(&Event{Name: Degraded})
		}
	})
}
