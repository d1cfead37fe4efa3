package web

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
)

// matchmakingLimit bounds how often one account starts a run, which takes a
// processor for up to ten seconds.
var matchmakingLimit = Limit{Times: 30, In: 10 * time.Minute, By: func(c *fiber.Ctx) string { return actor(c).ID.String() }}

// matchmakingPage is the desk: figures, one plan as a timetable, and all plans.
type matchmakingPage struct {
	Page
	Form    Form // of what was refused
	Figures matchmaking.Figures
	Plans   []matchmaking.Plan
	Table   matchmaking.Timetable
	Shown   bool // a plan is shown
	columns []matchmakingColumn
}

// matchmakingColumn is the head of one slot.
type matchmakingColumn struct {
	From, To time.Time
	NewDay   bool // the first of its day, of a grid of several days
	NewPart  bool // a longer pause lies before it
}

// Columns are the heads of the timetable.
func (p matchmakingPage) Columns() []matchmakingColumn { return p.columns }

// HasPublished tells whether there is a plan to repair.
func (p matchmakingPage) HasPublished() bool {
	for _, plan := range p.Plans {
		if plan.Status == matchmaking.PublishedPlan {
			return true
		}
	}
	return false
}

// Allowed is how many pairs asked and may meet.
func (p matchmakingPage) Allowed() int { return p.Figures.Wishes - p.Figures.Blocked }

// Gap is how far the plan shown is from what no plan can exceed.
func (p matchmakingPage) Gap() int64 { return p.Table.Plan.Bound - p.Table.Plan.Value }

func (s *Server) matchmakingDesk(c *fiber.Ctx) error {
	p, err := s.newMatchmakingPage(c, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "matchmaking/console", p)
}

func (s *Server) newMatchmakingPage(c *fiber.Ctx, form Form) (p matchmakingPage, err error) {
	ctx, by, e := c.UserContext(), actor(c), event(c)
	p = matchmakingPage{Page: s.page(c), Form: form}
	if p.Figures, err = s.Matchmaking.Figures(ctx, by, e.ID); err != nil {
		return p, err
	}
	if p.Plans, err = s.Matchmaking.Plans(ctx, by, e.ID); err != nil {
		return p, err
	}
	for i := range p.Plans {
		p.Plans[i].CreatedAt = p.Plans[i].CreatedAt.In(e.Zone)
	}
	id, asked, err := planAsked(c)
	if err != nil {
		return p, err
	}
	if !asked {
		id = planOfInterest(p.Plans)
	}
	if id == ident.Nil {
		return p, nil
	}
	table, err := s.Matchmaking.Timetable(ctx, by, e.ID, id)
	if err != nil {
		return p, err
	}
	p.show(table, e.Zone)
	return p, nil
}

// show puts a plan on the page, with times as the event's clock shows them.
func (p *matchmakingPage) show(table matchmaking.Timetable, zone *time.Location) {
	p.Table, p.Shown = table, true
	p.Table.Plan.CreatedAt = table.Plan.CreatedAt.In(zone)
	if at := table.Plan.PublishedAt; at != nil {
		local := at.In(zone)
		p.Table.Plan.PublishedAt = &local
	}
	slots := table.Slots
	for i, slot := range slots {
		column := matchmakingColumn{From: slot.StartsAt, To: slot.EndsAt}
		if i > 0 {
			before := slots[i-1]
			column.NewDay = before.StartsAt.Format(time.DateOnly) != slot.StartsAt.Format(time.DateOnly)
			column.NewPart = column.NewDay || before.Part != slot.Part
		}
		p.columns = append(p.columns, column)
	}
	if len(slots) > 0 {
		p.columns[0].NewDay = true
	}
}

// planAsked reads ?plan=.
func planAsked(c *fiber.Ctx) (id ident.ID, asked bool, err error) {
	text := c.Query("plan")
	if text == "" {
		return ident.Nil, false, nil
	}
	id, err = ident.Parse(text)
	if err != nil {
		return ident.Nil, false, fault.New(fault.NotFound, "error.not_found")
	}
	return id, true, nil
}

// planOfInterest is the newest draft that can be published, unless a later plan
// is published; else the published one, else the newest.
func planOfInterest(plans []matchmaking.Plan) ident.ID {
	for _, p := range plans { // newest first
		if p.Status == matchmaking.PublishedPlan || p.Status == matchmaking.DraftPlan && !p.Stale {
			return p.ID
		}
	}
	if len(plans) > 0 {
		return plans[0].ID
	}
	return ident.Nil
}

func (s *Server) solveMatchmaking(c *fiber.Ctx) error {
	return s.planned(c, "matchmaking.solved", func() (matchmaking.Plan, error) {
		return s.Matchmaking.Solve(c.UserContext(), actor(c), event(c).ID, runOptions(s.Now()))
	})
}

func (s *Server) repairMatchmaking(c *fiber.Ctx) error {
	return s.planned(c, "matchmaking.solved", func() (matchmaking.Plan, error) {
		return s.Matchmaking.Repair(c.UserContext(), actor(c), event(c).ID, runOptions(s.Now()))
	})
}

// runOptions start each run elsewhere, so that pressing again may find another
// plan.
func runOptions(now time.Time) matchmaking.RunOptions {
	return matchmaking.RunOptions{Seed: now.UnixMilli(), Limit: 10 * time.Second}
}

func (s *Server) publishMatchmaking(c *fiber.Ctx) error {
	id, err := pathID(c, "plan")
	if err != nil {
		return err
	}
	return s.planned(c, "matchmaking.published", func() (matchmaking.Plan, error) {
		return s.Matchmaking.Publish(c.UserContext(), actor(c), event(c).ID, id)
	})
}

// planned is every button of the desk: it leads to the plan that came of it, or
// shows the desk again with why not.
func (s *Server) planned(c *fiber.Ctx, said string, do func() (matchmaking.Plan, error)) error {
	plan, err := do()
	if err == nil {
		s.flash(c, "ok", said, plan.Number, plan.Placed, plan.Requested)
		return s.done(c, "/console/"+event(c).Slug+"/matchmaking?plan="+plan.ID.String())
	}
	form := readForm(c)
	if !form.Refused(err) {
		return err
	}
	p, err := s.newMatchmakingPage(c, form)
	if err != nil {
		return err
	}
	return s.again(c, "matchmaking/console", p)
}

// progress is how far the meetings of an event have come, on its clock.
func (s *Server) progress(c *fiber.Ctx, event ident.ID, zone *time.Location) (matchmaking.Progress, error) {
	p, err := s.Matchmaking.Progress(c.UserContext(), event)
	if p.PublishedAt != nil {
		at := p.PublishedAt.In(zone)
		p.PublishedAt = &at
	}
	return p, err
}

// ownMeetingDay is a day of somebody's own meetings.
type ownMeetingDay struct {
	At       time.Time
	Zone     string
	Meetings []ownMeeting
}

// ownMeeting is a meeting as one of its people sees it.
type ownMeeting struct {
	From, To    time.Time
	With        locale.Text // the other side; both sides for an interpreter
	Both        locale.Text // of an interpreter's meeting, the other of the two
	Table       string
	Room        locale.Text
	Interpreter locale.Text
	State       string // past, now or next
	Moved       bool
	Deserted    bool // the interpreter does not come, and nobody else was found yet
}

// ownMeetings sorts a registrant's meetings into days, in the zone of the place.
func ownMeetings(r delegations.Registration, list []matchmaking.Appointment, now time.Time) (days []ownMeetingDay) {
	for _, a := range list {
		zone := a.Zone()
		m := ownMeeting{From: a.StartsAt.In(zone), To: a.EndsAt.In(zone), With: a.Firm, Table: a.Table, Room: a.Room, Interpreter: a.Interpreter, Deserted: a.Deserted, State: "next", Moved: a.State == "rescheduled"}
		switch {
		case r.DelegationID == a.DelegationID:
		case r.FirmID == a.FirmID:
			m.With = a.Delegation
		default:
			m.With, m.Both = a.Delegation, a.Firm
		}
		switch {
		case !now.Before(a.EndsAt):
			m.State = "past"
		case !now.Before(a.StartsAt):
			m.State = "now"
		}
		last := len(days) - 1
		if last < 0 || days[last].At.Format(time.DateOnly) != m.From.Format(time.DateOnly) {
			days = append(days, ownMeetingDay{At: m.From, Zone: locale.Zone(m.From)})
			last++
		}
		days[last].Meetings = append(days[last].Meetings, m)
	}
	return days
}
