package delegations

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Belonging is as what somebody comes, and with whom.
type Belonging struct {
	Category     string // code; in a delegation it follows from the role, see belongs
	Role         string // of MemberRoles, in a delegation; empty: as before, or a member
	DelegationID ident.ID
	FirmID       ident.ID // one that takes part in the event
	Organisation *string  // nil: as before; empty: the firm's, or none
}

// OnlyInDelegations tells whether nobody comes in a category but in a delegation.
func OnlyInDelegations(category string) bool { return category == "head" || category == "member" }

// MoveFields are what of a change in a registration's history says where somebody
// belongs: codes of the category, the delegation and the firm, and the role.
var MoveFields = []string{"category", "role", "delegation", "firm"}

// NamedInMove is a category, a delegation or a firm that a move names by its code.
type NamedInMove struct {
	Code       string      `db:"code"`
	Name       locale.Text `db:"name"`
	CreditCode string      `db:"credit_code"` // of a firm
}

// NamesInMove answers what the codes of one of MoveFields name, whether or not it still
// takes part; of a role nothing.
func (s *Service) NamesInMove(ctx context.Context, event ident.ID, m Moved) ([]NamedInMove, error) {
	return namedInMove(ctx, s.db, event, m.Field, m.From, m.To)
}

// firmOf is the firm that people come for.
type firmOf struct {
	Name locale.Text `db:"name"`
}

// Move has somebody come as something else or with others: in another category, for
// another delegation or firm, by whoever decides on registrations. version is the one
// that was shown; 0: whatever there is.
//
// Places go as they do for who registers now: where there is none the person waits.
// Who was approved already, or asked to put something right, is never put on the waiting
// list: without a place the move is refused. Whose category or firm needs no decision is approved now that this is
// known. A badge that shows where the person belongs is replaced. What they
// belonged to before stands in the history.
//
// Faults: NotFound; Forbidden; Conflict, somebody changed it meanwhile, they do not
// come any more, a replacement waits for a decision, or there is no place; Invalid
// with fields.
func (s *Service) Move(ctx context.Context, by accounts.Actor, id ident.ID, version int, to Belonging) (Registration, error) {
	return s.decide(ctx, by, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		if version != 0 && version != r.Version {
			return r, fault.New(fault.Conflict, "error.changed")
		}
		return s.move(ctx, tx, by, e, r, to)
	})
}

// LinkFirm says for which firm somebody comes; see Move. Nothing else of them changes.
//
// Faults: as of Move.
func (s *Service) LinkFirm(ctx context.Context, by accounts.Actor, id, firm ident.ID) (Registration, error) {
	return s.decide(ctx, by, id, func(tx *sqlx.Tx, e events.Event, r Registration) (Registration, error) {
		category, err := ownCategory(ctx, tx, r)
		if err != nil {
			return r, err
		}
		return s.move(ctx, tx, by, e, r, Belonging{Category: category.Code, Role: r.Role, DelegationID: r.DelegationID, FirmID: firm})
	})
}

func ownCategory(ctx context.Context, tx *sqlx.Tx, r Registration) (c events.Category, err error) {
	categories, err := events.CategoriesIn(ctx, tx, r.EventID)
	if err != nil {
		return c, fmt.Errorf("read categories: %w", err)
	}
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == r.CategoryID })
	if i < 0 {
		return c, fault.New(fault.NotFound, "error.not_found")
	}
	return categories[i], nil
}

// texts are what a badge shows of somebody.
func (r Registration) texts() Input {
	return Input{
		GivenName: r.GivenName, FamilyName: r.FamilyName, NameNative: r.NameNative, NameZH: r.NameZH,
		Organisation: r.Organisation, TitleEN: r.TitleEN, TitleZH: r.TitleZH,
	}
}

// seats are the places that somebody takes.
func (r Registration) seats() need {
	n := need{}
	n.add(r.CategoryID, r.DelegationID, r.Role)
	return n
}

// beyond is what one need asks for that another does not.
func (n need) beyond(other need) need {
	more := need{}
	for place, count := range n {
		if count > other[place] {
			more[place] = count - other[place]
		}
	}
	return more
}

func (s *Service) move(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, to Belonging) (Registration, error) {
	if !r.Editable() {
		return r, fault.New(fault.Conflict, "registration.decided", "@state.registration."+string(r.Status))
	}
	if waits, err := substitutionWaits(ctx, tx, r.ID); err != nil || waits {
		return r, orConflict(err, "registration.move_replacement")
	}
	before := r
	r, category, err := belongs(ctx, tx, r, to)
	if err != nil {
		return r, err
	}
	change := Change{ID: s.newID(), At: s.now(), State: Applied, Source: changeSource(by)}
	moved, err := movedBetween(ctx, tx, before, r)
	if err != nil || len(moved.list) == 0 {
		return before, err
	}
	b, err := openBook(ctx, tx, e.ID)
	if err != nil {
		return r, err
	}
	if err := stillThere(ctx, tx, e.ID, r.DelegationID, r.FirmID); err != nil {
		return r, err
	}
	if before.DelegationID != r.DelegationID {
		if err := leavesNobody(ctx, tx, before.ID); err != nil {
			return r, err
		}
	}
	placed, err := s.place(ctx, b, before, r)
	switch {
	case err != nil:
		return r, err
	case !placed && (r.Settled() || r.Status == OnHold):
		return r, noPlaceThere(before, r)
	case !placed && r.Status == Returned: // from the waiting list they might be approved as they are
		return r, fault.New(fault.Conflict, "registration.move_returned")
	case !placed && r.holdsPlace():
		r.Status = Waitlisted
	}
	if r.Organisation != before.Organisation {
		if r.Unprintable, err = r.texts().unprintable(); err != nil {
			return r, err
		}
	}
	r.Version++
	if err := updateBelonging(ctx, tx, r, before); err != nil {
		return r, onlyOneHead(err)
	}
	if err := insertChange(ctx, tx, r.ID, change, by, moved); err != nil {
		return r, err
	}
	if err := s.record(ctx, tx, by, e.ID, "registration.move", "registration", r.ID, nil, map[string]any{"changed": logged(moved.names())}, ""); err != nil {
		return r, err
	}
	if r.Status != before.Status {
		if err := s.step(ctx, tx, by, r, before.Status, sourceOf(by), "@registration.because.moved"); err != nil {
			return r, err
		}
	}
	return s.afterMove(ctx, tx, by, e, before, category)
}

// NoPlaceThere is the key of why whoever is approved is not moved.
const NoPlaceThere = "registration.move_full"

// noPlaceThere says so beside what was chosen.
func noPlaceThere(before, to Registration) error {
	field := fault.Field{Path: "category", Key: NoPlaceThere}
	if to.DelegationID != ident.Nil && (to.DelegationID != before.DelegationID || to.CategoryID == before.CategoryID) {
		field.Path = "delegation"
	}
	return &fault.Fault{Code: fault.Conflict, Key: NoPlaceThere, Fields: []fault.Field{field}}
}

// place gives somebody who holds a place those that they need in another one. Who
// waits goes on waiting, and is looked at in their turn.
func (s *Service) place(ctx context.Context, b *book, before, r Registration) (bool, error) {
	more := r.seats().beyond(before.seats())
	if err := b.load(ctx, more); err != nil {
		return false, fmt.Errorf("count places: %w", err)
	}
	if !before.holdsPlace() || len(more) == 0 {
		return true, nil
	}
	return s.enter(ctx, b, more)
}

// afterMove gives on what somebody who moved left, and does what follows from where
// they belong now.
func (s *Service) afterMove(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, before Registration, category events.Category) (Registration, error) {
	if before.holdsPlace() {
		if err := s.promote(ctx, tx, e, before); err != nil {
			return before, err
		}
	}
	r, err := registrationByID(ctx, tx, before.ID)
	if err != nil {
		return r, err
	}
	switch {
	case before.Status == Waitlisted:
		if err := s.lookAgain(ctx, tx, r); err != nil {
			return r, err
		}
	case r.Status == Waitlisted:
		return r, s.tell(ctx, tx, e, r, "waitlisted")
	case r.Status == Submitted || r.Status == UnderReview:
		if r.CategoryID == before.CategoryID && r.FirmID == before.FirmID {
			break
		}
		if _, err := s.approveKnown(ctx, tx, by, e, r, category); err != nil {
			return r, err
		}
	case r.Settled() && !sameFace(before, r):
		if _, err := s.badges.ReplaceFor(ctx, tx, by, e, r, "registration "+r.Reference+" moved"); err != nil {
			return r, fmt.Errorf("replace badge: %w", err)
		}
	}
	return registrationByID(ctx, tx, r.ID)
}

// lookAgain gives those who wait for what somebody who waits needs now the places
// that there are.
func (s *Service) lookAgain(ctx context.Context, tx *sqlx.Tx, r Registration) error {
	b, err := openBook(ctx, tx, r.EventID)
	if err != nil {
		return err
	}
	n := r.seats()
	if err := b.load(ctx, n); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	_, err = s.fill(ctx, b, n, "@registration.because.places_added")
	return err
}

// sameFace tells whether a badge on paper shows the same of two: its kind, and whom the
// person comes with. Role, category and firm are not on it but by these.
func sameFace(a, b Registration) bool {
	return a.BadgeType == b.BadgeType && a.DelegationID == b.DelegationID && a.printedBody() == b.printedBody()
}

// printedBody is Body as a badge has it, which prints nothing twice.
func (r Registration) printedBody() locale.Text {
	body := r.Body()
	if body.EN == "" || body.EN == body.ZH {
		return locale.Text{EN: body.ZH}
	}
	return body
}

// leavesNobody refuses that somebody goes over to another delegation from whoever
// accompanies them.
//
// Fault: Conflict.
func leavesNobody(ctx context.Context, tx *sqlx.Tx, host ident.ID) error {
	id, err := companionOf(ctx, tx, host)
	if err != nil || id == ident.Nil {
		return err
	}
	companion, err := registrationByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "registration.move_companion", companion.Name(), companion.Reference)
}

// approveKnown approves somebody whose category or firm needs no decision.
func (s *Service) approveKnown(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, e events.Event, r Registration, category events.Category) (Registration, error) {
	atOnce, err := s.approvesAtOnce(ctx, tx, e, category, r.FirmID)
	if err != nil || !atOnce {
		return r, err
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return r, err
	}
	because := "@registration.because.automatic"
	if category.Approval == "whitelist" {
		because = "@registration.because.granted"
	}
	r, _, err = s.approve(ctx, tx, by, e, r, secret, because)
	return r, err
}

// tell writes a letter that carries the link to the person's own page.
func (s *Service) tell(ctx context.Context, tx *sqlx.Tx, e events.Event, r Registration, kind string) error {
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return err
	}
	return s.mail.Write(ctx, tx, Letter{Kind: kind, Event: e, Registration: r, ManageSecret: secret})
}

// movedBetween lists what a move changes, in codes.
func movedBetween(ctx context.Context, tx *sqlx.Tx, from, to Registration) (m moves, err error) {
	was, err := belongingCodes(ctx, tx, from)
	if err != nil {
		return m, err
	}
	is, err := belongingCodes(ctx, tx, to)
	if err != nil {
		return m, err
	}
	for i, field := range MoveFields {
		if was[i] != is[i] {
			m.list = append(m.list, Moved{Field: field, From: was[i], To: is[i]})
		}
	}
	if from.Organisation != to.Organisation {
		m.list = append(m.list, Moved{Field: "organisation", From: from.Organisation, To: to.Organisation})
	}
	return m, nil
}

func orConflict(err error, key string) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, key)
}

// RegisterAtDesk is Register by the office of whoever stands before it, writes or
// calls: in any category, for a delegation or a firm or neither, and without an
// address. In a delegation the category follows from the role: it may be left out, and
// another one is refused.
//
// Faults: as of Register; Forbidden, for others than the office.
func (s *Service) RegisterAtDesk(ctx context.Context, by accounts.Actor, event ident.ID, in Input) (Registration, error) {
	if !by.May(accounts.EditRegistration, event) {
		return Registration{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Source = "office"
	bad, err := s.belongsAtDesk(ctx, event, &in)
	if err != nil {
		return Registration{}, err
	}
	if len(bad) > 0 { // everything is told in one go
		_, wrong := in.check(s.now())
		if f, ok := fault.Of(wrong); ok && f.Code == fault.Invalid {
			bad = append(bad, f.Fields...)
		}
		return Registration{}, bad.Err()
	}
	r, _, err := s.Register(ctx, by, event, in)
	return r, err
}

// OfFirms tells whether whoever holds a firm's link registers people in a category.
func OfFirms(c events.Category) bool { return c.Code == "firm" || c.Approval == "whitelist" }

// comesFor has people who register for a firm come in its name; the office may write
// another. It answers the key of why they cannot, empty when they can.
func (s *Service) comesFor(ctx context.Context, event ident.ID, in *Input, office bool) (string, error) {
	if in.FirmID == ident.Nil {
		return "", nil
	}
	firm, err := firmTakingPart(ctx, s.db, event, in.FirmID)
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		return "registration.firm_not_there", nil
	case err != nil:
		return "", fmt.Errorf("read firm: %w", err)
	case !office || text.Clean(in.Organisation) == "":
		in.Organisation = firm.Name.In(locale.Lang(in.Lang))
	}
	return "", nil
}
