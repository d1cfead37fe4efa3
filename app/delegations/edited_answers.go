package delegations

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Answer writes an answer over the one to a question of the event's form; an empty
// one takes it away. Of a file it is the token of files.HandIn, or the file's ID
// where it stays.
func (e Edit) Answer(code string, a forms.Answer) { e[answerField+code] = written(a) }

// answers tells whether a field of an edit is an answer that can be read.
func (e Edit) answers(name string) bool {
	_, err := ReadAnswer(e[name])
	return err == nil && strings.HasPrefix(name, answerField)
}

// written is an answer as changes keep it: a list in JSON, empty when there is none.
func written(a forms.Answer) string {
	if len(a) == 0 {
		return ""
	}
	list, err := json.Marshal([]string(a))
	if err != nil {
		return "" // texts always can be written
	}
	return string(list)
}

// ReadAnswer reads an answer as a Moved field keeps it.
func ReadAnswer(value string) (a forms.Answer, err error) {
	if value != "" {
		err = json.Unmarshal([]byte(value), (*[]string)(&a))
	}
	return a, err
}

// AnswerTo is the code of the question whose answer moved; false, it is another field.
func (m Moved) AnswerTo() (code string, is bool) { return strings.CutPrefix(m.Field, answerField) }

// over writes the answers of an edit over others.
func (e Edit) over(answers forms.Answers) forms.Answers {
	all := maps.Clone(answers)
	for name, value := range e {
		code, is := strings.CutPrefix(name, answerField)
		a, err := ReadAnswer(value)
		switch {
		case !is || err != nil:
			continue
		case len(a) == 0:
			delete(all, code)
			continue
		case all == nil:
			all = forms.Answers{}
		}
		all[code] = a
	}
	return all
}

// asked is an edit without answers to what its category is not asked, which browsers
// send all the same, and without agreements that are not the actor's own to give.
func (e Edit) asked(form forms.Form, category string, own bool) Edit {
	kept := maps.Clone(e)
	for _, q := range form.Questions {
		if !q.Asks(category) || q.Kind == forms.Consent && !own {
			delete(kept, answerField+q.Code)
		}
	}
	return kept
}

// stillWanted is what a change wants of what the form asks now.
func (e Edit) stillWanted(form forms.Form) Edit {
	kept := maps.Clone(e)
	for name := range e {
		code, is := strings.CutPrefix(name, answerField)
		if is && !slices.ContainsFunc(form.Questions, func(q forms.Question) bool { return q.Code == code }) {
			delete(kept, name)
		}
	}
	return kept
}

// recheck holds answers that somebody gave anew against the form, and tells what is
// wrong beside what was wrong before.
func (s *Service) recheck(event ident.ID, form forms.Form, category string, before forms.Answers, c checked, wrong error) (checked, error) {
	var bad fault.List
	if f, ok := fault.Of(wrong); ok && f.Code == fault.Invalid {
		bad = f.Fields
	} else if wrong != nil {
		return c, wrong
	}
	clean, broken := forms.Recheck(form.Questions, category, before, c.Answers)
	all, sent := maps.Clone(before), forms.Answers{}
	if all == nil {
		all = forms.Answers{}
	}
	for _, q := range form.Questions {
		if !q.Asks(category) {
			continue
		}
		if delete(all, q.Code); len(clean[q.Code]) > 0 {
			all[q.Code] = clean[q.Code]
		}
		if q.Kind == forms.File && !slices.Equal(clean[q.Code], before[q.Code]) && len(clean[q.Code]) > 0 {
			sent[q.Code] = clean[q.Code]
		}
	}
	c.Answers, c.form, c.sent = all, form, sent
	return c, append(bad, broken...).Err()
}

// take keeps the files among the answers that somebody gave anew.
func (s *Service) take(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, c checked) (checked, error) {
	if len(c.sent) == 0 {
		return c, nil
	}
	var bad fault.List
	if err := s.checkFiles(&bad, r.EventID, c.form.Questions, c.sent); err != nil {
		return c, err
	}
	if err := bad.Err(); err != nil {
		return c, err
	}
	kept, err := s.attach(ctx, tx, by, r.EventID, r.ID, checked{Input: Input{Answers: c.sent}, form: c.form})
	if err != nil {
		return c, err
	}
	c.Answers = maps.Clone(c.Answers)
	maps.Copy(c.Answers, kept)
	return c, nil
}

// ownAgreements moves only the agreements of one set of answers into another: they
// hold at once, given or withdrawn.
func ownAgreements(form forms.Form, to, from forms.Answers) forms.Answers {
	all := maps.Clone(to)
	if all == nil {
		all = forms.Answers{}
	}
	for _, q := range form.Questions {
		if q.Kind != forms.Consent {
			continue
		}
		if delete(all, q.Code); len(from[q.Code]) > 0 {
			all[q.Code] = from[q.Code]
		}
	}
	return all
}

// amend writes the answers that are others than before, and to which texts the person
// agrees now.
func (s *Service) amend(ctx context.Context, tx *sqlx.Tx, r Registration, before held, c checked) error {
	some := forms.Answers{}
	for _, q := range before.form.Questions {
		if !slices.Equal(c.Answers[q.Code], before.Answers[q.Code]) {
			some[q.Code] = c.Answers[q.Code]
		}
	}
	if len(some) == 0 {
		return nil
	}
	if err := forms.Amend(ctx, tx, before.form, r.EventID, r.ID, some, s.now()); err != nil {
		return fmt.Errorf("keep answers: %w", err)
	}
	for _, q := range before.form.Questions {
		answer, moved := some[q.Code]
		if q.Kind != forms.Consent || !moved || r.Status == Draft { // a draft agrees when it is confirmed
			continue
		}
		if err := withdrawConsents(ctx, tx, r.ID, "form."+q.Code, s.now()); err != nil {
			return fmt.Errorf("withdraw consent %s: %w", q.Code, err)
		}
		if len(answer) == 0 {
			continue
		}
		if err := insertConsent(ctx, tx, r.ID, "form."+q.Code, answer[0], c.Lang, s.now()); err != nil {
			return fmt.Errorf("keep consent %s: %w", q.Code, err)
		}
	}
	return nil
}

// nameless stands for the name of a file that has none.
const nameless = "—"

// name notes what the files are called that a change moves: their names are read when
// the files are gone.
func (s *Service) name(ctx context.Context, tx *sqlx.Tx, r Registration, m *moves) error {
	if s.papers == nil || !slices.ContainsFunc(m.list, func(m Moved) bool { _, is := m.AnswerTo(); return is }) {
		return nil
	}
	names, err := s.papers.Names(ctx, tx, r.ID)
	if err != nil {
		return fmt.Errorf("read names of files: %w", err)
	}
	called := func(value string) string {
		a, err := ReadAnswer(value)
		if err != nil || len(a) != 1 {
			return ""
		}
		id, err := ident.Parse(a[0])
		name, is := names[id]
		if err != nil || !is {
			return ""
		}
		if name == "" {
			return nameless
		}
		return name
	}
	for i, one := range m.list {
		if _, is := one.AnswerTo(); is {
			m.list[i].FromFile, m.list[i].ToFile = called(one.From), called(one.To)
		}
	}
	return nil
}

// files are those that some values are; of is Moved.from or Moved.to.
func files(list []Moved, of func(Moved) (value, name string)) (ids []ident.ID) {
	for _, m := range list {
		value, name := of(m)
		if name == "" {
			continue
		}
		if a, err := ReadAnswer(value); err == nil && len(a) == 1 {
			if id, err := ident.Parse(a[0]); err == nil {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func (m Moved) from() (value, name string) { return m.From, m.FromFile }
func (m Moved) to() (value, name string)   { return m.To, m.ToFile }

// dropFiles deletes files that answer nothing any more.
func (s *Service) dropFiles(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, ids []ident.ID, but ...ident.ID) error {
	ids = slices.DeleteFunc(ids, func(id ident.ID) bool { return slices.Contains(but, id) })
	if len(ids) == 0 {
		return nil
	}
	if err := s.papers.Drop(ctx, tx, by, r.ID, ids); err != nil {
		return fmt.Errorf("drop files: %w", err)
	}
	return nil
}
