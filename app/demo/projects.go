package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
)

// loadProjects enters the rates, the ledger with what was reported of each
// project, and which rows turned out to be the same project.
func loadProjects(ctx context.Context, s *projects.Service, eventIDs, firms map[string]ident.ID) error {
	if err := loadRates(ctx, s); err != nil {
		return err
	}
	rows, err := table("signed_projects.csv")
	if err != nil {
		return err
	}
	reports, err := reportsByProject()
	if err != nil {
		return err
	}
	districts, err := table("districts.csv")
	if err != nil {
		return err
	}
	l := projectLoader{projects: s, events: eventIDs, firms: firms, made: map[string]ident.ID{}, reporters: map[string]accounts.Actor{"FAO": desk("外事办公室", "Foreign Affairs Office")}}
	for _, d := range districts {
		l.reporters[d["district_code"]] = desk(d["name_zh"], d["name_en"])
	}
	for _, r := range rows {
		if err := l.load(ctx, r, reports[r["project_id"]]); err != nil {
			return fmt.Errorf("project %s: %w", r["project_id"], err)
		}
	}
	return l.merge(ctx, rows)
}

// desk is who of an office reports or verifies.
func desk(zh, en string) accounts.Actor {
	a := accounts.SystemActor(en)
	a.NameZH = zh
	return a
}

func loadRates(ctx context.Context, s *projects.Service) error {
	rows, err := table("fx_rates_illustrative.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		on, err := day(r["rate_date"])
		if err != nil {
			return err
		}
		units, err := r.number("units")
		if err != nil {
			return err
		}
		cny, err := decimal.NewFromString(r["cny_per_units"])
		if err != nil {
			return err
		}
		if err := s.SaveRate(ctx, by, projects.Rate{On: on, Currency: r["currency"], Units: units, CNY: cny, Source: r["note"]}); err != nil {
			return fmt.Errorf("rate of %s on %s: %w", r["currency"], r["rate_date"], err)
		}
	}
	return nil
}

// weekDefinition is what the weeks' published totals mean.
const weekDefinition = "演示数据，年度拆分为虚构；口径为签约项目投资总额，含意向和框架协议 / Demo: the yearly split is invented; total investment of all documents, intentions and frameworks among them"

// loadHistory enters what the overseas weeks reached before this program counted
// them.
func loadHistory(ctx context.Context, s *events.Service) error {
	series, err := s.SeriesBySlug(ctx, "ningbo-week")
	if err != nil {
		return err
	}
	rows, err := table("ningbo_week_history.csv")
	if err != nil {
		return err
	}
	for _, r := range rows {
		y := events.SeriesYear{SeriesID: series.ID, Definition: weekDefinition}
		for name, into := range map[string]*int{"year": &y.Year, "overseas_weeks": &y.Editions, "firms": &y.Firms, "signed_projects": &y.Projects} {
			if *into, err = r.number(name); err != nil {
				return err
			}
		}
		if y.TotalUSD, err = decimal.NewFromString(r["total_investment_usd_million"]); err != nil {
			return err
		}
		y.TotalUSD = y.TotalUSD.Shift(6)
		if err := s.SaveSeriesYear(ctx, by, y); err != nil {
			return fmt.Errorf("history of %d: %w", y.Year, err)
		}
	}
	return nil
}

func reportsByProject() (map[string][]row, error) {
	rows, err := table("project_stage_events.csv")
	if err != nil {
		return nil, err
	}
	by := map[string][]row{}
	for _, r := range rows {
		by[r["project_id"]] = append(by[r["project_id"]], r)
	}
	return by, nil
}

type projectLoader struct {
	projects      *projects.Service
	events, firms map[string]ident.ID
	reporters     map[string]accounts.Actor
	made          map[string]ident.ID // P001
}

// verifier is the second person of every check in the demo.
var verifier = desk("统计组", "Statistics desk")

// load records one project by its signed document, and reports its other stages
// as its reporters did.
func (l projectLoader) load(ctx context.Context, r row, reports []row) error {
	in, err := signedInput(r, l.firms[r["firm_id"]])
	if err != nil {
		return err
	}
	signed := -1
	for i, e := range reports {
		if e["stage"] == r["document_type"] {
			signed = i
		}
	}
	if signed < 0 {
		return fmt.Errorf("no event of the %s that was signed", r["document_type"])
	}
	in.EvidenceRef = reports[signed]["evidence_ref"]
	p, err := l.projects.Record(ctx, l.reporters[reports[signed]["reported_by"]], l.events[r["event_id"]], in)
	if err != nil {
		return err
	}
	l.made[r["project_id"]] = p.ID
	for i, e := range reports {
		if i == signed {
			continue
		}
		report, err := stageReport(e, r["outcome"])
		if err != nil {
			return err
		}
		if _, _, err := l.projects.Report(ctx, l.reporters[e["reported_by"]], p.ID, 0, report); err != nil {
			return fmt.Errorf("%s on %s: %w", e["stage"], e["stage_date"], err)
		}
	}
	return l.verify(ctx, p.ID, reports)
}

// verify has a second person confirm what the files say was verified.
func (l projectLoader) verify(ctx context.Context, id ident.ID, reports []row) error {
	detail, err := l.projects.Detail(ctx, by, id)
	if err != nil {
		return err
	}
	for _, e := range reports {
		if e["verification"] != string(projects.Verified) {
			continue
		}
		for _, reported := range detail.Stages {
			if string(reported.Stage) != e["stage"] {
				continue
			}
			if _, err := l.projects.Verify(ctx, verifier, id, reported.ID, projects.Verified, ""); err != nil {
				return fmt.Errorf("verify %s: %w", e["stage"], err)
			}
		}
	}
	return nil
}

// merge ends the rows that the files call duplicates of another.
func (l projectLoader) merge(ctx context.Context, rows []row) error {
	roles := map[string]string{"P025": "signed", "P040": "upgraded"}
	for _, r := range rows {
		if r["outcome"] != "merged_into" {
			continue
		}
		note := "同一项目，另见" + r["master_id"] + " / The same project as " + r["master_id"]
		if _, err := l.projects.Merge(ctx, by, l.made[r["project_id"]], 0, l.made[r["master_id"]], roles[r["project_id"]], note); err != nil {
			return fmt.Errorf("merge %s: %w", r["project_id"], err)
		}
	}
	return nil
}

// noAmount is why a project of the demo has none: only friendship may be worth
// nothing, a framework that names no amount has none.
const noAmount = "框架协议未载明金额 / The framework names no amount"

func signedInput(r row, firm ident.ID) (projects.Input, error) {
	in := projects.Input{
		Code: r["project_id"], Name: locale.Text{ZH: chinese(r["name_zh"]), EN: r["name_en"]}, Kind: projects.Kind(r["kind"]), Direction: projects.Direction(r["direction"]),
		Document: projects.Document(r["document_type"]), Sector: r["sector_code"], District: r["district_code"], FirmID: firm,
		City: r["partner_city_code"], Country: r["partner_country_a2"], Currency: r["currency"], Visibility: r["visibility"],
	}
	var err error
	if in.SignedOn, err = day(r["signed_on"]); err != nil {
		return in, err
	}
	amount, err := decimal.NewFromString(r["total_investment"])
	if err != nil {
		return in, err
	}
	foreign, err := decimal.NewFromString(r["contracted_foreign_capital"])
	if err != nil {
		return in, err
	}
	if amount.IsZero() && in.Kind != projects.Friendship {
		in.Undisclosed = noAmount
		return in, nil
	}
	in.Total, in.Contracted = decimal.NewNullDecimal(amount), decimal.NewNullDecimal(foreign)
	return in, nil
}

func stageReport(e row, outcome string) (projects.Report, error) {
	report := projects.Report{Stage: projects.Stage(e["stage"]), Evidence: e["evidence_type"], EvidenceRef: e["evidence_ref"]}
	var err error
	if report.On, err = time.Parse(time.DateOnly, e["stage_date"]); err != nil {
		return report, err
	}
	if report.Stage == projects.Terminated {
		report.Reason = outcome
	}
	if e["cumulative_paid_in"] == "" {
		return report, nil
	}
	paid, err := decimal.NewFromString(e["cumulative_paid_in"])
	report.PaidIn = decimal.NewNullDecimal(paid)
	return report, err
}
