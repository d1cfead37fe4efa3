package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"

	"qianshou/app/kit/private"
)

// drainLimit is how long requests under way may take when the server stops.
const drainLimit = 10 * time.Second

func serve(ctx context.Context, args []string, std stdio) error {
	fs := flags("serve", "serve", std, true)
	if err := parse(fs, args, std); err != nil {
		return err
	}
	cfg, err := readConfig(std.environ)
	if err != nil {
		return err
	}
	log := cfg.logger(std.err)
	log.Info("settings", cfg.masked()...)
	logging.Disable() // what fails comes back as an error; we log that once

	// The address first: a port that is taken should not start a database.
	listener, err := listen(ctx, cfg.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + listener.Addr().String()
	}

	ready, err := serveAt(ctx, cfg, log, listener, std)
	if err == nil || ready || ctx.Err() == nil {
		return err
	}
	// Whoever stops a start knows why it failed.
	log.Info("stopped before it was ready; the next start puts right what was begun")
	log.Debug("stopped", "err", err)
	return nil
}

// serveAt starts what the settings do not name, opens the data and serves until
// the context ends. It tells whether it came to serving.
func serveAt(ctx context.Context, cfg config, log *slog.Logger, listener net.Listener, std stdio) (ready bool, err error) {
	services, err := startPrivate(ctx, &cfg, std)
	if err != nil {
		return false, err
	}
	if services != nil {
		defer func() { _ = services.Stop(context.WithoutCancel(ctx)) }()
	}
	g, err := open(ctx, cfg, log)
	if err != nil {
		return false, err
	}
	defer g.close()
	g.services = services
	if err := g.reachRedis(ctx); err != nil {
		return false, err
	}
	logins, err := g.prepare(ctx)
	if err != nil {
		return false, err
	}
	site, err := build(ctx, g)
	if err != nil {
		return false, err
	}
	return true, serveUntil(ctx, g, site, listener, logins, std)
}

// listen takes the address to serve on.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("ADDR %s is taken by another program: stop that one, or set another ADDR (port 0 takes a free one)", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("ADDR %s cannot be served on: %w", addr, err)
	}
	return l, nil
}

// serveUntil serves until the context ends, then lets go in order: streams, requests,
// background work.
func serveUntil(ctx context.Context, g *ground, site *site, listener net.Listener, logins string, std stdio) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	finished := site.background(work)
	defer func() {
		stopWork()
		<-finished
	}()
	served := make(chan error, 1)
	go func() { served <- site.web.Serve(listener) }()
	fmt.Fprintf(std.out, "\nQianshou 牵手 is at %s\n%s\n", g.cfg.PublicURL, logins)
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	g.log.Info("stopping")
	site.endStreams()
	if err := site.web.App().ShutdownWithTimeout(drainLimit); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}

// startPrivate starts what the settings do not name and writes its addresses
// into them.
func startPrivate(ctx context.Context, cfg *config, std stdio) (*private.Services, error) {
	wantDatabase, wantRedis := cfg.DatabaseURL == "", cfg.RedisURL == ""
	if !wantDatabase && !wantRedis {
		return nil, nil
	}
	s, err := private.Start(ctx, private.Options{
		DataDir: cfg.DataDir, Postgres: wantDatabase, Redis: wantRedis, Durable: true, Log: cfg.logger(std.err),
	})
	if err != nil {
		return nil, err
	}
	if wantDatabase {
		cfg.DatabaseURL = s.DatabaseURL()
	}
	if wantRedis {
		cfg.RedisURL = s.RedisURL()
	}
	return s, nil
}

// version is the commit that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return strings.TrimPrefix(info.Main.Version, "(devel)")
}
