package matchmaking

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/matchmaking/checker"
	"qianshou/app/matchmaking/format"
	"qianshou/app/matchmaking/solver"
)

// Plan is one run of the solver, as the desk lists it.
type Plan struct {
	EventID     ident.ID   `db:"event_id"`
	ID          ident.ID   `db:"id"`
	Number      int        `db:"number"`
	Status      string     `db:"status"` // draft, published, superseded
	Placed      int        `db:"placed"`
	Requested   int        `db:"requested"`
	Value       int64      `db:"value"`
	Bound       int64      `db:"bound"` // no plan of these requests can be worth more
	CreatedBy   string     `db:"created_by"`
	CreatedAt   time.Time  `db:"created_at"`
	PublishedAt *time.Time `db:"published_at"`
}

type storedPlan struct {
	Plan
	Problem     []byte `db:"problem"`
	Solution    []byte `db:"solution"`
	InputDigest []byte `db:"input_digest"`
}

// RunOptions say how a run works.
type RunOptions struct {
	Seed   int64
	Limit  time.Duration // the best plan found until then is kept
	Repair bool          // start from the published plan and move as little as can be
}

// Run freezes the requests and rules, solves, has the plan judged by the
// independent checker, and keeps it as a draft that no guest sees.
//
// Faults: Forbidden; Conflict, there is nothing to plan, or the rules
// contradict each other.
func (s *Service) Run(ctx context.Context, by accounts.Actor, event ident.ID, opts RunOptions) (Plan, error) {
	if !by.May(accounts.EditMatchmaking, event) {
		return Plan{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	rules, err := s.RulesOf(ctx, event)
	if err != nil {
		return Plan{}, err
	}
	input, err := freeze(ctx, s.db, event, rules)
	if err != nil {
		return Plan{}, fmt.Errorf("freeze matchmaking: %w", err)
	}
	if len(input.problem.Meetings) == 0 || len(input.problem.Slots) == 0 || len(input.problem.Places) == 0 {
		return Plan{}, fault.New(fault.Conflict, "matchmaking.nothing_to_plan")
	}
	if opts.Repair {
		if err := s.startFromPublished(ctx, event, input); err != nil {
			return Plan{}, err
		}
	}
	timed, stop := context.WithTimeout(ctx, opts.Limit)
	defer stop()
	solution, err := solver.Solve(timed, input.problem, solver.Options{Seed: opts.Seed})
	if err != nil {
		return Plan{}, fmt.Errorf("solve matchmaking: %w", err)
	}
	if solution.Status == format.Infeasible {
		return Plan{}, fault.New(fault.Conflict, "matchmaking.contradiction")
	}
	// A plan that breaks a hard rule is a mistake of ours; it is never kept.
	if broken := checker.Check(input.problem, solution); len(broken) > 0 {
		return Plan{}, fmt.Errorf("the solver broke a rule: %v", broken[0])
	}
	return s.keep(ctx, by, event, input, solution)
}

func (s *Service) keep(ctx context.Context, by accounts.Actor, event ident.ID, input *frozen, solution format.Plan) (Plan, error) {
	problem, err := json.Marshal(input.problem)
	if err != nil {
		return Plan{}, fmt.Errorf("write problem: %w", err)
	}
	answer, err := json.Marshal(solution)
	if err != nil {
		return Plan{}, fmt.Errorf("write plan: %w", err)
	}
	p := storedPlan{
		Plan: Plan{
			EventID: event, ID: s.newID(), Status: "draft", Placed: len(solution.Meetings), Requested: len(input.problem.Meetings),
			Value: int64(solution.Objective.Value), Bound: int64(solution.Bound.Value), CreatedBy: by.Name(), CreatedAt: s.now(),
		},
		Problem: problem, Solution: answer, InputDigest: input.digest,
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockPublishing(ctx, tx, event); err != nil {
			return err
		}
		var err error
		if p.Number, err = insertPlan(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "matchmaking.solve", p.ID, map[string]any{"placed": p.Placed, "of": p.Requested})
	})
	return p.Plan, err
}

// startFromPublished hands the published meetings to the solver, so that it
// repairs instead of starting afresh.
func (s *Service) startFromPublished(ctx context.Context, event ident.ID, input *frozen) error {
	published, err := meetingsOf(ctx, s.db, event)
	if err != nil {
		return fmt.Errorf("read meetings: %w", err)
	}
	names := input.names()
	for _, m := range published {
		id := names.delegation[m.DelegationID] + "-" + names.firm[m.FirmID]
		if _, asked := input.pairs[id]; !asked {
			continue
		}
		input.problem.Previous = append(input.problem.Previous, format.Placed{
			Meeting: id, Slot: names.slot[m.SlotID], Place: names.table[m.TableID], Interpreter: names.interpreter[m.InterpreterID.UUID], Pinned: m.Pinned,
		})
	}
	return nil
}

type codes struct{ delegation, firm, slot, table, interpreter map[ident.ID]string }

func (f *frozen) names() codes {
	n := codes{map[ident.ID]string{}, map[ident.ID]string{}, map[ident.ID]string{}, map[ident.ID]string{}, map[ident.ID]string{}}
	for code, d := range f.delegations {
		n.delegation[d.ID] = code
	}
	for code, d := range f.firms {
		n.firm[d.ID] = code
	}
	for code, d := range f.slots {
		n.slot[d.ID] = code
	}
	for code, d := range f.tables {
		n.table[d.ID] = code
	}
	for code, d := range f.interpreters {
		n.interpreter[d.ID] = code
	}
	return n
}

// Plans lists an event's runs, newest first, fifty at most.
func (s *Service) Plans(ctx context.Context, by accounts.Actor, event ident.ID) ([]Plan, error) {
	if !by.May(accounts.SeeMatchmaking, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return plansOf(ctx, s.db, event)
}

// Publish makes a draft the plan that delegations and firms see. Meetings that
// stay keep their ids; those that move rise in version.
//
// Faults: Forbidden; NotFound; Conflict, the requests or rules changed since
// the draft was made, or it is published already.
func (s *Service) Publish(ctx context.Context, by accounts.Actor, planID ident.ID) (Plan, error) {
	var p storedPlan
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var err error
		if p, err = planByID(ctx, tx, planID); err != nil {
			return err
		}
		if !by.May(accounts.EditMatchmaking, p.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := lockPublishing(ctx, tx, p.EventID); err != nil {
			return err
		}
		if p.Status != "draft" {
			return fault.New(fault.Conflict, "matchmaking.already_"+p.Status)
		}
		rules, err := rulesOf(ctx, tx, p.EventID)
		if fault.CodeOf(err) == fault.NotFound {
			rules, err = DefaultRules(p.EventID), nil
		}
		if err != nil {
			return err
		}
		input, err := freeze(ctx, tx, p.EventID, rules)
		if err != nil {
			return err
		}
		if !bytes.Equal(input.digest, p.InputDigest) {
			return fault.New(fault.Conflict, "matchmaking.stale")
		}
		if err := s.replaceMeetings(ctx, tx, p, input); err != nil {
			return err
		}
		if err := setPublished(ctx, tx, p.ID, p.EventID, s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, p.EventID, "matchmaking.publish", p.ID, map[string]any{"number": p.Number, "meetings": p.Placed})
	})
	p.Status = "published"
	return p.Plan, err
}

func (s *Service) replaceMeetings(ctx context.Context, tx *sqlx.Tx, p storedPlan, input *frozen) error {
	var solution format.Plan
	if err := json.Unmarshal(p.Solution, &solution); err != nil {
		return fmt.Errorf("read plan %d: %w", p.Number, err)
	}
	type key struct{ delegation, firm ident.ID }
	before, err := meetingsOf(ctx, tx, p.EventID)
	if err != nil {
		return err
	}
	standing := map[key]meetingRow{}
	for _, m := range before {
		standing[key{m.DelegationID, m.FirmID}] = m
	}
	for _, placed := range solution.Meetings {
		pair := input.pairs[placed.Meeting]
		k := key{pair.delegation.ID, pair.firm.ID}
		m := meetingRow{
			ID: s.newID(), EventID: p.EventID, DelegationID: k.delegation, FirmID: k.firm, Must: pair.must, Mutual: pair.mutual,
			SlotID: input.slots[placed.Slot].ID, TableID: input.tables[placed.Place].ID,
			InterpreterID: orNull(input.interpreters[placed.Interpreter].ID),
		}
		old, stays := standing[k]
		delete(standing, k)
		if stays {
			if old.SlotID == m.SlotID && old.TableID == m.TableID && old.InterpreterID == m.InterpreterID {
				continue
			}
			m.ID = old.ID
		}
		if err := upsertMeeting(ctx, tx, m, p.ID); err != nil {
			return err
		}
	}
	for _, gone := range standing {
		if err := cancelMeeting(ctx, tx, gone.ID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action string, plan ident.ID, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: "plan", ObjectID: plan, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "matchmaking", Ref: plan})
}
