package events

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/text"
)

// SeriesYear is what a series reached in a year before this program counted it,
// as the office published it. It is never added to what the program counts:
// Definition says what the figures mean.
type SeriesYear struct {
	SeriesID   ident.ID        `db:"series_id"`
	Year       int             `db:"year"`
	Editions   int             `db:"editions"`
	Firms      int             `db:"firms"` // participations: a firm that came twice is two
	Projects   int             `db:"signed_projects"`
	TotalUSD   decimal.Decimal `db:"total_usd"`
	Definition string          `db:"definition"`
}

// SaveSeriesYear enters a year, or puts it right.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveSeriesYear(ctx context.Context, by accounts.Actor, in SeriesYear) error {
	in.Definition = text.Clean(in.Definition)
	var bad fault.List
	bad.Check(in.Year >= 1949 && in.Year <= s.now().Year(), "year", "field.number_between", 1949, s.now().Year())
	for path, n := range map[string]int{"editions": in.Editions, "firms": in.Firms, "signed_projects": in.Projects} {
		bad.Check(n >= 0 && n <= 1_000_000, path, "field.number_between", 0, 1_000_000)
	}
	bad.Check(!in.TotalUSD.IsNegative() && in.TotalUSD.LessThan(decimal.New(1, 16)) && in.TotalUSD.Equal(in.TotalUSD.Round(2)), "total_usd", "field.amount")
	text.Line(&bad, "definition", in.Definition, true, 500)
	return s.reference(ctx, by, "series_year.save", bad, nil, func(tx *sqlx.Tx) error { return upsertSeriesYear(ctx, tx, in) })
}

// SeriesHistory answers the years of a series, the earliest first.
func (s *Service) SeriesHistory(ctx context.Context, series ident.ID) ([]SeriesYear, error) {
	return seriesYears(ctx, s.db, series)
}
