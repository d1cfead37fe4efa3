// Package firms keeps the host city's firms: what they offer and seek, and which
// grants of the office they hold.
package firms

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Firm is a firm of the host city.
type Firm struct {
	ID              ident.ID    `db:"id"`
	Code            string      `db:"code"`        // F001
	CreditCode      string      `db:"credit_code"` // unified social credit code
	Name            locale.Text `db:"name"`
	District        string      `db:"district_code"`
	Sectors         []string    `db:"-"` // one to three codes, the most important first
	Ownership       string      `db:"ownership"`
	Employees       *int        `db:"employees"`
	Languages       []string    `db:"-"`
	Offers          locale.Text `db:"offers"`
	Needs           locale.Text `db:"needs"`
	TargetCountries []string    `db:"-"`
	CompetitorGroup string      `db:"competitor_group"`
	Email           string      `db:"contact_email"`
	Version         int         `db:"version"`
}

// Grant is a dated attribute of a firm, given by the office and revocable.
// Whitelist and direct report are two things; auto approval is a policy of this
// program alone.
type Grant struct {
	ID        ident.ID   `db:"id"`
	FirmID    ident.ID   `db:"firm_id"`
	Kind      string     `db:"kind"` // whitelist, direct_report, auto_approve
	From      time.Time  `db:"valid_from"`
	ReviewOn  time.Time  `db:"review_on"`
	RevokedOn *time.Time `db:"revoked_on"`
	Basis     string     `db:"basis"`
	GrantedBy string     `db:"granted_by"`
}

// creditSigns are the signs of a unified social credit code and their values:
// digits and capitals without I, O, S, V, Z (GB 32100-2015).
const creditSigns = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// ValidCreditCode tells whether a code has eighteen signs of which the last is
// the check sign of the others: C18 = 31 − (Σ Ci·3^(i−1) mod 31) mod 31
// (GB 32100-2015).
func ValidCreditCode(code string) bool {
	if len(code) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(creditSigns, code[i])
		if value < 0 {
			return false
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return code[17] == creditSigns[(31-sum%31)%31]
}

// Service is the one door to firms.
type Service struct {
	db    *sqlx.DB
	now   clock.Clock
	newID ident.Source
}

// New makes the service.
func New(db *sqlx.DB, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, now: now, newID: newID}
}

// Save adds a firm, or changes the one of the same code.
//
// Faults: Forbidden; Invalid with fields; Conflict, the credit code is another
// firm's.
func (s *Service) Save(ctx context.Context, by accounts.Actor, in Firm) (Firm, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	in.check(&bad)
	if err := bad.Err(); err != nil {
		return in, err
	}
	in.ID = s.newID()
	err := s.write(ctx, by, ident.Nil, "firm.save", in.ID, func(tx *sqlx.Tx) (err error) {
		in.ID, err = s.save(ctx, tx, in)
		return err
	})
	return in, err
}

// save writes a firm, new or known by its code.
func (s *Service) save(ctx context.Context, tx *sqlx.Tx, in Firm) (ident.ID, error) {
	id, err := upsertFirm(ctx, tx, in, s.now())
	if err != nil {
		return id, err
	}
	return id, replaceSectors(ctx, tx, id, in.Sectors)
}

// check cleans and checks what is said of a firm.
func (in *Firm) check(bad *fault.List) {
	in.CreditCode = strings.ToUpper(text.Halfwidth(in.CreditCode))
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	bad.Check(in.Code != "" && len(in.Code) <= 20, "code", "field.required")
	bad.Check(ValidCreditCode(in.CreditCode), "credit_code", "firms.credit_code")
	text.Line(bad, "name_zh", in.Name.ZH, true, 120)
	text.Line(bad, "name_en", in.Name.EN, true, 120)
	bad.Check(len(in.Sectors) >= 1 && len(in.Sectors) <= 3, "sectors", "firms.sectors")
	in.Offers, in.Needs = checkTrade(bad, in.Offers, in.Needs)
	if in.Email != "" {
		var ok bool
		in.Email, ok = text.Email(in.Email)
		bad.Check(ok, "contact_email", "field.email")
	}
}

// checkTrade cleans and checks what a firm offers and seeks.
func checkTrade(bad *fault.List, offers, needs locale.Text) (locale.Text, locale.Text) {
	for _, field := range []struct {
		path string
		said *string
	}{
		{"offers_zh", &offers.ZH}, {"offers_en", &offers.EN}, {"needs_zh", &needs.ZH}, {"needs_en", &needs.EN},
	} {
		*field.said = text.Clean(*field.said)
		text.Line(bad, field.path, *field.said, false, 300)
	}
	return offers, needs
}

// EditTrade sets what a firm offers and seeks, by the office or by whoever holds
// the firm's link of an event. version is the one that was shown.
//
// Faults: Forbidden; NotFound, the firm does not take part in the event; Invalid
// with fields; Conflict, somebody changed the firm meanwhile.
func (s *Service) EditTrade(ctx context.Context, by accounts.Actor, event, id ident.ID, version int, offers, needs locale.Text) (f Firm, err error) {
	if !by.May(accounts.EditDelegation, event) && !by.ForFirm(event, id) {
		return f, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	offers, needs = checkTrade(&bad, offers, needs)
	if err := bad.Err(); err != nil {
		return f, err
	}
	err = s.write(ctx, by, event, "firm.trade", id, func(tx *sqlx.Tx) error {
		if f, err = lockFirm(ctx, tx, event, id); err != nil {
			return err
		}
		if f.Version != version {
			return fault.New(fault.Conflict, "error.changed")
		}
		f.Offers, f.Needs, f.Version = offers, needs, f.Version+1
		return updateTrade(ctx, tx, f)
	})
	if err != nil {
		return Firm{}, err
	}
	return f, nil
}

// Give grants a firm an attribute.
//
// Faults: Forbidden; Invalid with fields; Conflict, the firm holds it already.
func (s *Service) Give(ctx context.Context, by accounts.Actor, g Grant) (Grant, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return g, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	text.Line(&bad, "basis", text.Clean(g.Basis), true, 500)
	bad.Check(g.ReviewOn.After(g.From), "review_on", "field.order")
	if err := bad.Err(); err != nil {
		return g, err
	}
	g.ID, g.GrantedBy = s.newID(), by.Name()
	return g, s.write(ctx, by, ident.Nil, "firm.grant", g.FirmID, func(tx *sqlx.Tx) error { return insertGrant(ctx, tx, g) })
}

// Join has a firm take part in an event; at a stop of an overseas week, or
// everywhere when stop is Nil.
func (s *Service) Join(ctx context.Context, by accounts.Actor, event, firm, stop ident.ID) error {
	if !by.May(accounts.EditDelegation, event) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.write(ctx, by, event, "firm.join", firm, func(tx *sqlx.Tx) error { return insertParticipation(ctx, tx, event, firm, stop) })
}

// List answers every firm in order of code.
func (s *Service) List(ctx context.Context) ([]Firm, error) { return firmList(ctx, s.db) }

// OfEvent answers the firms that take part in an event in order of code.
func (s *Service) OfEvent(ctx context.Context, event ident.ID) ([]Firm, error) {
	return firmsOfEvent(ctx, s.db, event)
}

// InEvent finds a firm that takes part in an event.
//
// Fault: NotFound.
func (s *Service) InEvent(ctx context.Context, event, id ident.ID) (Firm, error) {
	return firmInEvent(ctx, s.db, event, id)
}

// Matches tells whether a firm is found by what somebody searches for, in any
// script.
func (f Firm) Matches(search string) bool {
	return strings.Contains(text.Search(f.Code, f.Name.ZH, f.Name.EN, f.Offers.ZH, f.Offers.EN, f.Needs.ZH, f.Needs.EN), text.Fold(search))
}

func (s *Service) write(ctx context.Context, by accounts.Actor, event ident.ID, action string, firm ident.ID, change func(tx *sqlx.Tx) error) error {
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, action, firm)
	})
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event ident.ID, action string, firm ident.ID) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: "firm", ObjectID: firm,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "firm", Ref: firm})
}
