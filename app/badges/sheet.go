package badges

import (
	"fmt"
	"io"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/pdf"
)

// Layout is how badges lie on paper.
type Layout string

// The layouts. Each badge has a front and a back.
const (
	A6     Layout = "a6" // one badge a page, portrait
	FourUp Layout = "a4" // four on A4 with cut marks; backs on the next page, for turning over the long edge
)

// Layouts lists the layouts.
var Layouts = []Layout{A6, FourUp}

// Millimetres of a badge and of A4. Four-up, each badge has half a millimetre more
// white at its foot.
const (
	faceWidth  = 105.0
	faceHeight = 148.0
	a4Width    = 210.0
	a4Height   = 297.0
	rowHeight  = a4Height / 2
)

// Words answers a sentence of the catalogues; locale.Catalogue.T does.
type Words func(l locale.Lang, key string, args ...any) string

// Sheet is badges ready for paper.
type Sheet struct {
	Occasion
	Faces     []Face
	LeftOut   []LeftOut
	PrintedAt time.Time // in the event's zone
	Words     Words
	// Portrait answers the portrait of a registration as JPEG, or nil. A nil Portrait
	// has none of anybody.
	Portrait func(registration ident.ID) ([]byte, error)
}

// LeftOut is a badge that was asked for and cannot be printed.
type LeftOut struct {
	Serial string
	Name   string
	Why    locale.Text
}

// printing is one document on its way.
type printing struct {
	Sheet
	face   *pdf.Typeface
	doc    *pdf.Document
	failed error // portraits that could not be read
}

// Write draws the sheet as PDF. Memory does not grow with the number of badges.
// What was left out stands on a last page of its own.
func (s Sheet) Write(w io.Writer, layout Layout) error {
	face, err := pdf.House()
	if err != nil {
		return fmt.Errorf("read printing face: %w", err)
	}
	title := s.Words(locale.ZH, "badge.title") + " · " + s.Title.In(locale.ZH)
	p := printing{Sheet: s, face: face, doc: pdf.New(w, face, pdf.Info{Title: title, Created: s.PrintedAt, Duplex: true})}
	p.Title, p.Place = tidyText(s.Title), tidyText(s.Place)
	p.Finder, p.Emergency = tidyText(s.Finder), pdf.Printed(s.Emergency)
	if layout == FourUp {
		err = p.fours()
	} else {
		err = p.singles()
	}
	if err != nil {
		return err
	}
	if len(s.LeftOut) > 0 {
		p.leftOut(layout)
	}
	if err := p.doc.Close(); err != nil {
		return fmt.Errorf("write badges: %w", err)
	}
	return p.failed
}

func tidyText(t locale.Text) locale.Text {
	return locale.Text{ZH: pdf.Printed(t.ZH), EN: pdf.Printed(t.EN)}
}

func (p *printing) singles() error {
	for _, f := range p.Faces {
		f = f.tidy()
		if err := p.front(&p.doc.Page(faceWidth, faceHeight).Canvas, f); err != nil {
			return err
		}
		p.back(&p.doc.Page(faceWidth, faceHeight).Canvas, f)
	}
	return nil
}

// fours lays fronts out in reading order and backs mirrored, so that each back
// meets its front when the sheet is turned over its long edge.
func (p *printing) fours() error {
	for i := 0; i < len(p.Faces); i += 4 {
		four := p.Faces[i:min(i+4, len(p.Faces))]
		page := p.doc.Page(a4Width, a4Height)
		for n, f := range four {
			var err error
			page.Place(faceWidth*float64(n%2), rowHeight*float64(n/2), faceWidth, faceHeight, func(c *pdf.Canvas) {
				err = p.front(c, f.tidy())
			})
			if err != nil {
				return err
			}
		}
		cutMarks(&page.Canvas)
		page = p.doc.Page(a4Width, a4Height)
		for n, f := range four {
			page.Place(faceWidth*float64(1-n%2), rowHeight*float64(n/2), faceWidth, faceHeight, func(c *pdf.Canvas) {
				p.back(c, f.tidy())
			})
		}
		cutMarks(&page.Canvas)
	}
	return nil
}

// cutMarks draws where to cut: at the edges, where two cuts cross, and light
// beside dark so that they show on every band.
func cutMarks(c *pdf.Canvas) {
	const long, thin = 5.0, 0.2
	across, down := a4Width/2, rowHeight
	for _, half := range []struct {
		width  float64
		colour pdf.Colour
	}{{3 * thin, pdf.White}, {thin, pdf.Black}} {
		w := half.width / 2
		path := c.Path()
		for _, y := range []float64{0, down - long/2, a4Height - long} {
			path.Rect(across-w, y, 2*w, long)
		}
		for _, x := range []float64{0, across - long/2, a4Width - long} {
			path.Rect(x, down-w, long, 2*w)
		}
		path.Fill(half.colour)
	}
}

// leftOut lists on a page of its own what was not printed and why.
func (p *printing) leftOut(layout Layout) {
	width, height := faceWidth, faceHeight
	if layout == FourUp {
		width, height = a4Width, a4Height
	}
	page := p.doc.Page(width, height)
	column := column{p: p, c: &page.Canvas, x: margin, y: 10, width: width - 2*margin}
	for _, l := range locale.Langs {
		column.line(p.Words(l, "badge.left_out", len(p.LeftOut)), setting{size: 11, bold: true})
	}
	column.y += 3
	for i, b := range p.LeftOut {
		if column.y > height-25 {
			page = p.doc.Page(width, height)
			column.c, column.y = &page.Canvas, 10
		}
		column.line(fmt.Sprintf("%d · %s · %s", i+1, b.Serial, p.drawable(b.Name)), setting{size: 9.5, bold: true})
		for _, l := range locale.Langs {
			column.line(p.drawable(b.Why.In(l)), setting{size: 8.5})
		}
		column.y += 1.5
	}
}
