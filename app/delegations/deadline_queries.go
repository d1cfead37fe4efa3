package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

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

// memberCounts are the members of a delegation that come.
type memberCounts struct {
	Delegation ident.ID `db:"delegation_id"`
	Named      int      `db:"named"`
	Heads      int      `db:"heads"`
	Drafts     int      `db:"drafts"`
	Officers   int      `db:"officers"` // who answer for members and have an address
}

// standingCounts counts the members of the delegations of an event, or of one.
func standingCounts(ctx context.Context, q store.Querier, event, delegation ident.ID, at time.Time) (map[ident.ID]memberCounts, error) {
	var rows []memberCounts
	err := q.SelectContext(ctx, &rows, `
		SELECT d.id AS delegation_id, coalesce(m.named, 0) AS named, coalesce(m.heads, 0) AS heads, coalesce(m.drafts, 0) AS drafts, coalesce(o.officers, 0) AS officers
		FROM delegations d
		LEFT JOIN (SELECT r.delegation_id, count(*) AS named, count(*) FILTER (WHERE r.role = 'head') AS heads, count(*) FILTER (WHERE r.status = 'draft') AS drafts
			FROM registrations r WHERE r.event_id = $1 AND r.delegation_id IS NOT NULL AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
			GROUP BY r.delegation_id) m ON m.delegation_id = d.id
		LEFT JOIN (SELECT l.delegation_id, count(*) AS officers FROM magic_links l
			WHERE l.event_id = $1 AND l.role IN ('accreditation', 'media') AND l.email <> '' AND l.same_as IS NULL AND l.revoked_at IS NULL AND l.expires_at > $3
			GROUP BY l.delegation_id) o ON o.delegation_id = d.id
		WHERE d.event_id = $1 AND ($2::uuid IS NULL OR d.id = $2)`, event, store.OrNull(delegation), at)
	counts := map[ident.ID]memberCounts{}
	for _, r := range rows {
		counts[r.Delegation] = r
	}
	return counts, err
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
