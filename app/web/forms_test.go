package web

import (
	"errors"
	"testing"
	"time"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

func TestFormReads(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, typed string
		read        func(f *Form) any
		want        any
		bad         bool
	}{
		{"a date", "1964-11-07", func(f *Form) any { return f.Date("x") }, time.Date(1964, 11, 7, 0, 0, 0, 0, time.UTC), false},
		{"a day that is not", "2027-02-30", func(f *Form) any { return f.Date("x") }, time.Time{}, true},
		{"another way to write it", "07/11/1964", func(f *Form) any { return f.Date("x") }, time.Time{}, true},
		{"before our time", "1899-12-31", func(f *Form) any { return f.Date("x") }, time.Time{}, true},
		{"a moment", "2027-06-09T10:20", func(f *Form) any { return f.Moment("x", berlin).UTC() }, time.Date(2027, 6, 9, 8, 20, 0, 0, time.UTC), false},
		{"an hour that spring skips", "2027-03-28T02:30", func(f *Form) any { return f.Moment("x", berlin) }, time.Time{}, true},
		{"no moment", "soon", func(f *Form) any { return f.Moment("x", berlin) }, time.Time{}, true},
		{"a number", " 7 ", func(f *Form) any { return f.Whole("x", 1, 9) }, 7, false},
		{"too many", "10", func(f *Form) any { return f.Whole("x", 1, 9) }, 1, true},
		{"far too many", "99999999999999999999", func(f *Form) any { return f.Whole("x", 1, 9) }, 1, true},
		{"an id", "00000000-0000-7000-8000-000000000001", func(f *Form) any { return f.ID("x").String() }, "00000000-0000-7000-8000-000000000001", false},
		{"no id", "1", func(f *Form) any { return f.ID("x") }, ident.Nil, true},
	} {
		f := FormOf("x", tt.typed)
		if got := tt.read(&f); got != tt.want || f.Bad() != tt.bad {
			t.Errorf("%s: got %v, bad %v; want %v, %v", tt.name, got, f.Bad(), tt.want, tt.bad)
		}
		if f.Value("x") != tt.typed {
			t.Errorf("%s: %q became %q", tt.name, tt.typed, f.Value("x"))
		}
	}
}

func TestRefusal(t *testing.T) {
	f := FormOf("email", "x", "password", "hunter22")
	if f.Refused(errors.New("disk full")) || f.Refused(fault.New(fault.NotFound, "error.not_found")) || f.Bad() {
		t.Error("took in an error that is not about the input")
	}
	if !f.Refused(fault.Fields(fault.Field{Path: "email", Key: "field.email"})) {
		t.Error("did not take in an invalid field")
	}
	if p, bad := f.Problem("email"); !bad || p.Key != "field.email" {
		t.Errorf("problem %+v", p)
	}
	if f.Value("password") != "" || f.Raw("password") != "hunter22" {
		t.Error("a password is shown again")
	}
}

func TestLocalPathStaysHere(t *testing.T) {
	for to, want := range map[string]string{
		"/console/x?page=2":    "/console/x?page=2",
		"":                     "/",
		"//evil.example/":      "/",
		"https://evil.example": "/",
		"/\\evil.example":      "/",
		"console":              "/",
		"/a\r\nSet-Cookie: x":  "/",
		"javascript:alert(1)":  "/",
	} {
		if got := localPath(to, "/"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/a", "//b", "/\\c", "http:d", "/%2f%2fe", "/\tf"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := localPath(to, "/")
		if got == "" || got[0] != '/' || len(got) > 1 && (got[1] == '/' || got[1] == '\\') {
			t.Errorf("%q leads to %q", to, got)
		}
	})
}

func TestDayNumber(t *testing.T) {
	for at, want := range map[string]int{
		"2027-06-07T23:59:00+08:00": 0,
		"2027-06-08T00:00:00+08:00": 1,
		"2027-06-09T17:00:00Z":      3, // already the 10th in Ningbo
		"2027-06-11T00:00:00+08:00": 0,
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := forum.DayNumber(instant); got != want {
			t.Errorf("%s is day %d, want %d", at, got, want)
		}
	}
}

func TestNoWayOut(t *testing.T) {
	for to, want := range map[string]string{
		"/console?x=1": "/console?x=1", "": "/", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/",
		"/%2Fevil.example/%22": "/", "/%2fevil.example/é": "/", "/%5Cevil.example": "/", "/%0d%0aSet-Cookie:x": "/", "console": "/",
	} {
		if got := localPath(to, "/"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

// A share and a rate that are no numbers are answered as such, not as amounts.
func TestNumbersAreRefusedInTheirOwnWords(t *testing.T) {
	form := FormOf("share_percent", "half", "cny_per_units", "-7", "total_investment", "much", "unit", "1")
	form.Decimal("share_percent", "projects.share")
	form.Decimal("cny_per_units", "projects.rate")
	form.Amount("total_investment")
	for name, want := range map[string]string{"share_percent": "projects.share", "cny_per_units": "projects.rate", "total_investment": "field.amount"} {
		if got, bad := form.Problem(name); !bad || got.Key != want {
			t.Errorf("%s is refused by %q, want %q", name, got.Key, want)
		}
	}
}
