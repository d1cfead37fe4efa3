package demo

import (
	"encoding/csv"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/agenda"
	"qianshou/app/demo/data"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

// places makes the two events with what their sessions name.
func places(t *testing.T, db *sqlx.DB) *events.Service {
	t.Helper()
	e := events.New(db, Registering, ident.New)
	ctx := t.Context()
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		fatal(err)
		return d
	}
	_, err := e.CreateSeries(ctx, by, events.Series{Slug: "demo", Name: locale.Text{ZH: "演示", EN: "Demo"}, Kind: "forum", SinceYear: 2008})
	fatal(err)
	forum, err := e.Create(ctx, by, events.Input{Slug: forumSlug, Prefix: "F27", Series: "demo", TitleZH: "中国—中东欧国家市长论坛（演示届）", TitleEN: "China–CEEC Mayors Forum (demo edition)",
		PlaceZH: "宁波", PlaceEN: "Ningbo", StartsOn: day("2027-06-08"), EndsOn: day("2027-06-10"), TimeZone: "Asia/Shanghai", Status: events.Running})
	fatal(err)
	for code, name := range map[string]locale.Text{
		"T1": {ZH: "互联网+贸易便利化", EN: "Internet Plus and trade facilitation"}, "T2": {ZH: "投资自由化与经贸合作示范区建设", EN: "Investment liberalisation"},
		"T3": {ZH: "创新创业与中小企业合作", EN: "Innovation and SME cooperation"},
	} {
		_, err := e.SaveTrack(ctx, by, events.Track{EventID: forum.ID, Code: code, Name: name})
		fatal(err)
	}
	venues := map[string]ident.ID{}
	for code, name := range map[string]locale.Text{"VN-NBICC": {ZH: "会议中心（演示）", EN: "Conference centre (demo)"}, "VN-HOTEL-A": {ZH: "甲酒店（演示）", EN: "Hotel A (demo)"}} {
		v, err := e.SaveVenue(ctx, by, events.Venue{EventID: forum.ID, Code: code, Name: name, TimeZone: "Asia/Shanghai"})
		fatal(err)
		venues[code] = v.ID
	}
	file, err := data.FS.Open("rooms.csv")
	fatal(err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	fatal(err)
	zones := map[string]ident.ID{}
	for _, r := range rows[1:] { // code, venue, zh, en, kind, capacity, tables, zone, …
		if zones[r[7]] == ident.Nil {
			z, err := e.SaveZone(ctx, by, events.Zone{EventID: forum.ID, Code: r[7], Name: locale.Text{ZH: r[7], EN: r[7]}})
			fatal(err)
			zones[r[7]] = z.ID
		}
		capacity, err := strconv.Atoi(r[5])
		fatal(err)
		_, err = e.SaveRoom(ctx, by, events.Room{EventID: forum.ID, VenueID: venues[r[1]], ZoneID: zones[r[7]], Code: r[0], Name: locale.Text{ZH: r[2], EN: r[3]}, Kind: r[4], Capacity: capacity})
		fatal(err)
	}
	week, err := e.Create(ctx, by, events.Input{Slug: weekSlug, Prefix: "W27", Series: "demo", TitleZH: "2027海外宁波周（演示）", TitleEN: "Overseas Ningbo Week 2027 (demo)",
		PlaceZH: "欧洲", PlaceEN: "Europe", StartsOn: day("2027-10-25"), EndsOn: day("2027-11-03"), TimeZone: "Europe/Berlin", Status: events.RegistrationOpen})
	fatal(err)
	for code, name := range map[string]locale.Text{"IND": {ZH: "产业招商", EN: "Industry investment"}, "RND": {ZH: "科研项目合作", EN: "Research cooperation"}, "EDU": {ZH: "教育合作", EN: "Education cooperation"}, "TAL": {ZH: "高端人才引进", EN: "Talent recruitment"}} {
		_, err := e.SaveTrack(ctx, by, events.Track{EventID: week.ID, Code: code, Name: name})
		fatal(err)
	}
	for i, s := range []struct{ zh, en, zone, from, to string }{
		{"亚琛", "Aachen", "Europe/Berlin", "2027-10-25", "2027-10-26"}, {"根特", "Ghent", "Europe/Brussels", "2027-10-28", "2027-10-28"},
		{"诺丁汉", "Nottingham", "Europe/London", "2027-10-31", "2027-11-01"}, {"维斯普雷姆", "Veszprém", "Europe/Budapest", "2027-11-03", "2027-11-03"},
	} {
		_, err := e.SaveStop(ctx, by, events.Stop{EventID: week.ID, Position: i + 1, Name: locale.Text{ZH: s.zh, EN: s.en}, TimeZone: s.zone, StartsOn: day(s.from), EndsOn: day(s.to)})
		fatal(err)
	}
	return e
}

func TestAgendaOfTheDemo(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	e := places(t, db)
	a := agenda.New(db, rdb, "t:", Registering, ident.New, slog.New(slog.DiscardHandler))
	if err := loadAgenda(t.Context(), e, a, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		at, slug       string
		all, seen      int
		missing, shown string
	}{
		{"2027-06-08T17:59:59+08:00", forumSlug, 20, 17, "S04", "S05"}, // S06 and S15 are backstage, S04 is embargoed
		{"2027-06-09T10:05:00+08:00", forumSlug, 20, 18, "S15", "S04"},
		{"2027-06-09T10:05:00+08:00", weekSlug, 8, 8, "", "W301"},
	} {
		event, err := e.ByRef(t.Context(), tt.slug)
		if err != nil {
			t.Fatal(err)
		}
		all, err := a.List(t.Context(), by, event.ID)
		if err != nil {
			t.Fatal(err)
		}
		then := agenda.New(db, rdb, "t:", clock.At(tt.at), ident.New, slog.New(slog.DiscardHandler))
		live, err := then.Build(t.Context(), event.ID)
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, i := range live.Items() {
			codes = append(codes, i.Code)
		}
		if len(all) != tt.all || len(codes) != tt.seen || slices.Contains(codes, tt.missing) || !slices.Contains(codes, tt.shown) {
			t.Errorf("%s at %s: %d sessions, guests see %v", tt.slug, tt.at, len(all), codes)
		}
	}
}

// A topic is worded as its track is.
func TestTopicsOfTheDemo(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	s := Services{Events: events.New(db, Registering, ident.New), Firms: firms.New(db, Registering, ident.New)}
	if err := loadEvents(t.Context(), s, newCodes()); err != nil {
		t.Fatal(err)
	}
	a := agenda.New(db, rdb, "t:", Registering, ident.New, slog.New(slog.DiscardHandler))
	if err := loadAgenda(t.Context(), s.Events, a, nil); err != nil {
		t.Fatal(err)
	}
	for _, slug := range []string{forumSlug, weekSlug} {
		e, err := s.Events.ByRef(t.Context(), slug)
		if err != nil {
			t.Fatal(err)
		}
		live, err := a.Build(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		topics := 0
		for _, track := range live.Tracks {
			if strings.ContainsAny(track.Name.ZH, "()") {
				t.Errorf("%s has brackets of another script: %s", track.Code, track.Name.ZH)
			}
			for _, i := range live.Items() {
				zh, numbered := strings.CutPrefix(i.Title.ZH, "议题")
				if i.Track == track.Code && numbered {
					topics++
					if !strings.HasSuffix(zh, "："+track.Name.ZH) || !strings.HasSuffix(i.Title.EN, ": "+track.Name.EN) {
						t.Errorf("%s is called %v, its track %v", i.Code, i.Title, track.Name)
					}
				}
			}
		}
		if want := map[string]int{forumSlug: 3}[slug]; topics != want {
			t.Errorf("%s has %d topics, want %d", slug, topics, want)
		}
	}
}

func TestOffsetsOfTheWeek(t *testing.T) {
	t.Parallel()
	db, rdb := storetest.New(t), storetest.Redis(t)
	e := places(t, db)
	a := agenda.New(db, rdb, "t:", Registering, ident.New, slog.New(slog.DiscardHandler))
	if err := loadAgenda(t.Context(), e, a, nil); err != nil {
		t.Fatal(err)
	}
	event, err := e.ByRef(t.Context(), weekSlug)
	if err != nil {
		t.Fatal(err)
	}
	live, err := a.Live(t.Context(), event.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, i := range live.Items() {
		got[i.Code] = locale.ClockRange(i.StartsAt, i.EndsAt) + " " + locale.Zone(i.StartsAt)
	}
	for code, want := range map[string]string{
		"W101": "10:00–11:30 UTC+2", "W201": "10:00–12:30 UTC+2", "W301": "18:00–20:00 UTC+0", "W302": "09:30–12:30 UTC+0", "W401": "09:30–12:30 UTC+1",
	} {
		if got[code] != want {
			t.Errorf("%s: %q, want %q", code, got[code], want)
		}
	}
}
