package delegations

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Link lets whoever holds its address act for one delegation or one firm in one
// event, without an account. Only a hash of the address is kept, so that it can
// be shown once, when it is made. Letters to its holder carry further addresses of
// the same link, which end with it.
type Link struct {
	ID           ident.ID `db:"id"`
	EventID      ident.ID `db:"event_id"`
	DelegationID ident.ID `db:"delegation_id"` // Nil: a firm's
	FirmID       ident.ID `db:"firm_id"`       // Nil: a delegation's
	Holder       string   `db:"holder"`        // whom the desk gave it to

	// Of a delegation's officer only.
	Role  accounts.OfficerRole `db:"role"`
	Email string               `db:"email"` // empty: nobody to remind
	Lang  string               `db:"lang"`  // of letters

	MadeBy     locale.Text `db:"made_by"`
	CreatedAt  time.Time   `db:"created_at"`
	ExpiresAt  time.Time   `db:"expires_at"`
	RevokedAt  *time.Time  `db:"revoked_at"`
	RemindedAt *time.Time  `db:"reminded_at"`
}

// State is open, expired or revoked.
func (l Link) State(now time.Time) string {
	switch {
	case l.RevokedAt != nil:
		return "revoked"
	case !now.Before(l.ExpiresAt):
		return "expired"
	}
	return "open"
}

// Actor is whoever holds the link. The audit log names them as the desk did.
func (l Link) Actor() accounts.Actor {
	a := accounts.GuestActor()
	a.ID, a.NameZH, a.NameEN = l.ID, l.Holder, l.Holder
	a.LinkEventID, a.DelegationID, a.Officer, a.FirmID = l.EventID, l.DelegationID, l.Role, l.FirmID
	return a
}

// linkLife is how long a link may work after the event ends; those to a person's
// own page do so long.
const linkLife = 90 * 24 * time.Hour

// lastLink is the latest moment until which a link of an event may work.
func (s *Service) lastLink(e events.Event) time.Time {
	ends := e.Ends().Add(linkLife)
	if soon := s.now().Add(linkLife); soon.After(ends) {
		return soon
	}
	return ends
}

// MakeDelegationLink makes a link for the accreditation officer of a delegation,
// who is reminded of nothing; see MakeOfficerLink.
//
// Faults: as of MakeOfficerLink.
func (s *Service) MakeDelegationLink(ctx context.Context, by accounts.Actor, delegation ident.ID, holder string, until time.Time) (Link, string, error) {
	return s.MakeOfficerLink(ctx, by, delegation, Officer{Role: accounts.Accreditation, Holder: holder}, until)
}

// MakeFirmLink makes a link to the page of a firm that takes part in an event; see
// MakeDelegationLink.
//
// Faults: NotFound; Forbidden; Invalid with fields.
func (s *Service) MakeFirmLink(ctx context.Context, by accounts.Actor, event, firm ident.ID, holder string, until time.Time) (Link, string, error) {
	return s.makeLink(ctx, by, Link{EventID: event, FirmID: firm, Holder: holder, ExpiresAt: until})
}

func (s *Service) makeLink(ctx context.Context, by accounts.Actor, l Link) (Link, string, error) {
	if !by.May(accounts.EditDelegation, l.EventID) {
		return Link{}, "", fault.New(fault.Forbidden, "error.forbidden")
	}
	e, err := s.events.ByID(ctx, l.EventID)
	if err != nil {
		return Link{}, "", err
	}
	l.Holder = text.Clean(l.Holder)
	var bad fault.List
	text.Line(&bad, "holder", l.Holder, true, 120)
	l.checkOfficer(&bad)
	last := s.lastLink(e)
	bad.Check(l.ExpiresAt.After(s.now()) && !l.ExpiresAt.After(last), "until", "links.until", last.In(e.Location()).Format(time.DateOnly))
	if err := bad.Err(); err != nil {
		return Link{}, "", err
	}
	l.ID, l.MadeBy, l.CreatedAt = s.newID(), by.Called(), s.now()
	secret := newSecret()
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertLink(ctx, tx, hashOf(secret), ident.Nil, l); err != nil {
			return err
		}
		return s.recordLink(ctx, tx, by, "link.make", l)
	})
	return l, secret, err
}

func (s *Service) recordLink(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, action string, l Link) error {
	kind, object := "delegation", l.DelegationID
	if l.FirmID != ident.Nil {
		kind, object = "firm", l.FirmID
	}
	return s.record(ctx, tx, by, l.EventID, action, kind, object, nil, l.audited(), "")
}

// DelegationLinks answers the links of a delegation, ended ones too, newest first.
//
// Faults: NotFound; Forbidden.
func (s *Service) DelegationLinks(ctx context.Context, by accounts.Actor, delegation ident.ID) ([]Link, error) {
	if _, err := s.ByID(ctx, by, delegation); err != nil {
		return nil, err
	}
	return linksOfDelegation(ctx, s.db, delegation)
}

// FirmLinks answers the links of a firm in an event, ended ones too, newest first.
//
// Fault: Forbidden.
func (s *Service) FirmLinks(ctx context.Context, by accounts.Actor, event, firm ident.ID) ([]Link, error) {
	if !by.May(accounts.SeeDelegations, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return linksOfFirm(ctx, s.db, event, firm)
}

// RevokeLink ends a link of an event at once, and with an officer's those to members'
// own pages that were mailed to the officer. Ending it again changes nothing.
//
// Faults: Forbidden; NotFound, the event has no such link.
func (s *Service) RevokeLink(ctx context.Context, by accounts.Actor, event, id ident.ID) (l Link, err error) {
	if !by.May(accounts.EditDelegation, event) {
		return l, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if l, err = lockLink(ctx, tx, event, id); err != nil || l.RevokedAt != nil {
			return err
		}
		now := s.now()
		l.RevokedAt = &now
		if err := updateLinkRevoked(ctx, tx, id, now); err != nil {
			return err
		}
		return s.recordLink(ctx, tx, by, "link.revoke", l)
	})
	return l, err
}

// DelegationByLink answers the delegation that a link opens, and the link, whose
// Actor may then act for it.
//
// Fault: NotFound, no such link, or it ended.
func (s *Service) DelegationByLink(ctx context.Context, secret string) (Delegation, Link, error) {
	l, err := linkBySecret(ctx, s.db, hashOf(secret), s.now())
	if err == nil && l.DelegationID == ident.Nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return Delegation{}, Link{}, err
	}
	d, err := delegationByID(ctx, s.db, l.DelegationID)
	return d, l, err
}

// FirmByLink answers the link of a firm's page: which firm, in which event.
//
// Fault: NotFound, no such link, or it ended.
func (s *Service) FirmByLink(ctx context.Context, secret string) (Link, error) {
	l, err := linkBySecret(ctx, s.db, hashOf(secret), s.now())
	if err == nil && l.FirmID == ident.Nil {
		err = fault.New(fault.NotFound, "error.not_found")
	}
	if err != nil {
		return Link{}, err
	}
	return l, nil
}

// speakerFor answers the address of whoever speaks for a member of a delegation: of
// an officer who answers for members like them, or else of one who looks after their
// needs. Only the first may act for them, so that only the first may be told the
// link to their own page: acts is that officer's link, and Nil for the other. The address is empty when none is known.
func speakerFor(ctx context.Context, q store.Querier, delegation ident.ID, role string, at time.Time) (address string, acts ident.ID, err error) {
	speakers, err := speakersOf(ctx, q, delegation, at)
	if err != nil {
		return "", ident.Nil, fmt.Errorf("find who speaks for a delegation: %w", err)
	}
	for _, duty := range []accounts.Duty{accounts.Complete, accounts.EditNeeds} {
		for _, s := range speakers {
			if !s.Role.Covers(duty, role) {
				continue
			}
			address := addressIn(s.Holder)
			switch {
			case address == "":
			case duty == accounts.Complete:
				return address, s.ID, nil
			default:
				return address, ident.Nil, nil
			}
		}
	}
	return "", ident.Nil, nil
}

// addressIn finds the address in what the desk wrote about somebody.
func addressIn(said string) string {
	for word := range strings.FieldsFuncSeq(said, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>()[],;，；（）、:：", r) }) {
		if address, ok := text.Email(word); ok {
			return address
		}
	}
	return ""
}

// newLink makes a fresh link to the person's own page.
func (s *Service) newLink(ctx context.Context, tx *sqlx.Tx, e events.Event, registration ident.ID) (string, error) {
	secret := newSecret()
	return secret, insertLink(ctx, tx, hashOf(secret), registration, Link{ID: s.newID(), EventID: e.ID, CreatedAt: s.now(), ExpiresAt: s.lastLink(e)})
}

// newSecret is the last part of a link's address: 192 random bits.
func newSecret() string {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// ByLink answers whose own page a link opens.
//
// Fault: NotFound, no such link, or it ended.
func (s *Service) ByLink(ctx context.Context, secret string) (Registration, error) {
	r, _, err := s.OwnPage(ctx, secret)
	return r, err
}

// OwnPage answers whose own page a link opens, and when the link ends. One that was
// asked for again ends the older ones when it is first opened, and not before:
// whoever knows an address can ask.
//
// Fault: NotFound, no such link, or it ended.
func (s *Service) OwnPage(ctx context.Context, secret string) (r Registration, ends time.Time, err error) {
	link, err := registrationOfLink(ctx, s.db, hashOf(secret), s.now())
	if err != nil {
		return Registration{}, time.Time{}, err
	}
	if link.Renews {
		if err := updateRenewed(ctx, s.db, hashOf(secret), s.now()); err != nil {
			return Registration{}, time.Time{}, fmt.Errorf("end older links: %w", err)
		}
	}
	r, err = registrationByID(ctx, s.db, link.Registration)
	return r, link.Ends, err
}

// LastDay is the last day on which a link works that ends at an instant, as a
// clock of that place shows it.
func LastDay(ends time.Time, zone *time.Location) time.Time {
	return ends.Add(-time.Nanosecond).In(zone)
}
