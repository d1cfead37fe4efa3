// Package store is how every domain reaches PostgreSQL: opening, transactions,
// migrations, and the one translation of the database's refusals into faults.
package store

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver
)

// Open connects to PostgreSQL at a URL or a key=value string and checks that it
// answers. maxConns bounds the pool: beyond about 16 on a small machine more
// connections only wait on one another.
func Open(ctx context.Context, address string, maxConns int) (*sqlx.DB, error) {
	address, err := withDefaults(address)
	if err != nil {
		return nil, err
	}
	db, err := sqlx.Open("postgres", address)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(10 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("reach database: %w", err)
	}
	return db, nil
}

// withDefaults adds what every connection of ours needs and the address does
// not say: UTC, a limit on a single statement, and a name that shows in
// pg_stat_activity.
func withDefaults(address string) (string, error) {
	defaults := map[string]string{
		"timezone": "UTC", "statement_timeout": "30000",
		"idle_in_transaction_session_timeout": "60000", "application_name": "qianshou", "connect_timeout": "10",
	}
	if !strings.Contains(address, "://") {
		for k, v := range defaults {
			if !strings.Contains(address, k+"=") {
				address += " " + k + "=" + v
			}
		}
		return address, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("database address is not a URL: %w", err)
	}
	q := u.Query()
	for k, v := range defaults {
		if !q.Has(k) {
			q.Set(k, v)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
