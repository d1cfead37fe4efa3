package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
)

// firmPersonPage is the form by which a firm registers one of its people.
type firmPersonPage struct {
	linkPage
	Firm       firms.Firm
	Edit       detailsForm
	Form       Form
	Categories []Choice // none: registration is closed
	Questions  []Asked
}

func (s *Server) firmPersonPage(c *fiber.Ctx, l delegations.Link, form Form) (p firmPersonPage, err error) {
	if p.linkPage, err = s.linkPage(c, "/firm/"+c.Params("token"), l); err != nil {
		return p, err
	}
	p.Form, p.LangForm = form, "details"
	if p.Firm, err = s.Firms.InEvent(c.UserContext(), l.EventID, l.FirmID); err != nil {
		return p, err
	}
	all, err := s.Events.Categories(c.UserContext(), l.EventID)
	if err != nil {
		return p, err
	}
	var open []events.Category
	for _, category := range all {
		if delegations.OfFirms(category) && category.OpenAt(s.Now()) {
			open = append(open, category)
			p.Categories = append(p.Categories, Choice{category.Code, category.Name.In(p.Lang)})
		}
	}
	if form.Text("category") == "" {
		p.Form.values.Set("category", firstChoice(p.Categories, "firm"))
	}
	if p.Edit, err = s.detailsForm(c, delegations.Registration{}, delegations.Details{}, &p.Form); err != nil {
		return p, err
	}
	p.Edit.OfFirm = p.Firm.Name
	p.Questions, err = s.drawQuestions(c, &p.Form, l.EventID, open)
	return p, err
}

func (s *Server) newFirmPerson(c *fiber.Ctx) error {
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	p, err := s.firmPersonPage(c, l, FormOf("version", "0", "lang", string(lang(c))))
	if err != nil {
		return err
	}
	return s.render(c, "firms/person", p)
}

// registerFirmPerson registers somebody for the firm whose link it is, and for no
// other.
func (s *Server) registerFirmPerson(c *fiber.Ctx) error {
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := readForm(c)
	asked, err := s.Forms.Asked(c.UserContext(), l.EventID)
	if err != nil {
		return err
	}
	answers, err := s.takeAnswers(c, &form, asked.Questions)
	if err != nil {
		return err
	}
	if form.Translates() {
		p, err := s.firmPersonPage(c, l, form)
		if err != nil {
			return err
		}
		return s.render(c, "firms/person", p)
	}
	if err = s.pairTitles(c, &form, delegations.Input{}); err != nil {
		return err
	}
	in := personOf(form, lang(c))
	in.Answers, in.FirmID, in.Source = answers, l.FirmID, "web"
	r, _, err := s.Delegations.Register(c.UserContext(), l.Actor(), l.EventID, in)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p, pageErr := s.firmPersonPage(c, l, form)
		if pageErr != nil {
			return pageErr
		}
		return s.again(c, "firms/person", p)
	}
	switch r.Status {
	case delegations.Waitlisted:
		s.flash(c, "fix", "firms.own.person_waits", r.Called(), r.Reference)
	case delegations.BadgeIssued:
		s.flash(c, "ok", "firms.own.person_approved", r.Called(), r.Reference)
	default:
		s.flash(c, "ok", "firms.own.person_added", r.Called(), r.Reference)
	}
	return s.done(c, "/firm/"+c.Params("token")+"#people")
}

// withdrawFirmPerson calls off one of the firm's people.
func (s *Server) withdrawFirmPerson(c *fiber.Ctx) error {
	id, err := pathID(c, "registration")
	if err != nil {
		return err
	}
	l, err := s.Delegations.FirmByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	r, err := s.Delegations.WithdrawOfFirm(c.UserContext(), l.Actor(), l.EventID, l.FirmID, id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "delegations.own.withdrawn", r.Called(), r.Reference)
	return s.done(c, "/firm/"+c.Params("token")+"#people")
}

// firmPersonEditPage is the form by which a firm corrects one of its people.
type firmPersonEditPage struct {
	linkPage
	Firm firms.Firm
	Edit detailsForm
}

func (s *Server) firmPersonEditPage(c *fiber.Ctx, typed *Form) (p firmPersonEditPage, err error) {
	ctx := c.UserContext()
	id, err := pathID(c, "registration")
	if err != nil {
		return p, err
	}
	l, err := s.Delegations.FirmByLink(ctx, c.Params("token"))
	if err != nil {
		return p, err
	}
	if p.linkPage, err = s.linkPage(c, "/firm/"+c.Params("token"), l); err != nil {
		return p, err
	}
	p.LangForm = "details"
	if p.Firm, err = s.Firms.InEvent(ctx, l.EventID, l.FirmID); err != nil {
		return p, err
	}
	r, err := s.Delegations.PersonOfFirm(ctx, l.Actor(), l.EventID, l.FirmID, id)
	if err != nil {
		return p, err
	}
	d, err := s.Delegations.DetailsOf(ctx, l.Actor(), r)
	if err != nil {
		return p, err
	}
	p.Edit, err = s.detailsForm(c, r, d, typed)
	p.Edit.OfFirm, p.Edit.Addresses = p.Firm.Name, false
	return p, err
}

func (s *Server) firmPersonDetails(c *fiber.Ctx) error {
	p, err := s.firmPersonEditPage(c, nil)
	if err != nil {
		return err
	}
	if !p.Edit.Registration.Editable() {
		return s.done(c, p.Own)
	}
	return s.render(c, "firms/person_edit", p)
}

func (s *Server) editFirmPerson(c *fiber.Ctx) error {
	form := readForm(c)
	p, err := s.firmPersonEditPage(c, &form)
	if err != nil {
		return err
	}
	if form.Translates() {
		return s.render(c, "firms/person_edit", p)
	}
	if err := s.pairTitles(c, &form, p.Edit.Details.Input); err != nil {
		return err
	}
	version, edit := editOf(form)
	done, err := s.Delegations.Edit(c.UserContext(), p.Link.Actor(), p.Edit.Registration.ID, version, edit)
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		p.Edit.Form = form
		return s.again(c, "firms/person_edit", p)
	}
	s.flashEdited(c, p.Edit.Registration, done)
	now, err := s.Delegations.DetailsOf(c.UserContext(), p.Link.Actor(), done.Registration)
	if err != nil {
		return err
	}
	return s.doneEditing(c, p.Edit.Details.Remarks, now.Remarks, p.Own+"/people/"+done.Registration.ID.String()+"/edit", p.Own+"#people")
}
