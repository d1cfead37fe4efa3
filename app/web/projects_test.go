package web

import (
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/projects"
)

// TestFilterStandsInTheAddress writes every filter into an address and reads it
// back: what a figure links to is what the list shows.
func TestFilterStandsInTheAddress(t *testing.T) {
	var got projects.Filter
	s := withRoutes(t, newServer(t), get("/console/:event/projects/filter/probe", right(accounts.SeeProjects), func(c *fiber.Ctx) error {
		got = projectFilter(c)
		return nil
	}))
	here := projects.Scope{Kind: projects.OfEvent, EventID: forum.ID}
	for _, f := range []projects.Filter{
		{Scope: here},
		{Scope: projects.Scope{Kind: projects.OfYear, EventID: forum.ID, Year: 2026}, Document: projects.Contract, Rows: projects.Ledger},
		{Scope: projects.Scope{Kind: projects.OfSeries, EventID: forum.ID}, Reached: projects.ReachLanded, Verified: true, Kind: projects.Investment},
		{Scope: projects.Scope{Kind: projects.OfAll, EventID: forum.ID}, Having: projects.HavingNone, Checking: true, Direction: "two_way"},
		{Scope: projects.Scope{Kind: projects.OfYear, EventID: forum.ID, Year: 2027, AsOf: forum.LastDay}, Reached: projects.ReachFunds},
		{Scope: here, Sector: "AUTO", District: "NB-GX", Country: "SK", Stage: projects.Landed, Search: `Košice & "x" + 科希策`},
	} {
		a := ask(t, s, "GET", "/console/"+forum.Slug+"/projects/filter/probe?"+projectQuery(f).Encode(), "", "Cookie", "qs_session=analyst")
		if a.StatusCode != 200 || got != f {
			t.Errorf("%d: read back %+v, want %+v", a.StatusCode, got, f)
		}
	}
}

func TestAmountsAsTyped(t *testing.T) {
	for _, tt := range []struct{ typed, unit, want string }{
		{"1250000.00", "1", "1250000"}, {"1,250,000", "", "1250000"}, {"１２５", "10000", "1250000"}, {"1.25", "1000000", "1250000"},
		{"0.0125", "100000000", "1250000"}, {"", "1", ""}, {"1e5", "1", "!"}, {"-5", "1", "!"}, {"NaN", "1", "!"}, {"12345678901234567", "1", "!"}, {"5", "7", "!"},
	} {
		form := FormOf("total_investment", tt.typed, "unit", tt.unit)
		got, want := form.Amount("total_investment"), decimal.NullDecimal{}
		if tt.want != "" && tt.want != "!" {
			want = decimal.NewNullDecimal(decimal.RequireFromString(tt.want))
		}
		if form.Bad() != (tt.want == "!") || !form.Bad() && (got.Valid != want.Valid || !got.Decimal.Equal(want.Decimal)) {
			t.Errorf("%q in %q: %v, refused %v; want %s", tt.typed, tt.unit, got, form.Bad(), tt.want)
		}
	}
}
