package badges

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/pdf"
)

// Face is everything that a badge on paper says of its holder.
type Face struct {
	GivenName    string // in Latin letters
	FamilyName   string // in Latin letters, as registered
	NameNative   string // in its own script
	NameZH       string
	Nationality  string // ISO 3166, for how its language writes capitals
	Title        locale.Text
	Organisation locale.Text
	City         locale.Text
	Country      locale.Text // or region
	Liaison      locale.Text // the officer of the holder's delegation

	Role    locale.Text
	Code    string // of the badge type: VIP
	Colour  string // #RRGGBB
	Pattern string // of events.Patterns
	Zones   []ZoneMark
	Days    []time.Time // dates on which it opens doors, in order
	Serial  string
	Token   string

	Holder ident.ID // the registration, for its portrait
	Framed bool     // the badge type asks for a portrait: where there is none, a frame is left to glue one in
}

// ZoneMark is one zone of the event on a badge.
type ZoneMark struct {
	Code string
	Name locale.Text
	Open bool // to this badge; others are printed struck, so that a missing one is seen
}

// Occasion is what all badges of one event say alike.
type Occasion struct {
	Title     locale.Text
	Place     locale.Text
	FirstDay  time.Time
	LastDay   time.Time
	Emergency string      // phone; empty: not printed
	Finder    locale.Text // to whoever finds a badge; empty: the house's sentence
}

// unprintable lists what of some texts cannot be drawn: 𠮷 (U+20BB7).
func unprintable(texts ...string) (string, error) {
	face, err := pdf.House()
	if err != nil {
		return "", fmt.Errorf("read printing face: %w", err)
	}
	return face.Unprintable(texts...), nil
}

// tidy makes every text of a face ready for paper.
func (f Face) tidy() Face {
	for _, s := range f.texts() {
		*s = pdf.Printed(*s)
	}
	return f
}

// texts are the parts of a face that people typed.
func (f *Face) texts() []*string {
	return []*string{
		&f.GivenName, &f.FamilyName, &f.NameNative, &f.NameZH, &f.Title.ZH, &f.Title.EN, &f.Organisation.ZH, &f.Organisation.EN,
		&f.City.ZH, &f.City.EN, &f.Country.ZH, &f.Country.EN, &f.Liaison.ZH, &f.Liaison.EN, &f.Role.ZH, &f.Role.EN,
	}
}

// unprintable lists what of the face cannot be drawn; empty when all can.
func (f Face) unprintable() (string, error) {
	var all []string
	for _, s := range f.texts() {
		all = append(all, *s)
	}
	return unprintable(all...)
}

// chinese tells that the holder's own script is Chinese, so that the Chinese name
// stands first.
func (f Face) chinese() bool { return f.NameZH != "" && hasScript(f.NameNative, unicode.Han) }

// native is the name in the holder's own script when neither the Latin nor the
// Chinese line says it.
func (f Face) native() string {
	for _, r := range f.NameNative {
		if unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Han) {
			return f.NameNative
		}
	}
	return ""
}

// capitals is the family name as a badge writes it.
func (f Face) capitals() string {
	upper := language.Und
	if f.Nationality == "TR" || f.Nationality == "AZ" { // i has a dot in capitals too
		upper = language.Turkish
	}
	return cases.Upper(upper).String(f.FamilyName)
}

func hasScript(s string, script *unicode.RangeTable) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(script, r) })
}
