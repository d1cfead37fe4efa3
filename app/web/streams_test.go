package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
)

func TestPlaces(t *testing.T) {
	p := newPlaces(StreamLimits{Total: 20, PerCaller: 3})
	take := func(caller string, staff bool, want fault.Code) func() {
		t.Helper()
		leave, err := p.take(caller, staff)
		if fault.CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", caller, err, want)
		}
		return leave
	}
	var leave []func()
	for range 3 {
		leave = append(leave, take("a", false, ""))
	}
	take("a", false, fault.Throttled)
	leave[0]()
	leave[0]() // twice is once
	leave[0] = take("a", false, "")
	take("a", false, fault.Throttled)
	for _, caller := range []string{"b", "c", "d", "e", "f"} {
		for range 3 {
			leave = append(leave, take(caller, false, ""))
		}
	}
	take("g", false, fault.Unavailable)
	for range 2 {
		leave = append(leave, take("desk", true, ""))
	}
	take("desk", true, fault.Unavailable)
	for _, f := range leave {
		f()
	}
	if p.total != 0 || len(p.by) != 0 {
		t.Errorf("all left, and %d are counted of %v", p.total, p.by)
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64",
		"2001:db8:1:3::9": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "pipe": "pipe",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestStreamsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t, func(o *Options) {
		o.Streams = StreamLimits{Total: 100, PerCaller: 2, Beat: 20 * time.Millisecond}
	})
	const path = "/api/v1/events/mayors-forum-2027/agenda/stream"
	first, _ := l.follow(path)
	second, next := l.follow("/e/mayors-forum-2027/agenda/stream")
	if first.StatusCode != 200 || second.StatusCode != 200 || next()["event"] != "hello" {
		t.Fatalf("status %d and %d", first.StatusCode, second.StatusCode)
	}
	third, _ := l.follow(path, "Accept", "text/event-stream")
	if third.StatusCode != 429 || third.Header.Get("Retry-After") != "10" {
		t.Errorf("a third: status %d, Retry-After %q", third.StatusCode, third.Header.Get("Retry-After"))
	}
	// Staff behind the same address are counted by account.
	if desk, _ := l.follow("/console/mayors-forum-2027/stream", "Cookie", "qs_session=programme"); desk.StatusCode != 200 {
		t.Errorf("the desk: status %d", desk.StatusCode)
	}
	// Who leaves makes room, once a heartbeat has noticed.
	_ = first.Body.Close()
	for t.Context().Err() == nil {
		again, _ := l.follow(path)
		if again.StatusCode == 200 {
			break
		}
		_ = again.Body.Close()
	}
	// Asking for the head alone keeps no place.
	_ = second.Body.Close()
	for range 20 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, l.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	for t.Context().Err() == nil {
		again, _ := l.follow(path)
		if again.StatusCode == 200 {
			return
		}
		_ = again.Body.Close()
	}
}

// changing is a table of sessions that moves while streams are open.
type changing struct {
	mu    sync.Mutex
	held  sessions
	asked chan string // who is asked after again, as far as somebody listens
}

func (c *changing) BySession(ctx context.Context, secret string) (accounts.Actor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held.BySession(ctx, secret)
}

func (c *changing) StillBySession(ctx context.Context, secret string) (accounts.Actor, error) {
	select {
	case c.asked <- secret:
	default:
	}
	return c.BySession(ctx, secret)
}

func (c *changing) change(f func(held sessions)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.held)
}

func TestConsoleStreamEndsWithSessionAndRights(t *testing.T) {
	t.Parallel()
	var doors *changing
	l := newLiveSite(t, func(o *Options) {
		held, ok := o.SignIn.(sessions)
		if !ok {
			t.Fatalf("sessions are %T", o.SignIn)
		}
		doors = &changing{held: held, asked: make(chan string)}
		o.SignIn, o.Streams = doors, StreamLimits{Beat: 20 * time.Millisecond}
	})
	follow := func(role string) func() block {
		t.Helper()
		res, next := l.follow("/console/mayors-forum-2027/stream", "Cookie", "qs_session="+role)
		if res.StatusCode != 200 || next()["event"] != "hello" {
			t.Fatalf("%s: status %d", role, res.StatusCode)
		}
		return next
	}
	out, demoted, moved, stays := follow("programme"), follow("analyst"), follow("protocol"), follow("owner")
	doors.change(func(held sessions) {
		delete(held, "programme")
		a := held["analyst"]
		a.Grants = nil
		held["analyst"] = a
		b := held["protocol"]
		b.Grants = []accounts.Grant{{EventID: l.event, Role: accounts.Analyst}}
		held["protocol"] = b
	})
	// The streams of whoever may listen no more end by themselves.
	if b := out(); b != nil {
		t.Errorf("signed out, and still told %v", b)
	}
	if b := demoted(); b != nil {
		t.Errorf("without a role, and still told %v", b)
	}
	// One whose role is another now goes on, and hears what that role may: the second
	// question comes after the answer to the first was taken in.
	for asked := 0; asked < 2; {
		if <-doors.asked == "protocol" {
			asked++
		}
	}
	l.announce("mail")
	l.announce("agenda")
	if b := moved(); b["data"] == "" || b["event"] != "change" || !strings.Contains(b["data"], `"kind":"agenda"`) {
		t.Errorf("an analyst now, and told %v", b)
	}
	if b := stays(); !strings.Contains(b["data"], `"kind":"mail"`) {
		t.Errorf("an owner is told %v", b)
	}
}
