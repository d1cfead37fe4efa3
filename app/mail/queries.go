package mail

import (
	"context"
	"fmt"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func insertMail(ctx context.Context, q store.Querier, m Mail, sealed []byte) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO mails (id, event_id, registration_id, template, lang, recipient, subject, content_sealed, status, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.ID, store.OrNull(m.EventID), store.OrNull(m.RegistrationID), m.Template, m.Lang, m.To, m.Subject, sealed, m.Status, m.CreatedAt)
	return err
}

const mailColumns = `id, coalesce(event_id, '00000000-0000-0000-0000-000000000000') AS event_id,
	coalesce(registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id, template, lang, recipient, subject,
	status, attempts, last_error, created_at, sent_at`

func mailsOf(ctx context.Context, q store.Querier, event ident.ID, offset, limit int) (list []Mail, total int, err error) {
	if err := q.GetContext(ctx, &total, `SELECT count(*) FROM mails WHERE event_id = $1`, event); err != nil {
		return nil, 0, fmt.Errorf("count mails: %w", err)
	}
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+` FROM mails WHERE event_id = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3`, event, limit, offset)
	return list, total, err
}

func mailsTo(ctx context.Context, q store.Querier, registration ident.ID) (list []Mail, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+` FROM mails WHERE registration_id = $1 ORDER BY created_at, id LIMIT 500`, registration)
	return list, err
}

func mailByID(ctx context.Context, q store.Querier, id ident.ID) (m Mail, sealed []byte, err error) {
	var row struct {
		Mail
		Sealed []byte `db:"content_sealed"`
	}
	err = q.GetContext(ctx, &row, `SELECT `+mailColumns+`, content_sealed FROM mails WHERE id = $1`, id)
	return row.Mail, row.Sealed, store.Fault(err)
}

func setStatus(ctx context.Context, q store.Querier, id ident.ID, status, problem string, sent *time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE mails SET status = $2, last_error = $3, sent_at = coalesce($4, sent_at), attempts = attempts + 1 WHERE id = $1`, id, status, problem, sent)
	return err
}
