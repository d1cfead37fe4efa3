package firms

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/retention"
	"qianshou/app/kit/store"
)

func contactsOf(ctx context.Context, q store.Querier, firm ident.ID) (list []Contact, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, firm_id, name_zh AS "name.zh", name_en AS "name.en", post_zh AS "post.zh", post_en AS "post.en", email, phone, main, version
		FROM firm_contacts WHERE firm_id = $1 ORDER BY main DESC, created_at, id`, firm)
	return list, err
}

func insertContact(ctx context.Context, q store.Querier, c Contact, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO firm_contacts (id, firm_id, name_zh, name_en, post_zh, post_en, email, phone, main, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
		c.ID, c.FirmID, c.Name.ZH, c.Name.EN, c.Post.ZH, c.Post.EN, c.Email, c.Phone, c.Main, at)
	return err
}

func updateContact(ctx context.Context, q store.Querier, c Contact, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE firm_contacts SET name_zh = $2, name_en = $3, post_zh = $4, post_en = $5, email = $6, phone = $7, main = $8, changed_at = $9, version = version + 1
		WHERE id = $1`, c.ID, c.Name.ZH, c.Name.EN, c.Post.ZH, c.Post.EN, c.Email, c.Phone, c.Main, at)
	return err
}

// demoteContacts leaves a firm without a main contact, for the moment before
// another becomes it.
func demoteContacts(ctx context.Context, q store.Querier, firm ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE firm_contacts SET main = false, version = version + 1 WHERE firm_id = $1 AND main`, firm)
	return err
}

// promoteContact makes the oldest contact the main one where there is none.
func promoteContact(ctx context.Context, q store.Querier, firm ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE firm_contacts SET main = true, changed_at = $2, version = version + 1
		WHERE id = (SELECT id FROM firm_contacts WHERE firm_id = $1 ORDER BY created_at, id LIMIT 1)
			AND NOT EXISTS (SELECT 1 FROM firm_contacts WHERE firm_id = $1 AND main)`, firm, at)
	return err
}

func deleteContact(ctx context.Context, q store.Querier, firm, id ident.ID) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `DELETE FROM firm_contacts WHERE firm_id = $1 AND id = $2`, firm, id))
}

// Retention says what of firms is not kept for ever. Contacts go with the last event
// that their firm took part in, and those of a firm that takes part in none with any,
// unless somebody touched them after it: then the firm is spoken to still. Everything else here is of firms, not of persons.
func Retention() []retention.Task {
	return []retention.Task{retention.Statement(retention.Contacts, retention.Rows{
		Table: "firm_contacts c", Joined: "events e",
		Where: `e.id = $1 AND (EXISTS (SELECT 1 FROM event_firms f WHERE f.event_id = e.id AND f.firm_id = c.firm_id)
				OR NOT EXISTS (SELECT 1 FROM event_firms f WHERE f.firm_id = c.firm_id))
			AND c.changed_at < (e.ends_on + 1)::timestamp AT TIME ZONE e.time_zone
			AND NOT EXISTS (SELECT 1 FROM event_firms g JOIN events later ON later.id = g.event_id WHERE g.firm_id = c.firm_id AND later.ends_on > e.ends_on)`,
	})}
}
