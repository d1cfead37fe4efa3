package delegations

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// updateRole writes what becomes of somebody's part, over the version before it.
func updateRole(ctx context.Context, q store.Querier, r Registration) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE registrations SET role = $3, category_id = $4, badge_type = $5, version = $2 WHERE id = $1 AND version = $2 - 1`,
		r.ID, r.Version, r.Role, r.CategoryID, r.BadgeType))
}

// updateDeputy writes what a deputy takes over, over the version before it.
func updateDeputy(ctx context.Context, q store.Querier, r Registration, at time.Time) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE registrations SET role = $3, category_id = $4, badge_type = $5, delegation_id = $6, status = $7, queue_no = $8, group_id = $9,
			submitted_at = coalesce(submitted_at, $10), version = $2
		WHERE id = $1 AND version = $2 - 1`,
		r.ID, r.Version, r.Role, r.CategoryID, r.BadgeType, r.DelegationID, r.Status, r.QueueNo, store.OrNull(r.GroupID), at))
}

// updateReplaced says who came instead. Where the deputy waits at the number of whom
// they replace, that one has the deputy's, so that no number stands twice.
func updateReplaced(ctx context.Context, q store.Querier, id, deputy ident.ID, number int) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET replaced_by = $2, queue_no = $3 WHERE id = $1`, id, deputy, number)
	return err
}

// takeOrder puts a formal representative where whom they stand for stood in the order
// of precedence of the delegation.
func takeOrder(ctx context.Context, q store.Querier, from, to ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET delegation_order = g.delegation_order FROM registrations g WHERE registrations.id = $2 AND g.id = $1`, from, to)
	return err
}

const substitutionSelect = `
	SELECT s.id, s.delegation_id, s.from_registration_id, s.to_registration_id, s.as_rank, s.state, s.note, coalesce(s.letter_id, '00000000-0000-0000-0000-000000000000') AS letter_id, s.asked_at,
		s.asked_by_zh AS "asked_by.zh", s.asked_by_en AS "asked_by.en", s.decided_at, s.decided_by_zh AS "decided_by.zh", s.decided_by_en AS "decided_by.en", s.reason, s.own,
		trim(fp.given_name || ' ' || fp.family_name) AS "from.latin", fp.name_native AS "from.native", fp.name_zh AS "from.zh",
		trim(tp.given_name || ' ' || tp.family_name) AS "to.latin", tp.name_native AS "to.native", tp.name_zh AS "to.zh"
	FROM substitutions s
	JOIN registrations f ON f.id = s.from_registration_id JOIN persons fp ON fp.id = f.person_id
	JOIN registrations t ON t.id = s.to_registration_id JOIN persons tp ON tp.id = t.person_id `

func substitutionsWhere(ctx context.Context, q store.Querier, where string, args ...any) (list []Substitution, err error) {
	err = q.SelectContext(ctx, &list, substitutionSelect+`WHERE `+where, args...)
	return list, err
}

func substitutionsOf(ctx context.Context, q store.Querier, delegation ident.ID) ([]Substitution, error) {
	return substitutionsWhere(ctx, q, `s.delegation_id = $1 ORDER BY s.state = 'asked' DESC, s.asked_at DESC, s.id LIMIT 100`, delegation)
}

// askedOf answers who is to come in the place of a registration; nil: nobody asked.
func askedOf(ctx context.Context, q store.Querier, registration ident.ID) (*Substitution, error) {
	list, err := substitutionsWhere(ctx, q, `s.from_registration_id = $1 AND s.state = 'asked'`, registration)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// askedAbout answers what is asked for about somebody, whether they go or come, and
// keeps others from deciding on it.
func askedAbout(ctx context.Context, q store.Querier, registration ident.ID) ([]Substitution, error) {
	return substitutionsWhere(ctx, q, `s.state = 'asked' AND $1 IN (s.from_registration_id, s.to_registration_id) ORDER BY s.id FOR NO KEY UPDATE OF s`, registration)
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
			decided_at, decided_by_zh, decided_by_en, own, letter_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		s.ID, s.DelegationID, s.FromID, s.ToID, s.AsRank, s.State, s.Note, s.AskedAt, s.AskedBy.ZH, s.AskedBy.EN, s.DecidedAt, s.DecidedBy.ZH, s.DecidedBy.EN, s.Own, store.OrNull(s.LetterID))
	return store.Fault(err)
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
