package web

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Preview is a form as guests see it, in one language.
type Preview struct {
	Tag       string
	Name      string // of the language, in itself
	Scope     string // of names and ids
	Questions []Asked
}

type formPage struct {
	Page
	Form       Form
	Version    int
	Questions  []builtQuestion // asked of the chosen category, or all
	Archived   []forms.Question
	Categories []Choice // to filter by
	Category   string
	Previews   []Preview
}

// builtQuestion is a question as the builder lists it.
type builtQuestion struct {
	forms.Question
	For         string // whom; empty: everybody
	When        string // the condition, as a sentence; empty: always
	First, Last bool   // of the whole form
}

// formPage makes the builder's page; the filter stands in the address.
func (s *Server) formPage(c *fiber.Ctx, form Form) (formPage, error) {
	ctx, e := c.UserContext(), event(c).ID
	p := formPage{Page: s.page(c), Form: form, Category: c.Query("category")}
	whole, err := s.Forms.All(ctx, actor(c), e)
	if err != nil {
		return p, err
	}
	categories, err := s.Events.Categories(ctx, e)
	if err != nil {
		return p, err
	}
	p.Version = whole.Version
	p.Categories = []Choice{{"", s.words.T(p.Lang, "forms.everybody")}}
	shown := categories
	for _, category := range categories {
		p.Categories = append(p.Categories, Choice{category.Code, category.Name.In(p.Lang)})
		if category.Code == p.Category {
			shown = []events.Category{category}
		}
	}
	if len(shown) != 1 {
		p.Category = ""
	}
	last := 0
	for _, q := range whole.Questions {
		last = max(last, q.Position)
	}
	for _, q := range whole.Questions {
		switch {
		case q.ArchivedAt != nil:
			p.Archived = append(p.Archived, q)
		case p.Category == "" || q.Asks(p.Category):
			row := builtQuestion{Question: q, First: q.Position == 1, Last: q.Position == last}
			if len(q.Categories) > 0 {
				row.For = s.categoryNames(p.Lang, categories, q.Categories)
			}
			if parent, conditional := forms.Find(whole.Questions, q.ShownIf); conditional {
				row.When = s.words.T(p.Lang, "forms.only_if", parent.Label, optionNames(p.Lang, parent, q.ShownFor))
			}
			p.Questions = append(p.Questions, row)
		}
	}
	p.Previews = s.previews(p.Lang, shown, whole.Questions)
	return p, nil
}

// previews draw a form in both languages, the reader's first.
func (s *Server) previews(first locale.Lang, categories []events.Category, questions []forms.Question) (both []Preview) {
	for _, l := range []locale.Lang{first, first.Other()} {
		a := asking{lang: l, prefix: string(l) + ".", categories: categories}
		both = append(both, Preview{Tag: l.Tag(), Name: s.words.T(l, "forms.language_name"), Scope: string(l), Questions: s.ask(a, &Form{}, questions)})
	}
	return both
}

func (s *Server) formBuilder(c *fiber.Ctx) error {
	p, err := s.formPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "forms/list", p)
}

// builderDone leads back to the builder as it was filtered, or says there why not.
func (s *Server) builderDone(c *fiber.Ctx, form Form, err error) error {
	if err == nil {
		to := "/console/" + event(c).Slug + "/form"
		if category := c.Query("category"); category != "" {
			to += "?category=" + category
		}
		return s.done(c, to)
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.formPage(c, form)
	if err != nil {
		return err
	}
	return s.again(c, "forms/list", p)
}

// orderQuestions takes the order into which the questions were dragged.
func (s *Server) orderQuestions(c *fiber.Ctx) error {
	form := readForm(c)
	version := form.Whole("version", 0, 1<<30)
	var ids []ident.ID
	for _, text := range form.All("id") {
		id, err := ident.Parse(text)
		if err != nil {
			return fault.New(fault.NotFound, "error.not_found")
		}
		ids = append(ids, id)
	}
	return s.builderDone(c, form, s.Forms.Order(c.UserContext(), actor(c), event(c).ID, version, ids))
}

// changeQuestion moves a question by one place, archives or restores it.
func (s *Server) changeQuestion(c *fiber.Ctx) error {
	id, err := pathID(c, "question")
	if err != nil {
		return err
	}
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	switch c.Params("change") {
	case "up":
		err = s.Forms.Move(ctx, by, e, id, -1)
	case "down":
		err = s.Forms.Move(ctx, by, e, id, 1)
	case "archive":
		err = s.Forms.Archive(ctx, by, e, id)
	case "restore":
		err = s.Forms.Restore(ctx, by, e, id)
	default:
		return fiber.ErrNotFound
	}
	return s.builderDone(c, readForm(c), err)
}

type questionPage struct {
	Page
	Form       Form
	Question   forms.Question // the zero one: new
	Kinds      []Choice
	Categories []events.Category
	Parents    []forms.Question // that it may depend on
	Rows       []optionRow
	Previews   []Preview
	Whys       map[string]string // what must be put right, by field, for those that the page draws itself
}

// optionRow is one line of the options' table.
type optionRow struct{ Code, ZH, EN string }

// spareRows are the empty lines below the options, and fewestRows the lines there are
// at least: whoever has no script gets none besides. The script takes away what is
// too many.
const (
	spareRows  = 4
	fewestRows = 10
)

// Ticks tells whether a box of a name was ticked.
func (p questionPage) Ticks(name, value string) bool { return p.Form.Has(name, value) }

// Why is what must be put right in a field that the page draws itself.
func (p questionPage) Why(names ...string) string {
	for _, name := range names {
		if why := p.Whys[name]; why != "" {
			return why
		}
	}
	return ""
}

func (s *Server) questionPage(c *fiber.Ctx, q forms.Question, form Form) (questionPage, error) {
	ctx, e := c.UserContext(), event(c).ID
	p := questionPage{Page: s.page(c), Question: q, Form: form, Whys: map[string]string{}}
	for _, b := range slices.Backward(form.problems) {
		p.Whys[b.Path] = s.words.T(p.Lang, b.Key, b.Args...)
	}
	whole, err := s.Forms.All(ctx, actor(c), e)
	if err != nil {
		return p, err
	}
	if p.Categories, err = s.Events.Categories(ctx, e); err != nil {
		return p, err
	}
	for _, kind := range forms.Kinds {
		p.Kinds = append(p.Kinds, Choice{string(kind), s.words.T(p.Lang, "forms.kind."+string(kind))})
	}
	for _, other := range whole.Questions {
		if other.ArchivedAt == nil && other.Kind.Chosen() && other.ID != q.ID && (q.Position == 0 || other.Position < q.Position) {
			p.Parents = append(p.Parents, other)
		}
	}
	p.Rows = linesOf(form)
	p.Previews, err = s.previewOf(c, form, q, whole.Questions, p.Categories)
	return p, err
}

// previewOf draws one question as the form describes it.
func (s *Server) previewOf(c *fiber.Ctx, form Form, q forms.Question, all []forms.Question, categories []events.Category) ([]Preview, error) {
	d := definitionOf(&form)
	shown := q
	shown.Code, shown.Kind, shown.Required, shown.Categories = cmp.Or(q.Code, "preview"), d.Kind, d.Required, d.Categories
	shown.Label = locale.Text{ZH: cmp.Or(d.Label.ZH, "…"), EN: cmp.Or(d.Label.EN, "…")}
	shown.Help, shown.Options, shown.ArchivedAt = d.Help, d.Options, nil
	shown.Agreement.Text = d.Agreement
	shown.ShownIf, shown.ShownFor = ident.Nil, nil // shown by itself
	if d.Kind == forms.Country {
		countries, err := s.Events.Countries(c.UserContext())
		if err != nil {
			return nil, err
		}
		for _, country := range countries {
			shown.Options = append(shown.Options, forms.Option{Code: country.Code, Label: country.Name})
		}
	}
	return s.previews(lang(c), categories, []forms.Question{shown}), nil
}

// linesOf are the options that were typed, and empty lines for more.
func linesOf(form Form) []optionRow {
	rows := optionRows(form)
	for range max(spareRows, fewestRows-len(rows)) {
		rows = append(rows, optionRow{})
	}
	return rows
}

// optionRows are the lines of options that were typed.
func optionRows(form Form) (rows []optionRow) {
	codes, zh, en := form.All("option_code"), form.All("option_zh"), form.All("option_en")
	for i := range codes {
		row := optionRow{Code: codes[i]}
		if i < len(zh) {
			row.ZH = zh[i]
		}
		if i < len(en) {
			row.EN = en[i]
		}
		if row.ZH != "" || row.EN != "" { // a line without words was emptied to remove it
			rows = append(rows, row)
		}
	}
	return rows
}

// definitionOf reads a question's form.
func definitionOf(form *Form) forms.Definition {
	d := forms.Definition{
		Code: cmp.Or(form.Code("code"), lettered(codeOf(form.Text("label_en")))), Kind: forms.Kind(form.Text("kind")), Required: form.Ticked("required"),
		Label: locale.Text{ZH: form.Raw("label_zh"), EN: form.Raw("label_en")}, Help: locale.Text{ZH: form.Raw("help_zh"), EN: form.Raw("help_en")},
		Categories: slices.Clone(form.All("categories")), Agreement: locale.Text{ZH: form.Raw("agreement_zh"), EN: form.Raw("agreement_en")},
	}
	for _, row := range optionRows(*form) {
		d.Options = append(d.Options, forms.Option{Code: cmp.Or(row.Code, codeOf(row.EN)), Label: locale.Text{ZH: row.ZH, EN: row.EN}})
	}
	parent, values, ok := conditionOf(form.All("shown_for"))
	if !ok {
		form.Add("shown_for", "forms.one_condition")
	}
	d.ShownIf, d.ShownFor = parent, values
	return d
}

// questionForm is a question filled into its form.
func questionForm(q forms.Question) Form {
	form := FormOf("code", q.Code, "kind", string(q.Kind), "label_zh", q.Label.ZH, "label_en", q.Label.EN, "help_zh", q.Help.ZH, "help_en", q.Help.EN,
		"agreement_zh", q.Agreement.Text.ZH, "agreement_en", q.Agreement.Text.EN)
	if q.Required {
		form.values.Set("required", "yes")
	}
	form.values["categories"] = q.Categories
	for _, o := range q.Offered() {
		if !q.Kind.Chosen() {
			break
		}
		form.values.Add("option_code", o.Code)
		form.values.Add("option_zh", o.Label.ZH)
		form.values.Add("option_en", o.Label.EN)
	}
	for _, value := range q.ShownFor {
		form.values.Add("shown_for", q.ShownIf.String()+":"+value)
	}
	return form
}

func (s *Server) newQuestion(c *fiber.Ctx) error {
	p, err := s.questionPage(c, forms.Question{}, FormOf("kind", string(forms.Text)))
	if err != nil {
		return err
	}
	return s.render(c, "forms/edit", p)
}

// questionOf finds the question of the address within its event.
func (s *Server) questionOf(c *fiber.Ctx) (forms.Question, error) {
	id, err := pathID(c, "question")
	if err != nil {
		return forms.Question{}, err
	}
	whole, err := s.Forms.All(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return forms.Question{}, err
	}
	q, found := forms.Find(whole.Questions, id)
	if !found || q.ArchivedAt != nil {
		return q, fault.New(fault.NotFound, "error.not_found")
	}
	return q, nil
}

func (s *Server) question(c *fiber.Ctx) error {
	q, err := s.questionOf(c)
	if err != nil {
		return err
	}
	p, err := s.questionPage(c, q, questionForm(q))
	if err != nil {
		return err
	}
	return s.render(c, "forms/edit", p)
}

// saveQuestion adds or changes a question, or only shows how it will look.
func (s *Server) saveQuestion(c *fiber.Ctx) error {
	var q forms.Question
	var err error
	if c.Params("question") != "" {
		if q, err = s.questionOf(c); err != nil {
			return err
		}
	}
	form := readForm(c)
	if form.Ticked("_preview") {
		p, err := s.questionPage(c, q, form)
		if err != nil {
			return err
		}
		return s.render(c, "forms/edit", p)
	}
	d := definitionOf(&form)
	if err = form.Err(); err == nil && q.ID == ident.Nil {
		q, err = s.Forms.Add(c.UserContext(), actor(c), event(c).ID, d)
	} else if err == nil {
		_, err = s.Forms.Edit(c.UserContext(), actor(c), event(c).ID, q.ID, form.Whole("version", 1, 1<<30), d)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.questionPage(c, q, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "forms/edit", p)
	}
	s.flash(c, "ok", "forms.saved", d.Label)
	return s.done(c, "/console/"+event(c).Slug+"/form")
}
