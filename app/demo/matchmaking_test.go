package demo

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/fstest"

	"github.com/jmoiron/sqlx"

	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
)

// loaded is a database with the whole demo in it.
func loaded(t *testing.T) (*sqlx.DB, events.Event) {
	t.Helper()
	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(fstest.MapFS{"zh/x.json": {Data: []byte(`{}`)}, "en/x.json": {Data: []byte(`{}`)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	post, err := mail.New(mail.Options{DB: db, Box: box, Log: log, Now: Registering, NewID: ident.New, From: "Forum <forum@office.example>"})
	if err != nil {
		t.Fatal(err)
	}
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	g := Ground{DB: db, Redis: storetest.Redis(t), RedisPrefix: "t:", Box: box, Mail: letters, Log: log}
	if err := Load(t.Context(), g, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	forum, err := events.New(db, Registering, ident.New).ByRef(t.Context(), Forum)
	if err != nil {
		t.Fatal(err)
	}
	return db, forum
}

// TestMatchmakingOfTheDemo: 92 pairs are allowed. D07 has ten wishes and D12
// eleven, and no delegation may have more than nine meetings, so 89 is the most;
// the solver's own bound says the same of the value.
func TestMatchmakingOfTheDemo(t *testing.T) {
	t.Parallel()
	db, forum := loaded(t)
	s := matchmaking.New(db, Registering, ident.New)
	figures, err := s.Figures(t.Context(), by, forum.ID)
	want := matchmaking.Figures{Wishes: 94, Blocked: 2, Musts: 5, Delegations: 12, Firms: 36, Slots: 10, Tables: 14, Interpreters: 12}
	if err != nil || figures != want {
		t.Errorf("got %+v, %v; want %+v", figures, err, want)
	}
	plan, err := s.Published(t.Context(), by, forum.ID)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Requested != 92 || plan.Placed != 89 || plan.Value != 6520 || plan.Bound != 6520 || !plan.Proven || plan.Moved != 0 {
		t.Errorf("published %+v; want 89 of 92 at the bound", plan)
	}
	table, err := s.Timetable(t.Context(), by, forum.ID, plan.ID)
	if err != nil {
		t.Fatal(err)
	}
	held, reasons := map[string]int{}, map[string]int{}
	for _, row := range table.Rows {
		for i, cell := range row.Cells {
			if cell == nil {
				continue
			}
			held[cell.DelegationCode]++
			if cell.DelegationCode == "D12" && row.Table != "V1" {
				t.Errorf("D12 at %s, which has not both a VIP room and step-free access", row.Table)
			}
			if slot := table.Slots[i].Code; cell.DelegationCode == "D02" && slot == "MM-AM:1" || cell.DelegationCode == "D05" && (slot == "MM-PM:3" || slot == "MM-PM:4") {
				t.Errorf("%s meets at %s, when it is away", cell.DelegationCode, slot)
			}
			if cell.DelegationCode == "D06" && cell.FirmCode == "F022" || cell.DelegationCode == "D03" && cell.FirmCode == "F012" {
				t.Errorf("%s meets %s, which is forbidden", cell.DelegationCode, cell.FirmCode)
			}
		}
	}
	for _, u := range table.Unplaced {
		reasons[u.Code]++
	}
	if held["D07"] != 9 || held["D12"] != 9 || len(held) != 12 {
		t.Errorf("meetings by delegation: %v", held)
	}
	if reasons[matchmaking.HostFull] != 3 || reasons[matchmaking.Blocked] != 2 || len(reasons) != 2 {
		t.Errorf("unplaced by reason: %v", reasons)
	}
}

// TestDayOfChanges repairs the published plan after what happens on the day: an
// interpreter falls ill, a firm does not come, a VIP room is lost to the only
// delegation that needs one without steps.
func TestDayOfChanges(t *testing.T) {
	t.Parallel()
	db, forum := loaded(t)
	s := matchmaking.New(db, Registering, ident.New)
	find := func(query string, args ...any) (id ident.ID) {
		if err := db.GetContext(t.Context(), &id, query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return id
	}
	interpreter := find(`SELECT id FROM interpreters WHERE event_id = $1 AND code = 'M024'`, forum.ID)
	firm := find(`SELECT id FROM firms WHERE code = 'F015'`)
	table := find(`SELECT id FROM meeting_tables WHERE event_id = $1 AND code = 'V1'`, forum.ID)
	var slots []ident.ID
	if err := db.SelectContext(t.Context(), &slots, `SELECT id FROM time_slots WHERE event_id = $1`, forum.ID); err != nil {
		t.Fatal(err)
	}
	meetingsOf := func(column string, id ident.ID) (n int) {
		if err := db.GetContext(t.Context(), &n, `SELECT count(*) FROM meetings WHERE state <> 'cancelled' AND `+column+` = $1`, id); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, tt := range []struct {
		what    string
		absence matchmaking.Absence
		moved   int // what must move or fall out, and no more
		placed  int
	}{
		{"the interpreter is ill", matchmaking.Absence{InterpreterID: interpreter}, 0, 89},
		// Two delegations that were full met the firm: each has room for another wish.
		{"the firm does not come", matchmaking.Absence{FirmID: firm}, meetingsOf("firm_id", firm), 88},
		{"the room is lost", matchmaking.Absence{TableID: table}, meetingsOf("table_id", table), 79},
	} {
		for _, slot := range slots {
			a := tt.absence
			a.EventID, a.SlotID = forum.ID, slot
			if err := s.SaveAbsence(t.Context(), by, a); err != nil {
				t.Fatal(err)
			}
		}
		plan, err := s.Repair(t.Context(), by, forum.ID, matchmaking.RunOptions{Seed: 1})
		if err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		if plan.Moved != tt.moved || plan.Placed != tt.placed {
			t.Errorf("%s: %d placed, %d moved; want %d and %d", tt.what, plan.Placed, plan.Moved, tt.placed, tt.moved)
		}
		if _, err := s.Publish(t.Context(), by, forum.ID, plan.ID); err != nil {
			t.Fatalf("%s: %v", tt.what, err)
		}
		if tt.absence.InterpreterID != ident.Nil && meetingsOf("interpreter_id", interpreter) > 0 || tt.absence.FirmID != ident.Nil && meetingsOf("firm_id", firm) > 0 || tt.absence.TableID != ident.Nil && meetingsOf("table_id", table) > 0 {
			t.Errorf("%s, and meetings still need them", tt.what)
		}
	}
}
