package delegations

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/mrz"
	"qianshou/app/kit/text"
)

// Input is what somebody says of a person to register them. Names are as the
// field has them: never first and last.
type Input struct {
	Category     string   `json:"category"`    // code
	GivenName    string   `json:"given_name"`  // Latin letters; empty for one-name persons
	FamilyName   string   `json:"family_name"` // Latin letters
	NameNative   string   `json:"name_native"` // as at home; empty: given and family name
	NativeOrder  string   `json:"native_order"`
	NameZH       string   `json:"name_zh"`     // Chinese rendering
	MRZSurname   string   `json:"mrz_surname"` // as in the passport's machine-readable line; empty: nobody said
	MRZGiven     string   `json:"mrz_given"`
	Sex          string   `json:"sex"`
	Nationality  string   `json:"nationality"` // two letters, of the office's table; everybody has one
	Languages    []string `json:"languages"`
	Email        string   `json:"email"`
	Phone        string   `json:"phone"`
	TitleEN      string   `json:"title_en"`
	TitleZH      string   `json:"title_zh"`
	AddressEN    string   `json:"-"`            // how letters address the person: Mayor Halmosi; empty: by the name
	AddressZH    string   `json:"-"`            // 豪尔莫希市长
	Organisation string   `json:"organisation"` // see ComesForOrganisation
	BirthDate    string   `json:"birth_date"`   // 1964-11-07
	Passport     Passport `json:"passport"`
	MealPlan     string   `json:"meal_plan"`
	AccessNeeds  []string `json:"access_needs"`
	Consent      bool     `json:"consent"`
	Lang         string   `json:"lang"` // of letters
	// Answers are those to the questions of the event's own form.
	Answers forms.Answers `json:"answers"`

	// Not for the public form.
	Role         string   `json:"-"`
	BadgeType    string   `json:"-"` // empty: the category's
	DelegationID ident.ID `json:"-"`
	FirmID       ident.ID `json:"-"`
	Source       string   `json:"-"` // web, api, import, delegation, onsite, office
	Quiet        bool     `json:"-"` // no letter is written: the desk tells them itself
}

// Passport is a travel document. It is sealed before it is stored.
type Passport struct {
	Number    string `json:"number"`
	Issuer    string `json:"issuer"`
	ExpiresOn string `json:"expires_on"`
}

// MealPlans are what a kitchen needs to know, not why.
var MealPlans = []string{"none", "vegetarian", "vegan", "halal", "kosher", "no_pork", "no_seafood", "gluten_free", "lactose_free", "nut_allergy"}

// AccessNeeds are what a place must offer.
var AccessNeeds = []string{"step_free", "seat_near_exit", "sign_language", "hearing_loop", "large_print"}

var sources = []string{"web", "api", "import", "delegation", "onsite", "office"}

// ConsentVersion names the text that people agree to when they register.
const ConsentVersion = "2027-01"

// checked is an Input that keeps every rule.
type checked struct {
	Input
	birth   *time.Time
	expires *time.Time
	form    forms.Form    // against which the answers were checked
	sent    forms.Answers // tokens of files that were handed in anew
	amended forms.Answers // of somebody who is registered already: what a list says otherwise
	host    *rollEntry    // whom a companion on a list comes with
	self    *rollEntry    // as later lines of the list find somebody new
}

// check cleans and checks an input at an instant. Every broken rule is noted
// beside its field, so that a person mends them in one go.
func (in Input) check(now time.Time) (checked, error) {
	var bad fault.List
	in.clean()
	text.Line(&bad, "family_name", in.FamilyName, true, 80)
	text.Line(&bad, "given_name", in.GivenName, false, 80)
	for _, part := range [][2]string{{"family_name", in.FamilyName}, {"given_name", in.GivenName}} {
		if wrong := text.NotLatin(part[1]); wrong != "" && !text.Unseen(part[1]) {
			bad.Add(part[0], "registration.not_latin", wrong)
		}
	}
	for _, part := range [][2]string{{"mrz_surname", in.MRZSurname}, {"mrz_given", in.MRZGiven}} {
		bad.Check(part[1] == "" || mrz.Valid(part[1]), part[0], "registration.mrz_signs")
		bad.Check(len(part[1]) <= mrz.Width, part[0], "field.too_long", mrz.Width)
	}
	if in.NameNative == "" { // what is wrong with it was said of its parts
		in.NameNative = in.spelledOut()
	} else {
		text.Line(&bad, "name_native", in.NameNative, true, 120)
		bad.Check(text.OneScript(in.NameNative), "name_native", "field.script")
	}
	for _, part := range [][2]string{
		{"family_name", in.FamilyName}, {"given_name", in.GivenName}, {"name_native", in.NameNative}, {"name_zh", in.NameZH},
		{"address_en", in.AddressEN}, {"address_zh", in.AddressZH},
	} {
		switch {
		case part[1] == "" || part[0] == "name_native" && part[1] == strings.TrimSpace(in.GivenName+" "+in.FamilyName): // said of its parts
		case text.LinkLike(part[1]): // letters greet by name or address, and reach whoever's address somebody wrote
			bad.Add(part[0], "registration.name_link")
		default:
			bad.Check(text.Worded(part[1]), part[0], "registration.name_letters")
		}
	}
	bad.Check(slices.Contains([]string{"family_first", "given_first"}, in.NativeOrder), "native_order", "field.choice")
	text.Line(&bad, "name_zh", in.NameZH, false, 40)
	bad.Check(text.Chinese(in.NameZH), "name_zh", "registration.not_chinese")
	bad.Check(slices.Contains([]string{"", "M", "F", "X"}, in.Sex), "sex", "field.choice")
	bad.Check(in.Nationality != "", "nationality", "registration.nationality")
	var ok bool
	if in.Email, ok = text.Email(in.Email); in.Email == "" && (in.DelegationID != ident.Nil || in.Source == "office" || in.Source == "onsite") {
		ok = true // whoever speaks for the delegation is told, or the desk that wrote them down
	}
	bad.Check(ok, "email", "field.email")
	if in.Phone != "" {
		in.Phone, ok = text.Phone(in.Phone)
		bad.Check(ok, "phone", "field.phone")
	}
	text.Line(&bad, "title_en", in.TitleEN, false, 120)
	text.Line(&bad, "title_zh", in.TitleZH, false, 120)
	text.Line(&bad, "address_en", in.AddressEN, false, 80)
	text.Line(&bad, "address_zh", in.AddressZH, false, 80)
	if in.Organisation == "" && in.DelegationID == ident.Nil && ComesForOrganisation(in.Category) {
		key := "registration.organisation"
		if in.Source == "office" {
			key = "registration.organisation_of" // the desk is asked about somebody else
		}
		bad.Add("organisation", key)
	}
	text.Line(&bad, "organisation", in.Organisation, false, 200)
	bad.Check(slices.Contains(MealPlans, in.MealPlan), "meal_plan", "field.choice")
	slices.Sort(in.AccessNeeds)
	in.AccessNeeds = slices.Compact(in.AccessNeeds)
	bad.Check(!slices.ContainsFunc(in.AccessNeeds, func(need string) bool { return !slices.Contains(AccessNeeds, need) }), "access_needs", "field.choice")
	bad.Check(len(in.Languages) <= mostLanguages, "languages", "registration.languages", mostLanguages)
	if i := slices.IndexFunc(in.Languages, notLanguage); i >= 0 {
		bad.Add("languages", "registration.language_unknown", in.Languages[i])
	}
	bad.Check(in.Consent, "consent", "field.consent")
	bad.Check(slices.Contains([]string{"zh", "en"}, in.Lang), "lang", "field.choice")
	bad.Check(slices.Contains(sources, in.Source), "source", "field.choice")
	c := checked{Input: in}
	c.birth = pastDate(&bad, "birth_date", in.BirthDate, now)
	c.checkPassport(&bad)
	return c, bad.Err()
}

// ComesForOrganisation tells whether people of a category come in the name of a
// firm, a paper or a consulate, which they must then name. For members of a
// delegation the delegation is named already.
func ComesForOrganisation(category string) bool {
	return category == "firm" || category == "press" || category == "consular"
}

// mostLanguages is more than anybody needs an interpreter for.
const mostLanguages = 10

// notLanguage tells whether a text is no language tag (BCP 47).
func notLanguage(tag string) bool {
	_, err := language.Parse(tag)
	return err != nil || len(tag) > 35
}

func (in *Input) clean() {
	for _, field := range []*string{
		&in.GivenName, &in.FamilyName, &in.NameNative, &in.TitleEN, &in.TitleZH, &in.AddressEN, &in.AddressZH, &in.Organisation,
	} {
		*field = text.Clean(*field)
	}
	in.NameZH = text.MiddleDot(text.Clean(in.NameZH))
	in.MRZSurname, in.MRZGiven = mrz.Clean(in.MRZSurname), mrz.Clean(in.MRZGiven)
	in.Nationality = strings.ToUpper(text.Halfwidth(in.Nationality))
	in.BirthDate = text.Halfwidth(in.BirthDate)
	in.Passport.Number = strings.ToUpper(strings.ReplaceAll(text.Halfwidth(in.Passport.Number), " ", ""))
	in.Passport.Issuer = strings.ToUpper(text.Halfwidth(in.Passport.Issuer))
	in.Passport.ExpiresOn = text.Halfwidth(in.Passport.ExpiresOn)
	if in.NativeOrder == "" {
		in.NativeOrder = "given_first"
	}
	if in.MealPlan == "" {
		in.MealPlan = "none"
	}
	if in.Role == "" {
		in.Role = roleOf(in.Category)
	}
}

// roleOf is what somebody is who registers in a category.
func roleOf(category string) string {
	switch category {
	case "head", "member", "firm", "press", "companion", "consular", "staff":
		return category
	}
	return "guest"
}

// earliest is the first day that a birth date may be.
var earliest = time.Date(1900, 1, 2, 0, 0, 0, 0, time.UTC)

func pastDate(bad *fault.List, path, typed string, now time.Time) *time.Time {
	if typed == "" {
		return nil
	}
	day, err := time.Parse(time.DateOnly, typed)
	switch {
	case err != nil:
		bad.Add(path, "field.date")
	case day.Before(earliest):
		bad.Add(path, "registration.too_early")
	case !day.Before(now):
		bad.Add(path, "field.past")
	default:
		return &day
	}
	return nil
}

// checkPassport checks number, issuer and end together: without a number neither of the
// others says anything that could be kept.
func (c *checked) checkPassport(bad *fault.List) {
	p := c.Passport
	if p.Number == "" {
		bad.Check(p.ExpiresOn == "", "passport.number", "registration.passport_alone")
		c.Passport = Passport{}
		return
	}
	bad.Check(len(p.Number) >= 5 && len(p.Number) <= 20 && strings.Trim(p.Number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "", "passport.number", "registration.passport_number")
	bad.Check(len(p.Issuer) >= 2 && len(p.Issuer) <= 3 && strings.Trim(p.Issuer, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "", "passport.issuer", "registration.passport_issuer")
	if p.ExpiresOn == "" {
		bad.Add("passport.expires_on", "registration.passport_expiry")
		return
	}
	day, err := time.Parse(time.DateOnly, p.ExpiresOn)
	if err != nil || day.Year() > 2200 {
		bad.Add("passport.expires_on", "field.date")
		return
	}
	c.expires = &day
}
