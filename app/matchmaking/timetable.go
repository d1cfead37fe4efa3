package matchmaking

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking/format"
)

// Appointment is one published meeting as the people in it need it.
type Appointment struct {
	ID             ident.ID  `db:"id"`
	State          string    `db:"state"`
	Must           bool      `db:"must"`
	Mutual         bool      `db:"mutual"`
	Version        int       `db:"version"` // rises when it moves
	StartsAt       time.Time `db:"starts_at"`
	EndsAt         time.Time `db:"ends_at"`
	Table          string    `db:"table_code"`
	RoomZH         string    `db:"room_zh"`
	RoomEN         string    `db:"room_en"`
	DelegationID   ident.ID  `db:"delegation_id"`
	DelegationCode string    `db:"delegation_code"`
	DelegationZH   string    `db:"delegation_zh"`
	DelegationEN   string    `db:"delegation_en"`
	Country        string    `db:"country"`
	FirmID         ident.ID  `db:"firm_id"`
	FirmCode       string    `db:"firm_code"`
	FirmZH         string    `db:"firm_zh"`
	FirmEN         string    `db:"firm_en"`
	InterpreterZH  string    `db:"interpreter_zh"`
	InterpreterEN  string    `db:"interpreter_en"`
}

// Room is where the table stands.
func (a Appointment) Room() locale.Text { return locale.Text{ZH: a.RoomZH, EN: a.RoomEN} }

// Delegation is the city's side.
func (a Appointment) Delegation() locale.Text {
	return locale.Text{ZH: a.DelegationZH, EN: a.DelegationEN}
}

// Firm is the local side.
func (a Appointment) Firm() locale.Text { return locale.Text{ZH: a.FirmZH, EN: a.FirmEN} }

// Interpreter is who interprets; empty when nobody need.
func (a Appointment) Interpreter() locale.Text {
	return locale.Text{ZH: a.InterpreterZH, EN: a.InterpreterEN}
}

// OfDelegation answers a delegation's published meetings in order of time.
func (s *Service) OfDelegation(ctx context.Context, delegation ident.ID) ([]Appointment, error) {
	return appointmentsOfDelegation(ctx, s.db, delegation)
}

// OfFirm answers a firm's published meetings at an event in order of time.
func (s *Service) OfFirm(ctx context.Context, event, firm ident.ID) ([]Appointment, error) {
	return appointmentsOfFirm(ctx, s.db, event, firm)
}

// Timetable is a plan as a grid: a row for each table, a column for each slot.
type Timetable struct {
	Plan     Plan
	Slots    []Slot
	Rows     []TimetableRow
	Unplaced []Unplaced
	Breaks   int // idle runs between two meetings of a party
}

// TimetableRow is one table through all slots.
type TimetableRow struct {
	Table string
	Room  string
	VIP   bool
	Cells []*Cell // one for each slot; nil is free
}

// Cell is one meeting in the grid.
type Cell struct {
	Delegation, Firm         locale.Text
	DelegationCode, FirmCode string
	Country, Trade           string
	Interpreter              locale.Text
	Must, Mutual             bool
}

// Unplaced is a request that found no place, with the reason and what would
// allow it.
type Unplaced struct {
	Delegation, Firm locale.Text
	Must             bool
	Reason           string // a code of the format, with a sentence in the catalogues
	WouldAllow       string
}

// Timetable draws a plan. A draft is for the desk alone.
//
// Faults: Forbidden; NotFound.
func (s *Service) Timetable(ctx context.Context, by accounts.Actor, planID ident.ID) (Timetable, error) {
	p, err := planByID(ctx, s.db, planID)
	if err != nil {
		return Timetable{}, err
	}
	if !by.May(accounts.SeeMatchmaking, p.EventID) {
		return Timetable{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	var problem format.Problem
	var solution format.Plan
	if err := json.Unmarshal(p.Problem, &problem); err != nil {
		return Timetable{}, fmt.Errorf("read problem of plan %d: %w", p.Number, err)
	}
	if err := json.Unmarshal(p.Solution, &solution); err != nil {
		return Timetable{}, fmt.Errorf("read plan %d: %w", p.Number, err)
	}
	rules, err := s.RulesOf(ctx, p.EventID)
	if err != nil {
		return Timetable{}, err
	}
	input, err := freeze(ctx, s.db, p.EventID, rules) // for names and marks; the plan itself is as it was frozen
	if err != nil {
		return Timetable{}, err
	}
	t := Timetable{Plan: p.Plan, Breaks: solution.Objective.Breaks}
	column := map[string]int{}
	for i, slot := range problem.Slots {
		column[slot.ID] = i
		t.Slots = append(t.Slots, Slot{Code: slot.ID, Part: slot.Part, StartsAt: slot.StartsAt, EndsAt: slot.EndsAt})
	}
	row := map[string]int{}
	for i, place := range problem.Places {
		row[place.ID] = i
		t.Rows = append(t.Rows, TimetableRow{Table: place.ID, Room: place.Room, VIP: place.VIP, Cells: make([]*Cell, len(problem.Slots))})
	}
	meetings := map[string]format.Meeting{}
	for _, m := range problem.Meetings {
		meetings[m.ID] = m
	}
	for _, placed := range solution.Meetings {
		m := meetings[placed.Meeting]
		d, firm := input.delegations[m.Parties[0]], input.firms[m.Parties[1]]
		i := input.interpreters[placed.Interpreter]
		t.Rows[row[placed.Place]].Cells[column[placed.Slot]] = &Cell{
			Delegation: locale.Text{ZH: d.NameZH, EN: d.NameEN}, Firm: locale.Text{ZH: firm.NameZH, EN: firm.NameEN},
			DelegationCode: d.Code, FirmCode: firm.Code, Country: d.Country, Trade: firm.Trade,
			Interpreter: locale.Text{ZH: i.NameZH, EN: i.NameEN}, Must: m.Tier == "must", Mutual: input.pairs[m.ID].mutual,
		}
	}
	for _, u := range solution.Unplaced {
		m := meetings[u.Meeting]
		d, firm := input.delegations[m.Parties[0]], input.firms[m.Parties[1]]
		t.Unplaced = append(t.Unplaced, Unplaced{
			Delegation: locale.Text{ZH: d.NameZH, EN: d.NameEN}, Firm: locale.Text{ZH: firm.NameZH, EN: firm.NameEN},
			Must: m.Tier == "must", Reason: u.Reason, WouldAllow: u.WouldAllow,
		})
	}
	slices.SortFunc(t.Unplaced, func(a, b Unplaced) int { return compare(a.Delegation.EN+a.Firm.EN, b.Delegation.EN+b.Firm.EN) })
	return t, nil
}

// Published answers the plan in force.
//
// Fault: NotFound, nothing was published.
func (s *Service) Published(ctx context.Context, event ident.ID) (Plan, error) {
	list, err := plansOf(ctx, s.db, event)
	if err != nil {
		return Plan{}, fmt.Errorf("list plans: %w", err)
	}
	for _, p := range list {
		if p.Status == "published" {
			return p, nil
		}
	}
	return Plan{}, fault.New(fault.NotFound, "matchmaking.none_published")
}
