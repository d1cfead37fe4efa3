package doors

import (
	"slices"
	"time"
)

// Code says why a verdict is what it is. The codes and their order are a
// contract (domain 4.7).
type Code string

// The codes.
const (
	OK               Code = "OK"
	OKOffline        Code = "OK_OFFLINE"
	Malformed        Code = "MALFORMED"
	BadSignature     Code = "BAD_SIGNATURE"
	WrongEvent       Code = "WRONG_EVENT"
	Unknown          Code = "UNKNOWN"
	Revoked          Code = "REVOKED"
	Superseded       Code = "SUPERSEDED"
	Suspended        Code = "SUSPENDED"
	NotActive        Code = "NOT_ACTIVE"
	NotYetValid      Code = "NOT_YET_VALID"
	EventOver        Code = "EVENT_OVER"
	WrongDay         Code = "WRONG_DAY"
	DuplicateRead    Code = "DUPLICATE_READ"
	WrongZone        Code = "WRONG_ZONE"
	NotOnList        Code = "NOT_ON_LIST"
	EscortRequired   Code = "ESCORT_REQUIRED"
	AlreadyInside    Code = "ALREADY_INSIDE"
	CapacityFull     Code = "CAPACITY_FULL"
	ExitWithoutEntry Code = "EXIT_WITHOUT_ENTRY"
	ManualOverride   Code = "MANUAL_OVERRIDE"
)

// Direction is the way through a gate.
type Direction string

// The directions. A gate may serve Both; a scan goes one way.
const (
	In   Direction = "in"
	Out  Direction = "out"
	Both Direction = "both"
)

// Reach says what a rule needs to know, and so whether a door without a network
// can ask it.
type Reach string

// The reaches.
const (
	Alone      Reach = "alone"       // the code, the key ring and the clock
	Snapshot   Reach = "snapshot"    // as of the list that the device last loaded
	ThisDevice Reach = "this_device" // the device knows its own readings only
	OnlineOnly Reach = "online_only" // nobody but the server knows
)

// Facts are all that a verdict rests on.
type Facts struct {
	Direction Direction
	At        time.Time
	Offline   bool

	Readable  bool // the code is a badge's
	Genuine   bool // a key of the ring signed it
	SameEvent bool // the badge belongs to the gate's event
	Known     bool // there is such a badge

	State     string // of the badge
	ValidFrom time.Time
	ValidTo   time.Time
	Day       int   // of the event on which At falls, from 1
	Days      []int // of the event on which the badge opens doors

	Before *Before // the same badge at the same gate the same way a moment ago

	Type      string   // of the badge
	Zones     []string // that its type opens, and the person's own
	Zone      string   // behind the gate
	List      bool     // the gate asks for a session's access list
	OnList    bool
	EscortFor []string // badge types that need an escort here
	Escorted  bool     // an escort's badge passed a moment ago

	AntiPassback bool
	Inside       bool // the person came in today and has not left
	Capacity     int  // of the zone; zero: not limited
	Count        int  // who is inside now
}

// Before is the reading that a second one repeats.
type Before struct {
	Granted bool
	Code    Code
}

// RepeatWithin is how soon a second reading of a badge at one gate is the same
// reading: the badge was held a moment longer.
const RepeatWithin = 10 * time.Second

// EscortWithin is how soon after an escort's badge the escorted person follows.
const EscortWithin = 30 * time.Second

// EscortType is the badge type that may escort.
const EscortType = "ORG"

// Rule is one row of the decision table: the first row that refuses gives the
// code.
type Rule struct {
	Order   int // of the check in domain 4.7
	Code    Code
	Reach   Reach
	Leaving bool // asked on the way out too: whoever is inside may always leave, unless the badge itself is bad
	Refuses func(f Facts) bool
}

// Rules is the decision table of entry, in its fixed order.
var Rules = []Rule{
	{1, Malformed, Alone, true, func(f Facts) bool { return !f.Readable }},
	{2, BadSignature, Alone, true, func(f Facts) bool { return !f.Genuine }},
	{3, WrongEvent, Alone, true, func(f Facts) bool { return !f.SameEvent }},
	{4, Unknown, Snapshot, true, func(f Facts) bool { return !f.Known }},
	{5, Revoked, Snapshot, true, state("revoked")},
	{5, Superseded, Snapshot, true, state("superseded")},
	{5, Suspended, Snapshot, true, state("suspended")},
	{5, NotActive, Snapshot, true, func(f Facts) bool { return f.State != "active" }},
	{6, NotYetValid, Alone, false, func(f Facts) bool { return f.At.Before(f.ValidFrom) }},
	{6, EventOver, Alone, false, func(f Facts) bool { return !f.At.Before(f.ValidTo) }},
	{6, WrongDay, Alone, false, func(f Facts) bool { return !slices.Contains(f.Days, f.Day) }},
	{7, DuplicateRead, ThisDevice, true, func(f Facts) bool { return f.Before != nil }},
	{8, WrongZone, Snapshot, false, func(f Facts) bool { return !slices.Contains(f.Zones, f.Zone) }},
	{9, NotOnList, Snapshot, false, func(f Facts) bool { return f.List && !f.OnList }},
	{10, EscortRequired, Snapshot, false, func(f Facts) bool { return slices.Contains(f.EscortFor, f.Type) && !f.Escorted }},
	{11, AlreadyInside, ThisDevice, false, func(f Facts) bool { return f.AntiPassback && f.Inside }},
	{12, CapacityFull, OnlineOnly, false, func(f Facts) bool { return f.Capacity > 0 && f.Count >= f.Capacity && !f.Inside }},
}

func state(s string) func(Facts) bool { return func(f Facts) bool { return f.State == s } }

// Ruling is what the rules say of one scan.
type Ruling struct {
	Granted bool
	Code    Code
	First   Code // of a repeated reading: the code that it repeats
}

// Judge applies the decision table. It is pure: the same facts give the same
// ruling, on the server and, without the rows that need one, on a phone.
func Judge(f Facts) Ruling {
	for _, rule := range Rules {
		switch {
		case f.Direction == Out && !rule.Leaving, f.Offline && rule.Reach == OnlineOnly:
			continue
		case !rule.Refuses(f):
			continue
		case rule.Code == DuplicateRead:
			return Ruling{Granted: f.Before.Granted, Code: DuplicateRead, First: f.Before.Code}
		}
		return Ruling{Code: rule.Code}
	}
	switch {
	case f.Direction == Out && !f.Inside:
		return Ruling{Granted: true, Code: ExitWithoutEntry}
	case f.Offline:
		return Ruling{Granted: true, Code: OKOffline}
	}
	return Ruling{Granted: true, Code: OK}
}

// Enters tells whether the ruling moves a person through the gate: a repeated
// reading does not.
func (r Ruling) Enters() bool { return r.Granted && r.Code != DuplicateRead }
