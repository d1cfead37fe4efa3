package projects

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Figure is a number of a report: how many projects, what they come to, and
// which ones they are. List with the same filter answers exactly those.
type Figure struct {
	Sum
	Firms  int // distinct firms, each once however many projects it has
	Filter Filter
}

// Pair sets all documents beside contracts only; no report shows one without
// the other.
type Pair struct{ All, Contracts Figure }

// Row is one line of a breakdown.
type Row struct {
	Code string
	Name locale.Text // empty where the code has a sentence of its own: stage, kind, direction
	Pair
}

// Breakdown is the same projects by one of their features. The rows add up to
// the whole.
type Breakdown struct {
	By   string // country, sector, district, stage, kind or direction
	Rows []Row
}

// Ratio is a share, with what was divided by what.
type Ratio struct {
	Part, Of Figure
	// Amounts tells that amounts were divided (Part.USD by Of.USD), not counts.
	Amounts bool
}

// Share is the ratio itself, unrounded; ok is false when there is nothing to
// divide by.
func (r Ratio) Share() (share decimal.Decimal, ok bool) {
	part, whole := decimal.NewFromInt(int64(r.Part.Count)), decimal.NewFromInt(int64(r.Of.Count))
	if r.Amounts {
		part, whole = r.Part.USD, r.Of.USD
	}
	if whole.IsZero() {
		return decimal.Zero, false
	}
	return part.Div(whole), true
}

// Rung is one height of the investment contracts: how many have reached it by
// all reports, and how many by verified ones.
type Rung struct {
	Reach              Reach // empty: the contracts themselves
	Reported, Verified Figure
}

// Statistics are the figures of a report. Amounts are at the rate of each
// project's signing day and are rounded by whoever shows them. Total, contracted
// and paid-in amounts are never added to one another.
type Statistics struct {
	Scope  Scope
	Event  Period // the event, or the series it belongs to
	Rows   int    // of the ledger, duplicates too
	Merged Figure // duplicates, which count nowhere
	// Pairs of all documents and contracts only.
	Totals      Pair // whole investment
	Contracted  Pair // capital of the foreign side
	PaidIn      Pair // verified
	Undisclosed Pair // without an amount
	Investments Figure
	// Landed and the other rates are of contracts, by verified reports.
	Landed    Ratio // landed or later, of investment contracts
	Started   Ratio // under construction or later, of investment contracts
	Performed Ratio // performed, of all contracts
	Arrived   Ratio // paid in, of contracted foreign capital
	Funnel    []Rung
	Checking  Figure // whose stage nobody has verified yet
	By        []Breakdown
	Latest    time.Time // the latest day that any of it speaks of; zero when there is nothing
}

// Period is what a report calls its scope.
type Period struct {
	Title    locale.Text `db:"title"`
	StartsOn time.Time   `db:"starts_on"`
	EndsOn   time.Time   `db:"ends_on"`
	Series   locale.Text `db:"series"`
	Since    int         `db:"since_year"`
}

// Statistics answers the figures of a scope. A scope wider than one event needs
// the right over all events: a part of the whole would be a wrong number.
//
// Faults: Forbidden; NotFound, the event; Invalid with fields.
func (s *Service) Statistics(ctx context.Context, by accounts.Actor, scope Scope) (Statistics, error) {
	right := scope.EventID
	if scope.Kind != OfEvent {
		right = ident.Nil
	}
	if !by.May(accounts.SeeStatistics, right) {
		return Statistics{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	f := Filter{Scope: scope, Rows: Ledger}
	if err := f.check(); err != nil {
		return Statistics{}, err
	}
	st := Statistics{Scope: scope}
	then, err := standingsOf(ctx, s.db, scope.AsOf)
	if err != nil {
		return Statistics{}, err
	}
	if scope.EventID != ident.Nil {
		if st.Event, err = periodOf(ctx, s.db, scope.EventID); err != nil {
			return Statistics{}, err
		}
	}
	w := f.where(seen{all: true}, then)
	all, err := talliesOf(ctx, s.db, w)
	if err != nil {
		return Statistics{}, err
	}
	if st.Latest, err = latestDay(ctx, s.db, w, scope.AsOf); err != nil {
		return Statistics{}, err
	}
	names, err := namesOf(ctx, s.db)
	if err != nil {
		return Statistics{}, err
	}
	st.count(all, names)
	return st, nil
}

// count fills in every figure from the rows of the ledger.
func (st *Statistics) count(ledger []tally, names map[string]map[string]locale.Text) {
	base := Filter{Scope: st.Scope}
	st.Rows = len(ledger)
	var counting, merged []tally
	for _, t := range ledger {
		if t.Merged {
			merged = append(merged, t)
		} else {
			counting = append(counting, t)
		}
	}
	st.Merged = figure(merged, Filter{Scope: st.Scope, Rows: Duplicates}, total, anything)
	having := func(h Having) Filter { f := base; f.Having = h; return f }
	st.Totals = pair(counting, base, total, anything)
	st.Contracted = pair(counting, having(HavingContracted), contracted, positive(contracted))
	st.PaidIn = pair(counting, having(HavingPaidIn), paidIn, positive(paidIn))
	st.Undisclosed = pair(counting, having(HavingNone), total, func(t tally) bool { return !t.Total.Valid })
	checking := base
	checking.Checking = true
	st.Checking = figure(counting, checking, total, func(t tally) bool { return t.Stage != t.VerifiedStage })
	st.rates(counting)
	for _, feature := range features {
		st.By = append(st.By, feature.breakdown(counting, base, names[feature.by]))
	}
}

// rates are counted over contracts only. Arrival is of contracts that have
// foreign capital to arrive: a plant abroad would only blur it.
func (st *Statistics) rates(counting []tally) {
	contracts := Filter{Scope: st.Scope, Document: Contract}
	investments := contracts
	investments.Kind = Investment
	signed := keep(counting, func(t tally) bool { return t.Document == Contract })
	invested := keep(signed, func(t tally) bool { return t.Kind == Investment })
	reach := func(list []tally, f Filter, r Reach, verified bool) Figure {
		f.Reached, f.Verified = r, verified
		return figure(list, f, total, func(t tally) bool { return t.reached(r, verified) })
	}
	st.Investments = figure(invested, investments, total, anything)
	st.Landed = Ratio{Part: reach(invested, investments, ReachLanded, true), Of: st.Investments}
	st.Started = Ratio{Part: reach(invested, investments, ReachBuilding, true), Of: st.Investments}
	st.Performed = Ratio{Part: reach(signed, contracts, ReachPerformed, true), Of: figure(signed, contracts, total, anything)}
	foreign := contracts
	foreign.Having = HavingContracted
	withCapital := keep(signed, positive(contracted))
	st.Arrived = Ratio{
		Part: figure(withCapital, foreign, paidIn, anything), Of: figure(withCapital, foreign, contracted, anything), Amounts: true,
	}
	st.Funnel = []Rung{{Reported: st.Investments, Verified: st.Investments}}
	for _, r := range []Reach{ReachLanded, ReachFunds, ReachBuilding, ReachOperating} {
		st.Funnel = append(st.Funnel, Rung{r, reach(invested, investments, r, false), reach(invested, investments, r, true)})
	}
}

type amountOf func(tally) decimal.NullDecimal

func total(t tally) decimal.NullDecimal      { return t.Total }
func contracted(t tally) decimal.NullDecimal { return t.Contracted }
func paidIn(t tally) decimal.NullDecimal     { return t.VerifiedPaidIn }

func anything(tally) bool { return true }

func positive(of amountOf) func(tally) bool {
	return func(t tally) bool { return of(t).Valid && of(t).Decimal.IsPositive() }
}

func keep(list []tally, ok func(tally) bool) (kept []tally) {
	for _, t := range list {
		if ok(t) {
			kept = append(kept, t)
		}
	}
	return kept
}

// figure counts the projects that pass and adds up one of their amounts.
func figure(list []tally, f Filter, of amountOf, ok func(tally) bool) Figure {
	n := Figure{Filter: f}
	firms := map[ident.ID]bool{}
	for _, t := range list {
		if !ok(t) {
			continue
		}
		n.Count++
		n.USD, n.CNY = n.USD.Add(t.usd(of(t))), n.CNY.Add(t.cny(of(t)))
		firms[t.FirmID] = true
	}
	n.Firms = len(firms)
	return n
}

func pair(list []tally, f Filter, of amountOf, ok func(tally) bool) Pair {
	contracts := f
	contracts.Document = Contract
	return Pair{
		All:       figure(list, f, of, ok),
		Contracts: figure(list, contracts, of, func(t tally) bool { return t.Document == Contract && ok(t) }),
	}
}

// feature is one way to break the projects down.
type feature struct {
	by     string
	of     func(tally) string
	narrow func(*Filter, string)
	order  []string // of the rows; empty: the largest amount first
}

var features = []feature{
	{"country", func(t tally) string { return t.Country }, func(f *Filter, v string) { f.Country = v }, nil},
	{"sector", func(t tally) string { return t.Sector }, func(f *Filter, v string) { f.Sector = v }, nil},
	{"district", func(t tally) string { return t.District }, func(f *Filter, v string) { f.District = v }, nil},
	{"stage", func(t tally) string { return string(t.Stage) }, func(f *Filter, v string) { f.Stage = Stage(v) }, codesOf(Stages)},
	{"kind", func(t tally) string { return string(t.Kind) }, func(f *Filter, v string) { f.Kind = Kind(v) }, nil},
	{"direction", func(t tally) string { return string(t.Direction) }, func(f *Filter, v string) { f.Direction = Direction(v) }, codesOf(Directions)},
}

func codesOf[S ~string](list []S) (codes []string) {
	for _, s := range list {
		codes = append(codes, string(s))
	}
	return codes
}

func (f feature) breakdown(list []tally, base Filter, names map[string]locale.Text) Breakdown {
	groups := map[string][]tally{}
	for _, t := range list {
		groups[f.of(t)] = append(groups[f.of(t)], t)
	}
	b := Breakdown{By: f.by}
	for code, group := range groups {
		filter := base
		f.narrow(&filter, code)
		b.Rows = append(b.Rows, Row{Code: code, Name: names[code], Pair: pair(group, filter, total, anything)})
	}
	slices.SortFunc(b.Rows, func(x, y Row) int {
		if f.order != nil {
			return cmp.Compare(slices.Index(f.order, x.Code), slices.Index(f.order, y.Code))
		}
		return cmp.Or(y.All.USD.Cmp(x.All.USD), y.All.Count-x.All.Count, cmp.Compare(x.Code, y.Code))
	})
	return b
}
