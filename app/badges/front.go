package badges

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"qianshou/app/kit/locale"
	"qianshou/app/kit/pdf"
)

// Millimetres of a badge's front, from its upper left corner.
const (
	margin    = 7.0
	textWidth = faceWidth - 2*margin
	bandFront = 26.0 // the band of the role, its pattern at the lower end
	bandBack  = 21.0
	strip     = 5.0 // the pattern
	footEnd   = faceHeight - 6
	codeSide  = 32.0 // the QR code without its quiet zone
	codeLeft  = faceWidth - margin - codeSide
	codeTop   = footEnd - codeSide
	zoneSide  = 6.4
	zoneStep  = 7.6 // from one zone to the next
	zoneClose = 6.9 // the same where they are many

	photoWidth  = 25.0
	photoHeight = 35.0
	photoGap    = 4.0
)

// Colours of print: ink and its lighter steps.
const (
	ink     pdf.Colour = 0x14212B
	inkSoft pdf.Colour = 0x44535E
	inkPale pdf.Colour = 0x5F6D72
	ruleInk pdf.Colour = 0x82919B
	zoneOff pdf.Colour = 0xB8C2C4
)

// front draws a badge's front: role, names, office, place, event, zones, code.
func (p *printing) front(c *pdf.Canvas, f Face) error {
	colour := pdf.ParseColour(f.Colour)
	p.band(c, f, bandFront)
	on := onColour(colour)
	codeStyle := pdf.Style{Size: 15, Bold: true, Colour: on}
	codeWidth := p.face.Width(f.Code, codeStyle)
	role := column{p: p, c: c, x: margin, y: 4.4, width: textWidth - codeWidth - 4}
	role.fit(f.Role.ZH, setting{size: 17, bold: true, colour: on, leading: 1.15}, 1)
	role.fit(f.Role.EN, setting{size: 10, colour: on, leading: 1.3}, 1)
	c.TextRight(faceWidth-margin, 10.6, codeStyle, f.Code)

	quiet, err := p.code(c, f.Token)
	if err != nil {
		return fmt.Errorf("badge %s: %w", f.Serial, err)
	}
	p.access(c, f, codeLeft-quiet-margin-1)
	bottom := p.eventLine(c, codeTop-quiet)
	width := textWidth
	if p.portrait(c, f, bandFront+4.5) {
		width -= photoWidth + photoGap
	}
	p.person(c, f, bandFront+4.5, bottom-2, width)
	return nil
}

// portrait draws the holder's portrait on the right, or the frame for one, and
// tells whether it did. One that cannot be read leaves the frame, so that a
// thousand others are printed; Write answers the error at its end.
func (p *printing) portrait(c *pdf.Canvas, f Face, top float64) bool {
	left := faceWidth - margin - photoWidth
	picture, there, err := p.pictureOf(f)
	switch {
	case there:
		c.Image(left, top, photoWidth, photoHeight, picture)
		return true
	case err != nil:
		p.failed = errors.Join(p.failed, fmt.Errorf("portrait on badge %s: %w", f.Serial, err))
	case !f.Framed:
		return false
	}
	c.Path().Rounded(left+0.1, top+0.1, photoWidth-0.2, photoHeight-0.2, 1).Stroke(ruleInk, 0.2)
	return true
}

func (p *printing) pictureOf(f Face) (picture pdf.Picture, there bool, err error) {
	if p.Portrait == nil {
		return picture, false, nil
	}
	content, err := p.Portrait(f.Holder)
	if err != nil || content == nil {
		return picture, false, err
	}
	picture, err = p.doc.Picture(content)
	return picture, err == nil, err
}

// code draws the QR code as one shape and answers how wide its quiet zone is.
func (p *printing) code(c *pdf.Canvas, token string) (quietZone float64, err error) {
	return drawCode(c, token, codeLeft, codeTop, codeSide)
}

func drawCode(c *pdf.Canvas, token string, left, top, side float64) (quietZone float64, err error) {
	dots, err := modules(token)
	if err != nil {
		return 0, err
	}
	dot := side / float64(len(dots))
	path := c.Path()
	for y, line := range dots {
		for x := 0; x < len(line); x++ {
			start := x
			for x < len(line) && line[x] {
				x++
			}
			if x > start {
				path.Rect(left+float64(start)*dot, top+float64(y)*dot, float64(x-start)*dot, dot)
			}
		}
	}
	path.Fill(pdf.Black)
	return quiet * dot, nil
}

// access draws the zones, open and struck, with the serial and the days below.
func (p *printing) access(c *pdf.Canvas, f Face, width float64) {
	foot := column{p: p, c: c, x: margin, y: 0, width: width}
	days := setting{size: 8, leading: 1.35, breaks: pdf.Running}
	height := foot.height(p.serialLine(f), days)
	foot.y = footEnd - height + 0.6
	foot.line(p.serialLine(f), days)

	perRow := int((width + zoneClose - zoneSide) / zoneClose)
	rows := (len(f.Zones) + perRow - 1) / perRow
	step := zoneStep
	if rows > 0 {
		perRow = (len(f.Zones) + rows - 1) / rows
		step = min(step, (width-zoneSide)/float64(max(1, perRow-1)))
	}
	top := footEnd - height - 2 - float64(rows)*zoneStep
	for i, z := range f.Zones {
		p.zone(c, margin+float64(i%perRow)*step, top+float64(i/perRow)*zoneStep, z)
	}
	if rows > 0 {
		label := column{p: p, c: c, x: margin, y: top - 5, width: width}
		label.fit(p.both("badge.zones"), setting{size: 8, leading: 1.35}, 1)
	}
}

func (p *printing) zone(c *pdf.Canvas, x, y float64, z ZoneMark) {
	frame, letter, size := ink, ink, 11.0
	if !z.Open {
		frame, letter = zoneOff, inkPale
	}
	if len(z.Code) > 1 {
		size = 13 / float64(len(z.Code))
	}
	c.Path().Rounded(x+0.2, y+0.2, zoneSide-0.4, zoneSide-0.4, 1).Stroke(frame, 0.4)
	middle := y + zoneSide/2
	style := pdf.Style{Size: size, Bold: z.Open, Colour: letter}
	c.Text(x+(zoneSide-p.face.Width(z.Code, style))/2, middle+0.36*millimetres(size), style, z.Code)
	if !z.Open {
		c.Path().Rect(x+1.2, middle-0.15, zoneSide-2.4, 0.3).Fill(letter)
	}
}

// serialLine names the badge and its days: B-00417 · 8–10 June 2027.
func (p *printing) serialLine(f Face) string {
	if len(f.Days) == 0 {
		return f.Serial
	}
	var spans []string
	for _, run := range runs(f.Days) {
		spans = append(spans, locale.DateRange(locale.EN, run[0], run[1]))
	}
	return f.Serial + " · " + strings.Join(spans, "; ")
}

// runs cuts days into stretches without a gap: first and last of each.
func runs(days []time.Time) (list [][2]time.Time) {
	for _, d := range days {
		if n := len(list); n > 0 && list[n-1][1].AddDate(0, 0, 1).Equal(d) {
			list[n-1][1] = d
		} else {
			list = append(list, [2]time.Time{d, d})
		}
	}
	return list
}

// eventLine names the event above bottom, and answers where its rule lies.
func (p *printing) eventLine(c *pdf.Canvas, bottom float64) float64 {
	style := setting{size: 8.5, leading: 1.35, colour: inkSoft}
	lines := column{p: p, c: c, x: margin, width: textWidth}
	height := 0.0
	titles := []string{p.Title.In(locale.ZH), p.Title.In(locale.EN)}
	if titles[0] == titles[1] {
		titles = titles[:1]
	}
	for _, s := range titles {
		height += lines.fitted(s, style, 2)
	}
	lines.y = bottom - height
	rule := lines.y - 2
	c.Path().Rect(margin, rule, textWidth, 0.2).Fill(ruleInk)
	for _, s := range titles {
		lines.fit(s, style, 2)
	}
	return rule
}

// person writes names, office and place between two heights. When they are too
// long everything shrinks together; nothing is cut.
func (p *printing) person(c *pdf.Canvas, f Face, top, bottom, width float64) {
	for scale := 1.0; ; scale *= 0.96 {
		trial := column{p: p, x: margin, y: top, width: width}
		p.personAt(&trial, f, scale)
		if trial.y <= bottom || scale < 0.2 {
			trial = column{p: p, c: c, x: margin, y: top, width: width}
			p.personAt(&trial, f, scale)
			return
		}
	}
}

func (p *printing) personAt(col *column, f Face, scale float64) {
	latin := []string{f.GivenName, f.capitals()}
	if f.chinese() {
		latin = []string{f.capitals(), f.GivenName}
		col.name([]string{f.NameZH}, 26*scale, 18*scale, setting{bold: true, leading: 1.25})
		col.y += 0.8 * scale
		col.name(latin, 15*scale, 11*scale, setting{bold: true, leading: 1.2})
	} else {
		col.name(latin, 24*scale, 19*scale, setting{bold: true, leading: 1.14})
		if f.NameZH != "" {
			col.y += 1.2 * scale
			col.name([]string{f.NameZH}, 17*scale, 12*scale, setting{bold: true, leading: 1.3})
		}
		if native := f.native(); native != "" {
			col.y += 0.4 * scale
			col.name([]string{native}, 13*scale, 10*scale, setting{leading: 1.25})
		}
	}
	plain := setting{size: 9.5 * scale, leading: 1.4}
	strong := plain
	strong.bold = true
	for _, pair := range []locale.Text{f.Title, f.Organisation, p.place(f)} {
		if pair.Empty() {
			continue
		}
		col.y += 2.6 * scale
		first, second := pair.EN, pair.ZH
		if f.chinese() {
			first, second = second, first
		}
		if first == "" {
			first, second = second, ""
		}
		col.line(first, strong)
		if second != first {
			col.line(second, plain)
		}
	}
}

// place is city and country or region, in the order of each language.
func (p *printing) place(f Face) (place locale.Text) {
	for l, into := range map[locale.Lang]*string{locale.ZH: &place.ZH, locale.EN: &place.EN} {
		switch city, country := f.City.In(l), f.Country.In(l); {
		case city == "":
			*into = country
		case country == "" || city == country:
			*into = city
		default:
			*into = p.Words(l, "badge.place", city, country)
		}
	}
	return place
}

// both is a sentence in Chinese and then in English, as labels on badges stand.
func (p *printing) both(key string) string {
	return p.Words(locale.ZH, key) + " " + p.Words(locale.EN, key)
}
