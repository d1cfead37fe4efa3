package delegations

import (
	"maps"
	"slices"
	"strings"
	"time"

	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// judge says what a line comes to, and remembers it for the lines after it. The
// checked input is whole: what the line does not say is as it was.
func (r *roll) judge(row Row) (f Found, c checked, e *rollEntry) {
	f = Found{Verdict: RowNew}
	defer func() { f.withCells(row.Wrong) }()
	d := r.delegations[row.DelegationID]
	if d == nil {
		f.bad("delegation", "field.choice")
		return f, c, nil
	}
	if !d.Coming() {
		f.bad("delegation", "delegations.not_coming")
	}
	if e = r.findSure(row); e == nil {
		e = r.namesake(row)
		switch {
		case e != nil && e.line > 0:
			f.bad("family_name", "lists.same_name", e.line)
			return f, c, e
		case e != nil && e.Status != Rejected:
			f.warn("family_name", "lists.taken_for", e.Reference)
		}
	}
	switch {
	case e == nil:
	case e.line > 0:
		f.Verdict = RowTwice
		f.Problems = []fault.Field{{Path: "family_name", Key: "lists.twice", Args: []any{e.line}}}
		return f, c, e
	case e.Gone() && e.Status != Rejected:
		f.warn("family_name", "lists.was_gone", e.Reference)
		e = nil
	case e.Status == Rejected:
		f.bad("family_name", "lists.was_rejected", e.Reference)
	}
	in := row.Input
	if e != nil {
		f.RegistrationID, f.Reference, f.Status = e.ID, e.Reference, e.Status
		in = e.overlaid(in)
	}
	c = r.check(&f, d, in, e)
	r.findHost(&f, row, &c)
	if f.Verdict == RowBad || len(row.Wrong) > 0 {
		return f, c, e
	}
	f.Lacks = r.lacks(c, e)
	if e == nil {
		if len(f.Lacks) == 0 {
			r.place(&f, d, c)
		}
		c.self = r.entryOf(row, c)
		r.enter(c.self)
		return f, c, nil
	}
	r.compare(&f, c, e)
	e.line = row.Line
	if f.Verdict == RowChanged {
		switch {
		case c.Role == "head":
			d.head = e
		case d.head == e:
			d.head = nil
		}
		if e.Status == Draft && len(f.Lacks) == 0 {
			r.place(&f, d, c)
		}
	}
	r.enter(&rollEntry{rollPerson: r.entryOf(row, c).rollPerson, line: row.Line, of: e})
	return f, c, e
}

// withCells adds what is wrong with the cells themselves. What a rule says of the
// same field, because nothing was read from it, is not worth saying.
func (f *Found) withCells(wrong []fault.Field) {
	if len(wrong) == 0 || f.Verdict == RowTwice {
		return
	}
	for _, w := range wrong {
		f.Problems = slices.DeleteFunc(f.Problems, func(p fault.Field) bool {
			return p.Path == w.Path || p.Path == "passport.issuer" && w.Path == "nationality" // the one follows from the other
		})
	}
	f.Verdict, f.Problems = RowBad, append(f.Problems, wrong...)
}

func (f *Found) bad(path, key string, args ...any) {
	f.Verdict = RowBad
	f.Problems = append(f.Problems, fault.Field{Path: path, Key: key, Args: args})
}

func (f *Found) warn(path, key string, args ...any) {
	f.Warnings = append(f.Warnings, fault.Field{Path: path, Key: key, Args: args})
}

// check holds a whole input against the rules of the form, and against those that
// the database would break the transaction for.
func (r *roll) check(f *Found, d *rollDelegation, in Input, e *rollEntry) checked {
	if in.Role == "" {
		in.Role = "member"
	}
	in.Category, in.DelegationID, in.FirmID, in.Source = CategoryOf(in.Role), d.ID, ident.Nil, "import"
	c, err := in.check(r.now)
	if r.mayLack(e) {
		err = unfinished(err, c.Input)
	}
	if refused, ok := fault.Of(err); ok {
		f.Verdict = RowBad
		f.Problems = append(f.Problems, refused.Fields...)
	}
	if err := c.outlasts(r.event); err != nil {
		refused, _ := fault.Of(err)
		f.Verdict = RowBad
		f.Problems = append(f.Problems, refused.Fields...)
	}
	if c.Nationality != "" && !r.countries[c.Nationality] {
		f.bad("nationality", "field.choice")
	}
	category, known := r.category(c.Category)
	switch {
	case !slices.Contains(MemberRoles, in.Role):
		f.bad("role", "field.choice")
	case !known:
		f.bad("role", "lists.no_category")
	case !r.office && !category.OpenAt(r.now):
		f.bad("role", "registration.closed")
	case e != nil && e.Category != c.Category:
		f.bad("role", "lists.other_category")
	case in.Role == "head" && d.head != nil && d.head != e:
		f.bad("role", "constraint.registrations_one_head")
	}
	r.care(f, d, c)
	return r.asked(f, c, e)
}

func (r *roll) category(code string) (events.Category, bool) {
	i := slices.IndexFunc(r.categories, func(c events.Category) bool { return c.Code == code })
	if i < 0 {
		return events.Category{}, false
	}
	return r.categories[i], true
}

// care notes what the form takes and somebody should still look at.
func (r *roll) care(f *Found, d *rollDelegation, c checked) {
	at := Occasion{Starts: r.event.StartsOn, Ends: r.event.EndsOn, Leaves: r.event.EndsOn, Face: r.face}
	if d.DepartsAt != nil {
		at.Leaves = *d.DepartsAt
	}
	f.Warnings = append(f.Warnings, asWarnings(c.Remarks(at))...)
	if index := r.passportIndex(c.Passport); index != nil && r.elsewhere[string(index)] {
		f.warn("passport.number", "lists.elsewhere")
	}
}

// outlasts checks that the passport is good until the event is over.
//
// Fault: Invalid with the field.
func (c checked) outlasts(e events.Event) error {
	if c.expires != nil && c.expires.Before(e.EndsOn) {
		return fault.Fields(fault.Field{Path: "passport.expires_on", Key: "registration.passport_expired"})
	}
	return nil
}

// place notes when a new member will have to wait. Who decides is the count when
// the lines are applied.
func (r *roll) place(f *Found, d *rollDelegation, c checked) {
	if d.Members >= d.Quota {
		f.warn("", "lists.will_wait")
		return
	}
	d.Members++
}

// entryOf is a line as later lines will find it.
func (r *roll) entryOf(row Row, c checked) *rollEntry {
	e := &rollEntry{line: row.Line}
	e.DelegationID, e.GivenName, e.FamilyName, e.Email, e.Role, e.Status = row.DelegationID, c.GivenName, c.FamilyName, c.Email, c.Role, Submitted
	e.NameNative, e.NameZH = c.NameNative, c.NameZH
	e.BirthIndex, e.PassportIndex = r.birthIndex(c.BirthDate), r.passportIndex(c.Passport)
	return e
}

// overlaid is what a known person's line comes to: what it says, and for the rest
// what stands there. Birth date and passport are read by nobody here: left empty,
// they stay.
func (p rollPerson) overlaid(in Input) Input {
	for _, field := range []struct {
		said *string
		kept string
	}{
		{&in.Role, p.Role}, {&in.GivenName, p.GivenName}, {&in.FamilyName, p.FamilyName}, {&in.NameNative, p.NameNative}, {&in.NativeOrder, p.NativeOrder},
		{&in.NameZH, p.NameZH}, {&in.Sex, p.Sex}, {&in.Nationality, p.Nationality}, {&in.Email, p.Email}, {&in.Phone, p.Phone}, {&in.TitleEN, p.TitleEN},
		{&in.TitleZH, p.TitleZH}, {&in.Organisation, p.Organisation}, {&in.MealPlan, p.MealPlan}, {&in.MRZSurname, p.MRZSurname}, {&in.MRZGiven, p.MRZGiven},
	} {
		if *field.said == "" {
			*field.said = field.kept
		}
	}
	if in.NameNative == (Input{GivenName: p.GivenName, FamilyName: p.FamilyName, NativeOrder: p.NativeOrder}).spelledOut() {
		in.NameNative = "" // made of the others, and so made anew
	}
	in.Lang = p.Lang // the language of letters is the person's own choice by now
	if len(in.Languages) == 0 {
		in.Languages = p.Languages
	}
	if len(in.AccessNeeds) == 0 {
		in.AccessNeeds = p.AccessNeeds
	}
	if in.Passport.Number != "" && in.Passport.ExpiresOn == "" && p.ExpiresOn != nil {
		in.Passport.ExpiresOn = p.ExpiresOn.Format(time.DateOnly)
	}
	return in
}

// compare finds the fields in which a line differs from what stands there.
func (r *roll) compare(f *Found, c checked, e *rollEntry) {
	f.Before = e.differs(r.Service, c)
	if c.host != nil && (c.host.ID == ident.Nil || c.host.ID != e.CompanionOf) {
		f.Before["companion_of"] = r.referenceOf(e.CompanionOf)
	}
	for code := range c.amended {
		f.Before[answerField+code] = strings.Join(r.answers[e.ID][code], ";")
	}
	if len(f.Before) == 0 {
		f.Verdict = RowSame
		return
	}
	f.Verdict = RowChanged
	if _, other := f.Before["passport.number"]; other && e.PassportIndex != nil {
		f.warn("passport.number", "lists.other_passport")
	}
	if !slices.Contains([]Status{Approved, BadgeIssued, CheckedIn}, e.Status) {
		return
	}
	_, turned := f.Before["native_order"]
	for _, field := range slices.Sorted(maps.Keys(f.Before)) {
		if turned && field == "name_native" {
			continue // follows the order, of which it is said
		}
		if Key(field) && !strings.HasPrefix(field, answerField) { // role and host are not among Fields, and key fields too
			f.bad(field, "lists.approved", e.Reference)
		}
	}
}

// referenceOf is the reference of somebody in these delegations.
func (r *roll) referenceOf(id ident.ID) string {
	i := slices.IndexFunc(r.entries, func(e *rollEntry) bool { return id != ident.Nil && e.ID == id })
	if i < 0 {
		return ""
	}
	return r.entries[i].Reference
}

func (p rollPerson) differs(s *Service, c checked) map[string]string {
	before := map[string]string{}
	for field, pair := range map[string][2]string{
		"role": {p.Role, c.Role}, "given_name": {p.GivenName, c.GivenName}, "family_name": {p.FamilyName, c.FamilyName}, "name_native": {p.NameNative, c.NameNative},
		"mrz_surname": {p.MRZSurname, c.MRZSurname}, "mrz_given": {p.MRZGiven, c.MRZGiven}, "native_order": {p.NativeOrder, c.NativeOrder}, "name_zh": {p.NameZH, c.NameZH}, "sex": {p.Sex, c.Sex}, "nationality": {p.Nationality, c.Nationality},
		"email": {p.Email, c.Email}, "phone": {p.Phone, c.Phone}, "title_en": {p.TitleEN, c.TitleEN}, "title_zh": {p.TitleZH, c.TitleZH},
		"organisation": {p.Organisation, c.Organisation}, "meal_plan": {p.MealPlan, c.MealPlan},
		"languages": {strings.Join(p.Languages, ";"), strings.Join(c.Languages, ";")}, "access_needs": {strings.Join(p.AccessNeeds, ";"), strings.Join(c.AccessNeeds, ";")},
	} {
		if pair[0] != pair[1] {
			before[field] = pair[0]
		}
	}
	if c.birth != nil && string(s.birthIndex(c.birth.Format(time.DateOnly))) != string(p.BirthIndex) {
		before["birth_date"] = masked(p.BirthIndex, "")
	}
	if c.expires != nil {
		if string(s.passportIndex(c.Passport)) != string(p.PassportIndex) {
			before["passport.number"] = masked(p.PassportIndex, p.Last4)
		}
		if p.ExpiresOn == nil || !p.ExpiresOn.Equal(*c.expires) {
			before["passport.expires_on"] = ""
			if p.ExpiresOn != nil {
				before["passport.expires_on"] = p.ExpiresOn.Format(time.DateOnly)
			}
		}
	}
	return before
}

// masked stands for a value that is kept sealed; empty when there is none.
func masked(index []byte, last4 string) string {
	if index == nil {
		return ""
	}
	return "••••" + last4
}

// searchOf is everything by which the person is looked for.
func searchOf(c checked) string {
	return text.Search(c.GivenName+" "+c.FamilyName, c.NameNative, c.NameZH, c.Organisation)
}
