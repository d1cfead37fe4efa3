package doors

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Passage is one time that somebody showed their badge at a door.
type Passage struct {
	At        time.Time   `db:"judged_at"`
	Gate      locale.Text `db:"gate"`
	Direction Direction   `db:"direction"`
	Granted   bool        `db:"granted"`
}

// PassagesOf answers when a registrant showed the badge where, in order of time.
// Whoever may see all of the registration may see them.
func (s *Service) PassagesOf(ctx context.Context, registration ident.ID) ([]Passage, error) {
	return passagesOf(ctx, s.db, registration)
}
