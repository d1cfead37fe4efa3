package projects

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// ScopeKind says how wide a list or a figure looks.
type ScopeKind string

// The scopes. A year is that of signing: the cohort.
const (
	OfEvent  ScopeKind = "event"
	OfYear   ScopeKind = "year"
	OfSeries ScopeKind = "series"
	OfAll    ScopeKind = "all"
)

// ScopeKinds lists the scopes from the narrowest.
var ScopeKinds = []ScopeKind{OfEvent, OfYear, OfSeries, OfAll}

// Scope is which part of the ledger is looked at. EventID says where the reader
// stands, and with a series which one.
type Scope struct {
	Kind    ScopeKind
	EventID ident.ID
	Year    int
	// AsOf is the last day that counts, midnight UTC: what was signed later is left
	// out, and each project stands where it stood then. Zero: all that is on record.
	AsOf time.Time
}

// Reach is a height on the ladder that several stages have reached.
type Reach string

// The heights by which rates are counted.
const (
	ReachLanded    Reach = "landed"
	ReachFunds     Reach = "funds"
	ReachBuilding  Reach = "construction"
	ReachOperating Reach = "operating"
	ReachPerformed Reach = "performed"
)

// Reaches lists the heights.
var Reaches = []Reach{ReachLanded, ReachFunds, ReachBuilding, ReachOperating, ReachPerformed}

func (r Reach) stages() []Stage {
	return map[Reach][]Stage{
		ReachLanded: landedOrLater, ReachFunds: fundsOrLater, ReachBuilding: buildingOrLater, ReachOperating: operatingOnly, ReachPerformed: performed,
	}[r]
}

// Filter is which projects a list shows, and equally which ones a figure counts.
// Empty fields let everything through.
type Filter struct {
	Scope     Scope
	Document  Document
	Kind      Kind
	Direction Direction
	Sector    string
	District  string
	Country   string
	Firm      ident.ID
	Stage     Stage
	Reached   Reach
	Verified  bool   // Reached by verified reports alone
	Checking  bool   // the stage shown is not verified yet
	Having    Having // only those with such an amount
	Rows      Rows
	Search    string
}

// Having is an amount that a project must have.
type Having string

// The amounts by which figures are counted.
const (
	HavingTotal      Having = "total"
	HavingContracted Having = "contracted" // of foreign capital, more than nothing
	HavingPaidIn     Having = "paid_in"    // verified, more than nothing
	HavingNone       Having = "none"       // not disclosed
)

// Havings lists the amounts.
var Havings = []Having{HavingTotal, HavingContracted, HavingPaidIn, HavingNone}

// Rows is which rows of the ledger are meant.
type Rows string

// The rows: those that count, duplicates, or the whole ledger.
const (
	Counting   Rows = ""
	Duplicates Rows = "merged"
	Ledger     Rows = "ledger"
)

// Sort is an order of a list.
type Sort string

// Sorts lists the orders; the first is the usual one. A minus turns it round.
var Sorts = []Sort{"-signed", "signed", "-amount", "amount", "code", "-code", "name", "-name", "stage", "-stage"}

// Paging is which part of a list is asked for: by number of rows to pass over,
// or from a cursor that the part before answered.
type Paging struct {
	Sort   Sort
	Offset int
	After  string // a cursor; Offset is then not looked at
	Limit  int    // at most 200
	Lang   string // zh sorts names by their Chinese form
}

// most is the largest part of a list.
const most = 200

// List is one part of a list and what the whole of it comes to.
type List struct {
	Rows  []Project
	Total int    // of the whole list
	Next  string // the cursor of the part that follows; empty at the end
	// All counts the whole list, Contracts only its contracts: they always stand
	// side by side. Merged rows that the list shows are in neither.
	All, Contracts Sum
}

// Sum is what some projects come to; rounding is left to who shows it.
type Sum struct {
	Count int
	USD   decimal.Decimal
	CNY   decimal.Decimal
}

func (s *Sum) add(p tally) {
	s.Count++
	s.USD = s.USD.Add(p.usd(p.Total))
	s.CNY = s.CNY.Add(p.cny(p.Total))
}

// cursor is the last row of a part: its place in the order, and in which one.
type cursor struct {
	Sort string   `json:"s"`
	Key  string   `json:"k"`
	ID   ident.ID `json:"i"`
}

func (c cursor) String() string {
	raw, _ := json.Marshal(c) // strings and an identifier
	return base64.RawURLEncoding.EncodeToString(raw)
}

// keyForms are how PostgreSQL writes the keys of each type; anything else would
// be an error of the database.
var keyForms = map[string]*regexp.Regexp{
	"numeric": regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,80})?$`),
	"int":     regexp.MustCompile(`^[0-9]{1,4}$`),
	"text":    regexp.MustCompile(`^[^\x00]*$`),
}

// parseCursor reads a cursor of an order whose keys are of a type: date,
// numeric, int or text.
//
// Fault: Invalid, it is none, one of another order, or holds another key.
func parseCursor(s, order, kind string) (c cursor, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.Sort != order || !c.holds(kind) {
		return c, fault.Fields(fault.Field{Path: "cursor", Key: "projects.cursor"})
	}
	return c, nil
}

func (c cursor) holds(kind string) bool {
	if kind != "date" {
		return keyForms[kind].MatchString(c.Key)
	}
	day, err := time.Parse(time.DateOnly, c.Key)
	return err == nil && day.Year() > 0
}

// order names what a cursor goes by: names stand in an order of each language.
func (p Paging) order() string {
	if p.Sort.Is("name") && p.Lang == "zh" {
		return string(p.Sort) + " zh"
	}
	return string(p.Sort)
}

// check refuses what no filter can mean.
func (f *Filter) check() error {
	var bad fault.List
	in := func(path string, ok bool) { bad.Check(ok, path, "field.choice") }
	in("scope", slices.Contains(ScopeKinds, f.Scope.Kind))
	in("year", f.Scope.Kind != OfYear || f.Scope.Year >= 1900 && f.Scope.Year <= 2200)
	in("document", f.Document == "" || slices.Contains(Documents, f.Document))
	in("kind", f.Kind == "" || slices.Contains(Kinds, f.Kind))
	in("direction", f.Direction == "" || slices.Contains(Directions, f.Direction))
	in("stage", f.Stage == "" || slices.Contains(Stages, f.Stage))
	in("reached", f.Reached == "" || slices.Contains(Reaches, f.Reached))
	in("having", f.Having == "" || slices.Contains(Havings, f.Having))
	in("rows", f.Rows == Counting || f.Rows == Duplicates || f.Rows == Ledger)
	f.Search = text.Fold(f.Search)
	return bad.Err()
}

// List answers a part of the ledger, with what all of it comes to. Events in
// which the actor may not see projects are left out, except that a scope wider
// than one event says so by its rows alone.
//
// Rows of a scope as of a day show the stage and the money of that day.
//
// Faults: Forbidden; Invalid with fields, when the filter cannot be.
func (s *Service) List(ctx context.Context, by accounts.Actor, f Filter, page Paging) (List, error) {
	if f.Scope.Kind == OfEvent && !by.May(accounts.SeeProjects, f.Scope.EventID) || !by.MayAnywhere(accounts.SeeProjects) {
		return List{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := f.check(); err != nil {
		return List{}, err
	}
	if page.Sort == "" {
		page.Sort = Sorts[0]
	}
	if !slices.Contains(Sorts, page.Sort) || page.Limit < 1 || page.Limit > most || page.Offset < 0 {
		return List{}, fault.Fields(fault.Field{Path: "sort", Key: "field.choice"})
	}
	then, err := standingsOf(ctx, s.db, f.Scope.AsOf)
	if err != nil {
		return List{}, err
	}
	w := f.where(seenBy(by, accounts.SeeProjects), then)
	tallies, err := talliesOf(ctx, s.db, w)
	if err != nil {
		return List{}, err
	}
	l := List{Total: len(tallies)}
	for _, t := range tallies {
		if t.Merged {
			continue
		}
		l.All.add(t)
		if t.Document == Contract {
			l.Contracts.add(t)
		}
	}
	keyed, err := pageOf(ctx, s.db, w, page)
	if err != nil {
		return List{}, err
	}
	for i, k := range keyed {
		if i == page.Limit {
			last := keyed[i-1]
			l.Next = cursor{page.order(), last.Key, last.ID}.String()
			break
		}
		l.Rows = append(l.Rows, k.Project)
	}
	return l, nil
}

// seen is which events an actor may look into.
type seen struct {
	all    bool
	events []ident.ID
}

func seenBy(by accounts.Actor, right accounts.Right) (s seen) {
	s.all = by.May(right, ident.Nil)
	for _, g := range by.Grants {
		if g.EventID != ident.Nil && by.May(right, g.EventID) {
			s.events = append(s.events, g.EventID)
		}
	}
	return s
}

// Years answers the years in which projects were signed, the latest first.
//
// Fault: Forbidden.
func (s *Service) Years(ctx context.Context, by accounts.Actor) ([]int, error) {
	if !by.MayAnywhere(accounts.SeeProjects) && !by.MayAnywhere(accounts.SeeStatistics) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return signingYears(ctx, s.db)
}

// tally is as much of a project as figures need.
type tally struct {
	ID             ident.ID            `db:"id"`
	EventID        ident.ID            `db:"event_id"`
	FirmID         ident.ID            `db:"firm_id"`
	Merged         bool                `db:"merged"`
	Kind           Kind                `db:"kind"`
	Direction      Direction           `db:"direction"`
	Document       Document            `db:"document_type"`
	Sector         string              `db:"sector_code"`
	District       string              `db:"district_code"`
	Country        string              `db:"partner_country"`
	Stage          Stage               `db:"stage"`
	VerifiedStage  Stage               `db:"verified_stage"`
	SignedOn       time.Time           `db:"signed_on"`
	Total          decimal.NullDecimal `db:"total_investment"`
	Contracted     decimal.NullDecimal `db:"contracted_foreign"`
	VerifiedPaidIn decimal.NullDecimal `db:"verified_paid_in"`
	Rate           FrozenRate          `db:"rate"`
}

// usd is an amount in US dollars at the frozen rate; nothing without an amount.
func (t tally) usd(amount decimal.NullDecimal) decimal.Decimal { return t.Rate.InUSD(amount).Decimal }

func (t tally) cny(amount decimal.NullDecimal) decimal.Decimal { return t.Rate.InCNY(amount).Decimal }

// reached tells whether the project stands at a height, by all reports or by
// verified ones alone.
func (t tally) reached(r Reach, verified bool) bool {
	stage := t.Stage
	if verified {
		stage = t.VerifiedStage
	}
	return slices.Contains(r.stages(), stage)
}

func (s Sort) down() bool       { return strings.HasPrefix(string(s), "-") }
func (s Sort) what() string     { return strings.TrimPrefix(string(s), "-") }
func (s Sort) Is(w string) bool { return s.what() == w }
