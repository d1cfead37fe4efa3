package events_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

var office = accounts.SystemActor("test")

type ground struct {
	*testing.T
	db     *sqlx.DB
	events *events.Service
}

func newGround(t *testing.T) ground {
	db := storetest.New(t)
	return ground{t, db, events.New(db, clock.At("2027-01-01T00:00:00Z"), ident.New)}
}

func day(s string) time.Time {
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return at
}

func both(zh, en string) locale.Text { return locale.Text{ZH: zh, EN: en} }

// said is a refusal in short: its code, or its fields and keys.
func said(err error) string {
	f, ok := fault.Of(err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case len(f.Fields) == 0:
		return f.Key
	}
	var all []string
	for _, b := range f.Fields {
		all = append(all, b.Path+" "+b.Key)
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

func (g ground) begun(series, title string) events.Event {
	g.Helper()
	e, err := g.events.Begin(g.Context(), office, events.Input{
		TitleZH: "论坛", TitleEN: title, StartsOn: day("2027-06-08"), EndsOn: day("2027-06-10"), TimeZone: "Asia/Shanghai",
	}, events.Beginning{Series: events.Series{Name: both("论坛", series), Kind: "forum"}, Venue: both("会议中心", "Centre")})
	if err != nil {
		g.Fatal(said(err))
	}
	return e
}

// An event begins with all that it needs: its series, a prefix of the kind and the
// year, a venue, zones, badge types for every day, categories.
func TestBegin(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	e := g.begun("Mayors’ Forum", "Mayors’ Forum 2027")
	if e.Slug != "mayors-forum-2027" || e.Prefix != "F27" || e.Status != events.Preparing {
		t.Errorf("begun: %+v", e)
	}
	series, err := g.events.SeriesBySlug(t.Context(), "mayors-forum")
	if err != nil || series.SinceYear != 2027 || series.ID != e.SeriesID {
		t.Errorf("its series %+v, %v", series, err)
	}
	venues, err := g.events.Venues(t.Context(), e.ID)
	if err != nil || len(venues) != 1 || venues[0].Name.EN != "Centre" {
		t.Errorf("its venues %+v, %v", venues, err)
	}
	types, err := g.events.BadgeTypes(t.Context(), e.ID)
	if err != nil || len(types) != 6 {
		t.Fatalf("%d badge types, %v", len(types), err)
	}
	for _, b := range types {
		if !slices.Equal(b.Days, []int{1, 2, 3}) || !slices.Contains(b.Zones, "P") {
			t.Errorf("%s opens %v on %v", b.Code, b.Zones, b.Days)
		}
	}
	second := g.begun("Harbour Forum", "Harbour Forum")
	if second.Prefix == e.Prefix || second.Prefix[0] != 'F' {
		t.Errorf("the prefix of another forum of the year is %s", second.Prefix)
	}

	for name, tt := range map[string]struct {
		by   accounts.Actor
		in   events.Input
		with events.Beginning
		want string
	}{
		"nobody":    {accounts.GuestActor(), events.Input{}, events.Beginning{}, "error.forbidden"},
		"programme": {accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Programme}}}, events.Input{}, events.Beginning{}, "error.forbidden"},
		"nothing said": {office, events.Input{}, events.Beginning{},
			"[ends_on field.date series_kind field.choice series_name_en field.required series_name_zh field.required starts_on field.date time_zone events.time_zone title_en field.required title_zh field.required]"},
		"no letters": {office, events.Input{Series: "mayors-forum", TitleZH: "论坛", TitleEN: "…", StartsOn: day("2027-06-08"), EndsOn: day("2027-06-08"), TimeZone: "Asia/Shanghai"},
			events.Beginning{}, "[slug events.slug_none]"},
		"no such series": {office, events.Input{Series: "party", Slug: "party", TitleZH: "论坛", TitleEN: "Party", StartsOn: day("2027-06-08"), EndsOn: day("2027-06-08"), TimeZone: "Asia/Shanghai"},
			events.Beginning{}, "[series field.choice]"},
		"the same series": {office, events.Input{Slug: "again", TitleZH: "论坛", TitleEN: "Again", StartsOn: day("2027-06-08"), EndsOn: day("2027-06-08"), TimeZone: "Asia/Shanghai"},
			events.Beginning{Series: events.Series{Name: both("论坛", "Mayors’ Forum"), Kind: "forum"}}, "[series_name_en field.taken]"},
	} {
		if _, err := g.events.Begin(t.Context(), tt.by, tt.in, tt.with); said(err) != tt.want {
			t.Errorf("%s: %s, want %s", name, said(err), tt.want)
		}
	}
}

// What lasted as long as the event goes along when its days change; its address stays
// once guests know it.
func TestEdit(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	e := g.begun("Forum", "Forum 2027")
	one := events.BadgeType{EventID: e.ID, Code: "DAY", Name: both("单日证", "Day pass"), Colour: "#555555", Pattern: "dots", Zones: []string{"P"}, Days: []int{3}}
	if err := g.events.AddBadgeType(t.Context(), office, one); err != nil {
		t.Fatal(said(err))
	}
	in := events.Input{Slug: "other", Prefix: "X1", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day("2027-06-08"), EndsOn: day("2027-06-09"), TimeZone: "Asia/Shanghai"}
	edited, err := g.events.Edit(t.Context(), office, e.ID, e.Version, in)
	if err != nil || edited.Slug != "other" || edited.Prefix != "X1" || edited.Days() != 2 {
		t.Fatalf("edited %+v, %s", edited, said(err))
	}
	types, err := g.events.BadgeTypes(t.Context(), e.ID)
	for _, b := range types {
		if err != nil || !slices.Equal(b.Days, []int{1, 2}) {
			t.Errorf("%s is good on %v, %v", b.Code, b.Days, err)
		}
	}
	stops, err := g.events.Stops(t.Context(), e.ID)
	if err != nil || len(stops) != 1 || !stops[0].EndsOn.Equal(day("2027-06-09")) {
		t.Errorf("the stop lasts until %v, %v", stops, err)
	}
	if _, err := g.events.Edit(t.Context(), office, e.ID, e.Version, in); said(err) != "error.changed" {
		t.Errorf("by what was read before: %s", said(err))
	}
	if err := g.events.SetStatus(t.Context(), office, e.ID, edited.Version, events.Closed); said(err) != "[status events.no_move]" {
		t.Errorf("closed before it opened: %s", said(err))
	}
	if err := g.events.SetStatus(t.Context(), office, e.ID, edited.Version, events.RegistrationOpen); err != nil {
		t.Fatal(said(err))
	}
	in.Slug, in.Prefix = "third", "Y1"
	if kept, err := g.events.Edit(t.Context(), office, e.ID, 0, in); err != nil || kept.Slug != "other" || kept.Prefix != "X1" || kept.Status != events.RegistrationOpen {
		t.Errorf("edited after it opened: %+v, %s", kept, said(err))
	}
	for _, role := range []accounts.Role{accounts.Protocol, accounts.DoorsLead, accounts.Auditor} {
		by := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: role}}}
		if _, err := g.events.Edit(t.Context(), by, e.ID, 0, in); said(err) != "error.forbidden" {
			t.Errorf("%s edits: %s", role, said(err))
		}
		if err := g.events.SetStatus(t.Context(), by, e.ID, 0, events.Running); said(err) != "error.forbidden" {
			t.Errorf("%s moves: %s", role, said(err))
		}
	}
}

func TestRegistrationOpensForSomebody(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	e := g.begun("Forum", "Forum 2027")
	categories, err := g.events.Categories(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range categories {
		c.Public = false
		if _, err := g.events.SaveCategory(t.Context(), office, c); err != nil {
			t.Fatal(said(err))
		}
	}
	if err := g.events.SetStatus(t.Context(), office, e.ID, e.Version, events.RegistrationOpen); said(err) != "events.nobody_may_register" {
		t.Errorf("opened to nobody: %s", said(err))
	}
}

// Nothing is put where it does not belong: under a code that is taken, within itself,
// into another event; and nothing goes that is needed.
func TestPlaces(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	e, other := g.begun("Forum", "Forum 2027"), g.begun("Fair", "Fair 2027")
	ctx := t.Context()
	zones, err := g.events.Zones(ctx, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := g.events.Zones(ctx, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	zone := func(of []events.Zone, code string) events.Zone {
		return of[slices.IndexFunc(of, func(z events.Zone) bool { return z.Code == code })]
	}
	venues, err := g.events.Venues(ctx, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	room := events.Room{EventID: e.ID, VenueID: venues[0].ID, ZoneID: zone(zones, "A").ID, Code: "R1", Name: both("主会场", "Hall"), Kind: "plenary", Capacity: 100}
	if room, err = g.events.AddRoom(ctx, office, room); err != nil {
		t.Fatal(said(err))
	}
	within := zone(zones, "P")
	within.ParentID = zone(zones, "V").ID // which lies within A, which lies within P
	foreign := zone(zones, "K")
	foreign.ParentID = zone(theirs, "P").ID
	abroad := room
	abroad.Code, abroad.ZoneID = "R2", zone(theirs, "A").ID
	_, withinErr := g.events.SaveZone(ctx, office, within)
	_, foreignErr := g.events.SaveZone(ctx, office, foreign)
	_, abroadErr := g.events.AddRoom(ctx, office, abroad)
	_, twice := g.events.AddRoom(ctx, office, room)
	_, shaped := g.events.AddVenue(ctx, office, events.Venue{EventID: e.ID, Code: "v 1", Name: both("甲", "A"), TimeZone: "Asia/Shanghai"})
	_, table := g.events.AddMeetingTable(ctx, office, events.MeetingTable{EventID: other.ID, RoomID: room.ID, Code: "T1"})
	for what, tt := range map[string]struct {
		err  error
		want string
	}{
		"a zone within itself":          {withinErr, "[parent_id events.zone_within]"},
		"a zone within another event's": {foreignErr, "[parent_id events.zone_within]"},
		"a room in another event":       {abroadErr, "[zone_id field.choice]"},
		"a code twice":                  {twice, "[code field.taken]"},
		"a code with a blank":           {shaped, "[code events.code_form]"},
		"a table in another event":      {table, "[room_id field.choice]"},
		"a badge for day nine": {g.events.AddBadgeType(ctx, office, events.BadgeType{EventID: e.ID, Code: "XX", Name: both("甲", "A"), Colour: "#000000", Pattern: "dots", Zones: []string{"P"}, Days: []int{9}}),
			"[days field.number_between]"},
		"a zone with a room":       {g.events.Remove(ctx, office, e.ID, "zone", "A"), "events.in_use"},
		"a zone of a badge type":   {g.events.Remove(ctx, office, e.ID, "zone", "M"), "events.in_use"},
		"a badge type in use":      {g.events.Remove(ctx, office, e.ID, "badge_type", "VIP"), "events.in_use"},
		"a room of nobody":         {g.events.Remove(ctx, office, e.ID, "room", "R9"), "error.not_found"},
		"a room, by an auditor":    {g.events.Remove(ctx, accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Auditor}}}, e.ID, "room", "R1"), "error.forbidden"},
		"a room that nobody needs": {g.events.Remove(ctx, office, e.ID, "room", "R1"), ""},
	} {
		if said(tt.err) != tt.want {
			t.Errorf("%s: %s, want %s", what, said(tt.err), tt.want)
		}
	}
	if after, err := g.events.Zones(ctx, e.ID); err != nil || !reflect.DeepEqual(after, zones) {
		t.Errorf("the zones are now %+v, %v", after, err)
	}
}

// A city is added by whoever edits delegations everywhere: with a code of its name,
// and the clock of its country where that is one.
func TestCities(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	protocol := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Protocol}}}
	for _, tt := range []struct {
		by   accounts.Actor
		in   events.City
		want events.City
		said string
	}{
		{protocol, events.City{Name: both("都灵", "Turin"), CountryCode: "IT"}, events.City{Code: "TUR", CountryCode: "IT", Name: both("都灵", "Turin"), Native: "Turin", TimeZone: "Europe/Rome"}, ""},
		{protocol, events.City{Name: both("图尔", "Tours"), CountryCode: "FR", Native: "Tours"}, events.City{Code: "TOU", CountryCode: "FR", Name: both("图尔", "Tours"), Native: "Tours", TimeZone: "Europe/Paris"}, ""},
		{protocol, events.City{Name: both("图尔库", "Turku"), CountryCode: "FI"}, events.City{Code: "TUK", CountryCode: "FI", Name: both("图尔库", "Turku"), Native: "Turku", TimeZone: "Europe/Helsinki"}, ""},
		{office, events.City{Name: both("圣保罗", "São Paulo"), CountryCode: "BR"}, events.City{}, "[time_zone events.several_zones]"},
		{office, events.City{Name: both("某城", "Somewhere"), CountryCode: "XX"}, events.City{}, "[time_zone events.several_zones]"},
		{office, events.City{Code: "TUR", Name: both("都灵", "Turin"), CountryCode: "IT"}, events.City{}, "[code field.taken]"},
		{accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{Role: accounts.Analyst}}}, events.City{}, events.City{}, "error.forbidden"},
	} {
		got, err := g.events.AddCity(t.Context(), tt.by, tt.in)
		if said(err) != tt.said || err == nil && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, %s", tt.in.Name.EN, got, said(err))
		}
	}
}
