// Package api is what other programs call.
package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp/fasthttpadaptor"

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
}

// NewRegistry makes the registry of figures, with those of Go and the process.
func NewRegistry(db *sqlx.DB) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewDBStatsCollector(db.DB, "qianshou"))
	return r
}

// Mount adds /healthz, /readyz and /metrics. Keep them from the outside at the
// load balancer where figures should not be public.
func (h Health) Mount(m web.Mount) {
	m.Guard(fiber.MethodGet, "/healthz", web.Public(), nil)
	m.Router().Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	m.Guard(fiber.MethodGet, "/readyz", web.Public(), nil)
	m.Router().Get("/readyz", h.ready)
	metrics := fasthttpadaptor.NewFastHTTPHandler(promhttp.HandlerFor(h.Registry, promhttp.HandlerOpts{}))
	m.Guard(fiber.MethodGet, "/metrics", web.Public(), nil)
	m.Router().Get("/metrics", func(c *fiber.Ctx) error {
		metrics(c.Context())
		return nil
	})
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
