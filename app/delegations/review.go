package delegations

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Filter narrows the review list. Its zero value lists everything, the latest
// first.
type Filter struct {
	Status       string // a status; "queue": all that wait for a decision; "pending": of whom a change or a replacement waits for one
	Category     string // code
	DelegationID ident.ID
	Country      string        // nationality, two letters
	Source       string        // by which way they came: web, api, import, delegation, onsite, office
	Duplicates   bool          // only those who may be registered twice
	Waiting      time.Duration // only those who came longer ago than this
	Search       string        // words of a name or organisation in any script, pinyin or its initials, a reference, an address
	Oldest       bool          // in the order in which they came; else the latest first
	After        int           // the number of the last one of the page before; 0: from the beginning
	Limit        int           // at most 200; 50 when zero
}

const (
	pageMost = 200 // rows of one page
	// countMost is how far the rows of a filter are counted: beyond, how many there
	// are helps nobody, and costs.
	countMost = 500
)

// Page is a part of a list and how long the whole is.
type Page struct {
	Rows  []Registration
	Total int  // at most countMost
	Many  bool // there are more than Total
	Next  int  // After of the page that follows; 0: this is the last
}

// Registrations lists an event's registrations.
//
// Fault: Forbidden.
func (s *Service) Registrations(ctx context.Context, by accounts.Actor, event ident.ID, f Filter) (page Page, err error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return Page{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, pageMost)
	if !by.May(accounts.VetRegistration, event) {
		switch Status(f.Status) { // what vetting does is in review to everybody else
		case OnHold:
			return Page{}, nil
		case UnderReview:
			f.Status = "in_review"
		}
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := planForMemory(ctx, tx); err != nil {
			return err
		}
		q, err := f.query(ctx, tx, event, s.now())
		if err != nil {
			return fmt.Errorf("read filter: %w", err)
		}
		if page.Total, err = q.count(ctx, tx, countMost+1); err != nil {
			return fmt.Errorf("count registrations: %w", err)
		}
		if page.Total > countMost {
			page.Total, page.Many = countMost, true
		}
		if page.Rows, err = q.list(ctx, tx, f.Limit+1); err != nil {
			return fmt.Errorf("list registrations: %w", err)
		}
		return nil
	})
	for i, r := range page.Rows {
		page.Rows[i] = r.seenBy(by)
	}
	if len(page.Rows) > f.Limit {
		page.Rows = page.Rows[:f.Limit]
		page.Next = page.Rows[f.Limit-1].QueueNo
	}
	return page, err
}

// query says a filter in SQL. What stands for something else is looked up before,
// so that the planner knows how many rows it leaves.
func (f Filter) query(ctx context.Context, tx *sqlx.Tx, event ident.ID, now time.Time) (*listQuery, error) {
	q := newListQuery(event, f.Oldest)
	if f.Category != "" {
		id, err := categoryOf(ctx, tx, event, f.Category)
		if err != nil {
			return nil, err
		}
		q.where("r.category_id = ?", id)
	}
	switch f.Status {
	case "": // a draft is nobody's business but the delegation's
		q.where("r.status <> 'draft'")
	case "queue":
		q.undecided()
	case "pending":
		q.changing()
	case "in_review":
		q.where("r.status IN ('under_review', 'on_hold')")
	default:
		q.where("r.status = ?", f.Status)
	}
	if f.DelegationID != ident.Nil {
		q.where("r.delegation_id = ?", f.DelegationID)
	}
	if f.Country != "" {
		q.person("p.nationality = ?", f.Country)
		q.country = f.Search == ""
	}
	if f.Source != "" {
		q.where("r.source = ?", f.Source)
	}
	if f.Duplicates {
		q.proposed()
	}
	if f.Waiting > 0 {
		q.where("r.submitted_at < ?", now.Add(-f.Waiting))
	}
	f.search(q)
	if f.After > 0 {
		q.after(f.After)
	}
	return q, nil
}

// wordMin is from how many letters on a word in Latin letters is found by its
// beginning; shorter ones are looked for whole, since half of all people have a
// name that begins with any one letter.
const wordMin = 3

// longestWord is more bytes than any name has: PostgreSQL looks for no longer ones
// than a few thousand, and says so with the word.
const longestWord = 400

var (
	referenceLike = regexp.MustCompile(`^[A-Z][A-Z0-9]*-[0-9]*$`)
	numberLike    = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// search finds people by what a search looks like: an address, a reference, its
// number alone, or words that all have to be there, in any order.
func (f Filter) search(q *listQuery) {
	sought := text.Halfwidth(f.Search)
	upper := strings.ToUpper(sought)
	switch {
	case sought == "":
	case strings.Contains(sought, "@"):
		q.person("lower(p.email) LIKE ? AND p.email <> ''", store.Literal(strings.ToLower(sought))+"%")
	case referenceLike.MatchString(upper):
		q.where("r.reference LIKE ?", store.Literal(upper)+"%")
	case numberLike.MatchString(sought):
		n, _ := strconv.Atoi(sought) // nine digits at most
		q.where("r.queue_no = ?", n)
	default:
		var terms []string
		for _, word := range strings.Fields(text.Fold(sought)) {
			if len(word) > longestWord {
				q.where("false")
				return
			}
			term := "'" + word + "'" // folded: letters and digits only
			if han := []rune(word); unicode.Is(unicode.Han, han[0]) || len(han) >= wordMin {
				term += ":*"
			}
			terms = append(terms, term)
		}
		if len(terms) == 0 { // signs alone
			q.where("false")
			return
		}
		q.person("p.terms @@ ?::tsquery", strings.Join(terms, " & "))
	}
}

// Counts answers how many registrations of an event stand in each status.
//
// Fault: Forbidden.
func (s *Service) Counts(ctx context.Context, by accounts.Actor, event ident.ID) (map[Status]int, error) {
	if !by.May(accounts.SeeConsole, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	counts, err := statusCounts(ctx, s.db, event)
	return withoutHolds(counts, by, event), err
}

// Changing counts the registrations of an event of which a change or a replacement
// waits for the desk.
//
// Fault: Forbidden.
func (s *Service) Changing(ctx context.Context, by accounts.Actor, event ident.ID) (int, error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	return countChanging(ctx, s.db, event)
}

// CountsUpTo is Counts that goes no further than most in any status: what costs at
// a large event is to count, and a desk need not know exactly how many came in.
//
// Fault: Forbidden.
func (s *Service) CountsUpTo(ctx context.Context, by accounts.Actor, event ident.ID, most int) (map[Status]int, error) {
	if !by.May(accounts.SeeConsole, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	counts := map[Status]int{}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) (err error) {
		if err = planForMemory(ctx, tx); err == nil {
			counts, err = statusCountsUpTo(ctx, tx, event, most)
		}
		return err
	})
	return withoutHolds(counts, by, event), err
}

// withoutHolds counts who is held as in review, for who does not vet.
func withoutHolds(counts map[Status]int, by accounts.Actor, event ident.ID) map[Status]int {
	if held := counts[OnHold]; held > 0 && !by.May(accounts.VetRegistration, event) {
		delete(counts, OnHold)
		counts[UnderReview] += held
	}
	return counts
}

// Step is one change of a registration's status.
type Step struct {
	At     time.Time   `db:"at"`
	From   Status      `db:"from_status"`
	To     Status      `db:"to_status"`
	Reason string      `db:"reason"`
	Actor  locale.Text `db:"actor"`
	Source string      `db:"source"`
}

// Steps answers a registration's history, oldest first.
func (s *Service) Steps(ctx context.Context, by accounts.Actor, r Registration) ([]Step, error) {
	if !by.May(accounts.SeeRegistrations, r.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	list, err := stepsOf(ctx, s.db, r.ID)
	if by.May(accounts.VetRegistration, r.EventID) {
		return list, err
	}
	return stepsForGuests(list), err
}
