package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"qianshou/app/matchmaking/checker"
	"qianshou/app/matchmaking/format"
	"qianshou/app/matchmaking/solver"
)

// matchCommand solves and verifies matchmaking problems in files; it needs no
// database.
func matchCommand(ctx context.Context, args []string, std stdio) error {
	verb, rest, err := split("match", args, std, "solve", "verify")
	if err != nil {
		return err
	}
	if verb == "solve" {
		return matchSolve(ctx, rest, std)
	}
	return matchVerify(rest, std)
}

func matchSolve(ctx context.Context, args []string, std stdio) error {
	fs := flags("match solve", "match solve [--seed N] [--time-limit 10s] [--out PLAN] FILE\n\nReads a problem (qianshou-problem/1; - is standard input) and writes a plan (qianshou-plan/1).", std, false)
	seed := fs.Int64("seed", 1, "the same seed gives the same plan")
	limit := fs.Duration("time-limit", 10*time.Second, "the best plan found until then is kept")
	out := fs.String("out", "", "write the plan to this file instead of standard output")
	if err := parse(fs, args, std); err != nil {
		return err
	}
	if fs.NArg() != 1 || *limit <= 0 {
		return fmt.Errorf("match solve takes one FILE and a time limit above zero: %w", errUsage)
	}
	problem, err := fromFile(fs.Arg(0), std, format.ReadProblem)
	if err != nil {
		return err
	}
	timed, stop := context.WithTimeout(ctx, *limit)
	defer stop()
	started := time.Now()
	plan, err := solver.Solve(timed, problem, solver.Options{Seed: *seed})
	if err != nil {
		return err
	}
	plan.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	if err := judge(problem, plan, std); err != nil {
		return fmt.Errorf("a mistake of the solver, please report it: %w", err)
	}
	if *out == "" {
		err = format.Write(std.out, plan)
	} else {
		err = toFile(*out, plan)
	}
	if err != nil {
		return err
	}
	if plan.Status == format.Infeasible || plan.Status == format.Unknown {
		return fmt.Errorf("no plan: %s %v", plan.Status, plan.Conflict)
	}
	return nil
}

func matchVerify(args []string, std stdio) error {
	fs := flags("match verify", "match verify PROBLEM PLAN\n\nSays every hard rule that a plan breaks, one a line, and ends with 1 when there is one.", std, false)
	if err := parse(fs, args, std); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return fmt.Errorf("match verify takes a PROBLEM and a PLAN: %w", errUsage)
	}
	problem, err := fromFile(fs.Arg(0), std, format.ReadProblem)
	if err != nil {
		return err
	}
	plan, err := fromFile(fs.Arg(1), std, format.ReadPlan)
	if err != nil {
		return err
	}
	if err := judge(problem, plan, std); err != nil {
		return err
	}
	o := checker.Measure(problem, plan)
	fmt.Fprintf(std.out, "%s: %d of %d meetings, value %d of at most %d, %d breaks; every hard rule holds\n",
		plan.Status, len(plan.Meetings), len(problem.Meetings), o.Value, plan.Bound.Value, o.Breaks)
	return nil
}

// judge prints the broken rules of a plan.
func judge(problem format.Problem, plan format.Plan, std stdio) error {
	broken := checker.Check(problem, plan)
	for _, b := range broken {
		fmt.Fprintln(std.err, b)
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d rules are broken", len(broken))
	}
	return nil
}

// fromFile reads a file, or standard input for -.
func fromFile[T any](name string, std stdio, read func(io.Reader) (T, error)) (T, error) {
	var nothing T
	if name == "-" {
		v, err := read(std.in)
		return v, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nothing, err
	}
	defer file.Close()
	v, err := read(file)
	if err != nil {
		return nothing, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

func toFile(name string, v any) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(format.Write(file, v), file.Close())
}
