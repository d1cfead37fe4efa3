package sheet

import "strings"

// dangerous begin what a spreadsheet would take for a formula.
const dangerous = "=+-@\t\r\n＝＋－＠"

// separators part fields somewhere: in half of Europe a list is read with semicolons,
// whatever it was written with, and then a formula may begin behind one.
const separators = ";\t\n"

// Guarded is a text that no spreadsheet takes for a formula: an apostrophe stands
// before what would begin one. Read takes it off again.
func Guarded(text string) string {
	var out strings.Builder
	begins := true
	for _, r := range text {
		if begins && strings.ContainsRune(dangerous, r) {
			out.WriteByte('\'')
		}
		out.WriteRune(r)
		begins = strings.ContainsRune(separators, r)
	}
	return out.String()
}

// unguarded takes off what Guarded put on.
func unguarded(text string) string {
	var out strings.Builder
	begins := true
	runes := []rune(text)
	for i, r := range runes {
		if begins && r == '\'' && i+1 < len(runes) && strings.ContainsRune(dangerous, runes[i+1]) {
			begins = false
			continue
		}
		out.WriteRune(r)
		begins = strings.ContainsRune(separators, r)
	}
	return out.String()
}
