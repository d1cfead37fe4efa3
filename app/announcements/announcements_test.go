package announcements_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/announcements"
	"qianshou/app/audit"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/views"
)

var (
	april  = clock.At("2027-04-20T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

// ground is an event with a delegation of three, one of whom has no address, and
// two people of the press, of whom one is approved.
type ground struct {
	db         *sqlx.DB
	sender     *announcements.Service
	mail       *mail.Service
	event      events.Event
	delegation ident.ID
	press      ident.ID // the category
}

func newGround(t *testing.T) ground {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(err)
	sub, err := fs.Sub(views.FS, "locales")
	must(err)
	words, err := locale.Load(sub, nil)
	must(err)
	ev := events.New(db, april, ident.New)
	must(ev.SaveCountry(t.Context(), office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}))
	_, err = ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(err)
	day := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	g := ground{db: db}
	g.event, err = ev.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day(8), EndsOn: day(10), TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(err)
	for i, code := range []string{"member", "press"} {
		c, err := ev.SaveCategory(t.Context(), office, events.Category{
			EventID: g.event.ID, Code: code, Name: locale.Text{ZH: "类别", EN: code}, BadgeType: "DEL", Approval: "review", Public: true, Position: i + 1,
		})
		must(err)
		g.press = c.ID
	}
	// A server is set, and nobody sends: what is queued stays.
	g.mail, err = mail.New(mail.Options{
		DB: db, Box: box, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "Forum <forum@office.example>", SMTPURL: "smtp://127.0.0.1:1", PerMinute: 60,
	})
	must(err)
	credentials := badges.New(db, box, april, ident.New)
	letters := &delegations.Letters{Mail: g.mail, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	guests := delegations.New(db, box, ev, credentials, letters, april, ident.New)
	g.sender = announcements.New(db, letters, april, ident.New)
	d, err := guests.Save(t.Context(), office, delegations.Delegation{EventID: g.event.ID, Code: "D01", Name: locale.Text{ZH: "代表团", EN: "Delegation"}, Quota: 9, Status: "confirmed"})
	must(err)
	g.delegation = d.ID
	in := func(n int) delegations.Input {
		return delegations.Input{
			GivenName: "Zsófia", FamilyName: "Réti " + string(rune('A'+n)), Email: fmt.Sprintf("m%d@city.example", n), Nationality: "HU", Organisation: "City TV",
			Consent: true, Lang: []string{"zh", "en"}[n%2], Source: "web",
		}
	}
	for n := range 3 {
		one := in(n)
		one.Role = "member"
		if n == 2 {
			one.Email = ""
		}
		_, err := guests.AddMember(t.Context(), office, d.ID, one)
		must(err)
	}
	for n := 3; n < 6; n++ {
		one := in(n)
		one.Category = "press"
		r, _, err := guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, one)
		must(err)
		switch n {
		case 3:
			_, _, err = guests.Approve(t.Context(), office, r.ID)
		case 5:
			_, err = guests.Reject(t.Context(), office, r.ID, "no")
		}
		must(err)
	}
	return g
}

func texts(subject, body string) mail.Texts {
	return mail.Texts{locale.ZH: {Subject: subject, Body: body}, locale.EN: {Subject: subject, Body: body}}
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for _, c := range []struct {
		to   delegations.Audience
		want int
	}{
		{delegations.Audience{Standing: "all"}, 5},
		{delegations.Audience{Standing: "coming"}, 1},
		{delegations.Audience{Standing: "deciding"}, 4},
		{delegations.Audience{Standing: "waitlisted"}, 0},
		{delegations.Audience{Standing: "all", CategoryID: g.press}, 2},
		{delegations.Audience{Standing: "all", DelegationID: g.delegation}, 3},
		{delegations.Audience{Standing: "coming", DelegationID: g.delegation}, 0},
	} {
		if n, err := g.sender.Count(t.Context(), office, g.event.ID, c.to); err != nil || n != c.want {
			t.Errorf("%+v are %d, %v; want %d", c.to, n, err, c.want)
		}
	}
	if _, err := g.db.ExecContext(t.Context(), `UPDATE persons SET pseudonymous = true, email = '' WHERE id = (SELECT person_id FROM registrations WHERE event_id = $1 AND status = 'submitted' ORDER BY id LIMIT 1)`, g.event.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := g.sender.Count(t.Context(), office, g.event.ID, delegations.Audience{Standing: "all"}); err != nil || n != 4 {
		t.Errorf("with one whose data was erased %d are written to, %v", n, err)
	}
}

func TestSending(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	all, good := delegations.Audience{Standing: "all"}, texts("{event}", "{name},\n\n{delegation}\n\nBuses leave at 8.")
	analyst := accounts.Actor{Kind: accounts.User, ID: ident.New(), Grants: []accounts.Grant{{EventID: g.event.ID, Role: accounts.Auditor}}}
	var before int
	if err := g.db.GetContext(t.Context(), &before, `SELECT count(*) FROM mails`); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		by    accounts.Actor
		to    delegations.Audience
		texts mail.Texts
		n     int
		want  fault.Code
	}{
		"who may only read":     {analyst, all, good, 5, fault.Forbidden},
		"another number":        {office, all, good, 4, fault.Conflict},
		"to nobody":             {office, delegations.Audience{Standing: "waitlisted"}, good, 0, fault.Conflict},
		"no such standing":      {office, delegations.Audience{Standing: "rejected"}, good, 1, fault.Invalid},
		"one language":          {office, all, mail.Texts{locale.ZH: {Subject: "x", Body: "y"}}, 5, fault.Invalid},
		"a placeholder of none": {office, all, texts("x", "{reason}"), 5, fault.Invalid},
	} {
		if _, err := g.sender.Send(t.Context(), c.by, ident.New(), g.event.ID, c.to, c.texts, c.n); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	var after int
	if err := g.db.GetContext(t.Context(), &after, `SELECT count(*) FROM mails`); err != nil || after != before {
		t.Fatalf("%d mails were queued by what was refused, %v", after-before, err)
	}

	var heard int
	if err := g.db.GetContext(t.Context(), &heard, `SELECT max(id) FROM outbox`); err != nil {
		t.Fatal(err)
	}
	id := ident.New()
	a, err := g.sender.Send(t.Context(), office, id, g.event.ID, all, good, 5)
	if err != nil || a.Recipients != 5 {
		t.Fatalf("%+v, %v", a, err)
	}
	var announced int // the bell rings for the announcement, not for each of its mails
	if err := g.db.GetContext(t.Context(), &announced, `SELECT count(*) FROM outbox WHERE id > $1`, heard); err != nil || announced != 1 {
		t.Errorf("%d changes were announced, %v", announced, err)
	}
	if _, err := g.sender.Send(t.Context(), office, id, g.event.ID, all, good, 5); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("who presses twice sends twice: %v", err)
	}
	list, total, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{Template: mail.Announcement, Limit: 50})
	if err != nil || total != 5 {
		t.Fatalf("%d mails, %v", total, err)
	}
	fates := map[string]string{}
	for _, m := range list {
		fates[m.To] = m.Status
		whole, err := g.mail.ByID(t.Context(), office, m.ID)
		if err != nil || !strings.Contains(whole.Text, "Buses leave at 8.") || !strings.Contains(whole.Text, "http://forum.example/e/forum-2027?lang=") || strings.Contains(whole.Text, "/me/") {
			t.Errorf("%s reads %v\n%s", m.To, err, whole.Text)
		}
		zh := strings.Index(whole.Text, "活动") < strings.Index(whole.Text, "Event")
		if zh != (m.Lang == locale.ZH) {
			t.Errorf("%s does not read their own language first", m.To)
		}
	}
	want := map[string]string{"m0@city.example": mail.Queued, "m1@city.example": mail.Queued, "": mail.Unaddressed, "m3@city.example": mail.Queued, "m4@city.example": mail.Queued}
	if fmt.Sprint(fates) != fmt.Sprint(want) {
		t.Errorf("fates %v, want %v", fates, want)
	}
	// Sixty in a minute are one in a second, also for the next announcement; letters
	// about one registration leave at once.
	if _, err := g.sender.Send(t.Context(), office, ident.New(), g.event.ID, delegations.Audience{Standing: "coming"}, good, 1); err != nil {
		t.Fatal(err)
	}
	var at []float64
	if err := g.db.SelectContext(t.Context(), &at, `
		SELECT extract(epoch FROM j.scheduled_at - min(j.scheduled_at) OVER ())
		FROM river_job j JOIN mails m ON m.id = (j.args->>'mail_id')::uuid WHERE m.template = 'announcement' ORDER BY 1`); err != nil || len(at) != 5 {
		t.Fatalf("%v, %v", at, err)
	}
	for i, want := range []float64{0, 1, 3, 4} { // the third has nobody to go to
		if math.Abs(at[i]-want) > 0.1 {
			t.Errorf("mail %d leaves after %v seconds, want %v", i, at[i], want)
		}
	}
	if at[4] < 4.9 {
		t.Errorf("the second announcement leaves after %v seconds", at[4])
	}
	var early int
	if err := g.db.GetContext(t.Context(), &early, `SELECT count(*) FROM river_job j JOIN mails m ON m.id = (j.args->>'mail_id')::uuid WHERE m.template <> 'announcement' AND j.state <> 'available'`); err != nil || early > 0 {
		t.Errorf("%d letters wait, %v", early, err)
	}
	logged, err := audit.History(t.Context(), g.db, a.ID)
	if err != nil || len(logged) != 1 || logged[0].Action != "announcement.send" || fmt.Sprint(logged[0].After["recipients"]) != "5" {
		t.Errorf("logged %+v, %v", logged, err)
	}
	sent, err := g.sender.List(t.Context(), office, g.event.ID)
	if err != nil || len(sent) != 2 || sent[0].Recipients+sent[1].Recipients != 6 || sent[1].Texts[locale.EN] != good[locale.EN] {
		t.Errorf("%+v, %v", sent, err)
	}
	if _, err := g.sender.List(t.Context(), accounts.GuestActor(), g.event.ID); fault.CodeOf(err) != fault.Forbidden {
		t.Error(err)
	}
}
