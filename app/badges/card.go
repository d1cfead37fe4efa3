package badges

import (
	"fmt"
	"io"

	"qianshou/app/kit/locale"
	"qianshou/app/kit/pdf"
)

// Millimetres of a card for the wallet.
const (
	cardWidth  = 86.0
	cardHeight = 54.0
	cardMargin = 5.0
	cardCode   = 38.0 // the QR code without its quiet zone
)

// WriteCard draws the first badge of the sheet as a card for the wallet: code, name,
// role and event. It is no badge to wear, but opens what the badge opens when a phone
// is dead.
func (s Sheet) WriteCard(w io.Writer) error {
	face, err := pdf.House()
	if err != nil {
		return fmt.Errorf("read printing face: %w", err)
	}
	f := s.Faces[0].tidy()
	p := printing{Sheet: s, face: face, doc: pdf.New(w, face, pdf.Info{Title: s.Words(locale.ZH, "badge.card") + " · " + s.Title.In(locale.ZH), Created: s.PrintedAt})}
	p.Title = tidyText(s.Title)
	c := &p.doc.Page(cardWidth, cardHeight).Canvas
	c.Path().Rect(0, 0, cardWidth, 4).Fill(pdf.ParseColour(f.Colour))
	left := cardWidth - cardMargin - cardCode
	quietZone, err := drawCode(c, f.Token, left, (cardHeight-cardCode)/2+1.5, cardCode)
	if err != nil {
		return fmt.Errorf("badge %s: %w", f.Serial, err)
	}
	text := column{p: &p, c: c, x: cardMargin, y: 8, width: left - quietZone - cardMargin}
	text.name([]string{f.GivenName, f.FamilyName}, 14, 9, setting{bold: true, leading: 1.15})
	if f.NameZH != "" {
		text.fit(f.NameZH, setting{size: 11, leading: 1.4, breaks: pdf.Name}, 2)
	}
	text.fit(f.Role.ZH, setting{size: 9, bold: true, leading: 1.4}, 1)
	text.fit(f.Role.EN, setting{size: 8, leading: 1.35}, 2)
	foot := column{p: &p, x: cardMargin, width: text.width}
	event, serial := setting{size: 7, colour: inkSoft, leading: 1.3}, setting{size: 8, bold: true, leading: 1.4}
	height := foot.fitted(p.Title.ZH, event, 2) + foot.fitted(p.Title.EN, event, 3) + foot.fitted(f.Serial, serial, 1)
	foot.c, foot.y = c, cardHeight-cardMargin-height
	foot.fit(p.Title.ZH, event, 2)
	foot.fit(p.Title.EN, event, 3)
	foot.fit(f.Serial, serial, 1)
	if err := p.doc.Close(); err != nil {
		return fmt.Errorf("write card: %w", err)
	}
	return nil
}
