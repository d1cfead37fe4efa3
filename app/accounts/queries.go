package accounts

import (
	"context"
	"time"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

func insertUser(ctx context.Context, q store.Querier, u Account, passwordHash string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO users (id, email, name_zh, name_en, password_hash, lang, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		u.ID, u.Email, u.NameZH, u.NameEN, passwordHash, u.Lang, at)
	return err
}

func accountNames(ctx context.Context, q store.Querier) (list []Account, err error) {
	err = q.SelectContext(ctx, &list, `SELECT id, name_zh, name_en FROM users`)
	return list, err
}

func insertGrant(ctx context.Context, q store.Querier, user ident.ID, g Grant, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO role_grants (user_id, event_id, role, granted_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		user, store.OrNull(g.EventID), g.Role, at)
	return err
}

func accountByEmail(ctx context.Context, q store.Querier, email string) (a storedAccount, err error) {
	err = q.GetContext(ctx, &a, `
		SELECT id, email, name_zh, name_en, password_hash, lang, disabled_at,
			CASE WHEN isfinite(sessions_from) THEN sessions_from ELSE '0001-01-01' END AS sessions_from
		FROM users WHERE lower(email) = lower($1)`, email)
	return a, store.Fault(err)
}

func accountByID(ctx context.Context, q store.Querier, id ident.ID) (a storedAccount, err error) {
	err = q.GetContext(ctx, &a, `
		SELECT id, email, name_zh, name_en, password_hash, lang, disabled_at,
			CASE WHEN isfinite(sessions_from) THEN sessions_from ELSE '0001-01-01' END AS sessions_from
		FROM users WHERE id = $1`, id)
	return a, store.Fault(err)
}

func accountList(ctx context.Context, q store.Querier) (list []Account, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, email, name_zh, name_en, lang, disabled_at FROM users ORDER BY lower(email)`)
	return list, err
}

func grantsOf(ctx context.Context, q store.Querier, user ident.ID) ([]Grant, error) {
	var grants []Grant
	err := q.SelectContext(ctx, &grants, `
		SELECT coalesce(event_id, '00000000-0000-0000-0000-000000000000'::uuid) AS event_id, role
		FROM role_grants WHERE user_id = $1 ORDER BY role`, user)
	return grants, err
}

func updatePassword(ctx context.Context, q store.Querier, user ident.ID, hash string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE users SET password_hash = $2, sessions_from = $3 WHERE id = $1`, user, hash, at)
	return err
}

func insertToken(ctx context.Context, q store.Querier, t APIToken, hash []byte) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO api_tokens (id, name, secret_hash, role, event_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.Name, hash, t.Role, store.OrNull(t.EventID), t.CreatedAt, t.ExpiresAt)
	return err
}

func tokenByHash(ctx context.Context, q store.Querier, hash []byte, at time.Time) (t APIToken, err error) {
	err = q.GetContext(ctx, &t, `
		SELECT id, name, role, coalesce(event_id, '00000000-0000-0000-0000-000000000000'::uuid) AS event_id, created_at, expires_at
		FROM api_tokens
		WHERE secret_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`, hash, at)
	return t, store.Fault(err)
}

// touchToken notes the use of a token, at most once a minute, so that a busy
// program does not write a row with each call.
func touchToken(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE api_tokens SET last_used_at = $2::timestamptz
		WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')`, id, at)
	return err
}

// revokeToken answers the event that the token was for.
func revokeToken(ctx context.Context, q store.Querier, id ident.ID, at time.Time) (event ident.ID, err error) {
	err = q.GetContext(ctx, &event, `
		UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL
		RETURNING coalesce(event_id, '00000000-0000-0000-0000-000000000000'::uuid)`, id, at)
	return event, store.Fault(err)
}

// lockOwners answers the accounts that can sign in and own every event, and keeps
// them as they are until the transaction ends.
func lockOwners(ctx context.Context, q store.Querier) (owners []ident.ID, err error) {
	err = q.SelectContext(ctx, &owners, `
		SELECT id FROM users u
		WHERE disabled_at IS NULL AND EXISTS (SELECT 1 FROM role_grants g WHERE g.user_id = u.id AND g.event_id IS NULL AND g.role = 'owner')
		ORDER BY id FOR NO KEY UPDATE`)
	return owners, err
}

func lockAccount(ctx context.Context, q store.Querier, id ident.ID) (a Account, err error) {
	err = q.GetContext(ctx, &a, `SELECT id, email, name_zh, name_en, lang, disabled_at FROM users WHERE id = $1 FOR NO KEY UPDATE`, id)
	return a, store.Fault(err)
}

func updateDisabled(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE users SET disabled_at = $2, sessions_from = $2 WHERE id = $1`, id, at)
	return err
}

func updateEnabled(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE users SET disabled_at = NULL WHERE id = $1`, id)
	return err
}
