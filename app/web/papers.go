package web

import (
	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

type papersPage struct {
	photoPart
	Registration delegations.Registration
	Identity     *delegations.Identity // only in answer to who asked for it
	Looks        []delegations.Look
	Reveals      bool // whoever reads the page may
}

// registrationHere finds the registration of the address, of the event of the
// address.
func (s *Server) registrationHere(c *fiber.Ctx) (delegations.Registration, error) {
	id, err := pathID(c, "registration")
	if err != nil {
		return delegations.Registration{}, err
	}
	r, err := s.Delegations.Registration(c.UserContext(), actor(c), id)
	if err == nil && r.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	return r, err
}

func (s *Server) papersPage(c *fiber.Ctx, r delegations.Registration, photo, scan Form) (papersPage, error) {
	ctx, by := c.UserContext(), actor(c)
	p := papersPage{photoPart: photoPart{Page: s.page(c), Form: photo, Scanned: scan}, Registration: r}
	p.Base = p.Console() + "/registrations/" + r.ID.String() + "/papers"
	p.Edits = by.May(accounts.EditRegistration, r.EventID) && !r.Gone()
	p.Reveals = by.May(accounts.SeeSensitive, r.EventID)
	if err := s.papersOf(c, by, r, &p.photoPart); err != nil {
		return p, err
	}
	if p.Photo != nil {
		p.Picture = p.Console() + "/files/" + p.Photo.ID.String()
	}
	var err error
	p.Looks, err = s.Delegations.Looks(ctx, by, r)
	for i := range p.Looks {
		p.Looks[i].At = p.At(p.Looks[i].At)
	}
	return p, err
}

// papers shows a registration's portrait, its identity papers, and who looked.
func (s *Server) papers(c *fiber.Ctx) error {
	r, err := s.registrationHere(c)
	if err != nil {
		return err
	}
	p, err := s.papersPage(c, r, Form{}, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "files/papers", p)
}

// revealIdentity answers passport and birth date on the page itself: they must
// not stand in an address or a cookie, so nothing is redirected.
func (s *Server) revealIdentity(c *fiber.Ctx) error {
	r, err := s.registrationHere(c)
	if err != nil {
		return err
	}
	identity, err := s.Delegations.Reveal(c.UserContext(), actor(c), r.ID)
	if err != nil {
		return err
	}
	p, err := s.papersPage(c, r, Form{}, Form{})
	if err != nil {
		return err
	}
	p.Identity = &identity
	return s.render(c, "files/papers", p)
}

// addPaper takes a portrait or a scan from the office.
func (s *Server) addPaper(purpose files.Purpose) fiber.Handler {
	return func(c *fiber.Ctx) error {
		r, err := s.registrationHere(c)
		if err != nil {
			return err
		}
		form, f, err := s.takeFile(c, actor(c), r.ID, purpose)
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			photo, scan := form, Form{}
			if purpose == files.PassportScan {
				photo, scan = Form{}, form
			}
			p, pageErr := s.papersPage(c, r, photo, scan)
			if pageErr != nil {
				return pageErr
			}
			return s.again(c, "files/papers", p)
		}
		s.toldOf(c, f)
		return s.done(c, papersURL(c, r.ID))
	}
}

func papersURL(c *fiber.Ctx, registration ident.ID) string {
	return "/console/" + event(c).Slug + "/registrations/" + registration.String() + "/papers"
}

func (s *Server) removePaper(c *fiber.Ctx) error {
	r, err := s.registrationHere(c)
	if err != nil {
		return err
	}
	form := readForm(c)
	id := form.ID("file")
	if err := form.Err(); err != nil {
		return err
	}
	f, err := s.Files.Remove(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	s.flash(c, "ok", "files.removed."+string(f.Purpose))
	return s.done(c, papersURL(c, r.ID))
}

// file is one file of the event, for whoever may see it.
func (s *Server) file(c *fiber.Ctx) error {
	id, err := pathID(c, "file")
	if err != nil {
		return err
	}
	f, err := s.Files.ByID(c.UserContext(), actor(c), id)
	if err == nil && f.EventID != event(c).ID {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return err
	}
	f, content, err := s.Files.Read(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return s.sendFile(c, f, content)
}

// portraitOf answers where a registration's portrait is, or whether one is still
// asked for.
func (s *Server) portraitOf(c *fiber.Ctx, registration ident.ID) (address string, lacks bool, err error) {
	photos, err := s.Files.Photos(c.UserContext(), []ident.ID{registration})
	if err != nil {
		return "", false, err
	}
	if f, there := photos[registration]; there {
		return "/console/" + event(c).Slug + "/files/" + f.ID.String(), false, nil
	}
	wanting, err := s.Files.WithoutPhoto(c.UserContext(), []ident.ID{registration})
	return "", wanting[registration], err
}
