package web

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
)

// errorPage tells what happened, what was kept, and what to do next.
type errorPage struct {
	Page
	Status    int
	Kind      string // names the title and the next step: error.title.<kind>, error.next.<kind>
	What      string
	Kept      string
	Ways      []wayOut
	RequestID string
}

// wayOut is a link that leads on from a failure; the first is the best.
type wayOut struct {
	Key, URL string // Key is the catalogue's
}

// kind is what a failure is to whoever reads of it: finer than its code where
// another step helps.
func (f failure) kind(path string) string {
	switch f.status {
	case fiber.StatusBadRequest:
		return "request"
	case fiber.StatusMethodNotAllowed:
		return "method"
	case fiber.StatusRequestEntityTooLarge:
		return "too_large"
	case fiber.StatusNotFound:
		if under(path, "/me") || under(path, "/delegation") || under(path, "/firm") {
			return "link"
		}
	}
	if f.fault.Key == "error.csrf" {
		return "csrf"
	}
	return string(f.fault.Code)
}

func (s *Server) newErrorPage(c *fiber.Ctx, v *visit, f failure) errorPage {
	p := errorPage{
		Page: s.page(c), Status: f.status, Kind: f.kind(c.Path()), RequestID: v.id,
		What: s.sentence(v.lang, f.fault.Key, f.fault.Args), Kept: s.words.T(v.lang, "error.kept.read"),
	}
	if !safe(c.Method()) {
		p.Kept = s.words.T(v.lang, "error.kept.write")
	}
	p.Nav, p.LangForm = nil, ""
	p.Ways = append(s.nextSteps(c, f), s.wayHome(c, v))
	if len(p.Ways) == 2 && p.Ways[0].URL == p.Ways[1].URL {
		p.Ways = p.Ways[:1]
	}
	return p
}

// nextSteps is the one link that may mend the failure, if there is one.
func (s *Server) nextSteps(c *fiber.Ctx, f failure) []wayOut {
	page := c.OriginalURL()
	if !safe(c.Method()) {
		page = s.cameFrom(c)
	}
	switch f.kind(c.Path()) {
	case "sign_in":
		return []wayOut{{"error.sign_in.button", signInURL(localPath(page, "/"))}}
	case "method":
		if page = s.opens(c.Path()); page != "/" {
			return []wayOut{{"error.to.page", page}}
		}
		return nil
	case "forbidden", "not_found", "link":
		return nil
	}
	if !safe(c.Method()) {
		return []wayOut{{"error.to.form", page}}
	}
	if f.status >= fiber.StatusInternalServerError || f.fault.Code == fault.Throttled || f.fault.Code == fault.Conflict {
		return []wayOut{{"error.to.again", localPath(page, "/")}}
	}
	return nil
}

// cameFrom is the page whose form was sent, as far as the browser tells; else the
// nearest one above the form's address.
func (s *Server) cameFrom(c *fiber.Ctx) string {
	from, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err == nil && from.Host != "" && s.ours(from.Scheme+"://"+from.Host, c.Hostname()) && s.opens(from.Path) == from.Path {
		return localPath(from.RequestURI(), "/")
	}
	return s.opens(c.Path())
}

// wayHome is where the reader is at home: staff in the console they work in,
// guests at their event.
func (s *Server) wayHome(c *fiber.Ctx, v *visit) wayOut {
	if v.event == nil { // no route was found, so nobody looked for the event
		if parts := strings.Split(c.Path(), "/"); len(parts) > 2 && (parts[1] == "e" || parts[1] == "console") && s.Event != nil {
			if head, err := s.Event(c.UserContext(), parts[2]); err == nil {
				v.event = &head
			}
		}
	}
	known := v.event != nil && (!v.event.Hidden || v.actor.May(accounts.SeeConsole, v.event.ID))
	switch {
	case under(c.Path(), "/console") && v.actor.MayAnywhere(accounts.SeeConsole):
		if known && v.actor.May(accounts.SeeConsole, v.event.ID) {
			return wayOut{"error.to.console", "/console/" + v.event.Slug}
		}
		return wayOut{"error.to.console", "/console"}
	case known && strings.HasPrefix(c.Path(), "/e/"):
		return wayOut{"error.to.event", "/e/" + v.event.Slug}
	}
	return wayOut{"error.home", "/"}
}
