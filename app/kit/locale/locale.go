// Package locale speaks the two languages of the house: which one a reader
// wants, bilingual data, every sentence by key, and how each language writes
// dates, spans, numbers and money.
package locale

import (
	"strings"

	"golang.org/x/text/language"
)

// Lang is a language that every page can be read in.
type Lang string

// The languages.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Langs lists the languages; the first is what a reader gets who asks for none
// that we have.
var Langs = []Lang{ZH, EN}

// Parse reads a language as links, cookies and accounts write it.
func Parse(s string) (Lang, bool) {
	switch Lang(s) {
	case ZH:
		return ZH, true
	case EN:
		return EN, true
	}
	return "", false
}

// Other is the language that the switch in the bar leads to.
func (l Lang) Other() Lang {
	if l == ZH {
		return EN
	}
	return ZH
}

// Tag is what the lang attribute says: zh-CN or en.
func (l Lang) Tag() string {
	if l == ZH {
		return "zh-CN"
	}
	return "en"
}

// The matcher's first tag is what strangers to both languages get: English,
// because a reader of Chinese says so in the header.
var (
	matchOrder = []Lang{EN, ZH}
	matcher    = language.NewMatcher([]language.Tag{language.English, language.Chinese})
)

// Match answers the language that fits an Accept-Language header best. Without
// a header it is Chinese, the host's language.
func Match(accept string) Lang {
	if strings.TrimSpace(accept) == "" {
		return ZH
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return ZH
	}
	_, i, _ := matcher.Match(tags...)
	return matchOrder[i]
}

// Text is data that people wrote in both languages. A query fills it by naming
// its columns: title_zh AS "title.zh", title_en AS "title.en".
type Text struct {
	ZH string `db:"zh" json:"zh"`
	EN string `db:"en" json:"en"`
}

// In answers the text in a language, or in the other one when it is missing.
func (t Text) In(l Lang) string {
	if l == ZH && t.ZH != "" || t.EN == "" {
		return t.ZH
	}
	return t.EN
}

// Fallback tells that In answers the other language, so that the page can mark
// it with a lang attribute.
func (t Text) Fallback(l Lang) bool {
	if l == ZH {
		return t.ZH == "" && t.EN != ""
	}
	return t.EN == "" && t.ZH != ""
}

// Empty tells that neither language has any text.
func (t Text) Empty() bool { return t.ZH == "" && t.EN == "" }
