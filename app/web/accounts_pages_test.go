package web

import (
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

var accountPages = map[string]sample{
	"accounts/signin": func(p Page, full bool) any {
		if !full {
			return signInPage{Page: p}
		}
		form := FormOf("email", "owner@demo.example")
		form.Refused(fault.New(fault.Invalid, "signin.wrong"))
		return signInPage{Page: p, Form: form, Return: "/console", Demo: true}
	},
	"accounts/list": func(p Page, full bool) any {
		if !full {
			return accountsPage{Page: p}
		}
		form := FormOf("email", "x", "role", "analyst")
		form.Add("email", "field.email")
		gone := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
		last := FormOf()
		last.Refused(fault.New(fault.Conflict, "accounts.last_owner"))
		return accountsPage{Page: p, Form: form, Switch: last, Roles: accounts.Roles, List: []accounts.Account{
			{ID: p.Actor.ID, Email: "owner@demo.example", NameZH: "林舒", NameEN: "Lin Shu", Grants: []accounts.Grant{{Role: accounts.Owner}, {Role: accounts.Auditor}}},
			{ID: ident.New(), Email: "active@demo.example", NameZH: "李安", NameEN: "Li An", Grants: []accounts.Grant{{Role: accounts.Analyst}}},
			{ID: ident.New(), Email: "gone@demo.example", NameZH: "周岚", NameEN: "Zhou Lan", DisabledAt: &gone},
		}}
	},
	"accounts/audit": func(p Page, full bool) any {
		if !full {
			return auditPage{Page: p}
		}
		return auditPage{Page: p, Older: "?before=1", Entries: []auditRow{
			{
				At: p.Now, Who: locale.Text{ZH: "林舒", EN: "Lin Shu"}, Kind: "user", What: "…", Object: auditObject{"…", "F27-0148", longest.Called(), "/"}, Reason: "…",
				Changes: []auditChange{{"…", "", "<x>"}, {"…", "1", "2"}},
			},
			{At: p.Now, Kind: "system", What: "…", Object: auditObject{Kind: "…"}, Changes: make([]auditChange, fewChanges+1)},
		}}
	},
	"console/home": func(p Page, full bool) any {
		if !full {
			return consoleHomePage{Page: p}
		}
		return consoleHomePage{Page: p, Events: []EventHead{forum}, Begins: true}
	},
}
