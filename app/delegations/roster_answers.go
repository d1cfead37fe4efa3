package delegations

import (
	"maps"
	"slices"
	"strings"

	"qianshou/app/forms"
	"qianshou/app/kit/fault"
)

// answerField begins the names of fields that are answers to the event's form.
const answerField = "answers."

// asked holds the answers of a line against the event's form. Of somebody new, all
// that the form asks is due, but what a list cannot carry must be registered by the
// form, or is completed later by who may lack it. Of somebody who is registered, a line says only what differs.
func (r *roll) asked(f *Found, c checked, e *rollEntry) checked {
	if e != nil {
		return r.amend(f, c, e)
	}
	clean, wrong := forms.Check(r.form.Questions, c.Category, c.Answers)
	for _, p := range wrong {
		q, _ := r.question(strings.TrimPrefix(p.Path, answerField))
		if r.mayLack(nil) && len(c.Answers[q.Code]) == 0 {
			continue
		}
		if q.Kind == forms.File {
			p = fault.Field{Key: "lists.file_asked", Args: []any{q.Label}}
		}
		f.Verdict, f.Problems = RowBad, append(f.Problems, p)
	}
	c.Answers, c.form = clean, r.form
	return c
}

// amend finds which answers a line changes. An agreement is the person's own: once
// they are registered, no list changes it, nor a file.
func (r *roll) amend(f *Found, c checked, e *rollEntry) checked {
	before := r.answers[e.ID]
	after, said := maps.Clone(before), false
	if after == nil {
		after = forms.Answers{}
	}
	for code, answer := range c.Answers {
		if q, known := r.question(code); known && (q.Kind == forms.Consent || q.Kind == forms.File) {
			continue
		}
		after[code] = answer
		said = said || len(answer) > 0
	}
	if !said {
		return c
	}
	clean, wrong := forms.Check(r.form.Questions, c.Category, after)
	broken := map[string]bool{}
	for _, p := range wrong {
		code := strings.TrimPrefix(p.Path, answerField)
		broken[code] = true
		if _, here := c.Answers[code]; here || r.opened(code, c.Answers) {
			f.Verdict, f.Problems = RowBad, append(f.Problems, p)
		}
	}
	c.amended = forms.Answers{}
	for _, q := range r.form.Questions {
		if !broken[q.Code] && !slices.Equal(clean[q.Code], before[q.Code]) {
			c.amended[q.Code] = clean[q.Code]
		}
	}
	return c
}

// opened tells whether a line answers the question that another depends on.
func (r *roll) opened(code string, said forms.Answers) bool {
	q, _ := r.question(code)
	parent, conditional := forms.Find(r.form.Questions, q.ShownIf)
	_, here := said[parent.Code]
	return conditional && here
}

func (r *roll) question(code string) (forms.Question, bool) {
	i := slices.IndexFunc(r.form.Questions, func(q forms.Question) bool { return q.Code == code })
	if i < 0 {
		return forms.Question{}, false
	}
	return r.form.Questions[i], true
}

// fieldsOf names the fields of a change as the audit log does: what of the form was
// answered otherwise stands with the answers.
func fieldsOf(before map[string]string) []string {
	fields := map[string]bool{}
	for field := range before {
		if strings.HasPrefix(field, answerField) {
			field = "answers"
		}
		fields[field] = true
	}
	return slices.Sorted(maps.Keys(fields))
}
