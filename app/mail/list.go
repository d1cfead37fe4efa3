package mail

import (
	"context"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Filter narrows the list of mails. Its zero value lists everything.
type Filter struct {
	Fate           string // a status, or "trouble": all that somebody has to see to
	Template       string
	Search         string     // part of the recipient or the subject
	Found          []ident.ID // registrations that the search means too, whatever the mail calls them
	RegistrationID ident.ID
	Offset, Limit  int
}

// List answers an event's mails without their content, the latest first, and how
// many the filter finds.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID, f Filter) ([]Mail, int, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	return mailsOf(ctx, s.DB, event, f)
}

// Counts answers how many mails of an event stand in each status, and under
// "trouble" how many somebody has to see to.
//
// Fault: Forbidden.
func (s *Service) Counts(ctx context.Context, by accounts.Actor, event ident.ID) (map[string]int, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	counts, err := statusCounts(ctx, s.DB, event)
	for _, status := range Statuses {
		counts["all"] += counts[status]
	}
	for _, status := range Trouble {
		counts["trouble"] += counts[status]
	}
	return counts, err
}

// TemplatesUsed answers which templates an event's mails were written by.
//
// Fault: Forbidden.
func (s *Service) TemplatesUsed(ctx context.Context, by accounts.Actor, event ident.ID) ([]string, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return templatesUsed(ctx, s.DB, event)
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

// The outcomes of an attempt.
const (
	OutcomeSent      = "sent"      // the server took it
	OutcomeDeferred  = "deferred"  // not now; it is tried again
	OutcomeGivenUp   = "given_up"  // not now, and that was the last try
	OutcomeRefused   = "refused"   // the server will never take it
	OutcomeBounced   = "bounced"   // taken, and a server behind it sent it back
	OutcomeDelayed   = "delayed"   // taken, and a server behind it still tries
	OutcomeDelivered = "delivered" // a server behind it says that it arrived
	OutcomeAgain     = "again"     // somebody asked for it to be sent once more
)

// Attempt is one thing that befell a mail.
type Attempt struct {
	ID      ident.ID  `db:"id"`
	MailID  ident.ID  `db:"mail_id"`
	Round   int       `db:"round"` // of sending, that it is about
	At      time.Time `db:"at"`
	Outcome string    `db:"outcome"`
	Code    int       `db:"smtp_code"` // zero: no server answered
	Words   string    `db:"words"`     // the server's, or what kept us from hearing any
}

// Attempts answers what befell a mail, in the order of time.
//
// Faults: Forbidden; NotFound.
func (s *Service) Attempts(ctx context.Context, by accounts.Actor, id ident.ID) ([]Attempt, error) {
	m, _, err := mailByID(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	if !by.May(accounts.SeeMails, m.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return attemptsOf(ctx, s.DB, id)
}

// OfRegistration answers the mails to a registrant without their content, in order
// of time; what the desk tried on itself is none of them. Whoever may see all of
// the registration may see them.
func (s *Service) OfRegistration(ctx context.Context, registration ident.ID) ([]Mail, error) {
	return mailsTo(ctx, s.DB, registration)
}

// Copies answers the copies of a mail that went to other addresses, the first
// first, without their content.
//
// Faults: Forbidden; NotFound.
func (s *Service) Copies(ctx context.Context, by accounts.Actor, id ident.ID) ([]Mail, error) {
	m, _, err := mailByID(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	if !by.May(accounts.SeeMails, m.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return copiesOf(ctx, s.DB, id)
}
