package doors

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func passagesOf(ctx context.Context, q store.Querier, registration ident.ID) (list []Passage, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT s.judged_at, g.name_zh AS "gate.zh", g.name_en AS "gate.en", s.direction, s.granted
		FROM scans s JOIN gates g ON g.id = s.gate_id WHERE s.registration_id = $1 ORDER BY s.judged_at, s.id LIMIT 2000`, registration)
	return list, err
}
