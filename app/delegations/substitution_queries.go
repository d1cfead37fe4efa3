package delegations

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// updateRole writes what a deputy takes over, over the version before it.
func updateRole(ctx context.Context, q store.Querier, r Registration) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE registrations SET role = $3, category_id = $4, badge_type = $5, version = $2 WHERE id = $1 AND version = $2 - 1`,
		r.ID, r.Version, r.Role, r.CategoryID, r.BadgeType))
}

// takeOrder puts a formal representative where whom they stand for stood in the order
// of precedence of the delegation.
func takeOrder(ctx context.Context, q store.Querier, from, to ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET delegation_order = g.delegation_order FROM registrations g WHERE registrations.id = $2 AND g.id = $1`, from, to)
	return err
}

const substitutionSelect = `
	SELECT s.id, s.delegation_id, s.from_registration_id, s.to_registration_id, s.as_rank, s.state, s.note, coalesce(s.letter_id, '00000000-0000-0000-0000-000000000000') AS letter_id, s.asked_at,
		s.asked_by_zh AS "asked_by.zh", s.asked_by_en AS "asked_by.en", s.decided_at, s.decided_by_zh AS "decided_by.zh", s.decided_by_en AS "decided_by.en", s.reason,
		trim(fp.given_name || ' ' || fp.family_name) AS "from.latin", fp.name_native AS "from.native", fp.name_zh AS "from.zh",
		trim(tp.given_name || ' ' || tp.family_name) AS "to.latin", tp.name_native AS "to.native", tp.name_zh AS "to.zh"
	FROM substitutions s
	JOIN registrations f ON f.id = s.from_registration_id JOIN persons fp ON fp.id = f.person_id
	JOIN registrations t ON t.id = s.to_registration_id JOIN persons tp ON tp.id = t.person_id `

func substitutionsOf(ctx context.Context, q store.Querier, delegation ident.ID) (list []Substitution, err error) {
	err = q.SelectContext(ctx, &list, substitutionSelect+`WHERE s.delegation_id = $1 ORDER BY s.state = 'asked' DESC, s.asked_at DESC, s.id LIMIT 100`, delegation)
	return list, err
}

// askedOf answers who is to come in the place of a registration; nil: nobody asked.
func askedOf(ctx context.Context, q store.Querier, registration ident.ID) (*Substitution, error) {
	var list []Substitution
	err := q.SelectContext(ctx, &list, substitutionSelect+`WHERE s.from_registration_id = $1 AND s.state = 'asked'`, registration)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func substitutionByID(ctx context.Context, q store.Querier, id ident.ID) (s Substitution, err error) {
	err = q.GetContext(ctx, &s, substitutionSelect+`WHERE s.id = $1`, id)
	return s, store.Fault(err)
}

// insertSubstitution keeps a substitution.
//
// Fault: Conflict, another one of the same person waits.
func insertSubstitution(ctx context.Context, q store.Querier, s Substitution) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO substitutions (id, delegation_id, from_registration_id, to_registration_id, as_rank, state, note, asked_at, asked_by_zh, asked_by_en,
			decided_at, decided_by_zh, decided_by_en, letter_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		s.ID, s.DelegationID, s.FromID, s.ToID, s.AsRank, s.State, s.Note, s.AskedAt, s.AskedBy.ZH, s.AskedBy.EN, s.DecidedAt, s.DecidedBy.ZH, s.DecidedBy.EN, store.OrNull(s.LetterID))
	return store.Fault(err)
}

// refuseAsked turns down what was asked for about somebody whose registration became
// part of another.
func refuseAsked(ctx context.Context, q store.Querier, registration ident.ID, by locale.Text, reason string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE substitutions SET state = 'refused', decided_at = $2, decided_by_zh = $3, decided_by_en = $4, reason = $5
		WHERE state = 'asked' AND $1 IN (from_registration_id, to_registration_id)`, registration, at, by.ZH, by.EN, reason)
	return err
}

func updateSubstitution(ctx context.Context, q store.Querier, s Substitution) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE substitutions SET state = $2, decided_at = $3, decided_by_zh = $4, decided_by_en = $5, reason = $6 WHERE id = $1 AND state = 'asked'`,
		s.ID, s.State, s.DecidedAt, s.DecidedBy.ZH, s.DecidedBy.EN, s.Reason))
}

func eventOfSubstitution(ctx context.Context, q store.Querier, id ident.ID) (event ident.ID, err error) {
	err = q.GetContext(ctx, &event, `SELECT d.event_id FROM substitutions s JOIN delegations d ON d.id = s.delegation_id WHERE s.id = $1`, id)
	return event, store.Fault(err)
}
