package forms

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// formVersion is the version of an event's form; zero before the first question.
func formVersion(ctx context.Context, q store.Querier, event ident.ID) (version int, err error) {
	err = q.GetContext(ctx, &version, `SELECT coalesce((SELECT version FROM forms WHERE event_id = $1), 0)`, event)
	return version, err
}

// raiseForm makes the next version of a form, and keeps others from changing it
// until the transaction ends.
func raiseForm(ctx context.Context, q store.Querier, event ident.ID) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO forms (event_id, version) VALUES ($1, 1) ON CONFLICT (event_id) DO UPDATE SET version = forms.version + 1`, event)
	return err
}

// holdForm is formVersion that stays true until the transaction ends.
func holdForm(ctx context.Context, q store.Querier, event ident.ID) (int, error) {
	var versions []int
	err := q.SelectContext(ctx, &versions, `SELECT version FROM forms WHERE event_id = $1 FOR SHARE`, event)
	if err != nil || len(versions) == 0 {
		return 0, err
	}
	return versions[0], nil
}

type questionRow struct {
	Question
	CategoryCodes pq.StringArray `db:"categories"`
	Values        pq.StringArray `db:"shown_if_values"`
}

const questionColumns = `q.event_id, q.id, q.code, coalesce(q.position, 0) AS position, q.kind, q.label_zh AS "label.zh", q.label_en AS "label.en",
	q.help_zh AS "help.zh", q.help_en AS "help.en", q.required, q.categories,
	coalesce(q.shown_if_question, '00000000-0000-0000-0000-000000000000') AS shown_if_question, q.shown_if_values, q.version, q.archived_at`

// questionsOf answers an event's questions in order, with all that belongs to
// them; archived ones, and how many answered, only where asked for.
func questionsOf(ctx context.Context, q store.Querier, event ident.ID, all bool) ([]Question, error) {
	var rows []questionRow
	count := `0`
	if all {
		count = `(SELECT count(*) FROM answers a WHERE a.question_id = q.id)`
	}
	err := q.SelectContext(ctx, &rows, `SELECT `+questionColumns+`, `+count+` AS answers FROM questions q
		WHERE q.event_id = $1 AND (q.archived_at IS NULL OR $2) ORDER BY q.position NULLS LAST, q.code`, event, all)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return furnished(ctx, q, rows)
}

// furnished gives questions their options and texts.
func furnished(ctx context.Context, q store.Querier, rows []questionRow) ([]Question, error) {
	list, at, countries := make([]Question, len(rows)), map[ident.ID]int{}, false
	var ids []string
	for i, r := range rows {
		r.Categories, r.ShownFor = r.CategoryCodes, r.Values
		list[i], at[r.ID], countries = r.Question, i, countries || r.Kind == Country
		ids = append(ids, r.ID.String())
	}
	var options []struct {
		QuestionID ident.ID `db:"question_id"`
		Option
	}
	if err := q.SelectContext(ctx, &options, `
		SELECT question_id, code, label_zh AS "label.zh", label_en AS "label.en", archived_at FROM question_options
		WHERE question_id = ANY($1::uuid[]) ORDER BY archived_at IS NOT NULL, position, code`, pq.Array(ids)); err != nil {
		return nil, err
	}
	for _, o := range options {
		of := &list[at[o.QuestionID]]
		of.Options = append(of.Options, o.Option)
	}
	var texts []struct {
		QuestionID ident.ID `db:"question_id"`
		Agreement
	}
	if err := q.SelectContext(ctx, &texts, `
		SELECT DISTINCT ON (question_id) question_id, version, text_zh AS "text.zh", text_en AS "text.en", published_at FROM consent_texts
		WHERE question_id = ANY($1::uuid[]) ORDER BY question_id, version DESC`, pq.Array(ids)); err != nil {
		return nil, err
	}
	for _, t := range texts {
		list[at[t.QuestionID]].Agreement = t.Agreement
	}
	if !countries {
		return list, nil
	}
	names, err := countryOptions(ctx, q)
	for i := range list {
		if list[i].Kind == Country {
			list[i].Options = names
		}
	}
	return list, err
}

func countryOptions(ctx context.Context, q store.Querier) (list []Option, err error) {
	err = q.SelectContext(ctx, &list, `SELECT code, name_zh AS "label.zh", name_en AS "label.en" FROM countries ORDER BY name_en`)
	return list, err
}

func optionsOf(ctx context.Context, q store.Querier, question ident.ID) (list []Option, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT code, label_zh AS "label.zh", label_en AS "label.en", archived_at FROM question_options
		WHERE question_id = $1 ORDER BY archived_at IS NOT NULL, position, code`, question)
	return list, err
}

func insertQuestion(ctx context.Context, q store.Querier, x Question, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO questions (event_id, id, code, position, kind, label_zh, label_en, help_zh, help_en, required, categories, shown_if_question,
			shown_if_values, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		x.EventID, x.ID, x.Code, x.Position, x.Kind, x.Label.ZH, x.Label.EN, x.Help.ZH, x.Help.EN, x.Required, pq.Array(orEmpty(x.Categories)),
		store.OrNull(x.ShownIf), pq.Array(orEmpty(x.ShownFor)), at)
	return err
}

func updateQuestion(ctx context.Context, q store.Querier, x Question) error {
	_, err := q.ExecContext(ctx, `
		UPDATE questions SET kind = $2, label_zh = $3, label_en = $4, help_zh = $5, help_en = $6, required = $7, categories = $8,
			shown_if_question = $9, shown_if_values = $10, version = $11
		WHERE id = $1`,
		x.ID, x.Kind, x.Label.ZH, x.Label.EN, x.Help.ZH, x.Help.EN, x.Required, pq.Array(orEmpty(x.Categories)), store.OrNull(x.ShownIf),
		pq.Array(orEmpty(x.ShownFor)), x.Version)
	return err
}

func archiveQuestion(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE questions SET position = NULL, archived_at = $2, version = version + 1 WHERE id = $1`, id, at)
	return err
}

func restoreQuestion(ctx context.Context, q store.Querier, id ident.ID, position int) error {
	_, err := q.ExecContext(ctx, `UPDATE questions SET position = $2, archived_at = NULL, version = version + 1 WHERE id = $1`, id, position)
	return err
}

// placeQuestions numbers the questions from 1 in the order of their IDs.
func placeQuestions(ctx context.Context, q store.Querier, ids []ident.ID) error {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	_, err := q.ExecContext(ctx, `
		UPDATE questions SET position = o.position FROM unnest($1::uuid[]) WITH ORDINALITY AS o(id, position)
		WHERE questions.id = o.id AND questions.position IS DISTINCT FROM o.position`, pq.Array(texts))
	return err
}

// replaceOptions writes the options of a question in their order. Those left out
// go, or are archived when somebody chose them.
func replaceOptions(ctx context.Context, q store.Querier, question ident.ID, options []Option, at time.Time) error {
	codes := []string{}
	for i, o := range options {
		codes = append(codes, o.Code)
		if _, err := q.ExecContext(ctx, `
			INSERT INTO question_options (question_id, code, position, label_zh, label_en) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (question_id, code) DO UPDATE SET position = $3, label_zh = $4, label_en = $5, archived_at = NULL`,
			question, o.Code, i+1, o.Label.ZH, o.Label.EN); err != nil {
			return err
		}
	}
	if _, err := q.ExecContext(ctx, `
		DELETE FROM question_options o WHERE question_id = $1 AND code <> ALL($2)
			AND NOT EXISTS (SELECT 1 FROM answers a WHERE a.question_id = $1 AND a.value ? o.code)`, question, pq.Array(codes)); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `
		UPDATE question_options SET archived_at = $3 WHERE question_id = $1 AND code <> ALL($2) AND archived_at IS NULL`, question, pq.Array(codes), at)
	return err
}

func insertAgreement(ctx context.Context, q store.Querier, question ident.ID, a Agreement) error {
	_, err := q.ExecContext(ctx, `INSERT INTO consent_texts (question_id, version, text_zh, text_en, published_at) VALUES ($1, $2, $3, $4, $5)`,
		question, a.Version, a.Text.ZH, a.Text.EN, a.PublishedAt)
	return err
}

func upsertAnswer(ctx context.Context, q store.Querier, registration, question ident.ID, value []byte, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO answers (registration_id, question_id, value, answered_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (registration_id, question_id) DO UPDATE SET value = $3, answered_at = $4 WHERE answers.value <> $3`,
		registration, question, string(value), at)
	return err
}

func deleteAnswer(ctx context.Context, q store.Querier, registration, question ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM answers WHERE registration_id = $1 AND question_id = $2`, registration, question)
	return err
}

func standing(ctx context.Context, q store.Querier, registrations []ident.ID) (map[ident.ID]Answers, error) {
	ids := make([]string, len(registrations))
	for i, id := range registrations {
		ids[i] = id.String()
	}
	var rows []struct {
		Registration ident.ID `db:"registration_id"`
		Code         string   `db:"code"`
		Value        []byte   `db:"value"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT a.registration_id, q.code, a.value FROM answers a JOIN questions q ON q.id = a.question_id
		WHERE a.registration_id = ANY($1::uuid[]) AND q.archived_at IS NULL`, pq.Array(ids))
	found := map[ident.ID]Answers{}
	for _, r := range rows {
		if found[r.Registration] == nil {
			found[r.Registration] = Answers{}
		}
		var a Answer
		if err := json.Unmarshal(r.Value, &a); err != nil {
			return nil, fmt.Errorf("read answer %s: %w", r.Code, err)
		}
		found[r.Registration][r.Code] = a
	}
	return found, err
}

// answersOf answers what was answered for a registration. The text of a consent is
// the one that was agreed to, which may not be the newest.
func answersOf(ctx context.Context, q store.Querier, registration ident.ID) ([]Given, error) {
	var rows []struct {
		questionRow
		Value      []byte    `db:"value"`
		AnsweredAt time.Time `db:"answered_at"`
	}
	err := q.SelectContext(ctx, &rows, `SELECT `+questionColumns+`, 1 AS answers, a.value, a.answered_at
		FROM answers a JOIN questions q ON q.id = a.question_id WHERE a.registration_id = $1 ORDER BY q.position NULLS LAST, q.code`, registration)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	questions := make([]questionRow, len(rows))
	for i, r := range rows {
		questions[i] = r.questionRow
	}
	whole, err := furnished(ctx, q, questions)
	if err != nil {
		return nil, err
	}
	list := make([]Given, len(rows))
	for i, r := range rows {
		list[i] = Given{Question: whole[i], AnsweredAt: r.AnsweredAt}
		if err := json.Unmarshal(r.Value, &list[i].Answer); err != nil {
			return nil, fmt.Errorf("read answer %s: %w", r.Code, err)
		}
		if r.Kind != Consent {
			continue
		}
		if list[i].Agreement, err = agreementOf(ctx, q, r.ID, list[i].Answer); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func agreementOf(ctx context.Context, q store.Querier, question ident.ID, version Answer) (a Agreement, err error) {
	err = q.GetContext(ctx, &a, `
		SELECT version, text_zh AS "text.zh", text_en AS "text.en", published_at FROM consent_texts WHERE question_id = $1 AND version::text = ANY($2)`,
		question, pq.Array([]string(version)))
	return a, store.Fault(err)
}
