package projects_test

import (
	"cmp"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/projects"
)

const (
	intention = projects.Stage(projects.Intention)
	contract  = projects.Stage(projects.Contract)
)

func TestReportsClimb(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before []projects.Stage // reported on the days after the signing of 9 June
		report projects.Report
		want   projects.Stage // where it leads; empty when it is refused
		field  string
		key    string
	}{
		{"the next rung", nil, stage("landed", "2027-07-01"), "landed", "", ""},
		{"a rung skipped, with evidence of the later one", nil, stage("construction", "2027-07-01"), "construction", "", ""},
		{"a skipped rung filled in", []projects.Stage{"construction"}, stage("landed", "2027-06-10"), "construction", "", ""},
		{"an earlier document filled in", nil, stage("intention", "2027-01-01"), "contract", "", ""},
		{"the same rung again", []projects.Stage{"landed"}, stage("landed", "2027-07-01"), "landed", "", ""},
		{"the end", []projects.Stage{"landed"}, stage("terminated", "2027-07-01"), "terminated", "", ""},
		{"evidence of another rung", nil, projects.Report{Stage: "landed", On: day("2027-07-01"), Evidence: "bank_receipt", EvidenceRef: "x"}, "", "evidence_kind", "projects.evidence_of_stage"},
		{"no evidence", nil, projects.Report{Stage: "landed", On: day("2027-07-01")}, "", "evidence_ref", "field.required"},
		{"a rung of the other ladder", nil, stage("completed", "2027-07-01"), "", "stage", "field.choice"},
		{"back", []projects.Stage{"landed"}, stage("contract", "2027-06-09"), "", "stage", "projects.back_is_correction"},
		{"funds before landing", nil, with(stage("funds_arrived", "2027-07-01"), "5"), "", "stage", "projects.funds_need_landing"},
		{"funds without an amount", []projects.Stage{"landed"}, stage("funds_arrived", "2027-07-01"), "", "paid_in", "projects.funds_need_amount"},
		{"fewer funds than before", []projects.Stage{"landed", "funds_arrived"}, with(stage("funds_arrived", "2027-07-01"), "999999.99"), "", "paid_in", "projects.paid_in_shrinks"},
		{"before the rung below", []projects.Stage{"landed"}, stage("construction", "2027-06-09"), "", "occurred_on", "projects.date_order"},
		{"tomorrow", nil, stage("landed", "2028-06-10"), "", "occurred_on", "projects.occurred_on"},
		{"after the end", []projects.Stage{"terminated"}, stage("landed", "2027-07-01"), "", "stage", "projects.terminated_already"},
		{"an end without reason", nil, projects.Report{Stage: "terminated", On: day("2027-07-01"), Evidence: "minutes", EvidenceRef: "x"}, "", "reason", "projects.termination"},
		{"a correction by the reporter", []projects.Stage{"landed"}, corrected(stage("contract", "2027-06-09")), "", "stage", "projects.correction_by_another"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			p := g.report(g.record(), tt.before...)
			after, _, err := g.service.Report(t.Context(), g.reporter, p.ID, p.Version, tt.report)
			switch {
			case tt.want != "" && (err != nil || after.Stage != tt.want || after.Version != p.Version+1):
				t.Errorf("stands at %s: %v", after.Stage, err)
			case tt.want == "" && (fault.CodeOf(err) != fault.Invalid || keys(err)[tt.field] != tt.key):
				t.Errorf("got %v, want %s at %s", err, tt.key, tt.field)
			}
			if tt.want == "" {
				if now := ok(g.service.ByID(t.Context(), g.reporter, p.ID)); now.Version != p.Version || now.Stage != p.Stage {
					t.Errorf("a refused report left %+v", now)
				}
			}
		})
	}
}

func TestFrameworkDoesNotBecomeAContractByReport(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.record(func(in *projects.Input) { in.Document = projects.Framework })
	if _, _, err := g.service.Report(t.Context(), g.reporter, p.ID, 0, stage(contract, "2027-07-01")); keys(err)["stage"] != "projects.document_first" {
		t.Errorf("reported a contract that is not registered: %v", err)
	}
	in := p.Input()
	in.Document = projects.Contract
	p = ok(g.service.Edit(t.Context(), g.reporter, p.ID, p.Version, in))
	if p, _, err := g.service.Report(t.Context(), g.reporter, p.ID, p.Version, stage(contract, "2027-07-01")); err != nil || p.Stage != contract {
		t.Errorf("after the document: %s, %v", p.Stage, err)
	}
}

func TestReportOnAnOldPage(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.record()
	g.report(p, projects.Landed)
	if _, _, err := g.service.Report(t.Context(), g.checker, p.ID, p.Version, stage("landed", "2027-07-01")); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("two people reported at once: %v", err)
	}
}

func TestCorrectionByASecondPerson(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.report(g.record(), projects.Landed, projects.Funds)
	back := corrected(stage(contract, "2027-06-09"))
	p, _, err := g.service.Report(t.Context(), g.checker, p.ID, p.Version, back)
	if err != nil || p.Stage != contract || p.PaidIn.Valid {
		t.Fatalf("went back to %s with %v paid in: %v", p.Stage, p.PaidIn, err)
	}
	// It starts again from there: funds need landing anew.
	if _, _, err := g.service.Report(t.Context(), g.reporter, p.ID, p.Version, with(stage("funds_arrived", "2027-07-01"), "1")); keys(err)["stage"] != "projects.funds_need_landing" {
		t.Errorf("funds on a landing that was taken back: %v", err)
	}
	silent := corrected(stage(intention, "2027-01-01"))
	silent.Note = ""
	if _, _, err := g.service.Report(t.Context(), g.reporter, p.ID, p.Version, silent); keys(err)["note"] != "field.required" {
		t.Errorf("a correction without a word: %v", err)
	}
	if d := ok(g.service.Detail(t.Context(), g.reporter, p.ID)); len(d.Stages) != 4 {
		t.Errorf("%d reports are left of 4", len(d.Stages))
	}
}

// Money of a stage that a second person corrected away counts no more: neither
// among all reports nor, once the correction is verified, among the verified.
func TestMoneyGoesWithItsStage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		back           projects.Report
		paid, verified decimal.NullDecimal // once the correction is verified
	}{
		{"back to landed", stage("landed", "2027-06-10"), decimal.NullDecimal{}, decimal.NullDecimal{}},
		{"back to the contract", stage(contract, "2027-06-09"), decimal.NullDecimal{}, decimal.NullDecimal{}},
		{"back to landed, where some came", with(stage("landed", "2027-06-10"), "5"), amount("5"), amount("5")},
		{"the amount alone", with(stage("funds_arrived", "2027-06-11"), "400000"), amount("400000"), amount("400000")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			p := g.report(g.record(), projects.Landed, projects.Funds)
			verify := func(by accounts.Actor) {
				t.Helper()
				stages := ok(g.service.Detail(t.Context(), g.reporter, p.ID)).Stages
				newest := slices.MaxFunc(stages, func(a, b projects.StageEvent) int { return cmp.Compare(a.Position, b.Position) })
				p = ok(g.service.Verify(t.Context(), by, p.ID, newest.ID, projects.Verified, ""))
			}
			verify(g.checker)
			million := amount("1000000")
			if !sameAmount(p.PaidIn, million) || !sameAmount(p.VerifiedPaidIn, million) {
				t.Fatalf("before: %v paid in, %v verified", p.PaidIn, p.VerifiedPaidIn)
			}
			var err error
			if p, _, err = g.service.Report(t.Context(), g.checker, p.ID, p.Version, corrected(tt.back)); err != nil {
				t.Fatal(err)
			}
			if !sameAmount(p.PaidIn, tt.paid) || !sameAmount(p.VerifiedPaidIn, million) {
				t.Errorf("corrected: %v paid in, %v verified", p.PaidIn, p.VerifiedPaidIn)
			}
			verify(g.reporter)
			if !sameAmount(p.PaidIn, tt.paid) || !sameAmount(p.VerifiedPaidIn, tt.verified) {
				t.Errorf("verified: %v paid in, %v verified", p.PaidIn, p.VerifiedPaidIn)
			}
		})
	}
}

// As of a day a project stands where the reports of that day and before put it,
// corrections and disputes too; later ones change nothing of it.
func TestAsOfADay(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.report(g.record(), projects.Landed, projects.Funds) // on 10 and 11 June
	stages := ok(g.service.Detail(t.Context(), g.reporter, p.ID)).Stages
	for _, e := range stages {
		if e.Stage == projects.Landed {
			p = ok(g.service.Verify(t.Context(), g.checker, p.ID, e.ID, projects.Verified, ""))
		}
	}
	p, _, err := g.service.Report(t.Context(), g.checker, p.ID, p.Version, corrected(stage("landed", "2027-06-20")))
	must(err)
	type stood struct {
		rows, landed, verified int
		stage                  projects.Stage
		paid                   bool
	}
	for on, want := range map[string]stood{
		"2027-06-08": {},
		"2027-06-09": {1, 0, 0, contract, false},
		"2027-06-10": {1, 1, 1, projects.Landed, false},
		"2027-06-11": {1, 1, 1, projects.Funds, true},
		"2027-06-20": {1, 1, 1, projects.Landed, false},
	} {
		scope := projects.Scope{Kind: projects.OfEvent, EventID: g.forum, AsOf: day(on)}
		st := ok(g.service.Statistics(t.Context(), g.reporter, scope))
		got := stood{rows: st.Rows, landed: st.Funnel[1].Reported.Count, verified: st.Funnel[1].Verified.Count}
		for _, row := range ok(g.service.List(t.Context(), g.reporter, projects.Filter{Scope: scope}, projects.Paging{Limit: 10, Sort: "-stage"})).Rows {
			got.stage, got.paid = row.Stage, row.PaidIn.Valid
		}
		if got != want {
			t.Errorf("as of %s: %+v, want %+v", on, got, want)
		}
		if want.rows > 0 && !st.Latest.Equal(day(min(on, "2027-06-20"))) {
			t.Errorf("as of %s the latest day is %v", on, st.Latest)
		}
		if funds := ok(g.service.List(t.Context(), g.reporter, projects.Filter{Scope: scope, Stage: projects.Funds}, projects.Paging{Limit: 10})).Total; (funds == 1) != (want.stage == projects.Funds) {
			t.Errorf("as of %s: %d rows of those whose funds arrived", on, funds)
		}
	}
}

func sameAmount(a, b decimal.NullDecimal) bool {
	return a.Valid == b.Valid && a.Decimal.Equal(b.Decimal)
}

func TestTooMuchPaidInWarns(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for paid, want := range map[string]int{"43200000": 0, "43200000.01": 1} { // 1.2 × 36 m: abroad there is no foreign capital
		p := g.report(g.record(), projects.Landed)
		p, warnings, err := g.service.Report(t.Context(), g.reporter, p.ID, p.Version, with(stage("funds_arrived", "2027-07-01"), paid))
		if err != nil || len(warnings) != want || p.PaidIn.Decimal.StringFixed(2) != amount(paid).Decimal.StringFixed(2) {
			t.Errorf("%s: %v, %v", paid, warnings, err)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	p := g.report(g.record(), projects.Landed)
	d := ok(g.service.Detail(t.Context(), g.reporter, p.ID))
	landed := d.Stages[1].ID
	if _, err := g.service.Verify(t.Context(), g.reporter, p.ID, landed, projects.Verified, ""); fault.CodeOf(err) != fault.Conflict || keys(err)[""] != "projects.verify_by_another" {
		t.Errorf("verified their own report: %v", err)
	}
	if _, err := g.service.Verify(t.Context(), g.checker, p.ID, landed, projects.Disputed, " "); keys(err)["check_note"] != "field.required" {
		t.Errorf("disputed without a word: %v", err)
	}
	if _, err := g.service.Verify(t.Context(), g.checker, p.ID, ident.New(), projects.Verified, ""); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("verified what nobody reported: %v", err)
	}
	for _, step := range []struct {
		verdict         projects.Verdict
		stage, verified projects.Stage
	}{
		{projects.Verified, "landed", "landed"},
		{projects.Disputed, "contract", ""}, // the latest word holds
		{projects.Verified, "landed", "landed"},
	} {
		p = ok(g.service.Verify(t.Context(), g.checker, p.ID, landed, step.verdict, "seen"))
		if p.Stage != step.stage || p.VerifiedStage != step.verified {
			t.Errorf("%s: stands at %s, verified %q", step.verdict, p.Stage, p.VerifiedStage)
		}
	}
	// Not even the database lets a report be rewritten.
	if _, err := g.db.ExecContext(t.Context(), `UPDATE stage_events SET occurred_on = occurred_on - 1`); err == nil {
		t.Error("a report was rewritten")
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE stage_checks SET verdict = 'verified'`); err == nil {
		t.Error("a check was rewritten")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	master, second, third := g.record(), g.record(), g.record()
	if got := len(ok(g.service.Detail(t.Context(), g.reporter, master.ID)).Similar); got != 2 {
		t.Errorf("%d rows are pointed out as the same, want 2", got)
	}
	merge := func(p, into projects.Project) error {
		_, err := g.service.Merge(t.Context(), g.reporter, p.ID, 0, into.ID, "upgraded", "same plant")
		return err
	}
	must(merge(third, second))
	for name, err := range map[string]error{
		"into itself": merge(master, master), "into a duplicate": merge(master, third), "into a duplicate, closing a circle": merge(second, third),
	} {
		if fault.CodeOf(err) != fault.Invalid || keys(err)["merged_into"] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := merge(third, master); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("merged twice: %v", err)
	}
	must(merge(second, master))
	// The third went over to the master without being named: its own history says so.
	trail := ok(audit.History(t.Context(), g.db, third.ID))
	want := map[string]any{"merged_into": master.Code, "through": second.Code}
	if last := trail[len(trail)-1]; last.Action != "project.remerge" || !reflect.DeepEqual(last.After, want) || !reflect.DeepEqual(last.Before, map[string]any{"merged_into": second.Code}) || last.Reason != "same plant" {
		t.Errorf("the third's history ends with %+v", last)
	}
	d := ok(g.service.Detail(t.Context(), g.reporter, master.ID))
	if len(d.Duplicates) != 2 || len(d.Appearances) != 2 || len(d.Similar) != 0 {
		t.Errorf("the master has %d duplicates, %d appearances, %d similar", len(d.Duplicates), len(d.Appearances), len(d.Similar))
	}
	if _, _, err := g.service.Report(t.Context(), g.reporter, second.ID, 0, stage("landed", "2027-07-01")); fault.CodeOf(err) != fault.Conflict || keys(err)[""] != "projects.is_merged" {
		t.Errorf("a duplicate landed: %v", err)
	}
	scope := projects.Scope{Kind: projects.OfEvent, EventID: g.forum}
	st := ok(g.service.Statistics(t.Context(), g.reporter, scope))
	if st.Rows != 3 || st.Totals.All.Count != 1 || st.Merged.Count != 2 || st.Totals.All.Firms != 1 {
		t.Errorf("%d rows, %d count, %d merged", st.Rows, st.Totals.All.Count, st.Merged.Count)
	}
	ledger := ok(g.service.List(t.Context(), g.reporter, projects.Filter{Scope: scope, Rows: projects.Ledger}, projects.Paging{Limit: 10}))
	if ledger.Total != 3 || ledger.All.Count != 1 || ledger.Contracts.Count != 1 {
		t.Errorf("the ledger has %d rows, of which %d count", ledger.Total, ledger.All.Count)
	}
}

// TestMergesThatCross has two people merge the same pair, each the other way
// round: one of them is told, and no circle closes.
func TestMergesThatCross(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for range 5 {
		a, b := g.record(), g.record()
		var both sync.WaitGroup
		errs := make([]error, 2)
		for i, pair := range [][2]projects.Project{{a, b}, {b, a}} {
			both.Go(func() {
				_, errs[i] = g.service.Merge(t.Context(), g.reporter, pair[0].ID, 0, pair[1].ID, "announced", "same plant")
			})
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("both ways: %v and %v", errs[0], errs[1])
		}
	}
}

func with(r projects.Report, paid string) projects.Report {
	r.PaidIn = amount(paid)
	return r
}

func corrected(r projects.Report) projects.Report {
	r.Correction, r.Note = true, "mistyped"
	return r
}
