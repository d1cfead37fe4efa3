package delegations

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// stillAsked are those of somebody's answers that the form asks for; a control left
// empty answers nothing.
func stillAsked(form forms.Form, answers forms.Answers) forms.Answers {
	kept := forms.Answers{}
	for _, q := range form.Questions {
		if answer, given := answers[q.Code]; given && q.ArchivedAt == nil && strings.TrimSpace(strings.Join(answer, "")) != "" {
			kept[q.Code] = answer
		}
	}
	return kept
}

// draftAnswers writes what a draft answers. What it does not answer yet is no fault,
// what it answers wrongly is.
//
// Faults: Invalid with fields; Conflict, the form was changed meanwhile.
func (s *Service) draftAnswers(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, given forms.Answers) error {
	if given == nil {
		return nil
	}
	form, err := forms.AskedIn(ctx, tx, e.ID)
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	before, err := forms.Standing(ctx, tx, []ident.ID{r.ID})
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	all, sent := stillAsked(form, given), forms.Answers{}
	said := maps.Clone(all)
	for _, q := range form.Questions {
		switch {
		case q.Kind != forms.File:
		case len(all[q.Code]) > 0:
			sent[q.Code] = all[q.Code]
		case len(before[r.ID][q.Code]) > 0:
			all[q.Code] = before[r.ID][q.Code]
		}
	}
	clean, wrong := forms.Check(form.Questions, CategoryOf(r.Role), all)
	var bad fault.List
	for _, field := range wrong {
		if len(said[strings.TrimPrefix(field.Path, "answers.")]) > 0 {
			bad = append(bad, field)
		}
	}
	if err := s.checkFiles(&bad, e.ID, form.Questions, sent); err != nil {
		return err
	}
	if err := bad.Err(); err != nil {
		return err
	}
	attached, err := s.attach(ctx, tx, by, e.ID, r.ID, checked{Input: Input{Answers: sent}, form: form})
	if err != nil {
		return err
	}
	amended := forms.Answers{}
	for _, q := range form.Questions {
		amended[q.Code] = clean[q.Code]
		if id, new := attached[q.Code]; new {
			amended[q.Code] = id
		}
	}
	if err := forms.Amend(ctx, tx, form, e.ID, r.ID, amended, s.now()); err != nil {
		return fmt.Errorf("keep answers: %w", err)
	}
	return nil
}

// consentsOf keeps to which texts of the form somebody agreed who is confirmed.
func (s *Service) consentsOf(ctx context.Context, tx *sqlx.Tx, r Registration) error {
	form, err := forms.AskedIn(ctx, tx, r.EventID)
	if err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	answered, err := forms.Standing(ctx, tx, []ident.ID{r.ID})
	if err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	for purpose, version := range forms.Consents(form.Questions, answered[r.ID]) {
		if err := insertConsent(ctx, tx, r.ID, purpose, version, r.Lang, s.now()); err != nil {
			return fmt.Errorf("keep consent %s: %w", purpose, err)
		}
	}
	return nil
}

// DraftAnswers are what a draft answered so far, to whoever completes it.
//
// Fault: Forbidden.
func (s *Service) DraftAnswers(ctx context.Context, by accounts.Actor, r Registration) (forms.Answers, error) {
	if !mayWrite(by, accounts.Complete, r.EventID, r.DelegationID, r.Role) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	answered, err := forms.Standing(ctx, s.db, []ident.ID{r.ID})
	return answered[r.ID], err
}
