package mail_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
	"qianshou/app/mail"
)

// postOffice is a real SMTP server that refuses the first conversation.
type postOffice struct {
	refused  atomic.Bool
	received chan []byte
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &conversation{office: p}, nil
}

type conversation struct{ office *postOffice }

func (c *conversation) Mail(string, *smtp.MailOptions) error {
	if c.office.refused.CompareAndSwap(false, true) {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	}
	return nil
}
func (c *conversation) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (c *conversation) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	c.office.received <- raw
	return err
}
func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

func TestLetterIsTriedAgainAndArrivesWhole(t *testing.T) {
	t.Parallel()
	office := &postOffice{received: make(chan []byte, 1)}
	server := smtp.NewServer(office)
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	db := storetest.New(t)
	box, err := seal.New(bytes.Repeat([]byte("k"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	post, err := mail.New(mail.Options{
		DB: db, Box: box, Log: slog.New(slog.DiscardHandler), Now: clock.At("2027-06-09T12:00:00+08:00"), NewID: ident.New,
		SMTPURL: "smtp://" + listener.Addr().String(), From: "宁波市外办 <forum@office.example>",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := post.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = post.Stop(context.Background()) })
	block := func(lang, subject, hello, url string) mail.Block {
		return mail.Block{Lang: lang, Subject: subject, Hello: hello, Paragraphs: []string{"Στέλιος <b>"}, Action: "Open", URL: url, QR: "code", Foot: "—"}
	}
	letter := mail.Letter{
		Template: "registration.approved", To: "stelios@city.example", Lang: locale.EN,
		Blocks: map[locale.Lang]mail.Block{
			locale.ZH: block("zh-CN", "报名已通过", "斯泰利奥斯，您好：", "http://forum.example/me/x?lang=zh"),
			locale.EN: block("en", "Your registration is approved", "Dear Stelios,", "http://forum.example/me/x?lang=en"),
		},
		Parts: []mail.Part{{Name: "qr.png", Type: "image/png", ContentID: "qr", Data: []byte("PNG")}},
	}
	rolledBack := errors.New("no")
	if err := store.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
		if err := post.Queue(t.Context(), tx, letter); err != nil {
			return err
		}
		return rolledBack
	}); !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
	if err := store.InTx(t.Context(), db, func(tx *sqlx.Tx) error { return post.Queue(t.Context(), tx, letter) }); err != nil {
		t.Fatal(err)
	}
	read(t, office.next(t))
	if len(office.received) > 0 {
		t.Error("a letter whose transaction was rolled back arrived too")
	}

	// It rests sealed, is read again in the console, and leaves once more whole.
	if err := post.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var id ident.ID
	if err := db.GetContext(t.Context(), &id, `SELECT id FROM mails WHERE strpos(mails::text, 'forum.example') = 0`); err != nil {
		t.Fatalf("what the letter says can be read in its row: %v", err)
	}
	by := accounts.SystemActor("test")
	kept, err := post.ByID(t.Context(), by, id)
	if err != nil || kept.Status != mail.Sent || !strings.Contains(kept.Text, "http://forum.example/me/x?lang=en") || len(kept.Parts) != 1 || string(kept.Parts[0].Data) != "PNG" {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if err := post.Resend(t.Context(), by, id); err != nil {
		t.Fatal(err)
	}
	if err := post.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	read(t, office.next(t))
}

// next answers the next letter that arrives.
func (p *postOffice) next(t *testing.T) []byte {
	t.Helper()
	select {
	case raw := <-p.received:
		return raw
	case <-time.After(60 * time.Second):
		t.Fatal("no letter arrived")
		return nil
	}
}

// read takes the letter apart with the standard library, which did not make it.
func read(t *testing.T, raw []byte) {
	t.Helper()
	msg, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var words mime.WordDecoder
	subject, err := words.DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != "Your registration is approved / 报名已通过" {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := msg.Header.AddressList("From")
	if err != nil || from[0].Name != "宁波市外办" || from[0].Address != "forum@office.example" {
		t.Errorf("from %v, %v", from, err)
	}
	parts := map[string]string{}
	collect(t, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, parts)
	for kind, wants := range map[string][]string{
		"text/plain": {"Dear Stelios,", "斯泰利奥斯，您好：", "Στέλιος <b>", "http://forum.example/me/x?lang=zh"},
		"text/html":  {"Dear Stelios,", "斯泰利奥斯，您好：", "Στέλιος &lt;b&gt;", "cid:qr"},
		"image/png":  {"PNG"},
	} {
		for _, want := range wants {
			if !strings.Contains(parts[kind], want) {
				t.Errorf("%s lacks %q: %s", kind, want, parts[kind])
			}
		}
	}
	if strings.Index(parts["text/plain"], "Dear") > strings.Index(parts["text/plain"], "您好") {
		t.Error("the reader's own language does not come first")
	}
}

func collect(t *testing.T, contentType, encoding string, body io.Reader, parts map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			p, err := r.NextRawPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			collect(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, parts)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	parts[kind] = string(text)
}
