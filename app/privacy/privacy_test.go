package privacy_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/lists"
	"qianshou/app/mail"
	"qianshou/app/privacy"
	"qianshou/app/web"
)

var office = accounts.SystemActor("test")

// ground is an event with two approved guests, of whom everything is kept that can
// be kept.
type ground struct {
	db      *sqlx.DB
	dir     string
	files   *files.Service
	privacy *privacy.Service
	event   events.Event
	guests  [2]delegations.Registration
	people  *delegations.Service
	tasks   []retention.Task
	clock   *time.Time
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newGround(t *testing.T) ground {
	t.Helper()
	at := time.Date(2027, 4, 20, 2, 0, 0, 0, time.UTC)
	g := ground{db: storetest.New(t), dir: t.TempDir(), clock: &at}
	now := func() time.Time { return *g.clock }
	quiet := slog.New(slog.DiscardHandler)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(t, err)
	blobs, err := blob.Open(g.dir, blob.Credentials{})
	must(t, err)
	g.files = files.New(g.db, box, blobs, now, ident.New, quiet)
	ev := events.New(g.db, now, ident.New)
	g.tasks = slices.Concat(lists.Retention(box), firms.Retention(), delegations.Retention(), forms.Retention(), badges.Retention(), doors.Retention(), mail.Retention(), privacy.Retention(), g.files.Retention())
	g.privacy = privacy.New(g.db, ev, g.tasks, now, ident.New, quiet)
	must(t, ev.SaveCountry(t.Context(), office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}))
	_, err = ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(t, err)
	june := func(day int) time.Time { return time.Date(2027, 6, day, 0, 0, 0, 0, time.UTC) }
	g.event, err = ev.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", StartsOn: june(8), EndsOn: june(10),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(t, err)
	words, err := web.Words(quiet)
	must(t, err)
	post, err := mail.New(mail.Options{DB: g.db, Log: quiet, Now: now, NewID: ident.New, From: "Forum <forum@office.example>", Box: box})
	must(t, err)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	g.people = delegations.New(g.db, box, ev, badges.New(g.db, box, now, ident.New), letters, now, ident.New)
	var picture bytes.Buffer
	must(t, jpeg.Encode(&picture, image.NewYCbCr(image.Rect(0, 0, 500, 700), image.YCbCrSubsampleRatio420), nil))
	_, err = forms.New(g.db, now, ident.New).Add(t.Context(), office, g.event.ID, forms.Definition{Code: "flight", Kind: forms.Text, Label: locale.Text{ZH: "航班", EN: "Flight"}})
	must(t, err)
	for i := range g.guests {
		r, _, err := g.people.Register(t.Context(), office, g.event.ID, delegations.Input{
			Category: "firm", GivenName: "Zsófia", FamilyName: "Réti", NameZH: "雷蒂", Email: "zsofia@city.example", Phone: "+3612345678", TitleEN: "Mayor", Consent: true,
			Nationality: "HU", Lang: "en", Source: "web", BirthDate: "1980-02-29", MealPlan: "halal", Answers: forms.Answers{"flight": {"OS 63"}}, Organisation: "City of Veszprém",
			Passport: delegations.Passport{Number: "TEST0000" + string(rune('1'+i)), Issuer: "HU", ExpiresOn: "2030-01-01"},
		})
		must(t, err)
		_, err = g.people.Edit(t.Context(), office, r.ID, 0, delegations.Edit{"meal_plan": "kosher"})
		must(t, err)
		g.guests[i], _, err = g.people.Approve(t.Context(), office, r.ID)
		must(t, err)
		for purpose, content := range map[files.Purpose][]byte{files.Photo: picture.Bytes(), files.PassportScan: []byte("%PDF-1.7\n%%EOF"), files.Answer: []byte("%PDF-1.7\n%%EOF")} {
			_, err := g.files.Add(t.Context(), office, files.Input{RegistrationID: r.ID, Purpose: purpose, Name: "Zsófia.pdf", Content: content})
			must(t, err)
		}
		g.enter(t, r.ID)
	}
	for _, purpose := range []files.Purpose{files.Letter, files.Evidence} {
		_, err := g.files.Add(t.Context(), office, files.Input{EventID: g.event.ID, Purpose: purpose, Content: []byte("%PDF-1.7\n%%EOF")})
		must(t, err)
	}
	g.contact(t, firms.New(g.db, now, ident.New), ev)
	return g
}

// contact enters a firm that takes part, with somebody to speak to.
func (g ground) contact(t *testing.T, s *firms.Service, ev *events.Service) {
	t.Helper()
	both := locale.Text{ZH: "宁波", EN: "Ningbo"}
	must(t, ev.SaveSector(t.Context(), office, events.Coded{Code: "AUTO", Name: both}))
	must(t, ev.SaveDistrict(t.Context(), office, events.Coded{Code: "330206", Name: both, Kind: "district"}))
	f, err := s.Create(t.Context(), office, g.event.ID, firms.Firm{
		CreditCode: "91330299J3NW4AM187", Name: both, District: "330206", Sectors: []string{"AUTO"}, Ownership: "private",
	})
	must(t, err)
	_, err = s.SaveContact(t.Context(), office, g.event.ID, firms.Contact{FirmID: f.ID, Name: both, Email: "lin@firm.example"})
	must(t, err)
}

// enter lets a guest through a door, as the log of the doors keeps it.
func (g ground) enter(t *testing.T, registration ident.ID) {
	t.Helper()
	ctx := t.Context()
	zone, gate := ident.New(), ident.New()
	_, err := g.db.ExecContext(ctx, `INSERT INTO zones (event_id, id, code, name_zh, name_en) VALUES ($1, $2, 'Z' || (SELECT count(*) FROM zones), '厅', 'Hall')`, g.event.ID, zone)
	must(t, err)
	_, err = g.db.ExecContext(ctx, `INSERT INTO gates (event_id, id, code, name_zh, name_en, zone_id, direction) VALUES ($1, $2, upper(left(md5($3), 8)), '门', 'Gate', $4, 'in')`, g.event.ID, gate, gate.String(), zone)
	must(t, err)
	_, err = g.db.ExecContext(ctx, `
		INSERT INTO scans (event_id, id, scan_id, gate_id, badge_id, registration_id, direction, granted, code, read_by, mode, scanned_at, judged_at, received_at)
		SELECT $1, $2, $2, $3, b.id, $4, 'in', true, 'OK', 'code', 'online', $5, $5, $5 FROM badges b WHERE b.registration_id = $4`, g.event.ID, ident.New(), gate, registration, *g.clock)
	must(t, err)
	_, err = g.db.ExecContext(ctx, `INSERT INTO presence (event_id, zone_id, registration_id, inside, since, gate_id) VALUES ($1, $2, $3, true, $4, $5)`, g.event.ID, zone, registration, *g.clock, gate)
	must(t, err)
}

// decide leaves what the desk writes down when it decides about somebody.
func (g ground) decide(t *testing.T, registration ident.ID) {
	t.Helper()
	id := ident.New()
	_, err := g.db.ExecContext(t.Context(), `
		INSERT INTO decisions (event_id, id, decision, reason, by_id, by_kind, by_zh, by_en, requested_at, due_at, applied_at) VALUES ($1, $2, 'return', 'Zsófia, send a photo', $2, 'user', '办', 'Desk', $3, $3, $3)`, g.event.ID, id, *g.clock)
	must(t, err)
	_, err = g.db.ExecContext(t.Context(), `INSERT INTO decision_items (decision_id, registration_id, version, outcome) VALUES ($1, $2, 1, 'applied')`, id, registration)
	must(t, err)
	_, err = g.db.ExecContext(t.Context(), `INSERT INTO saved_views (event_id, id, user_id, name, query) VALUES ($1, $2, $2, 'Réti', 'q=reti')`, g.event.ID, id)
	must(t, err)
}

// after moves the clock to so many days after the event's end.
func (g ground) after(days int) { *g.clock = g.event.Ends().AddDate(0, 0, days) }

func (g ground) count(t *testing.T, query string) (n int) {
	t.Helper()
	must(t, g.db.GetContext(t.Context(), &n, query))
	return n
}

// whole is what is kept of the two guests; each is the query for how much is left.
var whole = []struct {
	class, left string
	rows        int // that a purge takes
	days        int
}{
	{retention.Needs, `SELECT (SELECT count(*) FROM registrations WHERE meal_plan <> 'none') + (SELECT count(*) FROM registration_changes WHERE fields::text LIKE '%halal%')`, 4, 30},
	{retention.Scans, `SELECT (SELECT count(*) FROM scans WHERE registration_id IS NOT NULL) + (SELECT count(*) FROM presence)`, 4, 30},
	{retention.Badges, `SELECT count(*) FROM badges WHERE token <> ''`, 2, 90},
	{retention.Documents, `SELECT (SELECT count(*) FROM travel_documents) + (SELECT count(*) FROM files WHERE purpose = 'passport_scan' AND deleted_at IS NULL)`, 4, 90},
	{retention.Answers, `SELECT (SELECT count(*) FROM answers) + (SELECT count(*) FROM files WHERE purpose = 'answer' AND deleted_at IS NULL)`, 4, 365},
	{retention.Mails, `SELECT count(*) FROM mails WHERE content_sealed IS NOT NULL`, 4, 365},
	{retention.Persons, `SELECT count(*) FROM persons WHERE email <> '' OR birth_date_sealed IS NOT NULL OR family_name = 'Réti' OR name_key <> ''`, 2, 365},
	{retention.Photos, `SELECT count(*) FROM files WHERE purpose = 'photo' AND deleted_at IS NULL`, 2, 365},
	{retention.Consents, `SELECT count(*) FROM consents`, 2, 1095},
	{retention.Letters, `SELECT count(*) FROM files WHERE purpose = 'letter' AND deleted_at IS NULL`, 1, 1825},
	{retention.Evidence, `SELECT count(*) FROM files WHERE purpose = 'evidence' AND deleted_at IS NULL`, 1, 3650},
	{retention.Contacts, `SELECT count(*) FROM firm_contacts`, 1, 1825},
}

// Each class goes on its day and not before, and no other with it. What a trial
// counts is what the purge takes.
func TestEachClassGoesOnItsDay(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	g.decide(t, g.guests[0].ID)
	traces := `SELECT (SELECT count(*) FROM duplicate_pairs) + (SELECT count(*) FROM persons WHERE sound_key <> '') + (SELECT count(*) FROM decisions WHERE reason <> '') + (SELECT count(*) FROM saved_views)`
	if n := g.count(t, traces); n != 5 {
		t.Fatalf("the desk left %d traces of the two, want 5", n)
	}
	for _, c := range whole {
		if n := g.count(t, c.left); n != c.rows {
			t.Fatalf("%s: %d rows to begin with, want %d", c.class, n, c.rows)
		}
	}
	for _, days := range []int{-50, 29, 30, 89, 90, 364, 365, 1094, 1095, 1824, 1825, 3649, 3650} {
		g.after(days)
		want := map[string]int{}
		for _, c := range whole {
			if c.days == days {
				want[c.class] = c.rows
			}
		}
		trial, err := g.privacy.Trial(ctx, office, g.event.ID, *g.clock)
		must(t, err)
		would := map[string]int{}
		for _, p := range trial {
			if p.Rows > 0 {
				would[p.Class] = p.Rows
			}
		}
		if !maps.Equal(would, want) {
			t.Errorf("day %d: a trial would take %v, want %v", days, would, want)
		}
		did, err := g.privacy.PurgeDaily(ctx)
		if err != nil || !did {
			t.Fatalf("day %d: purged %v, %v", days, did, err)
		}
		took := map[string]int{}
		var rows []privacy.Purged
		must(t, g.db.SelectContext(ctx, &rows, `SELECT class, at, rows FROM purges WHERE at = $1`, *g.clock))
		for _, p := range rows {
			took[p.Class] = p.Rows
		}
		if !maps.Equal(took, want) {
			t.Errorf("day %d: it took %v, want %v", days, took, want)
		}
		for _, c := range whole {
			left := c.rows
			if days >= c.days {
				left = 0
			}
			if n := g.count(t, c.left); n != left {
				t.Errorf("day %d: %d rows of %s are left, want %d", days, n, c.class, left)
			}
		}
		if again, err := g.privacy.PurgeDaily(ctx); err != nil || again {
			t.Errorf("day %d: purged twice, %v", days, err)
		}
	}
	if n, err := g.files.Sweep(ctx); err != nil || n != 8 {
		t.Errorf("%d contents swept, %v", n, err)
	}
	if n := g.count(t, traces); n != 0 {
		t.Errorf("%d traces of the desk's work are left", n)
	}
	if n := g.count(t, `SELECT count(*) FROM files WHERE name <> '' OR created_by <> '' OR sha256 <> decode(repeat('00', 32), 'hex')`); n != 0 {
		t.Errorf("%d files can be known again", n)
	}
	if left, err := filepath.Glob(filepath.Join(g.dir, "*", "*")); err != nil || len(left) != 0 {
		t.Errorf("contents are left: %v, %v", left, err)
	}
	// Figures stay.
	for query, want := range map[string]int{`SELECT count(*) FROM registrations`: 2, `SELECT count(*) FROM scans`: 2, `SELECT count(*) FROM mails`: 4, `SELECT count(*) FROM badges`: 2} {
		if n := g.count(t, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	var name string
	must(t, g.db.GetContext(ctx, &name, `SELECT trim(given_name || ' ' || family_name || ' ' || name_native || name_zh || search) FROM persons p JOIN registrations r ON r.person_id = p.id WHERE r.id = $1`, g.guests[0].ID))
	if ref := g.guests[0].Reference; name != ref+" "+ref+"f27-"+ref[4:] {
		t.Errorf("a person became %q", name)
	}
	if n := g.count(t, `SELECT count(*) FROM audit_entries WHERE action = 'privacy.purge'`); n != len(whole) {
		t.Errorf("%d purges in the log, want %d", n, len(whole))
	}
}

// What is under a legal hold stays, and goes when the hold is lifted.
func TestHolds(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	must(t, g.privacy.Hold(ctx, office, g.event.ID, g.guests[0].Reference, "court of Veszprém, 12/2027"))
	if err := g.privacy.Hold(ctx, office, g.event.ID, g.guests[0].Reference, "again"); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("held twice: %v", err)
	}
	if err := g.privacy.Hold(ctx, office, g.event.ID, "F27-9999", ""); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a hold of nobody for no reason: %v", err)
	}
	g.after(4000)
	_, err := g.privacy.Purge(ctx)
	must(t, err)
	for query, want := range map[string]int{
		`SELECT count(*) FROM travel_documents`: 1, `SELECT count(*) FROM persons WHERE email <> ''`: 1, `SELECT count(*) FROM files WHERE deleted_at IS NULL`: 3,
		`SELECT count(*) FROM scans WHERE registration_id IS NOT NULL`: 1, `SELECT count(*) FROM presence`: 1, `SELECT count(*) FROM consents`: 1,
		`SELECT count(*) FROM mails WHERE content_sealed IS NOT NULL`: 2, `SELECT count(*) FROM badges WHERE token <> ''`: 1, `SELECT count(*) FROM registrations WHERE meal_plan <> 'none'`: 1,
	} {
		if n := g.count(t, query); n != want {
			t.Errorf("under a hold, %s: %d, want %d", query, n, want)
		}
	}
	holds, err := g.privacy.Holds(ctx, office, g.event.ID)
	if err != nil || len(holds) != 1 || holds[0].Reference != g.guests[0].Reference {
		t.Fatalf("the holds are %+v, %v", holds, err)
	}
	must(t, g.privacy.Hold(ctx, office, g.event.ID, "", "audit of the city"))
	must(t, g.privacy.Lift(ctx, office, g.event.ID, holds[0].ID))
	if err := g.privacy.Lift(ctx, office, g.event.ID, holds[0].ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("lifted twice: %v", err)
	}
	if n, err := g.privacy.Purge(ctx); err != nil || n != 0 {
		t.Errorf("%d rows went while the event is held, %v", n, err)
	}
	holds, err = g.privacy.Holds(ctx, office, g.event.ID)
	must(t, err)
	must(t, g.privacy.Lift(ctx, office, g.event.ID, holds[0].ID))
	if n, err := g.privacy.Purge(ctx); err != nil || n == 0 || g.count(t, `SELECT count(*) FROM persons WHERE email <> ''`) != 0 {
		t.Errorf("%d rows went after the holds, %v", n, err)
	}
}

// A person who registered for a later event too is kept for that one.
func TestPersonOfTwoEvents(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	later, err := events.New(g.db, func() time.Time { return *g.clock }, ident.New).Create(ctx, office, events.Input{
		Slug: "forum-2028", Prefix: "F28", Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", StartsOn: g.event.StartsOn.AddDate(1, 0, 0), EndsOn: g.event.EndsOn.AddDate(1, 0, 0),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(t, err)
	_, err = g.db.ExecContext(ctx, `
		INSERT INTO registrations SELECT (json_populate_record(r, json_build_object('event_id', c.event_id, 'id', gen_random_uuid(), 'reference', 'F28-0001', 'category_id', c.id))).*
		FROM registrations r, categories c WHERE r.id = $1 AND c.event_id = $2 AND c.code = 'firm'`, g.guests[0].ID, later.ID)
	must(t, err)
	g.after(365)
	_, err = g.privacy.Purge(ctx)
	must(t, err)
	var kept []ident.ID
	must(t, g.db.SelectContext(ctx, &kept, `SELECT id FROM persons WHERE NOT pseudonymous`))
	if len(kept) != 1 || kept[0] != g.guests[0].PersonID || g.count(t, `SELECT count(*) FROM travel_documents`) != 1 {
		t.Errorf("kept are %v, want %s", kept, g.guests[0].PersonID)
	}
}

// Rules and tasks are about the same classes, and only who may changes them.
func TestRules(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	rules, err := g.privacy.Rules(ctx, office, g.event.ID)
	must(t, err)
	var have, want []string
	for _, r := range rules {
		have = append(have, r.Class)
	}
	for _, c := range whole {
		want = append(want, c.class)
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("rules for %v, tests for %v", have, want)
	}
	for role, may := range map[accounts.Role][2]bool{ // see, place holds
		accounts.Owner: {true, true}, accounts.Auditor: {true, false}, accounts.Protocol: {true, false}, accounts.Programme: {}, accounts.DoorsLead: {}, accounts.Analyst: {},
	} {
		by := accounts.Actor{Kind: accounts.User, Grants: []accounts.Grant{{EventID: g.event.ID, Role: role}}}
		_, err := g.privacy.Rules(ctx, by, g.event.ID)
		_, trialErr := g.privacy.Trial(ctx, by, g.event.ID, *g.clock)
		if (err == nil) != may[0] || (trialErr == nil) != may[0] {
			t.Errorf("%s sees the rules: %v, %v", role, err, trialErr)
		}
		if err := g.privacy.Hold(ctx, by, g.event.ID, "", "reason"); (err == nil) != may[1] {
			t.Errorf("%s places a hold: %v", role, err)
		}
		if err := g.privacy.SetRule(ctx, by, retention.Needs, 1); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("%s of one event changes a rule of all: %v", role, err)
		}
	}
	for days, want := range map[int]fault.Code{-1: fault.Invalid, 36501: fault.Invalid, 0: "", 60: ""} {
		if err := g.privacy.SetRule(ctx, office, retention.Needs, days); fault.CodeOf(err) != want {
			t.Errorf("%d days: %v", days, err)
		}
	}
	if err := g.privacy.SetRule(ctx, office, "secrets", 1); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("a class that is none: %v", err)
	}
	if days, err := g.privacy.Days(ctx, retention.Needs); err != nil || (days != 0 && days != 60) {
		t.Errorf("%d days, %v", days, err)
	}
}

// A trial waits for nobody, and nobody for it; each task counts what it takes.
func TestTrialLocksNothing(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.after(4000)
	edit, err := g.db.BeginTxx(t.Context(), nil)
	must(t, err)
	_, err = edit.ExecContext(t.Context(), `SELECT 1 FROM registrations, persons, travel_documents, answers FOR UPDATE`)
	must(t, err)
	_, err = edit.ExecContext(t.Context(), `LOCK TABLE registration_changes, mails IN ROW EXCLUSIVE MODE`)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	trial, err := g.privacy.Trial(ctx, office, g.event.ID, *g.clock)
	must(t, err)
	must(t, edit.Rollback())
	rows := 0
	for _, p := range trial {
		rows += p.Rows
	}
	if rows == 0 {
		t.Error("nothing would be purged")
	}
	for n, task := range g.tasks {
		if task.Count == nil {
			t.Fatalf("task %d of %s takes and does not count", n, task.Class)
		}
		would, err := task.Count(t.Context(), g.db, g.event.ID)
		must(t, err)
		if did, err := task.Purge(t.Context(), g.db, g.event.ID); err != nil || did != would {
			t.Errorf("task %d of %s took %d, %v; it counted %d", n, task.Class, did, err, would)
		}
	}
}
