package accounts_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/storetest"
)

func TestDisabledAccountIsOutAtOnce(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	s := accounts.New(db, rdb, noon, ident.New)
	later := accounts.New(db, rdb, clock.At("2027-06-09T12:00:01+08:00"), ident.New)
	create(t, s, "owner@office.example", accounts.Owner)
	desk := create(t, s, "desk@office.example", accounts.Protocol)
	_, secret, err := s.SignIn(t.Context(), desk.Email, password)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second changes nothing
		got, err := later.Disable(t.Context(), root, desk.ID)
		if err != nil || got.DisabledAt == nil {
			t.Fatalf("disabled: %+v, %v", got, err)
		}
	}
	if _, err := later.BySession(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("its session: %v, want sign_in", err)
	}
	if _, err := later.StillBySession(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("its open stream: %v, want sign_in", err)
	}
	if _, _, err := later.SignIn(t.Context(), desk.Email, password); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("signing in anew: %v, want invalid", err)
	}
	for range 2 {
		got, err := later.Enable(t.Context(), root, desk.ID)
		if err != nil || got.DisabledAt != nil {
			t.Fatalf("enabled: %+v, %v", got, err)
		}
	}
	if _, err := later.BySession(t.Context(), secret); fault.CodeOf(err) != fault.SignIn {
		t.Errorf("the session of before: %v, want sign_in", err)
	}
	if _, _, err := later.SignIn(t.Context(), desk.Email, password); err != nil {
		t.Errorf("signing in anew: %v", err)
	}
	var log []string
	if err := db.SelectContext(t.Context(), &log, `SELECT action FROM audit_entries WHERE object_id = $1 ORDER BY id`, desk.ID); err != nil ||
		!slices.Equal(log, []string{"account.create", "account.disable", "account.enable"}) {
		t.Errorf("the log says %v, %v", log, err)
	}
}

func TestDisableRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	owner := create(t, s, "owner@office.example", accounts.Owner)
	desk := create(t, s, "desk@office.example", accounts.Protocol)
	there := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: ident.New(), Role: accounts.Owner}}}
	for _, tt := range []struct {
		name string
		by   accounts.Actor
		id   ident.ID
		want fault.Code
	}{
		{"a guest", accounts.GuestActor(), desk.ID, fault.Forbidden},
		{"the owner of one event", there, desk.ID, fault.Forbidden},
		{"nobody of that id", root, ident.New(), fault.NotFound},
		{"the last owner", root, owner.ID, fault.Conflict},
	} {
		if _, err := s.Disable(t.Context(), tt.by, tt.id); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if tt.want == fault.Conflict {
			continue
		}
		if _, err := s.Enable(t.Context(), tt.by, tt.id); fault.CodeOf(err) != tt.want {
			t.Errorf("%s enables: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// Two owners who disable one another at the same moment leave one.
func TestOneOwnerStays(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := newService(t)
		both := []accounts.Account{create(t, s, "one@office.example", accounts.Owner), create(t, s, "two@office.example", accounts.Owner)}
		faults := make([]fault.Code, len(both))
		var all sync.WaitGroup
		for i, a := range both {
			all.Go(func() {
				_, err := s.Disable(t.Context(), root, a.ID)
				faults[i] = fault.CodeOf(err)
			})
		}
		all.Wait()
		slices.Sort(faults)
		if !slices.Equal(faults, []fault.Code{"", fault.Conflict}) {
			t.Fatalf("%q; want one disabled and one refused", faults)
		}
	}
}

// A stream that stays open is no use of the session that keeps it.
func TestOpenStreamDoesNotKeepASession(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	s := accounts.New(db, rdb, noon, ident.New)
	desk := create(t, s, "desk@office.example", accounts.Protocol)
	_, secret, err := s.SignIn(t.Context(), desk.Email, password)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rdb.Keys(t.Context(), "session:*").Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("%v, %v", keys, err)
	}
	left := func() time.Duration {
		t.Helper()
		d, err := rdb.TTL(t.Context(), keys[0]).Result()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if err := rdb.Expire(t.Context(), keys[0], time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if a, err := s.StillBySession(t.Context(), secret); err != nil || a.ID != desk.ID || left() > time.Minute {
		t.Errorf("%s, %v, and the session lasts %s", a.ID, err, left())
	}
	if _, err := s.BySession(t.Context(), secret); err != nil || left() <= time.Minute {
		t.Errorf("%v; a page that is opened keeps the session, it lasts %s", err, left())
	}
}
