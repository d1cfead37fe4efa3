package projects

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/shopspring/decimal"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// freshDays is how old the rate of a signing day may be, in days.
const freshDays = 7

// Rate is what so many units of a currency were worth on a day.
type Rate struct {
	On       time.Time       `db:"rate_date"` // a date: midnight UTC
	Currency string          `db:"currency"`
	Units    int             `db:"units"`         // how many the yuan are for: 100 as banks quote
	CNY      decimal.Decimal `db:"cny_per_units"` // yuan for that many
	Source   string          `db:"source"`
}

// FrozenRate is the rate that was frozen with a project; empty without an
// amount. Dollars go through the yuan: a rate straight into dollars, rounded to
// six digits, would lose four of a forint's.
type FrozenRate struct {
	On        *time.Time          `db:"date"`
	Units     decimal.NullDecimal `db:"units"`
	CNY       decimal.NullDecimal `db:"cny"`         // yuan for Units of the currency
	CNYPerUSD decimal.NullDecimal `db:"cny_per_usd"` // on the same day
	Source    string              `db:"source"`
}

func (r Rate) frozen(cnyPerUSD decimal.Decimal) FrozenRate {
	return FrozenRate{
		On: &r.On, Units: decimal.NewNullDecimal(decimal.New(int64(r.Units), 0)), CNY: decimal.NewNullDecimal(r.CNY),
		CNYPerUSD: decimal.NewNullDecimal(cnyPerUSD), Source: r.Source,
	}
}

// InUSD turns an amount of the currency into US dollars; not valid without an
// amount or a rate. Nothing is rounded but the sixteenth digit.
func (r FrozenRate) InUSD(amount decimal.NullDecimal) decimal.NullDecimal {
	if !amount.Valid || !r.CNYPerUSD.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(amount.Decimal.Mul(r.CNY.Decimal).Div(r.Units.Decimal.Mul(r.CNYPerUSD.Decimal)))
}

// InCNY turns an amount of the currency into yuan.
func (r FrozenRate) InCNY(amount decimal.NullDecimal) decimal.NullDecimal {
	if !amount.Valid || !r.CNY.Valid {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(amount.Decimal.Mul(r.CNY.Decimal).Div(r.Units.Decimal))
}

// maxRate is the first rate that numeric(18,6) cannot hold.
var maxRate = decimal.New(1, 12)

// SaveRate enters the rate of a day, or puts it right. Projects that froze the
// former one keep it.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveRate(ctx context.Context, by accounts.Actor, in Rate) error {
	if !by.May(accounts.EditProject, ident.Nil) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	in.Currency, in.Source = text.Halfwidth(in.Currency), text.Clean(in.Source)
	var bad fault.List
	bad.Check(currencyForm.MatchString(in.Currency), "currency", "projects.currency")
	bad.Check(!in.On.Before(firstSigning) && !in.On.After(s.now().Add(24*time.Hour)), "rate_date", "field.date")
	bad.Check(in.Units == 1 || in.Units == 100 || in.Units == 1000 || in.Units == 10_000, "units", "field.choice")
	bad.Check(in.CNY.IsPositive() && in.CNY.LessThan(maxRate) && in.CNY.Equal(in.CNY.Round(6)), "cny_per_units", "projects.rate")
	text.Line(&bad, "source", in.Source, true, maxReason)
	if err := bad.Err(); err != nil {
		return err
	}
	return store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := upsertRate(ctx, tx, in); err != nil {
			return err
		}
		saved := s.newID() // a rate is known by its day and currency, and has no id of its own
		err := audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(),
			Action: "rate.save", ObjectKind: "rate", ObjectID: saved, After: map[string]any{
				"rate_date": in.On.Format(time.DateOnly), "currency": in.Currency, "units": in.Units,
				"cny_per_units": in.CNY.String(), "source": in.Source,
			},
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{Kind: "rate", Ref: saved})
	})
}

// Rates answers every rate, the latest day first.
//
// Fault: Forbidden.
func (s *Service) Rates(ctx context.Context, by accounts.Actor) ([]Rate, error) {
	if !by.MayAnywhere(accounts.SeeProjects) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return rateList(ctx, s.db)
}
