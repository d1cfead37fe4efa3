package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// sessionLife is how long a session lasts after it was last used.
const sessionLife = 12 * time.Hour

// minPassword is the least length of a password, in characters.
const minPassword = 12

// Account is a member of staff.
type Account struct {
	ID         ident.ID   `db:"id"`
	Email      string     `db:"email"`
	NameZH     string     `db:"name_zh"`
	NameEN     string     `db:"name_en"`
	Lang       string     `db:"lang"`
	DisabledAt *time.Time `db:"disabled_at"`
	Grants     []Grant    `db:"-"`
}

// Called is whose account it is, in both languages.
func (a Account) Called() locale.Text { return locale.Text{ZH: a.NameZH, EN: a.NameEN} }

type storedAccount struct {
	Account
	PasswordHash string    `db:"password_hash"`
	SessionsFrom time.Time `db:"sessions_from"`
}

func (a storedAccount) actor(grants []Grant) Actor {
	return Actor{Kind: User, ID: a.ID, NameZH: a.NameZH, NameEN: a.NameEN, Lang: a.Lang, Grants: grants}
}

// APIToken lets another program act with one role.
type APIToken struct {
	ID        ident.ID   `db:"id"`
	Name      string     `db:"name"`
	Role      Role       `db:"role"`
	EventID   ident.ID   `db:"event_id"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt *time.Time `db:"expires_at"`
}

// Service signs people and programs in.
type Service struct {
	db    *sqlx.DB
	redis redis.UniversalClient
	now   clock.Clock
	newID ident.Source
	hash  hasher
	decoy string // hash of nothing, so that an unknown address takes as long as a known one
}

// New makes the service. Sessions live in Redis: without it nobody can sign in,
// and tokens of other programs go on working.
func New(db *sqlx.DB, rdb redis.UniversalClient, now clock.Clock, newID ident.Source) *Service {
	s := &Service{db: db, redis: rdb, now: now, newID: newID, hash: newHasher()}
	s.decoy = s.hash.hash(randomSecret())
	return s
}

// Create makes an account with its roles.
//
// Faults: Invalid with fields; Conflict, the address has an account.
func (s *Service) Create(ctx context.Context, by Actor, a Account, password string) (Account, error) {
	if !by.May(EditAccounts, ident.Nil) {
		return a, fault.New(fault.Forbidden, "error.forbidden")
	}
	a.Email = strings.TrimSpace(a.Email)
	var bad fault.List
	bad.Check(strings.Count(a.Email, "@") == 1 && len(a.Email) <= 254, "email", "field.email")
	a.NameZH, a.NameEN = text.Clean(a.NameZH), text.Clean(a.NameEN)
	text.Line(&bad, "name_zh", a.NameZH, true, 120)
	text.Line(&bad, "name_en", a.NameEN, true, 120)
	bad.Check(utf8.RuneCountInString(password) >= minPassword, "password", "field.password_short", minPassword)
	if err := bad.Err(); err != nil {
		return a, err
	}
	if a.Lang == "" {
		a.Lang = "zh"
	}
	a.ID = s.newID()
	hash := s.hash.hash(password)
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertUser(ctx, tx, a, hash, s.now()); err != nil {
			return err
		}
		for _, g := range a.Grants {
			if err := insertGrant(ctx, tx, a.ID, g, s.now()); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, by, ident.Nil, "account.create", "account", a.ID, map[string]any{"email": a.Email, "grants": a.Grants})
	})
	return a, err
}

// Names answers what every account is called, for the log that names them.
//
// Fault: Forbidden.
func (s *Service) Names(ctx context.Context, by Actor) (map[ident.ID]locale.Text, error) {
	if !by.MayAnywhere(SeeAudit) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := accountNames(ctx, s.db)
	names := map[ident.ID]locale.Text{}
	for _, a := range list {
		names[a.ID] = a.Called()
	}
	return names, err
}

// List answers every account, with its roles.
func (s *Service) List(ctx context.Context, by Actor) ([]Account, error) {
	if !by.May(EditAccounts, ident.Nil) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := accountList(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	for i := range list {
		if list[i].Grants, err = grantsOf(ctx, s.db, list[i].ID); err != nil {
			return nil, fmt.Errorf("list roles: %w", err)
		}
	}
	return list, nil
}

// Own answers the account of whoever acts.
//
// Fault: Forbidden, the actor is no member of staff.
func (s *Service) Own(ctx context.Context, by Actor) (Account, error) {
	if by.Kind != User {
		return Account{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	a, err := accountByID(ctx, s.db, by.ID)
	if err != nil {
		return Account{}, fmt.Errorf("read own account: %w", err)
	}
	return a.Account, nil
}

// SetPassword gives an account a new password. Sessions that were opened with the
// old one are over.
func (s *Service) SetPassword(ctx context.Context, by Actor, email, password string) error {
	if !by.May(EditAccounts, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if utf8.RuneCountInString(password) < minPassword {
		return fault.Fields(fault.Field{Path: "password", Key: "field.password_short", Args: []any{minPassword}})
	}
	hash := s.hash.hash(password)
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		a, err := accountByEmail(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := updatePassword(ctx, tx, a.ID, hash, s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, ident.Nil, "account.password", "account", a.ID, nil)
	})
}

// SignIn checks a password and opens a session; the secret goes into the
// browser's cookie and is stored here as a hash only.
//
// Faults: Invalid, wrong address or password (it does not say which);
// Unavailable, Redis is down.
func (s *Service) SignIn(ctx context.Context, email, password string) (Actor, string, error) {
	a, err := accountByEmail(ctx, s.db, strings.TrimSpace(email))
	if fault.CodeOf(err) == fault.NotFound {
		s.hash.matches(s.decoy, password)
		return Actor{}, "", fault.New(fault.Invalid, "signin.wrong")
	}
	if err != nil {
		return Actor{}, "", fmt.Errorf("sign in: %w", err)
	}
	if !s.hash.matches(a.PasswordHash, password) || a.DisabledAt != nil {
		return Actor{}, "", fault.New(fault.Invalid, "signin.wrong")
	}
	grants, err := grantsOf(ctx, s.db, a.ID)
	if err != nil {
		return Actor{}, "", fmt.Errorf("sign in: %w", err)
	}
	secret := randomSecret()
	row, _ := json.Marshal(session{User: a.ID, Since: s.now()})
	if err := s.redis.Set(ctx, sessionKey(secret), row, sessionLife).Err(); err != nil {
		return Actor{}, "", fault.Wrap(err, fault.Unavailable, "signin.unavailable")
	}
	return a.actor(grants), secret, nil
}

type session struct {
	User  ident.ID  `json:"user"`
	Since time.Time `json:"since"`
}

// longestSession is how long a session lasts however busy it is.
const longestSession = 7 * 24 * time.Hour

// over tells whether a session ended: it is too old, or the password is another
// since.
func (held session) over(a storedAccount, now time.Time) bool {
	return held.Since.Before(a.SessionsFrom) || now.Sub(held.Since) > longestSession
}

// BySession answers who holds a session, with the roles they have now.
//
// Faults: SignIn, no such session; Unavailable, Redis is down.
func (s *Service) BySession(ctx context.Context, secret string) (Actor, error) {
	return s.holder(ctx, s.redis.GetEx(ctx, sessionKey(secret), sessionLife))
}

// StillBySession is BySession for what goes on by itself, such as an open stream:
// it does not count as a use that keeps the session.
func (s *Service) StillBySession(ctx context.Context, secret string) (Actor, error) {
	return s.holder(ctx, s.redis.Get(ctx, sessionKey(secret)))
}

func (s *Service) holder(ctx context.Context, kept *redis.StringCmd) (Actor, error) {
	raw, err := kept.Bytes()
	if errors.Is(err, redis.Nil) {
		return Actor{}, fault.New(fault.SignIn, "error.sign_in")
	}
	if err != nil {
		return Actor{}, fault.Wrap(err, fault.Unavailable, "signin.unavailable")
	}
	var held session
	if err := json.Unmarshal(raw, &held); err != nil {
		return Actor{}, fault.New(fault.SignIn, "error.sign_in")
	}
	a, err := accountByID(ctx, s.db, held.User)
	if fault.CodeOf(err) == fault.NotFound || err == nil && (a.DisabledAt != nil || held.over(a, s.now())) {
		return Actor{}, fault.New(fault.SignIn, "error.sign_in")
	}
	if err != nil {
		return Actor{}, fmt.Errorf("read session: %w", err)
	}
	grants, err := grantsOf(ctx, s.db, a.ID)
	if err != nil {
		return Actor{}, fmt.Errorf("read session: %w", err)
	}
	return a.actor(grants), nil
}

// SignOut ends a session. Ending one that is gone is no failure.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	if err := s.redis.Del(ctx, sessionKey(secret)).Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "signin.unavailable")
	}
	return nil
}

// CreateToken makes a bearer token for another program. The secret is shown
// once; only its hash is kept.
func (s *Service) CreateToken(ctx context.Context, by Actor, name string, role Role, event ident.ID, expires *time.Time) (APIToken, string, error) {
	if !by.May(EditAccounts, ident.Nil) {
		return APIToken{}, "", fault.New(fault.Forbidden, "error.forbidden")
	}
	if n := utf8.RuneCountInString(name); n == 0 || n > 120 {
		return APIToken{}, "", fault.Fields(fault.Field{Path: "name", Key: "field.required"})
	}
	if _, known := granted[role]; !known && role != Owner {
		return APIToken{}, "", fault.Fields(fault.Field{Path: "role", Key: "field.choice"})
	}
	t := APIToken{ID: s.newID(), Name: name, Role: role, EventID: event, CreatedAt: s.now(), ExpiresAt: expires}
	secret := tokenPrefix + randomSecret()
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := insertToken(ctx, tx, t, hashSecret(secret)); err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "token.create", "token", t.ID, map[string]any{"name": name, "role": role})
	})
	return t, secret, err
}

// RevokeToken ends a token at once.
//
// Faults: Forbidden; NotFound, no such token, or it was revoked before.
func (s *Service) RevokeToken(ctx context.Context, by Actor, id ident.ID) error {
	if !by.May(EditAccounts, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		event, err := revokeToken(ctx, tx, id, s.now())
		if err != nil {
			return err
		}
		return s.record(ctx, tx, by, event, "token.revoke", "token", id, nil)
	})
}

// record writes the audit entry and the announcement of a change.
func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by Actor, event ident.ID, action, kind string, object ident.ID, after map[string]any) error {
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
		Action: action, ObjectKind: kind, ObjectID: object, After: after,
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: kind, Ref: object})
}

// tokenPrefix lets people and secret scanners know a leaked token for what it is.
const tokenPrefix = "qst_"

// ByToken answers which program holds a bearer token.
//
// Fault: SignIn, no such token, or it ended.
func (s *Service) ByToken(ctx context.Context, secret string) (Actor, error) {
	t, err := tokenByHash(ctx, s.db, hashSecret(secret), s.now())
	if fault.CodeOf(err) == fault.NotFound {
		return Actor{}, fault.New(fault.SignIn, "error.token")
	}
	if err != nil {
		return Actor{}, fmt.Errorf("read token: %w", err)
	}
	if err := touchToken(ctx, s.db, t.ID, s.now()); err != nil {
		return Actor{}, fmt.Errorf("note use of token: %w", err)
	}
	return Actor{Kind: Token, ID: t.ID, NameZH: t.Name, NameEN: t.Name, Grants: []Grant{{EventID: t.EventID, Role: t.Role}}}, nil
}

func randomSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func sessionKey(secret string) string { return "session:" + hex.EncodeToString(hashSecret(secret)) }
