package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	gomail "github.com/wneessen/go-mail"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const (
	// tries is how often a mail is tried: with river's pauses over about a day.
	tries = 12
	// sendLimit is how long one conversation with the server may take.
	sendLimit = 60 * time.Second
)

type sendArgs struct {
	MailID ident.ID `json:"mail_id"`
}

// Kind names the job.
func (sendArgs) Kind() string { return "mail.send" }

type worker struct {
	river.WorkerDefaults[sendArgs]
	service *Service
}

// Timeout bounds one try.
func (w *worker) Timeout(*river.Job[sendArgs]) time.Duration { return sendLimit }

// Work sends one mail. An error has it tried again later; after the last try it
// is marked as failed.
func (w *worker) Work(ctx context.Context, job *river.Job[sendArgs]) error {
	s := w.service
	m, err := s.read(ctx, job.Args.MailID)
	if fault.CodeOf(err) == fault.NotFound {
		return river.JobCancel(err) // deleted with its event
	}
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if m.Status == Sent {
		return nil
	}
	if err := s.send(ctx, m); err != nil {
		status := Queued
		if job.Attempt >= job.MaxAttempts {
			status = Failed
		}
		noted := store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error { return setStatus(ctx, tx, m.ID, status, err.Error(), nil) })
		return errors.Join(fmt.Errorf("send mail %s: %w", m.ID, err), noted)
	}
	now := s.Now()
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error { return setStatus(ctx, tx, m.ID, Sent, "", &now) })
}

// Start sends queued mails until the context ends. Without an SMTP server it
// does nothing.
func (s *Service) Start(ctx context.Context) error {
	if s.SMTPURL == "" {
		return nil
	}
	if err := s.jobs.Start(ctx); err != nil {
		return fmt.Errorf("start sending mail: %w", err)
	}
	return nil
}

// Stop waits for mails under way.
func (s *Service) Stop(ctx context.Context) error {
	if s.SMTPURL == "" {
		return nil
	}
	return s.jobs.Stop(ctx)
}

func (s *Service) send(ctx context.Context, m Mail) error {
	msg := gomail.NewMsg()
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return fmt.Errorf("MAIL_FROM: %w", err)
	}
	if err := msg.FromFormat(from.Name, from.Address); err != nil {
		return fmt.Errorf("MAIL_FROM: %w", err)
	}
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.CreatedAt)
	msg.SetMessageIDWithValue(m.ID.String() + "@" + hostOf(from.Address))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	for _, p := range m.Parts {
		options := []gomail.FileOption{gomail.WithFileContentType(gomail.ContentType(p.Type))}
		if p.ContentID != "" {
			err = msg.EmbedReader(p.Name, bytes.NewReader(p.Data), append(options, gomail.WithFileContentID(p.ContentID))...)
		} else {
			err = msg.AttachReader(p.Name, bytes.NewReader(p.Data), options...)
		}
		if err != nil {
			return fmt.Errorf("part %s: %w", p.Name, err)
		}
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

// client reads SMTP_URL: smtps:// speaks TLS from the first byte, smtp:// turns to
// TLS when the server offers it.
func (s *Service) client() (*gomail.Client, error) {
	u, err := url.Parse(s.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	options := []gomail.Option{gomail.WithTimeout(sendLimit), gomail.WithTLSPolicy(gomail.TLSOpportunistic)}
	if u.Scheme == "smtps" {
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

func hostOf(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return "localhost"
}
