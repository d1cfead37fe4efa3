// Package web serves the pages: it parses requests, calls the services, and
// renders what they answer. No rule of the field and no SQL lives here.
package web

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/redis/go-redis/v9"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/announcements"
	"qianshou/app/audit"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
	"qianshou/app/privacy"
	"qianshou/app/projects"
	"qianshou/static"
	"qianshou/views"
)

// maxBody is the largest request that is read, before it is known who asks; routes
// that take files say how much more.
const maxBody = 1 << 20

// SignIn answers who holds a session. accounts.Service does.
type SignIn interface {
	BySession(ctx context.Context, secret string) (accounts.Actor, error)
	// StillBySession is BySession without counting as a use of the session.
	StillBySession(ctx context.Context, secret string) (accounts.Actor, error)
}

// Services are the domains that have pages.
type Services struct {
	Accounts *accounts.Service
	Agenda   *agenda.Service
	Feed     *agenda.Feed

	Events      *events.Service
	Firms       *firms.Service
	Forms       *forms.Service
	Delegations *delegations.Service
	Renewals    *delegations.Renewals
	Lists       *lists.Service
	Badges      *badges.Service
	Doors       *doors.Service
	Projects    *projects.Service
	Matchmaking *matchmaking.Service
	Mail        *mail.Service
	Files       *files.Service
	Privacy     *privacy.Service
	Audit       *audit.Log

	Letters       *delegations.Letters
	Announcements *announcements.Service
}

// Options are what the server is built from.
type Options struct {
	Services

	Log       *slog.Logger
	Now       clock.Clock
	NewID     ident.Source
	Redis     redis.UniversalClient
	PublicURL *url.URL // how browsers reach the site; https makes cookies secure
	Secret    []byte   // signs form tokens and flashes; at least 32 bytes
	Version   string
	Dev       bool     // serves /styleguide
	Proxies   []string // addresses or networks whose X-Forwarded-For counts

	Streams StreamLimits

	SignIn SignIn
	// Event finds an event by slug or ID. Fault: NotFound.
	Event func(ctx context.Context, ref string) (EventHead, error)
	// EventList answers every event, the nearest first.
	EventList func(ctx context.Context) ([]EventHead, error)
	Demo      bool // this is the demo: its logins are shown, and that all is invented
	// Bearers look a bearer token up, one after the other: programs, door devices.
	Bearers []Bearer
	// Mount adds what is not a page: the API, health, metrics. It may be nil.
	Mount func(m Mount) error
}

// Server serves the pages.
type Server struct {
	Options
	app     *fiber.App
	words   *locale.Catalogue
	assets  *Assets
	limits  *limiter
	places  *places
	table   []route
	trusted proxies

	eventsOf map[string]eventOf // see things
}

// New builds the server: catalogues, static files, every template, every route.
func New(o Options) (*Server, error) {
	if len(o.Secret) < 32 {
		return nil, fmt.Errorf("web: the secret has %d bytes, want 32 or more", len(o.Secret))
	}
	s := &Server{Options: o, limits: newLimiter(o.Redis, o.Now), places: newPlaces(o.Streams), trusted: newProxies(o.Proxies)}
	var err error
	if s.words, err = Words(o.Log); err != nil {
		return nil, err
	}
	if s.assets, err = NewAssets(static.FS); err != nil {
		return nil, err
	}
	engine, err := NewViews(views.FS, s.words, s.assets)
	if err != nil {
		return nil, err
	}
	s.app = fiber.New(fiber.Config{
		AppName: "Qianshou", DisableStartupMessage: true, ServerHeader: "",
		Views: engine, ErrorHandler: s.fail,
		// Strings of a request would otherwise change after the handler returned.
		Immutable:      true,
		BodyLimit:      maxBody,
		ReadBufferSize: 16 << 10, // headers: a few cookies more than the stock 4 KiB
		ReadTimeout:    30 * time.Second,
		IdleTimeout:    120 * time.Second,
		// No WriteTimeout: it would cut every stream.
		// A path has one spelling, so that what guards it by its beginning cannot be
		// passed by another.
		CaseSensitive: true,
		// Headers of proxies are read in address.go, from the end that ours wrote.
		EnableTrustedProxyCheck:  true,
		EnableSplittingOnParsers: false,
	})
	s.app.Use(s.observe, s.protect, s.speak, s.legible, compress.New(compress.Config{Level: compress.LevelBestSpeed, Next: incompressible}))
	s.app.Use(s.identify, s.checkOrigin)
	s.app.Server().HeaderReceived = s.bodyLimit
	s.eventsOf = s.things()
	s.table = s.routes()
	for _, r := range s.table {
		s.add(r)
	}
	if o.Mount != nil {
		if err := o.Mount(Mount{s}); err != nil {
			return nil, err
		}
	}
	for _, r := range s.table {
		for _, name := range thingsIn(r.Path) {
			if _, known := s.eventsOf[name]; !known {
				return nil, fmt.Errorf("web: %s %s: nobody says of which event :%s is; see things", r.Method, r.Path, name)
			}
		}
	}
	return s, nil
}

// App is the server itself, for the listener and for tests.
func (s *Server) App() *fiber.App { return s.app }

// Routes lists method and path of every route, in the order of the table.
func (s *Server) Routes() (list [][2]string) {
	for _, r := range s.table {
		list = append(list, [2]string{r.Method, r.Path})
	}
	return list
}

// render shows a page.
func (s *Server) render(c *fiber.Ctx, name string, model any) error {
	if c.GetRespHeader(fiber.HeaderCacheControl) == "" {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	c.Vary(fiber.HeaderAcceptLanguage, fiber.HeaderCookie)
	return c.Render(name, model)
}

// again shows a form that was refused, with what was typed and what must be put
// right.
func (s *Server) again(c *fiber.Ctx, name string, model any) error {
	return s.render(c.Status(fiber.StatusUnprocessableEntity), name, model)
}

// done leads on after a form was taken, so that a reload posts nothing twice.
func (s *Server) done(c *fiber.Ctx, to string) error {
	return c.Redirect(to, fiber.StatusSeeOther)
}

// Words loads the catalogue of every sentence. A key that is asked for and
// missing is noted in the log.
func Words(log *slog.Logger) (*locale.Catalogue, error) {
	locales, err := fs.Sub(views.FS, "locales")
	if err != nil {
		return nil, fmt.Errorf("open catalogues: %w", err)
	}
	return locale.Load(locales, func(l locale.Lang, key string) {
		log.Warn("sentence missing", "lang", l, "key", key)
	})
}

// HeadOf is what the frame of a page says of an event.
func HeadOf(e events.Event) EventHead {
	return EventHead{ID: e.ID, Slug: e.Slug, Title: e.Title, Place: e.Place, FirstDay: e.StartsOn, LastDay: e.EndsOn, Zone: e.Location(), Hidden: !e.Shown()}
}
