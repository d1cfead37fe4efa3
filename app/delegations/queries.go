package delegations

import (
	"context"
	"slices"
	"time"

	"github.com/lib/pq"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// holds is the condition under which the registrations of an alias hold a place: who
// was there holds theirs, unless somebody came instead.
func holds(alias string) string {
	return alias + `.status IN ('submitted', 'under_review', 'on_hold', 'returned', 'approved', 'badge_issued', 'checked_in', 'departed') AND ` + alias + `.replaced_by IS NULL`
}

func upsertStaff(ctx context.Context, q store.Querier, in Staff, fresh bool) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO staff (id, code, name_zh, name_en, role, languages) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT ON CONSTRAINT staff_code DO UPDATE SET name_zh = $3, name_en = $4, role = $5, languages = $6
		WHERE NOT $7::boolean RETURNING id`,
		in.ID, in.Code, in.Name.ZH, in.Name.EN, in.Role, pq.Array(orEmpty(in.Languages)), fresh)
	return id, store.Fault(err)
}

func upsertDelegation(ctx context.Context, q store.Querier, d Delegation, at time.Time) (id ident.ID, err error) {
	err = q.GetContext(ctx, &id, `
		INSERT INTO delegations (event_id, id, code, city_code, name_zh, name_en, name_native, quota, accepted_on, arrives_at, departs_at,
			hotel_zh, hotel_en, liaison_id, sectors, status, created_at)
		VALUES ($1, $2, $3, NULLIF($4, ''), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT ON CONSTRAINT delegations_once DO UPDATE SET city_code = NULLIF($4, ''), name_zh = $5, name_en = $6, name_native = $7,
			quota = $8, accepted_on = $9, arrives_at = $10, departs_at = $11, hotel_zh = $12, hotel_en = $13, liaison_id = $14, sectors = $15,
			status = $16,
			version = delegations.version + 1
		RETURNING id`,
		d.EventID, d.ID, d.Code, d.CityCode, d.Name.ZH, d.Name.EN, d.Native, d.Quota, d.AcceptedOn, d.ArrivesAt, d.DepartsAt,
		d.Hotel.ZH, d.Hotel.EN, store.OrNull(d.LiaisonID), pq.Array(orEmpty(d.Sectors)), d.Status, at)
	return id, err
}

var delegationSelect = `
	SELECT d.event_id, d.id, d.code, coalesce(d.city_code, '') AS city_code, d.name_zh AS "name.zh", d.name_en AS "name.en", d.name_native, d.quota,
		d.accepted_on, d.arrives_at, d.departs_at, d.hotel_zh AS "hotel.zh", d.hotel_en AS "hotel.en", coalesce(d.liaison_id, '00000000-0000-0000-0000-000000000000') AS liaison_id,
		d.sectors, d.status, d.precedence, d.version, coalesce(c.name_zh, d.name_zh) AS "city.zh", coalesce(c.name_en, d.name_en) AS "city.en",
		coalesce(s.name_zh, '') AS "liaison.zh", coalesce(s.name_en, '') AS "liaison.en",
		coalesce(k.name_zh, '') AS "country.zh", coalesce(k.name_en, '') AS "country.en", coalesce(c.country_code, '') AS country_code,
		(SELECT count(*) FROM registrations r WHERE r.delegation_id = d.id AND ` + holds("r") + `) AS members,
		coalesce(trim(h.given_name || ' ' || h.family_name), '') AS "head.latin", coalesce(h.name_native, '') AS "head.native",
		coalesce(h.name_zh, '') AS "head.zh"
	FROM delegations d
		LEFT JOIN registrations hr ON hr.delegation_id = d.id AND hr.role = 'head' AND ` + holds("hr") + `
		LEFT JOIN persons h ON h.id = hr.person_id
		LEFT JOIN cities c ON c.code = d.city_code LEFT JOIN countries k ON k.code = c.country_code LEFT JOIN staff s ON s.id = d.liaison_id `

type delegationRow struct {
	Delegation
	SectorCodes pq.StringArray `db:"sectors"`
}

func delegationsOf(ctx context.Context, q store.Querier, event ident.ID) ([]Delegation, error) {
	var rows []delegationRow
	err := q.SelectContext(ctx, &rows, delegationSelect+`WHERE d.event_id = $1 ORDER BY d.code`, event)
	list := make([]Delegation, 0, len(rows))
	for _, r := range rows {
		r.Delegation.Sectors = r.SectorCodes
		list = append(list, r.Delegation)
	}
	return list, err
}

func delegationByID(ctx context.Context, q store.Querier, id ident.ID) (Delegation, error) {
	var r delegationRow
	err := q.GetContext(ctx, &r, delegationSelect+`WHERE d.id = $1`, id)
	r.Delegation.Sectors = r.SectorCodes
	return r.Delegation, store.Fault(err)
}

type personRow struct {
	ID          ident.ID
	Input       Input
	Search      string
	NameKey     string // see nameKey
	SoundKey    string // see soundKey
	BirthSealed []byte
	BirthIndex  []byte
}

func insertPerson(ctx context.Context, q store.Querier, p personRow, at time.Time) error {
	in := p.Input
	_, err := q.ExecContext(ctx, `
		INSERT INTO persons (id, given_name, family_name, name_native, native_order, name_zh, mrz_surname, mrz_given, sex, nationality, languages,
			email, phone, birth_date_sealed, birth_date_index, search, name_key, sound_key, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULLIF($10, ''), $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		p.ID, in.GivenName, in.FamilyName, in.NameNative, in.NativeOrder, in.NameZH, in.MRZSurname, in.MRZGiven, in.Sex, in.Nationality,
		pq.Array(orEmpty(in.Languages)), in.Email, in.Phone, p.BirthSealed, p.BirthIndex, p.Search, p.NameKey, p.SoundKey, at)
	return err
}

func insertPassport(ctx context.Context, q store.Querier, id, person ident.ID, sealed, index []byte, last4, issuer string, expires time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO travel_documents (id, person_id, kind, number_sealed, number_index, number_last4, issuer, expires_on)
		VALUES ($1, $2, 'ordinary', $3, $4, $5, $6, $7)`, id, person, sealed, index, last4, issuer, expires)
	return err
}

func nextNumber(ctx context.Context, q store.Querier, event ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `
		INSERT INTO registration_numbers (event_id, next) VALUES ($1, 2)
		ON CONFLICT (event_id) DO UPDATE SET next = registration_numbers.next + 1 RETURNING next - 1`, event)
	return n, err
}

func insertRegistration(ctx context.Context, q store.Querier, r Registration, in Input, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO registrations (event_id, id, reference, person_id, category_id, delegation_id, firm_id, role, title_en, title_zh, organisation,
			badge_type, status, lang, meal_plan, access_needs, source, queue_no, group_id, submitted_at, created_at, unprintable, address_zh, address_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, $21, $22, $23)`,
		r.EventID, r.ID, r.Reference, r.PersonID, r.CategoryID, store.OrNull(r.DelegationID), store.OrNull(r.FirmID), r.Role, r.TitleEN, r.TitleZH, r.Organisation,
		r.BadgeType, r.Status, r.Lang, r.MealPlan, pq.Array(orEmpty(in.AccessNeeds)), in.Source, r.QueueNo, store.OrNull(r.GroupID), at,
		r.Unprintable, in.AddressZH, in.AddressEN)
	return err
}

func insertConsent(ctx context.Context, q store.Querier, registration ident.ID, purpose, version, lang string, at time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO consents (registration_id, purpose, text_version, lang, given_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (registration_id, purpose, text_version) DO UPDATE SET lang = $4, given_at = $5, withdrawn_at = NULL WHERE consents.withdrawn_at IS NOT NULL`,
		registration, purpose, version, lang, at)
	return err
}

// withdrawConsents notes that somebody does not agree any more, to whatever version.
func withdrawConsents(ctx context.Context, q store.Querier, registration ident.ID, purpose string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE consents SET withdrawn_at = $3 WHERE registration_id = $1 AND purpose = $2 AND withdrawn_at IS NULL`, registration, purpose, at)
	return err
}

func insertStep(ctx context.Context, q store.Querier, id ident.ID, r Registration, from Status, actor locale.Text, source, reason string, at time.Time) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO registration_steps (id, registration_id, at, from_status, to_status, reason, actor_zh, actor_en, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, r.ID, at, from, r.Status, reason, actor.ZH, actor.EN, source)
	return err
}

func stepsOf(ctx context.Context, q store.Querier, registration ident.ID) (list []Step, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT at, from_status, to_status, reason, actor_zh AS "actor.zh", actor_en AS "actor.en", source FROM registration_steps WHERE registration_id = $1 ORDER BY at, id`, registration)
	return list, err
}

// updateStatus writes a status over the version before it. Nothing is asked for any
// more of whoever is not returned.
//
// Fault: Conflict, somebody else changed the registration meanwhile.
func updateStatus(ctx context.Context, q store.Querier, r Registration) error {
	res, err := q.ExecContext(ctx, `
		UPDATE registrations SET status = $2, status_reason = $3, decided_at = $4, version = $5,
			requested_fields = CASE WHEN $2 = 'returned' THEN requested_fields ELSE '{}' END
		WHERE id = $1 AND version = $5 - 1`,
		r.ID, r.Status, r.StatusReason, r.DecidedAt, r.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.Conflict, "error.changed")
	}
	return nil
}

const registrationColumns = `r.id, r.event_id, r.reference, r.person_id, r.category_id,
	coalesce(r.delegation_id, '00000000-0000-0000-0000-000000000000') AS delegation_id,
	coalesce(r.firm_id, '00000000-0000-0000-0000-000000000000') AS firm_id,
	r.role, r.status, r.status_reason, r.badge_type, r.organisation, r.title_en, r.title_zh, r.lang, r.meal_plan, r.visibility,
	r.submitted_at, r.decided_at, r.version, r.queue_no, array_to_string(r.requested_fields, ',') AS requested,
	EXISTS (SELECT 1 FROM registration_changes w WHERE w.registration_id = r.id AND w.state = 'pending') AS pending,
	coalesce(r.group_id, '00000000-0000-0000-0000-000000000000') AS group_id, coalesce(r.merged_into, '00000000-0000-0000-0000-000000000000') AS merged_into,
	r.unprintable, r.address_zh, r.address_en, p.name_zh_open, p.name_zh_approved_at, p.name_zh_approved_by,
	coalesce(r.replaced_by, '00000000-0000-0000-0000-000000000000') AS replaced_by,
	coalesce(r.companion_of, '00000000-0000-0000-0000-000000000000') AS companion_of, r.guardian,
	p.given_name, p.family_name, p.name_native, p.name_zh, coalesce(p.nationality, '') AS nationality,
	p.email, p.phone, c.name_zh AS "category.zh", c.name_en AS "category.en",
	coalesce(d.name_zh, '') AS "delegation.zh", coalesce(d.name_en, '') AS "delegation.en", coalesce(k.name_zh, '') AS "country.zh", coalesce(k.name_en, '') AS "country.en",
	coalesce(f.name_zh, '') AS "firm.zh", coalesce(f.name_en, '') AS "firm.en"`

const registrationFrom = ` FROM registrations r` + registrationJoins

const registrationJoins = ` JOIN persons p ON p.id = r.person_id JOIN categories c ON c.id = r.category_id
	LEFT JOIN delegations d ON d.id = r.delegation_id LEFT JOIN countries k ON k.code = p.nationality
	LEFT JOIN firms f ON f.id = r.firm_id `

func registrationByID(ctx context.Context, q store.Querier, id ident.ID) (r Registration, err error) {
	err = q.GetContext(ctx, &r, `SELECT `+registrationColumns+registrationFrom+`WHERE r.id = $1`, id)
	return r, store.Fault(err)
}

// lockRegistration keeps others from changing a registration; rows that refer to it
// may still be written, so that who registers need not wait for who decides.
func lockRegistration(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM registrations WHERE id = $1 FOR NO KEY UPDATE`, id))
}

// lockRegistrations is lockRegistration of many, in the order that everybody keeps.
//
// Fault: NotFound, one is not there.
func lockRegistrations(ctx context.Context, q store.Querier, ids []ident.ID) error {
	if len(ids) == 0 {
		return nil
	}
	var found []ident.ID
	if err := q.SelectContext(ctx, &found, `SELECT id FROM registrations WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, pq.Array(ids)); err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			return fault.New(fault.NotFound, "error.not_found")
		}
	}
	return nil
}

// membersOf answers a delegation's people in order of precedence, those who do
// not come any more last.
func membersOf(ctx context.Context, q store.Querier, delegation ident.ID) (list []Registration, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+registrationColumns+`,
			coalesce((SELECT t.number_last4 FROM travel_documents t WHERE t.person_id = p.id ORDER BY t.expires_on DESC, t.id LIMIT 1), '') AS passport_last4`+
		registrationFrom+`
		WHERE r.delegation_id = $1
		ORDER BY r.status IN ('rejected', 'withdrawn', 'cancelled', 'departed'), r.role = 'head' DESC, r.delegation_order, array_position(ARRAY['deputy_head'], r.role), r.reference`, delegation)
	return list, err
}

// comingOf answers a delegation's people who come or may come, in order of precedence.
func comingOf(ctx context.Context, q store.Querier, delegation ident.ID) ([]Registration, error) {
	list, err := membersOf(ctx, q, delegation)
	return slices.DeleteFunc(list, func(r Registration) bool { return r.Gone() || r.Status == Departed || r.Status == Draft }), err
}

func ofFirm(ctx context.Context, q store.Querier, event, firm ident.ID) (list []Registration, err error) {
	err = q.SelectContext(ctx, &list, `SELECT `+registrationColumns+registrationFrom+`
		WHERE r.event_id = $1 AND r.firm_id = $2
		ORDER BY r.status IN ('rejected', 'withdrawn', 'cancelled'), r.reference`, event, firm)
	return list, err
}

func updateStay(ctx context.Context, q store.Querier, d Delegation) error {
	_, err := q.ExecContext(ctx, `
		UPDATE delegations SET arrives_at = $2, departs_at = $3, hotel_zh = $4, hotel_en = $5, version = version + 1 WHERE id = $1`,
		d.ID, d.ArrivesAt, d.DepartsAt, d.Hotel.ZH, d.Hotel.EN)
	return err
}

func lockDelegation(ctx context.Context, q store.Querier, id ident.ID) error {
	var found ident.ID
	return store.Fault(q.GetContext(ctx, &found, `SELECT id FROM delegations WHERE id = $1 FOR NO KEY UPDATE`, id))
}

// lockLeftOpen answers who is still expected, or still there, at events that are closed
// and over, and keeps others from changing them.
func lockLeftOpen(ctx context.Context, q store.Querier, now time.Time, most int) (ids []ident.ID, err error) {
	err = q.SelectContext(ctx, &ids, `
		SELECT r.id FROM events e JOIN registrations r ON r.event_id = e.id
		WHERE e.status IN ('closed', 'reporting', 'archived') AND e.ends_on < ($1::timestamptz AT TIME ZONE e.time_zone)::date
			AND r.status IN ('approved', 'badge_issued', 'checked_in')
		ORDER BY r.id LIMIT $2 FOR NO KEY UPDATE OF r SKIP LOCKED`, now, most)
	return ids, err
}

// checkIn tells whether this was the first entry.
func checkIn(ctx context.Context, q store.Querier, registration ident.ID) (bool, error) {
	return store.ChangedOne(q.ExecContext(ctx, `
		UPDATE registrations SET status = 'checked_in', version = version + 1 WHERE id = $1 AND status = 'badge_issued'`, registration))
}
