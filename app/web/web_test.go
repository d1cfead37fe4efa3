package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// forum is the event of these tests.
var forum = EventHead{
	ID: ident.ID{15: 7}, Slug: "mayors-forum-2027",
	Title: locale.Text{ZH: "市长论坛", EN: "Mayors Forum"}, Place: locale.Text{ZH: "宁波", EN: "Ningbo"},
	FirstDay: time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC), LastDay: time.Date(2027, 6, 10, 0, 0, 0, 0, time.UTC),
	Zone: time.FixedZone("CST", 8*3600),
}

// sessions is a table of who holds which session.
type sessions map[string]accounts.Actor

func (s sessions) BySession(_ context.Context, secret string) (accounts.Actor, error) {
	a, ok := s[secret]
	if !ok {
		return a, fault.New(fault.SignIn, "error.sign_in")
	}
	return a, nil
}

func (s sessions) StillBySession(ctx context.Context, secret string) (accounts.Actor, error) {
	return s.BySession(ctx, secret)
}

// staff are one person for each role in the forum, by session secret.
func staff() sessions {
	all := sessions{}
	for i, r := range accounts.Roles {
		all[string(r)] = accounts.Actor{
			Kind: accounts.User, ID: ident.ID{15: byte(i + 1)}, NameZH: "工作人员", NameEN: "Staff", Lang: "zh",
			Grants: []accounts.Grant{{EventID: forum.ID, Role: r}},
		}
	}
	return all
}

func newServer(t *testing.T, change ...func(*Options)) *Server {
	t.Helper()
	o := Options{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: clock.At("2027-06-09T10:05:00+08:00"), NewID: ident.Sequence(),
		PublicURL: &url.URL{Scheme: "http", Host: "example.com"}, Secret: []byte(strings.Repeat("s", 32)), Version: "test", Dev: true,
		SignIn: staff(),
		Event: func(_ context.Context, ref string) (EventHead, error) {
			if ref != forum.Slug {
				return EventHead{}, fault.New(fault.NotFound, "error.not_found")
			}
			return forum, nil
		},
	}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type answer struct {
	*http.Response
	body string
}

func (a answer) doc(t *testing.T) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func ask(t *testing.T, s *Server, method, target, body string, headers ...string) answer {
	t.Helper()
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.App().Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return answer{res, string(raw)}
}

func TestStyleguideAnswers(t *testing.T) {
	s := newServer(t)
	a := ask(t, s, "GET", "/styleguide?lang=en", "")
	if a.StatusCode != 200 || a.doc(t).Find("h1").First().Text() != "Components" {
		t.Errorf("status %d, body %s", a.StatusCode, a.body)
	}
}

func TestMissingPage(t *testing.T) {
	s := newServer(t)
	a := ask(t, s, "GET", "/no/such/page", "", "Accept-Language", "en")
	if a.StatusCode != 404 || a.doc(t).Find("h1").Text() != "Page not found" {
		t.Errorf("status %d, body %s", a.StatusCode, a.body)
	}
}
