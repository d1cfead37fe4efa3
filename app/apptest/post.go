package apptest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// PostOffice is a real SMTP server that takes every letter.
type PostOffice struct {
	URL string // for SMTP_URL

	t       testing.TB
	letters chan []byte
}

// Letter is what a recipient's program shows of a letter.
type Letter struct {
	To, Subject, Text, HTML string
}

// OpenPostOffice starts a server on a free port, which closes with the test.
func OpenPostOffice(t testing.TB) *PostOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the test
	if err != nil {
		t.Fatal(err)
	}
	p := &PostOffice{URL: "smtp://" + listener.Addr().String(), t: t, letters: make(chan []byte, 100)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return counter{p}, nil }))
	server.Domain = "localhost"
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return p
}

// counter takes letters.
type counter struct{ office *PostOffice }

func (counter) Mail(string, *smtp.MailOptions) error { return nil }
func (counter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (counter) Reset()                               {}
func (counter) Logout() error                        { return nil }
func (c counter) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	c.office.letters <- raw
	return err
}

// Next waits for the next letter and opens it.
func (p *PostOffice) Next() Letter {
	p.t.Helper()
	select {
	case raw := <-p.letters:
		l, err := openLetter(raw)
		if err != nil {
			p.t.Fatalf("open a letter: %v\n%s", err, raw)
		}
		return l
	case <-time.After(stepLimit):
		p.t.Fatal("no letter arrived")
		return Letter{}
	}
}

// openLetter takes a letter apart with the standard library, which did not make
// it.
func openLetter(raw []byte) (Letter, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Letter{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return Letter{}, err
	}
	to, err := netmail.ParseAddress(m.Header.Get("To"))
	if err != nil {
		return Letter{}, err
	}
	l := Letter{To: to.Address, Subject: subject}
	return l, l.read(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

// read keeps the texts of a part and of the parts in it.
func (l *Letter) read(kind, encoding string, body io.Reader) error {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return fmt.Errorf("type %q: %w", kind, err)
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := l.read(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	switch media {
	case "text/plain":
		l.Text = string(text)
	case "text/html":
		l.HTML = string(text)
	}
	return err
}
