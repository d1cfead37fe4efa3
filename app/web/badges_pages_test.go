package web

import (
	"time"

	"qianshou/app/badges"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// badgePages are the models of the badges' views.
var badgePages = map[string]sample{
	"badges/list": func(p Page, full bool) any {
		if !full {
			return badgesPage{Page: p, Show: "living"}
		}
		m := badgesPage{
			Page: p, Total: 2, Show: "living", Printable: true, Pager: Pager{From: 1, To: 2, Total: 2}, Form: FormOf("q", "<x>", "category", "firm"),
			Categories: []Choice{{"", "…"}, {"firm", "…"}}, Delegations: []Choice{{"", "…"}, {"1", "D01"}},
			Prints: []badges.Print{{At: p.Now, By: "Staff", Layout: badges.FourUp, Badges: make([]ident.ID, 2)}},
		}
		for _, show := range append(badges.Shows, "all") {
			m.Shows = append(m.Shows, badgeShow{Name: show, URL: "?show=" + show, Count: 2})
		}
		m.Rows = []badges.Held{{Badge: heldBadge(p.Now, badges.Active), Holder: longestHolder}, {Badge: badges.Badge{State: badges.Revoked}, Holder: longestHolder}}
		return m
	},
	"badges/show": func(p Page, full bool) any {
		if !full {
			return badgePage{Page: p}
		}
		form := FormOf("reason", "")
		form.Add("reason", "field.required")
		return badgePage{Page: p, Form: form, Badge: heldBadge(p.Now, badges.Active), Holder: longestHolder, Unprintable: "𠮷", Does: []string{"suspend", "release", "reissue", "revoke"}, Do: "revoke"}
	},
	"badges/back": func(p Page, full bool) any {
		if !full {
			return badgeBackPage{Page: p}
		}
		form := FormOf("emergency", "12")
		form.Add("emergency", "field.phone")
		return badgeBackPage{Page: p, Form: form}
	},
}

func heldBadge(at time.Time, state badges.State) badges.Badge {
	return badges.Badge{Serial: "B-00060-R1", BadgeType: "BIZ", State: state, StateReason: "lost", IssuedAt: at, ValidFrom: at, ValidTo: at, PrintedAt: &at}
}

var longestHolder = badges.Holder{
	Reference: longest.Reference, GivenName: longest.GivenName, FamilyName: longest.FamilyName, NameNative: "Максимилијан", NameZH: longest.NameZH,
	Category: longest.Category, Type: locale.Text{ZH: "企业代表", EN: "Business"}, Delegation: longest.Delegation,
}
