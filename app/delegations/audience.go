package delegations

import (
	"context"
	"slices"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Audience is to whom the office writes: those of an event who still may come.
type Audience struct {
	CategoryID   ident.ID // Nil: every category
	DelegationID ident.ID // Nil: every delegation, and who comes in none
	Standing     string   // one of Standings
}

// Standings are how far an audience has come: everybody, who has a place, of whom
// is to be decided, who waits for a place.
var Standings = []string{"all", "coming", "deciding", "waitlisted"}

// statuses are those of an audience's standing.
func (a Audience) statuses() []string {
	coming := []Status{Approved, BadgeIssued, CheckedIn}
	deciding := []Status{Submitted, UnderReview, OnHold, Returned}
	var of []Status
	switch a.Standing {
	case "coming":
		of = coming
	case "deciding":
		of = deciding
	case "waitlisted":
		of = []Status{Waitlisted}
	default:
		of = append(slices.Concat(coming, deciding), Waitlisted)
	}
	names := make([]string, len(of))
	for i, status := range of {
		names[i] = string(status)
	}
	return names
}

// InAudience answers who of an event belongs to an audience, in the order in which
// they came, within the caller's transaction.
func InAudience(ctx context.Context, tx store.Querier, event ident.ID, a Audience) ([]Registration, error) {
	return audienceOf(ctx, tx, event, a)
}

// AudienceSize counts an audience.
func AudienceSize(ctx context.Context, q store.Querier, event ident.ID, a Audience) (int, error) {
	return audienceSize(ctx, q, event, a)
}
