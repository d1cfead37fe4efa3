package web

import (
	"qianshou/app/delegations"
	"qianshou/app/kit/locale"
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
		return memberEditPage{linkPage: linkPage{Page: p, Own: "/delegation/t"}, Delegation: delegations.Delegation{Name: wordsFull}, Edit: edit}
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

// everyDetail is the form with everything in it: refused, with fields that the
// desk asked for, and a change that waits.
func everyDetail(desk bool) detailsForm {
	form := FormOf("family_name", "Аnna", "version", "3", "access_needs", "step_free")
	form.Add("family_name", "registration.not_latin", "А")
	r := longest
	r.Status, r.Requested, r.StatusReason = delegations.Returned, "family_name,access_needs,lang", "<look>"
	return detailsForm{
		Form: form, Registration: r, Desk: desk, Asks: "…", Countries: []Choice{{"", "…"}, {"DE", "…"}}, Sexes: []Choice{{"", "…"}},
		MealPlans: []Choice{{"none", "…"}}, Needs: []Choice{{"step_free", "…"}},
		Details: delegations.Details{PassportMask: "••••0060", BornKnown: true, Pending: &delegations.Change{}},
	}
}

// everyChange is a change in words, of a state.
func everyChange(state delegations.ChangeState) changeView {
	return changeView{
		Change: delegations.Change{State: state, Actor: locale.Text{ZH: "访客", EN: "Guest"}, Reason: "<why>", Fields: []delegations.Moved{{Field: "birth_date"}}},
		Moved:  []movedField{{"Title", "", "<Mayor>"}, {"Family name", "Réti", ""}},
	}
}
