package delegations

import (
	"context"

	"github.com/lib/pq"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// firmTakingPart finds a firm of an event.
//
// Fault: NotFound, it takes no part.
func firmTakingPart(ctx context.Context, q store.Querier, event, firm ident.ID) (f firmOf, err error) {
	err = q.GetContext(ctx, &f, `
		SELECT name_zh AS "name.zh", name_en AS "name.en" FROM firms
		WHERE id = $2 AND EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = firms.id)`, event, firm)
	return f, store.Fault(err)
}

// belongingCodes are the values of MoveFields.
func belongingCodes(ctx context.Context, q store.Querier, r Registration) (codes [4]string, err error) {
	var row struct {
		Category   string `db:"category"`
		Delegation string `db:"delegation"`
		Firm       string `db:"firm"`
	}
	err = q.GetContext(ctx, &row, `
		SELECT coalesce((SELECT code FROM categories WHERE id = $1), '') AS category,
			coalesce((SELECT code FROM delegations WHERE id = $2), '') AS delegation, coalesce((SELECT code FROM firms WHERE id = $3), '') AS firm`,
		r.CategoryID, store.OrNull(r.DelegationID), store.OrNull(r.FirmID))
	return [4]string{row.Category, r.Role, row.Delegation, row.Firm}, err
}

func namedInMove(ctx context.Context, q store.Querier, event ident.ID, field string, codes ...string) (list []NamedInMove, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT code, name_zh AS "name.zh", name_en AS "name.en", '' AS credit_code FROM categories WHERE $2 = 'category' AND event_id = $1 AND code = ANY($3)
		UNION ALL
		SELECT code, name_zh, name_en, '' FROM delegations WHERE $2 = 'delegation' AND event_id = $1 AND code = ANY($3)
		UNION ALL
		SELECT code, name_zh, name_en, credit_code FROM firms WHERE $2 = 'firm' AND code = ANY($3)
		ORDER BY code`, event, field, pq.Array(codes))
	return list, err
}

// updateBelonging writes where a registration belongs and its status over the version
// before it. In another delegation nobody is ranked yet, and nobody accompanies
// somebody of the one before.
//
// Fault: Conflict, somebody changed it meanwhile.
func updateBelonging(ctx context.Context, q store.Querier, r, before Registration) error {
	res, err := q.ExecContext(ctx, `
		UPDATE registrations SET category_id = $3, delegation_id = $4, firm_id = $5, role = $6, badge_type = $7, organisation = $8, status = $9, unprintable = $10,
			companion_of = CASE WHEN delegation_id IS DISTINCT FROM $4 OR $6 <> 'companion' THEN NULL ELSE companion_of END,
			delegation_order = CASE WHEN delegation_id IS DISTINCT FROM $4 THEN NULL ELSE delegation_order END, version = $2
		WHERE id = $1 AND version = $2 - 1`,
		r.ID, r.Version, r.CategoryID, store.OrNull(r.DelegationID), store.OrNull(r.FirmID), r.Role, r.BadgeType, r.Organisation, r.Status, r.Unprintable)
	if err := onlyOne(res, err); err != nil {
		return err
	}
	if r.Organisation != before.Organisation { // by which lists find people
		_, err = q.ExecContext(ctx, `UPDATE persons SET search = $2, version = version + 1 WHERE id = $1`,
			r.PersonID, text.Search(r.GivenName+" "+r.FamilyName, r.NameNative, r.NameZH, r.Organisation))
	}
	if err != nil || before.DelegationID == r.DelegationID {
		return err
	}
	_, err = q.ExecContext(ctx, `
		DELETE FROM travel_leg_people p USING travel_legs l WHERE p.registration_id = $1 AND l.id = p.leg_id AND l.delegation_id IS DISTINCT FROM $2`,
		r.ID, store.OrNull(r.DelegationID))
	return err
}

// companionOf finds the first of those who come as somebody's companions; Nil: nobody.
func companionOf(ctx context.Context, q store.Querier, host ident.ID) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		SELECT coalesce((SELECT id FROM registrations WHERE companion_of = $1 AND status NOT IN ('rejected', 'withdrawn', 'cancelled') AND replaced_by IS NULL
			ORDER BY queue_no, id LIMIT 1), '00000000-0000-0000-0000-000000000000')`, host)
	return id, err
}

func waitingToDecide(ctx context.Context, q store.Querier, event ident.ID) (w ToDecide, err error) {
	err = q.GetContext(ctx, &w, `
		WITH asked AS (SELECT x.id, x.asked_at FROM substitutions x JOIN delegations d ON d.id = x.delegation_id WHERE d.event_id = $1 AND x.state = 'asked')
		SELECT (SELECT count(*) FROM registration_changes c JOIN registrations r ON r.id = c.registration_id WHERE r.event_id = $1 AND c.state = 'pending') AS changes,
			(SELECT count(*) FROM asked) AS replacements,
			coalesce((SELECT id FROM asked ORDER BY asked_at, id LIMIT 1), '00000000-0000-0000-0000-000000000000') AS replacement`, event)
	return w, err
}

// sameOfFirm finds the reference of who comes for a firm already and has the name and
// address or the passport of a person; empty: nobody.
func sameOfFirm(ctx context.Context, q store.Querier, event, firm, person ident.ID) (reference string, err error) {
	err = q.GetContext(ctx, &reference, `
		SELECT coalesce((
			SELECT r.reference FROM persons me JOIN registrations r ON r.event_id = $1 AND r.firm_id = $2 AND r.person_id <> me.id JOIN persons p ON p.id = r.person_id
			WHERE me.id = $3 AND r.status NOT IN ('draft', 'rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
				AND (p.name_key = me.name_key AND p.email <> '' AND lower(p.email) = lower(me.email)
					OR EXISTS (SELECT 1 FROM travel_documents a JOIN travel_documents b ON b.number_index = a.number_index WHERE a.person_id = me.id AND b.person_id = p.id))
			ORDER BY r.queue_no LIMIT 1), '')`, event, firm, person)
	return reference, err
}

// hasHead tells whether somebody leads a delegation, who is told of that before it is
// asked whether there is a place.
func hasHead(ctx context.Context, q store.Querier, delegation ident.ID) (led bool, err error) {
	err = q.GetContext(ctx, &led, `
		SELECT EXISTS (SELECT 1 FROM registrations WHERE delegation_id = $1 AND role = 'head' AND status NOT IN ('rejected', 'withdrawn', 'cancelled') AND replaced_by IS NULL)`, delegation)
	return led, err
}

// onlyOneHead puts that a delegation has one head beside the role.
func onlyOneHead(err error) error {
	if store.Constraint(err) == "registrations_one_head" {
		return fault.Fields(fault.Field{Path: "role", Key: "constraint.registrations_one_head"})
	}
	return err
}

// substitutionWaits tells whether somebody is to replace a registration, or it
// another, and the office has not decided.
func substitutionWaits(ctx context.Context, q store.Querier, registration ident.ID) (waits bool, err error) {
	err = q.GetContext(ctx, &waits, `
		SELECT EXISTS (SELECT 1 FROM substitutions WHERE state = 'asked' AND (from_registration_id = $1 OR to_registration_id = $1))`, registration)
	return waits, err
}
