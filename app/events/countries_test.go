package events_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

// assigned are the officially assigned codes of ISO 3166-1.
const assigned = `
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
	CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
	FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
	JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
	MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
	PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
	TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`

// Every installation knows the whole world from its first day, under names that are
// all there and all different.
func TestEveryCountryAndRegion(t *testing.T) {
	t.Parallel()
	list, err := events.New(storetest.New(t), clock.At("2027-01-01T00:00:00Z"), ident.New).Countries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	called := map[string]string{}
	names := map[string]locale.Text{}
	for _, c := range list {
		codes, names[c.Code] = append(codes, c.Code), c.Name
		if r, err := language.ParseRegion(c.Code); err != nil || r.ISO3() != c.Code3 {
			t.Errorf("%s is %s in passports, want %s (%v)", c.Code, c.Code3, r.ISO3(), err)
		}
		for _, name := range []string{c.Name.ZH, c.Name.EN} {
			if name == "" || strings.TrimSpace(name) != name {
				t.Errorf("%s is called %q", c.Code, name)
			}
			if other, taken := called[name]; taken {
				t.Errorf("%s and %s are both called %s", other, c.Code, name)
			}
			called[name] = c.Code
		}
	}
	slices.Sort(codes)
	if want := strings.Fields(assigned); len(want) != 249 || !slices.Equal(codes, want) {
		t.Errorf("there are %d codes, want the %d assigned ones:\n%v", len(codes), len(want), codes)
	}
	for code, want := range map[string]locale.Text{
		"HK": {ZH: "中国香港", EN: "Hong Kong, China"}, "MO": {ZH: "中国澳门", EN: "Macao, China"}, "TW": {ZH: "中国台湾", EN: "Taiwan, China"},
		"IT": {ZH: "意大利", EN: "Italy"}, "MK": {ZH: "北马其顿", EN: "North Macedonia"}, "CI": {ZH: "科特迪瓦", EN: "Côte d’Ivoire"},
	} {
		if names[code] != want {
			t.Errorf("%s is called %v, want %v", code, names[code], want)
		}
	}
}
