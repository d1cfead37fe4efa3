package sheet

import "strings"

// dangerous begin what a spreadsheet would take for a formula.
const dangerous = "=+-@\t\r\n＝＋－＠"

// Guarded is a text that no spreadsheet takes for a formula: an apostrophe stands
// before what would begin one. Read takes it off again.
func Guarded(text string) string {
	if text != "" && strings.ContainsRune(dangerous, []rune(text)[0]) {
		return "'" + text
	}
	return text
}

// unguarded takes off what Guarded put on.
func unguarded(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && Guarded(rest) != rest {
		return rest
	}
	return text
}
