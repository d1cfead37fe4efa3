package delegations

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// insertPairs notes who of an event may be the same person as those of some
// registrations, by the score that the office's rules give (domain 5.1): the same
// document 100, the same name and birth date 60, the same address and name 40, the
// same name and city 20; from 60 on it is proposed. Names are the same when their
// consonants are, or nearly all their letters. Candidates come by indexes, whatever
// the event's size: by document, birth date, and address with name.
func insertPairs(ctx context.Context, q store.Querier, registrations []ident.ID, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		WITH me AS (
			SELECT r.id, r.event_id, r.queue_no, r.delegation_id, p.id AS person_id, p.birth_date_index, p.nationality, lower(p.email) AS email, p.name_key, p.sound_key
			FROM registrations r JOIN persons p ON p.id = r.person_id WHERE r.id = ANY($1)
		), candidate AS (
			SELECT me.id, ot.person_id AS person, true AS document FROM me
				JOIN travel_documents t ON t.person_id = me.person_id JOIN travel_documents ot ON ot.number_index = t.number_index
			UNION ALL SELECT me.id, p.id, false FROM me JOIN persons p ON p.birth_date_index = me.birth_date_index
			UNION ALL SELECT me.id, p.id, false FROM me JOIN persons p ON lower(p.email) = me.email AND p.email <> '' AND (p.sound_key = me.sound_key OR p.name_key = me.name_key)
		), found AS (
			SELECT id, person, bool_or(document) AS document FROM candidate GROUP BY id, person
		), sign AS (
			SELECT me.event_id, me.id AS mine, o.id AS other, me.queue_no AS my_no, o.queue_no AS other_no, found.document,
				coalesce(p.birth_date_index = me.birth_date_index AND (p.nationality = me.nationality OR p.nationality IS NULL OR me.nationality IS NULL), false) AS birth,
				lower(p.email) = me.email AND p.email <> '' AS email,
				p.name_key = me.name_key OR p.sound_key = me.sound_key AND p.sound_key <> '' OR similarity(p.name_key, me.name_key) >= 0.6 AS name,
				coalesce(o.delegation_id = me.delegation_id, false) AS city
			FROM found JOIN me ON me.id = found.id AND me.person_id <> found.person JOIN persons p ON p.id = found.person
			JOIN registrations o ON o.event_id = me.event_id AND o.person_id = found.person AND o.merged_into IS NULL
		), scored AS (
			SELECT *, CASE WHEN document THEN 100 ELSE 0 END + CASE WHEN birth AND name THEN 60 ELSE 0 END
				+ CASE WHEN email AND name THEN 40 ELSE 0 END + CASE WHEN city AND name THEN 20 ELSE 0 END AS score
			FROM sign
		), pair AS (
			SELECT event_id, CASE WHEN my_no < other_no THEN mine ELSE other END AS first_id, CASE WHEN my_no < other_no THEN other ELSE mine END AS second_id, score,
				array_remove(ARRAY[CASE WHEN document THEN 'document' END, CASE WHEN birth THEN 'birth' END, CASE WHEN email THEN 'email' END, CASE WHEN name THEN 'name' END], NULL) AS signs
			FROM scored WHERE score >= 60
		)
		INSERT INTO duplicate_pairs (event_id, first_id, second_id, score, signs, found_at)
		SELECT DISTINCT ON (first_id, second_id) event_id, first_id, second_id, score, signs, $2 FROM pair
		ON CONFLICT (first_id, second_id) DO UPDATE SET score = excluded.score, signs = excluded.signs`, pq.Array(registrations), at)
	return err
}

// deleteStalePairs forgets the open proposals about some registrations, before they
// are looked for again.
func deleteStalePairs(ctx context.Context, q store.Querier, registrations []ident.ID) error {
	_, err := q.ExecContext(ctx, `DELETE FROM duplicate_pairs WHERE settled = '' AND (first_id = ANY($1) OR second_id = ANY($1))`, pq.Array(registrations))
	return err
}

const pairSelect = `
	SELECT d.event_id, d.first_id, d.second_id, d.score, d.signs, d.settled, d.found_at,
		f.delegation_id IS NOT NULL AND s.delegation_id IS NOT NULL AND f.delegation_id <> s.delegation_id
			OR num_nonnulls(f.delegation_id, s.delegation_id) = 1 AND coalesce(f.firm_id, s.firm_id) IS NOT NULL AS across
	FROM duplicate_pairs d JOIN registrations f ON f.id = d.first_id JOIN registrations s ON s.id = d.second_id `

type pairRow struct {
	Pair
	SignList pq.StringArray `db:"signs"`
}

func pairsOf(ctx context.Context, q store.Querier, registration ident.ID) ([]Pair, error) {
	var rows []pairRow
	err := q.SelectContext(ctx, &rows, pairSelect+`WHERE d.first_id = $1 UNION ALL `+pairSelect+`WHERE d.second_id = $1 ORDER BY score DESC, first_id, second_id`, registration)
	list := make([]Pair, 0, len(rows))
	for _, r := range rows {
		r.Pair.Signs = r.SignList
		list = append(list, r.Pair)
	}
	return list, err
}

// lockPair finds the proposal about two registrations, whichever is named first.
func lockPair(ctx context.Context, q store.Querier, a, b ident.ID) (Pair, error) {
	var row pairRow
	err := q.GetContext(ctx, &row, pairSelect+`WHERE d.first_id = $1 AND d.second_id = $2 OR d.first_id = $2 AND d.second_id = $1 FOR UPDATE OF d`, a, b)
	row.Pair.Signs = row.SignList
	return row.Pair, store.Fault(err)
}

func settlePair(ctx context.Context, q store.Querier, p Pair, how string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE duplicate_pairs SET settled = $3, settled_at = $4 WHERE first_id = $1 AND second_id = $2`, p.FirstID, p.SecondID, how, at)
	return err
}

// registrationsIn answers registrations by their IDs, in the order of the event.
func registrationsIn(ctx context.Context, q store.Querier, ids []ident.ID) (list []Registration, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = q.SelectContext(ctx, &list, `SELECT `+registrationColumns+passportColumn+registrationFrom+`WHERE r.id = ANY($1) ORDER BY r.queue_no`, pq.Array(ids))
	return list, err
}

const passportColumn = `,
	coalesce((SELECT t.number_last4 FROM travel_documents t WHERE t.person_id = p.id ORDER BY t.expires_on DESC, t.id LIMIT 1), '') AS passport_last4`

// namesakesOf answers who else of the event has the same name and no other country
// or region, and is not proposed as the same person.
func namesakesOf(ctx context.Context, q store.Querier, of Registration) (list []Registration, err error) {
	err = q.SelectContext(ctx, &list, fmt.Sprintf(`
		WITH same AS (SELECT d.id FROM registrations r JOIN persons p ON p.id = r.person_id, LATERAL (%s) d WHERE r.id = $1
			EXCEPT SELECT second_id FROM duplicate_pairs WHERE first_id = $1 EXCEPT SELECT first_id FROM duplicate_pairs WHERE second_id = $1)
		SELECT `+registrationColumns+registrationFrom+`WHERE r.id IN (SELECT id FROM same) ORDER BY r.queue_no LIMIT 10`, sameName), of.ID)
	return list, err
}

// personRecord is a person as stored, sealed values too: what merging takes over.
type personRecord struct {
	ID          ident.ID       `db:"id"`
	GivenName   string         `db:"given_name"`
	FamilyName  string         `db:"family_name"`
	NameNative  string         `db:"name_native"`
	NativeOrder string         `db:"native_order"`
	NameZH      string         `db:"name_zh"`
	MRZSurname  string         `db:"mrz_surname"`
	MRZGiven    string         `db:"mrz_given"`
	Sex         string         `db:"sex"`
	Nationality string         `db:"nationality"`
	Languages   pq.StringArray `db:"languages"`
	Email       string         `db:"email"`
	Phone       string         `db:"phone"`
	BirthSealed []byte         `db:"birth_date_sealed"`
	BirthIndex  []byte         `db:"birth_date_index"`
	NameKey     string         `db:"name_key"`
	SoundKey    string         `db:"sound_key"`
	Search      string         `db:"search"`
}

func personByID(ctx context.Context, q store.Querier, id ident.ID) (p personRecord, err error) {
	err = q.GetContext(ctx, &p, `
		SELECT id, given_name, family_name, name_native, native_order, name_zh, mrz_surname, mrz_given, sex, coalesce(nationality, '') AS nationality, languages,
			email, phone, birth_date_sealed, birth_date_index, name_key, sound_key, search
		FROM persons WHERE id = $1 FOR NO KEY UPDATE`, id)
	return p, store.Fault(err)
}

// overwritePerson writes what merging took over.
func overwritePerson(ctx context.Context, q store.Querier, p personRecord) error {
	_, err := q.ExecContext(ctx, `
		UPDATE persons SET given_name = $2, family_name = $3, name_native = $4, native_order = $5, name_zh = $6, mrz_surname = $7, mrz_given = $8, sex = $9,
			nationality = NULLIF($10, ''), languages = $11, email = $12, phone = $13, birth_date_sealed = $14, birth_date_index = $15, name_key = $16, sound_key = $17,
			search = $18, version = version + 1
		WHERE id = $1`,
		p.ID, p.GivenName, p.FamilyName, p.NameNative, p.NativeOrder, p.NameZH, p.MRZSurname, p.MRZGiven, p.Sex, p.Nationality, pq.Array(orEmpty(p.Languages)), p.Email, p.Phone,
		p.BirthSealed, p.BirthIndex, p.NameKey, p.SoundKey, p.Search)
	return err
}

// swapDocuments gives a person's travel documents to another, if there are any, and
// theirs in return: those that were not chosen stay with the registration that ended.
func swapDocuments(ctx context.Context, q store.Querier, from, to ident.ID) error {
	_, err := q.ExecContext(ctx, `
		UPDATE travel_documents SET person_id = CASE person_id WHEN $1 THEN $2::uuid ELSE $1 END
		WHERE person_id IN ($1, $2) AND EXISTS (SELECT 1 FROM travel_documents WHERE person_id = $1)`, from, to)
	return err
}

// updateMerged writes what a registration took over from another.
func updateMerged(ctx context.Context, q store.Querier, r Registration) error {
	_, err := q.ExecContext(ctx, `
		UPDATE registrations SET title_en = $2, title_zh = $3, organisation = $4, delegation_id = $5, firm_id = $6, role = $7, category_id = $8, badge_type = $9,
			lang = $10, meal_plan = $11, unprintable = $12, address_zh = $13, address_en = $14, version = version + 1 WHERE id = $1`,
		r.ID, r.TitleEN, r.TitleZH, r.Organisation, store.OrNull(r.DelegationID), store.OrNull(r.FirmID), r.Role, r.CategoryID, r.BadgeType, r.Lang, r.MealPlan, r.Unprintable,
		r.AddressZH, r.AddressEN)
	return err
}

// updateMergedInto marks a cancelled registration as part of another, and those
// merged into it before.
func updateMergedInto(ctx context.Context, q store.Querier, gone, kept ident.ID) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET merged_into = $2 WHERE id = $1 OR merged_into = $1`, gone, kept)
	return err
}

// marksOf answers the address of a registration's person and the indexes of their
// passports.
func marksOf(ctx context.Context, q store.Querier, registration ident.ID) (email string, passports []string, err error) {
	if err := q.GetContext(ctx, &email, `SELECT p.email FROM persons p JOIN registrations r ON r.person_id = p.id WHERE r.id = $1`, registration); err != nil {
		return "", nil, store.Fault(err)
	}
	var indexes [][]byte
	err = q.SelectContext(ctx, &indexes, `SELECT t.number_index FROM travel_documents t JOIN registrations r ON r.person_id = t.person_id WHERE r.id = $1`, registration)
	for _, index := range indexes {
		passports = append(passports, string(index))
	}
	return email, passports, err
}
