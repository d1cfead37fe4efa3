package projects

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Signings is what the hall's big screen tells of an event's documents: how many
// are signed by today, of how many; all, and contracts only.
type Signings struct {
	Signed          int `db:"signed"`
	Documents       int `db:"documents"`
	SignedContracts int `db:"signed_contracts"`
	Contracts       int `db:"contracts"`
	Latest          []Signing
}

// Signing is one document that was signed, as far as it is public.
type Signing struct {
	Name     locale.Text         `db:"name"`
	City     locale.Text         `db:"city"`
	Amount   decimal.NullDecimal `db:"amount"`
	Currency string              `db:"currency"`
}

// Signings answers what anybody may know of an event's documents today, by the
// calendar of a zone: counts, and the latest three that are public.
func (s *Service) Signings(ctx context.Context, event ident.ID, zone *time.Location) (Signings, error) {
	return signingsOf(ctx, s.db, event, s.now().In(zone).Format(time.DateOnly))
}
