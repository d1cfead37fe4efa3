package forms

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// Given is an answer that was given, with its question.
type Given struct {
	Question
	Answer     Answer
	AnsweredAt time.Time
}

// NoLongerAsked tells whether the question was archived since.
func (g Given) NoLongerAsked() bool { return g.ArchivedAt != nil }

// Words are the answer as it is read in both languages.
func (g Given) Words() locale.Text { return g.Question.Words(g.Answer) }

// Words are an answer to the question as it is read in both languages.
func (q Question) Words(given Answer) locale.Text {
	var zh, en []string
	for _, a := range given {
		label := locale.Text{ZH: a, EN: a}
		if q.Kind == Language {
			label = LanguageName(a)
		} else if o, ok := q.Option(a); ok {
			label = o.Label
		}
		zh, en = append(zh, label.ZH), append(en, label.EN)
	}
	return locale.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
}

// Keep writes the answers of a registration over those before, within the
// transaction that writes the registration. form is what the answers were checked
// against; none is lost of questions that it does not ask any more.
//
// Fault: Conflict, the form was changed meanwhile.
func Keep(ctx context.Context, tx *sqlx.Tx, form Form, event, registration ident.ID, clean Answers, at time.Time) error {
	all := Answers{}
	for _, q := range form.Questions {
		all[q.Code] = clean[q.Code]
	}
	return Amend(ctx, tx, form, event, registration, all, at)
}

// Amend writes some answers of a registration and leaves the others as they are; one
// that is empty is taken away. They were checked against the form.
//
// Fault: Conflict, the form was changed meanwhile.
func Amend(ctx context.Context, tx *sqlx.Tx, form Form, event, registration ident.ID, some Answers, at time.Time) error {
	version, err := holdForm(ctx, tx, event)
	if err != nil {
		return err
	}
	if version != form.Version {
		return fault.New(fault.Conflict, "forms.changed")
	}
	for _, q := range form.Questions {
		answer, said := some[q.Code]
		if !said {
			continue
		}
		if len(answer) == 0 {
			if err := deleteAnswer(ctx, tx, registration, q.ID); err != nil {
				return err
			}
			continue
		}
		value, err := json.Marshal(q.Value(answer))
		if err != nil {
			return fmt.Errorf("write answer %s: %w", q.Code, err)
		}
		if err := upsertAnswer(ctx, tx, registration, q.ID, value, at); err != nil {
			return err
		}
	}
	return nil
}

// Standing are the answers of many registrations to what is still asked, for lists.
// The caller has asked who may know.
func Standing(ctx context.Context, q store.Querier, registrations []ident.ID) (map[ident.ID]Answers, error) {
	return standing(ctx, q, registrations)
}

// Ever answers every question that an event asks or asked, for the words of answers.
// The caller has asked who may know.
func (s *Service) Ever(ctx context.Context, event ident.ID) ([]Question, error) {
	return questionsOf(ctx, s.db, event, true)
}

// Of answers what was answered for a registration, in the order of the form, what
// is no longer asked last. The caller has asked who may know.
func Of(ctx context.Context, q store.Querier, registration ident.ID) ([]Given, error) {
	return answersOf(ctx, q, registration)
}

// Consents are the purposes and versions of the texts that were agreed to.
func Consents(questions []Question, clean Answers) map[string]string {
	agreed := map[string]string{}
	for _, q := range questions {
		if a := clean[q.Code]; q.Kind == Consent && len(a) == 1 {
			agreed["form."+q.Code] = a[0]
		}
	}
	return agreed
}
