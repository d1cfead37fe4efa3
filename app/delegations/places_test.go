package delegations_test

import (
	"sync"
	"testing"

	"qianshou/app/delegations"
)

// TestPlacesHoldWhileMembersComeAndGo has the liaisons of two delegations add and
// withdraw at once, in a category that both compete for and in one that only their
// own quota bounds. No quota is exceeded, nobody's change is lost, and once all is
// quiet nobody waits for a place that is free.
func TestPlacesHoldWhileMembersComeAndGo(t *testing.T) {
	t.Parallel()
	const each, pressPlaces, own = 12, 3, 4
	g := newGround(t, 5)
	g.category(t, "member", nil)
	places := pressPlaces
	g.category(t, "press", &places)
	groups := []delegations.Delegation{g.delegation(t, "D01", own), g.delegation(t, "D02", own)}
	var all sync.WaitGroup
	for i, d := range groups {
		by := g.liaison(d)
		for n := range each {
			role := []string{"press", "member"}[n%2]
			all.Go(func() {
				r, err := g.guests.AddMember(t.Context(), by, d.ID, member(100*i+n, role))
				if err != nil {
					t.Errorf("add %d to %s: %v", n, d.Code, err)
					return
				}
				if n%3 == 0 {
					if _, err := g.guests.WithdrawMember(t.Context(), by, d.ID, r.ID); err != nil {
						t.Errorf("withdraw %d from %s: %v", n, d.Code, err)
					}
				}
			})
		}
	}
	all.Wait()

	// One that comes and goes alone gives every free place away.
	held, press := map[string]int{}, 0
	waiting := map[string][]string{}
	count := func() {
		held, press, waiting = map[string]int{}, 0, map[string][]string{}
		for _, d := range groups {
			list, err := g.guests.Members(t.Context(), office, d)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) < each {
				t.Fatalf("%s has %d of %d registrations", d.Code, len(list), each)
			}
			for _, r := range list {
				switch {
				case r.Status == delegations.Waitlisted:
					waiting[d.Code] = append(waiting[d.Code], r.Role)
				case !r.Gone():
					held[d.Code]++
					if r.Role == "press" {
						press++
					}
				}
			}
		}
	}
	for _, d := range groups {
		count()
		if held[d.Code] == 0 {
			t.Fatalf("nobody of %s has a place", d.Code)
		}
		list, err := g.guests.Members(t.Context(), office, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if r.Cancellable() && r.Status != delegations.Waitlisted {
				if _, err := g.guests.WithdrawMember(t.Context(), office, d.ID, r.ID); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
	count()
	if press > pressPlaces {
		t.Errorf("%d of the press hold %d places", press, pressPlaces)
	}
	for _, d := range groups {
		if held[d.Code] > own {
			t.Errorf("%s holds %d places of %d", d.Code, held[d.Code], own)
		}
		for _, role := range waiting[d.Code] {
			if held[d.Code] < own && (role != "press" || press < pressPlaces) {
				t.Errorf("%s holds %d of %d, the press %d of %d, yet one as %s waits", d.Code, held[d.Code], own, press, pressPlaces, role)
			}
		}
	}
}
