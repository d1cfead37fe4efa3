package firms_test

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func TestFirmIsEnteredAndEdited(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	in := lanyu()
	in.Code, in.CreditCode, in.Name.ZH = "", "９１３３０２９９ｊ３nw4am187", " 宁波澜屿  有限公司 "
	in.Sectors, in.Languages, in.TargetCountries = []string{"LOGI", "AUTO"}, []string{"zh", "de"}, []string{"HU", "BG"}
	f, err := g.Create(t.Context(), office, g.event, in)
	must(t, err)
	want := in
	want.ID, want.Code, want.CreditCode, want.Name.ZH, want.Version = f.ID, "F001", "91330299J3NW4AM187", "宁波澜屿 有限公司", 1
	stored, err := g.InEvent(t.Context(), g.event, f.ID)
	if err != nil || !reflect.DeepEqual(f, want) || !reflect.DeepEqual(stored, want) {
		t.Fatalf("entered\n%+v, stored\n%+v, want\n%+v, %v", f, stored, want, err)
	}

	edit, number := stored, 120
	edit.Employees, edit.Code, edit.Sectors = &number, "F999", []string{"AUTO"}
	edited, err := g.Edit(t.Context(), office, f.ID, 1, edit, time.Time{})
	must(t, err)
	want.Employees, want.Sectors, want.Version = &number, []string{"AUTO"}, 2 // its own code stays
	if stored, err = g.ByID(t.Context(), office, f.ID); err != nil || !reflect.DeepEqual(stored, want) || !reflect.DeepEqual(edited, want) {
		t.Errorf("edited\n%+v\nwant\n%+v, %v", stored, want, err)
	}
	if _, err := g.Edit(t.Context(), office, f.ID, 1, edit, time.Time{}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("an edit of what was shown before: %v", err)
	}
	if _, err := g.Edit(t.Context(), office, ident.New(), 1, edit, time.Time{}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of no firm: %v", err)
	}
	trail, err := audit.History(t.Context(), g.db, f.ID)
	must(t, err)
	last := trail[len(trail)-1]
	if last.Action != "firm.edit" || !reflect.DeepEqual(last.Before, map[string]any{"sectors": "LOGI;AUTO", "employees": nil}) || !reflect.DeepEqual(last.After, map[string]any{"sectors": "AUTO", "employees": 120.0}) {
		t.Errorf("the log says %s: %v, %v", last.Action, last.Before, last.After)
	}
}

func TestFirmsThatMeanNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	_, err := g.Create(t.Context(), office, ident.Nil, lanyu())
	must(t, err)
	minus := -1
	for name, tt := range map[string]struct {
		change      func(*firms.Firm)
		field, says string
	}{
		"another's credit code":    {func(f *firms.Firm) { f.CreditCode = "91330299J3NW4AM187" }, "credit_code", "constraint.firms_credit_code"},
		"another's credit code 2":  {func(f *firms.Firm) { f.CreditCode = "91330299j3nw4am187" }, "credit_code", "constraint.firms_credit_code"},
		"another's code":           {func(f *firms.Firm) { f.Code = "f001" }, "code", "constraint.firms_code"},
		"a wrong check sign":       {func(f *firms.Firm) { f.CreditCode = "91330299J3NW4AM188" }, "credit_code", "firms.credit_code"},
		"no district":              {func(f *firms.Firm) { f.District = "" }, "district_code", "field.required"},
		"a district that is none":  {func(f *firms.Firm) { f.District = "999999" }, "district_code", "constraint.firms_district"},
		"no sector":                {func(f *firms.Firm) { f.Sectors = nil }, "sectors", "firms.sectors"},
		"one sector twice":         {func(f *firms.Firm) { f.Sectors = []string{"AUTO", "AUTO"} }, "sectors", "firms.sectors"},
		"a sector that is none":    {func(f *firms.Firm) { f.Sectors = []string{"NONE"} }, "sectors", "constraint.firm_sectors_sector"},
		"no ownership":             {func(f *firms.Firm) { f.Ownership = "mine" }, "ownership", "field.choice"},
		"fewer than nobody":        {func(f *firms.Firm) { f.Employees = &minus }, "employees", "field.number_between"},
		"a language that is none":  {func(f *firms.Firm) { f.Languages = []string{"xx"} }, "languages", "field.choice"},
		"a country that is none":   {func(f *firms.Firm) { f.TargetCountries = []string{"hu"} }, "target_countries", "field.choice"},
		"no Chinese name":          {func(f *firms.Firm) { f.Name.ZH = " " }, "name_zh", "field.required"},
		"an invisible sign":        {func(f *firms.Firm) { f.Needs.EN = "a\u202eb" }, "needs_en", "field.control"},
		"an address that is none":  {func(f *firms.Firm) { f.Email = "nobody" }, "contact_email", "field.email"},
		"a group that is too long": {func(f *firms.Firm) { f.CompetitorGroup = "G-0123456789012345678901234567890123456789" }, "competitor_group", "field.too_long"},
	} {
		in := lanyu()
		in.Code, in.CreditCode = "F002", vectors[2]
		tt.change(&in)
		if _, err := g.Create(t.Context(), office, ident.Nil, in); fault.CodeOf(err) != fault.Invalid || len(broken(err)) != 1 || broken(err)[tt.field] != tt.says {
			t.Errorf("%s: %v, want %s %s", name, err, tt.field, tt.says)
		}
	}
	if list, err := g.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d firms are left, %v", len(list), err)
	}
}

// Eight who enter firms at once get eight codes.
func TestCodesAreGivenOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() {
			in := lanyu()
			in.Code, in.CreditCode = "", vectors[i+1]
			_, errs[i] = g.Create(t.Context(), office, g.event, in)
		})
	}
	wait.Wait()
	list, err := g.OfEvent(t.Context(), g.event)
	must(t, err)
	var codes []string
	for _, f := range list {
		codes = append(codes, f.Code)
	}
	if want := []string{"F001", "F002", "F003", "F004", "F005", "F006", "F007", "F008"}; !reflect.DeepEqual(codes, want) {
		t.Errorf("the codes are %v, %v", codes, errs)
	}
}

// A firm that moves keeps where it was.
func TestFirmMoves(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	f := g.firm(t, 1)
	move := func(on, district, since string) error {
		t.Helper()
		now, err := g.ByID(t.Context(), office, f.ID)
		must(t, err)
		now.District = district
		day := time.Time{}
		if since != "" {
			day = date(since)
		}
		_, err = g.on(on).Edit(t.Context(), office, f.ID, now.Version, now, day)
		return err
	}
	if err := move("2027-09-10", "330212", "2027-09-11"); broken(err)["moved_on"] != "firms.moved_ahead" {
		t.Errorf("a move that lies ahead: %v", err)
	}
	if err := move("2027-09-10", "330212", "2027-04-19"); broken(err)["moved_on"] != "firms.moved_before" {
		t.Errorf("a move before it was entered: %v", err)
	}
	must(t, move("2027-09-10", "330212", "2027-09-01"))
	must(t, move("2027-09-11", "330212", "2027-05-01")) // no move
	must(t, move("2027-12-01", "330206", ""))
	stays, err := g.Districts(t.Context(), office, f.ID)
	want := []firms.Stay{{Since: date("2027-12-01"), District: "330206"}, {Since: date("2027-09-01"), District: "330212"}, {Since: date("2027-04-20"), District: "330206"}}
	if err != nil || !reflect.DeepEqual(stays, want) {
		t.Errorf("it was in\n%v\nwant\n%v, %v", stays, want, err)
	}
}

// TestWhoMayDoWhatWithFirms asks every role, in every event, in one and in another,
// and whoever holds the firm's link, for everything.
func TestWhoMayDoWhatWithFirms(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	elsewhere := g.happening(t, "week", 2027)
	f, outside := g.firm(t, 1), lanyu()
	outside.Code, outside.CreditCode = "F050", vectors[3]
	outside, err := g.Create(t.Context(), office, ident.Nil, outside)
	must(t, err)
	given, err := g.Give(t.Context(), office, grant(f.ID, firms.Whitelist, "2027-01-01", "2028-01-01"))
	must(t, err)
	ctx := t.Context()
	// What is asked means nothing, or is of an old version: nothing comes of it, and a
	// right that is missing is told first.
	asks := []struct {
		name string
		do   func(by accounts.Actor) error
	}{
		{"list", func(by accounts.Actor) error { _, err := g.Find(ctx, by, firms.Filter{}, firms.Paging{}); return err }},
		{"read", func(by accounts.Actor) error { _, err := g.ByID(ctx, by, f.ID); return err }},
		{"districts", func(by accounts.Actor) error { _, err := g.Districts(ctx, by, f.ID); return err }},
		{"history", func(by accounts.Actor) error { _, err := g.History(ctx, by, f.ID); return err }},
		{"grants", func(by accounts.Actor) error { _, err := g.Grants(ctx, by, f.ID); return err }},
		{"contacts", func(by accounts.Actor) error { _, err := g.Contacts(ctx, by, g.event, f.ID); return err }},
		{"create", func(by accounts.Actor) error { _, err := g.Create(ctx, by, g.event, firms.Firm{}); return err }},
		{"edit", func(by accounts.Actor) error { _, err := g.Edit(ctx, by, f.ID, 99, lanyu(), time.Time{}); return err }},
		{"give", func(by accounts.Actor) error { _, err := g.Give(ctx, by, firms.Grant{FirmID: f.ID}); return err }},
		{"review", func(by accounts.Actor) error {
			_, err := g.Review(ctx, by, f.ID, given.ID, date("2020-01-01"), "")
			return err
		}},
		{"revoke", func(by accounts.Actor) error {
			_, err := g.Revoke(ctx, by, f.ID, given.ID, date("2020-01-01"), "")
			return err
		}},
		{"trade", func(by accounts.Actor) error {
			_, err := g.EditTrade(ctx, by, g.event, f.ID, 99, locale.Text{}, locale.Text{})
			return err
		}},
		{"trade outside", func(by accounts.Actor) error {
			_, err := g.EditTrade(ctx, by, g.event, outside.ID, 99, locale.Text{}, locale.Text{})
			return err
		}},
		{"contact", func(by accounts.Actor) error {
			_, err := g.SaveContact(ctx, by, g.event, firms.Contact{FirmID: f.ID})
			return err
		}},
		{"remove contact", func(by accounts.Actor) error { return g.RemoveContact(ctx, by, g.event, f.ID, ident.New()) }},
	}
	read := []string{"list", "read", "districts", "history", "grants", "contacts"}
	edit := append(append([]string{}, read...), "trade", "contact", "remove contact")
	all := append(append([]string{}, edit...), "create", "edit", "give", "review", "revoke", "trade outside")
	for _, tt := range []struct {
		name string
		by   accounts.Actor
		may  []string
	}{
		{"owner", user(accounts.Owner, ident.Nil), all}, {"programme", user(accounts.Programme, ident.Nil), all}, {"protocol", user(accounts.Protocol, ident.Nil), all},
		{"matchmaking", user(accounts.Matchmaking, ident.Nil), read}, {"auditor", user(accounts.Auditor, ident.Nil), read},
		{"doors", user(accounts.DoorsLead, ident.Nil), nil}, {"projects", user(accounts.Projects, ident.Nil), nil}, {"analyst", user(accounts.Analyst, ident.Nil), nil},
		{"protocol of the event", user(accounts.Protocol, g.event), edit}, {"protocol of another event", user(accounts.Protocol, elsewhere), read},
		{"the firm", linkOf(g.event, f.ID), []string{"contacts", "trade", "contact", "remove contact"}},
		{"the firm at another event", linkOf(elsewhere, f.ID), nil}, {"another firm", linkOf(g.event, ident.New()), nil}, {"nobody", accounts.GuestActor(), nil},
	} {
		var may []string
		for _, ask := range asks {
			switch code := fault.CodeOf(ask.do(tt.by)); {
			case code == fault.Forbidden:
			case code == fault.Internal:
				t.Errorf("%s, %s: %v", tt.name, ask.name, ask.do(tt.by))
			case code == fault.NotFound && ask.name == "trade outside": // not theirs to see
			default:
				may = append(may, ask.name)
			}
		}
		got, want := map[string]bool{}, map[string]bool{}
		for _, name := range may {
			got[name] = true
		}
		for _, name := range tt.may {
			want[name] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s may %v, want %v", tt.name, may, tt.may)
		}
	}
}
