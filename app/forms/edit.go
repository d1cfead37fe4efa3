package forms

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Definition is what the organiser says of a question.
type Definition struct {
	Code       string // of a new question only: it never changes
	Kind       Kind
	Label      locale.Text
	Help       locale.Text
	Required   bool
	Categories []string
	ShownIf    ident.ID // Nil: always
	ShownFor   []string
	Options    []Option    // of choices, in order
	Agreement  locale.Text // of consents
}

// What a form may hold: more nobody fills in.
const (
	mostQuestions = 100
	mostOptions   = 100
)

var (
	codeForm   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	optionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,39}$`)
)

func (d *Definition) clean() {
	d.Label, d.Help = cleanText(d.Label), cleanText(d.Help)
	d.Agreement = locale.Text{ZH: text.Paragraphs(d.Agreement.ZH), EN: text.Paragraphs(d.Agreement.EN)}
	slices.Sort(d.Categories)
	d.Categories = slices.Compact(d.Categories)
	if d.ShownIf == ident.Nil {
		d.ShownFor = nil
	}
	if !d.Kind.Chosen() {
		d.Options = nil
	}
	for i := range d.Options {
		d.Options[i] = Option{Code: strings.TrimSpace(d.Options[i].Code), Label: cleanText(d.Options[i].Label)}
	}
	if d.Kind != Consent {
		d.Agreement = locale.Text{}
	}
}

func cleanText(t locale.Text) locale.Text {
	return locale.Text{ZH: text.Clean(t.ZH), EN: text.Clean(t.EN)}
}

// check notes what breaks a rule of the definition alone.
func (d Definition) check() (bad fault.List) {
	bad.Check(slices.Contains(Kinds, d.Kind), "kind", "field.choice")
	text.Line(&bad, "label_zh", d.Label.ZH, true, 200)
	text.Line(&bad, "label_en", d.Label.EN, true, 200)
	text.Line(&bad, "help_zh", d.Help.ZH, false, 500)
	text.Line(&bad, "help_en", d.Help.EN, false, 500)
	if d.Kind == Consent {
		for path, s := range map[string]string{"agreement_zh": d.Agreement.ZH, "agreement_en": d.Agreement.EN} {
			bad.Check(s != "", path, "field.required")
			bad.Check(utf8.RuneCountInString(s) <= 4000, path, "field.too_long", 4000)
			bad.Check(!text.Unseen(s), path, "field.control")
		}
	}
	if d.Kind.Chosen() {
		d.checkOptions(&bad)
	}
	return bad
}

func (d Definition) checkOptions(bad *fault.List) {
	bad.Check(len(d.Options) >= 2 && len(d.Options) <= mostOptions, "options", "forms.options", mostOptions)
	codes := map[string]bool{}
	for _, o := range d.Options {
		var own fault.List
		text.Line(&own, "options", o.Label.ZH, true, 120)
		text.Line(&own, "options", o.Label.EN, true, 120)
		switch {
		case !optionForm.MatchString(o.Code):
			bad.Add("options", "forms.option_code", o.Code)
		case codes[o.Code]:
			bad.Add("options", "forms.option_twice", o.Code)
		case len(own) > 0:
			bad.Add("options", "forms.option_labels", o.Code)
		}
		codes[o.Code] = true
	}
}

// checkAmong notes what breaks a rule between the question and its event: of is
// the question as it is, the zero one when it is new.
func (d Definition) checkAmong(bad *fault.List, of Question, all []Question, categories []events.Category) {
	for _, code := range d.Categories {
		bad.Check(slices.ContainsFunc(categories, func(c events.Category) bool { return c.Code == code }), "categories", "field.choice")
	}
	if d.ShownIf != ident.Nil {
		parent, found := Find(all, d.ShownIf)
		switch {
		case !found || parent.ArchivedAt != nil || !parent.Kind.Chosen() || parent.ID == of.ID:
			bad.Add("shown_if", "forms.condition")
		case of.Position > 0 && parent.Position > of.Position:
			bad.Add("shown_if", "forms.earlier")
		default:
			offered := parent.Offered()
			bad.Check(len(d.ShownFor) > 0, "shown_for", "field.required")
			for _, code := range d.ShownFor {
				bad.Check(slices.ContainsFunc(offered, func(o Option) bool { return o.Code == code }), "shown_for", "field.choice")
			}
		}
	}
	for _, child := range all {
		if of.ID == ident.Nil || child.ShownIf != of.ID || child.ArchivedAt != nil {
			continue
		}
		bad.Check(d.Kind.Chosen(), "kind", "forms.depended_on", child.Label)
		for _, code := range child.ShownFor {
			bad.Check(slices.ContainsFunc(d.Options, func(o Option) bool { return o.Code == code }), "options", "forms.option_needed", code, child.Label)
		}
	}
}

// Add puts a new question at the end of the form.
//
// Faults: Forbidden; Invalid with fields; Conflict, the form is full.
func (s *Service) Add(ctx context.Context, by accounts.Actor, event ident.ID, d Definition) (q Question, err error) {
	d.clean()
	err = s.change(ctx, by, event, "question.add", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		bad := d.check()
		switch {
		case d.Code != "":
			bad.Check(codeForm.MatchString(d.Code), "code", "forms.code")
		case d.Label.EN != "": // else the missing label is the cause
			bad.Add("code", "events.code_none")
		}
		bad.Check(!slices.ContainsFunc(all, func(q Question) bool { return q.Code == d.Code }), "code", "field.taken")
		categories, err := events.CategoriesIn(ctx, tx, event)
		if err != nil {
			return ident.Nil, nil, nil, err
		}
		d.checkAmong(&bad, Question{}, all, categories)
		if err := bad.Err(); err != nil {
			return ident.Nil, nil, nil, err
		}
		if len(all) >= mostQuestions {
			return ident.Nil, nil, nil, fault.New(fault.Conflict, "forms.full", mostQuestions)
		}
		q = d.question(Question{EventID: event, ID: s.newID(), Code: d.Code, Position: last(all) + 1, Version: 1})
		if err := insertQuestion(ctx, tx, q, s.now()); err != nil {
			return ident.Nil, nil, nil, err
		}
		q, err = s.keepParts(ctx, tx, q, d)
		return q.ID, nil, q.noted(), err
	})
	return q, err
}

// Edit changes a question. version is the one that was shown. Options that are
// left out are archived when somebody chose them; a changed text of a consent is
// published as its next version. The kind stays once somebody answered.
//
// Faults: NotFound; Forbidden; Invalid with fields; Conflict, somebody changed
// the question meanwhile.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, event, id ident.ID, version int, d Definition) (q Question, err error) {
	d.clean()
	err = s.change(ctx, by, event, "question.edit", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		of, found := Find(all, id)
		if !found || of.ArchivedAt != nil {
			return id, nil, nil, fault.New(fault.NotFound, "error.not_found")
		}
		bad := d.check()
		bad.Check(d.Kind == of.Kind || of.Answers == 0, "kind", "forms.kind_kept", of.Answers)
		categories, err := events.CategoriesIn(ctx, tx, event)
		if err != nil {
			return id, nil, nil, err
		}
		d.checkAmong(&bad, of, all, categories)
		if err := bad.Err(); err != nil {
			return id, nil, nil, err
		}
		if of.Version != version {
			return id, nil, nil, fault.New(fault.Conflict, "error.changed")
		}
		q = d.question(of)
		q.Version++
		if err := updateQuestion(ctx, tx, q); err != nil {
			if store.Constraint(err) == "questions_answered" { // by somebody this moment
				err = fault.Fields(fault.Field{Path: "kind", Key: "constraint.questions_answered"})
			}
			return id, nil, nil, err
		}
		q, err = s.keepParts(ctx, tx, q, d)
		return id, of.noted(), q.noted(), err
	})
	return q, err
}

// question lays a definition over a question.
func (d Definition) question(q Question) Question {
	q.Kind, q.Label, q.Help, q.Required, q.Categories, q.ShownIf, q.ShownFor = d.Kind, d.Label, d.Help, d.Required, d.Categories, d.ShownIf, d.ShownFor
	return q
}

// keepParts writes the options and the text of a question.
func (s *Service) keepParts(ctx context.Context, tx *sqlx.Tx, q Question, d Definition) (Question, error) {
	if err := replaceOptions(ctx, tx, q.ID, d.Options, s.now()); err != nil {
		return q, err
	}
	if d.Kind == Consent && d.Agreement != q.Agreement.Text {
		q.Agreement = Agreement{Version: q.Agreement.Version + 1, Text: d.Agreement, PublishedAt: s.now()}
		if err := insertAgreement(ctx, tx, q.ID, q.Agreement); err != nil {
			return q, err
		}
	}
	var err error
	q.Options, err = optionsOf(ctx, tx, q.ID)
	return q, err
}

// Archive stops asking a question; its answers stay readable.
//
// Faults: NotFound; Forbidden; Conflict, another question depends on it.
func (s *Service) Archive(ctx context.Context, by accounts.Actor, event, id ident.ID) error {
	return s.change(ctx, by, event, "question.archive", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		q, found := Find(all, id)
		if !found {
			return id, nil, nil, fault.New(fault.NotFound, "error.not_found")
		}
		for _, child := range all {
			if child.ShownIf == id && child.ArchivedAt == nil {
				return id, nil, nil, fault.New(fault.Conflict, "forms.depended_on", child.Label)
			}
		}
		if q.ArchivedAt == nil {
			if err := archiveQuestion(ctx, tx, id, s.now()); err != nil {
				return id, nil, nil, err
			}
			if err := placeQuestions(ctx, tx, without(living(all), id)); err != nil {
				return id, nil, nil, err
			}
		}
		return id, nil, map[string]any{"code": q.Code, "label_zh": q.Label.ZH, "label_en": q.Label.EN}, nil
	})
}

// Restore asks an archived question again, at the end of the form.
//
// Faults: NotFound; Forbidden; Conflict, it depends on one that is not asked.
func (s *Service) Restore(ctx context.Context, by accounts.Actor, event, id ident.ID) error {
	return s.change(ctx, by, event, "question.restore", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		q, found := Find(all, id)
		if !found {
			return id, nil, nil, fault.New(fault.NotFound, "error.not_found")
		}
		if parent, conditional := Find(all, q.ShownIf); conditional && !q.opensBy(parent) {
			return id, nil, nil, fault.New(fault.Conflict, "forms.parent_archived", parent.Label)
		}
		if q.ArchivedAt != nil {
			if err := restoreQuestion(ctx, tx, id, last(all)+1); err != nil {
				return id, nil, nil, err
			}
		}
		return id, nil, map[string]any{"code": q.Code, "label_zh": q.Label.ZH, "label_en": q.Label.EN}, nil
	})
}

// opensBy tells whether the question on which this one depends can still be
// answered so that this one is shown.
func (q Question) opensBy(parent Question) bool {
	return parent.ArchivedAt == nil && parent.Kind.Chosen() &&
		slices.ContainsFunc(parent.Offered(), func(o Option) bool { return slices.Contains(q.ShownFor, o.Code) })
}

func living(all []Question) (ids []ident.ID) {
	for _, q := range all {
		if q.ArchivedAt == nil {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

func without(ids []ident.ID, id ident.ID) []ident.ID {
	return slices.DeleteFunc(ids, func(other ident.ID) bool { return other == id })
}

func last(all []Question) (position int) {
	for _, q := range all {
		position = max(position, q.Position)
	}
	return position
}
