package events

import (
	"context"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

const categoryColumns = `event_id, id, code, name_zh AS "name.zh", name_en AS "name.en", badge_type, quota, approval, public, opens_at, closes_at,
	position, photo, version`

func upsertCategory(ctx context.Context, q store.Querier, c Category) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO categories (event_id, id, code, name_zh, name_en, badge_type, quota, approval, public, opens_at, closes_at, position, photo)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT ON CONSTRAINT categories_once DO UPDATE SET name_zh = $4, name_en = $5, badge_type = $6, quota = $7, approval = $8,
			public = $9, opens_at = $10, closes_at = $11, position = $12, photo = $13, version = categories.version + 1
		RETURNING id`,
		c.EventID, c.ID, c.Code, c.Name.ZH, c.Name.EN, c.BadgeType, c.Quota, c.Approval, c.Public, c.OpensAt, c.ClosesAt, c.Position, c.Photo)
	return id, err
}

func insertCategory(ctx context.Context, q store.Querier, c Category) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO categories (event_id, id, code, name_zh, name_en, badge_type, quota, approval, public, opens_at, closes_at, position, photo)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		c.EventID, c.ID, c.Code, c.Name.ZH, c.Name.EN, c.BadgeType, c.Quota, c.Approval, c.Public, c.OpensAt, c.ClosesAt, c.Position, c.Photo)
	return err
}

func updateCategory(ctx context.Context, q store.Querier, c Category) error {
	_, err := q.ExecContext(ctx, `
		UPDATE categories SET name_zh = $2, name_en = $3, badge_type = $4, quota = $5, approval = $6, public = $7, opens_at = $8, closes_at = $9,
			photo = $10, version = $11
		WHERE id = $1`,
		c.ID, c.Name.ZH, c.Name.EN, c.BadgeType, c.Quota, c.Approval, c.Public, c.OpensAt, c.ClosesAt, c.Photo, c.Version)
	return err
}

// placeCategory sets a category's place in the list. What else is said of it stays
// at its version: whoever edits it at the same moment loses nothing.
func placeCategory(ctx context.Context, q store.Querier, id ident.ID, position int) error {
	_, err := q.ExecContext(ctx, `UPDATE categories SET position = $2 WHERE id = $1 AND position <> $2`, id, position)
	return err
}

// lockCategory finds a category; as with every lock on these, rows that only
// refer to it may still be written.
func lockCategory(ctx context.Context, q store.Querier, event, id ident.ID) (c Category, err error) {
	err = q.GetContext(ctx, &c, `SELECT `+categoryColumns+` FROM categories WHERE event_id = $1 AND id = $2 FOR NO KEY UPDATE`, event, id)
	return c, store.Fault(err)
}

// lockCategories locks an event's categories in the order that everybody keeps,
// and answers them in their own.
func lockCategories(ctx context.Context, q store.Querier, event ident.ID) ([]Category, error) {
	var ids []ident.ID
	if err := q.SelectContext(ctx, &ids, `SELECT id FROM categories WHERE event_id = $1 ORDER BY id FOR NO KEY UPDATE`, event); err != nil {
		return nil, err
	}
	return categoriesOf(ctx, q, event)
}

func categoriesOf(ctx context.Context, q store.Querier, event ident.ID) (list []Category, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+categoryColumns+` FROM categories WHERE event_id = $1 ORDER BY position, code`, event)
	return list, err
}

func badgeTypesOf(ctx context.Context, q store.Querier, event ident.ID) ([]BadgeType, error) {
	var rows []struct {
		BadgeType
		ZoneCodes pq.StringArray `db:"zones"`
		DayList   pq.Int64Array  `db:"days"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT event_id, code, name_zh AS "name.zh", name_en AS "name.en", colour, pattern, zones, days, photo_required
		FROM badge_types WHERE event_id = $1 ORDER BY code`, event)
	var list []BadgeType
	for _, r := range rows {
		r.BadgeType.Zones = r.ZoneCodes
		for _, day := range r.DayList {
			r.BadgeType.Days = append(r.BadgeType.Days, int(day))
		}
		list = append(list, r.BadgeType)
	}
	return list, err
}
