package lists

import (
	"context"
	"io"
	"iter"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

// Export says which registrations are written out, and how.
type Export struct {
	EventID   ident.ID
	Zone      *time.Location // of the instants in it
	Filter    delegations.Filter
	Sensitive bool // birth dates, passports, meals and needs too; logged
	CSV       bool // else XLSX
	Lang      locale.Lang
}

// Write writes the registrations that a filter leaves, under the names that an
// import knows them by. No cell begins a formula.
//
// Faults: Forbidden; Invalid, too many for one file.
func (s *Service) Write(ctx context.Context, by accounts.Actor, x Export, w io.Writer) error {
	columns, err := memberList{s}.columns(ctx, Import{EventID: x.EventID, DelegationID: x.EventID, actor: by, all: true}, x.Lang)
	if err != nil {
		return err
	}
	people, err := s.Delegations.Export(ctx, by, x.EventID, x.Filter, x.Sensitive)
	if err != nil {
		return err
	}
	head := []string{s.Words.T(x.Lang, "lists.column.reference"), s.Words.T(x.Lang, "lists.column.status"), s.Words.T(x.Lang, "lists.column.category"), s.Words.T(x.Lang, "lists.column.delegation"), s.Words.T(x.Lang, "lists.column.submitted")}
	office := by.May(accounts.SeeRegistrations, x.EventID)
	if office {
		head = append(head, s.Words.T(x.Lang, "lists.column.firm"), s.Words.T(x.Lang, "lists.column.firm_code"))
	}
	var shown []column
	own := by.MayFor(accounts.BringList, x.EventID, x.Filter.DelegationID, "")
	for _, c := range columns {
		papers, needs := c.sensitive || c.Code == "passport.issuer", c.Code == "meal_plan" || c.Code == "access_needs"
		if x.Sensitive || !papers && (own || !needs) {
			shown, head = append(shown, c), append(head, c.Title.In(x.Lang))
		}
	}
	list := s.written(people, shown, x, office)
	if x.CSV {
		return sheet.WriteCSV(w, head, list)
	}
	return sheet.WriteXLSX(w, s.Words.T(x.Lang, "lists.sheet.registrations"), head, list)
}

func (s *Service) written(people iter.Seq2[delegations.Whole, error], columns []column, x Export, office bool) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for p, err := range people {
			row := []string{p.Reference, s.Words.T(x.Lang, "state.registration."+string(p.Status)), p.Category.In(x.Lang), p.DelegationCode, ""}
			if p.SubmittedAt != nil {
				row[4] = p.SubmittedAt.In(x.Zone).Format("2006-01-02 15:04")
			}
			if office {
				row = append(row, p.Firm.In(x.Lang), p.FirmCredit)
			}
			for _, c := range columns {
				row = append(row, c.said(fieldOf(p, c.Code)).In(x.Lang))
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// fieldOf is what stands in a field of a registration, as an import reads it.
func fieldOf(p delegations.Whole, code string) string {
	if question, asked := strings.CutPrefix(code, answerColumn); asked {
		return strings.Join(p.Answers[question], ";")
	}
	return map[string]string{
		"role": p.Role, "companion_of": p.With, "family_name": p.FamilyName, "given_name": p.GivenName, "mrz_surname": p.MRZSurname, "mrz_given": p.MRZGiven,
		"name_native": p.NameNative, "native_order": p.NativeOrder, "name_zh": p.NameZH,
		"sex": p.Sex, "nationality": p.Nationality, "birth_date": p.BirthDate, "passport.number": p.Passport.Number, "passport.issuer": p.Passport.Issuer,
		"passport.expires_on": p.Passport.ExpiresOn, "title_en": p.TitleEN, "title_zh": p.TitleZH, "organisation": p.Organisation, "email": p.Email, "phone": p.Phone,
		"languages": strings.Join(p.Languages, ";"), "meal_plan": p.MealPlan, "access_needs": strings.Join(p.AccessNeeds, ";"), "lang": p.Lang,
	}[code]
}
