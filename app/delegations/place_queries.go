package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// waitingBatch is how many of those who wait are read at a time.
const waitingBatch = 200

// lockNumbers takes the counter of an event, as who gets the next number does.
func lockNumbers(ctx context.Context, q store.Querier, event ident.ID) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO registration_numbers (event_id, next) VALUES ($1, 1)
		ON CONFLICT (event_id) DO UPDATE SET next = registration_numbers.next`, event)
	return err
}

// placesOf counts the places of a category or of a delegation of an event, by
// whichever has the ID, or of a class of a delegation.
//
// Fault: NotFound, neither has.
func placesOf(ctx context.Context, q store.Querier, event ident.ID, of seat) (p places, err error) {
	id := of.of
	if of.class != "" {
		err = q.GetContext(ctx, &p, `
			SELECT (SELECT quota FROM delegation_quotas WHERE delegation_id = $1 AND class = $2) AS quota,
				(SELECT count(*) FROM registrations r WHERE r.delegation_id = $1 AND r.role = $2 AND `+holds("r")+`) AS taken`, id, of.class)
		return p, store.Fault(err)
	}
	err = q.GetContext(ctx, &p, `
		SELECT quota, CASE WHEN quota IS NULL THEN 0 ELSE (SELECT count(*) FROM registrations r WHERE r.category_id = $2 AND `+holds("r")+`) END AS taken
		FROM categories WHERE id = $2 AND event_id = $1
		UNION ALL
		SELECT quota, (SELECT count(*) FROM registrations r WHERE r.delegation_id = $2 AND `+holds("r")+`)
		FROM delegations WHERE id = $2 AND event_id = $1`, event, id)
	return p, store.Fault(err)
}

type waitingRow struct {
	ID           ident.ID `db:"id"`
	CategoryID   ident.ID `db:"category_id"`
	DelegationID ident.ID `db:"delegation_id"`
	GroupID      ident.ID `db:"group_id"`
	QueueNo      int      `db:"queue_no"`
	Size         int      `db:"size"`
	Passed       int      `db:"passed"`
	Role         string   `db:"role"`
}

const waitingSelect = `
	SELECT r.id, r.category_id, coalesce(r.delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id,
		coalesce(r.group_id, '00000000-0000-0000-0000-000000000000') AS group_id, r.queue_no, r.role, coalesce(g.size, 1) AS size, coalesce(g.passed, 0) AS passed
	FROM registrations r LEFT JOIN registration_groups g ON g.id = r.group_id WHERE r.status = 'waitlisted' AND `

// waitingFor answers the next who wait for places of some categories and
// delegations, in their order: those with a number after the given one.
func waitingFor(ctx context.Context, q store.Querier, event ident.ID, of []ident.ID, after int) (list []waitingRow, err error) {
	err = q.SelectContext(ctx, &list, waitingSelect+`r.event_id = $1 AND (r.category_id = ANY($2) OR r.delegation_id = ANY($2)) AND r.queue_no > $3
		ORDER BY r.queue_no LIMIT $4`, event, pq.Array(of), after, waitingBatch)
	return list, err
}

func waitingInGroup(ctx context.Context, q store.Querier, group ident.ID) (list []waitingRow, err error) {
	err = q.SelectContext(ctx, &list, waitingSelect+`r.group_id = $1 ORDER BY r.queue_no`, group)
	return list, err
}

// lockWaiting answers who of some registrations still wait, and keeps others from
// changing them. Those whom somebody changes at this moment do not.
func lockWaiting(ctx context.Context, q store.Querier, ids []ident.ID) (locked []ident.ID, err error) {
	err = q.SelectContext(ctx, &locked, `
		SELECT id FROM registrations WHERE id = ANY($1) AND status = 'waitlisted' ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`, pq.Array(ids))
	return locked, err
}

// insertFreePlaces notes that places of some categories and delegations are to be given
// away once more.
func insertFreePlaces(ctx context.Context, q store.Querier, event ident.ID, of []ident.ID, reason string) error {
	_, err := q.ExecContext(ctx, `INSERT INTO free_places (event_id, of_id, reason) SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING`, event, pq.Array(of), reason)
	return err
}

func eventsWithFreePlaces(ctx context.Context, q store.Querier) (list []ident.ID, err error) {
	err = q.SelectContext(ctx, &list, `SELECT DISTINCT event_id FROM free_places ORDER BY event_id`)
	return list, err
}

// freePlace is a category or delegation of which there may be places, and why.
type freePlace struct {
	Of     ident.ID `db:"of_id"`
	Reason string   `db:"reason"`
}

// takeFreePlaces answers what was noted of an event and is still there, and forgets it.
func takeFreePlaces(ctx context.Context, q store.Querier, event ident.ID) (list []freePlace, err error) {
	err = q.SelectContext(ctx, &list, `
		WITH noted AS (DELETE FROM free_places WHERE event_id = $1 RETURNING of_id, reason)
		SELECT of_id, reason FROM noted WHERE of_id IN (SELECT id FROM categories WHERE event_id = $1 UNION SELECT id FROM delegations WHERE event_id = $1)
		ORDER BY of_id`, event)
	return list, err
}

func updatePassed(ctx context.Context, q store.Querier, group ident.ID, passed int) error {
	_, err := q.ExecContext(ctx, `UPDATE registration_groups SET passed = $2 WHERE id = $1`, group, passed)
	return err
}

func insertGroup(ctx context.Context, q store.Querier, event, id ident.ID, size int, at time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO registration_groups (event_id, id, size, created_at) VALUES ($1, $2, $3, $4)`, event, id, size, at)
	return err
}

// categoryPlaces counts the places of every category of an event.
func categoryPlaces(ctx context.Context, q store.Querier, event ident.ID) (map[ident.ID]Places, error) {
	var rows []struct {
		Category ident.ID `db:"category_id"`
		Taken    int      `db:"taken"`
		Waiting  int      `db:"waiting"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT r.category_id, count(*) FILTER (WHERE `+holds("r")+`) AS taken, count(*) FILTER (WHERE r.status = 'waitlisted') AS waiting
		FROM registrations r WHERE r.event_id = $1 GROUP BY r.category_id`, event)
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
