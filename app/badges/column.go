package badges

import (
	"strings"

	"qianshou/app/kit/pdf"
)

// setting is how a piece of text is set. Size is in points; leading is the height of
// a line in sizes.
type setting struct {
	size    float64
	bold    bool
	colour  pdf.Colour // zero: ink
	leading float64
	breaks  pdf.Breaks
}

func (t setting) style() pdf.Style {
	if t.colour == 0 {
		t.colour = ink
	}
	return pdf.Style{Size: t.size, Bold: t.bold, Colour: t.colour}
}

func (t setting) lineHeight() float64 {
	if t.leading == 0 {
		t.leading = 1.35
	}
	return millimetres(t.size) * t.leading
}

func millimetres(points float64) float64 { return points * 25.4 / 72 }

// column sets text from y downwards. Without a canvas it only measures.
type column struct {
	p     *printing
	c     *pdf.Canvas
	x, y  float64
	width float64
}

func (col *column) put(lines []string, t setting) {
	for _, line := range lines {
		if col.c != nil {
			middle := (t.lineHeight() - millimetres(t.size)) / 2
			col.c.Text(col.x, col.y+middle+0.83*millimetres(t.size), t.style(), line)
		}
		col.y += t.lineHeight()
	}
}

// line writes a text on as many lines as it needs.
func (col *column) line(s string, t setting) {
	lines, _ := col.p.face.Lines(s, t.style(), col.width, t.breaks)
	col.put(lines, t)
}

// row writes a label and, beside it, a text on as many lines as it needs.
func (col *column) row(label, s string, indent float64, t setting) {
	strong := t
	strong.bold = true
	left := column{p: col.p, c: col.c, x: col.x, y: col.y, width: indent - 2}
	left.line(label, strong)
	right := column{p: col.p, c: col.c, x: col.x + indent, y: col.y, width: col.width - indent}
	right.line(s, t)
	col.y = max(left.y, right.y)
}

func (col *column) height(s string, t setting) float64 {
	lines, _ := col.p.face.Lines(s, t.style(), col.width, t.breaks)
	return float64(len(lines)) * t.lineHeight()
}

// fit writes a text on at most so many lines, smaller where it must be.
func (col *column) fit(s string, t setting, most int) { col.put(col.shrink(s, &t, most), t) }

// fitted is the height that fit takes.
func (col *column) fitted(s string, t setting, most int) float64 {
	lines := col.shrink(s, &t, most)
	return float64(len(lines)) * t.lineHeight()
}

func (col *column) shrink(s string, t *setting, most int) []string {
	first := t.size
	for {
		lines, whole := col.p.face.Lines(s, t.style(), col.width, t.breaks)
		if len(lines) <= most && whole || len(lines) <= most && t.size < first/2 || t.size < 2 {
			return lines
		}
		t.size *= 0.96
	}
}

// name writes the parts of a name: on one line while that is large, else each
// part on its own, else wrapped.
func (col *column) name(parts []string, largest, smallest float64, t setting) {
	var said []string
	for _, s := range parts {
		if s != "" {
			said = append(said, s)
		}
	}
	t.breaks = pdf.Name
	whole := strings.Join(said, " ")
	for t.size = largest; t.size >= smallest; t.size -= largest / 48 {
		if col.p.face.Width(whole, t.style()) <= col.width {
			col.put([]string{whole}, t)
			return
		}
	}
	for t.size = largest; len(said) > 1 && t.size >= largest*0.54; t.size -= largest / 48 {
		if col.p.face.Width(said[0], t.style()) <= col.width && col.p.face.Width(said[1], t.style()) <= col.width {
			col.put(said, t)
			return
		}
	}
	for t.size = smallest; t.size >= largest*0.46; t.size -= largest / 48 {
		if lines, ok := col.p.face.Lines(whole, t.style(), col.width, t.breaks); ok && len(lines) <= 3 {
			col.put(lines, t)
			return
		}
	}
	lines, _ := col.p.face.Lines(whole, t.style(), col.width, t.breaks)
	col.put(lines, t)
}

// drawable is a text with a white square for what the face cannot draw, for the
// list of badges that were left out.
func (p *printing) drawable(s string) string {
	s = pdf.Printed(s)
	for _, r := range p.face.Missing(s) {
		s = strings.ReplaceAll(s, string(r), "□")
	}
	return s
}
