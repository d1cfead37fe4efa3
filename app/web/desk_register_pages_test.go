package web

import (
	"qianshou/app/delegations"
)

// registerPages are the models of the views by which others register and move people.
var registerPages = map[string]sample{
	"registrations/new": func(p Page, full bool) any {
		if !full {
			return newPersonPage{Page: p}
		}
		edit := everyDetail(true)
		edit.Registration, edit.NoAddress = delegations.Registration{}, true
		form := edit.Form
		form.Add("firm", "registration.firm_not_there")
		return newPersonPage{Page: p, belongingChoices: everyBelonging, Edit: edit, Form: form}
	},
	"registrations/move": func(p Page, full bool) any {
		if !full {
			return movePage{Page: p}
		}
		form := FormOf("version", "3")
		form.Add("role", "constraint.registrations_one_head")
		form.Add("delegation", delegations.NoPlaceThere)
		return movePage{Page: p, belongingChoices: everyBelonging, Form: form, Registration: longest, Badge: "B-00417"}
	},
	"firms/person_edit": func(p Page, full bool) any {
		if !full {
			return firmPersonEditPage{linkPage: linkPage{Page: p}}
		}
		edit := everyDetail(false)
		edit.OfFirm = yongling.Name
		return firmPersonEditPage{linkPage: linkPage{Page: p, Own: "/firm/t"}, Firm: yongling, Edit: edit}
	},
	"firms/person": func(p Page, full bool) any {
		if !full {
			return firmPersonPage{linkPage: linkPage{Page: p}}
		}
		edit := everyDetail(false)
		edit.OfFirm = yongling.Name
		return firmPersonPage{linkPage: linkPage{Page: p, Own: "/firm/t"}, Firm: yongling, Edit: edit, Form: edit.Form, Categories: []Choice{{"firm", "…"}}}
	},
}

var everyBelonging = belongingChoices{
	Categories: []Choice{{"staff", "…"}}, Groups: []Choice{{"", "…"}}, Roles: []Choice{{"", "…"}, {"head", "…"}}, Firms: []Choice{{"", "…"}}, ByRole: "=member head=head",
}
