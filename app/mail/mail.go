// Package mail writes letters in both languages, queues them in the transaction
// of what they tell, and sends them, with growing pauses, until they are taken.
// Without an SMTP server they are kept for an organizer to read.
package mail

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
)

// Statuses of a mail.
const (
	Queued  = "queued"
	Kept    = "kept" // no SMTP server is set; it can be read here
	Sent    = "sent"
	Failed  = "failed" // given up after every try
	Bounced = "bounced"
)

// Letter is what a mail says, once in each language. The reader's own comes first.
type Letter struct {
	EventID        ident.ID
	RegistrationID ident.ID
	Template       string // names it in lists: registration.approved
	To             string
	Lang           locale.Lang
	Blocks         map[locale.Lang]Block
	Parts          []Part
}

// Block is a letter in one language.
type Block struct {
	Lang       string
	Subject    string
	Hello      string
	Paragraphs []string
	Facts      []Fact
	Action     string // label of the link; empty: none
	URL        string
	QR         string // what the picture shows, for those who do not see it; empty: none
	Foot       string
}

// Fact is one line of a letter's table.
type Fact struct{ Name, Value string }

// Part is an inline picture or an attachment.
type Part struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	ContentID string `json:"content_id,omitempty"` // inline when set
	Data      []byte `json:"data"`
}

// Content is what a mail says. Links in it open guests' pages and the picture of
// a code opens doors, so it rests sealed.
type Content struct {
	Text  string `json:"text"`
	HTML  string `json:"html"`
	Parts []Part `json:"parts,omitempty"`
}

// Mail is a letter as it was queued. A list leaves the content out.
type Mail struct {
	ID             ident.ID    `db:"id"`
	EventID        ident.ID    `db:"event_id"`
	RegistrationID ident.ID    `db:"registration_id"`
	Template       string      `db:"template"`
	Lang           locale.Lang `db:"lang"`
	To             string      `db:"recipient"`
	Subject        string      `db:"subject"`
	Content        `db:"-"`
	Status         string     `db:"status"`
	Attempts       int        `db:"attempts"`
	LastError      string     `db:"last_error"`
	CreatedAt      time.Time  `db:"created_at"`
	SentAt         *time.Time `db:"sent_at"`
}

// Options say how mails leave.
type Options struct {
	DB      *sqlx.DB
	Box     *seal.Box // seals what mails say
	Log     *slog.Logger
	Now     clock.Clock
	NewID   ident.Source
	SMTPURL string // empty: mails are kept
	From    string // name and address
}

// Service queues and sends mails.
type Service struct {
	Options
	jobs *river.Client[*sql.Tx]
	text *texttemplate.Template
	html *template.Template
}

//go:embed letter.html letter.txt
var files embed.FS

// New makes the service. Start sends what is queued; without it mails only queue.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	if s.text, err = texttemplate.ParseFS(files, "letter.txt"); err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	if s.html, err = template.ParseFS(files, "letter.html"); err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{service: s})
	config := &river.Config{
		Workers: workers, Logger: o.Log, MaxAttempts: tries,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
	}
	if s.jobs, err = river.NewClient(riverdatabasesql.New(o.DB.DB), config); err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return s, nil
}

// Queue writes a letter that leaves when the caller's transaction commits, and
// not otherwise.
func (s *Service) Queue(ctx context.Context, tx *sqlx.Tx, l Letter) error {
	m := Mail{
		ID: s.NewID(), EventID: l.EventID, RegistrationID: l.RegistrationID, Template: l.Template, Lang: l.Lang, To: l.To,
		Status: Kept, CreatedAt: s.Now(),
	}
	blocks := []Block{l.Blocks[l.Lang], l.Blocks[l.Lang.Other()]}
	m.Subject = blocks[0].Subject + " / " + blocks[1].Subject
	var plain, rich bytes.Buffer
	if err := s.text.Execute(&plain, blocks); err != nil {
		return fmt.Errorf("write letter %s: %w", l.Template, err)
	}
	if err := s.html.Execute(&rich, blocks); err != nil {
		return fmt.Errorf("write letter %s: %w", l.Template, err)
	}
	sealed, err := s.seal(m.ID, Content{Text: strings.TrimSpace(plain.String()) + "\n", HTML: rich.String(), Parts: l.Parts})
	if err != nil {
		return fmt.Errorf("write letter %s: %w", l.Template, err)
	}
	if s.SMTPURL != "" {
		m.Status = Queued
	}
	if err := insertMail(ctx, tx, m, sealed); err != nil {
		return fmt.Errorf("queue letter %s: %w", l.Template, err)
	}
	if m.Status == Queued {
		if err := s.enqueue(ctx, tx, m.ID); err != nil {
			return err
		}
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: m.EventID, Kind: "mail", Ref: m.ID})
}

func (s *Service) enqueue(ctx context.Context, tx *sqlx.Tx, id ident.ID) error {
	if _, err := s.jobs.InsertTx(ctx, tx.Tx, sendArgs{MailID: id}, nil); err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	return nil
}

// seal closes a mail's content for its row alone.
func (s *Service) seal(id ident.ID, c Content) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.Box.Seal(plain, contentPlace(id))
}

// read answers a mail with its content.
//
// Fault: NotFound.
func (s *Service) read(ctx context.Context, id ident.ID) (Mail, error) {
	m, sealed, err := mailByID(ctx, s.DB, id)
	if err != nil {
		return Mail{}, err
	}
	if sealed == nil { // its time is over: that it was sent is all that is kept
		return m, nil
	}
	plain, err := s.Box.Open(sealed, contentPlace(id))
	if err != nil {
		return Mail{}, err
	}
	if err := json.Unmarshal(plain, &m.Content); err != nil {
		return Mail{}, fmt.Errorf("read mail %s: %w", id, err)
	}
	return m, nil
}

func contentPlace(id ident.ID) string { return "mails.content:" + id.String() }

// List answers an event's mails without their content, the latest first.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID, offset, limit int) ([]Mail, int, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	return mailsOf(ctx, s.DB, event, offset, limit)
}

// OfRegistration answers the mails to a registrant without their content, in order
// of time. Whoever may see all of the registration may see them.
func (s *Service) OfRegistration(ctx context.Context, registration ident.ID) ([]Mail, error) {
	return mailsTo(ctx, s.DB, registration)
}

// ByID finds a mail with its content.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Mail, error) {
	m, err := s.read(ctx, id)
	if err == nil && !by.May(accounts.SeeMails, m.EventID) {
		return Mail{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return m, err
}

// Resend queues a mail once more.
//
// Faults: Forbidden; NotFound; Conflict, there is no SMTP server to send it by, or
// its time is over and what it said is purged.
func (s *Service) Resend(ctx context.Context, by accounts.Actor, id ident.ID) error {
	m, err := s.ByID(ctx, by, id)
	if err != nil {
		return err
	}
	if !by.May(accounts.SendMails, m.EventID) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if s.SMTPURL == "" {
		return fault.New(fault.Conflict, "mail.no_server")
	}
	if m.To == "" {
		return fault.New(fault.Conflict, "mail.purged")
	}
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := setStatus(ctx, tx, id, Queued, "", nil); err != nil {
			return err
		}
		err := audit.Record(ctx, tx, audit.Entry{
			ID: s.NewID(), At: s.Now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: m.EventID,
			Action: "mail.resend", ObjectKind: "mail", ObjectID: id,
		})
		if err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, id); err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: m.EventID, Kind: "mail", Ref: id})
	})
}
