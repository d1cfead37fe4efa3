package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Nomination names somebody for a delegation before all of them is known.
type Nomination struct {
	Role        string // of MemberRoles
	GivenName   string
	FamilyName  string
	Email       string   // empty: the officer completes them
	Lang        string   // of letters; empty: en
	CompanionOf ident.ID // whom a companion comes with; Nil: said later
}

// Particulars are what of a draft only its officer says.
type Particulars struct {
	Role        string // of MemberRoles; empty: stays
	CompanionOf ident.ID
	Guardian    string        // who agrees for a child; empty: nobody
	Answers     forms.Answers // to the event's own questions; nil: stay. Files that are not sent stay too
}

// mayWrite tells whether an actor does a duty for members of a role: the office, or
// an officer of the delegation.
func mayWrite(by accounts.Actor, d accounts.Duty, event, delegation ident.ID, role string) bool {
	return by.May(accounts.EditRegistration, event) || by.MayFor(d, event, delegation, role)
}

// Nominate names a member of a delegation, by the office or by an officer. They are
// a draft, which holds no place, until they are completed and confirmed.
//
// Faults: NotFound; Forbidden; Conflict, the delegation does not come, or
// registration is closed; Invalid with fields.
func (s *Service) Nominate(ctx context.Context, by accounts.Actor, delegation ident.ID, n Nomination) (r Registration, err error) {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return r, err
	}
	if !mayWrite(by, accounts.Nominate, d.EventID, d.ID, n.Role) {
		return r, fault.New(fault.Forbidden, "error.forbidden")
	}
	if !d.Coming() {
		return r, fault.New(fault.Conflict, "delegations.not_coming")
	}
	if n.Lang == "" {
		n.Lang = "en"
	}
	in := Input{
		Category: CategoryOf(n.Role), Role: n.Role, GivenName: n.GivenName, FamilyName: n.FamilyName, Email: n.Email, Lang: n.Lang, DelegationID: d.ID,
		Source: "delegation",
	}
	c, err := s.check(Registration{Status: Draft}, in)
	if !slices.Contains(MemberRoles, n.Role) {
		err = withField(err, "role", "field.choice")
	}
	if err != nil {
		return r, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockNumbers(ctx, tx, d.EventID); err != nil {
			return fmt.Errorf("lock the event's order: %w", err)
		}
		if err := stillComes(ctx, tx, d.ID); err != nil {
			return err
		}
		e, category, err := s.openFor(ctx, tx, by, d.EventID, in.Category)
		if err != nil {
			return err
		}
		r, err = s.insertDraft(ctx, tx, by, e, category, c, n.CompanionOf)
		return err
	})
	return r, err
}

// openFor answers the event and the category in which an actor may register
// somebody now.
func (s *Service) openFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, code string) (e events.Event, c events.Category, err error) {
	if e, err = events.In(ctx, tx, event); err != nil {
		return e, c, err
	}
	categories, err := events.CategoriesIn(ctx, tx, event)
	if err != nil {
		return e, c, fmt.Errorf("read categories: %w", err)
	}
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.Code == code })
	if i < 0 {
		return e, c, fault.Fields(fault.Field{Path: "role", Key: "field.choice"})
	}
	if !by.May(accounts.EditRegistration, event) && (registrationOver(e) || !categories[i].OpenAt(s.now())) {
		return e, c, fault.New(fault.Conflict, "registration.closed")
	}
	return e, categories[i], nil
}

func (s *Service) insertDraft(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, category events.Category, c checked, companionOf ident.ID) (Registration, error) {
	r := Registration{
		ID: s.newID(), EventID: e.ID, PersonID: s.newID(), CategoryID: category.ID, DelegationID: c.DelegationID, Role: c.Role, Status: Draft,
		BadgeType: category.BadgeType, Lang: c.Lang, MealPlan: c.MealPlan, Organisation: c.Organisation, TitleEN: c.TitleEN, TitleZH: c.TitleZH, Version: 1,
	}
	if err := s.checkCompanion(ctx, tx, r, companionOf); err != nil {
		return r, err
	}
	if err := s.insertPersonOf(ctx, tx, r.PersonID, c); err != nil {
		return r, err
	}
	var err error
	if r.QueueNo, err = nextNumber(ctx, tx, e.ID); err != nil {
		return r, fmt.Errorf("number registration: %w", err)
	}
	r.Reference = fmt.Sprintf("%s-%04d", e.Prefix, r.QueueNo)
	if err := insertRegistration(ctx, tx, r, c.Input, s.now()); err != nil {
		return r, oneHead(err)
	}
	if err := updateDraft(ctx, tx, r.ID, companionOf); err != nil {
		return r, err
	}
	if err := s.record(ctx, tx, by, e.ID, "registration.nominate", "registration", r.ID, nil, map[string]any{"reference": r.Reference, "role": r.Role}, ""); err != nil {
		return r, err
	}
	return registrationByID(ctx, tx, r.ID)
}

// oneHead says that a delegation has its head already.
func oneHead(err error) error {
	if store.Constraint(err) == "registrations_one_head" {
		return fault.Fields(fault.Field{Path: "role", Key: "constraint.registrations_one_head"})
	}
	return err
}

// checkCompanion holds whom somebody comes with against the rules: a member of the
// same delegation who comes, and who comes with nobody.
func (s *Service) checkCompanion(ctx context.Context, tx *sqlx.Tx, r Registration, of ident.ID) error {
	if of == ident.Nil {
		return nil
	}
	wrong := fault.Fields(fault.Field{Path: "companion_of", Key: "field.choice"})
	if r.Role != "companion" {
		return wrong
	}
	host, err := registrationByID(ctx, tx, of)
	if fault.CodeOf(err) == fault.NotFound {
		return wrong
	}
	if err != nil {
		return err
	}
	if host.ID == r.ID || host.DelegationID != r.DelegationID || host.Role == "companion" || host.Gone() {
		return wrong
	}
	return nil
}

// Complete writes what became known of a draft over what was known, by the office
// or by an officer, and answers what it still lacks. version is the one that was
// shown.
//
// Faults: NotFound; Forbidden; Conflict, somebody changed it meanwhile, or it is no
// draft any more; Invalid with fields.
func (s *Service) Complete(ctx context.Context, by accounts.Actor, registration ident.ID, version int, edit Edit, more Particulars) (done Registration, missing []string, err error) {
	more.Guardian = text.Clean(more.Guardian)
	_, err = s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if more.Role == "" {
			more.Role = r.Role
		}
		switch {
		case !mayWrite(by, accounts.Complete, e.ID, r.DelegationID, r.Role) || !mayWrite(by, accounts.Complete, e.ID, r.DelegationID, more.Role):
			return r, fault.New(fault.Forbidden, "error.forbidden")
		case r.Status != Draft:
			return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.forGuests().Status))
		}
		var bad fault.List
		bad.Check(slices.Contains(MemberRoles, more.Role), "role", "field.choice")
		text.Line(&bad, "guardian", more.Guardian, false, 120)
		if err := bad.Err(); err != nil {
			return r, err
		}
		edited, err := s.edit(ctx, tx, by, e, r, version, edit)
		if err != nil {
			return r, err
		}
		if done, err = s.particulars(ctx, tx, by, e, edited.Registration, more); err != nil {
			return r, err
		}
		if err := s.draftAnswers(ctx, tx, by, e, done, more.Answers); err != nil {
			return r, err
		}
		lacks, _, err := s.lackingOf(ctx, tx, e, ident.Nil, r.ID)
		missing = lacks[r.ID]
		return done, err
	})
	return done, missing, err
}

// particulars writes what of a draft only its officer says.
func (s *Service) particulars(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, more Particulars) (Registration, error) {
	before, err := particularsOf(ctx, tx, Particulars{Role: r.Role, CompanionOf: r.CompanionOf, Guardian: r.Guardian})
	if err != nil {
		return r, err
	}
	if r.Role == more.Role && r.CompanionOf == more.CompanionOf && r.Guardian == more.Guardian {
		return r, nil
	}
	_, category, err := s.openFor(ctx, tx, by, e.ID, CategoryOf(more.Role))
	if err != nil {
		return r, err
	}
	if r.Role != more.Role {
		r.BadgeType = category.BadgeType
	}
	r.Role, r.CategoryID, r.Version = more.Role, category.ID, r.Version+1
	if err := s.checkCompanion(ctx, tx, r, more.CompanionOf); err != nil {
		return r, err
	}
	if err := updateRole(ctx, tx, r); err != nil {
		return r, oneHead(err)
	}
	if err := updateParticulars(ctx, tx, r.ID, more, s.now()); err != nil {
		return r, err
	}
	after, err := particularsOf(ctx, tx, more)
	if err != nil {
		return r, err
	}
	if err := s.record(ctx, tx, by, e.ID, "registration.complete", "registration", r.ID, before, after, ""); err != nil {
		return r, err
	}
	return registrationByID(ctx, tx, r.ID)
}

// Invite mails somebody who is nominated the link to their own page, on which they
// complete what is known of them.
//
// Faults: NotFound; Forbidden; Conflict, there is no address, or they are no draft
// any more.
func (s *Service) Invite(ctx context.Context, by accounts.Actor, registration ident.ID) (Registration, error) {
	return s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		switch {
		case !mayWrite(by, accounts.Complete, e.ID, r.DelegationID, r.Role):
			return r, fault.New(fault.Forbidden, "error.forbidden")
		case r.Status != Draft:
			return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.forGuests().Status))
		case r.Email == "":
			return r, fault.New(fault.Conflict, "nominate.no_email")
		}
		secret, err := s.newLink(ctx, tx, e, r.ID)
		if err != nil {
			return r, err
		}
		if err := s.record(ctx, tx, by, e.ID, "registration.invite", "registration", r.ID, nil, map[string]any{"reference": r.Reference}, ""); err != nil {
			return r, err
		}
		return r, s.mail.Write(ctx, tx, Letter{Kind: "nominated", Event: e, Registration: r, ManageSecret: secret})
	})
}

// particularsOf are particulars as the audit log keeps them: whose consent there is
// is nobody's business there.
func particularsOf(ctx context.Context, tx *sqlx.Tx, p Particulars) (map[string]any, error) {
	kept := map[string]any{"role": p.Role, "companion_of": "", "guardian": p.Guardian != ""}
	if p.CompanionOf == ident.Nil {
		return kept, nil
	}
	host, err := registrationByID(ctx, tx, p.CompanionOf)
	kept["companion_of"] = host.Reference
	return kept, err
}
