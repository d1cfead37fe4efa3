package web

import (
	"net/url"
	"time"

	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// deskPages are the models of the review desk's views.
var deskPages = map[string]sample{
	"registrations/list":   deskSample,
	"registrations/show":   deskSample,
	"registrations/_queue": deskSample,
	"registrations/_one":   deskSample,
	"registrations/_keys":  deskSample,
	"registrations/merge": func(p Page, full bool) any {
		if !full {
			return mergePage{Page: p, Merge: delegations.Merge{First: delegations.Registration{Status: delegations.CheckedIn}, Second: delegations.Registration{Status: delegations.CheckedIn}}}
		}
		m := mergePage{Page: p, Form: FormOf("email", "second"), Merge: delegations.Merge{First: longest, Second: longest, Pair: delegations.Pair{Score: 100, Signs: []string{"document"}}}}
		for i, field := range delegations.MergeFields {
			m.Fields = append(m.Fields, delegations.Compared{Field: field, First: wordsFull, Second: locale.Text{}, Same: i%2 == 0 && field != "photo", Hidden: field == "birth" || field == "photo"})
		}
		m.Pictures[1] = "/console/e/files/f"
		return m
	},
}

func deskSample(p Page, full bool) any {
	if !full {
		return deskPage{Page: p, deskQueue: deskQueue{Counts: map[string]int{}}}
	}
	return fullDesk(p)
}

func fullDesk(p Page) deskPage {
	form, view := FormOf("reason", ""), FormOf("name", "")
	form.Add("reason", "registration.reason")
	view.Add("name", "field.required")
	waits := p.Now.Add(-50 * time.Hour)
	one, other := longest, longest
	one.ID, one.SubmittedAt, one.Unprintable, one.NameZHOpen = ident.ID{15: 1}, &waits, "𠮷 (U+20BB7)", true
	other.NameZHApprovedAt, other.NameZHApprovedBy = &waits, delegations.ByOfficer
	other.ID, other.Deciding, other.Duplicates, other.Namesake = ident.ID{15: 2}, "approve", 0, true
	rows, recent := []delegations.Registration{one, other}, []recentDecision{}
	for _, decision := range []string{"approve", "reject", "return"} {
		other.Deciding = decision
		rows = append(rows, other)
		d := delegations.Decision{Decision: decision, Items: 2, Applied: 1, Refused: 1, DueAt: p.Now, AppliedAt: &waits, By: wordsFull}
		recent = append(recent,
			recentDecision{Decision: delegations.Decision{Decision: decision, Items: 1, DueAt: p.Now, By: wordsFull}, Undoable: true},
			recentDecision{Decision: d, Failed: []delegations.Refusal{{Registration: longest, FaultKey: "registration.no_place"}}})
	}
	recent = append(recent, recentDecision{Decision: delegations.Decision{Decision: "approve", Items: 1, By: wordsFull}})
	var pairs []delegations.Duplicate
	for i, signs := range [][]string{{"document", "birth", "email", "name"}, {"birth", "name"}, {"document"}} {
		pairs = append(pairs, delegations.Duplicate{Pair: delegations.Pair{Score: 100, Signs: signs, Across: i == 2}, Other: longest})
	}
	pending := everyChange(delegations.Pending)
	pending.Fields = append(pending.Fields, delegations.Moved{Field: delegations.NameWish, To: "<no>"})
	return deskPage{
		Firms:   []firms.Likely{{NameEN: "<F>", Name: true, Credit: true, Domain: true, Granted: true, Takes: true}, {NameEN: "G"}},
		Pending: &pending, Changes: []changeView{pending, everyChange(delegations.Applied)}, Fields: []Choice{{"family_name", "…"}},
		Remarks: everyRemark, Answers: everyAnswer(p.Now), Replacing: &everySuccession(p).Substitution,
		Page: p, Form: form, Shown: true, Registration: one, Duplicates: pairs, Namesakes: []delegations.Registration{longest},
		Steps: []delegations.Step{
			{At: p.Now, From: "draft", To: delegations.Submitted, Actor: locale.Text{ZH: "访客", EN: "Guest"}},
			{At: p.Now, From: "draft", To: delegations.Cancelled, Actor: locale.Text{ZH: "访客", EN: "Guest"}, Reason: "@registration.because.merged F27-0001"},
		},
		Badge: heldBadge(p.Now, badges.Active), HasBadge: true, Picture: "/console/e/files/f", Lacks: true,
		Side: newSideBySide(delegations.Merge{First: other, Second: one, Pair: delegations.Pair{FirstID: other.ID, SecondID: one.ID, Score: 60, Signs: []string{"birth", "name"}}, Fields: []delegations.Compared{
			{Field: "name", First: wordsFull, Second: locale.Text{}}, {Field: "birth", Hidden: true, Same: true}, {Field: "email", First: wordsFull, Second: wordsFull, Same: true}, {Field: "phone"},
		}}, one.ID),
		deskQueue: deskQueue{
			Rows: rows, Total: 1000, Many: true, Begun: true, Next: 7, Status: "queue", Search: "<x>", Narrowed: []narrowing{{Name: "category", Text: "<Press>"}, {Name: "source", Key: "desk.source.web"}, {Name: "waiting", Key: "desk.waits_long.24"}},
			Asked:  url.Values{"q": {"<x>"}, "category": {"press"}, "waiting": {"24"}, "after": {"9"}},
			Counts: map[string]int{"queue": 2000, "duplicates": 2}, Capped: map[string]bool{"queue": true}, Categories: []Choice{{"press", "…"}}, Countries: []Choice{{"HU", "…"}}, Groups: []Choice{{"1", "…"}},
			Views:  []delegations.View{{ID: ident.ID{15: 3}, UserID: p.Actor.ID, Name: "<Press>", Query: "category=press&q=%3Cx%3E", Shared: true, Standard: true}, {UserID: ident.ID{15: 9}, Name: "Other", Query: "q=a"}},
			Recent: recent, ViewForm: view,
		},
	}
}
