package forms

import (
	"slices"
	"testing"

	"qianshou/app/kit/locale"
)

// TestLanguagesAreNamed reads languages as mayors and secretaries write them, and
// writes them so that they are read the same.
func TestLanguagesAreNamed(t *testing.T) {
	for typed, want := range map[string][]string{
		"":                                  nil,
		"de, en":                            {"de", "en"},
		"de en":                             {"de", "en"},
		"德语，英语":                             {"de", "en"},
		"德文、中文和英文":                          {"de", "zh", "en"},
		"German and English":                {"de", "en"},
		"german; MANDARIN / Deutsch":        {"de", "zh", "de"},
		"Scottish Gaelic, Norwegian Bokmål": {"gd", "nb"},
		"slovenščina, Српски":               {"sl", "sr"},
		"pt-BR":                             {"pt-BR"},
		"Klingonish":                        {"Klingonish"},
	} {
		if got := LanguageTags(typed); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	for _, l := range []locale.Lang{locale.ZH, locale.EN} {
		all := append(slices.Clone(Languages), "pt-BR", "sr-Latn", "zh-Hans", "x-none", "nn", "gsw")
		if got := LanguageTags(LanguageWords(l, all)); !slices.Equal(got, all) {
			t.Errorf("%s: %q reads %q", l, LanguageWords(l, all), got)
		}
	}
}
