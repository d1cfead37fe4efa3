package web

import (
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
)

type statisticsPage struct {
	Page
	Statistics projects.Statistics
	Say        []saying // the reader's language first
	Scopes     []filterLink
	Years      []filterLink
	Pairs      []pairRow
	Rates      []ratioRow
	Funnel     []chartRow
	Charts     []chart
	History    historyTable
}

// historyTable is what a series reached before this program counted it.
type historyTable struct {
	Years       []historyRow
	First, Last int
	Sum         events.SeriesYear
}

type historyRow struct {
	events.SeriesYear
	Wide string
}

// saying is the sentence that a report opens with, in one language.
type saying struct {
	Lang      locale.Lang
	Sentences []projects.Sentence
}

// pairRow is all documents, or contracts only.
type pairRow struct {
	Key   string
	Cells []figureCell
}

// figureCell is a figure as it is shown, and the list that it counts.
type figureCell struct {
	Key, Text, URL string
}

type ratioRow struct {
	Key, Part, Of, Share string
	URL, OfURL           string
}

// chart is a breakdown as a table with a bar in each line.
type chart struct {
	By   string
	Rows []chartRow
	All  chartRow
}

// chartRow is a line of a chart: two figures that stand side by side, and how
// far their bars reach.
type chartRow struct {
	Name                  string
	First, Second         figureCell // counts
	FirstUSD, SecondUSD   string     // amounts, under a head that names the unit
	FirstWide, SecondWide string     // 62.50%
}

func (s *Server) statistics(c *fiber.Ctx) error {
	scope := projectScope(c)
	if scope.AsOf.IsZero() {
		scope.AsOf = dayOf(s.Now().In(event(c).Zone))
	}
	st, err := s.Projects.Statistics(c.UserContext(), actor(c), scope)
	if err != nil {
		return err
	}
	years, err := s.Projects.Years(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	p := newStatisticsPage(s.page(c), st, years, s.words)
	if scope.Kind == projects.OfSeries {
		e, err := s.Events.ByID(c.UserContext(), scope.EventID)
		if err != nil {
			return err
		}
		history, err := s.Events.SeriesHistory(c.UserContext(), e.SeriesID)
		if err != nil {
			return err
		}
		p.History = newHistory(history)
	}
	return s.render(c, "statistics/show", p)
}

// dayOf is the date of an instant in its zone, as midnight UTC.
func dayOf(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Chosen tells whether the figures are of another day than today.
func (m statisticsPage) Chosen() bool {
	return !m.Statistics.Scope.AsOf.IsZero() && !m.Statistics.Scope.AsOf.Equal(dayOf(m.Now))
}

func newStatisticsPage(p Page, st projects.Statistics, years []int, words *locale.Catalogue) statisticsPage {
	m := statisticsPage{Page: p, Statistics: st}
	for _, l := range []locale.Lang{p.Lang, p.Lang.Other()} {
		m.Say = append(m.Say, saying{l, st.Summary(words, l)})
	}
	here, day := p.Console()+"/statistics", ""
	if m.Chosen() { // the day stays when the scope changes; today is said by nothing
		day = "&" + asOfField + "=" + locale.ISO(st.Scope.AsOf)
	}
	for _, k := range projects.ScopeKinds {
		if k != projects.OfEvent && !p.Actor.May(accounts.SeeStatistics, ident.Nil) {
			continue
		}
		m.Scopes = append(m.Scopes, filterLink{words.T(p.Lang, "statistics.scope."+string(k)), here + "?scope=" + string(k) + day, k == st.Scope.Kind})
	}
	if st.Scope.Kind == projects.OfYear {
		for _, y := range years {
			q := url.Values{"scope": {string(projects.OfYear)}, "year": {strconv.Itoa(y)}}
			m.Years = append(m.Years, filterLink{strconv.Itoa(y), here + "?" + q.Encode() + day, y == st.Scope.Year})
		}
	}
	m.Pairs = []pairRow{
		m.pairRow("all", func(p projects.Pair) projects.Figure { return p.All }),
		m.pairRow("contracts", func(p projects.Pair) projects.Figure { return p.Contracts }),
	}
	for _, r := range []struct {
		key string
		projects.Ratio
	}{{"landing", st.Landed}, {"performance", st.Performed}, {"start", st.Started}, {"arrival", st.Arrived}} {
		m.Rates = append(m.Rates, m.ratioRow(r.key, r.Ratio))
	}
	m.Funnel = m.funnel(words)
	for _, b := range st.By {
		m.Charts = append(m.Charts, m.chart(b, words))
	}
	return m
}

func newHistory(years []events.SeriesYear) (h historyTable) {
	longest := decimal.Zero
	for _, y := range years {
		longest = decimal.Max(longest, y.TotalUSD)
	}
	for i, y := range years {
		if i == 0 {
			h.First = y.Year
		}
		h.Last = y.Year
		h.Years = append(h.Years, historyRow{y, wide(y.TotalUSD, longest)})
		h.Sum.Editions += y.Editions
		h.Sum.Firms += y.Firms
		h.Sum.Projects += y.Projects
		h.Sum.TotalUSD = h.Sum.TotalUSD.Add(y.TotalUSD)
		h.Sum.Definition = y.Definition
	}
	return h
}

// MergedURL, CheckingURL and UndisclosedURL lead to the rows that stand beside
// the totals.
func (m statisticsPage) MergedURL() string      { return m.link(m.Statistics.Merged) }
func (m statisticsPage) CheckingURL() string    { return m.link(m.Statistics.Checking) }
func (m statisticsPage) UndisclosedURL() string { return m.link(m.Statistics.Undisclosed.All) }

func (m statisticsPage) link(f projects.Figure) string {
	return projectsURL(m.Console(), projectQuery(f.Filter))
}

func (m statisticsPage) count(key string, f projects.Figure) figureCell {
	return figureCell{key, locale.Number(int64(f.Count)), m.link(f)}
}

func (m statisticsPage) pairRow(key string, side func(projects.Pair) projects.Figure) pairRow {
	total, contracted, paid := side(m.Statistics.Totals), side(m.Statistics.Contracted), side(m.Statistics.PaidIn)
	return pairRow{key, []figureCell{
		m.count("projects", total),
		{"firms", locale.Number(int64(total.Firms)), m.link(total)},
		{"total_usd", locale.Millions(total.USD), m.link(total)},
		{"total_cny", locale.Millions(total.CNY), m.link(total)},
		{"contracted_usd", locale.Millions(contracted.USD), m.link(contracted)},
		{"paid_in_usd", locale.Millions(paid.USD), m.link(paid)},
	}}
}

func (m statisticsPage) ratioRow(key string, r projects.Ratio) ratioRow {
	row := ratioRow{Key: key, Part: locale.Number(int64(r.Part.Count)), Of: locale.Number(int64(r.Of.Count)), URL: m.link(r.Part), OfURL: m.link(r.Of)}
	if r.Amounts {
		row.Part, row.Of = locale.Millions(r.Part.USD), locale.Millions(r.Of.USD)
	}
	if share, ok := r.Share(); ok {
		row.Share = locale.Percent(share)
	}
	return row
}

// wide is how far a bar reaches of the longest one.
func wide(part, longest decimal.Decimal) string {
	if !longest.IsPositive() {
		return "0%"
	}
	return part.Shift(2).Div(longest).StringFixed(2) + "%"
}

func (m statisticsPage) funnel(words *locale.Catalogue) (rows []chartRow) {
	longest := decimal.NewFromInt(int64(m.Statistics.Investments.Count))
	for _, r := range m.Statistics.Funnel {
		key := "statistics.funnel.contracts"
		if r.Reach != "" {
			key = "statistics.funnel." + string(r.Reach)
		}
		rows = append(rows, chartRow{
			Name: words.T(m.Lang, key), First: m.count("reported", r.Reported), Second: m.count("verified", r.Verified),
			FirstWide: wide(decimal.NewFromInt(int64(r.Reported.Count)), longest), SecondWide: wide(decimal.NewFromInt(int64(r.Verified.Count)), longest),
		})
	}
	return rows
}

func (m statisticsPage) chart(b projects.Breakdown, words *locale.Catalogue) chart {
	prefix := map[string]string{"stage": "state.project.", "kind": "projects.kind.", "direction": "projects.direction."}[b.By]
	longest := decimal.Zero
	for _, r := range b.Rows {
		longest = decimal.Max(longest, r.All.USD)
	}
	c := chart{By: b.By, All: m.chartRow("", m.Statistics.Totals, longest)}
	for _, r := range b.Rows {
		name := r.Name.In(m.Lang)
		if prefix != "" {
			name = words.T(m.Lang, prefix+r.Code)
		}
		c.Rows = append(c.Rows, m.chartRow(name, r.Pair, longest))
	}
	return c
}

func (m statisticsPage) chartRow(name string, p projects.Pair, longest decimal.Decimal) chartRow {
	return chartRow{
		Name: name, First: m.count("all", p.All), Second: m.count("contracts", p.Contracts),
		FirstUSD: locale.Millions(p.All.USD), SecondUSD: locale.Millions(p.Contracts.USD),
		FirstWide: wide(p.All.USD, longest), SecondWide: wide(p.Contracts.USD, longest),
	}
}
