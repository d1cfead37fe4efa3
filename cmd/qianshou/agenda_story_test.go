package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

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

// TestAgendaOutlivesRedis takes Redis away: the agenda stays readable and says that
// it does not move, until Redis is back.
func TestAgendaOutlivesRedis(t *testing.T) {
	t.Parallel()
	redis := redisOfOwn(t)
	p := start(t, "REDIS_URL="+redis.RedisURL())
	guest := apptest.Open(t)
	guest.Phone()
	redis.StopRedis()
	guest.Visit(p.url + "/e/" + forum + "/agenda?lang=zh")
	if got := guest.Text("main"); !strings.Contains(got, "欢迎晚宴") || !strings.Contains(got, "实时更新暂停") {
		t.Errorf("without Redis the agenda reads %q", got)
	}
	if err := redis.StartRedis(t.Context()); err != nil {
		t.Fatal(err)
	}
	guest.Await("the note to go", `!document.querySelector('main').textContent.includes('实时更新暂停')`)
}
