package web

import (
	"encoding/base64"
	"html/template"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/badges"
	"qianshou/app/doors"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// latestReadings is how much of the log stands on the doors' own page.
const latestReadings = 15

type doorsPage struct {
	Page
	Gates    []doors.Gate
	Zones    []doors.ZoneCount
	Devices  []doors.Device
	Readings []doors.Reading
	Denied   int // in the log, of all days
	Conflict int
}

// doors is what the doors' lead looks at all day: who is inside, which gate is
// busy, which device is awake, what was refused.
func (s *Server) doorsHome(c *fiber.Ctx) error {
	ctx, by, e := c.UserContext(), actor(c), event(c).ID
	p := doorsPage{Page: s.page(c)}
	var err error
	if p.Gates, err = s.Doors.Gates(ctx, by, e); err != nil {
		return err
	}
	if p.Zones, err = s.Doors.Counts(ctx, by, e); err != nil {
		return err
	}
	if p.Devices, err = s.Doors.Devices(ctx, by, e); err != nil {
		return err
	}
	if p.Readings, p.Denied, p.Conflict, err = s.Doors.Latest(ctx, by, e, latestReadings); err != nil {
		return err
	}
	p.Readings = onClock(p.Readings, event(c))
	if c.Query("fragment") == "doors" {
		return s.render(c, "doors/_home", p)
	}
	return s.render(c, "doors/home", p)
}

func onClock(list []doors.Reading, e *EventHead) []doors.Reading {
	for i := range list {
		list[i].JudgedAt, list[i].ReceivedAt = list[i].JudgedAt.In(e.Zone), list[i].ReceivedAt.In(e.Zone)
	}
	return list
}

const readingsPerPage = 50

type doorLogPage struct {
	Page
	Readings []doors.Reading
	Gates    []doors.Gate
	Pager    Pager
	Total    int
	Kind     string
	Gate     string
	Search   string
}

func (s *Server) doorLog(c *fiber.Ctx) error {
	ctx, by, e, number := c.UserContext(), actor(c), event(c).ID, pageNumber(c)
	p := doorLogPage{Page: s.page(c), Kind: c.Query("kind", "all"), Gate: c.Query("gate"), Search: c.Query("q")}
	var err error
	if p.Gates, err = s.Doors.Gates(ctx, by, e); err != nil {
		return err
	}
	p.Readings, p.Total, err = s.Doors.Log(ctx, by, e, doors.LogFilter{
		Kind: p.Kind, Gate: p.Gate, Search: p.Search, Offset: (number - 1) * readingsPerPage, Limit: readingsPerPage,
	})
	if err != nil {
		return err
	}
	p.Readings, p.Pager = onClock(p.Readings, event(c)), pager(c, number, readingsPerPage, p.Total)
	return s.render(c, "doors/log", p)
}

type gatePage struct {
	Page
	Form     Form
	New      bool
	Gate     doors.Gate
	Zones    []Choice
	Sessions []Choice
}

func (s *Server) gatePage(c *fiber.Ctx, form Form, g doors.Gate) (gatePage, error) {
	ctx, l := c.UserContext(), lang(c)
	p := gatePage{Page: s.page(c), Form: form, New: g.ID == ident.Nil, Gate: g, Sessions: []Choice{{Text: s.words.T(l, "gate.no_session")}}}
	zones, err := s.Events.Zones(ctx, event(c).ID)
	if err != nil {
		return p, err
	}
	for _, z := range zones {
		p.Zones = append(p.Zones, Choice{Value: z.ID.String(), Text: z.Code + " · " + z.Name.In(l)})
	}
	sessions, err := s.Agenda.List(ctx, actor(c), event(c).ID)
	if err != nil {
		return p, err
	}
	for _, n := range sessions {
		if n.Access == "list" {
			p.Sessions = append(p.Sessions, Choice{Value: n.ID.String(), Text: n.Code + " · " + n.Title.In(l)})
		}
	}
	return p, nil
}

func (s *Server) newGate(c *fiber.Ctx) error {
	p, err := s.gatePage(c, FormOf("direction", string(doors.Both)), doors.Gate{})
	if err != nil {
		return err
	}
	return s.render(c, "doors/gate", p)
}

// gateOf finds a gate of the event in the address.
func (s *Server) gateOf(c *fiber.Ctx) (doors.Gate, error) {
	id, err := pathID(c, "gate")
	if err != nil {
		return doors.Gate{}, err
	}
	list, err := s.Doors.Gates(c.UserContext(), actor(c), event(c).ID)
	if err != nil {
		return doors.Gate{}, err
	}
	for _, g := range list {
		if g.ID == id {
			return g, nil
		}
	}
	return doors.Gate{}, fiber.ErrNotFound
}

func (s *Server) editGate(c *fiber.Ctx) error {
	g, err := s.gateOf(c)
	if err != nil {
		return err
	}
	session := ""
	if g.SessionID != ident.Nil {
		session = g.SessionID.String()
	}
	p, err := s.gatePage(c, FormOf("code", g.Code, "name_zh", g.Name.ZH, "name_en", g.Name.EN, "zone_id", g.ZoneID.String(), "session_id", session, "direction", string(g.Direction)), g)
	if err != nil {
		return err
	}
	return s.render(c, "doors/gate", p)
}

// saveGate adds a gate, or changes the one in the address, whose code stays.
func (s *Server) saveGate(c *fiber.Ctx) error {
	form, g := readForm(c), doors.Gate{}
	if c.Params("gate") != "" {
		var err error
		if g, err = s.gateOf(c); err != nil {
			return err
		}
	}
	in := doors.Gate{
		EventID: event(c).ID, Code: form.Text("code"), Name: locale.Text{ZH: form.Text("name_zh"), EN: form.Text("name_en")},
		ZoneID: form.ID("zone_id"), Direction: doors.Direction(form.Text("direction")),
	}
	if g.ID != ident.Nil {
		in.ID, in.Code = g.ID, g.Code
	}
	if form.Text("session_id") != "" {
		in.SessionID = form.ID("session_id")
	}
	_, err := s.Doors.SaveGate(c.UserContext(), actor(c), in)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.gatePage(c, form, g)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "doors/gate", p)
	}
	s.flash(c, "ok", "gate.saved", in.Code)
	return s.done(c, "/console/"+event(c).Slug+"/doors")
}

func (s *Server) openGate(c *fiber.Ctx) error {
	g, err := s.gateOf(c)
	if err != nil {
		return err
	}
	open := c.Params("state") == "open"
	if !open && c.Params("state") != "close" {
		return fiber.ErrNotFound
	}
	if _, err := s.Doors.SetOpen(c.UserContext(), actor(c), g.ID, open); err != nil {
		return err
	}
	s.flash(c, "ok", "gate.now."+c.Params("state"), g.Code)
	return s.done(c, "/console/"+event(c).Slug+"/doors")
}

type devicePage struct {
	Page
	Form   Form
	Device doors.Device
	Gates  []Choice
	Code   string       // just made; shown once
	QR     template.URL // of the door's address with the code
	DoorAt string
}

func (s *Server) devicePage(c *fiber.Ctx, form Form, d doors.Device) (devicePage, error) {
	p := devicePage{Page: s.page(c), Form: form, Device: d, DoorAt: s.PublicURL.JoinPath("door").String()}
	list, err := s.Doors.Gates(c.UserContext(), actor(c), event(c).ID)
	for _, g := range list {
		p.Gates = append(p.Gates, Choice{Value: g.ID.String(), Text: g.Code + " · " + g.Name.In(lang(c))})
	}
	return p, err
}

func (s *Server) newDevice(c *fiber.Ctx) error {
	p, err := s.devicePage(c, FormOf("duty", string(doors.Steward)), doors.Device{})
	if err != nil {
		return err
	}
	return s.render(c, "doors/device", p)
}

// createDevice leads to the device's page, where the code is asked for: it is
// shown once, and a page that is loaded anew must not make a second device.
func (s *Server) createDevice(c *fiber.Ctx) error {
	form := readForm(c)
	d, _, err := s.Doors.AddDevice(c.UserContext(), actor(c), form.ID("gate_id"), form.Text("name"), doors.Duty(form.Text("duty")))
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.devicePage(c, form, doors.Device{})
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "doors/device", p)
	}
	return s.done(c, "/console/"+event(c).Slug+"/doors/devices/"+d.ID.String())
}

func (s *Server) deviceOf(c *fiber.Ctx) (doors.Device, error) {
	id, err := pathID(c, "device")
	if err != nil {
		return doors.Device{}, err
	}
	d, err := s.Doors.Device(c.UserContext(), actor(c), id)
	if err == nil && d.EventID != event(c).ID {
		return d, fiber.ErrNotFound
	}
	return d, err
}

func (s *Server) showDevice(c *fiber.Ctx) error {
	d, err := s.deviceOf(c)
	if err != nil {
		return err
	}
	p, err := s.devicePage(c, Form{}, d)
	if err != nil {
		return err
	}
	if c.Query("fragment") == "device" {
		return s.render(c, "doors/_device", p)
	}
	return s.render(c, "doors/device", p)
}

// deviceCode makes a new pairing code and shows it. Loading the page again makes
// another, and the one before opens nothing.
func (s *Server) deviceCode(c *fiber.Ctx) error {
	d, err := s.deviceOf(c)
	if err != nil {
		return err
	}
	d, code, err := s.Doors.NewCode(c.UserContext(), actor(c), d.ID)
	if err != nil {
		return err
	}
	p, err := s.devicePage(c, Form{}, d)
	if err != nil {
		return err
	}
	p.Code = code[:5] + "-" + code[5:]
	svg, err := badges.QRSVG(p.DoorAt + "#" + code)
	if err != nil {
		return err
	}
	p.QR = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))) //nolint:gosec // drawn by us
	return s.render(c, "doors/device", p)
}

func (s *Server) revokeDevice(c *fiber.Ctx) error {
	d, err := s.deviceOf(c)
	if err != nil {
		return err
	}
	if _, err := s.Doors.RevokeDevice(c.UserContext(), actor(c), d.ID); err != nil {
		return err
	}
	s.flash(c, "ok", "device.now_revoked", d.Name)
	return s.done(c, "/console/"+event(c).Slug+"/doors")
}

type doorAppPage struct{ Page }

// doorApp is the page that stands at a gate. Who may read badges is decided by
// the secret that its device was given, not by who opens the page.
func (s *Server) doorApp(c *fiber.Ctx) error {
	return s.render(c, "doors/app", doorAppPage{s.page(c)})
}
