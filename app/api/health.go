// Package api is what other programs call.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/outbox"
	"qianshou/app/web"
)

// probeLimit is how long a dependency may take to answer a readiness probe.
const probeLimit = 2 * time.Second

// Health answers whether the process lives, whether it can serve, and its
// figures.
type Health struct {
	DB       *sqlx.DB
	Redis    redis.UniversalClient
	Registry *prometheus.Registry
	// MetricsToken is the bearer token that opens /metrics. Empty: whoever asks from
	// this machine, and not through a proxy, may read it.
	MetricsToken string
}

// NewRegistry makes the registry of figures: those of Go, of the process and of
// the database's pool, and how changes travel to browsers.
func NewRegistry(db *sqlx.DB, relay *outbox.Relay, feed *agenda.Feed) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewDBStatsCollector(db.DB, "qianshou"))
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	counter("qianshou_outbox_published_total", "Changes that this process carried to Redis.", func() float64 { return float64(relay.Stats().Published) })
	counter("qianshou_outbox_failures_total", "Tries to carry changes that were given up and repeated.", func() float64 { return float64(relay.Stats().Failures) })
	gauge("qianshou_outbox_waiting", "Changes that are committed and not yet in Redis; NaN when the database does not answer.", func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
		defer cancel()
		n, err := relay.Waiting(ctx)
		if err != nil {
			return math.NaN()
		}
		return float64(n)
	})
	gauge("qianshou_streams", "Live streams that this process keeps open.", func() float64 { return float64(feed.Subscribers()) })
	gauge("qianshou_redis_away", "1 while this process cannot read changes from Redis.", func() float64 {
		if feed.Down() {
			return 1
		}
		return 0
	})
	return r
}

// Mount adds /healthz, /readyz and /metrics.
func (h Health) Mount(m web.Mount) {
	m.Guard(fiber.MethodGet, "/healthz", web.Public(), nil)
	m.Router().Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	m.Guard(fiber.MethodGet, "/readyz", web.Public(), nil)
	m.Router().Get("/readyz", h.ready)
	metrics := fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(h.Registry, promhttp.HandlerOpts{}))
	m.Guard(fiber.MethodGet, "/metrics", web.Public(), nil) // the handler asks, not a role
	m.Router().Get("/metrics", func(c *fiber.Ctx) error {
		switch h.metricsFor(c.Context().RemoteIP(), passedOn(c), c.Get(fiber.HeaderAuthorization)) {
		case fiber.StatusOK:
			metrics(c.Context())
			return nil
		case fiber.StatusUnauthorized:
			c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
			return m.Problem(c, fiber.StatusUnauthorized, fault.New(fault.SignIn, "error.token"))
		}
		return fault.New(fault.NotFound, "error.not_found")
	})
}

// metricsFor decides who reads the figures, as a status: 200, 401 or 404. With a
// token, whoever has it. Without one, a peer on this machine; a proxy there is
// such a peer too, but what it passes on says so.
func (h Health) metricsFor(peer net.IP, passedOn bool, authorization string) int {
	if h.MetricsToken != "" {
		given, bearer := strings.CutPrefix(authorization, "Bearer ")
		a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(h.MetricsToken)) // equal lengths tell nothing of the token's
		if bearer && subtle.ConstantTimeCompare(a[:], b[:]) == 1 {
			return fiber.StatusOK
		}
		return fiber.StatusUnauthorized
	}
	if peer.IsLoopback() && !passedOn {
		return fiber.StatusOK
	}
	return fiber.StatusNotFound
}

// passedOn tells whether a request names a proxy that it came through. The headers
// are not believed: they can only close.
func passedOn(c *fiber.Ctx) bool {
	for _, name := range []string{fiber.HeaderXForwardedFor, fiber.HeaderForwarded, fiber.HeaderXForwardedHost, fiber.HeaderVia, "X-Real-Ip"} {
		if c.Get(name) != "" {
			return true
		}
	}
	return false
}

// ready says which dependency does not answer, and why in one word only: the
// address and the error stay in the log.
func (h Health) ready(c *fiber.Ctx) error {
	answers := fiber.Map{"postgresql": "ok", "redis": "ok"}
	status := fiber.StatusOK
	if err := probe(c.UserContext(), h.DB.PingContext); err != nil {
		answers["postgresql"], status = "down", fiber.StatusServiceUnavailable
	}
	if err := probe(c.UserContext(), func(ctx context.Context) error { return h.Redis.Ping(ctx).Err() }); err != nil {
		answers["redis"], status = "down", fiber.StatusServiceUnavailable
	}
	answers["status"] = map[int]string{fiber.StatusOK: "ok"}[status]
	if status != fiber.StatusOK {
		answers["status"] = "unavailable"
	}
	return c.Status(status).JSON(answers)
}

// probe gives each dependency its own time, so that one that hangs is not told of
// the other.
func probe(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	return ask(ctx)
}
