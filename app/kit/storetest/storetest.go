// Package storetest gives each test a migrated PostgreSQL database and a Redis
// of its own, both real.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/private"
	"qianshou/app/kit/store"
	"qianshou/migrations"
)

// templateLock lets one test process make the template and the others wait.
const templateLock = 5_872_310_468

// New makes an empty database of the newest schema and drops it when the test
// ends. It costs some tens of milliseconds: a template is cloned.
func New(t testing.TB) *sqlx.DB {
	t.Helper()
	db, err := store.Open(t.Context(), URL(t), 16)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// URL is New for who opens the database themselves.
func URL(t testing.TB) string {
	t.Helper()
	ctx := context.Background() // outlives the test's own, for the clean-up
	s := services(t)
	admin, err := store.Open(ctx, s.database, 2)
	if err != nil {
		t.Fatal(err)
	}
	template, err := makeTemplate(ctx, admin, s.database)
	if err != nil {
		t.Fatal(err)
	}
	return create(ctx, t, admin, s.database, ` TEMPLATE `+template)
}

// EmptyURL is a database without a schema.
func EmptyURL(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	s := services(t)
	admin, err := store.Open(ctx, s.database, 2)
	if err != nil {
		t.Fatal(err)
	}
	return create(ctx, t, admin, s.database, "")
}

func create(ctx context.Context, t testing.TB, admin *sqlx.DB, address, from string) string {
	t.Helper()
	name := "t_" + strings.ReplaceAll(ident.New().String(), "-", "")
	if _, err := admin.ExecContext(ctx, `CREATE DATABASE `+name+from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
		_ = admin.Close()
	})
	return inDatabase(address, name)
}

// Redis answers a client whose keys nobody else sees. Tests share one server, so
// each takes one of its numbered databases, kept by a lock in database 0.
func Redis(t testing.TB) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(RedisURL(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// redisDatabases is how many numbered databases the private Redis has.
const redisDatabases = 64

// RedisURL is Redis for who opens the client themselves.
func RedisURL(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	opts, err := redis.ParseURL(services(t).redis)
	if err != nil {
		t.Fatal(err)
	}
	admin := redis.NewClient(opts)
	for n := 1; n < redisDatabases; n++ {
		taken, err := admin.SetNX(ctx, fmt.Sprintf("taken:%d", n), t.Name(), 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		if !taken {
			continue
		}
		t.Cleanup(func() {
			mine := *opts
			mine.DB = n
			client := redis.NewClient(&mine)
			_ = client.FlushDB(ctx).Err()
			_ = client.Close()
			_ = admin.Del(ctx, fmt.Sprintf("taken:%d", n)).Err()
			_ = admin.Close()
		})
		return fmt.Sprintf("unix://%s?db=%d", opts.Addr, n)
	}
	t.Fatal("all databases of the test Redis are taken")
	return ""
}

type addresses struct{ database, redis string }

var shared struct { // one pair of servers for a whole test process
	sync.Mutex
	addresses
}

// services answers the servers that `make test` started, or starts a pair for
// this process; they end with it.
func services(t testing.TB) addresses {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.database != "" {
		return shared.addresses
	}
	if db, rdb := os.Getenv("TEST_DATABASE_URL"), os.Getenv("TEST_REDIS_URL"); db != "" && rdb != "" {
		shared.addresses = addresses{db, rdb}
		return shared.addresses
	}
	dir, err := os.MkdirTemp("", "qianshou-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := private.Start(context.Background(), private.Options{DataDir: dir, Postgres: true, Redis: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	shared.addresses = addresses{s.DatabaseURL(), s.RedisURL()}
	return shared.addresses
}

// makeTemplate migrates one database, once for each state of the migrations.
func makeTemplate(ctx context.Context, admin *sqlx.DB, address string) (string, error) {
	h := sha256.New()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range files {
		content, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(content), content)
	}
	template := "template_" + hex.EncodeToString(h.Sum(nil)[:8])
	conn, err := admin.Connx(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, templateLock); err != nil {
		return "", err
	}
	defer func() { _, _ = conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, templateLock) }()
	var ready bool
	if err := conn.GetContext(ctx, &ready, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)`, template); err != nil || ready {
		return template, err
	}
	// A half-made one is of a process that died.
	for _, statement := range []string{`DROP DATABASE IF EXISTS ` + template + ` WITH (FORCE)`, `CREATE DATABASE ` + template} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	db, err := store.Open(ctx, inDatabase(address, template), 4)
	if err != nil {
		return "", err
	}
	err = store.Migrate(ctx, db.DB, slog.New(slog.DiscardHandler))
	_ = db.Close()
	if err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, `ALTER DATABASE `+template+` WITH IS_TEMPLATE true`)
	return template, err
}

func inDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // ours
	}
	u.Path = "/" + name
	return u.String()
}

// Deadlocks counts the transactions in a test's database that PostgreSQL ended so
// that others could go on. It lets go of the database's connections, which report
// when they end.
func Deadlocks(t testing.TB, db *sqlx.DB) (n int) {
	t.Helper()
	db.SetMaxIdleConns(0)
	for {
		var now struct {
			Others    int `db:"others"`
			Deadlocks int `db:"deadlocks"`
		}
		if err := db.GetContext(t.Context(), &now, `
			SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()) AS others, deadlocks
			FROM pg_stat_database WHERE datname = current_database()`); err != nil {
			t.Fatal(err)
		}
		if now.Others == 0 {
			return now.Deadlocks
		}
	}
}
