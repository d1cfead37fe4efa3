package web

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// handOver puts the deputy into the programme in the place of whom they replace, and
// tells the firms that meet the delegation when another leads it.
func (s *Server) handOver(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, from, to delegations.Registration) error {
	if err := s.Agenda.Succeed(ctx, tx, by, from.EventID, from.ID, to.ID); err != nil || from.Role != "head" {
		return err
	}
	ahead, err := s.Matchmaking.Ahead(ctx, tx, to.DelegationID)
	if err != nil {
		return err
	}
	return s.Delegations.TellFirms(ctx, tx, from, to, ahead)
}

// succession is all that a substitution changes, as a page shows it.
type succession struct {
	delegations.Succession
	Dies     []string      // serials of badges that open nothing afterwards
	Parts    []agenda.Part // of the programme, that go over
	Meetings []ownMeetingDay
	Firms    []locale.Text   // that are told
	Hears    []ownMeetingDay // meetings that whoever goes interprets, and nobody takes over by itself
	Heard    int             // how many

	TypeBefore, TypeAfter locale.Text // of the deputy's badge
}

// succession completes what a substitution changes by what other parts of the
// program keep.
func (s *Server) succession(c *fiber.Ctx, x delegations.Succession) (*succession, error) {
	ctx, v := c.UserContext(), succession{Succession: x}
	for _, r := range []delegations.Registration{x.Gone, x.Deputy} {
		b, err := s.Badges.LivingOf(ctx, r.ID)
		if fault.CodeOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		v.Dies = append(v.Dies, b.Serial)
	}
	var err error
	if actor(c).May(accounts.SeeAgenda, x.Gone.EventID) { // the programme has drafts, and what is under embargo
		if v.Parts, err = s.Agenda.PartsOf(ctx, x.FromID); err != nil {
			return nil, err
		}
		inPlace(v.Parts)
	}
	types, err := s.Events.BadgeTypes(ctx, x.Gone.EventID)
	if err != nil {
		return nil, err
	}
	for _, badge := range types {
		if badge.Code == x.Deputy.BadgeType {
			v.TypeBefore = badge.Name
		}
		if badge.Code == x.After.BadgeType {
			v.TypeAfter = badge.Name
		}
	}
	hears, err := s.Matchmaking.Interpreted(ctx, x.FromID)
	if err != nil {
		return nil, err
	}
	v.Hears, v.Heard = ownMeetings(delegations.Registration{DelegationID: x.DelegationID}, hears, s.Now()), len(hears)
	if x.Gone.Role != "head" { // meetings are the delegation's, and its head leads them
		return &v, nil
	}
	meetings, err := s.Matchmaking.OfDelegation(ctx, x.DelegationID)
	v.Meetings = ownMeetings(delegations.Registration{DelegationID: x.DelegationID}, meetings, s.Now())
	for _, m := range meetings {
		if m.Ahead(s.Now()) && !slices.Contains(v.Firms, m.Firm) {
			v.Firms = append(v.Firms, m.Firm)
		}
	}
	return &v, err
}

// Newcomer tells whether nobody knew the deputy before they were named.
func (v succession) Newcomer() bool {
	return v.Fresh() || v.Deputy.Status == delegations.Draft && v.Deputy.DelegationID == ident.Nil
}

// Companions are who comes with whoever is replaced.
func (v succession) Companions() (list []delegations.Registration) {
	for _, r := range v.Order {
		if r.CompanionOf == v.FromID {
			list = append(list, r)
		}
	}
	return list
}

// inPlace puts times of the programme by the clock of the place.
func inPlace(parts []agenda.Part) []agenda.Part {
	for i, part := range parts {
		if zone, err := time.LoadLocation(part.TimeZone); err == nil { // the database holds only zones that events checked
			parts[i].StartsAt, parts[i].EndsAt = part.StartsAt.In(zone), part.EndsAt.In(zone)
		}
	}
	return parts
}
