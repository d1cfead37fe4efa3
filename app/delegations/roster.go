package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Row is one line of a list of members. A field that is empty says nothing: a
// known person keeps what stands there.
type Row struct {
	Line         int // as the file counts
	DelegationID ident.ID
	Input        Input
	With         string        // whom a companion comes with, by reference or name; one of an earlier row too
	Wrong        []fault.Field // cells that say nothing that can be taken; the line is bad
}

// Verdict is what a line of a list comes to.
type Verdict string

// The verdicts.
const (
	RowNew     Verdict = "new"       // nobody like this is in the delegation
	RowSame    Verdict = "same"      // somebody is, as the line says
	RowChanged Verdict = "changed"   // somebody is, and the line says other things
	RowBad     Verdict = "bad"       // something must be put right
	RowTwice   Verdict = "duplicate" // an earlier line is the same person
)

// Found is what a Row means.
type Found struct {
	Verdict        Verdict
	RegistrationID ident.ID          // whom it is about; Nil for a new one that is not applied yet
	Reference      string            // of that registration
	Status         Status            // of that registration
	Problems       []fault.Field     // must be put right, beside their fields
	Warnings       []fault.Field     // worth a look
	Lacks          []string          // of a draft: what is missing before it can be confirmed; see Incomplete
	Before         map[string]string // what stands in the fields that change; sensitive ones masked
}

// roll is the people of some delegations, to find each line of a list among them.
// Lines that were judged are among them too.
type roll struct {
	*Service
	book        *book // of the places, once lines are applied
	event       events.Event
	categories  []events.Category
	form        forms.Form
	answers     map[ident.ID]forms.Answers // of the people, by registration
	drafts      map[ident.ID]known         // what is known of those who are drafts
	countries   map[string]bool
	delegations map[ident.ID]*rollDelegation
	office      bool
	now         time.Time
	entries     []*rollEntry
	keys        map[string]*rollEntry
	names       map[string][]*rollEntry // by nameOnly
	elsewhere   map[string]bool         // passport indexes of others at the event
	taken       map[ident.ID]int
}

type rollDelegation struct {
	Delegation
	head *rollEntry
}

// rollEntry is one person as the database keeps them, or as an earlier line says.
type rollEntry struct {
	rollPerson
	line int
	of   *rollEntry // whose line it is, of somebody whom the database keeps
}

// CheckRows says of each line of a list what it would come to, by the rules of the
// form, and changes nothing.
//
// Faults: Forbidden; NotFound, the event; Conflict, registration is closed.
func (s *Service) CheckRows(ctx context.Context, by accounts.Actor, event ident.ID, rows []Row) ([]Found, error) {
	r, err := s.newRoll(ctx, s.db, by, event, rows)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(rows))
	for i, row := range rows {
		found[i], _, _ = r.judge(row)
	}
	return found, nil
}

func (s *Service) newRoll(ctx context.Context, q store.Querier, by accounts.Actor, event ident.ID, rows []Row) (*roll, error) {
	r := &roll{
		Service: s, office: by.May(accounts.EditRegistration, event), now: s.now(),
		countries: map[string]bool{}, delegations: map[ident.ID]*rollDelegation{}, keys: map[string]*rollEntry{}, names: map[string][]*rollEntry{}, drafts: map[ident.ID]known{}, taken: map[ident.ID]int{}, elsewhere: map[string]bool{},
	}
	var ids []ident.ID
	var of marks
	for i := range rows {
		id := rows[i].DelegationID
		if !r.office && !by.MayFor(accounts.BringList, event, id, "") {
			return nil, fault.New(fault.Forbidden, "error.forbidden")
		}
		if id != ident.Nil && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		rows[i].Input.tidy()
		if index := s.passportIndex(rows[i].Input.Passport); index != nil {
			of.passports = append(of.passports, index)
		}
		if index := s.birthIndex(rows[i].Input.BirthDate); index != nil {
			of.births = append(of.births, index)
		}
		if email := rows[i].Input.Email; email != "" {
			of.emails = append(of.emails, email)
		}
		of.names = append(of.names, nameKey(rows[i].Input.GivenName, rows[i].Input.FamilyName))
		of.all = of.all || rows[i].With != "" // whoever that may be
	}
	var err error
	if r.event, err = events.In(ctx, q, event); err != nil {
		return nil, err
	}
	if !r.office && registrationOver(r.event) {
		return nil, fault.New(fault.Conflict, "registration.closed")
	}
	if r.categories, err = events.CategoriesIn(ctx, q, event); err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	if r.form, err = forms.AskedIn(ctx, q, event); err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	countries, err := events.CountriesIn(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read countries: %w", err)
	}
	for _, c := range countries {
		r.countries[c.Code] = true
	}
	return r, r.read(ctx, q, ids, of)
}

func (r *roll) read(ctx context.Context, q store.Querier, ids []ident.ID, of marks) error {
	list, err := delegationsByIDs(ctx, q, r.event.ID, ids)
	if err != nil {
		return fmt.Errorf("read delegations: %w", err)
	}
	for _, d := range list {
		r.delegations[d.ID] = &rollDelegation{Delegation: d}
	}
	people, err := rollPeople(ctx, q, r.event.ID, ids, of)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	known := make([]ident.ID, 0, len(people))
	for _, p := range people {
		if p.MergedInto == ident.Nil {
			r.enter(&rollEntry{rollPerson: p})
			known = append(known, p.ID)
		}
	}
	for _, p := range people {
		r.enterMerged(p)
	}
	if r.answers, err = forms.Standing(ctx, q, known); err != nil {
		return fmt.Errorf("read answers: %w", err)
	}
	if err := r.readDrafts(ctx, q); err != nil {
		return err
	}
	if r.office && len(of.passports) > 0 {
		others, err := passportsElsewhere(ctx, q, r.event.ID, ids, of.passports)
		if err != nil {
			return fmt.Errorf("read passports: %w", err)
		}
		for _, index := range others {
			r.elsewhere[string(index)] = true
		}
	}
	return nil
}

// registrationOver tells whether only the office still registers people.
func registrationOver(e events.Event) bool {
	return slices.Contains([]events.Status{events.Closed, events.Archived, events.Reporting, events.RegistrationClosed}, e.Status)
}

// enter lets an entry be found by whatever tells a person apart. Who does not come
// any more is found only when nobody else is.
func (r *roll) enter(e *rollEntry) {
	r.entries = append(r.entries, e)
	gone := e.Gone()
	for _, key := range keysOf(e.DelegationID, e.name(), e.Email, e.BirthIndex, e.PassportIndex) {
		if at, known := r.keys[key]; !known || at.Gone() && !gone {
			r.keys[key] = e
		}
	}
	alone := nameOnly(e.DelegationID, e.name())
	r.names[alone] = append(r.names[alone], e)
	if d := r.delegations[e.DelegationID]; d != nil && e.Role == "head" && !gone {
		d.head = e
	}
}

// enterMerged lets whom a second form named be found by what that form said, too.
func (r *roll) enterMerged(p rollPerson) {
	i := slices.IndexFunc(r.entries, func(e *rollEntry) bool { return p.MergedInto != ident.Nil && e.ID == p.MergedInto })
	if i < 0 {
		return
	}
	for _, key := range keysOf(p.DelegationID, p.name(), p.Email, p.BirthIndex, p.PassportIndex) {
		if _, known := r.keys[key]; !known {
			r.keys[key] = r.entries[i]
		}
	}
}

// keysOf are the ways to find a person in a delegation, the surest first: the same
// passport; the same name and birth date; the same name and address.
func keysOf(delegation ident.ID, name, email string, birth, passport []byte) (keys []string) {
	if passport != nil {
		keys = append(keys, "p"+string(delegation[:])+string(passport))
	}
	if birth != nil && name != "" {
		keys = append(keys, "b"+string(delegation[:])+string(birth)+name)
	}
	if email != "" && name != "" {
		keys = append(keys, "e"+string(delegation[:])+strings.ToLower(email)+"\x00"+name)
	}
	return keys
}

func (p rollPerson) name() string { return text.Fold(p.GivenName + " " + p.FamilyName) }

// find looks for the person of a line.
func (r *roll) find(row Row) *rollEntry {
	if e := r.findSure(row); e != nil {
		return e
	}
	return r.namesake(row)
}

// findSure looks for the person of a line by more than the name. The same name and
// address is not enough when passport and birth date are both known and both others:
// father and son.
func (r *roll) findSure(row Row) *rollEntry {
	in := row.Input
	birth, passport := r.birthIndex(in.BirthDate), r.passportIndex(in.Passport)
	for _, key := range keysOf(row.DelegationID, text.Fold(in.GivenName+" "+in.FamilyName), in.Email, birth, passport) {
		e := r.keys[key]
		if e == nil {
			continue
		}
		other := birth != nil && e.BirthIndex != nil && string(birth) != string(e.BirthIndex) &&
			passport != nil && e.PassportIndex != nil && string(passport) != string(e.PassportIndex)
		if key[0] != 'e' || !other {
			return e
		}
	}
	return nil
}

func (s *Service) birthIndex(day string) []byte {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil
	}
	return s.box.Index("birth", day)
}

func (s *Service) passportIndex(p Passport) []byte {
	if p.Number == "" {
		return nil
	}
	return s.box.Index("passport", p.Issuer+":"+p.Number)
}

// tidy brings a line's fields to the form in which they are compared. A passport
// without an issuer is of the person's own country.
func (in *Input) tidy() {
	order, meal, role := in.NativeOrder, in.MealPlan, in.Role
	in.clean()
	in.NativeOrder, in.MealPlan, in.Role = order, meal, role // empty says nothing
	if address, ok := text.Email(in.Email); ok {
		in.Email = address
	}
	if number, ok := text.Phone(in.Phone); ok {
		in.Phone = number
	}
	if in.Passport.Number != "" && in.Passport.Issuer == "" {
		in.Passport.Issuer = in.Nationality
	}
}
