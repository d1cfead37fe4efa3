package lists

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

// verdict is what a line comes to, whatever list it is of.
type verdict struct{ delegations.Found }

// kind is a kind of list.
type kind interface {
	// columns answers what a line may say; drop-downs are in a language.
	columns(ctx context.Context, i Import, l locale.Lang) ([]column, error)
	// check says what each line would come to.
	check(ctx context.Context, i Import, lines []line) ([]verdict, error)
	// apply takes lines over within the transaction; progress may end it.
	apply(ctx context.Context, tx *sqlx.Tx, i Import, lines []line) ([]verdict, error)
}

func (s *Service) kind(name string) kind {
	if name == Firms {
		return firmList{s}
	}
	return memberList{s}
}

// memberList is a list of members of one delegation, or of several.
type memberList struct{ s *Service }

// plain are the columns without their choices.
func (m memberList) plain() []column {
	s := m.s
	return []column{
		s.column("role", choice, "member", "职务类别", "role in the delegation"),
		s.column("companion_of", words, "", "随行何人", "companion of", "with"),
		s.column("family_name", latin, "Halmosi", "护照姓", "surname", "last name"),
		s.column("given_name", latin, "Dénes", "护照名", "first name", "given names"),
		s.column("mrz_surname", latin, "HALMOSI", "机读区姓", "mrz surname", "surname in mrz"),
		s.column("mrz_given", latin, "DENES", "机读区名", "mrz given names", "given names in mrz"),
		s.column("name_native", words, "Halmosi Dénes", "native name"),
		s.column("native_order", choice, "family_first", "name order"),
		s.column("name_zh", words, "德内什·豪尔莫希", "中文名", "中文姓名", "chinese name"),
		s.column("sex", choice, "M", "sex", "gender"),
		s.column("nationality", choice, "HU", "国籍", "nationality", "country"),
		s.column("birth_date", day, "1965-02-04", "生日", "date of birth", "birthday"),
		s.column("passport.number", code, "TEST00001", "护照号码", "passport no", "passport"),
		s.column("passport.issuer", choice, "HU", "护照签发国", "issuing country"),
		s.column("passport.expires_on", day, "2031-12-31", "护照有效期至", "passport expires on", "expiry date"),
		s.column("title_en", latin, "Mayor", "title", "position"),
		s.column("title_zh", words, "市长", "职务", "中文职务"),
		s.column("organisation", words, "", "单位", "organization", "company"),
		s.column("email", latin, "halmosi@city.example", "邮箱", "email address", "mail"),
		s.column("phone", latin, "+36 30 123 4567", "手机", "手机号", "mobile", "telephone"),
		s.column("languages", many, "hu;en", "语言", "使用语言", "languages"),
		s.column("meal_plan", choice, "none", "饮食", "diet"),
		s.column("access_needs", many, "", "无障碍服务"),
		s.column("lang", choice, "en", "letter language"),
	}
}

func (m memberList) columns(ctx context.Context, i Import, l locale.Lang) ([]column, error) {
	s := m.s
	lands, err := s.lands(ctx)
	if err != nil {
		return nil, err
	}
	list := m.plain()
	for n := range list {
		c := &list[n]
		switch c.Code {
		case "family_name":
			c.Required = true
		case "birth_date", "passport.number", "passport.expires_on":
			c.sensitive = true
		case "role":
			c.choices(l, s.called("delegations.role.", delegations.MemberRoles...))
		case "native_order":
			c.choices(l, []named{{value: "given_first", name: s.both("register.given_first")}, {value: "family_first", name: s.both("register.family_first")}})
		case "sex":
			c.choices(l, s.called("registration.sex.", "M", "F", "X"))
		case "nationality", "passport.issuer":
			c.Must = c.Code == "nationality" && i.actor.May(accounts.EditRegistration, i.EventID) // officers may name people first
			c.choices(l, lands)
		case "meal_plan":
			c.choices(l, s.called("delegations.meal.", delegations.MealPlans...))
		case "access_needs":
			c.choices(l, s.needs())
			c.Choices = nil // several may be named, which no drop-down takes
		case "lang":
			c.choices(l, []named{{value: "zh", name: s.both("delegations.letters_zh")}, {value: "en", name: s.both("delegations.letters_en")}})
		}
	}
	asked, err := s.asked(ctx, i.EventID)
	if err != nil {
		return nil, err
	}
	list = append(list, s.answerColumns(slices.DeleteFunc(asked, func(q forms.Question) bool { return !i.all && !ofMembers(q) }), l)...)
	if i.DelegationID == ident.Nil {
		which, err := m.delegationColumn(ctx, i, l)
		if err != nil {
			return nil, err
		}
		return append([]column{which}, list...), nil
	}
	if i.all {
		return list, nil
	}
	own, err := m.ownColumn(ctx, i, l)
	return append(list, own...), err
}

// ownColumn is the column of the delegation in a list for one delegation: whoever names
// another there is told, before its people are registered for the wrong one.
func (m memberList) ownColumn(ctx context.Context, i Import, l locale.Lang) ([]column, error) {
	own, err := m.s.Delegations.ByID(ctx, i.actor, i.DelegationID)
	if err != nil {
		return nil, err
	}
	c := m.s.column("delegation", choice, "", "代表团编号", "delegation code")
	c.choices(l, []named{calledAs(own)})
	c.refusal, c.unasked = "lists.other_delegation", true
	return []column{c}, nil
}

// calledAs is how lists name a delegation.
func calledAs(d delegations.Delegation) named {
	return named{value: d.ID.String(), name: locale.Text{ZH: d.Code + " " + d.City.ZH, EN: d.Code + " " + d.City.EN}, also: []string{d.Code, d.Name.ZH, d.Name.EN, d.City.ZH, d.City.EN}}
}

// needs are what somebody may need, by the forms' names and by others.
func (s *Service) needs() []named {
	list := s.called("registration.need.", delegations.AccessNeeds...)
	also := map[string][]string{
		"seat_near_exit": {"seat near an exit"}, "sign_language": {"手语译员", "手语翻译"}, "hearing_loop": {"助听感应"}, "large_print": {"大字材料"},
	}
	for n := range list {
		list[n].also = also[list[n].value]
	}
	return list
}

// lands are the countries and regions of the office's table.
func (s *Service) lands(ctx context.Context) (list []named, err error) {
	countries, err := s.Events.Countries(ctx)
	if err != nil {
		return nil, fmt.Errorf("read countries: %w", err)
	}
	for _, c := range countries {
		list = append(list, named{value: c.Code, name: c.Name, also: []string{c.Code3}})
	}
	return list, nil
}

// column makes a column that is called by the sentence "lists.column.<code>", and by
// other names too. "lists.hint.<code>", where there is one, says what to write.
func (s *Service) column(name string, sort sort, example string, also ...string) column {
	c := column{sort: sort, example: example}
	c.Field.Column = sheet.Column{Code: name, Title: s.both("lists.column." + name), Also: also}
	c.Date, c.Text = sort == day, sort == code || sort == latin
	if key := "lists.hint." + name; s.Words.Has(locale.ZH, key) {
		c.Hint = s.both(key)
	}
	return c
}

func (m memberList) delegationColumn(ctx context.Context, i Import, l locale.Lang) (column, error) {
	c := m.s.column("delegation", choice, "", "代表团编号", "delegation code")
	c.Required = true
	all, err := m.s.Delegations.List(ctx, i.actor, i.EventID)
	if err != nil {
		return c, fmt.Errorf("read delegations: %w", err)
	}
	var list []named
	for _, d := range all {
		list = append(list, calledAs(d))
	}
	c.choices(l, list)
	if len(all) > 0 {
		c.example = all[0].Code
	}
	return c, nil
}

// rows makes of lines what delegations judges.
func (m memberList) rows(i Import, lines []line, several map[string]bool) []delegations.Row {
	rows := make([]delegations.Row, len(lines))
	for n, l := range lines {
		v := l.values
		in := delegations.Input{
			Role: v["role"], FamilyName: v["family_name"], GivenName: v["given_name"], NameNative: v["name_native"], NativeOrder: v["native_order"], NameZH: v["name_zh"],
			MRZSurname: v["mrz_surname"], MRZGiven: v["mrz_given"],
			Sex: v["sex"], Nationality: v["nationality"], BirthDate: v["birth_date"], TitleEN: v["title_en"], TitleZH: v["title_zh"], Organisation: v["organisation"],
			Email: v["email"], Phone: v["phone"], Languages: parted(v["languages"]), MealPlan: v["meal_plan"], AccessNeeds: parted(v["access_needs"]), Lang: v["lang"],
			Passport: delegations.Passport{Number: v["passport.number"], Issuer: v["passport.issuer"], ExpiresOn: v["passport.expires_on"]},
			Answers:  answersOf(v, several),
			Consent:  true, // said once for the whole list, when it was brought
		}
		if in.Lang == "" {
			in.Lang = i.Lang
		}
		rows[n] = delegations.Row{Line: l.number, DelegationID: i.DelegationID, Input: in, With: v["companion_of"], Wrong: l.wrong}
		if i.DelegationID == ident.Nil {
			rows[n].DelegationID, _ = ident.Parse(v["delegation"])
		}
	}
	return rows
}

func (m memberList) check(ctx context.Context, i Import, lines []line) ([]verdict, error) {
	several, err := m.s.several(ctx, i.EventID)
	if err != nil {
		return nil, err
	}
	// Whom a companion comes with may stand below them.
	sorted := slices.Clone(lines)
	slices.SortStableFunc(sorted, func(a, b line) int { return cmp.Compare(a.turn(), b.turn()) })
	found, err := m.s.Delegations.CheckRows(ctx, i.actor, i.EventID, m.rows(i, sorted, several))
	if err != nil {
		return nil, err
	}
	at := map[int]int{}
	for n, l := range sorted {
		at[l.number] = n
	}
	list := make([]verdict, len(lines))
	for n, l := range lines {
		list[n] = m.s.verdict(found[at[l.number]])
	}
	return list, nil
}

// turn is when a line is looked at: those who come with others after the others.
func (l line) turn() int {
	if l.values["companion_of"] != "" {
		return 1
	}
	return 0
}

func (m memberList) apply(ctx context.Context, tx *sqlx.Tx, i Import, lines []line) ([]verdict, error) {
	several, err := m.s.several(ctx, i.EventID)
	if err != nil {
		return nil, err
	}
	found, err := m.s.Delegations.ApplyRows(ctx, tx, i.actor, i.EventID, m.rows(i, lines, several))
	list := make([]verdict, len(found))
	for n, f := range found {
		list[n] = m.s.verdict(f)
	}
	return list, err
}

// verdict says of a nomination what it still lacks.
func (s *Service) verdict(f delegations.Found) verdict {
	if len(f.Lacks) == 0 || f.Verdict != delegations.RowNew && f.Verdict != delegations.RowChanged {
		return verdict{f}
	}
	var lacks locale.Text
	for n, what := range f.Lacks {
		name := s.both("nominate.lacks." + what)
		if n > 0 {
			lacks.ZH, lacks.EN = lacks.ZH+"、", lacks.EN+", "
		}
		lacks.ZH, lacks.EN = lacks.ZH+name.ZH, lacks.EN+name.EN
	}
	f.Warnings = append([]fault.Field{{Key: nominated, Args: []any{lacks}}}, f.Warnings...)
	return verdict{f}
}

// nominated is the sentence about somebody who is named and lacks something.
const nominated = "lists.nominated"

// actsFor is the actor in whose name a list is worked on beside the requests. The
// right was asked for when the list was brought, and when it was committed.
func actsFor(i Import, by accounts.Kind, id, link ident.ID, name locale.Text) accounts.Actor {
	a := accounts.Actor{Kind: by, ID: id, NameZH: name.ZH, NameEN: name.EN}
	if link != ident.Nil && by == accounts.Guest {
		a.LinkEventID, a.DelegationID, a.Officer = i.EventID, link, accounts.Accreditation // nobody else brings a list
		return a
	}
	a.Grants = []accounts.Grant{{EventID: i.EventID, Role: accounts.Programme}}
	if i.Kind == Firms {
		a.Grants[0].EventID = ident.Nil
	}
	return a
}
