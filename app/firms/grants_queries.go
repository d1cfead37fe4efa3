package firms

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const grantSelect = `SELECT id, firm_id, kind, valid_from, review_on, revoked_on, basis, granted_by FROM firm_grants `

func insertGrant(ctx context.Context, q store.Querier, g Grant) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_grants (id, firm_id, kind, valid_from, review_on, basis, granted_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		g.ID, g.FirmID, g.Kind, g.From, g.ReviewOn, g.Basis, g.GrantedBy)
	return err
}

func updateGrant(ctx context.Context, q store.Querier, g Grant) error {
	_, err := q.ExecContext(ctx, `UPDATE firm_grants SET review_on = $2, revoked_on = $3 WHERE id = $1`, g.ID, g.ReviewOn, g.RevokedOn)
	return err
}

func lockGrant(ctx context.Context, q store.Querier, firm, id ident.ID) (g Grant, err error) {
	err = q.GetContext(ctx, &g, grantSelect+`WHERE id = $1 AND firm_id = $2 FOR UPDATE`, id, firm)
	return g.inUTC(), store.Fault(err)
}

// grantsOf answers the grants of firms, the latest first within each kind.
func grantsOf(ctx context.Context, q store.Querier, of []ident.ID) (map[ident.ID][]Grant, error) {
	var list []Grant
	err := q.SelectContext(ctx, &list, grantSelect+`
		WHERE firm_id = ANY($1) ORDER BY firm_id, array_position(ARRAY['whitelist', 'direct_report', 'auto_approve'], kind), valid_from DESC, id DESC`, pq.Array(of))
	held := map[ident.ID][]Grant{}
	for _, g := range list {
		held[g.FirmID] = append(held[g.FirmID], g.inUTC())
	}
	return held, err
}

// grantsByFirm answers every grant, by the firm that it was given to.
func grantsByFirm(ctx context.Context, q store.Querier) (map[ident.ID][]Grant, error) {
	var list []Grant
	err := q.SelectContext(ctx, &list, grantSelect+`ORDER BY valid_from`)
	held := map[ident.ID][]Grant{}
	for _, g := range list {
		held[g.FirmID] = append(held[g.FirmID], g.inUTC())
	}
	return held, err
}

// inUTC writes dates as everything else does: the driver answers them in a zone
// without a name.
func (g Grant) inUTC() Grant {
	g.From, g.ReviewOn = g.From.UTC(), g.ReviewOn.UTC()
	if g.RevokedOn != nil {
		on := g.RevokedOn.UTC()
		g.RevokedOn = &on
	}
	return g
}

func insertStep(ctx context.Context, q store.Querier, s Step) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_grant_steps (id, grant_id, at, step, effective, review_on, reason, by_zh, by_en) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		s.ID, s.GrantID, s.At, s.What, s.Effective, s.ReviewOn, s.Reason, s.By.ZH, s.By.EN)
	return err
}

func stepsOf(ctx context.Context, q store.Querier, firm ident.ID) (map[ident.ID][]Step, error) {
	var list []Step
	err := q.SelectContext(ctx, &list, `
		SELECT s.id, s.grant_id, s.at, s.step, s.effective, s.review_on, s.reason, s.by_zh AS "by.zh", s.by_en AS "by.en"
		FROM firm_grant_steps s JOIN firm_grants g ON g.id = s.grant_id WHERE g.firm_id = $1 ORDER BY s.at, s.id`, firm)
	steps := map[ident.ID][]Step{}
	for _, s := range list {
		s.Effective = s.Effective.UTC()
		if s.ReviewOn != nil {
			on := s.ReviewOn.UTC()
			s.ReviewOn = &on
		}
		steps[s.GrantID] = append(steps[s.GrantID], s)
	}
	return steps, err
}

// reviewsDue counts the firms of a list that have a grant whose review has come, and
// those for which it comes before a day.
func reviewsDue(ctx context.Context, q store.Querier, event ident.ID, today, before time.Time) (due, soon int, err error) {
	row := struct {
		Due  int `db:"due"`
		Soon int `db:"soon"`
	}{}
	err = q.GetContext(ctx, &row, `
		SELECT count(DISTINCT g.firm_id) FILTER (WHERE g.review_on <= $2) AS due, count(DISTINCT g.firm_id) FILTER (WHERE g.review_on > $2) AS soon
		FROM firm_grants g
		WHERE (g.revoked_on IS NULL OR g.revoked_on > $2) AND g.review_on <= $3 AND g.valid_from <= $2
			AND ($1::uuid IS NULL OR EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = g.firm_id))`,
		store.OrNull(event), today, before)
	return row.Due, row.Soon, err
}
