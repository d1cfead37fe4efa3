package delegations_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// TestFiveHundredForFiftyPlaces sends five hundred forms at once, in three
// different orders: fifty have places, and they are the first fifty of the event's
// order; the others wait in that order, and whoever leaves makes room for the next.
func TestFiveHundredForFiftyPlaces(t *testing.T) {
	t.Parallel()
	const places, people = 50, 500
	for run, hands := range []int{16, 50, 500} {
		t.Run(fmt.Sprintf("%d hands", hands), func(t *testing.T) {
			g := newGround(t, places)
			work := make(chan int)
			results := make([]delegations.Registration, people)
			var all sync.WaitGroup
			for range hands {
				all.Go(func() {
					for i := range work {
						r, _, err := g.register(t.Context(), i)
						if err != nil {
							t.Errorf("person %d: %v", i, err)
						}
						results[i] = r
					}
				})
			}
			for i := range people {
				work <- (i*[]int{1, 3, 7}[run] + 11*run) % people // each once, in an order of its own
			}
			close(work)
			all.Wait()

			slices.SortFunc(results, func(a, b delegations.Registration) int { return a.QueueNo - b.QueueNo })
			for i, r := range results {
				want := delegations.Submitted
				if i >= places {
					want = delegations.Waitlisted
				}
				if r.QueueNo != i+1 || r.Reference != fmt.Sprintf("F27-%04d", i+1) || r.Status != want {
					t.Fatalf("number %d is %s, %s; want number %d, %s", r.QueueNo, r.Reference, r.Status, i+1, want)
				}
			}
			for i, gone := range []int{3, 49, 17} {
				if _, err := g.guests.Cancel(t.Context(), office, results[gone].ID, "travels elsewhere"); err != nil {
					t.Fatal(err)
				}
				for n, want := range map[int]delegations.Status{places + i: delegations.UnderReview, places + i + 1: delegations.Waitlisted} {
					r, err := g.guests.Registration(t.Context(), office, results[n].ID)
					if err != nil || r.Status != want {
						t.Errorf("after %d left, number %d is %s, %v; want %s", i+1, r.QueueNo, r.Status, err, want)
					}
				}
				steps, err := g.guests.Steps(t.Context(), office, results[places+i])
				if last := steps[len(steps)-1]; err != nil || !strings.Contains(last.Reason, results[gone].Reference) || last.Actor != accounts.SystemName("waitlist") {
					t.Errorf("the log says %q by %s, %v; want whose place it was, by the waiting list", last.Reason, last.Actor.EN, err)
				}
			}
		})
	}
}

// Places are given up and asked for at once: in the end none is free while somebody
// waits, and none is given twice.
func TestNoPlaceIsLostWhilePeopleComeAndGo(t *testing.T) {
	t.Parallel()
	const places, people = 8, 80
	g := newGround(t, places)
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			r, _, err := g.register(t.Context(), i)
			if err != nil {
				t.Errorf("person %d: %v", i, err)
				return
			}
			if i%3 == 0 {
				if _, err := g.guests.Cancel(t.Context(), office, r.ID, "travels elsewhere"); err != nil {
					t.Errorf("person %d leaves: %v", i, err)
				}
			}
		})
	}
	all.Wait()
	counts, err := g.guests.Counts(t.Context(), office, g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	if held := counts[delegations.Submitted] + counts[delegations.UnderReview]; held != places || counts[delegations.Waitlisted] != people-27-places {
		t.Errorf("%v; want %d with places and %d waiting", counts, places, people-27-places)
	}
}

func (g ground) group(t *testing.T, from, size int) []delegations.Registered {
	t.Helper()
	var people []delegations.Input
	for n := range size {
		people = append(people, firm(from+n))
	}
	_, done, err := g.guests.RegisterGroup(t.Context(), accounts.GuestActor(), g.event.ID, people, "")
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func (g ground) status(t *testing.T, id ident.ID) delegations.Status {
	t.Helper()
	r, err := g.guests.Registration(t.Context(), office, id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status
}

// A group comes all or not at all. Others may pass it while it does not fit, but no
// more of them than it has people; then places are kept for it.
func TestGroupsComeWhole(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	alone := func(n int) delegations.Registration {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	cancel := func(id ident.ID) {
		if _, err := g.guests.Cancel(t.Context(), office, id, "travels elsewhere"); err != nil {
			t.Fatal(err)
		}
	}
	first := g.group(t, 0, 3)
	for _, r := range first {
		if r.Status != delegations.Submitted || r.Secret == "" || r.GroupID != first[0].GroupID {
			t.Fatalf("%s of the first group is %s; want all three with places", r.Reference, r.Status)
		}
	}
	group := g.group(t, 10, 3) // two are free
	for _, r := range group {
		if r.Status != delegations.Waitlisted {
			t.Fatalf("%s is %s; want the whole group waiting", r.Reference, r.Status)
		}
	}
	passing := []delegations.Registration{alone(20), alone(21)} // two pass
	if passing[0].Status != delegations.Submitted || passing[1].Status != delegations.Submitted {
		t.Fatalf("%s and %s; a single person may take what the group cannot use", passing[0].Status, passing[1].Status)
	}
	behind := []delegations.Registration{alone(22), alone(23)} // wait behind the group
	cancel(passing[0].ID)                                      // the third passes
	if got := g.status(t, behind[0].ID); got != delegations.UnderReview {
		t.Fatalf("who is first behind the group is %s; want promoted, the third to pass", got)
	}
	cancel(passing[1].ID) // one free, kept for the group
	cancel(first[0].ID)   // two
	if got := g.status(t, behind[1].ID); got != delegations.Waitlisted {
		t.Fatalf("a fourth passed the group of three: %s", got)
	}
	if late := alone(24); late.Status != delegations.Waitlisted {
		t.Fatalf("who registers now is %s; want waiting: two places are kept for the group", late.Status)
	}
	cancel(first[1].ID) // three: the group fits
	for _, r := range group {
		if got := g.status(t, r.ID); got != delegations.UnderReview {
			t.Errorf("%s of the group is %s; want all three promoted at once", r.Reference, got)
		}
	}
	if got := g.status(t, behind[1].ID); got != delegations.Waitlisted {
		t.Errorf("behind the group: %s; no place is left", got)
	}
}

func TestGroupsAreChecked(t *testing.T) {
	t.Parallel()
	g := newGround(t, 3)
	broken := firm(2)
	broken.Email = "anna@"
	for _, tt := range []struct {
		name, path string
		people     []delegations.Input
	}{
		{"one alone", "people", []delegations.Input{firm(1)}},
		{"more than there are places", "people", []delegations.Input{firm(1), firm(2), firm(3), firm(4)}},
		{"one of them broken", "people[1].email", []delegations.Input{firm(1), broken}},
	} {
		_, _, err := g.guests.RegisterGroup(t.Context(), accounts.GuestActor(), g.event.ID, tt.people, "")
		f, ok := fault.Of(err)
		if !ok || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != tt.path {
			t.Errorf("%s: %v, want a word beside %s", tt.name, err, tt.path)
		}
	}
	if page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{}); err != nil || len(page.Rows) != 0 {
		t.Errorf("%d were half registered, %v", len(page.Rows), err)
	}
}

// Places that the office adds go to those who wait before anybody who comes later.
func TestRaisedQuotaServesTheWaitingFirst(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	if _, _, err := g.register(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	waits, _, err := g.register(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	ev := events.New(g.db, april, ident.New)
	list, err := ev.Categories(t.Context(), g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	more := 2
	list[0].Quota = &more
	if _, err := ev.SaveCategory(t.Context(), office, list[0]); err != nil {
		t.Fatal(err)
	}
	late, _, err := g.register(t.Context(), 3)
	if err != nil || late.Status != delegations.Waitlisted || g.status(t, waits.ID) != delegations.UnderReview {
		t.Errorf("the latecomer is %s, %v, who waited is %s", late.Status, err, g.status(t, waits.ID))
	}
}

// Whoever is next is being changed when a place becomes free: the place is not lost,
// and they have it as soon as the change is done.
func TestAPlaceIsNotLostOnWhoIsBeingChanged(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	holder, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := g.register(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	other, err := g.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.ExecContext(t.Context(), `SELECT id FROM registrations WHERE id = $1 FOR NO KEY UPDATE`, next.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "travels elsewhere"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []delegations.Status{delegations.Waitlisted, delegations.UnderReview} {
		if want == delegations.UnderReview {
			if err := other.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.guests.GiveFreePlaces(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := g.status(t, next.ID); got != want {
			t.Errorf("the next is %s; want %s", got, want)
		}
	}
	var noted int
	if err := g.db.GetContext(t.Context(), &noted, `SELECT count(*) FROM free_places`); err != nil || noted != 0 {
		t.Errorf("%d are noted still, %v", noted, err)
	}
}
