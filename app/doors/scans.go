package doors

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Scan is one reading of a badge at a gate. Either Token or Reference says whose.
type Scan struct {
	ScanID    ident.ID // made by the device; repeats are harmless
	Gate      string   // ID or code; empty: the gate at which the device stands
	Token     string   // what the QR code says
	Reference string   // what was typed instead: a registration's reference or a badge's serial
	ScannedAt time.Time
	Direction Direction // empty: the gate's own, where it has one only
}

// Verdict answers a scan.
type Verdict struct {
	ScanID    ident.ID
	Granted   bool
	Code      Code
	First     Code // of DUPLICATE_READ: the code that it repeats
	Conflict  Code // offline only: what the server would have said instead; empty when the same
	At        time.Time
	Gate      Gate
	Direction Direction
	Person    *Person // nil when the badge is nobody's, or when its holder is not for the door to see
	// Calm asks the door to keep its voice down: a head of delegation is never
	// turned away by a red screen.
	Calm bool
	// Since and SinceGate say of ALREADY_INSIDE when and where the person came in.
	Since     *time.Time
	SinceGate locale.Text
	// Ended says of a person who is turned away why they do not come any more; nil:
	// they do, or the reason is another.
	Ended *Ended
}

// Person is whom the door sees.
type Person struct {
	RegistrationID ident.ID    `db:"registration_id"`
	Reference      string      `db:"reference"`
	Serial         string      `db:"serial"`
	Name           string      `db:"name"`
	NameNative     string      `db:"name_native"`
	NameZH         string      `db:"name_zh"`
	Role           string      `db:"role"`
	Title          locale.Text `db:"title"`
	Organisation   string      `db:"organisation"`
	Delegation     locale.Text `db:"delegation"`
	Country        locale.Text `db:"country"`
	BadgeType      string      `db:"badge_type"`
	Badge          locale.Text `db:"badge"`    // the name of the badge type
	PhotoID        ident.ID    `db:"photo_id"` // the file of the portrait; Nil: there is none
}

// Head tells whether the person leads a delegation.
func (p Person) Head() bool { return p.Role == "head" }

// errRepeated says that a scan of this ScanID was recorded meanwhile.
var errRepeated = errors.New("this scan is recorded already")

// Admit records one scan of a badge and answers whether its holder may pass. A
// refusal is an answer, not an error, and is recorded too. Repeating a ScanID
// answers the first verdict and records nothing. Two doors that read one badge
// in the same instant admit one: the holder's registration is locked while the
// scan is judged. The verdict is about the present; the device's clock is only noted.
//
// Faults: Forbidden; Invalid with fields; Conflict, the gate is closed, or the
// ScanID stands for another gate's scan.
func (s *Service) Admit(ctx context.Context, by accounts.Actor, in Scan) (Verdict, error) {
	return s.scan(ctx, by, in, nil)
}

// offline is what a device decided by itself and sends later.
type offline struct {
	at      time.Time // the device's clock put right
	granted bool
	code    Code
	reason  string // of an override
}

func (s *Service) scan(ctx context.Context, by accounts.Actor, in Scan, told *offline) (v Verdict, err error) {
	if in.ScanID == ident.Nil {
		return v, fault.Fields(fault.Field{Path: "scan_id", Key: "field.required"})
	}
	if (in.Token == "") == (in.Reference == "") {
		return v, fault.Fields(fault.Field{Path: "token", Key: "scan.token_or_reference"})
	}
	for range 2 { // the second time finds what a twin recorded meanwhile
		err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
			v, err = s.scanIn(ctx, tx, by, in, told)
			return err
		})
		if !errors.Is(err, errRepeated) {
			break
		}
	}
	return v, err
}

func (s *Service) scanIn(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, in Scan, told *offline) (Verdict, error) {
	now := s.now()
	token, parseErr := badges.Parse(in.Token)
	g, direction, err := s.gateFor(ctx, tx, by, in, int(token.KeyID), told != nil)
	if err != nil {
		return Verdict{}, err
	}
	f := Facts{Direction: direction, At: now, Readable: true, Genuine: true, SameEvent: true}
	if told != nil {
		f.At, f.Offline = told.at, true
	}
	var holder credential
	if in.Reference != "" {
		if err := s.mayType(ctx, tx, by, g, now); err != nil {
			return Verdict{}, err
		}
		holder, f.Known, err = credentialByReference(ctx, tx, g.EventID, strings.ToUpper(strings.TrimSpace(in.Reference)))
	} else {
		f.Readable = parseErr == nil
		f.Genuine = f.Readable && token.Verify(map[uint8]ed25519.PublicKey{token.KeyID: g.PublicKey}) == nil
		f.SameEvent = f.Genuine && int(token.Event) == g.EventNumber
		if f.SameEvent {
			holder, f.Known, err = credentialByToken(ctx, tx, g.EventID, token.Credential[:])
		}
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("read badge: %w", err)
	}
	if v, seen, err := s.recorded(ctx, tx, g, in.ScanID, holder.ID); err != nil || seen {
		return v, err
	}
	if !g.Open && told == nil {
		return Verdict{}, fault.New(fault.Conflict, "gate.closed", g.Code)
	}
	trail, err := s.gather(ctx, tx, g, holder, &f)
	if err != nil {
		return Verdict{}, err
	}
	r := Judge(f)
	row := scanRow{
		EventID: g.EventID, ID: s.newID(), ScanID: in.ScanID, GateID: g.ID, BadgeID: holder.ID, RegistrationID: holder.RegistrationID,
		Direction: direction, Granted: r.Granted, Code: r.Code, FirstCode: r.First, ReadBy: "code", Mode: "online",
		ScannedAt: in.ScannedAt, JudgedAt: f.At, ReceivedAt: now,
	}
	if by.Kind == accounts.Device {
		row.DeviceID = by.ID
	}
	if in.Reference != "" {
		row.ReadBy = "reference"
	}
	if row.ScannedAt.IsZero() {
		row.ScannedAt = now
	}
	if told != nil {
		row.settle(*told)
	}
	if err := s.keep(ctx, tx, by, g, row); err != nil {
		return Verdict{}, err
	}
	if row.Code == ManualOverride && row.RegistrationID != ident.Nil {
		if err := s.record(ctx, tx, by, g.EventID, "door.override", "registration", row.RegistrationID, row.OverrideReason); err != nil {
			return Verdict{}, err
		}
	}
	v := verdictOf(g, row, holder.person())
	if v.Code == AlreadyInside {
		v.Since, v.SinceGate = trail.Since, trail.SinceGate
	}
	return v, s.explain(ctx, tx, g, row, &v)
}

// A device types at most so many references in so long: a queue without codes is
// slower than that, and somebody who reads the list of guests is not.
const (
	mostTyped = 30
	typedIn   = 5 * time.Minute
)

// mayType tells whether a device may still find people by typed references.
//
// Fault: Throttled.
func (s *Service) mayType(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, g post, now time.Time) error {
	if by.Kind != accounts.Device || by.Supervisor {
		return nil
	}
	n, err := typedSince(ctx, tx, g.ID, by.ID, now.Add(-typedIn))
	if err != nil {
		return fmt.Errorf("count typed references: %w", err)
	}
	if n >= mostTyped {
		return fault.New(fault.Throttled, "scan.typed_often", mostTyped, int(typedIn/time.Minute))
	}
	return nil
}

// settle writes down what the device decided, and what the server would have
// said where that is something else.
func (r *scanRow) settle(told offline) {
	r.Mode, r.OverrideReason = "offline", told.reason
	if r.Granted != told.granted || !r.Granted && r.Code != told.code && told.code != ManualOverride {
		r.ServerCode = r.Code
	}
	r.Granted, r.Code, r.FirstCode = told.granted, told.code, ""
}

// gateFor finds the gate of a scan and the direction through it.
func (s *Service) gateFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, in Scan, key int, queued bool) (g post, d Direction, err error) {
	field := func(path, what string, args ...any) error {
		return fault.Fields(fault.Field{Path: path, Key: what, Args: args})
	}
	id, parseErr := ident.Parse(in.Gate)
	switch {
	case in.Gate == "" && by.Kind == accounts.Device:
		id = by.GateID
	case in.Gate == "":
		return g, d, field("gate", "field.required")
	case parseErr != nil:
		id = ident.Nil
	}
	found, err := postsOf(ctx, tx, id, strings.ToUpper(in.Gate), key)
	if err != nil {
		return g, d, fmt.Errorf("read gate: %w", err)
	}
	// A code may stand in several events; those that the caller may not scan for
	// are not there for them.
	mine := found[:0]
	for _, p := range found {
		if by.May(accounts.ScanBadges, p.EventID) {
			mine = append(mine, p)
		}
	}
	switch {
	case len(found) > 0 && len(mine) == 0:
		return g, d, forbidden()
	case len(mine) == 0:
		return g, d, field("gate", "scan.no_gate")
	case len(mine) > 1:
		return g, d, field("gate", "scan.gate_ambiguous")
	}
	g = mine[0]
	if by.Kind == accounts.Device && by.GateID != g.ID && !queued {
		return g, d, forbidden() // a device stands at one gate; what it read elsewhere before it was moved comes in its queue
	}
	d = in.Direction
	switch {
	case d == "" && g.Direction != Both:
		d = g.Direction
	case d == "":
		d = In
	case d != In && d != Out:
		return g, d, field("direction", "field.choice")
	case g.Direction != Both && g.Direction != d:
		return g, d, field("direction", "scan.direction", g.Code)
	}
	return g, d, nil
}

// gather completes the facts with what is known of the badge and its holder.
func (s *Service) gather(ctx context.Context, tx *sqlx.Tx, g post, holder credential, f *Facts) (t trail, err error) {
	if !f.Known {
		return t, nil
	}
	f.State, f.Type, f.ValidFrom, f.ValidTo = string(holder.State), holder.BadgeType, holder.ValidFrom, holder.ValidTo
	f.Day, f.Days = g.event().Day(f.At), holder.days()
	f.Zones, f.Zone, f.EscortFor = append(holder.Zones, holder.ExtraZones...), g.ZoneCode, g.EscortFor
	f.AntiPassback, f.Capacity = g.AntiPassback, g.Capacity
	if t, err = trailOf(ctx, tx, g, holder, *f); err != nil {
		return t, fmt.Errorf("read trail: %w", err)
	}
	if t.BeforeCode != "" {
		f.Before = &Before{Granted: t.BeforeGranted, Code: t.BeforeCode}
	}
	f.List, f.OnList, f.Escorted, f.Inside = g.SessionID != ident.Nil, t.OnList, t.Escorted, t.Since != nil
	if f.Capacity > 0 && f.Direction == In && !f.Offline {
		if f.Count, err = s.countInside(ctx, tx, g, f.At); err != nil {
			return t, fmt.Errorf("count inside: %w", err)
		}
	}
	return t, nil
}

// nearlyFull is how many places before the last one the scans of a zone queue up
// for their turn: more than there are connections, so that those that do not wait
// cannot fill it together. Elsewhere no scan waits for another person's.
const nearlyFull = 128

func (s *Service) countInside(ctx context.Context, tx *sqlx.Tx, g post, at time.Time) (int, error) {
	n, err := insideZone(ctx, tx, g.ZoneID, dayStart(g, at))
	if err != nil || n < g.Capacity-nearlyFull {
		return n, err
	}
	if err := lockZone(ctx, tx, g.ZoneID); err != nil {
		return 0, err
	}
	return insideZone(ctx, tx, g.ZoneID, dayStart(g, at))
}

// nightEnds is the hour at which yesterday's entries stop counting: nobody is
// kept out in the morning because a door missed them in the evening.
const nightEnds = 4

// dayStart is when the door's day of an instant began, in the event's zone.
func dayStart(g post, at time.Time) time.Time {
	zone := g.event().Location()
	local := at.In(zone).Add(-nightEnds * time.Hour)
	y, m, d := local.Date()
	return time.Date(y, m, d, nightEnds, 0, 0, 0, zone)
}

// keep writes a scan and what follows from it.
func (s *Service) keep(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, g post, row scanRow) error {
	inserted, err := insertScan(ctx, tx, row)
	if err != nil {
		return fmt.Errorf("record scan: %w", err)
	}
	if !inserted {
		return errRepeated
	}
	if row.enters() && row.RegistrationID != ident.Nil {
		if err := move(ctx, tx, g, row); err != nil {
			return fmt.Errorf("note who is inside: %w", err)
		}
		if row.Direction == In {
			if err := s.arrivals.Arrive(ctx, tx, by, row.RegistrationID); err != nil {
				return fmt.Errorf("note arrival: %w", err)
			}
		}
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: g.EventID, Kind: "gate.scan", Ref: g.ID})
}

// recorded answers the verdict of a scan that was sent before.
//
// Fault: Conflict, the ScanID stands for a scan at another gate, or of another
// badge.
func (s *Service) recorded(ctx context.Context, tx *sqlx.Tx, g post, scan, badge ident.ID) (v Verdict, seen bool, err error) {
	row, seen, err := scanByScanID(ctx, tx, scan)
	if err != nil || !seen {
		return v, false, err
	}
	if row.GateID != g.ID || row.BadgeID != badge {
		return v, false, fault.New(fault.Conflict, "scan.id_used")
	}
	var p *Person
	if row.RegistrationID != ident.Nil {
		if p, err = personOf(ctx, tx, row.RegistrationID, row.BadgeID); err != nil {
			return v, false, fmt.Errorf("read person: %w", err)
		}
	}
	v = verdictOf(g, row, p)
	return v, true, s.explain(ctx, tx, g, row, &v)
}

func verdictOf(g post, row scanRow, p *Person) Verdict {
	v := Verdict{
		ScanID: row.ScanID, Granted: row.Granted, Code: row.Code, First: row.FirstCode, Conflict: row.ServerCode,
		At: row.JudgedAt, Gate: g.Gate, Direction: row.Direction, Person: p,
	}
	v.Calm = !v.Granted && p != nil && p.Head()
	if row.Code == Suspended {
		v.Person = nil // the door learns only that a supervisor is to be asked
	}
	return v
}

// Override is a supervisor's word against the verdict.
type Override struct {
	ScanID       ident.ID
	Gate         string
	Registration ident.ID
	Direction    Direction
	Reason       string
	ScannedAt    time.Time
}

// LetIn records that a supervisor lets a person through against the verdict, or
// without a badge.
//
// Faults: Forbidden; Invalid with fields; NotFound, no such person at the
// event; Conflict as of Admit.
func (s *Service) LetIn(ctx context.Context, by accounts.Actor, in Override) (v Verdict, err error) {
	in.Reason = text.Clean(in.Reason)
	var bad fault.List
	bad.Check(in.ScanID != ident.Nil, "scan_id", "field.required")
	bad.Check(in.Registration != ident.Nil, "registration_id", "field.required")
	text.Line(&bad, "reason", in.Reason, true, 300)
	if err := bad.Err(); err != nil {
		return v, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		g, direction, err := s.gateFor(ctx, tx, by, Scan{Gate: in.Gate, Direction: in.Direction}, 0, false)
		if err != nil {
			return err
		}
		if !by.May(accounts.OverrideDoor, g.EventID) {
			return forbidden()
		}
		if !g.Open {
			return fault.New(fault.Conflict, "gate.closed", g.Code)
		}
		holder, found, err := credentialOf(ctx, tx, g.EventID, in.Registration)
		if err != nil {
			return fmt.Errorf("read person: %w", err)
		}
		if !found {
			return fault.New(fault.NotFound, "error.not_found")
		}
		var seen bool
		if v, seen, err = s.recorded(ctx, tx, g, in.ScanID, holder.ID); err != nil || seen {
			return err
		}
		now := s.now()
		row := scanRow{
			EventID: g.EventID, ID: s.newID(), ScanID: in.ScanID, GateID: g.ID, BadgeID: holder.ID, RegistrationID: holder.RegistrationID,
			Direction: direction, Granted: true, Code: ManualOverride, ReadBy: "name", Mode: "online",
			ScannedAt: in.ScannedAt, JudgedAt: now, ReceivedAt: now, OverrideReason: in.Reason,
		}
		if row.ScannedAt.IsZero() {
			row.ScannedAt = now
		}
		if by.Kind == accounts.Device {
			row.DeviceID = by.ID
		}
		if err := s.keep(ctx, tx, by, g, row); err != nil {
			return err
		}
		v = verdictOf(g, row, holder.person())
		return s.record(ctx, tx, by, g.EventID, "door.override", "registration", in.Registration, in.Reason)
	})
	if errors.Is(err, errRepeated) {
		return v, fault.New(fault.Unavailable, "error.unavailable")
	}
	return v, err
}
