package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// FirmFields are what whoever holds a firm's link may correct of its people: neither
// their papers and needs, nor the address to which their own link goes.
var FirmFields = []string{
	"family_name", "given_name", "mrz_surname", "mrz_given", "name_native", "native_order", "name_zh", "sex", "nationality", "title_en", "title_zh", "phone", "lang", "languages",
}

// firmEdits tells whether whoever holds the link of a registration's firm may write an
// edit over it.
func (r Registration) firmEdits(by accounts.Actor, edit Edit) bool {
	for field := range edit {
		if !slices.Contains(FirmFields, field) {
			return false
		}
	}
	return by.ForFirm(r.EventID, r.FirmID)
}

// PersonOfFirm answers one of those who registered for a firm at an event; see OfFirm.
//
// Faults: Forbidden; NotFound, it has no such person.
func (s *Service) PersonOfFirm(ctx context.Context, by accounts.Actor, event, firm, registration ident.ID) (Registration, error) {
	list, err := s.OfFirm(ctx, by, event, firm)
	if err != nil {
		return Registration{}, err
	}
	i := slices.IndexFunc(list, func(r Registration) bool { return r.ID == registration })
	if i < 0 {
		return Registration{}, fault.New(fault.NotFound, "error.not_found")
	}
	return list[i], nil
}

// WithdrawOfFirm calls off one of a firm's people before they came, by whoever holds the
// firm's link. The place goes to whoever waits longest; the person is told.
//
// Faults: NotFound, the firm has no such person; Conflict, too late or done already.
func (s *Service) WithdrawOfFirm(ctx context.Context, by accounts.Actor, event, firm, registration ident.ID) (Registration, error) {
	return s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		switch {
		case e.ID != event || r.FirmID != firm || !by.ForFirm(e.ID, r.FirmID):
			return Registration{}, fault.New(fault.NotFound, "error.not_found")
		case !r.Cancellable():
			return Registration{}, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.forGuests().Status))
		}
		return s.end(ctx, tx, by, e, r, Withdrawn, "cancelled", "")
	})
}

// notTwice refuses somebody whom a firm registered already, who is written down but not
// registered yet, for who has the event's counter.
//
// Fault: Conflict, with the reference of the first registration.
func (s *Service) notTwice(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, p admitted, persons []ident.ID) error {
	for i, a := range p.people {
		if !by.ForFirm(p.event.ID, a.FirmID) {
			continue
		}
		reference, err := sameOfFirm(ctx, tx, p.event.ID, a.FirmID, persons[i])
		if err != nil {
			return fmt.Errorf("look for the same person: %w", err)
		}
		if reference != "" {
			return fault.New(fault.Conflict, "registration.firm_twice", reference)
		}
	}
	return nil
}
