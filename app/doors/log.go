package doors

import (
	"context"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Reading is one line of the door log.
type Reading struct {
	ID             ident.ID    `db:"id"`
	ScanID         ident.ID    `db:"scan_id"`
	JudgedAt       time.Time   `db:"judged_at"`
	ReceivedAt     time.Time   `db:"received_at"`
	Direction      Direction   `db:"direction"`
	Granted        bool        `db:"granted"`
	Code           Code        `db:"code"`
	FirstCode      Code        `db:"first_code"`
	ServerCode     Code        `db:"server_code"` // not empty: a conflict
	Mode           string      `db:"mode"`        // online, offline
	ReadBy         string      `db:"read_by"`     // code, reference, name
	OverrideReason string      `db:"override_reason"`
	GateCode       string      `db:"gate_code"`
	Gate           locale.Text `db:"gate"`
	Device         string      `db:"device"`
	Serial         string      `db:"serial"`
	Reference      string      `db:"reference"`
	RegistrationID ident.ID    `db:"registration_id"`
	Name           string      `db:"name"`
	NameZH         string      `db:"name_zh"`
	Role           string      `db:"role"`
}

// Called is who was read, in Latin letters and in Chinese.
func (r Reading) Called() locale.Name { return locale.Name{Latin: r.Name, ZH: r.NameZH} }

// LogFilter chooses lines of the door log.
type LogFilter struct {
	Gate          string // code; empty: all
	Kind          string // denied, conflict, override; else all
	Search        string // name, reference or serial
	Offset, Limit int
}

// Log answers the door log, the latest first, and how many lines there are.
//
// Fault: Forbidden.
func (s *Service) Log(ctx context.Context, by accounts.Actor, event ident.ID, f LogFilter) ([]Reading, int, error) {
	if !by.May(accounts.SeeDoors, event) {
		return nil, 0, forbidden()
	}
	return readings(ctx, s.db, event, f)
}

// Latest answers the newest lines of the door log, how many were turned away in
// all, and how many offline verdicts the server sees otherwise.
//
// Fault: Forbidden.
func (s *Service) Latest(ctx context.Context, by accounts.Actor, event ident.ID, limit int) (list []Reading, denied, conflicts int, err error) {
	if !by.May(accounts.SeeDoors, event) {
		return nil, 0, 0, forbidden()
	}
	if list, err = latestReadings(ctx, s.db, event, limit); err != nil {
		return nil, 0, 0, err
	}
	denied, conflicts, err = tally(ctx, s.db, event)
	return list, denied, conflicts, err
}

// Counts answers how many are inside each guarded zone now.
//
// Fault: Forbidden.
func (s *Service) Counts(ctx context.Context, by accounts.Actor, event ident.ID) ([]ZoneCount, error) {
	if !by.May(accounts.SeeDoors, event) && !by.May(accounts.ScanBadges, event) {
		return nil, forbidden()
	}
	e, err := s.events.ByID(ctx, event)
	if err != nil {
		return nil, err
	}
	return zoneCounts(ctx, s.db, event, dayStart(postOf(e), s.now()))
}

func postOf(e events.Event) post {
	return post{TimeZone: e.TimeZone, StartsOn: e.StartsOn, EndsOn: e.EndsOn}
}

// Standing is what a device shows while nobody stands before it.
type Standing struct {
	Gate     Gate
	Event    events.Event
	Duty     Duty
	Device   string
	Inside   int
	Capacity int
	Minute   int // scans at this gate in the last minute
}

// Standing answers what a paired device shows.
//
// Fault: Forbidden, the caller is no device.
func (s *Service) Standing(ctx context.Context, by accounts.Actor) (st Standing, err error) {
	if by.Kind != accounts.Device {
		return st, forbidden()
	}
	if st.Gate, err = gateByID(ctx, s.db, by.GateID); err != nil {
		return st, err
	}
	if st.Event, err = s.events.ByID(ctx, st.Gate.EventID); err != nil {
		return st, err
	}
	st.Device, st.Duty = by.Name(), Steward
	if by.Supervisor {
		st.Duty = Supervisor
	}
	counts, err := s.Counts(ctx, by, st.Gate.EventID)
	if err != nil {
		return st, err
	}
	for _, c := range counts {
		if c.ZoneID == st.Gate.ZoneID {
			st.Inside, st.Capacity = c.Inside, c.Capacity
		}
	}
	st.Minute, err = scansSince(ctx, s.db, st.Gate.ID, s.now().Add(-time.Minute))
	return st, err
}

const searchLimit = 20

// Search finds people who may come, by name in any script or by reference, heads
// of delegation first. It is a supervisor's right.
//
// Faults: Forbidden; Invalid, fewer than two signs.
func (s *Service) Search(ctx context.Context, by accounts.Actor, event ident.ID, typed string) ([]Person, error) {
	if !by.May(accounts.OverrideDoor, event) {
		return nil, forbidden()
	}
	folded := text.Fold(typed)
	if len([]rune(folded)) < 2 {
		return nil, fault.Fields(fault.Field{Path: "q", Key: "door.search_short"})
	}
	return personsFor(ctx, s.db, event, folded, strings.TrimSpace(typed), searchLimit)
}

// Outcome is what the log marks a reading with: granted, denied, or notice for
// what somebody should look at.
func (r Reading) Outcome() string {
	switch {
	case r.Granted && (r.Code == ExitWithoutEntry || r.Code == ManualOverride):
		return "notice"
	case r.Granted:
		return "granted"
	}
	return "denied"
}

// Share is how full the zone is, from 0 to 1; zero when it is not limited.
func (z ZoneCount) Share() float64 {
	if z.Capacity == 0 {
		return 0
	}
	return float64(z.Inside) / float64(z.Capacity)
}
