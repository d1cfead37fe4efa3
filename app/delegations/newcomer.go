package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// newcomer tells whether somebody is new and is only asked for: a draft of no
// delegation, who has no place, no link and no letter, and whom nobody decides on but
// whoever confirms or refuses that they come in another's place.
func (r Registration) newcomer() bool { return r.Status == Draft && r.DelegationID == ident.Nil }

// deputy finds who comes instead, or keeps them as a newcomer. Version 0 says that
// they are new.
func (s *Service) deputy(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, gone Registration, in Stand) (Registration, error) {
	if in.To == ident.Nil {
		return s.newcomer(ctx, tx, by, e, gone, in.New)
	}
	r, err := registrationByID(ctx, tx, in.To)
	switch {
	case err != nil:
		return r, err
	case r.DelegationID != gone.DelegationID || r.DelegationID == ident.Nil:
		return r, fault.New(fault.NotFound, "error.not_found")
	case in.ToVersion != 0 && in.ToVersion != r.Version:
		return r, fault.New(fault.Conflict, "error.changed")
	}
	return r, nil
}

// newcomer keeps somebody new who is to come in the place of another. Registration may
// have ended: whoever comes instead asks for no place. Only the event may not be over.
func (s *Service) newcomer(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, gone Registration, who Input) (r Registration, err error) {
	if slices.Contains([]events.Status{events.Closed, events.Archived, events.Reporting}, e.Status) && !by.May(accounts.EditRegistration, e.ID) {
		return r, fault.New(fault.Conflict, "registration.closed")
	}
	if gone.DelegationID == ident.Nil {
		return r, fault.New(fault.Conflict, "substitution.no_delegation")
	}
	categories, err := events.CategoriesIn(ctx, tx, e.ID)
	if err != nil {
		return r, fmt.Errorf("read categories: %w", err)
	}
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == gone.CategoryID })
	if i < 0 {
		return r, fault.New(fault.Conflict, "substitution.no_category")
	}
	// They are checked as of the delegation, which speaks for them, and belong to none yet.
	who.Role, who.DelegationID, who.FirmID, who.Source, who.Category = "member", gone.DelegationID, ident.Nil, "delegation", categories[i].Code
	if by.ForRegistration(e.ID, gone.ID) { // see ofTheOffice
		who.AddressEN, who.AddressZH = "", ""
	}
	c, err := who.check(s.now())
	if c, err = s.checkAnswers(ctx, tx, e.ID, who.Category, c, err); err != nil {
		return r, err
	}
	r = Registration{
		ID: s.newID(), EventID: e.ID, PersonID: s.newID(), CategoryID: categories[i].ID, Role: c.Role, Status: Draft, BadgeType: categories[i].BadgeType,
		Organisation: c.Organisation, TitleEN: c.TitleEN, TitleZH: c.TitleZH, Lang: c.Lang, MealPlan: c.MealPlan, Version: 1,
	}
	if err := s.insertPersonOf(ctx, tx, r.PersonID, c); err != nil {
		return r, err
	}
	if r.QueueNo, err = nextNumber(ctx, tx, e.ID); err != nil {
		return r, fmt.Errorf("number registration: %w", err)
	}
	if err := stillComes(ctx, tx, gone.DelegationID); err != nil {
		return r, err
	}
	r.Reference = fmt.Sprintf("%s-%04d", e.Prefix, r.QueueNo)
	if r.Unprintable, err = c.unprintable(); err != nil {
		return r, err
	}
	if err := insertRegistration(ctx, tx, r, c.Input, s.now()); err != nil {
		return r, err
	}
	if err := updateDraft(ctx, tx, r.ID, ident.Nil); err != nil {
		return r, err
	}
	if err := insertConsent(ctx, tx, r.ID, "registration", ConsentVersion, c.Lang, s.now()); err != nil {
		return r, err
	}
	if err := s.keepAnswers(ctx, tx, by, e.ID, r.ID, c); err != nil {
		return r, err
	}
	if err := s.record(ctx, tx, by, e.ID, "registration.nominate", "registration", r.ID, nil, map[string]any{"reference": r.Reference, "role": r.Role}, ""); err != nil {
		return r, err
	}
	r, err = registrationByID(ctx, tx, r.ID)
	r.Version = 0
	return r, err
}

// dropAsked turns down what was asked for about somebody who does not come any more:
// nobody comes in their place, and they come in nobody's. A newcomer who was to come
// goes with it.
func (s *Service) dropAsked(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration) error {
	asked, err := askedAbout(ctx, tx, r.ID)
	if err != nil {
		return fmt.Errorf("read who is asked for: %w", err)
	}
	for _, sub := range asked {
		sub.settle("refused", by, s.now())
		sub.Reason = "@registration.because.not_coming " + r.Reference
		if err := updateSubstitution(ctx, tx, sub); err != nil {
			return err
		}
		x := Succession{Substitution: sub}
		if x.Gone, err = registrationByID(ctx, tx, sub.FromID); err != nil {
			return err
		}
		if x.Deputy, err = registrationByID(ctx, tx, sub.ToID); err != nil {
			return err
		}
		e, err := events.In(ctx, tx, r.EventID)
		if err != nil {
			return err
		}
		if err := s.recordSubstitution(ctx, tx, by, e, x); err != nil {
			return err
		}
		if sub.ToID == r.ID {
			continue
		}
		if err := s.dropNewcomer(ctx, tx, by, x.Deputy); err != nil {
			return err
		}
	}
	return nil
}

// tellDropped writes to the officers of a delegation that what they asked for fell, since
// one of the two does not come; not if it was whoever asked who called off. A person who
// asked for themselves is told that they do not come.
func (s *Service) tellDropped(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, dropped []Substitution) error {
	for _, sub := range dropped {
		if sub.Own || by.HoldsLink(e.ID, sub.DelegationID) && by.Called() == sub.AskedBy {
			continue
		}
		gone, err := registrationByID(ctx, tx, sub.FromID)
		if err != nil {
			return err
		}
		deputy, err := registrationByID(ctx, tx, sub.ToID)
		if err != nil {
			return err
		}
		if _, err := s.tellOfficers(ctx, tx, Notice{Kind: "delegation.replacement_fell", Event: e, Gone: gone, Deputy: deputy}, accounts.Substitute); err != nil {
			return err
		}
	}
	return nil
}

// dropNewcomer ends who was only asked for. Nobody wrote to them, and nobody does now.
func (s *Service) dropNewcomer(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration) error {
	if !r.newcomer() {
		return nil
	}
	_, err := s.leave(ctx, tx, by, r, Withdrawn, "@registration.because.not_asked")
	return err
}
