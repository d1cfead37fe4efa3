package mail

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func insertMail(ctx context.Context, q store.Querier, m Mail, sealed []byte) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO mails (id, event_id, registration_id, template, lang, recipient, recipient_name, on_behalf, subject, content_sealed, status, round, copy_of, created_at, unasked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		m.ID, store.OrNull(m.EventID), store.OrNull(m.RegistrationID), m.Template, m.Lang, m.To, m.ToName, m.OnBehalf, m.Subject, sealed, m.Status,
		m.Round, store.OrNull(m.CopyOf), m.CreatedAt, m.unasked)
	return err
}

// insertMails is insertMail for many at once, which the office writes.
func insertMails(ctx context.Context, q store.Querier, mails []Mail, sealed [][]byte) error {
	columns := make([][]string, 12)
	for _, m := range mails {
		for i, value := range []string{
			m.ID.String(), m.EventID.String(), m.RegistrationID.String(), m.Template, string(m.Lang), m.To, m.ToName, strconv.FormatBool(m.OnBehalf), m.Subject,
			m.Status, strconv.Itoa(m.Round), m.CreatedAt.Format(time.RFC3339Nano),
		} {
			columns[i] = append(columns[i], value)
		}
	}
	args := []any{pq.ByteaArray(sealed)}
	for _, column := range columns {
		args = append(args, pq.Array(column))
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO mails (id, event_id, registration_id, template, lang, recipient, recipient_name, on_behalf, subject, content_sealed, status, round, created_at)
		SELECT id, NULLIF(event, '00000000-0000-0000-0000-000000000000'), NULLIF(registration, '00000000-0000-0000-0000-000000000000'), template, lang, recipient, name,
			behalf, subject, content, status, round, created
		FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[], $10::text[], $11::text[], $12::int[], $13::timestamptz[])
			AS m (content, id, event, registration, template, lang, recipient, name, behalf, subject, status, round, created)`, args...)
	return err
}

// unaskedTo counts the letters that guests caused to an address since a moment.
func unaskedTo(ctx context.Context, q store.Querier, address string, since time.Time) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM mails WHERE unasked AND lower(recipient) = lower($1) AND created_at > $2 AND status <> 'held'`, address, since)
	return n, err
}

const mailColumns = `id, coalesce(event_id, '00000000-0000-0000-0000-000000000000') AS event_id,
	coalesce(registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id, template, lang, recipient, recipient_name, on_behalf, subject,
	status, round, coalesce(copy_of, '00000000-0000-0000-0000-000000000000') AS copy_of, attempts, last_error, content_sealed IS NULL AS purged, created_at, sent_at`

func mailsOf(ctx context.Context, q store.Querier, event ident.ID, f Filter) (list []Mail, total int, err error) {
	const found = ` FROM mails WHERE event_id = $1 AND (cardinality($2::text[]) = 0 OR status = ANY ($2)) AND ($3 = '' OR template = $3)
		AND ($4 = '' OR recipient ILIKE $4 OR recipient_name ILIKE $4 OR subject ILIKE $4 OR registration_id = ANY ($6::uuid[])) AND ($5::uuid IS NULL OR registration_id = $5)`
	statuses, search := []string{}, ""
	switch f.Fate {
	case "":
	case "trouble":
		statuses = Trouble
	default:
		statuses = []string{f.Fate}
	}
	if f.Search != "" {
		search = "%" + store.Literal(f.Search) + "%"
	}
	args := []any{event, pq.Array(statuses), f.Template, search, store.OrNull(f.RegistrationID), pq.Array(f.Found)}
	if err := q.GetContext(ctx, &total, `SELECT count(*)`+found, args...); err != nil {
		return nil, 0, fmt.Errorf("count mails: %w", err)
	}
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+found+` ORDER BY created_at DESC, id LIMIT $7 OFFSET $8`, append(args, f.Limit, f.Offset)...)
	return list, total, err
}

func statusCounts(ctx context.Context, q store.Querier, event ident.ID) (map[string]int, error) {
	var rows []struct {
		Status string `db:"status"`
		N      int    `db:"n"`
	}
	counts := map[string]int{}
	err := q.SelectContext(ctx, &rows, `SELECT status, count(*) AS n FROM mails WHERE event_id = $1 GROUP BY status`, event)
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, err
}

func templatesUsed(ctx context.Context, q store.Querier, event ident.ID) (list []string, err error) {
	err = q.SelectContext(ctx, &list, `SELECT DISTINCT template FROM mails WHERE event_id = $1 ORDER BY template`, event)
	return list, err
}

func copiesOf(ctx context.Context, q store.Querier, id ident.ID) (list []Mail, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+` FROM mails WHERE copy_of = $1 ORDER BY created_at, id`, id)
	return list, err
}

func mailsTo(ctx context.Context, q store.Querier, registration ident.ID) (list []Mail, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+mailColumns+` FROM mails WHERE registration_id = $1 AND template <> $2 ORDER BY created_at, id LIMIT 500`, registration, Trial)
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

func lockMail(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM mails WHERE id = $1 FOR UPDATE`, id))
}

// updateRound begins another round of sending a mail.
func updateRound(ctx context.Context, q store.Querier, m Mail) error {
	_, err := q.ExecContext(ctx, `UPDATE mails SET status = 'queued', round = $2, last_error = '' WHERE id = $1`, m.ID, m.Round)
	return err
}

// updateFate notes what became of a try, unless somebody asked for another round
// meanwhile, or the mail came back already.
func updateFate(ctx context.Context, q store.Querier, m Mail, status, words string, sent *time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE mails SET status = CASE WHEN round = $2 AND status = 'queued' THEN $3 ELSE status END,
			last_error = CASE WHEN round = $2 AND status = 'queued' THEN $4 ELSE last_error END,
			sent_at = coalesce($5, sent_at), attempts = attempts + 1
		WHERE id = $1`, m.ID, m.Round, status, words, sent)
	return err
}

// updatePurged leaves of a mail that it was sent, not to whom nor what it said.
func updatePurged(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE mails SET recipient = '', recipient_name = '', subject = '', content_sealed = NULL, last_error = '' WHERE id = $1`, id)
	return err
}

// updateBounced notes that a server sent a round of a mail back.
func updateBounced(ctx context.Context, q store.Querier, id ident.ID, round int, words string) error {
	_, err := q.ExecContext(ctx, `UPDATE mails SET status = 'bounced', last_error = $3 WHERE id = $1 AND round = $2`, id, round, words)
	return err
}

func insertAttempt(ctx context.Context, q store.Querier, a Attempt) error {
	_, err := q.ExecContext(ctx, `INSERT INTO mail_attempts (id, mail_id, round, at, outcome, smtp_code, words) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.ID, a.MailID, a.Round, a.At, a.Outcome, a.Code, a.Words)
	return err
}

func attemptsOf(ctx context.Context, q store.Querier, mail ident.ID) (list []Attempt, err error) {
	err = q.SelectContext(ctx, &list, `SELECT id, mail_id, round, at, outcome, smtp_code, words FROM mail_attempts WHERE mail_id = $1 ORDER BY at, id`, mail)
	return list, err
}

// takePace keeps the moments of n mails, a gap apart, and answers the first.
func takePace(ctx context.Context, q store.Querier, n int, gap time.Duration) (begins time.Time, err error) {
	err = q.GetContext(ctx, &begins, `
		UPDATE mail_pace SET next_at = greatest(next_at, clock_timestamp()) + $1 * interval '1 microsecond'
		RETURNING next_at - $1 * interval '1 microsecond'`, (time.Duration(n) * gap).Microseconds())
	return begins, err
}
