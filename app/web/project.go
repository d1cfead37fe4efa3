package web

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
	"qianshou/app/projects"
)

// projectPage is one project: its facts, its stages, and what may be done.
type projectPage struct {
	Page
	Project projects.Detail
	Form    Form
	Doing   string         // the form that is shown: report, correct, merge, or none
	Stage   projects.Stage // of the report or correction that is shown
	Check   ident.ID       // the stage event whose check was refused
	words   func(key string, args ...any) string
}

// Open tells whether the reader has a right and the project is still worked on.
func (p projectPage) Open(right accounts.Right) bool { return p.May(right) && !p.Project.Merged() }

// Choices of a select, by the words of their codes.
func (p projectPage) Evidence() []Choice { return p.coded("projects.evidence.", p.Stage.Evidence()) }
func (p projectPage) Terminations() []Choice {
	return append([]Choice{{"", p.words("projects.choose")}}, p.coded("projects.termination.", projects.Terminations)...)
}
func (p projectPage) Roles() []Choice { return p.coded("projects.role.", projects.Roles) }

func (p projectPage) coded(prefix string, codes []string) (choices []Choice) {
	for _, code := range codes {
		choices = append(choices, Choice{code, p.words(prefix + code)})
	}
	return choices
}

// MayCheck tells whether the reader may verify a report: not their own.
func (p projectPage) MayCheck(e projects.StageEvent) bool {
	return p.Open(accounts.VerifyProject) && !e.ReportedBy(p.Actor)
}

// Money lists the amounts of the project, each in its currency, in dollars and
// in yuan.
func (p projectPage) Money() (rows []moneyRow) {
	for _, r := range []moneyRow{
		{Key: "total", Amount: p.Project.Total}, {Key: "contracted", Amount: p.Project.Contracted},
		{Key: "paid_in", Amount: p.Project.PaidIn}, {Key: "paid_in_verified", Amount: p.Project.VerifiedPaidIn},
	} {
		if r.Amount.Valid {
			r.USD, r.CNY = p.Project.Rate.InUSD(r.Amount), p.Project.Rate.InCNY(r.Amount)
			rows = append(rows, r)
		}
	}
	return rows
}

type moneyRow struct {
	Key              string
	Amount, USD, CNY decimal.NullDecimal
}

// projectOf finds the project of the address within its event.
func (s *Server) projectOf(c *fiber.Ctx) (projects.Detail, error) {
	id, err := pathID(c, "project")
	if err != nil {
		return projects.Detail{}, err
	}
	d, err := s.Projects.Detail(c.UserContext(), actor(c), id)
	if err == nil && d.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	for i := range d.Stages {
		d.Stages[i].ReportedAt = d.Stages[i].ReportedAt.In(event(c).Zone)
	}
	return d, err
}

func (s *Server) newProjectPage(c *fiber.Ctx, d projects.Detail, form Form) projectPage {
	l := lang(c)
	return projectPage{Page: s.page(c), Project: d, Form: form, words: func(key string, args ...any) string { return s.words.T(l, key, args...) }}
}

func (s *Server) project(c *fiber.Ctx) error {
	d, err := s.projectOf(c)
	if err != nil {
		return err
	}
	p := s.newProjectPage(c, d, Form{})
	today := locale.ISO(s.Now().In(event(c).Zone))
	switch {
	case slices.Contains(d.Next(), projects.Stage(c.Query("report"))):
		p.Doing, p.Stage, p.Form = "report", projects.Stage(c.Query("report")), FormOf("occurred_on", today)
	case slices.Contains(d.Back(), projects.Stage(c.Query("correct"))):
		p.Doing, p.Stage, p.Form = "correct", projects.Stage(c.Query("correct")), FormOf("occurred_on", today)
		for _, e := range d.Stages { // the date that was reported of that stage
			if e.Stage == p.Stage && !e.Disputed() {
				p.Form = FormOf("occurred_on", locale.ISO(e.On))
			}
		}
	case c.Query("merge") != "":
		p.Doing, p.Form = "merge", FormOf("merged_into", strings.TrimSpace(c.Query("merge")), "role", "announced")
	}
	return s.render(c, "projects/show", p)
}

// changeProject is every form of a project's page: it changes the project, and
// shows the page again with what was typed when that is refused.
func (s *Server) changeProject(c *fiber.Ctx, doing, done string, change func(d projects.Detail, form *Form) error) error {
	d, err := s.projectOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	if err := change(d, &form); err != nil {
		if !form.Refused(err) {
			return err
		}
		p := s.newProjectPage(c, d, form)
		p.Doing, p.Stage = doing, projects.Stage(form.Text("stage"))
		if doing == "report" && form.Ticked("correction") {
			p.Doing = "correct"
		}
		if doing == "check" {
			p.Check, _ = ident.Parse(form.Text("report"))
		}
		return s.again(c, "projects/show", p)
	}
	if done != "" {
		s.flash(c, "ok", done, d.Name)
	}
	return s.done(c, projectURL(d.Project))
}

func (s *Server) reportStage(c *fiber.Ctx) error {
	return s.changeProject(c, "report", "", func(d projects.Detail, form *Form) error {
		in := projects.Report{
			Stage: projects.Stage(form.Text("stage")), On: form.Date("occurred_on"), Evidence: form.Text("evidence_kind"), EvidenceRef: form.Raw("evidence_ref"),
			PaidIn: form.Amount("paid_in"), Correction: form.Ticked("correction"), Reason: form.Text("reason"), Note: form.Raw("note"),
		}
		version := form.Whole("version", 1, 1<<30)
		if err := form.Err(); err != nil {
			return err
		}
		after, warnings, err := s.Projects.Report(c.UserContext(), actor(c), d.ID, version, in)
		if err != nil {
			return err
		}
		s.flash(c, "ok", "projects.reported", after.Name)
		for _, w := range warnings {
			s.flash(c, "fix", w.Key, w.Args...)
		}
		return nil
	})
}

func (s *Server) checkStage(c *fiber.Ctx) error {
	return s.changeProject(c, "check", "projects.checked", func(d projects.Detail, form *Form) error {
		report := form.ID("report")
		if err := form.Err(); err != nil {
			return err
		}
		_, err := s.Projects.Verify(c.UserContext(), actor(c), d.ID, report, projects.Verdict(form.Text("verdict")), form.Raw("check_note"))
		return err
	})
}

func (s *Server) mergeProject(c *fiber.Ctx) error {
	return s.changeProject(c, "merge", "projects.merged", func(d projects.Detail, form *Form) error {
		version := form.Whole("version", 1, 1<<30)
		if form.Text("merged_into") == "" {
			form.Add("merged_into", "field.required")
		}
		if err := form.Err(); err != nil {
			return err
		}
		master, err := s.Projects.ByCode(c.UserContext(), actor(c), form.Text("merged_into"))
		if code := fault.CodeOf(err); code == fault.NotFound || code == fault.Forbidden {
			return fault.Fields(fault.Field{Path: "merged_into", Key: "projects.no_such_code"})
		}
		if err != nil {
			return err
		}
		_, err = s.Projects.Merge(c.UserContext(), actor(c), d.ID, version, master.ID, form.Text("role"), form.Raw("merge_note"))
		return err
	})
}

// The form that records and edits a project.

type projectFormPage struct {
	Page
	Form    Form
	Project projects.Project // zero: a new one
	Options projectOptions
	words   func(key string, args ...any) string
}

// New tells whether the project is about to be recorded.
func (p projectFormPage) New() bool { return p.Project.ID == ident.Nil }

// Choose is a select whose first option asks to choose.
func (p projectFormPage) Choose(list []Choice) []Choice {
	return append([]Choice{{"", p.words("projects.choose")}}, list...)
}

// Coded are the options of a list of codes by their words.
func (p projectFormPage) Coded(of string) (choices []Choice) {
	for _, code := range map[string][]string{
		"kind": codesAsText(projects.Kinds), "direction": codesAsText(projects.Directions), "document": codesAsText(projects.Documents),
		"visibility": projects.Visibilities, "unit": {"1", "10000", "1000000", "100000000"},
	}[of] {
		choices = append(choices, Choice{code, p.words("projects." + of + "." + code)})
	}
	return choices
}

func codesAsText[S ~string](list []S) (all []string) {
	for _, s := range list {
		all = append(all, string(s))
	}
	return all
}

func (s *Server) projectForm(c *fiber.Ctx, p projects.Project, form Form) (projectFormPage, error) {
	options, err := s.projectOptions(c)
	l := lang(c)
	return projectFormPage{Page: s.page(c), Form: form, Project: p, Options: options,
		words: func(key string, args ...any) string { return s.words.T(l, key, args...) }}, err
}

func (s *Server) newProject(c *fiber.Ctx) error {
	today := locale.ISO(s.Now().In(event(c).Zone))
	p, err := s.projectForm(c, projects.Project{}, FormOf("signed_on", today, "unit", "10000", "visibility", "public", "document_type", "contract"))
	if err != nil {
		return err
	}
	return s.render(c, "projects/edit", p)
}

func (s *Server) recordProject(c *fiber.Ctx) error {
	form := readForm(c)
	made, err := s.Projects.Record(c.UserContext(), actor(c), event(c).ID, projectInput(&form))
	if err == nil {
		s.flash(c, "ok", "projects.recorded", made.Name, made.Code)
		return s.done(c, projectURL(made))
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.projectForm(c, projects.Project{}, form)
	if err != nil {
		return err
	}
	return s.again(c, "projects/edit", p)
}

func (s *Server) editProjectForm(c *fiber.Ctx) error {
	d, err := s.projectOf(c)
	if err != nil {
		return err
	}
	if d.Merged() {
		return fault.New(fault.Conflict, "projects.is_merged", d.MergedCode)
	}
	p, err := s.projectForm(c, d.Project, formOfProject(d.Project))
	if err != nil {
		return err
	}
	return s.render(c, "projects/edit", p)
}

func (s *Server) editProject(c *fiber.Ctx) error {
	d, err := s.projectOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	version := form.Whole("version", 1, 1<<30)
	in := projectInput(&form)
	if _, err = s.Projects.Edit(c.UserContext(), actor(c), d.ID, version, in); err == nil {
		s.flash(c, "ok", "projects.edited", in.Name)
		return s.done(c, projectURL(d.Project))
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.projectForm(c, d.Project, form)
	if err != nil {
		return err
	}
	return s.again(c, "projects/edit", p)
}

func formOfProject(p projects.Project) Form {
	amount := func(d decimal.NullDecimal) string {
		if !d.Valid {
			return ""
		}
		return d.Decimal.String()
	}
	return FormOf(
		"name_zh", p.Name.ZH, "name_en", p.Name.EN, "kind", string(p.Kind), "direction", string(p.Direction), "document_type", string(p.Document),
		"sector_code", p.Sector, "district_code", p.District, "firm_id", p.FirmID.String(), "partner_name", p.PartnerName, "partner_city", p.City,
		"partner_country", p.Country, "signed_on", locale.ISO(p.SignedOn), "currency", p.Currency, "unit", "1", "total_investment", amount(p.Total),
		"contracted_foreign", amount(p.Contracted), "share_percent", amount(p.Share), "undisclosed_reason", p.Undisclosed,
		"visibility", p.Visibility, "note", p.Note,
	)
}

func projectInput(form *Form) projects.Input {
	in := projects.Input{
		Name: locale.Text{ZH: form.Raw("name_zh"), EN: form.Raw("name_en")}, Kind: projects.Kind(form.Text("kind")), Direction: projects.Direction(form.Text("direction")),
		Document: projects.Document(form.Text("document_type")), Sector: form.Text("sector_code"), District: form.Text("district_code"),
		FirmID: form.ID("firm_id"), PartnerName: form.Raw("partner_name"), City: form.Text("partner_city"), Country: form.Text("partner_country"),
		SignedOn: form.Date("signed_on"), Currency: strings.ToUpper(form.Text("currency")), Share: form.Decimal("share_percent", "projects.share"), Undisclosed: form.Raw("undisclosed_reason"),
		Visibility: form.Text("visibility"), Note: form.Raw("note"), EvidenceRef: form.Raw("evidence_ref"),
	}
	in.Total, in.Contracted = form.Amount("total_investment"), form.Amount("contracted_foreign")
	in.Unread = form.problems
	return in
}

var decimalForm = regexp.MustCompile(`^\d{1,16}(\.\d{1,8})?$`)

// Decimal reads a number that is not negative; commas and blanks may group its
// digits. An empty field is no number; what is none is noted by the sentence of
// its kind, key.
func (f *Form) Decimal(name, key string) decimal.NullDecimal {
	typed := strings.NewReplacer(",", "", " ", "", "，", "").Replace(text.Halfwidth(f.Text(name)))
	if typed == "" {
		return decimal.NullDecimal{}
	}
	d, err := decimal.NewFromString(typed)
	if err != nil || !decimalForm.MatchString(typed) {
		f.Add(name, key)
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(d)
}

// Amount reads a number in the unit that the form's field "unit" says: one, ten
// thousand, a million or a hundred million.
func (f *Form) Amount(name string) decimal.NullDecimal {
	d := f.Decimal(name, "field.amount")
	units := map[string]int32{"": 0, "1": 0, "10000": 4, "1000000": 6, "100000000": 8}
	places, known := units[f.Text("unit")]
	if !known {
		f.Add("unit", "field.choice")
	}
	if d.Valid {
		d.Decimal = d.Decimal.Shift(places)
	}
	return d
}
