package api

import (
	"context"
	"net/http"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/matchmaking"
	"qianshou/app/web"
)

// longestRun is the longest that a caller may let the solver work.
const longestRun = matchmaking.LongestRun

// solveLimit keeps the solver, which takes a core for its whole run, from being
// asked for by the dozen.
var solveLimit = web.Limit{Times: 20, In: time.Minute}

func (a *API) matchmakingOperations() {
	edit := web.Right(accounts.EditMatchmaking)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/matchmaking/solve", id: "solve", tag: "Matchmaking", rule: edit, limit: &solveLimit, summary: "Plan the meetings",
		about: "Answers a draft that nobody but the desk sees. Every plan keeps every hard rule; bound is a value that no plan of the same requests can exceed."}, a.solve)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/matchmaking/repair", id: "repair", tag: "Matchmaking", rule: edit, limit: &solveLimit, summary: "Plan again around what is published",
		about: "What still keeps every rule stays where it is; moved says how many published meetings do not."}, a.repair)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/matchmaking/publish", id: "publish", tag: "Matchmaking", rule: edit, summary: "Publish a draft",
		about: "The latest draft when none is named. 409 when requests or rules changed since it was made."}, a.publish)
	add(a, description{method: http.MethodGet, path: "/api/v1/events/:event/matchmaking/plans/:plan", id: "plan", tag: "Matchmaking", rule: web.Right(accounts.SeeMatchmaking), summary: "A plan's timetable, and what has no place in it"}, a.timetable)
}

type solveInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Body  struct {
		Seed    int64 `json:"seed,omitempty" doc:"The same seed gives the same plan"`
		Seconds int   `json:"seconds,omitempty" doc:"The best plan found until then is kept; 10 when left out, at most 60"`
	}
}

type plan struct {
	ID           string     `json:"id"`
	Number       int        `json:"number"`
	Status       string     `json:"status" enum:"draft,published,superseded"`
	Placed       int        `json:"placed" doc:"Requests that have a meeting"`
	Requested    int        `json:"requested"`
	Value        int64      `json:"value"`
	Bound        int64      `json:"bound" doc:"No plan of these requests can be worth more"`
	Proven       bool       `json:"proven" doc:"No plan of the same problem is worth more, or as much with fewer breaks; changes of table and the order of precedence are not proven"`
	Breaks       int        `json:"breaks" doc:"Idle slots between meetings, of all participants"`
	Moved        int        `json:"moved" doc:"Published meetings that it moves or leaves out"`
	Milliseconds int        `json:"milliseconds"`
	CreatedAt    time.Time  `json:"created_at"`
	PublishedAt  *time.Time `json:"published_at,omitempty"`
}

func planOf(p matchmaking.Plan) plan {
	return plan{
		ID: p.ID.String(), Number: p.Number, Status: string(p.Status), Placed: p.Placed, Requested: p.Requested, Value: p.Value, Bound: p.Bound,
		Proven: p.Proven, Breaks: p.Breaks, Moved: p.Moved, Milliseconds: p.Milliseconds, CreatedAt: p.CreatedAt, PublishedAt: p.PublishedAt,
	}
}

func (in solveInput) options() (matchmaking.RunOptions, error) {
	limit := time.Duration(in.Body.Seconds) * time.Second
	if limit < 0 || limit > longestRun {
		return matchmaking.RunOptions{}, fault.Fields(fault.Field{Path: "seconds", Key: "field.number_between", Args: []any{1, int(longestRun / time.Second)}})
	}
	return matchmaking.RunOptions{Seed: in.Body.Seed, Limit: limit}, nil
}

func (a *API) solve(ctx context.Context, c caller, in solveInput) (plan, error) {
	opts, err := in.options()
	if err != nil {
		return plan{}, err
	}
	p, err := a.Matchmaking.Solve(ctx, c.actor, c.event.ID, opts)
	return planOf(p), err
}

func (a *API) repair(ctx context.Context, c caller, in solveInput) (plan, error) {
	opts, err := in.options()
	if err != nil {
		return plan{}, err
	}
	p, err := a.Matchmaking.Repair(ctx, c.actor, c.event.ID, opts)
	return planOf(p), err
}

type publishInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Body  struct {
		Plan string `json:"plan,omitempty" format:"uuid" doc:"Which draft; the latest when left out"`
	}
}

func (a *API) publish(ctx context.Context, c caller, in publishInput) (plan, error) {
	var id ident.ID
	if in.Body.Plan != "" {
		var err error
		if id, err = ident.Parse(in.Body.Plan); err != nil {
			return plan{}, fault.Fields(fault.Field{Path: "plan", Key: "field.choice"})
		}
	} else {
		plans, err := a.Matchmaking.Plans(ctx, c.actor, c.event.ID)
		if err != nil {
			return plan{}, err
		}
		for _, p := range plans { // the newest first
			if p.Status == matchmaking.DraftPlan {
				id = p.ID
				break
			}
		}
		if id == ident.Nil {
			return plan{}, fault.New(fault.Conflict, "api.no_draft")
		}
	}
	p, err := a.Matchmaking.Publish(ctx, c.actor, c.event.ID, id)
	return planOf(p), err
}

type timetable struct {
	Plan     plan       `json:"plan"`
	Meetings []meeting  `json:"meetings"`
	Unplaced []unplaced `json:"unplaced"`
}

type meeting struct {
	Delegation  locale.Text `json:"delegation"`
	Firm        locale.Text `json:"firm"`
	StartsAt    time.Time   `json:"starts_at"`
	EndsAt      time.Time   `json:"ends_at"`
	Room        locale.Text `json:"room"`
	Table       string      `json:"table"`
	Interpreter locale.Text `json:"interpreter"`
	Must        bool        `json:"must"`
	Mutual      bool        `json:"mutual"`
}

type unplaced struct {
	Delegation locale.Text `json:"delegation"`
	Firm       locale.Text `json:"firm"`
	Code       string      `json:"code" enum:"NO_COMMON_SLOT,HOST_FULL,NO_INTERPRETER,BLOCKED,NO_TABLE,LOWER_SCORE"`
}

func (a *API) timetable(ctx context.Context, c caller, in struct {
	Event string   `path:"event" doc:"Slug or ID"`
	Plan  ident.ID `path:"plan"`
}) (timetable, error) {
	t, err := a.Matchmaking.Timetable(ctx, c.actor, c.event.ID, in.Plan)
	if err != nil {
		return timetable{}, err
	}
	out := timetable{Plan: planOf(t.Plan), Meetings: []meeting{}, Unplaced: []unplaced{}}
	for _, row := range t.Rows {
		for i, cell := range row.Cells {
			if cell == nil {
				continue
			}
			out.Meetings = append(out.Meetings, meeting{
				Delegation: cell.Delegation, Firm: cell.Firm, StartsAt: t.Slots[i].StartsAt.In(c.event.Zone), EndsAt: t.Slots[i].EndsAt.In(c.event.Zone),
				Room: row.Room, Table: row.Table, Interpreter: cell.Interpreter, Must: cell.Must, Mutual: cell.Mutual,
			})
		}
	}
	for _, u := range t.Unplaced {
		out.Unplaced = append(out.Unplaced, unplaced{Delegation: u.Delegation, Firm: u.Firm, Code: u.Code})
	}
	return out, nil
}
