package web

import (
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
)

// projectPages are the models of the views of signed projects.
var projectPages = map[string]sample{
	"projects/list": func(p Page, full bool) any {
		if !full {
			return projectsPage{Page: p, Filter: projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent}}, Sort: "-signed", Heads: map[string]string{}}
		}
		merged, undisclosed := plantSample(p.Now), plantSample(p.Now)
		merged.MergedInto.Valid, merged.MergedCode = true, "P003"
		undisclosed.Total, undisclosed.Undisclosed, undisclosed.CityName = decimal.NullDecimal{}, "…", locale.Text{}
		sum := projects.Sum{Count: 2, USD: decimal.NewFromInt(217_130_000)}
		m := projectsPage{
			Page: p, Sort: "amount", Wide: true, Pager: Pager{From: 1, To: 3, Total: 3},
			List:    projects.List{Rows: []projects.Project{plantSample(p.Now), merged, undisclosed}, Total: 3, All: sum, Contracts: sum},
			Filter:  projects.Filter{Scope: projects.Scope{Kind: projects.OfYear, Year: 2027}, Reached: projects.ReachLanded, Verified: true, Having: projects.HavingPaidIn, Kind: projects.Investment, Search: `"<x>`},
			Options: projectOptions{Years: []int{2027}, Countries: []Choice{{"SK", "…"}}, Sectors: []Choice{{"AUTO", "…"}}, Districts: []Choice{{"330226", "…"}}},
		}
		m.filters(wordsOfTests)
		return m
	},
	"projects/show": projectSample,
	"projects/edit": func(p Page, full bool) any {
		words := func(key string, args ...any) string { return wordsOfTests.T(p.Lang, key, args...) }
		if !full {
			return projectFormPage{Page: p, words: words}
		}
		form := formOfProject(plantSample(p.Now))
		form.Add("currency", "projects.old_rate", "EUR", "2027-05-01", "2027-06-09")
		return projectFormPage{Page: p, Form: form, Project: plantSample(p.Now), words: words, Options: projectOptions{Firms: []Choice{{"1", "…"}}}}
	},
	"projects/rates": func(p Page, full bool) any {
		if !full {
			return ratesPage{Page: p}
		}
		form := FormOf("currency", "euro")
		form.Add("currency", "projects.currency")
		return ratesPage{Page: p, Form: form, Edit: true, Rates: []projects.Rate{{On: p.Now, Currency: "EUR", Units: 100, CNY: decimal.RequireFromString("785"), Source: "…"}}}
	},
}

// plantSample is a project with everything that one can have.
func plantSample(now time.Time) projects.Project {
	amount := func(s string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(s)) }
	return projects.Project{
		ID: ident.ID{15: 1}, Code: "P003", EventID: forum.ID, Event: projects.EventName{Slug: forum.Slug, Title: forum.Title}, Name: wordsFull,
		Kind: projects.Investment, Direction: "outbound", Document: projects.Contract, SectorName: wordsFull, DistrictName: wordsFull, FirmCode: "F003", Firm: wordsFull,
		PartnerName: "Slovenské <diely>", CityName: wordsFull, CountryName: wordsFull, SignedOn: now, Currency: "EUR", Total: amount("36000000"),
		Contracted: amount("0"), Share: amount("51"), PaidIn: amount("9000000"), VerifiedPaidIn: amount("4000000"),
		Rate:  projects.FrozenRate{On: &now, Units: amount("100"), CNY: amount("785"), CNYPerUSD: amount("6.9"), Source: "…"},
		Stage: projects.Landed, VerifiedStage: "contract", Visibility: "internal", Note: "…", Version: 3,
	}
}

// projectSample is a project of which everything was reported, with a form
// open: a report in Chinese, a merge in English.
func projectSample(p Page, full bool) any {
	words := func(key string, args ...any) string { return wordsOfTests.T(p.Lang, key, args...) }
	if !full {
		return projectPage{Page: p, words: words}
	}
	plant := plantSample(p.Now)
	at := p.Now
	d := projects.Detail{
		Project:     plant,
		Appearances: []projects.Appearance{{Event: plant.Event, Role: "signed", Primary: true}, {Event: plant.Event, Role: "upgraded"}},
		Duplicates:  []projects.Project{plant}, Similar: []projects.Project{plant},
	}
	for i, verdict := range []projects.Verdict{projects.Verified, projects.Disputed, projects.Reported} {
		d.Stages = append(d.Stages, projects.StageEvent{
			ID: ident.ID{15: byte(i + 1)}, Stage: projects.Landed, On: at, Evidence: "business_licence", EvidenceRef: "EVD", PaidIn: plant.PaidIn, Currency: "EUR",
			Correction: true, Note: "<b>", Reporter: wordsFull, ReportedAt: at, Verdict: verdict, Checker: wordsFull, CheckedAt: &at, CheckNote: "…",
		})
	}
	d.Stages[2].Reason, d.Stages[2].Checker, d.Stages[2].CheckNote = "market", locale.Text{}, ""
	form := FormOf("evidence_ref", "", "check_note", `"`)
	form.Add("evidence_ref", "field.required")
	m := projectPage{Page: p, Project: d, Form: form, Doing: "report", Stage: projects.Terminated, Check: d.Stages[1].ID, words: words}
	if p.Lang == locale.EN {
		m.Doing = "merge"
	}
	return m
}
