package private_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

func TestPostgresThatWasKilledIsStartedAnew(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	opts := options(dir)
	opts.Durable = true
	s, err := private.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	db, err := sql.Open("postgres", s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	var before string
	if err := db.QueryRowContext(t.Context(), `SELECT pg_postmaster_start_time()::text`).Scan(&before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var n int
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var since string // a worker of the dead one may answer once more
		err := db.QueryRowContext(ctx, `SELECT n, pg_postmaster_start_time()::text FROM kept`).Scan(&n, &since)
		if err == nil && since != before {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatalf("it does not answer again: %v", err)
		case <-tick.C:
		}
	}
	if n != 7 {
		t.Errorf("kept %d, want 7", n)
	}
}

// A pid is used again, by a process that is not PostgreSQL, and then it says
// nothing: neither in the cluster nor beside the socket.
func TestLocksOfTheDeadAreMadeHarmless(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	pidFile := filepath.Join(dir, "postgres", "postmaster.pid")
	lines, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	stranger := exec.CommandContext(t.Context(), "sleep", "600")
	info, err := os.Stat(filepath.Join(dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	owner, _ := info.Sys().(*syscall.Stat_t)
	if os.Geteuid() == 0 {
		stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	_, rest, _ := strings.Cut(string(lines), "\n")
	stale := fmt.Sprintf("%d\n%s", stranger.Process.Pid, rest)
	for path, content := range map[string]string{
		pidFile: stale, filepath.Join(dir, "run", ".s.PGSQL.5432.lock"): stale, filepath.Join(dir, "run", ".s.PGSQL.5432"): "",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	start(t, dir)
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger was ended: %v", err)
	}
}

// postmaster answers the pid of the running server of a data folder.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestFolderThatCannotBeUsedIsExplained(t *testing.T) {
	t.Parallel()
	file := filepath.Join(folder(t), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := private.Start(t.Context(), options(file))
	if want := "DATA_DIR " + file + " is not a folder: set another DATA_DIR"; err == nil || err.Error() != want {
		t.Errorf("a file as the folder: %v, want %s", err, want)
	}
}

// An ordinary user began the folder; root goes on as that user and leaves it so.
func TestRootGoesOnAsTheOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("nothing to see without root")
		return
	}
	dir := folder(t)
	s := start(t, dir)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	const uid, gid = 54321, 54321 // an account of no name
	for _, sub := range []string{"postgres", "redis", "run"} {
		err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, uid, gid))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	start(t, dir)
	info, err := os.Stat(filepath.Join(dir, "run", "redis.sock"))
	if err != nil {
		t.Fatal(err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != uid {
		t.Errorf("Redis runs as %v, want %d", st.Uid, uid)
	}
}

func TestClusterOfAnotherVersionIsExplained(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"12\n": "PostgreSQL 12", "": "damaged"} {
		dir := folder(t)
		cluster := filepath.Join(dir, "postgres")
		if err := os.MkdirAll(cluster, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := private.Start(t.Context(), options(dir)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a cluster of version %q: %v, want %s said", version, err, want)
		}
	}
}
