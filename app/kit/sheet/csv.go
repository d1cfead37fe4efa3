package sheet

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// readCSV reads text with a separator: comma, semicolon or tab. It may be UTF-8,
// UTF-16 with a mark in front, or GB18030 as Excel writes it in China.
func readCSV(ctx context.Context, file []byte, limits Limits) (Table, error) {
	text, err := decode(file)
	if err != nil {
		return Table{}, err
	}
	return readText(ctx, text, 0, false, limits)
}

// Paste reads rows as they are copied out of a spreadsheet.
//
// Fault: as of Read.
func Paste(ctx context.Context, text string, limits Limits) (Table, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return Table{}, refuse("sheet.empty")
	case len(text) > limits.Bytes:
		return Table{}, refuse("sheet.too_large", limits.Bytes>>20)
	case !utf8.ValidString(text):
		return Table{}, refuse("sheet.encoding")
	}
	separator := rune(0)
	if strings.ContainsRune(text, '\t') {
		separator = '\t'
	}
	return readText(ctx, text, separator, true, limits)
}

// readText reads separated fields. loose takes a quotation mark inside a field as it
// stands, as programs leave it in what is copied out of them.
func readText(ctx context.Context, text string, separator rune, loose bool, limits Limits) (Table, error) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
		return Table{}, refuse("sheet.not") // a picture, a paper: no list holds such bytes
	}
	skipped := 0
	if first, rest, more := strings.Cut(text, "\n"); more && len(strings.Trim(first, `"`)) == len("sep=;") && strings.HasPrefix(strings.Trim(first, `"`), "sep=") {
		separator, text, skipped = rune(strings.Trim(first, `"`)[4]), rest, 1 // Excel's own line
	}
	if separator == 0 {
		separator = separatorOf(text)
	}
	if separator != ',' && separator != ';' && separator != '\t' {
		return Table{}, refuse("sheet.not")
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = separator, -1, loose
	g := gather(ctx, limits)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return g.table, nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return Table{}, refuse("sheet.quotes", broken.Line+skipped)
		}
		if err != nil {
			return Table{}, refuse("sheet.not")
		}
		line, _ := in.FieldPos(0)
		line += skipped
		if len(record) > limits.Columns && strings.Join(record[limits.Columns:], "") == "" {
			record = record[:limits.Columns]
		}
		cells := make([]Cell, len(record))
		for i, field := range record {
			cells[i] = csvCell(field, Address(i, line))
		}
		if err := g.add(line, cells); err != nil {
			return Table{}, err
		}
	}
}

// csvCell reads one field. ="0012" is how some programs keep Excel from eating the
// zeros; every other sign of equality begins a formula.
func csvCell(field, at string) Cell {
	trimmed := strings.TrimSpace(field)
	if !strings.HasPrefix(trimmed, "=") {
		return textCell(field, at)
	}
	if inner, ok := strings.CutPrefix(trimmed, `="`); ok && strings.IndexByte(inner, '"') == len(inner)-1 {
		return textCell(inner[:len(inner)-1], at)
	}
	return Cell{Text: trimmed, Kind: Formula, Address: at}
}

// separatorOf is the sign that stands most often between the fields of the first
// rows.
func separatorOf(text string) rune {
	counts, quoted, lines := map[rune]int{}, false, 0
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\n':
			lines++
		case r == ',' || r == ';' || r == '\t':
			counts[r]++
		}
		if lines == headerRows {
			break
		}
	}
	best := ','
	for _, r := range []rune{';', '\t'} {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// decode finds out how a text is written. What is not UTF-8 and has no mark is
// GB18030, if it can be: every other code of our guests would need to be named.
func decode(file []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(file, []byte("\xEF\xBB\xBF")):
		file = file[3:]
	case bytes.HasPrefix(file, []byte("\xFF\xFE")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case bytes.HasPrefix(file, []byte("\xFE\xFF")):
		from = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)
	case !utf8.Valid(file):
		from = simplifiedchinese.GB18030
	}
	if from != nil {
		decoded, err := from.NewDecoder().Bytes(file)
		if err != nil {
			return "", refuse("sheet.encoding")
		}
		file = decoded
	}
	if !utf8.Valid(file) || bytes.ContainsRune(file, utf8.RuneError) {
		return "", refuse("sheet.encoding")
	}
	return string(file), nil
}
