package delegations_test

import (
	"fmt"
	"sync"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// TestClassPlacesHoldUnderConcurrency has officers add, confirm and withdraw at once
// while the desk raises the places of a class again and again. No quota is exceeded,
// nothing deadlocks, and once all is quiet nobody waits for a place that is free.
func TestClassPlacesHoldUnderConcurrency(t *testing.T) {
	t.Parallel()
	const press, all, raised = 2, 6, 3
	g := newGround(t, 5)
	g.category(t, "head", nil)
	g.category(t, "companion", nil)
	event := 8
	g.category(t, "member", &event)
	g.category(t, "press", &event)
	d := g.delegation(t, "D01", all)
	if _, err := g.guests.SetPlaces(t.Context(), office, d.ID, 1, all, map[string]int{"press": press}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		g.complete(t, g.nominate(t, d, []string{"press", "member"}[i%2], fmt.Sprintf("Draft %c", 'A'+i)))
	}
	var run sync.WaitGroup
	try := func(what string, fn func() error) {
		run.Go(func() {
			if err := fn(); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	for n := range 12 {
		try("add", func() error {
			by, role := g.officer(d, accounts.Accreditation), "member"
			if n%2 == 0 {
				by, role = g.officer(d, accounts.Media), "press"
			}
			r, err := g.guests.AddMember(t.Context(), by, d.ID, member(n, role))
			if err == nil && n%3 == 0 {
				_, err = g.guests.WithdrawMember(t.Context(), by, d.ID, r.ID)
			}
			return err
		})
	}
	for range 3 {
		try("confirm", func() error {
			_, err := g.guests.Confirm(t.Context(), g.officer(d, accounts.Accreditation), d.ID, true)
			return err
		})
	}
	try("raise", func() error {
		for {
			now, err := g.guests.ByID(t.Context(), office, d.ID)
			if err == nil {
				_, err = g.guests.SetPlaces(t.Context(), office, d.ID, now.Version, all, map[string]int{"press": raised})
			}
			if fault.CodeOf(err) != fault.Conflict {
				return err
			}
		}
	})
	run.Wait()
	list, err := g.guests.Members(t.Context(), office, d)
	if err != nil {
		t.Fatal(err)
	}
	held, waits := map[string]int{}, map[string]int{}
	for _, r := range list {
		switch {
		case r.Status == delegations.Draft:
			t.Errorf("%s is still a draft", r.FamilyName)
		case r.Status == delegations.Waitlisted:
			waits[r.Role]++
		case !r.Gone():
			held[r.Role]++
		}
	}
	if held["press"] > raised || held["press"]+held["member"] != all || waits["press"]+waits["member"] == 0 {
		t.Errorf("held %v, waiting %v", held, waits)
	}
	// A place that becomes free goes to one of the press only while their class has one.
	now, err := g.guests.ByID(t.Context(), office, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.SetPlaces(t.Context(), office, d.ID, now.Version, 50, map[string]int{"press": 1}); err != nil {
		t.Fatal(err)
	}
	places, err := g.guests.ClassPlaces(t.Context(), g.officer(d, accounts.Media), d)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range places {
		if p.Taken > 0 {
			got[p.Class] = p.Taken
		}
	}
	if got["press"] != held["press"] || got["member"] != min(event, held["member"]+waits["member"]) {
		t.Errorf("with more places for all but the press %v hold one; it was %v, waiting %v", got, held, waits)
	}
}
