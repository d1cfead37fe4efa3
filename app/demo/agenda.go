package demo

import (
	"context"
	"fmt"

	"qianshou/app/agenda"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// sessionFile is a session as both agenda files write it.
type sessionFile struct {
	ForumID      string   `json:"session_id"`
	WeekID       string   `json:"id"`
	StartsAt     string   `json:"starts_at"`
	EndsAt       string   `json:"ends_at"`
	Room         string   `json:"room"`
	MeetPoint    string   `json:"meet_point"`
	Zone         string   `json:"zone"`
	Kind         string   `json:"type"`
	TitleZH      string   `json:"title_zh"`
	TitleEN      string   `json:"title_en"`
	Track        string   `json:"track"`
	Capacity     int      `json:"capacity"`
	Languages    []string `json:"languages_si"`
	Speakers     []string `json:"speakers"`
	AccessList   string   `json:"access_list"`
	EmbargoUntil string   `json:"embargo_until"`
	SlotPlan     string   `json:"slot_plan"`
	Projects     []string `json:"project_ids"`
	Matchmaking  *struct {
		SlotMinutes int `json:"slot_minutes"`
	} `json:"matchmaking"`
}

func loadAgenda(ctx context.Context, s Services, c *codes) error {
	var forum struct {
		Sessions []sessionFile `json:"sessions"`
	}
	if err := document("forum_agenda.json", &forum); err != nil {
		return err
	}
	if err := loadSessions(ctx, s, c, c.Events["EV-FORUM-2027"], ident.Nil, forum.Sessions); err != nil {
		return err
	}
	var week struct {
		Stops []struct {
			Stop     int           `json:"stop"`
			Sessions []sessionFile `json:"sessions"`
		} `json:"stops"`
	}
	if err := document("ningbo_week.json", &week); err != nil {
		return err
	}
	event := c.Events["EV-NBW-2027"]
	stops, err := s.Events.Stops(ctx, event)
	if err != nil {
		return err
	}
	for i, stop := range week.Stops {
		for j := range stop.Sessions {
			stop.Sessions[j].Kind = weekKind(stop.Sessions[j])
		}
		if err := loadSessions(ctx, s, c, event, stops[i].ID, stop.Sessions); err != nil {
			return err
		}
	}
	return nil
}

// weekKind names what the overseas week's file leaves to the reader.
func weekKind(f sessionFile) string {
	switch {
	case f.Matchmaking != nil:
		return "matchmaking"
	case len(f.Projects) > 0:
		return "signing"
	case f.Track == "EDU":
		return "round_table"
	}
	return "roadshow"
}

func loadSessions(ctx context.Context, s Services, c *codes, event, stop ident.ID, files []sessionFile) error {
	rooms, zones, tracks := map[string]ident.ID{}, map[string]ident.ID{}, map[string]ident.ID{}
	roomList, err := s.Events.Rooms(ctx, event)
	if err != nil {
		return err
	}
	for _, r := range roomList {
		rooms[r.Code] = r.ID
	}
	zoneList, err := s.Events.Zones(ctx, event)
	if err != nil {
		return err
	}
	for _, z := range zoneList {
		zones[z.Code] = z.ID
	}
	trackList, err := s.Events.Tracks(ctx, event)
	if err != nil {
		return err
	}
	for _, t := range trackList {
		tracks[t.Code] = t.ID
	}
	for _, f := range files {
		in, err := f.input(c)
		if err != nil {
			return fmt.Errorf("session %s: %w", f.ForumID+f.WeekID, err)
		}
		in.StopID, in.RoomID, in.MeetPointID, in.ZoneID, in.TrackID = stop, rooms[f.Room], rooms[f.MeetPoint], zones[f.Zone], tracks[f.Track]
		if in.Listed, err = listed(ctx, s, event, f.AccessList, in.Speakers); err != nil {
			return err
		}
		made, err := s.Agenda.Create(ctx, by, event, in)
		if err != nil {
			return fmt.Errorf("session %s: %w", in.Code, err)
		}
		if _, err := s.Agenda.Publish(ctx, by, made.ID, made.Version); err != nil {
			return fmt.Errorf("publish session %s: %w", in.Code, err)
		}
		c.Sessions[in.Code] = made.ID
	}
	return nil
}

func (f sessionFile) input(c *codes) (agenda.Input, error) {
	in := agenda.Input{
		Code: f.ForumID + f.WeekID, Kind: agenda.Kind(f.Kind), Title: locale.Text{ZH: chineseColon(f.TitleZH), EN: f.TitleEN}, Capacity: f.Capacity,
		Languages: f.Languages, ListOnly: f.AccessList != "",
	}
	var err error
	if in.StartsAt, err = instant(f.StartsAt); err != nil {
		return in, err
	}
	if in.EndsAt, err = instant(f.EndsAt); err != nil {
		return in, err
	}
	if f.EmbargoUntil != "" {
		until, err := instant(f.EmbargoUntil)
		if err != nil {
			return in, err
		}
		in.EmbargoUntil = &until
	}
	for _, code := range f.Speakers {
		in.Speakers = append(in.Speakers, c.Registrations[code])
	}
	return in, nil
}

// listed is who stands on a session's access list.
func listed(ctx context.Context, s Services, event ident.ID, kind string, speakers []ident.ID) ([]ident.ID, error) {
	if kind != "heads_only" && kind != "heads_and_speakers" {
		return nil, nil
	}
	page, err := s.Delegations.Registrations(ctx, by, event, delegations.Filter{Category: "head", Limit: 200})
	if err != nil {
		return nil, err
	}
	var ids []ident.ID
	for _, r := range page.Rows {
		ids = append(ids, r.ID)
	}
	if kind == "heads_and_speakers" {
		ids = append(ids, speakers...)
	}
	return ids, nil
}
