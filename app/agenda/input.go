package agenda

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"golang.org/x/text/unicode/norm"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// Input is a session as somebody types it. IDs that are zero say "none".
type Input struct {
	Code         string
	StopID       ident.ID // zero: the event's only stop
	TrackID      ident.ID
	RoomID       ident.ID
	ZoneID       ident.ID
	MeetPointID  ident.ID
	Kind         Kind
	Title        locale.Text
	StartsAt     time.Time
	EndsAt       time.Time
	Capacity     int      // zero: not limited
	Languages    []string // of simultaneous interpretation, BCP 47
	ListOnly     bool     // only those who are listed may enter
	EmbargoUntil *time.Time
	// Speakers in their order, and the access list, by registration. Nil leaves
	// what is; empty takes everybody off.
	Speakers []ident.ID
	Listed   []ident.ID

	// Unread is what was typed and cannot be read: refused with all the rest, so that
	// a person mends everything in one go.
	Unread []fault.Field
}

const (
	maxTitle = 200
	maxNote  = 300
)

var codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,11}$`)

// input is a session as it would be typed again.
func (n Session) input() Input {
	return Input{
		Code: n.Code, StopID: n.StopID, TrackID: n.TrackID, RoomID: n.RoomID, ZoneID: n.ZoneID, MeetPointID: n.MeetPointID,
		Kind: n.Kind, Title: n.Title, StartsAt: n.StartsAt, EndsAt: n.EndsAt, Capacity: n.Capacity, Languages: n.Languages,
		ListOnly: n.Access == "list", EmbargoUntil: n.EmbargoUntil,
	}
}

// Input is a session as it would be typed again, for a form that edits it.
func (n Session) Input() Input { return n.input() }

// check normalises the input and refuses what breaks a rule, each beside its
// field.
func (in *Input) check(ctx context.Context, tx *sqlx.Tx, event ident.ID) error {
	bad := fault.List(slices.Clone(in.Unread))
	in.Code = strings.ToUpper(strings.TrimSpace(in.Code))
	bad.Check(codeForm.MatchString(in.Code), "code", "agenda.code_form")
	in.Title.ZH = clean(&bad, "title_zh", in.Title.ZH, maxTitle, true)
	in.Title.EN = clean(&bad, "title_en", in.Title.EN, maxTitle, true)
	bad.Check(slices.Contains(Kinds, in.Kind), "kind", "field.choice")
	bad.Check(in.Capacity >= 0 && in.Capacity <= 100_000, "capacity", "field.number_between", 1, 100_000)
	for _, l := range in.Languages {
		bad.Check(len(l) >= 2 && len(l) <= 12, "languages", "field.choice")
	}
	in.checkTimes(&bad)
	places, err := placesOf(ctx, tx, event)
	if err != nil {
		return err
	}
	if in.StopID == ident.Nil && len(places.Stops) == 1 {
		in.StopID = places.Stops[0].ID
	}
	in.checkPlaces(&bad, places)
	return bad.Err()
}

func (in *Input) checkTimes(bad *fault.List) {
	if in.StartsAt.IsZero() {
		bad.Add("starts_at", "field.required")
	}
	if in.EndsAt.IsZero() {
		bad.Add("ends_at", "field.required")
	}
	if in.StartsAt.IsZero() || in.EndsAt.IsZero() {
		return
	}
	in.StartsAt, in.EndsAt = in.StartsAt.UTC().Truncate(time.Second), in.EndsAt.UTC().Truncate(time.Second)
	bad.Check(in.EndsAt.After(in.StartsAt), "ends_at", "field.order")
	bad.Check(in.EndsAt.Sub(in.StartsAt) <= 24*time.Hour, "ends_at", "constraint.sessions_length")
}

// checkPlaces sees that everything the session names belongs to its event, and
// that it takes place while its stop does.
func (in *Input) checkPlaces(bad *fault.List, p places) {
	stop, ok := find(p.Stops, in.StopID)
	bad.Check(ok, "stop_id", "field.choice")
	if ok && !in.StartsAt.IsZero() {
		day := in.StartsAt.In(zoneOf(stop.TimeZone)).Format(time.DateOnly)
		first, last := stop.StartsOn.Format(time.DateOnly), stop.EndsOn.Format(time.DateOnly)
		bad.Check(day >= first && day <= last, "starts_at", "agenda.outside_stop", first, last)
	}
	for _, f := range []struct {
		path string
		id   ident.ID
		in   []ident.ID
	}{{"track_id", in.TrackID, p.Tracks}, {"room_id", in.RoomID, p.Rooms}, {"meet_point_id", in.MeetPointID, p.Rooms}, {"zone_id", in.ZoneID, p.Zones}} {
		bad.Check(f.id == ident.Nil || slices.Contains(f.in, f.id), f.path, "field.choice")
	}
}

func find(stops []stopRow, id ident.ID) (stopRow, bool) {
	i := slices.IndexFunc(stops, func(s stopRow) bool { return s.ID == id })
	if i < 0 {
		return stopRow{}, false
	}
	return stops[i], true
}

// into writes the checked input onto a session.
func (in Input) into(n *Session) {
	n.Code, n.StopID, n.TrackID, n.RoomID, n.ZoneID, n.MeetPointID = in.Code, in.StopID, in.TrackID, in.RoomID, in.ZoneID, in.MeetPointID
	n.Kind, n.Title, n.StartsAt, n.EndsAt, n.Capacity = in.Kind, in.Title, in.StartsAt, in.EndsAt, in.Capacity
	n.Languages, n.EmbargoUntil, n.Access = in.Languages, in.EmbargoUntil, "open"
	if in.ListOnly {
		n.Access = "list"
	}
}

// people writes who speaks and who is listed, as far as the input says so.
func (in Input) people(ctx context.Context, q store.Querier, session ident.ID) error {
	for part, list := range map[string][]ident.ID{"speaker": in.Speakers, "listed": in.Listed} {
		if list == nil {
			continue
		}
		if err := replacePeople(ctx, q, session, part, list); err != nil {
			return err
		}
	}
	return nil
}

// noted takes the reason of a change.
func (n *Session) noted(note locale.Text) error {
	var bad fault.List
	n.Note.ZH = clean(&bad, "note_zh", note.ZH, maxNote, false)
	n.Note.EN = clean(&bad, "note_en", note.EN, maxNote, false)
	return bad.Err()
}

// clean brings a line of text to its one form and notes what cannot be kept.
func clean(bad *fault.List, path, text string, most int, required bool) string {
	text = strings.TrimSpace(norm.NFC.String(text))
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		bad.Add(path, "field.control")
	case utf8.RuneCountInString(text) > most:
		bad.Add(path, "field.too_long", most)
	case required && text == "":
		bad.Add(path, "field.required")
	}
	return text
}
