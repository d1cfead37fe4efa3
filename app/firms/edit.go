package firms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Ownerships are what a firm may belong to.
var Ownerships = []string{"private", "state_owned", "state_controlled", "joint_venture", "foreign_invested", "public_institution"}

// Languages are those in which firms negotiate, as the interpreters' list knows
// them.
var Languages = []string{"zh", "en", "de", "fr", "ru", "ja", "pl", "cs", "sk", "hu", "ro", "bg", "sl", "hr", "sr", "mk", "el", "nl", "sv"}

// MostSectors is how many sectors a firm is of.
const MostSectors = 3

const (
	mostTargets   = 30
	mostEmployees = 10_000_000
)

// check cleans and checks what is said of a firm.
func (in *Firm) check(bad *fault.List) {
	in.CreditCode, in.Code = in.keys()
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	in.CompetitorGroup = text.Clean(in.CompetitorGroup)
	text.Line(bad, "code", in.Code, true, 20)
	bad.Check(ValidCreditCode(in.CreditCode), "credit_code", "firms.credit_code")
	text.Line(bad, "name_zh", in.Name.ZH, true, 120)
	text.Line(bad, "name_en", in.Name.EN, true, 120)
	bad.Check(in.District != "", "district_code", "field.required")
	bad.Check(len(in.Sectors) >= 1 && len(in.Sectors) <= MostSectors && distinct(in.Sectors), "sectors", "firms.sectors")
	bad.Check(slices.Contains(Ownerships, in.Ownership), "ownership", "field.choice")
	bad.Check(in.Employees == nil || *in.Employees >= 0 && *in.Employees <= mostEmployees, "employees", "field.number_between", 0, mostEmployees)
	known := func(language string) bool { return slices.Contains(Languages, language) }
	bad.Check(!slices.ContainsFunc(in.Languages, func(l string) bool { return !known(l) }) && distinct(in.Languages), "languages", "field.choice")
	twoCapitals := func(code string) bool {
		return len(code) == 2 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
	bad.Check(!slices.ContainsFunc(in.TargetCountries, func(c string) bool { return !twoCapitals(c) }) && distinct(in.TargetCountries), "target_countries", "field.choice")
	bad.Check(len(in.TargetCountries) <= mostTargets, "target_countries", "firms.too_many_countries", mostTargets)
	text.Line(bad, "competitor_group", in.CompetitorGroup, false, 40)
	in.Offers, in.Needs = checkTrade(bad, in.Offers, in.Needs)
	if in.Email != "" {
		var ok bool
		in.Email, ok = text.Email(in.Email)
		bad.Check(ok, "contact_email", "field.email")
	}
}

// distinct tells whether nothing stands twice in a list.
func distinct(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) == len(list)
}

// checkTrade cleans and checks what a firm offers and seeks.
func checkTrade(bad *fault.List, offers, needs locale.Text) (locale.Text, locale.Text) {
	for _, field := range []struct {
		path string
		said *string
	}{
		{"offers_zh", &offers.ZH}, {"offers_en", &offers.EN}, {"needs_zh", &needs.ZH}, {"needs_en", &needs.EN},
	} {
		*field.said = text.Clean(*field.said)
		text.Line(bad, field.path, *field.said, false, 300)
	}
	return offers, needs
}

// found is what a firm is found by: its names in any script, its codes, what it
// offers and seeks.
func (in *Firm) found() string {
	return strings.Join([]string{
		text.Search(in.Name.ZH, in.Name.EN), text.Fold(in.Code), text.Fold(in.CreditCode),
		text.Fold(in.Offers.ZH), text.Fold(in.Offers.EN), text.Fold(in.Needs.ZH), text.Fold(in.Needs.EN),
	}, " ")
}

// save writes a firm, new or known by its code.
func (s *Service) save(ctx context.Context, tx *sqlx.Tx, in Firm) (ident.ID, error) {
	id, err := upsertFirm(ctx, tx, in, s.now())
	if err != nil {
		return id, fieldOf(err)
	}
	return id, s.settle(ctx, tx, id, in, s.today())
}

// settle writes what stands beside the row of a firm: its sectors, and where it
// has belonged since a day.
func (s *Service) settle(ctx context.Context, tx *sqlx.Tx, id ident.ID, in Firm, since time.Time) error {
	if err := replaceSectors(ctx, tx, id, in.Sectors); err != nil {
		return fieldOf(err)
	}
	return insertDistrict(ctx, tx, id, in.District, since)
}

// fieldOf lays what the database refused beside the field that caused it.
func fieldOf(err error) error {
	path := map[string]string{
		"firms_code": "code", "firms_credit_code": "credit_code", "firms_district": "district_code", "firm_districts_district": "district_code",
		"firm_sectors_sector": "sectors", "firm_grants_once": "valid_from", "firm_contacts_email": "email",
	}[store.Constraint(err)]
	if path == "" {
		return err
	}
	return &fault.Fault{Code: fault.Invalid, Key: "error.fields", Fields: []fault.Field{{Path: path, Key: "constraint." + store.Constraint(err)}}, Err: err}
}

// Create adds a firm to the register; without a code it gets the next one that
// nobody has. It takes part in an event at once unless that is Nil.
//
// Faults: Forbidden; Invalid with fields, a code that another firm has among them.
func (s *Service) Create(ctx context.Context, by accounts.Actor, event ident.ID, in Firm) (Firm, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	next := in.Code == ""
	if next {
		in.Code = "F" // until the transaction knows the number
	}
	var bad fault.List
	in.check(&bad)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID, in.Version = s.newID(), 1
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if err := lockCodes(ctx, tx); err != nil {
			return err
		}
		if next {
			if in.Code, err = nextCode(ctx, tx); err != nil {
				return err
			}
		}
		if err := insertFirm(ctx, tx, in, s.now()); err != nil {
			return fieldOf(err)
		}
		if err := s.settle(ctx, tx, in.ID, in, s.today()); err != nil {
			return err
		}
		if err := s.recorded(ctx, tx, by, ident.Nil, "firm.create", in.ID, moved{after: in.fields()}); err != nil || event == ident.Nil {
			return err
		}
		if err := insertParticipation(ctx, tx, event, in.ID, ident.Nil); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, event, "firm.join", in.ID, moved{})
	})
	return in, err
}

// Edit changes a firm; its own code stays. version is the one that was shown. When
// the district is another, movedOn is the first day there; zero: today.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed the
// firm meanwhile.
func (s *Service) Edit(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Firm, movedOn time.Time) (Firm, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now, err := lockFirm(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.Version != version {
			return fault.New(fault.Conflict, "error.changed")
		}
		in.ID, in.Code, in.Version = id, now.Code, version+1
		var bad fault.List
		in.check(&bad)
		since, err := s.since(ctx, tx, now, in, movedOn, &bad)
		if err != nil {
			return err
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if err := updateFirm(ctx, tx, in); err != nil {
			return fieldOf(err)
		}
		if err := s.settle(ctx, tx, id, in, since); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, ident.Nil, "firm.edit", id, difference(now, in))
	})
	return in, err
}

// since is the day from which a firm belongs to the district of in. A move cannot
// lie ahead, nor before the one before it.
func (s *Service) since(ctx context.Context, tx *sqlx.Tx, now, in Firm, movedOn time.Time, bad *fault.List) (time.Time, error) {
	if movedOn.IsZero() || in.District == now.District {
		return s.today(), nil
	}
	stays, err := districtsOf(ctx, tx, now.ID)
	if err != nil {
		return movedOn, fmt.Errorf("read districts: %w", err)
	}
	bad.Check(!movedOn.After(s.today()), "moved_on", "firms.moved_ahead")
	if len(stays) > 0 {
		bad.Check(!movedOn.Before(stays[0].Since), "moved_on", "firms.moved_before", stays[0].Since.Format(time.DateOnly))
	}
	return movedOn, nil
}

// EditTrade sets what a firm offers and seeks, by the office or by whoever holds
// the firm's link of an event. version is the one that was shown.
//
// Faults: Forbidden; NotFound, the firm does not take part in the event; Invalid
// with fields; Conflict, somebody changed the firm meanwhile.
func (s *Service) EditTrade(ctx context.Context, by accounts.Actor, event, id ident.ID, version int, offers, needs locale.Text) (f Firm, err error) {
	if !mayTouch(by, event, id) {
		return f, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	offers, needs = checkTrade(&bad, offers, needs)
	if err := bad.Err(); err != nil {
		return f, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now, err := s.open(ctx, tx, by, event, id)
		if err != nil {
			return err
		}
		if now.Version != version {
			return fault.New(fault.Conflict, "error.changed")
		}
		f = now
		f.Offers, f.Needs, f.Version = offers, needs, now.Version+1
		if err := updateTrade(ctx, tx, f); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, event, "firm.trade", id, difference(now, f))
	})
	if err != nil {
		return Firm{}, err
	}
	return f, nil
}

// mayTouch tells whether an actor may change what a firm itself may: the office, or
// whoever holds the firm's link of an event.
func mayTouch(by accounts.Actor, event, firm ident.ID) bool {
	return by.May(accounts.EditDelegation, event) || by.ForFirm(event, firm)
}

// open locks a firm for a change by whoever mayTouch it: those who may not touch
// every firm find only the ones that take part in their event.
func (s *Service) open(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, id ident.ID) (Firm, error) {
	if by.May(accounts.EditDelegation, ident.Nil) {
		return lockFirm(ctx, tx, id)
	}
	return lockFirmOf(ctx, tx, event, id)
}

// fields are what the log says of a firm.
func (in *Firm) fields() map[string]any {
	employees := any(nil)
	if in.Employees != nil {
		employees = *in.Employees
	}
	return map[string]any{
		"code": in.Code, "credit_code": in.CreditCode, "name_zh": in.Name.ZH, "name_en": in.Name.EN, "district_code": in.District,
		"sectors": strings.Join(in.Sectors, ";"), "ownership": in.Ownership, "employees": employees, "languages": strings.Join(in.Languages, ";"),
		"offers_zh": in.Offers.ZH, "offers_en": in.Offers.EN, "needs_zh": in.Needs.ZH, "needs_en": in.Needs.EN,
		"target_countries": strings.Join(in.TargetCountries, ";"), "competitor_group": in.CompetitorGroup, "contact_email": in.Email,
	}
}

// difference is which fields of a firm moved.
func difference(was, is Firm) moved {
	m := moved{before: was.fields(), after: is.fields()}
	for field, value := range m.after {
		if m.before[field] == value {
			delete(m.before, field)
			delete(m.after, field)
		}
	}
	return m
}

// today is the date in the host city, midnight UTC: grants and moves go by it.
func (s *Service) today() time.Time { return Day(s.now()) }

// host is the clock of the host city. China has kept one time without summer time
// since 1992, so that the program needs no table of zones to know it.
var host = time.FixedZone("UTC+8", 8*60*60)

// Day is the date in the host city at an instant, midnight UTC.
func Day(at time.Time) time.Time {
	y, m, d := at.In(host).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
