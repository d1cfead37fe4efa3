package files

import (
	"context"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
)

// classes says under which class of data the files of a purpose stand.
var classes = map[Purpose]string{
	Photo: retention.Photos, PassportScan: retention.Documents, Answer: retention.Answers, Letter: retention.Letters, Succession: retention.Letters, Evidence: retention.Evidence,
}

// Retention is which files are not kept for ever. Their contents go with the next
// Sweep.
func (s *Service) Retention() (tasks []retention.Task) {
	for purpose, class := range classes {
		rows := retention.Rows{
			Table: "files", Set: gone,
			Where: `event_id = $1 AND purpose = $3 AND ($4::uuid IS NULL OR registration_id = $4) AND created_at <= $2 AND deleted_at IS NULL AND NOT held(registration_id)`,
		}
		tasks = append(tasks, retention.Task{
			Class: class,
			Purge: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
				return rows.Take(ctx, tx, event, s.now(), purpose, nil)
			},
			Count: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
				return rows.Count(ctx, tx, event, s.now(), purpose, nil)
			},
			Erase: func(ctx context.Context, tx store.Querier, event, registration ident.ID) (int, error) {
				return rows.Take(ctx, tx, event, s.now(), purpose, registration)
			},
		})
	}
	return tasks
}
