package delegations_test

import (
	"testing"

	"qianshou/app/delegations"
	"qianshou/app/kit/clock"
)

// When a closed event is over, whoever came has departed and whoever was expected did
// not come; nobody else is touched, and nothing happens while it may be opened again.
func TestAClosedEventEndsWhatItLeavesOpen(t *testing.T) {
	t.Parallel()
	g := newGround(t, 10)
	want := map[delegations.Status]delegations.Status{
		delegations.Approved: delegations.NoShow, delegations.BadgeIssued: delegations.NoShow, delegations.CheckedIn: delegations.Departed,
		delegations.Submitted: delegations.Submitted, delegations.Rejected: delegations.Rejected, delegations.OnHold: delegations.OnHold,
	}
	people := map[delegations.Status]delegations.Registration{}
	n := 0
	for status := range want {
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		g.set(t, r, status)
		people[status], n = r, n+1
	}
	for _, at := range []struct {
		event, hour string
		over        bool
	}{
		{"running", "2027-06-20T10:00:00+08:00", false},
		{"closed", "2027-06-10T23:59:00+08:00", false}, // its last day
		{"closed", "2027-06-11T00:01:00+08:00", true},
	} {
		if _, err := g.db.ExecContext(t.Context(), `UPDATE events SET status = $2 WHERE id = $1`, g.event.ID, at.event); err != nil {
			t.Fatal(err)
		}
		if err := g.clocked(clock.At(at.hour)).CloseEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
		for before, after := range want {
			if !at.over {
				after = before
			}
			if got := g.status(t, people[before].ID); got != after {
				t.Errorf("%s, %s: whoever was %s is %s; want %s", at.event, at.hour, before, got, after)
			}
		}
	}
	steps, err := g.guests.Steps(t.Context(), office, g.read(t, people[delegations.BadgeIssued]))
	if err != nil || steps[len(steps)-1].To != delegations.NoShow || steps[len(steps)-1].Reason != "@registration.because.event_over" {
		t.Errorf("history %+v, %v", steps, err)
	}
}
