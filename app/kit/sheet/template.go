package sheet

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"qianshou/app/kit/locale"
)

// Field is a column of a template.
type Field struct {
	Column
	Hint    locale.Text // what to write; shown as a comment on the header
	Choices []string    // of a drop-down; empty: anything
	Loose   bool        // other words than the choices may be typed too
	Must    bool        // every new row fills it in, also where a list can do without the column
	Date    bool
	Text    bool // numbers are taken as they are typed: passports, telephones
}

// Template is an empty list for others to fill in.
type Template struct {
	Name     string // of the sheet to fill in
	Examples string // of the sheet that shows how
	Fields   []Field
	Rows     [][]string // examples, by field
	Lang     locale.Lang
	Refusal  string // says that a choice is none of the list
}

// linesOf is how many rows of a template have drop-downs.
const linesOf = 5000

// WriteXLSX writes the template: a sheet with the header, formats and drop-downs, a
// sheet of examples that nobody reads in, and a hidden one with the choices.
func (t Template) WriteXLSX(w io.Writer) error {
	f, sheet, err := newBook(t.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	looks, err := newLooks(f)
	if err != nil {
		return err
	}
	if err := t.header(f, sheet, looks); err != nil {
		return err
	}
	if err := t.validate(f, sheet, looks); err != nil {
		return err
	}
	if err := t.examples(f, looks); err != nil {
		return err
	}
	return finish(f, w)
}

// Header is what a template's header says: both languages, the reader's first, and a
// star for what must be filled in.
func (f Field) Header(l locale.Lang) string {
	star := ""
	if f.Required || f.Must {
		star = " *"
	}
	return f.Title.In(l) + star + "\n" + f.Title.In(l.Other())
}

func (t Template) header(f *excelize.File, sheet string, looks looks) error {
	for i, field := range t.Fields {
		title, style := field.Header(t.Lang), looks.head
		if field.Required || field.Must {
			style = looks.must
		}
		at, column := Address(i, 1), letters(i)
		if err := f.SetCellStr(sheet, at, title); err != nil {
			return fmt.Errorf("write header: %w", err)
		}
		if err := f.SetCellStyle(sheet, at, at, style); err != nil {
			return fmt.Errorf("write header: %w", err)
		}
		if err := f.SetColWidth(sheet, column, column, float64(breadth(title))); err != nil {
			return fmt.Errorf("write header: %w", err)
		}
		if !field.Hint.Empty() {
			if err := comment(f, sheet, at, field.Hint.In(t.Lang)+"\n"+field.Hint.In(t.Lang.Other())); err != nil {
				return err
			}
		}
	}
	if err := f.SetRowHeight(sheet, 1, 34); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	if err := f.SetPanes(sheet, frozen()); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	return nil
}

// validate formats the cells below the header and gives them their choices.
func (t Template) validate(f *excelize.File, sheet string, looks looks) error {
	const lists = "Lists"
	day := "yyyy-mm-dd"
	dates, err := f.NewStyle(&excelize.Style{CustomNumFmt: &day})
	if err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	made := false
	for i, field := range t.Fields {
		from, to := Address(i, 2), Address(i, linesOf+1)
		switch {
		case field.Date:
			err = f.SetCellStyle(sheet, from, Address(i, 500), dates)
		case field.Text:
			err = f.SetCellStyle(sheet, from, Address(i, 500), looks.text)
		}
		if err != nil {
			return fmt.Errorf("write template: %w", err)
		}
		if len(field.Choices) == 0 {
			continue
		}
		if !made {
			if _, err := f.NewSheet(lists); err != nil {
				return fmt.Errorf("write template: %w", err)
			}
			if err := f.SetSheetVisible(lists, false); err != nil {
				return fmt.Errorf("write template: %w", err)
			}
			made = true
		}
		for n, choice := range field.Choices {
			if err := f.SetCellStr(lists, Address(i, n+1), Guarded(choice)); err != nil {
				return fmt.Errorf("write template: %w", err)
			}
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(from + ":" + to)
		rule.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", lists, letters(i), letters(i), len(field.Choices)))
		if !field.Loose {
			rule.SetError(excelize.DataValidationErrorStyleStop, field.Title.In(t.Lang), t.Refusal)
		}
		if err := f.AddDataValidation(sheet, rule); err != nil {
			return fmt.Errorf("write template: %w", err)
		}
	}
	return nil
}

// examples writes how a filled-in list looks, on a sheet that is not read in.
func (t Template) examples(f *excelize.File, looks looks) error {
	if len(t.Rows) == 0 {
		return nil
	}
	sheet := sheetName(t.Examples)
	if _, err := f.NewSheet(sheet); err != nil {
		return fmt.Errorf("write examples: %w", err)
	}
	if err := t.header(f, sheet, looks); err != nil {
		return err
	}
	for n, row := range t.Rows {
		for i, text := range row {
			if !t.Fields[i].Text { // what is typed as text is no formula anyway, and an example shows what to type
				text = Guarded(text)
			}
			at := Address(i, n+2)
			if err := f.SetCellStr(sheet, at, text); err != nil {
				return fmt.Errorf("write examples: %w", err)
			}
			if err := f.SetCellStyle(sheet, at, at, looks.text); err != nil {
				return fmt.Errorf("write examples: %w", err)
			}
		}
	}
	return nil
}
