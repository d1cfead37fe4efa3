package lists_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qianshou/app/lists"
)

// fiveThousand is a list of as many people as one file may have, in ten delegations.
func fiveThousand(t testing.TB, g *ground) lists.Upload {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("Delegation," + head + "\n")
	for n := range 10 {
		g.delegation(t, fmt.Sprintf("X%02d", n), 500)
	}
	for n := range 5000 {
		fmt.Fprintf(&rows, "X%02d,member,Réti %c%c%c,Zsófia,m%d@city.example,+3630%07d,HU,%d-%02d-%02d,T%07d,2031-12-31,Member of the council\n",
			n%10, 'A'+n%26, 'a'+n/26%26, 'a'+n/676, n, n, 1950+n%50, 1+n%12, 1+n%28, n)
	}
	return lists.Upload{EventID: g.event.ID, Kind: lists.Members, FileName: "all.csv", File: []byte(rows.String()), Lang: "en", Consent: true}
}

// The longest list that is taken: everybody once, each with a reference of their own,
// and nobody a second time when the list comes again.
func TestFiveThousandRows(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	up := fiveThousand(t, g)
	i := g.upload(t, office, up)
	if i.State != lists.Checked || i.Good != 5000 || i.Bad != 0 {
		t.Fatalf("%+v", i)
	}
	if _, err := g.lists.Commit(t.Context(), office, i.ID, i.Version); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	begun := time.Now()
	go func() { done <- g.lists.Work(t.Context(), i.ID) }()
	// Whoever looks meanwhile sees how far it is, and it never goes back.
	seen := map[int]bool{}
	for last := 0; ; {
		if i = g.again(t, office, i); i.State != lists.Committing {
			break
		}
		if i.DoneRows < last || i.Rows != 5000 {
			t.Fatalf("after %d rows: %d of %d", last, i.DoneRows, i.Rows)
		}
		last = i.DoneRows
		seen[last] = true
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			done <- nil
		default:
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Errorf("the progress was seen at %d points only", len(seen))
	}
	if i.State != lists.Done || i.Good != 5000 || len(g.members(t, g.city)) != 0 {
		t.Fatalf("%+v", i)
	}
	t.Logf("5,000 rows in %s", time.Since(begun).Round(time.Millisecond))
	var counts struct {
		People     int `db:"people"`
		References int `db:"refs"`
		Waiting    int `db:"waiting"`
		Mails      int `db:"mails"`
		Audit      int `db:"audit"`
	}
	if err := g.db.GetContext(t.Context(), &counts, `
		SELECT count(*) AS people, count(DISTINCT reference) AS refs, count(*) FILTER (WHERE status = 'waitlisted') AS waiting,
			(SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM audit_entries WHERE action = 'registration.submitted') AS audit FROM registrations`); err != nil {
		t.Fatal(err)
	}
	if counts.People != 5000 || counts.References != 5000 || counts.Waiting != 0 || counts.Mails != 5000 || counts.Audit != 5000 {
		t.Errorf("%+v", counts)
	}
	if again := g.upload(t, office, up); again.Unchanged != 5000 || again.Good != 0 {
		t.Errorf("again: %+v", again)
	}
}

// takenWithin is how long the longest list may take to be taken over.
const takenWithin = 20 * time.Second

// BenchmarkFiveThousandRows checks a list of 5,000 rows and takes it over. of-limit is
// the share of takenWithin that this took.
func BenchmarkFiveThousandRows(b *testing.B) {
	var read, taken time.Duration
	for b.Loop() {
		b.StopTimer()
		g := newGround(b, april)
		up := fiveThousand(b, g)
		b.StartTimer()
		at := time.Now()
		i := g.upload(b, office, up)
		read += time.Since(at)
		at = time.Now()
		if i = g.commit(b, office, i); i.Good != 5000 {
			b.Fatalf("%+v", i)
		}
		taken += time.Since(at)
	}
	b.ReportMetric(read.Seconds()/float64(b.N), "s/check")
	b.ReportMetric(taken.Seconds()/float64(b.N), "s/commit")
	b.ReportMetric(5000*float64(b.N)/taken.Seconds(), "rows/s")
	b.ReportMetric(taken.Seconds()/float64(b.N)/takenWithin.Seconds(), "of-limit")
}
