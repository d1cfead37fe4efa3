package projects

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// standings is how every project stood at the end of a day, column by column as
// a query takes it.
type standings struct {
	ids                []ident.ID
	stages, verified   []string
	paid, verifiedPaid []decimal.NullDecimal
}

// datedEvent is a report of a project, or the project alone.
type datedEvent struct {
	StageEvent
	Of       ident.ID `db:"of"`
	Document Document `db:"document"`
}

// standingsOf answers how the projects that were signed by a day stood on it: by
// what happened until then, whenever it was reported or checked. Without a day
// there is nothing to answer.
func standingsOf(ctx context.Context, q store.Querier, day time.Time) (s standings, err error) {
	if day.IsZero() {
		return s, nil
	}
	rows, err := eventsUpTo(ctx, q, day)
	if err != nil {
		return s, err
	}
	for len(rows) > 0 {
		p, events := rows[0], []StageEvent{}
		for len(rows) > 0 && rows[0].Of == p.Of {
			if rows[0].Stage != "" {
				events = append(events, rows[0].StageEvent)
			}
			rows = rows[1:]
		}
		now := derive(p.Document, events)
		s.ids = append(s.ids, p.Of)
		s.stages, s.verified = append(s.stages, string(now.Stage)), append(s.verified, string(now.VerifiedStage))
		s.paid, s.verifiedPaid = append(s.paid, now.PaidIn), append(s.verifiedPaid, now.VerifiedPaidIn)
	}
	return s, nil
}
