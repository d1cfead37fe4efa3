package files

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// owner is whom a file is about.
type owner struct {
	ID           ident.ID `db:"id"`
	EventID      ident.ID `db:"event_id"`
	DelegationID ident.ID `db:"delegation_id"`
	Role         string   `db:"role"` // in the delegation
	Status       string   `db:"status"`
	Forgotten    bool     `db:"pseudonymous"` // their data was erased
}

// approved are the states of whom badge, door and desk know by the portrait in use.
var approved = []string{"approved", "badge_issued", "checked_in"}

// keepsPortrait tells whether an actor may not change a portrait without the desk.
func (o owner) keepsPortrait(by accounts.Actor, p Purpose) bool {
	return p == Photo && slices.Contains(approved, o.Status) && !by.May(rules[Photo].add, o.EventID)
}

// holds tells whether an actor is the owner, or an officer who completes them,
// by the link that they hold.
func (o owner) holds(by accounts.Actor) bool {
	return by.ForRegistration(o.EventID, o.ID) || by.MayFor(accounts.Complete, o.EventID, o.DelegationID, o.Role)
}

func ownerByID(ctx context.Context, q store.Querier, id ident.ID) (o owner, err error) {
	err = q.GetContext(ctx, &o, `
		SELECT r.id, r.event_id, coalesce(r.delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id, r.role, r.status, p.pseudonymous
		FROM registrations r JOIN persons p ON p.id = r.person_id WHERE r.id = $1`, id)
	return o, store.Fault(err)
}

// lockOwner keeps two files of a kind from coming at once.
func lockOwner(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM registrations WHERE id = $1 FOR NO KEY UPDATE`, id))
}

const columns = `event_id, id, coalesce(registration_id, '00000000-0000-0000-0000-000000000000') AS registration_id, purpose, name, mime, size, width, height,
	sha256, coalesce(key, '') AS key, sealed_by, created_at, created_by, deleted_at, waits`

func fileByID(ctx context.Context, q store.Querier, id ident.ID) (f File, err error) {
	err = q.GetContext(ctx, &f, `SELECT `+columns+` FROM files WHERE id = $1 AND deleted_at IS NULL`, id)
	return f, store.Fault(err)
}

func filesOf(ctx context.Context, q store.Querier, registration ident.ID) (list []File, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT `+columns+` FROM files WHERE registration_id = $1 AND deleted_at IS NULL AND NOT waits
		ORDER BY array_position(ARRAY['photo', 'passport_scan'], purpose), created_at, id`, registration)
	return list, err
}

func photosOf(ctx context.Context, q store.Querier, registrations []ident.ID) (list []File, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT `+columns+` FROM files WHERE registration_id = ANY($1::uuid[]) AND purpose = 'photo' AND deleted_at IS NULL AND NOT waits`, idArray(registrations))
	return list, err
}

// withoutPhoto answers who lacks the portrait that their category or badge type
// asks for.
func withoutPhoto(ctx context.Context, q store.Querier, registrations []ident.ID) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT r.id FROM registrations r JOIN badge_types t ON t.event_id = r.event_id AND t.code = r.badge_type JOIN categories k ON k.id = r.category_id
		WHERE r.id = ANY($1::uuid[]) AND needs_photo(k.photo, t.photo_required, r.role) AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL
			AND NOT EXISTS (SELECT 1 FROM files f WHERE f.registration_id = r.id AND f.purpose = 'photo' AND f.deleted_at IS NULL AND NOT f.waits)`, idArray(registrations))
	return ids, err
}

func idArray(ids []ident.ID) any {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return pq.Array(list)
}

func insertFile(ctx context.Context, q store.Querier, f File) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO files (event_id, id, registration_id, purpose, name, mime, size, width, height, sha256, key, sealed_by, created_at, created_by, waits)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		f.EventID, f.ID, uuid.NullUUID{UUID: f.RegistrationID, Valid: f.RegistrationID != ident.Nil}, f.Purpose, f.Name, f.MIME, f.Size, f.Width, f.Height,
		f.SHA256, f.Key, f.SealedBy, f.CreatedAt, f.CreatedBy, f.Waits)
	return err
}

// gone is what a file's row keeps: that there was one, not what it was called, who
// brought it or by what it would be known again.
const gone = `deleted_at = $2, name = '', key = NULL, created_by = '', sha256 = decode(repeat('00', 32), 'hex')`

// deleteFile answers the key of the content, which nothing refers to any more.
func deleteFile(ctx context.Context, q store.Querier, id ident.ID, at time.Time) (key string, err error) {
	err = q.GetContext(ctx, &key, `
		WITH old AS (SELECT id, key FROM files WHERE id = $1 AND deleted_at IS NULL FOR UPDATE)
		UPDATE files f SET `+gone+` FROM old WHERE f.id = old.id RETURNING old.key`, id, at)
	return key, store.Fault(err)
}

// deleteOfKind deletes the file of a purpose in use, or the one that waits.
func deleteOfKind(ctx context.Context, q store.Querier, registration ident.ID, p Purpose, waits bool, at time.Time) (keys []string, err error) {
	err = q.SelectContext(ctx, &keys, `
		WITH old AS (SELECT id, key FROM files WHERE registration_id = $1 AND purpose = $3 AND waits = $4 AND deleted_at IS NULL FOR UPDATE)
		UPDATE files f SET `+gone+` FROM old WHERE f.id = old.id RETURNING old.key`, registration, at, p, waits)
	return keys, err
}

// moveKinds makes files about one registration those about another. What is under a
// legal hold stays where it is.
func moveKinds(ctx context.Context, q store.Querier, from, to ident.ID, kinds []string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		WITH moving AS (SELECT id, purpose FROM files WHERE registration_id = $1 AND purpose = ANY($3) AND deleted_at IS NULL AND NOT held($1) FOR UPDATE)
		UPDATE files f SET deleted_at = $4, name = '', key = NULL, created_by = '', sha256 = decode(repeat('00', 32), 'hex')
		WHERE f.registration_id = $2 AND f.deleted_at IS NULL AND f.purpose IN (SELECT purpose FROM moving WHERE purpose <> 'answer')`, from, to, pq.Array(kinds), at)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `
		UPDATE files SET registration_id = $2 WHERE registration_id = $1 AND purpose = ANY($3) AND deleted_at IS NULL AND NOT held($1)`, from, to, pq.Array(kinds))
	return err
}

func kindsOf(ctx context.Context, q store.Querier, registration ident.ID) (kinds []string, err error) {
	err = q.SelectContext(ctx, &kinds, `SELECT DISTINCT purpose FROM files WHERE registration_id = $1 AND deleted_at IS NULL ORDER BY purpose`, registration)
	return kinds, err
}

func countOfKind(ctx context.Context, q store.Querier, registration ident.ID, p Purpose) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM files WHERE registration_id = $1 AND purpose = $2 AND deleted_at IS NULL`, registration, p)
	return n, err
}

func noteBlob(ctx context.Context, q store.Querier, key string, at time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO blobs (key, made_at) VALUES ($1, $2)`, key, at)
	return err
}

func dropBlob(ctx context.Context, q store.Querier, key string) error {
	_, err := q.ExecContext(ctx, `DELETE FROM blobs WHERE key = $1`, key)
	return err
}

// strayBlobs answers keys that no file refers to and that nobody is just about to
// refer to.
func strayBlobs(ctx context.Context, q store.Querier, before time.Time, limit int) (keys []string, err error) {
	err = q.SelectContext(ctx, &keys, `
		SELECT key FROM blobs b WHERE made_at < $1 AND NOT EXISTS (SELECT 1 FROM files f WHERE f.key = b.key) ORDER BY made_at LIMIT $2`, before, limit)
	return keys, err
}

// staleFiles answers files that another key sealed.
func staleFiles(ctx context.Context, q store.Querier, key int64, limit int) (list []File, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+columns+` FROM files WHERE deleted_at IS NULL AND sealed_by <> $1 ORDER BY id LIMIT $2`, key, limit)
	return list, err
}

func countStaleFiles(ctx context.Context, q store.Querier, key int64) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM files WHERE deleted_at IS NULL AND sealed_by <> $1`, key)
	return n, err
}

// updateContent moves a file to another content, unless it was deleted or moved
// meanwhile.
func updateContent(ctx context.Context, q store.Querier, f File, was string) (bool, error) {
	res, err := q.ExecContext(ctx, `UPDATE files SET key = $3, sealed_by = $4 WHERE id = $1 AND key = $2`, f.ID, was, f.Key, f.SealedBy)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// waitingPhoto finds the portrait of a registration that waits to be taken.
func waitingPhoto(ctx context.Context, q store.Querier, registration ident.ID) (f File, err error) {
	err = q.GetContext(ctx, &f, `SELECT `+columns+` FROM files WHERE registration_id = $1 AND purpose = 'photo' AND deleted_at IS NULL AND waits`, registration)
	return f, store.Fault(err)
}

func useFile(ctx context.Context, q store.Querier, id ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE files SET waits = false WHERE id = $1`, id)
	return err
}
