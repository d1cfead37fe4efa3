package mail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
)

const (
	// tries is how often a mail is tried: with the pauses over half a day. The queue
	// itself allows more, so that a process that dies in the last try leaves somebody
	// to say that it was the last.
	tries     = 12
	moreTries = 5

	firstPause   = 30 * time.Second
	longestPause = 4 * time.Hour
	pauseJitter  = 0.2
)

// Pause is how long to wait after a failed try, counted from 1: twice as long each
// time, up to four hours, and a fifth more or less, so that mails that failed
// together do not come back together.
func Pause(try int) time.Duration {
	pause := longestPause
	if n := max(try, 1) - 1; n < 10 {
		pause = min(pause, firstPause<<n)
	}
	return pause + time.Duration((2*rand.Float64()-1)*pauseJitter*float64(pause)) //nolint:gosec // nobody gains by guessing
}

type sendArgs struct {
	MailID ident.ID `json:"mail_id"`
	Round  int      `json:"round"`
}

// Kind names the job.
func (sendArgs) Kind() string { return "mail.send" }

type worker struct {
	river.WorkerDefaults[sendArgs]
	service *Service
}

// jobLimit is how long a try may take: each part of the conversation has a
// SendLimit of its own.
func (s *Service) jobLimit() time.Duration { return 5 * s.SendLimit }

// NextRetry is when a failed try is repeated, by the clock of the queue, which is
// the machine's.
func (w *worker) NextRetry(job *river.Job[sendArgs]) time.Time {
	return clock.System().Add(w.service.Options.Pause(job.Attempt))
}

// Work tries one mail once. What came of it is noted first; an error then has the
// queue try again. When the server took the mail and that could not be noted, it
// is sent again with the same Message-ID: a mail leaves once or more, never less.
func (w *worker) Work(ctx context.Context, job *river.Job[sendArgs]) error {
	s := w.service
	m, err := s.read(ctx, job.Args.MailID)
	if fault.CodeOf(err) == fault.NotFound || err == nil && m.Purged {
		return river.JobCancel(fmt.Errorf("mail %s is gone", job.Args.MailID))
	}
	if err != nil {
		err = fmt.Errorf("read mail: %w", err)
		if job.Attempt >= tries {
			err = errors.Join(river.JobCancel(err), s.giveUp(ctx, job.Args))
		}
		return err
	}
	if m.Status != Queued || m.Round != job.Args.Round {
		return nil // sent by a try that could not tell the queue, or asked for anew
	}
	v := s.deliver(ctx, m)
	outcome, status := OutcomeSent, Sent
	switch {
	case v.taken:
	case v.forGood:
		outcome, status = OutcomeRefused, Bounced
	case job.Attempt >= tries:
		outcome, status = OutcomeGivenUp, Failed
	default:
		outcome, status = OutcomeDeferred, Queued
	}
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.SendLimit)
	defer cancel()
	if err := s.note(noting, m, v, outcome, status); err != nil {
		return fmt.Errorf("note what became of mail %s: %w", m.ID, err)
	}
	if status == Queued {
		// The words may name the recipient: they stand with the mail, not in the queue
		// and not in the log.
		return fmt.Errorf("mail %s is not taken, code %d", m.ID, v.code)
	}
	return nil
}

// giveUp ends a mail that could not even be read, as one that no server took.
func (s *Service) giveUp(ctx context.Context, args sendArgs) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.SendLimit)
	defer cancel()
	m, _, err := mailByID(ctx, s.DB, args.MailID)
	if err != nil || m.Status != Queued || m.Round != args.Round {
		return err
	}
	return s.note(ctx, m, verdict{}, OutcomeGivenUp, Failed)
}

// Farewell is the template of the letter that tells somebody that they are erased:
// once a server took it, it is no record of them either.
const Farewell = "registration.erased"

func (s *Service) note(ctx context.Context, m Mail, v verdict, outcome, status string) error {
	now := s.Now()
	var sent *time.Time
	problem := v.words
	if v.taken {
		sent, problem = &now, ""
	}
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := lockMail(ctx, tx, m.ID); err != nil {
			return err
		}
		kept, _, err := mailByID(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		if kept.Purged { // while the server was asked: its words may name the recipient, which is what was purged
			v.words, problem = "", ""
		}
		if err := updateFate(ctx, tx, m, status, problem, sent); err != nil {
			return err
		}
		if v.taken && m.Template == Farewell {
			v.words = ""
			if err := updatePurged(ctx, tx, m.ID); err != nil {
				return err
			}
		}
		a := Attempt{ID: s.NewID(), MailID: m.ID, Round: m.Round, At: now, Outcome: outcome, Code: v.code, Words: v.words}
		if err := insertAttempt(ctx, tx, a); err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: m.EventID, Kind: "mail", Ref: m.ID})
	})
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
