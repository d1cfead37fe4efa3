package web

import (
	"html/template"
	"time"

	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
)

// longest is the demo's longest name, with everything a registration can have.
var longest = delegations.Registration{
	Reference: "F27-0060", Status: delegations.Submitted, GivenName: "Maximilian-Alexander", FamilyName: "von Schwarzenfels-Hohenberg",
	NameNative: "Maximilian-Alexander von Schwarzenfels-Hohenberg", NameZH: "马克西米利安-亚历山大·冯·施瓦岑费尔斯-霍恩贝格",
	Category: locale.Text{ZH: "团员", EN: "Member"}, Delegation: locale.Text{ZH: "德国亚琛市代表团", EN: "Delegation of Aachen"},
	Country: locale.Text{ZH: "德国", EN: "Germany"}, Organisation: "<Foundation>", TitleEN: "Chair", Lang: "en", Role: "member", Firm: locale.Text{ZH: "宁波<企业>", EN: "Ningbo <firm>"}, Email: "m060@delegate.example", Duplicates: 1, StatusReason: "…",
}

var guestPages = map[string]sample{
	"public/home": func(p Page, full bool) any {
		if !full {
			return homePage{Page: p}
		}
		return homePage{Page: p, Events: []EventHead{forum}}
	},
	"public/event": func(p Page, full bool) any {
		if !full {
			return eventPage{Page: p}
		}
		item := agenda.Item{Title: forum.Title, StartsAt: p.Now, EndsAt: p.Now.Add(time.Hour)}
		stop := events.Stop{Name: forum.Place, StartsOn: forum.FirstDay, EndsOn: forum.LastDay}
		return eventPage{
			Page: p, Summary: forum.Title, Demo: true, Open: true, OnNow: []agenda.Item{item}, Next: []agenda.Item{item},
			Delegations: []delegations.Delegation{{City: locale.Text{ZH: "瓦尔纳", EN: "Varna"}, Country: locale.Text{ZH: "保加利亚", EN: "Bulgaria"}, Native: "Варна"}},
			Tracks:      []events.Track{{Name: forum.Title}}, Stops: []events.Stop{stop, stop}, Hero: hero(2, 1), Closes: &seen,
			Days: []shortDay{{At: p.Now, Stop: forum.Place, Items: []shortItem{{item, true}}}},
		}
	},
	"public/register": func(p Page, full bool) any {
		if !full {
			return registerPage{Page: p}
		}
		form := FormOf("family_name", "Аnna", "category", "firm")
		form.Add("family_name", "registration.not_latin", "А")
		form.Add("consent", "field.consent")
		return registerPage{Page: p, Form: form, Categories: []Choice{{"firm", "…"}}, Countries: []Choice{{"", "…"}, {"HU", "…"}}, Questions: everyQuestion(p.Lang)}
	},
	"me/show": func(p Page, full bool) any {
		if !full {
			return mePage{Page: p}
		}
		r := longest
		r.Status = delegations.BadgeIssued
		replaced := everySuccession(p).Substitution
		replaced.State, replaced.DecidedAt = "done", &p.Now
		pending, refused := everyChange(delegations.Pending), everyChange(delegations.Refused)
		return mePage{Pending: &pending, Refused: &refused, Page: p, Registration: r, Badge: badges.Badge{Serial: "B-00060", Token: "QS"}, HasBadge: true, QR: template.HTML("<svg></svg>"), Token: "t", Rung: 3, Head: forum, Until: p.Now, Meetings: ownMeetings(r, appointments(p.Now), p.Now), Papers: everyPaper(p), Remarks: everyRemark, Rendering: everyRendering(p, false), Answers: everyAnswer(p.Now), Replacing: &replaced}
	},
	"console/overview": func(p Page, full bool) any {
		item := agenda.Item{Title: forum.Title, StartsAt: p.Now, EndsAt: p.Now.Add(time.Hour)}
		return overviewPage{
			Page: p, Counts: map[string]int{"queue": 7}, Delegations: 12, Open: []openThing{{"overview.open.replacements", 1, "/x"}, {"overview.open.letters", 2, "/y"}}, OnNow: []agenda.Item{item}, Next: []agenda.Item{item},
			Zones: []doors.ZoneCount{{Name: forum.Place, Inside: 3, Capacity: 10}}, Plan: &matchmaking.Plan{Placed: 89, Requested: 92}, Projects: &projects.List{},
		}
	},
}
