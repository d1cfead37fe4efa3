package firms_test

import (
	"encoding/csv"
	"testing"

	"qianshou/app/demo/data"
	"qianshou/app/firms"
)

func TestCreditCodesOfTheDemo(t *testing.T) {
	f, err := data.FS.Open("firms.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, line := range lines[1:] {
		code := line[3]
		if !firms.ValidCreditCode(code) {
			t.Errorf("%s: %s is refused", line[0], code)
		}
		// One sign changed anywhere is noticed: 3 generates the multiplicative group of 31.
		for i := range code {
			other := byte('0')
			if code[i] == other {
				other = '1'
			}
			if firms.ValidCreditCode(code[:i] + string(other) + code[i+1:]) {
				t.Errorf("%s: a wrong sign at %d was not noticed", code, i)
			}
		}
		seen++
	}
	if seen != 40 {
		t.Errorf("looked at %d firms, want 40", seen)
	}
	for _, wrong := range []string{"", "91330299J3NW4AM18", "91330299J3NW4AM18I", "91330299j3nw4am187", "９1330299J3NW4AM187"} {
		if firms.ValidCreditCode(wrong) {
			t.Errorf("%q was taken", wrong)
		}
	}
}
