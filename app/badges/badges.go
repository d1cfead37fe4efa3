// Package badges issues the credentials that open doors: a signed text for the QR
// code, the badge on paper, and their life from issue to revocation.
package badges

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// State is how far a badge has come (domain 4.6).
type State string

// The states of a badge. The last four are final.
const (
	Produced   State = "produced"
	Active     State = "active"
	Suspended  State = "suspended"
	Revoked    State = "revoked"
	Superseded State = "superseded"
	Returned   State = "returned"
	Expired    State = "expired"
)

// Badge is one credential of one person at one event.
type Badge struct {
	ID             ident.ID   `db:"id"`
	EventID        ident.ID   `db:"event_id"`
	RegistrationID ident.ID   `db:"registration_id"`
	Serial         string     `db:"serial"` // B-00417; reprints end in -R1, -R2
	Credential     []byte     `db:"credential"`
	KeyID          int        `db:"key_id"`
	Token          string     `db:"token"` // the text of the QR code
	BadgeType      string     `db:"badge_type"`
	ExtraZones     []string   `db:"-"`
	Days           []int      `db:"-"` // of the event, from 1
	State          State      `db:"state"`
	StateReason    string     `db:"state_reason"`
	ValidFrom      time.Time  `db:"valid_from"`
	ValidTo        time.Time  `db:"valid_to"`
	IssuedAt       time.Time  `db:"issued_at"`
	PrintedAt      *time.Time `db:"printed_at"` // the last time it went to paper; nil: never
	Version        int        `db:"version"`
}

// Living tells whether the badge can still open a door, now or after its release.
func (b Badge) Living() bool { return b.State == Produced || b.State == Active || b.State == Suspended }

// Portraits answer the portrait of a registration as JPEG; nil when there is none.
// files.Service does.
type Portraits interface {
	PhotoOf(ctx context.Context, registration ident.ID) ([]byte, error)
}

// Service is the one door to badges.
type Service struct {
	db        *sqlx.DB
	box       *seal.Box
	portraits Portraits // nil: badges carry none
	now       clock.Clock
	newID     ident.Source
}

// New makes the service.
func New(db *sqlx.DB, box *seal.Box, now clock.Clock, newID ident.Source) *Service {
	return &Service{db: db, box: box, now: now, newID: newID}
}

// With lets badges carry portraits.
func (s *Service) With(portraits Portraits) *Service {
	s.portraits = portraits
	return s
}

// IssueFor makes a person's badge within the caller's transaction. It opens doors
// at once.
//
// Fault: Conflict, the person holds a living badge.
func (s *Service) IssueFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r delegations.Registration) (delegations.Issued, error) {
	days, err := daysOfType(ctx, tx, e.ID, r.BadgeType)
	if err != nil {
		return delegations.Issued{}, fmt.Errorf("read badge type %s: %w", r.BadgeType, err)
	}
	number, err := nextSerial(ctx, tx)
	if err != nil {
		return delegations.Issued{}, fmt.Errorf("number badge: %w", err)
	}
	b := Badge{
		ID: s.newID(), EventID: e.ID, RegistrationID: r.ID, Serial: fmt.Sprintf("B-%05d", number), BadgeType: r.BadgeType, Days: days,
		State: Active, ValidFrom: e.Opens(), ValidTo: e.Ends(), IssuedAt: s.now(), Version: 1,
	}
	if err := s.sign(ctx, tx, &b, e.Number); err != nil {
		return delegations.Issued{}, err
	}
	if err := insertBadge(ctx, tx, b, ident.Nil); err != nil {
		return delegations.Issued{}, err
	}
	if err := s.record(ctx, tx, by, b, "badge.issue", ""); err != nil {
		return delegations.Issued{}, err
	}
	return delegations.Issued{ID: b.ID, Serial: b.Serial, Token: b.Token}, nil
}

// sign gives a badge its credential and its token.
func (s *Service) sign(ctx context.Context, q store.Querier, b *Badge, event int) error {
	id, key, err := s.signingKey(ctx, q)
	if err != nil {
		return err
	}
	b.KeyID, b.Credential = int(id), make([]byte, CredentialSize)
	_, _ = rand.Read(b.Credential) // never fails
	t := Token{KeyID: id, Event: uint32(event), Expires: b.ValidTo}
	copy(t.Credential[:], b.Credential)
	b.Token = Sign(key, t).String()
	return nil
}

// signingKey answers the newest key, and makes the first one.
func (s *Service) signingKey(ctx context.Context, q store.Querier) (uint8, ed25519.PrivateKey, error) {
	row, found, err := newestKey(ctx, q)
	if err != nil {
		return 0, nil, fmt.Errorf("read signing key: %w", err)
	}
	if !found {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return 0, nil, fmt.Errorf("make signing key: %w", err)
		}
		sealed, err := s.box.Seal(private.Seed(), keyPlace(1))
		if err != nil {
			return 0, nil, err
		}
		if row, err = firstKey(ctx, q, public, sealed, s.now()); err != nil {
			return 0, nil, fmt.Errorf("keep signing key: %w", err)
		}
	}
	seed, err := s.box.Open(row.PrivateSealed, keyPlace(row.ID))
	if err != nil {
		return 0, nil, fmt.Errorf("read signing key: %w", err)
	}
	return uint8(row.ID), ed25519.NewKeyFromSeed(seed), nil
}

func keyPlace(id int) string { return "signing_keys.private:" + strconv.Itoa(id) }

// Keyring answers the public keys by which doors verify tokens; those of old
// editions stay in it.
func (s *Service) Keyring(ctx context.Context) (map[uint8]ed25519.PublicKey, error) {
	rows, err := keyRows(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	ring := map[uint8]ed25519.PublicKey{}
	for _, k := range rows {
		ring[uint8(k.ID)] = k.PublicKey
	}
	return ring, nil
}

// ByID finds a badge.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Badge, error) {
	b, err := badgeByID(ctx, s.db, id)
	if err == nil && !by.May(accounts.SeeBadges, b.EventID) {
		return Badge{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return b, err
}

// LivingOf finds the badge that a registration holds.
//
// Fault: NotFound, it holds none.
func (s *Service) LivingOf(ctx context.Context, registration ident.ID) (Badge, error) {
	return livingBadge(ctx, s.db, registration)
}

// OfRegistration answers every badge that a registration ever had, the latest first.
// Whoever may see the registration may see them.
func (s *Service) OfRegistration(ctx context.Context, registration ident.ID) ([]Badge, error) {
	return badgesOf(ctx, s.db, registration)
}

// Revoke ends a badge for good. It needs a reason.
//
// Faults: Forbidden; NotFound; Conflict, it ended already; Invalid, no reason.
func (s *Service) Revoke(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (Badge, error) {
	return s.change(ctx, by, id, Revoked, "badge.revoke", reason, Produced, Active, Suspended)
}

// Suspend holds a badge: doors send its holder to a supervisor, without a word
// why. It needs a reason, for the office.
func (s *Service) Suspend(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (Badge, error) {
	return s.change(ctx, by, id, Suspended, "badge.suspend", reason, Active)
}

// Release lets a suspended badge open doors again.
func (s *Service) Release(ctx context.Context, by accounts.Actor, id ident.ID) (Badge, error) {
	return s.change(ctx, by, id, Active, "badge.release", "", Suspended)
}

func (s *Service) change(ctx context.Context, by accounts.Actor, id ident.ID, to State, action, reason string, from ...State) (b Badge, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if b, err = badgeByID(ctx, tx, id); err != nil {
			return err
		}
		if !by.May(accounts.RevokeBadge, b.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		// The person first, as everybody does who changes a badge; then what it is now.
		if err := lockRegistration(ctx, tx, b.RegistrationID); err != nil {
			return err
		}
		if b, err = badgeByID(ctx, tx, id); err != nil {
			return err
		}
		if !slices.Contains(from, b.State) {
			return refusal(b)
		}
		if to != Active {
			if reason, err = checkedReason(reason); err != nil {
				return err
			}
		}
		changed, err := updateState(ctx, tx, b, to, reason, s.now())
		if err != nil {
			return err
		}
		if !changed {
			return fault.New(fault.Conflict, "error.changed")
		}
		b.State, b.StateReason, b.Version = to, reason, b.Version+1
		return s.record(ctx, tx, by, b, action, reason)
	})
	return b, err
}

// refusal says why a badge cannot change as asked: it ended, or is not in the
// state that the change begins from.
func refusal(b Badge) error {
	if b.Living() {
		return fault.New(fault.Conflict, "badge.not_now", b.Serial)
	}
	return fault.New(fault.Conflict, "badge.ended", b.Serial)
}

// checkedReason cleans why somebody changes a badge, which the log must say.
func checkedReason(reason string) (string, error) {
	reason = text.Clean(reason)
	var bad fault.List
	text.Line(&bad, "reason", reason, true, 500)
	return reason, bad.Err()
}

// EndAllOf revokes whatever badge a registration holds, within the caller's
// transaction. Holding none is no failure.
func (s *Service) EndAllOf(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration ident.ID, reason string) error {
	b, err := livingBadge(ctx, tx, registration)
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	changed, err := updateState(ctx, tx, b, Revoked, reason, s.now())
	if err != nil {
		return err
	}
	if !changed {
		return fault.New(fault.Conflict, "error.changed")
	}
	b.State = Revoked
	return s.record(ctx, tx, by, b, "badge.revoke", reason)
}

// Reissue replaces a badge by a new one with a new credential: the old one opens
// nothing from now on. A badge on hold stays so. It needs a reason.
//
// Faults: Forbidden; NotFound; Conflict, the badge ended; Invalid, no reason.
func (s *Service) Reissue(ctx context.Context, by accounts.Actor, id ident.ID, reason string) (b Badge, err error) {
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		old, err := badgeByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if !by.May(accounts.IssueBadge, old.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if err := lockRegistration(ctx, tx, old.RegistrationID); err != nil {
			return err
		}
		if old, err = badgeByID(ctx, tx, id); err != nil {
			return err
		}
		if !old.Living() {
			return refusal(old)
		}
		if reason, err = checkedReason(reason); err != nil {
			return err
		}
		b, err = s.replace(ctx, tx, by, old, old, reason)
		return err
	})
	return b, err
}

// ReplaceFor gives a registration another badge, of its badge type, instead of the
// living one; see delegations.Issuer.
func (s *Service) ReplaceFor(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r delegations.Registration, reason string) (delegations.Issued, error) {
	old, err := livingBadge(ctx, tx, r.ID)
	if fault.CodeOf(err) == fault.NotFound {
		return delegations.Issued{}, nil
	}
	if err != nil {
		return delegations.Issued{}, err
	}
	like := old
	if r.BadgeType != old.BadgeType {
		like.BadgeType, like.ExtraZones = r.BadgeType, nil
		if like.Days, err = daysOfType(ctx, tx, e.ID, r.BadgeType); err != nil {
			return delegations.Issued{}, fmt.Errorf("read badge type %s: %w", r.BadgeType, err)
		}
	}
	b, err := s.replace(ctx, tx, by, old, like, reason)
	if err != nil {
		return delegations.Issued{}, err
	}
	issued := delegations.Issued{ID: b.ID, Serial: b.Serial}
	if b.State == Active {
		issued.Token = b.Token
	}
	return issued, nil
}

// replace ends a badge and issues one like another in its place, within the
// caller's transaction.
func (s *Service) replace(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, old, like Badge, reason string) (Badge, error) {
	changed, err := updateState(ctx, tx, old, Superseded, reason, s.now())
	if err != nil {
		return Badge{}, err
	}
	if !changed {
		return Badge{}, fault.New(fault.Conflict, "error.changed")
	}
	ended := old
	ended.State = Superseded
	if err := s.record(ctx, tx, by, ended, "badge.supersede", reason); err != nil {
		return Badge{}, err
	}
	number, err := eventNumber(ctx, tx, old.EventID)
	if err != nil {
		return Badge{}, err
	}
	b := like
	b.ID, b.Serial, b.State, b.IssuedAt, b.PrintedAt, b.Version = s.newID(), nextReprint(old.Serial), Active, s.now(), nil, 1
	if old.State == Suspended {
		b.State = Suspended
	} else {
		b.StateReason = ""
	}
	if err := s.sign(ctx, tx, &b, number); err != nil {
		return Badge{}, err
	}
	if err := insertBadge(ctx, tx, b, old.ID); err != nil {
		return Badge{}, err
	}
	return b, s.record(ctx, tx, by, b, "badge.reissue", reason)
}

// nextReprint is the serial of the badge that replaces one: B-00417, B-00417-R1,
// B-00417-R2 …
func nextReprint(serial string) string {
	n := 0
	if i := slices.Index([]byte(serial), 'R'); i > 0 {
		n, _ = strconv.Atoi(serial[i+1:])
		serial = serial[:i-1]
	}
	return serial + "-R" + strconv.Itoa(n+1)
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, b Badge, action, reason string) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: b.EventID,
		Action: action, ObjectKind: "badge", ObjectID: b.ID, After: map[string]any{"serial": b.Serial, "state": b.State}, Reason: reason,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: b.EventID, Kind: "badge", Ref: b.ID})
}
