package delegations

import (
	"slices"
	"strings"
	"unicode"

	"qianshou/app/kit/text"
)

// soundKey is a name by the consonants on which its transliterations agree:
// Magkaniaris and Manganiaris, Yuri and Iouri, Müller and Mueller have one key. Its
// words stand in alphabetical order, since forms disagree on which name is first.
// It is empty for a name that leaves fewer than three consonants, of which too many
// people would share each.
func soundKey(names ...string) string {
	var keys []string
	consonants := 0
	for _, word := range strings.FieldsFunc(text.Fold(strings.Join(names, " ")), func(r rune) bool { return !unicode.IsLetter(r) }) {
		key := skeleton(word)
		consonants += len(key)
		keys = append(keys, key)
	}
	if consonants < 3 {
		return ""
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// sounds writes letters that stand for one sound in one way. Of two that begin
// alike the longer stands first.
var sounds = strings.NewReplacer(
	"tsch", "c", "sch", "s", "tch", "c", "dzh", "j", "gk", "g", "ng", "g", "nk", "g", "mp", "b", "nt", "d", "ck", "k", "ch", "h", "kh", "h", "sh", "s", "zh", "j",
	"dj", "j", "gj", "j", "dz", "z", "ts", "c", "tz", "c", "cz", "c", "sz", "s", "nd", "d", "mb", "b", "th", "t", "ph", "f", "gh", "g", "rh", "r", "qu", "k", "x", "ks",
	"w", "v", "z", "s", "q", "k", "c", "k",
)

// skeleton is the consonants of a folded word, a vowel at its beginning written as
// "a", and each consonant once where it is doubled.
func skeleton(word string) string {
	var b strings.Builder
	last := rune(0)
	for i, r := range sounds.Replace(word) {
		switch {
		case strings.ContainsRune("aeiouy", r) || r == 'j' && i > 0:
			if i == 0 {
				b.WriteByte('a')
			}
			last = 0
			continue
		case r == last:
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}
