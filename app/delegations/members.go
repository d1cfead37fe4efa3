package delegations

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// MemberRoles are what a person may be in a delegation, in the order of
// precedence.
var MemberRoles = []string{"head", "deputy_head", "member", "business", "interpreter", "entourage", "press", "companion"}

// CategoryOf is the category in which a member of that role registers.
func CategoryOf(role string) string {
	switch role {
	case "head", "press", "companion":
		return role
	}
	return "member"
}

// Coming tells whether the delegation is expected.
func (d Delegation) Coming() bool { return d.Status != "declined" && d.Status != "withdrawn" }

// Share is how much of its quota a delegation uses, in hundredths.
func (d Delegation) Share() float64 {
	if d.Quota == 0 {
		return 0
	}
	return 100 * float64(d.Members) / float64(d.Quota)
}

// Matches tells whether a delegation is found by what somebody searches for, in
// any script.
func (d Delegation) Matches(search string) bool {
	folded := text.Fold(search)
	return strings.Contains(text.Search(
		d.Code, d.CityCode, d.Name.ZH, d.Name.EN, d.Native, d.City.ZH, d.City.EN, d.Country.ZH, d.Country.EN, d.Head.Latin, d.Head.Native, d.Head.ZH,
		d.Liaison.ZH, d.Liaison.EN, d.Hotel.ZH, d.Hotel.EN,
	), folded)
}

// AddMember registers a person as a member of a delegation, by the office or by an
// officer who answers for such members. The category follows from the role. Over the
// quota the person waits. Whom an officer adds, and who lacks what is asked of members
// before they are confirmed, is nominated only: a draft.
//
// Faults: NotFound; Forbidden; Conflict, the delegation does not come, or
// registration is closed; Invalid with fields.
func (s *Service) AddMember(ctx context.Context, by accounts.Actor, delegation ident.ID, in Input) (Registration, error) {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return Registration{}, err
	}
	if !by.May(accounts.EditRegistration, d.EventID) && !by.MayFor(accounts.Confirm, d.EventID, d.ID, in.Role) {
		return Registration{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if !d.Coming() {
		return Registration{}, fault.New(fault.Conflict, "delegations.not_coming")
	}
	in.Category, in.DelegationID, in.FirmID, in.Source = CategoryOf(in.Role), d.ID, ident.Nil, "delegation"
	if !slices.Contains(MemberRoles, in.Role) {
		_, err := in.check(s.now())
		return Registration{}, withField(err, "role", "field.choice")
	}
	if by.May(accounts.EditRegistration, d.EventID) {
		r, _, err := s.Register(ctx, by, d.EventID, in)
		return r, err
	}
	p, err := s.admit(ctx, by, d.EventID, []Input{in})
	if err != nil {
		return Registration{}, err
	}
	var r Registration
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		one := p.people[0]
		if len(one.lacks(p.event)) == 0 {
			done, err := s.register(ctx, tx, by, p, ident.Nil)
			if err == nil {
				r = done[0].Registration
			}
			return err
		}
		if r, err = s.insertDraft(ctx, tx, by, p.event, one.category, one.checked, ident.Nil); err != nil {
			return err
		}
		return s.draftAnswers(ctx, tx, by, p.event, r, one.Answers)
	})
	return r, err
}

// WithdrawMember calls off a member of a delegation before they came, by the
// office or by an officer who answers for such members. The place goes to whoever
// waits longest.
//
// Faults: NotFound, the delegation has no such member; Forbidden; Conflict, too
// late or done already.
func (s *Service) WithdrawMember(ctx context.Context, by accounts.Actor, delegation, registration ident.ID) (Registration, error) {
	return s.locked(ctx, registration, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		switch {
		case !by.May(accounts.DecideRegistration, e.ID) && !by.HoldsLink(e.ID, delegation):
			return Registration{}, fault.New(fault.Forbidden, "error.forbidden")
		case delegation == ident.Nil || r.DelegationID != delegation:
			return Registration{}, fault.New(fault.NotFound, "error.not_found")
		case !by.May(accounts.DecideRegistration, e.ID) && !r.officerOf(by, accounts.Withdraw):
			return Registration{}, fault.New(fault.Forbidden, "error.forbidden")
		case r.Status == Draft: // nobody told them anything yet, and nobody waits for the place
			return s.leave(ctx, tx, by, r, Withdrawn, "")
		case !r.Cancellable():
			return Registration{}, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
		}
		return s.end(ctx, tx, by, e, r, Withdrawn, "cancelled", "")
	})
}

// Members answers who belongs to a delegation in order of precedence, those who
// do not come any more last. Its officers see those whom their role is about. What
// vetting does only those see who vet.
//
// Fault: Forbidden.
func (s *Service) Members(ctx context.Context, by accounts.Actor, d Delegation) ([]Registration, error) {
	own := by.HoldsLink(d.EventID, d.ID) && by.Officer.Has(accounts.SeeMember)
	if !own && !by.May(accounts.SeeDelegations, d.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := membersOf(ctx, s.db, d.ID)
	if own {
		list = slices.DeleteFunc(list, func(r Registration) bool { return !r.officerOf(by, accounts.SeeMember) })
	}
	for i := range list {
		if !by.May(accounts.SeeSensitive, d.EventID) && !list[i].officerOf(by, accounts.Complete) {
			list[i].PassportLast4 = ""
		}
		if !by.May(accounts.VetRegistration, d.EventID) {
			list[i] = list[i].forGuests()
		}
	}
	return list, err
}

// Member answers one member of a delegation; see Members.
//
// Faults: Forbidden; NotFound, the delegation has no such member.
func (s *Service) Member(ctx context.Context, by accounts.Actor, d Delegation, registration ident.ID) (Registration, error) {
	list, err := s.Members(ctx, by, d)
	if err != nil {
		return Registration{}, err
	}
	i := slices.IndexFunc(list, func(r Registration) bool { return r.ID == registration })
	if i < 0 {
		return Registration{}, fault.New(fault.NotFound, "error.not_found")
	}
	return list[i], nil
}

// OfFirm answers who registered for a firm at an event, for the office or for
// whoever holds the firm's link.
//
// Fault: Forbidden.
func (s *Service) OfFirm(ctx context.Context, by accounts.Actor, event, firm ident.ID) ([]Registration, error) {
	own := by.ForFirm(event, firm)
	if !own && !by.May(accounts.SeeRegistrations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := ofFirm(ctx, s.db, event, firm)
	for i := range list {
		list[i] = list[i].seenBy(by)
	}
	return list, err
}

// forGuests hides what is nobody's business but the desk's: that vetting holds a
// registration back, and why.
func (r Registration) forGuests() Registration {
	if r.Status == OnHold {
		r.Status, r.StatusReason = UnderReview, ""
	}
	return r
}

// EditStay sets when a delegation comes and goes and where it sleeps, by the office
// or by an officer who arranges it. version is the one that was shown.
//
// Faults: NotFound; Forbidden; Invalid with fields; Conflict, somebody changed
// the delegation meanwhile.
func (s *Service) EditStay(ctx context.Context, by accounts.Actor, id ident.ID, version int, in Stay) (d Delegation, err error) {
	in.Hotel = cleanText(in.Hotel)
	var bad fault.List
	in.check(&bad)
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := lockDelegation(ctx, tx, id); err != nil {
			return err
		}
		if d, err = delegationByID(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case !by.May(accounts.EditDelegation, d.EventID) && !by.MayFor(accounts.EditStay, d.EventID, d.ID, ""):
			return fault.New(fault.Forbidden, "error.forbidden")
		case len(bad) > 0:
			return bad.Err()
		case version != d.Version:
			return fault.New(fault.Conflict, "error.changed")
		}
		before := d.stay()
		d.ArrivesAt, d.DepartsAt, d.Hotel, d.Version = in.ArrivesAt, in.DepartsAt, in.Hotel, d.Version+1
		if err := updateStay(ctx, tx, d); err != nil {
			return err
		}
		return s.record(ctx, tx, by, d.EventID, "delegation.stay", "delegation", d.ID, before, d.stay(), "")
	})
	if err != nil {
		return Delegation{}, err
	}
	return d, nil
}

// stay is the delegation's stay as the audit log keeps it.
func (d Delegation) stay() map[string]any {
	return map[string]any{"arrives_at": d.ArrivesAt, "departs_at": d.DepartsAt, "hotel_zh": d.Hotel.ZH, "hotel_en": d.Hotel.EN}
}
