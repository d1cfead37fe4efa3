package delegations

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Renewals sends fresh links to people's own pages. Who asks is told the same
// whether anybody is registered under an address or not, and as fast: the work is
// done afterwards. What a process that dies had not done is asked for again.
type Renewals struct {
	guests *Service
	asked  chan renewal
	log    *slog.Logger
}

type renewal struct {
	event ident.ID
	email string
}

// mostRenewals is how many may wait.
const mostRenewals = 200

// NewRenewals makes the queue. Nothing is sent before Run.
func NewRenewals(guests *Service, log *slog.Logger) *Renewals {
	return &Renewals{guests: guests, asked: make(chan renewal, mostRenewals), log: log}
}

// Ask asks for the links of an address in an event.
//
// Faults: Invalid, it is no address; Unavailable, too many wait.
func (r *Renewals) Ask(event ident.ID, email string) error {
	email, ok := text.Email(email)
	if !ok {
		return fault.Fields(fault.Field{Path: "email", Key: "field.email"})
	}
	select {
	case r.asked <- renewal{event, email}:
		return nil
	default:
		return fault.New(fault.Unavailable, "error.unavailable")
	}
}

// Run sends what is asked for until the context ends.
func (r *Renewals) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-r.asked:
			if _, err := r.guests.RenewLinks(ctx, one.event, one.email); err != nil {
				r.log.Error("links are not renewed", "event", one.event, "err", err)
			}
		}
	}
}

// renewalPause is how long nobody is written to again after a letter with a link:
// the form is no means to fill a mailbox.
const renewalPause = 5 * time.Minute

// RenewLinks sends fresh links to the registrations of an address in an event in one
// letter. Each ends the older ones when it is opened. It answers how many links were sent.
func (s *Service) RenewLinks(ctx context.Context, event ident.ID, email string) (sent int, err error) {
	e, err := s.events.ByID(ctx, event)
	if err != nil || !e.Shown() {
		return 0, err
	}
	ids, err := registrationsOfAddress(ctx, s.db, event, email, s.now().Add(-renewalPause))
	if err != nil {
		return 0, err
	}
	slices.SortFunc(ids, func(a, b ident.ID) int { return slices.Compare(a[:], b[:]) }) // in the order in which everybody locks
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		together := gather(s, email)
		for _, id := range ids {
			_, err := together.inLocked(ctx, tx, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
				return r, together.renew(ctx, tx, e, r)
			})
			if err != nil {
				return err
			}
		}
		sent = len(ids)
		return together.send(ctx, tx)
	})
	if err != nil {
		return 0, err
	}
	return sent, nil
}

func (s *Service) renew(ctx context.Context, tx *sqlx.Tx, e events.Event, r Registration) error {
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return err
	}
	if err := updateRenews(ctx, tx, hashOf(secret)); err != nil {
		return err
	}
	if err := s.record(ctx, tx, accounts.GuestActor(), e.ID, "registration.renew_link", "registration", r.ID, nil, nil, ""); err != nil {
		return err
	}
	return s.mail.Write(ctx, tx, Letter{Kind: "link", Event: e, Registration: r, ManageSecret: secret, Unasked: true})
}
