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
	"qianshou/app/kit/store"
)

// Incomplete is a draft that lacks something: names of Fields, and "title",
// "companion_of", "guardian" and "answers".
type Incomplete struct {
	Registration
	Lacks []string
}

// Confirmed is what confirming the drafts of a delegation came to.
type Confirmed struct {
	Placed     []Registration // submitted to the desk, or approved at once
	Waiting    []Registration // no place was left
	Incomplete []Incomplete   // stay drafts
}

// Confirm hands in at once every complete draft of a delegation that the actor
// answers for, in order of their numbers: each takes a place, or waits for one.
// Those that lack something stay and are listed. agreed says that the persons
// agreed to how their data are used.
//
// Faults: NotFound; Forbidden; Invalid, not agreed; Conflict, the delegation does
// not come, or registration is closed.
func (s *Service) Confirm(ctx context.Context, by accounts.Actor, delegation ident.ID, agreed bool) (done Confirmed, err error) {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return done, err
	}
	switch {
	case !by.May(accounts.EditRegistration, d.EventID) && !(by.HoldsLink(d.EventID, d.ID) && by.Officer.Has(accounts.Confirm)):
		return done, fault.New(fault.Forbidden, "error.forbidden")
	case !d.Coming():
		return done, fault.New(fault.Conflict, "delegations.not_coming")
	case !agreed:
		return done, fault.Fields(fault.Field{Path: "consent", Key: "field.consent"})
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		done = Confirmed{}
		drafts, err := lockDrafts(ctx, tx, d.ID)
		if err != nil {
			return fmt.Errorf("read drafts: %w", err)
		}
		b, err := openBook(ctx, tx, d.EventID)
		if err != nil {
			return err
		}
		if err := stillComes(ctx, tx, d.ID); err != nil {
			return err
		}
		e, err := events.In(ctx, tx, d.EventID)
		if err != nil {
			return err
		}
		lacks, _, err := s.lackingOf(ctx, tx, e, d.ID, ident.Nil)
		if err != nil {
			return err
		}
		for _, r := range drafts {
			switch {
			case !mayWrite(by, accounts.Confirm, e.ID, d.ID, r.Role):
			case len(lacks[r.ID]) > 0:
				done.Incomplete = append(done.Incomplete, Incomplete{r, lacks[r.ID]})
			default:
				if err := s.confirm(ctx, b, by, r, &done); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return done, err
}

// confirm hands in one complete draft.
func (s *Service) confirm(ctx context.Context, b *book, by accounts.Actor, r Registration, done *Confirmed) error {
	tx := b.tx
	e, category, err := s.openFor(ctx, tx, by, r.EventID, CategoryOf(r.Role))
	if err != nil {
		return err
	}
	n := need{}
	n.add(category.ID, r.DelegationID, r.Role)
	placed, err := s.enter(ctx, b, n)
	if err != nil {
		return err
	}
	if r.QueueNo, err = nextNumber(ctx, tx, e.ID); err != nil { // the order is of those who are handed in
		return fmt.Errorf("number registration: %w", err)
	}
	now := s.now()
	r.Status, r.SubmittedAt, r.Version = Submitted, &now, r.Version+1
	if !placed {
		r.Status = Waitlisted
	}
	if err := updateConfirmed(ctx, tx, r); err != nil {
		return err
	}
	if err := s.findDuplicates(ctx, tx, r.ID); err != nil {
		return err
	}
	if err := insertConsent(ctx, tx, r.ID, "registration", ConsentVersion, r.Lang, now); err != nil {
		return err
	}
	if err := s.step(ctx, tx, by, r, Draft, sourceOf(by), ""); err != nil {
		return err
	}
	if err := s.consentsOf(ctx, tx, r); err != nil {
		return err
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return err
	}
	atOnce, err := s.approvesAtOnce(ctx, tx, e, category, r.FirmID)
	if err != nil {
		return err
	}
	switch {
	case !placed:
		done.Waiting = append(done.Waiting, r)
		return s.mail.Write(ctx, tx, Letter{Kind: "waitlisted", Event: e, Registration: r, ManageSecret: secret})
	case atOnce:
		if r, _, err = s.approve(ctx, tx, by, e, r, secret, ""); err != nil {
			return err
		}
		done.Placed = append(done.Placed, r)
		return nil
	}
	done.Placed = append(done.Placed, r)
	return s.mail.Write(ctx, tx, Letter{Kind: "received", Event: e, Registration: r, ManageSecret: secret})
}

// Drafts answers the drafts of a delegation that an actor sees, and what each
// lacks.
//
// Fault: Forbidden.
func (s *Service) Drafts(ctx context.Context, by accounts.Actor, d Delegation) ([]Incomplete, error) {
	members, err := s.Members(ctx, by, d)
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(r Registration) bool { return r.Status != Draft })
	if len(members) == 0 {
		return nil, nil
	}
	e, err := s.events.ByID(ctx, d.EventID)
	if err != nil {
		return nil, err
	}
	lacks, _, err := s.lackingOf(ctx, s.db, e, d.ID, ident.Nil)
	var list []Incomplete
	for _, r := range members {
		list = append(list, Incomplete{r, lacks[r.ID]})
	}
	return list, err
}
