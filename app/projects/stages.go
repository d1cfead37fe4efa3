package projects

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Stage is how far a project has come (domain 4.8).
type Stage string

// The stages that rules name.
const (
	Landed     Stage = "landed"
	Funds      Stage = "funds_arrived"
	Building   Stage = "construction"
	Operating  Stage = "operating"
	Started    Stage = "started"
	Milestone  Stage = "milestone"
	Completed  Stage = "completed"
	Terminated Stage = "terminated"
)

// Stages lists every stage as reports show them.
var Stages = []Stage{
	Stage(Intention), Stage(Framework), Stage(Contract), Landed, Funds, Building, Operating, Started, Milestone, Completed, Terminated,
}

// ladder is the order of the stages of a kind. Terminated ends both.
func (k Kind) ladder() []Stage {
	if k == Investment {
		return []Stage{Stage(Intention), Stage(Framework), Stage(Contract), Landed, Funds, Building, Operating, Terminated}
	}
	return []Stage{Stage(Intention), Stage(Framework), Stage(Contract), Started, Milestone, Completed, Terminated}
}

// climbs tells whether a kind has a stage.
func (k Kind) climbs(s Stage) bool { return slices.Contains(k.ladder(), s) }

// rank is how high a stage stands; those of different ladders are never
// compared.
func (s Stage) rank() int {
	return map[Stage]int{
		Stage(Intention): 1, Stage(Framework): 2, Stage(Contract): 3, Landed: 4, Funds: 5, Building: 6, Operating: 7,
		Started: 4, Milestone: 5, Completed: 6, Terminated: 9,
	}[s]
}

// The stages that count as landed, as under construction, and as performed. A
// project that was terminated counts as none of them.
var (
	landedOrLater   = []Stage{Landed, Funds, Building, Operating}
	fundsOrLater    = []Stage{Funds, Building, Operating}
	buildingOrLater = []Stage{Building, Operating}
	operatingOnly   = []Stage{Operating}
	performed       = []Stage{Landed, Funds, Building, Operating, Started, Milestone, Completed}
)

// evidence is what proves each stage, the usual first.
var evidence = map[Stage][]string{
	Stage(Intention): {"letter_of_intent", "minutes"},
	Stage(Framework): {"signed_mou"},
	Stage(Contract):  {"signed_contract"},
	Landed:           {"business_licence", "registration_extract", "foreign_registry", "filing_record"},
	Funds:            {"bank_receipt", "exchange_record", "invoice"},
	Building:         {"construction_permit", "land_contract", "dated_photo"},
	Operating:        {"first_invoice_or_tax_record", "customs_record", "acceptance_record"},
	Started:          {"kick_off_minutes", "first_order"},
	Milestone:        {"progress_report"},
	Completed:        {"acceptance_or_delivery_record"},
	Terminated:       {"termination_notice", "minutes"},
}

// Evidence lists the kinds of evidence that prove a stage.
func (s Stage) Evidence() []string { return slices.Clone(evidence[s]) }

// Terminations are the reasons for which a project may end early.
var Terminations = []string{"regulatory_refusal", "funding", "market", "land", "partner_withdrew", "firm_withdrew", "force_majeure", "other"}

// Next lists the stages that a report may name: those above the present one,
// the present one again, and those below that nobody reported.
func (d Detail) Next() (stages []Stage) {
	if d.Stage == Terminated || d.Merged() {
		return nil
	}
	for _, s := range d.Kind.ladder() {
		if s.rank() <= Stage(Contract).rank() && s.rank() > Stage(d.Document).rank() {
			continue
		}
		seen := slices.ContainsFunc(d.Stages, func(e StageEvent) bool { return e.Stage == s && !e.Disputed() })
		if s.rank() >= d.Stage.rank() || !seen {
			stages = append(stages, s)
		}
	}
	return stages
}

// Back lists the stages that a correction may go back to.
func (d Detail) Back() (stages []Stage) {
	for _, s := range d.Kind.ladder() {
		if s.rank() < d.Stage.rank() && !d.Merged() {
			stages = append(stages, s)
		}
	}
	return stages
}

// Verdict is what the second person said of a stage event.
type Verdict string

// The verdicts; Reported is that nobody has said anything yet.
const (
	Reported Verdict = "reported"
	Verified Verdict = "verified"
	Disputed Verdict = "disputed"
)

// StageEvent is one report that a project reached a stage. It is never
// rewritten.
type StageEvent struct {
	ID          ident.ID            `db:"id"`
	ProjectID   ident.ID            `db:"project_id"`
	Position    int64               `db:"position"` // the order in which they were reported
	Stage       Stage               `db:"stage"`
	On          time.Time           `db:"occurred_on"` // a date: midnight UTC
	Evidence    string              `db:"evidence_kind"`
	EvidenceRef string              `db:"evidence_ref"`
	PaidIn      decimal.NullDecimal `db:"paid_in"` // cumulative
	Currency    string              `db:"currency"`
	Correction  bool                `db:"correction"`
	Reason      string              `db:"reason"`
	Note        string              `db:"note"`
	ReporterID  uuid.NullUUID       `db:"reporter_id"`
	Reporter    locale.Text         `db:"reporter"`
	ReportedAt  time.Time           `db:"reported_at"`
	// The latest check; Verdict is Reported when there is none.
	Verdict   Verdict     `db:"verdict"`
	Checker   locale.Text `db:"checker"`
	CheckedAt *time.Time  `db:"checked_at"`
	CheckNote string      `db:"check_note"`
}

// Disputed tells whether the event counts for nothing.
func (e StageEvent) Disputed() bool { return e.Verdict == Disputed }

// ReportedBy tells whether an actor is who reported the event: by their
// identifier, or by name where the program itself wrote for somebody.
func (e StageEvent) ReportedBy(a accounts.Actor) bool {
	if e.ReporterID.Valid || a.ID != ident.Nil {
		return e.ReporterID.Valid && e.ReporterID.UUID == a.ID
	}
	return e.Reporter == nameOf(a)
}

// standing is what the events of a project come to.
type standing struct {
	Stage, VerifiedStage   Stage
	PaidIn, VerifiedPaidIn decimal.NullDecimal
	Termination            string
}

// derive reads the events in the order in which they were reported. A report
// lifts the stage, a correction sets it, one that fills in a lower rung leaves
// it; disputed ones count for nothing. When all are disputed the document alone
// stands. Verified figures rest on the verified reports alone, corrections too.
func derive(signed Document, events []StageEvent) (now standing) {
	var verified []StageEvent
	for _, e := range events {
		if e.Disputed() {
			continue
		}
		lift(&now.Stage, e)
		if e.Verdict == Verified {
			lift(&now.VerifiedStage, e)
			verified = append(verified, e)
		}
		if e.Stage == Terminated {
			now.Termination = e.Reason
		}
	}
	now.PaidIn, now.VerifiedPaidIn = moneyOf(events), moneyOf(verified)
	if now.Stage == "" {
		now.Stage = Stage(signed)
	}
	if now.Stage != Terminated {
		now.Termination = ""
	}
	return now
}

func lift(stage *Stage, e StageEvent) {
	if e.Correction || e.Stage.rank() >= stage.rank() {
		*stage = e.Stage
	}
}

// moneyOf is the most that the reports which still count say was paid in; a
// correction's own amount holds, more or less. Money of a stage that was
// corrected away is gone with it.
func moneyOf(events []StageEvent) (paid decimal.NullDecimal) {
	for _, e := range effective(events) {
		if e.PaidIn.Valid && (e.Correction || !paid.Valid || e.PaidIn.Decimal.GreaterThan(paid.Decimal)) {
			paid = e.PaidIn
		}
	}
	return paid
}

// effective are the events that still count: none that is disputed, and none
// above the stage that a later correction went back to.
func effective(events []StageEvent) (list []StageEvent) {
	for _, e := range events {
		if e.Disputed() {
			continue
		}
		if e.Correction {
			list = slices.DeleteFunc(list, func(earlier StageEvent) bool { return earlier.Stage.rank() >= e.Stage.rank() })
		}
		list = append(list, e)
	}
	return list
}

// sortByDate puts events into the order in which they happened.
func sortByDate(events []StageEvent) {
	slices.SortStableFunc(events, func(a, b StageEvent) int {
		return cmp.Or(a.On.Compare(b.On), cmp.Compare(a.Stage.rank(), b.Stage.rank()), cmp.Compare(a.Position, b.Position))
	})
}
