package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"qianshou/app/kit/locale"
)

// Column is one column that a list may have.
type Column struct {
	Code     string
	Title    locale.Text
	Also     []string // other names that people give it
	Required bool     // the list cannot do without it
}

// Head is one column of a file.
type Head struct {
	Code  string // of the Column; empty: one that nobody asked for
	Title string // as the file has it, line breaks too
}

// Line is one row below the header.
type Line struct {
	Number int
	Cells  []Cell // as many as the file has Heads
}

// List is a table whose columns are known by name.
type List struct {
	Heads []Head
	Lines []Line
}

// Under finds the header in one of the first three rows, by the names of columns in
// either language and in any order, and answers what stands below it.
//
// Fault: Invalid, there is no header; a name stands twice; a required column is
// missing; nothing stands below; or too many rows do.
func (t Table) Under(columns []Column) (List, error) {
	names := map[string]string{}
	for _, c := range columns {
		// Both languages run together too: programs lose the line break between them.
		for _, name := range append([]string{c.Code, c.Title.ZH, c.Title.EN, c.Title.ZH + c.Title.EN, c.Title.EN + c.Title.ZH}, c.Also...) {
			names[folded(name)] = c.Code
		}
	}
	at, best := -1, 1 // one known word alone is a title, not a header
	for i, row := range t.Rows[:min(headerRows, len(t.Rows))] {
		known := map[string]bool{}
		for _, cell := range row.Cells {
			if code := codeOf(names, cell); code != "" {
				known[code] = true
			}
		}
		if len(known) > best {
			at, best = i, len(known)
		}
	}
	if at < 0 {
		return List{}, refuse("sheet.no_header", required(columns, nil))
	}
	heads, err := headsOf(t.Rows[at], names)
	if err != nil {
		return List{}, err
	}
	have := map[string]bool{}
	for _, h := range heads {
		have[h.Code] = true
	}
	if missing := required(columns, have); !missing.Empty() {
		return List{}, refuse("sheet.no_column", missing)
	}
	list := List{Heads: heads}
	for _, row := range t.Rows[at+1:] {
		line := Line{Number: row.Line, Cells: make([]Cell, len(heads))}
		for i := range heads {
			if i < len(row.Cells) {
				line.Cells[i] = row.Cells[i]
			} else {
				line.Cells[i].Address = Address(i, row.Line)
			}
		}
		list.Lines = append(list.Lines, line)
	}
	switch {
	case len(list.Lines) == 0:
		return List{}, refuse("sheet.only_header")
	case len(list.Lines) > t.most:
		return List{}, refuse("sheet.rows", t.most)
	}
	return list, nil
}

func headsOf(row Row, names map[string]string) ([]Head, error) {
	var heads []Head
	first := map[string]string{}
	for _, cell := range row.Cells {
		head := Head{Code: codeOf(names, cell), Title: lined(cell.Text)}
		if cell.Spread {
			head = Head{}
		}
		if before, twice := first[head.Code]; twice && head.Code != "" {
			return nil, refuse("sheet.header_twice", strings.Join(strings.Fields(head.Title), " "), before, cell.Address)
		}
		first[head.Code] = cell.Address
		heads = append(heads, head)
	}
	return heads, nil
}

// lined tidies the spaces of a text and leaves its lines apart.
func lined(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// codeOf finds the column that a cell names: the whole of it, or one of its parts
// when it says it in two languages.
func codeOf(names map[string]string, cell Cell) string {
	if cell.Kind != Text || cell.Spread {
		return ""
	}
	parts := strings.FieldsFunc(cell.Text, func(r rune) bool { return r == '\n' || r == '/' || r == '|' || r == '／' })
	for _, part := range append([]string{cell.Text}, parts...) {
		if code := names[folded(part)]; code != "" {
			return code
		}
	}
	return ""
}

// folded leaves of a name what people agree on: letters and digits.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(name))
}

// required names the required columns that are not there.
func required(columns []Column, have map[string]bool) (names locale.Text) {
	for _, c := range columns {
		if !c.Required || have[c.Code] {
			continue
		}
		if names.Empty() {
			names = c.Title
			continue
		}
		names.ZH += "、" + c.Title.ZH
		names.EN += ", " + c.Title.EN
	}
	return names
}
