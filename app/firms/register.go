package firms

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Row is one line of a register of firms. A field that is empty says nothing: a
// known firm keeps what stands there.
type Row struct {
	Line   int // as the file counts
	Firm   Firm
	Grants []Grant       // Kind, From, ReviewOn, Basis
	Wrong  []fault.Field // cells that say nothing that can be taken; the line is bad
}

// Found is what a Row means.
type Found struct {
	Verdict  string // new, same, changed, bad, duplicate
	FirmID   ident.ID
	Problems []fault.Field
	Before   map[string]string // what stands in the fields that change
}

// register is every firm, to find each line of a list among them.
type register struct {
	by     map[string]*entry // credit code; "code:" and code
	next   int               // number of the next code that nobody has
	grants map[ident.ID][]Grant
}

type entry struct {
	Firm
	line int
}

// CheckRows says of each line of a register what it would come to, and changes
// nothing.
//
// Fault: Forbidden.
func (s *Service) CheckRows(ctx context.Context, by accounts.Actor, rows []Row) ([]Found, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	r, err := readRegister(ctx, s.db)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(rows))
	for i, row := range rows {
		found[i], _, _ = r.judge(row)
	}
	return found, nil
}

// ApplyRows adds and changes the firms that lines name, within the caller's
// transaction, gives them their grants, and has them take part in an event. Each
// line is judged anew, against what nobody else changes meanwhile; those that are bad
// or the same are left out.
//
// Fault: Forbidden.
func (s *Service) ApplyRows(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, rows []Row) ([]Found, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := lockCodes(ctx, tx); err != nil {
		return nil, fmt.Errorf("lock codes: %w", err)
	}
	var codes, creditCodes []string
	for _, row := range rows {
		credit, code := row.Firm.keys()
		codes, creditCodes = append(codes, code), append(creditCodes, credit)
	}
	if err := lockNamed(ctx, tx, codes, creditCodes); err != nil {
		return nil, fmt.Errorf("lock firms: %w", err)
	}
	r, err := readRegister(ctx, tx)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(rows))
	for i, row := range rows {
		var firm Firm
		var grants []Grant
		if found[i], firm, grants = r.judge(row); found[i].Verdict == "new" || found[i].Verdict == "changed" {
			if found[i].FirmID, err = s.applyRow(ctx, tx, by, event, firm, grants); err != nil {
				return nil, fmt.Errorf("line %d: %w", row.Line, err)
			}
		}
	}
	return found, nil
}

// keys are the codes of a firm in the form in which they are compared.
func (in *Firm) keys() (credit, code string) {
	return CreditCode(in.CreditCode), strings.ToUpper(text.Halfwidth(in.Code))
}

func (s *Service) applyRow(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, firm Firm, grants []Grant) (ident.ID, error) {
	if firm.ID == ident.Nil {
		firm.ID = s.newID()
	}
	id, err := s.save(ctx, tx, firm)
	if err != nil {
		return id, err
	}
	if err := s.record(ctx, tx, by, ident.Nil, "firm.save", id); err != nil {
		return id, err
	}
	for _, g := range grants {
		g.FirmID = id
		if _, err := s.give(ctx, tx, by, g); err != nil {
			return id, err
		}
	}
	if err := insertParticipation(ctx, tx, event, id, ident.Nil); err != nil {
		return id, err
	}
	return id, s.record(ctx, tx, by, event, "firm.join", id)
}

func readRegister(ctx context.Context, q store.Querier) (*register, error) {
	list, err := firmList(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read firms: %w", err)
	}
	r := &register{by: map[string]*entry{}, next: 1}
	for _, f := range list {
		r.enter(&entry{Firm: f})
	}
	if r.grants, err = grantsByFirm(ctx, q); err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	return r, nil
}

func (r *register) enter(e *entry) {
	r.by[e.CreditCode], r.by["code:"+e.Code] = e, e
	if n, err := strconv.Atoi(strings.TrimPrefix(e.Code, "F")); err == nil && n >= r.next && n < 1_000_000 {
		r.next = n + 1
	}
}

// judge says what a line comes to, and remembers it for the lines after it.
func (r *register) judge(row Row) (f Found, firm Firm, grants []Grant) {
	f.Verdict = "new"
	in := row.Firm
	in.CreditCode, in.Code = in.keys()
	e := r.by[in.CreditCode]
	if e == nil && in.Code != "" {
		e = r.by["code:"+in.Code]
	}
	if e != nil && e.line > 0 {
		return Found{Verdict: "duplicate", Problems: []fault.Field{{Path: "credit_code", Key: "lists.twice_firm", Args: []any{e.line}}}}, in, nil
	}
	if e != nil {
		f.FirmID = e.ID
		if in.Code != "" && in.Code != e.Code {
			f.bad("code", "lists.other_code", e.Code)
		}
		in = e.overlaid(in)
	} else if in.Code == "" {
		in.Code = fmt.Sprintf("F%03d", r.next)
	}
	var bad fault.List
	in.check(&bad)
	for i := range bad {
		if bad[i].Path == "district_code" {
			bad[i].Path = "district" // as the list calls the column
		}
	}
	if other := r.by[in.CreditCode]; other != nil && other != e {
		bad.Add("credit_code", "constraint.firms_credit_code")
	}
	if len(bad) > 0 {
		f.Verdict, f.Problems = "bad", append(f.Problems, bad...)
	}
	grants = r.newGrants(&f, row.Grants)
	for _, w := range row.Wrong {
		f.Problems = slices.DeleteFunc(f.Problems, func(p fault.Field) bool { return p.Path == w.Path })
	}
	if len(row.Wrong) > 0 {
		f.Verdict, f.Problems = "bad", append(f.Problems, row.Wrong...)
	}
	if f.Verdict == "bad" {
		return f, in, nil
	}
	if e != nil {
		if f.Before = e.differs(in); len(f.Before) == 0 && len(grants) == 0 {
			f.Verdict = "same"
		} else {
			f.Verdict = "changed"
		}
	}
	r.enter(&entry{Firm: in, line: row.Line})
	return f, in, grants
}

func (f *Found) bad(path, key string, args ...any) {
	f.Verdict = "bad"
	f.Problems = append(f.Problems, fault.Field{Path: path, Key: key, Args: args})
}

// newGrants are those of a line that the firm does not hold yet. One that it holds
// from another day, or for another reason, is the desk's to end first.
func (r *register) newGrants(f *Found, said []Grant) (list []Grant) {
	for _, g := range said {
		g.Basis = text.Clean(g.Basis)
		var bad fault.List
		bad.Check(!g.From.IsZero(), g.Kind+"_from", "field.required")
		text.Line(&bad, g.Kind+"_basis", g.Basis, true, 500)
		bad.Check(g.ReviewOn.After(g.From), g.Kind+"_review", "field.order")
		if len(bad) > 0 {
			f.Verdict, f.Problems = "bad", append(f.Problems, bad...)
			continue
		}
		i := slices.IndexFunc(r.grants[f.FirmID], func(held Grant) bool {
			return held.Kind == g.Kind && (held.RevokedOn == nil || held.RevokedOn.After(g.From))
		})
		if f.FirmID == ident.Nil || i < 0 {
			list = append(list, g)
			continue
		}
		if held := r.grants[f.FirmID][i]; !held.From.Equal(g.From) || !held.ReviewOn.Equal(g.ReviewOn) || held.Basis != g.Basis {
			f.bad(g.Kind+"_from", "lists.grant_stands", held.From.Format(time.DateOnly))
		}
	}
	return list
}

// overlaid is what a known firm's line comes to: what it says, and for the rest what
// stands there.
func (e *entry) overlaid(in Firm) Firm {
	keep := func(said *string, kept string) {
		if *said == "" {
			*said = kept
		}
	}
	in.ID, in.Version = e.ID, e.Version
	for _, field := range []struct {
		said *string
		kept string
	}{
		{&in.Code, e.Code}, {&in.CreditCode, e.CreditCode}, {&in.Name.ZH, e.Name.ZH}, {&in.Name.EN, e.Name.EN}, {&in.District, e.District}, {&in.Ownership, e.Ownership},
		{&in.Offers.ZH, e.Offers.ZH}, {&in.Offers.EN, e.Offers.EN}, {&in.Needs.ZH, e.Needs.ZH}, {&in.Needs.EN, e.Needs.EN}, {&in.CompetitorGroup, e.CompetitorGroup}, {&in.Email, e.Email},
	} {
		keep(field.said, field.kept)
	}
	if in.Employees == nil {
		in.Employees = e.Employees
	}
	for _, list := range []struct {
		said *[]string
		kept []string
	}{{&in.Sectors, e.Sectors}, {&in.Languages, e.Languages}, {&in.TargetCountries, e.TargetCountries}} {
		if len(*list.said) == 0 {
			*list.said = list.kept
		}
	}
	return in
}

// differs answers what stands in the fields that a line says otherwise.
func (e *entry) differs(in Firm) map[string]string {
	before := map[string]string{}
	count := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	for field, pair := range map[string][2]string{
		"credit_code": {e.CreditCode, in.CreditCode}, "name_zh": {e.Name.ZH, in.Name.ZH}, "name_en": {e.Name.EN, in.Name.EN}, "district": {e.District, in.District},
		"ownership": {e.Ownership, in.Ownership}, "employees": {count(e.Employees), count(in.Employees)}, "offers_zh": {e.Offers.ZH, in.Offers.ZH}, "offers_en": {e.Offers.EN, in.Offers.EN},
		"needs_zh": {e.Needs.ZH, in.Needs.ZH}, "needs_en": {e.Needs.EN, in.Needs.EN}, "contact_email": {e.Email, in.Email}, "competitor_group": {e.CompetitorGroup, in.CompetitorGroup},
		"sectors": {strings.Join(e.Sectors, ";"), strings.Join(in.Sectors, ";")}, "languages": {strings.Join(e.Languages, ";"), strings.Join(in.Languages, ";")},
		"target_countries": {strings.Join(e.TargetCountries, ";"), strings.Join(in.TargetCountries, ";")},
	} {
		if pair[0] != pair[1] {
			before[field] = pair[0]
		}
	}
	return before
}
