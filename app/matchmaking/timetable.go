package matchmaking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking/format"
)

// Timetable is a plan as a grid: a row for each table, a column for each slot.
type Timetable struct {
	Plan     Plan
	Slots    []Slot
	Rows     []TimetableRow
	Unplaced []Unplaced
}

// TimetableRow is one table through all slots.
type TimetableRow struct {
	Table    string
	Room     locale.Text
	VIP      bool
	StepFree bool
	Cells    []*Cell // one for each slot; nil is free
}

// Cell is one meeting in the grid.
type Cell struct {
	Delegation, Firm         locale.Text
	DelegationCode, FirmCode string
	Trade                    locale.Text
	Interpreter              locale.Text
	Must, Mutual             bool
}

// Reasons why a request has no place, as the domain's rule 22 numbers them.
const (
	NoCommonSlot  = "NO_COMMON_SLOT"
	HostFull      = "HOST_FULL"
	NoInterpreter = "NO_INTERPRETER"
	Blocked       = "BLOCKED" // outside the desk it is said to be not possible, no more
	NoTable       = "NO_TABLE"
	LowerScore    = "LOWER_SCORE"
)

// codeOf is the domain's code of each reason of the format.
var codeOf = map[string]string{
	format.PartyFull: HostFull, format.NoCommonSlot: NoCommonSlot, format.NoPlace: NoTable, format.NoInterpret: NoInterpreter,
	format.TooFar: NoCommonSlot, format.NeedsRest: NoCommonSlot, format.Precedence: NoCommonSlot, format.LowerValue: LowerScore,
}

// Unplaced is a request that found no place, and why.
type Unplaced struct {
	Delegation, Firm locale.Text
	Must, Mutual     bool
	Code             string      // NO_COMMON_SLOT …
	Reason           string      // of the format, or blocked, or not_possible: finer than the code
	Who              locale.Text // who is full, or works without rest; empty for other reasons
	FirmIsWho        bool
}

// Timetable draws a plan as it was frozen; names are those of today. That two
// must not meet is told to those alone who set it; others read that it is not
// possible.
//
// Faults: Forbidden; NotFound, the event has no such plan.
func (s *Service) Timetable(ctx context.Context, by accounts.Actor, event, planID ident.ID) (Timetable, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return Timetable{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	p, err := planByID(ctx, s.db, event, planID)
	if err != nil {
		return Timetable{}, err
	}
	problem, solution, err := p.read()
	if err != nil {
		return Timetable{}, err
	}
	now, err := freeze(ctx, s.db, event)
	if err != nil {
		return Timetable{}, fmt.Errorf("freeze matchmaking: %w", err)
	}
	p.Stale = p.Status == DraftPlan && !slices.Equal(now.digest, p.InputDigest)
	t := Timetable{Plan: p.Plan}
	column, row := map[string]int{}, map[string]int{}
	for i, slot := range problem.Slots {
		column[slot.ID] = i
		t.Slots = append(t.Slots, Slot{Code: slot.ID, Part: slot.Part, StartsAt: slot.StartsAt, EndsAt: slot.EndsAt})
	}
	for i, place := range problem.Places {
		row[place.ID] = i
		t.Rows = append(t.Rows, TimetableRow{
			Table: place.ID, Room: locale.Text{ZH: now.tables[place.ID].RoomZH, EN: now.tables[place.ID].RoomEN}, VIP: place.VIP, StepFree: place.StepFree,
			Cells: make([]*Cell, len(problem.Slots)),
		})
	}
	meetings := map[string]format.Meeting{}
	for _, m := range problem.Meetings {
		meetings[m.ID] = m
	}
	for _, placed := range solution.Meetings {
		m := meetings[placed.Meeting]
		t.Rows[row[placed.Place]].Cells[column[placed.Slot]] = now.cell(m, placed)
	}
	for _, u := range solution.Unplaced {
		t.Unplaced = append(t.Unplaced, now.unplaced(meetings[u.Meeting], u))
	}
	reason := blockedTo(by, event)
	for _, b := range now.blocked {
		t.Unplaced = append(t.Unplaced, Unplaced{Delegation: b.delegation.Name(), Firm: b.firm.Name(), Mutual: b.mutual, Code: Blocked, Reason: reason})
	}
	slices.SortStableFunc(t.Unplaced, func(a, b Unplaced) int {
		return cmp.Or(cmp.Compare(a.Delegation.EN, b.Delegation.EN), cmp.Compare(a.Firm.EN, b.Firm.EN))
	})
	return t, nil
}

// named answers how people read a party of a problem, by its code when it is
// there no more.
func (f *frozen) named(id string) partyRow {
	if d, known := f.delegations[id]; known {
		return d
	}
	if firm, known := f.firms[id]; known {
		return firm
	}
	return partyRow{Code: id, NameZH: id, NameEN: id}
}

func (f *frozen) cell(m format.Meeting, placed format.Placed) *Cell {
	d, firm, i := f.named(m.Parties[0]), f.named(m.Parties[1]), f.interpreters[placed.Interpreter]
	return &Cell{
		Delegation: d.Name(), Firm: firm.Name(), DelegationCode: d.Code, FirmCode: firm.Code, Trade: locale.Text{ZH: firm.TradeZH, EN: firm.TradeEN},
		Interpreter: i.Name, Must: m.Tier == format.Must, Mutual: f.pairs[m.ID].mutual,
	}
}

func (f *frozen) unplaced(m format.Meeting, u format.Unplaced) Unplaced {
	d, firm := f.named(m.Parties[0]), f.named(m.Parties[1])
	out := Unplaced{Delegation: d.Name(), Firm: firm.Name(), Must: m.Tier == format.Must, Mutual: f.pairs[m.ID].mutual, Code: codeOf[u.Reason], Reason: u.Reason}
	if u.Reason == format.PartyFull || u.Reason == format.NeedsRest {
		out.Who = d.Name()
		if len(u.Because) > 0 && u.Because[0] == m.Parties[1] {
			out.Who, out.FirmIsWho = firm.Name(), true
		}
	}
	return out
}

// Published answers the plan in force.
//
// Faults: Forbidden; NotFound, nothing was published.
func (s *Service) Published(ctx context.Context, by accounts.Actor, event ident.ID) (Plan, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return Plan{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	p, err := publishedPlan(ctx, s.db, event)
	if fault.CodeOf(err) == fault.NotFound {
		err = fault.Wrap(err, fault.NotFound, "matchmaking.none_published")
	}
	return p, err
}

// Appointment is one published meeting as the people in it need it.
type Appointment struct {
	ID           ident.ID    `db:"id"`
	State        string      `db:"state"`
	Must         bool        `db:"must"`
	Mutual       bool        `db:"mutual"`
	Version      int         `db:"version"` // rises when it moves
	StartsAt     time.Time   `db:"starts_at"`
	EndsAt       time.Time   `db:"ends_at"`
	TimeZone     string      `db:"time_zone"` // of the place
	Table        string      `db:"table_code"`
	Room         locale.Text `db:"room"`
	DelegationID ident.ID    `db:"delegation_id"`
	Delegation   locale.Text `db:"delegation"` // the city's side
	Country      locale.Text `db:"country"`
	FirmID       ident.ID    `db:"firm_id"`
	Firm         locale.Text `db:"firm"`        // the local side
	Interpreter  locale.Text `db:"interpreter"` // empty when nobody need interpret
	Deserted     bool        `db:"deserted"`    // the interpreter does not come, and nobody else was found yet
}

// Ahead tells whether the meeting is still to be held.
func (a Appointment) Ahead(now time.Time) bool {
	return a.EndsAt.After(now) && slices.Contains([]string{"scheduled", "confirmed", "running", "rescheduled"}, a.State)
}

// Zone is the zone in which its times are shown.
func (a Appointment) Zone() *time.Location {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil { // the database holds only zones that events checked
		return time.UTC
	}
	return zone
}

// OfRegistration answers the published meetings of a registrant in order of
// time: those of the delegation or firm, and those that the registrant
// interprets. Whoever may see the registration may see them; nothing of a draft
// is in it.
func (s *Service) OfRegistration(ctx context.Context, registration ident.ID) ([]Appointment, error) {
	return appointmentsOf(ctx, s.db, appointmentsOfRegistration, registration)
}

// OfDelegation answers a delegation's published meetings in order of time.
func (s *Service) OfDelegation(ctx context.Context, delegation ident.ID) ([]Appointment, error) {
	return appointmentsOf(ctx, s.db, appointmentsOfDelegation, delegation)
}

// Ahead answers which firms a delegation still meets, and how often, as the caller's
// transaction finds it.
func (s *Service) Ahead(ctx context.Context, tx *sqlx.Tx, delegation ident.ID) (map[ident.ID]int, error) {
	list, err := appointmentsOf(ctx, tx, appointmentsOfDelegation, delegation)
	ahead := map[ident.ID]int{}
	for _, a := range list {
		if a.Ahead(s.now()) {
			ahead[a.FirmID]++
		}
	}
	return ahead, err
}

// Interpreted answers the meetings ahead that a registrant interprets, in order of time:
// nobody takes them over by itself when another comes in their place.
func (s *Service) Interpreted(ctx context.Context, registration ident.ID) ([]Appointment, error) {
	return s.ahead(ctx, appointmentsInterpretedBy, registration)
}

// Deserted answers an event's meetings ahead whose interpreter does not come, in order of
// time.
//
// Fault: Forbidden.
func (s *Service) Deserted(ctx context.Context, by accounts.Actor, event ident.ID) ([]Appointment, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.ahead(ctx, appointmentsDeserted, event)
}

func (s *Service) ahead(ctx context.Context, whose string, id ident.ID) ([]Appointment, error) {
	list, err := appointmentsOf(ctx, s.db, whose, id)
	return slices.DeleteFunc(list, func(a Appointment) bool { return !a.Ahead(s.now()) }), err
}

// OfFirm answers a firm's published meetings at an event in order of time.
func (s *Service) OfFirm(ctx context.Context, event, firm ident.ID) ([]Appointment, error) {
	return appointmentsOf(ctx, s.db, appointmentsOfFirm, event, firm)
}

// Figures are what the desk plans with.
type Figures struct {
	Wishes       int `db:"wishes"`  // pairs of which one side asked or the office demands
	Blocked      int `db:"blocked"` // of these, forbidden; zero for those who may not know
	Musts        int `db:"musts"`
	Delegations  int `db:"delegations"` // with a wish
	Firms        int `db:"firms"`       // with a wish
	Slots        int `db:"slots"`
	Tables       int `db:"tables"`
	Interpreters int `db:"interpreters"`
}

// Figures counts an event's requests and means.
//
// Fault: Forbidden.
func (s *Service) Figures(ctx context.Context, by accounts.Actor, event ident.ID) (Figures, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return Figures{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	f, err := figuresOf(ctx, s.db, event)
	if !by.May(accounts.EditMatchmaking, event) {
		f.Blocked = 0
	}
	return f, err
}
