package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// contactPart is the form of a contact, in the console and on the firm's own page.
type contactPart struct {
	Form    Form
	Firm    firms.Firm
	Contact firms.Contact // as it stands; without ID: a new one
	Back    string        // the page that the form came from
}

// New tells whether a contact is added.
func (p contactPart) New() bool { return p.Contact.ID == ident.Nil }

type contactPage struct {
	Page
	contactPart
}

type ownContactPage struct {
	linkPage
	contactPart
}

// contactOf reads the contact that the address names, or none for a new one.
func (s *Server) contactOf(c *fiber.Ctx, by accounts.Actor, event, firm ident.ID) (firms.Contact, error) {
	none := firms.Contact{FirmID: firm}
	if c.Params("contact") == "" {
		return none, nil
	}
	id, err := pathID(c, "contact")
	if err != nil {
		return none, err
	}
	list, err := s.Firms.Contacts(c.UserContext(), by, event, firm)
	for _, x := range list {
		if x.ID == id {
			return x, nil
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return none, err
}

func formOfContact(x firms.Contact) Form {
	main := ""
	if x.Main {
		main = "yes"
	}
	return FormOf("name_zh", x.Name.ZH, "name_en", x.Name.EN, "post_zh", x.Post.ZH, "post_en", x.Post.EN, "email", x.Email, "phone", x.Phone, "main", main,
		"version", strconv.Itoa(x.Version))
}

// keepContact writes what the form says, and answers the form when it is refused.
func (s *Server) keepContact(c *fiber.Ctx, by accounts.Actor, event ident.ID, was firms.Contact) (form Form, refused bool, err error) {
	form = readForm(c)
	in := firms.Contact{
		ID: was.ID, FirmID: was.FirmID, Name: locale.Text{ZH: form.Raw("name_zh"), EN: form.Raw("name_en")}, Post: locale.Text{ZH: form.Raw("post_zh"), EN: form.Raw("post_en")},
		Email: form.Text("email"), Phone: form.Text("phone"), Main: form.Ticked("main"),
	}
	if was.ID != ident.Nil {
		in.Version = form.Whole("version", 1, 1<<30)
	}
	if err = form.Err(); err == nil {
		in, err = s.Firms.SaveContact(c.UserContext(), by, event, in)
	}
	if err != nil && form.Refused(err) {
		return form, true, nil
	}
	if err == nil {
		s.flash(c, "ok", "firms.contact_saved", in.Name)
	}
	return form, false, err
}

// In the console.

func (s *Server) contactPage(c *fiber.Ctx) (contactPage, error) {
	p := contactPage{Page: s.page(c)}
	var err error
	if p.Firm, err = s.firmOfPath(c); err != nil {
		return p, err
	}
	p.Back = firmURL(c, p.Firm.ID)
	p.Contact, err = s.contactOf(c, actor(c), event(c).ID, p.Firm.ID)
	p.Form = formOfContact(p.Contact)
	return p, err
}

func (s *Server) contact(c *fiber.Ctx) error {
	p, err := s.contactPage(c)
	if err != nil {
		return err
	}
	return s.render(c, "firms/contact", p)
}

func (s *Server) saveContact(c *fiber.Ctx) error {
	p, err := s.contactPage(c)
	if err != nil {
		return err
	}
	form, refused, err := s.keepContact(c, actor(c), event(c).ID, p.Contact)
	if err != nil {
		return err
	}
	if refused {
		p.Form = form
		return s.again(c, "firms/contact", p)
	}
	return s.done(c, p.Back+"#contacts")
}

func (s *Server) removeContact(c *fiber.Ctx) error {
	p, err := s.contactPage(c)
	if err != nil {
		return err
	}
	if err := s.Firms.RemoveContact(c.UserContext(), actor(c), event(c).ID, p.Firm.ID, p.Contact.ID); err != nil {
		return err
	}
	s.flash(c, "ok", "firms.contact_removed", p.Contact.Name)
	return s.done(c, p.Back+"#contacts")
}

// On the firm's own page: the link is the right to it.

func (s *Server) ownContactPage(c *fiber.Ctx) (p ownContactPage, l delegations.Link, err error) {
	if l, err = s.Delegations.FirmByLink(c.UserContext(), c.Params("token")); err != nil {
		return p, l, err
	}
	if p.linkPage, err = s.linkPage(c, "/firm/"+c.Params("token"), l); err != nil {
		return p, l, err
	}
	if p.Firm, err = s.Firms.InEvent(c.UserContext(), l.EventID, l.FirmID); err != nil {
		return p, l, err
	}
	p.Back = p.Own
	p.Contact, err = s.contactOf(c, l.Actor(), l.EventID, l.FirmID)
	p.Form = formOfContact(p.Contact)
	return p, l, err
}

func (s *Server) ownContact(c *fiber.Ctx) error {
	p, _, err := s.ownContactPage(c)
	if err != nil {
		return err
	}
	return s.render(c, "firms/own_contact", p)
}

func (s *Server) saveOwnContact(c *fiber.Ctx) error {
	p, l, err := s.ownContactPage(c)
	if err != nil {
		return err
	}
	form, refused, err := s.keepContact(c, l.Actor(), l.EventID, p.Contact)
	if err != nil {
		return err
	}
	if refused {
		p.Form = form
		return s.again(c, "firms/own_contact", p)
	}
	return s.done(c, p.Own+"#contacts")
}

func (s *Server) removeOwnContact(c *fiber.Ctx) error {
	p, l, err := s.ownContactPage(c)
	if err != nil {
		return err
	}
	if err := s.Firms.RemoveContact(c.UserContext(), l.Actor(), l.EventID, p.Firm.ID, p.Contact.ID); err != nil {
		return err
	}
	s.flash(c, "ok", "firms.contact_removed", p.Contact.Name)
	return s.done(c, p.Own+"#contacts")
}
