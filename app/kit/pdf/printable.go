package pdf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// invisible are signs that guide the breaking of lines and have no shape.
var invisible = strings.NewReplacer("\u00A0", " ", "\u3000", " ", "\u202F", " ", "\u2009", " ", "\u200B", "", "\u200C", "", "\u200D", "", "\u2060", "", "\uFEFF", "", "\u00AD", "", "\u2011", "-")

// Printed is a text as it goes to paper.
func Printed(text string) string {
	return strings.Join(strings.Fields(invisible.Replace(norm.NFC.String(text))), " ")
}

// Unprintable says which characters of some texts the typeface cannot put on paper,
// each once and with its code: 𠮷 (U+20BB7). It is empty when all can be printed.
func (t *Typeface) Unprintable(texts ...string) string {
	text := Printed(strings.Join(texts, " "))
	bad := t.Missing(text)
	for _, r := range text { // the writer sets no mark over a letter
		if unicode.Is(unicode.M, r) && !slices.Contains(bad, r) {
			bad = append(bad, r)
		}
	}
	var list []string
	for _, r := range bad {
		shown := string(r)
		if unicode.Is(unicode.M, r) {
			shown = "◌" + shown
		}
		list = append(list, fmt.Sprintf("%s (U+%04X)", shown, r))
	}
	return strings.Join(list, ", ")
}
