package demo

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
	"qianshou/app/projects"
	"qianshou/views"
)

// ledger loads the demo's projects with what they stand on.
func ledger(t *testing.T) (*projects.Service, *codes) {
	t.Helper()
	db := storetest.New(t)
	s := Services{Events: events.New(db, Registering, ident.New), Firms: firms.New(db, Registering, ident.New), Projects: projects.New(db, Reviewed, ident.New)}
	c := newCodes()
	if err := loadEvents(t.Context(), s, c); err != nil {
		t.Fatal(err)
	}
	if err := loadFirms(t.Context(), s, c); err != nil {
		t.Fatal(err)
	}
	if err := loadProjects(t.Context(), s.Projects, c.Events, c.Firms); err != nil {
		t.Fatal(err)
	}
	return s.Projects, c
}

// golden is a line of the figures that the demo's data must give.
type golden struct {
	Rows, Counted, Contracts         int
	AllUSD, ContractsUSD             string
	Investments, Landed, LandedSurer int
}

func goldenOf(st projects.Statistics) golden {
	landed := st.Funnel[1]
	return golden{
		Rows: st.Rows, Counted: st.Totals.All.Count, Contracts: st.Totals.Contracts.Count,
		AllUSD: locale.Millions(st.Totals.All.USD), ContractsUSD: locale.Millions(st.Totals.Contracts.USD),
		Investments: st.Investments.Count, Landed: landed.Reported.Count, LandedSurer: landed.Verified.Count,
	}
}

func TestGoldenFigures(t *testing.T) {
	t.Parallel()
	s, c := ledger(t)
	for name, want := range map[string]golden{
		"EV-NBW-2026":   {10, 9, 7, "69.27", "68.75", 2, 1, 1},
		"EV-FORUM-2027": {21, 20, 13, "217.13", "185.22", 6, 5, 4},
		"EV-NBW-2027":   {9, 9, 6, "55.47", "41.13", 2, 1, 1},
		"all":           {40, 38, 26, "341.87", "295.10", 10, 7, 6},
	} {
		for _, asOf := range []string{"", "2028-02-15", "2028-06-09"} { // the last report is of 15 February 2028
			if got := figuresOf(t, s, c, name, asOf); got != want {
				t.Errorf("%s as of %q: got %+v, want %+v", name, asOf, got, want)
			}
		}
	}
}

// figuresOf are the golden figures of an event of the demo, or of all, as of a
// day.
func figuresOf(t *testing.T, s *projects.Service, c *codes, name, asOf string) golden {
	t.Helper()
	scope := projects.Scope{Kind: projects.OfEvent, EventID: c.Events[name]}
	if name == "all" {
		scope = projects.Scope{Kind: projects.OfAll}
	}
	if asOf != "" {
		scope.AsOf = must(day(asOf))
	}
	return goldenOf(must(s.Statistics(t.Context(), by, scope)))
}

// The same figures on earlier days, counted by hand from the files: what was
// signed or reached later does not count. Sums are rounded once, at the end: the
// contracts of two events come to a hundredth less than their rounded figures.
func TestFiguresAsOfADay(t *testing.T) {
	t.Parallel()
	s, c := ledger(t)
	for _, tt := range []struct {
		name, asOf string
		want       golden
	}{
		{"all", "2026-06-29", golden{AllUSD: "0.00", ContractsUSD: "0.00"}},
		{"all", "2026-06-30", golden{10, 9, 7, "69.27", "68.75", 2, 0, 0}},
		{"EV-NBW-2026", "2027-06-09", golden{10, 9, 7, "69.27", "68.75", 2, 1, 1}},
		{"EV-FORUM-2027", "2027-06-08", golden{AllUSD: "0.00", ContractsUSD: "0.00"}},
		{"EV-FORUM-2027", "2027-06-09", golden{21, 20, 13, "217.13", "185.22", 6, 0, 0}},
		{"EV-NBW-2027", "2027-06-09", golden{AllUSD: "0.00", ContractsUSD: "0.00"}},
		{"all", "2027-06-09", golden{31, 29, 20, "286.40", "253.96", 8, 1, 1}},
	} {
		if got := figuresOf(t, s, c, tt.name, tt.asOf); got != tt.want {
			t.Errorf("%s as of %s: got %+v, want %+v", tt.name, tt.asOf, got, tt.want)
		}
	}
	// A row of the list stands where it stood that day.
	list := must(s.List(t.Context(), by, projects.Filter{Scope: projects.Scope{Kind: projects.OfAll, AsOf: must(day("2027-06-09"))}, Search: "P003"}, projects.Paging{Limit: 10}))
	for _, p := range list.Rows {
		if p.Code == "P003" && (p.Stage != projects.Stage(projects.Contract) || p.PaidIn.Valid) {
			t.Errorf("P003 stands at %s with %v paid in on the day of its signing", p.Stage, p.PaidIn)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the test that called it fails, with the stack
	}
	return v
}

// The report's other figures of the forum, counted by hand from the files.
func TestFiguresOfTheForum(t *testing.T) {
	t.Parallel()
	s, c := ledger(t)
	st, err := s.Statistics(t.Context(), by, projects.Scope{Kind: projects.OfEvent, EventID: c.Events["EV-FORUM-2027"]})
	if err != nil {
		t.Fatal(err)
	}
	type rest struct {
		Contracted, PaidIn    string
		Firms, ContractFirms  int
		Landed, Started       string
		Performed, Arrived    string
		Checking, Undisclosed int
		Latest                string
	}
	percent := func(r projects.Ratio) string {
		share, _ := r.Share()
		return locale.Percent(share)
	}
	got := rest{
		locale.Millions(st.Contracted.All.USD), locale.Millions(st.PaidIn.All.USD), st.Totals.All.Firms, st.Totals.Contracts.Firms,
		percent(st.Landed), percent(st.Started), percent(st.Performed), percent(st.Arrived), st.Checking.Count, st.Undisclosed.All.Count, locale.ISO(st.Latest),
	}
	// Performed: P003 P012 P013 P015 landed or later, P005 P008 P009 P018 started or later, all verified, of 13.
	// Arrived: 4.55 of P013 and 7.37 of P015 against 18 + 6.5 + 8.19 contracted.
	want := rest{"32.69", "11.92", 15, 12, "66.7%", "33.3%", "61.5%", "36.5%", 4, 0, "2028-02-03"}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// The sentence that a report opens with comes from the same figures, in both
// languages.
func TestSummaries(t *testing.T) {
	t.Parallel()
	s, c := ledger(t)
	sentences, err := fs.Sub(views.FS, "locales")
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(sentences, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		scope  projects.Scope
		zh, en string
	}{
		{
			projects.Scope{Kind: projects.OfEvent, EventID: c.Events["EV-FORUM-2027"], AsOf: must(day("2028-06-09"))},
			"2027年6月8日至10日，中国—中东欧国家市长论坛（演示届）共签约项目20个，总金额2.17亿美元；其中合同13个，金额1.85亿美元。投资类合同6个中，截至2028年6月9日已核实落地4个，落地率66.7%。",
			"At the China–CEEC Mayors Forum (demo edition), 8–10 June 2027: 20 projects signed, worth USD 217.13 million in all; among them 13 contracts, worth USD 185.22 million. Landed by 9 June 2028 and verified: 4 of 6 investment contracts, a landing rate of 66.7%.",
		},
		{
			projects.Scope{Kind: projects.OfYear, Year: 2026},
			"2026年共签约项目9个，总金额6927.14万美元；其中合同7个，金额6874.57万美元。投资类合同2个中，已核实落地1个，落地率50.0%。另有项目1个未披露金额，未计入总金额。",
			"In 2026: 9 projects signed, worth USD 69.27 million in all; among them 7 contracts, worth USD 68.75 million. Landed and verified: 1 of 2 investment contracts, a landing rate of 50.0%. 1 project without a disclosed amount: counted, but not in the totals.",
		},
		{
			projects.Scope{Kind: projects.OfAll},
			"各项活动共签约项目38个，总金额3.42亿美元；其中合同26个，金额2.95亿美元。投资类合同10个中，已核实落地6个，落地率60.0%。另有项目1个未披露金额，未计入总金额。",
			"At all events: 38 projects signed, worth USD 341.87 million in all; among them 26 contracts, worth USD 295.10 million. Landed and verified: 6 of 10 investment contracts, a landing rate of 60.0%. 1 project without a disclosed amount: counted, but not in the totals.",
		},
		{projects.Scope{Kind: projects.OfYear, Year: 1999}, "1999年尚无签约项目。", "In 1999: nothing signed so far."},
	} {
		st, err := s.Statistics(t.Context(), by, tt.scope)
		if err != nil {
			t.Fatal(err)
		}
		var zh, en []string
		for _, sentence := range st.Summary(words, locale.ZH) {
			zh = append(zh, sentence.Text())
		}
		for _, sentence := range st.Summary(words, locale.EN) {
			en = append(en, sentence.Text())
		}
		if got := strings.Join(zh, ""); got != tt.zh {
			t.Errorf("got  %s\nwant %s", got, tt.zh)
		}
		if got := strings.Join(en, " "); got != tt.en {
			t.Errorf("got  %s\nwant %s", got, tt.en)
		}
	}
}

// TestEachFigureOpensItsList asks for the list of every figure of every scope.
func TestEachFigureOpensItsList(t *testing.T) {
	t.Parallel()
	s, c := ledger(t)
	for _, scope := range []projects.Scope{
		{Kind: projects.OfEvent, EventID: c.Events["EV-NBW-2026"]}, {Kind: projects.OfEvent, EventID: c.Events["EV-FORUM-2027"]},
		{Kind: projects.OfYear, Year: 2027}, {Kind: projects.OfSeries, EventID: c.Events["EV-NBW-2027"]}, {Kind: projects.OfAll},
		{Kind: projects.OfAll, AsOf: must(day("2027-09-30"))}, {Kind: projects.OfEvent, EventID: c.Events["EV-FORUM-2027"], AsOf: must(day("2027-12-31"))},
	} {
		st, err := s.Statistics(t.Context(), by, scope)
		if err != nil {
			t.Fatal(err)
		}
		figures := []projects.Figure{st.Merged, st.Checking, st.Investments, st.Landed.Part, st.Started.Part, st.Performed.Part, st.Performed.Of, st.Arrived.Of}
		for _, p := range []projects.Pair{st.Totals, st.Contracted, st.PaidIn, st.Undisclosed} {
			figures = append(figures, p.All, p.Contracts)
		}
		for _, r := range st.Funnel {
			figures = append(figures, r.Reported, r.Verified)
		}
		for _, b := range st.By {
			var sum projects.Sum
			for _, r := range b.Rows {
				figures = append(figures, r.All, r.Contracts)
				sum.Count += r.All.Count
				sum.USD = sum.USD.Add(r.All.USD)
			}
			if sum.Count != st.Totals.All.Count || !sum.USD.Equal(st.Totals.All.USD) {
				t.Errorf("%v by %s adds up to %d, %s", scope, b.By, sum.Count, sum.USD)
			}
		}
		for _, f := range figures {
			list, err := s.List(t.Context(), by, f.Filter, projects.Paging{Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			if list.Total != f.Count || len(list.Rows) != f.Count {
				t.Errorf("%+v counts %d, its list has %d", f.Filter, f.Count, list.Total)
			}
		}
	}
}

// The duplicates would add EUR 72 m; they count nowhere and are not lost.
func TestDuplicatesOfTheDemo(t *testing.T) {
	t.Parallel()
	s, _ := ledger(t)
	list, err := s.List(t.Context(), by, projects.Filter{Scope: projects.Scope{Kind: projects.OfAll}, Rows: projects.Ledger, Search: "科希策"}, projects.Paging{Sort: "code", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	double := decimal.Zero
	var codes []string
	for _, p := range list.Rows {
		codes = append(codes, p.Code)
		if p.Merged() {
			double = double.Add(p.Total.Decimal)
		}
	}
	if !double.Equal(decimal.NewFromInt(72_000_000)) || list.All.Count != 2 || list.Total != 4 { // P003, P019, P025, P040
		t.Errorf("%v: twice counted %s, counting %d", codes, double, list.All.Count)
	}
	master, err := s.Detail(t.Context(), by, list.Rows[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, a := range master.Appearances {
		seen = append(seen, a.Event.Slug+" "+a.Role)
	}
	if master.Code != "P003" || len(master.Duplicates) != 2 || len(seen) != 3 {
		t.Errorf("%s has %d duplicates and appeared as %q", master.Code, len(master.Duplicates), seen)
	}
	events := 0
	for _, p := range everyProject(t, s) {
		d, err := s.Detail(t.Context(), by, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		events += len(d.Stages)
	}
	if events != 145 {
		t.Errorf("%d stage events, want 145", events)
	}
}

func TestHistoryOfTheWeek(t *testing.T) {
	t.Parallel()
	s := events.New(storetest.New(t), Registering, ident.New)
	if err := loadEvents(t.Context(), Services{Events: s}, newCodes()); err != nil {
		t.Fatal(err)
	}
	if err := loadHistory(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	series, err := s.SeriesBySlug(t.Context(), "ningbo-week")
	if err != nil {
		t.Fatal(err)
	}
	years, err := s.SeriesHistory(t.Context(), series.ID)
	if err != nil {
		t.Fatal(err)
	}
	firms, signed, total := 0, 0, decimal.Zero
	for _, y := range years {
		firms, signed, total = firms+y.Firms, signed+y.Projects, total.Add(y.TotalUSD)
	}
	if len(years) != 11 || firms != 1043 || signed != 124 || !total.Equal(decimal.New(3528, 6)) {
		t.Errorf("%d years, %d firms, %d projects, USD %s", len(years), firms, signed, total)
	}
	if err := s.SaveSeriesYear(t.Context(), by, events.SeriesYear{SeriesID: series.ID, Year: 1900, Firms: -1}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a year that cannot be: %v", err)
	}
}

// everyProject reads the whole ledger by its cursors, seven rows at a time.
func everyProject(t *testing.T, s *projects.Service) (all []projects.Project) {
	t.Helper()
	for page := (projects.Paging{Sort: "-amount", Limit: 7}); ; {
		list, err := s.List(t.Context(), by, projects.Filter{Scope: projects.Scope{Kind: projects.OfAll}, Rows: projects.Ledger}, page)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list.Rows...)
		if list.Next == "" {
			break
		}
		page.After = list.Next
	}
	ids := map[ident.ID]bool{}
	for _, p := range all {
		ids[p.ID] = true
	}
	if len(all) != 40 || len(ids) != 40 {
		t.Errorf("the cursors led through %d rows, %d different", len(all), len(ids))
	}
	return all
}
