package events

import (
	"context"
	"regexp"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// Country is a row of the office's table of countries and regions; the names are
// those that the office approved.
type Country struct {
	Code  string      `db:"code"`  // two letters
	Code3 string      `db:"code3"` // three, as passports write it
	Name  locale.Text `db:"name"`
}

// City is a partner city. A relation is never stated without its source.
type City struct {
	Code           string      `db:"code"`
	CountryCode    string      `db:"country_code"`
	Name           locale.Text `db:"name"`
	Native         string      `db:"name_native"`
	Languages      []string    `db:"-"`
	TimeZone       string      `db:"time_zone"`
	Group          string      `db:"country_group"`
	RelationStatus string      `db:"relation_status"`
	RelationSince  string      `db:"relation_since"`
	RelationBasis  string      `db:"relation_basis"`
	RelationSource string      `db:"relation_source"`
}

// Coded is a row of a list of codes: a sector, a district.
type Coded struct {
	Code string      `db:"code"`
	Name locale.Text `db:"name"`
	Kind string      `db:"kind"`
}

// Countries answers the office's table of countries and regions.
func (s *Service) Countries(ctx context.Context) ([]Country, error) { return countryList(ctx, s.db) }

// CountriesIn is Countries within the caller's transaction.
func CountriesIn(ctx context.Context, tx store.Querier) ([]Country, error) {
	return countryList(ctx, tx)
}

// Cities answers the partner cities.
func (s *Service) Cities(ctx context.Context) ([]City, error) { return cityList(ctx, s.db) }

// Sectors answers the sectors of the economy.
func (s *Service) Sectors(ctx context.Context) ([]Coded, error) {
	return codedList(ctx, s.db, "sectors")
}

// Districts answers the districts that a project may belong to.
func (s *Service) Districts(ctx context.Context) ([]Coded, error) {
	return codedList(ctx, s.db, "districts")
}

var (
	twoLetters   = regexp.MustCompile(`^[A-Z]{2}$`)
	threeLetters = regexp.MustCompile(`^[A-Z]{3}$`)
)

// SaveCountry adds a country or region, or changes its approved names.
func (s *Service) SaveCountry(ctx context.Context, by accounts.Actor, in Country) error {
	var bad fault.List
	bad.Check(twoLetters.MatchString(in.Code), "code", "constraint.countries_code")
	bad.Check(threeLetters.MatchString(in.Code3), "code3", "constraint.cities_code")
	checkName(&bad, in.Name, "name", 120)
	return s.reference(ctx, by, "country.save", bad, func(tx *sqlx.Tx) error { return upsertCountry(ctx, tx, in) })
}

// SaveCity adds a city, or changes it.
func (s *Service) SaveCity(ctx context.Context, by accounts.Actor, in City) error {
	var bad fault.List
	bad.Check(threeLetters.MatchString(in.Code), "code", "constraint.cities_code")
	checkName(&bad, in.Name, "name", 120)
	checkZone(&bad, in.TimeZone)
	bad.Check(in.RelationStatus != "sister_city" || in.RelationBasis == "demo_only_unverified" || in.RelationSource != "", "relation_source", "events.relation_source")
	return s.reference(ctx, by, "city.save", bad, func(tx *sqlx.Tx) error { return upsertCity(ctx, tx, in) })
}

// SaveSector adds a sector, or renames it.
func (s *Service) SaveSector(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "sectors", in)
}

// SaveDistrict adds a district, or renames it.
func (s *Service) SaveDistrict(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "districts", in)
}

func (s *Service) saveCoded(ctx context.Context, by accounts.Actor, table string, in Coded) error {
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	return s.reference(ctx, by, table+".save", bad, func(tx *sqlx.Tx) error { return upsertCoded(ctx, tx, table, in) })
}

// reference changes one of the office's own tables, which belong to no event.
func (s *Service) reference(ctx context.Context, by accounts.Actor, action string, bad fault.List, change func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditEvent, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.write(ctx, by, ident.Nil, action, "reference", s.newID(), nil, change)
}
