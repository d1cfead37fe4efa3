package accounts_test

import (
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
)

func TestMay(t *testing.T) {
	next := ident.Sequence()
	here, elsewhere := next(), next()
	user := func(event ident.ID, role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	device := func(supervisor bool) accounts.Actor {
		return accounts.Actor{Kind: accounts.Device, Supervisor: supervisor, Grants: []accounts.Grant{{EventID: here}}}
	}
	for _, tt := range []struct {
		name  string
		actor accounts.Actor
		right accounts.Right
		event ident.ID
		want  bool
	}{
		{"an owner of every event may do everything", user(ident.Nil, accounts.Owner), accounts.EditAccounts, here, true},
		{"an owner of one event may everything there", user(here, accounts.Owner), accounts.EditAgenda, here, true},
		{"and nothing in another", user(here, accounts.Owner), accounts.SeeAgenda, elsewhere, false},
		{"and nothing that stands above events", user(here, accounts.Owner), accounts.CreateEvent, ident.Nil, false},
		{"programme moves sessions", user(here, accounts.Programme), accounts.EditAgenda, here, true},
		{"programme does not see passports", user(here, accounts.Programme), accounts.SeeSensitive, here, false},
		{"protocol sees passports", user(here, accounts.Protocol), accounts.SeeSensitive, here, true},
		{"an analyst reads figures", user(here, accounts.Analyst), accounts.SeeStatistics, here, true},
		{"an analyst reads no person", user(here, accounts.Analyst), accounts.SeeRegistrations, here, false},
		{"an auditor changes nothing", user(here, accounts.Auditor), accounts.EditAgenda, here, false},
		{"a guest may nothing", accounts.GuestActor(), accounts.SeeConsole, here, false},
		{"nobody may nothing", accounts.Actor{}, accounts.SeeConsole, here, false},
		{"a door scans at its event", device(false), accounts.ScanBadges, here, true},
		{"a door scans nowhere else", device(false), accounts.ScanBadges, elsewhere, false},
		{"a steward does not override", device(false), accounts.OverrideDoor, here, false},
		{"a supervisor does", device(true), accounts.OverrideDoor, here, true},
		{"a door opens no console", device(true), accounts.SeeConsole, here, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.actor.May(tt.right, tt.event); got != tt.want {
				t.Errorf("May(%s) = %v, want %v", tt.right, got, tt.want)
			}
		})
	}
}
