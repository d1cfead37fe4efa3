package firms

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Contact is somebody at a firm whom the office speaks to. The log says that a
// contact changed and never what is in it: who leaves a firm is forgotten.
type Contact struct {
	ID      ident.ID    `db:"id"`
	FirmID  ident.ID    `db:"firm_id"`
	Name    locale.Text `db:"name"` // in Chinese, in Latin letters; one of them at least
	Post    locale.Text `db:"post"`
	Email   string      `db:"email"`
	Phone   string      `db:"phone"` // E.164
	Main    bool        `db:"main"`  // one of a firm's contacts, always
	Version int         `db:"version"`
}

// MostContacts is how many a firm may have.
const MostContacts = 20

// Contacts answers a firm's contacts, the main one first, for the office or for
// whoever holds the firm's link of an event.
//
// Fault: Forbidden.
func (s *Service) Contacts(ctx context.Context, by accounts.Actor, event, firm ident.ID) ([]Contact, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) && !by.ForFirm(event, firm) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return contactsOf(ctx, s.db, firm)
}

func (in *Contact) check(bad *fault.List) {
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	in.Post = locale.Text{ZH: text.Clean(in.Post.ZH), EN: text.Clean(in.Post.EN)}
	bad.Check(!in.Name.Empty(), "name_zh", "firms.contact_name")
	text.Line(bad, "name_zh", in.Name.ZH, false, 60)
	text.Line(bad, "name_en", in.Name.EN, false, 120)
	if strange := text.NotLatin(in.Name.EN); strange != "" {
		bad.Add("name_en", "registration.not_latin", strange)
	}
	text.Line(bad, "post_zh", in.Post.ZH, false, 60)
	text.Line(bad, "post_en", in.Post.EN, false, 120)
	var ok bool
	if in.Email = text.Halfwidth(in.Email); in.Email != "" {
		in.Email, ok = text.Email(in.Email)
		bad.Check(ok, "email", "field.email")
	}
	if in.Phone = text.Halfwidth(in.Phone); in.Phone != "" {
		in.Phone, ok = text.Phone(in.Phone)
		bad.Check(ok, "phone", "field.phone")
	}
	bad.Check(in.Email != "" || in.Phone != "", "email", "firms.contact_reached")
}

// SaveContact adds a contact, or changes the one of the same ID, of which Version is
// the one that was shown. It counts at once. The first contact of a firm is the main
// one; another becomes it by saying so, and the one before it stands back.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed the
// contact meanwhile, or there are as many as a firm may have.
func (s *Service) SaveContact(ctx context.Context, by accounts.Actor, event ident.ID, in Contact) (Contact, error) {
	if !mayTouch(by, event, in.FirmID) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	in.check(&bad)
	if err := bad.Err(); err != nil {
		return in, err
	}
	said := in
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		in = said
		if _, err := s.open(ctx, tx, by, event, in.FirmID); err != nil {
			return err
		}
		all, err := contactsOf(ctx, tx, in.FirmID)
		if err != nil {
			return err
		}
		if in.ID == ident.Nil {
			return s.addContact(ctx, tx, by, event, all, &in)
		}
		i := slices.IndexFunc(all, func(c Contact) bool { return c.ID == in.ID })
		if i < 0 {
			return fault.New(fault.NotFound, "error.not_found")
		}
		if all[i].Version != in.Version {
			return fault.New(fault.Conflict, "error.changed")
		}
		if in.Main = in.Main || all[i].Main; in.Main && !all[i].Main {
			if err := demoteContacts(ctx, tx, in.FirmID); err != nil {
				return err
			}
		}
		in.Version++
		if err := updateContact(ctx, tx, in, s.now()); err != nil {
			return fieldOf(err)
		}
		return s.recorded(ctx, tx, by, event, "firm.contact_edit", in.FirmID, moved{})
	})
	return in, err
}

func (s *Service) addContact(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, all []Contact, in *Contact) error {
	if len(all) >= MostContacts {
		return fault.New(fault.Conflict, "firms.too_many_contacts", MostContacts)
	}
	if in.Main = in.Main || len(all) == 0; in.Main {
		if err := demoteContacts(ctx, tx, in.FirmID); err != nil {
			return err
		}
	}
	in.ID, in.Version = s.newID(), 1
	if err := insertContact(ctx, tx, *in, s.now()); err != nil {
		return fieldOf(err)
	}
	return s.recorded(ctx, tx, by, event, "firm.contact_add", in.FirmID, moved{})
}

// RemoveContact forgets a contact. When it was the main one, the oldest of the
// others is from now on.
//
// Faults: Forbidden; NotFound.
func (s *Service) RemoveContact(ctx context.Context, by accounts.Actor, event, firm, id ident.ID) error {
	if !mayTouch(by, event, firm) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if _, err := s.open(ctx, tx, by, event, firm); err != nil {
			return err
		}
		if gone, err := deleteContact(ctx, tx, firm, id); err != nil || !gone {
			if err == nil {
				err = fault.New(fault.NotFound, "error.not_found")
			}
			return err
		}
		if err := promoteContact(ctx, tx, firm, s.now()); err != nil {
			return err
		}
		return s.recorded(ctx, tx, by, event, "firm.contact_remove", firm, moved{})
	})
}
