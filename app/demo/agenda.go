package demo

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"qianshou/app/agenda"
	"qianshou/app/demo/data"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// The events of the demo that have an agenda.
const (
	forumSlug = "mayors-forum-2027"
	weekSlug  = "ningbo-week-2027"
)

// demoSession is one session as the demo's files write it.
type demoSession struct {
	SessionID  string    `json:"session_id"`
	ID         string    `json:"id"` // of the week's
	StartsAt   time.Time `json:"starts_at"`
	EndsAt     time.Time `json:"ends_at"`
	Room       string    `json:"room"`
	MeetPoint  string    `json:"meet_point"`
	Type       string    `json:"type"`
	TitleZH    string    `json:"title_zh"`
	TitleEN    string    `json:"title_en"`
	Zone       string    `json:"zone"`
	Track      string    `json:"track"`
	Capacity   int       `json:"capacity"`
	Languages  []string  `json:"languages_si"`
	Speakers   []string  `json:"speakers"`
	AccessList string    `json:"access_list"`
	Embargo    time.Time `json:"embargo_until"`
	// The week's sessions name no kind; these tell.
	Matchmaking json.RawMessage `json:"matchmaking"`
	Projects    []string        `json:"project_ids"`
}

// loadAgenda makes and publishes the sessions of both events of 2027.
// registrations are those of the demo's members by their code, M001.
func loadAgenda(ctx context.Context, e *events.Service, a *agenda.Service, registrations map[string]ident.ID) error {
	var forum struct {
		Sessions []demoSession `json:"sessions"`
	}
	if err := readJSON("forum_agenda.json", &forum); err != nil {
		return err
	}
	lists, err := accessLists(forum.Sessions)
	if err != nil {
		return err
	}
	l := agendaLoader{events: e, agenda: a, registrations: registrations, lists: lists}
	if err := l.begin(ctx, forumSlug); err != nil {
		return err
	}
	for _, s := range forum.Sessions {
		if err := l.load(ctx, s, 1); err != nil {
			return err
		}
	}
	var week struct {
		Stops []struct {
			Stop     int           `json:"stop"`
			Sessions []demoSession `json:"sessions"`
		} `json:"stops"`
	}
	if err := readJSON("ningbo_week.json", &week); err != nil {
		return err
	}
	if err := l.begin(ctx, weekSlug); err != nil {
		return err
	}
	for _, stop := range week.Stops {
		for _, s := range stop.Sessions {
			if err := l.load(ctx, s, stop.Stop); err != nil {
				return err
			}
		}
	}
	return nil
}

// agendaLoader turns the codes of the files into what the services know.
type agendaLoader struct {
	events        *events.Service
	agenda        *agenda.Service
	registrations map[string]ident.ID
	lists         map[string][]string // access list → codes of members

	event               events.Event
	stops               []events.Stop
	rooms, tracks, zone map[string]ident.ID
	topics              map[string]locale.Text // names of tracks
}

func (l *agendaLoader) begin(ctx context.Context, slug string) (err error) {
	if l.event, err = l.events.ByRef(ctx, slug); err != nil {
		return fmt.Errorf("demo agenda of %s: %w", slug, err)
	}
	if l.stops, err = l.events.Stops(ctx, l.event.ID); err != nil {
		return fmt.Errorf("demo agenda of %s: %w", slug, err)
	}
	rooms, err := l.events.Rooms(ctx, l.event.ID)
	if err != nil {
		return fmt.Errorf("demo agenda of %s: %w", slug, err)
	}
	tracks, err := l.events.Tracks(ctx, l.event.ID)
	if err != nil {
		return fmt.Errorf("demo agenda of %s: %w", slug, err)
	}
	zones, err := l.events.Zones(ctx, l.event.ID)
	if err != nil {
		return fmt.Errorf("demo agenda of %s: %w", slug, err)
	}
	l.rooms, l.tracks, l.zone = map[string]ident.ID{"": {}}, map[string]ident.ID{"": {}}, map[string]ident.ID{"": {}}
	for _, r := range rooms {
		l.rooms[r.Code] = r.ID
	}
	l.topics = map[string]locale.Text{}
	for _, t := range tracks {
		l.tracks[t.Code], l.topics[t.Code] = t.ID, t.Name
	}
	for _, z := range zones {
		l.zone[z.Code] = z.ID
	}
	return nil
}

func (l *agendaLoader) load(ctx context.Context, s demoSession, position int) error {
	at := slices.IndexFunc(l.stops, func(p events.Stop) bool { return p.Position == position })
	if at < 0 {
		return fmt.Errorf("demo session %s%s: no stop %d", s.SessionID, s.ID, position)
	}
	in := agenda.Input{
		Code: s.SessionID + s.ID, StopID: l.stops[at].ID, Kind: s.kind(), Title: s.title(l.topics[s.Track]),
		StartsAt: s.StartsAt, EndsAt: s.EndsAt, Capacity: s.Capacity, Languages: s.Languages, ListOnly: s.AccessList != "",
		RoomID: l.rooms[s.Room], MeetPointID: l.rooms[s.MeetPoint], TrackID: l.tracks[s.Track], ZoneID: l.zone[s.Zone],
		Speakers: l.people(s.Speakers), Listed: l.people(l.lists[s.AccessList]),
	}
	if !s.Embargo.IsZero() {
		in.EmbargoUntil = &s.Embargo
	}
	made, err := l.agenda.Create(ctx, by, l.event.ID, in)
	if err != nil {
		return fmt.Errorf("demo session %s: %w", in.Code, err)
	}
	if _, err := l.agenda.Publish(ctx, by, made.ID, made.Version); err != nil {
		return fmt.Errorf("demo session %s: %w", in.Code, err)
	}
	return nil
}

// people are the registrations of members; a member who did not register is
// not there to speak.
func (l *agendaLoader) people(codes []string) (list []ident.ID) {
	for _, code := range codes {
		if id, known := l.registrations[code]; known {
			list = append(list, id)
		}
	}
	return list
}

// title is the session's own; after a number and a colon ("Topic 2: …") stands the
// name of its track, which the files word in two ways.
func (s demoSession) title(topic locale.Text) locale.Text {
	own := locale.Text{ZH: chinese(s.TitleZH), EN: s.TitleEN}
	zh, _, numbered := strings.Cut(own.ZH, "：")
	en, _, inBoth := strings.Cut(own.EN, ": ")
	if topic.Empty() || !numbered || !inBoth {
		return own
	}
	return locale.Text{ZH: zh + "：" + topic.ZH, EN: en + ": " + topic.EN}
}

// kind is the session's own, or for the week's what it is about.
func (s demoSession) kind() agenda.Kind {
	kinds := map[string]agenda.Kind{"W101": "roadshow", "W103": "round_table", "W301": "reception"}
	switch {
	case s.Type != "":
		return agenda.Kind(s.Type)
	case len(s.Matchmaking) > 0:
		return "matchmaking"
	case len(s.Projects) > 0:
		return "signing"
	case kinds[s.ID] != "":
		return kinds[s.ID]
	}
	return "plenary"
}

// accessLists are the members on each list that the forum's sessions name.
func accessLists(sessions []demoSession) (map[string][]string, error) {
	file, err := data.FS.Open("members.csv")
	if err != nil {
		return nil, fmt.Errorf("demo members: %w", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("demo members: %w", err)
	}
	code, role := slices.Index(rows[0], "member_id"), slices.Index(rows[0], "role")
	lists := map[string][]string{"staff": nil}
	for _, r := range rows[1:] {
		if r[role] == "head" {
			lists["heads_only"] = append(lists["heads_only"], r[code])
		}
		if r[role] == "interpreter" {
			lists["staff"] = append(lists["staff"], r[code])
		}
	}
	both := slices.Clone(lists["heads_only"])
	for _, s := range sessions {
		for _, speaker := range s.Speakers {
			if !slices.Contains(both, speaker) {
				both = append(both, speaker)
			}
		}
	}
	lists["heads_and_speakers"] = both
	return lists, nil
}

func readJSON(name string, into any) error {
	raw, err := data.FS.ReadFile(name)
	if err != nil {
		return fmt.Errorf("demo %s: %w", name, err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("demo %s: %w", name, err)
	}
	return nil
}
