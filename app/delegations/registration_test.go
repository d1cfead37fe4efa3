package delegations_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
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
)

var (
	april  = clock.At("2027-04-20T10:00:00+08:00")
	office = accounts.SystemActor("test")
)

type ground struct {
	db      *sqlx.DB
	guests  *delegations.Service
	badges  *badges.Service
	mail    *mail.Service
	event   events.Event
	clocked func(now clock.Clock) *delegations.Service // the same, on another clock

	writer *delegations.Letters
}

// newGround makes an event whose category "firm" has so many places. Mails are
// kept unless a change of their options says otherwise.
func newGround(t testing.TB, places int, change ...func(o *mail.Options)) ground {
	t.Helper()
	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	ev := events.New(db, april, ident.New)
	if err := ev.SaveCountry(t.Context(), office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019}); err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	e, err := ev.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day(8), EndsOn: day(10),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ev.SaveCategory(t.Context(), office, events.Category{
		EventID: e.ID, Code: "firm", Name: locale.Text{ZH: "企业", EN: "Firm"}, BadgeType: "BIZ", Quota: &places, Approval: "review", Public: true, Position: 1,
	}); err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(emptyCatalogue, nil)
	if err != nil {
		t.Fatal(err)
	}
	options := mail.Options{DB: db, Box: box, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "Forum <forum@office.example>"}
	for _, f := range change {
		f(&options)
	}
	post, err := mail.New(options)
	if err != nil {
		t.Fatal(err)
	}
	b := badges.New(db, box, april, ident.New)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	at := func(now clock.Clock) *delegations.Service {
		return delegations.New(db, box, ev, b, letters, now, ident.New)
	}
	return ground{db: db, badges: b, mail: post, event: e, writer: letters, guests: at(april), clocked: at}
}

func firm(n int) delegations.Input {
	return delegations.Input{
		Category: "firm", GivenName: "Zsófia", FamilyName: fmt.Sprintf("Réti %s", string(rune('A'+n%26))), Email: fmt.Sprintf("m%d@city.example", n),
		Nationality: "HU", Organisation: "Bakony Textiles", Consent: true, Lang: "en", Source: "web",
	}
}

func (g ground) register(ctx context.Context, n int) (delegations.Registration, string, error) {
	return g.guests.Register(ctx, accounts.GuestActor(), g.event.ID, firm(n))
}

func TestQuotaHoldsUnderConcurrency(t *testing.T) {
	t.Parallel()
	const places, people = 10, 60
	g := newGround(t, places)
	results := make([]delegations.Registration, people)
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			r, _, err := g.register(t.Context(), i)
			if err != nil {
				t.Errorf("person %d: %v", i, err)
			}
			results[i] = r
		})
	}
	all.Wait()
	counts, references := map[delegations.Status]int{}, map[string]bool{}
	var holder delegations.Registration
	for _, r := range results {
		counts[r.Status]++
		references[r.Reference] = true
		if r.Status == delegations.Submitted {
			holder = r
		}
	}
	if counts[delegations.Submitted] != places || counts[delegations.Waitlisted] != people-places || len(references) != people {
		t.Fatalf("%v with %d references; want %d places, %d waiting, all told apart", counts, len(references), places, people-places)
	}

	// A place that becomes free goes to whoever waits longest, at once.
	first, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Status: "waitlisted", Oldest: true, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	longest := first.Rows[0]
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "travels elsewhere"); err != nil {
		t.Fatal(err)
	}
	promoted, err := g.guests.Registration(t.Context(), office, longest.ID)
	if err != nil || promoted.Status != delegations.UnderReview {
		t.Errorf("who waited longest is %s, %v; want under review", promoted.Status, err)
	}
}

func TestApprovalGivesOneBadge(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	r, secret, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	approved, issued, err := g.guests.Approve(t.Context(), office, r.ID)
	if err != nil || approved.Status != delegations.BadgeIssued {
		t.Fatalf("approved: %+v, %v", approved, err)
	}
	ring, err := g.badges.Keyring(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := badges.Parse(issued.Token)
	if err != nil || token.Verify(ring) != nil || int(token.Event) != g.event.Number {
		t.Errorf("token %+v, %v, verified: %v", token, err, token.Verify(ring))
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved twice: %v, want conflict", err)
	}
	again, err := g.badges.Reissue(t.Context(), office, issued.ID, "lost")
	if err != nil || again.Serial != issued.Serial+"-R1" || again.Token == issued.Token {
		t.Errorf("reissued %+v, %v", again, err)
	}
	old, err := g.badges.ByID(t.Context(), office, issued.ID)
	if err != nil || old.State != badges.Superseded {
		t.Errorf("the old badge is %s, %v", old.State, err)
	}
	if _, err := g.guests.Withdraw(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	gone, err := g.badges.ByID(t.Context(), office, again.ID)
	if err != nil || gone.State != badges.Revoked {
		t.Errorf("after calling off the badge is %s, %v", gone.State, err)
	}
	var sealed int
	if err := g.db.GetContext(t.Context(), &sealed, `SELECT count(*) FROM audit_entries WHERE object_kind = 'badge'`); err != nil || sealed != 4 {
		t.Errorf("%d audit entries of badges, %v; want issue, reissue of two, revoke", sealed, err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	for _, tt := range []struct {
		name   string
		change func(in *delegations.Input)
		path   string
	}{
		{"Cyrillic letters in a Latin name", func(in *delegations.Input) { in.FamilyName = "Аndersson" }, "family_name"},
		{"a name that is too long", func(in *delegations.Input) { in.FamilyName = string(bytes.Repeat([]byte("a"), 81)) }, "family_name"},
		{"a direction override", func(in *delegations.Input) { in.GivenName = "Ann\u202E" }, "given_name"},
		{"two scripts in one name", func(in *delegations.Input) { in.NameNative = "Anna Петрова" }, "name_native"},
		{"Latin in a Chinese rendering", func(in *delegations.Input) { in.NameZH = "安娜A" }, "name_zh"},
		{"no address", func(in *delegations.Input) { in.Email = "anna@" }, "email"},
		{"a day before the month", func(in *delegations.Input) { in.BirthDate = "07/11/1964" }, "birth_date"},
		{"a birth before 1900", func(in *delegations.Input) { in.BirthDate = "1899-12-31" }, "birth_date"},
		{"a birth to come", func(in *delegations.Input) { in.BirthDate = "2030-01-01" }, "birth_date"},
		{"an unknown country or region", func(in *delegations.Input) { in.Nationality = "ZZ" }, "nationality"},
		{"no country or region", func(in *delegations.Input) { in.Nationality = " " }, "nationality"},
		{"a firm without its name", func(in *delegations.Input) { in.Organisation = " " }, "organisation"},
		{"a category that guests are not offered", func(in *delegations.Input) { in.Category = "head" }, "category"},
		{"no consent", func(in *delegations.Input) { in.Consent = false }, "consent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := firm(1)
			tt.change(&in)
			_, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
			f, ok := fault.Of(err)
			if !ok || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != tt.path {
				t.Errorf("answered %v, want one broken field, %s", err, tt.path)
			}
		})
	}
	var saved int
	if err := g.db.GetContext(t.Context(), &saved, `SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM registrations)`); err != nil || saved != 0 {
		t.Errorf("%d rows were half saved, %v", saved, err)
	}
}

// Asking somebody on the waitlist for changes must not give them a place.
func TestReturnedFromTheWaitlistTakesNoPlace(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	if _, _, err := g.register(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	waiting, _, err := g.register(t.Context(), 2)
	if err != nil || waiting.Status != delegations.Waitlisted {
		t.Fatalf("%s, %v", waiting.Status, err)
	}
	if _, err := g.guests.Return(t.Context(), office, waiting.ID, "a passport"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("asked for changes: %v, want a conflict", err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, waiting.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("approved: %v, want a conflict", err)
	}
}

// Somebody who withdraws while a place becomes free does not come back with it.
func TestPromotionPassesOverWhoIsLeaving(t *testing.T) {
	t.Parallel()
	g := newGround(t, 1)
	holder, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	leaving, _, err := g.register(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	staying, _, err := g.register(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := g.db.BeginTxx(t.Context(), nil) // the withdrawal, not committed yet
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `UPDATE registrations SET status = 'withdrawn', version = version + 1 WHERE id = $1`, leaving.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.guests.Cancel(t.Context(), office, holder.ID, "travels elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[ident.ID]delegations.Status{leaving.ID: delegations.Withdrawn, staying.ID: delegations.UnderReview} {
		if r, err := g.guests.Registration(t.Context(), office, id); err != nil || r.Status != want {
			t.Errorf("%s is %s, %v; want %s", r.Reference, r.Status, err, want)
		}
	}
}

func TestFieldsAreBounded(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	in := firm(1)
	in.FamilyName = strings.Repeat("汉字", 20_000)
	in.Languages = slices.Repeat([]string{"en"}, 11)
	in.Passport = delegations.Passport{Number: "TEST12345", Issuer: strings.Repeat("X", 1000), ExpiresOn: "9999-01-01"}
	_, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
	f, _ := fault.Of(err)
	got := map[string]string{}
	for _, field := range f.Fields {
		got[field.Path] += field.Key + " "
		for _, arg := range field.Args {
			if text, ok := arg.(string); ok && len(text) > 100 {
				t.Errorf("%s answers %d bytes of what was typed", field.Path, len(text))
			}
		}
	}
	for _, path := range []string{"family_name", "languages", "passport.issuer", "passport.expires_on"} {
		if got[path] == "" {
			t.Errorf("%s is let pass; refused are %v", path, got)
		}
	}
	in = firm(2)
	in.Languages = []string{"not a language"}
	if _, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a language that is none: %v", err)
	}
}

// Decisions must not need a second connection while they hold one: with two in
// the pool, ten at once would wait for one another for ever.
func TestDecisionsFitIntoASmallPool(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	var ids []ident.ID
	for i := range 10 {
		r, _, err := g.register(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID)
	}
	g.db.SetMaxOpenConns(2)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				_, _, err = g.guests.Approve(ctx, office, id)
			} else {
				_, err = g.guests.Cancel(ctx, office, id, "travels elsewhere")
			}
			if err != nil {
				t.Errorf("decision %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

// What people type, and what machines send, is taken as it is or refused beside
// its field; never half of it.
func TestOddInput(t *testing.T) {
	t.Parallel()
	g := newGround(t, 100)
	for _, tt := range []struct {
		name, field string // field empty: it is taken
		with        func(in *delegations.Input)
	}{
		{"letters with marks, composed", "", func(in *delegations.Input) { in.FamilyName = "Re\u0301ti\u0302" }},
		{"a name right to left", "", func(in *delegations.Input) { in.NameNative = "محمد بن علي" }},
		{"a rare Chinese character of four bytes", "", func(in *delegations.Input) { in.NameNative, in.NameZH = "𠮷田", "𠮷田" }},
		{"one name alone", "", func(in *delegations.Input) { in.GivenName = "" }},
		{"an apostrophe and a hyphen", "", func(in *delegations.Input) { in.FamilyName = "O’Neill-d'Arc" }},
		{"a full-width date", "", func(in *delegations.Input) { in.BirthDate = "１９６４－１１－０７" }},
		{"a plus in the address", "", func(in *delegations.Input) { in.Email = "desk+forum@city.example" }},
		{"a smile", "family_name", func(in *delegations.Input) { in.FamilyName = "Réti 😀" }},
		{"a word that turns round", "family_name", func(in *delegations.Input) { in.FamilyName = "Réti\u202e" }},
		{"a bell", "given_name", func(in *delegations.Input) { in.GivenName = "Zsófia\a" }},
		{"a Cyrillic letter that looks Latin", "family_name", func(in *delegations.Input) { in.FamilyName = "Rétі" }},
		{"two scripts in one name", "name_native", func(in *delegations.Input) { in.NameNative = "Зsófia" }},
		{"eighty-one letters", "family_name", func(in *delegations.Input) { in.FamilyName = strings.Repeat("é", 81) }},
		{"no name", "family_name", func(in *delegations.Input) { in.FamilyName = " \u00a0 " }},
		{"a birth before 1900", "birth_date", func(in *delegations.Input) { in.BirthDate = "1899-12-31" }},
		{"a birth tomorrow", "birth_date", func(in *delegations.Input) { in.BirthDate = "2027-04-21" }},
		{"a day that is not", "birth_date", func(in *delegations.Input) { in.BirthDate = "1964-02-30" }},
		{"an address without a host", "email", func(in *delegations.Input) { in.Email = "zsofia@" }},
		{"two addresses", "email", func(in *delegations.Input) { in.Email = "a@city.example, b@city.example" }},
		{"a line break in the address", "email", func(in *delegations.Input) { in.Email = "a@city.example\r\nBcc: all@city.example" }},
		{"a telephone without a country", "phone", func(in *delegations.Input) { in.Phone = "12" }},
		{"a category that is not", "category", func(in *delegations.Input) { in.Category = "mayor" }},
		{"a country that is not", "nationality", func(in *delegations.Input) { in.Nationality = "ZZ" }},
		{"no consent", "consent", func(in *delegations.Input) { in.Consent = false }},
	} {
		in := firm(3)
		tt.with(&in)
		_, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in)
		f, _ := fault.Of(err)
		switch {
		case tt.field == "" && err != nil:
			t.Errorf("%s is refused: %v", tt.name, err)
		case tt.field != "" && (f == nil || len(f.Fields) == 0 || f.Fields[0].Path != tt.field):
			t.Errorf("%s: %v, want a word beside %s", tt.name, err, tt.field)
		}
	}
	page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Limit: 100})
	if err != nil || page.Total != 7 {
		t.Errorf("%d are kept, %v; want the seven that were taken and no half of the others", page.Total, err)
	}
}
