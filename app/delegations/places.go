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
)

// The order of an event is its sequence of numbers: whoever takes or gives up a
// place first takes the event's counter and keeps it until the transaction ends.
// So places are counted by one at a time, those who wait do so in the order of
// their numbers, and a place that becomes free never misses somebody who begins to
// wait at the same moment.
//
// Locks are taken in one order, so that nobody waits for somebody who waits for them:
//
//  1. what is set for many: the decision of the desk that is carried out, the event,
//     its categories, a delegation's row;
//  2. registrations, in the order of their IDs, FOR NO KEY UPDATE (lockRegistrations):
//     every one that the transaction changes, before it goes on;
//  3. the event's counter (openBook, lockNumbers, nextNumber);
//  4. whatever belongs to a registration: its person, documents, pairs of doubles,
//     changes, badges, files, letters.
//
// Whoever has the counter locks another registration only if nobody else has it
// (lockWaiting), since they may wait for the counter. FOR UPDATE is for nobody: it
// keeps out who only refers to a row. Firms have an order of their own: first their
// codes (firms.lockCodes), then rows by ID; whoever has a firm leave an event goes on from
// there with 2 and 3. What was asked before the counter, whether registration is open, the
// delegation comes, the firm takes part, is asked again by who has it (stillOpen,
// stillThere). TestLocksGoInOneOrder runs those who need
// the same rows against each other.
//
// Those who came together come together: a group is placed whole or waits whole.
// While it waits for more places than are free, others may take those, but only so
// many as the group has people. From then on what becomes free is kept for it,
// until it fits. A group that is larger than what there is at all holds up nobody.

// seat is what a place is of: a category, a delegation, or one class of its members.
type seat struct {
	of    ident.ID
	class string // a member's role; empty: the category or delegation itself
}

// need is how many places somebody asks for: of each category, delegation and class.
type need map[seat]int

func (n need) add(category, delegation ident.ID, role string) {
	n[seat{of: category}]++
	if delegation != ident.Nil {
		n[seat{of: delegation}]++
		n[seat{delegation, role}]++
	}
}

// of are the categories and delegations that a need is about.
func (n need) of() (ids []ident.ID) {
	for place := range n {
		if place.class == "" {
			ids = append(ids, place.of)
		}
	}
	return ids
}

// book is the places of an event, counted once in a transaction that keeps the
// event's counter.
type book struct {
	tx     *sqlx.Tx
	event  ident.ID
	places map[seat]places
}

// places are those of one category or delegation. Without a quota there is no end
// of them.
type places struct {
	Quota *int `db:"quota"`
	Taken int  `db:"taken"`
}

// openBook takes the event's counter.
func openBook(ctx context.Context, tx *sqlx.Tx, event ident.ID) (*book, error) {
	if err := lockNumbers(ctx, tx, event); err != nil {
		return nil, fmt.Errorf("lock the event's order: %w", err)
	}
	return &book{tx: tx, event: event, places: map[seat]places{}}, nil
}

// load counts the places that a need is about.
func (b *book) load(ctx context.Context, n need) error {
	for id := range n {
		if _, known := b.places[id]; known {
			continue
		}
		p, err := placesOf(ctx, b.tx, b.event, id)
		if err != nil {
			return err
		}
		b.places[id] = p
	}
	return nil
}

// lacking answers of what a loaded need asks for more than is free.
func (b *book) lacking(n need) (short []seat) {
	for id, count := range n {
		if p := b.places[id]; p.Quota != nil && p.Taken+count > *p.Quota {
			short = append(short, id)
		}
	}
	return short
}

func (b *book) take(n need) {
	for id, count := range n {
		p := b.places[id]
		p.Taken += count
		b.places[id] = p
	}
}

// possible tells whether a need could be met were everybody else gone.
func (b *book) possible(n need) bool {
	for id, count := range n {
		if p := b.places[id]; p.Quota != nil && count > *p.Quota {
			return false
		}
	}
	return true
}

// waiting is one person or one group on the waiting list.
type waiting struct {
	group  ident.ID // Nil: a person alone
	ids    []ident.ID
	need   need
	size   int // of the group as it came
	passed int
}

// passes answers which of the groups that wait before would see others take places
// that they wait for, if a need were met; held tells that one of them has seen
// enough.
func (b *book) passes(ahead []*waiting, n need) (over []*waiting, held bool) {
	for _, g := range ahead {
		for _, id := range b.lacking(g.need) {
			if n[id] == 0 || !b.possible(g.need) {
				continue
			}
			if g.passed >= g.size {
				return nil, true
			}
			over = append(over, g)
			break
		}
	}
	return over, false
}

// give takes the places of a need and notes whom that passes over; not when they
// are kept.
func (b *book) give(ctx context.Context, ahead []*waiting, n need) (bool, error) {
	over, held := b.passes(ahead, n)
	if held {
		return false, nil
	}
	people := 0
	for id, count := range n {
		if p := b.places[id]; p.Quota != nil {
			people = max(people, count)
		}
	}
	for _, g := range over {
		g.passed += people
		if err := updatePassed(ctx, b.tx, g.group, g.passed); err != nil {
			return false, err
		}
	}
	b.take(n)
	return true, nil
}

// units puts those who wait together who came together, each group where its
// first member stands.
func units(rows []waitingRow) (list []*waiting) {
	of := map[ident.ID]*waiting{}
	for _, r := range rows {
		w := of[r.GroupID]
		if w == nil {
			w = &waiting{group: r.GroupID, need: need{}, size: r.Size, passed: r.Passed}
			list = append(list, w)
			if r.GroupID != ident.Nil {
				of[r.GroupID] = w
			}
		}
		w.ids = append(w.ids, r.ID)
		w.need.add(r.CategoryID, r.DelegationID, r.Role)
	}
	return list
}

// enter gives the places of a need to who registers now, after those who wait for
// such already: there may be some when a quota was raised.
func (s *Service) enter(ctx context.Context, b *book, n need) (bool, error) {
	if err := b.load(ctx, n); err != nil {
		if fault.CodeOf(err) == fault.NotFound {
			return false, fault.Fields(fault.Field{Path: "delegation", Key: "field.choice"})
		}
		return false, fmt.Errorf("count places: %w", err)
	}
	if len(b.lacking(n)) > 0 {
		return false, nil
	}
	ahead, err := s.fill(ctx, b, n, "@registration.because.places_added")
	if err != nil || len(b.lacking(n)) > 0 {
		return false, err
	}
	return b.give(ctx, ahead, n)
}

// promote gives the places that became free, of a category and of a delegation, to
// those who wait longest and now have all the places that they need.
func (s *Service) promote(ctx context.Context, tx *sqlx.Tx, e events.Event, gone Registration) error {
	b, err := openBook(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	freed := need{}
	freed.add(gone.CategoryID, gone.DelegationID, gone.Role)
	if err := b.load(ctx, freed); err != nil {
		return fmt.Errorf("count places: %w", err)
	}
	_, err = s.fill(ctx, b, freed, "@registration.because.place_free "+gone.Reference)
	return err
}

// fill gives the places of some categories and delegations to those who wait for
// them, in their order, and answers the groups that wait on.
func (s *Service) fill(ctx context.Context, b *book, of need, reason string) (ahead []*waiting, err error) {
	seen := map[ident.ID]bool{}
	for after := 0; ; {
		rows, err := waitingFor(ctx, b.tx, b.event, of.of(), after)
		if err != nil {
			return nil, fmt.Errorf("read waitlist: %w", err)
		}
		for _, w := range units(rows) {
			if b.exhausted(of) {
				return ahead, nil
			}
			if seen[w.group] {
				continue
			}
			if w.group != ident.Nil {
				seen[w.group] = true
				if w, err = wholeGroup(ctx, b.tx, w); err != nil {
					return nil, err
				}
			}
			if ahead, err = s.promoteOne(ctx, b, w, ahead, reason); err != nil {
				return nil, err
			}
		}
		if len(rows) < waitingBatch {
			return ahead, nil
		}
		after = rows[len(rows)-1].QueueNo
	}
}

// exhausted tells whether nothing of what became free is left. A place of a class is
// no use without one of the delegation.
func (b *book) exhausted(freed need) bool {
	for id := range freed {
		if p := b.places[id]; id.class == "" && (p.Quota == nil || p.Taken < *p.Quota) {
			return false
		}
	}
	return true
}

// wholeGroup adds to those of a group who wait for some places the others of it.
func wholeGroup(ctx context.Context, tx *sqlx.Tx, part *waiting) (*waiting, error) {
	rows, err := waitingInGroup(ctx, tx, part.group)
	if err != nil {
		return nil, fmt.Errorf("read group: %w", err)
	}
	if whole := units(rows); len(whole) == 1 {
		return whole[0], nil
	}
	return part, nil
}

// promoteOne gives one person or group their places, or adds the group to those
// that wait on.
func (s *Service) promoteOne(ctx context.Context, b *book, w *waiting, ahead []*waiting, reason string) ([]*waiting, error) {
	if err := b.load(ctx, w.need); err != nil {
		return ahead, fmt.Errorf("count places: %w", err)
	}
	if len(b.lacking(w.need)) > 0 {
		if w.group != ident.Nil {
			ahead = append(ahead, w)
		}
		return ahead, nil
	}
	locked, err := lockWaiting(ctx, b.tx, w.ids)
	if err != nil {
		return ahead, err
	}
	if len(locked) < len(w.ids) { // somebody of them is being changed at this moment
		if err := insertFreePlaces(ctx, b.tx, b.event, w.need.of(), reason); err != nil {
			return ahead, fmt.Errorf("note free places: %w", err)
		}
		return ahead, nil
	}
	placed, err := b.give(ctx, ahead, w.need)
	if err != nil || !placed {
		return ahead, err
	}
	for _, id := range w.ids {
		r, err := registrationByID(ctx, b.tx, id)
		if err != nil {
			return ahead, err
		}
		if _, err := s.seated(ctx, b.tx, accounts.SystemActor("waitlist"), r, reason); err != nil {
			return ahead, err
		}
	}
	return ahead, nil
}

// seated takes somebody who has a place now off the waiting list: they are where they
// would be had they registered with one, approved and told so where nobody has to
// decide.
func (s *Service) seated(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, r Registration, reason string) (Registration, error) {
	from := r.Status
	r.Status, r.Version = UnderReview, r.Version+1
	if err := updateStatus(ctx, tx, r); err != nil {
		return r, err
	}
	if err := s.step(ctx, tx, by, r, from, "office", reason); err != nil {
		return r, err
	}
	e, err := events.In(ctx, tx, r.EventID)
	if err != nil {
		return r, err
	}
	categories, err := events.CategoriesIn(ctx, tx, r.EventID)
	if err != nil {
		return r, fmt.Errorf("read categories: %w", err)
	}
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == r.CategoryID })
	if i < 0 {
		return r, nil
	}
	if atOnce, err := s.approvesAtOnce(ctx, tx, e, categories[i], r.FirmID); err != nil || !atOnce {
		return r, err
	}
	secret, err := s.newLink(ctx, tx, e, r.ID)
	if err != nil {
		return r, err
	}
	because := "@registration.because.automatic"
	if categories[i].Approval == "whitelist" {
		because = "@registration.because.granted"
	}
	r, _, err = s.approve(ctx, tx, by, e, r, secret, because)
	return r, err
}

// Places are how many of a category hold a place, and how many wait for one.
type Places struct{ Taken, Waiting int }

// Places answers how full an event's categories are, by their IDs.
//
// Fault: Forbidden.
func (s *Service) Places(ctx context.Context, by accounts.Actor, event ident.ID) (map[ident.ID]Places, error) {
	if !by.May(accounts.SeeConsole, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return categoryPlaces(ctx, s.db, event)
}

// EditCategory changes a category, see events.EditCategory; places that a higher
// quota brings go at once to those who wait longest.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed the
// category meanwhile.
func (s *Service) EditCategory(ctx context.Context, by accounts.Actor, in events.Category) (events.Category, error) {
	return s.events.EditCategory(ctx, by, in, func(tx *sqlx.Tx, before events.Category) error {
		if before.Quota == nil || in.Quota != nil && *in.Quota <= *before.Quota {
			return nil
		}
		b, err := openBook(ctx, tx, in.EventID)
		if err != nil {
			return err
		}
		added := need{seat{of: in.ID}: 1}
		if err := b.load(ctx, added); err != nil {
			return fmt.Errorf("count places: %w", err)
		}
		_, err = s.fill(ctx, b, added, "@registration.because.places_added")
		return err
	})
}
