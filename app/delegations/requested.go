package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// AnswerTo is the field of the answer to a question, by the question's code.
func AnswerTo(code string) string { return answerField + code }

// fieldList checks the fields that somebody names and puts them in order, answers to
// some questions of the event's form after all others.
func fieldList(named []string, questions []forms.Question) (FieldList, bool) {
	known := Requestable()
	for _, q := range questions {
		known = append(known, AnswerTo(q.Code))
	}
	for _, name := range named {
		if !slices.Contains(known, name) {
			return "", false
		}
	}
	list := slices.DeleteFunc(known, func(name string) bool { return !slices.Contains(named, name) })
	return FieldList(strings.Join(list, ",")), true
}

// answers tells whether answers to questions are among the fields.
func (l FieldList) answers() bool {
	return slices.ContainsFunc(l.All(), func(field string) bool { return strings.HasPrefix(field, answerField) })
}

// RequestableQuestions are those of a form that the desk may ask somebody of a
// category to answer anew: an agreement is nobody's to ask for twice.
func RequestableQuestions(form forms.Form, category string) []forms.Question {
	return slices.DeleteFunc(slices.Clone(form.Questions), func(q forms.Question) bool { return !q.Asks(category) || q.Kind == forms.Consent })
}

// requested are the fields that the desk names of a registration.
//
// Fault: Invalid, it has no such field, or its category is not asked the question.
func (s *Service) requested(ctx context.Context, tx *sqlx.Tx, r Registration, named []string) (FieldList, error) {
	var questions []forms.Question
	if FieldList(strings.Join(named, ",")).answers() {
		held, err := s.held(ctx, tx, r)
		if err != nil {
			return "", err
		}
		form, err := forms.AskedIn(ctx, tx, r.EventID)
		if err != nil {
			return "", fmt.Errorf("read form: %w", err)
		}
		questions = RequestableQuestions(form, held.Category)
	}
	list, ok := fieldList(named, questions)
	if !ok {
		return "", fault.Fields(fault.Field{Path: "fields", Key: "field.choice"})
	}
	return list, nil
}

// questionsNamed are what the questions are called whose answers are among some
// fields.
func questionsNamed(ctx context.Context, q store.Querier, event ident.ID, fields FieldList) (labels []locale.Text, err error) {
	if !fields.answers() {
		return nil, nil
	}
	form, err := forms.AskedIn(ctx, q, event)
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	for _, question := range form.Questions {
		if fields.Has(AnswerTo(question.Code)) {
			labels = append(labels, question.Label)
		}
	}
	return labels, nil
}

// missing adds to the broken rules of an edit the fields that the desk asked for
// and that are still empty; what the form does not ask any more nobody can give.
func missing(err error, r Registration, form forms.Form, in Input) error {
	if r.Status != Returned {
		return err
	}
	for _, field := range r.Requested.All() {
		code, answer := strings.CutPrefix(field, answerField)
		if answer && !slices.ContainsFunc(form.Questions, func(q forms.Question) bool { return q.Code == code && q.Asks(in.Category) }) {
			continue
		}
		if in.Value(field) == "" {
			err = withField(err, field, "registration.requested")
		}
	}
	return err
}
