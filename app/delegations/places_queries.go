package delegations

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func placesOf(ctx context.Context, q store.Querier, event ident.ID) (map[ident.ID]Places, error) {
	var rows []struct {
		Category ident.ID `db:"category_id"`
		Taken    int      `db:"taken"`
		Waiting  int      `db:"waiting"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT category_id, count(*) FILTER (WHERE status IN `+holding+`) AS taken, count(*) FILTER (WHERE status = 'waitlisted') AS waiting
		FROM registrations WHERE event_id = $1 GROUP BY category_id`, event)
	places := map[ident.ID]Places{}
	for _, r := range rows {
		places[r.Category] = Places{r.Taken, r.Waiting}
	}
	return places, err
}

// autoApproved tells whether a firm holds a grant of automatic approval on a day.
// One whose review is due holds no more until somebody looked at it.
func autoApproved(ctx context.Context, q store.Querier, firm ident.ID, day time.Time) (ok bool, err error) {
	err = q.GetContext(ctx, &ok, `
		SELECT EXISTS (SELECT 1 FROM firm_grants WHERE firm_id = $1 AND kind = 'auto_approve' AND valid_from <= $2::date
			AND review_on > $2::date AND (revoked_on IS NULL OR revoked_on > $2::date))`, store.OrNull(firm), day.Format(time.DateOnly))
	return ok, err
}
