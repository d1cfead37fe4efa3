package accounts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

// TestOfficersMayDoWhatTheTableSays holds the whole table: every role, every duty,
// about a member and about one of the press.
func TestOfficersMayDoWhatTheTableSays(t *testing.T) {
	t.Parallel()
	const want = `
                  accreditation secretary liaison media host_liaison
delegation.see    all           all       all     -     all
member.see        all           all       all     press all
member.nominate   all           all       -       press -
member.complete   all           all       -       press -
member.confirm    all           all       -       press -
member.withdraw   all           all       -       press -
member.substitute all           all       -       -     -
member.order      all           all       -       -     -
member.list       all           all       -       -     -
needs.edit        all           all       all     -     -
stay.edit         -             all       all     -     all
travel.edit       -             all       all     -     all
pickup.edit       -             -         -       -     all`
	event, delegation := ident.New(), ident.New()
	var got strings.Builder
	heads := []any{""}
	for _, role := range accounts.OfficerRoles {
		heads = append(heads, role)
	}
	fmt.Fprintf(&got, "\n%-18s%-14s%-10s%-8s%-6s%s", heads...)
	for _, d := range accounts.Duties {
		cells := []any{d}
		for _, role := range accounts.OfficerRoles {
			by := accounts.GuestActor()
			by.LinkEventID, by.DelegationID, by.Officer = event, delegation, role
			cell := "-"
			switch {
			case by.MayFor(d, event, delegation, "member") && by.MayFor(d, event, delegation, "press") && by.MayFor(d, event, delegation, ""):
				cell = "all"
			case by.MayFor(d, event, delegation, "press") && !by.MayFor(d, event, delegation, ""):
				cell = "press"
			case by.MayFor(d, event, delegation, "member") || by.MayFor(d, event, delegation, ""):
				cell = "odd"
			}
			if role.Has(d) != (cell != "-") {
				t.Errorf("%s has %s: %v, but does %s", role, d, role.Has(d), cell)
			}
			cells = append(cells, cell)
		}
		fmt.Fprintf(&got, "\n%-18s%-14s%-10s%-8s%-6s%s", cells...)
	}
	if got.String() != want {
		t.Errorf("officers may%s\nwant%s", got.String(), want)
	}
}

// TestOnlyTheLinkMakesAnOfficer has nobody act for a delegation by another link.
func TestOnlyTheLinkMakesAnOfficer(t *testing.T) {
	t.Parallel()
	event, delegation := ident.New(), ident.New()
	officer := accounts.GuestActor()
	officer.LinkEventID, officer.DelegationID, officer.Officer = event, delegation, accounts.Accreditation
	if !officer.MayFor(accounts.Confirm, event, delegation, "head") {
		t.Fatal("the accreditation officer may not act")
	}
	roleless, elsewhere, other, user := officer, officer, officer, officer
	roleless.Officer, elsewhere.LinkEventID, other.DelegationID, user.Kind = "", ident.New(), ident.New(), accounts.User
	for name, a := range map[string]accounts.Actor{"roleless": roleless, "of another event": elsewhere, "of another delegation": other, "no guest": user, "nobody": {}} {
		may := slices.ContainsFunc(accounts.Duties, func(d accounts.Duty) bool { return a.MayFor(d, event, delegation, "press") })
		if may {
			t.Errorf("one who is %s acts for the delegation", name)
		}
	}
	for _, role := range []accounts.OfficerRole{accounts.Liaison, accounts.Media, accounts.HostLiaison} {
		officer.Officer = role
		if officer.MayFor(accounts.BringList, event, delegation, "") {
			t.Errorf("%s acts for all members", role)
		}
	}
}
