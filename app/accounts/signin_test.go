package accounts_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/storetest"
)

var (
	noon = clock.At("2027-06-09T12:00:00+08:00")
	root = accounts.SystemActor("test")
)

const password = "correct horse battery"

func newService(t *testing.T) *accounts.Service {
	t.Helper()
	return accounts.New(storetest.New(t), storetest.Redis(t), noon, ident.New)
}

func create(t *testing.T, s *accounts.Service, email string, role accounts.Role) accounts.Account {
	t.Helper()
	a, err := s.Create(t.Context(), root, accounts.Account{
		Email: email, NameZH: "礼宾处", NameEN: "Protocol desk", Grants: []accounts.Grant{{Role: role}},
	}, password)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a := create(t, s, "Desk@Office.example", accounts.Protocol)
	if _, _, err := s.SignIn(t.Context(), "desk@office.example", "wrong horse battery"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("wrong password: %v, want invalid", err)
	}
	if _, _, err := s.SignIn(t.Context(), "nobody@office.example", password); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("unknown address: %v, want invalid", err)
	}
	actor, secret, err := s.SignIn(t.Context(), " desk@office.example ", password)
	if err != nil || actor.ID != a.ID || !actor.May(accounts.DecideRegistration, ident.New()) {
		t.Fatalf("signed in as %+v, %v", actor, err)
	}
	again, err := s.BySession(t.Context(), secret)
	if err != nil || again.ID != a.ID || again.NameZH != "礼宾处" {
		t.Errorf("session holds %+v, %v", again, err)
	}
	if err := s.SignOut(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BySession(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("after signing out: %v, want sign_in", err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	create(t, s, "one@office.example", accounts.Owner)
	_, err := s.Create(t.Context(), root, accounts.Account{Email: "ONE@office.example", NameZH: "甲", NameEN: "A"}, password)
	if f, ok := fault.Of(err); !ok || f.Code != fault.Conflict || f.Key != "constraint.users_email" {
		t.Errorf("second account of one address: %v", err)
	}
	_, err = s.Create(t.Context(), root, accounts.Account{Email: "no address"}, "short")
	f, ok := fault.Of(err)
	if !ok || f.Code != fault.Invalid || len(f.Fields) != 4 {
		t.Errorf("four broken fields: %v", err)
	}
	if _, err := s.Create(t.Context(), accounts.GuestActor(), accounts.Account{}, password); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest makes no account: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ends := noon().Add(time.Hour)
	tok, secret, err := s.CreateToken(t.Context(), root, "import script", accounts.Owner, ident.Nil, &ends)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := s.ByToken(t.Context(), secret)
	if err != nil || actor.Kind != accounts.Token || !actor.May(accounts.CreateEvent, ident.Nil) {
		t.Errorf("token acts as %+v, %v", actor, err)
	}
	if _, err := s.ByToken(t.Context(), secret+"x"); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("another secret: %v, want sign_in", err)
	}
	if err := s.RevokeToken(t.Context(), root, tok.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ByToken(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("revoked: %v, want sign_in", err)
	}
	if err := s.RevokeToken(t.Context(), root, tok.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("revoked twice: %v, want not_found", err)
	}
	_, _, err = s.CreateToken(t.Context(), root, "x", accounts.Role("king"), ident.Nil, nil)
	if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Path != "role" {
		t.Errorf("an unknown role: %v", errors.Unwrap(err))
	}
}

func TestTokenEnds(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	ends := noon().Add(time.Hour)
	_, secret, err := accounts.New(db, rdb, noon, ident.New).CreateToken(t.Context(), root, "short", accounts.Analyst, ident.Nil, &ends)
	if err != nil {
		t.Fatal(err)
	}
	later := accounts.New(db, rdb, func() time.Time { return ends.Add(time.Second) }, ident.New)
	if _, err := later.ByToken(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("after its end: %v, want sign_in", err)
	}
}

func TestNewPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	now := noon()
	s := accounts.New(storetest.New(t), storetest.Redis(t), func() time.Time { return now }, ident.New)
	create(t, s, "desk@office.example", accounts.Protocol)
	_, old, err := s.SignIn(t.Context(), "desk@office.example", password)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if err := s.SetPassword(t.Context(), root, "desk@office.example", "another long password"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BySession(t.Context(), old); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("a session of the old password: %v, want sign_in", err)
	}
	now = now.Add(time.Minute)
	_, fresh, err := s.SignIn(t.Context(), "desk@office.example", "another long password")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.BySession(t.Context(), fresh); err != nil {
		t.Errorf("a session of the new one: %v", err)
	}
	now = now.Add(8 * 24 * time.Hour)
	if _, err := s.BySession(t.Context(), fresh); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("a session of last week: %v, want sign_in", err)
	}
}

// Every change of an account or a token is logged and announced, in the
// transaction of its own.
func TestWritesAreLoggedAndAnnounced(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	s := accounts.New(db, storetest.Redis(t), noon, ident.New)
	create(t, s, "owner@office.example", accounts.Owner)
	desk := create(t, s, "desk@office.example", accounts.Protocol)
	if err := s.SetPassword(t.Context(), root, desk.Email, password+"!"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Disable(t.Context(), root, desk.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), root, desk.ID); err != nil {
		t.Fatal(err)
	}
	made, _, err := s.CreateToken(t.Context(), root, "import", accounts.Owner, ident.Nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(t.Context(), root, made.ID); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = db.SelectContext(t.Context(), &got, `
		SELECT a.action || ' ' || o.kind FROM audit_entries a LEFT JOIN outbox o ON o.xmin = a.xmin AND o.ref = a.object_id ORDER BY a.id`)
	want := []string{"account.create account", "account.create account", "account.password account", "account.disable account", "account.enable account", "token.create token", "token.revoke token"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}
