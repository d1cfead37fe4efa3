package web

import (
	"qianshou/app/agenda"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/privacy"
)

// editPages are the models of the views by which registrations are changed.
var editPages = map[string]sample{
	"me/edit": func(p Page, full bool) any {
		if !full {
			return meEditPage{Page: p}
		}
		return meEditPage{Page: p, Token: "t", Head: forum, Edit: everyDetail(false)}
	},
	"delegations/edit": func(p Page, full bool) any {
		if !full {
			return memberEditPage{linkPage: linkPage{Page: p}}
		}
		edit := everyDetail(false)
		edit.Registration.Status, edit.Form = delegations.BadgeIssued, FormOf("version", "3")
		return memberEditPage{linkPage: linkPage{Page: p, Own: "/delegation/t"}, Delegation: delegations.Delegation{Name: wordsFull}, Edit: edit, Rendering: everyRendering(p, true)}
	},
	"registrations/edit": func(p Page, full bool) any {
		if !full {
			return editRegistrationPage{Page: p}
		}
		edit := everyDetail(true)
		edit.Form = FormOf("version", "3")
		return editRegistrationPage{Page: p, Edit: edit}
	},
}

// substitutionPages are the models of the views by which people change places.
var substitutionPages = map[string]sample{
	"delegations/substitute": func(p Page, full bool) any { return everyStand(p, full, false) },
	"delegations/stand": func(p Page, full bool) any {
		if !full {
			return standPart{Page: p}
		}
		stand := everyStand(p, true, true).(standPart)
		stand.Own = true
		return stand
	},
	"me/data": func(p Page, full bool) any {
		if !full {
			return myDataPage{Page: p}
		}
		form := FormOf("kind", "burn", "wish", "<x>")
		form.Add("kind", "field.choice")
		return myDataPage{
			Page: p, Token: "t", Head: forum, Form: form, Kinds: []Choice{{"rectify", "…"}, {"erase", "…"}},
			Data:     heldData{Sections: []dataSection{{"person", "…", []dataRow{{"email", "…", "<m@city.example>"}}}, {"doors", "…", nil}}},
			Requests: everyRequest(p),
		}
	},
	"public/link": func(p Page, full bool) any {
		form := FormOf("email", "<x>")
		form.Add("email", "field.email")
		if !full {
			form = Form{}
		}
		return renewPage{Page: p, Form: form}
	},
	"delegations/substitution": func(p Page, full bool) any {
		if !full {
			return substitutionPage{Page: p}
		}
		form := FormOf("reason", "")
		form.Add("reason", "registration.reason")
		return substitutionPage{Page: p, Form: form, Substitution: everySuccession(p).Substitution, Delegation: delegations.Delegation{Name: wordsFull}, Preview: everySuccession(p)}
	},
}

// everyRemark is a remark in words.
var everyRemark = []remarkLine{{"name_zh", "<Name>", "<odd>"}}

// everyRendering is a Chinese rendering that nobody approved, with a wish that was
// refused and one that waits.
func everyRendering(p Page, officer bool) renderingPart {
	form := FormOf("name_zh_wish", "<x>")
	form.Add("name_zh_wish", "names.wish_empty")
	r := longest
	r.Status = delegations.BadgeIssued
	return renderingPart{Page: p, Asking: form, Base: "/me/t", Of: r, Officer: officer, Wished: "<no>"}
}

// everyRequest is one request of each kind and state.
func everyRequest(p Page) []privacy.Request {
	return []privacy.Request{
		{ID: ident.ID{15: 1}, Kind: "erase", State: "open", At: p.Now, Reference: "F27-0060", Held: true}, {ID: ident.ID{15: 2}, Kind: "rectify", State: "open", Wish: "<wrong>", At: p.Now},
		{ID: ident.ID{15: 3}, Kind: "rectify", State: "refused", Note: "<no>", DecidedBy: "Desk", At: p.Now}, {ID: ident.ID{15: 4}, Kind: "export", State: "done", At: p.Now}, {ID: ident.ID{15: 5}, Kind: "erase", State: "withdrawn", At: p.Now},
	}
}

func everyStand(p Page, full, asks bool) any {
	if !full {
		return standPart{Page: p}
	}
	form := FormOf("to", "new", "as_rank", "king") // of somebody new
	form.Add("as_rank", "field.choice")
	return standPart{
		Page: p, Form: form, Gone: longest, Choices: []Choice{{"", "…"}, {"new", "…"}}, Countries: []Choice{{"", "…"}}, Preview: everySuccession(p),
		Typed: []Choice{{"to", "<new>"}}, Asks: asks, Back: "/b",
	}
}

// everySuccession changes all that a substitution can.
func everySuccession(p Page) *succession {
	gone, after := longest, longest
	gone.Role, gone.Status = "head", delegations.BadgeIssued
	after.Role, after.Status = "head", delegations.BadgeIssued
	return &succession{
		Succession: delegations.Succession{
			Substitution: delegations.Substitution{AsRank: "own", State: "asked", Note: "<why>", From: gone.Called(), To: after.Called(), AskedAt: p.Now},
			Gone:         gone, Deputy: longest, After: after, Issued: delegations.Issued{Serial: "B-00060-R1"}, Order: everyMember(), Officers: []string{"<Ana>"},
		},
		Dies: []string{"B-00060", "B-00061"}, Parts: []agenda.Part{{Session: agenda.Session{Title: wordsFull, StartsAt: p.Now}, Part: "speaker"}},
		Meetings: ownMeetings(delegations.Registration{DelegationID: ident.ID{15: 1}}, appointments(p.Now), p.Now), Firms: []locale.Text{wordsFull},
	}
}

// everyDetail is the form with everything in it: refused, with fields that the
// desk asked for, and a change that waits.
func everyDetail(desk bool) detailsForm {
	form := FormOf("family_name", "Аnna", "version", "3", "access_needs", "step_free")
	form.Add("family_name", "registration.not_latin", "А")
	form.remarks = []delegations.Remark{{Field: "name_zh", Key: "remark.unprintable", Args: []any{"<𠮷> (U+20BB7)"}}}
	r := longest
	r.Status, r.Requested, r.StatusReason = delegations.Returned, "family_name,access_needs,lang", "<look>"
	return detailsForm{
		Form: form, Registration: r, Desk: desk, Asks: "…", Addresses: desk, Proposed: map[string]string{"en": "<Mayor>"}, Hints: map[string]string{"en": "<Mayor>", "zh": "…"},
		Titles: titleOffers{EN: []Offer{{"<Mayor>", "市长"}}, ZH: []Offer{{"市长", "<Mayor>"}}}, Countries: []Choice{{"", "…"}, {"DE", "…"}}, Sexes: []Choice{{"", "…"}},
		MealPlans: []Choice{{"none", "…"}}, Needs: []Choice{{"step_free", "…"}},
		Details: delegations.Details{PassportMask: "••••0060", BornKnown: true, Pending: &delegations.Change{}},
	}
}

// everyChange is a change in words, of a state.
func everyChange(state delegations.ChangeState) changeView {
	return changeView{
		Change: delegations.Change{State: state, Actor: locale.Text{ZH: "访客", EN: "Guest"}, Reason: "<why>", Fields: []delegations.Moved{{Field: "birth_date"}}},
		Moved:  []movedField{{Field: "Title", To: "<Mayor>"}, {Field: "Family name", From: "Réti"}, {Field: "Photo", To: "…", Picture: "/p"}, {Field: "Portfolio", From: "<a>.pdf", To: "<b>.pdf", File: "/f"}},
	}
}
