package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
)

// Ground is what the services are built on. Each is built with a clock that
// stands at the time its part of the story happened.
type Ground struct {
	DB          *sqlx.DB
	Redis       redis.UniversalClient
	RedisPrefix string // begins the keys of the live agenda
	Box         *seal.Box
	Mail        delegations.Writer
	Log         *slog.Logger
}

// Services are those that the demo is loaded through.
type Services struct {
	Accounts    *accounts.Service
	Events      *events.Service
	Firms       *firms.Service
	Forms       *forms.Service
	Delegations *delegations.Service
	Badges      *badges.Service
	Agenda      *agenda.Service
	Projects    *projects.Service
	Matchmaking *matchmaking.Service
}

// by is who loads: the audit log shows it.
var by = accounts.SystemActor("demo")

// Registering is when the demo's guests registered.
var Registering = clock.At("2027-04-20T10:00:00+08:00")

// Printed is when the demo's badges went to the printer: five days before the
// forum.
var Printed = clock.At("2027-06-03T15:20:00+08:00")

// Reviewed is when the projects of the demo's events were followed up, a year
// after the forum.
var Reviewed = clock.At("2028-06-09T18:00:00+08:00")

// Opens is what the demo's clock shows at its first start: the forum's second
// morning, with a session under way, registration on site open and badges valid.
func Opens() time.Time { return time.Date(2027, 6, 9, 2, 32, 0, 0, time.UTC) }

// Load fills an empty database. password is that of every staff account.
func Load(ctx context.Context, g Ground, password string) error {
	planning := clock.At("2027-05-10T10:00:00+08:00")
	ev := events.New(g.DB, Registering, ident.New)
	credentials := badges.New(g.DB, g.Box, Registering, ident.New)
	s := Services{
		Accounts:    accounts.New(g.DB, g.Redis, Registering, ident.New),
		Events:      ev,
		Firms:       firms.New(g.DB, Registering, ident.New),
		Forms:       forms.New(g.DB, Registering, ident.New),
		Delegations: delegations.New(g.DB, g.Box, ev, credentials, g.Mail, Registering, ident.New),
		Badges:      credentials,
		Agenda:      agenda.New(g.DB, g.Redis, g.RedisPrefix, planning, ident.New, g.Log),
		Projects:    projects.New(g.DB, Reviewed, ident.New),
		Matchmaking: matchmaking.New(g.DB, planning, ident.New),
	}
	if err := loadAccounts(ctx, s, password); err != nil {
		return err
	}
	c := newCodes()
	for _, part := range []struct {
		name string
		load func(context.Context, Services, *codes) error
	}{
		{"events", loadEvents}, {"firms", loadFirms}, {"grants", func(ctx context.Context, _ Services, c *codes) error {
			return loadGrants(ctx, func(day time.Time) *firms.Service { return firms.New(g.DB, func() time.Time { return day }, ident.New) }, c)
		}}, {"form", loadForm}, {"delegations", loadDelegations}, {"officers", loadOfficers}, {"badges", func(ctx context.Context, s Services, c *codes) error {
			return loadBadges(ctx, s.Badges, badges.New(g.DB, g.Box, Printed, ident.New), c)
		}}, {"agenda", func(ctx context.Context, s Services, c *codes) error {
			return loadAgenda(ctx, s.Events, s.Agenda, c.Registrations)
		}},
		{"doors", func(ctx context.Context, s Services, c *codes) error {
			return loadDoors(ctx, g.DB, s.Events, s.Delegations, credentials, s.Agenda, c)
		}},
		{"projects", func(ctx context.Context, s Services, c *codes) error {
			if err := loadHistory(ctx, s.Events); err != nil {
				return err
			}
			return loadProjects(ctx, s.Projects, c.Events, c.Firms)
		}},
		{"matchmaking", loadMatchmaking},
	} {
		if err := part.load(ctx, s, c); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
