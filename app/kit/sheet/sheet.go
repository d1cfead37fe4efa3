// Package sheet reads and writes spreadsheets, XLSX and CSV, for lists that people
// keep in Excel. It trusts no file: what a file is, it tells by its content; how
// much of it is read, by its own bounds; and nothing in it is ever computed.
package sheet

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"qianshou/app/kit/fault"
)

// Kind is what a cell holds.
type Kind int

// The kinds of cells.
const (
	Empty   Kind = iota
	Text         // as typed
	Number       // Excel's own number: fifteen digits, no zeros in front
	Date         // Text is 2006-01-02, or 2006-01-02T15:04:05
	Logical      // TRUE or FALSE
	Formula      // Text is what it last came to, which nobody checked
	Broken       // an error value, or a date that there is not
)

// Cell is one cell of a file.
type Cell struct {
	Text    string
	Kind    Kind
	Date    string // what a Number would be as a date of this file: 2006-01-02; empty: none
	Address string // B7
	Spread  bool   // it lies in a merged area and repeats the value of its first cell
}

// Row is a row of a file in which something stands.
type Row struct {
	Line  int    // as the file counts, from 1
	Cells []Cell // from the first column on, without gaps
}

// Table is the first sheet of a file that can be seen.
type Table struct {
	Rows []Row
	most int // rows below the header
}

// Limits bound what is read of a file.
type Limits struct {
	Bytes    int   // of the file
	Unzipped int64 // bytes of what an XLSX file holds
	Rows     int   // below the header
	Columns  int
	Cell     int // characters of one cell
	Text     int // bytes of all cells together
}

// Usual are the limits of a list of people or firms.
var Usual = Limits{Bytes: 10 << 20, Unzipped: 64 << 20, Rows: 5000, Columns: 100, Cell: 4000, Text: 24 << 20}

// headerRows is in how many rows from the top the header is looked for.
const headerRows = 3

// Read reads a file until the context ends. Nothing is taken from its name.
//
// Fault: Invalid, with a sentence on what the file is, or where in it the trouble
// lies.
func Read(ctx context.Context, file []byte, limits Limits) (Table, error) {
	switch {
	case len(bytes.TrimSpace(file)) == 0:
		return Table{}, refuse("sheet.empty")
	case len(file) > limits.Bytes:
		return Table{}, refuse("sheet.too_large", limits.Bytes>>20)
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return readXLSX(ctx, file, limits)
	case bytes.HasPrefix(file, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		if bytes.Contains(file, wide("EncryptedPackage")) {
			return Table{}, refuse("sheet.encrypted")
		}
		return Table{}, refuse("sheet.old")
	}
	return readCSV(ctx, file, limits)
}

func refuse(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }

// wide writes ASCII as UTF-16, as the directories of old office files do.
func wide(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}

// gathering collects the rows of a file within its limits.
type gathering struct {
	ctx    context.Context
	limits Limits
	table  Table
	text   int
}

func gather(ctx context.Context, limits Limits) *gathering {
	return &gathering{ctx: ctx, limits: limits, table: Table{most: limits.Rows}}
}

// add takes a row in, unless nothing stands in it.
func (g *gathering) add(line int, cells []Cell) error {
	if err := g.ctx.Err(); err != nil {
		return refuse("sheet.too_slow")
	}
	last := 0
	for i, c := range cells {
		if c.Kind == Empty {
			continue
		}
		last = i + 1
		g.text += len(c.Text)
		if utf8.RuneCountInString(c.Text) > g.limits.Cell {
			return refuse("sheet.cell_long", c.Address, g.limits.Cell)
		}
		if strings.IndexByte(c.Text, 0) >= 0 {
			return refuse("sheet.control", c.Address)
		}
	}
	switch {
	case last == 0:
		return nil
	case last > g.limits.Columns:
		return refuse("sheet.columns", g.limits.Columns)
	case g.text > g.limits.Text:
		return refuse("sheet.too_much")
	case len(g.table.Rows) >= g.limits.Rows+headerRows:
		return refuse("sheet.rows", g.limits.Rows)
	}
	g.table.Rows = append(g.table.Rows, Row{Line: line, Cells: cells[:last]})
	return nil
}

// textCell is a cell that somebody typed text into.
func textCell(text, address string) Cell {
	text = unguarded(text)
	if strings.TrimSpace(text) == "" {
		return Cell{Address: address}
	}
	return Cell{Text: text, Kind: Text, Address: address}
}

// Address names a cell as Excel does: column from 0, line from 1.
func Address(column, line int) string { return letters(column) + strconv.Itoa(line) }

// letters names a column, from 0: A, B … Z, AA.
func letters(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// place reads a cell's name; ok is false when it is none.
func place(name string) (column, line int, ok bool) {
	i := 0
	for ; i < len(name) && name[i] >= 'A' && name[i] <= 'Z'; i++ {
		if column = column*26 + int(name[i]-'A') + 1; column > 1<<14 {
			return 0, 0, false
		}
	}
	line, err := strconv.Atoi(name[i:])
	return column - 1, line, i > 0 && err == nil && line >= 1 && line <= 1<<20
}
