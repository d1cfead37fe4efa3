package delegations

import (
	"context"
	"fmt"
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
// whether anybody is registered under an address or not, and as fast: that they asked
// is kept, sealed, and the work is done afterwards, if need be by another process.
type Renewals struct {
	guests *Service
	wake   chan struct{}
	log    *slog.Logger
}

// mostRenewals is how many may wait.
const mostRenewals = 200

// renewalLook is how often a process looks for what others took, or could not answer.
const renewalLook = 15 * time.Second

// renewalRetry is how long one that could not be answered rests; renewalKept is how
// long anybody waits for an answer before they ask again.
const (
	renewalRetry = time.Minute
	renewalKept  = 24 * time.Hour
)

// NewRenewals makes the queue. Nothing is sent before Run.
func NewRenewals(guests *Service, log *slog.Logger) *Renewals {
	return &Renewals{guests: guests, wake: make(chan struct{}, 1), log: log}
}

func renewalPlace(id ident.ID) string { return "link_requests.email:" + id.String() }

// Ask asks for the links of an address in an event. What is done to whom is noted
// when it is answered.
//
// Faults: Invalid, it is no address; Unavailable, too many wait.
func (r *Renewals) Ask(ctx context.Context, event ident.ID, email string) error {
	email, ok := text.Email(email)
	if !ok {
		return fault.Fields(fault.Field{Path: "email", Key: "field.email"})
	}
	s := r.guests
	one := linkRequest{ID: s.newID(), EventID: event}
	var err error
	if one.EmailSealed, err = s.box.Seal([]byte(email), renewalPlace(one.ID)); err != nil {
		return err
	}
	kept, err := insertLinkRequest(ctx, s.db, one, s.now(), mostRenewals)
	if err != nil {
		return fmt.Errorf("keep a request for links: %w", err)
	}
	if !kept {
		return fault.New(fault.Unavailable, "error.unavailable")
	}
	select {
	case r.wake <- struct{}{}:
	default: // somebody is called already
	}
	return nil
}

// Run sends what is asked for until the context ends, and first what was asked for
// before the program ended the last time.
func (r *Renewals) Run(ctx context.Context) {
	look := time.NewTicker(renewalLook)
	defer look.Stop()
	for {
		for ctx.Err() == nil {
			answered, err := r.next(ctx)
			if err != nil {
				r.log.Error("requests for links wait", "err", err)
			}
			if err != nil || !answered {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-look.C:
		}
	}
}

// next answers the request that waits longest, of those that nobody else answers at
// this moment; false, none does. A process that dies while it answers leaves it to
// the next one: who was written to just now is not written to again.
func (r *Renewals) next(ctx context.Context) (bool, error) {
	s, found := r.guests, false
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		now := s.now()
		if err := deleteStaleLinkRequests(ctx, tx, now.Add(-renewalKept)); err != nil {
			return err
		}
		one, err := nextLinkRequest(ctx, tx, now.Add(-renewalRetry))
		if fault.CodeOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if err := r.answer(ctx, one); err != nil {
			r.log.Error("links are not renewed", "event", one.EventID, "err", err)
			return triedLinkRequest(ctx, tx, one.ID, now)
		}
		return deleteLinkRequest(ctx, tx, one.ID)
	})
	return found, err
}

func (r *Renewals) answer(ctx context.Context, one linkRequest) error {
	email, err := r.guests.box.Open(one.EmailSealed, renewalPlace(one.ID))
	if err != nil {
		return fmt.Errorf("read an address: %w", err)
	}
	_, err = r.guests.RenewLinks(ctx, one.EventID, string(email))
	return err
}

// renewalPause is how long nobody is written to again after a letter with a link:
// the form is no means to fill a mailbox.
const renewalPause = 5 * time.Minute

// RenewLinks sends fresh links to the registrations of an address in an event in one
// letter. Each ends the older ones when it is opened. It answers how many links were
// sent. Asked twice at once, it sends one to each.
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
		sent = 0
		together := gather(s, email)
		for _, id := range ids {
			_, err := together.inLocked(ctx, tx, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
				written, err := linkedSince(ctx, tx, r.ID, s.now().Add(-renewalPause))
				if err != nil || written {
					return r, err
				}
				sent++
				return r, together.renew(ctx, tx, e, r)
			})
			if err != nil {
				return err
			}
		}
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
