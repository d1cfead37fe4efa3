// Package format is how matchmaking is written down: the problem that the desk
// freezes (qianshou-problem/1) and the plan that answers it (qianshou-plan/1).
// The solver, the checker and any outside program speak it.
//
// Where the words of the format leave room, they mean this:
//
//   - A day is the calendar day of a slot's start, in the offset it is written in.
//   - A meeting of length n takes its slot and the n-1 that follow in the list,
//     all of one day and one part.
//   - Meetings are in a row when they take slots that follow each other in the
//     list and within one day, with a pause between that is shorter than the
//     shorter of the two slots. A pause as long as a slot, such as coffee, is rest.
//   - Travel binds those who cannot be in two places: parties with parallel 1, and
//     interpreters. What ends before a journey must end that many minutes before.
//   - A meeting whose predecessor is not held is not held either.
package format

import "time"

// The names of the two formats, the first field of each file.
const (
	ProblemFormat = "qianshou-problem/1"
	PlanFormat    = "qianshou-plan/1"
)

// Problem is everything a plan rests on. It knows no names and no database:
// rest, language and never-meet rules are resolved into its lists by the desk.
type Problem struct {
	Format       string        `json:"format" need:"yes"`
	Slots        []Slot        `json:"slots" need:"yes"` // in order of time
	Places       []Place       `json:"places" need:"yes"`
	Travel       []Travel      `json:"travel,omitempty"`
	Parties      []Party       `json:"parties" need:"yes"`
	Interpreters []Interpreter `json:"interpreters,omitempty"`
	Meetings     []Meeting     `json:"meetings" need:"yes"`
	Fairness     *Fairness     `json:"fairness,omitempty"`
	Previous     []Placed      `json:"previous,omitempty"` // the published plan; makes the run a repair
}

// Slot is a unit of the meeting grid.
type Slot struct {
	ID       string    `json:"id" need:"yes"`
	StartsAt time.Time `json:"starts_at" need:"yes"`
	EndsAt   time.Time `json:"ends_at" need:"yes"`
	Part     string    `json:"part,omitempty"`
}

// Place is a table or a room: one meeting at a time.
type Place struct {
	ID          string   `json:"id" need:"yes"`
	Room        string   `json:"room,omitempty"`
	StepFree    bool     `json:"step_free,omitempty"`
	VIP         bool     `json:"vip,omitempty"`
	Unavailable []string `json:"unavailable,omitempty"`
}

// Has tells whether the place offers what a party needs.
func (p Place) Has(need string) bool {
	return need == NeedVIP && p.VIP || need == NeedStepFree && p.StepFree
}

// What a party may need of a place.
const (
	NeedVIP      = "vip"
	NeedStepFree = "step_free"
)

// Travel is the walk between two rooms in whole minutes, the same both ways.
// Rooms that no entry names are next to each other.
type Travel struct {
	From    string `json:"from" need:"yes"`
	To      string `json:"to" need:"yes"`
	Minutes int    `json:"minutes" need:"yes"`
}

// Sides of a party.
const (
	HostSide  = "host"
	GuestSide = "guest"
)

// Party is a delegation, a firm, or any side of a meeting.
type Party struct {
	ID          string   `json:"id" need:"yes"`
	Side        string   `json:"side,omitempty"`        // host or guest
	Rank        int      `json:"rank,omitempty"`        // order of precedence from 1; 0 has none
	Parallel    int      `json:"parallel" default:"1"`  // meetings at once
	Min         int      `json:"min,omitempty"`         // wished at least
	Max         *int     `json:"max,omitempty"`         // allowed at most
	MaxRun      *int     `json:"max_run,omitempty"`     // slots of work in a row
	Languages   []string `json:"languages,omitempty"`   // told for the reader; the rule is in the meetings
	Needs       []string `json:"needs,omitempty"`       // vip, step_free
	Unavailable []string `json:"unavailable,omitempty"` // slots
	Group       *string  `json:"group,omitempty"`       // of competitors
}

// Interpreter serves the pairs of languages it lists, in either direction.
type Interpreter struct {
	ID          string      `json:"id" need:"yes"`
	Pairs       [][2]string `json:"pairs" need:"yes"`
	Max         *int        `json:"max,omitempty"`
	MaxRun      *int        `json:"max_run,omitempty"`
	Unavailable []string    `json:"unavailable,omitempty"`
}

// Serves tells whether the interpreter works between two languages.
func (i Interpreter) Serves(pair [2]string) bool {
	for _, p := range i.Pairs {
		if p == pair || p == [2]string{pair[1], pair[0]} {
			return true
		}
	}
	return false
}

// Tiers of a meeting.
const (
	Fixed = "fixed" // must be there, at its only slot
	Must  = "must"
	Wish  = "wish"
)

// Meeting is a wish that two parties meet.
type Meeting struct {
	ID          string     `json:"id" need:"yes"`
	Parties     []string   `json:"parties" need:"yes"` // two
	Tier        string     `json:"tier" default:"wish"`
	Value       int        `json:"value" default:"1"`     // 1 … 1000
	Length      int        `json:"length" default:"1"`    // slots
	Slots       []string   `json:"slots,omitempty"`       // where it may start; none: anywhere
	Places      []string   `json:"places,omitempty"`      // none: anywhere
	Interpreter *[2]string `json:"interpreter,omitempty"` // the pair of languages it needs
	After       []string   `json:"after,omitempty"`       // meetings that must end before it starts
}

// Fairness bounds how unequal breaks may be.
type Fairness struct {
	MaxBreakSpread *int `json:"max_break_spread,omitempty"`
}

// Placed is a meeting with its slot, its place and, where it needs one, its
// interpreter. Pinned meetings of a previous plan keep slot and place.
type Placed struct {
	Meeting     string `json:"meeting" need:"yes"`
	Slot        string `json:"slot" need:"yes"`
	Place       string `json:"place" need:"yes"`
	Interpreter string `json:"interpreter,omitempty"`
	Pinned      bool   `json:"pinned,omitempty"`
}
