package badges

import "testing"

func TestUnprintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Đorđe Зеленковић Στέλιος 叶荣钟": "", "e\u0301 and a\u00A0blank": "", "": "",
		"𠮷野": "𠮷 (U+20BB7)", "שלום": "ש (U+05E9), ל (U+05DC), ו (U+05D5), ם (U+05DD)", "x\u0301": "◌\u0301 (U+0301)", "🙂": "🙂 (U+1F642)",
	} {
		if got, err := unprintable(text); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}
