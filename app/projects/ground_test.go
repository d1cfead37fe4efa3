package projects_test

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
	"qianshou/app/projects"
)

var office = accounts.SystemActor("test")

// ground is two events of one series, a firm, and what projects name.
type ground struct {
	t        *testing.T
	db       *sqlx.DB
	service  *projects.Service
	forum    ident.ID
	week     ident.ID
	firm     ident.ID
	reporter accounts.Actor
	checker  accounts.Actor
}

func newGround(t *testing.T) *ground {
	t.Helper()
	now := clock.At("2028-06-09T18:00:00+08:00")
	db := storetest.New(t)
	g := &ground{t: t, db: db, service: projects.New(db, now, ident.New)}
	ev, ctx := events.New(db, now, ident.New), t.Context()
	ok(ev.CreateSeries(ctx, office, events.Series{Slug: "forum", Name: both("论坛", "Forum"), Kind: "forum", SinceYear: 2019}))
	for slug, at := range map[string]*ident.ID{"forum-2027": &g.forum, "week-2027": &g.week} {
		*at = ok(ev.Create(ctx, office, events.Input{Slug: slug, Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum",
			StartsOn: day("2027-06-08"), EndsOn: day("2027-06-10"), TimeZone: "Asia/Shanghai", Status: events.Running})).ID
	}
	for _, c := range []events.Country{{Code: "HU", Code3: "HUN", Name: both("匈牙利", "Hungary")}, {Code: "SK", Code3: "SVK", Name: both("斯洛伐克", "Slovakia")}} {
		must(ev.SaveCountry(ctx, office, c))
	}
	must(ev.SaveCity(ctx, office, events.City{Code: "KSC", CountryCode: "SK", Name: both("科希策", "Košice"), TimeZone: "Europe/Bratislava"}))
	must(ev.SaveSector(ctx, office, events.Coded{Code: "AUTO", Name: both("汽车与零部件", "Automotive")}))
	must(ev.SaveDistrict(ctx, office, events.Coded{Code: "330226", Name: both("宁海县", "Ninghai County")}))
	g.firm = ok(firms.New(db, now, ident.New).Save(ctx, office, firms.Firm{Code: "F003", CreditCode: "91330299J3NW4AM187", Name: both("甬凌汽车零部件", "Yongling Auto Parts"), District: "330226", Sectors: []string{"AUTO"}, Ownership: "private"})).ID
	for _, r := range []projects.Rate{rate("2027-06-09", "USD", "690"), rate("2027-06-09", "EUR", "785"), rate("2027-06-09", "HUF", "1.97"), rate("2027-06-09", "CNY", "100"), rate("2027-05-01", "GBP", "915"), rate("2027-05-01", "USD", "688")} {
		must(g.service.SaveRate(ctx, office, r))
	}
	g.reporter, g.checker = g.staff(accounts.Projects), g.staff(accounts.Projects)
	return g
}

// staff is somebody with a role in the forum alone.
func (g *ground) staff(role accounts.Role) accounts.Actor {
	return accounts.Actor{Kind: accounts.User, ID: ident.New(), NameZH: "工作人员", NameEN: "Staff", Grants: []accounts.Grant{{EventID: g.forum, Role: role}}}
}

// plant is an investment contract as somebody would type it.
func (g *ground) plant() projects.Input {
	return projects.Input{
		Name: both("科希策轻量化零部件工厂", "Košice lightweight parts plant"), Kind: projects.Investment, Direction: "outbound", Document: projects.Contract,
		Sector: "AUTO", District: "330226", FirmID: g.firm, City: "KSC", Country: "SK", SignedOn: day("2027-06-09"), Currency: "EUR",
		Total: amount("36000000"), Contracted: amount("0"), EvidenceRef: "EVD-1",
	}
}

func (g *ground) record(change ...func(*projects.Input)) projects.Project {
	g.t.Helper()
	in := g.plant()
	for _, f := range change {
		f(&in)
	}
	return ok(g.service.Record(g.t.Context(), g.reporter, g.forum, in))
}

// report records stages on consecutive days after the signing.
func (g *ground) report(p projects.Project, stages ...projects.Stage) projects.Project {
	g.t.Helper()
	for i, s := range stages {
		r := stage(s, p.SignedOn.AddDate(0, 0, i+1).Format(time.DateOnly))
		if s == projects.Funds {
			r.PaidIn = amount("1000000")
		}
		var err error
		p, _, err = g.service.Report(g.t.Context(), g.reporter, p.ID, 0, r)
		if err != nil {
			g.t.Fatal(err)
		}
	}
	return p
}

func stage(s projects.Stage, on string) projects.Report {
	r := projects.Report{Stage: s, On: day(on), Evidence: s.Evidence()[0], EvidenceRef: "EVD-" + string(s)}
	if s == projects.Terminated {
		r.Reason = "market"
	}
	return r
}

func rate(on, currency, cny string) projects.Rate {
	return projects.Rate{On: day(on), Currency: currency, Units: 100, CNY: decimal.RequireFromString(cny), Source: "illustrative"}
}

func both(zh, en string) locale.Text { return locale.Text{ZH: zh, EN: en} }

func amount(s string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(s))
}

func day(s string) time.Time { return ok(time.Parse(time.DateOnly, s)) }

func ok[T any](v T, err error) T {
	must(err)
	return v
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// keys are the sentences of a refusal by their fields; "" is the refusal's own.
func keys(err error) map[string]string {
	f, known := fault.Of(err)
	if !known {
		return nil
	}
	m := map[string]string{}
	for _, field := range f.Fields {
		m[field.Path] = field.Key
	}
	if len(m) == 0 {
		m[""] = f.Key
	}
	return m
}
