package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func orNull(id ident.ID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != ident.Nil} }

func insertMail(ctx context.Context, q store.Querier, m Mail, parts string) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO mails (id, event_id, registration_id, template, lang, recipient, subject, body_text, body_html, parts, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		m.ID, orNull(m.EventID), orNull(m.RegistrationID), m.Template, m.Lang, m.To, m.Subject, m.Text, m.HTML, parts, m.Status, m.CreatedAt)
	return err
}

const mailColumns = `id, coalesce(event_id, '00000000-0000-0000-0000-000000000000') AS event_id,
	coalesce(registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id, template, lang, recipient, subject,
	body_text, body_html, status, attempts, last_error, created_at, sent_at`

func mailsOf(ctx context.Context, q store.Querier, event ident.ID, offset, limit int) (list []Mail, total int, err error) {
	if err := q.GetContext(ctx, &total, `SELECT count(*) FROM mails WHERE event_id = $1`, event); err != nil {
		return nil, 0, fmt.Errorf("count mails: %w", err)
	}
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+` FROM mails WHERE event_id = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3`, event, limit, offset)
	return list, total, err
}

func mailByID(ctx context.Context, q store.Querier, id ident.ID) (Mail, error) {
	var row struct {
		Mail
		RawParts []byte `db:"parts"`
	}
	if err := q.GetContext(ctx, &row, `SELECT `+mailColumns+`, parts FROM mails WHERE id = $1`, id); err != nil {
		return Mail{}, store.Fault(err)
	}
	if err := json.Unmarshal(row.RawParts, &row.Mail.Parts); err != nil {
		return Mail{}, fmt.Errorf("read parts of mail: %w", err)
	}
	return row.Mail, nil
}

func setStatus(ctx context.Context, q store.Querier, id ident.ID, status, problem string, sent *time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE mails SET status = $2, last_error = $3, sent_at = coalesce($4, sent_at), attempts = attempts + 1 WHERE id = $1`, id, status, problem, sent)
	return err
}
