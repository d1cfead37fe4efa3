package sheet_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

var columns = []sheet.Column{
	{Code: "family_name", Title: locale.Text{ZH: "姓（拉丁字母）", EN: "Family name"}, Also: []string{"Surname"}, Required: true},
	{Code: "given_name", Title: locale.Text{ZH: "名（拉丁字母）", EN: "Given name"}},
	{Code: "email", Title: locale.Text{ZH: "电子邮箱", EN: "E-mail"}, Required: true},
	{Code: "birth_date", Title: locale.Text{ZH: "出生日期", EN: "Birth date"}},
	{Code: "passport.number", Title: locale.Text{ZH: "护照号", EN: "Passport number"}},
}

// book makes an XLSX file.
func book(t testing.TB, change func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	change(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rowsOf(t testing.TB, rows ...[]any) []byte {
	return book(t, func(f *excelize.File) {
		for i, row := range rows {
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// altered rewrites the parts of an XLSX file. A part that change answers nil for is
// left out; parts may be added by add.
func altered(t testing.TB, file []byte, change func(name string, part []byte) []byte, add map[string]string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, part []byte) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(part)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if part = change(f.Name, part); part != nil {
			put(f.Name, part)
		}
	}
	for name, part := range add {
		put(name, []byte(part))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func same(_ string, part []byte) []byte { return part }

func encoded(t testing.TB, text string, by interface {
	String(string) (string, error)
}) []byte {
	t.Helper()
	out, err := by.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

const header = "姓（拉丁字母）,电子邮箱\n"

// Each attack is answered by a sentence of its own, and never by a crash.
func TestRefusals(t *testing.T) {
	plain := rowsOf(t, []any{"Family name", "E-mail"}, []any{"Réti", "r@city.example"})
	inSheet := func(cells string) []byte {
		return altered(t, plain, func(name string, part []byte) []byte {
			if name == "xl/worksheets/sheet1.xml" {
				return []byte(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + cells + `</sheetData></worksheet>`)
			}
			return part
		}, nil)
	}
	long := strings.Builder{}
	long.WriteString(header)
	for i := range 5001 {
		fmt.Fprintf(&long, "A,a%d@city.example\n", i)
	}
	wideRow := make([]any, 200)
	for i := range wideRow {
		wideRow[i] = fmt.Sprintf("c%d", i)
	}
	for _, tt := range []struct {
		name string
		file []byte
		key  string
	}{
		{"nothing", nil, "sheet.empty"},
		{"blanks", []byte(" \r\n\t"), "sheet.empty"},
		{"a byte more than ten megabytes", append([]byte(header), bytes.Repeat([]byte("a"), 10<<20)...), "sheet.too_large"},
		{"only a header", []byte(header), "sheet.only_header"},
		{"only a header, as XLSX", rowsOf(t, []any{"Family name", "E-mail"}), "sheet.only_header"},
		{"no header", []byte("Réti,r@city.example\nHalmosi,h@city.example\n"), "sheet.no_header"},
		{"a column is missing", []byte("Family name,Given name\nRéti,Zsófia\n"), "sheet.no_column"},
		{"a name twice", []byte("Family name,E-mail,Surname\nRéti,r@city.example,Réti\n"), "sheet.header_twice"},
		{"a name in both languages", rowsOf(t, []any{"Family name", "E-mail", "姓（拉丁字母）"}, []any{"Réti", "r@city.example", "x"}), "sheet.header_twice"},
		{"5001 rows", []byte(long.String()), "sheet.rows"},
		{"200 columns", rowsOf(t, wideRow), "sheet.columns"},
		{"200 columns of text", []byte(strings.Repeat("a,", 199) + "a\n"), "sheet.columns"},
		{"a cell in the last column of all", inSheet(`<row r="1"><c r="XFD1"><v>1</v></c></row>`), "sheet.columns"},
		{"a picture", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "sheet.not"},
		{"a paper", []byte("%PDF-1.7\n\x01\x02 obj"), "sheet.not"},
		{"a null in text", []byte("Family name,E-mail\nRé\x00ti,r@city.example\n"), "sheet.not"},
		{"a null in a cell", inSheet(`<row r="1"><c r="A1" t="inlineStr"><is><t>a_x0000_b</t></is></c></row>`), "sheet.control"},
		{"bytes of no code", []byte("Family name,E-mail\n\xff\xff\xff,r@city.example\n"), "sheet.encoding"},
		{"a quote that never ends", []byte("Family name,E-mail\n\"Réti,r@city.example\n"), "sheet.quotes"},
		{"a cell of a novel", []byte("Family name,E-mail\n" + strings.Repeat("a", 4001) + ",r@city.example\n"), "sheet.cell_long"},
		{"macros", altered(t, plain, same, map[string]string{"xl/vbaProject.bin": "x"}), "sheet.macros"},
		{"a macro file without macros", altered(t, plain, func(_ string, part []byte) []byte {
			return bytes.ReplaceAll(part, []byte("spreadsheetml.sheet.main+xml"), []byte("ms-excel.sheet.macroEnabled.main+xml"))
		}, nil), "sheet.macros"},
		{"links to other files", altered(t, plain, same, map[string]string{"xl/externalLinks/externalLink1.xml": "<x/>"}), "sheet.external"},
		{"another office document", altered(t, plain, func(name string, part []byte) []byte {
			if strings.HasPrefix(name, "xl/") {
				return nil
			}
			return part
		}, map[string]string{"word/document.xml": "<x/>"}), "sheet.not"},
		{"a zip of nothing", []byte("PK\x03\x04 and so on"), "sheet.not"},
		{"no sheet", altered(t, plain, func(name string, part []byte) []byte {
			if name == "xl/worksheets/sheet1.xml" {
				return nil
			}
			return part
		}, nil), "sheet.damaged"},
		{"XML that breaks off", altered(t, plain, func(name string, part []byte) []byte {
			if name == "xl/worksheets/sheet1.xml" {
				return part[:len(part)/2]
			}
			return part
		}, nil), "sheet.damaged"},
		{"rows that go back", inSheet(`<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>`), "sheet.damaged"},
		{"a thousand merged sheets", inSheet(`<row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells>` + strings.Repeat(`<mergeCell ref="A1:XFD1048576"/>`, 20_001) + `</mergeCells><sheetData>`), "sheet.too_much"},
		{"a password", append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...."), "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"...), "sheet.encrypted"},
		{"Excel of before 2007", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1...."), "sheet.old"},
		{"a bomb that says so", altered(t, plain, same, map[string]string{"xl/media/image1.png": strings.Repeat("a", 65<<20)}), "sheet.bomb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, tt.file)
			f, ok := fault.Of(err)
			if !ok || f.Code != fault.Invalid || f.Key != tt.key {
				t.Errorf("answered %v, want %s", err, tt.key)
			}
		})
	}
}

func read(t testing.TB, file []byte) (sheet.List, error) {
	t.Helper()
	table, err := sheet.Read(t.Context(), file, sheet.Usual)
	if err != nil {
		return sheet.List{}, err
	}
	return table.Under(columns)
}

// A bomb that gives itself a small size is stopped where it has used up its bound.
func TestBombThatLies(t *testing.T) {
	plain := rowsOf(t, []any{"Family name", "E-mail"})
	bomb := altered(t, plain, func(name string, part []byte) []byte {
		if name == "xl/worksheets/sheet1.xml" {
			return []byte(`<worksheet><sheetData>` + strings.Repeat(" ", 70<<20))
		}
		return part
	}, nil)
	// The size stands in the directory at the end, and nobody has to believe it.
	for i := bytes.LastIndex(bomb, []byte("PK\x01\x02")); i >= 0; i = bytes.LastIndex(bomb[:i], []byte("PK\x01\x02")) {
		copy(bomb[i+24:i+28], []byte{1, 0, 0, 0})
	}
	before := time.Now()
	_, err := read(t, bomb)
	if f, ok := fault.Of(err); !ok || f.Key != "sheet.bomb" && f.Key != "sheet.damaged" {
		t.Errorf("answered %v", err)
	}
	if took := time.Since(before); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestReadsUntilItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sheet.Read(ctx, []byte(header+"A,a@city.example\n"), sheet.Usual)
	if f, ok := fault.Of(err); !ok || f.Key != "sheet.too_slow" {
		t.Errorf("answered %v", err)
	}
}

// The same list, however it was written.
func TestWaysToWriteAList(t *testing.T) {
	want := [][2]string{{"Réti", "r@city.example"}, {"Đerić", "d@city.example"}}
	text := "名单,\nE-mail,姓（拉丁字母）\nr@city.example,Réti\n\n,\nd@city.example,Đerić\n"
	// GB18030 holds every character, the letters of our guests too.
	for name, file := range map[string][]byte{
		"UTF-8":             []byte(text),
		"with a mark":       []byte("\uFEFF" + text),
		"semicolons":        []byte(strings.ReplaceAll(text, ",", ";")),
		"tabs":              []byte(strings.ReplaceAll(text, ",", "\t")),
		"Excel says which":  []byte("sep=;\n" + strings.ReplaceAll(text, ",", ";")),
		"Windows":           []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"an old Macintosh":  []byte(strings.ReplaceAll(text, "\n", "\r")),
		"GB18030":           encoded(t, text, simplifiedchinese.GB18030.NewEncoder()),
		"UTF-16":            encoded(t, strings.ReplaceAll(text, ",", "\t"), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"in quotes":         []byte("\"E-mail\",\"姓（拉丁字母）\nFamily name *\"\n\"r@city.example\",Réti\nd@city.example,\"Đerić\"\n"),
		"the break is lost": []byte("E-mail,Family name * 姓（拉丁字母）\nr@city.example,Réti\nd@city.example,Đerić\n"),
		"XLSX":              rowsOf(t, []any{"名单"}, []any{"E-mail", "Family name / 姓（拉丁字母）"}, []any{"r@city.example", "Réti"}, []any{}, []any{"d@city.example", "Đerić"}),
	} {
		list, err := read(t, file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got [][2]string
		for _, line := range list.Lines {
			pair := [2]string{}
			for i, h := range list.Heads {
				switch h.Code {
				case "family_name":
					pair[0] = line.Cells[i].Text
				case "email":
					pair[1] = line.Cells[i].Text
				}
			}
			got = append(got, pair)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Some libraries name the kind that macros would have in every file they write. Only
// what is there counts.
func TestMacrosThatAreNotThere(t *testing.T) {
	plain := rowsOf(t, []any{"Family name", "E-mail"}, []any{"Réti", "r@city.example"})
	named := func(entry string, add map[string]string) []byte {
		return altered(t, plain, func(name string, part []byte) []byte {
			if name == "[Content_Types].xml" {
				return bytes.Replace(part, []byte("</Types>"), []byte(entry+"</Types>"), 1)
			}
			return part
		}, add)
	}
	const kind = `ContentType="application/vnd.ms-office.vbaProject"/>`
	standard := `<Default Extension="bin" ` + kind
	for name, tt := range map[string]struct {
		file []byte
		key  string
	}{
		"a kind without a part":  {named(standard, nil), ""},
		"a part of that kind":    {named(standard, map[string]string{"xl/settings.BIN": "x"}), "sheet.macros"},
		"a part said to be some": {named(`<Override PartName="/xl/styles.xml" `+kind, nil), "sheet.macros"},
		"a part of another kind": {named(standard+`<Override PartName="/xl/printer.bin" ContentType="application/octet-stream"/>`, map[string]string{"xl/printer.bin": "x"}), ""},
	} {
		_, err := sheet.Read(t.Context(), tt.file, sheet.Usual)
		f, _ := fault.Of(err)
		if (err != nil) != (tt.key != "") || err != nil && f.Key != tt.key {
			t.Errorf("%s: %v, want %q", name, err, tt.key)
		}
	}
}

// What Excel keeps in a cell, and what is made of it.
func TestCells(t *testing.T) {
	day, chinese := "yyyy-mm-dd", `yyyy"年"m"月"d"日"`
	file := book(t, func(f *excelize.File) {
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		must(f.SetSheetRow("Sheet1", "A1", &[]any{"Family name", "E-mail", "Birth date", "Passport number", "Other"}))
		dates, err := f.NewStyle(&excelize.Style{CustomNumFmt: &day})
		must(err)
		zh, err := f.NewStyle(&excelize.Style{CustomNumFmt: &chinese})
		must(err)
		percent, err := f.NewStyle(&excelize.Style{NumFmt: 10})
		must(err)
		must(f.SetSheetRow("Sheet1", "A2", &[]any{"Réti", "'+36 30", 23688, 123456789, true}))
		must(f.SetCellStyle("Sheet1", "C2", "C2", dates))
		must(f.SetCellStyle("Sheet1", "D2", "D2", percent))
		must(f.SetSheetRow("Sheet1", "A3", &[]any{nil, "", 23688.5, 0.1, 60}))
		must(f.SetCellStyle("Sheet1", "C3", "C3", zh))
		must(f.SetCellStyle("Sheet1", "E3", "E3", dates))
		must(f.SetCellFormula("Sheet1", "A3", `=HYPERLINK("http://evil.example","x")`))
		must(f.SetCellRichText("Sheet1", "B3", []excelize.RichTextRun{{Text: "r@"}, {Text: "city.example", Font: &excelize.Font{Bold: true}}}))
		must(f.SetSheetRow("Sheet1", "A4", &[]any{"Halmosi", "h@city.example", 23688, "", "ＡＢ１２"}))
		must(f.SetSheetRow("Sheet1", "A5", &[]any{nil, "i@city.example", nil, nil, "#"}))
		must(f.MergeCell("Sheet1", "A4", "A5"))
		must(f.MergeCell("Sheet1", "C4", "D5"))
	})
	list, err := read(t, file)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]sheet.Cell{
		{
			{Text: "Réti", Kind: sheet.Text, Address: "A2"}, {Text: "+36 30", Kind: sheet.Text, Address: "B2"},
			{Text: "1964-11-07", Kind: sheet.Date, Address: "C2"}, {Text: "123456789", Kind: sheet.Number, Address: "D2"}, {Text: "TRUE", Kind: sheet.Logical, Address: "E2"},
		}, {
			{Kind: sheet.Formula, Address: "A3"}, {Text: "r@city.example", Kind: sheet.Text, Address: "B3"},
			{Text: "1964-11-07T12:00:00", Kind: sheet.Date, Address: "C3"}, {Text: "0.1", Kind: sheet.Number, Address: "D3"}, {Text: "60", Kind: sheet.Broken, Address: "E3"},
		}, {
			{Text: "Halmosi", Kind: sheet.Text, Address: "A4"}, {Text: "h@city.example", Kind: sheet.Text, Address: "B4"},
			{Text: "23688", Kind: sheet.Number, Date: "1964-11-07", Address: "C4"}, {Text: "23688", Kind: sheet.Number, Date: "1964-11-07", Address: "D4", Spread: true}, {Text: "ＡＢ１２", Kind: sheet.Text, Address: "E4"},
		}, {
			{Text: "Halmosi", Kind: sheet.Text, Address: "A5", Spread: true}, {Text: "i@city.example", Kind: sheet.Text, Address: "B5"},
			{Text: "23688", Kind: sheet.Number, Date: "1964-11-07", Address: "C5", Spread: true}, {Text: "23688", Kind: sheet.Number, Date: "1964-11-07", Address: "D5", Spread: true}, {Text: "#", Kind: sheet.Text, Address: "E5"},
		},
	}
	for i, line := range list.Lines {
		if !reflect.DeepEqual(line.Cells, want[i]) {
			t.Errorf("line %d:\n got %+v\nwant %+v", line.Number, line.Cells, want[i])
		}
	}
	if len(list.Lines) != len(want) || list.Heads[4].Code != "" || list.Heads[4].Title != "Other" {
		t.Errorf("%d lines, heads %+v", len(list.Lines), list.Heads)
	}
}

func TestDatesFrom1904(t *testing.T) {
	number := rowsOf(t, []any{"Family name", "E-mail", "Birth date"}, []any{"Réti", "r@city.example", 22226})
	file := altered(t, number, func(name string, part []byte) []byte {
		if name == "xl/workbook.xml" {
			if bytes.Contains(part, []byte("<workbookPr")) {
				return bytes.Replace(part, []byte("<workbookPr"), []byte(`<workbookPr date1904="1"`), 1)
			}
			return bytes.Replace(part, []byte("<sheets>"), []byte(`<workbookPr date1904="1"/><sheets>`), 1)
		}
		return part
	}, nil)
	list, err := read(t, file)
	if err != nil || list.Lines[0].Cells[2].Date != "1964-11-07" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A formula in a text file is told apart from a telephone number, and from the way
// in which zeros are kept.
func TestFormulasInText(t *testing.T) {
	list, err := read(t, []byte("Family name,E-mail,Passport number\n=1+1,+36301234567,\"=\"\"0012\"\"\"\n'=x,-1,@a\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]sheet.Cell{
		{{Text: "=1+1", Kind: sheet.Formula, Address: "A2"}, {Text: "+36301234567", Kind: sheet.Text, Address: "B2"}, {Text: "0012", Kind: sheet.Text, Address: "C2"}},
		{{Text: "=x", Kind: sheet.Text, Address: "A3"}, {Text: "-1", Kind: sheet.Text, Address: "B3"}, {Text: "@a", Kind: sheet.Text, Address: "C3"}},
	}
	for i, line := range list.Lines {
		if !reflect.DeepEqual(line.Cells, want[i]) {
			t.Errorf("line %d: %+v", line.Number, line.Cells)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{header + "A,a@b.example\n", "sep=;\na;b\n", "\"a\nb\",c\n", "\uFEFFa\tb\n", "=\"1\",'=2\n", "a\xff,b", "\xff\xfea\x00,\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		table, err := sheet.Read(t.Context(), file, sheet.Usual)
		if err != nil {
			if fault.CodeOf(err) != fault.Invalid {
				t.Errorf("a file is answered %v", err)
			}
			return
		}
		last := 0
		for _, row := range table.Rows {
			if row.Line <= last || len(row.Cells) == 0 || len(row.Cells) > sheet.Usual.Columns || row.Cells[len(row.Cells)-1].Kind == sheet.Empty {
				t.Fatalf("row %+v after line %d", row, last)
			}
			last = row.Line
		}
		if _, err := table.Under(columns); err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Errorf("its header is answered %v", err)
		}
	})
}

// The parts of an XLSX file that are read, whatever stands in them.
func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" s="1"><v>45000.5</v></c><c t="inlineStr"><is><r><t>a</t></r></is></c></row>`,
		`<si><t>Family name</t><rPh><t>x</t></rPh></si>`, `<mergeCell ref="A1:B2"/>`, "yyyy")
	plain := rowsOf(f, []any{"Family name", "E-mail"})
	f.Fuzz(func(t *testing.T, cells, shared, merges, format string) {
		file := altered(t, plain, func(name string, part []byte) []byte {
			switch name {
			case "xl/worksheets/sheet1.xml":
				return []byte(`<worksheet><sheetData>` + cells + `</sheetData>` + merges + `</worksheet>`)
			case "xl/sharedStrings.xml":
				return []byte(`<sst>` + shared + `</sst>`)
			case "xl/styles.xml":
				return []byte(`<styleSheet><numFmts><numFmt numFmtId="164" formatCode="` + format + `"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`)
			}
			return part
		}, nil)
		table, err := sheet.Read(t.Context(), file, sheet.Usual)
		if err == nil {
			_, err = table.Under(columns)
		}
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a file is answered %v", err)
		}
	})
}
