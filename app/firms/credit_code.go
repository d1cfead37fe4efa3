package firms

import (
	"strings"
	"unicode"

	"qianshou/app/kit/text"
)

// creditSigns are the signs of a unified social credit code and their values:
// digits and capitals without I, O, S, V, Z (GB 32100-2015).
const creditSigns = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CreditCode writes a unified social credit code as it is stored: half-width
// capitals without the blanks and hyphens that people put between the groups. It
// does not say whether there is such a code; see ValidCreditCode.
func CreditCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, text.Halfwidth(typed))
}

// ValidCreditCode tells whether a code has eighteen signs of which the last is
// the check sign of the others: C18 = 31 − (Σ Ci·3^(i−1) mod 31) mod 31
// (GB 32100-2015).
func ValidCreditCode(code string) bool {
	if len(code) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(creditSigns, code[i])
		if value < 0 {
			return false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return code[17] == creditSigns[(31-sum%31)%31]
}
