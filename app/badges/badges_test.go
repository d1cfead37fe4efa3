package badges_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
)

var (
	april  = clock.At("2027-04-20T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

// ground is an event with one delegation and one category "firm".
type ground struct {
	db         *sqlx.DB
	guests     *delegations.Service
	badges     *badges.Service
	event      events.Event
	delegation delegations.Delegation
	words      badges.Words
}

func newGround(t *testing.T) ground {
	t.Helper()
	g := ground{db: storetest.New(t), words: catalogue(t).T}
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(t, err)
	ev := events.New(g.db, april, ident.New)
	must(t, ev.SaveCountry(t.Context(), office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}))
	_, err = ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(t, err)
	g.event, err = ev.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", StartsOn: june(8), EndsOn: june(10),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(t, err)
	post, err := mail.New(mail.Options{DB: g.db, Box: box, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "Forum <forum@office.example>"})
	must(t, err)
	g.badges = badges.New(g.db, box, april, ident.New)
	letters := &delegations.Letters{Mail: post, Words: catalogue(t), PublicURL: "http://forum.example", QR: badges.QRPNG}
	g.guests = delegations.New(g.db, box, ev, g.badges, letters, april, ident.New)
	g.delegation, err = g.guests.Save(t.Context(), office, delegations.Delegation{
		EventID: g.event.ID, Code: "D01", Name: locale.Text{ZH: "维斯普雷姆代表团", EN: "Delegation of Veszprém"}, Quota: 20, Status: "confirmed",
	})
	must(t, err)
	return g
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// approved registers and approves a person, and answers their badge.
func (g ground) approved(t *testing.T, n int, change func(in *delegations.Input)) badges.Badge {
	t.Helper()
	in := delegations.Input{
		Category: "firm", GivenName: "Zsófia", FamilyName: "Réti " + string(rune('A'+n)), Email: fmt.Sprintf("m%d@city.example", n),
		Nationality: "HU", Organisation: "Bakony Textiles", Consent: true, Lang: "en", Source: "web",
	}
	if change != nil {
		change(&in)
	}
	r, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
	must(t, err)
	_, _, err = g.guests.Approve(t.Context(), office, r.ID)
	must(t, err)
	b, err := g.badges.LivingOf(t.Context(), r.ID)
	must(t, err)
	return b
}

func serials(faces []badges.Face) (list []string) {
	for _, f := range faces {
		list = append(list, f.Serial)
	}
	return list
}

func TestSheetSelections(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ofDelegation := func(in *delegations.Input) { in.Category, in.DelegationID = "member", g.delegation.ID }
	firm, revoked := g.approved(t, 0, nil), g.approved(t, 1, nil)
	member := g.approved(t, 3, ofDelegation)
	head := g.approved(t, 2, func(in *delegations.Input) {
		ofDelegation(in)
		in.Category, in.Role = "head", "head"
	})
	native := g.approved(t, 4, func(in *delegations.Input) { in.NameNative = "Ђорђе Зеленковић" })
	rare := g.approved(t, 5, func(in *delegations.Input) { in.NameNative, in.NameZH = "𠮷野", "𠮷野" })
	_, err := g.badges.Revoke(t.Context(), office, revoked.ID, "lost")
	must(t, err)
	for _, tt := range []struct {
		name    string
		filter  badges.Filter
		want    []badges.Badge
		leftOut []badges.Badge
	}{
		{"the whole event, delegations first and their heads before all", badges.Filter{Show: "living"}, []badges.Badge{head, member, firm, native}, []badges.Badge{rare}},
		{"one badge", badges.Filter{IDs: []ident.ID{member.ID}}, []badges.Badge{member}, nil},
		{"one delegation", badges.Filter{DelegationID: g.delegation.ID}, []badges.Badge{head, member}, nil},
		{"one category", badges.Filter{Category: "member"}, []badges.Badge{member}, nil},
		{"a name in Latin letters for one in Cyrillic", badges.Filter{Search: "zelenkovic"}, []badges.Badge{native}, nil},
		{"a serial", badges.Filter{Search: strings.ToLower(firm.Serial)}, []badges.Badge{firm}, nil},
		{"an ended badge among others", badges.Filter{IDs: []ident.ID{revoked.ID, firm.ID}}, []badges.Badge{firm}, []badges.Badge{revoked}},
	} {
		got, err := g.badges.Sheet(t.Context(), office, g.event.ID, tt.filter, g.words)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var want, left, gotLeft []string
		for _, b := range tt.want {
			want = append(want, b.Serial)
		}
		for _, b := range tt.leftOut {
			left = append(left, b.Serial)
		}
		for _, l := range got.LeftOut {
			gotLeft = append(gotLeft, l.Serial)
		}
		if !slices.Equal(serials(got.Faces), want) || !slices.Equal(gotLeft, left) {
			t.Errorf("%s: %v without %v, want %v without %v", tt.name, serials(got.Faces), gotLeft, want, left)
		}
	}
	for name, f := range map[string]badges.Filter{
		"nobody": {Search: "nobody"}, "an ended badge": {IDs: []ident.ID{revoked.ID}}, "no such category": {Category: "x"}, "LIKE's own signs": {Search: "%"},
	} {
		if _, err := g.badges.Sheet(t.Context(), office, g.event.ID, f, g.words); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	if f, ok := fault.Of(func() error {
		_, err := g.badges.HolderSheet(t.Context(), rare.RegistrationID, g.words)
		return err
	}()); !ok || f.Key != "badge.unprintable" || f.Args[0] != "𠮷 (U+20BB7)" {
		t.Errorf("a badge that the face cannot print: %v", f)
	}
}

func TestFaceSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	b := g.approved(t, 0, func(in *delegations.Input) {
		in.NameNative, in.NameZH, in.TitleEN, in.TitleZH, in.Organisation = "Réti Zsófia", "若菲娅·雷蒂", "Deputy Mayor", "副市长", "City of Veszprém"
	})
	_, err := g.badges.SaveBack(t.Context(), office, badges.Back{EventID: g.event.ID, Emergency: "+999 000 1100"})
	must(t, err)
	got, err := g.badges.HolderSheet(t.Context(), b.RegistrationID, g.words)
	must(t, err)
	if got.Title != g.event.Title || got.Emergency == "" || !got.FirstDay.Equal(june(8)) || !got.LastDay.Equal(june(10)) {
		t.Errorf("occasion %+v", got.Occasion)
	}
	f := got.Faces[0]
	if f.Token != b.Token || f.NameZH != "若菲娅·雷蒂" || f.Title != (locale.Text{ZH: "副市长", EN: "Deputy Mayor"}) || f.Organisation.EN != "City of Veszprém" ||
		f.Code != "BIZ" || f.Pattern != "diagonal" || len(f.Zones) != 7 || !f.Zones[0].Open || f.Zones[3].Code != "V" || f.Zones[3].Open || len(f.Days) != 3 || !f.Days[2].Equal(june(10)) {
		t.Errorf("face %+v", f)
	}
}

func TestPrintIsLogged(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	first, second := g.approved(t, 0, nil), g.approved(t, 1, nil)
	rare := g.approved(t, 2, func(in *delegations.Input) { in.NameNative = "𠮷野" })
	run, err := g.badges.Print(t.Context(), office, g.event.ID, badges.Filter{}, badges.FourUp)
	must(t, err)
	if !slices.Equal(run.Badges, []ident.ID{first.ID, second.ID, rare.ID}) || run.By != "test" || !run.At.Equal(april()) || run.Drawn != 2 || run.Papers() != 1 {
		t.Errorf("run %+v", run)
	}
	counts, err := g.badges.Counts(t.Context(), office, g.event.ID)
	must(t, err)
	if want := map[string]int{"all": 3, "living": 3, "unprinted": 1}; counts["all"] != want["all"] || counts["living"] != want["living"] || counts["unprinted"] != want["unprinted"] {
		t.Errorf("counts %v, want %v", counts, want)
	}
	if _, err := g.badges.Print(t.Context(), office, g.event.ID, badges.Filter{Show: "unprinted"}, badges.A6); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("only what cannot be printed is left: %v, want a conflict", err)
	}
	_, err = g.badges.Revoke(t.Context(), office, first.ID, "lost")
	must(t, err)
	sheet, layout, err := g.badges.PrintSheet(t.Context(), office, g.event.ID, run.ID, g.words)
	must(t, err)
	if layout != badges.FourUp || !slices.Equal(serials(sheet.Faces), []string{second.Serial}) || len(sheet.LeftOut) != 2 {
		t.Errorf("the run drawn again: %s, %v, left out %+v", layout, serials(sheet.Faces), sheet.LeftOut)
	}
	list, err := g.badges.Prints(t.Context(), office, g.event.ID, 10)
	must(t, err)
	if len(list) != 1 || list[0].ID != run.ID || len(list[0].Badges) != 3 {
		t.Errorf("log %+v", list)
	}
	entries, err := audit.History(t.Context(), g.db, run.ID)
	if err != nil || len(entries) != 1 || entries[0].Action != "badge.print" {
		t.Errorf("audit %+v, %v", entries, err)
	}
	if _, err := g.badges.Print(t.Context(), office, g.event.ID, badges.Filter{}, "a3"); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("no such layout: %v", err)
	}
	if _, _, err := g.badges.PrintSheet(t.Context(), office, ident.New(), run.ID, g.words); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the run of another event: %v", err)
	}
}

func TestLifeOfABadge(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	b := g.approved(t, 0, nil)
	ctx := t.Context()
	for _, tt := range []struct {
		name string
		do   func(id ident.ID) (badges.Badge, error)
		code fault.Code
		want badges.State
	}{
		{"released without hold", func(id ident.ID) (badges.Badge, error) { return g.badges.Release(ctx, office, id) }, fault.Conflict, badges.Active},
		{"held without a reason", func(id ident.ID) (badges.Badge, error) { return g.badges.Suspend(ctx, office, id, " ") }, fault.Invalid, badges.Active},
		{"held", func(id ident.ID) (badges.Badge, error) { return g.badges.Suspend(ctx, office, id, "passport unclear") }, "", badges.Suspended},
		{"held again", func(id ident.ID) (badges.Badge, error) { return g.badges.Suspend(ctx, office, id, "x") }, fault.Conflict, badges.Suspended},
		{"released", func(id ident.ID) (badges.Badge, error) { return g.badges.Release(ctx, office, id) }, "", badges.Active},
		{"replaced without a reason", func(id ident.ID) (badges.Badge, error) { return g.badges.Reissue(ctx, office, id, "") }, fault.Invalid, badges.Active},
		{"revoked without a reason", func(id ident.ID) (badges.Badge, error) { return g.badges.Revoke(ctx, office, id, "") }, fault.Invalid, badges.Active},
		{"a reason with a control character", func(id ident.ID) (badges.Badge, error) { return g.badges.Revoke(ctx, office, id, "a\x00b") }, fault.Invalid, badges.Active},
		{"revoked", func(id ident.ID) (badges.Badge, error) { return g.badges.Revoke(ctx, office, id, "stolen") }, "", badges.Revoked},
		{"revoked again", func(id ident.ID) (badges.Badge, error) { return g.badges.Revoke(ctx, office, id, "x") }, fault.Conflict, badges.Revoked},
		{"replaced when it ended", func(id ident.ID) (badges.Badge, error) { return g.badges.Reissue(ctx, office, id, "x") }, fault.Conflict, badges.Revoked},
	} {
		_, err := tt.do(b.ID)
		after, readErr := g.badges.ByID(ctx, office, b.ID)
		if fault.CodeOf(err) != tt.code || readErr != nil || after.State != tt.want {
			t.Errorf("%s: %v, now %s, %v; want fault %q, %s", tt.name, err, after.State, readErr, tt.code, tt.want)
		}
	}
	if _, err := g.badges.HolderSheet(ctx, b.RegistrationID, g.words); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the paper of a revoked badge: %v", err)
	}
}

func TestReplacingKeepsAHold(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	b := g.approved(t, 0, nil)
	_, err := g.badges.Suspend(t.Context(), office, b.ID, "passport unclear")
	must(t, err)
	again, err := g.badges.Reissue(t.Context(), office, b.ID, "torn")
	must(t, err)
	stored, err := g.badges.ByID(t.Context(), office, again.ID)
	if err != nil || stored.State != badges.Suspended || stored.StateReason != "passport unclear" || stored.PrintedAt != nil || stored.Serial != b.Serial+"-R1" {
		t.Errorf("the new badge is %+v, %v", stored, err)
	}
	if _, err := g.badges.HolderSheet(t.Context(), b.RegistrationID, g.words); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the paper of a badge on hold: %v", err)
	}
}

func TestBack(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for name, in := range map[string]badges.Back{
		"emergency": {Emergency: "12"}, "finder_en": {Finder: locale.Text{ZH: "交回"}}, "finder_zh": {Finder: locale.Text{ZH: "𠮷", EN: "Return"}},
	} {
		in.EventID = g.event.ID
		_, err := g.badges.SaveBack(t.Context(), office, in)
		if f, ok := fault.Of(err); !ok || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := badges.Back{EventID: g.event.ID, Emergency: "+999 000 1100", Finder: locale.Text{ZH: "请交回服务台。", EN: "Please hand it in at the desk."}}
	for range 2 { // twice is once
		_, err := g.badges.SaveBack(t.Context(), office, want)
		must(t, err)
	}
	if got, err := g.badges.Back(t.Context(), office, g.event.ID); err != nil || got != want {
		t.Errorf("back %+v, %v; want %+v", got, err, want)
	}
}

// TestForbidden asks for everything as somebody from another event, and as a role
// that may see badges but not make or end them.
func TestForbidden(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	b := g.approved(t, 0, nil)
	run, err := g.badges.Print(t.Context(), office, g.event.ID, badges.Filter{}, badges.A6)
	must(t, err)
	grant := func(event ident.ID, role accounts.Role) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	stranger, auditor, guest := grant(ident.New(), accounts.Owner), grant(g.event.ID, accounts.Auditor), accounts.GuestActor()
	see, change := []accounts.Actor{stranger, guest}, []accounts.Actor{stranger, auditor, guest}
	for name, tt := range map[string]struct {
		who []accounts.Actor
		do  func(ctx context.Context, by accounts.Actor) error
	}{
		"list": {see, func(ctx context.Context, by accounts.Actor) error {
			_, _, err := g.badges.List(ctx, by, g.event.ID, badges.Filter{Limit: 1})
			return err
		}},
		"counts": {see, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Counts(ctx, by, g.event.ID)
			return err
		}},
		"one": {see, func(ctx context.Context, by accounts.Actor) error { _, err := g.badges.ByID(ctx, by, b.ID); return err }},
		"holder": {see, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.HolderOf(ctx, by, b)
			return err
		}},
		"prints": {see, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Prints(ctx, by, g.event.ID, 1)
			return err
		}},
		"back": {see, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Back(ctx, by, g.event.ID)
			return err
		}},
		"unprintable": {see, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Unprintable(ctx, by, b)
			return err
		}},
		"sheet": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Sheet(ctx, by, g.event.ID, badges.Filter{}, g.words)
			return err
		}},
		"print": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Print(ctx, by, g.event.ID, badges.Filter{}, badges.A6)
			return err
		}},
		"sheet of a run": {change, func(ctx context.Context, by accounts.Actor) error {
			_, _, err := g.badges.PrintSheet(ctx, by, g.event.ID, run.ID, g.words)
			return err
		}},
		"save the back": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.SaveBack(ctx, by, badges.Back{EventID: g.event.ID})
			return err
		}},
		"revoke": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Revoke(ctx, by, b.ID, "x")
			return err
		}},
		"hold": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Suspend(ctx, by, b.ID, "x")
			return err
		}},
		"release": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Release(ctx, by, b.ID)
			return err
		}},
		"replace": {change, func(ctx context.Context, by accounts.Actor) error {
			_, err := g.badges.Reissue(ctx, by, b.ID, "x")
			return err
		}},
	} {
		for _, by := range tt.who {
			if err := tt.do(t.Context(), by); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s by %v: %v, want forbidden", name, by.Grants, err)
			}
		}
	}
}
