package firms

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// likelyFirms compares names without spaces and punctuation.
func likelyFirms(ctx context.Context, q store.Querier, event ident.ID, name, credit, domain string, today time.Time) (list []Likely, err error) {
	err = q.SelectContext(ctx, &list, `
		WITH asked AS (SELECT regexp_replace($2::text, '[[:space:][:punct:]（）·]+', '', 'g') AS name),
		found AS (
			SELECT f.id, f.code, f.credit_code, f.name_zh, f.name_en,
				a.name <> '' AND a.name IN (regexp_replace(lower(f.name_zh), '[[:space:][:punct:]（）·]+', '', 'g'), regexp_replace(lower(f.name_en), '[[:space:][:punct:]（）·]+', '', 'g')) AS same_name,
				f.credit_code = $3 AS same_credit,
				$4 <> '' AND (split_part(lower(f.contact_email), '@', 2) = $4
					OR EXISTS (SELECT 1 FROM firm_contacts c WHERE c.firm_id = f.id AND split_part(lower(c.email), '@', 2) = $4)) AS same_domain,
				EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $1 AND e.firm_id = f.id) AS takes_part,
				EXISTS (SELECT 1 FROM firm_grants g WHERE g.firm_id = f.id AND g.kind = 'auto_approve' AND g.valid_from <= $5::date
					AND g.review_on > $5::date AND (g.revoked_on IS NULL OR g.revoked_on > $5::date)) AS auto_approve
			FROM firms f, asked a)
		SELECT * FROM found WHERE same_name OR same_credit OR same_domain
		ORDER BY same_credit DESC, same_name DESC, takes_part DESC, code LIMIT $6`,
		event, name, credit, domain, today.Format(time.DateOnly), likelyMost)
	return list, err
}
