package delegations

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// mayLack tells whether a line may leave open what is asked of members before they
// are confirmed: of somebody new whom an officer brings, as when the officer nominates
// them, and of whoever is a draft. The office registers whom it brings.
func (r *roll) mayLack(e *rollEntry) bool {
	return e == nil && !r.office || e != nil && e.Status == Draft
}

// readDrafts reads what is known of the drafts among the people.
func (r *roll) readDrafts(ctx context.Context, q store.Querier) error {
	if !slices.ContainsFunc(r.entries, func(e *rollEntry) bool { return e.Status == Draft }) {
		return nil
	}
	_, drafts, err := r.lackingOf(ctx, q, r.event, ident.Nil, ident.Nil)
	for _, k := range drafts {
		r.drafts[k.ID] = k
	}
	return err
}

// lacks answers what a draft still lacks once a line is taken over; see lacking.
func (r *roll) lacks(c checked, e *rollEntry) []string {
	if !r.mayLack(e) {
		return nil
	}
	k := known{answers: maps.Clone(c.Answers)}
	if e != nil {
		k = r.drafts[e.ID]
		k.answers = maps.Clone(k.answers)
		maps.Copy(k.answers, c.amended)
	}
	k.answers = stillAsked(r.form, k.answers)
	missing := lacking(c.over(k), r.event, r.form)
	if c.host != nil { // who may have no number yet
		missing = slices.DeleteFunc(missing, func(what string) bool { return what == "companion_of" })
	}
	return missing
}

// over is what is known of somebody with what was said of them written over it.
func (c checked) over(k known) known {
	k.Role, k.FamilyName, k.Nationality, k.Organisation, k.Title = c.Role, c.FamilyName, c.Nationality, c.Organisation, cmp.Or(c.TitleEN, c.TitleZH)
	if c.birth != nil {
		k.born = c.birth
	}
	if c.expires != nil {
		k.PassportTo = c.expires
	}
	return k
}

// lacks answers what somebody new lacks before they can be confirmed; see lacking.
func (c checked) lacks(e events.Event) []string {
	return lacking(c.over(known{answers: stillAsked(c.form, c.Answers)}), e, c.form)
}

// nominateRow keeps somebody new who lacks something as a draft, with all that their
// line says.
func (s *Service) nominateRow(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r *roll, c checked) (Registration, error) {
	category, _ := r.category(c.Category)
	reg, err := s.insertDraft(ctx, tx, by, r.event, category, c, c.hostID())
	if err != nil || len(c.Answers) == 0 {
		return reg, err
	}
	if err := forms.Amend(ctx, tx, r.form, r.event.ID, reg.ID, c.Answers, s.now()); err != nil {
		return reg, fmt.Errorf("keep answers: %w", err)
	}
	return reg, nil
}

// confirmRow hands in a draft that lacks nothing any more: whoever brings a list says
// that those on it agreed.
func (s *Service) confirmRow(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r *roll, reg Registration) (Registration, error) {
	lacks, _, err := s.lackingOf(ctx, tx, r.event, ident.Nil, reg.ID)
	if err != nil || len(lacks[reg.ID]) > 0 {
		return reg, err
	}
	var done Confirmed
	if err := s.confirm(ctx, r.book, by, reg, &done); err != nil {
		return reg, err
	}
	return registrationByID(ctx, tx, reg.ID)
}

// findHost finds whom the companion of a line comes with: a member who comes, by
// reference or by name, or one whom an earlier line names.
func (r *roll) findHost(f *Found, row Row, c *checked) {
	if row.With == "" {
		return
	}
	if c.Role != "companion" {
		f.bad("companion_of", "lists.no_companion")
		return
	}
	var found []*rollEntry
	for _, e := range r.entries {
		if e.DelegationID != row.DelegationID || e.Gone() || e.Role == "companion" || !e.called(row.With) {
			continue
		}
		if e.of != nil {
			e = e.of
		}
		if !slices.Contains(found, e) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		f.bad("companion_of", "lists.no_host")
	case 1:
		c.host = found[0]
	default:
		f.bad("companion_of", "lists.several_hosts")
	}
}

// called tells whether a text names a person, by reference or in any of their names.
func (p rollPerson) called(name string) bool {
	name = text.Clean(name)
	if p.Reference != "" && strings.EqualFold(text.Halfwidth(name), p.Reference) || p.NameZH != "" && text.MiddleDot(name) == p.NameZH {
		return true
	}
	key := nameKey(name)
	return key != "" && (key == nameKey(p.GivenName, p.FamilyName) || key == nameKey(p.NameNative))
}

// hostID is whom a companion comes with; Nil for nobody, or who has no number yet.
func (c checked) hostID() ident.ID {
	if c.host == nil {
		return ident.Nil
	}
	return c.host.ID
}

// nameOnly is the key of a person in a delegation of whom no more is known.
func nameOnly(delegation ident.ID, name string) string { return string(delegation[:]) + name }

// namesake looks for the person of a line by the name alone, among those of whom the
// line says nothing else: a list that is sent again names nobody a second time, however
// little it says. Who does not come any more is nobody's namesake, unless the desk
// refused them.
func (r *roll) namesake(row Row) *rollEntry {
	in := row.Input
	birth, passport := r.birthIndex(in.BirthDate), r.passportIndex(in.Passport)
	var refused *rollEntry
	for _, e := range r.names[nameOnly(row.DelegationID, text.Fold(in.GivenName+" "+in.FamilyName))] {
		switch {
		case in.FamilyName == "" || others(birth, e.BirthIndex) || others(passport, e.PassportIndex) || others([]byte(strings.ToLower(in.Email)), []byte(strings.ToLower(e.Email))):
		case !e.Gone():
			return e
		case e.Status == Rejected && refused == nil:
			refused = e
		}
	}
	return refused
}

// others tells whether two values are known, and are not the same.
func others(a, b []byte) bool { return len(a) > 0 && len(b) > 0 && string(a) != string(b) }
