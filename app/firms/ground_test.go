package firms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

var office = accounts.SystemActor("test")

// ground is a database with an event, two sectors and two districts.
type ground struct {
	db    *sqlx.DB
	event ident.ID
	*firms.Service
}

const spring = "2027-04-20T10:00:00+08:00"

func newGround(t *testing.T) ground {
	t.Helper()
	g := ground{db: storetest.New(t)}
	now := clock.At(spring)
	ev := events.New(g.db, now, ident.New)
	for _, c := range []events.Coded{{Code: "AUTO", Name: locale.Text{ZH: "汽车", EN: "Automotive"}}, {Code: "LOGI", Name: locale.Text{ZH: "物流", EN: "Logistics"}}} {
		must(t, ev.SaveSector(t.Context(), office, c))
	}
	for _, c := range []events.Coded{{Code: "330206", Name: locale.Text{ZH: "北仑区", EN: "Beilun"}, Kind: "district"}, {Code: "330212", Name: locale.Text{ZH: "鄞州区", EN: "Yinzhou"}, Kind: "district"}} {
		must(t, ev.SaveDistrict(t.Context(), office, c))
	}
	_, err := ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(t, err)
	g.event = g.happening(t, "forum", 2027)
	g.Service = firms.New(g.db, now, ident.New)
	return g
}

func (g ground) happening(t *testing.T, slug string, year int) ident.ID {
	t.Helper()
	e, err := events.New(g.db, clock.At(spring), ident.New).Create(t.Context(), office, events.Input{
		Slug: slug, Prefix: strings.ToUpper(slug[:2]), Series: "forum", TitleZH: "论坛", TitleEN: "Forum", TimeZone: "Asia/Shanghai", Status: events.Preparing,
		StartsOn: time.Date(year, 6, 8, 0, 0, 0, 0, time.UTC), EndsOn: time.Date(year, 6, 10, 0, 0, 0, 0, time.UTC),
	})
	must(t, err)
	return e.ID
}

// on is the same firms on another day, at ten in the morning of the host city.
func (g ground) on(day string) *firms.Service {
	return firms.New(g.db, clock.At(day+"T10:00:00+08:00"), ident.New)
}

// lanyu is a firm as somebody types it.
func lanyu() firms.Firm {
	return firms.Firm{
		Code: "F001", CreditCode: "91330299J3NW4AM187", Name: locale.Text{ZH: "宁波澜屿跨境电商有限公司", EN: "Ningbo Lányu Cross-Border E-Commerce"}, District: "330206",
		Sectors: []string{"AUTO"}, Ownership: "private", Offers: locale.Text{ZH: "保税仓", EN: "Bonded warehouse"}, Needs: locale.Text{EN: "Wine, žinčica"},
	}
}

// firm makes a firm that takes part, with the n-th credit code and the next code of its own.
func (g ground) firm(t *testing.T, n int) firms.Firm {
	t.Helper()
	in := lanyu()
	in.Code, in.CreditCode = "", vectors[n]
	f, err := g.Create(t.Context(), office, g.event, in)
	must(t, err)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// broken are the fields of a fault, by their sentences.
func broken(err error) map[string]string {
	fields := map[string]string{}
	if f, ok := fault.Of(err); ok {
		for _, field := range f.Fields {
			fields[field.Path] = field.Key
		}
	}
	return fields
}

func date(s string) time.Time {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return day
}

func user(role accounts.Role, event ident.ID) accounts.Actor {
	return accounts.Actor{Kind: accounts.User, ID: ident.ID{15: 1}, NameZH: "某人", NameEN: "Somebody", Grants: []accounts.Grant{{EventID: event, Role: role}}}
}

func linkOf(event, firm ident.ID) accounts.Actor {
	a := accounts.GuestActor()
	a.LinkEventID, a.FirmID = event, firm
	return a
}
