package delegations

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"qianshou/app/accounts"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// held is all that is kept of a registration and its person, opened.
type held struct {
	Input
	document ident.ID   // of the passport; Nil: none
	pending  *changeRow // waits for the desk
	form     forms.Form // what the event asks now; only where answers are written
}

type detailsRow struct {
	Category     string         `db:"category"`
	NativeOrder  string         `db:"native_order"`
	Sex          string         `db:"sex"`
	Languages    pq.StringArray `db:"languages"`
	AccessNeeds  pq.StringArray `db:"access_needs"`
	Source       string         `db:"source"`
	MRZSurname   string         `db:"mrz_surname"`
	MRZGiven     string         `db:"mrz_given"`
	BirthSealed  []byte         `db:"birth_date_sealed"`
	Document     ident.ID       `db:"document"`
	NumberSealed []byte         `db:"number_sealed"`
	Issuer       string         `db:"issuer"`
	ExpiresOn    sql.NullTime   `db:"expires_on"`
}

// held reads what is kept of a registration.
func (s *Service) held(ctx context.Context, q store.Querier, r Registration) (h held, err error) {
	var row detailsRow
	err = q.GetContext(ctx, &row, `
		SELECT c.code AS category, p.native_order, p.sex, p.languages, r.access_needs, r.source, p.mrz_surname, p.mrz_given, p.birth_date_sealed,
			coalesce(t.id, '00000000-0000-0000-0000-000000000000') AS document, t.number_sealed, coalesce(t.issuer, '') AS issuer, t.expires_on
		FROM registrations r JOIN persons p ON p.id = r.person_id JOIN categories c ON c.id = r.category_id
		LEFT JOIN LATERAL (SELECT * FROM travel_documents d WHERE d.person_id = p.id ORDER BY d.expires_on DESC, d.id LIMIT 1) t ON true
		WHERE r.id = $1`, r.ID)
	if err != nil {
		return h, store.Fault(err)
	}
	h.document = row.Document
	h.Input = Input{
		Category: row.Category, GivenName: r.GivenName, FamilyName: r.FamilyName, NameNative: r.NameNative, NativeOrder: row.NativeOrder, NameZH: r.NameZH,
		Sex: row.Sex, Nationality: r.Nationality, Languages: row.Languages, Email: r.Email, Phone: r.Phone, TitleEN: r.TitleEN, TitleZH: r.TitleZH,
		Organisation: r.Organisation, MealPlan: r.MealPlan, AccessNeeds: row.AccessNeeds, Consent: true, Lang: r.Lang, Role: r.Role, BadgeType: r.BadgeType,
		DelegationID: r.DelegationID, FirmID: r.FirmID, MRZSurname: row.MRZSurname, MRZGiven: row.MRZGiven, Source: row.Source,
		AddressZH: r.AddressZH, AddressEN: r.AddressEN,
	}
	if len(row.BirthSealed) > 0 {
		plain, err := s.box.Open(row.BirthSealed, "persons.birth_date:"+r.PersonID.String())
		if err != nil {
			return h, fmt.Errorf("read birth date: %w", err)
		}
		h.BirthDate = string(plain)
	}
	if row.Document != ident.Nil {
		plain, err := s.box.Open(row.NumberSealed, "travel_documents.number:"+row.Document.String())
		if err != nil {
			return h, fmt.Errorf("read passport: %w", err)
		}
		h.Passport = Passport{Number: string(plain), Issuer: row.Issuer, ExpiresOn: row.ExpiresOn.Time.Format(time.DateOnly)}
	}
	answered, err := forms.Standing(ctx, q, []ident.ID{r.ID})
	if err != nil {
		return h, fmt.Errorf("read answers: %w", err)
	}
	h.Answers = answered[r.ID]
	h.pending, err = pendingOf(ctx, q, r.ID)
	return h, err
}

// saveDetails writes every value of a registration and its person over the version
// before it.
//
// Faults: Conflict, somebody changed it meanwhile; Invalid, the nationality.
func (s *Service) saveDetails(ctx context.Context, tx *sqlx.Tx, r Registration, before held, c checked) error {
	lacks, err := c.unprintable()
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `
		UPDATE registrations SET title_en = $3, title_zh = $4, organisation = $5, lang = $6, meal_plan = $7, access_needs = $8,
			status = $9, status_reason = $10, decided_at = $11, submitted_at = $12, requested_fields = $13, unprintable = $14, address_zh = $15, address_en = $16, version = $2
		WHERE id = $1 AND version = $2 - 1`,
		r.ID, r.Version, c.TitleEN, c.TitleZH, c.Organisation, c.Lang, c.MealPlan, pq.Array(orEmpty(c.AccessNeeds)),
		r.Status, r.StatusReason, r.DecidedAt, r.SubmittedAt, pq.Array(orEmpty(r.Requested.All())), lacks, c.AddressZH, c.AddressEN)
	if err := onlyOne(res, err); err != nil {
		return err
	}
	var sealed, index []byte
	if c.birth != nil {
		day := c.birth.Format(time.DateOnly)
		if sealed, err = s.box.Seal([]byte(day), "persons.birth_date:"+r.PersonID.String()); err != nil {
			return err
		}
		index = s.box.Index("birth", day)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE persons SET given_name = $2, family_name = $3, name_native = $4, native_order = $5, name_zh = $6, sex = $7, nationality = NULLIF($8, ''),
			languages = $9, email = $10, phone = $11, birth_date_sealed = $12, birth_date_index = $13, search = $14, name_key = $15, sound_key = $16, mrz_surname = $17, mrz_given = $18, version = version + 1
		WHERE id = $1`,
		r.PersonID, c.GivenName, c.FamilyName, c.NameNative, c.NativeOrder, c.NameZH, c.Sex, c.Nationality, pq.Array(orEmpty(c.Languages)), c.Email, c.Phone,
		sealed, index, text.Search(c.GivenName+" "+c.FamilyName, c.NameNative, c.NameZH, c.Organisation), nameKey(c.GivenName, c.FamilyName), soundKey(c.GivenName, c.FamilyName), c.MRZSurname, c.MRZGiven)
	if store.Constraint(err) == "persons_nationality" {
		return fault.Fields(fault.Field{Path: "nationality", Key: "field.choice"})
	}
	if err != nil {
		return err
	}
	if before.Passport != c.Passport && c.Passport.Number != "" {
		if err := s.savePassport(ctx, tx, r.PersonID, before.document, c); err != nil {
			return err
		}
	}
	return s.FindDuplicatesAnew(ctx, tx, r)
}

// savePassport keeps a passport in the place of a document, or as the first one.
func (s *Service) savePassport(ctx context.Context, tx *sqlx.Tx, person, document ident.ID, c checked) error {
	first := document == ident.Nil
	if first {
		document = s.newID()
	}
	sealed, err := s.box.Seal([]byte(c.Passport.Number), "travel_documents.number:"+document.String())
	if err != nil {
		return err
	}
	last4, index := c.Passport.Number[len(c.Passport.Number)-4:], s.box.Index("passport", c.Passport.Issuer+":"+c.Passport.Number)
	if first {
		return insertPassport(ctx, tx, document, person, sealed, index, last4, c.Passport.Issuer, *c.expires)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE travel_documents SET number_sealed = $2, number_index = $3, number_last4 = $4, issuer = $5, expires_on = $6 WHERE id = $1`,
		document, sealed, index, last4, c.Passport.Issuer, *c.expires)
	return err
}

// onlyOne holds that a statement changed one row.
//
// Fault: Conflict, somebody changed it meanwhile.
func onlyOne(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fault.New(fault.Conflict, "error.changed")
	}
	return nil
}

// bump makes the version that others hold of a registration an old one.
func bump(ctx context.Context, q store.Querier, r *Registration) error {
	r.Version++
	return onlyOne(q.ExecContext(ctx, `UPDATE registrations SET version = $2 WHERE id = $1 AND version = $2 - 1`, r.ID, r.Version))
}

// changeRow is a change as it is stored.
type changeRow struct {
	Change
	JSON         []byte `db:"fields"`
	ValuesSealed []byte `db:"values_sealed"`
}

const changeSelect = `
	SELECT id, at, actor_kind, actor_zh AS "actor.zh", actor_en AS "actor.en", source, state, decided_at,
		decided_by_zh AS "decided_by.zh", decided_by_en AS "decided_by.en", reason, fields, values_sealed
	FROM registration_changes WHERE registration_id = $1 `

func changeRows(ctx context.Context, q store.Querier, where string, args ...any) (rows []changeRow, err error) {
	if err := q.SelectContext(ctx, &rows, changeSelect+where, args...); err != nil {
		return nil, err
	}
	for i := range rows {
		if err := json.Unmarshal(rows[i].JSON, &rows[i].Fields); err != nil {
			return nil, fmt.Errorf("read fields of change %s: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}

// changesOf answers the latest changes of a registration, the latest first.
func changesOf(ctx context.Context, q store.Querier, registration ident.ID, most int) ([]changeRow, error) {
	return changeRows(ctx, q, `ORDER BY at DESC, id DESC LIMIT $2`, registration, most)
}

func countChanges(ctx context.Context, q store.Querier, registration ident.ID) (n int, err error) {
	err = q.GetContext(ctx, &n, `SELECT count(*) FROM registration_changes WHERE registration_id = $1`, registration)
	return n, err
}

// pendingOf answers the change that waits for the desk; nil when none does.
func pendingOf(ctx context.Context, q store.Querier, registration ident.ID) (*changeRow, error) {
	rows, err := changeRows(ctx, q, `AND state = 'pending'`, registration)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// lastDecided answers the latest change of the guest's that the desk decided on; nil
// when there is none.
func lastDecided(ctx context.Context, q store.Querier, registration ident.ID) (*Change, error) {
	rows, err := changeRows(ctx, q, `AND (state = 'refused' OR state = 'applied' AND decided_at > at) ORDER BY decided_at DESC, id DESC LIMIT 1`, registration)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0].Change, nil
}

func changeByID(ctx context.Context, q store.Querier, registration, id ident.ID) (changeRow, error) {
	rows, err := changeRows(ctx, q, `AND id = $2`, registration, id)
	if err != nil {
		return changeRow{}, err
	}
	if len(rows) == 0 {
		return changeRow{}, fault.New(fault.NotFound, "error.not_found")
	}
	return rows[0], nil
}

func insertChange(ctx context.Context, q store.Querier, registration ident.ID, c Change, by accounts.Actor, fields moves) error {
	stored, err := json.Marshal(fields.list)
	if err != nil {
		return err
	}
	var decided *time.Time
	var decider locale.Text
	if c.State != Pending {
		decided, decider = &c.At, by.Called()
	}
	_, err = q.ExecContext(ctx, `
		INSERT INTO registration_changes (id, registration_id, at, actor_kind, actor_zh, actor_en, source, fields, values_sealed, state, decided_at, decided_by_zh, decided_by_en)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		c.ID, registration, c.At, by.Kind, by.Called().ZH, by.Called().EN, c.Source, stored, fields.sealed, c.State, decided, decider.ZH, decider.EN)
	return err
}

// decideChange ends a pending change.
//
// Fault: Conflict, it is pending no more.
func decideChange(ctx context.Context, q store.Querier, id ident.ID, to ChangeState, by locale.Text, reason string, at time.Time) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE registration_changes SET state = $2, decided_by_zh = $3, decided_by_en = $4, reason = $5, decided_at = $6 WHERE id = $1 AND state = 'pending'`,
		id, to, by.ZH, by.EN, reason, at))
}

// updateChangeFields notes what a change moved when it was applied: others may have
// moved meanwhile.
func updateChangeFields(ctx context.Context, q store.Querier, id ident.ID, fields moves) error {
	stored, err := json.Marshal(append([]Moved{}, fields.list...))
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE registration_changes SET fields = $2, values_sealed = $3 WHERE id = $1`, id, stored, fields.sealed)
	return err
}

func updateRequested(ctx context.Context, q store.Querier, registration ident.ID, fields FieldList) error {
	_, err := q.ExecContext(ctx, `UPDATE registrations SET requested_fields = $2 WHERE id = $1`, registration, pq.Array(orEmpty(fields.All())))
	return err
}

func consentsOf(ctx context.Context, q store.Querier, registration ident.ID) (list []Consent, err error) {
	err = q.SelectContext(ctx, &list, `
		SELECT purpose, text_version, lang, given_at, withdrawn_at FROM consents WHERE registration_id = $1 ORDER BY given_at, purpose`, registration)
	return list, err
}

// updateRenderingApproved notes who approved a Chinese rendering, as long as it is
// still this one and nobody did.
//
// Fault: Conflict.
func updateRenderingApproved(ctx context.Context, q store.Querier, person ident.ID, nameZH, by string, at time.Time) error {
	return onlyOne(q.ExecContext(ctx, `
		UPDATE persons SET name_zh_approved_at = $4, name_zh_approved_by = $3, version = version + 1 WHERE id = $1 AND name_zh = $2 AND name_zh_approved_at IS NULL`,
		person, nameZH, by, at))
}
