package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/api"
	"qianshou/app/audit"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/web"
)

// sealEvery is how often new audit entries are chained.
const sealEvery = time.Minute

// site is the whole program put together: one place where every part is handed
// what it needs.
type site struct {
	g        *ground
	web      *web.Server
	accounts *accounts.Service
	events   *events.Service
	agenda   *agenda.Service
	relay    *outbox.Relay
	feed     *agenda.Feed
}

// build makes the services and the server.
func build(_ context.Context, g *ground) (*site, error) {
	streams := outbox.NewStreams(g.redis, redisPrefix)
	s := &site{
		g: g, accounts: accounts.New(g.db, g.redis, g.now, ident.New), events: events.New(g.db, g.now, ident.New),
		agenda: agenda.New(g.db, g.redis, redisPrefix, g.now, ident.New, g.log),
		feed:   agenda.NewFeed(streams, g.log),
	}
	s.relay = outbox.NewRelay(g.db, g.cfg.DatabaseURL, streams, s.agenda.Refresh, g.log)
	public, err := url.Parse(g.cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	pageSecret, err := seal.Key(g.secret, "qianshou pages 1")
	if err != nil {
		return nil, err
	}
	health := api.Health{DB: g.db, Redis: g.redis, Registry: api.NewRegistry(g.db)}
	s.web, err = web.New(web.Options{
		Services: web.Services{Accounts: s.accounts, Audit: audit.NewLog(g.db), Agenda: s.agenda, Feed: s.feed},
		Log:      g.log, Now: g.now, NewID: ident.New, Redis: g.redis, PublicURL: public, Secret: pageSecret,
		Version: version(), Dev: g.cfg.Dev, Proxies: g.cfg.proxies(), Demo: g.demo,
		Event:  s.event,
		SignIn: s.accounts, Bearers: []web.Bearer{s.accounts.ByToken},
		Mount: func(m web.Mount) error {
			health.Mount(m)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// event finds the event that an address names.
func (s *site) event(ctx context.Context, ref string) (web.EventHead, error) {
	e, err := s.events.ByRef(ctx, ref)
	if err != nil {
		return web.EventHead{}, err
	}
	return web.EventHead{
		ID: e.ID, Slug: e.Slug, Title: e.Title, Place: e.Place, FirstDay: e.StartsOn, LastDay: e.EndsOn, Zone: e.Location(),
	}, nil
}

// background runs what goes on beside the requests until the context ends; the
// channel closes when all of it did.
func (s *site) background(ctx context.Context) <-chan struct{} {
	var all sync.WaitGroup
	all.Go(func() { s.sealAudit(ctx) })
	all.Go(func() { s.relay.Run(ctx) })
	all.Go(func() { s.feed.Run(ctx) })
	all.Go(func() { s.agenda.Run(ctx) })
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	return done
}

func (s *site) sealAudit(ctx context.Context) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := audit.Seal(ctx, s.g.db); err != nil && ctx.Err() == nil {
			s.g.log.Error("sealing the audit log failed", "err", err)
		}
	}
}

// endStreams lets every open stream go, so that the server can stop.
func (s *site) endStreams() { s.feed.Close() }
