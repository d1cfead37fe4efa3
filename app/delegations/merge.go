package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// MergeFields are what may be taken from either of two registrations, in the order
// in which they are compared.
var MergeFields = []string{"name", "name_native", "name_zh", "photo", "nationality", "birth", "document", "email", "phone", "title", "organisation", "body", "category"}

// Compared is one field of two registrations side by side. What is sealed is
// compared and not shown.
type Compared struct {
	Field         string
	First, Second locale.Text
	Hidden        bool // not shown, only compared
	Same          bool
}

// Merge is two registrations side by side before they become one.
type Merge struct {
	Pair
	First, Second Registration // the first keeps its reference
	Fields        []Compared

	held bool // one is held back, which who does not vet is not told
}

// Blocked is the catalogue's key of why the two cannot be made one; empty when
// they can.
func (m Merge) Blocked() string {
	switch {
	case m.Settled == "merged":
		return "registration.pair_settled"
	case m.First.Status == CheckedIn && m.Second.Status == CheckedIn:
		return "desk.merge.both_in"
	case m.Second.Status == CheckedIn:
		return "desk.merge.second_in"
	case m.First.Gone():
		return "desk.merge.first_gone"
	}
	return ""
}

// ForMerge lays two registrations that were proposed as one person's side by side.
//
// Faults: NotFound, they were not proposed; Forbidden.
func (s *Service) ForMerge(ctx context.Context, by accounts.Actor, one, other ident.ID) (m Merge, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		m, err = s.sideBySide(ctx, tx, by, one, other)
		return err
	})
	return m, err
}

func (s *Service) sideBySide(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, one, other ident.ID) (m Merge, err error) {
	if m.Pair, err = lockPair(ctx, tx, one, other); err != nil {
		return m, err
	}
	if !by.May(accounts.SeeRegistrations, m.EventID) {
		return Merge{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	both, err := registrationsIn(ctx, tx, []ident.ID{m.FirstID, m.SecondID})
	if err != nil {
		return m, err
	}
	if len(both) != 2 {
		return m, fault.New(fault.NotFound, "error.not_found")
	}
	m.held = both[0].Status == OnHold || both[1].Status == OnHold
	m.First, m.Second = both[0].seenBy(by), both[1].seenBy(by)
	signs := func(sign string) bool { return slices.Contains(m.Signs, sign) }
	a, b := m.First, m.Second
	plain := func(s string) locale.Text { return locale.Text{ZH: s, EN: s} }
	field := func(name string, first, second locale.Text) {
		m.Fields = append(m.Fields, Compared{Field: name, First: first, Second: second, Same: first == second})
	}
	field("name", plain(a.Name()), plain(b.Name()))
	field("name_native", plain(a.NameNative), plain(b.NameNative))
	field("name_zh", plain(a.NameZH), plain(b.NameZH))
	photo, err := s.eitherHas(ctx, tx, "photo", a.ID, b.ID)
	if err != nil {
		return m, err
	}
	m.Fields = append(m.Fields, Compared{Field: "photo", Hidden: true, Same: !photo})
	field("nationality", a.Country, b.Country)
	m.Fields = append(m.Fields, Compared{Field: "birth", Hidden: true, Same: signs("birth")})
	last4 := func(r Registration) locale.Text {
		if r.PassportLast4 == "" {
			return locale.Text{}
		}
		return plain(Masked + r.PassportLast4)
	}
	m.Fields = append(m.Fields, Compared{Field: "document", First: last4(a), Second: last4(b), Hidden: last4(a).Empty() && last4(b).Empty(), Same: signs("document")})
	field("email", plain(a.Email), plain(b.Email))
	field("phone", plain(a.Phone), plain(b.Phone))
	field("title", a.Title(), b.Title())
	field("organisation", plain(a.Organisation), plain(b.Organisation))
	field("body", bodyOf(a), bodyOf(b))
	field("category", a.Category, b.Category)
	return m, nil
}

// eitherHas tells whether there is a file of a kind about one of some registrations.
func (s *Service) eitherHas(ctx context.Context, tx *sqlx.Tx, kind string, registrations ...ident.ID) (bool, error) {
	if s.papers == nil {
		return false, nil
	}
	for _, id := range registrations {
		kinds, err := s.papers.Kinds(ctx, tx, id)
		if err != nil || slices.Contains(kinds, kind) {
			return err == nil, err
		}
	}
	return false, nil
}

// takePapers gives a registration the files about another that go with the chosen
// fields. Those that are answers stay with the answers that name them.
func (s *Service) takePapers(ctx context.Context, tx *sqlx.Tx, kept, gone Registration, fields []string) error {
	if s.papers == nil {
		return nil
	}
	var kinds []string
	if slices.Contains(fields, "photo") {
		kinds = append(kinds, "photo")
	}
	if slices.Contains(fields, "document") {
		kinds = append(kinds, "passport_scan")
	}
	if len(kinds) == 0 {
		return nil
	}
	if err := s.papers.Move(ctx, tx, gone.ID, kept.ID, kinds); err != nil {
		return fmt.Errorf("move files: %w", err)
	}
	return nil
}

// bodyOf is the delegation or the firm by which somebody was entered.
func bodyOf(r Registration) locale.Text {
	if !r.Delegation.Empty() {
		return r.Delegation
	}
	return r.Firm
}

// Merge makes one of two registrations: the first keeps its reference and its own
// state, takes the named fields of the second, and answers for both from now on.
// The second ends: its badge opens nothing, its place is free. Links given to the
// address that the first has now lead to the first; those of another address end,
// since whoever registers can write anybody's name, and that address is told. What
// happened to either stays with it.
//
// Faults: NotFound, they were not proposed; Forbidden; Invalid with fields, no such
// field; Conflict, both came in already, the first has ended, one is held back, or
// what is taken over asks for a place that there is not.
func (s *Service) Merge(ctx context.Context, by accounts.Actor, one, other ident.ID, fromSecond []string) (kept Registration, err error) {
	for _, field := range fromSecond {
		if !slices.Contains(MergeFields, field) {
			return kept, fault.Fields(fault.Field{Path: "fields", Key: "field.choice"})
		}
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockRegistrations(ctx, tx, []ident.ID{one, other}); err != nil {
			return err
		}
		r, err := registrationByID(ctx, tx, one)
		if err != nil {
			return err
		}
		if err := lockNumbers(ctx, tx, r.EventID); err != nil { // before the pairs, as whoever looks for doubles
			return fmt.Errorf("lock the event's order: %w", err)
		}
		m, err := s.sideBySide(ctx, tx, by, one, other)
		if err != nil {
			return err
		}
		if !by.May(accounts.DecideRegistration, m.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if why := m.Blocked(); why != "" {
			return fault.New(fault.Conflict, why)
		}
		if m.held {
			return heldBack(by, m.EventID)
		}
		kept, err = s.merge(ctx, tx, by, m, fromSecond)
		return err
	})
	return kept, err
}

func (s *Service) merge(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, m Merge, fromSecond []string) (Registration, error) {
	kept, gone := m.First, m.Second
	e, err := events.In(ctx, tx, m.EventID)
	if err != nil {
		return kept, err
	}
	// The second ends before the first takes what it held: a head's role, a place.
	held := gone.holdsPlace()
	reason := "@registration.because.merged " + kept.Reference
	if gone, err = s.leave(ctx, tx, by, gone, Cancelled, reason); err != nil {
		return kept, err
	}
	if err := updateMergedInto(ctx, tx, gone.ID, kept.ID); err != nil {
		return kept, err
	}
	if err := s.fitsMerged(ctx, tx, kept, gone, held, fromSecond); err != nil {
		return kept, err
	}
	before := kept
	if err := s.takenOver(ctx, tx, by, e, &kept, gone, fromSecond); err != nil {
		return kept, err
	}
	if err := settlePair(ctx, tx, m.Pair, "merged", s.now()); err != nil {
		return kept, err
	}
	if err := deleteStalePairs(ctx, tx, []ident.ID{gone.ID}); err != nil {
		return kept, err
	}
	if err := s.placeKept(ctx, tx, by, &kept, gone); err != nil {
		return kept, err
	}
	for _, left := range []Registration{gone, before} { // who took over where to belong gave up a place too
		if err := s.promote(ctx, tx, e, left); err != nil {
			return kept, err
		}
	}
	if err := s.FindDuplicatesAnew(ctx, tx, kept); err != nil {
		return kept, err
	}
	kept, err = registrationByID(ctx, tx, kept.ID)
	if err != nil {
		return kept, err
	}
	for _, one := range []Registration{before, gone} {
		if err := s.endLinksElsewhere(ctx, tx, e, one, kept.Email); err != nil {
			return kept, err
		}
	}
	// Values are left out: the log outlives the person's wish to be forgotten.
	return kept, s.record(ctx, tx, by, m.EventID, "registration.merge", "registration", kept.ID,
		map[string]any{"reference": gone.Reference}, map[string]any{"reference": kept.Reference, "taken": strings.Join(fromSecond, ", ")}, "")
}

// endLinksElsewhere ends the links of one of two registrations that became one,
// unless they went to the address that is kept, and tells whoever held them.
func (s *Service) endLinksElsewhere(ctx context.Context, tx *sqlx.Tx, e events.Event, one Registration, address string) error {
	if strings.EqualFold(one.Email, address) {
		return nil
	}
	if err := revokeOwnLinks(ctx, tx, one.ID, s.now()); err != nil || one.Email == "" {
		return err
	}
	return s.mail.Write(ctx, tx, Letter{Kind: "merged", Event: e, Registration: one})
}

// fitsMerged tells whether the kept one may take the places that what is taken from the
// other asks for: those that the other held are free for them.
//
// Fault: Conflict.
func (s *Service) fitsMerged(ctx context.Context, tx *sqlx.Tx, kept, gone Registration, held bool, fields []string) error {
	if !kept.holdsPlace() {
		return nil
	}
	now, then, free := need{}, need{}, need{}
	now.add(kept.CategoryID, kept.DelegationID, kept.Role)
	if slices.Contains(fields, "body") {
		kept.DelegationID, kept.Role = gone.DelegationID, gone.Role
	}
	if slices.Contains(fields, "category") {
		kept.CategoryID = gone.CategoryID
	}
	then.add(kept.CategoryID, kept.DelegationID, kept.Role)
	if held {
		free.add(gone.CategoryID, gone.DelegationID, gone.Role)
	}
	for place := range then {
		if now[place] > 0 || free[place] > 0 {
			delete(then, place)
		}
	}
	b := &book{tx: tx, event: kept.EventID, places: map[seat]places{}}
	if err := b.load(ctx, then); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	if len(b.lacking(then)) > 0 {
		return fault.New(fault.Conflict, "desk.merge.no_place")
	}
	return nil
}

// takenOver writes what is taken from the other one, keeps what stood there before
// as a change, and replaces the badge that says something else now.
func (s *Service) takenOver(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, kept *Registration, gone Registration, fields []string) error {
	before, was, err := s.heldByID(ctx, tx, kept.ID)
	if err != nil {
		return err
	}
	photo := false
	if slices.Contains(fields, Photo) {
		if photo, err = s.eitherHas(ctx, tx, Photo, gone.ID); err != nil {
			return err
		}
	}
	if err := s.takeOver(ctx, tx, kept, gone, fields); err != nil {
		return err
	}
	if err := s.takePapers(ctx, tx, *kept, gone, fields); err != nil {
		return err
	}
	after, now, err := s.heldByID(ctx, tx, kept.ID)
	if err != nil {
		return err
	}
	change := Change{ID: s.newID(), At: s.now(), State: Applied, Source: "merge"}
	moved, err := s.diff(change.ID, was.Input, now.Input)
	if err != nil {
		return err
	}
	if len(moved.list) > 0 {
		if err := insertChange(ctx, tx, kept.ID, change, by, moved); err != nil {
			return err
		}
	}
	names := moved.names()
	if photo || before.BadgeType != after.BadgeType || before.DelegationID != after.DelegationID {
		names = append(names, Photo) // the badge shows it
	}
	_, err = s.refresh(ctx, tx, by, e, after, names)
	return err
}

// placeKept gives the kept one, if it waits, the place that the other held.
func (s *Service) placeKept(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, kept *Registration, gone Registration) error {
	if kept.Status != Waitlisted || kept.GroupID != ident.Nil {
		return nil
	}
	b, err := openBook(ctx, tx, kept.EventID)
	if err != nil {
		return err
	}
	n := need{}
	n.add(kept.CategoryID, kept.DelegationID, kept.Role)
	if err := b.load(ctx, n); err != nil {
		return err
	}
	if len(b.lacking(n)) > 0 {
		return nil
	}
	current, err := registrationByID(ctx, tx, kept.ID)
	if err != nil {
		return err
	}
	*kept, err = s.seated(ctx, tx, by, current, "@registration.because.place_free "+gone.Reference)
	return err
}

// takeOver writes the chosen values of one registration and its person over those
// of another.
func (s *Service) takeOver(ctx context.Context, tx *sqlx.Tx, kept *Registration, gone Registration, fields []string) error {
	to, err := personByID(ctx, tx, kept.PersonID)
	if err != nil {
		return err
	}
	from, err := personByID(ctx, tx, gone.PersonID)
	if err != nil {
		return err
	}
	for _, field := range fields {
		switch field {
		case "name":
			to.GivenName, to.FamilyName, to.MRZSurname, to.MRZGiven = from.GivenName, from.FamilyName, from.MRZSurname, from.MRZGiven
		case "name_native":
			to.NameNative, to.NativeOrder = from.NameNative, from.NativeOrder
		case "name_zh":
			to.NameZH = from.NameZH
		case "nationality":
			to.Nationality = from.Nationality
		case "birth":
			if err := s.takeBirth(&to, from); err != nil {
				return err
			}
		case "document":
			if err := swapDocuments(ctx, tx, from.ID, to.ID); err != nil {
				return err
			}
		case "email":
			to.Email = from.Email
		case "phone":
			to.Phone = from.Phone
		case "title":
			kept.TitleEN, kept.TitleZH, kept.AddressEN, kept.AddressZH = gone.TitleEN, gone.TitleZH, gone.AddressEN, gone.AddressZH
		case "organisation":
			kept.Organisation = gone.Organisation
		case "body":
			kept.DelegationID, kept.FirmID, kept.Role = gone.DelegationID, gone.FirmID, gone.Role
		case "category":
			kept.CategoryID, kept.BadgeType = gone.CategoryID, gone.BadgeType
		}
	}
	to.NameKey, to.SoundKey = nameKey(to.GivenName, to.FamilyName), soundKey(to.GivenName, to.FamilyName)
	to.Search = text.Search(strings.TrimSpace(to.GivenName+" "+to.FamilyName), to.NameNative, to.NameZH, kept.Organisation)
	if err := overwritePerson(ctx, tx, to); err != nil {
		return err
	}
	kept.Unprintable, err = Input{
		GivenName: to.GivenName, FamilyName: to.FamilyName, NameNative: to.NameNative, NameZH: to.NameZH,
		Organisation: kept.Organisation, TitleEN: kept.TitleEN, TitleZH: kept.TitleZH,
	}.unprintable()
	if err != nil {
		return err
	}
	kept.Version++
	return updateMerged(ctx, tx, *kept)
}

// takeBirth seals a person's birth date anew for another's row.
func (s *Service) takeBirth(to *personRecord, from personRecord) error {
	to.BirthSealed, to.BirthIndex = nil, from.BirthIndex
	if from.BirthSealed == nil {
		return nil
	}
	day, err := s.box.Open(from.BirthSealed, "persons.birth_date:"+from.ID.String())
	if err != nil {
		return fmt.Errorf("open birth date: %w", err)
	}
	to.BirthSealed, err = s.box.Seal(day, "persons.birth_date:"+to.ID.String())
	return err
}
