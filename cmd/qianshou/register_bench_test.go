package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/storetest"
)

// newcomer is the nth made-up journalist.
func newcomer(n int64) delegations.Input {
	letters := func(n int64) string {
		b := []byte("aaaaaa")
		for i := range b {
			b[i] += byte(n % 26)
			n /= 26
		}
		return string(b)
	}
	return delegations.Input{
		Category: "press", GivenName: "An" + letters(n*7919), FamilyName: "Ve" + letters(n*104729), Nationality: "HU",
		Email: fmt.Sprintf("j%d@paper.example", n), Organisation: "Bakony Courier", Consent: true, Lang: "en", Source: "api",
	}
}

// BenchmarkRegistrationByAPI registers by HTTP, from eight callers at once, and
// compares it with the same SQL run bare by as many clients of pgbench, before and
// after.
func BenchmarkRegistrationByAPI(b *testing.B) {
	const hands = 8
	p := start(b, "TRUSTED_PROXIES=127.0.0.1")
	g := p.ground(b)
	if _, err := g.db.ExecContext(b.Context(), `UPDATE categories SET quota = 1000000 WHERE code = 'press'`); err != nil {
		b.Fatal(err)
	}
	script := registrationScript(b, g)
	bare := storetest.Pgbench(b, g.db, hands, 5*time.Second, script)

	var next atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hands}}
	b.SetParallelism((hands + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := 100 + next.Add(1)
			if err := registerByHTTP(b.Context(), client, p.url, n); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	ours := float64(b.N) / b.Elapsed().Seconds()
	bare = (bare + storetest.Pgbench(b, g.db, hands, 5*time.Second, script)) / 2
	b.ReportMetric(ours, "registrations/s")
	b.ReportMetric(bare, "bare/s")
	b.ReportMetric(100*ours/bare, "%-of-bare")
}

// registrationScript is what a registration asks of PostgreSQL.
func registrationScript(b *testing.B, g *ground) string {
	b.Helper()
	recorded := *g
	tape := storetest.Record(b, g.cfg.DatabaseURL)
	recorded.db = tape.DB
	site, err := build(b.Context(), &recorded)
	if err != nil {
		b.Fatal(err)
	}
	var event ident.ID
	if err := g.db.GetContext(b.Context(), &event, `SELECT id FROM events WHERE slug = $1`, forum); err != nil {
		b.Fatal(err)
	}
	var takes [2][]storetest.Statement
	for i := range takes {
		tape.Take()
		if _, _, err := site.guests.Register(b.Context(), accounts.GuestActor(), event, newcomer(int64(i+1))); err != nil {
			b.Fatal(err)
		}
		takes[i] = tape.Take()
	}
	return storetest.Script(b, takes[0], takes[1])
}

// registerByHTTP sends one person, each from an address of their own: how many one
// address may send is bounded.
func registerByHTTP(ctx context.Context, client *http.Client, at string, n int64) error {
	in := newcomer(n)
	body, err := json.Marshal(map[string]any{
		"category": in.Category, "given_name": in.GivenName, "family_name": in.FamilyName, "nationality": in.Nationality, "email": in.Email,
		"organisation": in.Organisation, "consent": true, "lang": in.Lang,
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at+"/api/v1/events/"+forum+"/registrations", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%d %s", res.StatusCode, said)
	}
	return err
}
