package web

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/ident"
)

// auditPerPage is how many entries one page shows.
const auditPerPage = 50

type auditPage struct {
	Page
	Entries []auditRow
	Older   string // address of the entries before these; empty at the end
}

type auditRow struct {
	audit.Entry
	Change string // what moved, as JSON: the log's own words
}

func (s *Server) auditLog(c *fiber.Ctx) error {
	before, err := ident.Parse(c.Query("before"))
	if err != nil {
		before = ident.Nil
	}
	list, err := s.Audit.Recent(c.UserContext(), event(c).ID, before, actor(c).May(accounts.SeeAudit, ident.Nil), auditPerPage)
	if err != nil {
		return err
	}
	p := auditPage{Page: s.page(c)}
	for _, e := range list {
		row := auditRow{Entry: e}
		row.At = e.At.In(event(c).Zone)
		if e.After != nil {
			if raw, err := json.Marshal(e.After); err == nil {
				row.Change = string(raw)
			}
		}
		p.Entries = append(p.Entries, row)
	}
	if len(list) == auditPerPage {
		p.Older = c.Path() + "?before=" + list[len(list)-1].ID.String()
	}
	return s.render(c, "accounts/audit", p)
}
