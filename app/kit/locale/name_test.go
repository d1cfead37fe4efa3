package locale_test

import (
	"slices"
	"testing"

	"qianshou/app/kit/locale"
)

func TestNamesStandInTheOrderOfThePage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     locale.Name
		zh, en []string
	}{
		{"a mayor of another script", locale.Name{Latin: "Stoimen Vidov", Native: "Стоимен Видов", ZH: "斯托伊门·维多夫"},
			[]string{"斯托伊门·维多夫", "Stoimen Vidov", "Стоимен Видов"}, []string{"Stoimen Vidov", "Стоимен Видов", "斯托伊门·维多夫"}},
		{"one whose own script is Latin", locale.Name{Latin: "Jörg Weißenfels", Native: "Jörg Weißenfels", ZH: "约尔格·魏森费尔斯"},
			[]string{"约尔格·魏森费尔斯", "Jörg Weißenfels"}, []string{"Jörg Weißenfels", "约尔格·魏森费尔斯"}},
		{"a Chinese person", locale.Name{Latin: "Ruolan Ying", Native: "应若岚", ZH: "应若岚"}, []string{"应若岚", "Ruolan Ying"}, []string{"Ruolan Ying", "应若岚"}},
		{"a Chinese person without a rendering", locale.Name{Latin: "Ruolan Ying", Native: "应若岚"}, []string{"应若岚", "Ruolan Ying"}, []string{"Ruolan Ying", "应若岚"}},
		{"nobody rendered it yet", locale.Name{Latin: "Ilinca Fântână", Native: "Ilinca Fântână"}, []string{"Ilinca Fântână"}, []string{"Ilinca Fântână"}},
		{"a firm", locale.NameOf(locale.Text{ZH: "宁波澜屿", EN: "Ningbo Lanyu"}), []string{"宁波澜屿", "Ningbo Lanyu"}, []string{"Ningbo Lanyu", "宁波澜屿"}},
		{"nobody", locale.Name{}, nil, nil},
	} {
		for l, want := range map[locale.Lang][]string{locale.ZH: tt.zh, locale.EN: tt.en} {
			var got []string
			for _, f := range tt.in.Forms(l) {
				got = append(got, f.Text)
				if chinese := f.Text == tt.in.ZH || f.Text == "应若岚"; chinese != (f.Lang == "zh-CN") {
					t.Errorf("%s: %q is marked %q", tt.name, f.Text, f.Lang)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s in %s: %q, want %q", tt.name, l, got, want)
			}
			if first := tt.in.In(l); len(want) > 0 && first != want[0] {
				t.Errorf("%s in %s: %q stands first, want %q", tt.name, l, first, want[0])
			}
		}
	}
}
