package delegations

import (
	"context"
	"fmt"
	"maps"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// checkFiles notes which files that were given as answers are not at hand.
func (s *Service) checkFiles(bad *fault.List, event ident.ID, questions []forms.Question, clean forms.Answers) error {
	for _, q := range questions {
		answer, given := clean[q.Code]
		if q.Kind != forms.File || !given {
			continue
		}
		if s.papers == nil {
			return fmt.Errorf("question %s asks for a file, and nothing keeps files", q.Code)
		}
		if err := s.papers.Waits(event, answer[0]); err != nil {
			if err = aboutAnswer(q, err); fault.CodeOf(err) != fault.Invalid {
				return err
			}
			f, _ := fault.Of(err)
			*bad = append(*bad, f.Fields...)
		}
	}
	return nil
}

// aboutAnswer lays what is wrong with a file beside the question that it answers.
func aboutAnswer(q forms.Question, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Code != fault.Invalid || len(f.Fields) == 0 {
		return err
	}
	field := f.Fields[0]
	field.Path = "answers." + q.Code
	return fault.Fields(field)
}

// attach keeps the files among the answers, each of which becomes its file's ID.
func (s *Service) attach(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, c checked) (forms.Answers, error) {
	kept := maps.Clone(c.Answers)
	for _, q := range c.form.Questions {
		answer, given := kept[q.Code]
		if q.Kind != forms.File || !given {
			continue
		}
		id, err := s.papers.Attach(ctx, tx, by, event, registration, answer[0])
		if err != nil {
			return nil, aboutAnswer(q, err)
		}
		kept[q.Code] = forms.Answer{id.String()}
	}
	return kept, nil
}
