// Package accounts knows who acts and what they may do in which event: staff
// with passwords, tokens of other programs, paired door devices, guests.
package accounts

import (
	"slices"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Kind says what sort of actor it is.
type Kind string

// The kinds of actor, as the audit log writes them.
const (
	User   Kind = "user"   // staff, signed in with a password
	Token  Kind = "token"  // another program
	Device Kind = "device" // a paired door device
	Guest  Kind = "guest"  // whoever holds a magic link, or nobody in particular
	System Kind = "system" // the program itself: jobs, the demo, the command line
)

// Role is what a member of staff does in an event (domain terms: product 1.8).
type Role string

// The roles.
const (
	Owner       Role = "owner"       // everything, accounts included
	Programme   Role = "programme"   // events, agenda, registrations
	Matchmaking Role = "matchmaking" // requests, plans, tables
	Protocol    Role = "protocol"    // delegations, registrations, badges
	DoorsLead   Role = "doors_lead"  // gates, devices, overrides
	Projects    Role = "projects"    // signed projects and their stages
	Analyst     Role = "analyst"     // reads figures
	Auditor     Role = "auditor"     // reads everything, the audit log included; changes nothing
)

// Roles lists every role in the order in which people read them.
var Roles = []Role{Owner, Programme, Protocol, Matchmaking, DoorsLead, Projects, Analyst, Auditor}

// Right is one thing that somebody may do.
type Right string

// The rights. A route names the one it asks for; services ask again.
const (
	SeeConsole         Right = "console.see"
	EditEvent          Right = "event.edit"
	SeeRegistrations   Right = "registration.see"
	DecideRegistration Right = "registration.decide"
	EditRegistration   Right = "registration.edit"
	VetRegistration    Right = "registration.vet" // hold back and release; who may not does not see that somebody is held
	SeeSensitive       Right = "sensitive.see"    // passports, birth dates; each look is logged
	SeeDelegations     Right = "delegation.see"
	EditDelegation     Right = "delegation.edit"
	SeeAgenda          Right = "agenda.see"
	EditAgenda         Right = "agenda.edit"
	SeeMatchmaking     Right = "matchmaking.see"
	EditMatchmaking    Right = "matchmaking.edit"
	SeeBadges          Right = "badge.see"
	IssueBadge         Right = "badge.issue"
	RevokeBadge        Right = "badge.revoke"
	SeeDoors           Right = "door.see"
	EditDoors          Right = "door.edit"
	ScanBadges         Right = "badge.scan"
	OverrideDoor       Right = "door.override"
	SeeProjects        Right = "project.see"
	EditProject        Right = "project.edit"
	VerifyProject      Right = "project.verify"
	SeeStatistics      Right = "statistics.see"
	SeeMails           Right = "mail.see"
	SendMails          Right = "mail.send"
	SeeAudit           Right = "audit.see"
	EditAccounts       Right = "account.edit"
	SeePrivacy         Right = "privacy.see"  // what is kept how long, and what was purged
	EditPrivacy        Right = "privacy.edit" // rules and legal holds
	CreateEvent        Right = "event.create"
)

var reading = []Right{SeeConsole, SeeRegistrations, SeeDelegations, SeeAgenda, SeeMatchmaking, SeeBadges, SeeDoors, SeeProjects, SeeStatistics}

// granted is the one table of who may do what. Owner is not in it: an owner may
// do everything.
var granted = map[Role][]Right{
	Programme:   append([]Right{EditEvent, EditAgenda, DecideRegistration, EditRegistration, EditDelegation, IssueBadge, RevokeBadge, SeeMails, SendMails}, reading...),
	Protocol:    append([]Right{DecideRegistration, VetRegistration, EditRegistration, EditDelegation, SeeSensitive, SeePrivacy, IssueBadge, RevokeBadge, SeeMails, SendMails}, reading...),
	Matchmaking: {SeeConsole, SeeDelegations, SeeAgenda, SeeMatchmaking, EditMatchmaking, SeeProjects, SeeStatistics},
	DoorsLead:   {SeeConsole, SeeAgenda, SeeBadges, RevokeBadge, SeeDoors, EditDoors, ScanBadges, OverrideDoor},
	Projects:    {SeeConsole, SeeAgenda, SeeProjects, EditProject, VerifyProject, SeeStatistics},
	Analyst:     {SeeConsole, SeeAgenda, SeeProjects, SeeStatistics},
	Auditor:     append([]Right{SeeAudit, SeePrivacy, SeeMails}, reading...),
}

// Grant is a role in one event, or in every event when EventID is zero.
type Grant struct {
	EventID ident.ID `db:"event_id"`
	Role    Role     `db:"role"`
}

// Actor is whoever does something. The zero Actor is a guest who may do nothing.
type Actor struct {
	Kind   Kind
	ID     ident.ID
	NameZH string
	NameEN string
	Lang   string // the language an account chose; empty when none
	Grants []Grant
	// A device stands at one gate of one event.
	GateID     ident.ID
	Supervisor bool
	// A guest who holds the link of a registration, a delegation or a firm acts for
	// that one in one event, and for nothing else.
	LinkEventID    ident.ID
	RegistrationID ident.ID
	DelegationID   ident.ID
	Officer        OfficerRole // of the delegation; see MayFor
	FirmID         ident.ID
}

// parts are the parts of the program that act by themselves.
var parts = map[string]locale.Text{
	"demo":         {ZH: "演示数据", EN: "Demo data"},
	"embargo":      {ZH: "定时公开", EN: "Timed release"},
	"waitlist":     {ZH: "自动递补", EN: "Waiting list"},
	"closing":      {ZH: "活动结束", EN: "End of the event"},
	"command line": {ZH: "命令行", EN: "Command line"},
}

// SystemActor is the program itself, for work that no person asked for at the
// moment. name is written to the audit log.
func SystemActor(name string) Actor {
	called := SystemName(name)
	return Actor{Kind: System, NameZH: called.ZH, NameEN: called.EN, Grants: []Grant{{Role: Owner}}}
}

// SystemName is what a part of the program is called, by its short name or as the
// audit log keeps it. Any other name stays what it is.
func SystemName(name string) locale.Text {
	for part, called := range parts {
		if name == part || name == called.EN {
			return called
		}
	}
	return locale.Text{ZH: name, EN: name}
}

// GuestActor is whoever fills in a public form or holds a magic link.
func GuestActor() Actor { return Actor{Kind: Guest, NameZH: "访客", NameEN: "Guest"} }

// ForRegistration tells whether the actor holds the link of a registration: it is
// their own.
func (a Actor) ForRegistration(event, registration ident.ID) bool {
	return a.Kind == Guest && registration != ident.Nil && a.RegistrationID == registration && a.LinkEventID == event
}

// ForFirm tells whether the actor holds the link of a firm in an event.
func (a Actor) ForFirm(event, firm ident.ID) bool {
	return a.Kind == Guest && firm != ident.Nil && a.FirmID == firm && a.LinkEventID == event
}

// Name is how the audit log writes the actor.
func (a Actor) Name() string {
	if a.NameEN != "" {
		return a.NameEN
	}
	return a.NameZH
}

// Called is the actor as pages name them.
func (a Actor) Called() locale.Text { return locale.Text{ZH: a.NameZH, EN: a.NameEN} }

// SignedIn tells whether the actor proved who they are.
func (a Actor) SignedIn() bool {
	return a.Kind == User || a.Kind == Token || a.Kind == Device || a.Kind == System
}

// May tells whether the actor has a right in an event. A zero event asks for the
// right over all events, which only a grant without event gives.
func (a Actor) May(right Right, event ident.ID) bool {
	for _, g := range a.Grants {
		if g.EventID != ident.Nil && g.EventID != event {
			continue
		}
		if a.Kind == Device { // a device carries its event in its grant, and only these rights
			if right == ScanBadges || right == OverrideDoor && a.Supervisor {
				return true
			}
			continue
		}
		if g.Role == Owner || slices.Contains(granted[g.Role], right) {
			return true
		}
	}
	return false
}

// MayAnywhere tells whether the actor has a right in at least one event.
func (a Actor) MayAnywhere(right Right) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return a.May(right, g.EventID) })
}
