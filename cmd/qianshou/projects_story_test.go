package main

import (
	"os"
	"path/filepath"
	"testing"

	"qianshou/app/apptest"
)

// figureOf reads one figure of the statistics by its column head and row.
func figureOf(b *apptest.Browser, row int, head string) string {
	return apptest.Eval[string](b, `[...document.querySelectorAll(".st-pairs tbody tr")][`+string(rune('0'+row))+`].querySelector('[data-head="`+head+`"]').innerText`)
}

// The story of a signed project: an organizer records it and moves it a stage,
// a second person verifies, and the statistics count it, with their charts.
func TestProjectIsSignedMovedAndCounted(t *testing.T) {
	t.Parallel()
	p := start(t)
	console := p.url + "/console/mayors-forum-2027"
	desk, chief := apptest.Open(t), apptest.Open(t)
	desk.Desk()
	chief.Phone()
	p.signIn(desk, "projects")
	p.signIn(chief, "owner")

	chief.Visit(console + "/statistics?lang=en")
	before := [...]string{figureOf(chief, 0, "Projects"), figureOf(chief, 0, "Total, USD million"), figureOf(chief, 1, "Projects"), figureOf(chief, 1, "Total, USD million")}
	if before != [...]string{"20", "217.13", "13", "185.22"} {
		t.Fatalf("the forum's figures are %q", before)
	}

	desk.Visit(console + "/projects/new?lang=zh")
	desk.Fill("name_zh", "瓦尔纳风电叶片厂", "name_en", "Varna rotor-blade plant", "document_type", "contract", "signed_on", "2027-06-09", "kind", "investment",
		"direction", "inbound", "evidence_ref", "EVD-P041", "sector_code", "ENER", "district_code", "330281", "partner_city", "VAR",
		"total_investment", "1,000", "unit", "10000", "currency", "chf", "contracted_foreign", "400")
	apptest.Eval[any](desk, `document.querySelector('[name="firm_id"]').selectedIndex = 1`)
	desk.Press(`form.pr-edit button.btn-primary`)
	if got := desk.Text(`.field.fix:has([name="currency"]) .why`); got != "没有CHF在2027-06-09或之前的汇率。请先在汇率表中登记该币种和美元当日的汇率。" {
		t.Errorf("a currency without rate is answered %q", got)
	}
	if got := desk.Attribute(`[name="total_investment"]`, "value"); got != "1,000" {
		t.Errorf("what was typed is kept as %q", got)
	}
	desk.Fill("currency", "USD")
	desk.Press(`form.pr-edit button.btn-primary`)
	if got := desk.Text("h1"); got != "瓦尔纳风电叶片厂" {
		t.Fatalf("recorded, led to a page headed %q", got)
	}
	project := desk.At()

	desk.Press(`a[href="?report=landed#report"]`)
	desk.Fill("evidence_ref", "EVD-P041-LAND", "evidence_kind", "business_licence")
	desk.Press(`form.pr-form button.btn-primary`)
	if got := desk.Text(".pr-chips .chip"); got != "落地" {
		t.Errorf("stands at %q", got)
	}
	if apptest.Eval[bool](desk, `document.querySelector(".pr-checkform") !== null`) {
		t.Error("the reporter is offered to verify their own report")
	}
	chief.Visit(project + "?lang=en")
	chief.Tap(`.pr-steps li:last-child summary`)
	chief.Press(`.pr-steps li:last-child button[value="verified"]`)
	if got := chief.Text(".pr-chips .pr-flag"); got != "This stage is verified" {
		t.Errorf("after the check: %q", got)
	}

	chief.Visit(console + "/statistics?lang=en")
	after := [...]string{figureOf(chief, 0, "Projects"), figureOf(chief, 0, "Total, USD million"), figureOf(chief, 1, "Projects"), figureOf(chief, 1, "Total, USD million")}
	if after != [...]string{"21", "227.13", "14", "195.22"} {
		t.Errorf("with the new project the figures are %q", after)
	}
	if got := chief.Text(".st-rates dd span"); got != "1 / 7" { // the demo's own land later than its clock
		t.Errorf("landed so far %q", got)
	}
	chief.Visit(console + "/statistics?lang=en&as_of=2028-06-09")
	if got := chief.Text(".st-rates dd span"); got != "5 / 7" {
		t.Errorf("landed a year later %q", got)
	}
	if bars := apptest.Eval[int](chief, `document.querySelectorAll(".st-table .bars svg rect").length`); bars < 20 {
		t.Errorf("the charts have %d bars", bars)
	}
	chief.Press(`.st-table.short tbody tr:nth-child(2) td:last-child a`) // verified landed: five rows
	if got := apptest.Eval[int](chief, `document.querySelectorAll(".pr-list tbody tr").length`); got != 5 {
		t.Errorf("the figure 5 opens a list of %d", got)
	}
	if dir := os.Getenv("TEST_PICTURES"); dir != "" {
		chief.Picture(filepath.Join(dir, "projects-phone-en.png"))
		desk.Picture(filepath.Join(dir, "project-desk-zh.png"))
	}
	for who, b := range map[string]*apptest.Browser{"desk": desk, "chief": chief} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", who, said)
		}
	}
}
