package sheet_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"iter"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

var poison = []string{"=1+1", "+36 30", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "plain", "", "'=x", "0012", "x;=cmd|'/C calc'!A0;y", "a\n+b"}

func each(list ...[]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range list {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func harmless(t *testing.T, cell string) {
	t.Helper()
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		t.Errorf("a cell begins a formula: %q", cell)
	}
}

// Nothing that we write is a formula to whoever opens it, and we read back what we
// wrote.
func TestExportsAreHarmless(t *testing.T) {
	var text, grid bytes.Buffer
	if err := sheet.WriteCSV(&text, poison, each(poison)); err != nil {
		t.Fatal(err)
	}
	if err := sheet.WriteXLSX(&grid, "=name[1]", poison, each(poison)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), "\uFEFF") {
		t.Error("Excel needs the mark in front")
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.String(), "\uFEFF"))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for _, line := range strings.FieldsFunc(strings.TrimPrefix(text.String(), "\uFEFF"), func(r rune) bool { return r == ';' || r == '\n' || r == '\t' }) { // as half of Europe reads it
		harmless(t, strings.Trim(line, "\r"))
	}
	f, err := excelize.OpenReader(&grid)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range append(records, rows...) {
		for _, cell := range row {
			harmless(t, cell)
		}
	}
	for i := range poison {
		at, _ := excelize.CoordinatesToCellName(i+1, 2)
		if formula, err := f.GetCellFormula(f.GetSheetName(0), at); err != nil || formula != "" {
			t.Errorf("%s has the formula %q, %v", at, formula, err)
		}
	}
	table, err := sheet.Read(t.Context(), text.Bytes(), sheet.Usual)
	if err != nil {
		t.Fatal(err)
	}
	for i, cell := range table.Rows[1].Cells {
		want := poison[i]
		if want == "'=x" {
			want = "=x" // who typed the guard by hand meant it as one
		}
		if strings.Trim(cell.Text, "\n") != strings.Trim(strings.ReplaceAll(want, "\r", "\n"), "\n") {
			t.Errorf("%q reads back as %q", poison[i], cell.Text)
		}
	}
}

// What is written out lies nowhere but in the file: not on the disk while it is
// written, however long it is.
func TestNothingLiesOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const rows = 20_000 // more than any part of which a library keeps in memory
	secret := strings.Repeat("PASSPORT-TEST-00001-X", 2)
	row := slices.Repeat([]string{secret}, 26)
	look := func() {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("on the disk: %v, %v", left, err)
		}
	}
	list := func(yield func([]string, error) bool) {
		for n := range rows {
			if n%500 == 0 {
				look()
			}
			if !yield(row, nil) {
				return
			}
		}
		look()
	}
	var out bytes.Buffer
	if err := sheet.WriteXLSX(&out, "all", row, list); err != nil {
		t.Fatal(err)
	}
	look()
	var back bytes.Buffer
	returned := slices.Repeat([]sheet.Returned{{Cells: row, Reason: secret}}, rows)
	if err := sheet.WriteReturned(eyes{&back, look}, "back", row, "Reason", returned); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"exported": out.Bytes(), "returned": back.Bytes()} {
		limits := sheet.Limits{Bytes: 1 << 28, Unzipped: 1 << 30, Rows: rows, Columns: 30, Cell: 100, Text: 1 << 28}
		if table, err := sheet.Read(t.Context(), file, limits); err != nil || len(table.Rows) != rows+1 || table.Rows[rows].Cells[25].Text != secret {
			t.Errorf("%s: %d rows, %v", name, len(table.Rows), err)
		}
	}
}

// A list that is too long is refused, in either form, before all of it was read.
func TestExportsEnd(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(list iter.Seq2[[]string, error]) error{
		"CSV": func(list iter.Seq2[[]string, error]) error { return sheet.WriteCSV(io.Discard, []string{"a"}, list) },
		"XLSX": func(list iter.Seq2[[]string, error]) error {
			return sheet.WriteXLSX(io.Discard, "a", []string{"a"}, list)
		},
	} {
		read := 0
		err := write(func(yield func([]string, error) bool) {
			for range sheet.RowsMost + 1000 {
				if read++; !yield([]string{"x"}, nil) {
					return
				}
			}
		})
		if f, ok := fault.Of(err); !ok || f.Key != "sheet.export_rows" || read != sheet.RowsMost+1 {
			t.Errorf("%s: %v after %d rows", name, err, read)
		}
	}
}

// eyes look each time that something is written.
type eyes struct {
	to   *bytes.Buffer
	look func()
}

func (e eyes) Write(p []byte) (int, error) {
	e.look()
	return e.to.Write(p)
}

// What XML cannot hold, and what a spreadsheet reads as a code, comes back as it was.
func TestOddSignsComeBack(t *testing.T) {
	odd := []string{"a_x000D_b", "_x0041_", "<&>\"'", "two\nlines", "  spaces  ", "\u0001bell", "𠮷野家", strings.Repeat("长", 40_000)}
	var out bytes.Buffer
	if err := sheet.WriteXLSX(&out, "odd", slices.Repeat([]string{"head"}, len(odd)), each(odd)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("odd")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := slices.Clone(odd)
	want[5], want[7] = "\uFFFDbell", strings.Repeat("长", 32_767)
	if !reflect.DeepEqual(rows[1], want) {
		for i := range want {
			if rows[1][i] != want[i] {
				t.Errorf("%.40q, want %.40q", rows[1][i], want[i])
			}
		}
	}
	limits := sheet.Usual
	limits.Cell = 50_000
	table, err := sheet.Read(t.Context(), out.Bytes(), limits)
	if err != nil || table.Rows[1].Cells[0].Text != odd[0] || table.Rows[1].Cells[1].Text != odd[1] || table.Rows[1].Cells[3].Text != odd[3] {
		t.Errorf("%+.200v, %v", table.Rows, err)
	}
}

func TestTemplateReadsBack(t *testing.T) {
	var out bytes.Buffer
	template := sheet.Template{Name: "名单", Examples: "示例", Lang: locale.ZH, Refusal: "请从列表中选择。", Rows: [][]string{{"Halmosi", "Dénes", "h@city.example", "", "X1"}}}
	for _, c := range columns {
		template.Fields = append(template.Fields, sheet.Field{Column: c})
	}
	template.Fields[1].Choices, template.Fields[3].Date, template.Fields[4].Text = []string{"Dénes", "=Ákos"}, true, true
	template.Fields[4].Hint = locale.Text{ZH: "与护照一致", EN: "As in the passport"}
	if err := template.WriteXLSX(&out); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !reflect.DeepEqual(got, []string{"名单", "Lists", "示例"}) {
		t.Errorf("sheets %q", got)
	}
	if shown, err := f.GetSheetVisible("Lists"); err != nil || shown {
		t.Errorf("the lists are shown: %v, %v", shown, err)
	}
	rules, err := f.GetDataValidations("名单")
	if err != nil || len(rules) != 1 || rules[0].Sqref != "B2:B5001" || rules[0].Formula1 != "Lists!$B$1:$B$2" {
		t.Errorf("rules %+v, %v", rules, err)
	}
	panes, err := f.GetPanes("名单")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	if notes, err := f.GetComments("名单"); err != nil || len(notes) != 1 || notes[0].Cell != "E1" {
		t.Errorf("comments %+v, %v", notes, err)
	}
	if title, err := f.GetCellValue("名单", "A1"); err != nil || title != "姓（拉丁字母） *\nFamily name" {
		t.Errorf("title %q, %v", title, err)
	}
	// Filled in, it is read; the examples are not.
	for at, value := range map[string]any{"A2": "Réti", "C2": "r@city.example", "D2": "1972-03-07", "E2": "0012"} {
		if err := f.SetCellValue("名单", at, value); err != nil {
			t.Fatal(err)
		}
	}
	var filled bytes.Buffer
	if err := f.Write(&filled); err != nil {
		t.Fatal(err)
	}
	list, err := read(t, filled.Bytes())
	if err != nil || len(list.Lines) != 1 || list.Lines[0].Cells[0].Text != "Réti" || list.Lines[0].Cells[4].Text != "0012" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := read(t, file); err == nil {
		t.Error("an empty template was taken")
	}
}

func TestReturnedRowsSayWhy(t *testing.T) {
	var out bytes.Buffer
	err := sheet.WriteReturned(&out, "请修改", []string{"Family name", "E-mail"}, "原因 Reason", []sheet.Returned{
		{Cells: []string{"=evil", "x"}, Reasons: map[int]string{1: "Write an e-mail address."}, Reason: "E-mail: Write an e-mail address."},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	notes, err := f.GetComments("请修改")
	if err != nil || len(notes) != 1 || notes[0].Cell != "C2" || !strings.Contains(notes[0].Text, "Write an e-mail address.") {
		t.Errorf("comments %+v, %v", notes, err)
	}
	list, err := read(t, file)
	if err != nil || len(list.Lines) != 1 || list.Lines[0].Cells[1].Text != "=evil" || list.Heads[0].Code != "" {
		t.Errorf("%+v, %v", list, err)
	}
}
