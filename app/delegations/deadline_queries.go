package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const deadlineSelect = `SELECT step, due_at FROM deadlines WHERE event_id = $1 ORDER BY array_position($2::text[], step)`

func deadlinesOf(ctx context.Context, q store.Querier, event ident.ID) (list []Deadline, err error) {
	err = q.SelectContext(ctx, &list, deadlineSelect, event, pq.Array(Steps))
	return list, err
}

// lockDeadlines answers the deadlines and keeps others from changing them.
func lockDeadlines(ctx context.Context, q store.Querier, event ident.ID) (list []Deadline, err error) {
	err = q.SelectContext(ctx, &list, deadlineSelect+` FOR UPDATE`, event, pq.Array(Steps))
	return list, err
}

func saveDeadlines(ctx context.Context, q store.Querier, event ident.ID, due map[string]time.Time) error {
	for _, step := range Steps {
		at, set := due[step]
		if !set {
			if _, err := q.ExecContext(ctx, `DELETE FROM deadlines WHERE event_id = $1 AND step = $2`, event, step); err != nil {
				return err
			}
			continue
		}
		if _, err := q.ExecContext(ctx, `
			INSERT INTO deadlines (event_id, step, due_at) VALUES ($1, $2, $3)
			ON CONFLICT (event_id, step) DO UPDATE SET due_at = $3`, event, step, at); err != nil {
			return err
		}
	}
	return nil
}

// memberCount are the members of a delegation that come in one role.
type memberCount struct {
	Delegation ident.ID `db:"delegation_id"`
	Role       string   `db:"role"`
	Named      int      `db:"named"`
	Drafts     int      `db:"drafts"`
	incomplete int      // drafts that lack something
}

// officerCount are the officers of a delegation in one role who have an address.
type officerCount struct {
	Delegation ident.ID             `db:"delegation_id"`
	Role       accounts.OfficerRole `db:"role"`
	Officers   int                  `db:"officers"`
}

// memberCounts counts the members of the delegations of an event, or of one.
func memberCounts(ctx context.Context, q store.Querier, event, delegation ident.ID) (list []memberCount, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT r.delegation_id, r.role, count(*) AS named, count(*) FILTER (WHERE r.status = 'draft') AS drafts
		FROM registrations r WHERE r.event_id = $1 AND r.delegation_id IS NOT NULL AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
			AND ($2::uuid IS NULL OR r.delegation_id = $2)
		GROUP BY r.delegation_id, r.role ORDER BY r.delegation_id, r.role`, event, store.OrNull(delegation))
	return list, err
}

// officerCounts counts the officers of some roles who have an address, of the
// delegations of an event or of one.
func officerCounts(ctx context.Context, q store.Querier, event, delegation ident.ID, roles []accounts.OfficerRole, at time.Time) (list []officerCount, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT l.delegation_id, l.role, count(*) AS officers FROM magic_links l
		WHERE l.event_id = $1 AND ($2::uuid IS NULL OR l.delegation_id = $2) AND l.role = ANY($3::text[]) AND l.email <> '' AND l.same_as IS NULL AND l.revoked_at IS NULL AND l.expires_at > $4
		GROUP BY l.delegation_id, l.role`, event, store.OrNull(delegation), pq.Array(roles), at)
	return list, err
}

// claimReminder makes the caller the one who reminds the holder of a link today, on
// the calendar of a zone.
func claimReminder(ctx context.Context, q store.Querier, link ident.ID, at time.Time, zone string) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE magic_links SET reminded_at = $2
		WHERE id = $1 AND revoked_at IS NULL AND (reminded_at IS NULL OR (reminded_at AT TIME ZONE $3)::date < ($2::timestamptz AT TIME ZONE $3)::date)`,
		link, at, zone))
}

// insertCopy keeps a further address of a link, which lives as long.
func insertCopy(ctx context.Context, q store.Querier, id ident.ID, hash []byte, of ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO magic_links (id, secret_hash, purpose, delegation_id, event_id, holder, role, email, lang, same_as, made_by_zh, made_by_en, created_at, expires_at)
		SELECT $1, $2, purpose, delegation_id, event_id, holder, role, email, lang, id, made_by_zh, made_by_en, $4, expires_at FROM magic_links WHERE id = $3`,
		id, hash, of, at)
	return err
}
