package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const smallProblem = `{
  "format": "qianshou-problem/1",
  "slots": [{"id": "s1", "starts_at": "2027-06-10T09:00:00+08:00", "ends_at": "2027-06-10T09:20:00+08:00"},
            {"id": "s2", "starts_at": "2027-06-10T09:25:00+08:00", "ends_at": "2027-06-10T09:45:00+08:00"}],
  "places": [{"id": "T01"}],
  "parties": [{"id": "D01", "side": "host"}, {"id": "F001", "side": "guest"}, {"id": "F002", "side": "guest"}],
  "meetings": [{"id": "M1", "parties": ["D01", "F001"], "tier": "must", "value": 10}, {"id": "M2", "parties": ["D01", "F002"], "slots": ["s1"]}]
}`

func TestMatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	call := func(args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		code = run(t.Context(), append([]string{"match"}, args...), stdio{in: strings.NewReader(smallProblem), out: &o, err: &e})
		return code, o.String(), e.String()
	}
	problem, plan := write("problem.json", smallProblem), filepath.Join(dir, "plan.json")
	if code, _, errs := call("solve", "--out", plan, problem); code != 0 {
		t.Fatalf("solve ended with %d: %s", code, errs)
	}
	if code, out, errs := call("verify", problem, plan); code != 0 || !strings.Contains(out, "optimal: 2 of 2 meetings, value 11 of at most 11") {
		t.Errorf("verify ended with %d: %s%s", code, out, errs)
	}
	whole, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := call("solve", "-"); code != 0 || !strings.Contains(out, `"status": "optimal"`) {
		t.Errorf("from standard input: %d %s", code, out)
	}
	bad := write("bad.json", strings.Replace(string(whole), `"slot": "s2"`, `"slot": "s1"`, 1))
	if code, _, errs := call("verify", problem, bad); code != 1 || !strings.Contains(errs, "party_busy: D01 has 2 meetings at s1, at most 1") || !strings.Contains(errs, "place_busy") {
		t.Errorf("a bad plan: %d %s", code, errs)
	}
	odd := write("odd.json", strings.Replace(smallProblem, `"tier"`, `"tear"`, 1))
	if code, _, errs := call("solve", odd); code != 1 || !strings.Contains(errs, "meetings[0].tear: there is no such field") {
		t.Errorf("an unknown field: %d %s", code, errs)
	}
	clash := write("clash.json", strings.Replace(strings.Replace(smallProblem, `"slots": ["s1"]`, `"tier": "fixed", "slots": ["s1"]`, 1), `"tier": "must"`, `"slots": ["s1"], "tier": "fixed"`, 1))
	if code, out, errs := call("solve", clash); code != 1 || !strings.Contains(errs, "infeasible [M1 M2]") || !strings.Contains(out, `"conflict"`) {
		t.Errorf("a contradiction: %d %s%s", code, out, errs)
	}
	for _, tt := range []struct {
		args []string
		code int
	}{
		{nil, 2}, {[]string{"mend"}, 2}, {[]string{"solve"}, 2}, {[]string{"verify", problem}, 2}, {[]string{"--help"}, 0}, {[]string{"solve", "--help"}, 0},
		{[]string{"verify", "--help"}, 0}, {[]string{"solve", "--time-limit", "0s", problem}, 2}, {[]string{"solve", filepath.Join(dir, "none.json")}, 1},
	} {
		if code, out, errs := call(tt.args...); code != tt.code || code == 0 && out == "" {
			t.Errorf("%v ended with %d, want %d: %s%s", tt.args, code, tt.code, out, errs)
		}
	}
}
