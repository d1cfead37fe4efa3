package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/api"
	"qianshou/app/audit"
	"qianshou/app/kit/ident"
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
}

// build makes the services and the server.
func build(_ context.Context, g *ground) (*site, error) {
	s := &site{g: g, accounts: accounts.New(g.db, g.redis, g.now, ident.New)}
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
		Services: web.Services{Accounts: s.accounts, Audit: audit.NewLog(g.db)},
		Log:      g.log, Now: g.now, NewID: ident.New, Redis: g.redis, PublicURL: public, Secret: pageSecret,
		Version: version(), Dev: g.cfg.Dev, Proxies: g.cfg.proxies(), Demo: g.demo,
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

// background runs what goes on beside the requests until the context ends; the
// channel closes when all of it did.
func (s *site) background(ctx context.Context) <-chan struct{} {
	var all sync.WaitGroup
	all.Go(func() { s.sealAudit(ctx) })
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
func (s *site) endStreams() {}
