package pdf

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"
)

// Typeface is the fonts that one text is set in: each character in the first that
// has it. It does not change and may be used by many at once.
type Typeface struct {
	fonts   []*Font
	regular []*Font
	bold    []*Font
}

//go:embed fonts/NotoSans-Regular.ttf
var notoRegular []byte

//go:embed fonts/NotoSans-Bold.ttf
var notoBold []byte

//go:embed fonts/wqy-microhei.ttc
var microHei []byte

// House is the typeface of all papers of the house: Noto Sans for Latin, Greek and
// Cyrillic, WenQuanYi Micro Hei for Chinese. It is read once.
var House = sync.OnceValues(func() (*Typeface, error) {
	t := &Typeface{}
	for _, file := range []struct {
		name string
		data []byte
	}{{"NotoSans-Regular", notoRegular}, {"NotoSans-Bold", notoBold}, {"WenQuanYiMicroHei", microHei}} {
		f, err := ParseFont(file.name, file.data)
		if err != nil {
			return nil, fmt.Errorf("font %s: %w", file.name, err)
		}
		t.fonts = append(t.fonts, f)
	}
	t.regular, t.bold = []*Font{t.fonts[0], t.fonts[2]}, []*Font{t.fonts[1], t.fonts[2]}
	return t, nil
})

// font answers which font draws a character, the first one when none has it, and
// whether that font has no bold of its own.
func (t *Typeface) font(r rune, bold bool) (f *Font, faked bool) {
	list := t.regular
	if bold {
		list = t.bold
	}
	for _, f := range list {
		if _, ok := f.glyphs[r]; ok {
			return f, bold && slices.Contains(t.regular, f)
		}
	}
	return list[0], false
}

// Missing lists the characters of a text that the typeface cannot draw, each
// once.
func (t *Typeface) Missing(text string) (missing []rune) {
	for _, r := range text {
		f, _ := t.font(r, false)
		if _, ok := f.glyphs[r]; !ok && !slices.Contains(missing, r) {
			missing = append(missing, r)
		}
	}
	return missing
}

// Width is how wide a line of text is in millimetres.
func (t *Typeface) Width(text string, style Style) float64 {
	ems := 0.0
	for _, r := range text {
		f, _ := t.font(r, style.Bold)
		ems += float64(f.widths[f.glyphs[r]]) / f.em
	}
	return ems * style.Size / perMM
}
