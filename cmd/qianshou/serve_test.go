package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"qianshou/app/apptest"
	"qianshou/app/kit/storetest"
)

// program is the whole program, served for one test on a free port.
type program struct {
	url, password, dataDir string
	environ                []string
	redis                  string
}

// start serves the demo on a database and a Redis of its own, exactly as
// `qianshou serve` does, and stops it with the test.
func start(t testing.TB, more ...string) program {
	t.Helper()
	p := program{dataDir: t.TempDir(), redis: storetest.RedisURL(t)}
	p.environ = append([]string{
		"ADDR=127.0.0.1:0", "DATA_DIR=" + p.dataDir, "DATABASE_URL=" + storetest.URL(t), "REDIS_URL=" + p.redis, "LOG_LEVEL=warn",
	}, more...)
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	log := &testLog{t: t}
	go func() {
		ended <- run(ctx, []string{"serve"}, stdio{out: in, err: log, environ: p.environ})
		_ = in.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the program ended with %d", code)
		}
		log.end()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := lines.Text()
		if _, at, found := strings.Cut(line, "is at "); found {
			p.url = at
		}
		secret, found := strings.CutPrefix(line, "Password: ")
		if found || strings.HasPrefix(line, "There is no account yet") {
			p.password = secret // none beside DEMO=off
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p
		}
	}
	t.Fatalf("the program did not start: exit code %d", <-ended)
	return p
}

// ground is what the program stands on, as a command beside the running server has
// it.
func (p program) ground(t testing.TB) *ground {
	t.Helper()
	cfg, err := readConfig(p.environ)
	if err != nil {
		t.Fatal(err)
	}
	g, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	return g
}

// signIn opens the console as a role of the demo.
func (p program) signIn(b *apptest.Browser, who string) {
	b.Visit(p.url + "/sign-in?lang=en")
	b.Fill("email", who+"@demo.example", "password", p.password)
	b.Press(`form[action="/sign-in"] button`)
}

func TestServeAnswersHealth(t *testing.T) {
	t.Parallel()
	p := start(t)
	for path, want := range map[string]string{"/healthz": `"ok"`, "/readyz": `"redis":"ok"`, "/metrics": "qianshou_redis_away 0"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s, want %s", path, res.StatusCode, body, want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "127.0.0.1")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics through a proxy: %d, want 404", res.StatusCode)
	}
}

func TestOrganizerSignsIn(t *testing.T) {
	t.Parallel()
	p := start(t)
	b := apptest.Open(t)
	b.Desk()
	b.Visit(p.url + "/sign-in?lang=zh")
	if got := b.Text("h1"); got != "登录工作台" {
		t.Errorf("Chinese heading %q", got)
	}
	b.Visit(p.url + "/console?lang=en")
	if at := b.At(); !strings.Contains(at, "/sign-in?return=") {
		t.Fatalf("a stranger at the console is led to %s", at)
	}
	b.Fill("email", "owner@demo.example", "password", "not the password")
	b.Press(`form[action="/sign-in"] button`)
	if got := b.Text(".qs-note.fix"); !strings.Contains(got, "not right") {
		t.Errorf("a wrong password is answered %q", got)
	}
	if got := b.Attribute(`[name="email"]`, "value"); got != "owner@demo.example" {
		t.Errorf("what was typed is kept as %q", got)
	}
	b.Fill("password", p.password)
	b.Press(`form[action="/sign-in"] button`)
	if at := b.At(); !strings.Contains(at, "/console") || strings.Contains(at, "sign-in") {
		t.Errorf("signed in, led to %s", at)
	}
	if said := b.Complaints(); len(said) > 0 {
		t.Errorf("pages complained: %q", said)
	}
}

func TestWrongSettingIsNamed(t *testing.T) {
	for setting, name := range map[string]string{
		"ADDR=nowhere": "ADDR", "PUBLIC_URL=forum": "PUBLIC_URL", "REDIS_URL=http://x": "REDIS_URL", "SECRET_KEY=short": "SECRET_KEY",
		"DEMO=yes": "DEMO", "DATABASE_CONNS=many": `DATABASE_CONNS is "many"`, "DEV=perhaps": `DEV is "perhaps"`, "LOG_LEVEL=loud": "LOG_LEVEL", "MAIL_FROM=me": "MAIL_FROM",
		"SMTP_URL=mail.example.org": "SMTP_URL", "SMTP_URL=smtp://mail.example.org?tls=perhaps": "?tls is", "TRUSTED_PROXIES=proxy": "TRUSTED_PROXIES", "METRICS_TOKEN=short": "METRICS_TOKEN", "STREAMS=0": "STREAMS is 0", "STREAMS_PER_ADDRESS=6000": "STREAMS_PER_ADDRESS",
	} {
		var said strings.Builder
		code := run(t.Context(), []string{"serve"}, stdio{out: io.Discard, err: &said, environ: []string{setting}})
		if code != 1 || !strings.Contains(said.String(), name) {
			t.Errorf("%s: exit %d, said %q; want %s named", setting, code, said.String(), name)
		}
	}
}

// A start that cannot be served is one line that names the setting, and no
// private service is begun for it.
func TestStartThatCannotBeServedIsExplained(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	for _, c := range []struct{ want, environ []string }{
		{[]string{"ADDR " + addr + " is taken"}, []string{"ADDR=" + addr}},
		{[]string{"REDIS_URL", "connect"}, []string{"ADDR=127.0.0.1:0", "DEMO=off", "DATABASE_URL=" + storetest.URL(t), "REDIS_URL=unix:///nowhere/redis.sock"}},
		{[]string{"DATABASE_URL"}, []string{"ADDR=127.0.0.1:0", "DATABASE_URL=postgres:///x?host=/nowhere", "REDIS_URL=unix:///nowhere/redis.sock"}},
	} {
		dir := t.TempDir()
		var said strings.Builder
		code := run(t.Context(), []string{"serve"}, stdio{out: io.Discard, err: &said, environ: append(c.environ, "DATA_DIR="+dir, "LOG_LEVEL=error")})
		for _, want := range c.want {
			if code != 1 || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), want) {
				t.Errorf("%s: exit %d, said %q; want one line with %s", c.environ[0], code, said.String(), want)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			t.Errorf("%s: a database was begun", c.environ[0])
		}
	}
}

// Copies may start at once: one loads the demo, the others wait and serve it.
func TestCopiesThatStartAtOnceShareOneDemo(t *testing.T) {
	t.Parallel()
	database, dir := storetest.URL(t), t.TempDir()
	redis := storetest.RedisURL(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	said := make(chan string)
	ended := make(chan int, 2)
	for range 2 {
		out, in := io.Pipe()
		go func() {
			ended <- run(ctx, []string{"serve"}, stdio{out: in, err: io.Discard, environ: []string{
				"ADDR=127.0.0.1:0", "DATA_DIR=" + dir, "DATABASE_URL=" + database, "REDIS_URL=" + redis,
				"SECRET_KEY=" + strings.Repeat("k", minSecret),
			}})
			_ = in.Close()
		}()
		go func() {
			var secret string
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if found, is := strings.CutPrefix(lines.Text(), "Password: "); is {
					secret = found
					break
				}
			}
			said <- secret
			_, _ = io.Copy(io.Discard, out)
		}()
	}
	one, other := <-said, <-said
	if one == "" || one != other {
		t.Errorf("the copies say the passwords %q and %q, want the same", one, other)
	}
	stop()
	if a, b := <-ended, <-ended; a != 0 || b != 0 {
		t.Errorf("the copies ended with %d and %d", a, b)
	}
}

func TestPasswordOfAnotherFoldersDemoIsNotInvented(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, demoPasswordFile), nil, 0o600); err != nil { // what a crash left
		t.Fatal(err)
	}
	if got := keptDemoPassword(dir); got != "" {
		t.Errorf("kept %q", got)
	}
	made, err := demoPassword(dir)
	if err != nil || len(made) != len("abcd-efgh-ijkl-mnop") {
		t.Fatalf("made %q, %v", made, err)
	}
	if got := keptDemoPassword(dir); got != made {
		t.Errorf("kept %q, made %q", got, made)
	}
}

// testLog shows the program's warnings with the test that caused them.
type testLog struct {
	t    testing.TB
	over atomic.Bool
}

func (l *testLog) Write(p []byte) (int, error) {
	if !l.over.Load() {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// end lets go of the test: what is said later has nowhere to go.
func (l *testLog) end() { l.over.Store(true) }

// The operator shuts an account out beside the running server, by the clock that
// the server goes by.
func TestOperatorDisablesAnAccount(t *testing.T) {
	t.Parallel()
	p := start(t)
	b := apptest.Open(t)
	b.Desk()
	p.signIn(b, "analyst")
	b.Visit(p.url + "/console/mayors-forum-2027/statistics?lang=en")
	if at := b.At(); strings.Contains(at, "/sign-in") {
		t.Fatalf("signed in, led to %s", at)
	}
	for _, tt := range []struct {
		line string
		code int
		said string
	}{
		{"disable --email nobody@demo.example", 1, "No account has this address."},
		{"disable --email owner@demo.example", 1, "last account that owns every event"},
		{"disable --email analyst@demo.example", 0, ""},
	} {
		var said strings.Builder
		code := run(t.Context(), append([]string{"user"}, strings.Fields(tt.line)...), stdio{out: io.Discard, err: &said, environ: p.environ})
		if code != tt.code || !strings.Contains(said.String(), tt.said) || tt.said == "" && said.Len() > 0 {
			t.Errorf("user %s: exit %d, said %q; want %d, %q", tt.line, code, said.String(), tt.code, tt.said)
		}
	}
	b.Visit(p.url + "/console/mayors-forum-2027/statistics?lang=en")
	if at := b.At(); !strings.Contains(at, "/sign-in") {
		t.Errorf("disabled, still at %s", at)
	}

	// An owner lets the account in again on the page.
	owner := apptest.Open(t)
	owner.Desk()
	p.signIn(owner, "owner")
	owner.Visit(p.url + "/console/mayors-forum-2027/accounts?lang=en")
	owner.Press(`form[action$="/enable"] button`)
	if got := owner.Text(".qs-flash"); !strings.Contains(got, "analyst@demo.example can sign in again") {
		t.Errorf("enabled: %q", got)
	}
	b.Visit(p.url + "/console/mayors-forum-2027/statistics?lang=en")
	if at := b.At(); !strings.Contains(at, "/sign-in") {
		t.Errorf("the session of before lives on: %s", at)
	}
	if said := append(b.Complaints(), owner.Complaints()...); len(said) > 0 {
		t.Errorf("pages complained: %q", said)
	}
}
