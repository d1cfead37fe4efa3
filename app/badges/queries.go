package badges

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

type keyRow struct {
	ID            int    `db:"id"`
	PublicKey     []byte `db:"public_key"`
	PrivateSealed []byte `db:"private_sealed"`
}

func newestKey(ctx context.Context, q store.Querier) (k keyRow, found bool, err error) {
	var rows []keyRow
	err = q.SelectContext(ctx, &rows, `
		SELECT id, public_key, private_sealed FROM signing_keys WHERE retired_at IS NULL AND private_sealed IS NOT NULL ORDER BY id DESC LIMIT 1`)
	if err != nil || len(rows) == 0 {
		return k, false, err
	}
	return rows[0], true, nil
}

// firstKey keeps the first key, or answers the one that another process kept
// meanwhile.
func firstKey(ctx context.Context, q store.Querier, public, sealed []byte, at time.Time) (k keyRow, err error) {
	_, err = q.ExecContext(ctx, `
		INSERT INTO signing_keys (id, public_key, private_sealed, created_at) VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING`, public, sealed, at)
	if err != nil {
		return k, err
	}
	err = q.GetContext(ctx, &k, `SELECT id, public_key, private_sealed FROM signing_keys WHERE id = 1`)
	return k, err
}

func keyRows(ctx context.Context, q store.Querier) (rows []keyRow, err error) {
	err = q.SelectContext(ctx, &rows, `SELECT id, public_key FROM signing_keys ORDER BY id`)
	return rows, err
}

func nextSerial(ctx context.Context, q store.Querier) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT nextval('badge_serials')`)
	return n, err
}

func eventNumber(ctx context.Context, q store.Querier, event ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT number FROM events WHERE id = $1`, event)
	return n, err
}

func daysOfType(ctx context.Context, q store.Querier, event ident.ID, badgeType string) ([]int, error) {
	var days pq.Int64Array
	err := q.GetContext(ctx, &days, `SELECT days FROM badge_types WHERE event_id = $1 AND code = $2`, event, badgeType)
	return whole(days), store.Fault(err)
}

func whole(list pq.Int64Array) (days []int) {
	for _, d := range list {
		days = append(days, int(d))
	}
	return days
}

func insertBadge(ctx context.Context, q store.Querier, b Badge, replaces ident.ID) error {
	zones := b.ExtraZones
	if zones == nil {
		zones = []string{}
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO badges (event_id, id, registration_id, serial, credential, key_id, token, badge_type, extra_zones, days, state,
			valid_from, valid_to, replaces, issued_at, activated_at, state_reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)`,
		b.EventID, b.ID, b.RegistrationID, b.Serial, b.Credential, b.KeyID, b.Token, b.BadgeType, pq.Array(zones), pq.Array(b.Days), b.State,
		b.ValidFrom, b.ValidTo, store.OrNull(replaces), b.IssuedAt, b.StateReason)
	return err
}

const badgeColumns = `b.id, b.event_id, b.registration_id, b.serial, b.credential, b.key_id, b.token, b.badge_type, b.extra_zones, b.days,
	b.state, b.state_reason, b.valid_from, b.valid_to, b.issued_at, b.printed_at, b.version`

type badgeRow struct {
	Badge
	Zones   pq.StringArray `db:"extra_zones"`
	DayList pq.Int64Array  `db:"days"`
}

func (r badgeRow) badge() Badge {
	b := r.Badge
	b.ExtraZones, b.Days = r.Zones, whole(r.DayList)
	return b
}

func oneBadge(ctx context.Context, q store.Querier, where string, args ...any) (Badge, error) {
	var r badgeRow
	err := q.GetContext(ctx, &r, `SELECT `+badgeColumns+` FROM badges b WHERE `+where, args...)
	return r.badge(), store.Fault(err)
}

func badgeByID(ctx context.Context, q store.Querier, id ident.ID) (Badge, error) {
	return oneBadge(ctx, q, `b.id = $1`, id)
}

func livingBadge(ctx context.Context, q store.Querier, registration ident.ID) (Badge, error) {
	return oneBadge(ctx, q, `b.registration_id = $1 AND b.state IN ('requested', 'produced', 'active', 'suspended')`, registration)
}

func updateState(ctx context.Context, q store.Querier, b Badge, to State, reason string, at time.Time) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE badges SET state = $3, state_reason = $4, version = version + 1,
			ended_at = CASE WHEN $3 IN ('revoked', 'superseded', 'returned', 'expired') THEN $5::timestamptz END
		WHERE id = $1 AND version = $2`, b.ID, b.Version, to, reason, at))
}

func lockRegistration(ctx context.Context, q store.Querier, registration ident.ID) error {
	_, err := q.ExecContext(ctx, `SELECT 1 FROM registrations WHERE id = $1 FOR NO KEY UPDATE`, registration)
	return err
}

func badgesOf(ctx context.Context, q store.Querier, registration ident.ID) (list []Badge, err error) {
	var rows []badgeRow
	err = q.SelectContext(ctx, &rows, `SELECT `+badgeColumns+` FROM badges b WHERE b.registration_id = $1 ORDER BY b.issued_at DESC, b.id`, registration)
	for _, r := range rows {
		list = append(list, r.badge())
	}
	return list, err
}
