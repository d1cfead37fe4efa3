package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestAPILedgerAndPlans records a project and plans meetings as a program does.
func TestAPILedgerAndPlans(t *testing.T) {
	t.Parallel()
	p := start(t)
	owner := p.caller(t, "owner")
	desk := p.caller(t, "projects")

	// The report's figures, by API.
	const statistics = "/api/v1/statistics"
	all := owner.ask("GET", statistics+"?scope=all", statistics, 200, nil)
	figures := func(of object, path ...string) string {
		var value any = of
		for _, key := range path {
			value = value.(object)[key]
		}
		return fmt.Sprint(value)
	}
	for path, want := range map[string]string{
		"total_investment.all_documents.count": "38", "total_investment.all_documents.usd": "341866", "total_investment.contracts_only.count": "26",
		"total_investment.contracts_only.usd": "295099", "rows": "40", "investment_contracts": "10", "landing.part": "6", "landing.of": "10", "landing.reported": "7",
	} {
		got := figures(all, strings.Split(path, ".")...)
		if strings.HasSuffix(path, "usd") {
			got = thousands(t, got)
			want = fmt.Sprint(want)
		}
		if got != want && !nearly(got, want) {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if s := figures(all, "summary", "zh"); !strings.Contains(s, "3.42亿美元") {
		t.Errorf("the report opens with %q", s)
	}
	owner.ask("GET", statistics+"?scope=nonsense", statistics, 422, nil)
	owner.ask("GET", statistics+"?scope=event", statistics, 422, nil)

	const projects = "/api/v1/projects"
	list := owner.ask("GET", projects+"?event="+forum+"&sort=-amount&limit=5", projects, 200, nil)
	if n := len(list["items"].([]any)); n != 5 || figures(list, "total") != "20" || list["next_cursor"] == nil {
		t.Errorf("%d projects, %v in all", n, list["total"])
	}
	wrong := desk.ask("POST", projects, projects, 422, object{"event": forum, "name": object{"zh": "", "en": ""}, "kind": "investment"})
	broken := map[any]bool{}
	for _, f := range wrong["errors"].([]any) {
		broken[f.(object)["field"]] = true
	}
	for _, field := range []string{"name.zh", "name.en", "direction", "signed_on"} { // as the body calls them
		if !broken[field] {
			t.Errorf("%s is not among the broken fields %v", field, wrong["errors"])
		}
	}
	recorded := desk.ask("POST", projects, projects, 201, object{
		"event": forum, "name": object{"zh": "智能仓储合作", "en": "Smart warehouse"}, "kind": "investment", "direction": "inbound", "document_type": "contract",
		"sector_code": "AUTO", "district_code": "330206", "firm_id": "F001", "partner_name": "Vltava Logistics (demo)", "partner_country": "CZ", "signed_on": "2027-06-09",
		"currency": "EUR", "total_investment": "10000000.00", "contracted_foreign": "4000000", "evidence_ref": "archive/2027/41",
	})
	const one = "/api/v1/projects/{id}"
	at := "/api/v1/projects/" + recorded["id"].(string)
	version := fmt.Sprintf("%q", recorded["version"].(json.Number).String())
	edited := desk.ask("PATCH", at, one, 200, object{"note": "checked"}, "If-Match", version)
	if edited["note"] != "checked" || edited["total_investment"] != recorded["total_investment"] {
		t.Errorf("edited: %v", edited)
	}
	desk.ask("PATCH", at, one, 412, object{"note": "again"}, "If-Match", version)
	staged := desk.ask("POST", at+"/stage", one+"/stage", 200, object{"stage": "landed", "occurred_on": "2027-06-09", "evidence_kind": "business_licence", "evidence_ref": "archive/2027/42"})
	if staged["stage"] != "landed" || staged["verified_stage"] == "landed" {
		t.Errorf("staged: %v", staged)
	}
	desk.ask("POST", at+"/stage", one+"/stage", 422, object{"stage": "flying", "occurred_on": "soon"})
	p.caller(t, "analyst").ask("POST", projects, projects, 403, object{})
	event := owner.ask("GET", statistics+"?event="+forum, statistics, 200, nil)
	if got := figures(event, "total_investment", "contracts_only", "count"); got != "14" {
		t.Errorf("after recording, %s contracts at the forum, want 14", got)
	}

	// Plan, publish, repair.
	const matchmaking = "/api/v1/events/{event}/matchmaking"
	base := "/api/v1/events/" + forum + "/matchmaking"
	owner.ask("POST", base+"/publish", matchmaking+"/publish", 409, nil)
	draft := owner.ask("POST", base+"/solve", matchmaking+"/solve", 200, object{"seed": 7})
	if draft["status"] != "draft" || figures(draft, "placed") != "89" || figures(draft, "value") != figures(draft, "bound") {
		t.Errorf("the draft: %v", draft)
	}
	timetable := owner.ask("GET", base+"/plans/"+draft["id"].(string), matchmaking+"/plans/{plan}", 200, nil)
	if n := len(timetable["meetings"].([]any)); n != 89 {
		t.Errorf("%d meetings in the timetable", n)
	}
	published := owner.ask("POST", base+"/publish", matchmaking+"/publish", 200, object{"plan": draft["id"]})
	if published["status"] != "published" {
		t.Errorf("published: %v", published)
	}
	repaired := owner.ask("POST", base+"/repair", matchmaking+"/repair", 200, nil)
	if figures(repaired, "moved") != "0" {
		t.Errorf("a repair with nothing to mend moves %v", repaired["moved"])
	}
	owner.ask("POST", base+"/solve", matchmaking+"/solve", 422, object{"seconds": 3600})
	p.caller(t, "doors_lead").ask("POST", base+"/solve", matchmaking+"/solve", 403, nil)
}

// thousands reads an amount of US dollars as whole thousands.
func thousands(t *testing.T, amount string) string {
	t.Helper()
	whole, _, _ := strings.Cut(amount, ".")
	if len(whole) < 4 {
		t.Fatalf("an amount of %q", amount)
	}
	return whole[:len(whole)-3]
}

// nearly tells whether two whole numbers differ by five at most: the golden
// figures are millions with two places.
func nearly(a, b string) bool {
	var x, y int
	if _, err := fmt.Sscan(a, &x); err != nil {
		return false
	}
	if _, err := fmt.Sscan(b, &y); err != nil {
		return false
	}
	return x-y <= 5 && y-x <= 5 && x > 1000
}
