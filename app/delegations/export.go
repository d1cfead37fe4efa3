package delegations

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Whole is a registration with everything that is held of it. BirthDate and Passport
// are empty for who may not see them.
type Whole struct {
	Registration
	DelegationCode string
	FirmCredit     string // credit code of the firm that they come for
	With           string // reference of whom a companion comes with
	Sex            string
	NativeOrder    string
	MRZSurname     string
	MRZGiven       string
	Languages      []string
	AccessNeeds    []string
	BirthDate      string // 1964-11-07
	Passport       Passport
	Answers        forms.Answers // to what the event's form asks now
}

// Export answers the registrations of an event that a filter leaves, in the order
// in which they came, for the office; those of one delegation also for whoever holds
// its link. sensitive asks for birth dates and passports, and for what each person
// eats and needs, which the delegation's own may see anyway. That it was asked for is
// noted in the audit log before the first is answered.
//
// Fault: Forbidden.
func (s *Service) Export(ctx context.Context, by accounts.Actor, event ident.ID, f Filter, sensitive bool) (iter.Seq2[Whole, error], error) {
	own := by.MayFor(accounts.BringList, event, f.DelegationID, "")
	if !own && !by.May(accounts.SeeRegistrations, event) || sensitive && !by.May(accounts.SeeSensitive, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		object, id := "event", event
		if f.DelegationID != ident.Nil {
			object, id = "delegation", f.DelegationID
		}
		after := map[string]any{"sensitive": sensitive, "part": f.Status, "queue": f.Status == "queue", "category": f.Category, "searched": f.Search != ""}
		if f.Status == "queue" {
			delete(after, "part")
		}
		maps.DeleteFunc(after, func(field string, v any) bool { return field != "sensitive" && (v == "" || v == false) })
		return s.record(ctx, tx, by, event, "registration.export", object, id, nil, after, "")
	})
	if err != nil {
		return nil, err
	}
	if own {
		return s.exportMembers(ctx, by, event, f.DelegationID), nil
	}
	f.Oldest, f.After, f.Limit = true, 0, pageMost
	return func(yield func(Whole, error) bool) {
		for {
			page, err := s.Registrations(ctx, by, event, f)
			if err != nil {
				yield(Whole{}, err)
				return
			}
			if !s.exportPage(ctx, page.Rows, sensitive, sensitive, yield) || page.Next == 0 {
				return
			}
			f.After = page.Next
		}
	}, nil
}

// exportMembers answers the members of a delegation as its own link may see them.
func (s *Service) exportMembers(ctx context.Context, by accounts.Actor, event, delegation ident.ID) iter.Seq2[Whole, error] {
	return func(yield func(Whole, error) bool) {
		list, err := s.Members(ctx, by, Delegation{EventID: event, ID: delegation})
		if err != nil {
			yield(Whole{}, err)
			return
		}
		s.exportPage(ctx, list, false, true, yield)
	}
}

func (s *Service) exportPage(ctx context.Context, list []Registration, sensitive, needs bool, yield func(Whole, error) bool) bool {
	ids := make([]ident.ID, len(list))
	for n, r := range list {
		ids[n] = r.ID
	}
	more, err := exportDetails(ctx, s.db, ids)
	if err != nil {
		yield(Whole{}, fmt.Errorf("read registrations: %w", err))
		return false
	}
	answers, err := forms.Standing(ctx, s.db, ids)
	if err != nil {
		yield(Whole{}, fmt.Errorf("read answers: %w", err))
		return false
	}
	for _, r := range list {
		w, err := s.whole(r, more[r.ID], sensitive)
		w.Answers = answers[r.ID]
		if !needs {
			w.MealPlan, w.AccessNeeds = "", nil
		}
		if !yield(w, err) || err != nil {
			return false
		}
	}
	return true
}

func (s *Service) whole(r Registration, d exportRow, sensitive bool) (Whole, error) {
	w := Whole{
		Registration: r, DelegationCode: d.Code, FirmCredit: d.CreditCode, With: d.With, Sex: d.Sex, NativeOrder: d.NativeOrder,
		MRZSurname: d.MRZSurname, MRZGiven: d.MRZGiven, Languages: d.Languages, AccessNeeds: d.AccessNeeds,
	}
	if !sensitive {
		return w, nil
	}
	if d.BirthSealed != nil {
		day, err := s.box.Open(d.BirthSealed, "persons.birth_date:"+r.PersonID.String())
		if err != nil {
			return w, err
		}
		w.BirthDate = string(day)
	}
	if d.NumberSealed != nil {
		number, err := s.box.Open(d.NumberSealed, "travel_documents.number:"+d.DocumentID.String())
		if err != nil {
			return w, err
		}
		w.Passport = Passport{Number: string(number), Issuer: d.Issuer}
		if d.ExpiresOn != nil {
			w.Passport.ExpiresOn = d.ExpiresOn.Format(time.DateOnly)
		}
	}
	return w, nil
}
