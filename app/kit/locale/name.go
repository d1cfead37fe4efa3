package locale

import (
	"strings"
	"unicode"
)

// Name is what a person or a place is called: in Latin letters, as at home, and
// in Chinese. It alone decides which form stands first: on a Chinese page the
// Chinese one, on an English page the Latin one; the others follow, none twice.
// A query fills it by naming its columns "head.latin", "head.native", "head.zh".
type Name struct {
	Latin  string `db:"latin"`
	Native string `db:"native"` // in its own script and order
	ZH     string `db:"zh"`
}

// NameOf is the name of what has one in each language, such as a firm.
func NameOf(t Text) Name { return Name{Latin: t.EN, ZH: t.ZH} }

// Form is one way to write a name.
type Form struct {
	Text string
	Lang string // of a lang attribute; empty when it is not known
}

// Forms answers every form of the name, the one that stands first on a page of a
// language first.
func (n Name) Forms(l Lang) (forms []Form) {
	chinese := Form{n.ZH, ZH.Tag()}
	if n.ZH == "" && allHan(n.Native) {
		chinese.Text = n.Native
	}
	order := []Form{{Text: n.Latin}, {Text: n.Native}, chinese}
	if l == ZH {
		order = []Form{chinese, {Text: n.Latin}, {Text: n.Native}}
	}
	for _, f := range order {
		if f.Text == "" {
			continue
		}
		if f.Text == chinese.Text {
			f.Lang = chinese.Lang
		}
		known := false
		for _, have := range forms {
			known = known || strings.EqualFold(have.Text, f.Text)
		}
		if !known {
			forms = append(forms, f)
		}
	}
	return forms
}

// In answers the form that stands first on a page of a language.
func (n Name) In(l Lang) string {
	if forms := n.Forms(l); len(forms) > 0 {
		return forms[0].Text
	}
	return ""
}

// Empty tells that nobody is named.
func (n Name) Empty() bool { return n == Name{} }

// allHan tells a name that is Chinese already.
func allHan(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r != '·' && !unicode.Is(unicode.Han, r) }) < 0
}
