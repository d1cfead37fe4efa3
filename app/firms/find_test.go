package firms_test

import (
	"reflect"
	"testing"
	"time"

	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func TestFindingFirms(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	save := func(n int, event ident.ID, code, zh, en, district string, sectors ...string) firms.Firm {
		in := lanyu()
		in.Code, in.CreditCode, in.Name, in.District, in.Sectors = code, vectors[n], locale.Text{ZH: zh, EN: en}, district, sectors
		in.Offers, in.Needs = locale.Text{ZH: "轴承", EN: "Bearings 50%"}, locale.Text{}
		f, err := g.Create(t.Context(), office, event, in)
		must(t, err)
		return f
	}
	a := save(1, g.event, "F001", "宁波澜屿跨境电商有限公司", "Ningbo Lányu E-Commerce", "330206", "AUTO")
	b := save(2, g.event, "F002", "宁波砺岬港航物流", "Žilina Đorđe Łódź Logistics", "330212", "LOGI", "AUTO")
	c := save(3, ident.Nil, "F003", "安吉朔汐", "Anji Shuoxi", "330212", "LOGI")
	_, err := g.Give(t.Context(), office, grant(a.ID, firms.Whitelist, "2026-01-01", "2027-05-10"))
	must(t, err)
	_, err = g.Give(t.Context(), office, grant(b.ID, firms.Whitelist, "2026-01-01", "2027-04-20"))
	must(t, err)
	_, err = g.Give(t.Context(), office, grant(b.ID, firms.DirectReport, "2026-01-01", "2028-01-01"))
	must(t, err)
	_ = c
	find := func(f firms.Filter, p firms.Paging) (codes []string) {
		t.Helper()
		found, err := g.Find(t.Context(), office, f, p)
		must(t, err)
		for _, row := range found.Rows {
			codes = append(codes, row.Code)
		}
		return codes
	}
	for _, tt := range []struct {
		name   string
		filter firms.Filter
		want   []string
	}{
		{"the register", firms.Filter{}, []string{"F001", "F002", "F003"}},
		{"an event", firms.Filter{Event: g.event}, []string{"F001", "F002"}},
		{"Han", firms.Filter{Search: "澜屿"}, []string{"F001"}},
		{"pinyin", firms.Filter{Search: "ningbolanyu"}, []string{"F001"}},
		{"pinyin in words", firms.Filter{Search: "Lan Yu"}, []string{"F001"}},
		{"initials of pinyin", firms.Filter{Search: "nbly"}, []string{"F001"}},
		{"Latin without diacritics", firms.Filter{Search: "zilina dorde lodz"}, []string{"F002"}},
		{"Latin with other ones", firms.Filter{Search: "LÀNYÚ"}, []string{"F001"}},
		{"a part of the credit code", firms.Filter{Search: "4am18"}, []string{"F001"}},
		{"the credit code in full width and groups", firms.Filter{Search: "９１ 330299 j3nw4am18 7"}, []string{"F001"}},
		{"the credit code with hyphens", firms.Filter{Search: "91-330299-J3NW4AM18-7"}, []string{"F001"}},
		{"what it offers", firms.Filter{Search: "轴承", District: "330212"}, []string{"F002", "F003"}},
		{"a sign that means something to LIKE", firms.Filter{Search: "50%"}, []string{"F001", "F002", "F003"}},
		{"nothing", firms.Filter{Search: "nothing of that"}, nil},
		{"a sector", firms.Filter{Sector: "AUTO"}, []string{"F001", "F002"}},
		{"a sector and a district", firms.Filter{Sector: "LOGI", District: "330212", Event: g.event}, []string{"F002"}},
		{"a grant", firms.Filter{Grant: firms.Whitelist}, []string{"F001"}},
		{"another", firms.Filter{Grant: firms.DirectReport}, []string{"F002"}},
		{"none", firms.Filter{Grant: firms.NoGrant}, []string{"F003"}},
		{"due", firms.Filter{Review: firms.ReviewDue}, []string{"F002"}},
		{"due soon", firms.Filter{Review: firms.ReviewSoon}, []string{"F001"}},
		{"due of a kind", firms.Filter{Review: firms.ReviewDue, Grant: firms.DirectReport}, nil},
	} {
		if got := find(tt.filter, firms.Paging{}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	for _, tt := range []struct {
		paging firms.Paging
		want   []string
	}{
		{firms.Paging{Sort: "-code"}, []string{"F003", "F002", "F001"}},
		{firms.Paging{Sort: "name", Lang: "zh"}, []string{"F003", "F001", "F002"}}, // 安, 宁…澜, 宁…砺
		{firms.Paging{Sort: "name", Lang: "en"}, []string{"F003", "F001", "F002"}},
		{firms.Paging{Sort: "district"}, []string{"F001", "F002", "F003"}},
		{firms.Paging{Sort: "review"}, []string{"F002", "F001", "F003"}},
		{firms.Paging{Sort: "-review"}, []string{"F001", "F002", "F003"}}, // those without one last, either way
		{firms.Paging{Limit: 1, Offset: 1}, []string{"F002"}},
		{firms.Paging{After: "F001", Limit: 1}, []string{"F002"}},
	} {
		if got := find(firms.Filter{}, tt.paging); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.paging, got, tt.want)
		}
	}
	found, err := g.Find(t.Context(), office, firms.Filter{Event: g.event, Search: "lanyu"}, firms.Paging{})
	must(t, err)
	if found.Total != 1 || found.Due != 1 || found.Soon != 1 || len(found.Rows[0].Grants) != 1 || found.Rows[0].Grants[0].Kind != firms.Whitelist {
		t.Errorf("found %+v", found)
	}
	for _, wrong := range []firms.Filter{{Grant: "gold"}, {Review: "never"}} {
		if _, err := g.Find(t.Context(), office, wrong, firms.Paging{}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if _, err := g.Find(t.Context(), office, firms.Filter{}, firms.Paging{Sort: "code; DROP TABLE firms"}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("an order that is none: %v", err)
	}
	// A firm is found by what it became.
	b.Name.EN, b.Name.ZH = "Renamed", "更名"
	_, err = g.Edit(t.Context(), office, b.ID, 1, b, time.Time{})
	must(t, err)
	_, err = g.EditTrade(t.Context(), linkOf(g.event, a.ID), g.event, a.ID, 1, locale.Text{EN: "Ravioli"}, locale.Text{})
	must(t, err)
	for search, want := range map[string][]string{"zilina": nil, "gengming": {"F002"}, "ravioli": {"F001"}, "轴承": {"F002", "F003"}} {
		if got := find(firms.Filter{Search: search}, firms.Paging{}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s finds %v, want %v", search, got, want)
		}
	}
}

// The day begins at midnight of the host city, wherever the server stands.
func TestDay(t *testing.T) {
	for at, want := range map[string]string{
		"2027-04-30T15:59:59Z": "2027-04-30", "2027-04-30T16:00:00Z": "2027-05-01", "2027-05-01T00:30:00+08:00": "2027-05-01", "2027-04-30T12:30:00-07:00": "2027-05-01",
	} {
		if got := firms.Day(clock.At(at)()); !got.Equal(date(want)) || got.Location() != time.UTC {
			t.Errorf("at %s it is %v", at, got)
		}
	}
}
