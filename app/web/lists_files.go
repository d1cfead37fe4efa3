package web

import (
	"bytes"
	"io"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/lists"
)

const mimeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// sendSheet sends a spreadsheet that write makes, once it is whole: what fails in the
// middle is an error, and not half a list.
func sendSheet(c *fiber.Ctx, name string, csv bool, write func(w io.Writer) error) error {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return err
	}
	c.Attachment(name)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderContentType, mimeXLSX)
	if csv {
		c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	}
	c.Context().Response.SetBodyRaw(out.Bytes()) // Send would keep it twice
	return nil
}

func (s *Server) listTemplate(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := where(c)
		if err != nil {
			return err
		}
		return sendSheet(c, place.kind+"-template.xlsx", false, func(w io.Writer) error {
			return s.Lists.WriteTemplate(c.UserContext(), place.by, place.event, place.kind, place.delegation, lang(c), w)
		})
	}
}

// returnedList sends the lines that could not be taken.
func (s *Server) returnedList(where placeOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, i, err := s.listAt(c, where)
		if err != nil {
			return err
		}
		return sendSheet(c, place.kind+"-to-mend.xlsx", false, func(w io.Writer) error {
			return s.Lists.WriteReturned(c.UserContext(), place.by, i.ID, lang(c), w)
		})
	}
}

// exportMenu is what the partial "export" draws: the ways to take a list of
// registrations along.
type exportMenu struct {
	at        string     // of the export, without the kind of file
	with      url.Values // the filter
	Sensitive bool       // passports and birth dates may be asked for
}

// Link is the address of one file.
func (m exportMenu) Link(kind string, sensitive bool) string {
	q := url.Values{}
	for name, values := range m.with {
		q[name] = values
	}
	if sensitive {
		q.Set("sensitive", "yes")
	}
	if len(q) == 0 {
		return m.at + "." + kind
	}
	return m.at + "." + kind + "?" + q.Encode()
}

func (p Page) exports(with url.Values) exportMenu {
	return exportMenu{at: p.Console() + "/registrations/export", with: with, Sensitive: p.May(accounts.SeeSensitive)}
}

// Export takes along what the review desk's list shows, on all its pages.
func (p deskPage) Export() exportMenu {
	with := url.Values{"status": {p.Status}}
	for name, values := range p.Asked {
		if name != "after" && name != "status" {
			with[name] = values
		}
	}
	return p.exports(with)
}

// Export takes the delegation's members along.
func (p delegationPage) Export() exportMenu {
	return p.exports(url.Values{"status": {"all"}, "delegation": {p.Delegation.ID.String()}})
}

// exportRegistrations sends the registrations that the address filters, as the list
// of the review desk does.
func (s *Server) exportRegistrations(csv bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if which := c.Query("delegation"); which != "" {
			if _, err := ident.Parse(which); err != nil {
				return fault.New(fault.NotFound, "error.not_found")
			}
		}
		f := deskFilter(deskValues(string(c.Request().URI().QueryString())))
		if f.Status == "all" || c.Query("status") == "" {
			f.Status = ""
		}
		x := lists.Export{EventID: event(c).ID, Zone: event(c).Zone, Filter: f, Sensitive: c.Query("sensitive") != "", CSV: csv, Lang: lang(c)}
		return s.sendExport(c, actor(c), x, event(c).Slug+"-registrations")
	}
}

// exportOwn sends the members of the delegation that a link opens.
func (s *Server) exportOwn(csv bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		place, err := s.ownList(c)
		if err != nil {
			return err
		}
		x := lists.Export{EventID: place.event, Zone: place.page.Event.Zone, Filter: delegations.Filter{DelegationID: place.delegation}, CSV: csv, Lang: lang(c)}
		return s.sendExport(c, place.by, x, place.page.Event.Slug+"-members")
	}
}

func (s *Server) sendExport(c *fiber.Ctx, by accounts.Actor, x lists.Export, name string) error {
	kind := ".xlsx"
	if x.CSV {
		kind = ".csv"
	}
	return sendSheet(c, name+kind, x.CSV, func(w io.Writer) error { return s.Lists.Write(c.UserContext(), by, x, w) })
}
