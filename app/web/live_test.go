package web

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/storetest"
)

// liveSite is a server on a real port with a forum in a real database.
type liveSite struct {
	t       *testing.T
	base    string
	db      *sqlx.DB
	agenda  *agenda.Service
	feed    *agenda.Feed
	event   ident.ID
	session agenda.Session
	server  *Server
	served  chan error
}

func newLiveSite(t *testing.T, change ...func(o *Options)) *liveSite {
	t.Helper()
	address, rdb := storetest.URL(t), storetest.Redis(t)
	db, err := sqlx.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	l := &liveSite{t: t, db: db, served: make(chan error, 1)}
	now, by := newServer(t).Now, accounts.SystemActor("test")
	e := events.New(db, now, ident.New)
	if _, err := e.CreateSeries(t.Context(), by, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019}); err != nil {
		t.Fatal(err)
	}
	made, err := e.Create(t.Context(), by, events.Input{Slug: "mayors-forum-2027", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", PlaceZH: "宁波", PlaceEN: "Ningbo",
		StartsOn: forum.FirstDay, EndsOn: forum.LastDay, TimeZone: "Asia/Shanghai", Status: events.Running})
	if err != nil {
		t.Fatal(err)
	}
	l.event = made.ID
	streams, log := outbox.NewStreams(rdb, "t:"), newServer(t).Log
	l.agenda, l.feed = agenda.New(db, rdb, "t:", now, ident.New, log), agenda.NewFeed(streams, log)
	relay := outbox.NewRelay(db, address, streams, l.agenda.Refresh, log)
	if err := relay.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.session, err = l.agenda.Create(t.Context(), by, l.event, agenda.Input{Code: "S01", Kind: "plenary", Title: locale.Text{ZH: "开幕式", EN: "Opening"},
		StartsAt: now().Add(time.Hour), EndsAt: now().Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := relay.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	work, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	for _, run := range []func(context.Context){relay.Run, l.feed.Run} {
		go func() {
			run(work)
			done <- struct{}{}
		}()
	}
	t.Cleanup(func() {
		stop()
		<-done
		<-done
	})
	holders := sessions{}
	for role, a := range staff() {
		a.Grants = []accounts.Grant{{EventID: l.event, Role: accounts.Role(role)}}
		holders[role] = a
	}
	l.server = newServer(t, func(o *Options) {
		o.Events, o.Agenda, o.Feed, o.SignIn = e, l.agenda, l.feed, holders
		o.Event = func(_ context.Context, ref string) (EventHead, error) {
			if ref != made.Slug {
				return EventHead{}, fault.New(fault.NotFound, "error.not_found")
			}
			return EventHead{ID: made.ID, Slug: made.Slug, Title: made.Title, Zone: made.Location(), FirstDay: made.StartsOn, LastDay: made.EndsOn}, nil
		}
		for _, f := range change {
			f(o)
		}
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.base = "http://" + listener.Addr().String()
	go func() { l.served <- l.server.Serve(listener) }()
	t.Cleanup(func() {
		l.feed.Close()
		if err := l.server.App().ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	return l
}

// block is one block of a stream.
type block map[string]string

// follow opens a stream and answers its blocks one by one.
func (l *liveSite) follow(path string, headers ...string) (*http.Response, func() block) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	l.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+path, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewScanner(res.Body)
	return res, func() block {
		b := block{}
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ":")
			if lines.Text() == "" && b["event"] != "" {
				return b
			}
			b[name] = strings.TrimSpace(value)
		}
		if err := lines.Err(); err != nil {
			l.t.Errorf("%s did not end, it broke: %v", path, err)
		}
		return nil // the stream ended
	}
}

func (l *liveSite) announce(kind string) {
	l.t.Helper()
	if err := outbox.Append(l.t.Context(), l.db, outbox.Change{EventID: l.event, Kind: kind, Ref: ident.New()}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *liveSite) publish() {
	l.t.Helper()
	var err error
	if l.session, err = l.agenda.Publish(l.t.Context(), accounts.SystemActor("test"), l.session.ID, l.session.Version); err != nil {
		l.t.Fatal(err)
	}
}

func TestPublicStream(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	res, next := l.follow("/api/v1/events/mayors-forum-2027/agenda/stream")
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Encoding") != "" {
		t.Fatalf("status %d, %v", res.StatusCode, res.Header)
	}
	hello := next()
	if hello["event"] != "hello" || hello["id"] == "" {
		t.Fatalf("got %v", hello)
	}
	l.announce("registration") // nothing for guests
	l.publish()
	change := next()
	if change["event"] != "change" || change["data"] != `{"kind":"agenda"}` {
		t.Errorf("got %v", change)
	}
	_, again := l.follow("/e/mayors-forum-2027/agenda/stream", "Last-Event-ID", hello["id"])
	if b := again(); b["id"] != change["id"] || b["event"] != "change" {
		t.Errorf("resumed with %v, want %v", b, change)
	}
	_, byQuery := l.follow("/e/mayors-forum-2027/agenda/stream?last_event_id=" + hello["id"])
	if b := byQuery(); b["id"] != change["id"] {
		t.Errorf("resumed by address with %v", b)
	}
	_, lost := l.follow("/e/mayors-forum-2027/agenda/stream", "Last-Event-ID", "1-1")
	if b := lost(); b["event"] != "reset" {
		t.Errorf("an ID that is gone: %v", b)
	}
	l.feed.Close()
	if b := next(); b != nil {
		t.Errorf("after shutdown: %v", b)
	}
}

func TestConsoleStreamFollowsRights(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	kinds := []string{"registration", "gate.scan", "matchmaking", "project", "mail", "unheard.of", "agenda"}
	want := map[string][]string{
		"projects":   {"project", "agenda"},
		"doors_lead": {"gate.scan", "agenda"},
		"protocol":   {"registration", "gate.scan", "matchmaking", "project", "mail", "agenda"},
	}
	streams := map[string]func() block{}
	for role := range want {
		_, next := l.follow("/console/mayors-forum-2027/stream", "Cookie", "qs_session="+role)
		if b := next(); b["event"] != "hello" {
			t.Fatalf("%s: %v", role, b)
		}
		streams[role] = next
	}
	for _, kind := range kinds {
		l.announce(kind)
	}
	for role, list := range want {
		for _, kind := range list {
			b := streams[role]()
			if !strings.Contains(b["data"], `"kind":"`+kind+`"`) || !strings.Contains(b["data"], `"ref":`) {
				t.Errorf("%s: got %v, want %s", role, b, kind)
			}
		}
	}
	if a := ask(t, l.server, "GET", "/console/mayors-forum-2027/stream", "", "Accept", "text/event-stream"); a.StatusCode != 401 && a.StatusCode != 303 {
		t.Errorf("nobody signed in: status %d", a.StatusCode)
	}
}

func TestAgendaForPrograms(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	first := ask(t, l.server, "GET", "/api/v1/events/mayors-forum-2027/agenda", "")
	tag := first.Header.Get("ETag")
	if first.StatusCode != 200 || tag == "" || strings.Contains(first.body, "开幕式") {
		t.Fatalf("a draft: status %d, %s", first.StatusCode, first.body)
	}
	same := ask(t, l.server, "GET", "/api/v1/events/mayors-forum-2027/agenda", "", "If-None-Match", tag)
	if same.StatusCode != 304 || same.body != "" {
		t.Errorf("unchanged: status %d, %s", same.StatusCode, same.body)
	}
	_, next := l.follow("/e/mayors-forum-2027/agenda/stream")
	next()
	l.publish()
	next()
	changed := ask(t, l.server, "GET", "/api/v1/events/mayors-forum-2027/agenda", "", "If-None-Match", tag)
	for _, part := range []string{`"version":2`, `"source":"redis"`, `"stale":false`, `"zh":"开幕式"`, `"starts_at":"2027-06-09T11:05:00+08:00"`} {
		if changed.StatusCode != 200 || !strings.Contains(changed.body, part) {
			t.Errorf("no %s in %d %s", part, changed.StatusCode, changed.body)
		}
	}
	file := ask(t, l.server, "GET", "/e/mayors-forum-2027/agenda.ics?lang=zh", "")
	if !strings.HasPrefix(file.Header.Get("Content-Type"), "text/calendar") || !strings.Contains(file.body, "SUMMARY:开幕式") {
		t.Errorf("calendar: %v %s", file.Header, file.body)
	}
	page := ask(t, l.server, "GET", "/e/mayors-forum-2027/agenda?lang=en", "")
	if got := page.doc(t).Find("#S01 .what").Text(); got != "Opening" {
		t.Errorf("the page says %q", got)
	}
	fragment := ask(t, l.server, "GET", "/e/mayors-forum-2027/agenda?lang=en&fragment=agenda", "")
	if strings.Contains(fragment.body, "<html") || !strings.Contains(fragment.body, `id="S01"`) {
		t.Errorf("the fragment is %s", fragment.body)
	}
}

func TestRefusedMoveKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	address := "/console/mayors-forum-2027/agenda/" + l.session.ID.String()
	page := ask(t, l.server, "GET", address+"?lang=en", "", "Cookie", "qs_session=programme")
	token, _ := page.doc(t).Find(`form[action$="/move"] [name="_csrf"]`).Attr("value")
	cookie := "qs_session=programme"
	for _, c := range page.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	form := "_csrf=" + token + "&version=1&starts_at=2027-06-09T12:00&ends_at=2027-06-09T11:00&note_en=Keep+this"
	refused := ask(t, l.server, "POST", address+"/move", form, "Cookie", cookie)
	doc := refused.doc(t)
	note, _ := doc.Find(`[name="note_en"]`).Attr("value")
	if refused.StatusCode != 422 || note != "Keep this" || doc.Find(".field.fix [name=ends_at]").Length() != 1 {
		t.Errorf("status %d, note %q: %s", refused.StatusCode, note, refused.body)
	}
	taken := ask(t, l.server, "POST", address+"/move", strings.Replace(form, "ends_at=2027-06-09T11:00", "ends_at=2027-06-09T13:00", 1), "Cookie", cookie)
	if taken.StatusCode != 303 {
		t.Errorf("status %d: %s", taken.StatusCode, taken.body)
	}
	stale := ask(t, l.server, "POST", address+"/move", strings.Replace(form, "ends_at=2027-06-09T11:00", "ends_at=2027-06-09T13:30", 1), "Cookie", cookie)
	if stale.StatusCode != 422 || !strings.Contains(stale.body, "Somebody changed this session") {
		t.Errorf("status %d: %s", stale.StatusCode, stale.body)
	}
	if other := ask(t, l.server, "POST", address+"/move", form, "Cookie", "qs_session=analyst"); other.StatusCode != 403 {
		t.Errorf("an analyst: status %d", other.StatusCode)
	}
}
