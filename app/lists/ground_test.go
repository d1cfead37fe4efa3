package lists_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
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
	"qianshou/app/lists"
	"qianshou/app/mail"
	"qianshou/views"
)

var (
	april  = clock.At("2027-04-20T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

type ground struct {
	db     *sqlx.DB
	box    *seal.Box
	lists  *lists.Service
	guests *delegations.Service
	firms  *firms.Service
	events *events.Service
	event  events.Event
	city   delegations.Delegation // with six places
	words  *locale.Catalogue
}

func newGround(t testing.TB, now clock.Clock) *ground {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	address := storetest.URL(t)
	db, err := store.Open(t.Context(), address, 16)
	must(err)
	t.Cleanup(func() { _ = db.Close() })
	bulk, err := store.OpenBulk(t.Context(), address, 4)
	must(err)
	t.Cleanup(func() { _ = bulk.Close() })
	g := &ground{db: db}
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(err)
	g.box = box
	sub, err := fs.Sub(views.FS, "locales")
	must(err)
	g.words, err = locale.Load(sub, func(_ locale.Lang, key string) { t.Errorf("no sentence for %q", key) })
	must(err)
	g.events = events.New(g.db, now, ident.New)
	for _, c := range []events.Country{
		{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}, {Code: "CZ", Code3: "CZE", Name: locale.Text{ZH: "捷克", EN: "Czechia"}},
		{Code: "HR", Code3: "HRV", Name: locale.Text{ZH: "克罗地亚", EN: "Croatia"}},
	} {
		must(g.events.SaveCountry(t.Context(), office, c))
	}
	must(g.events.SaveSector(t.Context(), office, events.Coded{Code: "LOGI", Name: locale.Text{ZH: "物流", EN: "Logistics"}}))
	must(g.events.SaveDistrict(t.Context(), office, events.Coded{Code: "330206", Name: locale.Text{ZH: "北仑区", EN: "Beilun"}}))
	_, err = g.events.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(err)
	date := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	g.event, err = g.events.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: date(8), EndsOn: date(10), TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(err)
	for n, category := range []string{"head", "member", "press", "companion"} {
		_, err := g.events.SaveCategory(t.Context(), office, events.Category{
			EventID: g.event.ID, Code: category, Name: locale.Text{ZH: category, EN: category}, BadgeType: "DEL", Approval: "review", Position: n + 1,
		})
		must(err)
	}
	post, err := mail.New(mail.Options{DB: g.db, Box: box, Log: slog.New(slog.DiscardHandler), Now: now, NewID: ident.New, From: "Forum <forum@office.example>"})
	must(err)
	letters := &delegations.Letters{Mail: post, Words: g.words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	g.guests = delegations.New(g.db, box, g.events, badges.New(g.db, box, now, ident.New), letters, now, ident.New)
	g.firms = firms.New(g.db, now, ident.New)
	g.city = g.delegation(t, "D01", 6)
	g.lists, err = lists.New(lists.Options{
		DB: g.db, Bulk: bulk, Box: box, Log: slog.New(slog.DiscardHandler), Now: now, NewID: ident.New, Words: g.words, Events: g.events, Delegations: g.guests, Firms: g.firms,
	})
	must(err)
	return g
}

func (g *ground) delegation(t testing.TB, code string, quota int) delegations.Delegation {
	t.Helper()
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{
		EventID: g.event.ID, Code: code, Name: locale.Text{ZH: "代表团" + code, EN: "Delegation " + code}, Quota: quota, Status: "accepted",
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// officer is whoever holds the link of a delegation.
func (g *ground) officer(t testing.TB, d delegations.Delegation) accounts.Actor {
	t.Helper()
	l, _, err := g.guests.MakeDelegationLink(t.Context(), office, d.ID, "City hall", time.Date(2027, 6, 9, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return l.Actor()
}

// bring brings rows of text, and has them checked.
func (g *ground) bring(t testing.TB, by accounts.Actor, d delegations.Delegation, rows ...string) lists.Import {
	t.Helper()
	return g.upload(t, by, lists.Upload{EventID: g.event.ID, Kind: lists.Members, DelegationID: d.ID, FileName: "list.csv", File: []byte(strings.Join(rows, "\n")), Lang: "en", Consent: true})
}

func (g *ground) upload(t testing.TB, by accounts.Actor, up lists.Upload) lists.Import {
	t.Helper()
	i, err := g.lists.Bring(t.Context(), by, up)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.lists.Work(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	return g.again(t, by, i)
}

func (g *ground) again(t testing.TB, by accounts.Actor, i lists.Import) lists.Import {
	t.Helper()
	i, err := g.lists.ByID(t.Context(), by, i.ID)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// commit takes an import over.
func (g *ground) commit(t testing.TB, by accounts.Actor, i lists.Import) lists.Import {
	t.Helper()
	if _, err := g.lists.Commit(t.Context(), by, i.ID, i.Version); err != nil {
		t.Fatal(err)
	}
	if err := g.lists.Work(t.Context(), i.ID); err != nil {
		t.Fatal(err)
	}
	return g.again(t, by, i)
}

// verdicts are what stands about each line: "new", "bad family_name registration.not_latin".
func (g *ground) verdicts(t testing.TB, by accounts.Actor, i lists.Import) []string {
	t.Helper()
	page, err := g.lists.Lines(t.Context(), by, i.ID, "", 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range page.Lines {
		said := string(l.Verdict)
		for _, c := range l.Cells {
			if c.Problem.Key != "" {
				said += " " + strings.TrimSpace(c.Problem.Path+" "+c.Problem.Key)
			}
		}
		list = append(list, said)
	}
	return list
}

func (g *ground) members(t testing.TB, d delegations.Delegation) []delegations.Registration {
	t.Helper()
	list, err := g.guests.Members(t.Context(), office, d)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func code(err error) fault.Code { return fault.CodeOf(err) }
