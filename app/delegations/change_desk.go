package delegations

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// mostShown is how many changes of one registration the desk reads at once.
const mostShown = 200

// Changes answers the history of a registration's values, the latest 200 changes, the
// latest first;
// of what the reader may not see only that it changed.
//
// Fault: Forbidden.
func (s *Service) Changes(ctx context.Context, by accounts.Actor, r Registration) ([]Change, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	rows, err := changesOf(ctx, s.db, r.ID, mostShown)
	list := make([]Change, 0, len(rows))
	for _, row := range rows {
		list = append(list, *r.readerOf(by).change(&row.Change))
	}
	return list, err
}

// PhotoTaker puts the portrait of a registration that waits in the place of the one
// in use, within the transaction. files.Service does.
type PhotoTaker func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID) error

// ApproveChange lets a pending change hold: its values are applied, the badge that
// shows one of them is replaced, and the person is told. takePhoto puts the portrait
// that waits in the place of the one in use, when the change wants that.
//
// Faults: Forbidden; NotFound, no such registration or change; Conflict, the change
// is decided, or the person does not come any more; Invalid, what it wants keeps a
// rule no longer.
func (s *Service) ApproveChange(ctx context.Context, by accounts.Actor, registration, change ident.ID, takePhoto PhotoTaker) (Registration, Issued, error) {
	return s.approveChange(ctx, by, registration, change, nil, takePhoto)
}

// approveChange is ApproveChange with what the desk grants beside what was typed.
func (s *Service) approveChange(ctx context.Context, by accounts.Actor, registration, change ident.ID, granted Edit, takePhoto PhotoTaker) (Registration, Issued, error) {
	var issued Issued
	r, err := s.decide(ctx, by, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		row, err := pendingToDecide(ctx, tx, r, change)
		if err != nil {
			return r, err
		}
		if row.Sealed() && !by.May(accounts.SeeSensitive, e.ID) { // nobody approves what they cannot read
			return r, fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := row.answered(granted); err != nil {
			return r, err
		}
		held, err := s.held(ctx, tx, r)
		if err != nil {
			return r, err
		}
		edit, err := s.wanted(row)
		if err != nil {
			return r, err
		}
		if held.form, err = forms.AskedIn(ctx, tx, e.ID); err != nil {
			return r, fmt.Errorf("read form: %w", err)
		}
		c, err := held.with(edit.stillWanted(held.form)).with(granted).check(s.now())
		if c, err = s.recheck(e.ID, held.form, held.Category, held.Answers, c, err); err != nil {
			return r, err
		}
		fields, err := s.diff(row.ID, held.Input, c.Input)
		if err != nil {
			return r, err
		}
		fields.list = append(fields.list, row.aside()...)
		if err := s.name(ctx, tx, r, &fields); err != nil {
			return r, err
		}
		if err := s.close(ctx, tx, by, r, row.ID, Applied, ""); err != nil {
			return r, err
		}
		if err := updateChangeFields(ctx, tx, row.ID, fields); err != nil {
			return r, err
		}
		names := fields.names()
		if r, err = s.write(ctx, tx, by, r, held, c, names); err != nil {
			return r, err
		}
		if granted == nil {
			if err := s.wroteRendering(ctx, tx, by, r, row.own(), names); err != nil {
				return r, err
			}
		}
		dropped := append(files(fields.list, Moved.from), files(row.Fields, Moved.to)...)
		if err := s.dropFiles(ctx, tx, by, r, dropped, files(fields.list, Moved.to)...); err != nil {
			return r, err
		}
		if row.photo() != "" {
			if err := takePhoto(ctx, tx, by, r.ID); err != nil {
				return r, err
			}
		}
		if issued, err = s.refresh(ctx, tx, by, e, r, names); err != nil {
			return r, err
		}
		secret, err := s.newLink(ctx, tx, e, r.ID)
		if err != nil {
			return r, err
		}
		return r, s.mail.Write(ctx, tx, Letter{Kind: "change_approved", Event: e, Registration: r, ManageSecret: secret, BadgeToken: issued.Token, Fields: names})
	})
	return r, issued, err
}

// RefuseChange turns a pending change down for a reason that the person is told.
// What was approved stays.
//
// Faults: as of ApproveChange; Invalid, no reason.
func (s *Service) RefuseChange(ctx context.Context, by accounts.Actor, registration, change ident.ID, reason string) (Registration, error) {
	reason, err := checkedNote(reason)
	if err != nil {
		return Registration{}, err
	}
	return s.decide(ctx, by, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		row, err := pendingToDecide(ctx, tx, r, change)
		if err != nil {
			return r, err
		}
		if err := s.close(ctx, tx, by, r, row.ID, Refused, reason); err != nil {
			return r, err
		}
		if err := s.dropFiles(ctx, tx, by, r, files(row.Fields, Moved.to)); err != nil {
			return r, err
		}
		if err := bump(ctx, tx, &r); err != nil {
			return r, err
		}
		r.Pending = false
		secret, err := s.newLink(ctx, tx, e, r.ID)
		if err != nil {
			return r, err
		}
		return r, s.mail.Write(ctx, tx, Letter{Kind: "change_refused", Event: e, Registration: r, ManageSecret: secret, Reason: reason})
	})
}

// RevealChange answers a change with its sensitive values in full, for whoever must
// compare them. Each look is noted in the log.
//
// Faults: Forbidden; NotFound.
func (s *Service) RevealChange(ctx context.Context, by accounts.Actor, registration, change ident.ID) (c Change, err error) {
	_, err = s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if !by.May(accounts.SeeRegistrations, e.ID) || !by.May(accounts.SeeSensitive, e.ID) {
			return r, fault.New(fault.Forbidden, "error.forbidden")
		}
		row, err := changeByID(ctx, tx, r.ID, change)
		if err != nil {
			return r, err
		}
		c = row.Change
		if c.Fields, err = s.opened(row); err != nil {
			return r, err
		}
		return r, s.record(ctx, tx, by, e.ID, "registration.reveal_change", "registration", r.ID, nil, nil, "")
	})
	return c, err
}

// pendingToDecide finds the change that the desk was shown, if it still waits.
func pendingToDecide(ctx context.Context, tx *sqlx.Tx, r Registration, change ident.ID) (changeRow, error) {
	row, err := changeByID(ctx, tx, r.ID, change)
	if err == nil && (row.State != Pending || !r.Editable()) {
		err = fault.New(fault.Conflict, "error.changed")
	}
	return row, err
}

// WithdrawChange takes a person's own pending change back.
//
// Faults: NotFound, no such link; Conflict, nothing waits.
func (s *Service) WithdrawChange(ctx context.Context, secret string) (Registration, error) {
	own, err := s.ByLink(ctx, secret)
	if err != nil {
		return Registration{}, err
	}
	return s.locked(ctx, own.ID, func(tx *sqlx.Tx, _ events.Event, r Registration) (Registration, error) {
		row, err := pendingOf(ctx, tx, r.ID)
		if err != nil {
			return r, err
		}
		if row == nil {
			return r, fault.New(fault.Conflict, "error.changed")
		}
		if err := s.close(ctx, tx, accounts.GuestActor(), r, row.ID, TakenBack, ""); err != nil {
			return r, err
		}
		if err := s.dropFiles(ctx, tx, accounts.GuestActor(), r, files(row.Fields, Moved.to)); err != nil {
			return r, err
		}
		r.Pending = false
		err = bump(ctx, tx, &r)
		return r, err
	})
}

// Details is what a form to edit a registration begins with: its values, those of
// a pending change over them, and nothing of what is sealed.
type Details struct {
	Input
	PassportMask string // ••••1234; empty: none is known
	BornKnown    bool
	Pending      *Change  // waits for the desk
	Last         *Change  // the latest change that the desk decided on, if nothing waits
	NeedsHidden  bool     // what the person eats and needs is not the reader's to see
	Remarks      []Remark // what is odd about the values
}

// OwnDetails answers the details of the registration that a link opens.
//
// Fault: NotFound, no such link.
func (s *Service) OwnDetails(ctx context.Context, secret string) (Details, error) {
	r, err := s.ByLink(ctx, secret)
	if err != nil {
		return Details{}, err
	}
	return s.details(ctx, r)
}

// DetailsOf answers the details of a registration to the office, and to the officers
// and the firm who edit something of it: to each what they may see.
//
// Fault: Forbidden.
func (s *Service) DetailsOf(ctx context.Context, by accounts.Actor, r Registration) (Details, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) && !r.officerOf(by, accounts.EditNeeds) && !r.officerOf(by, accounts.Complete) && !by.ForFirm(r.EventID, r.FirmID) {
		return Details{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	d, err := s.details(ctx, r)
	return r.readerOf(by).details(d), err
}

// DetailsForDesk answers the details of a registration as they hold, whatever
// waits: the desk changes what is approved.
//
// Fault: Forbidden.
func (s *Service) DetailsForDesk(ctx context.Context, by accounts.Actor, r Registration) (Details, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return Details{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	h, err := s.held(ctx, s.db, r)
	d := h.masked()
	if h.pending != nil {
		d.Pending = &h.pending.Change
	}
	if err != nil {
		return Details{}, err
	}
	d.Remarks, err = s.remarksOf(ctx, s.db, r, h.Input)
	return r.readerOf(by).details(d), err
}

// masked is what a form may show of what is held.
func (h held) masked() Details {
	d := Details{Input: h.Input, PassportMask: mask("passport.number", h.Passport.Number), BornKnown: h.BirthDate != ""}
	d.BirthDate, d.Passport = "", Passport{}
	return d
}

// details are those that somebody begins with who waits for the desk.
func (s *Service) details(ctx context.Context, r Registration) (Details, error) {
	h, err := s.held(ctx, s.db, r)
	if err != nil {
		return Details{}, err
	}
	d := h.masked()
	if h.pending != nil {
		edit, err := s.wanted(*h.pending)
		if err != nil {
			return Details{}, err
		}
		h.Input = h.with(edit)
		d = h.masked()
		d.Pending = &h.pending.Change
	} else if d.Last, err = lastDecided(ctx, s.db, r.ID); err != nil {
		return Details{}, err
	}
	d.Remarks, err = s.remarksOf(ctx, s.db, r, h.Input)
	return d, err
}
