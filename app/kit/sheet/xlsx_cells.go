package sheet

import (
	"context"
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mergesMost is how many merged areas a sheet may have.
const mergesMost = 20_000

// merge is a merged area; its corners belong to it.
type merge struct{ left, top, right, bottom int }

// rowsOf collects the rows of a sheet as its elements come by.
type rowsOf struct {
	*book
	*gathering
	merges []merge
	cells  []Cell
	line   int
	open   bool
}

// readSheet goes through a sheet once.
func (b *book) readSheet(ctx context.Context, name string, limits Limits) (Table, error) {
	r := &rowsOf{book: b, gathering: gather(ctx, limits)}
	err := b.each(name, func(d *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "row":
			return r.row(e)
		case "c":
			return r.next(d, e)
		case "mergeCell":
			return r.merged(e)
		}
		return nil
	})
	if err == nil {
		err = r.close()
	}
	if err != nil {
		return Table{}, err
	}
	return r.gathering.table, unmerge(r.gathering.table.Rows, r.merges, limits)
}

func (r *rowsOf) row(e xml.StartElement) error {
	if err := r.close(); err != nil {
		return err
	}
	line, err := strconv.Atoi(attribute(e, "r"))
	if err != nil {
		line = r.line + 1
	}
	if line <= r.line {
		return errBroken
	}
	r.line, r.open = line, true
	return nil
}

// close takes in the row that is open.
func (r *rowsOf) close() error {
	if !r.open {
		return nil
	}
	cells := r.cells
	r.open, r.cells = false, nil
	return r.add(r.line, cells)
}

// next reads a cell of the open row. Cells may leave some out, but not go back.
func (r *rowsOf) next(d *xml.Decoder, e xml.StartElement) error {
	if !r.open {
		return errBroken
	}
	column, _, named := place(attribute(e, "r"))
	if !named {
		column = len(r.cells)
	}
	cell, err := r.cell(d, e, Address(column, r.line))
	if err != nil || cell.Kind == Empty {
		return err
	}
	switch {
	case column < len(r.cells):
		return errBroken
	case column >= r.limits.Columns:
		return refuse("sheet.columns", r.limits.Columns)
	}
	for len(r.cells) < column {
		r.cells = append(r.cells, Cell{Address: Address(len(r.cells), r.line)})
	}
	r.cells = append(r.cells, cell)
	return nil
}

func (r *rowsOf) merged(e xml.StartElement) error {
	if len(r.merges) == mergesMost {
		return refuse("sheet.too_much")
	}
	from, to, _ := strings.Cut(attribute(e, "ref"), ":")
	left, top, ok := place(from)
	right, bottom, ok2 := place(to)
	if ok && ok2 && left <= right && top <= bottom {
		r.merges = append(r.merges, merge{left, top, right, bottom})
	}
	return nil
}

// cell reads one cell to its end.
func (b *book) cell(d *xml.Decoder, e xml.StartElement, at string) (Cell, error) {
	kind, style := attribute(e, "t"), attribute(e, "s")
	formula, value := false, ""
	for {
		token, err := d.Token()
		if err != nil {
			return Cell{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "f":
				formula = true
				err = d.Skip()
			case "is":
				value, err = richText(d)
			case "v":
				err = d.DecodeElement(&value, &token)
			default:
				err = d.Skip()
			}
			if err != nil {
				return Cell{}, err
			}
		case xml.EndElement:
			cell := b.typed(kind, style, value, at)
			if formula {
				cell.Kind, cell.Date = Formula, ""
			}
			return cell, nil
		}
	}
}

func (b *book) typed(kind, style, value, at string) Cell {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && i >= 0 && i < len(b.shared) {
			return textCell(b.shared[i], at)
		}
		return Cell{Text: value, Kind: Broken, Address: at}
	case "inlineStr":
		return textCell(value, at)
	case "str": // what a formula came to
		return textCell(unescaped(value), at)
	case "b":
		return Cell{Text: map[bool]string{true: "TRUE", false: "FALSE"}[value == "1"], Kind: Logical, Address: at}
	case "e":
		return Cell{Text: value, Kind: Broken, Address: at}
	case "d":
		for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000"} {
			if day, err := time.Parse(layout, value); err == nil {
				return Cell{Text: written(day), Kind: Date, Address: at}
			}
		}
		return Cell{Text: value, Kind: Broken, Address: at}
	}
	if strings.TrimSpace(value) == "" {
		return Cell{Address: at}
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return Cell{Text: value, Kind: Broken, Address: at}
	}
	day, isDay := serial(number, b.from1904)
	if i, err := strconv.Atoi(style); err == nil && b.dates[i] {
		if !isDay {
			return Cell{Text: value, Kind: Broken, Address: at}
		}
		return Cell{Text: written(day), Kind: Date, Address: at}
	}
	cell := Cell{Text: strconv.FormatFloat(number, 'f', -1, 64), Kind: Number, Address: at}
	if isDay {
		cell.Date = written(day)
	}
	return cell
}

// written is a day, with its time when there is one.
func written(at time.Time) string {
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return at.Format(time.DateOnly)
	}
	return at.Format("2006-01-02T15:04:05")
}

// lastSerial is 9999-12-31, the last day that Excel knows.
const lastSerial = 2_958_465

// serial is the instant that a number stands for. Excel counts a 29 February 1900
// that never was, as day 60.
func serial(number float64, from1904 bool) (time.Time, bool) {
	if number < 1 || number > lastSerial {
		return time.Time{}, false
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	days := math.Floor(number)
	switch {
	case from1904:
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days == 60:
		return time.Time{}, false
	case days < 60:
		first = first.AddDate(0, 0, 1)
	}
	seconds := math.Round((number - days) * 86_400)
	return first.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second), true
}

// unmerge repeats the value of each merged area's first cell in the rest of it, as
// far as the list goes.
func unmerge(rows []Row, merges []merge, limits Limits) error {
	steps := 0
	for _, m := range merges {
		first, _ := slices.BinarySearchFunc(rows, m.top, func(r Row, line int) int { return r.Line - line })
		if first == len(rows) || rows[first].Line != m.top || m.left >= len(rows[first].Cells) {
			continue // nothing stands in it
		}
		value := rows[first].Cells[m.left]
		for i := first; i < len(rows) && rows[i].Line <= m.bottom; i++ {
			for column := m.left; column <= min(m.right, limits.Columns-1); column++ {
				if steps++; steps > limits.Rows*limits.Columns {
					return refuse("sheet.too_much")
				}
				for len(rows[i].Cells) <= column {
					rows[i].Cells = append(rows[i].Cells, Cell{Address: Address(len(rows[i].Cells), rows[i].Line)})
				}
				if cell := &rows[i].Cells[column]; cell.Kind == Empty {
					*cell = Cell{Text: value.Text, Kind: value.Kind, Date: value.Date, Address: cell.Address, Spread: true}
				}
			}
		}
	}
	return nil
}
