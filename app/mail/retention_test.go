package mail_test

import (
	"testing"

	"github.com/emersion/go-smtp"

	"qianshou/app/kit/fault"
	"qianshou/app/mail"
)

// When a mail's time is over, nothing of the row and of what servers said tells to
// whom it went; it cannot be sent again, and a report that comes late brings
// nothing back.
func TestPurgedMails(t *testing.T) {
	t.Parallel()
	office := &postOffice{atTo: func(int, string) error {
		return says(550, smtp.EnhancedCode{5, 1, 1}, "<anna@city.example>: unknown")
	}}
	office.open(t, true)
	g := newGround(t, office)
	start(t, g.post)
	l := g.queue(t, g.letter("anna@city.example"))
	g.fate(t, l.ID, mail.Bounced)
	for _, task := range mail.Retention() {
		for _, want := range []int{1, 0} {
			if n, err := task.Purge(t.Context(), g.db, g.event); err != nil || n != want {
				t.Errorf("%d are purged, %v; want %d", n, err, want)
			}
		}
	}
	if _, err := g.post.Take(t.Context(), desk, aboutRound(l.ID, "1")); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"mails", "mail_attempts"} {
		var left int
		if err := g.db.GetContext(t.Context(), &left, `SELECT count(*) FROM `+table+` x WHERE x::text ~ 'anna|Stélios'`); err != nil || left > 0 {
			t.Errorf("%d rows of %s tell of the recipient, %v", left, table, err)
		}
	}
	m, attempts := g.fate(t, l.ID, mail.Bounced)
	wantOutcomes(t, attempts, mail.OutcomeRefused, mail.OutcomeBounced)
	if !m.Purged || m.Text != "" {
		t.Errorf("%+v", m)
	}
	if err := g.post.Resend(t.Context(), desk, l.ID); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("it is sent again: %v", err)
	}
}

// What a server says while the mail is purged is not written down after it.
func TestPurgedWhileItIsSent(t *testing.T) {
	t.Parallel()
	var g ground
	office := &postOffice{atTo: func(int, string) error {
		for _, task := range mail.Retention() {
			if _, err := task.Purge(t.Context(), g.db, g.event); err != nil {
				t.Error(err)
			}
		}
		return says(550, smtp.EnhancedCode{5, 1, 1}, "<anna@city.example>: unknown")
	}}
	office.open(t, true)
	g = newGround(t, office)
	start(t, g.post)
	m, attempts := g.fate(t, g.queue(t, g.letter("anna@city.example")).ID, mail.Bounced)
	if !m.Purged || m.LastError != "" || len(attempts) != 1 || attempts[0].Words != "" {
		t.Errorf("%+v, %+v", m, attempts)
	}
}

// TestFarewellIsForgottenOnceSent sends the letter that tells somebody that they are
// erased: that it went out is all that stays.
func TestFarewellIsForgottenOnceSent(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	office.open(t, true)
	g := newGround(t, office)
	start(t, g.post)
	l := g.letter("stelios@city.example")
	l.Template = mail.Farewell
	g.queue(t, l)
	if got := office.next(t); got.to != "stelios@city.example" {
		t.Errorf("it went to %s", got.to)
	}
	m, attempts := g.fate(t, l.ID, mail.Sent)
	if m.To != "" || m.ToName != "" || m.Subject != "" || m.Text != "" || !m.Purged || m.SentAt == nil || len(attempts) != 1 || attempts[0].Words != "" {
		t.Errorf("%+v, %+v stay", m, attempts)
	}
}
