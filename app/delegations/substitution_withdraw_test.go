package delegations_test

import (
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
)

// Whoever asked takes it back while nobody decided: an officer what officers asked for,
// the person what they asked for themselves. Nothing is changed and nobody is written to,
// and it can be asked for anew.
func TestAskedIsTakenBack(t *testing.T) {
	t.Parallel()
	g, d, head, deputy, _ := newCity(t)
	ctx, officer := t.Context(), g.liaison(d)
	own, other := accounts.GuestActor(), accounts.GuestActor()
	own.ID, own.LinkEventID, own.RegistrationID = head.ID, head.EventID, head.ID
	other.ID, other.LinkEventID, other.RegistrationID = deputy.ID, deputy.EventID, deputy.ID
	abroad := officer
	abroad.DelegationID = g.event.ID
	before, mails := g.held(t, d), g.mails(t)
	stand := delegations.Stand{From: head.ID, New: member(50, "member"), AsRank: "own"}
	for _, try := range []struct {
		asks    accounts.Actor
		refused map[string]accounts.Actor
	}{
		{officer, map[string]accounts.Actor{"the person": own, "another": other, "another's officer": abroad, "the office": office, "press": g.officer(d, accounts.Media), "nobody": accounts.GuestActor()}},
		{own, map[string]accounts.Actor{"an officer": officer, "another": other, "the office": office}},
	} {
		asked, err := g.guests.Substitute(ctx, try.asks, stand)
		if err != nil {
			t.Fatal(err)
		}
		if waits, err := g.guests.Waiting(ctx, try.asks, head); err != nil || waits == nil || waits.ID != asked.ID || !waits.Withdrawable(try.asks, g.event.ID, head.Role) {
			t.Errorf("waits %+v, %v", waits, err)
		}
		for name, by := range try.refused {
			if _, err := g.guests.WithdrawSubstitution(ctx, by, asked.ID); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s takes back: %v", name, err)
			}
		}
		x, err := g.guests.WithdrawSubstitution(ctx, try.asks, asked.ID)
		if err != nil || x.State != "withdrawn" || g.status(t, asked.ToID) != delegations.Withdrawn || g.held(t, d) != before {
			t.Errorf("%+v, the newcomer is %s, %v", x.Substitution, g.status(t, asked.ToID), err)
		}
		if got := g.lettersSince(t, mails); !slices.Equal(got, nil) {
			t.Errorf("told %q", got)
		}
		if _, err := g.guests.WithdrawSubstitution(ctx, try.asks, asked.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("twice: %v", err)
		}
		if _, err := g.guests.ConfirmSubstitution(ctx, office, asked.ID); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("confirmed afterwards: %v", err)
		}
	}
	if waits, err := g.guests.Waiting(ctx, office, head); err != nil || waits != nil {
		t.Errorf("waits %+v, %v", waits, err)
	}
	if _, err := g.guests.Waiting(ctx, other, head); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("another reads: %v", err)
	}
}
