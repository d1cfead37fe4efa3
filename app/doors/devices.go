package doors

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Duty is what whoever holds a device may do.
type Duty string

// The duties.
const (
	Steward    Duty = "steward"    // reads badges
	Supervisor Duty = "supervisor" // may also let in against the verdict and search by name
)

// Device is a phone or a scanner at a gate. It holds no password: it is paired
// once by a code and revoked in one press.
type Device struct {
	EventID     ident.ID    `db:"event_id"`
	ID          ident.ID    `db:"id"`
	GateID      ident.ID    `db:"gate_id"`
	Name        string      `db:"name"`
	Duty        Duty        `db:"duty"`
	PairingEnds *time.Time  `db:"pairing_ends"` // nil: no code waits to be entered
	CreatedAt   time.Time   `db:"created_at"`
	PairedAt    *time.Time  `db:"paired_at"`
	RevokedAt   *time.Time  `db:"revoked_at"`
	LastSeenAt  *time.Time  `db:"last_seen_at"`
	GateCode    string      `db:"gate_code"`
	Gate        locale.Text `db:"gate"`
}

// Status is how the device stands: waiting, expired, paired, revoked.
func (d Device) Status(now time.Time) string {
	switch {
	case d.RevokedAt != nil:
		return "revoked"
	case d.PairedAt != nil:
		return "paired"
	case d.PairingEnds != nil && d.PairingEnds.After(now):
		return "waiting"
	}
	return "expired"
}

// pairingLife is how long a pairing code is good.
const pairingLife = 15 * time.Minute

// AddDevice makes a device at a gate and the code that pairs it, once, within a
// quarter of an hour.
//
// Faults: Forbidden; Invalid with fields; NotFound, no such gate.
func (s *Service) AddDevice(ctx context.Context, by accounts.Actor, gate ident.ID, name string, duty Duty) (d Device, code string, err error) {
	name = text.Clean(name)
	var bad fault.List
	text.Line(&bad, "name", name, true, 60)
	bad.Check(duty == Steward || duty == Supervisor, "duty", "field.choice")
	if err := bad.Err(); err != nil {
		return d, "", err
	}
	g, err := gateByID(ctx, s.db, gate)
	if err != nil {
		return d, "", err
	}
	now := s.now()
	ends := now.Add(pairingLife)
	code = pairingCode()
	d = Device{EventID: g.EventID, ID: s.newID(), GateID: g.ID, Name: name, Duty: duty, PairingEnds: &ends, CreatedAt: now, GateCode: g.Code, Gate: g.Name}
	err = s.change(ctx, by, g.EventID, func(tx *sqlx.Tx) (string, ident.ID, error) {
		return "device.add", d.ID, insertDevice(ctx, tx, d, hashOf(code))
	})
	return d, code, err
}

// NewCode ends whatever pairing a device has and makes a new code for it.
//
// Faults: Forbidden; NotFound; Conflict, it is revoked.
func (s *Service) NewCode(ctx context.Context, by accounts.Actor, device ident.ID) (d Device, code string, err error) {
	row, err := oneDevice(ctx, s.db, `d.id = $1`, device)
	if err != nil {
		return d, "", err
	}
	d = row.Device
	if d.RevokedAt != nil {
		return d, "", fault.New(fault.Conflict, "device.revoked_already", d.Name)
	}
	ends := s.now().Add(pairingLife)
	code, d.PairingEnds, d.PairedAt = pairingCode(), &ends, nil
	err = s.change(ctx, by, d.EventID, func(tx *sqlx.Tx) (string, ident.ID, error) {
		return "device.code", d.ID, updatePairing(ctx, tx, d.ID, hashOf(code), ends)
	})
	return d, code, err
}

// RevokeDevice ends a device: it reads nothing from now on.
//
// Faults: Forbidden; NotFound.
func (s *Service) RevokeDevice(ctx context.Context, by accounts.Actor, device ident.ID) (Device, error) {
	row, err := oneDevice(ctx, s.db, `d.id = $1`, device)
	if err != nil {
		return Device{}, err
	}
	return row.Device, s.change(ctx, by, row.EventID, func(tx *sqlx.Tx) (string, ident.ID, error) {
		return "device.revoke", row.ID, revokeDevice(ctx, tx, row.ID, s.now())
	})
}

// Devices answers an event's devices, those at work first.
//
// Fault: Forbidden.
func (s *Service) Devices(ctx context.Context, by accounts.Actor, event ident.ID) ([]Device, error) {
	if !by.May(accounts.SeeDoors, event) {
		return nil, forbidden()
	}
	return devicesOf(ctx, s.db, event)
}

// Device finds one device.
//
// Faults: Forbidden; NotFound.
func (s *Service) Device(ctx context.Context, by accounts.Actor, id ident.ID) (Device, error) {
	row, err := oneDevice(ctx, s.db, `d.id = $1`, id)
	if err == nil && !by.May(accounts.SeeDoors, row.EventID) {
		return Device{}, forbidden()
	}
	return row.Device, err
}

// Pair gives the secret of a device to whoever enters its code, once.
//
// Fault: Invalid, the code is not good or no longer.
func (s *Service) Pair(ctx context.Context, code string) (d Device, secret string, err error) {
	code = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text.Halfwidth(code)))
	secret = secretPrefix + randomText(32)
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		ids, err := pairDevice(ctx, tx, hashOf(code), hashOf(secret), s.now())
		if err != nil {
			return fmt.Errorf("pair device: %w", err)
		}
		if len(ids) == 0 {
			return fault.Fields(fault.Field{Path: "code", Key: "device.code_wrong"})
		}
		row, err := oneDevice(ctx, tx, `d.id = $1`, ids[0])
		if err != nil {
			return err
		}
		d = row.Device
		if err := s.record(ctx, tx, row.actor(), d.EventID, "device.pair", "device", d.ID, ""); err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: d.EventID, Kind: "gate", Ref: d.ID})
	})
	if err != nil {
		return Device{}, "", err
	}
	return d, secret, nil
}

// secretPrefix lets people and secret scanners know a device's secret for what it
// is.
const secretPrefix = "qsd_"

// BySecret answers which device holds a bearer secret.
//
// Fault: SignIn, none does, or it was revoked.
func (s *Service) BySecret(ctx context.Context, secret string) (accounts.Actor, error) {
	if !strings.HasPrefix(secret, secretPrefix) {
		return accounts.Actor{}, fault.New(fault.SignIn, "error.token")
	}
	row, err := oneDevice(ctx, s.db, `d.secret_hash = $1 AND d.revoked_at IS NULL`, hashOf(secret))
	if fault.CodeOf(err) == fault.NotFound {
		return accounts.Actor{}, fault.New(fault.SignIn, "device.unknown")
	}
	if err != nil {
		return accounts.Actor{}, fmt.Errorf("read device: %w", err)
	}
	if err := touchDevice(ctx, s.db, row.ID, s.now()); err != nil {
		return accounts.Actor{}, fmt.Errorf("note device: %w", err)
	}
	return row.actor(), nil
}

func (r deviceRow) actor() accounts.Actor {
	return accounts.Actor{
		Kind: accounts.Device, ID: r.ID, NameZH: r.Name, NameEN: r.Name, Grants: []accounts.Grant{{EventID: r.EventID}},
		GateID: r.GateID, Supervisor: r.Duty == Supervisor,
	}
}

// pairingSigns leave out what is mistaken for something else.
const pairingSigns = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// pairingCode is ten signs, 50 random bits: more than can be tried in a quarter
// of an hour at the rate that pairing allows.
func pairingCode() string {
	b := make([]byte, 10)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = pairingSigns[b[i]&31]
	}
	return string(b)
}

func randomText(size int) string {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
