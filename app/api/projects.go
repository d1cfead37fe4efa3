package api

import (
	"context"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
	"qianshou/app/web"
)

func (a *API) projectOperations() {
	edit := web.Anywhere(accounts.EditProject)
	add(a, description{method: http.MethodGet, path: "/api/v1/projects", id: "list-projects", tag: "Projects", rule: web.Anywhere(accounts.SeeProjects), summary: "Signed projects, with what they come to",
		about: "All documents and contracts only always stand side by side. Duplicates count nowhere and are listed with rows=ledger."}, a.listProjects)
	add(a, description{method: http.MethodPost, path: "/api/v1/projects", id: "record-project", tag: "Projects", rule: edit, status: http.StatusCreated, summary: "Record a signed project",
		about: "The rate of the signing day, at most seven days old, is frozen with it."}, a.recordProject)
	add(a, description{method: http.MethodGet, path: "/api/v1/projects/:id", id: "project", tag: "Projects", rule: web.Anywhere(accounts.SeeProjects), summary: "One project"}, a.oneProject)
	add(a, description{method: http.MethodPatch, path: "/api/v1/projects/:id", id: "edit-project", tag: "Projects", rule: edit, summary: "Edit a project", about: "What is left out stays."}, a.editProject)
	add(a, description{method: http.MethodPost, path: "/api/v1/projects/:id/stage", id: "report-stage", tag: "Projects", rule: edit, summary: "Report that a project reached a stage",
		about: "It counts once somebody else has verified it. Rungs may be skipped upward with the evidence of the stage itself; going back is a correction by a second person."}, a.reportStage)
	add(a, description{method: http.MethodGet, path: "/api/v1/statistics", id: "statistics", tag: "Projects", rule: web.Anywhere(accounts.SeeStatistics), summary: "The figures of a report"}, a.statistics)
}

type project struct {
	ID            string           `json:"id"`
	Code          string           `json:"code"`
	Event         string           `json:"event" doc:"Slug of the event at which it counts"`
	MergedInto    string           `json:"merged_into,omitempty" doc:"Of a duplicate, which counts nowhere: the code of the project that it is"`
	Name          locale.Text      `json:"name"`
	Kind          string           `json:"kind" enum:"investment,trade_order,trade_service,tech_licence,rd,education,talent,contracting,friendship"`
	Direction     string           `json:"direction" enum:"inbound,outbound,two_way"`
	DocumentType  string           `json:"document_type" enum:"intention,framework,contract"`
	Sector        string           `json:"sector_code"`
	District      string           `json:"district_code"`
	Firm          locale.Text      `json:"firm"`
	FirmCode      string           `json:"firm_code"`
	Partner       string           `json:"partner_name,omitempty"`
	City          string           `json:"partner_city,omitempty"`
	Country       string           `json:"partner_country"`
	SignedOn      string           `json:"signed_on" format:"date"`
	Currency      string           `json:"currency,omitempty"`
	Total         *decimal.Decimal `json:"total_investment,omitempty"`
	Contracted    *decimal.Decimal `json:"contracted_foreign,omitempty"`
	PaidIn        *decimal.Decimal `json:"paid_in,omitempty" doc:"Cumulative, as reported"`
	USD           *decimal.Decimal `json:"total_usd,omitempty" doc:"The whole investment at the rate of the signing day"`
	Undisclosed   string           `json:"undisclosed_reason,omitempty"`
	Stage         string           `json:"stage" doc:"As reported"`
	VerifiedStage string           `json:"verified_stage,omitempty" doc:"By verified reports alone"`
	Visibility    string           `json:"visibility" enum:"public,internal"`
	Note          string           `json:"note,omitempty"`
	Version       int              `json:"version"`
	Warnings      []string         `json:"warnings,omitempty" doc:"What somebody should look at; the change was made"`
}

func (p project) version() int { return p.Version }

func amountOf(d decimal.NullDecimal) *decimal.Decimal {
	if !d.Valid {
		return nil
	}
	return &d.Decimal
}

func nullable(d *decimal.Decimal) decimal.NullDecimal {
	if d == nil {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(*d)
}

func projectOf(p projects.Project) project {
	usd := p.USD()
	usd.Decimal = usd.Decimal.Round(2)
	return project{
		ID: p.ID.String(), Code: p.Code, Event: p.Event.Slug, MergedInto: p.MergedCode, Name: p.Name, Kind: string(p.Kind), Direction: string(p.Direction),
		DocumentType: string(p.Document), Sector: p.Sector, District: p.District, Firm: p.Firm, FirmCode: p.FirmCode, Partner: p.PartnerName, City: p.City,
		Country: p.Country, SignedOn: p.SignedOn.Format(time.DateOnly), Currency: p.Currency, Total: amountOf(p.Total), Contracted: amountOf(p.Contracted),
		PaidIn: amountOf(p.PaidIn), USD: amountOf(usd), Undisclosed: p.Undisclosed, Stage: string(p.Stage), VerifiedStage: string(p.VerifiedStage),
		Visibility: p.Visibility, Note: p.Note, Version: p.Version,
	}
}

type listProjectsInput struct {
	Scope    string `query:"scope" doc:"event, year, series or all; event when event is given, else all"`
	Event    string `query:"event" doc:"Slug or ID, for the scopes event and series"`
	Year     int    `query:"year"`
	AsOf     string `query:"as_of" doc:"A date: what was signed or reached later does not count; left out: all that is on record"`
	Document string `query:"document_type"`
	Kind     string `query:"kind"`
	Country  string `query:"partner_country"`
	Sector   string `query:"sector_code"`
	District string `query:"district_code"`
	Stage    string `query:"stage"`
	Rows     string `query:"rows" doc:"Empty: those that count; merged: duplicates; ledger: every row"`
	Search   string `query:"q"`
	Sort     string `query:"sort" doc:"signed, amount, code, name or stage; a minus turns it round"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit"`
}

type projectList struct {
	Items      []project `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Total      int       `json:"total" doc:"Rows of the whole list"`
	All        sum       `json:"all_documents"`
	Contracts  sum       `json:"contracts_only"`
}

// sum is what projects come to.
type sum struct {
	Count int             `json:"count"`
	USD   decimal.Decimal `json:"usd"`
	CNY   decimal.Decimal `json:"cny"`
}

func sumOf(s projects.Sum) sum { return sum{Count: s.Count, USD: s.USD.Round(2), CNY: s.CNY.Round(2)} }

// scope reads which part of the ledger is meant.
func (a *API) scope(ctx context.Context, kind, event string, year int, asOf string) (projects.Scope, error) {
	s := projects.Scope{Kind: projects.ScopeKind(kind), Year: year}
	if asOf != "" {
		day, err := time.Parse(time.DateOnly, asOf)
		if err != nil {
			return s, fault.Fields(fault.Field{Path: "as_of", Key: "field.date"})
		}
		s.AsOf = day
	}
	if s.Kind == "" {
		s.Kind = projects.OfAll
		if event != "" {
			s.Kind = projects.OfEvent
		}
	}
	if event == "" {
		if s.Kind == projects.OfEvent || s.Kind == projects.OfSeries {
			return s, fault.Fields(fault.Field{Path: "event", Key: "field.required"})
		}
		return s, nil
	}
	e, err := a.Events.ByRef(ctx, event)
	if fault.CodeOf(err) == fault.NotFound {
		return s, fault.Fields(fault.Field{Path: "event", Key: "field.choice"})
	}
	s.EventID = e.ID
	return s, err
}

func (a *API) listProjects(ctx context.Context, c caller, in listProjectsInput) (projectList, error) {
	scope, err := a.scope(ctx, in.Scope, in.Event, in.Year, in.AsOf)
	if err != nil {
		return projectList{}, err
	}
	l, err := a.Projects.List(ctx, c.actor, projects.Filter{
		Scope: scope, Document: projects.Document(in.Document), Kind: projects.Kind(in.Kind), Country: in.Country, Sector: in.Sector, District: in.District,
		Stage: projects.Stage(in.Stage), Rows: projects.Rows(in.Rows), Search: in.Search,
	}, projects.Paging{Sort: projects.Sort(in.Sort), After: in.Cursor, Limit: size(in.Limit), Lang: string(c.lang)})
	if err != nil {
		return projectList{}, err
	}
	out := projectList{Total: l.Total, All: sumOf(l.All), Contracts: sumOf(l.Contracts)}
	out.Items, out.NextCursor = []project{}, l.Next
	for _, p := range l.Rows {
		out.Items = append(out.Items, projectOf(p))
	}
	return out, nil
}

func (a *API) oneProject(ctx context.Context, c caller, in byID) (project, error) {
	p, err := a.Projects.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return project{}, err
	}
	return projectOf(p), nil
}

// ProjectBody is a project as a program writes it; nil stays when it is edited.
type ProjectBody struct {
	Name         *locale.Text     `json:"name,omitempty"`
	Kind         *string          `json:"kind,omitempty" enum:"investment,trade_order,trade_service,tech_licence,rd,education,talent,contracting,friendship"`
	Direction    *string          `json:"direction,omitempty" enum:"inbound,outbound,two_way"`
	DocumentType *string          `json:"document_type,omitempty" enum:"intention,framework,contract"`
	Sector       *string          `json:"sector_code,omitempty"`
	District     *string          `json:"district_code,omitempty"`
	Firm         *string          `json:"firm_id,omitempty" doc:"The firm's ID, or its code"`
	Partner      *string          `json:"partner_name,omitempty"`
	City         *string          `json:"partner_city,omitempty"`
	Country      *string          `json:"partner_country,omitempty" doc:"Two letters; the city's when left out"`
	SignedOn     *string          `json:"signed_on,omitempty" format:"date"`
	Currency     *string          `json:"currency,omitempty" doc:"ISO 4217"`
	Total        *decimal.Decimal `json:"total_investment,omitempty"`
	Contracted   *decimal.Decimal `json:"contracted_foreign,omitempty"`
	Share        *decimal.Decimal `json:"share_percent,omitempty"`
	Undisclosed  *string          `json:"undisclosed_reason,omitempty"`
	Visibility   *string          `json:"visibility,omitempty" enum:"public,internal"`
	Note         *string          `json:"note,omitempty"`
	EvidenceRef  *string          `json:"evidence_ref,omitempty" doc:"Where the signed document is kept; needed when it is recorded"`
}

func (a *API) onto(ctx context.Context, b ProjectBody, in *projects.Input) error {
	put := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	if b.Name != nil {
		in.Name = *b.Name
	}
	put((*string)(&in.Kind), b.Kind)
	put((*string)(&in.Direction), b.Direction)
	put((*string)(&in.Document), b.DocumentType)
	put(&in.Sector, b.Sector)
	put(&in.District, b.District)
	put(&in.PartnerName, b.Partner)
	put(&in.City, b.City)
	put(&in.Country, b.Country)
	put(&in.Currency, b.Currency)
	put(&in.Undisclosed, b.Undisclosed)
	put(&in.Visibility, b.Visibility)
	put(&in.Note, b.Note)
	put(&in.EvidenceRef, b.EvidenceRef)
	for _, m := range []struct {
		to   *decimal.NullDecimal
		from *decimal.Decimal
	}{{&in.Total, b.Total}, {&in.Contracted, b.Contracted}, {&in.Share, b.Share}} {
		if m.from != nil {
			*m.to = nullable(m.from)
		}
	}
	if b.SignedOn != nil {
		in.SignedOn, _ = time.Parse(time.DateOnly, *b.SignedOn) // zero: the service says so beside the field
	}
	if b.Firm != nil {
		var err error
		if in.FirmID, err = a.firm(ctx, *b.Firm); err != nil {
			return err
		}
	}
	return nil
}

// firm finds a firm by its ID or its code.
func (a *API) firm(ctx context.Context, ref string) (ident.ID, error) {
	if id, err := ident.Parse(ref); err == nil {
		return id, nil
	}
	list, err := a.Firms.List(ctx)
	if err != nil {
		return ident.Nil, err
	}
	for _, f := range list {
		if f.Code == ref {
			return f.ID, nil
		}
	}
	return ident.Nil, fault.Fields(fault.Field{Path: "firm_id", Key: "field.choice"})
}

type recordProjectInput struct {
	Body struct {
		ProjectBody
		Event string `json:"event" doc:"Slug or ID of the event at which it was signed"`
	}
}

func (a *API) recordProject(ctx context.Context, c caller, in recordProjectInput) (project, error) {
	scope, err := a.scope(ctx, string(projects.OfEvent), in.Body.Event, 0, "")
	if err != nil {
		return project{}, err
	}
	var record projects.Input
	if err := a.onto(ctx, in.Body.ProjectBody, &record); err != nil {
		return project{}, err
	}
	p, err := a.Projects.Record(ctx, c.actor, scope.EventID, record)
	if err != nil {
		return project{}, err
	}
	return projectOf(p), nil
}

type editProjectInput struct {
	ID    ident.ID `path:"id"`
	Match match    `header:"If-Match" doc:"The ETag that the edit rests on; left out: whatever there is"`
	Body  ProjectBody
}

func (a *API) editProject(ctx context.Context, c caller, in editProjectInput) (project, error) {
	now, err := a.Projects.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return project{}, err
	}
	edit := now.Input()
	if err := a.onto(ctx, in.Body, &edit); err != nil {
		return project{}, err
	}
	version := int(in.Match)
	if version == 0 {
		version = now.Version
	}
	p, err := a.Projects.Edit(ctx, c.actor, in.ID, version, edit)
	if err != nil {
		return project{}, err
	}
	return projectOf(p), nil
}

type stageInput struct {
	ID    ident.ID `path:"id"`
	Match match    `header:"If-Match"`
	Body  struct {
		Stage        string           `json:"stage" enum:"intention,framework,contract,landed,funds_arrived,construction,operating,started,milestone,completed,terminated"`
		OccurredOn   string           `json:"occurred_on" format:"date"`
		EvidenceKind string           `json:"evidence_kind" doc:"What proves it, as licence or bank_receipt"`
		EvidenceRef  string           `json:"evidence_ref,omitempty" doc:"Where it is kept"`
		PaidIn       *decimal.Decimal `json:"paid_in,omitempty" doc:"Cumulative, in the project's currency"`
		Correction   bool             `json:"correction,omitempty" doc:"It goes back, or puts a date or an amount right"`
		Reason       string           `json:"reason,omitempty" doc:"Of a termination"`
		Note         string           `json:"note,omitempty"`
	}
}

func (a *API) reportStage(ctx context.Context, c caller, in stageInput) (project, error) {
	b := in.Body
	on, _ := time.Parse(time.DateOnly, b.OccurredOn) // zero: the service says so beside the field
	p, warnings, err := a.Projects.Report(ctx, c.actor, in.ID, int(in.Match), projects.Report{
		Stage: projects.Stage(b.Stage), On: on, Evidence: b.EvidenceKind, EvidenceRef: b.EvidenceRef, PaidIn: nullable(b.PaidIn),
		Correction: b.Correction, Reason: b.Reason, Note: b.Note,
	})
	if err != nil {
		return project{}, err
	}
	out := projectOf(p)
	for _, w := range warnings {
		out.Warnings = append(out.Warnings, c.words.T(c.lang, w.Key, w.Args...))
	}
	return out, nil
}

type statisticsInput struct {
	Scope string `query:"scope" doc:"event, year, series or all; event when event is given, else all"`
	Event string `query:"event" doc:"Slug or ID, for the scopes event and series"`
	Year  int    `query:"year" doc:"Of signing"`
	AsOf  string `query:"as_of" doc:"A date: what was signed or reached later does not count; left out: all that is on record"`
}

type statistics struct {
	Scope       string      `json:"scope" enum:"event,year,series,all"`
	AsOf        string      `json:"as_of,omitempty" format:"date" doc:"The last day that counts, when one was given"`
	Summary     locale.Text `json:"summary" doc:"The sentences that a report opens with"`
	Rows        int         `json:"rows" doc:"Of the ledger, duplicates too"`
	Duplicates  int         `json:"duplicates" doc:"Count nowhere"`
	Firms       int         `json:"firms" doc:"Each once"`
	Total       Pair        `json:"total_investment"`
	Contracted  Pair        `json:"contracted_foreign"`
	PaidIn      Pair        `json:"paid_in" doc:"Verified"`
	Undisclosed Pair        `json:"undisclosed" doc:"Without an amount"`
	Investments int         `json:"investment_contracts"`
	Landed      rate        `json:"landing" doc:"Landed or later, of investment contracts"`
	Started     rate        `json:"start" doc:"Under construction or later, of investment contracts"`
	Performed   rate        `json:"performance" doc:"Performed, of all contracts"`
	Arrived     rate        `json:"arrival" doc:"Paid in, of contracted foreign capital, by amount"`
	By          []breakdown `json:"by"`
}

// Pair sets all documents beside contracts only.
type Pair struct {
	All       sum `json:"all_documents"`
	Contracts sum `json:"contracts_only"`
}

type rate struct {
	Part     int              `json:"part"`
	Of       int              `json:"of"`
	Reported int              `json:"reported" doc:"As part, but with reports that nobody has verified yet"`
	Rate     *decimal.Decimal `json:"rate,omitempty" doc:"From 0 to 1; absent when there is nothing to divide by"`
}

type breakdown struct {
	By   string         `json:"by" enum:"country,sector,district,stage,kind,direction"`
	Rows []breakdownRow `json:"rows"`
}

type breakdownRow struct {
	Code string      `json:"code"`
	Name locale.Text `json:"name"`
	Pair
}

func pairOf(p projects.Pair) Pair {
	return Pair{All: sumOf(p.All.Sum), Contracts: sumOf(p.Contracts.Sum)}
}

func rateOf(r projects.Ratio) rate {
	out := rate{Part: r.Part.Count, Of: r.Of.Count, Reported: r.Part.Count}
	if share, ok := r.Share(); ok {
		share = share.Round(6)
		out.Rate = &share
	}
	return out
}

func (a *API) statistics(ctx context.Context, c caller, in statisticsInput) (statistics, error) {
	scope, err := a.scope(ctx, in.Scope, in.Event, in.Year, in.AsOf)
	if err != nil {
		return statistics{}, err
	}
	st, err := a.Projects.Statistics(ctx, c.actor, scope)
	if err != nil {
		return statistics{}, err
	}
	out := statistics{
		Scope: string(st.Scope.Kind), Rows: st.Rows, Duplicates: st.Merged.Count, Firms: st.Totals.All.Firms, Total: pairOf(st.Totals), Contracted: pairOf(st.Contracted),
		PaidIn: pairOf(st.PaidIn), Undisclosed: pairOf(st.Undisclosed), Investments: st.Investments.Count,
		Landed: rateOf(st.Landed), Started: rateOf(st.Started), Performed: rateOf(st.Performed), Arrived: rateOf(st.Arrived), By: []breakdown{},
	}
	if !scope.AsOf.IsZero() {
		out.AsOf = scope.AsOf.Format(time.DateOnly)
	}
	for _, rung := range st.Funnel {
		switch rung.Reach {
		case projects.ReachLanded:
			out.Landed.Reported = rung.Reported.Count
		case projects.ReachBuilding:
			out.Started.Reported = rung.Reported.Count
		}
	}
	for _, l := range locale.Langs {
		text := ""
		for _, sentence := range st.Summary(c.words, l) {
			if text != "" && l == locale.EN {
				text += " "
			}
			text += sentence.Text()
		}
		if l == locale.ZH {
			out.Summary.ZH = text
		} else {
			out.Summary.EN = text
		}
	}
	for _, b := range st.By {
		rows := breakdown{By: b.By, Rows: []breakdownRow{}}
		for _, r := range b.Rows {
			rows.Rows = append(rows.Rows, breakdownRow{Code: r.Code, Name: r.Name, Pair: pairOf(r.Pair)})
		}
		out.By = append(out.By, rows)
	}
	return out, nil
}
