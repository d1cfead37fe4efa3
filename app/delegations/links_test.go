package delegations_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
)

// delegation makes a delegation with so many places in the ground's event.
func (g ground) delegation(t *testing.T, code string, places int) delegations.Delegation {
	t.Helper()
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{
		EventID: g.event.ID, Code: code, Name: locale.Text{ZH: "代表团", EN: "Delegation " + code}, Quota: places, Status: "confirmed",
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// category adds a category that the public form does not offer.
func (g ground) category(t *testing.T, code string, places *int) {
	t.Helper()
	ev := events.New(g.db, april, ident.New)
	if _, err := ev.SaveCategory(t.Context(), office, events.Category{
		EventID: g.event.ID, Code: code, Name: locale.Text{ZH: "类别", EN: code}, BadgeType: "DEL", Quota: places, Approval: "review", Position: 2,
	}); err != nil {
		t.Fatal(err)
	}
}

// at is the same guests' service at another hour.
func (g ground) at(t *testing.T, now clock.Clock) *delegations.Service {
	t.Helper()
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return delegations.New(g.db, box, events.New(g.db, now, ident.New), badges.New(g.db, box, now, ident.New), nil, now, ident.New)
}

func (g ground) firm(t *testing.T, code, credit string) firms.Firm {
	t.Helper()
	ev := events.New(g.db, april, ident.New)
	if err := ev.SaveSector(t.Context(), office, events.Coded{Code: "AUTO", Name: locale.Text{ZH: "汽车", EN: "Automotive"}}); err != nil {
		t.Fatal(err)
	}
	if err := ev.SaveDistrict(t.Context(), office, events.Coded{Code: "330206", Name: locale.Text{ZH: "北仑区", EN: "Beilun"}, Kind: "district"}); err != nil {
		t.Fatal(err)
	}
	f, err := firms.New(g.db, april, ident.New).Save(t.Context(), office, firms.Firm{
		Code: code, CreditCode: credit, Name: locale.Text{ZH: "企业", EN: "Firm"}, District: "330206", Sectors: []string{"AUTO"}, Ownership: "private",
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func protocolIn(event ident.ID) accounts.Actor {
	return accounts.Actor{Kind: accounts.User, ID: ident.ID{15: 9}, NameEN: "Protocol", Grants: []accounts.Grant{{EventID: event, Role: accounts.Protocol}}}
}

func TestLinksOpenUntilTheyEnd(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	d := g.delegation(t, "D01", 2)
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, g.event.Location())
	desk := protocolIn(g.event.ID)
	first, secret, err := g.guests.MakeDelegationLink(t.Context(), desk, d.ID, " Office  of the mayor ", until)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := g.guests.MakeDelegationLink(t.Context(), desk, d.ID, "Consulate", until)
	if err != nil || other == secret {
		t.Fatalf("a second link: %q, %v", other, err)
	}
	opened, link, err := g.guests.DelegationByLink(t.Context(), secret)
	if err != nil || opened.ID != d.ID || link.ID != first.ID || link.Holder != "Office of the mayor" || link.MadeBy.EN != "Protocol" || !link.ExpiresAt.Equal(until) {
		t.Fatalf("the link opens %+v, %+v, %v", opened, link, err)
	}
	var kept int
	if err := g.db.GetContext(t.Context(), &kept, `SELECT count(*) FROM magic_links WHERE position($1::bytea IN secret_hash) > 0`, []byte(secret)); err != nil || kept != 0 {
		t.Errorf("the secret is kept: %d, %v", kept, err)
	}
	if _, err := g.guests.FirmByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("as a firm's link: %v", err)
	}
	if _, err := g.guests.ByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("as a person's link: %v", err)
	}

	// Only the desk of the same event revokes, and the other link lives on.
	for _, tt := range []struct {
		by    accounts.Actor
		event ident.ID
		want  fault.Code
	}{
		{link.Actor(), g.event.ID, fault.Forbidden},
		{protocolIn(ident.New()), g.event.ID, fault.Forbidden},
		{office, ident.New(), fault.NotFound},
		{desk, g.event.ID, ""},
		{desk, g.event.ID, ""}, // again changes nothing
	} {
		if _, err := g.guests.RevokeLink(t.Context(), tt.by, tt.event, first.ID); fault.CodeOf(err) != tt.want {
			t.Errorf("revoked by %s: %v, want %q", tt.by.Name(), err, tt.want)
		}
	}
	if _, _, err := g.guests.DelegationByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a revoked link: %v", err)
	}
	if _, _, err := g.guests.DelegationByLink(t.Context(), other); err != nil {
		t.Errorf("the other link: %v", err)
	}
	for _, tt := range []struct {
		at   string
		want fault.Code
	}{{"2027-06-10T23:59:59+08:00", ""}, {"2027-06-11T00:00:00+08:00", fault.NotFound}} {
		if _, _, err := g.at(t, clock.At(tt.at)).DelegationByLink(t.Context(), other); fault.CodeOf(err) != tt.want {
			t.Errorf("at %s: %v, want %q", tt.at, err, tt.want)
		}
	}
	list, err := g.guests.DelegationLinks(t.Context(), desk, d.ID)
	var states []string
	for _, l := range list {
		states = append(states, l.Holder+" "+l.State(until)+" "+l.State(april()))
	}
	if want := "[Consulate expired open Office of the mayor revoked revoked]"; err != nil || fmt.Sprint(states) != want {
		t.Errorf("listed %v, %v; want %s", states, err, want)
	}
	var noted int
	if err := g.db.GetContext(t.Context(), &noted, `SELECT count(*) FROM audit_entries WHERE action IN ('link.make', 'link.revoke') AND object_id = $1`, d.ID); err != nil || noted != 3 {
		t.Errorf("%d entries in the audit log, %v; want two made and one revoked", noted, err)
	}
}

func TestMakeLinkRefuses(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	d := g.delegation(t, "D01", 2)
	june := time.Date(2027, 6, 11, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		by     accounts.Actor
		holder string
		until  time.Time
		code   fault.Code
		path   string
	}{
		{"a guest", accounts.GuestActor(), "X", june, fault.Forbidden, ""},
		{"whoever holds a link", delegations.Link{EventID: g.event.ID, DelegationID: d.ID}.Actor(), "X", june, fault.Forbidden, ""},
		{"the desk of another event", protocolIn(ident.New()), "X", june, fault.Forbidden, ""},
		{"for nobody", office, " ", june, fault.Invalid, "holder"},
		{"until now", office, "X", april(), fault.Invalid, "until"},
		{"for ever", office, "X", june.AddDate(1, 0, 0), fault.Invalid, "until"},
	} {
		_, _, err := g.guests.MakeDelegationLink(t.Context(), tt.by, d.ID, tt.holder, tt.until)
		f, _ := fault.Of(err)
		if fault.CodeOf(err) != tt.code || tt.path != "" && (len(f.Fields) != 1 || f.Fields[0].Path != tt.path) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, _, err := g.guests.MakeDelegationLink(t.Context(), office, ident.New(), "X", june); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("for no delegation: %v", err)
	}
}

func TestFirmLinkNeedsTheFirmInTheEvent(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	f := g.firm(t, "F001", "91330299J3NW4AM187")
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, time.UTC)
	if _, _, err := g.guests.MakeFirmLink(t.Context(), office, g.event.ID, f.ID, "X", until); fault.CodeOf(err) != fault.NotFound {
		t.Fatalf("before the firm takes part: %v", err)
	}
	if err := firms.New(g.db, april, ident.New).Join(t.Context(), office, g.event.ID, f.ID, ident.Nil); err != nil {
		t.Fatal(err)
	}
	made, secret, err := g.guests.MakeFirmLink(t.Context(), office, g.event.ID, f.ID, "Sales", until)
	if err != nil {
		t.Fatal(err)
	}
	link, err := g.guests.FirmByLink(t.Context(), secret)
	if err != nil || link.ID != made.ID || link.FirmID != f.ID || link.EventID != g.event.ID {
		t.Errorf("opens %+v, %v", link, err)
	}
	if _, _, err := g.guests.DelegationByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("as a delegation's link: %v", err)
	}
	if list, err := g.guests.FirmLinks(t.Context(), office, g.event.ID, f.ID); err != nil || len(list) != 1 || list[0].ID != made.ID {
		t.Errorf("listed %+v, %v", list, err)
	}
}
