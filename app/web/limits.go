package web

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/redis/go-redis/v9"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
)

// Limit is how often one caller may ask for a route.
type Limit struct {
	Times int
	In    time.Duration
	// Name is shared by routes that are counted together; empty: the route alone.
	Name string
	// Guests tells that whoever proved who they are is not counted.
	Guests bool
	// By says who counts as one caller; nil: the address. Its answer is hashed by
	// nobody, so it must not be personal data: answer an ID.
	By func(c *fiber.Ctx) string
}

// limiter counts in fixed windows in Redis, so that several processes share one
// count. While Redis is away each process counts for itself.
type limiter struct {
	redis redis.UniversalClient
	now   clock.Clock

	mu    sync.Mutex
	local map[string]window
}

type window struct {
	count int
	ends  time.Time
}

func newLimiter(rdb redis.UniversalClient, now clock.Clock) *limiter {
	return &limiter{redis: rdb, now: now, local: map[string]window{}}
}

// count is one round trip: the number of the call in its window, and how many
// milliseconds the window still lasts.
var count = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`)

// take counts one call. It answers how long to wait when there were too many,
// or zero.
func (l *limiter) take(ctx context.Context, key string, times int, in time.Duration) time.Duration {
	n, left, err := l.takeShared(ctx, key, in)
	if err != nil {
		n, left = l.takeLocal(key, in)
	}
	if n <= times {
		return 0
	}
	return max(left, time.Second)
}

func (l *limiter) takeShared(ctx context.Context, key string, in time.Duration) (int, time.Duration, error) {
	if l.redis == nil {
		return 0, 0, redis.ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
	defer cancel()
	answer, err := count.Run(ctx, l.redis, []string{"limit:" + key}, in.Milliseconds()).Int64Slice()
	if err != nil || len(answer) != 2 {
		return 0, 0, redis.ErrClosed
	}
	return int(answer[0]), time.Duration(answer[1]) * time.Millisecond, nil
}

// maxLocal bounds the memory that callers can take while Redis is away.
const maxLocal = 50_000

func (l *limiter) takeLocal(key string, in time.Duration) (int, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if len(l.local) >= maxLocal {
		for k, w := range l.local {
			if !now.Before(w.ends) {
				delete(l.local, k)
			}
		}
		if len(l.local) >= maxLocal {
			clear(l.local)
		}
	}
	w := l.local[key]
	if !now.Before(w.ends) {
		w = window{ends: now.Add(in)}
	}
	w.count++
	l.local[key] = w
	return w.count, w.ends.Sub(now)
}

// throttle refuses a caller who asked too often.
//
// Fault: Throttled, with Retry-After set.
func (s *Server) throttle(c *fiber.Ctx, route string, limit Limit) error {
	if limit.Guests && actor(c).SignedIn() {
		return nil
	}
	if limit.Name != "" {
		route = limit.Name
	}
	caller := s.address(c)
	if limit.By != nil {
		caller = limit.By(c)
	}
	wait := s.limits.take(c.UserContext(), route+":"+caller, limit.Times, limit.In)
	if wait == 0 {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	return fault.New(fault.Throttled, "error.throttled", seconds)
}
