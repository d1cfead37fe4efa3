package firms

import (
	"context"
	"slices"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// Filter is which firms a list shows. Empty fields let everything through.
type Filter struct {
	Event    ident.ID // those that take part in it; Nil: the whole register
	Search   string   // words of names in any script, pinyin or its initials, codes, offers, needs
	Sector   string
	District string
	Grant    string // a kind that is held today, or NoGrant
	Review   string // of Grant, or of any: ReviewDue, ReviewSoon
}

// Values of a filter beside the codes.
const (
	NoGrant    = "none" // no grant is held today
	ReviewDue  = "due"  // a review has come
	ReviewSoon = "soon" // one comes within thirty days
)

// Sorts are the orders of a list; a minus turns one round. By review: the next one
// first, those without one last.
var Sorts = []string{"code", "-code", "name", "-name", "district", "-district", "review", "-review"}

// Paging is which part of a list is asked for.
type Paging struct {
	Sort   string // empty: code
	Lang   string // zh sorts names by their Chinese form
	After  string // in order of code: those behind this code
	Offset int
	Limit  int // zero: all
}

// Listed is a firm as a list shows it.
type Listed struct {
	Firm
	Grants []Grant // that are not over, without their steps
}

// Listing is a part of a list of firms.
type Listing struct {
	Rows      []Listed
	Total     int // of the whole list
	Due, Soon int // firms of the event, whatever the filter, of which a review has come, and of which one comes within thirty days
}

// Stay is where a firm belongs from a day on.
type Stay struct {
	Since    time.Time `db:"since"`
	District string    `db:"district_code"`
}

// Find lists firms with the grants that they hold.
//
// Faults: Forbidden; Invalid with fields, a filter that means nothing.
func (s *Service) Find(ctx context.Context, by accounts.Actor, f Filter, p Paging) (found Listing, err error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return found, fault.New(fault.Forbidden, "error.forbidden")
	}
	if p.Sort == "" {
		p.Sort = Sorts[0]
	}
	var bad fault.List
	bad.Check(f.Grant == "" || f.Grant == NoGrant || slices.Contains(GrantKinds, f.Grant), "grant", "field.choice")
	bad.Check(f.Review == "" || f.Review == ReviewDue || f.Review == ReviewSoon, "review", "field.choice")
	bad.Check(slices.Contains(Sorts, p.Sort), "sort", "field.choice")
	if err := bad.Err(); err != nil {
		return found, err
	}
	f.Search = searched(f.Search)
	today := s.today()
	if found.Total, err = countFirms(ctx, s.db, f, today); err != nil {
		return found, err
	}
	list, err := findFirms(ctx, s.db, f, p, today)
	if err != nil {
		return found, err
	}
	ids := make([]ident.ID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	grants, err := grantsOf(ctx, s.db, ids)
	if err != nil {
		return found, err
	}
	for _, firm := range list {
		held := slices.DeleteFunc(grants[firm.ID], func(g Grant) bool { return g.State(today) == Ended })
		found.Rows = append(found.Rows, Listed{firm, held})
	}
	found.Due, found.Soon, err = reviewsDue(ctx, s.db, f.Event, today, today.Add(soon))
	return found, err
}

// searched writes what somebody looks for as it is kept: folded, and a credit code
// without what was put between its groups.
func searched(typed string) string {
	if code := CreditCode(typed); ValidCreditCode(code) {
		return strings.ToLower(code)
	}
	return text.Fold(typed)
}

// ByID finds a firm of the register.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (Firm, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return Firm{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return oneFirm(ctx, s.db, `WHERE id = $1`, id)
}

// TakesPart tells whether a firm takes part in an event.
func (s *Service) TakesPart(ctx context.Context, event, id ident.ID) (bool, error) {
	_, err := firmInEvent(ctx, s.db, event, id)
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Districts answers where a firm has belonged, the latest first.
//
// Fault: Forbidden.
func (s *Service) Districts(ctx context.Context, by accounts.Actor, id ident.ID) ([]Stay, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return districtsOf(ctx, s.db, id)
}

// History answers what was done with a firm, oldest first: by the office, and in the
// events of which the actor may see delegations.
//
// Fault: Forbidden.
func (s *Service) History(ctx context.Context, by accounts.Actor, id ident.ID) ([]audit.Entry, error) {
	if !by.MayAnywhere(accounts.SeeDelegations) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	all, err := audit.History(ctx, s.db, id)
	return slices.DeleteFunc(all, func(e audit.Entry) bool {
		return e.EventID != ident.Nil && !by.May(accounts.SeeDelegations, e.EventID)
	}), err
}
