package delegations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
)

// TestOnlyWhoVetsKnowsOfVetting reads of somebody who was held back all that there is
// to read, by everybody of the office.
func TestOnlyWhoVetsKnowsOfVetting(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	g.memberCategories(t)
	d := g.delegation(t, "D01", 5)
	g.complete(t, g.nominate(t, d, "head", "Held"))
	confirmed, err := g.guests.Confirm(t.Context(), office, d.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	members, err := g.guests.Members(t.Context(), office, d)
	if err != nil || len(members) != 1 {
		t.Fatalf("%v, %d members, %v", confirmed, len(members), err)
	}
	r := members[0]
	if _, err := g.guests.Hold(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	staff := func(role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
	}
	read := func(by accounts.Actor) string {
		var all []any
		if list, err := g.guests.Members(t.Context(), by, d); err == nil {
			all = append(all, list[0].Status)
		}
		if one, err := g.guests.Registration(t.Context(), by, r.ID); err == nil {
			all = append(all, one.Status)
		}
		if list, err := g.guests.Steps(t.Context(), by, r); err == nil {
			all = append(all, list)
		}
		if by.May(accounts.EditRegistration, g.event.ID) {
			done, err := g.guests.Edit(t.Context(), by, r.ID, 0, delegations.Edit{"phone": "+36301234567"})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, done.Registration.Status)
		}
		list, err := audit.NewLog(g.db).Recent(t.Context(), g.event.ID, ident.Nil, true, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range delegations.LogSeenBy(by, list) {
			all = append(all, e.Action, e.Before, e.After)
		}
		return fmt.Sprint(all...)
	}
	look := func(when string) {
		t.Helper()
		for _, role := range accounts.Roles {
			vets := slices.Contains([]accounts.Role{accounts.Owner, accounts.Protocol}, role)
			if said := read(staff(role)); strings.Contains(said, "on_hold") != vets {
				t.Errorf("%s %s reads %s", when, role, said)
			}
		}
	}
	look("held:")
	if _, err := g.guests.WithdrawMember(t.Context(), office, d.ID, r.ID); err != nil {
		t.Fatal(err)
	}
	list, err := g.guests.Steps(t.Context(), staff(accounts.Programme), r)
	if last := list[len(list)-1]; err != nil || last.From != delegations.UnderReview || last.To != delegations.Withdrawn {
		t.Errorf("the last step is %+v, %v", last, err)
	}
	log, err := audit.NewLog(g.db).Recent(t.Context(), g.event.ID, ident.Nil, true, 1)
	seen := delegations.LogSeenBy(staff(accounts.Auditor), log)
	if err != nil || len(seen) != 1 || seen[0].Before["status"] != "under_review" || log[0].Before["status"] != "on_hold" {
		t.Errorf("the log says %+v of %+v, %v", seen, log, err)
	}
}
