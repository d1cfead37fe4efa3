package web

import (
	"bytes"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/pdf"
)

// Millimetres of the paper on which people take their data home.
const (
	paperWidth, paperHeight = 210.0, 297.0
	paperMargin             = 20.0
	paperName               = 48.0 // the column of names
)

// paperLines sets text on page after page.
type paperLines struct {
	doc  *pdf.Document
	face *pdf.Typeface
	page *pdf.Page
	y    float64
}

// space makes room for so many millimetres, on a new page where they do not fit.
func (p *paperLines) space(height float64) {
	if p.page == nil || p.y+height > paperHeight-paperMargin {
		p.page, p.y = p.doc.Page(paperWidth, paperHeight), paperMargin
	}
}

// row sets a name and a value beside each other; without a name the value is as wide
// as the page.
func (p *paperLines) row(name, value string, style pdf.Style) {
	leading := style.Size * 25.4 / 72 * 1.5
	left := paperMargin
	var names []string
	if name != "" {
		names, _ = p.face.Lines(p.drawable(name), style, paperName-4, pdf.Running)
		left += paperName
	}
	values, _ := p.face.Lines(p.drawable(value), style, paperWidth-paperMargin-left, pdf.Running)
	for i := range max(len(names), len(values)) {
		p.space(leading)
		p.y += leading
		if i < len(names) {
			p.page.Text(paperMargin, p.y, style, names[i])
		}
		if i < len(values) {
			p.page.Text(left, p.y, style, values[i])
		}
	}
}

// drawable is a text with a white square for what the face cannot draw.
func (p *paperLines) drawable(s string) string {
	var out bytes.Buffer
	for _, r := range s {
		if len(p.face.Missing(string(r))) > 0 {
			r = '□'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// pdf draws the data on paper.
func (d heldData) pdf(title string) ([]byte, error) {
	face, err := pdf.House()
	if err != nil {
		return nil, fmt.Errorf("read printing face: %w", err)
	}
	var out bytes.Buffer
	p := paperLines{doc: pdf.New(&out, face, pdf.Info{Title: title, Created: d.At}), face: face}
	ink := pdf.ParseColour("#14212B")
	p.row("", title, pdf.Style{Size: 18, Bold: true, Colour: ink})
	p.row("", d.Event+" · "+d.Reference+" · "+d.moment(d.At), pdf.Style{Size: 10, Colour: ink})
	for _, section := range d.Sections {
		if len(section.Rows) == 0 {
			continue
		}
		p.space(20)
		p.y += 6
		p.row("", section.Title, pdf.Style{Size: 12, Bold: true, Colour: ink})
		p.y++
		for _, row := range section.Rows {
			p.row(row.Name, row.Value, pdf.Style{Size: 9, Colour: ink})
		}
	}
	if err := p.doc.Close(); err != nil {
		return nil, fmt.Errorf("write data: %w", err)
	}
	return out.Bytes(), nil
}

// myCard is a registrant's badge as a card for the wallet. The link is the right to
// it.
func (s *Server) myCard(c *fiber.Ctx) error {
	r, err := s.Delegations.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	sheet, err := s.Badges.HolderSheet(c.UserContext(), r.ID, s.words.T)
	if err != nil {
		return err
	}
	if len(sheet.Faces) == 0 { // the face of print lacks a letter of the name
		return fault.New(fault.NotFound, "error.not_found")
	}
	var out bytes.Buffer
	if err := sheet.WriteCard(&out); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s-card.pdf"`, sheet.Faces[0].Serial))
	return c.Send(out.Bytes())
}
