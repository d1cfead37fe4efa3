package mail

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

func insertTemplate(ctx context.Context, q store.Querier, id ident.ID, t Template, lang locale.Lang) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO mail_templates (id, event_id, category_id, kind, lang, version, restored, subject, body, updated_at, updated_by_zh, updated_by_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		id, t.EventID, store.OrNull(t.CategoryID), t.Kind, lang, t.Version, t.Restored, t.Texts[lang].Subject, t.Texts[lang].Body,
		t.UpdatedAt, t.UpdatedBy.ZH, t.UpdatedBy.EN)
	return err
}

func newestVersion(ctx context.Context, q store.Querier, at Place) (n int, err error) {
	err = q.GetContext(ctx, &n, `
		SELECT coalesce(max(version), 0) FROM mail_templates WHERE event_id = $1 AND category_id IS NOT DISTINCT FROM $2 AND kind = $3`,
		at.EventID, store.OrNull(at.CategoryID), at.Kind)
	return n, err
}

type templateRow struct {
	CategoryID ident.ID    `db:"category_id"`
	Kind       string      `db:"kind"`
	Lang       locale.Lang `db:"lang"`
	Version    int         `db:"version"`
	Restored   bool        `db:"restored"`
	Subject    string      `db:"subject"`
	Body       string      `db:"body"`
	UpdatedAt  time.Time   `db:"updated_at"`
	UpdatedBy  locale.Text `db:"updated_by"`
}

const templateColumns = `coalesce(category_id, '00000000-0000-0000-0000-000000000000') AS category_id, kind, lang, version, restored, subject, body,
	updated_at, updated_by_zh AS "updated_by.zh", updated_by_en AS "updated_by.en"`

// versionsOf answers the versions of a text, the latest first.
func versionsOf(ctx context.Context, q store.Querier, at Place) ([]Template, error) {
	var rows []templateRow
	err := q.SelectContext(ctx, &rows, `SELECT `+templateColumns+`
		FROM mail_templates WHERE event_id = $1 AND category_id IS NOT DISTINCT FROM $2 AND kind = $3 ORDER BY version DESC, lang`,
		at.EventID, store.OrNull(at.CategoryID), at.Kind)
	return paired(at.EventID, rows), err
}

// latestTemplates answers the latest version of every text of an event.
func latestTemplates(ctx context.Context, q store.Querier, event ident.ID) ([]Template, error) {
	var rows []templateRow
	err := q.SelectContext(ctx, &rows, `SELECT DISTINCT ON (t.category_id, t.kind, t.lang) `+templateColumns+`
		FROM mail_templates t WHERE event_id = $1 ORDER BY t.category_id, t.kind, t.lang, t.version DESC`, event)
	return paired(event, rows), err
}

// paired puts the languages of a version together; they follow each other.
func paired(event ident.ID, rows []templateRow) (list []Template) {
	for _, r := range rows {
		if n := len(list) - 1; n < 0 || list[n].Kind != r.Kind || list[n].CategoryID != r.CategoryID || list[n].Version != r.Version {
			list = append(list, Template{
				EventID: event, CategoryID: r.CategoryID, Kind: r.Kind, Version: r.Version, Restored: r.Restored, Texts: Texts{},
				UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy,
			})
		}
		list[len(list)-1].Texts[r.Lang] = Text{Subject: r.Subject, Body: r.Body}
	}
	return list
}
