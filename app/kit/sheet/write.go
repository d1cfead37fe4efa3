package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// RowsMost is how many rows below the header a file is written with. Whoever sends it
// keeps it in memory until it is whole: nobody is left with half a list.
const RowsMost = 100_000

// Row by row: a list that is written as it is read.
type rows = iter.Seq2[[]string, error]

// WriteCSV writes a list as CSV that Excel opens by itself: UTF-8 with a mark in
// front. No cell begins a formula.
//
// Fault: Invalid, the list is longer than RowsMost.
func WriteCSV(w io.Writer, head []string, list rows) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(guardedAll(head)); err != nil {
		return err
	}
	n := 0
	for row, err := range list {
		if err != nil {
			return err
		}
		if n++; n > RowsMost {
			return refuse("sheet.export_rows", RowsMost)
		}
		if err := out.Write(guardedAll(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// oneBreak leaves one kind of line break, and nothing that ends a text early.
var oneBreak = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "")

func guardedAll(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = Guarded(oneBreak.Replace(cell))
	}
	return out
}

// WriteXLSX writes a list as one sheet with a header that stays in sight. Every
// cell is text, so that Excel keeps each digit and computes nothing.
//
// Fault: Invalid, the list is longer than RowsMost.
func WriteXLSX(w io.Writer, name string, head []string, list rows) error {
	f, sheet, err := newBook(name)
	if err != nil {
		return err
	}
	defer f.Close()
	looks, err := newLooks(f)
	if err != nil {
		return err
	}
	widths := make([]int, len(head))
	for i, title := range head {
		widths[i] = breadth(title)
	}
	if err := frame(f, sheet, widths); err != nil {
		return err
	}
	return pour(f, w, func(g *grid) error {
		if err := g.row(head, looks.head, nil); err != nil {
			return err
		}
		for row, err := range list {
			if err != nil {
				return err
			}
			if err := g.row(row, looks.text, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// Returned is a row that goes back to whoever sent it.
type Returned struct {
	Cells   []string
	Reasons map[int]string // by column, from 0
	Reason  string         // of the whole row, in one line
}

// Without leaves a column out, from 0; less than 0 leaves none out.
func (r Returned) Without(column int) Returned {
	if column < 0 || column >= len(r.Cells) {
		return r
	}
	out := Returned{Cells: slices.Delete(slices.Clone(r.Cells), column, column+1), Reasons: map[int]string{}, Reason: r.Reason}
	for at, why := range r.Reasons {
		if at > column {
			at--
		}
		out.Reasons[at] = why
	}
	return out
}

// commentsMost is how many comments a file is given: they are slow to open. The
// column of reasons says everything in any case.
const commentsMost = 5000

// WriteReturned writes rows that could not be taken, below the headers that their
// file had. What is wrong stands in a column of its own, and as a comment on the
// cell.
func WriteReturned(w io.Writer, name string, head []string, reason string, list []Returned) error {
	f, sheet, err := newBook(name)
	if err != nil {
		return err
	}
	defer f.Close()
	looks, err := newLooks(f)
	if err != nil {
		return err
	}
	widths := []int{48}
	for _, title := range head {
		widths = append(widths, breadth(title))
	}
	if err := frame(f, sheet, widths); err != nil {
		return err
	}
	if err := comments(f, sheet, list); err != nil {
		return err
	}
	return pour(f, w, func(g *grid) error {
		if err := g.row(append([]string{reason}, head...), looks.head, nil); err != nil {
			return err
		}
		for _, row := range list {
			wrong := map[int]int{0: looks.wrong}
			for column := range row.Reasons {
				wrong[column+1] = looks.wrong
			}
			if err := g.row(append([]string{row.Reason}, row.Cells...), looks.text, wrong); err != nil {
				return err
			}
		}
		return nil
	})
}

// comments puts what is wrong beside the cells of returned rows.
func comments(f *excelize.File, sheet string, list []Returned) error {
	n := 0
	for i, row := range list {
		for column := range len(row.Cells) {
			text, wrong := row.Reasons[column]
			if !wrong {
				continue
			}
			if n++; n > commentsMost {
				return nil
			}
			if err := comment(f, sheet, Address(column+1, i+2), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// newBook begins a file of one sheet, whose name is shortened to what Excel takes.
func newBook(name string) (*excelize.File, string, error) {
	f := excelize.NewFile()
	sheet := sheetName(name)
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, "", fmt.Errorf("name sheet: %w", err)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "Qianshou", LastModifiedBy: "Qianshou"}); err != nil {
		return nil, "", fmt.Errorf("name author: %w", err)
	}
	return f, sheet, nil
}

func sheetName(name string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' {
			return ' '
		}
		return r
	}, name), " '")
	if name == "" {
		return "List"
	}
	return string([]rune(name)[:min(31, utf8.RuneCountInString(name))])
}

// looks are the styles of a file.
type looks struct{ head, must, text, wrong int }

func newLooks(f *excelize.File) (l looks, err error) {
	line := []excelize.Border{{Type: "bottom", Color: "9AA3AD", Style: 1}}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "center"}
	for _, style := range []struct {
		to   *int
		look excelize.Style
	}{
		{&l.head, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: fill("EEF1F4"), Border: line, Alignment: wrap, NumFmt: asText}},
		{&l.must, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: fill("DCE6F2"), Border: line, Alignment: wrap, NumFmt: asText}},
		{&l.text, excelize.Style{NumFmt: asText}},
		{&l.wrong, excelize.Style{NumFmt: asText, Fill: fill("FDE9E4")}},
	} {
		if *style.to, err = f.NewStyle(&style.look); err != nil {
			return l, fmt.Errorf("write sheet: %w", err)
		}
	}
	return l, nil
}

// asText is Excel's number of the format that leaves what is typed as it is.
const asText = 49

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// breadth is how wide a column is made for a title.
func breadth(title string) int {
	wide := 0
	for _, line := range strings.Split(title, "\n") {
		n := 0
		for _, r := range line {
			if n++; r > 0x2E80 {
				n++
			}
		}
		wide = max(wide, n)
	}
	return min(40, max(12, wide+3))
}

// frame sets what stands around the rows: widths, and a header that stays.
func frame(f *excelize.File, sheet string, widths []int) error {
	for i, wide := range widths {
		if err := f.SetColWidth(sheet, letters(i), letters(i), float64(wide)); err != nil {
			return fmt.Errorf("write sheet: %w", err)
		}
	}
	if err := f.SetPanes(sheet, frozen()); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

func frozen() *excelize.Panes {
	return &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
}

func comment(f *excelize.File, sheet, at, text string) error {
	err := f.AddComment(sheet, excelize.Comment{Cell: at, Author: "Qianshou", Text: text, Width: 260, Height: 80})
	if err != nil {
		return fmt.Errorf("comment on %s: %w", at, err)
	}
	return nil
}

func finish(f *excelize.File, w io.Writer) error {
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return nil
}
