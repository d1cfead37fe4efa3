package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/locale"
)

var badgeTypeThings = thing{
	path: "badge-types", param: "type", rule: right(accounts.EditEvent),
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		zones, err := s.Events.Zones(c.UserContext(), event(c).ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Events.BadgeTypes(c.UserContext(), event(c).ID)
		last := daysOf(event(c))
		for _, t := range list {
			form := rowForm(t.Code, t.Name, "colour", t.Colour, "pattern", t.Pattern, "photo_required", ticked(t.PhotoRequired))
			form.values["zones"] = slices.Clone(t.Zones)
			var opens []string
			for _, z := range zones {
				if slices.Contains(t.Zones, z.Code) {
					opens = append(opens, z.Name.In(lang(c)))
				}
			}
			for _, day := range t.Days {
				form.values["days"] = append(form.values["days"], strconv.Itoa(day))
			}
			days := s.words.T(lang(c), "setup.all_days")
			if len(t.Days) < last {
				days = s.words.T(lang(c), "setup.some_days", len(t.Days), last)
			}
			rows = append(rows, thingRow{Key: t.Code, Code: t.Code, Name: t.Name, Colour: t.Colour, Facts: append(opens, days), Form: form})
		}
		return rows, err
	},
	blank: func(_ *Server, c *fiber.Ctx, _ []thingRow) Form {
		form := FormOf("colour", "#005A9C", "pattern", events.Patterns[0], "photo_required", "yes")
		for day := range daysOf(event(c)) {
			form.values["days"] = append(form.values["days"], strconv.Itoa(day+1))
		}
		return form
	},
	fields: badgeTypeFields,
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in := events.BadgeType{
			EventID: event(c).ID, Code: codeOfThing(form, row), Name: namedIn(form), Colour: form.Capitals("colour"), Pattern: form.Text("pattern"),
			Zones: form.All("zones"), PhotoRequired: form.Ticked("photo_required"),
		}
		for _, typed := range form.All("days") {
			day, err := strconv.Atoi(typed)
			if err != nil {
				form.Add("days", "field.choice")
			}
			in.Days = append(in.Days, day)
		}
		put := s.Events.AddBadgeType
		if row.Key != "" {
			put = s.Events.SaveBadgeType
		}
		if err := form.Err(); err != nil {
			return err
		}
		return put(c.UserContext(), actor(c), in)
	},
	remove: removesOf("badge_type"),
}

func badgeTypeFields(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
	l, e := lang(c), event(c)
	zones, err := s.Events.Zones(c.UserContext(), e.ID)
	opens, days := Field{Name: "zones", Type: "checks", Required: true}, Field{Name: "days", Type: "checks", Required: true}
	for _, z := range zones {
		opens.Several = append(opens.Several, Tick{Value: z.Code, Text: z.Code + " · " + z.Name.In(l)})
	}
	for n := range daysOf(e) {
		days.Several = append(days.Several, Tick{Value: strconv.Itoa(n + 1), Text: locale.Day(l, e.FirstDay.AddDate(0, 0, n))})
	}
	var patterns []Choice
	for _, p := range events.Patterns {
		patterns = append(patterns, Choice{p, s.words.T(l, "setup.pattern."+p)})
	}
	return []fieldGroup{
		{Fields: append([]Field{codeIn(row, 4)}, namesIn()...)},
		{Fields: []Field{opens}},
		{Fields: []Field{days}},
		{Fields: []Field{{Name: "colour", Type: "color", Required: true}, {Name: "pattern", Type: "select", Choices: patterns}}},
		{Fields: []Field{{Name: "photo_required", Type: "checkbox"}}},
	}, err
}

// daysOf is how many days an event lasts.
func daysOf(e *EventHead) int { return int(e.LastDay.Sub(e.FirstDay)/(24*time.Hour)) + 1 }
