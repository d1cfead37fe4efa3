package web

import (
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
)

// delegationPages are the models of the views of delegations and firms, in the
// console and of their own.
var delegationPages = map[string]sample{
	"delegations/list": func(p Page, full bool) any {
		if !full {
			return delegationsPage{Page: p, Counts: map[string]int{}, Status: "all"}
		}
		bare := delegations.Delegation{Code: "D13", City: locale.Text{EN: "Győr"}, Status: "declined"}
		return delegationsPage{
			Page: p, Rows: []delegations.Delegation{aachen(p.Now), bare}, Pager: Pager{From: 1, To: 2, Total: 2}, Total: 2, Used: 5, Quota: 6,
			Status: "confirmed", Search: "<x>", Sort: "arrival", Counts: map[string]int{"all": 2, "confirmed": 1, "declined": 1, "late": 1}, Late: map[ident.ID][]string{{15: 12}: {"nominate", "confirm"}},
		}
	},
	"delegations/show": func(p Page, full bool) any {
		if !full {
			return delegationPage{Page: p}
		}
		form := FormOf("arrives_at", "x")
		form.Add("arrives_at", "field.moment")
		places, pinned := FormOf("quota", "x"), 3
		places.Add("quota", "field.number_between", 0, 500)
		d := aachen(p.Now)
		d.Precedence = &pinned
		return delegationPage{
			Page: p, Delegation: d, Members: everyMember(), Form: form, linksPart: everyLink(p.Now), delegationParts: everyParts(p.Now), PlacesForm: places,
			Taken: map[string]int{"press": 1},
		}
	},
	"delegations/own": func(p Page, full bool) any {
		if !full {
			return ownDelegationPage{linkPage: linkPage{Page: p}}
		}
		members := everyMember()
		return ownDelegationPage{
			linkPage: linkPage{Page: p, Own: "/delegation/t", Link: ofOfficer(everyLink(p.Now).Links[0])}, Delegation: aachen(p.Now), Members: members,
			delegationParts: everyParts(p.Now),
			Meetings:        ownMeetings(delegations.Registration{DelegationID: ident.ID{15: 1}}, appointments(p.Now), p.Now), Leaving: &members[0],
		}
	},
	"delegations/member": func(p Page, full bool) any {
		if !full {
			return memberPage{linkPage: linkPage{Page: p}}
		}
		form := FormOf("family_name", "Аnna", "passport.number", "1")
		form.Add("family_name", "registration.not_latin", "А")
		form.Add("passport.number", "registration.passport_number")
		return memberPage{
			linkPage: linkPage{Page: p, Own: "/delegation/t"}, Delegation: delegations.Delegation{Name: wordsFull, Members: 6, Quota: 6}, Form: form,
			Countries: []Choice{{"", "…"}}, Roles: []Choice{{"head", "…"}}, MealPlans: []Choice{{"none", "…"}}, Questions: everyQuestion(p.Lang),
		}
	},
	"firms/list": func(p Page, full bool) any {
		if !full {
			return firmsPage{Page: p}
		}
		return firmsPage{
			Page: p, trades: everyTrade, Rows: []listedFirm{{yongling, everyGrant(p.Now)}, {Firm: yongling}}, Pager: Pager{From: 1, To: 2, Total: 2}, Total: 2, Due: 1, Soon: 1,
			Filter: firms.Filter{Search: "<x>", Review: firms.ReviewDue, Grant: firms.NoGrant, Sector: "AUTO"}, Register: true, Sort: "-name", Any: true,
			InSectors: []Choice{{"AUTO", "…"}}, InPlaces: []Choice{{"330206", "…"}}, Heads: map[string]string{"code": "?"}, Table: "/x.csv",
		}
	},
	"firms/show": func(p Page, full bool) any {
		if !full {
			return firmPage{Page: p}
		}
		return firmPage{
			Page: p, trades: everyTrade, Firm: yongling, Part: true, People: everyMember(), linksPart: everyLink(p.Now), Wishes: everyWish(p.Now), Targets: []string{"…", "…"},
			Grants: everyGrant(p.Now), Contacts: everyContact, Stays: []firms.Stay{{Since: p.Now, District: "330206"}, {Since: p.Now, District: "?"}},
			History:  []auditRow{{At: p.Now, Who: wordsFull, What: "…", Changes: []auditChange{{"…", "<a>", "b"}, {"…", "", "b"}}, Reason: "<b>"}},
			Meetings: ownMeetings(delegations.Registration{FirmID: ident.ID{14: 1, 15: 1}}, appointments(p.Now)[1:2], p.Now), Projects: everyProjectOfFirm(p.Now),
		}
	},
	"firms/edit": func(p Page, full bool) any {
		if !full {
			return firmFormPage{Page: p, New: true}
		}
		form := formOfFirm(yongling)
		for _, field := range []string{"credit_code", "sector_1", "languages", "moved_on"} {
			form.Add(field, "field.choice")
		}
		return firmFormPage{Page: p, Firm: yongling, Form: form, InSectors: []Choice{{"AUTO", "…"}}, InPlaces: []Choice{{"330206", "…"}}, Countries: []Choice{{"HU", "…"}}}
	},
	"firms/leave": func(p Page, full bool) any {
		if !full {
			return leavePage{Page: p}
		}
		form := FormOf("reason", "<x>", "seen", "2")
		form.Add("reason", "field.control")
		return leavePage{Page: p, Form: form, Firm: firms.Firm{ID: ident.ID{15: 1}, Name: wordsFull}, People: everyMember(), Ended: 2,
			Meetings: ownMeetings(delegations.Registration{DelegationID: ident.ID{15: 1}}, appointments(p.Now), p.Now)}
	},
	"firms/grants": func(p Page, full bool) any {
		if !full {
			return grantsPage{Page: p, Kinds: []grantKind{{Kind: firms.Whitelist}}}
		}
		give, review := FormOf("basis", "<x>"), FormOf("reason", "<x>")
		give.Add("valid_from", "constraint.firm_grants_once")
		review.Add("review_on", "firms.review_ahead")
		all := everyGrant(p.Now)
		m := grantsPage{
			Page: p, Firm: yongling, Kinds: []grantKind{{firms.Whitelist, all}, {firms.DirectReport, all[:1]}, {Kind: firms.AutoApprove}}, Do: "give", On: firms.AutoApprove,
			Give: give, Review: review, Rewrite: true,
		}
		for _, what := range []string{"given", "reviewed", "revoked"} {
			m.History = append(m.History, grantStep{firms.Step{At: p.Now, What: what, Effective: p.Now, ReviewOn: &p.Now, Reason: "<b>", By: wordsFull}, firms.Whitelist})
		}
		return m
	},
	"firms/contact": func(p Page, full bool) any {
		if !full {
			return contactPage{Page: p}
		}
		return contactPage{p, contactPart{Form: wrongContact(), Firm: yongling, Contact: everyContact[0], Back: "/x"}}
	},
	"firms/own_contact": func(p Page, full bool) any {
		if !full {
			return ownContactPage{linkPage: linkPage{Page: p}}
		}
		return ownContactPage{linkPage{Page: p, Own: "/firm/t"}, contactPart{Form: wrongContact(), Firm: yongling, Contact: everyContact[1], Back: "/x"}}
	},
	"firms/own": func(p Page, full bool) any {
		if !full {
			return ownFirmPage{linkPage: linkPage{Page: p}}
		}
		form, wish := FormOf("offers_zh", "…"), FormOf("topic", "…")
		form.Add("offers_zh", "field.too_long", 300)
		wish.Add("delegation", "field.choice")
		m := ownFirmPage{
			linkPage: linkPage{Page: p, Own: "/firm/t", Link: everyLink(p.Now).Links[0]}, trades: everyTrade, Firm: yongling, Contacts: everyContact, Form: form, WishForm: wish,
			People: everyMember(), Cities: []Choice{{"", "…"}, {"1", "…"}},
			Meetings: ownMeetings(delegations.Registration{FirmID: ident.ID{14: 1, 15: 1}}, appointments(p.Now)[1:2], p.Now),
		}
		for _, state := range []string{"open", "accepted", "declined", "expired", "superseded"} {
			m.Wishes = append(m.Wishes, matchmaking.FirmWish{Delegation: wordsFull, Country: wordsFull, Priority: 1, Topic: "<b>", State: state})
		}
		m.Wishes, m.Progress.PublishedAt = append(m.Wishes, everyWish(p.Now)...), &p.Now
		return m
	},
}

// everyGrant is a grant in each state.
func everyGrant(now time.Time) (list []heldGrant) {
	for _, state := range []firms.State{firms.Held, firms.Due, firms.Planned, firms.Ended} {
		list = append(list, heldGrant{Grant: firms.Grant{ID: ident.ID{15: byte(len(list) + 1)}, Kind: firms.Whitelist, From: now, ReviewOn: now, RevokedOn: &now, Basis: "<x>"}, Now: state})
	}
	return append(list, heldGrant{Grant: list[0].Grant, Now: firms.Held, Soon: true})
}

func everyProjectOfFirm(now time.Time) []projects.Project {
	return []projects.Project{{Code: "P001", Name: wordsFull, Document: projects.Contract, Stage: "landed", SignedOn: now, Event: projects.EventName{Slug: forum.Slug}}}
}

var everyContact = []firms.Contact{
	{ID: ident.ID{15: 1}, Name: locale.Text{ZH: "林<澜>", EN: "Lin Lan"}, Post: wordsFull, Email: "lin@firm003.example", Phone: "+999574000001", Main: true, Version: 1},
	{ID: ident.ID{15: 2}, Name: locale.Text{EN: "<X>"}, Phone: "+999574000002", Version: 1},
}

func wrongContact() Form {
	form := formOfContact(everyContact[0])
	form.Add("email", "field.email")
	return form
}

// everyWish is a wish of each outcome.
func everyWish(now time.Time) []matchmaking.FirmWish {
	wish := matchmaking.FirmWish{Delegation: wordsFull, Country: wordsFull, Priority: 2, State: "open", Outcome: matchmaking.WishWaiting}
	placed, unplaced := wish, wish
	placed.Outcome, placed.Meeting = matchmaking.WishPlaced, &appointments(now)[0]
	unplaced.Outcome, unplaced.Reason, unplaced.Who = matchmaking.WishUnplaced, "party_full", wordsFull
	return []matchmaking.FirmWish{wish, placed, unplaced}
}

var everyTrade = trades{map[string]locale.Text{"AUTO": {ZH: "汽车及零部件", EN: "Automotive"}, "LOGI": {ZH: "物流", EN: "Logistics"}}, map[string]locale.Text{"330206": {ZH: "北仑区", EN: "Beilun"}}}

var many = 1200

var yongling = firms.Firm{
	Employees: &many,
	Code:      "F003", CreditCode: "91330299J3NW4AM187", Name: locale.Text{ZH: "宁波甬翎汽车部件有限公司", EN: "Ningbo Yongling Auto Parts Co., Ltd."}, District: "330206",
	Sectors: []string{"AUTO", "LOGI"}, Languages: []string{"zh", "de"}, Ownership: "private", Offers: wordsFull, Needs: wordsFull, CompetitorGroup: "<G>", Email: "contact@firm003.example", Version: 1,
}

func aachen(now time.Time) delegations.Delegation {
	comes, goes := now.Add(-48*time.Hour), now.Add(48*time.Hour)
	return delegations.Delegation{
		ID: ident.ID{15: 12}, Code: "D12", Name: locale.Text{ZH: "德国亚琛市代表团", EN: "Delegation of Aachen, Germany"}, Native: "Aachen", Quota: 6, Members: 5,
		City: locale.Text{ZH: "亚琛", EN: "Aachen"}, Country: locale.Text{ZH: "德国", EN: "Germany"}, Head: locale.Name{Latin: "Friederike Löffelholz", Native: "Friederike Löffelholz", ZH: "弗里德里克·勒费尔霍尔茨"}, Liaison: locale.Text{ZH: "冯栖梧", EN: "Feng Qiwu"},
		ArrivesAt: &comes, DepartsAt: &goes, AcceptedOn: &comes, Hotel: locale.Text{ZH: "<甲>酒店", EN: "<Hotel> A"}, Status: "confirmed", Version: 2,
	}
}

// everyMember has each role once, some of whom do not come any more.
func everyMember() (list []delegations.Registration) {
	states := []delegations.Status{delegations.CheckedIn, delegations.BadgeIssued, delegations.Draft, delegations.Returned, delegations.Waitlisted, delegations.UnderReview, delegations.Rejected, delegations.Withdrawn}
	for i, role := range delegations.MemberRoles {
		r := longest
		r.ID, r.Role, r.Status, r.PassportLast4 = ident.ID{15: byte(i + 1)}, role, states[i], "0056"
		list = append(list, r)
	}
	return list
}

func everyLink(now time.Time) linksPart {
	open := delegations.Link{ID: ident.ID{15: 1}, Role: accounts.Liaison, Holder: "<Office>", MadeBy: locale.Text{ZH: "工作人员", EN: "Staff"}, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	expired, revoked := open, ofOfficer(open)
	expired.ExpiresAt, revoked.RevokedAt = now, &now
	form := FormOf("until", "2027-06-11")
	form.Add("holder", "field.required")
	return linksPart{LinkForm: form, Links: []delegations.Link{open, expired, revoked}, LinksAt: "/x", Address: "http://forum.example/delegation/t"}
}
