package agenda

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// succeedIn puts one registrant in the place of another in the sessions that have
// not ended, and answers which.
func succeedIn(ctx context.Context, q store.Querier, event, from, to ident.ID, at time.Time) (sessions []ident.ID, err error) {
	err = q.SelectContext(ctx, &sessions, `
		WITH theirs AS (
			DELETE FROM session_people sp USING sessions s
			WHERE s.id = sp.session_id AND s.event_id = $1 AND s.ends_at > $4 AND s.status NOT IN ('ended', 'cancelled', 'archived') AND sp.registration_id = $2
			RETURNING sp.session_id, sp.part, sp.position
		), put AS (
			INSERT INTO session_people (session_id, registration_id, part, position) SELECT session_id, $3, part, position FROM theirs
			ON CONFLICT (session_id, registration_id, part) DO UPDATE SET position = least(session_people.position, excluded.position)
			RETURNING session_id
		)
		SELECT DISTINCT session_id FROM put ORDER BY session_id`, event, from, to, at)
	return sessions, store.Fault(err)
}

func partsOf(ctx context.Context, q store.Querier, registration ident.ID, at time.Time) (list []Part, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT sp.part, `+sessionColumns+` JOIN session_people sp ON sp.session_id = s.id
		WHERE sp.registration_id = $1 AND s.ends_at > $2 AND s.status NOT IN ('ended', 'cancelled', 'archived') ORDER BY s.starts_at, s.code`, registration, at)
	return list, store.Fault(err)
}
