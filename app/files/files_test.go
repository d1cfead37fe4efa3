package files_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/app/web"
)

var (
	april  clock.Clock = func() time.Time { return time.Date(2027, 4, 20, 2, 0, 0, 0, time.UTC) }
	office             = accounts.SystemActor("test")
	pdf                = []byte("%PDF-1.7\npassport page\n%%EOF\n")
)

// ground is an event with a delegation, one of its members and one guest of their
// own.
type ground struct {
	db     *sqlx.DB
	box    *seal.Box
	dir    string
	files  *files.Service
	guests *delegations.Service
	event  events.Event
	member delegations.Registration
	guest  delegations.Registration
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newGround(t *testing.T) ground {
	t.Helper()
	g := ground{db: storetest.New(t), dir: t.TempDir()}
	var err error
	g.box, err = seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(t, err)
	blobs, err := blob.Open(g.dir, blob.Credentials{})
	must(t, err)
	g.files = files.New(g.db, g.box, blobs, april, ident.New, slog.New(slog.DiscardHandler))
	ev := events.New(g.db, april, ident.New)
	must(t, ev.SaveCountry(t.Context(), office, events.Country{Code: "HU", Code3: "HUN", Name: locale.Text{ZH: "匈牙利", EN: "Hungary"}}))
	_, err = ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(t, err)
	june := func(day int) time.Time { return time.Date(2027, 6, day, 0, 0, 0, 0, time.UTC) }
	g.event, err = ev.Create(t.Context(), office, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", StartsOn: june(8), EndsOn: june(10),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	must(t, err)
	words, err := web.Words(slog.New(slog.DiscardHandler))
	must(t, err)
	post, err := mail.New(mail.Options{DB: g.db, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "Forum <forum@office.example>", Box: g.box})
	must(t, err)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	g.guests = delegations.New(g.db, g.box, ev, badges.New(g.db, g.box, april, ident.New), letters, april, ident.New)
	d, err := g.guests.Save(t.Context(), office, delegations.Delegation{
		EventID: g.event.ID, Code: "D01", Name: locale.Text{ZH: "代表团", EN: "Delegation"}, Quota: 20, Status: "confirmed",
	})
	must(t, err)
	register := func(change func(*delegations.Input)) delegations.Registration {
		in := delegations.Input{
			Category: "firm", GivenName: "Zsófia", FamilyName: "Réti", Nationality: "HU", Organisation: "City of Veszprém", Email: "m@city.example", Consent: true, Lang: "en", Source: "web", BirthDate: "1980-02-29",
			Passport: delegations.Passport{Number: "TEST00001", Issuer: "HU", ExpiresOn: "2030-01-01"},
		}
		change(&in)
		r, _, err := g.guests.Register(t.Context(), office, g.event.ID, in)
		must(t, err)
		return r
	}
	g.member = register(func(in *delegations.Input) { in.Category, in.DelegationID = "member", d.ID })
	g.guest = register(func(in *delegations.Input) { in.Passport.Number = "TEST00002" })
	return g
}

func own(r delegations.Registration) accounts.Actor {
	a := accounts.GuestActor()
	a.LinkEventID, a.RegistrationID = r.EventID, r.ID
	return a
}

func officer(r delegations.Registration) accounts.Actor {
	a := accounts.GuestActor()
	a.LinkEventID, a.DelegationID, a.Officer = r.EventID, r.DelegationID, accounts.Accreditation
	return a
}

func staff(event ident.ID, role accounts.Role) accounts.Actor {
	return accounts.Actor{Kind: accounts.User, ID: ident.ID{15: 9}, NameEN: string(role), Grants: []accounts.Grant{{EventID: event, Role: role}}}
}

func portrait(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420), nil))
	return b.Bytes()
}

func (g ground) blobs(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(g.dir, "*", "*"))
	must(t, err)
	return len(names)
}

// A portrait is kept sealed, read back, replaced and removed; nothing of the one
// before stays.
func TestPortraitIsKept(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	small, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Name: "me.png.exe", Content: portrait(t, 300, 420)})
	must(t, err)
	if !small.Small() || small.Width != 300 || small.Height != 420 || small.MIME != files.JPEG || small.CreatedBy != "Guest" {
		t.Errorf("the portrait is %+v", small)
	}
	large, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 3000, 4200)})
	must(t, err)
	if large.Small() || large.Width != 590 || large.Height != 826 {
		t.Errorf("the portrait is %+v", large)
	}
	f, content, err := g.files.Read(ctx, staff(g.event.ID, accounts.Protocol), large.ID)
	must(t, err)
	if picture, err := jpeg.Decode(bytes.NewReader(content)); err != nil || picture.Bounds().Dx() != 590 || f.Size != len(content) {
		t.Errorf("read back %d bytes of %d, %v", len(content), f.Size, err)
	}
	if _, _, err := g.files.Read(ctx, office, small.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the portrait before: %v", err)
	}
	if n := g.blobs(t); n != 1 {
		t.Errorf("%d contents are kept", n)
	}
	raw, err := os.ReadFile(filepath.Join(g.dir, large.Key[:2], large.Key[2:]))
	must(t, err)
	if bytes.Contains(raw, []byte("\xFF\xD8\xFF")) || bytes.Contains(raw, content[100:200]) {
		t.Error("the content is not sealed")
	}
	same, err := g.files.PhotoOf(ctx, g.guest.ID)
	if err != nil || !bytes.Equal(same, content) {
		t.Errorf("for the badge: %d bytes, %v", len(same), err)
	}
	if _, err := g.files.Remove(ctx, own(g.guest), large.ID); err != nil {
		t.Fatal(err)
	}
	if none, err := g.files.PhotoOf(ctx, g.guest.ID); err != nil || none != nil || g.blobs(t) != 0 {
		t.Errorf("after removal: %d bytes, %v, %d contents", len(none), err, g.blobs(t))
	}
	var trail []string
	must(t, g.db.SelectContext(ctx, &trail, `SELECT action || ' ' || actor_name FROM audit_entries WHERE object_id = $1 AND action LIKE 'file.%' ORDER BY id`, g.guest.ID))
	if len(trail) != 3 || trail[2] != "file.remove Guest" {
		t.Errorf("the log says %q", trail)
	}
}

// Who may hand in, and who may look. What is not listed is forbidden.
func TestRights(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	stranger := own(g.guest)
	stranger.LinkEventID = ident.New()
	actors := map[string]accounts.Actor{
		"themselves": own(g.member), "their officer": officer(g.member), "another guest": own(g.guest), "a guest of another event": stranger,
		"nobody": accounts.GuestActor(), "protocol": staff(g.event.ID, accounts.Protocol), "programme": staff(g.event.ID, accounts.Programme),
		"doors": staff(g.event.ID, accounts.DoorsLead), "auditor": staff(g.event.ID, accounts.Auditor), "matchmaking": staff(g.event.ID, accounts.Matchmaking),
		"protocol of another event": staff(ident.New(), accounts.Protocol),
		"door":                      {Kind: accounts.Device, Grants: []accounts.Grant{{EventID: g.event.ID}}},
		"door of another event":     {Kind: accounts.Device, Grants: []accounts.Grant{{EventID: ident.New()}}},
	}
	desk := map[string]bool{"themselves": true, "their officer": true, "protocol": true, "programme": true}
	for purpose, may := range map[files.Purpose]struct{ add, see map[string]bool }{
		files.Photo:        {desk, map[string]bool{"themselves": true, "their officer": true, "protocol": true, "programme": true, "doors": true, "auditor": true, "door": true}},
		files.PassportScan: {desk, map[string]bool{"protocol": true}},
		files.Answer:       {desk, map[string]bool{"themselves": true, "their officer": true, "protocol": true, "programme": true, "auditor": true}},
	} {
		content := pdf
		if purpose == files.Photo {
			content = portrait(t, 500, 700)
		}
		in := files.Input{RegistrationID: g.member.ID, Purpose: purpose, Content: content}
		for name, by := range actors {
			_, err := g.files.Add(ctx, by, in)
			if (err == nil) != may.add[name] || err != nil && fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s hands in a %s: %v", name, purpose, err)
			}
		}
		f, err := g.files.Add(ctx, office, in)
		must(t, err)
		for name, by := range actors {
			_, _, err := g.files.Read(ctx, by, f.ID)
			if (err == nil) != may.see[name] || err != nil && fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s looks at a %s: %v", name, purpose, err)
			}
			if may.add[name] {
				continue
			}
			if _, err := g.files.Remove(ctx, by, f.ID); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s removes a %s: %v", name, purpose, err)
			}
		}
	}
}

// Each look at a passport is in the log, and one at a portrait is not.
func TestLooksAreLogged(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx, desk := t.Context(), staff(g.event.ID, accounts.Protocol)
	scan, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.PassportScan, Content: pdf})
	must(t, err)
	photo, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700)})
	must(t, err)
	for _, id := range []ident.ID{scan.ID, photo.ID, scan.ID} {
		_, _, err := g.files.Read(ctx, desk, id)
		must(t, err)
	}
	_, _, _ = g.files.Read(ctx, own(g.guest), scan.ID) // forbidden, so not a look
	var looks []string
	must(t, g.db.SelectContext(ctx, &looks, `
		SELECT actor_name || ' ' || object_kind || ' ' || (after ->> 'what') FROM audit_entries WHERE action = 'person.revealed' AND object_id = $1`, g.guest.ID))
	want := "protocol registration passport_scan"
	if len(looks) != 2 || looks[0] != want || looks[1] != want {
		t.Errorf("the log says %q", looks)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for name, c := range map[string]struct {
		purpose files.Purpose
		content []byte
		want    string
	}{
		"no file":             {files.Photo, nil, "files.none"},
		"a heavy photo":       {files.Photo, append(portrait(t, 500, 700), make([]byte, 5<<20)...), "files.too_large"},
		"a PDF as photo":      {files.Photo, pdf, "files.kind.photo"},
		"a page as scan":      {files.PassportScan, []byte("<html>"), "files.kind.passport_scan"},
		"a heavy scan":        {files.PassportScan, append(bytes.Clone(pdf), make([]byte, 10<<20)...), "files.too_large"},
		"a program as answer": {files.Answer, []byte("MZ"), "files.kind.answer"},
	} {
		_, err := g.files.Add(t.Context(), own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: c.purpose, Content: c.content})
		f, ok := fault.Of(err)
		if !ok || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Path != "file" || f.Fields[0].Key != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if n := g.blobs(t); n != 0 {
		t.Errorf("%d contents of refused files are kept", n)
	}
	_, err := g.guests.Cancel(t.Context(), office, g.guest.ID, "withdrawn by the firm")
	must(t, err)
	_, err = g.files.Add(t.Context(), own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700)})
	if fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a photo of who does not come: %v", err)
	}
}

// Two portraits that come at once leave one.
func TestPortraitsAtOnce(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	content := portrait(t, 500, 700)
	failed := make(chan error, 8)
	for range cap(failed) {
		go func() {
			_, err := g.files.Add(context.WithoutCancel(t.Context()), own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: content})
			failed <- err
		}()
	}
	for range cap(failed) {
		must(t, <-failed)
	}
	list, err := g.files.Of(t.Context(), own(g.guest), g.guest.ID)
	if err != nil || len(list) != 1 || g.blobs(t) != 1 {
		t.Errorf("%d files, %d contents, %v", len(list), g.blobs(t), err)
	}
}

// Contents that no row refers to are swept away, but not at once.
func TestSweep(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	_, err := g.files.Add(ctx, own(g.guest), files.Input{RegistrationID: g.guest.ID, Purpose: files.Photo, Content: portrait(t, 500, 700)})
	must(t, err)
	blobs, err := blob.Open(g.dir, blob.Credentials{})
	must(t, err)
	stray := blob.NewKey() // as a crash leaves it
	_, err = g.db.ExecContext(ctx, `INSERT INTO blobs (key, made_at) VALUES ($1, $2)`, stray, april())
	must(t, err)
	must(t, blobs.Put(ctx, stray, []byte("half an upload")))
	at := func(after time.Duration) int {
		later := func() time.Time { return april().Add(after) }
		n, err := files.New(g.db, g.box, blobs, later, ident.New, slog.New(slog.DiscardHandler)).Sweep(ctx)
		must(t, err)
		return n
	}
	if n := at(4*time.Hour - time.Minute); n != 0 {
		t.Errorf("%d contents swept while somebody may still write", n)
	}
	if n := at(4*time.Hour + time.Minute); n != 1 || g.blobs(t) != 1 {
		t.Errorf("%d contents swept, %d left", n, g.blobs(t))
	}
	if _, err := blobs.Get(ctx, stray); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the stray content: %v", err)
	}
}

// The page of a registration says what the list of categories promises: who brings
// a portrait is one rule, told in Go and in SQL.
func TestWhoBringsAPortrait(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	for _, rule := range events.PhotoRules {
		for _, badge := range []bool{true, false} {
			for _, role := range []string{"head", "member"} {
				for query, arg := range map[string]any{
					`UPDATE categories SET photo = $1`: rule, `UPDATE badge_types SET photo_required = $1`: badge,
					`UPDATE registrations SET role = $1 WHERE delegation_id IS NOT NULL`: role,
				} {
					_, err := g.db.ExecContext(t.Context(), query, arg)
					must(t, err)
				}
				lacking, err := g.files.WithoutPhoto(t.Context(), []ident.ID{g.member.ID})
				must(t, err)
				want := events.Category{Photo: rule}.NeedsPhoto(events.BadgeType{PhotoRequired: badge}, role)
				if lacking[g.member.ID] != want {
					t.Errorf("category %s, badge type %t, %s: asked for a portrait %t, want %t", rule, badge, role, lacking[g.member.ID], want)
				}
			}
		}
	}
}

// A file that was handed in with a form waits under a token for a registration of
// the same event, once, and not for ever.
func TestHandIn(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	ctx := t.Context()
	gone := func(err error) bool {
		f, ok := fault.Of(err)
		return ok && f.Code == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Path == "file" && f.Fields[0].Key == "files.handed_gone"
	}
	attach := func(event, registration ident.ID, token string) (id ident.ID, err error) {
		err = store.InTx(ctx, g.db, func(tx *sqlx.Tx) error {
			id, err = g.files.Attach(ctx, tx, own(g.guest), event, registration, token)
			return err
		})
		return id, err
	}
	if _, _, err := g.files.HandIn(ctx, g.event.ID, "cv.exe", []byte("MZ program")); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a program is handed in: %v", err)
	}
	token, f, err := g.files.HandIn(ctx, g.event.ID, "cv.pdf", pdf)
	must(t, err)
	for name, wrong := range map[string]string{"empty": "", "nonsense": "-", "cut": token[:len(token)-1], "of another file": token[:len(token)-4] + "AAAA"} {
		if _, err := g.files.HandedIn(g.event.ID, wrong); !gone(err) {
			t.Errorf("a token that is %s: %v", name, err)
		}
	}
	if _, err := g.files.HandedIn(ident.New(), token); !gone(err) {
		t.Errorf("at another event: %v", err)
	}
	blobs, err := blob.Open(g.dir, blob.Credentials{})
	must(t, err)
	at := func(d time.Duration) *files.Service {
		return files.New(g.db, g.box, blobs, func() time.Time { return april().Add(d) }, ident.New, slog.New(slog.DiscardHandler))
	}
	if n, err := at(3 * time.Hour).Sweep(ctx); err != nil || n != 0 {
		t.Errorf("while it waits, %d contents are swept away, %v", n, err)
	}
	if _, err := at(3*time.Hour).HandedIn(g.event.ID, token); !gone(err) {
		t.Errorf("after three hours: %v", err)
	}
	if _, err := at(3*time.Hour-time.Second).HandedIn(g.event.ID, token); err != nil {
		t.Errorf("just before: %v", err)
	}
	id, err := attach(g.event.ID, g.guest.ID, token)
	must(t, err)
	got, content, err := g.files.Read(ctx, own(g.guest), id)
	if err != nil || id != f.ID || got.Name != "cv.pdf" || got.RegistrationID != g.guest.ID || !bytes.Equal(content, pdf) {
		t.Errorf("%+v %q %v", got, content, err)
	}
	if _, err := attach(g.event.ID, g.member.ID, token); !gone(err) {
		t.Errorf("given twice: %v", err)
	}
	stray, _, err := g.files.HandIn(ctx, g.event.ID, "cv.pdf", pdf)
	must(t, err)
	if n, err := at(5 * time.Hour).Sweep(ctx); err != nil || n != 1 {
		t.Errorf("%d contents are swept away, %v", n, err)
	}
	if _, err := attach(g.event.ID, g.guest.ID, stray); !gone(err) {
		t.Errorf("after its content was swept away: %v", err)
	}
}
