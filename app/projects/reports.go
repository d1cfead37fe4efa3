package projects

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Report is what somebody reports of a project's stage.
type Report struct {
	Stage       Stage
	On          time.Time // the day it happened: midnight UTC
	Evidence    string
	EvidenceRef string
	PaidIn      decimal.NullDecimal // cumulative, in the project's currency
	Correction  bool                // goes back, or puts the date or an amount right
	Reason      string              // of a termination
	Note        string
}

// Warning is something a person should look at; the change was made.
type Warning struct {
	Key  string
	Args []any
}

// tolerance is by how much what was paid in may exceed what was contracted
// before it looks wrong.
var tolerance = decimal.New(12, -1)

// Report records that a project reached a stage. Rungs may be skipped upward,
// since each report brings the evidence of its own stage; a rung that was
// skipped may be filled in later. Going back is a correction, which somebody
// else than the reporter makes. version is the one that was shown; zero takes
// whatever stands.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed
// the project meanwhile, or it is merged into another.
func (s *Service) Report(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Report) (Project, []Warning, error) {
	var warnings []Warning
	p, err := s.change(ctx, by, id, version, accounts.EditProject, func(tx *sqlx.Tx, p Project) error {
		events, err := stageEvents(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := in.check(p, events, by, p.Event.today(s.now())); err != nil {
			return err
		}
		e := StageEvent{
			ID: s.newID(), ProjectID: id, Stage: in.Stage, On: in.On, Evidence: in.Evidence, EvidenceRef: in.EvidenceRef, PaidIn: in.PaidIn,
			Correction: in.Correction, Reason: in.Reason, Note: in.Note, ReporterID: store.OrNull(by.ID), Reporter: nameOf(by), ReportedAt: s.now(), Verdict: Reported,
		}
		if in.PaidIn.Valid {
			e.Currency = p.Currency
		}
		if err := insertStageEvent(ctx, tx, e); err != nil {
			return err
		}
		warnings = in.warnings(p)
		now := derive(p.Document, append(events, e))
		if err := updateStanding(ctx, tx, p, now); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, "project.report", p, map[string]any{"stage": string(p.Stage)},
			map[string]any{"stage": string(now.Stage), "reported": string(in.Stage), "on": in.On.Format(time.DateOnly), "evidence": in.Evidence}, in.Note)
	})
	return p, warnings, err
}

// check normalises a report and refuses what breaks a rule.
func (in *Report) check(p Project, events []StageEvent, by accounts.Actor, today time.Time) error {
	var bad fault.List
	in.EvidenceRef, in.Note = text.Clean(in.EvidenceRef), text.Paragraphs(in.Note)
	if !p.Kind.climbs(in.Stage) {
		bad.Add("stage", "field.choice")
		return bad.Err()
	}
	bad.Check(slices.Contains(evidence[in.Stage], in.Evidence), "evidence_kind", "projects.evidence_of_stage")
	text.Line(&bad, "evidence_ref", in.EvidenceRef, true, maxEvidence)
	text.Line(&bad, "note", in.Note, in.Correction, maxNote)
	if in.Stage == Terminated {
		bad.Check(slices.Contains(Terminations, in.Reason), "reason", "projects.termination")
	} else {
		in.Reason = ""
	}
	bad.Check(!in.On.Before(firstSigning) && !in.On.After(today), "occurred_on", "projects.occurred_on", today.Format(time.DateOnly))
	now := derive(p.Document, events)
	counting := effective(events)
	bad.Check(in.Stage.rank() > Stage(Contract).rank() || in.Stage.rank() <= Stage(p.Document).rank(), "stage", "projects.document_first")
	in.checkStep(&bad, now, counting, by)
	in.checkOrder(&bad, counting)
	in.checkFunds(&bad, p, now, counting)
	return bad.Err()
}

// checkStep sees that a report goes up, stays, or fills in what was skipped, and
// that a correction is made by a second person.
func (in *Report) checkStep(bad *fault.List, now standing, counting []StageEvent, by accounts.Actor) {
	reported := func(s Stage) (StageEvent, bool) {
		for _, e := range slices.Backward(counting) {
			if e.Stage == s {
				return e, true
			}
		}
		return StageEvent{}, false
	}
	if in.Correction {
		present, any := reported(now.Stage)
		bad.Check(in.Stage.rank() <= now.Stage.rank(), "stage", "projects.correction_goes_back")
		bad.Check(!any || !present.ReportedBy(by), "stage", "projects.correction_by_another")
		return
	}
	_, again := reported(in.Stage)
	switch {
	case now.Stage == Terminated:
		bad.Add("stage", "projects.terminated_already")
	case in.Stage.rank() < now.Stage.rank() && again:
		bad.Add("stage", "projects.back_is_correction")
	}
}

// checkOrder sees that the dates do not run against the rungs.
func (in *Report) checkOrder(bad *fault.List, counting []StageEvent) {
	for _, e := range counting {
		below, above := e.Stage.rank() < in.Stage.rank(), e.Stage.rank() > in.Stage.rank()
		if below && e.On.After(in.On) || above && !in.Correction && e.On.Before(in.On) {
			bad.Add("occurred_on", "projects.date_order", e.On.Format(time.DateOnly))
			return
		}
	}
}

// checkFunds sees that money is reported of an investment that has landed, in
// its currency, and never less than before.
func (in *Report) checkFunds(bad *fault.List, p Project, now standing, counting []StageEvent) {
	landed := slices.ContainsFunc(counting, func(e StageEvent) bool { return e.Stage == Landed })
	bad.Check(in.Stage != Funds || landed, "stage", "projects.funds_need_landing")
	bad.Check(in.Stage != Funds || in.PaidIn.Valid, "paid_in", "projects.funds_need_amount")
	if !in.PaidIn.Valid {
		return
	}
	bad.Check(fitsMoney(in.PaidIn.Decimal), "paid_in", "field.amount")
	bad.Check(p.Kind == Investment, "paid_in", "projects.funds_of_investment")
	bad.Check(landed || in.Stage == Landed, "paid_in", "projects.funds_need_landing")
	bad.Check(p.Currency != "", "paid_in", "projects.paid_in_needs_amount")
	if !in.Correction && now.PaidIn.Valid {
		bad.Check(in.PaidIn.Decimal.GreaterThanOrEqual(now.PaidIn.Decimal), "paid_in", "projects.paid_in_shrinks", now.PaidIn.Decimal.StringFixed(2))
	}
}

// warnings points out what is possible but unlikely. What is paid in is held
// against the foreign side's contracted capital; against the whole investment
// where there is none, as abroad.
func (in *Report) warnings(p Project) (list []Warning) {
	contracted := p.Contracted
	if !contracted.Valid || contracted.Decimal.IsZero() {
		contracted = p.Total
	}
	if in.PaidIn.Valid && contracted.Valid && in.PaidIn.Decimal.GreaterThan(contracted.Decimal.Mul(tolerance)) {
		list = append(list, Warning{"projects.paid_in_much", []any{in.PaidIn.Decimal.StringFixed(2), contracted.Decimal.StringFixed(2), p.Currency}})
	}
	return list
}

// Verify records the second person's word on a stage event. The latest word
// holds; a disputed event counts for nothing, and the project stands where the
// others leave it.
//
// Faults: Forbidden; NotFound; Conflict, the reporter verifies their own report,
// or the project is merged into another; Invalid with fields.
func (s *Service) Verify(ctx context.Context, by accounts.Actor, id, event ident.ID, verdict Verdict, note string) (Project, error) {
	note = text.Paragraphs(note)
	return s.change(ctx, by, id, 0, accounts.VerifyProject, func(tx *sqlx.Tx, p Project) error {
		var bad fault.List
		bad.Check(verdict == Verified || verdict == Disputed, "verdict", "field.choice")
		text.Line(&bad, "check_note", note, verdict == Disputed, maxNote)
		if err := bad.Err(); err != nil {
			return err
		}
		events, err := stageEvents(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(events, func(e StageEvent) bool { return e.ID == event })
		if i < 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if events[i].ReportedBy(by) {
			return fault.New(fault.Conflict, "projects.verify_by_another")
		}
		if err := insertCheck(ctx, tx, s.newID(), event, verdict, by, note, s.now()); err != nil {
			return err
		}
		before := events[i].Verdict
		events[i].Verdict = verdict
		now := derive(p.Document, events)
		if err := updateStanding(ctx, tx, p, now); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, "project.verify", p, map[string]any{"verdict": string(before)},
			map[string]any{"verdict": string(verdict), "of": string(events[i].Stage)}, note)
	})
}
