package delegations

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// ApplyRows registers and changes whom the lines of a list name, within the
// caller's transaction. Each line is judged anew, against what stands now and nobody
// else changes meanwhile; those that are bad or the same are left out.
//
// Everybody else who takes a place at the event waits until the transaction ends: the
// lines of one should be few.
//
// Faults: as of CheckRows; Unavailable, somebody became one of those whom the lines
// name at this moment, and another try finds them.
func (s *Service) ApplyRows(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, rows []Row) ([]Found, error) {
	named, err := s.lockNamed(ctx, tx, by, event, rows)
	if err != nil {
		return nil, err
	}
	b, err := openBook(ctx, tx, event)
	if err != nil {
		return nil, err
	}
	r, err := s.newRoll(ctx, tx, by, event, rows)
	if err != nil {
		return nil, err
	}
	r.book = b
	found := make([]Found, len(rows))
	var touched []ident.ID
	for i, row := range rows {
		var c checked
		var known *rollEntry
		found[i], c, known = r.judge(row)
		if found[i].Verdict == RowChanged {
			if !slices.Contains(named, known.ID) {
				return nil, fault.New(fault.Unavailable, "error.unavailable")
			}
			if err := r.giveClass(ctx, &found[i], known, c); err != nil {
				return nil, err
			}
		}
		if found[i].Verdict != RowNew && found[i].Verdict != RowChanged {
			continue
		}
		applied, err := s.applyRow(ctx, tx, by, r, found[i], c, known)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", row.Line, err)
		}
		found[i].RegistrationID, found[i].Reference, found[i].Status = applied.ID, applied.Reference, applied.Status
		if applied.Status != Draft { // as a nomination, nobody at the desk sees them
			touched = append(touched, applied.ID)
		}
	}
	return found, s.findDuplicatesAnew(ctx, tx, touched...)
}

// lockNamed keeps others from changing whom the lines of a list name, and answers
// them.
func (s *Service) lockNamed(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, rows []Row) (named []ident.ID, err error) {
	r, err := s.newRoll(ctx, tx, by, event, rows)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if e := r.find(row); e != nil {
			named = append(named, e.ID)
		}
	}
	return named, lockRegistrations(ctx, tx, named)
}

// giveClass gives a member whose role a line changes a place of the new class; the line
// is bad when none is left.
func (r *roll) giveClass(ctx context.Context, f *Found, known *rollEntry, c checked) error {
	if c.Role == known.Role || !(Registration{Status: known.Status}).holdsPlace() {
		return nil
	}
	from, to := seat{known.DelegationID, known.Role}, need{seat{known.DelegationID, c.Role}: 1}
	if err := r.book.load(ctx, to); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	if len(r.book.lacking(to)) > 0 {
		f.bad("role", "lists.class_full")
		return nil
	}
	if err := r.book.load(ctx, need{from: 1}); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	r.book.take(to)
	r.book.take(need{from: -1})
	return nil
}

// promoteInto gives the places that a change of role leaves, or lets somebody have, to
// those who wait for them.
func (s *Service) promoteInto(ctx context.Context, r *roll, before Registration, role string) error {
	if before.Role == role || !before.holdsPlace() && before.Status != Waitlisted {
		return nil
	}
	of := need{}
	of.add(before.CategoryID, before.DelegationID, before.Role)
	if err := r.book.load(ctx, of); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	_, err := s.fill(ctx, r.book, of, "@registration.because.places_added")
	return err
}

// applyRow is the one place where a line of a list becomes a registration, or a
// change of one.
func (s *Service) applyRow(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r *roll, f Found, c checked, known *rollEntry) (Registration, error) {
	if f.Verdict == RowChanged {
		return s.change(ctx, tx, by, r, f, c, known)
	}
	if len(f.Lacks) > 0 {
		reg, err := s.nominateRow(ctx, tx, by, r, c)
		c.self.ID = reg.ID
		return reg, err
	}
	category, _ := r.category(c.Category)
	person := s.newID()
	if err := s.insertPersonOf(ctx, tx, person, c); err != nil {
		return Registration{}, err
	}
	done, err := s.enroll(ctx, r.book, by, admitted{r.event, []applicant{{c, category}}}, []ident.ID{person}, ident.Nil)
	if err != nil {
		return Registration{}, err
	}
	c.self.ID = done[0].ID
	if c.host == nil {
		return done[0].Registration, nil
	}
	return done[0].Registration, updateCompanion(ctx, tx, c.self.ID, c.host.ID)
}

// change writes what a line says otherwise of somebody who is locked. Whoever was asked for changes is before
// the desk again.
func (s *Service) change(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r *roll, f Found, c checked, known *rollEntry) (Registration, error) {
	before, was, err := s.heldByID(ctx, tx, known.ID)
	if err != nil {
		return Registration{}, err
	}
	person := personRow{ID: known.PersonID, Input: c.Input, Search: searchOf(c), NameKey: nameKey(c.GivenName, c.FamilyName), SoundKey: soundKey(c.GivenName, c.FamilyName), BirthIndex: known.BirthIndex}
	if _, changes := f.Before["birth_date"]; changes {
		day := c.birth.Format(time.DateOnly)
		sealed, err := s.box.Seal([]byte(day), "persons.birth_date:"+known.PersonID.String())
		if err != nil {
			return Registration{}, err
		}
		person.BirthSealed, person.BirthIndex = sealed, s.box.Index("birth", day)
	}
	if err := updatePerson(ctx, tx, person); err != nil {
		return Registration{}, err
	}
	if err := s.changePassport(ctx, tx, f, c, known); err != nil {
		return Registration{}, err
	}
	if err := updateDetails(ctx, tx, known.ID, known.Version, c.Input); err != nil {
		return Registration{}, err
	}
	if _, moves := f.Before["companion_of"]; moves {
		if err := updateCompanion(ctx, tx, known.ID, c.host.ID); err != nil {
			return Registration{}, err
		}
	}
	if len(c.amended) > 0 {
		if err := forms.Amend(ctx, tx, r.form, r.event.ID, known.ID, c.amended, s.now()); err != nil {
			return Registration{}, fmt.Errorf("keep answers: %w", err)
		}
	}
	err = s.record(ctx, tx, by, r.event.ID, "registration.change", "registration", known.ID,
		nil, map[string]any{"fields": fieldsOf(f.Before), "source": "import"}, "")
	if err != nil {
		return Registration{}, err
	}
	reg, now, err := s.heldByID(ctx, tx, known.ID)
	if err != nil {
		return reg, err
	}
	if err := s.keepHistory(ctx, tx, by, r.event, before, was, now); err != nil {
		return reg, err
	}
	if reg.Status == Draft {
		return s.confirmRow(ctx, tx, by, r, reg)
	}
	if err := s.promoteInto(ctx, r, before, c.Role); err != nil {
		return reg, err
	}
	if reg.Status == Waitlisted {
		return registrationByID(ctx, tx, reg.ID) // there may be a place for what they are now
	}
	if reg.Status != Returned {
		return reg, nil
	}
	reg.Status, reg.StatusReason, reg.Requested, reg.Version = Submitted, "", "", reg.Version+1
	if err := updateStatus(ctx, tx, reg); err != nil {
		return reg, err
	}
	if err := updateRequested(ctx, tx, reg.ID, ""); err != nil {
		return reg, err
	}
	return reg, s.step(ctx, tx, by, reg, Returned, "import", "")
}

func (s *Service) heldByID(ctx context.Context, tx *sqlx.Tx, id ident.ID) (Registration, held, error) {
	r, err := registrationByID(ctx, tx, id)
	if err != nil {
		return r, held{}, err
	}
	h, err := s.held(ctx, tx, r)
	return r, h, err
}

// keepHistory notes what a list moved among the changes of the registration, and
// tells the old address when letters go to another one.
func (s *Service) keepHistory(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, was, now held) error {
	change := Change{ID: s.newID(), At: s.now(), State: Applied, Source: "import"}
	fields, err := s.diff(change.ID, was.Input, now.Input)
	if err != nil || len(fields.list) == 0 {
		return err
	}
	if err := insertChange(ctx, tx, r.ID, change, by, fields); err != nil {
		return err
	}
	return s.tellAddress(ctx, tx, by, e, r, was.Email, now.Email)
}

// changePassport keeps another passport, or another end of the one.
func (s *Service) changePassport(ctx context.Context, tx *sqlx.Tx, f Found, c checked, known *rollEntry) error {
	_, number := f.Before["passport.number"]
	_, expiry := f.Before["passport.expires_on"]
	if !number && !expiry {
		return nil
	}
	document, fresh := known.DocumentID, known.DocumentID == ident.Nil
	if fresh {
		document = s.newID()
	}
	sealed, err := s.box.Seal([]byte(c.Passport.Number), "travel_documents.number:"+document.String())
	if err != nil {
		return err
	}
	index, last4 := s.passportIndex(c.Passport), c.Passport.Number[len(c.Passport.Number)-4:]
	if fresh {
		return insertPassport(ctx, tx, document, known.PersonID, sealed, index, last4, c.Passport.Issuer, *c.expires)
	}
	return updatePassport(ctx, tx, document, sealed, index, last4, c.Passport.Issuer, *c.expires)
}
