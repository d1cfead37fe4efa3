package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/agenda"
	"qianshou/app/announcements"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
	"qianshou/app/privacy"
	"qianshou/app/projects"
)

// badgeSite is a server over a real database with one approved guest.
type badgeSite struct {
	*Server
	t        *testing.T
	db       *sqlx.DB
	services Services
	other    events.Event // in which the owner has no role
	badge    badges.Badge
	secret   string // of the guest's link
}

var april = clock.At("2027-04-20T10:00:00+08:00")

func newBadgeSite(t *testing.T) *badgeSite {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, by := storetest.New(t), accounts.SystemActor("test")
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	must(err)
	words, err := Words(slog.New(slog.DiscardHandler))
	must(err)
	post, err := mail.New(mail.Options{DB: db, Box: box, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "Forum <forum@office.example>"})
	must(err)
	s := &badgeSite{t: t, db: db}
	s.services.Events, s.services.Badges = events.New(db, april, ident.New), badges.New(db, box, april, ident.New)
	letters := &delegations.Letters{Mail: post, Words: words, PublicURL: "http://forum.example", QR: badges.QRPNG}
	s.services.Letters, s.services.Announcements = letters, announcements.New(db, letters, april, ident.New)
	s.services.Accounts = accounts.New(db, nil, april, ident.New)
	s.services.Delegations = delegations.New(db, box, s.services.Events, s.services.Badges, letters, april, ident.New)
	s.services.Mail, s.services.Doors = post, doors.New(db, s.services.Events, s.services.Delegations, april, ident.New)
	s.services.Renewals = delegations.NewRenewals(s.services.Delegations, slog.New(slog.DiscardHandler))
	s.services.Matchmaking, s.services.Firms = matchmaking.New(db, april, ident.New), firms.New(db, april, ident.New)
	s.services.Projects = projects.New(db, april, ident.New)
	s.services.Forms = forms.New(db, april, ident.New)
	s.services.Agenda = agenda.New(db, nil, "", april, ident.New, slog.New(slog.DiscardHandler))
	must(s.services.Events.SaveCountry(t.Context(), by, events.Country{Code: "RS", Code3: "SRB", Name: locale.Text{ZH: "塞尔维亚", EN: "Serbia"}}))
	blobs, err := blob.Open(t.TempDir(), blob.Credentials{})
	must(err)
	s.services.Files = files.New(db, box, blobs, april, ident.New, slog.New(slog.DiscardHandler))
	s.services.Delegations.With(s.services.Files)
	s.services.Privacy = privacy.New(db, s.services.Events, slices.Concat(delegations.Retention(), forms.Retention(), badges.Retention(), doors.Retention(), mail.Retention(), privacy.Retention(), s.services.Files.Retention()), april, ident.New, slog.New(slog.DiscardHandler))
	_, err = s.services.Events.CreateSeries(t.Context(), by, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(err)
	made := map[string]events.Event{}
	for slug, prefix := range map[string]string{forum.Slug: "F27", "ningbo-week-2027": "W27"} {
		made[slug], err = s.services.Events.Create(t.Context(), by, events.Input{
			Slug: slug, Prefix: prefix, Series: "forum", TitleZH: "市长论坛", TitleEN: "Mayors Forum", PlaceZH: "宁波", PlaceEN: "Ningbo",
			StartsOn: forum.FirstDay, EndsOn: forum.LastDay, TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
		})
		must(err)
	}
	s.other = made["ningbo-week-2027"]
	r, secret, err := s.services.Delegations.Register(t.Context(), accounts.GuestActor(), made[forum.Slug].ID, delegations.Input{
		Category: "firm", GivenName: "Đorđe", FamilyName: "Zelenković", NameNative: "Ђорђе Зеленковић", Email: "m1@city.example",
		Nationality: "RS", Organisation: "Zelenković d.o.o.", Consent: true, Lang: "en", Source: "web",
	})
	must(err)
	_, _, err = s.services.Delegations.Approve(t.Context(), by, r.ID)
	must(err)
	s.badge, err = s.services.Badges.LivingOf(t.Context(), r.ID)
	must(err)
	s.secret = secret

	people := sessions{}
	for role, a := range staff() {
		for _, e := range made {
			a.Grants = append(a.Grants[:0:0], accounts.Grant{EventID: e.ID, Role: accounts.Role(role)})
			people[role+"@"+e.Slug] = a
		}
		a.Grants = []accounts.Grant{{Role: accounts.Role(role)}}
		people[role] = a
	}
	known, err := s.services.Accounts.Create(t.Context(), by, accounts.Account{
		Email: "owner@office.example", NameZH: "林舒", NameEN: "Lin Shu", Lang: "en", Grants: []accounts.Grant{{Role: accounts.Owner}},
	}, "a long enough password")
	must(err)
	owner := people["owner"]
	owner.ID = known.ID
	people["owner"] = owner
	s.Server = newServer(t, func(o *Options) {
		o.Services, o.SignIn = s.services, people
		o.Event = func(ctx context.Context, ref string) (EventHead, error) {
			e, err := s.services.Events.ByRef(ctx, ref)
			return HeadOf(e), err
		}
	})
	return s
}

func (s *badgeSite) get(who, path string) answer {
	s.t.Helper()
	return ask(s.t, s.Server, http.MethodGet, path, "", "Cookie", "qs_session="+who, "Accept-Language", "en")
}

// post sends a form of a page to a path.
func (s *badgeSite) post(who, page, path string, pairs ...string) answer {
	s.t.Helper()
	shown := s.get(who, page)
	form := shown.doc(s.t).Find(`form[method=post]`)
	fields := url.Values{csrfField: {form.Find("[name="+csrfField+"]").First().AttrOr("value", "")}}
	for i := 0; i+1 < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	cookie := "qs_session=" + who
	for _, c := range shown.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	return ask(s.t, s.Server, http.MethodPost, path, fields.Encode(), "Cookie", cookie, "Accept-Language", "en")
}

// after follows a redirect with the cookies that came with it.
func (s *badgeSite) after(who string, a answer) answer {
	s.t.Helper()
	cookie := "qs_session=" + who
	for _, c := range a.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	return ask(s.t, s.Server, http.MethodGet, a.Header.Get("Location"), "", "Cookie", cookie, "Accept-Language", "en")
}

// textOf reads a paper.
func textOf(t *testing.T, paper string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, []byte(paper), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
	if err != nil {
		t.Fatalf("not a paper: %v", err)
	}
	return string(out)
}

func TestGuestsPaper(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := s.get("", "/me/"+s.secret)
	if got := page.doc(t).Find(`a[href$="/badge.pdf"]`).Length(); page.StatusCode != 200 || got != 1 || len(page.body) > 60_000 {
		t.Errorf("the guest's page: status %d, %d links to the paper, %d bytes", page.StatusCode, got, len(page.body))
	}
	paper := s.get("", "/me/"+s.secret+"/badge.pdf")
	if paper.StatusCode != 200 || paper.Header.Get("Content-Type") != "application/pdf" || paper.Header.Get("Content-Encoding") != "" ||
		paper.Header.Get("Content-Disposition") != `attachment; filename="`+s.badge.Serial+`.pdf"` || !strings.Contains(paper.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("status %d, headers %v", paper.StatusCode, paper.Header)
	}
	if got := textOf(t, paper.body); !strings.Contains(got, "Đorđe ZELENKOVIĆ") || !strings.Contains(got, "Ђорђе Зеленковић") {
		t.Errorf("the paper reads %s", got)
	}
	picture := s.get("", "/me/"+s.secret+"/badge.png")
	if picture.StatusCode != 200 || picture.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(picture.body, "\x89PNG") {
		t.Errorf("picture: status %d, %v", picture.StatusCode, picture.Header)
	}
	if _, err := s.services.Badges.Suspend(t.Context(), accounts.SystemActor("test"), s.badge.ID, "unclear"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/me/" + s.secret + "/badge.pdf", "/me/" + s.secret + "/badge.png", "/me/nobody/badge.pdf", "/me/nobody/badge.png"} {
		if a := s.get("", path); a.StatusCode != 404 {
			t.Errorf("%s while the badge is on hold: status %d", path, a.StatusCode)
		}
	}
}

func TestConsolePrintsBadges(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	base := "/console/" + forum.Slug + "/badges"
	list := s.get("protocol", base+"?show=unprinted&q=zelenkovic").doc(t)
	if got := list.Find("tbody a.name").Text(); got != "Đorđe Zelenković" || list.Find(`form[action$="/print"]`).Length() != 1 {
		t.Errorf("the list shows %q", got)
	}
	if doc := s.get("auditor", base).doc(t); doc.Find("tbody a.name").Length() != 1 || doc.Find(`form[action$="/print"]`).Length() != 0 {
		t.Error("an auditor sees the list and no way to print it")
	}
	done := s.post("protocol", base, base+"/print", "show", "unprinted", "layout", "a4")
	if done.StatusCode != 303 || done.Header.Get("Location") != base+"?show=unprinted" {
		t.Fatalf("printing: status %d, to %q, %s", done.StatusCode, done.Header.Get("Location"), done.body)
	}
	said := s.after("protocol", done).doc(t).Find(".qs-flash[role=status]")
	if want := "1张证件的打印件已生成，并记入打印记录：A4纸1张（双面）。 打开PDF"; said.Find("p").Text() != want {
		t.Errorf("after printing it says %q, want %q", said.Find("p").Text(), want)
	}
	to := said.Find("a").AttrOr("href", "")
	paper := s.get("protocol", to)
	if got := textOf(t, paper.body); paper.StatusCode != 200 || !strings.HasPrefix(to, base+"/prints/") || !strings.Contains(got, s.badge.Serial) {
		t.Errorf("%s: status %d, the paper reads %s", to, paper.StatusCode, got)
	}
	single := s.post("protocol", base+"/"+s.badge.ID.String(), base+"/print", "badge", s.badge.ID.String(), "layout", "a6")
	if got := s.after("protocol", single).doc(t).Find(".qs-flash a").Length(); single.Header.Get("Location") != base+"/"+s.badge.ID.String() || got != 1 {
		t.Errorf("one badge leads to %q, with %d links", single.Header.Get("Location"), got)
	}
	again := s.post("protocol", base, base+"/print", "show", "unprinted", "layout", "a4")
	if again.StatusCode != 303 || again.Header.Get("Location") != base+"?show=unprinted" {
		t.Errorf("nothing left to print: status %d, to %q", again.StatusCode, again.Header.Get("Location"))
	}
	if a := s.post("protocol", base, base+"/print", "layout", "a3"); a.StatusCode != 422 {
		t.Errorf("no such layout: status %d", a.StatusCode)
	}
	if got := s.get("protocol", base).doc(t).Find(`a[href$="badges.pdf"]`).Length(); got != 2 {
		t.Errorf("%d runs in the log, want 2", got)
	}
	one := s.get("protocol", base+"/"+s.badge.ID.String()+"/badge.pdf")
	if one.StatusCode != 200 || !strings.HasPrefix(one.body, "%PDF") {
		t.Errorf("one badge: status %d", one.StatusCode)
	}
	registration := s.get("protocol", "/console/"+forum.Slug+"/registrations/"+s.badge.RegistrationID.String()).doc(t)
	if got := registration.Find(`a[href$="/badge.pdf"]`).Length(); got != 1 {
		t.Errorf("the registration has %d links to the paper", got)
	}
	for _, who := range []string{"auditor", "doors_lead", "analyst", "protocol@ningbo-week-2027"} {
		for _, path := range []string{to, base + "/" + s.badge.ID.String() + "/badge.pdf", base + "/back"} {
			if a := s.get(who, path); a.StatusCode != 403 {
				t.Errorf("%s asks for %s: status %d, want 403", who, path, a.StatusCode)
			}
		}
	}
	elsewhere := "/console/" + s.other.Slug + "/badges/" + s.badge.ID.String()
	for _, path := range []string{elsewhere, elsewhere + "/badge.pdf", strings.Replace(to, forum.Slug, s.other.Slug, 1), base + "/nothing"} {
		if a := s.get("owner", path); a.StatusCode != 404 {
			t.Errorf("%s: status %d, want 404", path, a.StatusCode)
		}
	}
}

func TestConsoleChangesABadge(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/console/" + forum.Slug + "/badges/" + s.badge.ID.String()
	asked := s.get("protocol", page+"?do=revoke").doc(t)
	if got := asked.Find(`form[action$="/revoke"] p`).First().Text(); !strings.Contains(got, "不能撤回") {
		t.Errorf("before revoking it says %q", got)
	}
	if got := s.get("doors_lead", page+"?do=reissue").doc(t).Find(`form[action$="/reissue"]`).Length(); got != 0 {
		t.Error("doors may replace a badge")
	}
	refused := s.post("protocol", page+"?do=revoke", page+"/revoke", "reason", " ")
	if refused.StatusCode != 422 || refused.doc(t).Find("#f-reason-why").Length() != 1 {
		t.Errorf("without a reason: status %d, %s", refused.StatusCode, refused.body)
	}
	for _, tt := range []struct {
		who, deed string
		status    int
		state     badges.State
	}{
		{"auditor", "revoke", 403, badges.Active}, {"doors_lead", "reissue", 403, badges.Active}, {"protocol@ningbo-week-2027", "revoke", 403, badges.Active},
		{"doors_lead", "suspend", 303, badges.Suspended}, {"protocol", "suspend", 422, badges.Suspended}, {"protocol", "release", 303, badges.Active},
		{"protocol", "reissue", 303, badges.Superseded}, {"protocol", "revoke", 422, badges.Superseded},
	} {
		a := s.post(tt.who, page, page+"/"+tt.deed, "reason", "test")
		b, err := s.services.Badges.ByID(t.Context(), accounts.SystemActor("test"), s.badge.ID)
		if a.StatusCode != tt.status || err != nil || b.State != tt.state {
			t.Errorf("%s by %s: status %d, now %s, %v; want %d, %s", tt.deed, tt.who, a.StatusCode, b.State, err, tt.status, tt.state)
		}
	}
	fresh, err := s.services.Badges.LivingOf(t.Context(), s.badge.RegistrationID)
	if err != nil || fresh.Serial != s.badge.Serial+"-R1" {
		t.Errorf("the guest now holds %s, %v", fresh.Serial, err)
	}
	if a := s.get("protocol", page+"/badge.pdf"); a.StatusCode != 409 {
		t.Errorf("the paper of a replaced badge: status %d", a.StatusCode)
	}
}

func TestConsoleBackOfBadges(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/console/" + forum.Slug + "/badges/back"
	refused := s.post("protocol", page, page, "emergency", "12", "finder_zh", "<交回>")
	doc := refused.doc(t)
	if refused.StatusCode != 422 || doc.Find("#f-emergency-why").Length() != 1 || doc.Find("#f-finder_zh").Text() != "<交回>" {
		t.Errorf("status %d, %s", refused.StatusCode, refused.body)
	}
	if a := s.post("protocol", page, page, "emergency", "+999 000 1100"); a.StatusCode != 303 {
		t.Errorf("saving: status %d, %s", a.StatusCode, a.body)
	}
	if got := textOf(t, s.get("", "/me/"+s.secret+"/badge.pdf").body); !strings.Contains(got, "+999 000 1100") {
		t.Errorf("the paper reads %s", got)
	}
	if _, err := s.services.Badges.Back(t.Context(), accounts.GuestActor(), s.badge.EventID); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest asks for the back: %v", err)
	}
}
