package delegations

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// NameWish is the field of a change by which somebody asks for another Chinese
// rendering of their name: its value is what they say about it. What the rendering
// becomes the desk writes, so that it is none of Fields.
const NameWish = "name_zh_wish"

// Who approved a Chinese rendering.
const (
	ByPerson  = "person"
	ByOfficer = "officer" // of the person's delegation
)

// mostWish is how many characters somebody has to say what is wrong with their name.
const mostWish = 300

// Rendered tells whether the person has a Chinese rendering of a name that is not
// Chinese itself.
func (r Registration) Rendered() bool { return r.NameZH != "" && r.NameZH != r.NameNative }

// approver is as whom an actor approves the rendering of a registration's name;
// empty: as nobody. The office proposes it, and so approves none.
func (r Registration) approver(by accounts.Actor) string {
	switch {
	case by.ForRegistration(r.EventID, r.ID):
		return ByPerson
	case r.officerOf(by, accounts.Complete):
		return ByOfficer
	}
	return ""
}

// ApproveRendering notes that the person, or an officer for them, agrees to be called
// by a Chinese rendering, as it was shown to them.
//
// Faults: NotFound; Forbidden; Conflict, it is another by now, or approved already,
// or the person does not come any more.
func (s *Service) ApproveRendering(ctx context.Context, by accounts.Actor, registration ident.ID, shown string) (Registration, error) {
	return s.locked(ctx, registration, func(tx *sqlx.Tx, _ events.Event, r Registration) (Registration, error) {
		who := r.approver(by)
		switch {
		case who == "":
			return r, fault.New(fault.Forbidden, "error.forbidden")
		case !r.Rendered() || r.NameZH != shown || !r.Editable() && r.Status != Draft:
			return r, fault.New(fault.Conflict, "error.changed")
		}
		if err := s.approveRendering(ctx, tx, by, r, who); err != nil {
			return r, err
		}
		return registrationByID(ctx, tx, r.ID)
	})
}

func (s *Service) approveRendering(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, who string) error {
	if err := updateRenderingApproved(ctx, tx, r.PersonID, r.NameZH, who, s.now()); err != nil {
		return err
	}
	return s.record(ctx, tx, by, r.EventID, "registration.approve_rendering", "registration", r.ID, nil, map[string]any{"changed": "name_zh"}, "") // and not which: the log outlives the name
}

// themselves tells whether an actor who may write of somebody is that person: a guest
// who speaks for no delegation and no firm.
func themselves(by accounts.Actor) bool {
	return by.Kind == accounts.Guest && by.DelegationID == ident.Nil && by.FirmID == ident.Nil
}

// own tells whether a change was asked for by the person themselves, who holds no link but
// that of their own page.
func (c Change) own() bool { return c.Source == "web" && c.Actor == accounts.GuestActor().Called() }

// wroteRendering approves a rendering that the person wrote themselves, which own says;
// names are the fields that came with it.
func (s *Service) wroteRendering(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, own bool, names []string) error {
	if !own || !r.Rendered() || !slices.Contains(names, "name_zh") {
		return nil
	}
	return s.approveRendering(ctx, tx, by, r, ByPerson)
}

// AskRendering tells the desk that the person, or an officer for them, wants another
// Chinese rendering, and what they say about it. It waits as part of the pending
// change.
//
// Faults: NotFound; Forbidden; Conflict, the person does not come any more; Invalid,
// nothing was said.
func (s *Service) AskRendering(ctx context.Context, by accounts.Actor, registration ident.ID, wish string) (Registration, error) {
	wish = text.Paragraphs(wish)
	var bad fault.List
	bad.Check(wish != "", NameWish, "names.wish_empty")
	bad.Check(utf8.RuneCountInString(wish) <= mostWish, NameWish, "field.too_long", mostWish)
	bad.Check(!text.Unseen(wish), NameWish, "field.control")
	return s.locked(ctx, registration, func(tx *sqlx.Tx, _ events.Event, r Registration) (Registration, error) {
		switch {
		case r.approver(by) == "":
			return r, fault.New(fault.Forbidden, "error.forbidden")
		case !r.Editable():
			return r, fault.New(fault.Conflict, "error.changed")
		case len(bad) > 0:
			return r, bad.Err()
		}
		return s.askAside(ctx, tx, by, r, Moved{Field: NameWish, From: r.NameZH, To: wish})
	})
}

// GrantRendering is ApproveChange of a change that asks for another rendering: the
// desk says which.
//
// Faults: as of ApproveChange; Invalid, no rendering, or none in Chinese characters.
func (s *Service) GrantRendering(ctx context.Context, by accounts.Actor, registration, change ident.ID, nameZH string, takePhoto PhotoTaker) (Registration, Issued, error) {
	return s.approveChange(ctx, by, registration, change, Edit{"name_zh": nameZH}, takePhoto)
}

// answered holds that a wish for another rendering comes with one.
//
// Fault: Invalid.
func (c Change) answered(granted Edit) error {
	if c.Wish() != "" && text.Clean(granted["name_zh"]) == "" {
		return fault.Fields(fault.Field{Path: "name_zh", Key: "names.wish_unanswered"})
	}
	return nil
}

// Wish is what a change says about another Chinese rendering; empty: it asks for
// none.
func (c Change) Wish() string { return c.valueOf(NameWish) }

// photo is the portrait that a change wants; empty: none.
func (c Change) photo() string { return c.valueOf(Photo) }

func (c Change) valueOf(field string) string {
	for _, one := range c.Fields {
		if one.Field == field {
			return one.To
		}
	}
	return ""
}

// aside is what a change wants beside values of Fields.
func (c Change) aside() (list []Moved) {
	for _, one := range c.Fields {
		if one.Field == Photo || one.Field == NameWish {
			list = append(list, one)
		}
	}
	return list
}

// over is some wishes with others in the place of those of the same field.
func over(before, after []Moved) []Moved {
	list := slices.DeleteFunc(slices.Clone(before), func(b Moved) bool {
		return slices.ContainsFunc(after, func(a Moved) bool { return a.Field == b.Field })
	})
	return append(list, after...)
}
