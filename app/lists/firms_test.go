package lists_test

import (
	"reflect"
	"strings"
	"testing"

	"qianshou/app/firms"
	"qianshou/app/kit/locale"
	"qianshou/app/lists"
)

const firmHead = "统一社会信用代码,企业中文名称,企业英文名称,区（县、市）,所属行业,企业性质,员工人数,白名单起始日,白名单复核日,白名单依据"

func (g *ground) register(t *testing.T, rows ...string) lists.Import {
	t.Helper()
	return g.upload(t, office, lists.Upload{EventID: g.event.ID, Kind: lists.Firms, FileName: "firms.csv", File: []byte(firmHead + "\n" + strings.Join(rows, "\n")), Lang: "zh"})
}

func TestRegisterOfFirms(t *testing.T) {
	t.Parallel()
	g := newGround(t, april)
	const lanyu = "91330299J3NW4AM187,宁波澜屿跨境电商有限公司,Ningbo Lanyu,北仑区,物流,民营企业,210,2026-01-01,2028/1/1,信用记录良好"
	i := g.register(t,
		lanyu,
		"91330299250661XH3H,宁波砺岬港航,Ningbo Lijia,Beilun,LOGI,private,,,,",
		"91330299J3NW4AM188,错一位,One sign off,北仑区,物流,private,,,,",
		"91330299J3NW4AM187,又是澜屿,Lanyu again,北仑区,物流,private,,,,",
		"91330299J3NW4AM18Ｘ,没有的区,No such district,没有,物流,private,many,2026-01-01,2025-01-01,",
	)
	want := []string{
		"new", "new", "bad credit_code firms.credit_code", "duplicate credit_code lists.twice_firm",
		"bad credit_code firms.credit_code district lists.choice employees field.number whitelist_review field.order whitelist_basis field.required",
	}
	got := g.verdicts(t, office, i)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
	if i = g.commit(t, office, i); i.State != lists.Done || i.Good != 2 || i.Bad != 2 {
		t.Errorf("%+v", i)
	}
	list, err := g.firms.OfEvent(t.Context(), g.event.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	count := 210
	want1 := firms.Firm{
		ID: list[0].ID, Code: "F001", CreditCode: "91330299J3NW4AM187", Name: locale.Text{ZH: "宁波澜屿跨境电商有限公司", EN: "Ningbo Lanyu"}, District: "330206", Sectors: []string{"LOGI"},
		Ownership: "private", Employees: &count, Languages: []string{}, TargetCountries: []string{}, Version: 1,
	}
	if !reflect.DeepEqual(list[0], want1) {
		t.Errorf("got  %+v\nwant %+v", list[0], want1)
	}
	var grants []string
	if err := g.db.SelectContext(t.Context(), &grants, `SELECT kind || ' ' || valid_from || ' ' || review_on || ' ' || basis || ' ' || granted_by FROM firm_grants`); err != nil || !reflect.DeepEqual(grants, []string{"whitelist 2026-01-01 2028-01-01 信用记录良好 test"}) {
		t.Errorf("%q, %v", grants, err)
	}

	// Again: nothing new; another name changes; another grant is the desk's to decide.
	again := g.register(t, lanyu,
		"91330299250661XH3H,宁波砺岬港航物流,,,,,640,,,")
	if got := g.verdicts(t, office, again); !reflect.DeepEqual(got, []string{"same", "changed"}) {
		t.Errorf("%q", got)
	}
	g.commit(t, office, again)
	if list, err = g.firms.OfEvent(t.Context(), g.event.ID); err != nil || len(list) != 2 || list[1].Name != (locale.Text{ZH: "宁波砺岬港航物流", EN: "Ningbo Lijia"}) || *list[1].Employees != 640 || list[1].Code != "F002" {
		t.Errorf("%+v, %v", list, err)
	}
	stands := g.register(t, strings.Replace(lanyu, "2026-01-01", "2027-01-01", 1))
	if got := g.verdicts(t, office, stands); !reflect.DeepEqual(got, []string{"bad whitelist_from lists.grant_stands"}) {
		t.Errorf("%q", got)
	}
}
