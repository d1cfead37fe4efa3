package doors_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/demo"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
)

var system = accounts.SystemActor("test")

// noLetters is a mail service that writes to nobody.
type noLetters struct{}

func (noLetters) Write(context.Context, *sqlx.Tx, delegations.Letter) error { return nil }

func (noLetters) Notify(context.Context, *sqlx.Tx, delegations.Notice) error     { return nil }
func (noLetters) Invite(context.Context, *sqlx.Tx, delegations.Invitation) error { return nil }

func (noLetters) Together(context.Context, *sqlx.Tx, string, []delegations.Letter) error { return nil }

func (noLetters) Remind(context.Context, *sqlx.Tx, delegations.Reminder) error { return nil }

// ground is the demo's forum, on a database of its own, at an hour of its own.
type ground struct {
	t       testing.TB
	db      *sqlx.DB
	at      time.Time
	doors   *doors.Service
	badges  *badges.Service
	guests  *delegations.Service
	events  *events.Service
	forum   events.Event
	week    events.Event
	gates   map[string]doors.Gate // by code
	zones   map[string]ident.ID
	devices map[string]accounts.Actor // by gate code
}

func newGround(t testing.TB) *ground {
	t.Helper()
	g := &ground{t: t, db: storetest.New(t), at: demo.Opens(), gates: map[string]doors.Gate{}, zones: map[string]ident.ID{}, devices: map[string]accounts.Actor{}}
	box := ok(seal.New(bytes.Repeat([]byte{5}, 32)))
	quiet := slog.New(slog.DiscardHandler)
	if err := demo.Load(t.Context(), demo.Ground{DB: g.db, Redis: storetest.Redis(t), RedisPrefix: "t:", Box: box, Mail: noLetters{}, Log: quiet}, "a long password for tests"); err != nil {
		t.Fatal(err)
	}
	// The demo's doors have let people in already; these tests begin before.
	g.do(`DELETE FROM scans; DELETE FROM presence; UPDATE registrations SET status = 'badge_issued' WHERE status = 'checked_in'`)
	now := clock.Clock(func() time.Time { return g.at })
	g.events = events.New(g.db, now, ident.New)
	g.badges = badges.New(g.db, box, now, ident.New)
	g.guests = delegations.New(g.db, box, g.events, g.badges, noLetters{}, now, ident.New)
	g.doors = doors.New(g.db, g.events, g.guests, now, ident.New)
	for _, e := range ok(g.events.List(t.Context())) {
		switch e.Prefix {
		case "F27":
			g.forum = e
		case "W27":
			g.week = e
		}
	}
	for _, z := range ok(g.events.Zones(t.Context(), g.forum.ID)) {
		g.zones[z.Code] = z.ID
	}
	return g
}

func ok[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// set moves the clock, to an instant as people write it.
func (g *ground) set(at string) {
	g.t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, at); err == nil {
			g.at = t.UTC()
			return
		}
	}
	g.t.Fatalf("no instant: %s", at)
}

// gate makes a gate of a zone with a device at it.
func (g *ground) gate(code, zone string, session ident.ID) doors.Gate {
	g.t.Helper()
	made := ok(g.doors.SaveGate(g.t.Context(), system, doors.Gate{
		ID: g.existing(code), EventID: g.forum.ID, Code: code, Name: locale.Text{ZH: code + "号门", EN: "Gate " + code}, ZoneID: g.zones[zone], SessionID: session, Direction: doors.Both,
	}))
	g.gates[code] = made
	g.devices[code] = g.device(code, doors.Steward)
	return made
}

// existing finds the demo's gate of a code.
func (g *ground) existing(code string) ident.ID {
	g.t.Helper()
	for _, gate := range ok(g.doors.Gates(g.t.Context(), system, g.forum.ID)) {
		if gate.Code == code {
			return gate.ID
		}
	}
	return ident.Nil
}

// device pairs a device at a gate.
func (g *ground) device(gate string, duty doors.Duty) accounts.Actor {
	g.t.Helper()
	_, code, err := g.doors.AddDevice(g.t.Context(), system, g.gates[gate].ID, "Phone "+gate, duty)
	if err != nil {
		g.t.Fatal(err)
	}
	_, secret, err := g.doors.Pair(g.t.Context(), code)
	if err != nil {
		g.t.Fatal(err)
	}
	return ok(g.doors.BySecret(g.t.Context(), secret))
}

// of finds a member's registration by the demo's number.
func (g *ground) of(member string) ident.ID {
	g.t.Helper()
	var id ident.ID
	if err := g.db.GetContext(g.t.Context(), &id, `SELECT r.id FROM registrations r JOIN persons p ON p.id = r.person_id WHERE p.email = $1 AND r.event_id = $2`,
		member+"@delegate.example", g.forum.ID); err != nil {
		g.t.Fatalf("%s: %v", member, err)
	}
	return id
}

func (g *ground) badge(member string) badges.Badge {
	g.t.Helper()
	return ok(g.badges.LivingOf(g.t.Context(), g.of(member)))
}

// guest registers somebody new and gives them a badge of a type.
func (g *ground) guest(event events.Event, name, badgeType, role string) badges.Badge {
	g.t.Helper()
	ctx := g.t.Context()
	r, _, err := g.guests.Register(ctx, system, event.ID, delegations.Input{
		Category: "staff", GivenName: "Test", FamilyName: name, NameNative: "Test " + name, NativeOrder: "given_first", Nationality: "CN", Languages: []string{"en"},
		Email: "test@example.org", TitleEN: "Guest", Organisation: "Test", Consent: true, Lang: "en", Role: role, BadgeType: badgeType, Source: "office",
	})
	if err != nil {
		g.t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(ctx, system, r.ID); err != nil {
		g.t.Fatal(err)
	}
	return ok(g.badges.LivingOf(ctx, r.ID))
}

func (g *ground) do(query string, args ...any) {
	g.t.Helper()
	if _, err := g.db.ExecContext(g.t.Context(), query, args...); err != nil {
		g.t.Fatal(err)
	}
}

// forge signs a token with a key that is not ours.
func forge(text string) string {
	token := ok(badges.Parse(text))
	return badges.Sign(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize)), token).String()
}

func (g *ground) scan(gate, token string, d doors.Direction) doors.Verdict {
	g.t.Helper()
	v, err := g.doors.Admit(g.t.Context(), g.devices[gate], doors.Scan{ScanID: ident.New(), Token: token, Direction: d, ScannedAt: g.at})
	if err != nil {
		g.t.Fatalf("scan at %s: %v", gate, err)
	}
	return v
}
