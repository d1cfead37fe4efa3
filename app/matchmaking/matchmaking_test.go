package matchmaking_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
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
	"qianshou/app/kit/store"
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
	post, err := mail.New(mail.Options{DB: g.db, Log: slog.New(slog.DiscardHandler), Now: may, NewID: ident.New, From: "Forum <forum@office.example>"})
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
			Consent: true, Lang: "en", Source: "office", Role: "head", DelegationID: d.ID,
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

func TestPlanIsSeenOnceItIsPublished(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for d := range 2 {
		for f := range 2 {
			g.wish(t, d, f, matchmaking.Wish)
		}
	}
	draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 1})
	if err != nil || draft.Status != matchmaking.DraftPlan || draft.Placed != 4 || draft.Requested != 4 || draft.Number != 1 || !draft.Proven {
		t.Fatalf("the draft is %+v, %v", draft, err)
	}
	mine, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	if err != nil || len(mine) != 0 {
		t.Errorf("a draft is seen by its delegation: %v, %v", mine, err)
	}
	if _, err := g.s.Published(t.Context(), office, g.event); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a draft is published: %v", err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); keyOf(err) != "matchmaking.already_published" {
		t.Errorf("published twice: %v", err)
	}
	mine, err = g.s.OfRegistration(t.Context(), g.heads[0])
	if err != nil || len(mine) != 2 {
		t.Fatalf("the head sees %v, %v", mine, err)
	}
	got := mine[0]
	got.ID, got.FirmID = ident.Nil, ident.Nil
	first := mine[0].Firm
	want := matchmaking.Appointment{
		State: "scheduled", Version: 1, StartsAt: got.StartsAt, EndsAt: got.StartsAt.Add(20 * time.Minute), TimeZone: "Asia/Shanghai", Table: got.Table,
		Room: locale.Text{ZH: "洽谈厅", EN: "Hall"}, DelegationID: g.delegations[0], Delegation: locale.Text{ZH: "代表团1", EN: "Delegation 1"}, Firm: first,
	}
	if got.EndsAt = got.EndsAt.In(got.StartsAt.Location()); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	firm, err := g.s.OfFirm(t.Context(), g.event, g.firms[0])
	if err != nil || len(firm) != 2 || firm[0].StartsAt.Equal(firm[1].StartsAt) {
		t.Errorf("the firm sees %v, %v", firm, err)
	}
}

func TestStaleDraftIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 0, matchmaking.Wish)
	for _, tt := range []struct {
		key    string
		change func(t *testing.T)
	}{
		{"matchmaking.stale_requests", func(t *testing.T) { g.wish(t, 0, 1, matchmaking.Wish) }},
		{"matchmaking.stale_requests", func(t *testing.T) { g.wish(t, 0, 1, matchmaking.Never) }},
		{"matchmaking.stale_parties", func(t *testing.T) {
			fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[2].ID, DelegationID: g.delegations[0]}))
		}},
		{"matchmaking.stale_tables", func(t *testing.T) {
			fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[2].ID, TableID: g.tables[0]}))
		}},
		{"matchmaking.stale_interpreters", func(t *testing.T) {
			_, err := g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"hu", "zh"}})
			fatal(t, err)
		}},
		{"matchmaking.stale_slots", func(t *testing.T) {
			var starts []time.Time
			for _, s := range g.slots[:2] {
				starts = append(starts, s.StartsAt.Add(time.Minute))
			}
			_, err := g.s.SaveSlots(t.Context(), office, g.event, g.session, "AM", starts, 20*time.Minute)
			fatal(t, err)
		}},
	} {
		draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
		fatal(t, err)
		tt.change(t)
		plans, err := g.s.Plans(t.Context(), office, g.event)
		if err != nil || !plans[0].Stale {
			t.Errorf("%s: the list says %+v, %v", tt.key, plans[0], err)
		}
		if _, err := g.s.Publish(t.Context(), office, g.event, draft.ID); fault.CodeOf(err) != fault.Conflict || keyOf(err) != tt.key {
			t.Errorf("published, or refused for another reason: %v, want %s", err, tt.key)
		}
	}
	if meetings, err := g.s.OfDelegation(t.Context(), g.delegations[0]); err != nil || len(meetings) > 0 {
		t.Errorf("something of a stale draft is published: %v, %v", meetings, err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	first := *g
	g.wish(t, 0, 0, matchmaking.Wish)
	draft, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
	fatal(t, err)
	g.addEvent(t, "forum-2028", "F28")
	staff := func(role accounts.Role, event ident.ID) accounts.Actor {
		return accounts.Actor{Kind: accounts.User, NameEN: "A", Grants: []accounts.Grant{{EventID: event, Role: role}}}
	}
	for _, tt := range []struct {
		name     string
		by       accounts.Actor
		see, run bool
	}{
		{"a guest", accounts.GuestActor(), false, false},
		{"nobody", accounts.Actor{}, false, false},
		{"a door device", accounts.Actor{Kind: accounts.Device, Supervisor: true, Grants: []accounts.Grant{{EventID: first.event, Role: accounts.DoorsLead}}}, false, false},
		{"the doors", staff(accounts.DoorsLead, first.event), false, false},
		{"an analyst", staff(accounts.Analyst, first.event), false, false},
		{"protocol", staff(accounts.Protocol, first.event), true, false},
		{"an auditor", staff(accounts.Auditor, ident.Nil), true, false},
		{"the desk of another event", staff(accounts.Matchmaking, g.event), false, false},
		{"the desk", staff(accounts.Matchmaking, first.event), true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			_, plans := first.s.Plans(ctx, tt.by, first.event)
			_, table := first.s.Timetable(ctx, tt.by, first.event, draft.ID)
			_, figures := first.s.Figures(ctx, tt.by, first.event)
			_, rules := first.s.RulesOf(ctx, tt.by, first.event)
			for _, err := range []error{plans, table, figures, rules} {
				if (fault.CodeOf(err) == fault.Forbidden) == tt.see {
					t.Errorf("seeing is answered with %v", err)
				}
			}
			_, solve := first.s.Solve(ctx, tt.by, first.event, matchmaking.RunOptions{})
			_, repair := first.s.Repair(ctx, tt.by, first.event, matchmaking.RunOptions{})
			_, publish := first.s.Publish(ctx, tt.by, first.event, ident.New())
			_, request := first.s.SaveRequest(ctx, tt.by, matchmaking.Request{EventID: first.event, DelegationID: first.delegations[0], FirmID: first.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Wish, Priority: 1})
			absence := first.s.SaveAbsence(ctx, tt.by, matchmaking.Absence{EventID: first.event, SlotID: first.slots[0].ID, FirmID: first.firms[0]})
			for _, err := range []error{solve, repair, publish, request, absence} {
				if (fault.CodeOf(err) == fault.Forbidden) == tt.run {
					t.Errorf("running is answered with %v", err)
				}
			}
		})
	}
	// Nothing of one event is reached through another, by whoever may do all in both.
	ctx := t.Context()
	_, table := g.s.Timetable(ctx, office, g.event, draft.ID)
	_, publish := g.s.Publish(ctx, office, g.event, draft.ID)
	_, request := g.s.SaveRequest(ctx, office, matchmaking.Request{EventID: g.event, DelegationID: first.delegations[0], FirmID: g.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Wish, Priority: 1})
	_, interpreter := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Code: "X", Name: locale.Text{EN: "X"}, Languages: []string{"hu", "zh"}, DelegationID: first.delegations[0]})
	absence := g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: first.slots[0].ID, TableID: g.tables[0]})
	need := g.s.SaveNeed(ctx, office, g.event, first.delegations[0], matchmaking.StepFree)
	_, slots := g.s.SaveSlots(ctx, office, g.event, first.session, "AM", []time.Time{may()}, 20*time.Minute)
	for i, err := range []error{table, publish, request, interpreter, absence, need, slots} {
		if fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%d: what belongs to another event is answered with %v", i, err)
		}
	}
}

// Whatever program writes it, the database refuses that somebody or something is
// in two meetings at once.
func TestTheDatabaseRefusesDoubleBooking(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	interpreter, err := g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{EN: "Li"}, Languages: []string{"hu", "zh"}})
	fatal(t, err)
	g.wish(t, 0, 2, matchmaking.Wish) // D01 meets F003, interpreted
	plan := g.publish(t)
	held, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	fatal(t, err)
	slot := g.slots[slices.IndexFunc(g.slots, func(s matchmaking.Slot) bool { return s.StartsAt.Equal(held[0].StartsAt) })].ID
	here, elsewhere := g.tables[0], g.tables[1]
	if held[0].Table != "T01" {
		here, elsewhere = elsewhere, here
	}
	for _, tt := range []struct {
		constraint         string
		d, f               int
		table, interpreter any
	}{
		{"", 1, 0, elsewhere, nil},
		{"meetings_delegation_free", 0, 1, elsewhere, nil},
		{"meetings_firm_free", 1, 2, elsewhere, nil},
		{"meetings_table_free", 1, 0, here, nil},
		{"meetings_interpreter_free", 1, 0, elsewhere, interpreter.ID},
		{"meetings_pair_once", 0, 2, elsewhere, nil},
	} {
		err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO meetings (event_id, id, delegation_id, firm_id, slot_id, table_id, interpreter_id, state, plan_id)
				VALUES ($1, $2, $3, $4, $5, $6, $7, 'scheduled', $8)`, g.event, ident.New(), g.delegations[tt.d], g.firms[tt.f], slot, tt.table, tt.interpreter, plan.ID)
			if err != nil || tt.constraint != "" {
				return err
			}
			_, err = tx.ExecContext(t.Context(), `DELETE FROM meetings WHERE delegation_id = $1`, g.delegations[tt.d])
			return err
		})
		if got := store.Constraint(err); got != tt.constraint {
			t.Errorf("got %q, %v; want %q", got, err, tt.constraint)
		}
	}
}

func TestNewPlanKeepsIdentities(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for f := range 2 {
		g.wish(t, 0, f, matchmaking.Wish)
		g.wish(t, 1, f, matchmaking.Wish)
	}
	first := g.publish(t)
	before := map[ident.ID]matchmaking.Appointment{}
	for _, d := range g.delegations {
		list, err := g.s.OfDelegation(t.Context(), d)
		fatal(t, err)
		for _, a := range list {
			before[a.ID] = a
		}
	}
	// The first delegation is away when it would meet first.
	mine, err := g.s.OfDelegation(t.Context(), g.delegations[0])
	fatal(t, err)
	away := slices.IndexFunc(g.slots, func(s matchmaking.Slot) bool { return s.StartsAt.Equal(mine[0].StartsAt) })
	fatal(t, g.s.SaveAbsence(t.Context(), office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[away].ID, DelegationID: g.delegations[0]}))
	repair, err := g.s.Repair(t.Context(), office, g.event, matchmaking.RunOptions{Seed: 1})
	if err != nil || !repair.Repair || repair.Placed != 4 || repair.Moved != 1 {
		t.Fatalf("the repair is %+v, %v; want one meeting moved", repair, err)
	}
	if _, err := g.s.Publish(t.Context(), office, g.event, repair.ID); err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, d := range g.delegations {
		list, err := g.s.OfDelegation(t.Context(), d)
		fatal(t, err)
		for _, a := range list {
			was, known := before[a.ID]
			if !known {
				t.Errorf("meeting %v has a new identity", a)
			}
			if !a.StartsAt.Equal(was.StartsAt) {
				moved++
				if a.State != "rescheduled" || a.Version != was.Version+1 {
					t.Errorf("a moved meeting is %s, version %d", a.State, a.Version)
				}
			} else if a != was {
				t.Errorf("a meeting that stayed changed from %+v to %+v", was, a)
			}
		}
	}
	if moved != 1 {
		t.Errorf("%d meetings moved", moved)
	}
	plans, err := g.s.Plans(t.Context(), office, g.event)
	if err != nil || len(plans) != 2 || plans[0].Status != matchmaking.PublishedPlan || plans[1].Status != matchmaking.SupersededPlan || plans[1].ID != first.ID {
		t.Errorf("plans: %+v, %v", plans, err)
	}
	// A pair that must not meet any more loses its meeting.
	g.wish(t, 0, 0, matchmaking.Never)
	g.publish(t)
	if list, err := g.s.OfDelegation(t.Context(), g.delegations[0]); err != nil || len(list) != 1 || list[0].FirmID != g.firms[1] {
		t.Errorf("after a never: %+v, %v", list, err)
	}
}

func TestNothingToPlan(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	if _, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.nothing_to_plan" {
		t.Errorf("without wishes: %v", err)
	}
	g.wish(t, 0, 0, matchmaking.Wish)
	if _, err := g.s.Repair(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.nothing_to_repair" {
		t.Errorf("repair without a published plan: %v", err)
	}
	late := matchmaking.New(g.db, clock.At("2027-06-11T10:00:00+08:00"), ident.New)
	if _, err := late.Solve(t.Context(), office, g.event, matchmaking.RunOptions{}); keyOf(err) != "matchmaking.all_past" {
		t.Errorf("after the event: %v", err)
	}
}

// On the day itself what has begun stays, whatever changes.
func TestWhatHasBegunStays(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 0, matchmaking.Wish)
	g.wish(t, 0, 1, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Wish)
	g.publish(t)
	first, err := g.s.OfFirm(t.Context(), g.event, g.firms[0])
	fatal(t, err)
	during := matchmaking.New(g.db, func() time.Time { return g.slots[0].StartsAt.Add(time.Minute) }, ident.New)
	g.s = during
	g.wish(t, 1, 1, matchmaking.Must)
	g.publish(t)
	after, err := during.OfFirm(t.Context(), g.event, g.firms[0])
	fatal(t, err)
	for _, a := range first {
		begun := !a.StartsAt.After(g.slots[0].StartsAt)
		if begun && !slices.Contains(after, a) {
			t.Errorf("%+v has begun and is now %+v", a, after)
		}
	}
	for _, d := range g.delegations {
		list, err := during.OfDelegation(t.Context(), d)
		fatal(t, err)
		if len(list) != 2 {
			t.Errorf("%d meetings, want 2", len(list))
		}
	}
}

// The third firm speaks Chinese alone: without an interpreter there is no
// meeting, and the desk is told so.
func TestInterpretersAndReasons(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.wish(t, 0, 2, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Wish)
	g.wish(t, 1, 0, matchmaking.Never)
	table := func() matchmaking.Timetable {
		plan, err := g.s.Solve(t.Context(), office, g.event, matchmaking.RunOptions{})
		fatal(t, err)
		table, err := g.s.Timetable(t.Context(), office, g.event, plan.ID)
		fatal(t, err)
		return table
	}
	name := func(kind string, zh string, n int) locale.Text {
		return locale.Text{ZH: fmt.Sprint(zh, n), EN: fmt.Sprint(kind, " ", n)}
	}
	blocked := matchmaking.Unplaced{Delegation: name("Delegation", "代表团", 2), Firm: name("Firm", "企业", 1), Code: matchmaking.Blocked, Reason: "blocked"}
	want := []matchmaking.Unplaced{{Delegation: name("Delegation", "代表团", 1), Firm: name("Firm", "企业", 3), Code: matchmaking.NoInterpreter, Reason: "interpreter"}, blocked}
	if got := table().Unplaced; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// Whoever may not set rules is not told that the two must not meet.
	plans, err := g.s.Plans(t.Context(), office, g.event)
	fatal(t, err)
	reader := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event, Role: accounts.Programme}}}
	seen, err := g.s.Timetable(t.Context(), reader, g.event, plans[0].ID)
	if err != nil || len(seen.Unplaced) != 2 || seen.Unplaced[1].Reason != "not_possible" {
		t.Errorf("the programme reads %+v, %v", seen.Unplaced, err)
	}
	if f, err := g.s.Figures(t.Context(), reader, g.event); err != nil || f.Blocked != 0 || f.Wishes != 2 {
		t.Errorf("the programme counts %+v, %v", f, err)
	}
	_, err = g.s.SaveInterpreter(t.Context(), office, matchmaking.Interpreter{EventID: g.event, Code: "ST1", Name: locale.Text{ZH: "钟", EN: "Zhong"}, Languages: []string{"hu", "zh"}})
	fatal(t, err)
	got := table()
	if !slices.Equal(got.Unplaced, []matchmaking.Unplaced{blocked}) {
		t.Errorf("with an interpreter: %+v", got.Unplaced)
	}
	for _, row := range got.Rows {
		for _, cell := range row.Cells {
			if cell != nil && cell.Interpreter != (locale.Text{ZH: "钟", EN: "Zhong"}) {
				t.Errorf("interpreted by %v", cell.Interpreter)
			}
		}
	}
}

func TestBadInputIsNamedByField(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	long := string(bytes.Repeat([]byte("x"), 301))
	rules := matchmaking.DefaultRules(g.event)
	rules.MinPerFirm, rules.MaxInARow = 5, 0
	_, request := g.s.SaveRequest(ctx, office, matchmaking.Request{EventID: g.event, DelegationID: g.delegations[0], FirmID: g.firms[0], Side: matchmaking.ByFirm, Kind: matchmaking.Never, Priority: 4, Topic: long})
	_, slots := g.s.SaveSlots(ctx, office, g.event, g.session, "AM", []time.Time{may(), may().Add(10 * time.Minute)}, 20*time.Minute)
	_, interpreter := g.s.SaveInterpreter(ctx, office, matchmaking.Interpreter{EventID: g.event, Languages: []string{"zh"}})
	for _, tt := range []struct {
		err    error
		fields []string
	}{
		{g.s.SaveRules(ctx, office, rules), []string{"max_in_a_row", "min_per_firm"}},
		{request, []string{"kind", "priority", "topic"}},
		{slots, []string{"starts"}},
		{interpreter, []string{"code", "languages", "name_en"}},
		{g.s.SaveAbsence(ctx, office, matchmaking.Absence{EventID: g.event, SlotID: g.slots[0].ID}), []string{"subject"}},
		{g.s.SaveNeed(ctx, office, g.event, g.delegations[0], "sauna"), []string{"need"}},
	} {
		var got []string
		if f, ok := fault.Of(tt.err); ok {
			for _, field := range f.Fields {
				got = append(got, field.Path)
			}
		}
		slices.Sort(got)
		if fault.CodeOf(tt.err) != fault.Invalid || !slices.Equal(got, tt.fields) {
			t.Errorf("got %v, want the fields %v", tt.err, tt.fields)
		}
	}
}
