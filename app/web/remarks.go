package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
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
