package matchmaking

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking/checker"
	"qianshou/app/matchmaking/format"
	"qianshou/app/matchmaking/solver"
)

// PlanStatus is how far a plan has come.
type PlanStatus string

// The states of a plan. A draft is the desk's alone.
const (
	DraftPlan      PlanStatus = "draft"
	PublishedPlan  PlanStatus = "published"
	SupersededPlan PlanStatus = "superseded"
)

// Plan is one run of the solver, as the desk lists it.
type Plan struct {
	EventID      ident.ID   `db:"event_id"`
	ID           ident.ID   `db:"id"`
	Number       int        `db:"number"`
	Status       PlanStatus `db:"status"`
	Placed       int        `db:"placed"`
	Requested    int        `db:"requested"`
	Value        int64      `db:"value"`
	Bound        int64      `db:"bound"` // no plan of these requests can be worth more
	Breaks       int        `db:"breaks"`
	Moved        int        `db:"moved"`  // published meetings that it moves or leaves out
	Repair       bool       `db:"repair"` // it started from the published plan
	Proven       bool       `db:"proven"` // no plan of the same problem is worth more, or as much with fewer breaks
	Milliseconds int        `db:"milliseconds"`
	CreatedBy    string     `db:"created_by"`
	CreatedAt    time.Time  `db:"created_at"`
	PublishedAt  *time.Time `db:"published_at"`
	Stale        bool       `db:"-"` // a draft whose requests or rules changed since
}

type storedPlan struct {
	Plan
	Problem     []byte `db:"problem"`
	Solution    []byte `db:"solution"`
	InputDigest []byte `db:"input_digest"`
}

// read answers the problem and the plan as they were written.
func (p storedPlan) read() (problem format.Problem, plan format.Plan, err error) {
	if problem, err = format.ReadProblem(bytes.NewReader(p.Problem)); err != nil {
		return problem, plan, fmt.Errorf("problem of plan %d: %w", p.Number, err)
	}
	if plan, err = format.ReadPlan(bytes.NewReader(p.Solution)); err != nil {
		return problem, plan, fmt.Errorf("plan %d: %w", p.Number, err)
	}
	return problem, plan, nil
}

// RunOptions say how a run works.
type RunOptions struct {
	Seed  int64
	Limit time.Duration // the best plan found until then is kept; zero: ten seconds; LongestRun at most
	Wait  time.Duration // how long it may wait for another run to end; zero: fifteen seconds
}

const (
	defaultLimit = 10 * time.Second
	// LongestRun is how long a run may take, whatever was asked for, and though
	// nobody waits for its answer any more.
	LongestRun = 60 * time.Second
)

// Solve freezes the requests and rules, solves, has the plan judged by the
// independent checker, and keeps it as a draft that no guest sees. Published
// meetings that are pinned or have begun stay where they are. One run of the
// installation is under way at a time; another waits for its turn.
//
// Faults: Forbidden; Conflict, there is nothing to plan, the rules contradict
// each other, or its turn did not come in time.
func (s *Service) Solve(ctx context.Context, by accounts.Actor, event ident.ID, opts RunOptions) (Plan, error) {
	return s.run(ctx, by, event, opts, false)
}

// Repair is Solve that starts from the published plan: what still keeps every
// rule stays where it is, and the rest is planned around it.
//
// Faults: as Solve; Conflict too when nothing was published.
func (s *Service) Repair(ctx context.Context, by accounts.Actor, event ident.ID, opts RunOptions) (Plan, error) {
	return s.run(ctx, by, event, opts, true)
}

func (s *Service) run(ctx context.Context, by accounts.Actor, event ident.ID, opts RunOptions, repair bool) (Plan, error) {
	if !by.May(accounts.EditMatchmaking, event) {
		return Plan{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	giveBack, err := s.takeTurn(ctx, cmp.Or(opts.Wait, turnWait))
	if err != nil {
		return Plan{}, err
	}
	defer giveBack()
	input, err := s.input(ctx, event, repair)
	if err != nil {
		return Plan{}, err
	}
	timed, stop := context.WithTimeout(ctx, min(cmp.Or(opts.Limit, defaultLimit), LongestRun))
	defer stop()
	started := s.now()
	solution, err := solver.Solve(timed, input.problem, solver.Options{Seed: opts.Seed})
	if err != nil {
		return Plan{}, fmt.Errorf("solve matchmaking: %w", err)
	}
	took := s.now().Sub(started)
	solution.Seconds = took.Seconds()
	switch solution.Status {
	case format.Infeasible:
		return Plan{}, input.contradiction(solution.Conflict)
	case format.Unknown:
		return Plan{}, fault.New(fault.Conflict, "matchmaking.no_plan_in_time")
	}
	// A plan that breaks a hard rule is a mistake of ours; it is never kept.
	if broken := checker.Check(input.problem, solution); len(broken) > 0 {
		return Plan{}, fmt.Errorf("the solver broke a rule: %v", broken[0])
	}
	p := Plan{
		EventID: event, ID: s.newID(), Status: DraftPlan, Placed: len(solution.Meetings), Requested: len(input.problem.Meetings),
		Value: int64(solution.Objective.Value), Bound: int64(solution.Bound.Value), Breaks: solution.Objective.Breaks, Moved: solution.Objective.Moved,
		Repair: repair, Proven: solution.Status == format.Optimal, Milliseconds: int(took.Milliseconds()), CreatedBy: by.Name(), CreatedAt: s.now(),
	}
	return s.keep(ctx, by, p, input, solution)
}

// input freezes the problem of a run.
func (s *Service) input(ctx context.Context, event ident.ID, repair bool) (input *frozen, err error) {
	var published []meetingRow
	err = store.InSerialTx(ctx, s.db, func(tx *sqlx.Tx) (err error) { // one snapshot
		if input, err = freeze(ctx, tx, event); err != nil {
			return err
		}
		published, err = meetingsOf(ctx, tx, event)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("freeze matchmaking: %w", err)
	}
	if len(input.problem.Meetings) == 0 || len(input.problem.Slots) == 0 || len(input.problem.Places) == 0 {
		return nil, fault.New(fault.Conflict, "matchmaking.nothing_to_plan")
	}
	if repair && len(published) == 0 {
		return nil, fault.New(fault.Conflict, "matchmaking.nothing_to_repair")
	}
	if !input.onlyAfter(s.now()) {
		return nil, fault.New(fault.Conflict, "matchmaking.all_past")
	}
	input.keep(published, repair, s.now())
	if len(input.problem.Meetings) == 0 { // all that was asked for is history
		return nil, fault.New(fault.Conflict, "matchmaking.nothing_to_plan")
	}
	return input, nil
}

// contradiction names the first meetings that cannot stand together.
func (f *frozen) contradiction(conflict []string) error {
	if len(conflict) == 0 {
		return fault.New(fault.Conflict, "matchmaking.no_plan_in_time")
	}
	p := f.pairs[conflict[0]]
	return fault.New(fault.Conflict, "matchmaking.contradiction", p.delegation.Name(), p.firm.Name(), len(conflict)-1)
}

func (s *Service) keep(ctx context.Context, by accounts.Actor, p Plan, input *frozen, solution format.Plan) (Plan, error) {
	var problem, answer bytes.Buffer
	if err := format.Write(&problem, input.problem); err != nil {
		return Plan{}, fmt.Errorf("write problem: %w", err)
	}
	if err := format.Write(&answer, solution); err != nil {
		return Plan{}, fmt.Errorf("write plan: %w", err)
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if err := lockPublishing(ctx, tx, p.EventID); err != nil {
			return err
		}
		p.Number, err = insertPlan(ctx, tx, storedPlan{Plan: p, Problem: problem.Bytes(), Solution: answer.Bytes(), InputDigest: input.digest})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, by, p.EventID, "matchmaking.solve", "plan", p.ID, map[string]any{"number": p.Number, "placed": p.Placed, "of": p.Requested, "repair": p.Repair})
	})
	return p, err
}

// Plans lists an event's runs, newest first, fifty at most. Drafts that rest on
// what has changed since are marked.
//
// Fault: Forbidden.
func (s *Service) Plans(ctx context.Context, by accounts.Actor, event ident.ID) ([]Plan, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	rows, err := plansOf(ctx, s.db, event)
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	now, err := freeze(ctx, s.db, event)
	if err != nil {
		return nil, fmt.Errorf("freeze matchmaking: %w", err)
	}
	var list []Plan
	for _, p := range rows {
		p.Stale = p.Status == DraftPlan && !bytes.Equal(now.digest, p.InputDigest)
		list = append(list, p.Plan)
	}
	return list, nil
}

// Publish makes a draft the plan that delegations and firms see. Meetings that
// stay keep their ids; those that move rise in version; those that have begun
// are left alone.
//
// Faults: Forbidden; NotFound, the event has no such plan; Conflict, the
// requests or rules changed since the draft was made (the sentence says which),
// or it is no draft any more.
func (s *Service) Publish(ctx context.Context, by accounts.Actor, event, planID ident.ID) (Plan, error) {
	if !by.May(accounts.EditMatchmaking, event) {
		return Plan{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	var published Plan
	err := store.InSerialTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockPublishing(ctx, tx, event); err != nil {
			return err
		}
		p, err := planByID(ctx, tx, event, planID)
		if err != nil {
			return err
		}
		if p.Status != DraftPlan {
			return fault.New(fault.Conflict, "matchmaking.already_"+string(p.Status))
		}
		input, err := freeze(ctx, tx, event)
		if err != nil {
			return fmt.Errorf("freeze matchmaking: %w", err)
		}
		if !bytes.Equal(input.digest, p.InputDigest) {
			published, err := meetingsOf(ctx, tx, event)
			if err != nil {
				return fmt.Errorf("read meetings: %w", err)
			}
			input.onlyAfter(p.CreatedAt)
			input.keep(published, p.Repair, p.CreatedAt)
			return stale(p, input)
		}
		if err := s.replaceMeetings(ctx, tx, p, input); err != nil {
			return err
		}
		at := s.now()
		if err := setPublished(ctx, tx, p.ID, event, at); err != nil {
			return err
		}
		published = p.Plan
		published.Status, published.PublishedAt = PublishedPlan, &at
		return s.record(ctx, tx, by, event, "matchmaking.publish", "plan", p.ID, map[string]any{"number": p.Number, "meetings": p.Placed})
	})
	return published, err
}

// stale says which part of its input a draft has been left behind by. now is
// what a run at the draft's time would have been given.
func stale(p storedPlan, now *frozen) error {
	then, _, err := p.read()
	if err != nil {
		return err
	}
	for _, part := range []struct {
		key       string
		then, now any
	}{
		{"matchmaking.stale_slots", then.Slots, now.problem.Slots},
		{"matchmaking.stale_tables", []any{then.Places, then.Travel}, []any{now.problem.Places, now.problem.Travel}},
		{"matchmaking.stale_requests", then.Meetings, now.problem.Meetings},
		{"matchmaking.stale_interpreters", then.Interpreters, now.problem.Interpreters},
	} {
		a, errA := json.Marshal(part.then)
		b, errB := json.Marshal(part.now)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return fault.New(fault.Conflict, part.key, p.Number)
		}
	}
	return fault.New(fault.Conflict, "matchmaking.stale_parties", p.Number)
}

// replaceMeetings brings the published meetings to those of a plan.
func (s *Service) replaceMeetings(ctx context.Context, tx *sqlx.Tx, p storedPlan, input *frozen) error {
	_, solution, err := p.read()
	if err != nil {
		return err
	}
	before, err := meetingsOf(ctx, tx, p.EventID)
	if err != nil {
		return fmt.Errorf("read meetings: %w", err)
	}
	began := map[ident.ID]bool{}
	for _, slot := range input.slots {
		began[slot.ID] = !slot.StartsAt.After(s.now())
	}
	standing := map[[2]ident.ID]meetingRow{}
	for _, m := range before {
		standing[[2]ident.ID{m.DelegationID, m.FirmID}] = m
	}
	for _, placed := range solution.Meetings {
		pair := input.pairs[placed.Meeting]
		k := [2]ident.ID{pair.delegation.ID, pair.firm.ID}
		m := meetingRow{
			ID: s.newID(), EventID: p.EventID, DelegationID: k[0], FirmID: k[1], Must: pair.must, Mutual: pair.mutual,
			SlotID: input.slots[placed.Slot].ID, TableID: input.tables[placed.Place].ID,
			InterpreterID: store.OrNull(input.interpreters[placed.Interpreter].ID),
		}
		old, stays := standing[k]
		delete(standing, k)
		history := stays && (old.begun() || began[old.SlotID])
		if stays {
			same := old.SlotID == m.SlotID && old.TableID == m.TableID
			if same && (history || old.InterpreterID == m.InterpreterID) {
				continue
			}
			m.ID = old.ID
		}
		if history || began[m.SlotID] { // the draft waited too long
			return fault.New(fault.Conflict, "matchmaking.begun", p.Number)
		}
		if err := upsertMeeting(ctx, tx, m, p.ID); err != nil {
			return err
		}
	}
	for _, gone := range standing {
		if gone.begun() || began[gone.SlotID] {
			continue
		}
		if err := cancelMeeting(ctx, tx, gone.ID); err != nil {
			return err
		}
	}
	return nil
}
