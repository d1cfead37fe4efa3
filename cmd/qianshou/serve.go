package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
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
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("ADDR: %w", err)
	}
	defer listener.Close()
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + listener.Addr().String()
	}

	services, err := startPrivate(ctx, &cfg, std)
	if err != nil {
		return err
	}
	if services != nil {
		defer func() { _ = services.Stop(context.WithoutCancel(ctx)) }()
	}
	g, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer g.close()
	g.services = services

	logins, err := g.prepare(ctx)
	if err != nil {
		return err
	}
	site, err := build(ctx, g)
	if err != nil {
		return err
	}
	return serveUntil(ctx, g, site, listener, logins, std)
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
	go func() { served <- site.web.App().Listener(listener) }()
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
