package web

import (
	"context"
	"regexp"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// eventOf answers of which event a thing is. Fault: NotFound.
type eventOf func(ctx context.Context, id ident.ID) (ident.ID, error)

// things says what a parameter behind :event names, and how to learn of which event
// it is. Nil: of none, or it is looked for within the thing before it. A parameter
// that is not in it is refused when the site starts.
func (s *Server) things() map[string]eventOf {
	known := map[string]eventOf{
		"registration": s.Delegations.EventOf,
		"first":        s.Delegations.EventOf,
		"second":       s.Delegations.EventOf,
		"substitution": s.Delegations.EventOfSubstitution,
		"batch":        s.Delegations.EventOfDecision,
		"view":         s.Delegations.EventOfView,
		"delegation":   s.Delegations.EventOfDelegation,
		"leg":          s.Delegations.EventOfLeg,
		"link":         s.Delegations.EventOfLink,
		"category":     s.Events.EventOfCategory,
		"question":     s.Forms.EventOfQuestion,
		"file":         s.Files.EventOf,
		"import":       s.Lists.EventOf,
		"session":      s.Agenda.EventOf,
		"plan":         s.Matchmaking.EventOfPlan,
		"badge":        s.Badges.EventOf,
		"print":        s.Badges.EventOfPrint,
		"gate":         s.Doors.EventOfGate,
		"device":       s.Doors.EventOfDevice,
		"project":      s.Projects.EventOf,
		"mail":         s.Mail.EventOf,
		"hold":         s.Privacy.EventOfHold,
		"request":      s.Privacy.EventOfRequest,

		"account": nil, "firm": nil, "contact": nil, "grant": nil, "title": nil, // of no event
		"change": nil, // of the registration or the question before it

		"decision": nil, "state": nil, "to": nil, "kind": nil, "class": nil, // words
	}
	for _, k := range things() { // each is looked for in the list of the event, or of the office
		known[k.param] = nil
	}
	return known
}

var parameter = regexp.MustCompile(`:([a-z]+)`)

// thingsIn answers the parameters behind :event in the pattern of an address.
func thingsIn(pattern string) (names []string) {
	_, behind, _ := strings.Cut(pattern, ":event")
	for _, m := range parameter.FindAllStringSubmatch(behind, -1) {
		names = append(names, m[1])
	}
	return names
}

// here refuses things of another event than the one that the address names: which
// rights hold and what is shown goes by that one. What is no ID is left to the
// handler.
//
// Fault: NotFound.
func (s *Server) here(c *fiber.Ctx, names []string, at ident.ID) error {
	for _, name := range names {
		of := s.eventsOf[name]
		id, err := ident.Parse(c.Params(name))
		if of == nil || err != nil {
			continue
		}
		theirs, err := of(c.UserContext(), id)
		if err != nil {
			return err
		}
		if theirs != at {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	return nil
}
