package storetest

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// Pgbench runs a script over and over from so many clients, and answers how many
// times a second PostgreSQL does so by itself: what a benchmark may be compared
// with. Without pgbench on the machine there is no such figure, and the benchmark
// is skipped.
func Pgbench(b *testing.B, db *sqlx.DB, clients int, span time.Duration, script string) (perSecond float64) {
	b.Helper()
	tool := pgbenchPath()
	if tool == "" {
		b.Skip("no pgbench on this machine")
	}
	var at struct {
		Sockets string `db:"sockets"`
		Port    string `db:"port"`
		Name    string `db:"name"`
		User    string `db:"who"`
	}
	if err := db.GetContext(b.Context(), &at, `
		SELECT split_part(current_setting('unix_socket_directories'), ',', 1) AS sockets, current_setting('port') AS port, current_database() AS name, current_user AS who`); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "bare.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), tool, "-n", "-f", file, "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(int(span.Seconds())), at.Name)
	c.Env = append(os.Environ(), "PGHOST="+at.Sockets, "PGPORT="+at.Port, "PGUSER="+url.QueryEscape(at.User))
	out, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	said := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if said == nil {
		b.Fatalf("pgbench said no tps:\n%s", out)
	}
	perSecond, _ = strconv.ParseFloat(string(said[1]), 64)
	return perSecond
}

// pgbenchPath finds the tool beside the newest server, since Homebrew puts neither
// where commands are looked for.
func pgbenchPath() string {
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/pgbench", "/opt/homebrew/opt/postgresql@*/bin/pgbench", "/usr/local/opt/postgresql@*/bin/pgbench", "/usr/pgsql-*/bin/pgbench"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	path, err := exec.LookPath("pgbench")
	if err != nil {
		return ""
	}
	return path
}
