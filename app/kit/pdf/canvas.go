package pdf

import (
	"bytes"
	"fmt"
	"strconv"
)

// Colour is a colour of the screen, 0xRRGGBB.
type Colour uint32

// Black and White are what every printer has.
const (
	Black Colour = 0x000000
	White Colour = 0xFFFFFF
)

// ParseColour reads #RRGGBB; anything else is black.
func ParseColour(s string) Colour {
	if len(s) != 7 || s[0] != '#' {
		return Black
	}
	n, err := strconv.ParseUint(s[1:], 16, 24)
	if err != nil {
		return Black
	}
	return Colour(n)
}

func (c Colour) operands() string {
	part := func(shift int) string { return number(float64(c>>shift&0xFF) / 255) }
	return part(16) + " " + part(8) + " " + part(0)
}

// Page is a sheet of paper.
type Page struct {
	Canvas
	width float64
}

// Canvas is where one draws: x to the right and y down from the upper left
// corner, both in millimetres.
type Canvas struct {
	doc    *Document
	ops    bytes.Buffer
	height float64
}

// Place draws on a rectangle of the canvas, with its own corner as origin, and
// lets nothing stand out of it.
func (c *Canvas) Place(x, y, width, height float64, draw func(*Canvas)) {
	inner := &Canvas{doc: c.doc, height: height}
	draw(inner)
	fmt.Fprintf(&c.ops, "q 1 0 0 1 %s %s cm 0 0 %s %s re W n\n", number(x*perMM), number((c.height-y-height)*perMM), number(width*perMM), number(height*perMM))
	c.ops.Write(inner.ops.Bytes())
	c.ops.WriteString("Q\n")
}

// Image draws a picture over a rectangle.
func (c *Canvas) Image(x, y, width, height float64, picture Picture) {
	fmt.Fprintf(&c.ops, "q %s 0 0 %s %s %s cm /%s Do Q\n",
		number(width*perMM), number(height*perMM), number(x*perMM), number((c.height-y-height)*perMM), picture.resource)
}

// Path is a shape to be filled at once, without seams between its pieces.
type Path struct {
	c   *Canvas
	ops bytes.Buffer
}

// Path begins a shape.
func (c *Canvas) Path() *Path { return &Path{c: c} }

func (p *Path) point(x, y float64) string {
	return number(x*perMM) + " " + number((p.c.height-y)*perMM)
}

// Rect adds a rectangle.
func (p *Path) Rect(x, y, width, height float64) *Path {
	fmt.Fprintf(&p.ops, "%s %s %s re\n", p.point(x, y+height), number(width*perMM), number(height*perMM))
	return p
}

// Polygon adds a shape with straight sides; points are x and y in turn.
func (p *Path) Polygon(points ...float64) *Path {
	op := "m"
	for i := 0; i+1 < len(points); i += 2 {
		fmt.Fprintf(&p.ops, "%s %s\n", p.point(points[i], points[i+1]), op)
		op = "l"
	}
	p.ops.WriteString("h\n")
	return p
}

// round is how far the handles of a curve stand off to make a quarter circle.
const round = 0.5523

// Rounded adds a rectangle with round corners; with half its side as radius it is
// a circle.
func (p *Path) Rounded(x, y, width, height, radius float64) *Path {
	r, k := radius, radius*(1-round)
	curve := func(points ...float64) {
		fmt.Fprintf(&p.ops, "%s %s %s c\n", p.point(points[0], points[1]), p.point(points[2], points[3]), p.point(points[4], points[5]))
	}
	line := func(x, y float64) { fmt.Fprintf(&p.ops, "%s l\n", p.point(x, y)) }
	right, bottom := x+width, y+height
	fmt.Fprintf(&p.ops, "%s m\n", p.point(x+r, y))
	line(right-r, y)
	curve(right-k, y, right, y+k, right, y+r)
	line(right, bottom-r)
	curve(right, bottom-k, right-k, bottom, right-r, bottom)
	line(x+r, bottom)
	curve(x+k, bottom, x, bottom-k, x, bottom-r)
	line(x, y+r)
	curve(x, y+k, x+k, y, x+r, y)
	p.ops.WriteString("h\n")
	return p
}

// Fill fills the shape.
func (p *Path) Fill(colour Colour) {
	fmt.Fprintf(&p.c.ops, "%s rg\n%sf\n", colour.operands(), p.ops.Bytes())
}

// Stroke draws the shape's outline; width is in millimetres.
func (p *Path) Stroke(colour Colour, width float64) {
	fmt.Fprintf(&p.c.ops, "%s RG %s w\n%sS\n", colour.operands(), number(width*perMM), p.ops.Bytes())
}

// Style is how text looks.
type Style struct {
	Size   float64 // in points
	Bold   bool
	Colour Colour
}

// weight is how far the strokes of a font without bold grow, in ems: its outlines
// are drawn as well as filled. Small Chinese characters would close up under as
// much as a name on a badge can bear.
func weight(size float64) float64 {
	const small, large = 0.028, 0.044
	return small + (large-small)*min(1, max(0, (size-9)/8))
}

// Text writes one line that begins at x with its baseline at y.
func (c *Canvas) Text(x, y float64, style Style, text string) {
	if text == "" {
		return
	}
	colour := style.Colour.operands()
	fmt.Fprintf(&c.ops, "BT %s rg %s RG %s w 1 j %s %s Td\n", colour, colour, number(style.Size*weight(style.Size)), number(x*perMM), number((c.height-y)*perMM))
	var last *Font
	for _, r := range text {
		f, faked := c.doc.face.font(r, style.Bold)
		use := c.doc.use(f)
		if f != last {
			if last != nil {
				c.ops.WriteString("> Tj\n")
			}
			mode := 0
			if faked {
				mode = 2
			}
			fmt.Fprintf(&c.ops, "/%s %s Tf %d Tr <", use.resource, number(style.Size), mode)
			last = f
		}
		fmt.Fprintf(&c.ops, "%04X", use.code(r))
	}
	c.ops.WriteString("> Tj ET\n")
}

// TextRight writes one line that ends at x.
func (c *Canvas) TextRight(x, y float64, style Style, text string) {
	c.Text(x-c.doc.face.Width(text, style), y, style, text)
}

// number writes a length to a thousandth of a point.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 3, 64)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	if s == "-0" {
		return "0"
	}
	return s
}
