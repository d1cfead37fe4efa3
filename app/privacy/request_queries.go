package privacy

import (
	"context"

	"github.com/google/uuid"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
)

// Retention is what of requests is not kept for ever: what people wrote, and what
// they were answered.
func Retention() []retention.Task {
	return []retention.Task{retention.Of(retention.Persons, retention.Rows{
		Table: "privacy_requests", Set: "wish = '', note = ''",
		Where: `event_id = $1 AND ($2::uuid IS NULL OR registration_id = $2) AND (wish <> '' OR note <> '') AND NOT held(registration_id)`,
	})}
}

// insertRequest keeps a request.
//
// Fault: Conflict, the same is open already.
func insertRequest(ctx context.Context, q store.Querier, r Request) error {
	_, err := q.ExecContext(ctx, `INSERT INTO privacy_requests (id, event_id, registration_id, kind, wish, state, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.ID, r.EventID, r.RegistrationID, r.Kind, r.Wish, r.State, r.At)
	return store.Fault(err)
}

const requestSelect = `
	SELECT q.id, q.event_id, q.registration_id, r.reference, q.kind, q.wish, q.state, q.at, q.decided_at, q.decided_by, q.note, held(q.registration_id) AS held
	FROM privacy_requests q JOIN registrations r ON r.id = q.registration_id `

// requestsOf answers the requests of an event, or of one registration.
func requestsOf(ctx context.Context, q store.Querier, event, registration ident.ID) (list []Request, err error) {
	err = q.SelectContext(ctx, &list, requestSelect+`
		WHERE q.event_id = $1 AND ($2::uuid IS NULL OR q.registration_id = $2) ORDER BY q.state = 'open' DESC, q.at DESC, q.id LIMIT 200`,
		event, uuid.NullUUID{UUID: registration, Valid: registration != ident.Nil})
	return list, err
}

// lockRequest finds a request and keeps others from answering it.
func lockRequest(ctx context.Context, q store.Querier, id ident.ID) (r Request, err error) {
	err = q.GetContext(ctx, &r, requestSelect+`WHERE q.id = $1 FOR UPDATE OF q`, id)
	return r, store.Fault(err)
}

func updateRequest(ctx context.Context, q store.Querier, r Request) error {
	_, err := q.ExecContext(ctx, `UPDATE privacy_requests SET state = $2, decided_at = $3, decided_by = $4, note = $5 WHERE id = $1`,
		r.ID, r.State, r.DecidedAt, r.DecidedBy, r.Note)
	return err
}

// mergedInto answers the registrations that were found to be of the same person and
// became one with another.
func mergedInto(ctx context.Context, q store.Querier, registration ident.ID) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `SELECT id FROM registrations WHERE merged_into = $1 ORDER BY id`, registration)
	return ids, err
}
