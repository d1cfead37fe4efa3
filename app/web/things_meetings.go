package web

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

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
			var starts []string
			for _, x := range own {
				starts = append(starts, locale.Clock(x.StartsAt.In(event(c).Zone)))
			}
			rows = append(rows, thingRow{
				Key: n.ID.String(), Code: own[0].Part, Name: n.Title, Facts: facts(locale.Day(lang(c), first), locale.ClockRange(first, last), s.words.T(lang(c), "setup.slots", len(own))),
				Form: FormOf("part", own[0].Part, "day", first.Format(time.DateOnly), "starts", strings.Join(starts, " "),
					"minutes", strconv.Itoa(int(own[0].EndsAt.Sub(own[0].StartsAt)/time.Minute))),
			})
		}
		return rows, err
	},
	blank: func(_ *Server, c *fiber.Ctx, all []thingRow) Form {
		return FormOf("part", nextCode("MM", 1, all), "day", event(c).FirstDay.Format(time.DateOnly), "starts", "09:00 09:25 09:50 10:15 11:00 11:25", "minutes", "20")
	},
	fields: func(s *Server, c *fiber.Ctx, row thingRow) ([]fieldGroup, error) {
		sessions, err := s.Agenda.List(c.UserContext(), actor(c), event(c).ID)
		held := Field{Name: "session_id", Type: "select", Locked: row.Key != ""}
		for _, n := range sessions {
			held.Choices = append(held.Choices, Choice{n.ID.String(), n.Code + " · " + n.Title.In(lang(c))})
		}
		return []fieldGroup{
			{Fields: []Field{held, {Name: "part", Required: true, MaxLength: 20}}},
			{Fields: []Field{{Name: "day", Type: "date", Required: true}, {Name: "minutes", Required: true, InputMode: "numeric"}}},
			{Fields: []Field{{Name: "starts", Required: true, MaxLength: 1200}}},
		}, err
	},
	save: func(s *Server, c *fiber.Ctx, form *Form, row thingRow) error {
		var session ident.ID
		if row.Key != "" {
			session, _ = ident.Parse(row.Key)
		} else {
			session = form.ID("session_id")
		}
		starts, minutes := startsOf(form, event(c).Zone), form.Whole("minutes", 5, 240)
		if err := form.Err(); err != nil {
			return err
		}
		_, err := s.Matchmaking.SaveSlots(c.UserContext(), actor(c), event(c).ID, session, form.Text("part"), starts, time.Duration(minutes)*time.Minute)
		return err
	},
}

// startsOf reads the times of a day at which meetings begin, as the clock there shows
// them.
func startsOf(form *Form, zone *time.Location) (starts []time.Time) {
	day := form.Date("day")
	for _, typed := range strings.FieldsFunc(form.Code("starts"), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;、", r) }) {
		at, err := time.ParseInLocation("2006-01-02 15:04", day.Format(time.DateOnly)+" "+typed, zone)
		if err != nil || at.Format("15:04") != typed {
			form.Add("starts", "setup.starts_form", typed)
			return nil
		}
		starts = append(starts, at)
	}
	return starts
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
