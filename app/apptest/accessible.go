package apptest

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed axe/axe.min.js
var axe string

// Barrier is a rule of accessibility that a page breaks.
type Barrier struct {
	Impact string `json:"impact"` // minor, moderate, serious, critical
	Rule   string `json:"id"`
	Where  string `json:"where"` // the first element that breaks it
	Why    string `json:"why"`
}

func (b Barrier) String() string {
	return fmt.Sprintf("%s %s: %s: %s", b.Impact, b.Rule, b.Where, b.Why)
}

// Barriers answers what keeps people out of the page that the window shows:
// the rules of WCAG and good practice that axe-core finds broken.
func (b *Browser) Barriers() (found []Barrier) {
	b.t.Helper()
	Eval[bool](b, axe+`; true`)
	Eval[bool](b, `window.barriers = undefined; axe.run({resultTypes: ["violations"]}).then(r => { window.barriers = JSON.stringify(r.violations.map(v => ({
		impact: v.impact, id: v.id, where: v.nodes[0].html.slice(0, 200), why: v.nodes[0].failureSummary }))) }); true`)
	b.Await("the rules", `window.barriers !== undefined`)
	if err := json.Unmarshal([]byte(Eval[string](b, `window.barriers`)), &found); err != nil {
		b.t.Fatal(err)
	}
	return found
}
