package web

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

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
	const page, cookie = "/console/mayors-forum-2027/agenda/new", "qs_session=programme"
	shown := ask(t, l.server, http.MethodGet, page, "", "Cookie", cookie)
	token := shown.doc(t).Find("[name="+csrfField+"]").First().AttrOr("value", "")
	cookies := cookie
	for _, c := range shown.Cookies() {
		cookies += "; " + c.Name + "=" + c.Value
	}
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
