package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/kit/pdf"
)

// remarkLine is a remark in words.
type remarkLine struct {
	Field string
	Label string
	Text  string
}

// remarkLines puts remarks into words.
func (s *Server) remarkLines(c *fiber.Ctx, remarks []delegations.Remark) (lines []remarkLine) {
	l := lang(c)
	for _, m := range remarks {
		lines = append(lines, remarkLine{m.Field, s.words.T(l, "registration.field."+m.Field), s.words.T(l, m.Key, m.Args...)})
	}
	return lines
}

// doneEditing leads on after an edit: back to the form when it left something odd
// that was not odd before, so that the remark stands beside its field.
func (s *Server) doneEditing(c *fiber.Ctx, before, after []delegations.Remark, form, elsewhere string) error {
	for _, m := range after {
		if !slices.ContainsFunc(before, func(b delegations.Remark) bool { return b.Field == m.Field && b.Key == m.Key }) {
			return s.done(c, form+"#f-"+m.Field)
		}
	}
	return s.done(c, elsewhere)
}

// glyphLimit bounds how often one address may ask what can be printed: a form with
// many names is filled in by several people behind one address.
var glyphLimit = Limit{Times: 300, In: 10 * time.Minute, Name: "glyphs", Guests: true}

// mostGlyphs is longer than any field that a badge prints, in bytes.
const mostGlyphs = 2000

// glyphs says of a text that somebody is typing what of it no badge can print. It
// keeps nothing; forms without scripts hear it when they are sent.
func (s *Server) glyphs(c *fiber.Ctx) error {
	typed := c.FormValue("text")
	if len(typed) > mostGlyphs {
		typed = strings.ToValidUTF8(typed[:mostGlyphs], "")
	}
	face, err := pdf.House()
	if err != nil {
		return fmt.Errorf("read printing face: %w", err)
	}
	says := ""
	if missing := face.Unprintable(typed); missing != "" {
		says = s.words.T(lang(c), "remark.unprintable", missing)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"says": says})
}
