package delegations

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Statuses are how far a delegation's coming is agreed.
var Statuses = []string{"invited", "accepted", "confirmed", "declined", "withdrawn"}

// What the office's staff for delegations does, and the languages that it may speak
// beside Chinese.
var (
	StaffRoles     = []string{"liaison", "interpreter"}
	StaffLanguages = []string{"en", "fr", "de", "es", "ru", "ar", "pt", "it", "ja", "ko", "pl", "cs", "sk", "hu", "ro", "bg", "sr", "hr", "sl", "sq", "el", "lt", "lv", "et", "mk", "bs"}
)

var delegationCode = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{0,19}$`)

// NextCode is a code that no delegation of an event has: D13.
//
// Fault: Forbidden.
func (s *Service) NextCode(ctx context.Context, by accounts.Actor, event ident.ID) (string, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return "", fault.New(fault.Forbidden, "error.forbidden")
	}
	n, err := nextCode(ctx, s.db, event)
	return fmt.Sprintf("D%02d", n), err
}

// Add invites a delegation; city is a new one that it comes from, or nil. A name that
// is left empty is made of the city's.
//
// Faults: Forbidden; Invalid with fields, the city's under city_….
func (s *Service) Add(ctx context.Context, by accounts.Actor, in Delegation, city *events.City) (Delegation, error) {
	in.ID = s.newID()
	return in, s.put(ctx, by, &in, city, "delegation.save", func(tx *sqlx.Tx) error {
		err := insertDelegation(ctx, tx, in, s.now())
		if store.Constraint(err) == "delegations_once" {
			return fault.Fields(fault.Field{Path: "code", Key: "field.taken"})
		}
		return err
	})
}

// EditDelegation changes who a delegation is and whether it comes; Version is the one that was
// read.
//
// Faults: as Add; NotFound; Conflict, somebody changed it since.
func (s *Service) EditDelegation(ctx context.Context, by accounts.Actor, in Delegation, city *events.City) error {
	before, err := s.ByID(ctx, by, in.ID)
	if err != nil {
		return err
	}
	in.EventID, in.Code, in.Quota = before.EventID, before.Code, before.Quota
	return s.put(ctx, by, &in, city, "delegation.save", func(tx *sqlx.Tx) error {
		changed, err := updateDelegation(ctx, tx, in)
		if err == nil && !changed {
			return fault.New(fault.Conflict, "error.changed")
		}
		return err
	})
}

// put checks a delegation and its new city, and writes both.
func (s *Service) put(ctx context.Context, by accounts.Actor, in *Delegation, city *events.City, action string, write func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditDelegation, in.EventID) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Name, in.Native = cleanText(in.Name), text.Clean(in.Native)
	cities, err := s.events.Cities(ctx)
	if err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		bad, err := s.cityFor(ctx, tx, by, in, city, cities)
		if err != nil {
			return err
		}
		bad = append(in.checkWho(), bad...)
		if err := bad.Err(); err != nil {
			return err
		}
		if err := delegationFault(write(tx)); err != nil {
			return err
		}
		if err := lockNumbers(ctx, tx, in.EventID); err != nil { // whoever registers now is told whether it comes
			return fmt.Errorf("lock the event's order: %w", err)
		}
		return s.record(ctx, tx, by, in.EventID, action, "delegation", in.ID, nil, map[string]any{"code": in.Code, "status": in.Status, "quota": in.Quota}, "")
	})
}

// cityFor adds the new city, if there is one, and names the delegation after its city
// when it has no name. What is wrong with the city is answered as problems.
func (s *Service) cityFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, in *Delegation, city *events.City, all []events.City) (bad fault.List, err error) {
	var named locale.Text
	switch {
	case city != nil:
		made, err := s.events.AddCityIn(ctx, tx, by, *city)
		refusal, known := fault.Of(err)
		if known && refusal.Code == fault.Invalid {
			for _, f := range refusal.Fields {
				bad.Add("city_"+f.Path, f.Key, f.Args...)
			}
		} else if err != nil {
			return nil, err
		}
		in.CityCode, named = made.Code, made.Name
		if in.Native == "" {
			in.Native = made.Native
		}
	case in.CityCode != "":
		i := slices.IndexFunc(all, func(c events.City) bool { return c.Code == in.CityCode })
		if i < 0 {
			bad.Add("city_code", "field.choice")
			return bad, nil
		}
		named = all[i].Name
		if in.Native == "" {
			in.Native = all[i].Native
		}
	}
	if in.Name.Empty() && named.ZH != "" && named.EN != "" {
		in.Name = locale.Text{ZH: named.ZH + "代表团", EN: "Delegation of " + named.EN}
	}
	return bad, nil
}

func (d Delegation) checkWho() (bad fault.List) {
	bad.Check(delegationCode.MatchString(d.Code), "code", "events.code_form")
	text.Line(&bad, "name_zh", d.Name.ZH, true, 120)
	text.Line(&bad, "name_en", d.Name.EN, true, 120)
	text.Line(&bad, "name_native", d.Native, false, 120)
	bad.Check(d.Quota >= 0 && d.Quota <= 500, "quota", "field.number_between", 0, 500)
	bad.Check(slices.Contains(Statuses, d.Status), "status", "field.choice")
	return bad
}

func delegationFault(err error) error {
	switch store.Constraint(err) {
	case "delegations_liaison":
		return fault.Fields(fault.Field{Path: "liaison_id", Key: "field.choice"})
	case "delegations_city":
		return fault.Fields(fault.Field{Path: "city_code", Key: "field.choice"})
	}
	return err
}

// StaffList answers the office's staff for delegations.
//
// Fault: Forbidden.
func (s *Service) StaffList(ctx context.Context, by accounts.Actor) ([]Staff, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return staffList(ctx, s.db)
}

// SaveStaff adds a member of the office's staff, or changes the one of the same
// code.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveStaff(ctx context.Context, by accounts.Actor, in Staff) (Staff, error) {
	return s.putStaff(ctx, by, in, false)
}

// AddStaff adds a member of the office's staff.
func (s *Service) AddStaff(ctx context.Context, by accounts.Actor, in Staff) (Staff, error) {
	return s.putStaff(ctx, by, in, true)
}

func (s *Service) putStaff(ctx context.Context, by accounts.Actor, in Staff, fresh bool) (Staff, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Name = cleanText(in.Name)
	var bad fault.List
	bad.Check(delegationCode.MatchString(in.Code), "code", "events.code_form")
	text.Line(&bad, "name_zh", in.Name.ZH, true, 120)
	text.Line(&bad, "name_en", in.Name.EN, true, 120)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID = s.newID()
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if in.ID, err = upsertStaff(ctx, tx, in, fresh); fault.CodeOf(err) == fault.NotFound {
			return fault.Fields(fault.Field{Path: "code", Key: "field.taken"})
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, by, ident.Nil, "staff.save", "staff", in.ID, nil, map[string]any{"code": in.Code}, "")
	})
	return in, err
}
