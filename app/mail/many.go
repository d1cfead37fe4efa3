package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
)

// QueueMany writes letters of an announcement, which leave at the pace of PerMinute.
// Their number does not matter to the database: there are two statements for all of
// them. Nobody hears of each; whoever announces to many says so once.
//
// Fault: Invalid, an address is none.
func (s *Service) QueueMany(ctx context.Context, tx *sqlx.Tx, letters []Letter) error {
	if len(letters) == 0 {
		return nil
	}
	var begins time.Time
	var gap time.Duration
	if s.PerMinute > 0 && s.SMTPURL != "" {
		gap = time.Minute / time.Duration(s.PerMinute)
		var err error
		if begins, err = takePace(ctx, tx, len(letters), gap); err != nil {
			return fmt.Errorf("take the pace of an announcement: %w", err)
		}
	}
	mails, sealed := make([]Mail, len(letters)), make([][]byte, len(letters))
	var jobs []river.InsertManyParams
	for i, l := range letters {
		m, err := s.Draw(l)
		if err != nil {
			return err
		}
		if err := s.address(&m); err != nil {
			return err
		}
		if sealed[i], err = s.seal(m.ID, m.Content); err != nil {
			return fmt.Errorf("seal letter %s: %w", m.Template, err)
		}
		if m.Status == Queued {
			options := river.InsertOpts{}
			if gap > 0 {
				options.ScheduledAt = begins.Add(time.Duration(i) * gap)
			}
			jobs = append(jobs, river.InsertManyParams{Args: sendArgs{MailID: m.ID, Round: m.Round}, InsertOpts: &options})
		}
		mails[i] = m
	}
	if err := insertMails(ctx, tx, mails, sealed); err != nil {
		return fmt.Errorf("queue letters: %w", err)
	}
	if len(jobs) == 0 {
		return nil
	}
	if _, err := s.jobs.InsertManyFastTx(ctx, tx.Tx, jobs); err != nil {
		return fmt.Errorf("queue mails: %w", err)
	}
	return nil
}
