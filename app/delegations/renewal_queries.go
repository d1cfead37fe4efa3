package delegations

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// linkRequest is somebody who asked for the links to their pages.
type linkRequest struct {
	ID          ident.ID `db:"id"`
	EventID     ident.ID `db:"event_id"`
	EmailSealed []byte   `db:"email_sealed"`
}

// insertLinkRequest keeps a request unless too many wait.
func insertLinkRequest(ctx context.Context, q store.Querier, one linkRequest, at time.Time, most int) (bool, error) {
	res, err := q.ExecContext(ctx, `
		INSERT INTO link_requests (id, event_id, email_sealed, asked_at)
		SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM link_requests) < $5`, one.ID, one.EventID, one.EmailSealed, at, most)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// nextLinkRequest takes the oldest one that nobody works on and that did not fail
// since an instant.
func nextLinkRequest(ctx context.Context, q store.Querier, failed time.Time) (one linkRequest, err error) {
	err = q.GetContext(ctx, &one, `
		SELECT id, event_id, email_sealed FROM link_requests WHERE tried_at IS NULL OR tried_at <= $1
		ORDER BY asked_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`, failed)
	return one, store.Fault(err)
}

func triedLinkRequest(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE link_requests SET tried_at = $2 WHERE id = $1`, id, at)
	return err
}

func deleteLinkRequest(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM link_requests WHERE id = $1`, id)
	return err
}

// deleteStaleLinkRequests forgets those that nobody could answer in time; one that is
// answered at this moment is left alone.
func deleteStaleLinkRequests(ctx context.Context, q store.Querier, before time.Time) error {
	_, err := q.ExecContext(ctx, `
		DELETE FROM link_requests WHERE id IN (SELECT id FROM link_requests WHERE asked_at < $1 FOR UPDATE SKIP LOCKED)`, before)
	return err
}
