package firms_test

import (
	"slices"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Firms are proposed by their name however it is spaced, by their credit code, and by the
// domain of their letters if that is their own: the surest first, three at most.
func TestLikely(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	by := user(accounts.Protocol, g.event)
	var all []firms.Firm
	for n, one := range []struct{ zh, en, email string }{
		{"宁波澜屿跨境电商有限公司", "Ningbo Lanyu Trading", "sales@lanyu.example"}, {"宁波澜屿物流", "Ningbo Lanyu Logistics", "office@lanyu.example"},
		{"甬江精密", "Yongjiang Precision", "yongjiang@163.com"}, {"北仑模具", "Ningbo Lanyu Trading", "m@molds.example"}, {"镇海化工", "Ningbo Lanyu Trading", "z@zhenhai.example"},
	} {
		in := lanyu()
		in.Code, in.CreditCode, in.Name, in.Email = "", vectors[n], locale.Text{ZH: one.zh, EN: one.en}, one.email
		f, err := g.Create(t.Context(), office, g.event, in)
		must(t, err)
		all = append(all, f)
	}
	must(t, g.Leave(t.Context(), office, firms.Leaving{Event: g.event, Firm: all[3].ID}))
	_, err := g.Give(t.Context(), office, firms.Grant{FirmID: all[0].ID, Kind: "auto_approve", From: date("2027-01-01"), ReviewOn: date("2028-01-01"), Basis: "letter"})
	must(t, err)
	for _, tt := range []struct {
		name, organisation, email string
		want                      []int
	}{
		{"nothing written", " ", "somebody", nil},
		{"a Chinese name with spaces", "宁波 澜屿物流", "", []int{1}},
		{"a name in other letters, who takes part first", "NINGBO LANYU, Trading", "", []int{0, 4, 3}},
		{"a credit code", vectors[2], "", []int{2}},
		{"a domain", "", "ann@lanyu.example", []int{0, 1}},
		{"a name before a domain", "Yongjiang Precision", "ann@lanyu.example", []int{2, 0, 1}},
		{"a domain of everybody's", "", "ann@163.com", nil},
		{"another", "Bakony Textiles", "ann@bakony.example", nil},
	} {
		list, err := g.Likely(t.Context(), by, g.event, tt.organisation, tt.email)
		must(t, err)
		var got, want []ident.ID
		for _, l := range list {
			got = append(got, l.ID)
		}
		for _, n := range tt.want {
			want = append(want, all[n].ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v", tt.name, list)
		}
	}
	list, err := g.Likely(t.Context(), by, g.event, "Ningbo Lanyu Trading", "ann@lanyu.example")
	must(t, err)
	first := firms.Likely{
		ID: all[0].ID, Code: all[0].Code, CreditCode: vectors[0], NameZH: all[0].Name.ZH, NameEN: all[0].Name.EN, Name: true, Domain: true, Takes: true, Granted: true,
	}
	if list[0] != first {
		t.Errorf("%+v, want %+v", list[0], first)
	}
	if _, err := g.Likely(t.Context(), linkOf(g.event, all[0].ID), g.event, "Ningbo Lanyu Trading", ""); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a firm asks: %v", err)
	}
}
