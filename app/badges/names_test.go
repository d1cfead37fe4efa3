package badges

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"qianshou/app/delegations"
	"qianshou/app/kit/mrz"
	"qianshou/app/kit/pdf"
)

// table reads a table of the demo, as it ships, by the names of its columns.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	raw, err := os.ReadFile("../demo/data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil || len(lines) < 2 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, column := range lines[0] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestNameRenderingCases holds every row of the table of difficult names against the
// badge, the passport's line, and what the forms say about it.
func TestNameRenderingCases(t *testing.T) {
	t.Parallel()
	face, err := pdf.House()
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]map[string]string{}
	for _, row := range table(t, "members.csv") {
		people[row["member_id"]] = row
	}
	june := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	for _, row := range table(t, "name_rendering_cases.csv") {
		t.Run(row["member_id"]+" "+row["what_it_tests"], func(t *testing.T) {
			p := people[row["member_id"]]
			f := Face{GivenName: p["given_name_latin"], FamilyName: p["family_name_latin"], NameNative: p["name_native"], NameZH: p["name_zh"], Nationality: p["nationality_a2"]}.tidy()
			if got := f.GivenName + " " + f.capitals(); got != row["badge_latin"] {
				t.Errorf("the badge says %q, want %q", got, row["badge_latin"])
			}
			if got := cases.Upper(language.Und).String(f.FamilyName); !strings.HasSuffix(row["badge_latin"], " "+got) {
				t.Errorf("without a language the capitals are %q", got)
			}
			if f.NameZH != row["badge_zh"] || f.NameNative != row["native"] {
				t.Errorf("the badge says %q and %q", f.NameZH, f.NameNative)
			}
			if lacks, err := f.unprintable(); lacks != "" || err != nil {
				t.Errorf("the badge cannot print %s, %v", lacks, err)
			}
			if surname, given := mrz.Form(f.FamilyName), mrz.Form(f.GivenName); surname != row["mrz_surname"] || given != row["mrz_given"] {
				t.Errorf("the passport's line is %s<<%s, want %s<<%s", surname, given, row["mrz_surname"], row["mrz_given"])
			}
			in := delegations.Input{
				GivenName: f.GivenName, FamilyName: f.FamilyName, NameNative: row["native"], NativeOrder: p["native_name_order"], NameZH: row["badge_zh"],
				MRZSurname: row["mrz_surname"], MRZGiven: row["mrz_given"],
			}
			at := delegations.Occasion{Starts: june(8), Ends: june(10), Leaves: june(11), Face: face}
			if odd := in.Remarks(at); odd != nil {
				t.Errorf("remarked: %+v", odd)
			}
			in.MRZSurname, in.MRZGiven = mrz.Parts(f.FamilyName, f.GivenName) // as it fits into 39 places
			if field := mrz.Field(f.FamilyName, f.GivenName); len(field) != mrz.Width || in.Remarks(at) != nil {
				t.Errorf("%s is remarked: %+v", field, in.Remarks(at))
			}
		})
	}
}
