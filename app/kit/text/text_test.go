package text_test

import (
	"strings"
	"testing"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/text"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, typed, key string }{
		{"a plain name", "Dénes", ""},
		{"a combining accent becomes one letter", "De\u0301nes", ""},
		{"blanks are brought to one", "  Anna \t Maria ", ""},
		{"Chinese beyond the basic plane", "𠮷田", ""},
		{"an emoji is a character like others", "Ann 😀", ""},
		{"a direction override", "Ann\u202Egnp.exe", "field.control"},
		{"a null", "Ann\x00", "field.control"},
		{"a zero-width blank", "An\u200Bna", "field.control"},
		{"bytes that are no text", "Ann\xff", "field.control"},
		{"nothing", "   ", "field.required"},
		{"too much", strings.Repeat("é", 81), "field.too_long"},
		{"just enough, counted in characters", strings.Repeat("e\u0301", 80), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var bad fault.List
			text.Line(&bad, "name", text.Clean(tt.typed), true, 80)
			got := ""
			if len(bad) > 0 {
				got = bad[0].Key
			}
			if got != tt.key {
				t.Errorf("got %q, want %q", got, tt.key)
			}
		})
	}
}

func TestNotLatin(t *testing.T) {
	for name, wrong := range map[string]string{
		"Małgorzata": "", "O’Brien-Šimić": "", "Țăranu": "", "Аnna": "А", "Νίκος": "Νίκος", "R2D2": "2", "José": "",
	} {
		if got := text.NotLatin(text.Clean(name)); got != wrong {
			t.Errorf("%s: %q, want %q", name, got, wrong)
		}
	}
}

func TestOneScript(t *testing.T) {
	for name, want := range map[string]bool{
		"Јелена Ђерић": true, "Στέλιος Μαγκανιάρης": true, "Аnna": false, "叶荣钟": true, "田中さくら": true, "王Anna": false, "": true,
	} {
		if text.OneScript(name) != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
}

func TestEmail(t *testing.T) {
	for typed, want := range map[string]string{
		"m001@Delegate.Example": "m001@delegate.example", " ａｎｎａ@city.example ": "anna@city.example", "josé@ciudad.example": "josé@ciudad.example",
		"anna@münchen.example": "anna@münchen.example",
	} {
		if got, ok := text.Email(typed); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
	for _, typed := range []string{
		"", "anna", "anna@", "@city.example", "anna@city", "anna@@city.example", "a b@city.example", "Anna <anna@city.example>", "anna@city..example",
		"anna@-city.example", "anna@city.example\r\nBcc: x@y.example", strings.Repeat("a", 65) + "@city.example", "anna@[127.0.0.1]",
	} {
		if got, ok := text.Email(typed); ok {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestPhone(t *testing.T) {
	for typed, want := range map[string]string{
		"+36 30 123 4567": "+36301234567", "＋９９９００００００３３": "+99900000033", "+86-574-8718-0000": "+8657487180000",
	} {
		if got, ok := text.Phone(typed); !ok || got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"", "0574 8718 0000", "+", "+999", "phone", "+9991234567890123"} {
		if got, ok := text.Phone(typed); ok {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestSearchFindsAcrossScripts(t *testing.T) {
	found := text.Search("Jelena Đerić", "Јелена Ђерић", "耶莱娜·杰里奇")
	for _, typed := range []string{"deric", "Đerić", "jelena", "ЂЕРИЋ", "耶莱娜", "yelaina", "ylnjlq"} {
		if !strings.Contains(found, text.Fold(typed)) {
			t.Errorf("%q is not in %q", typed, found)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("De\u0301nes \x00")
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Clean(s)
		if again := text.Clean(once); again != once {
			t.Errorf("%q cleans to %q, then to %q", s, once, again)
		}
		_ = text.Search(s)
	})
}

func TestLinkLike(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"St. John": false, "J.R.": false, "J. R. R.": false, "J.R.R. Tolkien": false, "Zsófia": false, "O’Neill-Smith": false, "Mary.": false, "小明": false, "让-保罗·萨特": false,
		"Dr. med. Huber": false, "": false, ".": false, "Ph.D.": true, // asks for a blank, and is no part of a name
		"www.evil.example": true, "WWW. evil": true, "evil.example": true, "t.co": true, "x.com": true, "http://a": true, "evil。example": true, "evil．example": true,
		"Claim at evil.example now": true, "J.Smith": true, "a@evil.example": true, "пример.рф": true, "1.1.1.1": false, "10.0.0.1": true,
	} {
		if got := text.LinkLike(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestWorded(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"Ng": true, "Nguyễn": true, "ณัฐพล": true, "देवनागरी": true, "O": true, "蔡": true,
		".": false, "-": false, "": false, "\u0301": false, "Z\u0300\u0301\u0302\u0303\u0304\u0305": false,
	} {
		if got := text.Worded(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestUnseenLetters(t *testing.T) {
	t.Parallel()
	for _, r := range "\u00ad\u061c\u200b\u200e\u202e\u2060\u2064\u2066\u3164\u115f\u1160\uffa0\ufff9\ufeff\U000E0041" {
		if !text.Unseen("a" + string(r)) {
			t.Errorf("%U is taken", r)
		}
		if _, ok := text.Email("a" + string(r) + "@x.example"); ok {
			t.Errorf("an address with %U is taken", r)
		}
	}
	for _, s := range []string{"می‌خواهم", "क्‍ष", "Zoë", "é"} {
		if text.Unseen(s) {
			t.Errorf("%q is refused", s)
		}
	}
}
