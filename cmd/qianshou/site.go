package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/announcements"
	"qianshou/app/api"
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
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/seal"
	"qianshou/app/lists"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
	"qianshou/app/privacy"
	"qianshou/app/projects"
	"qianshou/app/web"
)

// sealEvery is how often new audit entries are chained.
const sealEvery = time.Minute

// site is the whole program put together: one place where every part is handed
// what it needs.
type site struct {
	g        *ground
	web      *web.Server
	guests   *delegations.Service
	agenda   *agenda.Service
	feed     *agenda.Feed
	relay    *outbox.Relay
	mail     *mail.Service
	lists    *lists.Service
	programs *api.API
	files    *files.Service
	privacy  *privacy.Service
	renewals *delegations.Renewals
	auditKey []byte
}

// build makes the services and the server.
func build(ctx context.Context, g *ground) (*site, error) {
	letters, err := g.letters(g.cfg.SMTPURL, g.now)
	if err != nil {
		return nil, err
	}
	streams := outbox.NewStreams(g.redis, redisPrefix)
	s := &site{g: g, mail: letters.Mail}
	if s.auditKey, err = g.auditKey(); err != nil {
		return nil, err
	}
	s.agenda = agenda.New(g.db, g.redis, redisPrefix, g.now, ident.New, g.log)
	s.feed = agenda.NewFeed(streams, g.log)
	s.relay = outbox.NewRelay(g.db, g.cfg.DatabaseURL, streams, s.agenda.Refresh, g.log)
	people := accounts.New(g.db, g.redis, g.now, ident.New)
	happenings := events.New(g.db, g.now, ident.New)
	s.files = g.files(g.now)
	credentials := badges.New(g.db, g.box, g.now, ident.New).With(s.files)
	guests := delegations.New(g.db, g.box, happenings, credentials, letters, g.now, ident.New).With(s.files)
	s.renewals = delegations.NewRenewals(guests, g.log)
	s.guests = guests
	firmList := firms.New(g.db, g.now, ident.New)
	asked := forms.New(g.db, g.now, ident.New)
	s.lists, err = lists.New(lists.Options{
		DB: g.db, Bulk: g.bulk, Box: g.box, Log: quieter(g.log), Now: g.now, NewID: ident.New, Words: letters.Words,
		Events: happenings, Delegations: guests, Firms: firmList,
	})
	if err != nil {
		return nil, err
	}
	meetings := matchmaking.New(g.db, g.now, ident.New)
	ledger := projects.New(g.db, g.now, ident.New)
	gates := doors.New(g.db, happenings, guests, g.now, ident.New)
	s.privacy = privacy.New(g.db, happenings, retentionTasks(g.box, s.files), g.now, ident.New, g.log)

	public, err := url.Parse(g.cfg.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	pageSecret, err := seal.Key(g.secret, "qianshou pages 1")
	if err != nil {
		return nil, err
	}
	s.programs = api.New(api.Options{
		DB: g.db, Box: g.box, Now: g.now, Log: g.log, PublicURL: g.cfg.PublicURL, Version: version(),
		Events: happenings, Delegations: guests, Badges: credentials, Doors: gates, Agenda: s.agenda,
		Matchmaking: meetings, Projects: ledger, Firms: firmList, Forms: asked, Files: s.files, Mail: s.mail,
	})
	health := api.Health{DB: g.db, Redis: g.redis, Registry: api.NewRegistry(g.db, s.relay, s.feed), MetricsToken: g.cfg.MetricsToken}
	s.web, err = web.New(web.Options{
		Services: web.Services{
			Accounts: people, Audit: audit.NewLog(g.db), Events: happenings, Firms: firmList, Forms: asked,
			Delegations: guests, Lists: s.lists, Badges: credentials, Agenda: s.agenda, Feed: s.feed, Mail: s.mail,
			Doors:       gates,
			Files:       s.files,
			Privacy:     s.privacy,
			Renewals:    s.renewals,
			Projects:    projects.New(g.db, g.now, ident.New),
			Matchmaking: meetings,

			Letters: letters, Announcements: announcements.New(g.db, letters, g.now, ident.New),
		},
		Log: g.log, Now: g.now, NewID: ident.New, Redis: g.redis, PublicURL: public, Secret: pageSecret,
		Version: version(), Dev: g.cfg.Dev, Proxies: g.cfg.proxies(), Demo: g.demo,
		Streams: web.StreamLimits{Total: g.cfg.Streams, PerCaller: g.cfg.StreamsPerCaller},
		SignIn:  people, Bearers: []web.Bearer{people.ByToken, gates.BySecret},
		Event: func(ctx context.Context, ref string) (web.EventHead, error) {
			e, err := happenings.ByRef(ctx, ref)
			return web.HeadOf(e), err
		},
		EventList: func(ctx context.Context) (heads []web.EventHead, err error) {
			all, err := happenings.List(ctx)
			for _, e := range all {
				heads = append(heads, web.HeadOf(e))
			}
			return heads, err
		},
		Mount: func(m web.Mount) error {
			health.Mount(m)
			return s.programs.Mount(m)
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// retentionTasks are what every part of the program must not keep for ever. Lists come
// first: who is erased is found in them by what the others forget.
func retentionTasks(box *seal.Box, kept *files.Service) []retention.Task {
	return slices.Concat(lists.Retention(box), firms.Retention(), delegations.Retention(), forms.Retention(), badges.Retention(), doors.Retention(), mail.Retention(), privacy.Retention(), kept.Retention())
}

// letters makes what writes and sends mails; with no server they are kept.
func (g *ground) letters(server string, now clock.Clock) (*delegations.Letters, error) {
	words, err := web.Words(g.log)
	if err != nil {
		return nil, err
	}
	post, err := mail.New(mail.Options{
		DB: g.db, Box: g.box, Log: quieter(g.log), Now: now, NewID: ident.New, SMTPURL: server, From: g.cfg.MailFrom, PerMinute: g.cfg.MailsPerMinute,
	})
	if err != nil {
		return nil, err
	}
	return &delegations.Letters{Mail: post, Words: words, PublicURL: g.cfg.PublicURL, QR: badges.QRPNG}, nil
}

// background runs what goes on beside the requests until the context ends; the
// channel closes when all of it did.
func (s *site) background(ctx context.Context) <-chan struct{} {
	var all sync.WaitGroup
	for _, work := range []func(context.Context){s.relay.Run, s.feed.Run, s.agenda.Run, s.sealAudit, s.purge, s.sendMail, s.decide, s.hearKeys, s.renewals.Run, s.workOnLists} {
		all.Go(func() { work(ctx) })
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	return done
}

// decide carries out what the desk decided once it cannot be undone any more.
func (s *site) decide(ctx context.Context) { s.guests.RunDecisions(ctx, s.g.log) }

func (s *site) sendMail(ctx context.Context) {
	if err := s.mail.Start(context.WithoutCancel(ctx)); err != nil {
		s.g.log.Error("mails are not sent", "err", err)
		return
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	if err := s.mail.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.g.log.Error("stop sending mail", "err", err)
	}
}

// workOnLists reads and takes over the lists that people bring.
func (s *site) workOnLists(ctx context.Context) {
	if err := s.lists.Start(context.WithoutCancel(ctx)); err != nil {
		s.g.log.Error("lists are not worked on", "err", err)
		return
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	if err := s.lists.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.g.log.Error("stop working on lists", "err", err)
	}
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
		if _, err := audit.Seal(ctx, s.g.db, s.auditKey); err != nil && ctx.Err() == nil {
			s.g.log.Error("sealing the audit log failed", "err", err)
		}
	}
}

// hearKeys keeps the keys in use at those that another process put in force.
func (s *site) hearKeys(ctx context.Context) {
	s.g.keys.Listen(ctx, func(err error) { s.g.log.Error("reading the key ring failed", "err", err) })
}

// purgeEvery is how often answers that are too old to be repeated and contents of
// files that nothing refers to are forgotten, and how often it is asked whether
// today's purge was done.
const purgeEvery = time.Hour

func (s *site) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		for _, forget := range []func(context.Context) error{s.programs.PurgeKeys, s.lists.Purge} {
			if err := forget(ctx); err != nil && ctx.Err() == nil {
				s.g.log.Error("purging failed", "err", err)
			}
		}
		if _, err := s.privacy.PurgeDaily(ctx); err != nil && ctx.Err() == nil {
			s.g.log.Error("purging what may not be kept failed", "err", err)
		}
		if _, err := s.files.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.g.log.Error("sweeping files failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// endStreams lets every open stream go, so that the server can stop.
func (s *site) endStreams() { s.feed.Close() }
