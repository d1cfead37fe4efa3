// Package mrz knows how a name stands in the machine readable zone of a passport:
// in the letters A to Z alone, at most 39 of them, by the tables of ICAO Doc 9303,
// part 3, section 6 (Latin and Cyrillic letters) and part 4, section 4.2.3 (the name
// field).
//
// The tables recommend, issuing states decide: Ö is OE in one passport and O in
// another. So a passport is compared with every form that the tables allow, and a
// difference is worth a look, never a refusal: the passport is right.
package mrz

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Width is the room of the name field of a passport: surname, two fillers and given
// names.
const Width = 39

// Valid tells whether a text can stand in a passport's name field as people type it:
// capital letters A to Z, single spaces between the words.
func Valid(s string) bool {
	if s == "" || strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		return false
	}
	for _, r := range s {
		if r != ' ' && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// Clean makes of what was typed or read by a scanner what Valid accepts, where only
// its writing differs: fillers are spaces, letters are capitals. Letters that no
// passport has in this field stay, for Valid to refuse.
func Clean(s string) string {
	s = strings.ToUpper(strings.ReplaceAll(norm.NFKC.String(s), "<", " "))
	return strings.Join(strings.Fields(s), " ")
}

// Form is the recommended form of a printed name, words parted by spaces. Letters
// outside the tables are left out.
func Form(printed string) string {
	var b strings.Builder
	for _, forms := range letters(printed) {
		b.WriteString(forms[0])
	}
	return b.String()
}

// Field is the name field of a passport for a surname and given names in their
// recommended form, filled up to Width. What is too long is cut as part 4, 4.2.3.4
// says: the given names first, down to their first letter, then the surname.
func Field(surname, given string) string {
	first, second := fillers(Form(surname)), fillers(Form(given))
	if second != "" {
		if most := Width - len("<<") - 1; len(first) > most {
			first = strings.TrimRight(first[:most], "<")
		}
		first += "<<" + second
	}
	if len(first) > Width {
		first = first[:Width]
	}
	return first + strings.Repeat("<", Width-len(first))
}

func fillers(form string) string { return strings.ReplaceAll(form, " ", "<") }

// Agree tells whether a passport's surname and given names may be those of a printed
// name, by any of the forms that the tables allow. A passport whose field is full may
// break off within the given names, or within the surname.
func Agree(surname, given, passportSurname, passportGiven string) bool {
	first, second := Compare(surname, given, passportSurname, passportGiven)
	return first && second
}

// Compare is Agree of the surname and of the given names apart.
func Compare(surname, given, passportSurname, passportGiven string) (surnameAgrees, givenAgrees bool) {
	full := len(passportSurname)+len(passportGiven)+len("<<") >= Width-1 // a filler may have been cut
	return matches(letters(surname), passportSurname, full && len(passportSurname) > Width/2), matches(letters(given), passportGiven, full)
}

// Parts are the surname and the given names as a passport's field has them when they
// are written in the recommended form; see Field.
func Parts(surname, given string) (surnameInField, givenInField string) {
	first, second, _ := strings.Cut(strings.TrimRight(Field(surname, given), "<"), "<<")
	return strings.ReplaceAll(first, "<", " "), strings.ReplaceAll(second, "<", " ")
}

// matches tells whether one choice of forms spells a text, or begins with it.
func matches(forms [][]string, text string, beginning bool) bool {
	type place struct{ letter, at int }
	failed := map[place]bool{}
	var from func(p place) bool
	from = func(p place) bool {
		switch {
		case p.letter == len(forms):
			return p.at == len(text)
		case beginning && p.at == len(text) && p.at > 0:
			return true
		case failed[p]:
			return false
		}
		for _, form := range forms[p.letter] {
			rest := text[p.at:]
			if strings.HasPrefix(rest, form) && from(place{p.letter + 1, p.at + len(form)}) {
				return true
			}
			if beginning && rest != "" && strings.HasPrefix(form, rest) {
				return true
			}
		}
		failed[p] = true
		return false
	}
	return from(place{})
}

// letters spells a name: for each of its letters the forms it may take, the
// recommended one first. A hyphen parts words as a space does; apostrophes, dots and
// commas are left out (part 3, section 4.6).
func letters(name string) (list [][]string) {
	gap := false
	for _, r := range strings.ToUpper(norm.NFC.String(name)) {
		forms, known := table[r]
		switch {
		case r >= 'A' && r <= 'Z':
			forms = []string{string(r)}
		case known:
		case unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || r == '<':
			gap = true
			continue
		default:
			base := baseOf(r)
			if base == "" {
				continue
			}
			forms = []string{base}
		}
		if gap && len(list) > 0 {
			list = append(list, []string{" "})
		}
		gap = false
		list = append(list, forms)
	}
	return list
}

// baseOf is the letter under the marks of one that the table does not name apart:
// every such letter of table A is its base letter.
func baseOf(r rune) string {
	for _, b := range norm.NFD.String(string(r)) {
		if b >= 'A' && b <= 'Z' {
			return string(b)
		}
		if forms, known := table[b]; known {
			return forms[0]
		}
		break
	}
	return ""
}
