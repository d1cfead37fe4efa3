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

// A list gives a member another role only while that class has a place, and the place
// that they leave goes to whoever waits for it.
func TestAListKeepsThePlacesOfAClass(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 10)
	if _, err := g.guests.SetPlaces(t.Context(), office, d.ID, 1, 10, map[string]int{"business": 1, "member": 1}); err != nil {
		t.Fatal(err)
	}
	add := func(n int, role string) delegations.Registration {
		t.Helper()
		r, err := g.guests.AddMember(t.Context(), office, d.ID, member(n, role))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	business, one, waits := add(1, "business"), add(2, "member"), add(3, "member")
	if waits.Status != delegations.Waitlisted {
		t.Fatalf("the third is %s", waits.Status)
	}
	found, err := g.list(t, d, member(2, "business"))
	if err != nil || found.Verdict != delegations.RowBad || len(found.Problems) != 1 || found.Problems[0].Key != "lists.class_full" {
		t.Fatalf("into a full class: %+v, %v", found, err)
	}
	if _, err := g.guests.WithdrawMember(t.Context(), office, d.ID, business.ID); err != nil {
		t.Fatal(err)
	}
	if found, err = g.list(t, d, member(2, "business")); err != nil || found.Verdict != delegations.RowChanged {
		t.Fatalf("into a free class: %+v, %v", found, err)
	}
	if g.read(t, one).Role != "business" || g.status(t, waits.ID) != delegations.UnderReview {
		t.Errorf("the second is %s, who waits %s", g.read(t, one).Role, g.status(t, waits.ID))
	}
	// Whoever waits and is something else now has a place when there is one for that.
	late := add(4, "member")
	if found, err = g.list(t, d, member(4, "interpreter")); err != nil || found.Status != delegations.UnderReview || g.status(t, late.ID) != delegations.UnderReview {
		t.Errorf("whoever waited and interprets now: %+v, %v", found, err)
	}
}
