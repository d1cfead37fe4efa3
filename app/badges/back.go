package badges

import (
	"qianshou/app/kit/locale"
	"qianshou/app/kit/pdf"
)

// back draws what a holder or a finder needs: the event, the days on which the
// badge opens doors, the zones by name, whom to call.
func (p *printing) back(c *pdf.Canvas, f Face) {
	p.band(c, f, bandBack)
	on := onColour(pdf.ParseColour(f.Colour))
	head := column{p: p, c: c, x: margin, y: 2.6, width: textWidth}
	head.fit(p.Title.In(locale.ZH), setting{size: 13, bold: true, colour: on, leading: 1.3}, 1)
	facts := setting{size: 9, colour: on, leading: 1.35}
	head.fit(p.eventFacts(facts), facts, 1)

	end := p.finder(c, f)
	for scale := 1.0; ; scale *= 0.96 {
		trial := column{p: p, x: margin, y: bandBack + 4.5, width: textWidth}
		p.particulars(&trial, f, scale)
		if trial.y <= end || scale < 0.2 {
			trial = column{p: p, c: c, x: margin, y: bandBack + 4.5, width: textWidth}
			p.particulars(&trial, f, scale)
			return
		}
	}
}

// eventFacts is the English line of the back's band: title, place, dates. The
// place gives way where it would make the rest small.
func (p *printing) eventFacts(style setting) string {
	title, dates := p.Title.In(locale.EN), locale.DateRange(locale.EN, p.FirstDay, p.LastDay)
	if place := p.Place.In(locale.EN); place != "" {
		if all := title + " · " + place + " · " + dates; p.face.Width(all, style.style()) <= textWidth {
			return all
		}
	}
	return title + " · " + dates
}

// particulars writes days, zones and contacts.
func (p *printing) particulars(col *column, f Face, scale float64) {
	title := setting{size: 11 * scale, bold: true, leading: 1.4}
	row := setting{size: 9 * scale, leading: 1.4}
	if len(f.Days) > 0 {
		col.line(p.both("badge.days"), title)
		for _, d := range f.Days {
			col.row(locale.Day(locale.ZH, d)+" "+locale.Weekday(locale.ZH, d), locale.Weekday(locale.EN, d)+" "+locale.Day(locale.EN, d), 34*scale, row)
		}
		col.y += 3 * scale
	}
	if len(f.Zones) > 0 {
		col.line(p.both("badge.zones"), title)
		for _, z := range f.Zones {
			if z.Open {
				col.row(z.Code, p.pair(tidyText(z.Name)), 10*scale, row)
			}
		}
		col.y += 3 * scale
	}
	if f.Liaison.Empty() && p.Emergency == "" {
		return
	}
	if col.c != nil {
		col.c.Path().Rect(margin, col.y, textWidth, 0.3).Fill(ink)
	}
	col.y += 2.5 * scale
	col.line(p.both("badge.contacts"), title)
	for _, contact := range []struct{ key, value string }{{"badge.liaison", p.pair(f.Liaison)}, {"badge.emergency", p.Emergency}} {
		if contact.value != "" {
			col.row(p.both(contact.key), contact.value, 34*scale, row)
		}
	}
}

// pair is a bilingual text on one line, Chinese first.
func (p *printing) pair(t locale.Text) string {
	zh, en := t.In(locale.ZH), t.In(locale.EN)
	if zh == en {
		return zh
	}
	return zh + " " + en
}

// finder writes at the foot what to do with a found or lost badge, and answers
// where it begins.
func (p *printing) finder(c *pdf.Canvas, f Face) float64 {
	said := p.Finder
	if said.Empty() {
		said = locale.Text{ZH: p.Words(locale.ZH, "badge.finder"), EN: p.Words(locale.EN, "badge.finder")}
	}
	col := column{p: p, x: margin, y: 0, width: textWidth}
	style, small := setting{size: 8.5, leading: 1.4}, setting{size: 8, leading: 1.4, colour: inkPale}
	serial := f.Serial + " · " + locale.ISO(p.PrintedAt) + " " + locale.Clock(p.PrintedAt)
	write := func() {
		col.line(said.In(locale.ZH), style)
		if said.In(locale.EN) != said.In(locale.ZH) {
			col.line(said.In(locale.EN), style)
		}
		col.y += 1.5
		col.line(serial, small)
	}
	write()
	top := footEnd - col.y
	col.c, col.y = c, top
	c.Path().Rect(margin, top-3, textWidth, 0.3).Fill(ink)
	write()
	return top - 5
}
