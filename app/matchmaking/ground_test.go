package matchmaking_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
)

var (
	may    = clock.At("2027-05-10T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

// ground is an event with two delegations, three firms, three slots and two
// tables; everybody speaks English but the third firm.
type ground struct {
	db          *sqlx.DB
	s           *matchmaking.Service
	event       ident.ID
	session     ident.ID
	tables      []ident.ID
	slots       []matchmaking.Slot
	delegations []ident.ID
	firms       []ident.ID
	heads       []ident.ID // their registrations
	interpreter ident.ID   // of those tests that have one
}

func newGround(t *testing.T) *ground {
	t.Helper()
	db := storetest.New(t)
	g := &ground{db: db, s: matchmaking.New(db, may, ident.New)}
	g.addEvent(t, "forum-2027", "F27")
	return g
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// addEvent fills the ground with an event of its own.
func (g *ground) addEvent(t *testing.T, slug, prefix string) {
	t.Helper()
	ctx := t.Context()
	ev := events.New(g.db, may, ident.New)
	fatal(t, ev.SaveCountry(ctx, office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}))
	fatal(t, ev.SaveDistrict(ctx, office, events.Coded{Code: "330203", Name: locale.Text{ZH: "海曙区", EN: "Haishu"}}))
	fatal(t, ev.SaveSector(ctx, office, events.Coded{Code: "LOGI", Name: locale.Text{ZH: "物流", EN: "Logistics"}}))
	_, err := ev.CreateSeries(ctx, office, events.Series{Slug: slug, Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	fatal(t, err)
	day := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	e, err := ev.Create(ctx, office, events.Input{Slug: slug, Prefix: prefix, Series: slug, TitleZH: "论坛", TitleEN: "Forum", StartsOn: day(8), EndsOn: day(10), TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen})
	fatal(t, err)
	g.event = e.ID
	venue, err := ev.SaveVenue(ctx, office, events.Venue{EventID: e.ID, Code: "V", Name: locale.Text{ZH: "会议中心", EN: "Centre"}, TimeZone: "Asia/Shanghai"})
	fatal(t, err)
	zone, err := ev.SaveZone(ctx, office, events.Zone{EventID: e.ID, Code: "A", Name: locale.Text{ZH: "甲", EN: "A"}})
	fatal(t, err)
	room, err := ev.SaveRoom(ctx, office, events.Room{EventID: e.ID, VenueID: venue.ID, ZoneID: zone.ID, Code: "R1", Name: locale.Text{ZH: "洽谈厅", EN: "Hall"}, Kind: "matchmaking", Capacity: 50, StepFree: true})
	fatal(t, err)
	g.tables = nil
	for _, code := range []string{"T01", "T02"} {
		table, err := ev.SaveMeetingTable(ctx, office, events.MeetingTable{EventID: e.ID, RoomID: room.ID, Code: code})
		fatal(t, err)
		g.tables = append(g.tables, table.ID)
	}
	g.addSession(t, e)
	g.addPeople(t, ev, e)
}

func (g *ground) addSession(t *testing.T, e events.Event) {
	t.Helper()
	ctx := t.Context()
	stops, err := events.New(g.db, may, ident.New).Stops(ctx, e.ID)
	fatal(t, err)
	a := agenda.New(g.db, storetest.Redis(t), "t:", may, ident.New, slog.New(slog.DiscardHandler))
	starts := time.Date(2027, 6, 10, 1, 0, 0, 0, time.UTC)
	session, err := a.Create(ctx, office, e.ID, agenda.Input{Code: "S16", StopID: stops[0].ID, Kind: "matchmaking", Title: locale.Text{ZH: "对接", EN: "Meetings"}, StartsAt: starts, EndsAt: starts.Add(2 * time.Hour)})
	fatal(t, err)
	g.session = session.ID
	g.slots, err = g.s.SaveSlots(ctx, office, e.ID, session.ID, "AM", []time.Time{starts, starts.Add(25 * time.Minute), starts.Add(50 * time.Minute)}, 20*time.Minute)
	fatal(t, err)
	rules := matchmaking.DefaultRules(e.ID)
	rules.FreeSlots = 0
	fatal(t, g.s.SaveRules(ctx, office, rules))
}

func (g *ground) addPeople(t *testing.T, ev *events.Service, e events.Event) {
	t.Helper()
	ctx := t.Context()
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	fatal(t, err)
	words, err := locale.Load(fstest.MapFS{"zh/x.json": {Data: []byte(`{}`)}, "en/x.json": {Data: []byte(`{}`)}}, nil)
	fatal(t, err)
	post, err := mail.New(mail.Options{DB: g.db, Box: box, Log: slog.New(slog.DiscardHandler), Now: may, NewID: ident.New, From: "Forum <forum@office.example>"})
	fatal(t, err)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	guests := delegations.New(g.db, box, ev, badges.New(g.db, box, may, ident.New), letters, may, ident.New)
	_, err = ev.SaveCategory(ctx, office, events.Category{EventID: e.ID, Code: "head", Name: locale.Text{ZH: "团长", EN: "Head"}, BadgeType: "VIP", Approval: "review", Position: 1})
	fatal(t, err)
	g.delegations, g.heads, g.firms = nil, nil, nil
	for i := range 2 {
		d, err := guests.Save(ctx, office, delegations.Delegation{EventID: e.ID, Code: fmt.Sprintf("D%02d", i+1), Name: locale.Text{ZH: fmt.Sprintf("代表团%d", i+1), EN: fmt.Sprintf("Delegation %d", i+1)}, Quota: 5, Status: "confirmed"})
		fatal(t, err)
		g.delegations = append(g.delegations, d.ID)
		head, _, err := guests.Register(ctx, office, e.ID, delegations.Input{
			Category: "head", GivenName: "Given", FamilyName: fmt.Sprintf("Family %s", string(rune('A'+i))), Email: fmt.Sprintf("h%d@%s.example", i, e.Slug), Languages: []string{"hu", "en"},
			Nationality: "HU", Consent: true, Lang: "en", Source: "office", Role: "head", DelegationID: d.ID,
		})
		fatal(t, err)
		g.heads = append(g.heads, head.ID)
	}
	f := firms.New(g.db, may, ident.New)
	for i, code := range []string{"91330299J3NW4AM187", "91330299250661XH3H", "913302998QJJ39HM41"} {
		languages := []string{"zh", "en"}
		if i == 2 {
			languages = []string{"zh"}
		}
		firm, err := f.Save(ctx, office, firms.Firm{Code: fmt.Sprintf("F%03d", i+1), CreditCode: code, Name: locale.Text{ZH: fmt.Sprintf("企业%d", i+1), EN: fmt.Sprintf("Firm %d", i+1)}, District: "330203", Sectors: []string{"LOGI"}, Ownership: "private", Languages: languages})
		fatal(t, err)
		fatal(t, f.Join(ctx, office, e.ID, firm.ID, ident.Nil))
		g.firms = append(g.firms, firm.ID)
	}
}

// wish asks for a meeting of a delegation and a firm, both counted from 0.
func (g *ground) wish(t *testing.T, d, f int, kind matchmaking.Kind) {
	t.Helper()
	side := matchmaking.ByFirm
	if kind != matchmaking.Wish {
		side = matchmaking.ByOrganiser
	}
	_, err := g.s.SaveRequest(t.Context(), office, matchmaking.Request{EventID: g.event, DelegationID: g.delegations[d], FirmID: g.firms[f], Side: side, Kind: kind, Priority: 1})
	fatal(t, err)
}

func (g *ground) publish(t *testing.T) matchmaking.Plan {
	t.Helper()
	plan, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 1})
	fatal(t, err)
	plan, err = g.s.Publish(t.Context(), office, g.event, plan.ID)
	fatal(t, err)
	return plan
}

// keyOf answers the sentence of a fault.
func keyOf(err error) string {
	if f, ok := fault.Of(err); ok {
		return f.Key
	}
	return fmt.Sprint(err)
}
