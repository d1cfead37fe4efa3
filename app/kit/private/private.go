// Package private runs a PostgreSQL and a Redis of its own under a data folder:
// for `make run` on a bare machine, and for tests. It never touches one that
// runs already, listens on no port, and leaves nothing behind when the program
// dies.
package private

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options say what to run and where.
type Options struct {
	DataDir  string
	Postgres bool
	Redis    bool
	Durable  bool // wait for the disk at each commit; tests need not
	Log      *slog.Logger
}

// Services are what runs. Stop ends them.
type Services struct {
	opts                  Options
	place                 place
	lock                  *os.File
	postgres, redis       *keeper
	databaseURL, redisURL string
}

// Missing says which programs are not installed.
type Missing struct{ Packages []string }

// Error names the packages as Debian does.
func (m *Missing) Error() string {
	return "not installed: " + strings.Join(m.Packages, ", ") + ". Install with your package manager, or set DATABASE_URL and REDIS_URL"
}

// ErrRunning says that another server uses the folder.
var ErrRunning = errors.New("another server runs with it; stop that one first, or set another DATA_DIR")

// Start brings up what Options ask for and waits until it answers. A folder
// left by a crash or a half-done first start is put right.
func Start(ctx context.Context, opts Options) (*Services, error) {
	bin, err := findPrograms(opts)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opts.DataDir, 0o755); err != nil {
		return nil, inWords(opts.DataDir, err)
	}
	lock, err := lockFolder(opts.DataDir)
	if err != nil {
		return nil, err
	}
	s := &Services{opts: opts, lock: lock}
	fail := func(err error) (*Services, error) {
		_ = s.Stop(context.WithoutCancel(ctx))
		return nil, err
	}
	if s.place, err = findPlace(opts.DataDir, opts.Log); err != nil {
		return fail(err)
	}
	if opts.Postgres {
		if err := s.startPostgres(ctx, bin); err != nil {
			return fail(err)
		}
	}
	if opts.Redis {
		if err := s.startRedis(ctx, bin); err != nil {
			return fail(err)
		}
	}
	if err := s.writeState(); err != nil {
		return fail(err)
	}
	return s, nil
}

// DatabaseURL is where PostgreSQL answers; empty when it was not asked for.
func (s *Services) DatabaseURL() string { return s.databaseURL }

// RedisURL is where Redis answers; empty when it was not asked for.
func (s *Services) RedisURL() string { return s.redisURL }

// Stop ends everything and waits until it is gone: PostgreSQL writes its last
// checkpoint, so the next start is quick.
func (s *Services) Stop(context.Context) error {
	s.redis.stop()
	s.postgres.stop()
	_ = os.Remove(s.statePath())
	if s.place.temporary != "" {
		_ = os.RemoveAll(s.place.temporary)
	}
	if s.lock != nil {
		return s.lock.Close() // the lock goes with it
	}
	return nil
}

// State is what a command beside a running server needs to reach its data.
type State struct {
	PID         int    `json:"pid"`
	DatabaseURL string `json:"database_url"`
	RedisURL    string `json:"redis_url"`
}

// Attach answers where the services of a running server are.
func Attach(dataDir string) (State, error) {
	raw, err := os.ReadFile(filepath.Join(dataDir, "services.json"))
	if err != nil {
		return State{}, fmt.Errorf("no server runs with this DATA_DIR: %w", err)
	}
	var st State
	if err := json.Unmarshal(raw, &st); err != nil {
		return State{}, fmt.Errorf("read services.json: %w", err)
	}
	if !alive(st.PID) {
		return State{}, errors.New("no server runs with this DATA_DIR")
	}
	return st, nil
}

func (s *Services) statePath() string { return filepath.Join(s.opts.DataDir, "services.json") }

func (s *Services) writeState() error {
	raw, err := json.Marshal(State{PID: os.Getpid(), DatabaseURL: s.databaseURL, RedisURL: s.redisURL})
	if err != nil {
		return fmt.Errorf("write services.json: %w", err)
	}
	if err := os.WriteFile(s.statePath(), raw, 0o600); err != nil {
		return fmt.Errorf("write services.json: %w", err)
	}
	return nil
}

// await calls ready until it succeeds, the process ends or the time is up.
func await(ctx context.Context, p *process, limit time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once: %s", p.name, p.why())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", p.name, err)
		case <-tick.C:
		}
	}
}
