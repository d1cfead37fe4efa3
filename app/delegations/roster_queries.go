package delegations

import (
	"context"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// rollPerson is a member as lists are compared with. Sealed values are there by
// their index alone.
type rollPerson struct {
	ID            ident.ID       `db:"id"`
	PersonID      ident.ID       `db:"person_id"`
	DelegationID  ident.ID       `db:"delegation_id"`
	MergedInto    ident.ID       `db:"merged_into"`
	CompanionOf   ident.ID       `db:"companion_of"`
	Reference     string         `db:"reference"`
	Category      string         `db:"category"`
	Role          string         `db:"role"`
	Status        Status         `db:"status"`
	Version       int            `db:"version"`
	TitleEN       string         `db:"title_en"`
	TitleZH       string         `db:"title_zh"`
	Organisation  string         `db:"organisation"`
	Lang          string         `db:"lang"`
	MealPlan      string         `db:"meal_plan"`
	AccessNeeds   pq.StringArray `db:"access_needs"`
	GivenName     string         `db:"given_name"`
	FamilyName    string         `db:"family_name"`
	NameNative    string         `db:"name_native"`
	NativeOrder   string         `db:"native_order"`
	NameZH        string         `db:"name_zh"`
	MRZSurname    string         `db:"mrz_surname"`
	MRZGiven      string         `db:"mrz_given"`
	Sex           string         `db:"sex"`
	Nationality   string         `db:"nationality"`
	Languages     pq.StringArray `db:"languages"`
	Email         string         `db:"email"`
	Phone         string         `db:"phone"`
	BirthIndex    []byte         `db:"birth_date_index"`
	DocumentID    ident.ID       `db:"document_id"`
	PassportIndex []byte         `db:"number_index"`
	Last4         string         `db:"number_last4"`
	Issuer        string         `db:"issuer"`
	ExpiresOn     *time.Time     `db:"expires_on"`
}

// Gone tells whether the person does not come any more.
func (p rollPerson) Gone() bool { return Registration{Status: p.Status}.Gone() }

// marks are what tells the people apart whom some lines name.
type marks struct {
	passports, births [][]byte
	emails, names     []string
	all               bool // anybody of the delegations
}

// rollPeople answers who of some delegations of an event may be one of those whom
// lines name, whether they come or not, in the order in which they came; and the heads.
func rollPeople(ctx context.Context, q store.Querier, event ident.ID, delegations []ident.ID, of marks) (list []rollPerson, err error) {
	err = q.SelectContext(ctx, &list, `
		WITH likely AS (
			SELECT person_id FROM travel_documents WHERE number_index = ANY($3)
			UNION SELECT id FROM persons WHERE birth_date_index = ANY($4)
			UNION SELECT id FROM persons WHERE name_key = ANY($7)
			UNION SELECT id FROM persons WHERE email <> '' AND lower(email) IN (SELECT lower(e) FROM unnest($5::text[]) e)
		), named AS (
			SELECT id, merged_into FROM registrations
			WHERE event_id = $1 AND delegation_id = ANY($2) AND ($6 OR role = 'head' OR person_id IN (SELECT person_id FROM likely))
		)
		SELECT r.id, r.person_id, r.delegation_id, coalesce(r.merged_into, '00000000-0000-0000-0000-000000000000') AS merged_into,
			coalesce(r.companion_of, '00000000-0000-0000-0000-000000000000') AS companion_of, r.reference, c.code AS category, r.role, r.status, r.version, r.title_en, r.title_zh, r.organisation,
			r.lang, r.meal_plan, r.access_needs, p.given_name, p.family_name, p.name_native, p.native_order, p.name_zh, p.mrz_surname, p.mrz_given, p.sex,
			coalesce(p.nationality, '') AS nationality, p.languages, p.email, p.phone, p.birth_date_index,
			coalesce(t.id, '00000000-0000-0000-0000-000000000000') AS document_id, t.number_index, coalesce(t.number_last4, '') AS number_last4,
			coalesce(t.issuer, '') AS issuer, t.expires_on
		FROM registrations r JOIN persons p ON p.id = r.person_id JOIN categories c ON c.id = r.category_id
		LEFT JOIN LATERAL (SELECT * FROM travel_documents d WHERE d.person_id = p.id ORDER BY d.expires_on DESC, d.id LIMIT 1) t ON true
		WHERE r.id IN (SELECT id FROM named UNION SELECT merged_into FROM named) AND r.delegation_id = ANY($2) ORDER BY r.id`,
		event, pq.Array(delegations), pq.ByteaArray(of.passports), pq.ByteaArray(of.births), pq.Array(orEmpty(of.emails)), of.all, pq.Array(orEmpty(of.names)))
	return list, err
}

func delegationsByIDs(ctx context.Context, q store.Querier, event ident.ID, ids []ident.ID) ([]Delegation, error) {
	var rows []delegationRow
	err := q.SelectContext(ctx, &rows, delegationSelect+`WHERE d.event_id = $1 AND d.id = ANY($2)`, event, pq.Array(ids))
	list := make([]Delegation, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.Delegation)
	}
	return list, err
}

// passportsElsewhere answers which of the passports others at the event have, who
// are not in these delegations and still come.
func passportsElsewhere(ctx context.Context, q store.Querier, event ident.ID, delegations []ident.ID, passports [][]byte) (found [][]byte, err error) {
	err = q.SelectContext(ctx, &found, `
		SELECT DISTINCT t.number_index FROM travel_documents t JOIN registrations r ON r.person_id = t.person_id
		WHERE t.number_index = ANY($3) AND r.event_id = $1 AND NOT coalesce(r.delegation_id = ANY($2), false)
			AND r.status NOT IN ('rejected', 'withdrawn', 'cancelled') AND r.replaced_by IS NULL`, event, pq.Array(delegations), pq.ByteaArray(passports))
	return found, err
}

// updatePerson writes a person over; a birth date only when there is one to write.
func updatePerson(ctx context.Context, q store.Querier, p personRow) error {
	in := p.Input
	_, err := q.ExecContext(ctx, `
		UPDATE persons SET given_name = $2, family_name = $3, name_native = $4, native_order = $5, name_zh = $6, mrz_surname = $7, mrz_given = $8, sex = $9,
			nationality = NULLIF($10, ''), languages = $11, email = $12, phone = $13, birth_date_sealed = coalesce($14, birth_date_sealed),
			birth_date_index = coalesce($15, birth_date_index), search = $16, name_key = $17, sound_key = $18, version = version + 1
		WHERE id = $1`,
		p.ID, in.GivenName, in.FamilyName, in.NameNative, in.NativeOrder, in.NameZH, in.MRZSurname, in.MRZGiven, in.Sex, in.Nationality,
		pq.Array(orEmpty(in.Languages)), in.Email, in.Phone, p.BirthSealed, p.BirthIndex, p.Search, p.NameKey, p.SoundKey)
	return err
}

// updateDetails writes what a registration says beside its person.
//
// Fault: Conflict, somebody else changed the registration meanwhile.
func updateDetails(ctx context.Context, q store.Querier, id ident.ID, version int, in Input, unprintable string) error {
	res, err := q.ExecContext(ctx, `
		UPDATE registrations SET role = $3, title_en = $4, title_zh = $5, organisation = $6, meal_plan = $7, access_needs = $8, unprintable = $9, version = version + 1
		WHERE id = $1 AND version = $2`, id, version, in.Role, in.TitleEN, in.TitleZH, in.Organisation, in.MealPlan, pq.Array(orEmpty(in.AccessNeeds)), unprintable)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.Conflict, "error.changed")
	}
	return nil
}

func updateCompanion(ctx context.Context, q store.Querier, id, of ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET companion_of = $2 WHERE id = $1`, id, store.OrNull(of))
	return err
}

func updatePassport(ctx context.Context, q store.Querier, id ident.ID, sealed, index []byte, last4, issuer string, expires time.Time) error {
	_, err := q.ExecContext(ctx, `
		UPDATE travel_documents SET number_sealed = $2, number_index = $3, number_last4 = $4, issuer = $5, expires_on = $6 WHERE id = $1`,
		id, sealed, index, last4, issuer, expires)
	return err
}

// exportRow is what a list of registrations does not show.
type exportRow struct {
	ID           ident.ID       `db:"id"`
	Code         string         `db:"code"`
	CreditCode   string         `db:"credit_code"` // of the firm
	With         string         `db:"companion_with"`
	Sex          string         `db:"sex"`
	NativeOrder  string         `db:"native_order"`
	MRZSurname   string         `db:"mrz_surname"`
	MRZGiven     string         `db:"mrz_given"`
	Languages    pq.StringArray `db:"languages"`
	AccessNeeds  pq.StringArray `db:"access_needs"`
	BirthSealed  []byte         `db:"birth_date_sealed"`
	DocumentID   ident.ID       `db:"document_id"`
	NumberSealed []byte         `db:"number_sealed"`
	Issuer       string         `db:"issuer"`
	ExpiresOn    *time.Time     `db:"expires_on"`
}

func exportDetails(ctx context.Context, q store.Querier, ids []ident.ID) (map[ident.ID]exportRow, error) {
	var rows []exportRow
	err := q.SelectContext(ctx, &rows, `
		SELECT r.id, coalesce(d.code, '') AS code, coalesce(f.credit_code, '') AS credit_code, coalesce(h.reference, '') AS companion_with,
			p.sex, p.native_order, p.mrz_surname, p.mrz_given, p.languages, r.access_needs, p.birth_date_sealed,
			coalesce(t.id, '00000000-0000-0000-0000-000000000000') AS document_id, t.number_sealed, coalesce(t.issuer, '') AS issuer, t.expires_on
		FROM registrations r JOIN persons p ON p.id = r.person_id LEFT JOIN delegations d ON d.id = r.delegation_id LEFT JOIN firms f ON f.id = r.firm_id
		LEFT JOIN registrations h ON h.id = r.companion_of
		LEFT JOIN LATERAL (SELECT * FROM travel_documents x WHERE x.person_id = p.id ORDER BY x.expires_on DESC, x.id LIMIT 1) t ON true
		WHERE r.id = ANY($1)`, pq.Array(ids))
	found := map[ident.ID]exportRow{}
	for _, r := range rows {
		found[r.ID] = r
	}
	return found, err
}
