// Package mail writes letters in both languages, queues them in the transaction
// of what they tell, and sends them, with growing pauses, until they are taken.
// What became of each stands in its attempts. Without an SMTP server mails are
// kept for an organizer to read.
package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"database/sql"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Statuses of a mail.
const (
	Queued  = "queued"
	Kept    = "kept" // no SMTP server is set; it can be read here
	Sent    = "sent"
	Failed  = "failed"  // given up after every try
	Bounced = "bounced" // a server refused it for good, at once or later
	// Unaddressed tells of a person without an address for whom nobody speaks.
	Unaddressed = "unaddressed"
	// Held is one letter more than guests may cause to one address in an hour: the
	// desk sees it, and sends it if it is right.
	Held = "held"
)

// UnaskedMost is how many letters guests may cause to one address within
// unaskedIn: who registers can write anybody's address.
const UnaskedMost = 6

const unaskedIn = time.Hour

// Statuses lists them in the order in which people ask for them.
var Statuses = []string{Queued, Sent, Failed, Bounced, Unaddressed, Held, Kept}

// Trouble are the statuses of mails that somebody has to see to.
var Trouble = []string{Failed, Bounced, Unaddressed, Held}

// Letter is what a mail says, once in each language. The reader's own comes first.
type Letter struct {
	ID             ident.ID // Nil: it is given one
	EventID        ident.ID
	RegistrationID ident.ID
	Template       string // names it in lists: registration.approved
	To             string // empty: nobody can be told, and the desk is shown so
	ToName         string
	OnBehalf       bool // To speaks for the person the letter is about
	Unasked        bool // nobody caused it who proved who they are; see UnaskedMost
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

// Fact is one line of a letter's table. URL is where its value leads; empty: nowhere.
type Fact struct{ Name, Value, URL string }

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
	ToName         string      `db:"recipient_name"`
	OnBehalf       bool        `db:"on_behalf"`
	Subject        string      `db:"subject"`
	Content        `db:"-"`
	Status         string     `db:"status"`
	Round          int        `db:"round"`   // how often somebody asked for it to be sent
	CopyOf         ident.ID   `db:"copy_of"` // the mail of which this is a copy to another address
	Attempts       int        `db:"attempts"`
	LastError      string     `db:"last_error"`
	Purged         bool       `db:"purged"` // its time is over: that it was sent is all that is kept
	CreatedAt      time.Time  `db:"created_at"`
	SentAt         *time.Time `db:"sent_at"`

	unasked bool
}

// Options say how mails leave.
type Options struct {
	DB      *sqlx.DB  // nil: letters can be drawn and tried, not queued
	Box     *seal.Box // seals what mails say
	Log     *slog.Logger
	Now     clock.Clock
	NewID   ident.Source
	SMTPURL string         // empty: mails are kept
	Roots   *x509.CertPool // that vouch for the server; nil: those of the machine
	// PerMinute is how many mails of announcements leave in a minute at most, of all
	// processes; zero: as many as the server takes. Letters about one registration
	// do not wait.
	PerMinute int
	From      string // name and address
	// SendLimit is how long one conversation with the server may take; zero: a
	// minute.
	SendLimit time.Duration
	// Pause is how long to wait after a failed try, counted from 1; nil: Pause of
	// this package.
	Pause func(try int) time.Duration
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
	if s.SendLimit == 0 {
		s.SendLimit = time.Minute
	}
	if s.Options.Pause == nil {
		s.Options.Pause = Pause
	}
	var err error
	if s.text, err = texttemplate.ParseFS(files, "letter.txt"); err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	if s.html, err = template.New("letter.html").Funcs(template.FuncMap{"lines": func(s string) []string { return strings.Split(s, "\n") }}).ParseFS(files, "letter.html"); err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	if o.DB == nil {
		return s, nil
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{service: s})
	config := &river.Config{
		Workers: workers, Logger: o.Log, MaxAttempts: tries + moreTries,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		// A process that was killed while it sent leaves a job behind that runs for
		// ever; another takes it up after so long.
		JobTimeout: s.jobLimit(), RescueStuckJobsAfter: 2 * s.jobLimit(),
	}
	if s.jobs, err = river.NewClient(riverdatabasesql.New(o.DB.DB), config); err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return s, nil
}

// Draw writes a letter as it will be read; nothing is queued.
func (s *Service) Draw(l Letter) (Mail, error) {
	m := Mail{ID: l.ID, EventID: l.EventID, RegistrationID: l.RegistrationID, Template: l.Template, Lang: l.Lang, To: l.To, ToName: oneLine(l.ToName), OnBehalf: l.OnBehalf, unasked: l.Unasked}
	blocks := []Block{l.Blocks[l.Lang], l.Blocks[l.Lang.Other()]}
	m.Subject = oneLine(blocks[0].Subject + " / " + blocks[1].Subject)
	var plain, rich bytes.Buffer
	if err := s.text.Execute(&plain, blocks); err != nil {
		return m, fmt.Errorf("write letter %s: %w", l.Template, err)
	}
	if err := s.html.Execute(&rich, struct {
		Subject string
		Blocks  []Block
	}{blocks[0].Subject, blocks}); err != nil {
		return m, fmt.Errorf("write letter %s: %w", l.Template, err)
	}
	m.Content = Content{Text: strings.TrimSpace(plain.String()) + "\n", HTML: rich.String(), Parts: l.Parts}
	return m, nil
}

// oneLine makes a text one that a header can hold: a line of its own in it would
// be a header of its own.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}

// Queue writes a letter that leaves when the caller's transaction commits, and
// not otherwise.
//
// Fault: Invalid, the address is none.
func (s *Service) Queue(ctx context.Context, tx *sqlx.Tx, l Letter) error {
	m, err := s.Draw(l)
	if err != nil {
		return err
	}
	return s.put(ctx, tx, &m)
}

// put gives a mail its ID and its fate, and queues it.
func (s *Service) put(ctx context.Context, tx *sqlx.Tx, m *Mail) error {
	if err := s.address(m); err != nil {
		return err
	}
	if m.unasked && m.To != "" {
		n, err := unaskedTo(ctx, tx, m.To, m.CreatedAt.Add(-unaskedIn))
		if err != nil {
			return fmt.Errorf("count letters: %w", err)
		}
		if n >= UnaskedMost {
			m.Status = Held
		}
	}
	sealed, err := s.seal(m.ID, m.Content)
	if err != nil {
		return fmt.Errorf("seal letter %s: %w", m.Template, err)
	}
	if err := insertMail(ctx, tx, *m, sealed); err != nil {
		return fmt.Errorf("queue letter %s: %w", m.Template, err)
	}
	if m.Status == Queued {
		if err := s.enqueue(ctx, tx, *m); err != nil {
			return err
		}
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: m.EventID, Kind: "mail", Ref: m.ID})
}

// address gives a mail its ID and its first fate.
//
// Fault: Invalid, its address is none.
func (s *Service) address(m *Mail) error {
	if m.ID == ident.Nil {
		m.ID = s.NewID()
	}
	m.Round, m.CreatedAt, m.Status = 1, s.Now(), Kept
	if m.To != "" {
		address, ok := text.Email(m.To)
		if !ok {
			return fault.Fields(fault.Field{Path: "email", Key: "field.email"})
		}
		m.To = address
	}
	switch {
	case m.To == "":
		m.Status = Unaddressed
	case s.SMTPURL != "":
		m.Status = Queued
	}
	return nil
}

func (s *Service) enqueue(ctx context.Context, tx *sqlx.Tx, m Mail) error {
	if _, err := s.jobs.InsertTx(ctx, tx.Tx, sendArgs{MailID: m.ID, Round: m.Round}, nil); err != nil {
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
	return s.readIn(ctx, s.DB, id)
}

func (s *Service) readIn(ctx context.Context, q store.Querier, id ident.ID) (Mail, error) {
	m, sealed, err := mailByID(ctx, q, id)
	if err != nil {
		return Mail{}, err
	}
	if m.Purged {
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
