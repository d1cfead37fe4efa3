package web

import (
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// officerPages are the models of the views by which officers and the office work on
// a delegation.
var officerPages = map[string]sample{
	"delegations/nominate":      everyNomination,
	"delegations/nominate-desk": everyNomination,
	"delegations/complete":      everyCompletion,
	"delegations/complete-desk": everyCompletion,
	"delegations/leg":           everyLegForm,
	"delegations/leg-desk":      everyLegForm,
	"delegations/care": func(p Page, full bool) any {
		if !full {
			return carePage{side: side{Page: p}}
		}
		form := FormOf("meal_plan", "stones", "version", "3", "access_needs", "step_free")
		form.Add("meal_plan", "field.choice")
		return carePage{side: everySide(p), Form: form, Registration: longest, MealPlans: []Choice{{"none", "…"}}, Needs: []Choice{{"step_free", "…"}}}
	},
	"delegations/stay": func(p Page, full bool) any {
		if !full {
			return ownStayPage{side: side{Page: p}}
		}
		form := FormOf("arrives_at", "x", "version", "2")
		form.Add("arrives_at", "field.moment")
		return ownStayPage{everySide(p), form}
	},
	"delegations/deadlines": func(p Page, full bool) any {
		if !full {
			return deadlinesPage{Page: p, Show: "all"}
		}
		form := FormOf("confirm", "x")
		form.Add("confirm", "deadlines.order")
		row := standingRow{delegations.Standing{Delegation: aachen(p.Now), Named: 5, Drafts: 2, Incomplete: 1, Late: []string{"nominate"}, Due: "nominate", Writable: 1}, everyStep(p.Now)}
		mute := row
		mute.Writable = 0
		return deadlinesPage{Page: p, Form: form, Deadlines: everyStep(p.Now), Rows: []standingRow{row, mute}, Show: "late", Late: 2, All: 3}
	},
	"delegations/needs": func(p Page, full bool) any {
		if !full {
			return needsPage{Page: p}
		}
		return needsPage{Page: p, All: everyNeed, Each: []delegations.DelegationNeeds{{Delegation: aachen(p.Now), Needs: everyNeed}, {Delegation: aachen(p.Now), Needs: delegations.Needs{People: 1}}}}
	},
}

func everySide(p Page) side {
	return side{Page: p, Delegation: aachen(p.Now), Base: "/delegation/t"}
}

func everyNomination(p Page, full bool) any {
	if !full {
		return nominatePage{side: side{Page: p}}
	}
	form := FormOf("role", "companion", "family_name", "Аnna")
	form.Add("family_name", "registration.not_latin", "А")
	form.Add("companion_of", "field.choice")
	return nominatePage{side: everySide(p), Form: form, Roles: []Choice{{"head", "…"}}, Hosts: []Choice{{"", "…"}}}
}

func everyCompletion(p Page, full bool) any {
	if !full {
		return completePage{side: side{Page: p}, Lacks: []string{"title"}}
	}
	edit := everyDetail(false)
	edit.Form.Add("guardian", "field.too_long", 120)
	return completePage{side: everySide(p), Form: edit.Form, Edit: edit, Roles: []Choice{{"head", "…"}}, Hosts: []Choice{{"", "…"}}}
}

func everyLegForm(p Page, full bool) any {
	if !full {
		return legPage{side: side{Page: p}}
	}
	form := FormOf("direction", "arrival", "kind", "boat")
	form.Add("kind", "field.choice")
	return legPage{side: everySide(p), Form: form, Leg: everyParts(p.Now).Legs[0].Leg, Members: everyMember(), PicksUp: true}
}

// everyStep is a step of each look.
func everyStep(now time.Time) []stepView {
	return []stepView{
		{Step: "nominate", Due: &now, Days: -1, Open: 1, Past: true, Late: true}, {Step: "complete", Due: &now, Days: 2, Open: 3}, {Step: "confirm"},
	}
}

var everyNeed = delegations.Needs{
	People: 4, Meals: []delegations.Tally{{Code: "halal", N: 2, Who: []locale.Name{longest.Called(), longest.Called()}}},
	Access: []delegations.Tally{{Code: "step_free", N: 1}}, Languages: []delegations.Tally{{Code: "de", N: 2}, {Code: "x-none", N: 1}},
}

// everyParts is all that the page of a delegation shows, on either side.
func everyParts(now time.Time) delegationParts {
	late, three, bound := now.Add(time.Hour), 3, 2
	leg := delegations.Leg{
		ID: ident.ID{15: 1}, Direction: "arrival", Kind: "flight", Number: "LH 728", From: "<Frankfurt>", To: "Pudong", PlannedAt: now, ActualAt: &late,
		Seats: &three, Note: "<note>", PickUp: "<bus>", Version: 2,
	}
	other := leg
	other.Direction, other.Kind, other.ActualAt, other.Seats = "departure", "car", nil, nil
	members := everyMember()
	return delegationParts{
		Base: "/delegation/t", Steps: everyStep(now), Places: []delegations.ClassPlaces{{Class: "press", Quota: &bound, Taken: 1}},
		Lacks: map[ident.ID][]string{members[2].ID: {"title", "guardian", "passport.expires_on"}}, Hosts: map[ident.ID]locale.Name{members[7].ID: members[0].Called()},
		Legs: []legView{{leg, []locale.Name{longest.Called()}}, {other, nil}}, Needs: &everyNeed, Ready: 2, Nominates: true,
		Completes: map[ident.ID]bool{members[2].ID: true}, Cares: true, Arranges: true, Travels: true, Stays: true, SeesAll: true, ConsentFix: true,
	}
}

// ofOfficer is a link by which somebody does everything for members.
func ofOfficer(l delegations.Link) delegations.Link {
	l.Role, l.Email, l.RemindedAt = accounts.Accreditation, "office@city.example", &l.CreatedAt
	return l
}
