package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// Bearer answers who holds a bearer token. Fault: SignIn.
type Bearer func(ctx context.Context, secret string) (accounts.Actor, error)

// Mount lets the API stand in the same router, behind the same rules, in the
// same table of routes.
type Mount struct{ s *Server }

// Guard puts a rule and a limit in front of what is added next for a method and
// path. limit may be nil.
func (m Mount) Guard(method, path string, rule Rule, limit *Limit) {
	r := route{Method: method, Path: path, Rule: rule, Limit: limit}
	m.s.table = append(m.s.table, r)
	m.s.app.Add(method, path, m.s.guard(r))
}

// Takes lets what was guarded for a POST to a path be sent so many bytes beside the
// frame around them.
func (m Mount) Takes(path string, most int) {
	for i, r := range m.s.table {
		if r.Method == fiber.MethodPost && r.Path == path {
			m.s.table[i] = r.takes(most)
		}
	}
}

// Router is where handlers go after their Guard.
func (m Mount) Router() *fiber.App { return m.s.app }

// Actor is whoever asks.
func (m Mount) Actor(c *fiber.Ctx) accounts.Actor { return actor(c) }

// Lang is the language that the caller reads.
func (m Mount) Lang(c *fiber.Ctx) locale.Lang { return lang(c) }

// Event is the event that :event in the path names.
func (m Mount) Event(c *fiber.Ctx) *EventHead { return event(c) }

// Problem answers with problem details under a status that the fault's code does
// not say.
func (m Mount) Problem(c *fiber.Ctx, status int, f *fault.Fault) error {
	return m.s.problem(c.Status(status), visitOf(c), failure{status, f})
}

// Address is where a request comes from.
func (m Mount) Address(c *fiber.Ctx) string { return m.s.address(c) }

// Words is the catalogue.
func (m Mount) Words() *locale.Catalogue { return m.s.words }

// Public tells whether the rule lets everybody in.
func (r Rule) Public() bool { return r.who == anyone }

// Public is the rule that lets everybody in.
func Public() Rule { return public() }

// Right is the rule that asks for a right in the event that :event names.
func Right(r accounts.Right) Rule { return right(r) }

// Anywhere is the rule that asks for a right in some event; the service asks
// again about the one.
func Anywhere(r accounts.Right) Rule { return anywhere(r) }

// Everywhere is the rule that asks for a right over all events.
func Everywhere(r accounts.Right) Rule { return everywhere(r) }
