package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const legSelect = `SELECT id, event_id, delegation_id, direction, kind, number, from_place, to_place, planned_at, actual_at, seats, note, pick_up, version FROM travel_legs `

// legsOf answers the journeys of a delegation in order of time, with who travels.
func legsOf(ctx context.Context, q store.Querier, delegation ident.ID) (list []Leg, err error) {
	if err := q.SelectContext(ctx, &list, legSelect+`WHERE delegation_id = $1 ORDER BY coalesce(actual_at, planned_at), id`, delegation); err != nil {
		return nil, err
	}
	var people []struct {
		Leg          ident.ID `db:"leg_id"`
		Registration ident.ID `db:"registration_id"`
	}
	err = q.SelectContext(ctx, &people, `
		SELECT p.leg_id, p.registration_id FROM travel_leg_people p JOIN travel_legs l ON l.id = p.leg_id
		WHERE l.delegation_id = $1 ORDER BY p.leg_id, p.registration_id`, delegation)
	for _, p := range people {
		for i := range list {
			if list[i].ID == p.Leg {
				list[i].People = append(list[i].People, p.Registration)
			}
		}
	}
	return list, err
}

// lockLeg finds a journey of a delegation and keeps others from changing it.
func lockLeg(ctx context.Context, q store.Querier, delegation, id ident.ID) (l Leg, err error) {
	if err := q.GetContext(ctx, &l, legSelect+`WHERE delegation_id = $1 AND id = $2 FOR UPDATE`, delegation, id); err != nil {
		return l, store.Fault(err)
	}
	err = q.SelectContext(ctx, &l.People, `SELECT registration_id FROM travel_leg_people WHERE leg_id = $1 ORDER BY registration_id`, id)
	return l, err
}

func upsertLeg(ctx context.Context, q store.Querier, l Leg, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO travel_legs (event_id, id, delegation_id, direction, kind, number, from_place, to_place, planned_at, actual_at, seats, note, pick_up, created_at, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET direction = $4, kind = $5, number = $6, from_place = $7, to_place = $8, planned_at = $9, actual_at = $10, seats = $11,
			note = $12, pick_up = $13, version = $15`,
		l.EventID, l.ID, l.DelegationID, l.Direction, l.Kind, l.Number, l.From, l.To, l.PlannedAt, l.ActualAt, l.Seats, l.Note, l.PickUp, at, l.Version)
	return err
}

// savePeople names who travels, as far as they belong to the delegation, and answers
// how many do.
func savePeople(ctx context.Context, q store.Querier, l Leg) (named int, err error) {
	if _, err := q.ExecContext(ctx, `DELETE FROM travel_leg_people WHERE leg_id = $1`, l.ID); err != nil || len(l.People) == 0 {
		return 0, err
	}
	err = q.GetContext(ctx, &named, `
		WITH named AS (
			INSERT INTO travel_leg_people (leg_id, registration_id) SELECT $1, r.id FROM registrations r WHERE r.delegation_id = $2 AND r.id = ANY($3::uuid[]) RETURNING 1
		) SELECT count(*) FROM named`, l.ID, l.DelegationID, pq.Array(l.People))
	return named, err
}

func deleteLeg(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM travel_legs WHERE id = $1`, id)
	return err
}
