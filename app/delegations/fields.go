package delegations

import (
	"slices"
	"strings"

	"qianshou/app/forms"
	"qianshou/app/kit/text"
)

// Fields are what can be edited of a registration, in the order of its form.
var Fields = []string{
	"family_name", "given_name", "mrz_surname", "mrz_given", "name_native", "native_order", "name_zh", "sex", "nationality", "birth_date",
	"passport.number", "passport.issuer", "passport.expires_on", "organisation", "title_en", "title_zh",
	"address_en", "address_zh", "email", "phone", "lang", "languages", "meal_plan", "access_needs",
}

// ofTheOffice are fields that are no business of the person's own forms: how letters
// address somebody is said by those who write them.
var ofTheOffice = []string{"address_en", "address_zh"}

// Requestable are the fields that the desk may ask the person to put right.
func Requestable() []string {
	return slices.DeleteFunc(slices.Clone(Fields), func(f string) bool { return slices.Contains(ofTheOffice, f) })
}

// Key tells whether a field says who somebody is or in whose name they come: what
// was approved of it stays valid until the desk approves another.
func Key(field string) bool { return !slices.Contains(freeFields, field) }

var freeFields = []string{"address_en", "address_zh", "email", "phone", "lang", "languages", "meal_plan", "access_needs"}

// sensitive tells whether the values of a field are sealed wherever they are kept.
func sensitive(field string) bool {
	return field == "birth_date" || strings.HasPrefix(field, "passport.")
}

// onBadge are the fields that a badge on paper shows.
var onBadge = []string{"family_name", "given_name", "name_native", "name_zh", "nationality", "organisation", "title_en", "title_zh", Photo}

// Photo is the field of a change that wants another portrait: its value is the file
// that waits. Portraits are kept elsewhere, so it is none of Fields.
const Photo = "photo"

// Edit is what somebody writes over some fields of a registration. A field that it
// does not have stays as it is. A list is written with commas,
// languages by name or tag. Answers to the event's
// own questions are written by Answer.
type Edit map[string]string

// field is where an input keeps a text field; nil for a list and for what is no
// field.
func (in *Input) field(name string) *string {
	return map[string]*string{
		"family_name": &in.FamilyName, "given_name": &in.GivenName, "name_native": &in.NameNative, "native_order": &in.NativeOrder,
		"name_zh": &in.NameZH, "mrz_surname": &in.MRZSurname, "mrz_given": &in.MRZGiven, "sex": &in.Sex, "nationality": &in.Nationality, "birth_date": &in.BirthDate,
		"passport.number": &in.Passport.Number, "passport.issuer": &in.Passport.Issuer, "passport.expires_on": &in.Passport.ExpiresOn,
		"organisation": &in.Organisation, "title_en": &in.TitleEN, "title_zh": &in.TitleZH, "address_en": &in.AddressEN, "address_zh": &in.AddressZH, "email": &in.Email, "phone": &in.Phone,
		"lang": &in.Lang, "meal_plan": &in.MealPlan,
	}[name]
}

// list is where an input keeps a field of several values.
func (in *Input) list(name string) *[]string {
	return map[string]*[]string{"languages": &in.Languages, "access_needs": &in.AccessNeeds}[name]
}

// Value answers a field as text, a list with commas.
func (in Input) Value(name string) string {
	if list := in.list(name); list != nil {
		return strings.Join(*list, ",")
	}
	if field := in.field(name); field != nil {
		return *field
	}
	if code, is := strings.CutPrefix(name, answerField); is {
		return written(in.Answers[code])
	}
	return ""
}

// with is an input with an edit written over it. A native name that only repeated
// the Latin one follows it. What is sealed is shown to nobody who edits, so an
// empty one stays as it is.
func (in Input) with(e Edit) Input {
	latin := in.spelledOut()
	repeats := in.NameNative == latin
	in.Answers = e.over(in.Answers)
	for name, value := range e {
		if sensitive(name) && strings.TrimSpace(value) == "" {
			continue
		}
		if list := in.list(name); list != nil {
			*list = SplitList(value)
			if name == "languages" {
				*list = forms.LanguageTags(value)
			}
		} else if field := in.field(name); field != nil {
			*field = value
		}
	}
	if repeats && text.Clean(in.NameNative) == latin {
		in.NameNative = ""
	}
	return in
}

// SplitList reads a list as people write it.
func SplitList(typed string) []string {
	return strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",，、; \t\n", r) })
}

// unknown answers the fields of an edit that no registration has, in order.
func (e Edit) unknown() (list []string) {
	for name := range e {
		if !slices.Contains(Fields, name) && !e.answers(name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// FieldList is several fields as the database joins them.
type FieldList string

// All answers the fields.
func (l FieldList) All() []string {
	return strings.FieldsFunc(string(l), func(r rune) bool { return r == ',' })
}

// Has tells whether a field is among them.
func (l FieldList) Has(field string) bool { return slices.Contains(l.All(), field) }
