package private_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"

	"qianshou/app/kit/private"
)

// folder is a data folder that the services' account can reach.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "qianshou-private-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, dir string) *private.Services {
	t.Helper()
	s, err := private.Start(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func options(dir string) private.Options {
	return private.Options{DataDir: dir, Postgres: true, Redis: true, Log: slog.New(slog.DiscardHandler)}
}

func TestDataOutlivesTheServices(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	db, err := sql.Open("postgres", s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()

	if _, err := private.Start(t.Context(), options(dir)); !errors.Is(err, private.ErrRunning) {
		t.Errorf("a second server in the folder: %v, want a refusal", err)
	}
	state, err := private.Attach(dir)
	if err != nil || state.DatabaseURL != s.DatabaseURL() || state.RedisURL != s.RedisURL() {
		t.Errorf("attached to %+v, %v", state, err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := private.Attach(dir); err == nil {
		t.Error("attached to services that have ended")
	}

	// What a crash leaves: a pid that is not PostgreSQL's, an old socket.
	if err := os.WriteFile(filepath.Join(dir, "postgres", "postmaster.pid"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir)
	db, err = sql.Open("postgres", again.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), `SELECT n FROM kept`).Scan(&n); err != nil || n != 7 {
		t.Errorf("kept %d, %v; want 7", n, err)
	}
}

func TestUnfinishedFirstStartIsBegunAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	half := filepath.Join(dir, "postgres.new")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := start(t, dir); s.DatabaseURL() == "" {
		t.Error("no database")
	}
}

func TestForeignFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	letter := filepath.Join(dir, "postgres", "letter.txt")
	if err := os.WriteFile(letter, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := private.Start(t.Context(), options(dir)); err == nil {
		t.Error("a folder with somebody's files was taken for a cluster")
	}
	if kept, err := os.ReadFile(letter); err != nil || string(kept) != "mine" {
		t.Errorf("the file is %q, %v", kept, err)
	}
}

func TestRedisIsStoppedAndStarted(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t))
	opts, err := redis.ParseURL(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.StopRedis()
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("Redis answers though it was stopped")
	}
	if err := s.StartRedis(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("started again it does not answer: %v", err)
	}
}
