package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"qianshou/app/kit/ident"
)

const (
	// kept is how many changes of one event stay in Redis for browsers that
	// come back: some hours of a busy day.
	kept = 5000
	// pageSize is how many entries one reading of a stream takes.
	pageSize = 500
	// startKind is the entry that opens a stream, so that a browser which came
	// before the first change has an ID to come back with.
	startKind = "start"
)

// Streams is the changes of each event in Redis: a stream for each event, and
// one channel that says which of them grew. A stream can be lost with Redis and
// nothing is lost with it; readers then start anew.
type Streams struct {
	redis  redis.UniversalClient
	prefix string
}

// NewStreams keeps streams under a prefix of Redis keys, so that several
// installations, or several tests, can share one Redis.
func NewStreams(rdb redis.UniversalClient, prefix string) *Streams {
	return &Streams{redis: rdb, prefix: prefix}
}

// Entry is one change as a stream holds it. ID rises within its stream.
type Entry struct {
	ID     string
	Change Change
}

// ErrGap says that the entry to go on from is no longer in the stream, so that
// changes after it may have been lost: the reader starts anew.
var ErrGap = errors.New("the stream no longer holds that entry")

// key names an event's stream. The braces keep the keys of one event on one
// node of a Redis cluster.
func (s *Streams) key(event ident.ID) string  { return s.prefix + "{" + event.String() + "}:changes" }
func (s *Streams) seen(event ident.ID) string { return s.prefix + "{" + event.String() + "}:published" }
func (s *Streams) wake() string               { return s.prefix + "wake" }

// add appends a change unless it was appended before: the relay repeats a batch
// whose commit it did not see. KEYS: stream, published. ARGV: id, kept, kind, ref.
var add = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('XADD', KEYS[1], '*', 'kind', '` + startKind + `')
end
-- kind and ref too: a database restored from a copy gives its numbers out again
if redis.call('ZADD', KEYS[2], 'NX', ARGV[1], ARGV[1] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]) == 0 then
  return 0
end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -tonumber(ARGV[2]) - 1)
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'change', ARGV[1], 'kind', ARGV[3], 'ref', ARGV[4])
return 1`)

// Publish appends changes in their order and wakes the readers. A change that
// was published before is left out.
func (s *Streams) Publish(ctx context.Context, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	if err := add.Load(ctx, s.redis).Err(); err != nil { // Redis may have been emptied since
		return fmt.Errorf("publish changes: %w", err)
	}
	pipe := s.redis.Pipeline()
	events := make(map[ident.ID]bool)
	for _, c := range changes {
		add.EvalSha(ctx, pipe, []string{s.key(c.EventID), s.seen(c.EventID)}, c.ID, kept, c.Kind, c.Ref.String())
		events[c.EventID] = true
	}
	for event := range events {
		pipe.Publish(ctx, s.wake(), event.String())
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("publish changes: %w", err)
	}
	return nil
}

// newest is the last entry of a stream, which it opens when there is none.
var newest = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then
  return redis.call('XADD', KEYS[1], '*', 'kind', '` + startKind + `')
end
return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]`)

// Newest answers the ID of the last entry of an event's stream, from which a
// new reader goes on.
func (s *Streams) Newest(ctx context.Context, event ident.ID) (string, error) {
	id, err := newest.Run(ctx, s.redis, []string{s.key(event)}).Text()
	if err != nil {
		return "", fmt.Errorf("newest change: %w", err)
	}
	return id, nil
}

// After answers what was published after an entry, in order. ErrGap when the
// stream no longer holds that entry.
func (s *Streams) After(ctx context.Context, event ident.ID, id string) ([]Entry, error) {
	if !validID(id) {
		return nil, ErrGap
	}
	var entries []Entry
	for from := id; ; {
		page, err := s.redis.XRangeN(ctx, s.key(event), from, "+", pageSize).Result()
		if err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		if len(page) == 0 || page[0].ID != from { // the entry itself must still be there
			return nil, ErrGap
		}
		for _, m := range page[1:] {
			entries = append(entries, entry(event, m))
		}
		if len(page) < pageSize {
			return entries, nil
		}
		from = page[len(page)-1].ID
	}
}

// Listen subscribes to the channel that says which event's stream grew.
func (s *Streams) Listen(ctx context.Context) *redis.PubSub { return s.redis.Subscribe(ctx, s.wake()) }

func entry(event ident.ID, m redis.XMessage) Entry {
	text := func(field string) string { v, _ := m.Values[field].(string); return v }
	c := Change{EventID: event, Kind: text("kind")}
	c.ID, _ = strconv.ParseInt(text("change"), 10, 64) // ours: written by add
	c.Ref, _ = ident.Parse(text("ref"))
	return Entry{ID: m.ID, Change: c}
}

// validID tells whether a browser's Last-Event-ID can be an entry of a stream.
func validID(id string) bool {
	dash := 0
	for i, r := range id {
		switch {
		case r == '-' && dash == 0 && i > 0:
			dash = i
		case r < '0' || r > '9':
			return false
		}
	}
	return dash > 0 && dash < len(id)-1 && len(id) <= 41
}
