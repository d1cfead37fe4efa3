package firms_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"qianshou/app/demo/data"
	"qianshou/app/firms"
)

const signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// printed are the weights as GB 32100-2015 prints them. The program computes its
// own.
var printed = []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// checkSign is the rule of the standard, written down a second time.
func checkSign(body string) byte {
	sum := 0
	for i, weight := range printed {
		sum += weight * strings.IndexByte(signs, body[i])
	}
	for rest, sign := range []byte(signs) { // the sign that makes the whole sum a multiple of 31
		if (sum+rest)%31 == 0 {
			return sign
		}
	}
	return 0
}

// vectors were computed outside this program from the printed weights, for invented
// bodies in an area code that nobody has; the first is the example that validators
// of the code publish.
var vectors = []string{
	"91110000600037341L", "91330299J3NW4AM187", "91330299K3DGFBAW36", "52330299T453AQFR36", "123302999F5MJHL6X3", "93330299R3TGE9GJRA",
	"N2330299FYBU4M9QN4", "51330299X8N63MPUGG", "A1330299DXHEBLGM9R",
	"913302991ETFCP9E50", // the sum is a multiple of 31: the check sign is 0, not a thirty-second one
}

func TestCreditCodes(t *testing.T) {
	for _, code := range vectors {
		if !firms.ValidCreditCode(code) || checkSign(code) != code[17] {
			t.Errorf("%s is refused, or ends with another sign than %c", code, checkSign(code))
		}
	}
	for _, wrong := range []string{
		"", "91330299J3NW4AM18", "91330299J3NW4AM1877", "91330299J3NW4AM18I", "91330299O3NW4AM187", "91330299j3nw4am187", "９1330299J3NW4AM187", "91330299J3NW4AM1é7",
	} {
		if firms.ValidCreditCode(wrong) {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// Every sign in another's place, and every two neighbours that change places, are
// noticed: 31 is a prime, no weight is a multiple of it, and no two neighbours have
// the same.
func TestCreditCodesNoticeSlips(t *testing.T) {
	changed, swapped := 0, 0
	for _, code := range vectors {
		for i := range code {
			for _, other := range []byte(signs) {
				if other == code[i] {
					continue
				}
				changed++
				if firms.ValidCreditCode(code[:i] + string(other) + code[i+1:]) {
					t.Errorf("%s: %c at %d was not noticed", code, other, i)
				}
			}
			if i == 0 || code[i] == code[i-1] {
				continue
			}
			swapped++
			if firms.ValidCreditCode(code[:i-1] + string(code[i]) + string(code[i-1]) + code[i+1:]) {
				t.Errorf("%s: signs %d and %d changed places unnoticed", code, i-1, i)
			}
		}
	}
	if changed != len(vectors)*18*30 || swapped < len(vectors)*12 {
		t.Errorf("tried %d other signs and %d swaps", changed, swapped)
	}
}

func TestCreditCodesAreStoredInOneForm(t *testing.T) {
	const want = "91330299J3NW4AM187"
	for _, typed := range []string{
		want, " 91330299j3nw4am187\t", "９１３３０２９９Ｊ３ＮＷ４ＡＭ１８７", "９１３３０２９９ｊ３ｎｗ４ａｍ１８７", "91 330299 J3NW4AM18 7", "91-330299-J3NW4AM18-7", "91　330299　J3NW4AM18　7", "91330299—J3NW4AM187",
	} {
		if got := firms.CreditCode(typed); got != want {
			t.Errorf("%q is stored as %q", typed, got)
		}
	}
}

func TestCreditCodesOfTheDemo(t *testing.T) {
	f, err := data.FS.Open("firms.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		if code := line[3]; !firms.ValidCreditCode(code) || checkSign(code) != code[17] || firms.CreditCode(code) != code {
			t.Errorf("%s: %s is refused", line[0], code)
		}
	}
	if len(lines) != 41 {
		t.Errorf("looked at %d firms, want 40", len(lines)-1)
	}
}
