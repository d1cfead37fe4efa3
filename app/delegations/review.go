package delegations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Filter narrows the review list. Its zero value lists everything.
type Filter struct {
	Status       string // a status, or "queue": all that wait for a decision
	Category     string // code
	DelegationID ident.ID
	Search       string // in any script, or a reference
	Offset       int
	Limit        int      // at most 200; 50 when zero
	InOrder      bool     // as they came, whatever the status
	After        ident.ID // InOrder only: those that came after this one
}

// pageMost is the most rows that one page may have.
const pageMost = 200

// Page is a part of a list and how long the whole is.
type Page struct {
	Rows  []Registration
	Total int
}

// Registrations lists an event's registrations: those that wait longest first in
// the queue, the latest first elsewhere.
//
// Fault: Forbidden.
func (s *Service) Registrations(ctx context.Context, by accounts.Actor, event ident.ID, f Filter) (Page, error) {
	if !by.May(accounts.SeeRegistrations, event) {
		return Page{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, pageMost)
	f.Search = strings.TrimSpace(f.Search)
	page, err := listRegistrations(ctx, s.db, event, f, text.Fold(f.Search))
	if err != nil {
		return Page{}, fmt.Errorf("list registrations: %w", err)
	}
	return page, nil
}

// Counts answers how many registrations of an event stand in each status.
//
// Fault: Forbidden.
func (s *Service) Counts(ctx context.Context, by accounts.Actor, event ident.ID) (map[Status]int, error) {
	if !by.May(accounts.SeeConsole, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return statusCounts(ctx, s.db, event)
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
	return stepsOf(ctx, s.db, r.ID)
}
