package projects_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/projects"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.record()
	if p.Code != "P001" || p.Stage != "contract" || p.VerifiedStage != "" || p.Version != 1 || p.Rate.Source != "illustrative" || !p.Rate.On.Equal(day("2027-06-09")) {
		t.Errorf("recorded %+v", p)
	}
	// 36 m × 7.85 ÷ 6.90
	if usd := p.USD().Decimal.Round(2).String(); usd != "40956521.74" || p.CNY().Decimal.String() != "282600000" {
		t.Errorf("worth USD %s, CNY %s", usd, p.CNY().Decimal)
	}
	d := ok(g.service.Detail(t.Context(), g.reporter, p.ID))
	if len(d.Stages) != 1 || d.Stages[0].Evidence != "signed_contract" || d.Stages[0].Verdict != projects.Reported || len(d.Appearances) != 1 || !d.Appearances[0].Primary {
		t.Errorf("detail %+v", d)
	}
	if again := g.record(); again.Code != "P002" {
		t.Errorf("the second one is %s", again.Code)
	}
}

func TestWhatRecordRefuses(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	none := decimal.NullDecimal{}
	for _, tt := range []struct {
		name   string
		change func(*projects.Input)
		want   map[string]string
	}{
		{"no names", func(in *projects.Input) { in.Name = both(" ", "") }, map[string]string{"name_zh": "field.required", "name_en": "field.required"}},
		{"a control character", func(in *projects.Input) { in.Name.EN = "Plant\u202e" }, map[string]string{"name_en": "field.control"}},
		{"a name too long", func(in *projects.Input) { in.Name.ZH = strings.Repeat("𠮷", 201) }, map[string]string{"name_zh": "field.too_long"}},
		{"unknown codes", func(in *projects.Input) {
			in.Sector, in.District, in.Country, in.City, in.FirmID = "NONE", "0", "ZZ", "", ident.New()
			in.PartnerName = "Partner"
		}, map[string]string{"sector_code": "field.choice", "district_code": "field.choice", "partner_country": "field.choice", "firm_id": "field.choice"}},
		{"one party", func(in *projects.Input) { in.City = "" }, map[string]string{"partner_name": "projects.partner_needed"}},
		{"a city elsewhere", func(in *projects.Input) { in.Country = "HU" }, map[string]string{"partner_city": "projects.city_elsewhere"}},
		{"signed tomorrow", func(in *projects.Input) { in.SignedOn = day("2028-06-10") }, map[string]string{"signed_on": "projects.signed_on", "currency": "projects.old_rate"}},
		{"signed before 1979", func(in *projects.Input) { in.SignedOn = day("1899-12-31") }, map[string]string{"signed_on": "projects.signed_on", "currency": "projects.no_rate"}},
		{"a rate eight days old", func(in *projects.Input) { in.SignedOn = day("2027-06-17") }, map[string]string{"currency": "projects.old_rate"}},
		{"a currency without rate", func(in *projects.Input) { in.Currency = "XAU" }, map[string]string{"currency": "projects.no_rate"}},
		{"no amount, no reason", func(in *projects.Input) { in.Total, in.Contracted = none, none }, map[string]string{"total_investment": "projects.amount_or_reason"}},
		{"worth nothing", func(in *projects.Input) { in.Total = amount("0") }, map[string]string{"total_investment": "projects.zero"}},
		{"negative", func(in *projects.Input) { in.Total, in.Contracted = amount("-1"), none }, map[string]string{"total_investment": "field.amount"}},
		{"a fraction of a cent", func(in *projects.Input) { in.Total = amount("1.005") }, map[string]string{"total_investment": "field.amount"}},
		{"beyond what can be kept", func(in *projects.Input) { in.Total = amount("10000000000000000") }, map[string]string{"total_investment": "field.amount"}},
		{"more contracted than invested", func(in *projects.Input) { in.Contracted = amount("36000000.01") }, map[string]string{"contracted_foreign": "constraint.projects_contracted_within"}},
		{"inbound without foreign capital", func(in *projects.Input) { in.Direction, in.Contracted = projects.Inbound, none }, map[string]string{"contracted_foreign": "projects.contracted_needed"}},
		{"a share of 101 %", func(in *projects.Input) { in.Share = amount("101") }, map[string]string{"share_percent": "projects.share"}},
		{"no evidence", func(in *projects.Input) { in.EvidenceRef = "" }, map[string]string{"evidence_ref": "field.required"}},
		{"what cannot be read, and the rest", func(in *projects.Input) {
			in.Name.ZH, in.Unread = "", []fault.Field{{Path: "signed_on", Key: "field.date"}}
		}, map[string]string{"signed_on": "field.date", "name_zh": "field.required"}},
		{"kinds that are not", func(in *projects.Input) { in.Kind, in.Direction, in.Document, in.Visibility = "x", "x", "x", "x" },
			map[string]string{"kind": "field.choice", "direction": "field.choice", "document_type": "field.choice", "visibility": "field.choice"}},
	} {
		in := g.plant()
		tt.change(&in)
		_, err := g.service.Record(t.Context(), g.reporter, g.forum, in)
		if got := keys(err); fault.CodeOf(err) != fault.Invalid || !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if list := ok(g.service.List(t.Context(), g.reporter, projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent, EventID: g.forum}}, projects.Paging{Limit: 1})); list.Total != 0 {
		t.Errorf("%d projects were half saved", list.Total)
	}
	// What the edges still allow.
	g.record(func(in *projects.Input) { in.SignedOn = day("2027-06-16") }) // seven days old
	g.record(func(in *projects.Input) { in.Kind, in.Total, in.Currency = projects.Friendship, amount("0"), "CNY" })
	p := g.record(func(in *projects.Input) { in.Total, in.Contracted, in.Undisclosed = none, none, "商业秘密" })
	if p.Currency != "" || p.USD().Valid || p.Rate.On != nil {
		t.Errorf("without an amount: %+v", p)
	}
}

func TestNumbersUnderConcurrency(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]bool{}
	for range 20 {
		all.Go(func() {
			p, err := g.service.Record(t.Context(), g.reporter, g.forum, g.plant())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			codes[p.Code] = true
		})
	}
	all.Wait()
	if len(codes) != 20 || !codes["P020"] {
		t.Errorf("%d numbers for 20 projects: %v", len(codes), codes)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.record()
	in := p.Input()
	in.Total, in.Note = amount("40000000"), "two\nlines"
	edited := ok(g.service.Edit(t.Context(), g.checker, p.ID, p.Version, in))
	if edited.Version != 2 || !edited.Total.Decimal.Equal(decimal.NewFromInt(40_000_000)) || edited.Note != "two\nlines" {
		t.Errorf("edited %+v", edited)
	}
	if _, err := g.service.Edit(t.Context(), g.checker, p.ID, p.Version, in); fault.CodeOf(err) != fault.Conflict || keys(err)[""] != "error.changed" {
		t.Errorf("the second editor: %v", err)
	}
	if same := ok(g.service.Edit(t.Context(), g.checker, p.ID, 2, edited.Input())); same.Version != 2 {
		t.Errorf("an edit that changes nothing made version %d", same.Version)
	}
	// The rate stays frozen when the table is put right, and moves with the currency.
	must(g.service.SaveRate(t.Context(), office, rate("2027-06-09", "EUR", "700")))
	in.Note = ""
	edited = ok(g.service.Edit(t.Context(), g.checker, p.ID, 2, in))
	if edited.Rate.CNY.Decimal.String() != "785" {
		t.Errorf("the rate melted: %s", edited.Rate.CNY.Decimal)
	}
	in.Currency = "HUF"
	if edited = ok(g.service.Edit(t.Context(), g.checker, p.ID, 3, in)); edited.Rate.CNY.Decimal.String() != "1.97" {
		t.Errorf("the rate of another currency: %s", edited.Rate.CNY.Decimal)
	}
}

func TestEditAgreesWithReports(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.report(g.record(), projects.Landed, projects.Funds)
	for _, tt := range []struct {
		name   string
		change func(*projects.Input)
		field  string
	}{
		{"a kind that cannot land", func(in *projects.Input) { in.Kind = "rd" }, "kind"},
		{"another currency than the funds", func(in *projects.Input) { in.Currency = "USD" }, "currency"},
		{"signed after it landed", func(in *projects.Input) { in.SignedOn = day("2027-06-13") }, "signed_on"},
		{"funds without an amount", func(in *projects.Input) {
			in.Total, in.Contracted, in.Undisclosed = decimal.NullDecimal{}, decimal.NullDecimal{}, "secret"
		}, "total_investment"},
	} {
		in := p.Input()
		tt.change(&in)
		if _, err := g.service.Edit(t.Context(), g.reporter, p.ID, p.Version, in); fault.CodeOf(err) != fault.Invalid || keys(err)[tt.field] == "" {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	signed := g.record()
	in := signed.Input()
	in.Document = projects.Framework
	if _, err := g.service.Edit(t.Context(), g.reporter, signed.ID, signed.Version, in); keys(err)["document_type"] != "projects.document_after_stage" {
		t.Errorf("a contract became a framework: %v", err)
	}
}

// TestRights has each role try everything, in its event and in another.
func TestRights(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.record()
	other := ok(g.service.Record(t.Context(), office, g.week, g.plant()))
	event := ok(g.service.Detail(t.Context(), g.reporter, p.ID)).Stages[0].ID
	scope := projects.Scope{Kind: projects.OfEvent, EventID: g.forum}
	for _, role := range accounts.Roles {
		a := g.staff(role)
		for _, do := range []struct {
			name  string
			right accounts.Right
			try   func() error
			// elsewhere tells that it happens in an event in which the actor is nobody.
			elsewhere bool
		}{
			{"record", accounts.EditProject, func() error { _, err := g.service.Record(t.Context(), a, g.forum, projects.Input{}); return err }, false},
			{"record elsewhere", accounts.EditProject, func() error { _, err := g.service.Record(t.Context(), a, g.week, projects.Input{}); return err }, true},
			{"edit", accounts.EditProject, func() error { _, err := g.service.Edit(t.Context(), a, p.ID, 0, projects.Input{}); return err }, false},
			{"report", accounts.EditProject, func() error { _, _, err := g.service.Report(t.Context(), a, p.ID, 0, projects.Report{}); return err }, false},
			{"report elsewhere", accounts.EditProject, func() error {
				_, _, err := g.service.Report(t.Context(), a, other.ID, 0, projects.Report{})
				return err
			}, true},
			{"verify", accounts.VerifyProject, func() error { _, err := g.service.Verify(t.Context(), a, p.ID, event, "x", ""); return err }, false},
			{"merge into another event's", accounts.EditProject, func() error {
				_, err := g.service.Merge(t.Context(), a, p.ID, 0, other.ID, "x", "")
				return err
			}, true},
			{"read", accounts.SeeProjects, func() error { _, err := g.service.ByID(t.Context(), a, p.ID); return err }, false},
			{"read elsewhere", accounts.SeeProjects, func() error { _, err := g.service.Detail(t.Context(), a, other.ID); return err }, true},
			{"list", accounts.SeeProjects, func() error {
				_, err := g.service.List(t.Context(), a, projects.Filter{Scope: scope}, projects.Paging{Limit: 1})
				return err
			}, false},
			{"statistics", accounts.SeeStatistics, func() error { _, err := g.service.Statistics(t.Context(), a, scope); return err }, false},
			{"statistics of all", accounts.SeeStatistics, func() error {
				_, err := g.service.Statistics(t.Context(), a, projects.Scope{Kind: projects.OfAll})
				return err
			}, true},
		} {
			allowed := a.May(do.right, g.forum) && !do.elsewhere
			if got := fault.CodeOf(do.try()) != fault.Forbidden; got != allowed {
				t.Errorf("%s as %s: let in %v, want %v", do.name, role, got, allowed)
			}
		}
	}
	// A list that is wider than one event leaves out what is not the reader's.
	list := ok(g.service.List(t.Context(), g.reporter, projects.Filter{Scope: projects.Scope{Kind: projects.OfAll}}, projects.Paging{Limit: 10}))
	if list.Total != 1 || list.Rows[0].ID != p.ID {
		t.Errorf("somebody of the forum sees %d projects", list.Total)
	}
}

func TestListOrdersAndCursors(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for i := range 7 {
		g.record(func(in *projects.Input) {
			in.SignedOn = in.SignedOn.AddDate(0, 0, i%3)
			if i == 3 {
				in.Total, in.Contracted, in.Undisclosed = decimal.NullDecimal{}, decimal.NullDecimal{}, "secret"
				return
			}
			in.Total = decimal.NewNullDecimal(decimal.NewFromInt(int64(1 + (i*3)%7)))
		})
	}
	f := projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent, EventID: g.forum}}
	for _, sort := range projects.Sorts {
		whole := ok(g.service.List(t.Context(), office, f, projects.Paging{Sort: sort, Limit: 200}))
		var paged []string
		for page := (projects.Paging{Sort: sort, Limit: 2}); ; {
			part := ok(g.service.List(t.Context(), office, f, page))
			for _, p := range part.Rows {
				paged = append(paged, p.Code)
			}
			if page.After = part.Next; page.After == "" {
				break
			}
		}
		var want []string
		for _, p := range whole.Rows {
			want = append(want, p.Code)
		}
		if len(want) != 7 || strings.Join(paged, " ") != strings.Join(want, " ") {
			t.Errorf("%s: by pages %v, at once %v", sort, paged, want)
		}
	}
	for _, wrong := range []projects.Paging{{Limit: 0}, {Limit: 201}, {Limit: 1, Sort: "x"}, {Limit: 1, After: "%"}, {Limit: 1, Offset: -1}} {
		if _, err := g.service.List(t.Context(), office, f, wrong); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	for _, q := range []string{"轻量化", "kosice", "kxc", "KOŠICE yongling", "p003"} {
		f.Search = q
		if got := ok(g.service.List(t.Context(), office, f, projects.Paging{Limit: 10})).Total; got != 7 && !(q == "p003" && got == 1) {
			t.Errorf("%q finds %d", q, got)
		}
	}
	f.Search = "100%_'; --"
	if got := ok(g.service.List(t.Context(), office, f, projects.Paging{Limit: 10})).Total; got != 0 {
		t.Errorf("signs find %d", got)
	}
}

// A cursor goes on in the order that made it, and holds a key of its type;
// anything else is refused at its field, whoever wrote it.
func TestForeignCursorsAreRefused(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.record()
	g.record()
	f := projects.Filter{Scope: projects.Scope{Kind: projects.OfEvent, EventID: g.forum}}
	forged := func(sort, key, id string) string {
		return base64.RawURLEncoding.EncodeToString(ok(json.Marshal(map[string]string{"s": sort, "k": key, "i": id})))
	}
	id := ident.New().String()
	type try struct {
		sort   projects.Sort
		lang   string
		cursor string
	}
	tries := []try{
		{"-signed", "", forged("-signed", "yesterday", id)}, {"-signed", "", forged("-signed", "2027-02-30", id)}, {"-signed", "", forged("-signed", "0000-01-01", id)},
		{"amount", "", forged("amount", "much", id)}, {"amount", "", forged("amount", "1e999999", id)}, {"amount", "", forged("amount", "NaN", id)},
		{"stage", "", forged("stage", "99999999999", id)}, {"stage", "", forged("stage", "", id)},
		{"code", "", forged("code", "P\x00", id)}, {"name", "", forged("name", "\x00", id)}, {"code", "", forged("code", "P001", "none")},
		{"-signed", "", forged("", "2027-06-09", id)},
	}
	for _, from := range projects.Sorts {
		next := ok(g.service.List(t.Context(), office, f, projects.Paging{Sort: from, Limit: 1})).Next
		for _, to := range projects.Sorts {
			if to != from {
				tries = append(tries, try{to, "", next})
			}
		}
		if from.Is("name") {
			tries = append(tries, try{from, "zh", next})
		}
	}
	for _, c := range tries {
		_, err := g.service.List(t.Context(), office, f, projects.Paging{Sort: c.sort, Lang: c.lang, Limit: 1, After: c.cursor})
		if fault.CodeOf(err) != fault.Invalid || keys(err)["cursor"] != "projects.cursor" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestRateIsRefused(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for name, r := range map[string]projects.Rate{
		"no currency": rate("2027-06-09", "euro", "785"), "nothing": rate("2027-06-09", "EUR", "0"), "seven decimals": rate("2027-06-09", "EUR", "1.0000001"),
		"next year": rate("2029-06-09", "EUR", "785"), "odd units": {On: day("2027-06-09"), Currency: "EUR", Units: 3, CNY: decimal.NewFromInt(1), Source: "x"},
		"no source": {On: day("2027-06-09"), Currency: "EUR", Units: 1, CNY: decimal.NewFromInt(1)},
	} {
		if err := g.service.SaveRate(t.Context(), office, r); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := g.service.SaveRate(t.Context(), g.reporter, rate("2027-06-09", "EUR", "1")); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("somebody of one event changed the rates of all: %v", err)
	}
	if list := ok(g.service.Rates(t.Context(), g.reporter)); len(list) != 6 || !list[0].On.Equal(time.Date(2027, 6, 9, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("rates %+v", list)
	}
}
