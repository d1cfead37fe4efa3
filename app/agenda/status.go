package agenda

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Status is how far a session has come.
type Status string

// The statuses, and where each leads.
const (
	Draft     Status = "draft"
	Planned   Status = "planned"
	Published Status = "published"
	Running   Status = "live"
	Ended     Status = "ended"
	Archived  Status = "archived"
	Cancelled Status = "cancelled"
)

var leadsTo = map[Status][]Status{
	Draft:     {Planned, Published, Cancelled},
	Planned:   {Draft, Published, Cancelled},
	Published: {Running, Ended, Cancelled},
	Running:   {Ended, Cancelled},
	Ended:     {Running, Archived},
	Cancelled: {Archived},
}

// Publish shows a session to guests, or plans it back into the agenda of the
// house when to is Planned; the other statuses likewise.
//
// Faults: as Edit; Conflict, its present status does not lead there.
func (s *Service) Publish(ctx context.Context, by accounts.Actor, id ident.ID, version int) (Session, error) {
	return s.SetStatus(ctx, by, id, version, Published)
}

// SetStatus takes a session to another status. Cancelling it takes a reason: for
// that there is Cancel.
//
// Faults: as Publish; Invalid, it would be cancelled without a reason.
func (s *Service) SetStatus(ctx context.Context, by accounts.Actor, id ident.ID, version int, to Status) (Session, error) {
	return s.change(ctx, by, id, version, "session."+string(to), func(_ *sqlx.Tx, now *Session) error {
		if to == Cancelled {
			return now.cancel(locale.Text{}, s.now())
		}
		return now.lead(to, s.now())
	})
}

// Cancel takes a session off for good, with the reason that guests read: in both
// languages, or in one that readers of the other are shown too.
//
// Faults: as Publish; Invalid, without a reason.
func (s *Service) Cancel(ctx context.Context, by accounts.Actor, id ident.ID, version int, note locale.Text) (Session, error) {
	return s.change(ctx, by, id, version, "session.cancel", func(_ *sqlx.Tx, now *Session) error {
		return now.cancel(note, s.now())
	})
}

func (n *Session) cancel(why locale.Text, at time.Time) error {
	if err := n.noted(why); err != nil {
		return err
	}
	if err := n.lead(Cancelled, at); err != nil {
		return err
	}
	if n.Note.Empty() {
		return fault.Fields(fault.Field{Path: "note_zh", Key: "agenda.cancel.why"})
	}
	return nil
}

// Closed tells whether nothing of the session changes any more but that it is
// put away.
func (n Session) Closed() bool { return n.Status == Cancelled || n.Status == Archived }

// open refuses to change a session that is closed.
func (n Session) open() error {
	if n.Closed() {
		return fault.New(fault.Conflict, "agenda.closed."+string(n.Status))
	}
	return nil
}

func (n *Session) lead(to Status, at time.Time) error {
	if !slices.Contains(leadsTo[n.Status], to) {
		return fault.New(fault.Conflict, "agenda.no_way."+string(to))
	}
	n.Status = to
	if to == Published && n.PublishedAt == nil {
		n.PublishedAt = &at
	}
	return nil
}

// Can tells whether the session's status leads to another, for buttons.
func (n Session) Can(to Status) bool { return slices.Contains(leadsTo[n.Status], to) }
