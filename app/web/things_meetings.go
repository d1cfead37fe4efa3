package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

// What meetings are planned with: the times at which they begin, and interpreters.

// slotThings are the meeting grids of sessions, each by its session.
var slotThings = thing{
	path: "meeting-times", param: "grid", rule: right(accounts.EditMatchmaking), home: "matchmaking",
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		slots, err := s.Matchmaking.Slots(c.UserContext(), actor(c), event(c).ID)
		if err != nil {
			return nil, err
		}
		sessions, err := s.Agenda.List(c.UserContext(), actor(c), event(c).ID)
		for _, n := range sessions {
			own := slices.DeleteFunc(slices.Clone(slots), func(x matchmaking.Slot) bool { return x.SessionID != n.ID })
			if len(own) == 0 {
				continue
			}
			first, last := own[0].StartsAt.In(event(c).Zone), own[len(own)-1].EndsAt.In(event(c).Zone)
			pause := 0
			if len(own) > 1 {
				pause = int(own[1].StartsAt.Sub(own[0].EndsAt) / time.Minute)
			}
			rows = append(rows, thingRow{
				Key: n.ID.String(), Code: own[0].Part, Name: n.Title, Facts: facts(locale.Day(lang(c), first), locale.ClockRange(first, last), s.words.T(lang(c), "setup.slots", len(own))),
				Form: FormOf("part", own[0].Part, "first", first.Format("2006-01-02T15:04"), "count", strconv.Itoa(len(own)),
					"minutes", strconv.Itoa(int(own[0].EndsAt.Sub(own[0].StartsAt)/time.Minute)), "pause", strconv.Itoa(pause)),
			})
		}
		return rows, err
	},
	blank: func(_ *Server, c *fiber.Ctx, all []thingRow) Form {
		return FormOf("part", nextCode("MM", 1, all), "first", event(c).FirstDay.Format(time.DateOnly)+"T09:00", "count", "8", "minutes", "20", "pause", "5")
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		sessions, err := s.Agenda.List(c.UserContext(), actor(c), event(c).ID)
		held := Field{Name: "session_id", Type: "select", Locked: row.Key != ""}
		for _, n := range sessions {
			held.Choices = append(held.Choices, Choice{n.ID.String(), n.Code + " · " + n.Title.In(lang(c))})
		}
		return []fieldGroup{
			{Fields: []Field{held, {Name: "part", Required: true, MaxLength: 20}}},
			{Fields: []Field{{Name: "first", Type: "datetime-local", Required: true}, {Name: "count", Required: true, InputMode: "numeric"}}},
			{Fields: []Field{{Name: "minutes", Required: true, InputMode: "numeric"}, {Name: "pause", Required: true, InputMode: "numeric"}}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		var session ident.ID
		if row.Key != "" {
			session, _ = ident.Parse(row.Key)
		} else {
			session = form.ID("session_id")
		}
		at := form.Moment("first", event(c).Zone)
		count, minutes, pause := form.Whole("count", 1, 200), form.Whole("minutes", 5, 240), form.Whole("pause", 0, 240)
		if err := form.Err(); err != nil {
			return err
		}
		length := time.Duration(minutes) * time.Minute
		var starts []time.Time
		for range count {
			starts = append(starts, at)
			at = at.Add(length + time.Duration(pause)*time.Minute)
		}
		_, err := s.Matchmaking.SaveSlots(c.UserContext(), actor(c), event(c).ID, session, form.Text("part"), starts, length)
		return err
	},
}

var interpreterThings = thing{
	path: "interpreters", param: "interpreter", rule: right(accounts.EditMatchmaking), home: "matchmaking",
	list: func(s *Server, c *fiber.Ctx) (rows []thingRow, err error) {
		list, err := s.Matchmaking.Interpreters(c.UserContext(), actor(c), event(c).ID)
		for _, i := range list {
			form := rowForm(i.Code, i.Name)
			form.values["languages"] = slices.Clone(i.Languages)
			var spoken []string
			for _, tag := range i.Languages {
				spoken = append(spoken, s.tongue(lang(c), tag))
			}
			rows = append(rows, thingRow{Key: i.Code, Code: i.Code, Name: i.Name, Facts: facts(strings.Join(spoken, " · ")), Form: form})
		}
		return rows, err
	},
	blank: func(_ *Server, _ *fiber.Ctx, all []thingRow) Form {
		return FormOf("code", nextCode("I", 2, all), "languages", "zh")
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		spoken := Field{Name: "languages", Type: "checks", Required: true}
		for _, tag := range withOwn(append([]string{"zh"}, delegations.StaffLanguages...), row.Form.All("languages")...) {
			spoken.Several = append(spoken.Several, Tick{Value: tag, Text: s.tongue(lang(c), tag)})
		}
		return []fieldGroup{{Fields: append([]Field{codeIn(row, 20)}, namesIn()...)}, {Fields: []Field{spoken}}}, nil
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		in, put := matchmaking.Interpreter{}, s.Matchmaking.AddInterpreter
		if row.Key != "" { // whom they serve stays
			put = s.Matchmaking.SaveInterpreter
			all, err := s.Matchmaking.Interpreters(c.UserContext(), actor(c), event(c).ID)
			if err != nil {
				return err
			}
			for _, i := range all {
				if i.Code == row.Key {
					in = i
				}
			}
		}
		in.EventID, in.Code, in.Languages = event(c).ID, codeOfThing(form, row), form.All("languages")
		in.Name.ZH, in.Name.EN = form.Text("name_zh"), form.Text("name_en")
		_, err := put(c.UserContext(), actor(c), in)
		return err
	},
}
