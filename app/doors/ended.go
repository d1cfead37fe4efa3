package doors

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/locale"
)

// Ended says why a registration has ended. Staff at a door cannot help somebody of
// whom they only know that a badge was revoked.
type Ended struct {
	How    string      `db:"how"`       // replaced, merged, cancelled, withdrawn, rejected, departed, erased
	At     *time.Time  `db:"at"`        // in the event's zone; nil: not known
	Other  string      `db:"reference"` // of who comes instead, or of the registration that holds now; empty: none
	Called locale.Name `db:"called"`    // who that is
	Serial string      `db:"serial"`    // of the badge that holds instead; empty: none
}

// explain adds to a refusal for the badge's sake why the person does not come any more.
func (s *Service) explain(ctx context.Context, tx *sqlx.Tx, g post, row scanRow, v *Verdict) error {
	code := row.Code
	if code == DuplicateRead {
		code = row.FirstCode
	}
	if row.Granted || v.Person == nil || !slices.Contains([]Code{Revoked, Superseded, NotActive}, code) {
		return nil
	}
	ended, found, err := endedOf(ctx, tx, row.RegistrationID)
	if err != nil {
		return fmt.Errorf("read why a registration ended: %w", err)
	}
	if !found {
		return nil
	}
	if ended.At != nil {
		at := ended.At.In(g.event().Location())
		ended.At = &at
	}
	v.Ended = &ended
	return nil
}
