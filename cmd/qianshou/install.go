package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/files"
	"qianshou/app/installation"
	"qianshou/app/keys"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/private"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

// ground is what every command that touches data stands on.
type ground struct {
	cfg      config
	log      *slog.Logger
	db       *sqlx.DB
	bulk     *sqlx.DB // the same database, for long lists
	redis    redis.UniversalClient
	box      *seal.Box
	keys     *keys.Service
	blobs    blob.Store
	secret   []byte
	now      clock.Clock
	demo     bool
	services *private.Services // nil when none of ours runs
}

// errNoServer explains a command that needs a running `make run`.
var errNoServer = errors.New("no database: DATABASE_URL is not set, and no server runs for this DATA_DIR. " +
	"Start one with make run, or set DATABASE_URL")

// attach opens the data of a server that runs already, or that the settings
// name. Commands beside a running server use it.
func attach(ctx context.Context, cfg config, log *slog.Logger) (*ground, error) {
	if cfg.DatabaseURL == "" || cfg.RedisURL == "" {
		state, err := private.Attach(cfg.DataDir)
		if err != nil && cfg.DatabaseURL == "" {
			return nil, errNoServer
		}
		if err == nil {
			if cfg.DatabaseURL == "" {
				cfg.DatabaseURL = state.DatabaseURL
			}
			if cfg.RedisURL == "" {
				cfg.RedisURL = state.RedisURL
			}
		}
	}
	return open(ctx, cfg, log)
}

// bulkConns is how many lists may be taken over at once in one process.
const bulkConns = 2

// open connects, migrates and reads the secret. The caller closes.
func open(ctx context.Context, cfg config, log *slog.Logger) (*ground, error) {
	g := &ground{cfg: cfg, log: log}
	var err error
	if g.db, err = store.Open(ctx, cfg.DatabaseURL, cfg.DatabaseConns); err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	fail := func(err error) (*ground, error) {
		g.close()
		return nil, err
	}
	if cfg.RedisURL != "" {
		if g.redis, err = openRedis(cfg.RedisURL); err != nil {
			return fail(err)
		}
	}
	if err := installation.Alone(ctx, cfg.DatabaseURL, func() error { return g.migrate(ctx) }); err != nil {
		return fail(err)
	}
	if g.bulk, err = store.OpenBulk(ctx, cfg.DatabaseURL, bulkConns); err != nil {
		return fail(fmt.Errorf("DATABASE_URL: %w", err))
	}
	if g.secret, err = readSecret(cfg); err != nil {
		return fail(err)
	}
	if g.box, err = seal.New(g.secret); err != nil {
		return fail(fmt.Errorf("SECRET_KEY: %w", err))
	}
	if err := installation.ClaimSecret(ctx, g.db, g.box); err != nil {
		return fail(err)
	}
	if g.blobs, err = blob.Open(cfg.FilesURL, blob.Credentials{AccessKey: cfg.FilesAccessKey, SecretKey: cfg.FilesSecretKey}); err != nil {
		return fail(fmt.Errorf("FILES_URL: %w", err))
	}
	g.keys = keys.New(g.db, g.box, g.files(clock.System), clock.System, ident.New)
	if err := g.keys.Load(ctx); err != nil {
		return fail(err)
	}
	if err := g.readClock(ctx); err != nil {
		return fail(err)
	}
	return g, nil
}

// files makes the service that keeps files.
func (g *ground) files(now clock.Clock) *files.Service {
	return files.New(g.db, g.box, g.blobs, now, ident.New, g.log)
}

// migrate brings the schema up. What a crash left of a half-loaded demo is
// cleared first: nothing else is in such a database.
func (g *ground) migrate(ctx context.Context) error {
	if err := store.Migrate(ctx, g.db.DB, quieter(g.log)); err != nil {
		return err
	}
	half, err := installation.HalfLoaded(ctx, g.db)
	if err != nil || !half {
		return err
	}
	g.log.Info("the demo was not loaded to its end; beginning again")
	if err := installation.Clear(ctx, g.db); err != nil {
		return fmt.Errorf("clear the half-loaded demo: %w", err)
	}
	return store.Migrate(ctx, g.db.DB, quieter(g.log))
}

// readClock takes the clock to serve by.
func (g *ground) readClock(ctx context.Context) (err error) {
	g.now, g.demo, err = installation.Clock(ctx, g.db, clock.System)
	return err
}

// auditKey is the key under which the audit log is sealed. The database does not
// know it.
func (g *ground) auditKey() ([]byte, error) { return seal.Key(g.secret, "qianshou audit 1") }

func (g *ground) close() {
	if g.redis != nil {
		_ = g.redis.Close()
	}
	if g.bulk != nil {
		_ = g.bulk.Close()
	}
	if g.db != nil {
		_ = g.db.Close()
	}
}

func openRedis(address string) (redis.UniversalClient, error) {
	opts, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	opts.ContextTimeoutEnabled = true // a page waits for Redis as long as it says, not as long as the client would
	return redis.NewClient(opts), nil
}

// redisLimit is how long Redis may take to answer when the server starts. Later it
// may be away as long as it likes: the pages do without.
const redisLimit = 5 * time.Second

// reachRedis refuses an address where no Redis answers: at a start that is a wrong
// setting more often than a Redis that is away.
func (g *ground) reachRedis(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisLimit)
	defer cancel()
	if err := g.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("REDIS_URL cannot be used: %w", err)
	}
	return nil
}

// readSecret answers the installation's secret: SECRET_KEY, or the one kept in
// DATA_DIR, made at the first start.
func readSecret(cfg config) ([]byte, error) {
	if cfg.SecretKey != "" {
		return []byte(cfg.SecretKey), nil
	}
	path := filepath.Join(cfg.DataDir, "secret.key")
	text, err := os.ReadFile(path)
	if err == nil {
		if secret := strings.TrimSpace(string(text)); len(secret) >= minSecret {
			return []byte(secret), nil
		}
		return nil, fmt.Errorf("%s is damaged: restore it from a copy, or passports, mails and signing keys cannot be read", path)
	}
	if !os.IsNotExist(err) {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("DATA_DIR: %w", err)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	secret := base64.RawURLEncoding.EncodeToString(random)
	if err := keepSecret(path, secret); err != nil {
		return nil, err
	}
	return []byte(secret), nil
}

// keepSecret writes a file that only we may read, whole or not at all: a crash
// must not leave half a secret.
func keepSecret(path, secret string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	_, err = f.WriteString(secret + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep secret: %w", err)
	}
	return nil
}

// quieter lets only warnings of a talkative library through.
func quieter(log *slog.Logger) *slog.Logger {
	return slog.New(leastLevel{log.Handler()})
}

type leastLevel struct{ slog.Handler }

func (h leastLevel) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
