package delegations

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// checkAnswers holds what was answered against the event's form. before is what
// the rest of the input was refused for: everything is told in one go.
func (s *Service) checkAnswers(ctx context.Context, q store.Querier, event ident.ID, category string, c checked, before error) (checked, error) {
	var bad fault.List
	if f, ok := fault.Of(before); ok && f.Code == fault.Invalid {
		bad = f.Fields
	} else if before != nil {
		return c, before
	}
	form, err := forms.AskedIn(ctx, q, event)
	if err != nil {
		return c, fmt.Errorf("read form: %w", err)
	}
	clean, wrong := forms.Check(form.Questions, category, c.Answers)
	if err := s.checkFiles(&wrong, event, form.Questions, clean); err != nil {
		return c, err
	}
	c.Answers, c.form = clean, form
	return c, append(bad, wrong...).Err()
}

// withField adds one broken rule to those of an Invalid fault, if there are any.
func withField(err error, path, key string) error {
	fields := []fault.Field{{Path: path, Key: key}}
	if f, ok := fault.Of(err); ok && f.Code == fault.Invalid {
		fields = append(fields, f.Fields...)
	}
	return fault.Fields(fields...)
}

// keepAnswers writes the answers of a registration, and to which texts the person
// agreed, in which language.
func (s *Service) keepAnswers(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, c checked) error {
	if err := s.keepGiven(ctx, tx, by, event, registration, c); err != nil {
		return err
	}
	for purpose, version := range forms.Consents(c.form.Questions, c.Answers) {
		if err := insertConsent(ctx, tx, registration, purpose, version, c.Lang, s.now()); err != nil {
			return fmt.Errorf("keep consent %s: %w", purpose, err)
		}
	}
	return nil
}

// keepGiven writes the answers of a registration, to which nobody agreed yet.
func (s *Service) keepGiven(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, c checked) error {
	kept, err := s.attach(ctx, tx, by, event, registration, c)
	if err != nil {
		return err
	}
	if err := forms.Keep(ctx, tx, c.form, event, registration, kept, s.now()); err != nil {
		return fmt.Errorf("keep answers: %w", err)
	}
	return nil
}

// Answers are what was answered for a registration, what is no longer asked last.
//
// Fault: Forbidden.
func (s *Service) Answers(ctx context.Context, by accounts.Actor, r Registration) ([]forms.Given, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return forms.Of(ctx, s.db, r.ID)
}

// OwnAnswers are Answers for whoever holds the link to the registration's page.
//
// Fault: NotFound.
func (s *Service) OwnAnswers(ctx context.Context, secret string) ([]forms.Given, error) {
	r, err := s.ByLink(ctx, secret)
	if err != nil {
		return nil, err
	}
	return forms.Of(ctx, s.db, r.ID)
}

// approvesAtOnce tells whether a registration in a category needs no decision: in
// an automatic one, and in one by the white list when the firm that the person
// comes for holds a grant of automatic approval today, as the event counts days.
func (s *Service) approvesAtOnce(ctx context.Context, tx *sqlx.Tx, e events.Event, category events.Category, firm ident.ID) (bool, error) {
	switch category.Approval {
	case "automatic":
		return true, nil
	case "whitelist":
		return autoApproved(ctx, tx, firm, s.now().In(e.Location()))
	}
	return false, nil
}
