package events

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
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
	return s.putCountry(ctx, by, in, false)
}

// AddCountry adds a country or region.
func (s *Service) AddCountry(ctx context.Context, by accounts.Actor, in Country) error {
	return s.putCountry(ctx, by, in, true)
}

func (s *Service) putCountry(ctx context.Context, by accounts.Actor, in Country, fresh bool) error {
	var bad fault.List
	bad.Check(twoLetters.MatchString(in.Code), "code", "constraint.countries_code")
	bad.Check(threeLetters.MatchString(in.Code3), "code3", "constraint.cities_code")
	in.Name = cleanText(in.Name)
	checkName(&bad, in.Name, "name", 120)
	return s.reference(ctx, by, "country.save", bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) error {
		return takenCode(upsertCountry(ctx, tx, in, fresh), "code")
	})
}

// SaveCity adds a city, or changes it. Who may edit every delegation may do so too:
// cities are whom delegations come from. A city without a time zone has that of its
// country or region, if there is one alone.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveCity(ctx context.Context, by accounts.Actor, in City) error {
	_, err := s.putCity(ctx, by, in, false)
	return err
}

// AddCity adds a city; without a code it is given one made of its English name.
func (s *Service) AddCity(ctx context.Context, by accounts.Actor, in City) (City, error) {
	return s.putCity(ctx, by, in, true)
}

func (s *Service) putCity(ctx context.Context, by accounts.Actor, in City, fresh bool) (City, error) {
	if err := in.prepare(by, fresh); err != nil {
		return in, err
	}
	err := s.write(ctx, by, ident.Nil, "city.save", "reference", s.newID(), in.noted(), func(tx *sqlx.Tx) (err error) {
		in, err = writeCity(ctx, tx, in, fresh)
		return err
	})
	return in, err
}

// AddCityIn is AddCity within the caller's transaction.
func (s *Service) AddCityIn(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, in City) (City, error) {
	err := in.prepare(by, true)
	if err != nil {
		return in, err
	}
	if in, err = writeCity(ctx, tx, in, true); err != nil {
		return in, err
	}
	return in, s.log(ctx, tx, by, ident.Nil, "city.save", "reference", s.newID(), in.noted())
}

func (c City) noted() map[string]any { return noted("code", c.Code, c.Name) }

// prepare cleans a city and checks it and who writes it.
func (c *City) prepare(by accounts.Actor, fresh bool) error {
	if !MayEditCities(by) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	c.Name, c.Native = cleanText(c.Name), text.Clean(c.Native)
	c.RelationSince, c.RelationSource = text.Clean(c.RelationSince), text.Clean(c.RelationSource)
	if c.TimeZone == "" {
		c.TimeZone = onlyZone(c.CountryCode)
	}
	if c.Native == "" {
		c.Native = c.Name.EN
	}
	var bad fault.List
	bad.Check(fresh && c.Code == "" || threeLetters.MatchString(c.Code), "code", "constraint.cities_code")
	checkName(&bad, c.Name, "name", 120)
	text.Line(&bad, "name_native", c.Native, false, 120)
	text.Line(&bad, "relation_since", c.RelationSince, false, 20)
	text.Line(&bad, "relation_source", c.RelationSource, false, 500)
	bad.Check(twoLetters.MatchString(c.CountryCode), "country_code", "field.choice")
	if c.TimeZone != "" {
		checkZone(&bad, c.TimeZone)
	} else if twoLetters.MatchString(c.CountryCode) {
		bad.Add("time_zone", "events.several_zones")
	}
	bad.Check(c.RelationStatus != "sister_city" || c.RelationBasis == "demo_only_unverified" || c.RelationSource != "", "relation_source", "events.relation_source")
	return bad.Err()
}

func writeCity(ctx context.Context, tx *sqlx.Tx, in City, fresh bool) (City, error) {
	if in.Code == "" {
		all, err := cityList(ctx, tx)
		if err != nil {
			return in, err
		}
		in.Code = cityCode(in.Name.EN, all)
	}
	err := upsertCity(ctx, tx, in, fresh)
	if store.Constraint(err) == "cities_country" {
		err = fault.Fields(fault.Field{Path: "country_code", Key: "field.choice"})
	}
	return in, takenCode(err, "code")
}

// MayEditCities tells whether somebody may add cities and change them.
func MayEditCities(by accounts.Actor) bool {
	return by.May(accounts.EditEvent, ident.Nil) || by.May(accounts.EditDelegation, ident.Nil)
}

// cityCode makes a code of three letters that no city has: the first ones of the
// name, or its first two and any.
func cityCode(name string, taken []City) string {
	letters := []rune{}
	for _, r := range strings.ToUpper(text.Fold(name)) {
		if r >= 'A' && r <= 'Z' {
			letters = append(letters, r)
		}
	}
	for len(letters) < 3 {
		letters = append(letters, 'X')
	}
	for _, first := range []rune{letters[0], 'X', 'Y', 'Z'} {
		for _, second := range append([]rune{letters[1]}, alphabet...) {
			for _, third := range append(slices.Clone(letters[2:]), alphabet...) {
				code := string([]rune{first, second, third})
				if !slices.ContainsFunc(taken, func(c City) bool { return c.Code == code }) {
					return code
				}
			}
		}
	}
	return string(letters[:3]) // refused as taken
}

var alphabet = []rune("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

// SaveSector adds a sector, or renames it.
func (s *Service) SaveSector(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "sectors", in, false)
}

// AddSector adds a sector.
func (s *Service) AddSector(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "sectors", in, true)
}

// SaveDistrict adds a district, or renames it.
func (s *Service) SaveDistrict(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "districts", in, false)
}

// AddDistrict adds a district.
func (s *Service) AddDistrict(ctx context.Context, by accounts.Actor, in Coded) error {
	return s.saveCoded(ctx, by, "districts", in, true)
}

func (s *Service) saveCoded(ctx context.Context, by accounts.Actor, table string, in Coded, fresh bool) error {
	in.Name = cleanText(in.Name)
	var bad fault.List
	checkCode(&bad, in.Code)
	checkName(&bad, in.Name, "name", 120)
	return s.reference(ctx, by, table+".save", bad, noted("code", in.Code, in.Name), func(tx *sqlx.Tx) error {
		return takenCode(upsertCoded(ctx, tx, table, in, fresh), "code")
	})
}

// reference changes one of the office's own tables, which belong to no event.
func (s *Service) reference(ctx context.Context, by accounts.Actor, action string, bad fault.List, after map[string]any, change func(tx *sqlx.Tx) error) error {
	if !by.May(accounts.EditEvent, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return s.write(ctx, by, ident.Nil, action, "reference", s.newID(), after, change)
}
