package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The reader of XLSX files is our own. A library that lays a sheet out in memory
// makes room for every cell up to the last one that the file names, and a file of a
// few kilobytes can name the last one of each row. Ours goes through the sheet once
// and stops at a bound.

// book is an XLSX file and how much of it may still be unzipped.
type book struct {
	files map[string]*zip.File
	left  int64

	shared   []string
	dates    map[int]bool // styles that show a number as a date
	from1904 bool
}

// errTooMuch ends the unzipping of a file that holds more than it may.
var errTooMuch = errors.New("unzips to more than allowed")

// partsMost is more than a list's file has.
const partsMost = 2000

func readXLSX(ctx context.Context, file []byte, limits Limits) (Table, error) {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(archive.File) > partsMost {
		return Table{}, refuse("sheet.not")
	}
	b := &book{files: map[string]*zip.File{}, left: limits.Unzipped}
	var total uint64
	for _, f := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		b.files[name] = f
		if total += f.UncompressedSize64; total > uint64(limits.Unzipped) || f.UncompressedSize64 > uint64(limits.Unzipped) {
			return Table{}, refuse("sheet.bomb", limits.Unzipped>>20)
		}
		switch {
		case strings.Contains(name, "vbaproject") || strings.HasPrefix(name, "xl/macrosheets/") || strings.HasPrefix(name, "xl/activex/"):
			return Table{}, refuse("sheet.macros")
		case strings.HasPrefix(name, "xl/externallinks/") || name == "xl/connections.xml":
			return Table{}, refuse("sheet.external")
		}
	}
	table, err := b.table(ctx, limits)
	var broken *xml.SyntaxError
	switch {
	case errors.Is(err, errTooMuch):
		err = refuse("sheet.bomb", limits.Unzipped>>20)
	case errors.As(err, &broken), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, errBroken):
		err = refuse("sheet.damaged")
	}
	return table, err
}

// errBroken is a file whose parts do not fit together.
var errBroken = errors.New("damaged")

func (b *book) table(ctx context.Context, limits Limits) (Table, error) {
	if b.files["xl/workbook.xml"] == nil {
		return Table{}, refuse("sheet.not") // a text document, or a spreadsheet of another kind
	}
	if err := b.refuseMacros(); err != nil {
		return Table{}, err
	}
	name, err := b.firstSheet()
	if err != nil {
		return Table{}, err
	}
	if err := b.readStyles(); err != nil {
		return Table{}, err
	}
	if err := b.readShared(ctx); err != nil {
		return Table{}, err
	}
	return b.readSheet(ctx, name, limits)
}

// each calls fn for every element of a part as it begins. A part that is absent has
// none. fn may read on in the decoder.
func (b *book) each(name string, fn func(d *xml.Decoder, e xml.StartElement) error) error {
	f := b.files[strings.ToLower(name)]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return errBroken
	}
	defer r.Close()
	d := xml.NewDecoder(&bounded{r, &b.left})
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := fn(d, e); err != nil {
				return err
			}
		}
	}
}

// bounded reads until the book's bound is used up, whatever size a part gave itself.
type bounded struct {
	r    io.Reader
	left *int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if *b.left -= int64(n); *b.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// refuseMacros looks at what the file says of its parts: a macro file keeps its kind
// when its macros are taken out by hand. A kind that no part is of says nothing; some
// libraries name it in every file.
func (b *book) refuseMacros() error {
	kinds, others := map[string]bool{}, map[string]bool{} // by extension; parts of which more is said
	err := b.each("[content_types].xml", func(_ *xml.Decoder, e xml.StartElement) error {
		kind := strings.ToLower(attribute(e, "ContentType"))
		macros := strings.Contains(kind, "macroenabled") || strings.Contains(kind, "vbaproject")
		switch part := strings.ToLower(strings.TrimPrefix(attribute(e, "PartName"), "/")); {
		case e.Name.Local == "Default" && macros:
			kinds["."+strings.ToLower(attribute(e, "Extension"))] = true
		case e.Name.Local == "Override" && macros && b.files[part] != nil:
			return refuse("sheet.macros")
		case e.Name.Local == "Override":
			others[part] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name := range b.files {
		if kinds[path.Ext(name)] && !others[name] {
			return refuse("sheet.macros")
		}
	}
	return nil
}

// firstSheet answers the part of the first sheet that can be seen.
func (b *book) firstSheet() (string, error) {
	link := ""
	err := b.each("xl/workbook.xml", func(_ *xml.Decoder, e xml.StartElement) error {
		switch {
		case e.Name.Local == "workbookPr":
			b.from1904 = slices.Contains([]string{"1", "true", "on"}, attribute(e, "date1904"))
		case e.Name.Local == "sheet" && link == "" && (attribute(e, "state") == "" || attribute(e, "state") == "visible"):
			for _, a := range e.Attr { // r:id, beside a plain sheetId
				if a.Name.Local == "id" {
					link = a.Value
				}
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	name := ""
	err = b.each("xl/_rels/workbook.xml.rels", func(_ *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local == "Relationship" && attribute(e, "Id") == link {
			name = attribute(e, "Target")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if absolute, ok := strings.CutPrefix(name, "/"); ok {
		name = absolute
	} else {
		name = path.Join("xl", name)
	}
	if link == "" || b.files[strings.ToLower(name)] == nil {
		return "", errBroken
	}
	return name, nil
}

// readStyles finds the styles that show a number as a date.
func (b *book) readStyles() error {
	b.dates = map[int]bool{}
	formats, inCells, style := map[int]bool{}, false, 0
	return b.each("xl/styles.xml", func(_ *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "numFmt":
			id, err := strconv.Atoi(attribute(e, "numFmtId"))
			formats[id] = err == nil && showsDate(attribute(e, "formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if inCells {
				id, err := strconv.Atoi(attribute(e, "numFmtId"))
				own, named := formats[id]
				b.dates[style] = err == nil && (named && own || !named && builtInDate(id))
				style++
			}
		}
		return nil
	})
}

// builtInDate tells whether one of Excel's own formats shows a day, those of its
// Chinese, Japanese and Korean editions too.
func builtInDate(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id >= 57 && id <= 58
}

// showsDate tells whether a format has a year or a day in it, outside of what it
// quotes.
func showsDate(format string) bool {
	quoted, bracket := false, false
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '"':
			quoted = !quoted
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case !quoted && !bracket && strings.IndexByte("yYdDeE", c) >= 0:
			return c != 'e' && c != 'E' || !strings.ContainsAny(format, "0#") // 0.00E+00 is no date
		}
	}
	return false
}

// readShared reads the texts that cells refer to by number.
func (b *book) readShared(ctx context.Context) error {
	return b.each("xl/sharedstrings.xml", func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		if ctx.Err() != nil {
			return refuse("sheet.too_slow")
		}
		text, err := richText(d)
		b.shared = append(b.shared, text)
		return err
	})
}

// richText reads the text of an element, whatever its looks; the readings that
// stand above Han are no part of it.
func richText(d *xml.Decoder) (string, error) {
	var text strings.Builder
	taking := 0
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rPh" {
				if err := d.Skip(); err != nil {
					return "", err
				}
				continue
			}
			depth++
			if token.Name.Local == "t" {
				taking++
			}
		case xml.EndElement:
			depth--
			if token.Name.Local == "t" {
				taking--
			}
		case xml.CharData:
			if taking > 0 {
				text.Write(token)
			}
		}
	}
	return unescaped(text.String()), nil
}

// unescaped turns _x000D_ back into the character that XML could not hold.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], "_x") && i+7 <= len(text) && text[i+6] == '_' {
			if code, err := strconv.ParseUint(text[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(code))
				i += 6
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
