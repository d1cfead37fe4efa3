package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
)

// photoPart is what a page shows of a registration's portrait and of the scan of
// the passport, and where new ones are sent.
type photoPart struct {
	Page
	Form    Form   // of the portrait
	Scanned Form   // of the scan
	Base    string // address that /photo and /passport stand under
	Picture string // address of the portrait
	Photo   *files.File
	Scan    *files.File
	Others  []files.File // answers to questions of the form
	Needed  bool         // the badge asks for a portrait
	Edits   bool         // whoever reads the page may change it
}

// PhotoMost and ScanMost are how many megabytes may be handed in.
func (photoPart) PhotoMost() int { return files.Most(files.Photo) >> 20 }

// ScanMost is PhotoMost for scans.
func (photoPart) ScanMost() int { return files.Most(files.PassportScan) >> 20 }

// Least says how many pixels print asks for.
func (photoPart) Least() [2]int { return [2]int{files.PhotoLeastWidth, files.PhotoLeastHeight} }

// papersOf fills in what there is.
func (s *Server) papersOf(c *fiber.Ctx, by accounts.Actor, r delegations.Registration, p *photoPart) error {
	list, err := s.Files.Of(c.UserContext(), by, r.ID)
	if err != nil {
		return err
	}
	for i, f := range list {
		switch f.Purpose {
		case files.Photo:
			p.Photo = &list[i]
		case files.PassportScan:
			p.Scan = &list[i]
		default:
			p.Others = append(p.Others, f)
		}
	}
	wanting, err := s.Files.WithoutPhoto(c.UserContext(), []ident.ID{r.ID})
	p.Needed = wanting[r.ID]
	return err
}

// holder is a guest who acts for a registration by a link.
type holder struct {
	actor        accounts.Actor
	registration delegations.Registration
	base, back   string // addresses of the registration's part, and of the page that leads to it
	event        ident.ID
}

// holderOf finds for whom a link acts: /me is one's own, /delegation the officer's.
func (s *Server) holderOf(c *fiber.Ctx) (h holder, err error) {
	ctx, token := c.UserContext(), c.Params("token")
	if !under(c.Path(), "/delegation") {
		if h.registration, err = s.Delegations.ByLink(ctx, token); err != nil {
			return h, err
		}
		h.actor = accounts.GuestActor()
		h.actor.ID, h.actor.LinkEventID, h.actor.RegistrationID = h.registration.ID, h.registration.EventID, h.registration.ID
		h.base, h.event = "/me/"+token, h.registration.EventID
		h.back = h.base
		return h, nil
	}
	id, err := pathID(c, "registration")
	if err != nil {
		return h, err
	}
	d, l, err := s.Delegations.DelegationByLink(ctx, token)
	if err != nil {
		return h, err
	}
	members, err := s.Delegations.Members(ctx, l.Actor(), d)
	if err != nil {
		return h, err
	}
	i := slices.IndexFunc(members, func(r delegations.Registration) bool { return r.ID == id })
	if i < 0 {
		return h, fault.New(fault.NotFound, "error.not_found")
	}
	h.actor, h.registration, h.event = l.Actor(), members[i], d.EventID
	h.back = "/delegation/" + token
	h.base = h.back + "/members/" + id.String()
	return h, nil
}

type ownPhotoPage struct {
	photoPart
	Registration delegations.Registration
	Head         EventHead
	Back         string
	KeptDays     int // of the scan, after the event
}

func (s *Server) ownPhotoPage(c *fiber.Ctx, h holder, form, scan Form) (ownPhotoPage, error) {
	p := ownPhotoPage{photoPart: photoPart{Page: s.page(c), Form: form, Scanned: scan, Base: h.base, Picture: h.base + "/photo.jpg"}, Registration: h.registration, Back: h.back}
	p.Edits = !h.registration.Gone()
	e, err := s.Events.ByID(c.UserContext(), h.event)
	if err != nil {
		return p, err
	}
	p.Head = HeadOf(e)
	if p.KeptDays, err = s.Privacy.Days(c.UserContext(), retention.Documents); err != nil {
		return p, err
	}
	return p, s.papersOf(c, h.actor, h.registration, &p.photoPart)
}

// ownPhoto is the page on which a guest hands in portrait and passport.
func (s *Server) ownPhoto(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	p, err := s.ownPhotoPage(c, h, Form{}, Form{})
	if err != nil {
		return err
	}
	return s.render(c, "files/own", p)
}

// addOwn takes a file from a guest.
func (s *Server) addOwn(purpose files.Purpose) fiber.Handler {
	return func(c *fiber.Ctx) error {
		h, err := s.holderOf(c)
		if err != nil {
			return err
		}
		form, f, err := s.takeFile(c, h.actor, h.registration.ID, purpose)
		if err != nil {
			if !form.Refused(err) {
				return err
			}
			photo, scan := form, Form{}
			if purpose == files.PassportScan {
				photo, scan = Form{}, form
			}
			p, pageErr := s.ownPhotoPage(c, h, photo, scan)
			if pageErr != nil {
				return pageErr
			}
			return s.again(c, "files/own", p)
		}
		if f.Waits {
			s.flash(c, "ok", "edit.photo_waits")
		} else {
			s.toldOf(c, f)
		}
		return s.done(c, h.base+"/photo")
	}
}

// takeFile keeps the file of a form.
func (s *Server) takeFile(c *fiber.Ctx, by accounts.Actor, registration ident.ID, purpose files.Purpose) (Form, files.File, error) {
	name, content, err := uploaded(c, "file")
	if err != nil {
		return Form{}, files.File{}, err
	}
	f, err := s.Files.Add(c.UserContext(), by, files.Input{RegistrationID: registration, Purpose: purpose, Name: name, Content: content, Ask: s.Delegations.AskPhoto})
	return Form{}, f, err
}

// toldOf says that a file was taken, and when a portrait is small.
func (s *Server) toldOf(c *fiber.Ctx, f files.File) {
	if f.Small() {
		s.flash(c, "fix", "files.small", f.Width, f.Height, files.PhotoLeastWidth, files.PhotoLeastHeight)
		return
	}
	s.flash(c, "ok", "files.taken."+string(f.Purpose))
}

// removeOwn deletes a guest's file.
func (s *Server) removeOwn(purpose files.Purpose) fiber.Handler {
	return func(c *fiber.Ctx) error {
		h, err := s.holderOf(c)
		if err != nil {
			return err
		}
		list, err := s.Files.Of(c.UserContext(), h.actor, h.registration.ID)
		if err != nil {
			return err
		}
		for _, f := range list {
			if f.Purpose != purpose {
				continue
			}
			if _, err := s.Files.Remove(c.UserContext(), h.actor, f.ID); err != nil {
				return err
			}
			s.flash(c, "ok", "files.removed."+string(purpose))
		}
		return s.done(c, h.base+"/photo")
	}
}

// ownPicture is the portrait itself, for whoever holds the link.
func (s *Server) ownPicture(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	photos, err := s.Files.Photos(c.UserContext(), []ident.ID{h.registration.ID})
	if err != nil {
		return err
	}
	f, content, err := s.Files.Read(c.UserContext(), h.actor, photos[h.registration.ID].ID)
	if err != nil {
		return err
	}
	return s.sendFile(c, f, content)
}

// portraits tells of registrations who has handed in a portrait, and whose badge
// asks for one that is missing.
func (s *Server) portraits(c *fiber.Ctx, list []delegations.Registration) (there, lacking map[ident.ID]bool, err error) {
	ids := make([]ident.ID, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	photos, err := s.Files.Photos(c.UserContext(), ids)
	if err != nil {
		return nil, nil, err
	}
	there = map[ident.ID]bool{}
	for id := range photos {
		there[id] = true
	}
	lacking, err = s.Files.WithoutPhoto(c.UserContext(), ids)
	return there, lacking, err
}
