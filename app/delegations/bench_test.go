package delegations_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qianshou/app/delegations"
)

// pgbench runs statements as a transaction, over and over from so many clients, and
// answers how many a second PostgreSQL does by itself. Without pgbench on the
// machine there is no figure to compare with.
func pgbench(b *testing.B, g ground, clients int, span time.Duration, script string) (perSecond float64) {
	b.Helper()
	tool, err := exec.LookPath("pgbench")
	if err != nil {
		b.Skip("no pgbench on this machine")
	}
	var at struct {
		Socket string `db:"socket"`
		Port   string `db:"port"`
		Name   string `db:"name"`
		User   string `db:"who"`
	}
	if err := g.db.GetContext(b.Context(), &at, `SELECT split_part(current_setting('unix_socket_directories'), ',', 1) AS socket, current_setting('port') AS port, current_database() AS name, current_user AS who`); err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "bare.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), tool, "-n", "-f", file, "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(int(span.Seconds())), at.Name)
	c.Env = append(os.Environ(), "PGHOST="+at.Socket, "PGPORT="+at.Port, "PGUSER="+url.QueryEscape(at.User))
	out, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	m := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		b.Fatalf("pgbench said no tps:\n%s", out)
	}
	perSecond, _ = strconv.ParseFloat(string(m[1]), 64)
	return perSecond
}

// BenchmarkDeskList reads pages of an event with 100,000 registrations, by each of
// the desk's filters, and compares the queue's first page with the same SQL bare.
func BenchmarkDeskList(b *testing.B) {
	g := newGround(b, 5)
	crowd(b, g.db, g.event.ID, 100_000)
	names := make([]string, 0, len(deskFilters))
	for name := range deskFilters {
		names = append(names, name)
	}
	slices.Sort(names)
	took := func(f delegations.Filter) time.Duration {
		var times []time.Duration
		for range 9 {
			begin := time.Now()
			if _, err := g.guests.Registrations(b.Context(), office, g.event.ID, f); err != nil {
				b.Fatal(err)
			}
			times = append(times, time.Since(begin))
		}
		slices.Sort(times)
		return times[len(times)/2]
	}
	for _, name := range names {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				if _, err := g.guests.Registrations(b.Context(), office, g.event.ID, deskFilters[name]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(took(deskFilters[name]).Microseconds())/1000, "ms/page")
		})
	}
	b.Run("against_bare_SQL", func(b *testing.B) {
		queue := deskFilters["the queue"]
		for b.Loop() {
			if _, err := g.guests.Registrations(b.Context(), office, g.event.ID, queue); err != nil {
				b.Fatal(err)
			}
		}
		script, err := delegations.ListScript(b.Context(), g.db, g.event.ID, queue, april())
		if err != nil {
			b.Fatal(err)
		}
		bare := pgbench(b, g, 1, 5*time.Second, script)
		ours := float64(b.N) / b.Elapsed().Seconds()
		b.ReportMetric(ours, "pages/s")
		b.ReportMetric(bare, "bare/s")
		b.ReportMetric(100*ours/bare, "%-of-bare")
	})
}
