package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

type consoleAgendaPage struct {
	Page
	Days []consoleDay
	Any  bool
}

type consoleDay struct {
	At       time.Time
	Zone     string
	Sessions []consoleRow
}

type consoleRow struct {
	agenda.Session
	From, To  time.Time // at the stop
	Room      string
	Track     string
	Embargoed bool
	State     string // past, now or next
}

func (s *Server) consoleAgenda(c *fiber.Ctx) error {
	all, err := s.Agenda.List(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return err
	}
	options, err := s.Agenda.Options(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return err
	}
	p := newConsoleAgenda(s.page(c), all, options)
	if c.Query("fragment") == "agenda" {
		return s.render(c, "agenda/_console", p)
	}
	return s.render(c, "agenda/console", p)
}

func newConsoleAgenda(p Page, all []agenda.Session, options agenda.Options) consoleAgendaPage {
	m := consoleAgendaPage{Page: p, Any: len(all) > 0}
	for _, n := range all {
		row := consoleRow{Session: n, From: n.StartsAt.In(n.Zone()), To: n.EndsAt.In(n.Zone()),
			Room: named(options.Rooms, n.RoomID, p.Lang), Track: coded(options.Tracks, n.TrackID),
			Embargoed: n.EmbargoUntil != nil && n.EmbargoUntil.After(p.Now), State: "next"}
		switch {
		case !p.Now.Before(n.EndsAt):
			row.State = "past"
		case !p.Now.Before(n.StartsAt):
			row.State = "now"
		}
		last := len(m.Days) - 1
		if last < 0 || m.Days[last].At.Format(time.DateOnly) != row.From.Format(time.DateOnly) || m.Days[last].Zone != locale.Zone(row.From) {
			m.Days = append(m.Days, consoleDay{At: row.From, Zone: locale.Zone(row.From)})
			last++
		}
		m.Days[last].Sessions = append(m.Days[last].Sessions, row)
	}
	return m
}

func named(list []agenda.Option, id ident.ID, l locale.Lang) string {
	if i := slices.IndexFunc(list, func(o agenda.Option) bool { return o.ID == id }); i >= 0 {
		return list[i].Name.In(l)
	}
	return ""
}

func coded(list []agenda.Option, id ident.ID) string {
	if i := slices.IndexFunc(list, func(o agenda.Option) bool { return o.ID == id }); i >= 0 {
		return list[i].Code
	}
	return ""
}

// sessionPage is one session: moving it, what it says, and its state.
type sessionPage struct {
	Page
	Session  agenda.Session
	Form     Form
	Part     string // which form is shown: move, edit, delay or cancel
	Options  agenda.Options
	People   []agenda.Person
	Preview  []agenda.Shift // what a delay would move
	Minutes  int
	New      bool
	kinds    []Choice
	Statuses []agenda.Status
}

// Choices are the options of a select, with an empty one first when none is
// allowed.
func (p sessionPage) Choices(list []agenda.Option, none string) []Choice {
	var choices []Choice
	if none != "" {
		choices = append(choices, Choice{"", none})
	}
	for _, o := range list {
		choices = append(choices, Choice{o.ID.String(), o.Code + " · " + o.Name.In(p.Lang)})
	}
	return choices
}

// KindChoices are the kinds of session by their words.
func (p sessionPage) KindChoices() []Choice { return p.kinds }

// Cancelling tells whether the form shown takes the session off, for which the
// reason is not optional.
func (p sessionPage) Cancelling() bool { return p.Part == "cancel" }

// Blocked tells whether the delay that is shown cannot be.
func (p sessionPage) Blocked() bool { return slices.ContainsFunc(p.Preview, agenda.Shift.Hard) }

func (s *Server) consoleSession(c *fiber.Ctx) error {
	n, err := s.sessionOf(c)
	if err != nil {
		return err
	}
	p, err := s.newSessionPage(c, n, sessionForm(n))
	if err != nil {
		return err
	}
	p.Part = "move"
	if do := c.Query("do"); slices.Contains(sessionParts, do) {
		p.Part = do
	}
	if minutes := c.QueryInt("minutes"); minutes != 0 && !n.Closed() {
		p.Minutes = minutes
		p.Preview, err = s.Agenda.PreviewDelay(c.UserContext(), actor(c), n.ID, time.Duration(minutes)*time.Minute)
		if p.Form.Refused(err) {
			p.Part, err = "delay", nil
		}
		if err != nil {
			return err
		}
	}
	return s.render(c, "agenda/session", p)
}

// sessionParts are the forms of a session's page, in the order of its tabs.
var sessionParts = []string{"move", "delay", "edit", "cancel"}

// Parts lists the tabs.
func (sessionPage) Parts() []string { return sessionParts }

// sessionOf finds the session of the address within its event.
func (s *Server) sessionOf(c *fiber.Ctx) (agenda.Session, error) {
	id, err := pathID(c, "session")
	if err != nil {
		return agenda.Session{}, err
	}
	n, err := s.Agenda.ByID(c.UserContext(), actor(c), id)
	if err == nil && n.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return n, err
}

func (s *Server) newSessionPage(c *fiber.Ctx, n agenda.Session, form Form) (sessionPage, error) {
	options, err := s.Agenda.Options(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return sessionPage{}, err
	}
	people, err := s.Agenda.People(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return sessionPage{}, err
	}
	p := sessionPage{Page: s.page(c), Session: n, Form: form, Options: options, People: people[n.ID], New: n.ID == ident.Nil, Minutes: 15}
	for _, k := range agenda.Kinds {
		p.kinds = append(p.kinds, Choice{string(k), s.words.T(lang(c), "agenda.kind."+string(k))})
	}
	ways := []agenda.Status{agenda.Planned, agenda.Published, agenda.Draft, agenda.Running, agenda.Ended}
	if n.Status == agenda.Cancelled { // what ended is kept in sight
		ways = []agenda.Status{agenda.Archived}
	}
	for _, to := range ways {
		if n.Can(to) {
			p.Statuses = append(p.Statuses, to)
		}
	}
	return p, nil
}

const localMoment = "2006-01-02T15:04"

func sessionForm(n agenda.Session) Form {
	pairs := []string{
		"code", n.Code, "title_zh", n.Title.ZH, "title_en", n.Title.EN, "kind", string(n.Kind),
		"starts_at", n.StartsAt.In(n.Zone()).Format(localMoment), "ends_at", n.EndsAt.In(n.Zone()).Format(localMoment),
	}
	for name, id := range map[string]ident.ID{"room_id": n.RoomID, "track_id": n.TrackID, "stop_id": n.StopID, "zone_id": n.ZoneID, "meet_point_id": n.MeetPointID} {
		if id != ident.Nil {
			pairs = append(pairs, name, id.String())
		}
	}
	if n.Capacity > 0 {
		pairs = append(pairs, "capacity", strconv.Itoa(n.Capacity))
	}
	if n.Access == "list" {
		pairs = append(pairs, "list_only", "yes")
	}
	if n.EmbargoUntil != nil {
		pairs = append(pairs, "embargo_until", n.EmbargoUntil.In(n.Zone()).Format(localMoment))
	}
	return FormOf(pairs...)
}

func (s *Server) newSession(c *fiber.Ctx) error {
	p, err := s.newSessionPage(c, agenda.Session{}, FormOf("kind", "plenary"))
	if err != nil {
		return err
	}
	return s.render(c, "agenda/new", p)
}

func (s *Server) createSession(c *fiber.Ctx) error {
	form := readForm(c)
	zone, err := s.zoneOfStop(c, form.Text("stop_id"))
	if err != nil {
		return err
	}
	in := sessionInput(&form, zone)
	in.StartsAt, in.EndsAt = form.Moment("starts_at", zone), form.Moment("ends_at", zone)
	in.RoomID = optionalID(&form, "room_id")
	in.Unread = form.problems
	made, err := s.Agenda.Create(c.UserContext(), actor(c), event(c).ID, in)
	if err == nil {
		s.flash(c, "ok", "agenda.created", made.Title)
		return s.done(c, sessionURL(c, made.ID))
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.newSessionPage(c, agenda.Session{}, form)
	if err != nil {
		return err
	}
	return s.again(c, "agenda/new", p)
}

// zoneOfStop answers the clock of the stop that a form names, or of the event's
// only stop: what is typed for a session stands on it. A stop that is not the
// event's is refused with the rest of the form; until then the event's clock
// serves.
func (s *Server) zoneOfStop(c *fiber.Ctx, typed string) (*time.Location, error) {
	stops, err := s.Events.Stops(c.UserContext(), event(c).ID)
	if err != nil {
		return nil, err
	}
	id, _ := ident.Parse(typed) // what is no identifier names no stop
	for _, stop := range stops {
		if stop.ID == id || typed == "" && len(stops) == 1 {
			return stop.Location(), nil
		}
	}
	return event(c).Zone, nil
}

// sessionInput reads what a session says, without its time and room.
func sessionInput(form *Form, zone *time.Location) agenda.Input {
	in := agenda.Input{
		Code: form.Text("code"), Kind: agenda.Kind(form.Text("kind")), Title: locale.Text{ZH: form.Raw("title_zh"), EN: form.Raw("title_en")},
		StopID: optionalID(form, "stop_id"), TrackID: optionalID(form, "track_id"), ZoneID: optionalID(form, "zone_id"),
		MeetPointID: optionalID(form, "meet_point_id"), ListOnly: form.Ticked("list_only"),
	}
	if form.Text("capacity") != "" {
		in.Capacity = form.Whole("capacity", 1, 100_000)
	}
	if form.Text("embargo_until") != "" {
		at := form.Moment("embargo_until", zone)
		in.EmbargoUntil = &at
	}
	return in
}

func optionalID(form *Form, name string) ident.ID {
	if form.Text(name) == "" {
		return ident.Nil
	}
	return form.ID(name)
}

func sessionURL(c *fiber.Ctx, id ident.ID) string {
	return "/console/" + event(c).Slug + "/agenda/" + id.String()
}

// changeSession is every form of a session's page: it reads the form, changes
// the session, and shows the page again with what was typed when that is
// refused.
func (s *Server) changeSession(c *fiber.Ctx, part, done string, change func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error)) error {
	n, err := s.sessionOf(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	after, clashes, err := change(n, &form)
	if err == nil {
		s.flash(c, "ok", done, after.Title)
		if len(clashes) > 0 {
			s.flash(c, "fix", "agenda.moved_with_clash", clashes[0].Person, clashes[0].Title, clashes[0].When())
		}
		return s.done(c, localPath(form.Text("return"), sessionURL(c, n.ID)))
	}
	if !form.Refused(err) {
		return err
	}
	p, err := s.newSessionPage(c, n, form)
	if err != nil {
		return err
	}
	p.Part = part
	return s.again(c, "agenda/session", p)
}

func (s *Server) moveSession(c *fiber.Ctx) error {
	return s.changeSession(c, "move", "agenda.moved", func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error) {
		to := agenda.Move{
			StartsAt: form.Moment("starts_at", n.Zone()), EndsAt: form.Moment("ends_at", n.Zone()), RoomID: optionalID(form, "room_id"),
			Note: locale.Text{ZH: form.Raw("note_zh"), EN: form.Raw("note_en")},
		}
		version := form.Whole("version", 0, 1<<30)
		if err := form.Err(); err != nil {
			return n, nil, err
		}
		return s.Agenda.Move(c.UserContext(), actor(c), n.ID, version, to)
	})
}

func (s *Server) editSession(c *fiber.Ctx) error {
	return s.changeSession(c, "edit", "agenda.edited", func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error) {
		in := sessionInput(form, n.Zone())
		in.Languages = n.Languages
		version := form.Whole("version", 0, 1<<30)
		in.Unread = form.problems
		after, err := s.Agenda.Edit(c.UserContext(), actor(c), n.ID, version, in)
		return after, nil, err
	})
}

func (s *Server) setSessionStatus(c *fiber.Ctx) error {
	return s.changeSession(c, "move", "agenda.status_set", func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error) {
		version := form.Whole("version", 0, 1<<30)
		if err := form.Err(); err != nil {
			return n, nil, err
		}
		after, err := s.Agenda.SetStatus(c.UserContext(), actor(c), n.ID, version, agenda.Status(form.Text("status")))
		return after, nil, err
	})
}

func (s *Server) cancelSession(c *fiber.Ctx) error {
	return s.changeSession(c, "cancel", "agenda.cancelled", func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error) {
		version := form.Whole("version", 0, 1<<30)
		if err := form.Err(); err != nil {
			return n, nil, err
		}
		note := locale.Text{ZH: form.Raw("note_zh"), EN: form.Raw("note_en")}
		after, err := s.Agenda.Cancel(c.UserContext(), actor(c), n.ID, version, note)
		return after, nil, err
	})
}

func (s *Server) delaySession(c *fiber.Ctx) error {
	return s.changeSession(c, "delay", "agenda.delayed", func(n agenda.Session, form *Form) (agenda.Session, []agenda.Clash, error) {
		version, minutes := form.Whole("version", 0, 1<<30), form.Whole("minutes", 1, 240)
		if err := form.Err(); err != nil {
			return n, nil, err
		}
		note := locale.Text{ZH: form.Raw("note_zh"), EN: form.Raw("note_en")}
		_, err := s.Agenda.Delay(c.UserContext(), actor(c), n.ID, version, time.Duration(minutes)*time.Minute, note)
		return n, nil, err
	})
}
