package announcements

import (
	"context"
	"time"

	"qianshou/app/delegations"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/mail"
)

func insert(ctx context.Context, q store.Querier, a Announcement) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO announcements (id, event_id, category_id, delegation_id, standing, subject_zh, body_zh, subject_en, body_en, recipients, sent_at, sent_by_zh, sent_by_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		a.ID, a.EventID, store.OrNull(a.To.CategoryID), store.OrNull(a.To.DelegationID), a.To.Standing,
		a.Texts[locale.ZH].Subject, a.Texts[locale.ZH].Body, a.Texts[locale.EN].Subject, a.Texts[locale.EN].Body, a.Recipients, a.SentAt, a.SentBy.ZH, a.SentBy.EN)
	return err
}

func listOf(ctx context.Context, q store.Querier, event ident.ID) ([]Announcement, error) {
	var rows []struct {
		ID           ident.ID    `db:"id"`
		CategoryID   ident.ID    `db:"category_id"`
		DelegationID ident.ID    `db:"delegation_id"`
		Standing     string      `db:"standing"`
		Subject      locale.Text `db:"subject"`
		Body         locale.Text `db:"body"`
		Recipients   int         `db:"recipients"`
		SentAt       time.Time   `db:"sent_at"`
		SentBy       locale.Text `db:"sent_by"`
		Category     locale.Text `db:"category"`
		Delegation   locale.Text `db:"delegation"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT a.id, coalesce(a.category_id, '00000000-0000-0000-0000-000000000000') AS category_id,
			coalesce(a.delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id, a.standing,
			a.subject_zh AS "subject.zh", a.subject_en AS "subject.en", a.body_zh AS "body.zh", a.body_en AS "body.en",
			a.recipients, a.sent_at, a.sent_by_zh AS "sent_by.zh", a.sent_by_en AS "sent_by.en",
			coalesce(c.name_zh, '') AS "category.zh", coalesce(c.name_en, '') AS "category.en",
			coalesce(d.name_zh, '') AS "delegation.zh", coalesce(d.name_en, '') AS "delegation.en"
		FROM announcements a LEFT JOIN categories c ON c.id = a.category_id LEFT JOIN delegations d ON d.id = a.delegation_id
		WHERE a.event_id = $1 ORDER BY a.sent_at DESC, a.id`, event)
	list := make([]Announcement, len(rows))
	for i, r := range rows {
		list[i] = Announcement{
			ID: r.ID, EventID: event, To: delegations.Audience{CategoryID: r.CategoryID, DelegationID: r.DelegationID, Standing: r.Standing},
			Texts:      mail.Texts{locale.ZH: {Subject: r.Subject.ZH, Body: r.Body.ZH}, locale.EN: {Subject: r.Subject.EN, Body: r.Body.EN}},
			Recipients: r.Recipients, SentAt: r.SentAt, SentBy: r.SentBy, Category: r.Category, Delegation: r.Delegation,
		}
	}
	return list, err
}
