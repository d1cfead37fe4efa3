package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// The rows of a file are written by ourselves. The library lays out on the disk what
// it does not keep in memory, and nobody seals it there.

// gridPart is the part of a file in which its first sheet stands.
const gridPart = "xl/worksheets/sheet1.xml"

// textMost is how much text a cell has room for, in UTF-16 units as Excel counts.
const textMost = 32_767

// grid takes rows and writes them as a part of a file.
type grid struct {
	to   *bufio.Writer
	line int
}

// pour writes a book with the rows that fill gives into its first sheet. They go into
// w as they come, packed, and are kept nowhere else.
func pour(f *excelize.File, w io.Writer, fill func(g *grid) error) error {
	var empty bytes.Buffer
	if err := finish(f, &empty); err != nil {
		return err
	}
	parts, err := zip.NewReader(bytes.NewReader(empty.Bytes()), int64(empty.Len()))
	if err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	out := zip.NewWriter(w)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, part := range parts.File {
		if part.Name == gridPart {
			err = pourGrid(part, out, fill)
		} else if err = out.Copy(part); err != nil {
			err = fmt.Errorf("write spreadsheet: %w", err)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return nil
}

var noRows = regexp.MustCompile(`<sheetData\s*/>|<sheetData\s*>\s*</sheetData>`)

// pourGrid writes a sheet that has no rows with those that fill gives.
func pourGrid(part *zip.File, out *zip.Writer, fill func(g *grid) error) error {
	r, err := part.Open()
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	defer r.Close()
	frame, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	at := noRows.FindIndex(frame)
	if at == nil {
		return fmt.Errorf("write sheet: it has rows already")
	}
	w, err := out.Create(gridPart)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	g := &grid{to: bufio.NewWriterSize(w, 1<<16)}
	g.put(string(frame[:at[0]]), "<sheetData>")
	if err := fill(g); err != nil {
		return err
	}
	g.put("</sheetData>", string(frame[at[1]:]))
	if err := g.to.Flush(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

// put writes what is XML already. What could not be written is said by row and Flush.
func (g *grid) put(parts ...string) {
	for _, part := range parts {
		_, _ = g.to.WriteString(part)
	}
}

// row writes the next row: cells of text in a style, and some in others, by column.
//
// Fault: Invalid, there are more than RowsMost below the first.
func (g *grid) row(cells []string, style int, others map[int]int) error {
	if g.line++; g.line > RowsMost+1 {
		return refuse("sheet.export_rows", RowsMost)
	}
	line := strconv.Itoa(g.line)
	g.put(`<row r="`, line, `"`)
	if g.line == 1 {
		g.put(` ht="32" customHeight="1"`)
	}
	g.put(">")
	for i, text := range guardedAll(cells) {
		look := style
		if other, ok := others[i]; ok {
			look = other
		}
		g.put(`<c r="`, letters(i), line, `" s="`, strconv.Itoa(look), `" t="inlineStr"><is><t xml:space="preserve">`)
		_ = xml.EscapeText(g.to, []byte(escaped(clipped(text))))
		g.put("</t></is></c>")
	}
	if _, err := g.to.WriteString("</row>"); err != nil { // of whatever was put before, too
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

var coded = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// escaped keeps a spreadsheet from reading _x000D_ as a sign; unescaped undoes it.
func escaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '_' && i+7 <= len(text) && coded.MatchString(text[i:i+7]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// clipped is as much of a text as a cell has room for.
func clipped(text string) string {
	if len(text) <= textMost {
		return text
	}
	units := 0
	for i, r := range text {
		if units += max(1, utf16.RuneLen(r)); units > textMost {
			return text[:i]
		}
	}
	return text
}
