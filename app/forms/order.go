package forms

import (
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// Order brings the questions of a form into another order: ids are all that are
// asked. version is that of the form which was shown.
//
// Faults: Forbidden; Conflict, somebody changed the form meanwhile, or a question
// would come before the one that it depends on.
func (s *Service) Order(ctx context.Context, by accounts.Actor, event ident.ID, version int, ids []ident.ID) error {
	return s.change(ctx, by, event, "question.order", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		now, err := formVersion(ctx, tx, event)
		if err != nil {
			return event, nil, nil, err
		}
		if now != version+1 || !sameIDs(ids, living(all)) { // this change raised it by one
			return event, nil, nil, fault.New(fault.Conflict, "error.changed")
		}
		return ids[0], nil, nil, place(ctx, tx, all, ids)
	})
}

// Move brings a question one place up (by -1) or down (by 1); at the end of the
// form nothing happens.
//
// Faults: NotFound; Forbidden; Conflict, the question would come before the one
// that it depends on.
func (s *Service) Move(ctx context.Context, by accounts.Actor, event, id ident.ID, step int) error {
	return s.change(ctx, by, event, "question.order", func(tx *sqlx.Tx, all []Question) (ident.ID, map[string]any, map[string]any, error) {
		ids := living(all)
		from := slices.Index(ids, id)
		if from < 0 || step != 1 && step != -1 {
			return id, nil, nil, fault.New(fault.NotFound, "error.not_found")
		}
		if to := from + step; to >= 0 && to < len(ids) {
			ids[from], ids[to] = ids[to], ids[from]
		}
		return id, nil, nil, place(ctx, tx, all, ids)
	})
}

// place writes an order that keeps every question behind the one it depends on.
func place(ctx context.Context, tx *sqlx.Tx, all []Question, ids []ident.ID) error {
	for i, id := range ids {
		q, _ := Find(all, id)
		if parent, conditional := Find(all, q.ShownIf); conditional && slices.Index(ids, parent.ID) > i {
			return fault.New(fault.Conflict, "forms.order", q.Label, parent.Label)
		}
	}
	return placeQuestions(ctx, tx, ids)
}

func sameIDs(a, b []ident.ID) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	sorted := func(ids []ident.ID) []ident.ID {
		ids = slices.Clone(ids)
		slices.SortFunc(ids, func(x, y ident.ID) int { return slices.Compare(x[:], y[:]) })
		return ids
	}
	return slices.Equal(sorted(a), sorted(b))
}
