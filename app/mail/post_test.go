package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

var (
	april = clock.At("2027-04-20T10:00:00+08:00")
	desk  = accounts.SystemActor("test")
)

// envelope is one mail as the server took it.
type envelope struct {
	encrypted bool
	from, to  string
	utf8      bool
	raw       []byte
}

// postOffice is a real SMTP server. Its hooks, which may be nil, decide what it
// says at each step; they are called with how often the step was reached before.
type postOffice struct {
	url       string
	received  chan envelope
	atSender  func(n int) error
	atTo      func(n int, to string) error
	atData    func(n int, raw []byte) error
	cut       func(n int) bool // whether the connection is cut in the middle of a mail
	lock      sync.Mutex
	senders   int
	to, datas int

	tls *tls.Config // of STARTTLS; nil: it offers none
}

func (p *postOffice) count(of *int) int {
	p.lock.Lock()
	defer p.lock.Unlock()
	*of++
	return *of - 1
}

func (p *postOffice) open(t *testing.T, smtputf8 bool) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.url, p.received = "smtp://"+listener.Addr().String(), make(chan envelope, 100)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &conversation{office: p, conn: c}, nil }))
	server.Domain, server.EnableSMTPUTF8, server.TLSConfig = "localhost", smtputf8, p.tls
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

type conversation struct {
	office *postOffice
	conn   *smtp.Conn
	got    envelope
}

func (c *conversation) Mail(from string, o *smtp.MailOptions) error {
	_, encrypted := c.conn.TLSConnectionState()
	c.got = envelope{from: from, utf8: o.UTF8, encrypted: encrypted}
	if p := c.office; p.atSender != nil {
		return p.atSender(p.count(&p.senders))
	}
	return nil
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.got.to = to
	if p := c.office; p.atTo != nil {
		return p.atTo(p.count(&p.to), to)
	}
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	p := c.office
	n := p.count(&p.datas)
	if p.cut != nil && p.cut(n) {
		_, _ = io.ReadFull(r, make([]byte, 10))
		return c.conn.Conn().Close()
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if p.atData != nil {
		if err := p.atData(n, raw); err != nil {
			return err
		}
	}
	c.got.raw = raw
	p.received <- c.got
	return nil
}
func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

// says is a reply of the server.
func says(code int, enhanced smtp.EnhancedCode, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}

// next answers the next mail that arrives.
func (p *postOffice) next(t *testing.T) envelope {
	t.Helper()
	select {
	case e := <-p.received:
		return e
	case <-time.After(patience):
		t.Fatal("no mail arrived")
		return envelope{}
	}
}

// ground is a database with an event, and a service that sends to an office.
type ground struct {
	db       *sqlx.DB
	box      *seal.Box
	post     *mail.Service
	event    ident.ID
	category ident.ID
}

// newGround makes the service; it pauses hardly at all after a failed try.
func newGround(t *testing.T, office *postOffice, change ...func(*mail.Options)) ground {
	t.Helper()
	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	happenings := events.New(db, april, ident.New)
	if _, err := happenings.CreateSeries(t.Context(), desk, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019}); err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }
	e, err := happenings.Create(t.Context(), desk, events.Input{
		Slug: "forum-2027", Prefix: "F27", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", StartsOn: day(8), EndsOn: day(10),
		TimeZone: "Asia/Shanghai", Status: events.RegistrationOpen,
	})
	if err != nil {
		t.Fatal(err)
	}
	category, err := happenings.SaveCategory(t.Context(), desk, events.Category{
		EventID: e.ID, Code: "press", Name: locale.Text{ZH: "媒体", EN: "Press"}, BadgeType: "BIZ", Approval: "review", Public: true, Position: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	g := ground{db: db, box: box, event: e.ID, category: category.ID}
	g.post = g.service(t, office, change...)
	return g
}

// service makes another process on the same data.
func (g ground) service(t *testing.T, office *postOffice, change ...func(*mail.Options)) *mail.Service {
	t.Helper()
	o := mail.Options{
		DB: g.db, Box: g.box, Log: slog.New(slog.DiscardHandler), Now: april, NewID: ident.New, From: "宁波市外办 <forum@office.example>",
		Pause: func(int) time.Duration { return 50 * time.Millisecond },
	}
	if office != nil {
		o.SMTPURL = office.url
	}
	for _, f := range change {
		f(&o)
	}
	post, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return post
}

// start sends what is queued until the test ends.
func start(t *testing.T, post *mail.Service) {
	t.Helper()
	if err := post.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = post.Stop(context.Background()) })
}

// letter is one to an address.
func (g ground) letter(to string) mail.Letter {
	block := func(lang, subject, hello, url string) mail.Block {
		return mail.Block{
			Lang: lang, Subject: subject, Hello: hello, Paragraphs: []string{"Στέλιος <b>\nsecond line"}, Action: "Open", URL: url, QR: "code", Foot: "—",
			Facts: []mail.Fact{{Name: "Event", Value: "<i>Forum</i>"}},
		}
	}
	return mail.Letter{
		ID: ident.New(), EventID: g.event, Template: "registration.approved", To: to, ToName: "Stélios \"S\" <x@evil.example>, Ὀδυσσεύς", Lang: locale.EN,
		Blocks: map[locale.Lang]mail.Block{
			locale.ZH: block("zh-CN", "报名已通过", "斯泰利奥斯，您好：", "http://forum.example/me/x?lang=zh"),
			locale.EN: block("en", "Your registration is approved", "Dear Stelios,", "http://forum.example/me/x?lang=en"),
		},
		Parts: []mail.Part{{Name: "qr.png", Type: "image/png", ContentID: "qr", Data: []byte("PNG")}},
	}
}

func (g ground) queue(t *testing.T, l mail.Letter) mail.Letter {
	t.Helper()
	if err := store.InTx(t.Context(), g.db, func(tx *sqlx.Tx) error { return g.post.Queue(t.Context(), tx, l) }); err != nil {
		t.Fatal(err)
	}
	return l
}

// fate waits until a mail has a status, and answers it and what befell it.
func (g ground) fate(t *testing.T, id ident.ID, status string) (mail.Mail, []mail.Attempt) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		m, err := g.post.ByID(ctx, desk, id)
		if err != nil {
			t.Fatalf("waiting for mail to be %s: %v", status, err)
		}
		if m.Status == status {
			attempts, err := g.post.Attempts(ctx, desk, id)
			if err != nil {
				t.Fatal(err)
			}
			return m, attempts
		}
		<-tick.C
	}
}

// outcomes are what befell a mail, in short.
func outcomes(list []mail.Attempt) (short []string) {
	for _, a := range list {
		short = append(short, a.Outcome)
	}
	return short
}

func wantOutcomes(t *testing.T, list []mail.Attempt, want ...string) {
	t.Helper()
	if got := outcomes(list); !slices.Equal(got, want) {
		t.Errorf("it befell the mail %v, want %v: %+v", got, want, list)
	}
}

// part is a leaf of a mail.
type part struct {
	path, kind, disposition, id, name string
	body                              string
}

// opened takes a mail apart with the standard library, which did not make it:
// its headers, and its leaves with the multiparts around them.
func opened(t *testing.T, raw []byte) (netmail.Header, []part) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	header := map[string][]string(msg.Header)
	return msg.Header, leaves(t, "", header, msg.Body)
}

func leaves(t *testing.T, path string, header map[string][]string, body io.Reader) []part {
	t.Helper()
	get := func(name string) string { return netmail.Header(header).Get(name) }
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		var all []part
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, leaves(t, path+kind+">", p.Header, p)...)
		}
	}
	switch strings.ToLower(get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	disposition, names, _ := mime.ParseMediaType(get("Content-Disposition"))
	if params["method"] != "" {
		kind += "; method=" + params["method"]
	}
	return []part{{path, kind, disposition, get("Content-Id"), names["filename"], string(text)}}
}
