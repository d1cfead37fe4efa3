package mail

import (
	"context"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/store"
)

// Take notes a report of a mail server with the mail that it is about: that it
// came back, is still on its way, or arrived. A report that is taken twice is
// noted once; one of another round with the same words is another.
//
// Faults: Invalid, it is no report of a mail of ours; NotFound, the mail is gone;
// Forbidden.
func (s *Service) Take(ctx context.Context, by accounts.Actor, raw []byte) (Report, error) {
	if !by.MayAnywhere(accounts.SendMails) {
		return Report{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	r, err := ParseReport(raw)
	if err != nil {
		return r, err
	}
	return r, store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		if err := lockMail(ctx, tx, r.MailID); err != nil {
			return err
		}
		m, _, err := mailByID(ctx, tx, r.MailID)
		if err != nil {
			return err
		}
		if !by.May(accounts.SendMails, m.EventID) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		if m.Purged {
			r.Words = "" // they may name the recipient, which is what was purged
		}
		before, err := attemptsOf(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		a := Attempt{ID: s.NewID(), MailID: m.ID, Round: r.Round, At: s.Now(), Outcome: r.Outcome, Code: r.Code, Words: r.Words}
		for _, b := range before {
			if b.Round == a.Round && b.Outcome == a.Outcome && b.Code == a.Code && b.Words == a.Words {
				return nil
			}
		}
		if err := insertAttempt(ctx, tx, a); err != nil {
			return err
		}
		if r.Outcome == OutcomeBounced {
			if err := updateBounced(ctx, tx, m.ID, r.Round, r.Words); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, by, m.EventID, "mail.report", "mail", m.ID, map[string]any{"outcome": r.Outcome})
	})
}
