package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"qianshou/migrations"
)

// migrationLock keeps processes that start at once from migrating side by side.
// The number only has to differ from other users of the same database.
const migrationLock = 5_872_310_467

// Migrate brings the schema to the newest version: first the job queue's own
// tables, then ours, in order, each once. Several processes may call it at the
// same time; one works and the others wait.
func Migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
	}()

	if err := sameSteps(ctx, conn); err != nil {
		return err
	}
	queue, err := rivermigrate.New(riverdatabasesql.New(db), &rivermigrate.Config{Logger: log})
	if err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrationLock + 1))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, r := range results {
		log.InfoContext(ctx, "migrated", "step", r.Source.Path, "ms", r.Duration.Milliseconds())
	}
	return nil
}

// ErrOtherSchema says that a database was made by another version of a step that
// this program has too: a version before the first release. Its data cannot be
// read on; nothing of it was changed.
var ErrOtherSchema = errors.New("the database was made by a development version of this program; " +
	"set it aside and begin with an empty one (for a private one: move DATA_DIR away)")

// sameSteps notes the checksum of every migration with the database, and refuses
// one whose steps were others.
func sameSteps(ctx context.Context, conn *sql.Conn) error {
	var begun bool
	if err := conn.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL AND to_regclass('migration_steps') IS NULL`).Scan(&begun); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if begun {
		return ErrOtherSchema
	}
	if _, err := conn.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration_steps (name text PRIMARY KEY, sha256 bytea NOT NULL)`); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	steps, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, name := range steps {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		sum := sha256.Sum256(text)
		var kept []byte
		err = conn.QueryRowContext(ctx, `
			WITH noted AS (INSERT INTO migration_steps (name, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING sha256)
			SELECT sha256 FROM noted UNION ALL SELECT sha256 FROM migration_steps WHERE name = $1 LIMIT 1`, name, sum[:]).Scan(&kept)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if !bytes.Equal(kept, sum[:]) {
			return fmt.Errorf("%s: %w", name, ErrOtherSchema)
		}
	}
	return nil
}
