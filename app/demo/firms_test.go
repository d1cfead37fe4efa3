package demo

import (
	"reflect"
	"testing"

	"qianshou/app/firms"
	"qianshou/app/kit/ident"
)

// TestGrantsOfTheDemo holds the demo to showing every kind of grant in every state,
// each kind of step, and every firm's contacts with one who is the main one.
func TestGrantsOfTheDemo(t *testing.T) {
	t.Parallel()
	db, _ := loaded(t)
	s := firms.New(db, Opens, ident.New)
	list, err := s.List(t.Context())
	if err != nil || len(list) != 40 {
		t.Fatalf("%d firms, %v", len(list), err)
	}
	states, steps, contacts, today := map[string]int{}, map[string]int{}, 0, firms.Day(Opens())
	for _, f := range list {
		grants, err := s.Grants(t.Context(), by, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range grants {
			states[g.Kind+" "+string(g.State(today))]++
			if g.Soon(today) {
				states[g.Kind+" soon"]++
			}
			for _, step := range g.Steps {
				steps[step.What]++
			}
		}
		people, err := s.Contacts(t.Context(), by, ident.Nil, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range people {
			if c.Main != (i == 0) {
				t.Errorf("%s: contact %d is main: %v", f.Code, i, c.Main)
			}
		}
		contacts += len(people)
	}
	want := map[string]int{
		"whitelist held": 15, "whitelist due": 2, "whitelist ended": 1, "whitelist soon": 1, "direct_report held": 11, "direct_report soon": 1, "direct_report ended": 1,
		"auto_approve held": 1, "auto_approve due": 1, "auto_approve ended": 1, "auto_approve planned": 1,
	}
	if !reflect.DeepEqual(states, want) || contacts != 20 {
		t.Errorf("the grants are\n%v\nwant\n%v, and %d contacts", states, want, contacts)
	}
	if steps["reviewed"] != 2 || steps["revoked"] != 4 || steps["given"] != totalOf(states) {
		t.Errorf("the steps are %v", steps)
	}
}

// totalOf counts the grants, each in one state.
func totalOf(states map[string]int) (n int) {
	for state, count := range states {
		if state[len(state)-4:] != "soon" {
			n += count
		}
	}
	return n
}
