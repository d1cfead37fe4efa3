package delegations

import (
	"context"
	"slices"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// knownOf reads what is known of the drafts of an event: of all, of those of a
// delegation, or of one.
func knownOf(ctx context.Context, q store.Querier, event, delegation, registration ident.ID) (list []known, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT r.id, r.person_id, r.delegation_id, r.role, p.family_name, coalesce(p.nationality, '') AS nationality,
			coalesce(nullif(r.title_en, ''), r.title_zh) AS title, r.organisation, p.birth_date_sealed,
			(SELECT max(t.expires_on) FROM travel_documents t WHERE t.person_id = p.id) AS expires_on,
			coalesce(r.companion_of, '00000000-0000-0000-0000-000000000000') AS companion_of, r.guardian
		FROM registrations r JOIN persons p ON p.id = r.person_id
		WHERE r.event_id = $1 AND r.status = 'draft' AND r.delegation_id IS NOT NULL
			AND ($2::uuid IS NULL OR r.delegation_id = $2) AND ($3::uuid IS NULL OR r.id = $3)`,
		event, store.OrNull(delegation), store.OrNull(registration))
	return list, err
}

// lockDrafts answers the drafts of a delegation in the order of their numbers and
// keeps others from changing them.
func lockDrafts(ctx context.Context, q store.Querier, delegation ident.ID) (list []Registration, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+registrationColumns+registrationFrom+`
		WHERE r.delegation_id = $1 AND r.status = 'draft' ORDER BY r.id FOR NO KEY UPDATE OF r`, delegation)
	slices.SortFunc(list, func(a, b Registration) int { return a.QueueNo - b.QueueNo })
	return list, err
}

// updateDraft takes back from a registration just made that it was handed in.
func updateDraft(ctx context.Context, q store.Querier, id, companionOf ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET submitted_at = NULL, companion_of = $2 WHERE id = $1`, id, store.OrNull(companionOf))
	return err
}

func updateParticulars(ctx context.Context, q store.Querier, id ident.ID, p Particulars, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE registrations SET companion_of = $2, guardian = $3::text,
			guardian_agreed_at = CASE WHEN $3::text = '' THEN NULL WHEN guardian = $3::text THEN guardian_agreed_at ELSE $4::timestamptz END
		WHERE id = $1`, id, store.OrNull(p.CompanionOf), p.Guardian, at)
	return err
}

// updateConfirmed hands a draft in, over the version before it.
//
// Fault: Conflict, somebody else changed it meanwhile.
func updateConfirmed(ctx context.Context, q store.Querier, r Registration) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE registrations SET status = $3, submitted_at = $4, queue_no = $5, version = $2 WHERE id = $1 AND version = $2 - 1 AND status = 'draft'`,
		r.ID, r.Version, r.Status, r.SubmittedAt, r.QueueNo))
}
