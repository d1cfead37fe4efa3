package demo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Slugs of the demo's events.
const (
	Forum    = "mayors-forum-2027"
	Week     = "ningbo-week-2027"
	LastWeek = "ningbo-week-2026"
)

func loadEvents(ctx context.Context, s Services, c *codes) error {
	if err := loadReference(ctx, s); err != nil {
		return err
	}
	for _, series := range []events.Series{
		{Slug: "mayors-forum", Name: locale.Text{ZH: "中国—中东欧国家市长论坛", EN: "China–CEEC Mayors Forum"}, Kind: "forum", SinceYear: 2019},
		{Slug: "ningbo-week", Name: locale.Text{ZH: "海外宁波周", EN: "Overseas Ningbo Week"}, Kind: "overseas_week", SinceYear: 2008},
	} {
		if _, err := s.Events.CreateSeries(ctx, by, series); err != nil {
			return fmt.Errorf("series %s: %w", series.Slug, err)
		}
	}
	if err := loadForum(ctx, s, c); err != nil {
		return fmt.Errorf("forum: %w", err)
	}
	if err := loadWeeks(ctx, s, c); err != nil {
		return fmt.Errorf("overseas week: %w", err)
	}
	return nil
}

func loadReference(ctx context.Context, s Services) error {
	cities, err := table("cities.csv")
	if err != nil {
		return err
	}
	for _, r := range cities {
		city := events.City{
			Code: r["city_code"], CountryCode: r["country_a2"], Name: locale.Text{ZH: r["city_zh"], EN: r["city_en"]}, Native: r["city_native"],
			Languages: r.list("languages_bcp47"), TimeZone: r["time_zone"], Group: r["country_group"],
			RelationStatus: r["relation_status"], RelationSince: r["relation_since"], RelationBasis: r["relation_basis"], RelationSource: r["relation_source"],
		}
		if err := s.Events.SaveCity(ctx, by, city); err != nil {
			return fmt.Errorf("city %s: %w", city.Code, err)
		}
	}
	sectors, err := table("sectors.csv")
	if err != nil {
		return err
	}
	for _, r := range sectors {
		if err := s.Events.SaveSector(ctx, by, events.Coded{Code: r["sector_code"], Name: r.names(), Kind: r["group"]}); err != nil {
			return fmt.Errorf("sector %s: %w", r["sector_code"], err)
		}
	}
	districts, err := table("districts.csv")
	if err != nil {
		return err
	}
	for _, r := range districts {
		if err := s.Events.SaveDistrict(ctx, by, events.Coded{Code: r["district_code"], Name: r.names(), Kind: r["kind"]}); err != nil {
			return fmt.Errorf("district %s: %w", r["district_code"], err)
		}
	}
	return nil
}

// eventFile is the head of the two agenda files.
type eventFile struct {
	Event struct {
		TitleZH  string `json:"title_zh"`
		TitleEN  string `json:"title_en"`
		StartsOn string `json:"starts_on"`
		EndsOn   string `json:"ends_on"`
		TimeZone string `json:"time_zone"`
		Tracks   []trackFile
	}
	Tracks []trackFile
	Stops  []struct {
		Stop        int      `json:"stop"`
		CityCode    string   `json:"city_code"`
		TimeZone    string   `json:"time_zone"`
		Dates       []string `json:"dates"`
		HostPartner string   `json:"host_partner"`
		Firms       []string `json:"firms"`
	}
}

type trackFile struct{ Code, ZH, EN string }

func (f eventFile) input() (events.Input, error) {
	first, err := day(f.Event.StartsOn)
	if err != nil {
		return events.Input{}, err
	}
	last, err := day(f.Event.EndsOn)
	return events.Input{TitleZH: chinese(f.Event.TitleZH), TitleEN: f.Event.TitleEN, StartsOn: first, EndsOn: last, TimeZone: f.Event.TimeZone}, err
}

// afterFigures is a blank between figures and Chinese, which the page sets itself.
var afterFigures = regexp.MustCompile(`(\d) (\p{Han})`)

// chinese writes brackets and colons full-width, as Chinese text has them, and no
// blanks after figures.
func chinese(s string) string {
	s = strings.NewReplacer("(", "（", ")", "）", ":", "：").Replace(s)
	return afterFigures.ReplaceAllString(s, "$1$2")
}

func loadForum(ctx context.Context, s Services, c *codes) error {
	var file eventFile
	if err := document("forum_agenda.json", &file); err != nil {
		return err
	}
	in, err := file.input()
	if err != nil {
		return err
	}
	in.Slug, in.Prefix, in.Series, in.Status = Forum, "F27", "mayors-forum", events.RegistrationOpen
	in.PlaceZH, in.PlaceEN = "宁波·会议中心（演示）", "Ningbo · Conference centre (demo)"
	in.SummaryZH = "12座城市的市长与40家宁波企业面对面，共话贸易、投资与创新。"
	in.SummaryEN = "Mayors of 12 cities meet 40 Ningbo firms face to face, on trade, investment and innovation."
	forum, err := s.Events.Create(ctx, by, in)
	if err != nil {
		return err
	}
	c.Events["EV-FORUM-2027"] = forum.ID
	if _, err := s.Events.SaveStop(ctx, by, events.Stop{
		EventID: forum.ID, Position: 1, Name: locale.Text{ZH: "宁波", EN: "Ningbo"}, TimeZone: in.TimeZone, StartsOn: in.StartsOn, EndsOn: in.EndsOn,
	}); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	for _, t := range file.Event.Tracks {
		if _, err := s.Events.SaveTrack(ctx, by, events.Track{EventID: forum.ID, Code: t.Code, Name: locale.Text{ZH: chinese(t.ZH), EN: t.EN}}); err != nil {
			return fmt.Errorf("track %s: %w", t.Code, err)
		}
	}
	for _, load := range []func(context.Context, Services, ident.ID) error{loadZones, loadVenues, loadRooms, loadBadgeTypes} {
		if err := load(ctx, s, forum.ID); err != nil {
			return err
		}
	}
	return loadCategories(ctx, s, forum)
}

func loadZones(ctx context.Context, s Services, event ident.ID) error {
	rows, err := table("zones.csv")
	if err != nil {
		return err
	}
	ids := map[string]ident.ID{}
	for _, r := range rows { // parents stand before their children
		capacity, err := r.number("capacity")
		if err != nil {
			return err
		}
		z, err := s.Events.SaveZone(ctx, by, events.Zone{
			EventID: event, Code: r["zone_code"], Name: r.names(), ParentID: ids[r["parent_zone"]], Capacity: capacity,
			AntiPassback: r.yes("anti_passback"), EscortFor: r.list("needs_escort_for"),
		})
		if err != nil {
			return fmt.Errorf("zone %s: %w", r["zone_code"], err)
		}
		ids[z.Code] = z.ID
	}
	return nil
}

func loadVenues(ctx context.Context, s Services, event ident.ID) error {
	var file []struct {
		Venue    string         `json:"venue"`
		NameZH   string         `json:"name_zh"`
		NameEN   string         `json:"name_en"`
		TimeZone string         `json:"time_zone"`
		Travel   map[string]int `json:"travel_minutes"`
	}
	if err := document("venues.json", &file); err != nil {
		return err
	}
	ids := map[string]ident.ID{}
	for _, v := range file {
		if v.Venue != "" {
			venue, err := s.Events.SaveVenue(ctx, by, events.Venue{EventID: event, Code: v.Venue, Name: locale.Text{ZH: chinese(v.NameZH), EN: v.NameEN}, TimeZone: v.TimeZone})
			if err != nil {
				return fmt.Errorf("venue %s: %w", v.Venue, err)
			}
			ids[v.Venue] = venue.ID
		}
		for way, minutes := range v.Travel {
			from, to, _ := strings.Cut(way, ">")
			if ids[from] == ident.Nil || ids[to] == ident.Nil { // ways to a visit, which is no venue
				continue
			}
			if err := s.Events.SaveTravel(ctx, by, event, ids[from], ids[to], minutes); err != nil {
				return fmt.Errorf("travel %s: %w", way, err)
			}
		}
	}
	return nil
}

func loadRooms(ctx context.Context, s Services, event ident.ID) error {
	venues, err := s.Events.Venues(ctx, event)
	if err != nil {
		return err
	}
	zones, err := s.Events.Zones(ctx, event)
	if err != nil {
		return err
	}
	venueIDs, zoneIDs, rooms := map[string]ident.ID{}, map[string]ident.ID{}, map[string]ident.ID{}
	for _, v := range venues {
		venueIDs[v.Code] = v.ID
	}
	for _, z := range zones {
		zoneIDs[z.Code] = z.ID
	}
	rows, err := table("rooms.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		capacity, err := r.number("capacity")
		if err != nil {
			return err
		}
		booths, err := r.number("si_booths")
		if err != nil {
			return err
		}
		room, err := s.Events.SaveRoom(ctx, by, events.Room{
			EventID: event, VenueID: venueIDs[r["venue"]], ZoneID: zoneIDs[r["zone_code"]], Code: r["room_code"], Name: r.names(), Kind: r["kind"],
			Capacity: capacity, StepFree: r.yes("step_free"), Booths: booths,
		})
		if err != nil {
			return fmt.Errorf("room %s: %w", r["room_code"], err)
		}
		rooms[room.Code] = room.ID
	}
	// Twelve tables in the hall, and one in each VIP room.
	for n := 1; n <= 12; n++ {
		if _, err := s.Events.SaveMeetingTable(ctx, by, events.MeetingTable{EventID: event, RoomID: rooms["R-MTCH"], Code: fmt.Sprintf("T%02d", n)}); err != nil {
			return err
		}
	}
	for code, room := range map[string]string{"V1": "R-VIP1", "V2": "R-VIP2"} {
		if _, err := s.Events.SaveMeetingTable(ctx, by, events.MeetingTable{EventID: event, RoomID: rooms[room], Code: code, VIP: true}); err != nil {
			return err
		}
	}
	return nil
}

func loadBadgeTypes(ctx context.Context, s Services, event ident.ID) error {
	rows, err := table("badge_types.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		t := events.BadgeType{
			EventID: event, Code: r["badge_type"], Name: r.names(), Colour: strings.ToUpper(r["band_colour_hex"]), Pattern: r["band_pattern"],
			Zones: r.list("zones"), PhotoRequired: r.yes("photo_required"),
		}
		for _, d := range r.list("days") {
			var n int
			if _, err := fmt.Sscan(d, &n); err != nil {
				return fmt.Errorf("badge type %s: %w", t.Code, err)
			}
			t.Days = append(t.Days, n)
		}
		if err := s.Events.SaveBadgeType(ctx, by, t); err != nil {
			return fmt.Errorf("badge type %s: %w", t.Code, err)
		}
	}
	return nil
}

// loadCategories sets when and how many may register. Firms and press may still
// register on site until the second afternoon.
func loadCategories(ctx context.Context, s Services, forum events.Event) error {
	zone := forum.Location()
	opens := time.Date(2027, 2, 1, 9, 0, 0, 0, zone)
	onSite := time.Date(2027, 6, 9, 16, 0, 0, 0, zone)
	quota := func(n int) *int { return &n }
	for i, c := range []events.Category{
		{Code: "head", Name: locale.Text{ZH: "团长", EN: "Head of delegation"}, BadgeType: "VIP", Approval: "review"},
		{Code: "member", Name: locale.Text{ZH: "团员", EN: "Member of a delegation"}, BadgeType: "DEL", Approval: "review", Public: true},
		{Code: "firm", Name: locale.Text{ZH: "企业代表", EN: "Firm"}, BadgeType: "BIZ", Approval: "review", Public: true, Quota: quota(150), ClosesAt: &onSite},
		{Code: "press", Name: locale.Text{ZH: "媒体", EN: "Press"}, BadgeType: "MED", Approval: "review", Public: true, Quota: quota(40), ClosesAt: &onSite},
		{Code: "companion", Name: locale.Text{ZH: "随行人员", EN: "Accompanying person"}, BadgeType: "CMP", Approval: "review"},
		{Code: "consular", Name: locale.Text{ZH: "领馆官员", EN: "Consular officer"}, BadgeType: "DEL", Approval: "review", Public: true, Quota: quota(20)},
		{Code: "staff", Name: locale.Text{ZH: "工作人员", EN: "Organiser"}, BadgeType: "ORG", Approval: "review"},
	} {
		c.EventID, c.Position, c.OpensAt = forum.ID, i+1, &opens
		if _, err := s.Events.SaveCategory(ctx, by, c); err != nil {
			return fmt.Errorf("category %s: %w", c.Code, err)
		}
	}
	return nil
}

func loadWeeks(ctx context.Context, s Services, c *codes) error {
	var file eventFile
	if err := document("ningbo_week.json", &file); err != nil {
		return err
	}
	file.Event.TimeZone = "Europe/Berlin"
	in, err := file.input()
	if err != nil {
		return err
	}
	in.Slug, in.Prefix, in.Series, in.Status = Week, "W27", "ningbo-week", events.RegistrationOpen
	in.PlaceZH, in.PlaceEN = "四座欧洲城市", "Four European cities"
	in.SummaryZH, in.SummaryEN = "四站推介与对接，覆盖产业、科研、教育与人才。", "Four stops of roadshows and meetings on industry, research, education and talent."
	week, err := s.Events.Create(ctx, by, in)
	if err != nil {
		return err
	}
	c.Events["EV-NBW-2027"] = week.ID
	for _, t := range file.Tracks {
		if _, err := s.Events.SaveTrack(ctx, by, events.Track{EventID: week.ID, Code: t.Code, Name: locale.Text{ZH: chinese(t.ZH), EN: t.EN}}); err != nil {
			return fmt.Errorf("track %s: %w", t.Code, err)
		}
	}
	cities, err := s.Events.Cities(ctx)
	if err != nil {
		return err
	}
	names := map[string]locale.Text{}
	for _, city := range cities {
		names[city.Code] = city.Name
	}
	for _, stop := range file.Stops {
		first, err := day(stop.Dates[0])
		if err != nil {
			return err
		}
		last, err := day(stop.Dates[len(stop.Dates)-1])
		if err != nil {
			return err
		}
		saved, err := s.Events.SaveStop(ctx, by, events.Stop{
			EventID: week.ID, Position: stop.Stop, CityCode: stop.CityCode, Name: names[stop.CityCode], TimeZone: stop.TimeZone,
			StartsOn: first, EndsOn: last, HostPartner: stop.HostPartner,
		})
		if err != nil {
			return fmt.Errorf("stop %d: %w", stop.Stop, err)
		}
		for _, firm := range stop.Firms {
			c.StopFirms = append(c.StopFirms, stopFirm{Event: week.ID, Stop: saved.ID, Firm: firm})
		}
	}
	last := events.Input{
		Slug: LastWeek, Prefix: "W26", Series: "ningbo-week", TitleZH: "2026海外宁波周（演示）", TitleEN: "Overseas Ningbo Week 2026 (demo)",
		StartsOn: time.Date(2026, 6, 24, 0, 0, 0, 0, time.UTC), EndsOn: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC),
		TimeZone: "Europe/Berlin", Status: events.Reporting,
	}
	past, err := s.Events.Create(ctx, by, last)
	c.Events["EV-NBW-2026"] = past.ID
	return err
}
