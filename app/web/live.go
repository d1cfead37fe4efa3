package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

const (
	// heartbeat is how often a stream says that it lives. A browser that left is
	// noticed by the flushes that fail.
	heartbeat = 10 * time.Second
	// askLimit bounds the question whether a stream still may.
	askLimit = 3 * time.Second
)

// streamed are the kinds of change and the right that lets a member of staff
// hear of them.
var streamed = map[string]accounts.Right{
	"event": accounts.SeeConsole, "agenda": accounts.SeeAgenda, "registration": accounts.SeeRegistrations,
	"delegation": accounts.SeeDelegations, "matchmaking": accounts.SeeMatchmaking, "gate.scan": accounts.SeeDoors, "gate": accounts.SeeDoors,
	"project": accounts.SeeProjects, "mail": accounts.SeeMails,
}

// agendaStream tells guests that the agenda moved. It names no session: one
// under embargo would be given away by its change.
func (s *Server) agendaStream(c *fiber.Ctx) error {
	return s.stream(c, event(c).ID, func(kind string) bool { return kind == "agenda" || kind == "event" }, listener{})
}

// consoleStream tells staff what moved, as far as their rights reach now. It ends
// with the session, and when the account may no longer see the console.
func (s *Server) consoleStream(c *fiber.Ctx) error {
	ctx, id, secret := c.UserContext(), event(c).ID, c.Cookies(s.sessionName())
	var who atomic.Pointer[accounts.Actor]
	first := actor(c)
	who.Store(&first)
	keep := func(kind string) bool {
		need, known := streamed[kind]
		return known && who.Load().May(need, id)
	}
	return s.stream(c, id, keep, listener{refs: true, still: func() bool {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		a, err := s.SignIn.StillBySession(ctx, secret)
		if err != nil { // while nobody can be asked, nothing is announced either
			return fault.CodeOf(err) != fault.SignIn
		}
		who.Store(&a)
		return a.May(accounts.SeeConsole, id)
	}})
}

// listener is who hears a stream.
type listener struct {
	refs  bool        // is told which row moved
	still func() bool // tells whether they still may listen; nil: always
}

// stream answers with server-sent events until the browser leaves, does not keep
// up, may no longer listen, or the server shuts down.
//
// Faults: Throttled and Unavailable, too many are open; Unavailable, the server
// is shutting down.
func (s *Server) stream(c *fiber.Ctx, id ident.ID, keep func(kind string) bool, to listener) error {
	last := c.Get("Last-Event-ID")
	if last == "" {
		last = c.Query("last_event_id") // a script that had to open a new connection cannot send the header
	}
	leave, err := s.takePlace(c)
	if err != nil {
		return err
	}
	sub, err := s.Feed.Subscribe(c.UserContext(), id, last, keep)
	if err != nil {
		leave()
		return err
	}
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // a proxy in front must not collect
	log, beat := s.Log, s.places.limits.Beat
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) { // runs after this handler and all middleware
		defer leave()
		defer sub.Cancel()
		defer func() {
			if p := recover(); p != nil {
				log.Error("stream", "err", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		writeStream(w, sub, to, beat)
	})
	return nil
}

// writeStream writes until the events end, the listener may not hear more, or a
// flush fails.
func writeStream(w *bufio.Writer, sub *agenda.Subscription, to listener, every time.Duration) {
	if _, err := w.WriteString("retry: 2000\n\n"); err != nil || w.Flush() != nil {
		return
	}
	beat := time.NewTicker(every)
	defer beat.Stop()
	for {
		select {
		case e, open := <-sub.Events():
			if !open {
				if sub.Dropped() { // it reads everything anew and comes back
					writeEvent(w, &agenda.Event{Name: agenda.Reset}, to.refs)
				}
				_ = w.Flush() // the last word; nobody waits for it
				return
			}
			writeEvent(w, e, to.refs)
		case <-beat.C:
			if to.still != nil && !to.still() {
				return
			}
			// A block without data sets the browser's last ID and fires nothing.
			if id := sub.Passed(); id != "" {
				fmt.Fprintf(w, "id: %s\n", id)
			}
			_, _ = w.WriteString(": beat\n\n") // Flush tells
		}
		if w.Flush() != nil {
			return
		}
	}
}

func writeEvent(w *bufio.Writer, e *agenda.Event, refs bool) {
	data := map[string]string{}
	if e.Name == agenda.Moved {
		data["kind"] = e.Change.Kind
		if refs && e.Change.Ref != ident.Nil {
			data["ref"] = e.Change.Ref.String()
		}
	}
	raw, err := json.Marshal(data)
	if err != nil { // strings only
		return
	}
	if e.ID != "" {
		fmt.Fprintf(w, "id: %s\n", e.ID)
	}
	fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.Name, raw) // Flush tells
}

// agendaJSON is the agenda for programs, with its version and an ETag.
func (s *Server) agendaJSON(c *fiber.Ctx) error {
	live, err := s.Agenda.Live(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderETag, live.ETag())
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Get(fiber.HeaderIfNoneMatch) == live.ETag() {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return c.JSON(live)
}
