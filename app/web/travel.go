package web

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// legPage is the form of a journey.
type legPage struct {
	side
	Form    Form
	Leg     delegations.Leg // zero: a new one
	Members []delegations.Registration
	PicksUp bool // says who meets them
}

func (s *Server) legPage(c *fiber.Ctx, v side, typed *Form) (p legPage, err error) {
	ctx := c.UserContext()
	v.LangForm = "leg"
	p = legPage{side: v, PicksUp: v.mayFor(accounts.EditPickUp, accounts.EditDelegation, "")}
	if !v.mayFor(accounts.EditTravel, accounts.EditDelegation, "") {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	if c.Params("leg") != "" {
		id, err := pathID(c, "leg")
		if err != nil {
			return p, err
		}
		if p.Leg, err = s.Delegations.Leg(ctx, v.by, v.Delegation, id); err != nil {
			return p, err
		}
	}
	if p.Members, err = s.Delegations.Members(ctx, v.by, v.Delegation); err != nil {
		return p, err
	}
	kept := p.Members[:0]
	for _, r := range p.Members {
		if r.Travels() || slices.Contains(p.Leg.People, r.ID) {
			kept = append(kept, r)
		}
	}
	p.Members = kept
	if typed != nil {
		p.Form = *typed
		return p, nil
	}
	p.Form = FormOf("direction", "arrival", "kind", "flight")
	if l := p.Leg; l.ID != ident.Nil {
		p.Form = FormOf("direction", l.Direction, "kind", l.Kind, "number", l.Number, "from", l.From, "to", l.To, "planned_at", momentField(&l.PlannedAt, v.zone),
			"actual_at", momentField(l.ActualAt, v.zone), "note", l.Note, "pick_up", l.PickUp, "version", strconv.Itoa(l.Version))
		if l.Seats != nil {
			p.Form.values.Set("seats", strconv.Itoa(*l.Seats))
		}
		for _, id := range l.People {
			p.Form.values.Add("people", id.String())
		}
	}
	return p, nil
}

func (s *Server) legForm(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		p, err := s.legPage(c, v, nil)
		if err != nil {
			return err
		}
		return s.render(c, "delegations/leg"+v.views, p)
	}
}

// legOf reads a journey. What is wrong with it is noted in the form.
func legOf(form *Form, v side, l delegations.Leg) delegations.Leg {
	in := delegations.Leg{
		ID: l.ID, Direction: form.Text("direction"), Kind: form.Text("kind"), Number: form.Raw("number"), From: form.Raw("from"), To: form.Raw("to"),
		PlannedAt: form.Moment("planned_at", v.zone), Note: form.Raw("note"), PickUp: form.Raw("pick_up"),
	}
	if form.Text("actual_at") != "" {
		at := form.Moment("actual_at", v.zone)
		in.ActualAt = &at
	}
	if form.Text("seats") != "" {
		seats := form.Whole("seats", 1, 500)
		in.Seats = &seats
	}
	for _, one := range form.All("people") {
		if id, err := ident.Parse(one); err == nil {
			in.People = append(in.People, id)
		}
	}
	if l.ID != ident.Nil {
		in.Version = form.Whole("version", 1, 1<<30)
	}
	return in
}

func (s *Server) saveLeg(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		form := readForm(c)
		p, err := s.legPage(c, v, &form)
		if err != nil {
			return err
		}
		if form.Translates() {
			return s.render(c, "delegations/leg"+v.views, p)
		}
		in := legOf(&form, v, p.Leg)
		if err = form.Err(); err != nil {
			form.Refused(in.Check()) // all that is wrong is said at once
		} else {
			_, err = s.Delegations.SaveLeg(c.UserContext(), v.by, v.Delegation.ID, in)
		}
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			p.Form = form
			return s.again(c, "delegations/leg"+v.views, p)
		}
		s.flash(c, "ok", "travel.saved")
		return s.done(c, v.Base+"#travel")
	}
}

func (s *Server) removeLeg(of sideOf) fiber.Handler {
	return func(c *fiber.Ctx) error {
		v, err := of(c)
		if err != nil {
			return err
		}
		id, err := pathID(c, "leg")
		if err != nil {
			return err
		}
		if err := s.Delegations.RemoveLeg(c.UserContext(), v.by, v.Delegation.ID, id); err != nil {
			return err
		}
		s.flash(c, "ok", "travel.removed")
		return s.done(c, v.Base+"#travel")
	}
}

// carePage is the form by which an officer looks after what a member needs.
type carePage struct {
	side
	Form         Form
	Registration delegations.Registration
	MealPlans    []Choice
	Needs        []Choice
}

func (s *Server) carePage(c *fiber.Ctx, typed *Form) (p carePage, err error) {
	v, err := s.officerSide(c)
	if err != nil {
		return p, err
	}
	v.LangForm = "care"
	p.side = v
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	if p.Registration, err = s.Delegations.Member(c.UserContext(), v.by, v.Delegation, id); err != nil {
		return p, err
	}
	d, err := s.Delegations.DetailsOf(c.UserContext(), v.by, p.Registration)
	if err != nil {
		return p, err
	}
	details, err := s.detailsForm(c, p.Registration, d, typed)
	p.Form, p.MealPlans, p.Needs = details.Form, details.MealPlans, details.Needs
	return p, err
}

func (s *Server) careForm(c *fiber.Ctx) error {
	p, err := s.carePage(c, nil)
	if err != nil {
		return err
	}
	return s.render(c, "delegations/care", p)
}

// care writes what a member needs, and nothing else of them.
func (s *Server) care(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.carePage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "delegations/care", p)
	}
	version, all := editOf(form)
	edit := delegations.Edit{}
	for _, field := range delegations.NeedsFields {
		if value, sent := all[field]; sent {
			edit[field] = value
		}
	}
	done, err := s.Delegations.Edit(c.UserContext(), p.by, p.Registration.ID, version, edit)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Form = form
		return s.again(c, "delegations/care", p)
	}
	s.flashEdited(c, p.Registration, done)
	return s.done(c, p.Base+"#needs")
}

// ownStayPage is the form by which an officer says when the delegation comes and
// goes and where it sleeps.
type ownStayPage struct {
	side
	Form Form
}

func (s *Server) ownStayForm(c *fiber.Ctx) error {
	v, err := s.officerSide(c)
	if err != nil {
		return err
	}
	if !v.mayFor(accounts.EditStay, accounts.EditDelegation, "") {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	v.LangForm = "stay"
	d := v.Delegation
	form := FormOf("arrives_at", momentField(d.ArrivesAt, v.zone), "departs_at", momentField(d.DepartsAt, v.zone), "hotel_zh", d.Hotel.ZH, "hotel_en", d.Hotel.EN,
		"version", strconv.Itoa(d.Version))
	return s.render(c, "delegations/stay", ownStayPage{v, form})
}

func (s *Server) editOwnStay(c *fiber.Ctx) error {
	v, err := s.officerSide(c)
	if err != nil {
		return err
	}
	v.LangForm = "stay"
	form := readForm(c)
	if form.Translates() {
		return s.render(c, "delegations/stay", ownStayPage{v, form})
	}
	in := delegations.Stay{Hotel: locale.Text{ZH: form.Raw("hotel_zh"), EN: form.Raw("hotel_en")}}
	if form.Text("arrives_at") != "" {
		at := form.Moment("arrives_at", v.zone)
		in.ArrivesAt = &at
	}
	if form.Text("departs_at") != "" {
		at := form.Moment("departs_at", v.zone)
		in.DepartsAt = &at
	}
	version := form.Whole("version", 1, 1<<30)
	if err = form.Err(); err == nil {
		_, err = s.Delegations.EditStay(c.UserContext(), v.by, v.Delegation.ID, version, in)
	}
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		return s.again(c, "delegations/stay", ownStayPage{v, form})
	}
	s.flash(c, "ok", "delegations.stay_saved")
	return s.done(c, v.Base+"#stay")
}
