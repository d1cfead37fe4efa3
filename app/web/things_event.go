package web

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// What an event has: stops, venues, rooms, tables, zones, badge types, tracks.

var stopThings = thing{
	path: "stops", param: "stop", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Events.Stops(c.UserContext(), event(c).ID)
		for _, p := range list {
			rows = append(rows, thingRow{
				Key: strconv.Itoa(p.Position), Code: strconv.Itoa(p.Position), Name: p.Name,
				Facts: facts(locale.DateRange(lang(c), p.StartsOn, p.EndsOn), p.TimeZone, p.HostPartner),
				Form: FormOf("position", strconv.Itoa(p.Position), "name_zh", p.Name.ZH, "name_en", p.Name.EN, "city_code", p.CityCode, "time_zone", p.TimeZone,
					"starts_on", p.StartsOn.Format(time.DateOnly), "ends_on", p.EndsOn.Format(time.DateOnly), "host_partner", p.HostPartner),
			})
		}
		return rows, err
	},
	blank: func(s *Server, c *fiber.Ctx, all []thingRow) Form {
		e := event(c)
		return FormOf("position", strconv.Itoa(len(all)+1), "time_zone", e.Zone.String(), "starts_on", e.FirstDay.Format(time.DateOnly), "ends_on", e.LastDay.Format(time.DateOnly))
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		cities, err := s.cityChoices(c)
		return []fieldGroup{
			{Fields: append([]Field{{Name: "position", Required: true, InputMode: "numeric", Locked: row.Key != ""}}, namesIn()...)},
			{Fields: []Field{{Name: "city_code", Type: "select", Choices: cities}, {Name: "time_zone", Type: "select", Choices: zoneChoices()}}},
			{Fields: []Field{{Name: "starts_on", Type: "date", Required: true}, {Name: "ends_on", Type: "date", Required: true}}},
			{Fields: []Field{{Name: "host_partner", MaxLength: 200}}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in := events.Stop{
			EventID: event(c).ID, Name: namedIn(form), CityCode: form.Text("city_code"), TimeZone: form.Text("time_zone"),
			StartsOn: form.Date("starts_on"), EndsOn: form.Date("ends_on"), HostPartner: form.Raw("host_partner"),
		}
		put := s.Events.SaveStop
		if in.Position, _ = strconv.Atoi(row.Key); row.Key == "" {
			in.Position, put = form.Whole("position", 1, 99), s.Events.AddStop
		}
		if err := form.Err(); err != nil {
			return err
		}
		_, err := put(c.UserContext(), actor(c), in)
		return err
	},
}

var trackThings = thing{
	path: "tracks", param: "track", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Events.Tracks(c.UserContext(), event(c).ID)
		for _, t := range list {
			rows = append(rows, thingRow{Key: t.Code, Code: t.Code, Name: t.Name, Form: rowForm(t.Code, t.Name)})
		}
		return rows, err
	},
	blank: func(_ *Server, _ *fiber.Ctx, all []thingRow) Form { return FormOf("code", nextCode("T", 1, all)) },
	fields: func(_ *Server, _ *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		return []fieldGroup{{Fields: append([]Field{codeIn(row, 20)}, namesIn()...)}}, nil
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		put := s.Events.AddTrack
		if row.Key != "" {
			put = s.Events.SaveTrack
		}
		_, err := put(c.UserContext(), actor(c), events.Track{EventID: event(c).ID, Code: codeOfThing(form, row), Name: namedIn(form)})
		return err
	},
	remove: removesOf("track"),
}

var venueThings = thing{
	path: "venues", param: "venue", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Events.Venues(c.UserContext(), event(c).ID)
		for _, v := range list {
			rows = append(rows, thingRow{Key: v.Code, Code: v.Code, Name: v.Name, Facts: facts(v.TimeZone), Form: rowForm(v.Code, v.Name, "time_zone", v.TimeZone)})
		}
		return rows, err
	},
	blank: func(_ *Server, c *fiber.Ctx, all []thingRow) Form {
		return FormOf("code", nextCode("V", 1, all), "time_zone", event(c).Zone.String())
	},
	fields: func(_ *Server, _ *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		return []fieldGroup{
			{Fields: append([]Field{codeIn(row, 20)}, namesIn()...)},
			{Fields: []Field{{Name: "time_zone", Type: "select", Choices: zoneChoices()}}},
		}, nil
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		put := s.Events.AddVenue
		if row.Key != "" {
			put = s.Events.SaveVenue
		}
		_, err := put(c.UserContext(), actor(c), events.Venue{EventID: event(c).ID, Code: codeOfThing(form, row), Name: namedIn(form), TimeZone: form.Text("time_zone")})
		return err
	},
	remove: removesOf("venue"),
}

var zoneThings = thing{
	path: "zones", param: "zone", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Events.Zones(c.UserContext(), event(c).ID)
		names := map[ident.ID]locale.Text{}
		for _, z := range list {
			names[z.ID] = z.Name
		}
		l := lang(c)
		for _, z := range list {
			parent, within, most := "", "", ""
			if z.ParentID != ident.Nil {
				parent, within = z.ParentID.String(), s.words.T(l, "setup.zone_within", names[z.ParentID])
			}
			if z.Capacity > 0 {
				most = s.words.T(l, "setup.holds", z.Capacity)
			}
			form := rowForm(z.Code, z.Name, "parent_id", parent, "capacity", figured(z.Capacity), "anti_passback", ticked(z.AntiPassback))
			form.values["escort_for"] = slices.Clone(z.EscortFor)
			rows = append(rows, thingRow{Key: z.Code, Code: z.Code, Name: z.Name, Facts: facts(within, most), Form: form})
		}
		return rows, err
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		zones, err := s.Events.Zones(c.UserContext(), event(c).ID)
		if err != nil {
			return nil, err
		}
		parents := []Choice{{"", s.words.T(lang(c), "setup.no_parent")}}
		for _, z := range zones {
			if z.Code != row.Code {
				parents = append(parents, Choice{z.ID.String(), z.Code + " · " + z.Name.In(lang(c))})
			}
		}
		types, err := s.Events.BadgeTypes(c.UserContext(), event(c).ID)
		escorted := Field{Name: "escort_for", Type: "checks"}
		for _, t := range types {
			escorted.Several = append(escorted.Several, Tick{Value: t.Code, Text: t.Name.In(lang(c))})
		}
		return []fieldGroup{
			{Fields: append([]Field{codeIn(row, 3)}, namesIn()...)},
			{Fields: []Field{{Name: "parent_id", Type: "select", Choices: parents}, {Name: "capacity", InputMode: "numeric"}}},
			{Fields: []Field{{Name: "anti_passback", Type: "checkbox"}}},
			{Fields: []Field{escorted}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in := events.Zone{
			EventID: event(c).ID, Code: codeOfThing(form, row), Name: namedIn(form), ParentID: optionalID(form, "parent_id"),
			Capacity: wholeOr(form, "capacity", 0, 1, 1_000_000), AntiPassback: form.Ticked("anti_passback"), EscortFor: form.All("escort_for"),
		}
		put := s.Events.AddZone
		if row.Key != "" {
			put = s.Events.SaveZone
		}
		if err := form.Err(); err != nil {
			return err
		}
		_, err := put(c.UserContext(), actor(c), in)
		return err
	},
	remove: removesOf("zone"),
}

var roomThings = thing{
	path: "rooms", param: "room", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Events.Rooms(c.UserContext(), event(c).ID)
		if err != nil {
			return nil, err
		}
		venues, err := s.Events.Venues(c.UserContext(), event(c).ID)
		names := map[ident.ID]string{}
		for _, v := range venues {
			names[v.ID] = v.Name.In(lang(c))
		}
		for _, r := range list {
			rows = append(rows, thingRow{
				Key: r.Code, Code: r.Code, Name: r.Name, Facts: facts(names[r.VenueID], s.words.T(lang(c), "setup.room."+r.Kind), s.words.T(lang(c), "setup.holds", r.Capacity)),
				Form: rowForm(r.Code, r.Name, "venue_id", r.VenueID.String(), "zone_id", r.ZoneID.String(), "kind", r.Kind,
					"capacity", figured(r.Capacity), "booths", figured(r.Booths), "step_free", ticked(r.StepFree)),
			})
		}
		return rows, err
	},
	blank: func(_ *Server, _ *fiber.Ctx, all []thingRow) Form {
		return FormOf("code", nextCode("R", 1, all), "kind", events.RoomKinds[0], "step_free", "yes")
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		ctx, l := c.UserContext(), lang(c)
		venues, err := s.Events.Venues(ctx, event(c).ID)
		if err != nil {
			return nil, err
		}
		zones, err := s.Events.Zones(ctx, event(c).ID)
		var houses, areas, kinds []Choice
		for _, v := range venues {
			houses = append(houses, Choice{v.ID.String(), v.Name.In(l)})
		}
		for _, z := range zones {
			areas = append(areas, Choice{z.ID.String(), z.Code + " · " + z.Name.In(l)})
		}
		for _, kind := range events.RoomKinds {
			kinds = append(kinds, Choice{kind, s.words.T(l, "setup.room."+kind)})
		}
		return []fieldGroup{
			{Fields: append([]Field{codeIn(row, 20)}, namesIn()...)},
			{Fields: []Field{{Name: "venue_id", Type: "select", Choices: houses}, {Name: "zone_id", Type: "select", Choices: areas}}},
			{Fields: []Field{{Name: "kind", Type: "select", Choices: kinds}, {Name: "capacity", Required: true, InputMode: "numeric"}, {Name: "booths", InputMode: "numeric"}}},
			{Fields: []Field{{Name: "step_free", Type: "checkbox"}}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in := events.Room{
			EventID: event(c).ID, Code: codeOfThing(form, row), Name: namedIn(form), VenueID: form.ID("venue_id"), ZoneID: form.ID("zone_id"),
			Kind: form.Text("kind"), Capacity: form.Whole("capacity", 1, 100_000), Booths: wholeOr(form, "booths", 0, 0, 50), StepFree: form.Ticked("step_free"),
		}
		put := s.Events.AddRoom
		if row.Key != "" {
			put = s.Events.SaveRoom
		}
		if err := form.Err(); err != nil {
			return err
		}
		_, err := put(c.UserContext(), actor(c), in)
		return err
	},
	remove: removesOf("room"),
}

var tableThings = thing{
	path: "tables", param: "table", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		rooms, err := s.Events.Rooms(c.UserContext(), event(c).ID)
		if err != nil {
			return nil, err
		}
		names := map[ident.ID]locale.Text{}
		for _, r := range rooms {
			names[r.ID] = r.Name
		}
		list, err := s.Events.MeetingTables(c.UserContext(), event(c).ID)
		for _, t := range list {
			vip := ""
			if t.VIP {
				vip = s.words.T(lang(c), "setup.field.vip")
			}
			rows = append(rows, thingRow{Key: t.Code, Code: t.Code, Name: names[t.RoomID], Facts: facts(vip), Form: FormOf("code", t.Code, "room_id", t.RoomID.String(), "vip", ticked(t.VIP))})
		}
		return rows, err
	},
	blank: func(_ *Server, _ *fiber.Ctx, all []thingRow) Form { return FormOf("code", nextCode("T", 2, all)) },
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		rooms, err := s.Events.Rooms(c.UserContext(), event(c).ID)
		var choices []Choice
		for _, r := range rooms {
			choices = append(choices, Choice{r.ID.String(), r.Code + " · " + r.Name.In(lang(c))})
		}
		return []fieldGroup{
			{Fields: []Field{codeIn(row, 20), {Name: "room_id", Type: "select", Choices: choices}}},
			{Fields: []Field{{Name: "vip", Type: "checkbox"}}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		put := s.Events.AddMeetingTable
		if row.Key != "" {
			put = s.Events.SaveMeetingTable
		}
		in := events.MeetingTable{EventID: event(c).ID, Code: codeOfThing(form, row), RoomID: form.ID("room_id"), VIP: form.Ticked("vip")}
		if err := form.Err(); err != nil {
			return err
		}
		_, err := put(c.UserContext(), actor(c), in)
		return err
	},
	remove: removesOf("table"),
}

// facts are those of a line that there are.
func facts(all ...string) []string {
	return slices.DeleteFunc(all, func(fact string) bool { return fact == "" })
}

// nextCode is a code of a letter and a number that no row has.
func nextCode(letter string, digits int, all []thingRow) string {
	for n := 1; ; n++ {
		code := fmt.Sprintf("%s%0*d", letter, digits, n)
		if !slices.ContainsFunc(all, func(r thingRow) bool { return r.Code == code }) {
			return code
		}
	}
}

// removesOf takes one away that nothing refers to.
func removesOf(kind string) func(*Server, *fiber.Ctx, thingRow) error {
	return func(s *Server, c *fiber.Ctx, row thingRow) error {
		return s.Events.Remove(c.UserContext(), actor(c), event(c).ID, kind, row.Code)
	}
}
