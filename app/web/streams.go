package web

import (
	"cmp"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
)

// StreamLimits bound the streams that this process keeps open. A stream costs a
// connection and some tens of kilobytes for as long as a browser likes.
type StreamLimits struct {
	Total     int           // in all; a tenth is kept for staff; zero: 5000
	PerCaller int           // of one address, or of one account; zero: 500, for a venue behind one address
	Beat      time.Duration // how often a stream says that it lives and is asked whether it still may; zero: ten seconds
}

// streamRetry is after how many seconds a browser that found no place may come
// back.
const streamRetry = 10

// places counts the open streams of this process.
type places struct {
	limits StreamLimits

	mu    sync.Mutex
	total int
	by    map[string]int
}

func newPlaces(l StreamLimits) *places {
	l.Total, l.PerCaller, l.Beat = cmp.Or(l.Total, 5000), cmp.Or(l.PerCaller, 500), cmp.Or(l.Beat, heartbeat)
	return &places{limits: l, by: map[string]int{}}
}

// take gives a caller a place, and how it is given back.
//
// Faults: Throttled, the caller has as many as one may; Unavailable, all are
// taken.
func (p *places) take(caller string, staff bool) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	open := p.limits.Total
	if !staff { // guests cannot shut the desk out
		open -= p.limits.Total / 10
	}
	switch {
	case p.by[caller] >= p.limits.PerCaller:
		return nil, fault.New(fault.Throttled, "error.throttled", streamRetry)
	case p.total >= open:
		return nil, fault.New(fault.Unavailable, "error.unavailable")
	}
	p.total++
	p.by[caller]++
	return sync.OnceFunc(func() { p.leave(caller) }), nil
}

func (p *places) leave(caller string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
	if p.by[caller]--; p.by[caller] == 0 {
		delete(p.by, caller)
	}
}

// takePlace gives the request a place for its stream.
//
// Faults: Throttled; Unavailable; both with Retry-After set.
func (s *Server) takePlace(c *fiber.Ctx) (leave func(), err error) {
	who := actor(c)
	caller := network(s.address(c))
	if who.SignedIn() { // colleagues behind one address do not count against one another
		caller = "account " + who.ID.String()
	}
	if leave, err = s.places.take(caller, who.SignedIn()); err != nil {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(streamRetry))
	}
	return leave, err
}

// network is whom an address belongs to: one caller is given 2^64 addresses of
// IPv6.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is4() {
		return address
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
