package agenda_test

import (
	"slices"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func TestRoomClashNamesTheSession(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	g.publish(g.input("S08", "09:10", "10:00"))
	_, err := g.service.Create(t.Context(), system, g.event, g.input("S09", "09:50", "11:00"))
	f, isFault := fault.Of(err)
	if !isFault || f.Code != fault.Conflict || f.Key != "agenda.room_taken" || len(f.Fields) != 1 || f.Fields[0].Path != "room_id" {
		t.Fatalf("got %v", err)
	}
	want := []any{both("主会场", "Plenary hall"), both("会议S08", "Session S08"), both("6月9日09:10–10:00", "9 June, 09:10–10:00")}
	if !slices.Equal(f.Args, want) {
		t.Errorf("args %v, want %v", f.Args, want)
	}
	g.create(g.input("S10", "10:00", "11:00")) // touching is no clash
}

func TestNobodyIsInTwoPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, role string
		speaks     bool
		want       fault.Code
		warnings   int
	}{
		{name: "a speaker cannot", role: "member", speaks: true, want: fault.Conflict},
		{name: "a head of delegation cannot", role: "head", want: fault.Conflict},
		{name: "somebody listed is pointed out", role: "member", warnings: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t, nil)
			who := g.person(tt.role, "安娜·诺瓦克", "Anna", "Novák")
			first := g.input("S08", "09:00", "10:00")
			first.Listed = []ident.ID{who}
			if tt.speaks {
				first.Speakers, first.Listed = []ident.ID{who}, nil
			}
			g.publish(first)
			second := g.input("S09", "10:00", "11:00")
			second.RoomID, second.Listed = g.vip.ID, []ident.ID{who}
			n := g.publish(second)
			_, warnings, err := g.service.Move(t.Context(), system, n.ID, n.Version, agenda.Move{StartsAt: at("09:30"), EndsAt: at("10:30"), RoomID: g.vip.ID})
			if fault.CodeOf(err) != tt.want || len(warnings) != tt.warnings {
				t.Fatalf("got %v, %v; want %q and %d warnings", warnings, err, tt.want, tt.warnings)
			}
			if f, isFault := fault.Of(err); isFault && f.Args[0] != both("安娜·诺瓦克", "Anna Novák") {
				t.Errorf("the sentence names %v", f.Args)
			}
		})
	}
}

func TestInputIsRefusedBesideItsField(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	for _, tt := range []struct {
		name, path, key string
		spoil           func(in *agenda.Input)
	}{
		{"a title is needed in both languages", "title_zh", "field.required", func(in *agenda.Input) { in.Title.ZH = "  " }},
		{"a title has an end", "title_en", "field.too_long", func(in *agenda.Input) { in.Title.EN = strings.Repeat("𠮷", 201) }},
		{"no control characters", "title_en", "field.control", func(in *agenda.Input) { in.Title.EN = "a\x07b" }},
		{"the end is after the start", "ends_at", "field.order", func(in *agenda.Input) { in.EndsAt = in.StartsAt }},
		{"a session is in its event's days", "starts_at", "agenda.outside_stop", func(in *agenda.Input) {
			in.StartsAt, in.EndsAt = at("2027-06-11T09:00:00+08:00"), at("2027-06-11T10:00:00+08:00")
		}},
		{"before 1900 is outside too", "starts_at", "agenda.outside_stop", func(in *agenda.Input) {
			in.StartsAt, in.EndsAt = at("1899-06-11T09:00:00+08:00"), at("1899-06-11T10:00:00+08:00")
		}},
		{"a room of this event", "room_id", "field.choice", func(in *agenda.Input) { in.RoomID = ident.ID{1} }},
		{"a kind that exists", "kind", "field.choice", func(in *agenda.Input) { in.Kind = "party" }},
		{"a code", "code", "agenda.code_form", func(in *agenda.Input) { in.Code = "§1" }},
	} {
		in := g.input("S01", "09:00", "10:00")
		tt.spoil(&in)
		_, err := g.service.Create(t.Context(), system, g.event, in)
		f, isFault := fault.Of(err)
		if !isFault || f.Code != fault.Invalid || !slices.ContainsFunc(f.Fields, func(b fault.Field) bool { return b.Path == tt.path && b.Key == tt.key }) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
	if all := ok(g.service.List(t.Context(), system, g.event)); len(all) != 0 {
		t.Errorf("something was saved: %+v", all)
	}
}

func TestMoveTellsGuestsWhereItWas(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	n := g.publish(g.input("S08", "09:10", "10:00"))
	note := both("礼宾车辆晚到", "The convoy is late")
	if _, _, err := g.service.Move(t.Context(), system, n.ID, n.Version-1, agenda.Move{StartsAt: at("09:30"), EndsAt: at("10:20"), RoomID: g.vip.ID, Note: note}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("an old version moved it: %v", err)
	}
	moved, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, agenda.Move{StartsAt: at("09:30"), EndsAt: at("10:20"), RoomID: g.vip.ID, Note: note})
	if err != nil {
		t.Fatal(err)
	}
	live := ok(g.service.Build(t.Context(), g.event))
	item := live.Items()[0]
	if item.Changed == nil || !item.Changed.StartsAt.Equal(at("09:10")) || item.Changed.Room.Code != "R-MAIN" || item.Room.Code != "R-VIP1" || item.Note != note {
		t.Errorf("guests see %+v", item)
	}
	if moved.Version != n.Version+1 || live.Version != 3 {
		t.Errorf("session version %d, agenda version %d", moved.Version, live.Version)
	}
	history := ok(audit.History(t.Context(), g.db, n.ID))
	last := history[len(history)-1]
	if last.Action != "session.move" || last.Before["starts_at"] != "2027-06-09T01:10:00Z" || last.After["starts_at"] != "2027-06-09T01:30:00Z" {
		t.Errorf("audit says %+v", last)
	}
}

func TestOnlyProgrammeMayChange(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	n := g.publish(g.input("S08", "09:10", "10:00"))
	for _, role := range accounts.Roles {
		by := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: g.event, Role: role}}}
		elsewhere := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: ident.New(), Role: role}}}
		_, err := g.service.SetStatus(t.Context(), by, n.ID, -1, agenda.Ended)
		if allowed := fault.CodeOf(err) == fault.Conflict; allowed != (role == accounts.Owner || role == accounts.Programme) {
			t.Errorf("%s: %v", role, err)
		}
		if _, err := g.service.SetStatus(t.Context(), elsewhere, n.ID, -1, agenda.Ended); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s of another event: %v", role, err)
		}
	}
}

// What is a draft, backstage or under embargo is in nothing that guests get.
func TestEmbargoNeverLeaks(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	until := at("2027-06-08T18:00:00+08:00")
	secret := g.input("S04", "16:40", "17:20")
	secret.EmbargoUntil, secret.Title = &until, both("密会", "Courtesy call")
	hidden := g.publish(secret)
	g.create(g.input("S05", "09:00", "09:30")) // a draft
	backstage := g.input("S15", "10:00", "10:30")
	backstage.Kind = "briefing"
	g.publish(backstage)
	cancelledDraft := g.create(g.input("S16", "11:00", "11:30"))
	ok(g.service.Cancel(t.Context(), system, cancelledDraft.ID, cancelledDraft.Version, both("改期", "Put off")))
	g.publish(g.input("S06", "12:00", "12:30"))

	codes := func() (codes []string) {
		live := ok(g.service.Live(t.Context(), g.event))
		for _, i := range live.Items() {
			codes = append(codes, i.Code)
		}
		if text := live.Calendar(locale.EN, ""); strings.Contains(text, "Courtesy") != slices.Contains(codes, "S04") {
			t.Errorf("the calendar disagrees:\n%s", text)
		}
		return codes
	}
	if got := codes(); !slices.Equal(got, []string{"S06"}) {
		t.Errorf("before the embargo ends guests see %v", got)
	}
	raw := g.redis.HGet(t.Context(), "t:{"+g.event.String()+"}:agenda", "live").Val()
	if raw == "" || strings.Contains(raw, "密会") || strings.Contains(raw, hidden.ID.String()) {
		t.Errorf("Redis holds %s", raw)
	}
	g.relay()
	g.setNow("2027-06-08T18:00:00+08:00")
	if err := g.service.LiftEmbargoes(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "the session to appear", func() bool { return slices.Equal(codes(), []string{"S06", "S04"}) })
	version := ok(g.service.Build(t.Context(), g.event)).Version
	if err := g.service.LiftEmbargoes(t.Context()); err != nil || ok(g.service.Build(t.Context(), g.event)).Version != version {
		t.Errorf("lifted twice: %v", err)
	}
}

func TestSpeakersWhoAreHiddenAreNotNamed(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	shown, hidden := g.person("head", "安娜", "Anna", "Novák"), g.person("member", "匿名", "No", "Name")
	if _, err := g.db.ExecContext(t.Context(), `UPDATE registrations SET visibility = 'hidden' WHERE id = $1`, hidden); err != nil {
		t.Fatal(err)
	}
	in := g.input("S08", "09:00", "10:00")
	in.Speakers = []ident.ID{hidden, shown}
	g.publish(in)
	speakers := ok(g.service.Build(t.Context(), g.event)).Items()[0].Speakers
	want := []agenda.Speaker{{Name: both("安娜", "Anna Novák"), Title: both("市长", "Mayor")}}
	if !slices.Equal(speakers, want) {
		t.Errorf("got %+v", speakers)
	}
}

// Stop 3 of an overseas week spans the night in which summer time ends.
func TestTimesAcrossTheEndOfSummerTime(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	if _, err := g.db.ExecContext(t.Context(), `UPDATE stops SET time_zone = 'Europe/London', starts_on = '2027-10-30', ends_on = '2027-11-01' WHERE event_id = $1`, g.event); err != nil {
		t.Fatal(err)
	}
	for code, times := range map[string][2]string{
		"W300": {"2027-10-30T23:30:00+01:00", "2027-10-31T01:30:00+00:00"}, // three hours by the clock and three and a half in fact
		"W301": {"2027-10-31T18:00:00+00:00", "2027-10-31T20:00:00+00:00"},
		"W302": {"2027-11-01T09:30:00+00:00", "2027-11-01T12:30:00+00:00"},
	} {
		in := g.input(code, times[0], times[1])
		g.publish(in)
	}
	live := ok(g.service.Build(t.Context(), g.event))
	var got []string
	for _, d := range live.Days {
		for _, i := range d.Sessions {
			got = append(got, d.Date+" "+i.Code+" "+locale.ClockRange(i.StartsAt, i.EndsAt)+" "+locale.Zone(i.StartsAt))
		}
	}
	want := []string{"2027-10-30 W300 23:30–01:30 UTC+1", "2027-10-31 W301 18:00–20:00 UTC+0", "2027-11-01 W302 09:30–12:30 UTC+0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if kept := ok(g.service.Live(t.Context(), g.event)); kept.Days[0].Sessions[0].StartsAt.Location().String() != "Europe/London" {
		t.Error("the zone was lost on the way through Redis")
	}
}

func TestCalendarFile(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	n := g.publish(g.input("S08", "09:10", "10:00"))
	text := ok(g.service.Live(t.Context(), g.event)).Calendar(locale.ZH, "https://example.org")
	for _, line := range []string{"UID:" + n.ID.String() + "@qianshou", "DTSTART:20270609T011000Z", "DTEND:20270609T020000Z", "SEQUENCE:2", "SUMMARY:会议S08", "STATUS:CONFIRMED", "METHOD:PUBLISH"} {
		if !strings.Contains(text, line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if !strings.HasPrefix(text, "BEGIN:VCALENDAR\r\n") || !strings.HasSuffix(text, "END:VCALENDAR\r\n") {
		t.Errorf("not a calendar:\n%s", text)
	}
}
