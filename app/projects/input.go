package projects

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Input is a project as somebody types it.
type Input struct {
	Code        string // empty: the next number
	Name        locale.Text
	Kind        Kind
	Direction   Direction
	Document    Document
	Sector      string
	District    string
	FirmID      ident.ID
	PartnerName string
	City        string // code of a partner city; empty when only the partner is known
	Country     string // two letters; empty: the city's
	SignedOn    time.Time
	Currency    string // ISO 4217
	Total       decimal.NullDecimal
	Contracted  decimal.NullDecimal
	Share       decimal.NullDecimal // percent of equity or votes
	Undisclosed string              // why there is no amount
	Visibility  string              // empty: public
	Note        string
	EvidenceRef string // where the signed document is kept; asked for when the project is recorded

	// Unread is what was typed and cannot be read: refused with all the rest, so that
	// a person mends everything in one go.
	Unread []fault.Field
}

// Input is a project as it would be typed again, for a form that edits it.
func (p Project) Input() Input {
	return Input{
		Code: p.Code, Name: p.Name, Kind: p.Kind, Direction: p.Direction, Document: p.Document, Sector: p.Sector, District: p.District,
		FirmID: p.FirmID, PartnerName: p.PartnerName, City: p.City, Country: p.Country, SignedOn: p.SignedOn, Currency: p.Currency,
		Total: p.Total, Contracted: p.Contracted, Share: p.Share, Undisclosed: p.Undisclosed, Visibility: p.Visibility, Note: p.Note,
	}
}

const (
	maxName     = 200
	maxNote     = 2000
	maxReason   = 200
	maxEvidence = 200
)

var (
	codeForm     = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,19}$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	// limit is the first amount that numeric(18,2) cannot hold.
	limit = decimal.New(1, 16)
	// firstSigning is long before any series began.
	firstSigning = time.Date(1979, 1, 1, 0, 0, 0, 0, time.UTC)
	hundred      = decimal.New(100, 0)
)

// check normalises the input, refuses what breaks a rule beside its field, and
// answers the rate that is frozen with the project.
func (in *Input) check(ctx context.Context, tx *sqlx.Tx, today time.Time) (FrozenRate, error) {
	bad := fault.List(slices.Clone(in.Unread))
	in.Code, in.Currency = text.Halfwidth(in.Code), text.Halfwidth(in.Currency)
	bad.Check(in.Code == "" || codeForm.MatchString(in.Code), "code", "projects.code_form")
	in.Name = locale.Text{ZH: text.Clean(in.Name.ZH), EN: text.Clean(in.Name.EN)}
	text.Line(&bad, "name_zh", in.Name.ZH, true, maxName)
	text.Line(&bad, "name_en", in.Name.EN, true, maxName)
	bad.Check(slices.Contains(Kinds, in.Kind), "kind", "field.choice")
	bad.Check(slices.Contains(Directions, in.Direction), "direction", "field.choice")
	bad.Check(slices.Contains(Documents, in.Document), "document_type", "field.choice")
	if in.Visibility == "" {
		in.Visibility = "public"
	}
	bad.Check(slices.Contains(Visibilities, in.Visibility), "visibility", "field.choice")
	in.Note, in.EvidenceRef = text.Paragraphs(in.Note), text.Clean(in.EvidenceRef)
	text.Line(&bad, "note", in.Note, false, maxNote)
	text.Line(&bad, "evidence_ref", in.EvidenceRef, true, maxEvidence)
	bad.Check(!in.SignedOn.Before(firstSigning) && !in.SignedOn.After(today), "signed_on", "projects.signed_on", today.Format(time.DateOnly))
	if err := in.checkParties(ctx, tx, &bad); err != nil {
		return FrozenRate{}, err
	}
	in.checkAmounts(&bad)
	rate, err := in.freeze(ctx, tx, &bad)
	if err != nil {
		return FrozenRate{}, err
	}
	return rate, bad.Err()
}

// checkParties sees that both sides are named, and that they and the project's
// sector and district are in the office's tables.
func (in *Input) checkParties(ctx context.Context, tx *sqlx.Tx, bad *fault.List) error {
	in.PartnerName = text.Clean(in.PartnerName)
	text.Line(bad, "partner_name", in.PartnerName, false, maxName)
	bad.Check(in.PartnerName != "" || in.City != "", "partner_name", "projects.partner_needed")
	known, err := knownParties(ctx, tx, *in)
	if err != nil {
		return err
	}
	if in.Country == "" && known.CityCountry != "" {
		in.Country, known.Country = known.CityCountry, true
	}
	bad.Check(known.Firm, "firm_id", "field.choice")
	bad.Check(known.Sector, "sector_code", "field.choice")
	bad.Check(known.District, "district_code", "field.choice")
	bad.Check(known.Country, "partner_country", "field.choice")
	bad.Check(in.City == "" || known.CityCountry != "", "partner_city", "field.choice")
	bad.Check(known.CityCountry == "" || !known.Country || known.CityCountry == in.Country, "partner_city", "projects.city_elsewhere")
	return nil
}

// checkAmounts holds the amounts against the document: a contract says what it
// is worth, anything without an amount says why, and nothing but friendship is
// worth nothing.
func (in *Input) checkAmounts(bad *fault.List) {
	in.Undisclosed = text.Clean(in.Undisclosed)
	text.Line(bad, "undisclosed_reason", in.Undisclosed, false, maxReason)
	for path, amount := range map[string]decimal.NullDecimal{"total_investment": in.Total, "contracted_foreign": in.Contracted} {
		bad.Check(!amount.Valid || fitsMoney(amount.Decimal), path, "field.amount")
	}
	bad.Check(!in.Share.Valid || in.Share.Decimal.IsPositive() && in.Share.Decimal.LessThanOrEqual(hundred) && in.Share.Decimal.Equal(in.Share.Decimal.Round(2)),
		"share_percent", "projects.share")
	if !in.Total.Valid {
		bad.Check(in.Undisclosed != "", "total_investment", "projects.amount_or_reason")
		bad.Check(!in.Contracted.Valid, "contracted_foreign", "projects.contracted_without_total")
		in.Currency = ""
		return
	}
	in.Undisclosed = ""
	bad.Check(currencyForm.MatchString(in.Currency), "currency", "projects.currency")
	bad.Check(!in.Total.Decimal.IsZero() || in.Kind == Friendship, "total_investment", "projects.zero")
	bad.Check(!in.Contracted.Valid || in.Contracted.Decimal.LessThanOrEqual(in.Total.Decimal), "contracted_foreign", "constraint.projects_contracted_within")
	foreignCapital := in.Kind == Investment && in.Direction == Inbound && in.Document == Contract
	bad.Check(in.Contracted.Valid || !foreignCapital, "contracted_foreign", "projects.contracted_needed")
}

func fitsMoney(d decimal.Decimal) bool {
	return !d.IsNegative() && d.LessThan(limit) && d.Equal(d.Round(2))
}

// freeze looks up the rate of the signing day for the project's currency.
func (in *Input) freeze(ctx context.Context, tx *sqlx.Tx, bad *fault.List) (FrozenRate, error) {
	if !in.Total.Valid || !currencyForm.MatchString(in.Currency) || in.SignedOn.IsZero() {
		return FrozenRate{}, nil
	}
	rate, perUSD, found, err := rateOn(ctx, tx, in.Currency, in.SignedOn)
	if err != nil {
		return FrozenRate{}, err
	}
	switch {
	case !found:
		bad.Add("currency", "projects.no_rate", in.Currency, in.SignedOn.Format(time.DateOnly))
		return FrozenRate{}, nil
	case rate.On.Before(in.SignedOn.AddDate(0, 0, -freshDays)):
		bad.Add("currency", "projects.old_rate", in.Currency, rate.On.Format(time.DateOnly), in.SignedOn.Format(time.DateOnly))
		return FrozenRate{}, nil
	}
	return rate.frozen(perUSD), nil
}

// fits sees that a changed project still agrees with what was reported of it.
func (in *Input) fits(events []StageEvent) error {
	var bad fault.List
	now := derive(in.Document, events)
	if !in.Kind.climbs(now.Stage) {
		bad.Add("kind", "projects.kind_after_stage")
	}
	if now.Stage.rank() <= Stage(Contract).rank() && Stage(in.Document).rank() < now.Stage.rank() {
		bad.Add("document_type", "projects.document_after_stage")
	}
	if now.PaidIn.Valid && !in.Total.Valid {
		bad.Add("total_investment", "projects.paid_in_needs_amount")
	}
	for _, e := range effective(events) {
		if e.Stage.rank() > Stage(Contract).rank() && e.On.Before(in.SignedOn) {
			bad.Add("signed_on", "projects.signed_after_stage", e.On.Format(time.DateOnly))
			break
		}
	}
	for _, e := range events {
		if e.PaidIn.Valid && in.Total.Valid && e.Currency != in.Currency {
			bad.Add("currency", "projects.currency_after_funds", e.Currency)
			break
		}
	}
	return bad.Err()
}

// record is the input as the audit log writes it.
func (in Input) record() map[string]any {
	amount := func(d decimal.NullDecimal) string {
		if !d.Valid {
			return ""
		}
		return d.Decimal.StringFixed(2)
	}
	return map[string]any{
		"code": in.Code, "name_zh": in.Name.ZH, "name_en": in.Name.EN, "kind": string(in.Kind), "direction": string(in.Direction),
		"document_type": string(in.Document), "sector_code": in.Sector, "district_code": in.District, "firm_id": in.FirmID.String(),
		"partner_name": in.PartnerName, "partner_city": in.City, "partner_country": in.Country, "signed_on": in.SignedOn.Format(time.DateOnly),
		"currency": in.Currency, "total_investment": amount(in.Total), "contracted_foreign": amount(in.Contracted),
		"share_percent": amount(in.Share), "undisclosed_reason": in.Undisclosed, "visibility": in.Visibility, "note": in.Note,
	}
}

// difference keeps the fields that moved.
func difference(a, b map[string]any) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	for k, v := range b {
		if a[k] != v {
			before[k], after[k] = a[k], v
		}
	}
	return before, after
}

// fieldOf lays what the database refused beside the field that caused it.
func fieldOf(err error) error {
	field, known := map[string]string{
		"projects_code": "code", "projects_sector": "sector_code", "projects_district": "district_code", "projects_firm": "firm_id",
		"projects_partner_city": "partner_city", "projects_partner_country": "partner_country",
	}[store.Constraint(err)]
	if !known {
		return err
	}
	return fault.Fields(fault.Field{Path: field, Key: "constraint." + store.Constraint(err)})
}

// searchText is everything by which a project may be looked for.
func searchText(ctx context.Context, tx *sqlx.Tx, in Input) (string, error) {
	names, err := partyNames(ctx, tx, in)
	if err != nil {
		return "", err
	}
	return text.Search(append([]string{in.Code, in.Name.ZH, in.Name.EN, in.PartnerName}, names...)...), nil
}
