package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/mrz"
	"qianshou/app/kit/pdf"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Remark is what is odd about a field and taken all the same: somebody who knows
// better may have meant it. The key is of a sentence that says what to look at.
type Remark struct {
	Field string
	Key   string
	Args  []any
}

// Occasion is what remarks are measured by.
type Occasion struct {
	Starts time.Time     // first day of the event
	Ends   time.Time     // last day of the event
	Leaves time.Time     // when the person goes home
	Face   *pdf.Typeface // in which badges are printed
}

// sixMonths is how long a passport should be good for beyond the stay (visa
// officers ask for it).
const sixMonths = 6

// onPaper are the fields in which people write what a badge prints.
var onPaper = []string{"family_name", "given_name", "name_native", "name_zh", "organisation", "title_en", "title_zh"}

// Remarks answers what is odd about what somebody typed, in the order of Fields.
// What breaks a rule is no remark: it is refused.
func (in Input) Remarks(at Occasion) (list []Remark) {
	in.clean()
	if in.NameNative == "" {
		in.NameNative = in.spelledOut()
	}
	remark := func(field, key string, args ...any) { list = append(list, Remark{field, key, args}) }
	for _, field := range onPaper {
		if missing := at.Face.Unprintable(in.Value(field)); missing != "" && (field != "name_native" || in.NameNative != in.spelledOut()) {
			remark(field, "remark.unprintable", missing)
		}
	}
	in.remarkPassportName(remark)
	in.remarkNative(remark)
	if day, err := time.Parse(time.DateOnly, in.BirthDate); err == nil && minor(day, at.Starts) {
		remark("birth_date", "remark.minor", guardianAge)
	}
	if day, err := time.Parse(time.DateOnly, in.Passport.ExpiresOn); err == nil && !day.Before(at.Ends) && day.Before(at.Leaves.AddDate(0, sixMonths, 0)) {
		remark("passport.expires_on", "remark.expires_soon")
	}
	slices.SortStableFunc(list, func(a, b Remark) int { return slices.Index(Fields, a.Field) - slices.Index(Fields, b.Field) })
	return list
}

// unprintable is what the fonts of badges lack of what somebody typed.
func (in Input) unprintable() (string, error) {
	face, err := pdf.House()
	if err != nil {
		return "", fmt.Errorf("read printing face: %w", err)
	}
	texts := make([]string, len(onPaper))
	for i, field := range onPaper {
		texts[i] = in.Value(field)
	}
	return face.Unprintable(texts...), nil
}

// remarkPassportName compares the name in the passport's machine-readable line with
// the printed one.
func (in Input) remarkPassportName(remark func(field, key string, args ...any)) {
	if in.MRZSurname == "" && in.MRZGiven == "" {
		return
	}
	surname, given := mrz.Parts(in.FamilyName, in.GivenName)
	sameSurname, sameGiven := mrz.Compare(in.FamilyName, in.GivenName, in.MRZSurname, in.MRZGiven)
	for _, part := range []struct {
		field, usual string
		same         bool
	}{{"mrz_surname", surname, sameSurname}, {"mrz_given", given, sameGiven}} {
		switch {
		case part.same:
		case part.usual == "":
			remark(part.field, "remark.mrz_none")
		default:
			remark(part.field, "remark.mrz", part.usual)
		}
	}
}

// remarkNative looks whether a name in its own script is whole, and whether it stands
// in the order that was said.
func (in Input) remarkNative(remark func(field, key string, args ...any)) {
	words := strings.Fields(in.NameNative)
	if in.GivenName == "" || in.FamilyName == "" || len(words) == 0 {
		return
	}
	if len(words) == 1 {
		if !strings.ContainsFunc(in.NameNative, unspaced) {
			remark("name_native", "remark.native_part")
		}
		return
	}
	familyFirst, givenFirst := false, false
	for n := 1; n < len(words); n++ {
		head, tail := strings.Join(words[:n], " "), strings.Join(words[n:], " ")
		familyFirst = familyFirst || spells(head, in.FamilyName) && spells(tail, in.GivenName)
		givenFirst = givenFirst || spells(head, in.GivenName) && spells(tail, in.FamilyName)
	}
	switch {
	case familyFirst && !givenFirst && in.NativeOrder == "given_first":
		remark("native_order", "remark.family_stands_first", in.NameNative)
	case givenFirst && !familyFirst && in.NativeOrder == "family_first":
		remark("native_order", "remark.given_stands_first", in.NameNative)
	}
}

// spells tells whether part of a name in its own script is a part of the Latin one;
// of scripts other than Latin and Cyrillic it cannot tell.
func spells(native, latin string) bool {
	return text.Fold(native) == text.Fold(latin) || mrz.Agree(native, "", mrz.Form(latin), "")
}

// unspaced tells whether a letter is of a script that writes names without spaces.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// spelledOut is the Latin name in the order of the native one, which stands for it
// until somebody writes it in its own script.
func (in Input) spelledOut() string {
	if in.NativeOrder == "family_first" {
		return strings.TrimSpace(in.FamilyName + " " + in.GivenName)
	}
	return strings.TrimSpace(in.GivenName + " " + in.FamilyName)
}

// occasion reads what remarks about somebody of a delegation, or of none, are
// measured by.
func (s *Service) occasion(ctx context.Context, q store.Querier, e events.Event, delegation ident.ID) (Occasion, error) {
	face, err := pdf.House()
	if err != nil {
		return Occasion{}, fmt.Errorf("read printing face: %w", err)
	}
	at := Occasion{Starts: e.StartsOn, Ends: e.EndsOn, Leaves: e.EndsOn, Face: face}
	if delegation == ident.Nil {
		return at, nil
	}
	d, err := delegationByID(ctx, q, delegation)
	if err == nil && d.DepartsAt != nil {
		at.Leaves = *d.DepartsAt
	}
	return at, err
}

// remarksOf answers what is odd about a registration.
func (s *Service) remarksOf(ctx context.Context, q store.Querier, r Registration, in Input) ([]Remark, error) {
	e, err := events.In(ctx, q, r.EventID)
	if err != nil {
		return nil, err
	}
	at, err := s.occasion(ctx, q, e, r.DelegationID)
	if err != nil {
		return nil, err
	}
	return in.Remarks(at), nil
}

// asWarnings are remarks as a list of members carries them.
func asWarnings(remarks []Remark) (list []fault.Field) {
	for _, m := range remarks {
		list = append(list, fault.Field{Path: m.Field, Key: m.Key, Args: m.Args})
	}
	return list
}
