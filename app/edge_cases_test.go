package app_test

import (
	"encoding/csv"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// edgeCases says which tests hold each row of the table of difficult registrations.
// Each of them names the row in its text.
var edgeCases = map[string][]string{
	"RC01": {"delegations/merge_test.go TestDuplicateCases", "lists/members_test.go TestEdgeCases"},
	"RC02": {"delegations/merge_test.go TestDuplicateCases", "lists/members_test.go TestEdgeCases"},
	"RC03": {"delegations/merge_test.go TestDuplicateCases", "lists/members_test.go TestEdgeCases"},
	"RC04": {"lists/members_test.go TestEdgeCases"},
	"RC05": {"lists/members_test.go TestEdgeCases"},
	"RC06": {"lists/members_test.go TestEdgeCases", "delegations/remarks_test.go TestRemarks"},
	"RC07": {"lists/members_test.go TestEdgeCases"},
	"RC08": {"badges/badges_test.go TestCompanionHasTheirOwnBadge"},
	"RC09": {"delegations/substitution_test.go TestDeputyTakesThePlaceOfTheHead"},
	"RC10": {"delegations/decisions_test.go TestPressIsHeldForTheirVisa"},
	"RC11": {"lists/members_test.go TestEdgeCases"},
	"RC12": {"lists/members_test.go TestEdgeCases", "delegations/remarks_test.go TestRemarks"},
	"RC13": {"delegations/remarks_test.go TestRemarks"},
	"RC14": {"lists/members_test.go TestEdgeCases"},
	"RC15": {"badges/badges_test.go TestSheetSelections"},
	"RC16": {"lists/members_test.go TestEdgeCases", "badges/sheet_test.go TestNothingIsClipped"},
}

// TestEveryEdgeCaseHasATest fails for a row of the table that no test names, and for
// a test that is named here and is not there.
func TestEveryEdgeCaseHasATest(t *testing.T) {
	raw, err := os.ReadFile("demo/data/registration_edge_cases.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil || len(rows) < 17 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if len(edgeCases[row[0]]) == 0 {
			t.Errorf("%s, %s: no test", row[0], row[1])
		}
		for _, place := range edgeCases[row[0]] {
			file, name, _ := strings.Cut(place, " ")
			if text := testText(t, file, name); !strings.Contains(text, row[0]) {
				t.Errorf("%s: %s of %s does not name it", row[0], name, file)
			}
		}
	}
	if len(edgeCases) != len(rows)-1 {
		t.Errorf("%d cases for %d rows", len(edgeCases), len(rows)-1)
	}
}

// testText is a test function with its comment; empty: there is none.
func testText(t *testing.T, path, name string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			from := f.Pos()
			if f.Doc != nil {
				from = f.Doc.Pos()
			}
			return string(source[files.Position(from).Offset:files.Position(f.End()).Offset])
		}
	}
	return ""
}
