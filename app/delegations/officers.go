package delegations

import (
	"context"
	"slices"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// Officer is whoever does something for a delegation: by which role, and where
// letters reach them.
type Officer struct {
	Role   accounts.OfficerRole
	Holder string // a person or an office; the audit log shows it
	Email  string // empty: nobody to remind
	Lang   string // of letters; empty: en
}

// MakeOfficerLink makes a link to a delegation's page for one of its officers,
// which works until an instant. The page shows and does what the role may. The
// secret is the last part of the address; it is answered this once.
//
// Faults: NotFound; Forbidden; Invalid with fields.
func (s *Service) MakeOfficerLink(ctx context.Context, by accounts.Actor, delegation ident.ID, o Officer, until time.Time) (Link, string, error) {
	d, err := delegationByID(ctx, s.db, delegation)
	if err != nil {
		return Link{}, "", err
	}
	if o.Role == "" {
		return Link{}, "", fault.Fields(fault.Field{Path: "role", Key: "field.choice"})
	}
	return s.makeLink(ctx, by, Link{
		EventID: d.EventID, DelegationID: d.ID, Role: o.Role, Holder: o.Holder, Email: o.Email, Lang: o.Lang, ExpiresAt: until,
	})
}

// checkOfficer holds what belongs to an officer's link against the rules.
func (l *Link) checkOfficer(bad *fault.List) {
	if l.Lang == "" {
		l.Lang = "en"
	}
	bad.Check(l.DelegationID == ident.Nil || slices.Contains(accounts.OfficerRoles, l.Role), "role", "field.choice")
	bad.Check(slices.Contains([]string{"zh", "en"}, l.Lang), "lang", "field.choice")
	if l.Email != "" {
		var ok bool
		l.Email, ok = text.Email(l.Email)
		bad.Check(ok, "email", "field.email")
	}
}

// audited is a link as the audit log keeps it.
func (l Link) audited() map[string]any {
	if l.Role == "" { // a firm's
		return map[string]any{"link": l.ID, "holder": l.Holder, "expires_at": l.ExpiresAt}
	}
	return map[string]any{"link": l.ID, "holder": l.Holder, "expires_at": l.ExpiresAt, "officer_role": l.Role}
}

// officerOf tells whether an actor is an officer of a registration's delegation
// with a duty about members like them.
func (r Registration) officerOf(by accounts.Actor, d accounts.Duty) bool {
	return by.MayFor(d, r.EventID, r.DelegationID, r.Role)
}

// NeedsFields are what an officer may edit who only looks after needs.
var NeedsFields = []string{"languages", "meal_plan", "access_needs"}

// editedBy tells whether an officer of the delegation, or the firm, may write an edit
// over the registration.
func (r Registration) editedBy(by accounts.Actor, edit Edit) bool {
	if r.officerOf(by, accounts.Complete) || r.firmEdits(by, edit) {
		return true
	}
	for field := range edit {
		if !slices.Contains(NeedsFields, field) {
			return false
		}
	}
	return r.officerOf(by, accounts.EditNeeds)
}
