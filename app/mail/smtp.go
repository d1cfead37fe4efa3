package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"qianshou/app/kit/text"
)

// verdict is what came of one conversation with the server.
type verdict struct {
	taken   bool // the server is answerable for the mail from now on
	forGood bool // it will never take it
	code    int  // zero: it answered none
	words   string
}

// deliver hands a mail to the server.
func (s *Service) deliver(ctx context.Context, m Mail) verdict {
	msg, plain, err := s.message(m)
	if err != nil {
		return later(err)
	}
	client, err := s.client(plain)
	if err != nil {
		return later(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.jobLimit())
	defer cancel()
	// What goes wrong before the mail is spoken of, a wrong password too, is not the
	// mail's fault.
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return later(err)
	}
	defer func() { _ = client.CloseWithSMTPClient(server) }()
	if offered, _ := server.Extension("SMTPUTF8"); !plain && !offered {
		return verdict{forGood: true, words: "the mail server takes no address whose part before the @ has other than ASCII letters (SMTPUTF8)"}
	}
	err = client.SendWithSMTPClient(server, msg)
	if msg.IsDelivered() { // whatever went wrong afterwards
		return verdict{taken: true, code: 250, words: said(msg.ServerResponse())}
	}
	return judge(err)
}

// judge reads a refusal: a 5xx for the recipient or the mail itself is for good.
// One for the sender is about our settings, which somebody may put right.
func judge(err error) verdict {
	var refusal *gomail.SendError
	if !errors.As(err, &refusal) {
		return later(err)
	}
	words := strings.TrimPrefix(refusal.Error(), refusal.Reason.String()+": ")
	words, _, _ = strings.Cut(words, ", affected recipient(s): ")
	words, _, _ = strings.Cut(words, ", affected message ID: ")
	code := refusal.ErrorCode()
	words = strings.TrimPrefix(words, strconv.Itoa(code)+" ")
	if plain, err := strconv.Unquote(words); err == nil {
		words = plain
	}
	v := verdict{code: code, words: said(words)}
	switch refusal.Reason {
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		v.forGood = v.code >= 500
	}
	return v
}

func later(err error) verdict { return verdict{words: said(err.Error())} }

// mostWords is how much of what a server says is kept, in characters.
const mostWords = 500

// said is what a server said as one line that is fit to be shown.
func said(words string) string {
	words = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text.Clean(words)))
	if utf8.RuneCountInString(words) > mostWords {
		words = string([]rune(words)[:mostWords]) + "…"
	}
	return words
}

// message builds the mail. plain tells that every mail server takes its address.
func (s *Service) message(m Mail) (msg *gomail.Msg, plain bool, err error) {
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return nil, false, fmt.Errorf("MAIL_FROM: %w", err)
	}
	to, plain := envelope(m.To)
	msg = gomail.NewMsg()
	msg.FromMailAddress(from)
	msg.ToMailAddress(&netmail.Address{Name: m.ToName, Address: to})
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetMessageIDWithValue(messageID(m, from.Address))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, p := range m.Parts {
		options := []gomail.FileOption{gomail.WithFileContentType(gomail.ContentType(p.Type))}
		if p.ContentID != "" {
			err = msg.EmbedReader(p.Name, bytes.NewReader(p.Data), append(options, gomail.WithFileContentID("<"+p.ContentID+">"))...)
		} else {
			err = msg.AttachReader(p.Name, bytes.NewReader(p.Data), options...)
		}
		if err != nil {
			return nil, false, fmt.Errorf("part %s: %w", p.Name, err)
		}
	}
	return msg, plain, nil
}

// messageID names a round of a mail. What comes back refers to it.
func messageID(m Mail, from string) string {
	return m.ID.String() + "." + strconv.Itoa(m.Round) + "@" + from[strings.LastIndexByte(from, '@')+1:]
}

// envelope is an address as mail servers take it: a host in other letters by its
// ASCII name. plain tells that the whole address is ASCII then.
func envelope(address string) (_ string, plain bool) {
	at := strings.LastIndexByte(address, '@')
	if host, err := idna.Lookup.ToASCII(address[at+1:]); err == nil {
		address = address[:at+1] + host
	}
	return address, strings.IndexFunc(address, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// What encryption asks of a server.
const (
	TLSAlways   = "always"   // from the first byte: smtps://
	TLSRequired = "required" // STARTTLS, or no mail leaves
	TLSOptional = "optional" // STARTTLS when the server offers it
	TLSNone     = "none"
)

// TLSOf tells how a server is spoken to by its SMTP_URL. Who can strip STARTTLS from
// what a server offers could read every link and the password, so it is required of
// smtp:// unless the address says otherwise by ?tls=optional or ?tls=none, or the
// server stands on this machine and asks for no password.
//
// Its error says what is wrong with the address, and never quotes it.
func TLSOf(smtpURL string) (string, error) {
	u, err := url.Parse(smtpURL)
	if err != nil {
		return "", errors.New("SMTP_URL is no URL") // the error itself would quote the password
	}
	said := u.Query().Get("tls")
	switch {
	case u.Scheme == "smtps" && said == "":
		return TLSAlways, nil
	case u.Scheme == "smtps":
		return "", errors.New("SMTP_URL: smtps:// always speaks TLS; ?tls belongs to smtp://")
	case slices.Contains([]string{TLSRequired, TLSOptional, TLSNone}, said):
		return said, nil
	case said != "":
		return "", errors.New("SMTP_URL: ?tls is required, optional or none")
	}
	if _, password := u.User.Password(); !password && loopback(u.Hostname()) {
		return TLSOptional, nil
	}
	return TLSRequired, nil
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// client reads SMTP_URL; see TLSOf. A plain mail does not ask for SMTPUTF8, which a
// server behind the first may lack.
func (s *Service) client(plain bool) (*gomail.Client, error) {
	u, err := url.Parse(s.SMTPURL)
	if err != nil {
		return nil, errors.New("SMTP_URL is no URL") // the error itself would quote the password
	}
	secured, err := TLSOf(s.SMTPURL)
	if err != nil {
		return nil, err
	}
	policy := map[string]gomail.TLSPolicy{TLSRequired: gomail.TLSMandatory, TLSOptional: gomail.TLSOpportunistic, TLSNone: gomail.NoTLS}[secured]
	options := []gomail.Option{gomail.WithTimeout(s.SendLimit), gomail.WithTLSPolicy(policy)}
	if s.Roots != nil {
		options = append(options, gomail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: s.Roots}))
	}
	if plain {
		options = append(options, gomail.WithoutSMTPUTF8())
	}
	if secured == TLSAlways {
		options = append(options, gomail.WithSSL(), gomail.WithPort(465))
	} else {
		options = append(options, gomail.WithPort(25))
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, gomail.WithPort(port))
	}
	if password, given := u.User.Password(); given {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return client, nil
}
