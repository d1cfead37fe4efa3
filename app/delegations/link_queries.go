package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// insertLink keeps a link by the hash of its secret. A firm's link needs the firm
// to take part in the event.
//
// Fault: NotFound, it does not.
func insertLink(ctx context.Context, q store.Querier, hash []byte, registration ident.ID, l Link) error {
	purpose := "registration"
	switch {
	case l.DelegationID != ident.Nil:
		purpose = "delegation"
	case l.FirmID != ident.Nil:
		purpose = "firm"
	}
	res, err := q.ExecContext(ctx, `
		INSERT INTO magic_links (id, secret_hash, purpose, registration_id, delegation_id, firm_id, event_id, holder, made_by_zh, made_by_en, created_at, expires_at,
			role, email, lang)
		SELECT $1, $2, $3, $4, $5, $6::uuid, $7::uuid, $8, $9, $10, $11, $12, $13, $14, coalesce(nullif($15, ''), 'en')
		WHERE $6::uuid IS NULL OR EXISTS (SELECT 1 FROM event_firms e WHERE e.event_id = $7 AND e.firm_id = $6)`,
		l.ID, hash, purpose, store.OrNull(registration), store.OrNull(l.DelegationID), store.OrNull(l.FirmID), l.EventID, l.Holder, l.MadeBy.ZH, l.MadeBy.EN, l.CreatedAt, l.ExpiresAt,
		l.Role, l.Email, l.Lang)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.New(fault.NotFound, "error.not_found")
}

// ownLink is a link to a person's own page.
type ownLink struct {
	Registration ident.ID  `db:"registration_id"`
	Ends         time.Time `db:"expires_at"`
	Renews       bool      `db:"renews"` // it ends older ones once it is opened
}

func registrationOfLink(ctx context.Context, q store.Querier, hash []byte, at time.Time) (found ownLink, err error) {
	err = q.GetContext(ctx, &found, `
		SELECT coalesce(r.merged_into, r.id) AS registration_id, l.expires_at, l.renews FROM magic_links l JOIN registrations r ON r.id = l.registration_id
		WHERE l.secret_hash = $1 AND l.purpose = 'registration' AND l.revoked_at IS NULL AND l.expires_at > $2`, hash, at)
	return found, store.Fault(err)
}

// updateRenewed ends the links that are older than one that was asked for again, now
// that it is opened.
func updateRenewed(ctx context.Context, q store.Querier, hash []byte, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		WITH opened AS (UPDATE magic_links SET renews = false WHERE secret_hash = $1 AND renews RETURNING registration_id, id, created_at)
		UPDATE magic_links m SET revoked_at = $2 FROM opened o
		WHERE m.registration_id = o.registration_id AND m.id <> o.id AND m.created_at <= o.created_at AND m.revoked_at IS NULL`, hash, at)
	return err
}

func updateRenews(ctx context.Context, q store.Querier, hash []byte) error {
	_, err := q.ExecContext(ctx, `UPDATE magic_links SET renews = true WHERE secret_hash = $1`, hash)
	return err
}

// updateThrough notes by whose link an officer got another's.
func updateThrough(ctx context.Context, q store.Querier, hash []byte, officer ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE magic_links SET through = $2 WHERE secret_hash = $1`, hash, officer)
	return err
}

const linkSelect = `
	SELECT id, event_id, coalesce(delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id,
		coalesce(firm_id, '00000000-0000-0000-0000-000000000000') AS firm_id, holder,
		role, email, lang, made_by_zh AS "made_by.zh", made_by_en AS "made_by.en", created_at, expires_at, revoked_at, reminded_at
	FROM magic_links WHERE purpose IN ('delegation', 'firm') AND same_as IS NULL AND `

// linkBySecret finds a link that still opens something, by any of its addresses.
func linkBySecret(ctx context.Context, q store.Querier, hash []byte, at time.Time) (l Link, err error) {
	err = q.GetContext(ctx, &l, linkSelect+`id = (SELECT coalesce(a.same_as, a.id) FROM magic_links a WHERE a.secret_hash = $1) AND revoked_at IS NULL AND expires_at > $2`, hash, at)
	return l, store.Fault(err)
}

func linksOfDelegation(ctx context.Context, q store.Querier, delegation ident.ID) (list []Link, err error) {
	err = q.SelectContext(ctx, &list, linkSelect+`delegation_id = $1 ORDER BY created_at DESC, id DESC`, delegation)
	return list, err
}

func linksOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID) (list []Link, err error) {
	err = q.SelectContext(ctx, &list, linkSelect+`event_id = $1 AND firm_id = $2 ORDER BY created_at DESC, id DESC`, event, firm)
	return list, err
}

// speaker is who holds a link of a delegation, and the address, or else the name,
// that the desk wrote beside it.
type speaker struct {
	ID     ident.ID             `db:"id"`
	Role   accounts.OfficerRole `db:"role"`
	Holder string               `db:"holder"`
}

// speakersOf answers those who hold a link of a delegation that still opens it, in
// the order of their roles, of each the latest first.
func speakersOf(ctx context.Context, q store.Querier, delegation ident.ID, at time.Time) (list []speaker, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT id, role, coalesce(nullif(email, ''), holder) AS holder FROM magic_links
		WHERE delegation_id = $1 AND same_as IS NULL AND revoked_at IS NULL AND expires_at > $2
		ORDER BY array_position($3::text[], role), created_at DESC, id DESC`, delegation, at, pq.Array(accounts.OfficerRoles))
	return list, err
}

// lockLink finds a link of an event and keeps others from changing it.
func lockLink(ctx context.Context, q store.Querier, event, id ident.ID) (l Link, err error) {
	err = q.GetContext(ctx, &l, linkSelect+`event_id = $1 AND id = $2 FOR UPDATE`, event, id)
	return l, store.Fault(err)
}

// updateLinkRevoked ends a link, and those of others that were mailed to its holder.
func updateLinkRevoked(ctx context.Context, q store.Querier, id ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE magic_links SET revoked_at = $2 WHERE id = $1 OR through = $1 AND revoked_at IS NULL`, id, at)
	return err
}

// registrationsOfAddress answers who is registered under an address in an event and
// got no link since a moment.
func registrationsOfAddress(ctx context.Context, q store.Querier, event ident.ID, email string, since time.Time) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT r.id FROM registrations r JOIN persons p ON p.id = r.person_id
		WHERE r.event_id = $1 AND lower(p.email) = lower($2) AND r.merged_into IS NULL AND (r.status <> 'draft' OR r.delegation_id IS NOT NULL)
			AND NOT EXISTS (SELECT 1 FROM magic_links m WHERE m.registration_id = r.id AND m.created_at > $3)
		ORDER BY r.reference LIMIT 50`, event, email, since)
	return ids, err
}

// livingOfAddress counts who is registered under an address in an event and comes, or
// waits to.
func livingOfAddress(ctx context.Context, q store.Querier, event ident.ID, email string) (n int, err error) {
	err = q.GetContext(ctx, &n, `
		SELECT count(*) FROM registrations r JOIN persons p ON p.id = r.person_id
		WHERE r.event_id = $1 AND lower(p.email) = $2 AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled')`, event, email)
	return n, err
}

// linkedSince tells whether a registration got a link since a moment.
func linkedSince(ctx context.Context, q store.Querier, registration ident.ID, since time.Time) (yes bool, err error) {
	err = q.GetContext(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM magic_links WHERE registration_id = $1 AND created_at > $2)`, registration, since)
	return yes, err
}

func revokeOwnLinks(ctx context.Context, q store.Querier, registration ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE magic_links SET revoked_at = $2 WHERE registration_id = $1 AND revoked_at IS NULL`, registration, at)
	return err
}

// revokeLinksOfFirm ends the links of a firm at an event that still open something,
// and answers them.
func revokeLinksOfFirm(ctx context.Context, q store.Querier, event, firm ident.ID, at time.Time) (list []Link, err error) {
	if err := q.SelectContext(ctx, &list, linkSelect+`event_id = $1 AND firm_id = $2 AND revoked_at IS NULL AND expires_at > $3 ORDER BY created_at, id`, event, firm, at); err != nil {
		return nil, err
	}
	for i := range list {
		if err := updateLinkRevoked(ctx, q, list[i].ID, at); err != nil {
			return nil, err
		}
		list[i].RevokedAt = &at
	}
	return list, nil
}

// firmAddress is where a firm is written to.
type firmAddress struct {
	ID     ident.ID `db:"id"`
	Name   string   `db:"name"`    // of the main contact, or of the firm
	NameEN string   `db:"name_en"` // the same in Latin letters
	Email  string   `db:"email"`
}

// firmAddresses answers where firms are written to: their main contact, or else the
// firm's own address. Those that have none are left out.
func firmAddresses(ctx context.Context, q store.Querier, firms []ident.ID) (list []firmAddress, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT f.id, coalesce(nullif(c.name_zh, ''), nullif(c.name_en, ''), f.name_zh) AS name, coalesce(nullif(c.name_en, ''), f.name_en) AS name_en, coalesce(nullif(c.email, ''), f.contact_email) AS email
		FROM firms f LEFT JOIN firm_contacts c ON c.firm_id = f.id AND c.main AND c.email <> ''
		WHERE f.id = ANY($1) AND coalesce(nullif(c.email, ''), f.contact_email) <> '' ORDER BY f.id`, pq.Array(firms))
	return list, err
}
