package delegations_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/kit/storetest"
)

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
	b.Run("the_rest_of_the_page", func(b *testing.B) { // what stands around each list
		for b.Loop() {
			_, counts := g.guests.CountsUpTo(b.Context(), office, g.event.ID, 1000)
			_, proposed := g.guests.Proposed(b.Context(), office, g.event.ID)
			_, views := g.guests.Views(b.Context(), office, g.event.ID)
			_, decisions := g.guests.Decisions(b.Context(), office, g.event.ID)
			if err := errors.Join(counts, proposed, views, decisions); err != nil {
				b.Fatal(err)
			}
		}
	})
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
		bare := storetest.Pgbench(b, g.db, 1, 5*time.Second, script)
		ours := float64(b.N) / b.Elapsed().Seconds()
		b.ReportMetric(ours, "pages/s")
		b.ReportMetric(bare, "bare/s")
		b.ReportMetric(100*ours/bare, "%-of-bare")
	})
}
