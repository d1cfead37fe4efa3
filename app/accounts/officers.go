package accounts

import (
	"slices"

	"qianshou/app/kit/ident"
)

// OfficerRole is what somebody does for a delegation whose link they hold.
type OfficerRole string

// The roles of a delegation's officers. Each may be several persons.
const (
	Accreditation OfficerRole = "accreditation" // names the members and answers for what is said of them
	Secretary     OfficerRole = "secretary"     // both, where a small city hall has one person for all
	Liaison       OfficerRole = "liaison"       // the delegation's own: journeys, hotel, needs
	Media         OfficerRole = "media"         // the press that travels along
	HostLiaison   OfficerRole = "host_liaison"  // the city's: meets, drives and accompanies
)

// OfficerRoles lists the roles in the order in which people read them.
var OfficerRoles = []OfficerRole{Accreditation, Secretary, Liaison, Media, HostLiaison}

// Duty is one thing that an officer may do for the delegation.
type Duty string

// The duties. Those of a member are asked with the member's role.
const (
	SeeDelegation Duty = "delegation.see" // places, programme, stay and journeys
	SeeMember     Duty = "member.see"
	Nominate      Duty = "member.nominate"
	Complete      Duty = "member.complete"
	Confirm       Duty = "member.confirm"
	Withdraw      Duty = "member.withdraw"
	Substitute    Duty = "member.substitute"
	Arrange       Duty = "member.order" // order of precedence within the delegation
	BringList     Duty = "member.list"  // members by a spreadsheet, and out into one
	EditNeeds     Duty = "needs.edit"   // meals, access, languages
	EditStay      Duty = "stay.edit"
	EditTravel    Duty = "travel.edit"
	EditPickUp    Duty = "pickup.edit"
)

// Duties lists every duty.
var Duties = []Duty{
	SeeDelegation, SeeMember, Nominate, Complete, Confirm, Withdraw, Substitute, Arrange, BringList, EditNeeds, EditStay, EditTravel, EditPickUp,
}

// office is what an officer's role comes to.
type office struct {
	duties  []Duty
	members []string // roles of the members that it is about; nil: all
}

// offices is the one table of which officer may do what.
var offices = map[OfficerRole]office{
	Accreditation: {duties: []Duty{SeeDelegation, SeeMember, Nominate, Complete, Confirm, Withdraw, Substitute, Arrange, BringList, EditNeeds}},
	Secretary:     {duties: []Duty{SeeDelegation, SeeMember, Nominate, Complete, Confirm, Withdraw, Substitute, Arrange, BringList, EditNeeds, EditStay, EditTravel}},
	Liaison:       {duties: []Duty{SeeDelegation, SeeMember, EditNeeds, EditStay, EditTravel}},
	Media:         {duties: []Duty{SeeMember, Nominate, Complete, Confirm, Withdraw}, members: []string{"press"}},
	HostLiaison:   {duties: []Duty{SeeDelegation, SeeMember, EditStay, EditTravel, EditPickUp}},
}

// Covers tells whether the role has a duty about members of a role. About no
// member in particular it has one that is about all of them.
func (r OfficerRole) Covers(d Duty, member string) bool {
	o := offices[r]
	return slices.Contains(o.duties, d) && (o.members == nil || slices.Contains(o.members, member))
}

// First is the role of the members whom an officer most likely means: usual, or the
// first of those that the officer's own role is about.
func (r OfficerRole) First(usual string) string {
	if members := offices[r].members; len(members) > 0 {
		return members[0]
	}
	return usual
}

// Has tells whether the role has a duty, about whichever members.
func (r OfficerRole) Has(d Duty) bool { return slices.Contains(offices[r].duties, d) }

// OfficersWith answers the roles that have a duty, about whichever members.
func OfficersWith(d Duty) (list []OfficerRole) {
	for _, r := range OfficerRoles {
		if r.Has(d) {
			list = append(list, r)
		}
	}
	return list
}

// HoldsLink tells whether the actor holds a link of a delegation, whatever it is
// good for.
func (a Actor) HoldsLink(event, delegation ident.ID) bool {
	return a.Kind == Guest && delegation != ident.Nil && a.DelegationID == delegation && a.LinkEventID == event
}

// MayFor tells whether the actor holds a link of a delegation whose role has a duty
// about its members of a role; empty: about no one in particular.
func (a Actor) MayFor(d Duty, event, delegation ident.ID, member string) bool {
	return a.HoldsLink(event, delegation) && a.Officer.Covers(d, member)
}
