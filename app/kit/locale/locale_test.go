package locale_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/kit/locale"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		accept string
		want   locale.Lang
	}{
		{"", locale.ZH},
		{"zh-CN,zh;q=0.9,en;q=0.8", locale.ZH},
		{"zh-TW", locale.ZH},
		{"en-GB,en;q=0.9", locale.EN},
		{"hu-HU,hu;q=0.9", locale.EN},
		{"hu;q=0.9,zh;q=0.4", locale.ZH},
		{"sr-Cyrl-RS,en;q=0.5,zh;q=0.2", locale.EN},
		{";;;===", locale.ZH},
	} {
		if got := locale.Match(tt.accept); got != tt.want {
			t.Errorf("Match(%q) = %s, want %s", tt.accept, got, tt.want)
		}
	}
}

func TestText(t *testing.T) {
	both, only := locale.Text{ZH: "议程", EN: "Agenda"}, locale.Text{ZH: "议程"}
	if both.In(locale.ZH) != "议程" || both.In(locale.EN) != "Agenda" || both.Fallback(locale.EN) {
		t.Errorf("a text with both languages answers the wrong one")
	}
	if only.In(locale.EN) != "议程" || !only.Fallback(locale.EN) {
		t.Errorf("a text with one language does not fall back to it")
	}
}

func catalogue(t *testing.T, zh, en string) (*locale.Catalogue, error) {
	t.Helper()
	return locale.Load(fstest.MapFS{
		"zh/a.json": {Data: []byte(zh)},
		"en/a.json": {Data: []byte(en)},
	}, nil)
}

func TestSentences(t *testing.T) {
	c, err := catalogue(t,
		`{"people": "{0}人，来自{1}", "plain": "保存"}`,
		`{"people": {"one": "{0} person from {1}", "other": "{0} people from {1}"}, "plain": "Save"}`)
	if err != nil {
		t.Fatal(err)
	}
	city := locale.Text{ZH: "瓦尔纳", EN: "Varna"}
	for _, tt := range []struct {
		lang locale.Lang
		key  string
		args []any
		want string
	}{
		{locale.ZH, "people", []any{1, city}, "1人，来自瓦尔纳"},
		{locale.EN, "people", []any{1, city}, "1 person from Varna"},
		{locale.EN, "people", []any{0, city}, "0 people from Varna"},
		{locale.EN, "people", []any{int64(2), "{0}"}, "2 people from {0}"},
		{locale.EN, "people", []any{3}, "3 people from {1}"},
		{locale.EN, "plain", nil, "Save"},
		{locale.EN, "absent", nil, "absent"},
	} {
		if got := c.T(tt.lang, tt.key, tt.args...); got != tt.want {
			t.Errorf("T(%s, %q, %v) = %q, want %q", tt.lang, tt.key, tt.args, got, tt.want)
		}
	}
	if faults := c.Faults(); len(faults) != 0 {
		t.Errorf("faults in a good catalogue: %v", faults)
	}
}

func TestFaultsOfCatalogues(t *testing.T) {
	c, err := catalogue(t, `{"a": "{0}", "b": "只有中文", "d": "空"}`, `{"a": "{1}", "c": "only English", "d": " "}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Faults(); len(got) != 4 {
		t.Errorf("want 4 faults, got %q", got)
	}
	if _, err := catalogue(t, `{"a": 7}`, `{"a": "x"}`); err == nil {
		t.Error("a number passed for a sentence")
	}
	if _, err := locale.Load(fstest.MapFS{
		"zh/a.json": {Data: []byte(`{"k": "x"}`)}, "zh/b.json": {Data: []byte(`{"k": "y"}`)},
		"en/a.json": {Data: []byte(`{"k": "x"}`)},
	}, nil); err == nil {
		t.Error("one key in two files passed")
	}
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestDates(t *testing.T) {
	at := time.Date(2027, 6, 9, 16, 5, 0, 0, time.FixedZone("", 8*3600))
	for _, tt := range []struct{ got, want string }{
		{locale.Date(locale.ZH, at), "2027年6月9日"},
		{locale.Date(locale.EN, at), "9 June 2027"},
		{locale.FullDate(locale.ZH, at), "2027年6月9日，星期三"},
		{locale.FullDate(locale.EN, at), "Wednesday 9 June 2027"},
		{locale.Moment(locale.ZH, at), "6月9日16:05"},
		{locale.Moment(locale.EN, at), "16:05, 9 June"},
		{locale.Zone(at), "UTC+8"},
		{locale.Zone(at.In(time.FixedZone("", -(3*3600 + 1800)))), "UTC−3:30"},
		{locale.DateRange(locale.ZH, day("2027-06-08"), day("2027-06-10")), "2027年6月8日至10日"},
		{locale.DateRange(locale.EN, day("2027-06-08"), day("2027-06-10")), "8–10 June 2027"},
		{locale.DateRange(locale.ZH, day("2027-05-30"), day("2027-06-02")), "2027年5月30日至6月2日"},
		{locale.DateRange(locale.EN, day("2027-05-30"), day("2027-06-02")), "30 May – 2 June 2027"},
		{locale.DateRange(locale.EN, day("2027-12-30"), day("2028-01-02")), "30 December 2027 – 2 January 2028"},
		{locale.DateRange(locale.ZH, day("2027-06-08"), day("2027-06-08")), "2027年6月8日"},
		{locale.Span(locale.ZH, 50*time.Hour), "2天"},
		{locale.Span(locale.EN, 22*time.Hour), "22 hours"},
		{locale.Span(locale.EN, 90*time.Second), "1 minute"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestMoney(t *testing.T) {
	for _, tt := range []struct{ amount, currency, zh, en string }{
		{"217130000", "USD", "2.17亿美元", "USD 217.13 million"},
		{"3528000000", "USD", "35.28亿美元", "USD 3.53 billion"},
		{"48000000", "USD", "4800万美元", "USD 48 million"},
		{"11000000", "EUR", "1100万欧元", "EUR 11 million"},
		{"320000.50", "EUR", "32万欧元", "EUR 320,000.5"},
		{"9999.99", "CNY", "9999.99元人民币", "CNY 9,999.99"},
		{"-1500000", "USD", "−150万美元", "USD −1.5 million"},
		{"0", "XAU", "0XAU", "XAU 0"},
	} {
		amount := decimal.RequireFromString(tt.amount)
		if got := locale.Money(locale.ZH, amount, tt.currency); got != tt.zh {
			t.Errorf("%s %s in Chinese: %q, want %q", tt.currency, tt.amount, got, tt.zh)
		}
		if got := locale.Money(locale.EN, amount, tt.currency); got != tt.en {
			t.Errorf("%s %s in English: %q, want %q", tt.currency, tt.amount, got, tt.en)
		}
	}
	for _, tt := range []struct{ amount, zh, en string }{
		{"295100000", "2.95亿美元", "USD 295.10 million"},
		{"210000000", "2.10亿美元", "USD 210.00 million"},
		{"1234567890123", "12345.68亿美元", "USD 1,234.57 billion"},
		{"48000000", "4800.00万美元", "USD 48.00 million"},
		{"-1500000", "−150.00万美元", "USD −1.50 million"},
		{"0", "0美元", "USD 0"},
	} {
		amount := decimal.RequireFromString(tt.amount)
		if zh, en := locale.Sum(locale.ZH, amount, "USD"), locale.Sum(locale.EN, amount, "USD"); zh != tt.zh || en != tt.en {
			t.Errorf("the sum of %s: %q, %q; want %q, %q", tt.amount, zh, en, tt.zh, tt.en)
		}
	}
	if got := locale.Millions(decimal.RequireFromString("1217130000")); got != "1,217.13" {
		t.Errorf("millions: %q", got)
	}
	for rate, want := range map[string]string{"785.000000": "785.00", "4.7": "4.70", "0.002849": "0.002849", "16250.5": "16,250.50"} {
		if got := locale.Rate(decimal.RequireFromString(rate)); got != want {
			t.Errorf("rate %s: %q, want %q", rate, got, want)
		}
	}
	if got := locale.Percent(decimal.RequireFromString("0.66666")); got != "66.7%" {
		t.Errorf("percent: %q", got)
	}
}
