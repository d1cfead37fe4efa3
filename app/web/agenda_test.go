package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// What is typed for a new session is the clock of its stop, not of the house.
func TestNewSessionStandsOnTheClockOfItsStop(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	by, here := accounts.SystemActor("test"), l.server.Events
	abroad, err := here.SaveStop(t.Context(), by, events.Stop{EventID: l.event, Position: 2, Name: locale.Text{ZH: "诺丁汉", EN: "Nottingham"}, TimeZone: "Europe/London", StartsOn: forum.FirstDay, EndsOn: forum.LastDay})
	if err != nil {
		t.Fatal(err)
	}
	stops, err := here.Stops(t.Context(), l.event)
	if err != nil || len(stops) != 2 {
		t.Fatalf("stops %+v, %v", stops, err)
	}
	const page = "/console/mayors-forum-2027/agenda/new"
	token, cookies := signedForm(t, l.server, "programme", page)
	for _, tt := range []struct {
		code, stop string
		status     int
		offset     time.Duration // of the stop's clock in June
	}{
		{"S30", abroad.ID.String(), http.StatusSeeOther, time.Hour},
		{"S31", stops[0].ID.String(), http.StatusSeeOther, 8 * time.Hour},
		{"S32", ident.New().String(), http.StatusUnprocessableEntity, 0},
		{"S33", "nowhere", http.StatusUnprocessableEntity, 0},
		{"S34", "", http.StatusUnprocessableEntity, 0}, // one of the two must be chosen
	} {
		form := url.Values{
			csrfField: {token}, "code": {tt.code}, "stop_id": {tt.stop}, "kind": {"plenary"}, "title_zh": {"会议"}, "title_en": {"Session"},
			"starts_at": {"2027-06-09T09:00"}, "ends_at": {"2027-06-09T10:30"}, "embargo_until": {"2027-06-08T18:00"},
		}
		if a := ask(t, l.server, http.MethodPost, page, form.Encode(), "Cookie", cookies); a.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", tt.code, a.StatusCode, tt.status)
		}
		all, err := l.agenda.List(t.Context(), by, l.event)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(all, func(n agenda.Session) bool { return n.Code == tt.code })
		if (at >= 0) != (tt.status == http.StatusSeeOther) {
			t.Errorf("%s: kept %v", tt.code, at >= 0)
		}
		if at < 0 {
			continue
		}
		n, utc := all[at], func(day, hour, minute int) time.Time {
			return time.Date(2027, 6, day, hour, minute, 0, 0, time.UTC).Add(-tt.offset)
		}
		if !n.StartsAt.Equal(utc(9, 9, 0)) || !n.EndsAt.Equal(utc(9, 10, 30)) || n.EmbargoUntil == nil || !n.EmbargoUntil.Equal(utc(8, 18, 0)) {
			t.Errorf("%s: %v to %v, embargo until %v", tt.code, n.StartsAt, n.EndsAt, n.EmbargoUntil)
		}
	}
}

// Whoever sends an empty form is told of every field at once.
func TestEmptySessionIsRefusedWhole(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	const page = "/console/mayors-forum-2027/agenda/new"
	token, cookies := signedForm(t, l.server, "programme", page)
	shown := ask(t, l.server, http.MethodPost, page, url.Values{csrfField: {token}, "kind": {"plenary"}}.Encode(), "Cookie", cookies)
	var got []string
	shown.doc(t).Find(".field.fix [name]").Each(func(_ int, f *goquery.Selection) { got = append(got, f.AttrOr("name", "")) })
	if want := []string{"code", "title_zh", "title_en", "starts_at", "ends_at"}; shown.StatusCode != http.StatusUnprocessableEntity || !slices.Equal(got, want) {
		t.Errorf("status %d, fields %q, want %q", shown.StatusCode, got, want)
	}
}

// signedForm opens a page as somebody signed in, and answers what its forms need
// to be sent.
func signedForm(t *testing.T, s *Server, role, page string) (token, cookies string) {
	t.Helper()
	cookies = "qs_session=" + role
	shown := ask(t, s, http.MethodGet, page, "", "Cookie", cookies)
	for _, c := range shown.Cookies() {
		cookies += "; " + c.Name + "=" + c.Value
	}
	return shown.doc(t).Find("[name="+csrfField+"]").First().AttrOr("value", ""), cookies
}

// A session is cancelled with a reason, and then offers only what may still be
// done with it.
func TestCancelledSessionOffersNoForms(t *testing.T) {
	t.Parallel()
	l := newLiveSite(t)
	page := "/console/mayors-forum-2027/agenda/" + l.session.ID.String()
	token, cookies := signedForm(t, l.server, "programme", page)
	send := func(to, version string, more url.Values) answer {
		form := url.Values{csrfField: {token}, "version": {version}}
		for k, v := range more {
			form[k] = v
		}
		return ask(t, l.server, http.MethodPost, page+to, form.Encode(), "Cookie", cookies)
	}
	for to, form := range map[string]url.Values{"/cancel": {"note_en": {" "}}, "/status": {"status": {"cancelled"}}} {
		if a := send(to, "1", form); a.StatusCode != http.StatusUnprocessableEntity || a.doc(t).Find("#f-note_zh-why").Length() != 1 && to == "/cancel" {
			t.Errorf("%s without a reason: %d", to, a.StatusCode)
		}
	}
	if a := send("/cancel", "1", url.Values{"note_en": {"The speaker is ill"}}); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("cancelled: %d", a.StatusCode)
	}
	for _, do := range []string{"", "?do=move", "?do=edit", "?do=delay&minutes=15", "?do=cancel"} {
		shown := ask(t, l.server, http.MethodGet, page+do, "", "Cookie", cookies)
		var forms []string
		shown.doc(t).Find("main form").Each(func(_ int, f *goquery.Selection) {
			forms = append(forms, f.AttrOr("action", "")+" "+f.Find("button").AttrOr("value", ""))
		})
		if want := []string{page + "/status archived"}; shown.StatusCode != http.StatusOK || !slices.Equal(forms, want) || !strings.Contains(shown.body, "The speaker is ill") {
			t.Errorf("%q: status %d, forms %q, want %q", do, shown.StatusCode, forms, want)
		}
	}
	for _, to := range []string{"/move", "/edit", "/cancel"} {
		if a := send(to, "2", url.Values{"starts_at": {"2027-06-09T09:00"}, "ends_at": {"2027-06-09T10:30"}, "note_en": {"x"}, "code": {"S01"}, "kind": {"plenary"}, "title_zh": {"会"}, "title_en": {"x"}}); a.StatusCode != http.StatusUnprocessableEntity || a.doc(t).Find("main [role=alert]").Length() != 1 {
			t.Errorf("%s of a cancelled session: %d", to, a.StatusCode)
		}
	}
	if a := send("/status", "2", url.Values{"status": {"archived"}}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("archived: %d", a.StatusCode)
	}
}

// What runs side by side stands side by side, in public and on the wall.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := framed(s, locale.EN, true)
	live := liveSample(p.Now)
	codes := func(items []agenda.Item) string {
		var list []string
		for _, i := range items {
			list = append(list, i.Code)
		}
		return strings.Join(list, " ")
	}
	public := newAgendaPage(p, live, "", "")
	var now, next []agenda.Item
	for _, i := range public.OnNow {
		now = append(now, i.Item)
	}
	for _, i := range public.Next {
		next = append(next, i.Item)
	}
	if codes(now) != "S01 S04" || codes(next) != "S02 S05" || public.After(public.Next[1]) {
		t.Errorf("the agenda shows %s, then %s", codes(now), codes(next))
	}
	wall := newWallPage(p, agenda.Wall{Live: live})
	if codes(wall.Cards()) != "S01 S04" || codes(wall.Next) != "S02 S05" || codes(wall.Countdown) != "S02 S05" || wall.MoreNow != 0 {
		t.Errorf("the wall shows %s, then %s, to %s", codes(wall.Cards()), codes(wall.Next), codes(wall.Countdown))
	}
	p.Now = p.Now.Add(-30 * time.Minute)
	between := newWallPage(p, agenda.Wall{Live: live})
	if codes(between.Cards()) != "S01 S04" || len(between.OnNow) != 0 || codes(between.Next) != "S02 S05" || between.Remaining != "00:29" {
		t.Errorf("between sessions the wall shows %s, then %s in %s", codes(between.Cards()), codes(between.Next), between.Remaining)
	}
}
