package delegations

import (
	"slices"

	"qianshou/app/kit/ident"
)

// Status is how far a registration has come (domain 4.1).
type Status string

// The states of a registration.
const (
	Draft       Status = "draft" // nominated for a delegation; holds no place
	Submitted   Status = "submitted"
	UnderReview Status = "under_review"
	Approved    Status = "approved"
	BadgeIssued Status = "badge_issued"
	CheckedIn   Status = "checked_in"
	Departed    Status = "departed"
	NoShow      Status = "no_show" // was expected, and the event is over
	Returned    Status = "returned"
	Waitlisted  Status = "waitlisted"
	Rejected    Status = "rejected"
	Withdrawn   Status = "withdrawn"
	Cancelled   Status = "cancelled"
	OnHold      Status = "on_hold"
)

// Decidable tells whether the review desk can decide on it now.
func (r Registration) Decidable() bool {
	return slices.Contains([]Status{Submitted, UnderReview, OnHold, Waitlisted, Returned}, r.Status)
}

// Cancellable tells whether the person can still call off.
func (r Registration) Cancellable() bool {
	return slices.Contains([]Status{Submitted, UnderReview, OnHold, Waitlisted, Returned, Approved, BadgeIssued}, r.Status)
}

// Gone tells whether the person does not come any more.
func (r Registration) Gone() bool {
	return slices.Contains([]Status{Rejected, Withdrawn, Cancelled}, r.Status)
}

// Travels tells whether journeys are arranged for the person: whoever came home, was
// replaced or is only thought of comes and goes with nobody.
func (r Registration) Travels() bool {
	return !r.Left() && r.Status != Draft && r.ReplacedBy == ident.Nil
}

// Left tells whether the person is of a delegation no more: gone, or departed.
func (r Registration) Left() bool { return r.Gone() || r.Status == Departed }

// holdsPlace tells whether the person takes a place of a category or delegation.
func (r Registration) holdsPlace() bool {
	return !r.Gone() && r.Status != Waitlisted && r.Status != Draft && r.ReplacedBy == ident.Nil
}
