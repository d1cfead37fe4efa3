package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"qianshou/app/apptest"
	"qianshou/app/kit/private"
)

// redisOfOwn is a Redis that the test may stop.
func redisOfOwn(t *testing.T) *private.Services {
	t.Helper()
	dir, err := os.MkdirTemp("", "qs-redis-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as an ordinary user
		t.Fatal(err)
	}
	s, err := private.Start(t.Context(), private.Options{DataDir: dir, Redis: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Stop(context.Background())
		_ = os.RemoveAll(dir)
	})
	return s
}

// TestMovedSessionReachesOpenPages moves a session in one browser and watches it
// move in another, without a reload; then Redis goes, and comes back.
func TestMovedSessionReachesOpenPages(t *testing.T) {
	t.Parallel()
	redis := redisOfOwn(t)
	p := start(t, "REDIS_URL="+redis.RedisURL())
	guest := apptest.Open(t)
	guest.Phone()
	guest.Visit(p.url + "/e/" + forum + "/agenda?lang=zh")
	const farewell = `document.querySelector('#S20 time')?.textContent ?? ''`
	if got := apptest.Eval[string](guest, farewell); !strings.HasPrefix(got, "18:00") {
		t.Fatalf("the farewell buffet is at %q", got)
	}
	apptest.Eval[string](guest, `window.loaded = "once"`)

	desk := apptest.Open(t)
	desk.Desk()
	p.signIn(desk, "programme")
	desk.Visit(p.url + "/console/" + forum + "/agenda?lang=en")
	desk.Press("#m-S20")
	desk.Fill("starts_at", "2027-06-10T18:30", "ends_at", "2027-06-10T20:30", "note_zh", "车辆晚到", "note_en", "The buses are late")
	pressed := time.Now()
	desk.Press(`form[action$="/move"] button.btn-primary`)
	guest.Await("the new time", `(`+farewell+`).startsWith('18:30')`)
	t.Logf("pressed to seen: %s, the form's own answer included", time.Since(pressed).Round(time.Millisecond))
	if got := guest.Text("#S20"); !strings.Contains(got, "车辆晚到") || apptest.Eval[string](guest, `window.loaded`) != "once" {
		t.Errorf("the open page shows %q, or was loaded anew", got)
	}

	redis.StopRedis()
	guest.Visit(p.url + "/e/" + forum + "/agenda?lang=zh")
	if got := guest.Text("main"); !strings.Contains(got, "欢迎晚宴") || !strings.Contains(got, "实时更新暂停") {
		t.Errorf("without Redis the agenda reads %q", got)
	}
	if err := redis.StartRedis(t.Context()); err != nil {
		t.Fatal(err)
	}
	guest.Await("the note to go", `!document.querySelector('main').textContent.includes('实时更新暂停')`)
	if said := desk.Complaints(); len(said) > 0 {
		t.Errorf("pages complained: %q", said)
	}
}
