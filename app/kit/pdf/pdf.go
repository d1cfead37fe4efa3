// Package pdf writes papers: pages measured in millimetres, text in an embedded
// typeface for Latin, Greek, Cyrillic and Chinese, plain shapes, and photographs. A page leaves for
// the writer as soon as the next begins, so that a thousand badges need no more
// memory than one.
package pdf

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
)

// perMM is points in a millimetre.
const perMM = 72 / 25.4

// Info is what a document says of itself.
type Info struct {
	Title   string
	Created time.Time
	Duplex  bool // printers turn the sheet over its long edge
}

// Document is a PDF being written. An error of the writer is kept and answered by
// Close; what is drawn after it goes nowhere.
type Document struct {
	out     *bufio.Writer
	at      int64
	err     error
	offsets []int64 // by object number less one
	pages   []int
	page    *Page
	info    Info
	face    *Typeface
	uses    []*use
	zip     *zlib.Writer
	// pictures are objects, by the number in the name of the resource.
	pictures []int
}

// use is what a document uses of a font.
type use struct {
	font     *Font
	resource string
	codes    map[rune]uint16 // each character has a code of its own, so that text copies out exactly
	order    []rune          // by code less one
}

// The objects that each document has, written by Close.
const (
	catalogObject = iota + 1
	pagesObject
	resourcesObject
	infoObject
	firstFree
)

// New begins a document.
func New(w io.Writer, face *Typeface, info Info) *Document {
	d := &Document{out: bufio.NewWriter(w), info: info, face: face, zip: zlib.NewWriter(nil)}
	d.offsets = make([]int64, firstFree-1)
	d.write("%%PDF-1.7\n%%\xE2\xE3\xCF\xD3\n")
	return d
}

func (d *Document) write(format string, args ...any) {
	if d.err != nil {
		return
	}
	n, err := fmt.Fprintf(d.out, format, args...)
	d.at += int64(n)
	d.err = err
}

func (d *Document) begin(object int) {
	for len(d.offsets) < object {
		d.offsets = append(d.offsets, 0)
	}
	d.offsets[object-1] = d.at
	d.write("%d 0 obj\n", object)
}

func (d *Document) object(object int, format string, args ...any) {
	d.begin(object)
	d.write(format+"\nendobj\n", args...)
}

func (d *Document) stream(object int, dictionary string, content []byte) {
	var packed bytes.Buffer
	d.zip.Reset(&packed)
	_, _ = d.zip.Write(content) // into memory: never fails
	_ = d.zip.Close()
	d.begin(object)
	d.write("<</Filter/FlateDecode/Length %d%s>>stream\n", packed.Len(), dictionary)
	d.write("%s", packed.Bytes())
	d.write("\nendstream\nendobj\n")
}

// Page begins a page of a size in millimetres and ends the one before it.
func (d *Document) Page(width, height float64) *Page {
	d.endPage()
	d.page = &Page{Canvas: Canvas{doc: d, height: height}, width: width}
	return d.page
}

func (d *Document) endPage() {
	p := d.page
	if p == nil {
		return
	}
	content := len(d.offsets) + 1
	d.stream(content, "", p.ops.Bytes())
	box := fmt.Sprintf("[0 0 %s %s]", number(p.width*perMM), number(p.height*perMM))
	d.object(content+1, "<</Type/Page/Parent %d 0 R/MediaBox%s/TrimBox%s/Contents %d 0 R/Resources %d 0 R>>",
		pagesObject, box, box, content, resourcesObject)
	d.pages = append(d.pages, content+1)
	d.page = nil
}

// Close ends the last page and writes the fonts with the glyphs that were used.
// The writer is not closed. It answers the first error of the writer.
func (d *Document) Close() error {
	d.endPage()
	preferences := ""
	if d.info.Duplex {
		preferences = "/Duplex/DuplexFlipLongEdge"
	}
	d.object(catalogObject, "<</Type/Catalog/Pages %d 0 R/ViewerPreferences<</DisplayDocTitle true/PrintScaling/None%s>>>>", pagesObject, preferences)
	var kids bytes.Buffer
	for _, p := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", p)
	}
	d.object(pagesObject, "<</Type/Pages/Count %d/Kids[%s]>>", len(d.pages), kids.Bytes())
	var fonts bytes.Buffer
	for _, u := range d.uses {
		fmt.Fprintf(&fonts, "/%s %d 0 R", u.resource, d.embed(u))
	}
	var pictures bytes.Buffer
	for i, object := range d.pictures {
		fmt.Fprintf(&pictures, "/P%d %d 0 R", i, object)
	}
	d.object(resourcesObject, "<</Font<<%s>>/XObject<<%s>>>>", fonts.Bytes(), pictures.Bytes())
	d.object(infoObject, "<</Title%s/CreationDate(D:%s)/Producer(Qianshou)>>", textString(d.info.Title), d.info.Created.UTC().Format("20060102150405Z"))
	start := d.at
	d.write("xref\n0 %d\n0000000000 65535 f \n", len(d.offsets)+1)
	for _, offset := range d.offsets {
		d.write("%010d 00000 n \n", offset)
	}
	d.write("trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(d.offsets)+1, catalogObject, infoObject, start)
	if d.err == nil {
		d.err = d.out.Flush()
	}
	return d.err
}

// embed writes a font: outlines, widths, and which character each code is. It
// answers the font's object.
func (d *Document) embed(u *use) int {
	f, name := u.font, "QIANSH+"+u.font.name
	font := len(d.offsets) + 1
	descendant, descriptor, file, glyphMap, unicode := font+1, font+2, font+3, font+4, font+5
	glyphs, gids := make([]uint16, len(u.order)), make([]byte, 2, 2+2*len(u.order))
	var widths bytes.Buffer
	for i, r := range u.order {
		glyphs[i] = f.glyphs[r]
		gids = append(gids, byte(glyphs[i]>>8), byte(glyphs[i]))
		fmt.Fprintf(&widths, "%d ", f.thousandths(int(f.widths[glyphs[i]])))
	}
	d.object(font, "<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", name, descendant, unicode)
	d.object(descendant, "<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap %d 0 R/DW 1000/W[1[%s]]>>",
		name, descriptor, glyphMap, widths.Bytes())
	d.object(descriptor, "<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight 714/StemV 80/FontFile2 %d 0 R>>",
		name, f.thousandths(int(f.box[0])), f.thousandths(int(f.box[1])), f.thousandths(int(f.box[2])), f.thousandths(int(f.box[3])),
		f.thousandths(f.ascent), f.thousandths(f.descent), file)
	outlines := f.subset(glyphs)
	d.stream(file, fmt.Sprintf("/Length1 %d", len(outlines)), outlines)
	d.stream(glyphMap, "", gids)
	d.stream(unicode, "", u.unicodeMap())
	return font
}

// unicodeMap tells readers which character each code is, a hundred at a time as
// the format asks.
func (u *use) unicodeMap() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Q def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for i, r := range u.order {
		if i%100 == 0 {
			fmt.Fprintf(&b, "%d beginbfchar\n", min(100, len(u.order)-i))
		}
		fmt.Fprintf(&b, "<%04X> <%s>\n", i+1, utf16Hex(string(r)))
		if i%100 == 99 || i == len(u.order)-1 {
			b.WriteString("endbfchar\n")
		}
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// use answers what the document uses of a font so far.
func (d *Document) use(f *Font) *use {
	for _, u := range d.uses {
		if u.font == f {
			return u
		}
	}
	u := &use{font: f, resource: fmt.Sprintf("F%d", len(d.uses)), codes: map[rune]uint16{}}
	d.uses = append(d.uses, u)
	return u
}

// code answers the code of a character.
func (u *use) code(r rune) uint16 {
	c, known := u.codes[r]
	if !known {
		u.order = append(u.order, r)
		c = uint16(len(u.order))
		u.codes[r] = c
	}
	return c
}

func utf16Hex(s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

func textString(s string) string { return "<FEFF" + utf16Hex(s) + ">" }
