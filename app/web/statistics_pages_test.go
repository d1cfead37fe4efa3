package web

import (
	"io/fs"

	"github.com/shopspring/decimal"

	"qianshou/app/events"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
	"qianshou/views"
)

// wordsOfTests are the catalogues, for models that speak.
var wordsOfTests = func() *locale.Catalogue {
	sub, err := fs.Sub(views.FS, "locales")
	if err != nil {
		panic(err)
	}
	words, err := locale.Load(sub, nil)
	if err != nil {
		panic(err)
	}
	return words
}()

// statisticsPages are the models of the views of statistics.
var statisticsPages = map[string]sample{
	"statistics/show": func(p Page, full bool) any {
		if !full {
			return newStatisticsPage(p, projects.Statistics{Scope: projects.Scope{Kind: projects.OfYear, Year: 2027}}, nil, wordsOfTests)
		}
		one := projects.Figure{Sum: projects.Sum{Count: 1, USD: decimal.NewFromInt(1_234_567), CNY: decimal.NewFromInt(8_518_512)}, Firms: 1}
		both := projects.Pair{All: one, Contracts: one}
		ratio := projects.Ratio{Part: one, Of: one}
		st := projects.Statistics{
			Scope: projects.Scope{Kind: projects.OfYear, Year: 2027}, Rows: 3, Merged: one, Totals: both, Contracted: both, PaidIn: both, Undisclosed: both,
			Investments: one, Landed: ratio, Started: ratio, Performed: ratio, Arrived: projects.Ratio{Part: one, Of: one, Amounts: true},
			Funnel: []projects.Rung{{Reported: one, Verified: one}, {Reach: projects.ReachLanded, Reported: one}}, Checking: one, Latest: p.Now,
		}
		for by, code := range map[string]string{"country": "SK", "stage": "landed", "kind": "rd", "direction": "two_way"} {
			st.By = append(st.By, projects.Breakdown{By: by, Rows: []projects.Row{{Code: code, Name: wordsFull, Pair: both}, {Code: code}}})
		}
		m := newStatisticsPage(p, st, []int{2027, 2026}, wordsOfTests)
		m.History = newHistory([]events.SeriesYear{{Year: 2008, Editions: 1, Firms: 86, Projects: 11, TotalUSD: decimal.NewFromInt(312_000_000), Definition: "…"}})
		return m
	},
}
