package format

// Statuses of a plan.
const (
	Optimal    = "optimal"    // none is worth more, or as much with fewer breaks; changes of place and rank are not proven
	Feasible   = "feasible"   // keeps every hard rule
	Infeasible = "infeasible" // Conflict names what cannot stand together
	Unknown    = "unknown"    // stopped before any plan
)

// Reasons why a meeting has no place.
const (
	PartyFull    = "party_full"     // a party has all the meetings it may have
	NoCommonSlot = "no_common_slot" // its parties are never free together
	NoPlace      = "place"
	NoInterpret  = "interpreter"
	TooFar       = "travel"
	NeedsRest    = "rest"
	Precedence   = "precedence" // what must come before is not held, or too late
	LowerValue   = "value"      // better ones took its places: Because names them
)

// Reasons lists every reason.
var Reasons = []string{PartyFull, NoCommonSlot, NoPlace, NoInterpret, TooFar, NeedsRest, Precedence, LowerValue}

// Plan answers a problem.
type Plan struct {
	Format    string     `json:"format" need:"yes"`
	Status    string     `json:"status" need:"yes"`
	Conflict  []string   `json:"conflict,omitempty"` // of an infeasible problem
	Meetings  []Placed   `json:"meetings" need:"yes"`
	Unplaced  []Unplaced `json:"unplaced,omitempty"`
	Objective Objective  `json:"objective"`
	Bound     Bound      `json:"bound"`
	Seconds   float64    `json:"seconds"`
	Seed      int64      `json:"seed"`
}

// Unplaced is a meeting without a place, and why.
type Unplaced struct {
	Meeting    string   `json:"meeting" need:"yes"`
	Reason     string   `json:"reason" need:"yes"`
	Because    []string `json:"because,omitempty"`     // ids of what stands in the way
	WouldAllow string   `json:"would_allow,omitempty"` // one change that would allow it
}

// Objective is what a plan is worth, compared from left to right; Value is
// better when greater, the others when smaller.
type Objective struct {
	Moved        int `json:"moved"`         // previous meetings that are at another slot or place, or not held
	MustUnplaced int `json:"must_unplaced"` // must and fixed
	Value        int `json:"value"`         // of all that are placed
	BelowMin     int `json:"below_min"`     // meetings that parties have less than they wish for at least
	Spread       int `json:"spread"`        // most breaks of a party minus fewest, over parties with meetings
	Breaks       int `json:"breaks"`        // idle runs between two meetings of a party in one day
	PlaceChanges int `json:"place_changes"` // between successive meetings of one day, of parties with parallel 1
	// Rank counts pairs of hosts of which the lower ranked meets in the first
	// slot while the higher ranked, who has meetings, does not.
	Rank int `json:"rank"`
}

// Compare answers -1 when o is better than p, 1 when it is worse, else 0.
func (o Objective) Compare(p Objective) int {
	for _, d := range [8]int{
		o.Moved - p.Moved, o.MustUnplaced - p.MustUnplaced, p.Value - o.Value, o.BelowMin - p.BelowMin,
		o.Spread - p.Spread, o.Breaks - p.Breaks, o.PlaceChanges - p.PlaceChanges, o.Rank - p.Rank,
	} {
		if d < 0 {
			return -1
		}
		if d > 0 {
			return 1
		}
	}
	return 0
}

// Bound is proven: no plan leaves fewer must-meetings out, is worth more, or,
// when it places everything, has fewer breaks.
type Bound struct {
	MustUnplaced int `json:"must_unplaced"`
	Value        int `json:"value"`
	Breaks       int `json:"breaks"`
}
