package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The functions of this file write instants in the zone that t carries; the
// caller turns it to the event's zone first.

var weekdaysZH = [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}

// ISO is a date as tables write it: 2027-06-08.
func ISO(t time.Time) string { return t.Format(time.DateOnly) }

// Date is a date in a sentence: 2027年6月8日, 8 June 2027.
func Date(l Lang, t time.Time) string {
	if l == ZH {
		return t.Format("2006年1月2日")
	}
	return t.Format("2 January 2006")
}

// Day is a date whose year is known: 6月8日, 8 June.
func Day(l Lang, t time.Time) string {
	if l == ZH {
		return t.Format("1月2日")
	}
	return t.Format("2 January")
}

// Weekday is the name of the day: 星期二, Tuesday.
func Weekday(l Lang, t time.Time) string {
	if l == ZH {
		return weekdaysZH[t.Weekday()]
	}
	return t.Weekday().String()
}

// FullDate names the day too: 2027年6月9日，星期三; Wednesday 9 June 2027.
func FullDate(l Lang, t time.Time) string {
	if l == ZH {
		return Date(l, t) + "，" + Weekday(l, t)
	}
	return Weekday(l, t) + " " + Date(l, t)
}

// DateRange writes the first and the last day with nothing said twice:
// 2027年6月8日至10日, 8–10 June 2027.
func DateRange(l Lang, first, last time.Time) string {
	sameYear := first.Year() == last.Year()
	sameMonth := sameYear && first.Month() == last.Month()
	switch {
	case sameMonth && first.Day() == last.Day():
		return Date(l, first)
	case l == ZH && sameMonth:
		return Date(l, first) + "至" + last.Format("2日")
	case l == ZH && sameYear:
		return Date(l, first) + "至" + Day(l, last)
	case l == ZH:
		return Date(l, first) + "至" + Date(l, last)
	case sameMonth:
		return first.Format("2") + "–" + Date(l, last)
	case sameYear:
		return Day(l, first) + " – " + Date(l, last)
	}
	return Date(l, first) + " – " + Date(l, last)
}

// Clock is a time of day: 16:05.
func Clock(t time.Time) string { return t.Format("15:04") }

// ClockRange is from when to when on one day: 10:20–11:45.
func ClockRange(from, to time.Time) string { return Clock(from) + "–" + Clock(to) }

// Moment is a time on a day of a known year: 6月9日16:00; 16:00, 9 June.
func Moment(l Lang, t time.Time) string {
	if l == ZH {
		return Day(l, t) + Clock(t)
	}
	return Clock(t) + ", " + Day(l, t)
}

// Span is a length of time in its largest unit, rounded down: 2天, 22小时,
// 5分钟; 2 days, 22 hours, 5 minutes. Less than a minute counts as none.
func Span(l Lang, d time.Duration) string {
	n, zh, en := int(d/time.Minute), "分钟", "minute"
	switch {
	case d >= 48*time.Hour:
		n, zh, en = int(d/(24*time.Hour)), "天", "day"
	case d >= 2*time.Hour:
		n, zh, en = int(d/time.Hour), "小时", "hour"
	}
	if l == ZH {
		return strconv.Itoa(n) + zh
	}
	if n == 1 {
		return "1 " + en
	}
	return strconv.Itoa(n) + " " + en + "s"
}

// Zone names the clock that times are in by its distance from UTC: UTC+8.
func Zone(t time.Time) string {
	_, offset := t.Zone()
	sign, rest := "+", offset
	if offset < 0 {
		sign, rest = "−", -offset
	}
	text := "UTC" + sign + strconv.Itoa(rest/3600)
	if m := rest % 3600 / 60; m != 0 {
		text += fmt.Sprintf(":%02d", m)
	}
	return text
}

// Number groups the digits of a whole number by thousands: 17,436.
func Number(n int64) string { return group(strconv.FormatInt(n, 10)) }

func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	whole, rest, dot := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + rest
	}
	return sign + whole
}

var currenciesZH = map[string]string{
	"USD": "美元", "EUR": "欧元", "CNY": "元人民币", "GBP": "英镑", "HKD": "港元", "JPY": "日元", "CHF": "瑞士法郎",
	"HUF": "匈牙利福林", "PLN": "波兰兹罗提", "CZK": "捷克克朗", "RON": "罗马尼亚列伊", "BGN": "保加利亚列弗",
	"RSD": "塞尔维亚第纳尔", "MKD": "马其顿代纳尔", "SEK": "瑞典克朗", "NOK": "挪威克朗", "DKK": "丹麦克朗",
}

var (
	tenThousand    = decimal.New(1, 4)
	million        = decimal.New(1, 6)
	hundredMillion = decimal.New(1, 8)
	billion        = decimal.New(1, 9)
)

// Money is an amount in a sentence, to two figures after the point of its
// scale: 2.17亿美元, USD 217.13 million. The currency is an ISO 4217 code.
func Money(l Lang, amount decimal.Decimal, currency string) string {
	size := amount.Abs()
	if l == ZH {
		unit, ok := currenciesZH[currency]
		if !ok {
			unit = currency
		}
		switch {
		case size.GreaterThanOrEqual(hundredMillion):
			return minus(amount.Div(hundredMillion).Round(2)) + "亿" + unit
		case size.GreaterThanOrEqual(tenThousand):
			return minus(amount.Div(tenThousand).Round(2)) + "万" + unit
		}
		return minus(amount.Round(2)) + unit
	}
	if size.GreaterThanOrEqual(billion) {
		return currency + " " + group(amount.Div(billion).Round(2).String()) + " billion"
	}
	if size.GreaterThanOrEqual(million) {
		return currency + " " + group(amount.Div(million).Round(2).String()) + " million"
	}
	return currency + " " + group(amount.Round(2).String())
}

// Sum is Money for reports, whose amounts stand beside one another: always two
// figures after the point of its scale: 2.10亿美元, USD 210.00 million.
func Sum(l Lang, amount decimal.Decimal, currency string) string {
	size := amount.Abs()
	unit := currenciesZH[currency]
	if unit == "" {
		unit = currency
	}
	switch {
	case l == ZH && size.GreaterThanOrEqual(hundredMillion):
		return signed(amount.Div(hundredMillion).StringFixed(2)) + "亿" + unit
	case l == ZH && size.GreaterThanOrEqual(tenThousand):
		return signed(amount.Div(tenThousand).StringFixed(2)) + "万" + unit
	case l == EN && size.GreaterThanOrEqual(billion):
		return currency + " " + group(amount.Div(billion).StringFixed(2)) + " billion"
	case l == EN && size.GreaterThanOrEqual(million):
		return currency + " " + group(amount.Div(million).StringFixed(2)) + " million"
	}
	return Money(l, amount, currency)
}

func minus(d decimal.Decimal) string { return signed(d.String()) }

// signed writes the sign of a number as text does.
func signed(digits string) string { return strings.Replace(digits, "-", "−", 1) }

// Millions is an amount under a head that names the unit: 217.13.
func Millions(amount decimal.Decimal) string { return group(amount.Div(million).StringFixed(2)) }

// Amount is an amount to the cent, under a head that names the currency:
// 36,000,000.00.
func Amount(amount decimal.Decimal) string { return group(amount.StringFixed(2)) }

// Rate is a rate of exchange with two figures after the point, or as many as it
// has: 785.00, 0.002849.
func Rate(rate decimal.Decimal) string {
	places := int32(2)
	for !rate.Equal(rate.Round(places)) {
		places++
	}
	return group(rate.StringFixed(places))
}

// Percent writes a share of one with one figure after the point: 66.7%.
func Percent(share decimal.Decimal) string { return share.Shift(2).StringFixed(1) + "%" }
