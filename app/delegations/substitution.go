package delegations

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Substitution is somebody coming in the place of another of their delegation.
type Substitution struct {
	ID           ident.ID    `db:"id"`
	DelegationID ident.ID    `db:"delegation_id"`
	FromID       ident.ID    `db:"from_registration_id"`
	ToID         ident.ID    `db:"to_registration_id"`
	AsRank       string      `db:"as_rank"` // of AsRanks
	State        string      `db:"state"`   // asked, done, refused, withdrawn
	Note         string      `db:"note"`
	LetterID     ident.ID    `db:"letter_id"` // the file that names who comes; Nil: none
	AskedAt      time.Time   `db:"asked_at"`
	AskedBy      locale.Text `db:"asked_by"`
	DecidedAt    *time.Time  `db:"decided_at"`
	DecidedBy    locale.Text `db:"decided_by"`
	Reason       string      `db:"reason"` // of a refusal
	Own          bool        `db:"own"`    // asked for by the person themselves

	// Read only, for lists.
	From locale.Name `db:"from"`
	To   locale.Name `db:"to"`
}

// AsRanks say where whoever comes instead sits: by their own rank, which is the
// default, or as the formal representative of whom they replace.
var AsRanks = []string{"own", "representative"}

// Stand is what somebody says of a substitution: who goes, who comes, and how. The
// versions are those that were shown; zero: whatever there is.
type Stand struct {
	From        ident.ID
	FromVersion int
	To          ident.ID // a member; Nil: New, who is nobody's member yet
	ToVersion   int
	New         Input
	AsRank      string
	Note        string
	Letter      string // token of a file that was handed in; empty: none
}

// Handover lets another part of the program put one registrant in the place of
// another in what it keeps, within the transaction of the substitution.
type Handover func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, from, to Registration) error

// Succession is all that a substitution changes.
type Succession struct {
	Substitution
	Gone   Registration   // who does not come any more, as of before
	Deputy Registration   // who comes instead, as of before; new ones as they register
	After  Registration   // who comes instead, as of afterwards
	Left   Registration   // who does not come any more, as of afterwards
	Issued Issued         // the deputy's new badge; none as long as nobody approved them
	Order  []Registration // the delegation in order of precedence, as of afterwards: who comes

	Officers []string // of the delegation, who are told
}

// Fresh tells whether the deputy is registered by the substitution itself.
func (s Succession) Fresh() bool { return s.Deputy.Version == 0 }

// errPreview takes a substitution back that was only to be looked at.
var errPreview = errors.New("this was a preview")

// PreviewSubstitution answers all that a substitution would change. It does what
// Substitute does and takes it back, so that the two cannot differ; of one that has
// to be asked for it answers what it comes to once the office confirms.
//
// Faults: as of Substitute.
func (s *Service) PreviewSubstitution(ctx context.Context, by accounts.Actor, in Stand, follow ...Handover) (Succession, error) {
	done, err := s.substitution(ctx, by, in, func(tx *sqlx.Tx, e events.Event, x *Succession) error {
		if err := s.succeed(ctx, tx, by, e, x, follow); err != nil {
			return err
		}
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	done.Issued.Token = "" // of a badge that there is not
	return done, err
}

// Substitute puts a member of a delegation, or somebody new, in the place of
// another: role, category, badge and what follow hands over go to the deputy, and
// the other one is withdrawn, or departs who came already. The deputy has what the
// other had of places: one, or the waiting for one at that number; a place that they
// had themselves is free. Whoever may decide does it at once; the holder of the
// delegation's link asks for it, or the person for somebody new, and the office
// confirms. Until then somebody new is a newcomer, who belongs to no delegation.
//
// Faults: NotFound; Forbidden; Conflict, somebody changed one of the two meanwhile,
// one of them does not come, or it is asked for already; Invalid with fields.
func (s *Service) Substitute(ctx context.Context, by accounts.Actor, in Stand, follow ...Handover) (Succession, error) {
	return s.substitution(ctx, by, in, func(tx *sqlx.Tx, e events.Event, x *Succession) error {
		x.AskedAt, x.AskedBy, x.State = s.now(), by.Called(), "asked"
		if by.May(accounts.DecideRegistration, e.ID) {
			if err := s.succeed(ctx, tx, by, e, x, follow); err != nil {
				return err
			}
			x.settle("done", by, s.now())
		}
		if err := insertSubstitution(ctx, tx, x.Substitution); err != nil {
			return err
		}
		return s.recordSubstitution(ctx, tx, by, e, *x)
	})
}

func (x *Substitution) settle(state string, by accounts.Actor, at time.Time) {
	x.State, x.DecidedAt, x.DecidedBy = state, &at, by.Called()
}

// substitution finds the two of a substitution, keeps others from changing them,
// and runs what is to be done with them.
func (s *Service) substitution(ctx context.Context, by accounts.Actor, in Stand, do func(tx *sqlx.Tx, e events.Event, x *Succession) error) (x Succession, err error) {
	in.Note = text.Clean(in.Note)
	if err := in.check(); err != nil {
		return x, err
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		both := []ident.ID{in.From}
		if in.To != ident.Nil {
			both = append(both, in.To)
		}
		if err := lockRegistrations(ctx, tx, both); err != nil {
			return err
		}
		gone, err := registrationByID(ctx, tx, in.From)
		if err != nil {
			return err
		}
		own := by.ForRegistration(gone.EventID, gone.ID) && in.To == ident.Nil // who else is of the delegation is not theirs to know
		if !own && !by.May(accounts.EditRegistration, gone.EventID) && !gone.officerOf(by, accounts.Substitute) {
			return fault.New(fault.Forbidden, "error.forbidden")
		}
		e, err := events.In(ctx, tx, gone.EventID)
		if err != nil {
			return err
		}
		if in.FromVersion != 0 && in.FromVersion != gone.Version {
			return fault.New(fault.Conflict, "error.changed")
		}
		x = Succession{Gone: gone, Substitution: Substitution{ID: s.newID(), DelegationID: gone.DelegationID, FromID: gone.ID, AsRank: in.AsRank, Note: in.Note, Own: own, From: gone.Called()}}
		waits, err := askedOf(ctx, tx, gone.ID)
		if err != nil {
			return err
		}
		if waits != nil {
			return fault.New(fault.Conflict, "substitution.waits")
		}
		if x.Deputy, err = s.deputy(ctx, tx, by, e, gone, in); err != nil {
			return err
		}
		x.ToID, x.To = x.Deputy.ID, x.Deputy.Called()
		if err := x.fits(); err != nil {
			return err
		}
		if in.Letter != "" {
			if x.LetterID, err = s.attachLetter(ctx, tx, by, gone, in.Letter); err != nil {
				return err
			}
		}
		return do(tx, e, &x)
	})
	x.Gone, x.Deputy, x.Left, x.After = x.Gone.seenBy(by), x.Deputy.seenBy(by), x.Left.seenBy(by), x.After.seenBy(by)
	for i := range x.Order {
		x.Order[i] = x.Order[i].seenBy(by)
	}
	if by.RegistrationID != ident.Nil {
		x.Order, x.Officers = nil, nil
	}
	return x, err
}

// attachLetter keeps the letter that names who comes instead, with whoever does not.
func (s *Service) attachLetter(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, gone Registration, token string) (ident.ID, error) {
	if s.papers == nil {
		return ident.Nil, errors.New("a letter came, and nothing keeps files")
	}
	id, err := s.papers.AttachLetter(ctx, tx, by, gone.EventID, gone.ID, token)
	if f, ok := fault.Of(err); ok && f.Code == fault.Invalid && len(f.Fields) > 0 {
		field := f.Fields[0]
		field.Path = "letter"
		return id, fault.Fields(field)
	}
	return id, err
}

func (in Stand) check() error {
	var bad fault.List
	text.Line(&bad, "note", in.Note, false, 500)
	bad.Check(slices.Contains(AsRanks, in.AsRank), "as_rank", "field.choice")
	bad.Check(in.To != in.From, "to", "substitution.same")
	return bad.Err()
}

// fits tells whether the one can take the place of the other.
//
// Fault: Conflict.
func (s Succession) fits() error {
	switch {
	case s.DelegationID == ident.Nil:
		return fault.New(fault.Conflict, "substitution.no_delegation")
	case !s.Gone.Editable():
		return fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(s.Gone.Status))
	case !s.Deputy.Editable() && !s.Deputy.newcomer():
		return fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(s.Deputy.Status))
	case s.Deputy.Role == "head":
		return fault.New(fault.Conflict, "substitution.head")
	}
	return nil
}
